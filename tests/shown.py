"""What tests show, written down as they run: the rows of the table in docs/tested.md.

A test says which promise it shows by `@pytest.mark.shows(TABLE, ROW)`. Its parameter `pip`, or the property
`column` that it records, says on what. With PIPSAFE_TEST_RESULTS naming a folder every result becomes a line
of JSON in a file of this process there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.outside import OUTSIDE
from tests.lab.targets import PIPS, target

TABLES = ("legs", "skipped", "places", "products", "attacks", "faults", "load")


def marks(item: pytest.Item) -> Iterator[tuple[str, str]]:
    """Table and row of every promise that the test shows."""
    for mark in item.iter_markers("shows"):
        table, row = mark.args
        if table not in TABLES:
            raise pytest.UsageError(f"{item.nodeid}: no table is called {table!r}")
        yield table, row


def write(item: pytest.Item, report: pytest.TestReport) -> None:
    """One line for the test's call, or for a skip or a fault before it."""
    folder = OUTSIDE.get("PIPSAFE_TEST_RESULTS")
    if not folder or not (report.when == "call" or (report.when == "setup" and report.outcome != "passed")):
        return
    properties = dict(item.user_properties)
    column = properties.get("column") or _pip(item)
    outcome = "xfailed" if hasattr(report, "wasxfail") and report.outcome == "skipped" else report.outcome
    reason = getattr(report, "wasxfail", "") or (_reason(report) if report.outcome == "skipped" else "")
    with Path(folder, f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as stream:
        for table, row in marks(item):
            line = {"table": table, "row": row, "column": column, "outcome": outcome, "reason": reason}
            stream.write(json.dumps(line) + "\n")


def _pip(item: pytest.Item) -> str:
    """The pip that the test is about, and its Python, if it is about one."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    pip = (
        parameters.get("pip") or parameters.get("pip_version") or getattr(parameters.get("case"), "pip", None)
    )
    if pip not in PIPS:
        return ""
    python = ".".join(map(str, target(pip).python_version))
    return f"pip {pip} (Python {python})"


def _reason(report: pytest.TestReport) -> str:
    found = report.longrepr
    return str(found[2]).removeprefix("Skipped: ") if isinstance(found, tuple) else str(found or "")
