"""Run the cases, make what they wrote neutral, and keep each once."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.lab import targets
from tests.lab.outside import OUTSIDE
from tests.lab.run import OutOfTimeError, clean_environment, kill_group
from tests.lab.terminal import run_on_pty
from tools.log_corpus.cases import FEW, HARMLESS, Case
from tools.log_corpus.others import Other
from tools.log_corpus.scrubbing import neutral, without_chance
from tools.log_corpus.servers import Place

OLD = {"9.0.3": "2.7", "10.0.1": "3.6"}
"""Pips older than any target of the lab, and the Pythons of their time (pyenv's)."""

RUN_PIP = "import runpy; runpy.run_module('pip', run_name='__main__', alter_sys=True)"
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Something that runs one pip."""

    pip: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    prefix: str
    """Where it is installed."""


def interpreter(pip: str, folder: Path) -> Interpreter:
    """The lab's target; for older pips a Python of their time, with the wheel unpacked beside it."""
    if pip not in OLD:
        target = targets.target(pip)
        return Interpreter(pip, (str(target.python),), {}, str(target.prefix))
    versions = Path.home() / ".pyenv" / "versions"
    python = next(versions.glob(f"{OLD[pip]}.*/bin/python{OLD[pip]}"))
    unpacked = folder / f"pip-{pip}"
    with zipfile.ZipFile(targets.pip_wheel(pip)) as archive:
        archive.extractall(unpacked)
    return Interpreter(pip, (str(python),), {"PYTHONPATH": str(unpacked)}, str(python.parents[1]))


def record(cases: Sequence[Case], pips: Sequence[str], into: Path, only: str = "*") -> int:
    """Write the logs of all cases to the folder; how many there are."""
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="corpus-") as scratch, Place(Path(scratch)).running() as place:
        runs = [
            (case, flag, pip)
            for pip in pips
            for case in cases
            if fnmatch(case.name, only) and pip in case.pips
            for flag in case.flags
            if not flag or pip in FEW or case in HARMLESS
        ]
        found = {pip: interpreter(pip, Path(scratch)) for pip in dict.fromkeys(pip for _, _, pip in runs)}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            texts = list(pool.map(lambda run: _one(place, run[0], run[1], found[run[2]]), runs))
    return _keep(zip(runs, texts, strict=True), into)


def _filled(template: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\{([\w-]+)\}", lambda match: words[match[1]], template)


def _one(place: Place, case: Case, flag: str, by: Interpreter) -> str:
    """The neutral text of one run."""
    home = Path(tempfile.mkdtemp(prefix="run-", dir=place.folder))
    words = {
        **place.words,
        "got": str(home / "got"),
        "log": str(home / "log.txt"),
        "small": str(home / "small"),
    }
    (home / "small").mkdir()
    extra = {name: _filled(value, words) for name, value in case.environment.items()}
    env = clean_environment(home, **{**by.environment, **extra})
    before = _filled(case.before, words)
    module = ("-c", f"{before}\n{RUN_PIP}") if before else ("-m", "pip")
    arguments = [_filled(part, words) for part in [*case.arguments.split(), *flag.split()]]
    command = [*_on_small_disk(case, words["small"]), *by.command, *module, *arguments]
    text = _run(case, command, env)
    if case.keeps == "log":
        written = Path(words["log"])
        text = written.read_text(encoding="utf-8", errors="replace") if written.exists() else ""
    shutil.rmtree(home, ignore_errors=True)
    unpacked = by.environment.get("PYTHONPATH", "/nowhere")
    roots = {
        str(home): "/home/user",
        by.prefix: "/usr",
        str(place.folder): "/etc/corp",
        unpacked: "/usr/lib/python3/site-packages",
    }
    return neutral(text, roots, place.hosts)


def _run(case: Case, command: Sequence[str], env: Mapping[str, str]) -> str:
    if case.columns:
        return run_on_pty(command, env, columns=case.columns).output.decode("utf-8", "replace")
    process = subprocess.Popen(
        command,
        env=dict(env),
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=90)[0].decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        kill_group(process)
        raise OutOfTimeError(case.name) from None


def _on_small_disk(case: Case, folder: str) -> tuple[str, ...]:
    if not case.has_small_disk:
        return ()
    script = 'mount -t tmpfs -o size=64k none "$0" && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", script, folder)


def record_others(rows: Sequence[Other], tools: Path, into: Path, only: str = "*") -> int:
    """Write what tools other than pip say; those whose environment is not there are left out."""
    into.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory(prefix="corpus-") as scratch, Place(Path(scratch)).running() as place:
        for row in rows:
            if row.needs and not (tools / row.needs).exists():
                continue
            for server in row.servers:
                name = (
                    f"{row.tool}{row.suffix}"
                    if server in ("good", "split")
                    else f"{row.tool}-{server}{row.suffix}"
                )
                if fnmatch(name, only):
                    text = _other(place, row, server, tools)
                    (into / f"{name}.log").write_text(text, encoding="utf-8", newline="")
                    count += 1
    return count


def _other(place: Place, row: Other, server: str, tools: Path) -> str:
    home = Path(tempfile.mkdtemp(prefix="run-", dir=place.folder))
    words = {**place.words, "index": place.words[server], "tools": str(tools), "uv": "uv"}
    extra = {name: _filled(value, words) for name, value in row.environment.items()}
    env = clean_environment(home, **extra)
    for name in ("CARGO_HOME", "RUSTUP_HOME"):
        env[name] = OUTSIDE.get(name) or str(Path(OUTSIDE["HOME"]) / f".{name.partition('_')[0].lower()}")
    env["PATH"] += f":{env['CARGO_HOME']}/bin"
    text = _run(Case(row.tool, ""), ("sh", "-c", _filled(row.script, words)), env)
    shutil.rmtree(home, ignore_errors=True)
    roots = {
        str(home): "/home/user",
        str(tools): "/opt",
        str(place.folder): "/etc/corp",
        env["CARGO_HOME"]: "/home/user/.cargo",
    }
    return neutral(text, {**roots, str(Path(sys.base_prefix)): "/usr"}, place.hosts)


def _keep(found: Iterable[tuple[tuple[Case, str, str], str]], into: Path) -> int:
    """Write each text once: of those that differ by chance alone, the first."""
    seen: dict[str, str] = {}
    for (case, flag, pip), text in found:
        key = f"{case.name.partition('-tty')[0]}\n{without_chance(text, pip)}"
        name = f"{case.name}-pip{pip}{flag.partition(' ')[0]}.log"
        if text.strip() and seen.setdefault(key, name) == name:
            (into / name).write_text(text, encoding="utf-8", newline="")
    return len(seen)
