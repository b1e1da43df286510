"""What a command of pipsafe's own answers, on stdout: whole, or as far as its reader wants it."""

import os
import sys
from collections.abc import Callable, Iterable

from pipsafe.messages import terminal
from pipsafe.messages.terminal import Line


def write(words: str) -> None:
    """Write them as they are, as far as the stream's encoding goes. Never raises."""
    if sys.stdout is None:
        return
    encoding = terminal.encoding_of(sys.stdout)
    try:
        sys.stdout.write(words.encode(encoding, "replace").decode(encoding))
    except OSError:
        pass  # noticed again when it is flushed
    _flush()


def tell(told: Callable[[str], str]) -> None:
    """Write what ``told`` makes of the reader's language: one of `reader.LANGUAGES`. Never raises."""
    if sys.stdout is None:
        return
    write(terminal.legible(told, os.environ, terminal.encoding_of(sys.stdout)))


def write_lines(lines: Iterable[Line]) -> None:
    """Write what people read: wrapped and coloured where it is a terminal. Never raises."""
    if sys.stdout is None:
        return
    terminal.write(lines, sys.stdout, os.environ)
    _flush()


def _flush() -> None:
    """Where the reader went away, what is left goes nowhere, and Python's own last flush is content."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
