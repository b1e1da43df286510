"""Runs of pip and of pipsafe in an environment of the test's own making."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .outside import OUTSIDE
from .targets import Target

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

TIMEOUT = 150.0
"""Seconds. What hangs is seen all the same; a busy disk may hold a pip up for a minute."""

TRUST_VARIABLES = re.compile(
    r"PIP_.*|PIPSAFE_.*|SSL_CERT_.*|SSLKEYLOGFILE|REQUESTS_CA_BUNDLE|CURL_.*|NODE_.*|NPM_CONFIG_.*|AWS_CA_BUNDLE|GIT_.*"
    r"|HTTPLIB2_CA_CERTS|NIX_.*|CLOUDSDK_.*|GRPC_.*|CARGO_.*|DENO_.*|UV_.*|CONDA_.*|.*_PROXY|.*_CA_BUNDLE"
    r"|.*_CA_CERTS?|.*_CAINFO|.*_CERT|.*_CERT_FILE|.*_CA_FILE|PYTHON(?!DONTWRITEBYTECODE|WARNINGS|HASHSEED).*"
    r"|VIRTUAL_ENV|NETRC",
    re.IGNORECASE,
)
"""Names of the variables that could lend trust, an index, a proxy or a target to what a test runs."""

_KEPT = re.compile(r"COVERAGE_.*|COV_CORE_.*|SYSTEM(ROOT|DRIVE)|WINDIR|COMSPEC|PATHEXT", re.IGNORECASE)


def clean_environment(home: Path, **extra: str | None) -> dict[str, str]:
    """A small environment whose home, caches, settings and temporary files are all below `home`.

    It has no setting of pip, of a CA or of a proxy.  `extra` adds variables; None takes a default away.
    """
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "TMPDIR": home / "tmp",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_CONFIG_DIRS": home / "config-dirs",
        "XDG_DATA_HOME": home / "data",
    }
    if os.name == "nt":
        folders |= {"TEMP": home / "tmp", "APPDATA": home / "config", "LOCALAPPDATA": home / "data"}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in OUTSIDE.items() if _KEPT.fullmatch(name)}
    environment |= {name: str(folder) for name, folder in folders.items()}
    environment |= {
        "PATH": OUTSIDE["PATH"] if os.name == "nt" else "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    for name, value in extra.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


@dataclass(frozen=True, slots=True)
class Run:
    """What a command did."""

    args: tuple[str, ...]
    exit_code: int
    """Negative for the signal that ended it."""
    stdout: bytes
    stderr: bytes
    seconds: float
    report: dict[str, Any] | None = None
    """pipsafe's JSON report, if it wrote one."""

    @property
    def text(self) -> str:
        """Both streams, one after the other, for assertions and for their messages."""
        return (self.stdout + self.stderr).decode("utf-8", "replace")


class OutOfTimeError(AssertionError):
    """A command that did not end in time, with what it had written."""


def run(
    command: Sequence[str | Path],
    env: Mapping[str, str],
    *,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    timeout: float = TIMEOUT,
    prefix: Sequence[str] = (),
) -> Run:
    """Run a command in a process group of its own; `OutOfTimeError` after `timeout` seconds.

    `stdin=None` is an empty stdin; `cwd=None` the folder of `HOME`; `prefix` goes before the command, such as
    the one of `system_store`.
    """
    args = (*prefix, *map(str, command))
    begin = time.monotonic()
    process = start(args, env, cwd=cwd)
    try:
        stdout, stderr = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        kill_group(process)
        stdout, stderr = process.communicate()
        raise OutOfTimeError(f"{args} took more than {timeout} s\n{stdout!r}\n{stderr!r}") from None
    finally:
        kill_group(process)
    return Run(args, process.returncode, stdout, stderr, time.monotonic() - begin)


def start(
    args: Sequence[str | Path], env: Mapping[str, str], *, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, its streams being pipes; the caller waits for it."""
    return subprocess.Popen(
        list(map(str, args)),
        env=dict(env),
        cwd=cwd or env.get("HOME"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a command of `start` and all that it started and that is still there."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def pip_command(target: Target, args: Iterable[str]) -> tuple[str, ...]:
    """How pip is run without pipsafe."""
    return (str(target.python), "-m", "pip", *args)


_FROM_CHECKOUT = (
    f"import runpy, sys; sys.path[0] = {str(ROOT)!r}; sys.argv[0] = 'pipsafe'; "
    "runpy.run_module('pipsafe', run_name='__main__', alter_sys=True)"
)


def pipsafe_command(args: Iterable[str]) -> tuple[str, ...]:
    """How pipsafe is run: the script that `PIPSAFE_TEST_SCRIPT` names, or `-m pipsafe`, or the checkout.

    What is installed beside these tests comes before the checkout.  The checkout is not run from its own
    folder nor by `PYTHONPATH`, since both would reach into the target.
    """
    if script := OUTSIDE.get("PIPSAFE_TEST_SCRIPT"):
        return (script, *args)
    spec = importlib.util.find_spec("pipsafe")
    if spec is not None and spec.origin != str(ROOT / "pipsafe" / "__init__.py"):
        return (sys.executable, "-m", "pipsafe", *args)
    return (sys.executable, "-c", _FROM_CHECKOUT, *args)


def run_pip(
    target: Target,
    args: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    timeout: float = TIMEOUT,
    prefix: Sequence[str] = (),
) -> Run:
    """Run the target's pip."""
    return run(pip_command(target, args), env, stdin=stdin, cwd=cwd, timeout=timeout, prefix=prefix)


def run_pipsafe(
    target: Target,
    args: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    timeout: float = TIMEOUT,
    prefix: Sequence[str] = (),
) -> Run:
    """Run pipsafe on the target (by `PIPSAFE_PYTHON`), with a report; variables that `env` has win."""
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        path = Path(folder, "report.json")
        full = {"PIPSAFE_PYTHON": str(target.python), "PIPSAFE_REPORT": str(path), **env}
        done = run(pipsafe_command(args), full, stdin=stdin, cwd=cwd, timeout=timeout, prefix=prefix)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    report = json.loads(text) if text else None
    return Run(done.args, done.exit_code, done.stdout, done.stderr, done.seconds, report)
