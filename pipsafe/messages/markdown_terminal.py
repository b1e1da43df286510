"""The pages of `explain` on a terminal: the small part of Markdown that they are written in.

Headings of three levels, paragraphs, `-` lists, code that is indented by four or fenced, and inside of text
`code`, **bold** and <https://links>. Each block is one text, so that a translation can go block by block.
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pipsafe.messages.columns import Unit, may_part, rows, units, width_of

HEADINGS = {"# ": "title", "## ": "section", "### ": "subsection"}

FENCE = "```"
ITEM = "- "
CODE_INDENT = "    "
COMMENTS = ("#", "//")
"""In code, what begins a line for people."""

# Columns that a block stands in from the margin, below a title, a section and a subsection.
INDENTS = {"title": 2, "section": 2, "subsection": 4}
OWN_INDENTS = {"title": 0, "section": 0, "subsection": 2}

SPAN = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|<(?P<link>https?://[^>\s]+)>")

# SGR parameters (ECMA-48).
STYLES = {"title": "1", "section": "1", "subsection": "1", "code": "36", "bold": "1", "link": "4"}

# Where there are no colours, what tells code and links from the words around them.
PLAIN = {"code": "`{}`", "bold": "{}", "link": "<{}>"}

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, item or piece of code."""

    kind: str
    """title | section | subsection | paragraph | item | code"""
    text: str
    """Of code its lines, of anything else one line."""


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in order."""
    pending: list[str] = []
    kind = "paragraph"
    for line in [*_fences_indented(page), ""]:
        heading = next((mark for mark in HEADINGS if line.startswith(mark)), None)
        is_code = line.startswith(CODE_INDENT) and (kind == "code" or not pending)
        if kind == "code" and pending and (is_code or not line):
            pending.append(line)
            continue
        if pending and (heading or not line or line.startswith(ITEM) or kind == "code"):
            yield _block(kind, pending)
            pending = []
        if heading:
            yield Block(HEADINGS[heading], line[len(heading) :].strip())
        elif line:
            if not pending:
                kind = "code" if is_code else "item" if line.startswith(ITEM) else "paragraph"
            pending.append(line)
    if pending:
        yield _block(kind, pending)


def _fences_indented(page: str) -> Iterator[str]:
    """The lines, with fenced code as if indented."""
    fenced = False
    for line in page.splitlines():
        if line.startswith(FENCE):
            fenced = not fenced
            yield ""
        else:
            yield CODE_INDENT + line if fenced else line.rstrip()


def _block(kind: str, lines: list[str]) -> Block:
    if kind == "code":
        return Block(kind, textwrap.dedent("\n".join(lines)).strip("\n"))
    text = " ".join(line.strip() for line in lines)
    return Block(kind, text.removeprefix(ITEM) if kind == "item" else text)


def is_for_translators(block: Block) -> bool:
    """A title is a name, and of code only the comments are for people."""
    if block.kind == "code":
        return any(line.lstrip().startswith(COMMENTS) for line in block.text.splitlines())
    return block.kind != "title"


def render(page: str, width: int, *, coloured: bool, translate: Translate = str) -> str:
    """The page in rows of at most so many columns; code is never broken."""
    lines: list[str] = []
    indent = 0
    before = ""
    for block in blocks(page):
        # A heading stands upon its text, and a list is one.
        if before and before not in HEADINGS.values() and (before, block.kind) != ("item", "item"):
            lines.append("")
        text = translate(block.text) if is_for_translators(block) else block.text
        if block.kind in HEADINGS.values():
            own = " " * OWN_INDENTS[block.kind]
            heading = rows(units(text), width - len(own))
            lines += [own + styled(row, block.kind, coloured=coloured) for row in heading]
            indent = INDENTS[block.kind]
        else:
            lines += _body(block.kind, text, indent, width, coloured=coloured)
        before = block.kind
    return "\n".join([*lines, ""])


def _body(kind: str, text: str, indent: int, width: int, *, coloured: bool) -> Iterator[str]:
    if kind == "code":
        margin = " " * (indent + 2)
        for line in text.splitlines():
            yield margin + styled(line, "code", coloured=coloured) if line else ""
        return
    first = " " * indent + (ITEM if kind == "item" else "")
    for row in rows(inline(text, coloured=coloured), width - len(first)):
        yield first + row
        first = " " * len(first)


def inline(text: str, *, coloured: bool) -> Iterator[Unit]:
    """A paragraph in parts that are not broken; code is one part, blanks and all."""
    done = 0
    for span in SPAN.finditer(text):
        yield from _after(text[: span.start()], done)
        done = span.end()
        style = span.lastgroup or ""
        words = span[style] if coloured else PLAIN[style].format(span[style])
        parts = units(words) if style == "bold" else (Unit(words, width_of(words), None),)
        gap = _between(text, span.start())
        for part in parts:
            shown = styled(part.text, style, coloured=coloured)
            yield Unit(shown, part.width, part.gap if part.gap is not None else gap)
            gap = None
    yield from _after(text, done)


def _after(text: str, at: int) -> Iterator[Unit]:
    """What follows a span, up to the next."""
    for number, unit in enumerate(units(text[at:])):
        yield unit if number or unit.gap is not None else replace(unit, gap=_between(text, at))


def _between(text: str, at: int) -> str | None:
    """What a row may end with before that place: "" between wide characters; of blanks their units know."""
    return "" if 0 < at < len(text) and may_part(text[at - 1], text[at]) else None


def styled(text: str, style: str, *, coloured: bool) -> str:
    """The text in the colour of a style."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if coloured and text else text
