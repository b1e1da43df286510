"""Measure, and write the tables to ``docs/benchmarks.md``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import discovery, footprint, overhead, recovery
from benchmarks.document import Section, document
from benchmarks.measurement import UnexpectedOutcome
from benchmarks.stage import Stage, stage
from tests.lab.run import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often each thing is measured."""

    overhead: int
    recovery: int
    failures: int
    """Runs of a pip that fails by itself, at 8 to 10 s each."""
    memory: int
    start: int


THOROUGH = Rounds(overhead=15, recovery=7, failures=2, memory=5, start=40)
QUICK = Rounds(overhead=3, recovery=2, failures=1, memory=2, start=10)


def main(argv: Sequence[str] | None = None) -> int:
    """Return 1 if something that was to be measured did not do what it is measured at."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few rounds, and the tables on the terminal only"
    )
    parser.add_argument(
        "--only", metavar="WORD", default="", help="measure what has this in its name; implies no file"
    )
    parser.add_argument(
        "--output", type=Path, default=PAGE, help="where the page goes (default: docs/benchmarks.md)"
    )
    options = parser.parse_args(argv)
    rounds = QUICK if options.quick else THOROUGH
    try:
        with stage() as built:
            sections = tuple(_measured(built, rounds, options.only))
    except UnexpectedOutcome as error:
        print(error, file=sys.stderr)
        return 1
    _publish(sections, rounds, None if options.quick or options.only else options.output)
    return 0


def _measured(built: Stage, rounds: Rounds, only: str) -> list[Section]:
    parts: dict[str, Callable[[], Section]] = {
        "overhead": lambda: overhead.section(built, rounds=rounds.overhead),
        "recovery": lambda: recovery.section(built, rounds=rounds.recovery, failures=rounds.failures),
        "discovery": lambda: discovery.section(built, rounds=rounds.recovery),
        "memory": lambda: footprint.memory(built, rounds=rounds.memory),
        "start": lambda: footprint.start(built, rounds=rounds.start),
        "modules": lambda: footprint.modules(built),
    }
    sections = []
    for name, measure in parts.items():
        if only in name:
            began = time.monotonic()
            sections.append(measure())
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return sections


def _publish(sections: Sequence[Section], rounds: Rounds, path: Path | None) -> None:
    note = (
        f"Pairs: {rounds.overhead} for overhead, {rounds.recovery} for recovery, {rounds.start} for start-up."
    )
    page = document(sections, rounds_note=note)
    if path is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    sys.exit(main())
