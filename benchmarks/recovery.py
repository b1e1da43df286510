"""How long it takes until a package is there although pip refuses the index's certificate."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import document
from benchmarks.document import Section
from benchmarks.measurement import Program, UnexpectedOutcome, compare, seconds
from benchmarks.stage import SMALL, Stage
from tests.lab import targets
from tests.lab.targets import Target

PIPS = ("20.3.4", "23.2.1", "26.3")

KNOWN_BY = "NODE_EXTRA_CA_CERTS"
"""The variable through which the machine has the internal CA: one that pip does not read."""


def section(stage: Stage, *, rounds: int, failures: int) -> Section:
    """pipsafe that finds the CA, against a pip that was told it, and against a pip that fails."""
    rows = tuple(_row(stage, targets.target(pip), rounds=rounds, failures=failures) for pip in PIPS)
    return Section(
        "Recovery from a TLS failure",
        f"`install` from an index under an internal CA that the machine knows by `{KNOWN_BY}` only. "
        "A configured pip was given the CA by `PIP_CERT`; a failing pip was given nothing. "
        "The promise: at most 0.7 s over the configured pip.",
        (
            "pip",
            "pipsafe / configured pip",
            "pipsafe - configured pip",
            "failing pip / pipsafe",
            "pipsafe",
            "configured pip",
            "failing pip",
        ),
        rows,
    )


def _row(stage: Stage, target: Target, *, rounds: int, failures: int) -> tuple[str, ...]:
    subject, configured, failing = _programs(stage, target)
    insist_on_rescue(subject, stage.folder)
    found = compare(subject, configured, rounds=rounds, cwd=stage.folder)
    given_up = median(seconds(failing, stage.folder) for _ in range(failures))
    return (
        target.pip_version,
        document.ratio(found.ratio),
        document.milliseconds(found.difference),
        document.ratio(given_up / found.subject),
        *map(document.duration, (found.subject, found.baseline, given_up)),
    )


def _programs(stage: Stage, target: Target) -> Iterator[Program]:
    """pipsafe, the pip that was configured, the pip that was not."""
    got = stage.folder / "got"
    arguments = ("install", "--no-deps", "--target", str(got), "--index-url", stage.server.index_url, SMALL)

    def clear() -> None:
        shutil.rmtree(got, ignore_errors=True)

    known = {KNOWN_BY: str(stage.ca_file), "PIPSAFE_PYTHON": str(target.python)}
    pip = stage.pip(*arguments, target=target)
    yield Program(stage.pipsafe(*arguments), stage.environ(**known), before=clear)
    yield Program(pip, stage.environ(PIP_CERT=str(stage.ca_file)), before=clear)
    yield Program(pip, stage.environ(), exit_code=1, before=clear)


def insist_on_rescue(subject: Program, cwd: Path) -> None:
    """Raise `UnexpectedOutcome` unless pip failed first and a retry succeeded."""
    report = cwd / "report.json"
    seconds(
        Program(subject.argv, {**subject.environ, "PIPSAFE_REPORT": str(report)}, before=subject.before), cwd
    )
    outcome = json.loads(report.read_text(encoding="utf-8"))["outcome"]
    report.unlink()
    if outcome != "rescued":
        raise UnexpectedOutcome(f"the run was not a rescue but: {outcome}")
