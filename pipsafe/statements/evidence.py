"""From pip's words to values: what failed, where, and whose words these are.

Pure. The words only raise the question: a handshake answers it. So this reads generously
what pip itself says, and marks what a child process of pip said (`inner`): a package can
print anything.

Rules
- A statement starts where a line starts. What merely mentions TLS (a description, a package's
  name, a help text, a warning that verification is off) has none of the forms (statement_forms.py).
- The forms are searched in a text without blanks and line ends (printed.py), so that colours
  and narrow consoles change nothing.
- Where captured output begins and ends is told by captured.py. Besides, who is indented
  further than pip ever is, or names a host from anywhere but the margin, is a child of pip's:
  a build can print at the margin of its own block, never at pip's.
"""

import re
from collections.abc import Iterator, Sequence

from pipsafe.attempts.suspicion import looks_suspicious
from pipsafe.statements.captured import blocks
from pipsafe.statements.printed import Printed
from pipsafe.statements.statement import Evidence, Place
from pipsafe.statements.statement_forms import FORMS, Form, in_build
from pipsafe.statements.words import Kind

__all__ = ["Evidence", "Kind", "read", "statements"]

MOST = 1_000
"""Distinct items told. A run that fails on more origins than that needs no longer list."""

OF_OLD_PIP = ("Retrying(Retry(", "Nomatchingdistributionfound", "Couldnotfindaversionthatsatisfies")


def read(text: str) -> tuple[Evidence, ...]:
    """Everything the text speaks of, in order, each once. Never raises; linear in the text."""
    found: dict[Evidence, None] = {}
    forms = FORMS if looks_suspicious(text.encode("utf-8", "replace")) else FORMS[-1:]
    for item in statements(Printed(text), forms):
        if item.kind is not Kind.UNREACHABLE:
            found.setdefault(item, None)
        if len(found) >= MOST:
            break
    located = {(item.kind, item.inner) for item in found if _names_a_place(item)}
    # What names no place adds nothing to what does: the inner errors of a traceback.
    return tuple(item for item in found if _names_a_place(item) or (item.kind, item.inner) not in located)


def _names_a_place(item: Evidence) -> bool:
    return bool(item.url or item.origin or item.path)


def statements(page: Printed, forms: Sequence[Form] = FORMS) -> Iterator[Evidence]:
    """All that the page says in these forms, line by line, repetitions included."""
    is_old = _is_of_old_pip(page)
    links: tuple[str, ...] = ()
    done = 0
    for line, block in blocks(page.lines, page.squeezed):
        if line.text.startswith("Looking in links:") and block is None:
            links = tuple(re.split(r",?\s+", line.text))[3:]
        if line.start < done:
            continue
        place = Place(page, line, block, links, is_old)
        for pattern, reader in forms:
            match = pattern.match(page.squeezed, line.start)
            if match:
                done = match.end()
                yield from reader(match, place)
                break
        else:
            if forms is FORMS and block is not None and block.is_of_package:
                yield from in_build(place)


def _is_of_old_pip(page: Printed) -> bool:
    """Whether the whole text, from its first line, is of a pip that put no "WARNING: " before its words.

    Not if there is a build's output in it: its end is a divider, which the build can print as well.
    """
    if not page.lines or page.lines[0].indent:
        return False
    starts = [line.start for line in page.lines]
    return any(page.squeezed.startswith(OF_OLD_PIP, start) for start in starts) and not any(
        page.squeezed.startswith(("Completeoutput", "Runningcommand"), start) for start in starts
    )
