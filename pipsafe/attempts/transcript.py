"""What pip wrote, as much of it as diagnosis needs, while it is still writing.

On the success path: bytes are kept, a few are compared, nothing is imported.
"""

from __future__ import annotations

from pipsafe.attempts import suspicion

TYPE_CHECKING = False  # see cli.py
if TYPE_CHECKING:
    from collections.abc import Callable

# Bytes kept per stream: pip's words about a failure come last, save for long build logs.
LIMIT = 1 << 20

# What is looked at again with each new piece: enough for the longest warning.
OVERLAP = 8192


# As the launcher tags them, in the order in which they are read.
STREAMS = (b"o", b"e", b"s", b"l")

# Deeper than pip indents words of its own.
INDENTATION = b" " * 8


class Transcript:
    """pip's two streams in one attempt, what the pips of isolated builds said, and what was left out."""

    __slots__ = ("_suspicious", "_unread", "streams")

    def __init__(self, suspicious: Callable[[bytes], bool]) -> None:
        self.streams = {tag: bytearray() for tag in STREAMS}
        self._unread = {tag: bytearray() for tag in STREAMS}
        self._suspicious = suspicious

    def add(self, stream: bytes, payload: bytes) -> bool:
        """Keep a piece. True if what was not read yet may speak of TLS."""
        for kept in (self.streams[stream], self._unread[stream]):
            kept.extend(payload)
            if len(kept) > 2 * LIMIT:
                _keep_end(kept, LIMIT)
        unread = self._unread[stream]
        if not self._suspicious(bytes(unread[-len(payload) - suspicion.OVERLAP :])):
            if len(unread) > 4 * OVERLAP:
                _keep_end(unread, OVERLAP)
            return False
        return True

    def unread(self) -> tuple[str, str, str]:
        """The text around what raised suspicion, in the three parts of `text`.

        It will not be looked at in full again.
        """
        texts = self._texts(self._unread)
        for piece in self._unread.values():
            _keep_end(piece, OVERLAP)
        return texts

    def text(self) -> tuple[str, str, str]:
        """All that is kept: pip's own, stdout first, that of isolated builds, and pip's on pages left out."""
        return self._texts(self.streams)

    def _texts(self, streams: dict[bytes, bytearray]) -> tuple[str, str, str]:
        out, err, inner, left_out = (piece.decode("utf-8", "replace") for piece in streams.values())
        return f"{out}\n{err}", inner, left_out

    def is_empty(self) -> bool:
        return not self.streams[b"o"] and not self.streams[b"e"]

    def mentions(self, words: tuple[bytes, ...]) -> bool:
        """Whether one of the words stands somewhere, letter by letter."""
        return any(word in piece for piece in self.streams.values() for word in words)

    def ends_in_mid_line(self) -> bool:
        """Whether the terminal's cursor may stand behind text that pip did not finish."""
        return any(_is_mid_line(self.streams[stream]) for stream in (b"o", b"e"))


def _keep_end(piece: bytearray, size: int) -> None:
    """Forget all but the end. What is left of a line that was cut stays off the margin.

    Where a line begins decides whose it is: pip's own words stand at the margin, a build's do
    not, and must not come to stand there by being cut.
    """
    start = len(piece) - size
    if start > 0:
        whole = piece[start - 1] in b"\r\n"
        del piece[:start]
        if not whole:
            piece[:0] = INDENTATION


def _is_mid_line(piece: bytearray) -> bool:
    import re

    # A colour that is taken back, or a cursor that is shown again, is no text.
    end = re.sub(rb"(?:\x1b\[[0-9;?]*[A-Za-z])+$", b"", bytes(piece[-256:]))
    return bool(end) and not end.endswith(b"\n")
