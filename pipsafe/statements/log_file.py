"""A saved log as text: from a file or stdin, of limited size, in the encodings that shells write.

Windows PowerShell redirects into UTF-16 with a mark (about_Redirection), Start-Transcript writes UTF-8 with
one, and whatever a program of the code page printed stands in between.
"""

import codecs
import errno
import os
import shlex
import sys

from pipsafe.language.text import Text, text
from pipsafe.messages import terminal
from pipsafe.messages.terminal import Line
from pipsafe.own_options import UsageError
from pipsafe.trust import regular_file

STDIN = "-"

ENDED_ON_WINDOWS = text("reading the log from this terminal; Ctrl-Z and Enter ends it.")
ENDED_ELSEWHERE = text("reading the log from this terminal; Ctrl-D ends it.")

LARGEST = 64 * 1024 * 1024
"""Bytes. A log of pip -vvv has a few hundred thousand."""

# The longer mark first: that of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

LOOK = 0.2
"""Seconds between two looks at whether somebody pressed Ctrl-C."""

LOOKED_AT = 4096
"""Bytes by which UTF-16 without a mark is told."""

ERRORS = "pipsafe.code-page"


def name_of(path: str) -> str:
    """What to call it."""
    return text("standard input") if path == STDIN else path


def read(path: str) -> str:
    """The log at `path`, "-" being stdin. Raises UsageError."""
    return decoded(_of_stdin() if path == STDIN else _of_file(path))


def _of_file(path: str) -> bytes:
    try:
        return regular_file.read(os.path.expanduser(path), LARGEST)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise UsageError(_too_large(path)) from None
        raise UsageError(_not_read(path, error.strerror or str(error))) from None


def _not_read(path: str, why: str) -> Text:
    if why == "not a regular file":
        # For translators: {path} is in quotation marks
        return text(
            "the log {path} cannot be read: not a regular file; to read from a pipe, name {stdin}.",
            path=repr(path),
            stdin=STDIN,
        )
    # For translators: {path} is in quotation marks
    return text("the log {path} cannot be read: {reason}.", path=repr(path), reason=why)


def _of_stdin() -> bytes:
    if sys.stdin is None:
        raise UsageError(text("there is no standard input to read the log from."))
    if sys.stdin.isatty() and sys.stderr is not None:
        reading = ENDED_ON_WINDOWS if os.name == "nt" else ENDED_ELSEWHERE
        terminal.write([Line("pipsafe:", reading)], sys.stderr, os.environ)
    try:
        is_typed = sys.stdin.isatty() and os.name != "nt"
        contents = _typed(sys.stdin.fileno()) if is_typed else sys.stdin.buffer.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(
            text("standard input cannot be read: {reason}.", reason=error.strerror or str(error))
        ) from None
    if len(contents) > LARGEST:
        raise UsageError(_too_large(STDIN))
    return contents


def _typed(descriptor: int) -> bytes:
    """What comes from a terminal, up to its end.

    Never one long wait: a Ctrl-C just before it would not end it.
    """
    import select

    pieces: list[bytes] = []
    size = 0
    while size <= LARGEST:
        if not select.select([descriptor], [], [], LOOK)[0]:
            continue
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _too_large(path: str) -> Text:
    """With the command that reads its end, where what it came to stands."""
    size = LARGEST // (1024 * 1024)
    if path == STDIN:
        return text(
            "the log has more than {size} MB; try `tail -n 5000 FILE | pipsafe explain --log -`.", size=size
        )
    # For translators: {path} is in quotation marks
    return text(
        "the log {path} has more than {size} MB; try `tail -n 5000 {file} | pipsafe explain --log -`.",
        path=repr(path),
        size=size,
        file=shlex.quote(path),
    )


def decoded(contents: bytes) -> str:
    """The text, whatever its encoding. Bytes that are no text become something."""
    for mark, encoding in MARKS:
        if contents.startswith(mark):
            return contents[len(mark) :].decode(encoding, _fallback(encoding))
    encoding = _unmarked(contents[:LOOKED_AT])
    return contents.decode(encoding, _fallback(encoding))


def _fallback(encoding: str) -> str:
    return ERRORS if encoding == "utf-8" else "replace"


def _unmarked(start: bytes) -> str:
    """Text of mostly Latin letters has a null in every second byte of UTF-16, and none in UTF-8."""
    half = len(start) // 2
    if half and start[1::2].count(0) > half // 2:
        return "utf-16-le"
    if half and start[0::2].count(0) > half // 2:
        return "utf-16-be"
    return "utf-8"


def _as_code_page(error: UnicodeError) -> tuple[str, int]:
    """Single bytes that are no UTF-8 are most likely of Western Europe's code page."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(ERRORS, _as_code_page)
