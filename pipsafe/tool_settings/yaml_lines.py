"""The part of YAML that condarc, .yarnrc.yml, .gemrc and Bundler's config are written in.

Mappings by indentation, `{...}` on one line, plain and quoted scalars. Of block scalars, anchors and tags
nothing is told; a quoted scalar of several lines ends it. Written from YAML 1.1 and compared with PyYAML.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipsafe.tool_settings.entry import Entry

ITEM = "[]"
"""Stands in a key for an item of a list."""

_NEWLINE = re.compile(r"\r\n|\r|\n")
_QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'"""
# Words and blanks in turn, so that nothing can be split in two ways: a line of 1 MiB would take hours.
_PLAIN_KEY = (
    r"(?:[^\s\[\]{},&*!|>%@`\"'#:?-]|[-:?](?=\S))(?:[^:\s]|:(?=\S))*"
    r"(?:[ \t]+(?![#:])(?:[^:\s]|:(?=\S))+)*"
)
_KEY = re.compile(rf"(?P<key>{_QUOTED}|{_PLAIN_KEY})[ \t]*:(?=\s|$)")
_WHOLE_QUOTED = re.compile(rf"(?P<text>{_QUOTED})(?:\s+#.*|\s*)$")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_FLOW_ITEM = re.compile(
    rf"\s*(?P<key>{_QUOTED}|[^\s:,{{}}\[\]\"']+)\s*:\s+(?P<value>{_QUOTED}|(?:[^\s,{{}}\[\]\"'][^,{{}}\[\]\"']*)?)\s*(?:,|$)"
)
_NO_PLAIN_START = ('"', "'", "{", "[", "]", "}", ",", "|", ">", "&", "*", "!", "%", "@", "`")
_DASHES = ("- ", "-\t")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_ESCAPED = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "f": "\f",
    "v": "\v",
}

_MOST_LEVELS = 50


@dataclass(slots=True)
class _Plain:
    """A scalar without quotes, which the next line may begin or go on with."""

    key: tuple[str, ...]
    words: list[str]
    line: int
    level: int


def read(text: str) -> Iterator[Entry]:
    """The scalars of nested mappings by their keys."""
    document = _Document()
    for number, line in enumerate(_NEWLINE.split(text), start=1):
        yield from document.read(number, line)
    yield from document.end_plain()


class _Document:
    """What is open at the line that is read. A level is twice a column: a list may begin in its key's own."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []
        self._plain: _Plain | None = None
        self._skipped_above: int | None = None

    def read(self, number: int, line: str) -> Iterator[Entry]:
        content = line.strip()
        if not content or content.startswith("#"):
            return
        level = 2 * (len(line) - len(line.lstrip(" ")))
        if self._skipped_above is not None and level > self._skipped_above:
            return
        self._skipped_above = None
        if self._goes_on(level, content):
            return
        yield from self.end_plain()
        if content.startswith(("---", "...", "%")):
            self._open.clear()
            return
        level, content = self._into_items(level, content)
        match = _KEY.match(content)
        if match is not None and len(self._open) <= _MOST_LEVELS:
            self._leave(level)
            self._open.append((level, _scalar(match["key"])))
            yield from self._value(number, level, content[match.end() :].strip())

    def end_plain(self) -> Iterator[Entry]:
        """The scalar that has ended, if there was one."""
        plain, self._plain = self._plain, None
        if plain is not None and plain.words:
            yield Entry(plain.key, " ".join(plain.words), plain.line)

    def _goes_on(self, level: int, content: str) -> bool:
        plain = self._plain
        if plain is None or level <= plain.level:
            return False
        if not plain.words and (_KEY.match(content) or content.startswith((*_DASHES, *_NO_PLAIN_START))):
            return False
        if words := _COMMENT.sub("", content).strip():
            plain.words.append(words)
        return True

    def _into_items(self, level: int, content: str) -> tuple[int, str]:
        """Past the dashes."""
        while (content == "-" or content.startswith(_DASHES)) and len(self._open) <= _MOST_LEVELS:
            self._leave(level + 1)
            self._open.append((level + 1, ITEM))
            rest = content[1:].lstrip()
            level += 2 * (len(content) - len(rest))
            content = rest
        return level, content

    def _leave(self, level: int) -> None:
        while self._open and self._open[-1][0] >= level:
            self._open.pop()

    def _value(self, number: int, level: int, value: str) -> Iterator[Entry]:
        key = tuple(name for _, name in self._open)
        plain = _COMMENT.sub("", value).strip()
        if not plain.startswith(_NO_PLAIN_START):
            self._plain = _Plain(key, [plain] if plain else [], number, level)
        elif quoted := _WHOLE_QUOTED.match(value):
            yield Entry(key, _scalar(quoted["text"]), number)
        elif plain.startswith(('"', "'")):
            self._skipped_above = -1  # where it is closed is not sought: all that follows may be in it
        else:
            self._skipped_above = level
            yield from _flow(key, plain, number)


def _flow(key: tuple[str, ...], value: str, line: int) -> Iterator[Entry]:
    """`{a: b, c: d}` on one line, without anything nested."""
    if not (value.startswith("{") and value.endswith("}")):
        return
    inside = value[1:-1]
    place = 0
    while match := _FLOW_ITEM.match(inside, place):
        place = match.end()
        if match["value"].strip():
            yield Entry((*key, _scalar(match["key"])), _scalar(match["value"].strip()), line)


def _scalar(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text.startswith('"'):
        return _ESCAPE.sub(_unescaped, text[1:-1])
    return text


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        return _ESCAPED.get(match[4], match[4])
    return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
