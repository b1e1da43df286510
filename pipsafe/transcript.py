"""What pip wrote, as much of it as diagnosis needs, while it is still writing.

On the success path: bytes are kept, a few are compared, nothing is imported.
"""

from collections.abc import Callable

# Bytes kept per stream: pip's words about a failure come last, save for long build logs.
LIMIT = 1 << 20

# What is looked at again with each new piece: enough for the longest warning.
OVERLAP = 8192


class Transcript:
    """The two streams of one attempt."""

    __slots__ = ("_suspicious", "_unread", "streams")

    def __init__(self, suspicious: Callable[[bytes], bool]) -> None:
        self.streams = {b"o": bytearray(), b"e": bytearray()}
        self._unread = {b"o": bytearray(), b"e": bytearray()}
        self._suspicious = suspicious

    def add(self, stream: bytes, payload: bytes) -> bool:
        """Keep a piece. True if what was not read yet may speak of TLS."""
        for kept, limit in ((self.streams[stream], LIMIT), (self._unread[stream], LIMIT)):
            kept += payload
            if len(kept) > 2 * limit:
                del kept[:-limit]
        unread = self._unread[stream]
        if not self._suspicious(bytes(unread[-len(payload) - 64 :])):
            if len(unread) > 4 * OVERLAP:
                del unread[:-OVERLAP]
            return False
        return True

    def unread(self) -> str:
        """The text around what raised suspicion; it will not be looked at in full again."""
        text = "\n".join(piece.decode("utf-8", "replace") for piece in self._unread.values())
        for piece in self._unread.values():
            del piece[:-OVERLAP]
        return text

    def text(self) -> str:
        """All that is kept, stdout first."""
        return "\n".join(piece.decode("utf-8", "replace") for piece in self.streams.values())

    def is_empty(self) -> bool:
        return not any(self.streams.values())

    def mentions(self, words: "tuple[bytes, ...]") -> bool:
        """Whether one of the words stands somewhere, colours and line breaks aside."""
        return any(word in piece for piece in self.streams.values() for word in words)

    def ends_in_mid_line(self) -> bool:
        """Whether the terminal's cursor may stand behind text that pip did not finish."""
        return any(piece and not piece.endswith(b"\n") for piece in self.streams.values())
