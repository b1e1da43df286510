"""The strings of a TOML file, with their lines, which tomllib does not tell (and Python 3.10 has none).

Written from TOML 1.0 and compared with tomllib over generated files. Where the text is no TOML, this ends.
"""

import re
from collections.abc import Iterator

from pipsafe.tool_settings.entry import Entry

ITEM = "[]"
"""Stands in a key for an item of an array."""

_BASIC = r'"(?:[^"\\\n]|\\[^\n])*"'
_LITERAL = r"'[^'\n]*'"
_SKIPPED = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY_PART = re.compile(rf"(?P<key>[A-Za-z0-9_-]+|{_BASIC}|{_LITERAL})[ \t]*(?P<dot>\.?)[ \t]*")
_LONG = re.compile(r'"""(?:[^"\\]|\\.|""?(?!"))*"{3,5}|' + r"'''(?:[^']|''?(?!'))*'{3,5}", re.DOTALL)
_STRING = re.compile(f"{_BASIC}|{_LITERAL}")
_OTHER = re.compile(r"[^\s,\]}#\"'\[{=]+(?: \d\d:[\d:.+Z-]+)?")  # numbers, booleans, dates
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}

_DEEPEST = 20


class _NoToml(ValueError):
    """What stands here is no TOML."""


def read(text: str) -> Iterator[Entry]:
    """Every string of one line by the whole way to it, tables included."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    try:
        yield from scanner.document()
    except _NoToml:
        return


class _Scanner:
    """A place in the text, and the line that it is on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._line = 1

    def document(self) -> Iterator[Entry]:
        table: tuple[str, ...] = ()
        while self._more():
            if self._take("[["):
                table = (*self._key(), ITEM)
                self._require("]]")
            elif self._take("["):
                table = self._key()
                self._require("]")
            else:
                yield from self._pair(table, 0)

    def _more(self) -> bool:
        self._skip(_SKIPPED)
        return self._place < len(self._text)

    def _pair(self, table: tuple[str, ...], depth: int) -> Iterator[Entry]:
        key = (*table, *self._key())
        self._require("=")
        self._skip(_BLANK)
        yield from self._value(key, depth)

    def _key(self) -> tuple[str, ...]:
        self._skip(_BLANK)
        parts: list[str] = []
        dotted = True
        while dotted:
            match = _KEY_PART.match(self._text, self._place)
            if match is None or len(parts) > _DEEPEST:
                raise _NoToml
            self._skip(_KEY_PART)
            parts.append(_string(match["key"]))
            dotted = bool(match["dot"])
        return tuple(parts)

    def _value(self, key: tuple[str, ...], depth: int) -> Iterator[Entry]:
        if depth > _DEEPEST:
            raise _NoToml
        line = self._line
        if self._take("["):
            yield from self._array((*key, ITEM), depth)
        elif self._take("{"):
            yield from self._inline_table(key, depth)
        elif self._skip(_LONG):
            pass
        elif match := _STRING.match(self._text, self._place):
            self._skip(_STRING)
            yield Entry(key, _string(match[0]), line)
        elif not self._skip(_OTHER):
            raise _NoToml

    def _array(self, key: tuple[str, ...], depth: int) -> Iterator[Entry]:
        while self._more() and not self._take("]"):
            yield from self._value(key, depth + 1)
            self._skip(_SKIPPED)
            if not self._take(","):
                self._require("]")
                return

    def _inline_table(self, key: tuple[str, ...], depth: int) -> Iterator[Entry]:
        while self._more() and not self._take("}"):
            yield from self._pair(key, depth + 1)
            self._skip(_SKIPPED)
            if not self._take(","):
                self._require("}")
                return

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self._text, self._place)
        if match is None:
            return False
        self._line += match[0].count("\n")
        self._place = match.end()
        return True

    def _take(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._place)
        if found:
            self._place += len(mark)
        return found

    def _require(self, mark: str) -> None:
        self._skip(_BLANK)
        if not self._take(mark):
            raise _NoToml


def _string(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1]
    if text.startswith('"'):
        return _ESCAPE.sub(_unescaped, text[1:-1])
    return text


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code is None:
        return _ESCAPED.get(match[3], match[3])
    return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
