"""What tests of rescues share: a place to install into, and what has to hold of every rescue."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from tests.lab.index_server import IndexServer
from tests.lab.run import Run
from tests.lab.targets import Target, target


class Anchor(Protocol):
    """A CA, of a test's own or of a product's."""

    @property
    def sha256(self) -> str: ...


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="targets-", ignore_cleanup_errors=True)


@functools.cache
def _copy(pip_version: str) -> Target:
    return target(pip_version).fresh(Path(_folder().name))


def patient(pip_version: str, *projects: str) -> Target:
    """This process's own copy of a target, for one test at a time, without these projects."""
    copy = _copy(pip_version)
    copy.remove(*projects)
    return copy


def leftovers(env: Mapping[str, str]) -> list[str]:
    """What there is in the temporary folder."""
    return sorted(entry.name for entry in Path(env["TMPDIR"]).iterdir())


def report_of(run: Run) -> dict[str, Any]:
    """The report, which every run has to write."""
    assert run.report is not None, run.text
    return run.report


def assert_rescued(
    run: Run,
    where: Target,
    env: Mapping[str, str],
    *anchors: Anchor,
    project: str = "speck",
    attempts: int = 2,
    kind: str | None = None,
) -> dict[str, Any]:
    """The package is there by a remedy that names these anchors, and nothing is left behind. The report."""
    report = report_of(run)
    assert report["outcome"] == "rescued", run.text
    assert run.exit_code == 0, run.text
    assert report["exit_code"] == 0
    assert where.installed(project), run.text
    remedy = report["remedy"]
    assert [item["sha256"] for item in remedy["anchors"]] == [item.sha256 for item in anchors], remedy
    assert len(report["attempts"]) == attempts, report["attempts"]
    assert kind is None or remedy["kind"] == kind, remedy
    assert leftovers(env) == []
    assert b"fault in pipsafe" not in run.stderr
    return report


def assert_refused(
    run: Run,
    where: Target,
    env: Mapping[str, str],
    *servers: IndexServer,
    project: str = "speck",
    exit_code: int = 1,
) -> dict[str, Any]:
    """pip's failure stands, and no server heard a request. The report."""
    report = report_of(run)
    assert report["outcome"] == "unremedied", run.text
    assert run.exit_code == exit_code == report["exit_code"], run.text
    assert not where.installed(project)
    assert report["remedy"] is None
    assert leftovers(env) == []
    assert b"fault in pipsafe" not in run.stderr
    for server in servers:
        server.settle()
        assert server.requests == []
    return report
