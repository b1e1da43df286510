"""git's configuration files: the values, in their order.

Written from git/git:config.c (git_parse_source, get_base_var, get_value, parse_value). Where git stops at a
fault, this ends. What a file includes is told as its `include.path`, and not followed here.
"""

import re
from collections.abc import Iterator

from pipsafe.tool_settings.entry import Entry

# git's isspace() knows these four; a carriage return before a newline is gone by then.
_SKIPPED = re.compile(r"(?:[ \t\r\n]+|[#;][^\n]*)*")
_SECTION = re.compile(r'\[(?P<base>[A-Za-z0-9.-]*)(?:[ \t\r]+"(?P<sub>(?:[^"\\\n]|\\[^\n])*)")?\]')
_NAME = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9-]*)[ \t]*(?P<sign>=|(?=\n)|\Z)")
_PIECE = re.compile(
    r'(?P<raw>[^"\\\n;#]+)|"(?P<quoted>(?:[^"\\\n]|\\[tbn"\\\n])*)"|\\(?P<escape>[tbn"\\\n]|\Z)|[;#][^\n]*'
)
_ESCAPE = re.compile(r"\\([tbn\"\\\n])")
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "\n": ""}
_BLANK = " \t\r"


def read(text: str) -> Iterator[Entry]:
    """(section, name) or (section, subsection, name), the subsection as it is, the others in lower case."""
    text = text.replace("\r\n", "\n")
    section: tuple[str, ...] = ()
    place, line = 0, 1
    while True:
        start = _end(_SKIPPED.match(text, place))
        line += text.count("\n", place, start)
        if match := _SECTION.match(text, start):
            section = _section(match)
            place = match.end()
        elif match := _NAME.match(text, start):
            value, place = _value(text, match.end()) if match["sign"] else (None, match.end())
            if place < 0:
                return
            if value is not None:  # a name alone means "true"
                yield Entry((*section, match["name"].lower()), value, line)
        else:
            return
        line += text.count("\n", start, place)


def _end(match: re.Match[str] | None) -> int:
    assert match is not None  # the pattern matches the empty text
    return match.end()


def _section(match: re.Match[str]) -> tuple[str, ...]:
    """`[http "x"]`, and `[http.x]`, in which all is lower case."""
    name = match["base"].lower()
    if match["sub"] is not None:
        name += "." + re.sub(r"\\(.)", r"\1", match["sub"])
    section, dot, subsection = name.partition(".")
    return (section, subsection) if dot else (section,)


def _value(text: str, place: int) -> tuple[str, int]:
    """The value that begins at `place`, and where it ends: -1 where git finds fault with it."""
    pieces: list[str] = []
    length = kept = 0
    while place < len(text) and text[place] != "\n":
        match = _PIECE.match(text, place)
        if match is None:
            return "", -1
        place = match.end()
        piece = _piece(match) if length else _piece(match).lstrip(_BLANK if match["raw"] else "")
        pieces.append(piece)
        length += len(piece)
        if match["quoted"] is not None or match["escape"] is not None:
            kept = length
        elif trimmed := piece.rstrip(_BLANK):
            kept = length - len(piece) + len(trimmed)
    return "".join(pieces)[:kept], place


def _piece(match: re.Match[str]) -> str:
    """What a part of a value stands for; "" for a comment."""
    if (escape := match["escape"]) is not None:
        return _ESCAPED.get(escape, escape)
    if match["quoted"] is not None:
        return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), match["quoted"])
    return match["raw"] or ""
