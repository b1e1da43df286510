"""Run the fuzzer: by coverage where atheris is installed, and by chance.

Every reader of `tests/fuzz/readers.py` gets the same time. Findings are told and kept; the exit code is 1 if
there are any. ``--chance NUMBER`` makes a run by chance the same again.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.judge import FINDINGS, Finding, judge
from tests.fuzz.mutation import mutants
from tests.fuzz.readers import READERS

_SHARE_BY_CHANCE = 0.4
"""Of the time: structured mutants get deeper into DER than bits do, coverage deeper into text."""

_LEAST_GUIDED = 5
"""Seconds below which atheris, which has to instrument everything first, is not worth it."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for all readers together (default: 60)")
    parser.add_argument("--only", metavar="WORD", default="", help="readers that have this in their name")
    parser.add_argument("--chance", type=int, default=None, metavar="NUMBER", help="where chance begins")
    parser.add_argument("--findings", type=Path, default=FINDINGS, help="the folder that they are kept in")
    options = parser.parse_args(argv)
    names = [name for name in READERS if options.only in name]
    each = options.seconds / max(1, len(names))
    start = random.SystemRandom().randrange(1 << 32) if options.chance is None else options.chance
    has_atheris = importlib.util.find_spec("atheris") is not None
    guided = each * (1 - _SHARE_BY_CHANCE) if has_atheris else 0
    guided = guided if guided >= _LEAST_GUIDED else 0
    print(f"{len(names)} readers, {each:.0f} s each, chance {start}, atheris: {bool(guided)}", flush=True)
    options.findings.mkdir(exist_ok=True)
    found = 0
    for name in names:
        runs, findings = by_chance(name, each - guided, random.Random(f"{start} {name}"))
        for finding in findings:
            (options.findings / finding.name).write_bytes(finding.data)
            print(f"{name}: {finding.name}\n{finding.problem}", flush=True)
        print(f"{name}: {runs} by chance, {len(findings)} findings", flush=True)
        said, is_finding = by_coverage(name, guided, options.findings) if guided else ("", False)
        if said:
            print(f"{name}: by coverage, {said}", flush=True)
        found += len(findings) + is_finding
    return 1 if found else 0


def by_chance(
    name: str, seconds: float, chance: random.Random, *, most: int = 1 << 60
) -> tuple[int, list[Finding]]:
    """How many mutants were read, and the findings, one of a kind."""
    reader = READERS[name]
    seeds = list(reader.seeds())
    found: dict[str, Finding] = {}
    end = time.monotonic() + seconds
    runs = 0
    for data in mutants(seeds, reader.tokens, chance):
        finding = judge(name, data)
        runs += 1
        if finding is not None:
            found.setdefault(finding.kind, finding)
        if time.monotonic() > end or runs == most:
            break
    return runs, list(found.values())


def by_coverage(name: str, seconds: float, findings: Path) -> tuple[str, bool]:
    """What atheris says at the end, and whether that is a finding."""
    reader = READERS[name]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for number, seed in enumerate(reader.seeds()):
            (corpus / f"seed-{number}").write_bytes(seed)
        quoted = ("".join(f"\\x{octet:02x}" for octet in token) for token in (*reader.tokens, b"\0"))
        words.write_text("".join(f'"{token}"\n' for token in quoted), encoding="ascii")
        limits = (f"-max_total_time={int(seconds)}", "-max_len=20000", "-rss_limit_mb=1024")
        guided = (sys.executable, "-m", "tests.fuzz.guided", name, str(findings))
        # What it keeps of its own goes with the folder: findings are kept by `guided`.
        command = (*guided, *limits, f"-dict={words}", f"-artifact_prefix={folder}/", str(corpus))
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds + 120)
    said = [line for line in done.stderr.splitlines() if line.startswith("Done ")][-1:]
    return done.stderr[-3000:] if done.returncode else " ".join(said), bool(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
