"""How pipsafe writes on the user's terminal: beside pip's own diagnostics it looks at home."""

import codecs
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

WIDEST = 100
"""Columns that a sentence is wrapped at, at most."""

NARROWEST = 30

# Marks as pip draws them, and what stands for them where the encoding has no such characters.
MARKS = {"×": "x", "│": "|", "╰─>": "->", "✓": "ok"}

COLOURS = {"error": "31;1", "note": "35;1", "hint": "36;1", "done": "32;1", "warning": "33;1", "": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph: a mark or a word in colour, then text."""

    lead: str
    text: str
    tone: str = ""
    """A name of COLOURS."""
    verbatim: bool = False
    """Not to be wrapped: it is meant to be copied."""


COMMANDS_OF_CI = re.compile(r"##(?=\w*\[)|^\s*::(?=[a-z])", re.ASCII | re.IGNORECASE)
"""What CI systems take for a command: Azure and TeamCity anywhere in a line, GitHub at its begin as well."""


def printable(text: str) -> str:
    """Text that others wrote, without what could steer a terminal, or the CI system that reads a log."""
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return COMMANDS_OF_CI.sub(lambda found: " ".join((found[0][:-1], found[0][-1])), shown)


def write(
    lines: Iterable[Line], stream: TextIO, environ: Mapping[str, str], *, mid_line: bool = False
) -> None:
    """Write the lines to ``stream`` at once. Never raises for a stream that is gone."""
    coloured = wants_colour(stream, environ)
    width = _width(stream)
    encoding = _encoding(stream)
    text = "".join(f"{_render(line, width, coloured=coloured)}\n" for line in lines)
    if not _can_encode("".join(MARKS), encoding):
        for mark, substitute in MARKS.items():
            text = text.replace(mark, substitute)
    text = text.encode(encoding, "replace").decode(encoding)
    _write("\n" * mid_line + text, stream)


def write_command(line: str, stream: TextIO | None) -> None:
    """Write one line as it is, for the CI system that reads the log. Never raises, as `write`."""
    if stream is not None:
        encoding = _encoding(stream)
        _write(line.encode(encoding, "replace").decode(encoding) + "\n", stream)


def _write(text: str, stream: TextIO) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        # The reader went away: keep Python's own last flush from complaining.
        if stream is sys.stderr:
            sys.stderr = None


def _render(line: Line, width: int | None, *, coloured: bool) -> str:
    text = printable(line.text)
    indent = " " * (len(line.lead) + 1) if line.lead else ""
    if width is not None and not line.verbatim:
        first = f"{line.lead} " if line.lead else ""
        text = textwrap.fill(
            text,
            width,
            initial_indent=first,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        text = text[len(first) :]
    if not line.lead:
        return text
    lead = f"\x1b[{COLOURS[line.tone]}m{line.lead}\x1b[0m" if coloured and COLOURS[line.tone] else line.lead
    return f"{lead} {text}".rstrip()


def _width(stream: TextIO) -> int | None:
    """Columns to wrap at; None where nobody looks: a log is easier to search unwrapped."""
    try:
        if not stream.isatty():
            return None
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    columns = columns or shutil.get_terminal_size().columns
    return max(NARROWEST, min(WIDEST, columns - 1))


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether what is written there may be coloured."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    try:
        return stream.isatty() and environ.get("TERM") != "dumb"
    except ValueError:
        return False


def _encoding(stream: TextIO) -> str:
    try:
        return codecs.lookup(getattr(stream, "encoding", None) or "ascii").name
    except LookupError:
        return "ascii"


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
