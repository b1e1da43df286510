"""What pipsafe itself says in a log, in any language: that it rescued a run, where, and of what.

A failure that was cured is none. Only lines that stand in no child's output count, so no package can say it.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipsafe import origin
from pipsafe.language import catalogues
from pipsafe.language.reader import LANGUAGES
from pipsafe.language.text import Text
from pipsafe.messages import run_words
from pipsafe.messages.cause_pages import CAUSES
from pipsafe.origin import Origin
from pipsafe.statements.printed import Line, Printed

# For a text without blanks; a console that is not as wide may have broken any of them.
CAUSE = re.compile(rf"pipsafe:(?:(?!pipsafe:|[×╰#]).){{1,200}}?[(（](?P<cause>{'|'.join(CAUSES)})[)）]")


CLAUSE = re.compile(r"(?:[^{;:.；：。]|\{origin\})+[;:.；：。]?")
"""Up to its end, or to what others wrote."""


@functools.cache
def place_pattern() -> re.Pattern[str]:
    """What was refused, and where: as `messages/run_words.py` has it, in every language."""
    return _pattern("[×x]", (run_words.NOT_ACCEPTED, run_words.NOT_REACHED, run_words.NOT_ASKED))


@functools.cache
def ends_pattern() -> re.Pattern[str]:
    """How it ended, after the retry."""
    return re.compile(
        f"(?P<succeeded>{_pattern('pipsafe:', (run_words.SUCCEEDED,)).pattern})"
        f"|{_pattern('pipsafe:', (run_words.CURED,)).pattern}"
    )


def _pattern(lead: str, told: Sequence[Text]) -> re.Pattern[str]:
    forms = (item.said(catalogues.look(language)) for language in LANGUAGES for item in told)
    return re.compile(f"{lead}(?:{'|'.join(dict.fromkeys(map(_squeezed, forms)))})")


def _squeezed(form: str) -> str:
    """The form's first clause, as a pattern without blanks: what follows differs between releases."""
    begin = CLAUSE.match("".join(form.split()))
    assert begin is not None, "every form has words"
    return re.escape(begin[0]).replace(re.escape("{origin}"), r"(https?://\S{1,300}?)")


@dataclass(frozen=True, slots=True)
class Rescue:
    """One run of pip that had its TLS failure cured."""

    line: int
    """Of the page, where it is said."""
    causes: tuple[str, ...]
    origins: frozenset[Origin]
    has_succeeded: bool
    """Or it failed for another reason."""

    def covers(self, line: int, where: Origin | None) -> bool:
        """Whether a failure, told in that line and of that origin, is what was cured."""
        elsewhere = where is not None and bool(self.origins) and where not in self.origins
        return line < self.line and ("proxy-problem" in self.causes or not elsewhere)


def tells_of_success(page: Printed, line: Line) -> bool:
    """Whether the line says that a retry went well."""
    if line.text[:1] != "p":
        return False
    end = ends_pattern().match(page.squeezed, line.start)
    return end is not None and bool(end["succeeded"])


def rescues(page: Printed, captured: Mapping[int, str]) -> tuple[Rescue, ...]:
    """All that the page tells of, in order. ``captured``: lines in the output of pip's children."""
    found: list[Rescue] = []
    causes: dict[str, None] = {}
    origins: set[Origin] = set()
    for line in page.lines:
        if line.number in captured or line.text[:1] not in "p×x":
            continue
        end = ends_pattern().match(page.squeezed, line.start)
        place = place_pattern().match(page.squeezed, line.start)
        named = CAUSE.match(page.squeezed, line.start)
        if end:
            found.append(Rescue(line.number, tuple(causes), frozenset(origins), bool(end["succeeded"])))
            causes, origins = {}, set()
        elif place and (where := origin.parse(next(filter(None, place.groups())))) is not None:
            origins.add(where)
        elif named:
            causes[named["cause"]] = None
    return tuple(found)
