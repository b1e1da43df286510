"""Where the measurements take place: pips, an index under an internal CA, a clean environment."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab import packages, targets
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.outside import OUTSIDE
from tests.lab.run import ROOT, clean_environment
from tests.lab.targets import Target

LATEST_PIP = targets.PIPS[-1]

MANY_LINKS = "speck"
"""The project whose page has 500 links."""

SMALL = "mote"
"""A project with one small wheel."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What every measurement needs."""

    folder: Path
    """Empty, private, the working folder of all runs; no project is in it."""
    home: Target
    """The environment that pipsafe is installed in, as a wheel, with the latest pip."""
    server: IndexServer
    ca_file: Path
    """The internal CA, PEM, that vouches for the server."""

    def environ(self, **extra: str) -> dict[str, str]:
        """A clean environment and these variables."""
        return clean_environment(self.folder / "home", PIP_NO_CACHE_DIR="1", **extra)

    def pip(self, *arguments: str, target: Target | None = None) -> tuple[str, ...]:
        """The command of a pip: that of `home` unless a target is given."""
        return (str((target or self.home).python), "-m", "pip", *arguments)

    def pipsafe(self, *arguments: str) -> tuple[str, ...]:
        """pipsafe as a user of `python -m pip` would run it."""
        return (str(self.home.python), "-m", "pipsafe", *arguments)


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Build the wheel, install it with the latest pip, and serve an index, until the end of the context."""
    authority = Authority()
    offered = (*packages.many_versions(MANY_LINKS), packages.wheel(SMALL))
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as name,
        IndexServer(offered, authority.leaf()) as server,
    ):
        folder = Path(name)
        home = targets.target(LATEST_PIP).fresh(folder)
        _install_pipsafe(home)
        (folder / "work").mkdir()
        yield Stage(folder / "work", home, server, authority.write(folder / "internal-ca.pem"))


def _install_pipsafe(home: Target) -> None:
    """As a user would, from the index that this machine is set up for."""
    command = (str(home.python), "-m", "pip", "install", "--quiet", str(ROOT))
    subprocess.run(command, env=dict(OUTSIDE), cwd=home.prefix, check=True)
