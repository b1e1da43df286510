"""Write what the tests showed: ``python -m tools.tested RESULTS docs/tested.md``.

RESULTS is the folder that `tests.shown` filled while the tests ran: a line of JSON for each test and promise.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.shown import TABLES

TITLES = {
    "legs": ("Legs of an install", "Every way by which pip, or what it starts, reaches a server."),
    "skipped": ("Indexes that are left out", "pip goes on without a server that failed TLS."),
    "places": (
        "Pips, Pythons and places",
        "Releases of Debian by debootstrap, and machines that lack something.",
    ),
    "products": ("Real products between", "Inspecting proxies and servers as people run them."),
    "attacks": ("Attacks", "Each test fails when the defence that it watches is taken out."),
    "faults": ("Faults", "pip's own result stands, and nothing is left behind."),
    "load": ("Load", "Many at once, and much of everything."),
}

MARKS = {"passed": "yes", "skipped": "not run", "xfailed": "no, known", "failed": "FAILED"}
"""In the order in which they are told of a cell."""

MOST_COLUMNS = 11


@dataclass(frozen=True, slots=True)
class Result:
    """What one test showed of one promise."""

    table: str
    row: str
    column: str
    outcome: str
    reason: str


@dataclass(slots=True)
class Notes:
    """Reasons, numbered as they come."""

    numbers: dict[str, int] = field(default_factory=dict)

    def mark(self, reason: str) -> str:
        return f"[{self.numbers.setdefault(reason, len(self.numbers) + 1)}]"

    def lines(self) -> Iterator[str]:
        for reason, number in self.numbers.items():
            yield f"{number}. {reason}"


def results(folder: Path) -> Iterator[Result]:
    """Everything that was written down, in no order that means anything."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield Result(**json.loads(line))


def document(found: Sequence[Result]) -> str:
    """The whole page."""
    count = Counter(item.outcome for item in found)
    told = ", ".join(f"{count[outcome]} {MARKS[outcome]}" for outcome in MARKS if count[outcome])
    notes = Notes()
    head = f"""\
# What the tests show

Written by `python -m nox -s tested` from the results of the tests themselves; do not edit. A cell counts
the tests behind it. This run: {told}, on {platform.system()} with CPython
{platform.python_version()}. What nobody has run anywhere stands in [platforms.md](platforms.md).
"""
    parts = [head]
    for table in TABLES:
        chosen = [item for item in found if item.table == table]
        if chosen:
            parts.append(_section(table, chosen, notes))
    if notes.numbers:
        parts.append("## Not run, and what is known not to work\n\n" + "\n".join(notes.lines()) + "\n")
    return "\n".join(parts)


def _section(table: str, found: Sequence[Result], notes: Notes) -> str:
    title, introduction = TITLES[table]
    columns = sorted({item.column for item in found}, key=_natural)
    body = _wide(found, columns, notes) if 1 < len(columns) <= MOST_COLUMNS else _long(found, notes)
    return f"## {title}\n\n{introduction}\n\n{body}\n"


def _wide(found: Sequence[Result], columns: Sequence[str], notes: Notes) -> str:
    """A column for each pip."""
    rows = [["", *(column or "in general" for column in columns)], ["---", *["---"] * len(columns)]]
    for row, items in _by_row(found):
        cells = [_cell([item for item in items if item.column == column], notes) for column in columns]
        rows.append([row, *cells])
    return _lines(rows)


def _long(found: Sequence[Result], notes: Notes) -> str:
    """A row for each place."""
    rows = [["", "on", "shown"], ["---", "---", "---"]]
    for row, items in _by_row(found):
        by_column: dict[str, list[Result]] = defaultdict(list)
        for item in items:
            by_column[item.column].append(item)
        for number, column in enumerate(sorted(by_column, key=_natural)):
            rows.append(["" if number else row, column, _cell(by_column[column], notes)])
    if not any(cells[1] for cells in rows[2:]):
        rows = [[cells[0], cells[2]] for cells in rows]
    return _lines(rows)


def _by_row(found: Iterable[Result]) -> Iterator[tuple[str, list[Result]]]:
    rows: dict[str, list[Result]] = defaultdict(list)
    for item in found:
        rows[item.row].append(item)
    yield from sorted(rows.items())


def _cell(items: Sequence[Result], notes: Notes) -> str:
    told = []
    for outcome, mark in MARKS.items():
        chosen = [item for item in items if item.outcome == outcome]
        if chosen:
            reasons = "".join(dict.fromkeys(notes.mark(item.reason) for item in chosen if item.reason))
            told.append(f"{mark} ({len(chosen)}){reasons}")
    return ", ".join(told)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(_escaped(cell) for cell in cells)} |" for cells in rows)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    """Numbers by their size, so that pip 9 comes before pip 10."""
    return tuple(
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text) if part
    )


def main(folder: str, page: str) -> int:
    found = list(results(Path(folder)))
    if not found:
        print("no results", file=sys.stderr)
        return 1
    Path(page).write_text(document(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
