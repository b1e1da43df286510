"""Programs of others that a test runs in the foreground, each in a process group of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from .outside import OUTSIDE
from .run import kill_group
from .targets import cache, locked

SECONDS = 30
"""For a program to be ready."""

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Program:
    """A running program whose output goes to a file; `end` ends it and all that it started."""

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path,
        *,
        output: str = "output",
        prefix: Sequence[str] = (),
    ) -> None:
        self.output = folder / output
        with self.output.open("ab") as stream:
            self._process = subprocess.Popen(
                [*prefix, *map(str, command)],
                cwd=folder,
                env={"PATH": _PATH, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        """What it has written so far."""
        return text_of(self.output)

    def wait(self, is_ready: Callable[[], bool]) -> None:
        """Wait until it is ready; an `AssertionError` with its words if it ends before, or takes too long."""
        deadline = time.monotonic() + SECONDS
        while not is_ready():
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.end()
                raise AssertionError(f"{self._process.args!r} is not ready: {self.said}")
            time.sleep(0.02)

    def end(self) -> None:
        kill_group(self._process)
        self._process.wait()


def text_of(path: Path) -> str:
    """The text of a log, which may not be there yet."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def is_listening(port: int) -> bool:
    """Whether a connection to that port of this machine is accepted."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of loopback that nobody listens on, for a program that cannot choose one for itself."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def installed(name: str, *places: str) -> str:
    """Where a program is that Debian's packages install. Skips the test where it is not."""
    found = shutil.which(name, path=os.pathsep.join((*places, _PATH)))
    if sys.platform == "win32" or found is None:
        pytest.skip(f"no {name} here")
    return found


def from_pypi(project: str, program: str) -> Path:
    """A program from a cached virtual environment, made at first with this machine's pip settings.

    Skips the test where it cannot be had.
    """
    prefix = cache() / project
    done = prefix / "complete"
    if not done.exists():
        with locked(prefix.with_suffix(".lock")):
            if not done.exists():
                _install(project, prefix)
                done.touch()
    return _scripts(prefix) / program


def _install(project: str, prefix: Path) -> None:
    shutil.rmtree(prefix, ignore_errors=True)
    python = _scripts(prefix) / "python"
    for command in (
        [sys.executable, "-m", "venv", str(prefix)],
        [str(python), "-m", "pip", "install", "--quiet", project],
    ):
        done = subprocess.run(
            command, check=False, env=dict(OUTSIDE), capture_output=True, text=True, timeout=600
        )
        if done.returncode:
            pytest.skip(f"{project} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")


def _scripts(prefix: Path) -> Path:
    return prefix / ("Scripts" if sys.platform == "win32" else "bin")
