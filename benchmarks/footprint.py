"""What pipsafe occupies: memory, modules, and the start of every other Python program."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable

from benchmarks import document
from benchmarks.document import Section
from benchmarks.measurement import Program, UnexpectedOutcome, compare, peak_memory
from benchmarks.stage import LATEST_PIP, Stage
from tests.lab import targets

UNWANTED = ("certifi", "packaging", "ssl", "truststore")
"""Modules that a run without a TLS failure must not import."""

SATISFIED = ("install", "--quiet", "packaging")

# `python -X ... -m pipsafe` hands its options on to pip, whose imports are not asked for here.
PARENT_ALONE = "import sys; from pipsafe.cli import main; sys.exit(main())"


def memory(stage: Stage, *, rounds: int) -> Section:
    """The peak of the waiting parent, beside that of an interpreter that does nothing."""
    idle = (str(stage.home.python), "-c", "import time; time.sleep(0.05)")
    rows = []
    for name, argv in (
        ("`python -m pipsafe install`", stage.pipsafe(*SATISFIED)),
        ("an idle interpreter", idle),
    ):
        peaks = sorted(peak_memory(argv, stage.environ(), stage.folder) for _ in range(rounds))
        rows.append((name, document.mebibytes(peaks[-1])))
    return Section(
        "Memory without a TLS failure",
        "Peak resident memory of the process itself, pip's not included, the largest of all runs. "
        "The promise: under 16 MiB.",
        ("process", "peak"),
        tuple(rows),
    )


def start(stage: Stage, *, rounds: int) -> Section:
    """``python -c pass`` where pipsafe is installed, against an environment without it."""
    without = targets.target(LATEST_PIP)
    environ = stage.environ()
    subject = Program((str(stage.home.python), "-c", "pass"), environ)
    baseline = Program((str(without.python), "-c", "pass"), environ)
    found = compare(subject, baseline, rounds=rounds, cwd=stage.folder)
    hooks = sorted(path.name for path in stage.home.site_packages.glob("*.pth"))
    cells = (
        document.ratio(found.ratio),
        document.milliseconds(found.difference),
        f"{found.baseline * 1000:.0f} ms",
    )
    return Section(
        "Start of an unrelated program",
        "`python -c pass` where pipsafe is installed against where it is not. "
        f"Files that hook the start: {', '.join(hooks) or 'none'}.",
        ("command", "with / without", "with - without", "without"),
        (("`python -c pass`", *cells),),
    )


def modules(stage: Stage) -> Section:
    """What ``-X importtime`` shows of the parent."""
    imported = _imported(stage, "-c", PARENT_ALONE, *SATISFIED)
    idle = _imported(stage, "-c", "pass")
    unwanted = sorted(name for name in imported if name.partition(".")[0] in UNWANTED)
    return Section(
        "Modules imported without a TLS failure",
        "By `-X importtime`, over what an empty program imports.",
        ("", "modules"),
        (
            ("pipsafe's own", _names(name for name in imported if name.partition(".")[0] == "pipsafe")),
            ("others", _names(name for name in imported - idle if name.partition(".")[0] != "pipsafe")),
            ("of " + ", ".join(UNWANTED), _names(unwanted)),
        ),
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"


def _imported(stage: Stage, *arguments: str) -> frozenset[str]:
    command = (str(stage.home.python), "-X", "importtime", *arguments)
    done = subprocess.run(
        command, env=stage.environ(), cwd=stage.folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UnexpectedOutcome(done.stderr[-2000:])
    return frozenset(re.findall(r"^import time: +\d+ \| +\d+ \| +([\w.]+)$", done.stderr, re.MULTILINE))
