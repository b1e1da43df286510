"""The processes of one run, seen from outside: what anybody on the machine can read in a process list."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

_PROC = Path("/proc")


class Process(NamedTuple):
    """A process as it was seen at one moment; one that runs another program is seen twice."""

    pid: int
    command: tuple[str, ...]


class ProcessWatch:
    """Looks at the process list all the time; a run is known by its `home`, which its environment names.

    `seen` has every command line, in the order of their appearance; it is empty where there is no /proc.
    """

    def __init__(self, home: Path) -> None:
        self.seen: dict[Process, None] = {}
        self._mark = b"HOME=" + os.fsencode(home) + b"\0"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ProcessWatch:
        self._first = int(_newest_pid())
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    @property
    def commands(self) -> list[tuple[str, ...]]:
        return [process.command for process in self.seen]

    def _watch(self) -> None:
        while not self._stopped.wait(0.01):
            for entry in _PROC.glob("[0-9]*"):
                if int(entry.name) >= self._first:
                    # A process may be gone before its files are read.
                    with contextlib.suppress(OSError):
                        self._look(entry)

    def _look(self, entry: Path) -> None:
        if self._mark in (entry / "environ").read_bytes():
            words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")[:-1]
            self.seen[Process(int(entry.name), tuple(words))] = None


def _newest_pid() -> str:
    try:
        return (_PROC / "loadavg").read_text(encoding="ascii").split()[-1]
    except OSError:
        return "0"
