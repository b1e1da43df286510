"""The strings of a JSON file: also with comments and trailing commas, as editors have their settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pipsafe.tool_settings.entry import Entry

# A string or a comment that is not closed goes to the end, so that nothing is searched twice.
_TOKEN = re.compile(r'(?P<string>"(?:[^"\\\n]|\\.)*"?)|//[^\n]*|/\*(?s:.*?\*/|.*\Z)')
_TRAILING_COMMA = re.compile(r'(?P<string>"(?:[^"\\\n]|\\.)*"?)|,(?=\s*[}\]])')

_DEEPEST = 20

_MOST_MISSES = 20
"""Each costs a search to the end."""


def read(text: str) -> Iterator[Entry]:
    """The strings in nested objects by their keys. Of arrays nothing is told."""
    plain = _TRAILING_COMMA.sub(_kept, _TOKEN.sub(_kept, text))
    try:
        value = json.loads(plain, parse_int=float)  # an int of many digits takes long
    except (ValueError, RecursionError):
        return
    yield from _strings(value, (), _Lines(plain))


def _kept(match: re.Match[str]) -> str:
    """A string as it is, of anything else the line ends."""
    return match["string"] or re.sub(r"[^\n]", " ", match[0])


def _strings(value: object, key: tuple[str, ...], lines: _Lines) -> Iterator[Entry]:
    if isinstance(value, str):
        yield Entry(key, value, lines.number)
    elif isinstance(value, dict) and len(key) < _DEEPEST:
        for name, inner in value.items():
            lines.go_to(name)
            yield from _strings(inner, (*key, name), lines)


class _Lines:
    """Where the keys stand, which json does not tell: each is sought behind the one before."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._misses = 0
        self.number = 1

    def go_to(self, name: str) -> None:
        if self._misses > _MOST_MISSES:
            return
        place = self._text.find(json.dumps(name, ensure_ascii=False), self._place)
        if place < 0:  # written with other escapes
            self._misses += 1
            return
        self.number += self._text.count("\n", self._place, place)
        self._place = place
