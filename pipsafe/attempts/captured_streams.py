"""Streams that pip reads as requirement files (`-r /dev/stdin`, `-r <(command)`).

What pip has read from a pipe is gone for a retry. So such a pipe is read to its end before
pip starts, and pip gets a file with the same contents under the same number.
"""

import os
import re
import stat
import sys
import tempfile
from collections.abc import Sequence

# The descriptor's number in the names that Linux, macOS and the shells use.
NAMES = re.compile(r"/dev/fd/(\d+)|/proc/self/fd/(\d+)|/dev/(stdin)")

# Linux opens `/dev/stdin` anew, at its beginning; the descriptor itself stands at the end, so
# that a prompt of pip's finds stdin used up, as a pipe is, and takes no requirement for an answer.
BEFORE_READING = os.SEEK_END if sys.platform == "linux" else os.SEEK_SET

LIMIT = 64 << 20
"""Bytes: pip itself would read more, but no list of requirements is that long."""


class CapturedStreams:
    """Descriptors that stand in for pip's, and what they hold."""

    def __init__(self) -> None:
        self.replacing: dict[int, int] = {}
        """pip's descriptor -> the one that takes its place."""
        self.contents: dict[str, bytes] = {}
        """By the names that pip may be given."""

    def rewind(self) -> None:
        """Before another attempt: where `/dev/fd/N` is a duplicate, its position is shared."""
        for descriptor in self.replacing.values():
            os.lseek(descriptor, 0, BEFORE_READING)


def capture(arguments: Sequence[str]) -> CapturedStreams:
    """Read the pipes that ``arguments`` name; files and terminals that can be read again are left.

    A terminal is read to its end as well: typing a list twice is not asked of anybody.
    """
    captured = CapturedStreams()
    for word in arguments:
        for match in NAMES.finditer(word):
            number = 0 if match[3] else int(match[1] or match[2])
            if number not in captured.replacing and number not in (1, 2) and _is_read_once(number):
                _take(captured, number)
    return captured


def _is_read_once(number: int) -> bool:
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _take(captured: CapturedStreams, number: int) -> None:
    parts, size = [], 0
    while size < LIMIT and (part := os.read(number, 1 << 16)):
        parts.append(part)
        size += len(part)
    contents = b"".join(parts)
    captured.replacing[number] = _file_of(contents)
    names = [f"/dev/fd/{number}", f"/proc/self/fd/{number}"] + ["/dev/stdin"] * (number == 0)
    captured.contents |= dict.fromkeys(names, contents)


def _file_of(contents: bytes) -> int:
    """A descriptor of a file without a name."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("requirements", os.MFD_CLOEXEC)
    else:
        descriptor, path = tempfile.mkstemp(prefix="pipsafe-")
        os.unlink(path)
    rest = memoryview(contents)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.lseek(descriptor, 0, BEFORE_READING)
    return descriptor
