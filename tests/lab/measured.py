"""The most that processes use of memory, files and threads while a test runs them (Linux)."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType


@dataclass(slots=True)
class Use:
    """The most that was seen at any one time."""

    kibibytes: int = 0
    """Resident."""
    files: int = 0
    threads: int = 0


@dataclass(slots=True)
class Measured:
    """Looks at the processes of one HOME, by a word of their command line, until it is left."""

    home: str
    words: tuple[str, ...]
    """What tells the processes apart: the first that is in a command line names it; "" is the rest."""
    use: dict[str, Use] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Measured:
        self.use = {word: Use() for word in self.words}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        mark = os.fsencode(f"HOME={self.home}\0")
        while not self._stopped.wait(0.05):
            for entry in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError, ValueError):
                    if mark in (entry / "environ").read_bytes():
                        self._look(entry)

    def _look(self, entry: Path) -> None:
        command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
        word = next((word for word in self.words if word in command), None)
        if word is None:
            return
        lines = (entry / "status").read_text(encoding="utf-8").splitlines()
        status = {name: value for name, _, value in (line.partition(":") for line in lines)}
        use = self.use[word]
        use.kibibytes = max(use.kibibytes, int(status.get("VmHWM", "0").split()[0]))
        use.threads = max(use.threads, int(status.get("Threads", "0")))
        use.files = max(use.files, len(list((entry / "fd").iterdir())))
