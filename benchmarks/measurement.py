"""Measuring runs of a program: two of them side by side, and one by its memory.

Two programs are compared in pairs, one right after the other and in alternating order, so that whatever else
the machine does falls on both; medians of the pairs' ratios and differences then say what the machine cannot.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

LONGEST_RUN = 120.0
"""Seconds after which a run is given up."""

MEMORY_INTERVAL = 0.002
"""Seconds between two looks at a process' high-water mark, which only ever rises."""


class UnexpectedOutcome(Exception):
    """A run did not end as the benchmark needs it: its time would mean nothing."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is run, and how it has to end."""

    argv: tuple[str, ...]
    environ: Mapping[str, str]
    exit_code: int = 0
    before: Callable[[], None] = lambda: None
    """Called before each run and not measured."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians, in seconds, of a subject and of the baseline it was paired with."""

    subject: float
    baseline: float
    ratio: float
    """Median over the pairs of subject / baseline."""
    difference: float
    """Median over the pairs of subject - baseline, in seconds."""


def seconds(program: Program, cwd: Path) -> float:
    """Wall-clock time of one run. Raises `UnexpectedOutcome` if it ends with another exit code."""
    program.before()
    began = time.perf_counter()
    done = subprocess.run(
        program.argv,
        cwd=cwd,
        env=program.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LONGEST_RUN,
        check=False,
    )
    took = time.perf_counter() - began
    if done.returncode != program.exit_code:
        words = done.stdout.decode(errors="replace")[-2000:]
        raise UnexpectedOutcome(f"{' '.join(program.argv)} ended with {done.returncode}:\n{words}")
    return took


def compare(subject: Program, baseline: Program, *, rounds: int, cwd: Path) -> Comparison:
    """Run both in pairs; one unmeasured pair first fills caches and compiles what there is."""
    seconds(baseline, cwd), seconds(subject, cwd)
    pairs = [_pair(subject, baseline, cwd, subject_first=bool(turn % 2)) for turn in range(rounds)]
    return Comparison(
        subject=median(ours for ours, _ in pairs),
        baseline=median(theirs for _, theirs in pairs),
        ratio=median(ours / theirs for ours, theirs in pairs),
        difference=median(ours - theirs for ours, theirs in pairs),
    )


def _pair(subject: Program, baseline: Program, cwd: Path, *, subject_first: bool) -> tuple[float, float]:
    if subject_first:
        ours = seconds(subject, cwd)
        return ours, seconds(baseline, cwd)
    theirs = seconds(baseline, cwd)
    return seconds(subject, cwd), theirs


def peak_memory(argv: Sequence[str], environ: Mapping[str, str], cwd: Path) -> int:
    """Peak resident memory, in bytes, of the started process alone (Linux).

    From ``VmHWM`` of /proc, for `os.wait4` reports the largest of the process and all that it waited for.
    """
    process = subprocess.Popen(
        argv,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    status = Path(f"/proc/{process.pid}/status")
    peak = 0
    while process.poll() is None:
        peak = max(peak, _high_water(status.read_text()))
        time.sleep(MEMORY_INTERVAL)
    if process.returncode:
        raise UnexpectedOutcome(f"{' '.join(argv)} ended with {process.returncode}")
    return peak


def _high_water(status: str) -> int:
    """``VmHWM`` in bytes; 0 for a process that has ended and is not yet waited for."""
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
