"""A run of pipsafe that a test may end, or take things away from, while it goes on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .run import kill_group, pipsafe_command, start
from .targets import Target


@dataclass(frozen=True, slots=True)
class Watched:
    """A command under way, known by its HOME."""

    process: subprocess.Popen[bytes]
    home: str
    path: Path
    """Where its report will be."""

    def processes(self, word: str = "") -> list[int]:
        """The numbers of its processes whose command line has the word, itself among them."""
        mark, found = os.fsencode(f"HOME={self.home}\0"), []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (
                    mark in (entry / "environ").read_bytes()
                    and word.encode() in (entry / "cmdline").read_bytes()
                ):
                    found.append(int(entry.name))
        return found

    def pips(self) -> list[int]:
        return self.processes("launcher.py")

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, what
            time.sleep(0.01)

    def wait_for_pip(self) -> int:
        self.wait_for(self.pips, "a pip")
        return self.pips()[0]

    def wait_for_nobody(self, seconds: float = 20) -> None:
        self.wait_for(lambda: not self.processes(), "no process is left behind", seconds)

    def kill_pip(self, number: signal.Signals) -> None:
        for pid in self.pips():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def report(self) -> dict[str, Any] | None:
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else None


@contextlib.contextmanager
def watched(
    where: Target, arguments: Sequence[str], env: Mapping[str, str], path: Path, *, prefix: Sequence[str] = ()
) -> Iterator[Watched]:
    """pipsafe on the target, with a report at the path; what is left of it is ended."""
    given = {"PIPSAFE_PYTHON": str(where.python), "PIPSAFE_REPORT": str(path), **env}
    process = start([*prefix, *pipsafe_command(arguments)], given)
    running = Watched(process, env["HOME"], path)
    try:
        yield running
    finally:
        kill_group(process)
        process.communicate()
        for pid in running.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
