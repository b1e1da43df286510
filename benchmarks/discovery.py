"""What it costs that a machine has many CA files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks import document
from benchmarks.document import Section
from benchmarks.measurement import Program, compare
from benchmarks.recovery import KNOWN_BY, insist_on_rescue
from benchmarks.stage import LATEST_PIP, SMALL, Stage
from tests.lab import targets
from tests.lab.many_files import many_files

FILES, CERTIFICATES = 500, 10_000


def section(stage: Stage, *, rounds: int) -> Section:
    """A rescue on a machine with one CA file, and on one with hundreds."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        few, many = _programs(stage, Path(folder))
        insist_on_rescue(few, stage.folder)
        insist_on_rescue(many, stage.folder)
        found = compare(many, few, rounds=rounds, cwd=stage.folder)
    cells = (
        document.ratio(found.ratio),
        document.milliseconds(found.difference),
        document.duration(found.subject),
        document.duration(found.baseline),
    )
    return Section(
        "Discovery over many CA files",
        f"A rescue as above with pip {LATEST_PIP} where variables name {FILES} further files with "
        f"{CERTIFICATES} different certificates in all, against one where they do not. "
        "The promise: at most 500 ms.",
        ("files", "many / one", "many - one", "many", "one"),
        ((f"{FILES}", *cells),),
    )


def _programs(stage: Stage, folder: Path) -> tuple[Program, Program]:
    """With one CA file, and with many beside it."""
    got = stage.folder / "got"
    arguments = ("install", "--no-deps", "--target", str(got), "--index-url", stage.server.index_url, SMALL)
    known = {KNOWN_BY: str(stage.ca_file), "PIPSAFE_PYTHON": str(targets.target(LATEST_PIP).python)}
    # poetry has such variables for each repository.
    paths = many_files(folder, files=FILES, certificates=CERTIFICATES)
    beside = {f"POETRY_CERTIFICATES_R{number}_CERT": str(path) for number, path in enumerate(paths)}
    beside |= {f"POETRY_REPOSITORIES_R{number}_URL": stage.server.index_url for number in range(len(paths))}

    def clear() -> None:
        shutil.rmtree(got, ignore_errors=True)

    few = Program(stage.pipsafe(*arguments), stage.environ(**known), before=clear)
    return few, Program(few.argv, stage.environ(**known, **beside), before=clear)
