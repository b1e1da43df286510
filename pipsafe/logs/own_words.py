"""What pipsafe itself says in a log: that it rescued a run, where, and of what (pipsafe/messages/wording.py).

A failure that was cured is none. Only lines that stand in no child's output count, so no package can say it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipsafe import origin
from pipsafe.messages.cause_pages import CAUSES
from pipsafe.origin import Origin
from pipsafe.statements.printed import Printed

# For a text without blanks; a console that is not as wide may have broken any of them.
CAUSE = re.compile(rf"pipsafe:.{{1,200}}?\((?P<cause>{'|'.join(CAUSES)})\)")
PLACE = re.compile(r"[×x](?P<url>https?://\S{1,300}?)was(?:not|noteven)(?:accepted|reached|asked)")
SUCCEEDED = "pipsafe:pipsucceededwiththat"
CURED = "pipsafe:TLSiscuredforthisrun"


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


def rescues(page: Printed, captured: Mapping[int, str]) -> tuple[Rescue, ...]:
    """All that the page tells of, in order. ``captured``: lines in the output of pip's children."""
    found: list[Rescue] = []
    causes: dict[str, None] = {}
    origins: set[Origin] = set()
    for line in page.lines:
        if line.number in captured or line.text[:1] not in "p×x":
            continue
        named = CAUSE.match(page.squeezed, line.start)
        place = PLACE.match(page.squeezed, line.start)
        if named:
            causes[named["cause"]] = None
        elif place and (where := origin.parse(place["url"])) is not None:
            origins.add(where)
        elif (done := page.squeezed.startswith(SUCCEEDED, line.start)) or page.squeezed.startswith(
            CURED, line.start
        ):
            found.append(Rescue(line.number, tuple(causes), frozenset(origins), done))
            causes, origins = {}, set()
    return tuple(found)
