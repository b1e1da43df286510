"""What pipsafe adds to a pip that has no TLS failure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks import document
from benchmarks.document import Section
from benchmarks.measurement import Comparison, Program, compare
from benchmarks.stage import MANY_LINKS, Stage


def section(stage: Stage, *, rounds: int) -> Section:
    """pipsafe against pip, on the same interpreter and with the same arguments."""
    rows = []
    for name, arguments in _cases(stage):
        environ = stage.environ(PIP_CERT=str(stage.ca_file))
        subject = Program(stage.pipsafe(*arguments), environ, before=lambda: _clear(stage.folder))
        baseline = Program(stage.pip(*arguments), environ, before=lambda: _clear(stage.folder))
        rows.append(_row(name, compare(subject, baseline, rounds=rounds, cwd=stage.folder)))
    return Section(
        "Overhead without a TLS failure",
        "`python -m pipsafe` against `python -m pip` of the same interpreter. "
        "The promise: at most 25 ms and 3 % on an install of what is already there.",
        ("command", "pipsafe / pip", "pipsafe - pip", "pip alone"),
        tuple(rows),
    )


def _cases(stage: Stage) -> Iterator[tuple[str, tuple[str, ...]]]:
    index = ("--index-url", stage.server.index_url)
    yield "`--version`", ("--version",)
    yield "`list`", ("list",)
    yield "`install` of a satisfied requirement", ("install", "packaging")
    yield (
        "`download` from a page of 500 links",
        ("download", "--no-deps", "--dest", "got", *index, MANY_LINKS),
    )


def _clear(folder: Path) -> None:
    shutil.rmtree(folder / "got", ignore_errors=True)


def _row(name: str, found: Comparison) -> tuple[str, ...]:
    cells = (document.ratio(found.ratio), document.milliseconds(found.difference))
    return (name, *cells, document.duration(found.baseline))
