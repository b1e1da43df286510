"""How many columns text takes on a terminal, and how it is broken into rows.

Widths are those of Unicode's East Asian Width (UAX #11), where ambiguous characters are narrow as in
terminals outside East Asia. Rows may be broken at blanks and beside wide characters, which are written
without blanks between words; not before a closing mark nor after an opening one (JIS X 4051, in its simplest
form).
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Blanks at which no row ends: French sets them before a colon.
UNBROKEN_BLANKS = "\u00a0\u202f"

# What begins and what ends a row badly.
CLOSING = frozenset("、。，．：；！？）」』】〉》〕］｝ー…～”’")
OPENING = frozenset("（「『【〈《〔［｛“‘")

NO_WIDTH = ("Mn", "Me", "Cf")
"""Unicode categories of what is drawn upon its neighbour, or not at all."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Text that stays in one row."""

    text: str
    """As it is written, colours included; "" where a blank ends the text."""
    width: int
    """Columns."""
    gap: str | None
    """What is before it where the row goes on: a blank, or "" beside a wide character; None if a row
    may not end there."""


def width_of(text: str) -> int:
    """Columns that the text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in NO_WIDTH:
        return 0
    return 2 if _is_wide(character) else 1


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def visible(text: str) -> str:
    """A question mark for each character that could steer a terminal, end a line or turn its direction."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in UNBROKEN_BLANKS else "?" for character in text
    )


def units(text: str) -> Iterator[Unit]:
    """The text in parts that are not broken further."""
    gap: str | None = None
    part = ""
    for character in text:
        if character.isspace() and character not in UNBROKEN_BLANKS:
            if part:
                yield Unit(part, width_of(part), gap)
            part, gap = "", " "
        elif part and may_part(part[-1], character):
            yield Unit(part, width_of(part), gap)
            part, gap = character, ""
        else:
            part += character
    if part or gap:
        yield Unit(part, width_of(part), gap)


def may_part(before: str, after: str) -> bool:
    """Whether a row may end between two characters that are no blanks."""
    if before in OPENING or after in CLOSING or not _width(after):
        return False
    return _is_wide(before) or _is_wide(after)


def joined(parts: Iterable[Unit]) -> list[Unit]:
    """The same, with what may not be parted in one."""
    found: list[Unit] = []
    blank = False
    for part in parts:
        gap = " " if blank else part.gap
        blank = not part.text
        if blank:
            continue
        if found and gap is None:
            last = found.pop()
            found.append(Unit(last.text + part.text, last.width + part.width, last.gap))
        else:
            found.append(Unit(part.text, part.width, gap))
    return found


def rows(parts: Iterable[Unit], width: int) -> list[str]:
    """Rows of at most so many columns; a unit that is wider has a row of its own."""
    found: list[str] = []
    row, taken = "", 0
    for part in joined(parts):
        gap = part.gap or ""
        if row and taken + len(gap) + part.width > width:
            found.append(row)
            row, taken = "", 0
        if row:
            row, taken = row + gap, taken + len(gap)
        row, taken = row + part.text, taken + part.width
    return [*found, row] if row else found
