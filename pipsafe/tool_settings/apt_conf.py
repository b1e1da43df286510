"""apt's configuration: apt.conf(5), compared with `apt-config dump`.

Names have no case there, so all is lower case.
"""

import re
from collections.abc import Iterator

from pipsafe.tool_settings.entry import Entry

_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|\#[^\n]*|/\*(?s:.*?\*/|.*\Z))"""
    r"""|"(?P<quoted>[^"\n]*)"?|(?P<mark>[{};])|(?P<bare>(?:(?!//|/\*)[^\s{};"])+|/)"""
)
_DEEPEST = 50
_MOST_PARTS = 20


def read(text: str) -> Iterator[Entry]:
    """The parts between `::`, and those of the blocks around."""
    blocks: list[tuple[str, ...]] = []
    words: list[list[str]] = []
    line = begun = 1
    apart = True
    for match in _TOKEN.finditer(text):
        if match["blank"] is None and not words:
            begun = line
        line += match[0].count("\n")
        if match["blank"] is not None:
            apart = True
        elif match["mark"] is None:
            word = match["bare"] if match["quoted"] is None else match["quoted"]
            if apart or not words:
                del words[2:]  # only the first two say anything
                words.append([word])
            else:
                words[-1].append(word)
            apart = False
        else:
            if match["mark"] == "{":
                if len(blocks) >= _DEEPEST:
                    return
                blocks.append(_parts("".join(words[0])) if words else ())
            else:
                if len(words) > 1:
                    key = (*(part for block in blocks for part in block), *_parts("".join(words[0])))
                    yield Entry(key, "".join(words[1]), begun)
                if match["mark"] == "}" and blocks:
                    blocks.pop()
            words, apart = [], True


def _parts(word: str) -> tuple[str, ...]:
    return tuple(part for part in word.lower().split("::", _MOST_PARTS) if part)
