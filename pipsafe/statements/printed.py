"""What pip printed, made comparable: lines without colours, and one text without blanks.

A console of 40 columns breaks "CERTIFICATE_VERIFY_FAILED" where it likes, and a word-wrapped
log drops the blank at each break, so neither joining with a blank nor without one is right.
Patterns therefore run over a text that has no blanks and no line ends at all (`squeezed`), in
which every break is gone; offsets in it lead back to the lines, and so to the words as they
were printed. pip itself never wraps (20.3.4 to 26.3 were tried on a terminal of 50 columns);
copies of its output are.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 4_000_000
"""Looked at, the last ones of a longer text."""

MOST_LINES = 100_000
LONGEST_LINE = 8_192
WIDEST_CONSOLE = 200

# OSC before the two-character escapes: it begins like one.
ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\)|\x1b[@-Z\\-_]?")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# What pip's own log file, GitHub's runners and BuildKit put before each line.
STAMP = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?Z? ?|#\d+ \d+\.\d+ |\[\d\d:\d\d:\d\d(?:\.\d+)?\] "
)
MARGIN = re.compile(r"[\s│]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its indentation."""

    number: int
    """In the text as it was given, blank ones counted."""
    text: str
    indent: int
    """Columns before the text, box drawing included."""
    start: int
    """Where it begins in the squeezed text."""
    end: int
    is_rest: bool
    """Whether the line before it was full: this may be what a console moved down."""


class Printed:
    """A text, its lines, and the squeezed text to search in."""

    __slots__ = ("_starts", "lines", "squeezed")

    def __init__(self, text: str) -> None:
        whole = text if len(text) <= MOST_CHARACTERS else text[-MOST_CHARACTERS:].partition("\n")[2]
        raw = ESCAPE.sub("", whole.replace("\r\n", "\n")).expandtabs(8).split("\n")[-MOST_LINES:]
        self._read(raw)

    def _read(self, raw: Sequence[str]) -> None:
        # A lone carriage return is no end of a line: old pips let a build print one.
        plain = [CONTROL.sub("", line[:LONGEST_LINE]) for line in raw]
        width = max(map(len, plain), default=0)
        pieces, lines, start, full = [], [], 0, False
        for number, line in enumerate(plain):
            stamp = STAMP.match(line)
            body = line[stamp.end() :] if stamp else line
            margin = MARGIN.match(body)
            indent = margin.end() if margin else 0
            piece = "".join(body[indent:].split())
            is_rest, full = full, len(line) == width and width <= WIDEST_CONSOLE
            if piece:
                # A blank that ends a full line stood between two words.
                said = body[indent:] if full else body[indent:].rstrip()
                lines.append(Line(number, said, indent, start, start + len(piece), is_rest))
                pieces.append(piece)
                start += len(piece)
        self.lines: tuple[Line, ...] = tuple(lines)
        self.squeezed: str = "".join(pieces)
        self._starts = [line.start for line in lines]

    def words(self, start: int, end: int) -> str:
        """As printed, on one line, between two offsets of the squeezed text."""
        said, blank = "", False
        number = self.number_at(start)
        while number < len(self.lines) and self.lines[number].start < end:
            line = self.lines[number]
            piece = _between(line.text, start - line.start, end - line.start)
            said += (" " if blank or line.indent or not line.is_rest else "") + piece
            blank = line.text.endswith(" ")
            number += 1
        return " ".join(said.split())

    def rest(self, start: int, *, begun: int) -> str:
        """As printed, from an offset to the end of the line.

        With what a console moved down, if it broke the words before, which began at `begun`.
        """
        if start >= len(self.squeezed):
            return ""
        number = self.number_at(start)
        said = _between(self.lines[number].text, start - self.lines[number].start, LONGEST_LINE)
        if number == self.number_at(begun):
            # This may be a whole line, and only the longest: what goes on has no margin and no blank.
            after = self.lines[number + 1] if number + 1 < len(self.lines) else None
            goes_on = after is not None and after.is_rest and not after.indent and " " not in after.text
            return said + after.text if after is not None and goes_on else said
        while number + 1 < len(self.lines) and self.lines[number + 1].is_rest and len(said) < LONGEST_LINE:
            number += 1
            said += self.lines[number].text
        return said

    def line_end(self, start: int) -> int:
        """The offset at which the line ends that `start` is in."""
        return self.lines[self.number_at(start)].end if start < len(self.squeezed) else start

    def start_of(self, number: int) -> int:
        """The offset at which a line of the text begins, or the next one that is not blank."""
        at = bisect_left(self.lines, number, key=lambda line: line.number)
        return self.lines[at].start if at < len(self.lines) else len(self.squeezed)

    def number_at(self, offset: int) -> int:
        """The index of the line that an offset is in."""
        return max(bisect_right(self._starts, offset) - 1, 0)


class PrintedLines(Printed):
    """The same of lines that have no escape sequences and no tabs, however many they are."""

    __slots__ = ()

    def __init__(self, raw: Sequence[str]) -> None:
        self._read(raw)


def _between(text: str, start: int, end: int) -> str:
    """The part of the text that is its `start`th to `end`th character, blanks not counted."""
    places = [place for place, character in enumerate(text) if not character.isspace()][max(start, 0) : end]
    return text[places[0] : places[-1] + 1] if places else ""
