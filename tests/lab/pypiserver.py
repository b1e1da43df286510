"""pypiserver: a private index as people run it, over plain HTTP behind a server that speaks TLS."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from .packages import Package
from .program import Program, free_port, from_pypi, is_listening


class PypiServer:
    """`pypi-server` over a folder of files, running between `__enter__` and `__exit__`.

    Skips the test where it cannot be had.
    """

    def __init__(self, packages: Iterable[Package]) -> None:
        self._packages = tuple(packages)

    def __enter__(self) -> PypiServer:
        program = from_pypi("pypiserver", "pypi-server")
        self.folder = Path(tempfile.mkdtemp(prefix="pypiserver-"))
        files = self.folder / "packages"
        files.mkdir()
        for package in self._packages:
            (files / package.filename).write_bytes(package.data)
        self.port = free_port()
        listening = ("--interface", "127.0.0.1", "--port", str(self.port))
        # What it does not have it would otherwise send people to PyPI for.
        self._program = Program([program, "run", *listening, "--disable-fallback", files], self.folder)
        try:
            self._program.wait(lambda: is_listening(self.port))
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
