"""How pipsafe writes on the user's terminal: beside pip's own diagnostics it looks at home."""

import codecs
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from pipsafe.language import catalogues, reader
from pipsafe.language.text import Look, said, text
from pipsafe.messages import columns, typed

WIDEST = 100
"""Columns that a sentence is wrapped at, at most."""

NARROWEST = 30

# Marks as pip draws them, and what stands for them where the encoding has no such characters.
MARKS = {"×": "x", "│": "|", "╰─>": "->", "✓": "ok"}

# What a language would write, and what people write where there is no such sign.
PLAIN = str.maketrans(
    {"„": '"', "“": '"', "”": '"', "«": '"', "»": '"', "’": "'", "—": "-", "–": "-", "…": "...", "À": "A"}
    | dict.fromkeys(columns.UNBROKEN_BLANKS, " ")
)

# Words at the begin of a line that are not marks.
LEADS = {"note:": text("note:"), "hint:": text("hint:"), "warning:": text("warning:")}

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


def printable(words: str) -> str:
    """Text that others wrote, without what could steer a terminal, or the CI system that reads a log."""
    return COMMANDS_OF_CI.sub(lambda found: " ".join((found[0][:-1], found[0][-1])), columns.visible(words))


def write(
    lines: Iterable[Line], stream: TextIO, environ: Mapping[str, str], *, mid_line: bool = False
) -> None:
    """Write the lines to ``stream`` at once. Never raises for a stream that is gone."""
    rows = tuple(lines)
    coloured = wants_colour(stream, environ)
    width = _width(stream)
    encoding = encoding_of(stream)
    shown = legible(
        lambda language: _rendered(rows, catalogues.look(language), width, encoding, coloured=coloured),
        environ,
        encoding,
    )
    shown = shown.encode(encoding, "replace").decode(encoding)
    _write("\n" * mid_line + shown, stream)


def _rendered(lines: Sequence[Line], look: Look, width: int | None, encoding: str, *, coloured: bool) -> str:
    shown = "".join(f"{_render(line, look, width, coloured=coloured)}\n" for line in lines)
    if not can_encode("".join(MARKS), encoding):
        for mark, substitute in MARKS.items():
            shown = shown.replace(mark, substitute)
    return shown


def legible(told: Callable[[str], str], environ: Mapping[str, str], encoding: str) -> str:
    """What ``told`` makes of the reader's language, one of `reader.LANGUAGES`.

    Where the encoding lacks letters of it that is English: of what others wrote they may lack all the same.
    """
    language = reader.language(environ)
    words = told(language)
    if language == reader.ENGLISH or can_encode(words, encoding):
        return words
    words = words.translate(
        {sign: plain for sign, plain in PLAIN.items() if not can_encode(chr(sign), encoding)}
    )
    english = told(reader.ENGLISH)
    return english if _lost(words, encoding) > _lost(english, encoding) else words


def _lost(words: str, encoding: str) -> int:
    return len(words) - len(words.encode(encoding, "ignore").decode(encoding))


def write_command(told: Callable[[str], str], stream: TextIO | None, environ: Mapping[str, str]) -> None:
    """Write one line for the CI system that reads the log, as ``told`` makes it. Never raises, as `write`."""
    if stream is not None:
        encoding = encoding_of(stream)
        line = legible(told, environ, encoding)
        _write(line.encode(encoding, "replace").decode(encoding) + "\n", stream)


def in_a_row(line: Line, look: Look) -> str:
    """The line as one sentence, in a language."""
    return _render(line, look, None, coloured=False)


def _write(shown: str, stream: TextIO) -> None:
    try:
        stream.write(shown)
        stream.flush()
    except (OSError, ValueError):
        # The reader went away: keep Python's own last flush from complaining.
        if stream is sys.stderr:
            sys.stderr = None


def _render(line: Line, look: Look, width: int | None, *, coloured: bool) -> str:
    words = printable(typed.as_started(str(said(line.text, look))))
    lead = str(said(LEADS.get(line.lead, line.lead), look))
    if width is not None and not line.verbatim:
        taken = columns.width_of(lead) + 1 if lead else 0
        rows = columns.rows(columns.units(words), width - taken)
        words = ("\n" + " " * taken).join(rows)
    if not lead:
        return words
    shown = f"\x1b[{COLOURS[line.tone]}m{lead}\x1b[0m" if coloured and COLOURS[line.tone] else lead
    return f"{shown} {words}".rstrip()


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


def encoding_of(stream: TextIO) -> str:
    try:
        return codecs.lookup(getattr(stream, "encoding", None) or "ascii").name
    except LookupError:
        return "ascii"


def can_encode(words: str, encoding: str) -> bool:
    """Whether the encoding has all of their characters."""
    try:
        words.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
