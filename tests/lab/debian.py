"""Releases of Debian, made by debootstrap, to run things in by chroot.

Each is made once and kept in the cache of the tests; what a test gets is a copy. The chroot shares this
machine's network, so servers on loopback are in reach, and nothing else of it: neither its CAs nor its
settings.

Where a release's Python is too old for pipsafe, pipsafe is run by the Python of a newer release, whose
files are seen in it below `/opt/other`.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.outside import OUTSIDE
from tests.lab.run import ROOT, Run, run
from tests.lab.targets import cache, locked, pip_wheel

NUMBERS = {"bullseye": "11", "bookworm": "12", "trixie": "13", "testing": "testing"}
"""What people call the releases."""

PACKAGES = ("python3", "python3-pip", "python3-venv", "ca-certificates")
MORE_PACKAGES = {"bookworm": ("pypy3",)}
MINUTES = 10 * 60

OTHER = "bookworm"
"""The release that lends its Python."""

_ENTER = """
root=$1; scene=$2; shift 2
eval "$scene" && mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" || exit 125
exec chroot "$root" "$@"
"""

READ_ONLY = 'mount --bind "$root" "$root" && mount -o remount,bind,ro "$root"'
"""A scene: nothing can be written but what a further one mounts."""


def scene(*steps: str) -> str:
    """What is done, by a shell that knows `$root`, before a command is run: mounts that go with it."""
    return " && ".join(steps) or ":"


def room(path: str, size: str = "50%") -> str:
    """A step of a scene: an empty folder of that size in the place of one that is there."""
    return f'mount -t tmpfs -o size={size},mode=1777 none "$root{path}"'


OLDEST_PYTHON = (3, 10)
"""That pipsafe itself runs on."""

_PROGRAM = """#!/bin/sh
exec {interpreter} -I /opt/pipsafe/start.py "$@"
"""

_START = """
import sys
sys.path[:1] = ["/opt/pipsafe"]
sys.argv[0] = "pipsafe"
from pipsafe.cli import main
sys.exit(main())
"""


@dataclass(frozen=True, slots=True)
class Debian:
    """A release of the test's own."""

    suite: str
    root: Path
    """As its root folder is called from outside."""
    layers: tuple[Path, ...] = ()
    """Folders that are seen in its place, the first, which takes what is written, over the others."""

    def outside(self, path: str) -> Path:
        """A path of the inside, as it is called from outside. Of layers, in the first."""
        return (self.layers[0] if self.layers else self.root) / path.lstrip("/")

    def environment(self, **more: str) -> dict[str, str]:
        """A small environment, with no setting of pip, of a CA or of a proxy."""
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            **more,
        }

    def run(
        self,
        *command: str,
        env: Mapping[str, str] | None = None,
        scene: str = ":",
        folder: str = "/root",
        timeout: float = 120,
    ) -> Run:
        """Run a command inside, from root's home unless told otherwise."""
        inside = ("sh", "-c", 'cd "$0" && exec "$@"', folder, *command)
        seen = f"{self._stacked} && {scene} && {self._lent}"
        prefix = ("unshare", "--mount", "sh", "-c", _ENTER, "sh", str(self.root), seen)
        return run(inside, env or self.environment(), prefix=prefix, cwd=Path("/"), timeout=timeout)

    @property
    def _stacked(self) -> str:
        """The step that lays the layers over one another."""
        if not self.layers:
            return ":"
        top, *below = self.layers
        where = f"lowerdir={':'.join(map(str, below))},upperdir={top},workdir={top.with_name('work')}"
        return f'mount -t overlay -o {where} none "$root"'

    @property
    def _lent(self) -> str:
        """The step that shows what another release lends."""
        other = self.outside("/opt/other")
        return f'mount --bind "{release(OTHER)}" "{other}"' if other.is_dir() else ":"

    def pipsafe(self) -> str:
        """A pipsafe of no environment: it drives what it is told to, or what it finds.

        With a Python of the release's own where that is new enough.
        """
        program = self.outside("/opt/bin/pipsafe")
        if not program.exists():
            self._install_pipsafe(program)
        return "/opt/bin/pipsafe"

    def _install_pipsafe(self, program: Path) -> None:
        program.parent.mkdir(parents=True)
        site = self.outside("/opt/pipsafe")
        site.mkdir()
        for wheel in wheelhouse().glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(site)
        (site / "start.py").write_text(_START, encoding="utf-8")
        interpreter = "/usr/bin/python3"
        if python_version(self.root) < OLDEST_PYTHON:
            self.outside("/opt/other").mkdir()
            interpreter = _another_python(release(OTHER))
        program.write_text(_PROGRAM.format(interpreter=interpreter), encoding="utf-8")
        program.chmod(0o755)

    def column(self, python: str = "/usr/bin/python3") -> str:
        """What is tested on, as the table of what was tested says it."""
        code = "import pip, sys; print(*sys.version_info[:2], pip.__version__, sys.implementation.name)"
        major, minor, pip, made = self.run(python, "-c", code).stdout.decode().split()
        name = {"cpython": "Python", "pypy": "PyPy"}[made]
        return f"Debian {NUMBERS[self.suite]}, {name} {major}.{minor}, pip {pip}"

    def version_of(self, project: str, site: str) -> str | None:
        """The version of a project that is installed in that folder."""
        found = next(self.outside(site).glob(f"{project}-*.dist-info"), None)
        return found.name.removesuffix(".dist-info").partition("-")[2] if found else None

    def venv(
        self,
        name: str = "venv",
        *,
        pip: str | None = None,
        python: str = "python3",
        pipsafe: bool = True,
    ) -> str:
        """A virtual environment, its pip the release's own or the version asked for. With pipsafe in it."""
        made_by, python = python, f"/root/{name}/bin/python"
        self._succeed(made_by, "-m", "venv", f"/root/{name}")
        if not pipsafe and pip is None:
            return python
        shelf = self.outside("/root/wheels")
        shutil.copytree(wheelhouse(), shelf, dirs_exist_ok=True)
        wanted = ["pipsafe"] * pipsafe
        if pip is not None:
            shutil.copy(pip_wheel(pip), shelf)
            wanted.append(f"pip=={pip}")
        # The release's own may be of that version, and another all the same.
        source = ("--no-index", "--find-links", "/root/wheels", *(("--force-reinstall",) if pip else ()))
        self._succeed(python, "-m", "pip", "install", *source, *wanted)
        return python

    def _succeed(self, *command: str) -> None:
        done = self.run(*command)
        assert done.exit_code == 0, done.text


@functools.cache
def shared(suite: str) -> Debian:
    """This process's copy of the release, for tests that leave it as it was. Skips as `debian` does."""
    return _copies.enter_context(debian(suite))


_copies = contextlib.ExitStack()


def remove_copies() -> None:
    """At the end of the tests: a worker of theirs ends without a word to `atexit`."""
    _copies.close()


@contextmanager
def debian(suite: str) -> Iterator[Debian]:
    """A copy of the release. Skips where there is none to be had."""
    made = release(suite)
    with tempfile.TemporaryDirectory(prefix=f"{suite}-", ignore_cleanup_errors=True) as folder:
        root = Path(folder, "root")
        subprocess.run(["cp", "-a", "--reflink=auto", str(made), str(root)], check=True, timeout=MINUTES)
        _name_localhost(root)
        yield Debian(suite, root)


@contextmanager
def layer(suite: str, *below: Path) -> Iterator[Debian]:
    """The release itself, with these layers on it and a new one on top, which takes all that changes.

    Skips where there is none to be had, or no overlay file system.
    """
    made = release(suite)
    with tempfile.TemporaryDirectory(prefix=f"{suite}-", ignore_cleanup_errors=True) as folder:
        root, top = Path(folder, "root"), Path(folder, "top")
        for place in (root, top, top.with_name("work")):
            place.mkdir()
        (top / "etc").mkdir()
        _name_localhost(top)
        found = Debian(suite, root, (top, *below, made))
        if found.run("true", folder="/").exit_code:
            pytest.skip("folders cannot be laid over one another here")
        yield found


def _name_localhost(root: Path) -> None:
    """An older C library knows no localhost by itself."""
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n", encoding="utf-8")


def release(suite: str) -> Path:
    """The root folder of a release of Debian, from the cache or made now."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("it takes root to make a Debian")
    if not shutil.which("debootstrap") or not shutil.which("unshare"):
        pytest.skip("no debootstrap here")
    root = cache() / "debian" / suite
    problem = _make(suite, root)
    if problem is not None:
        pytest.skip(problem)
    return root


@functools.cache
def _make(suite: str, root: Path) -> str | None:
    """Make the release unless it is there; why that cannot be done. Tried once."""
    packages = ",".join((*PACKAGES, *MORE_PACKAGES.get(suite, ())))
    made = root / "made"
    with locked(root.with_suffix(".lock")):
        if made.exists() and made.read_text(encoding="utf-8") == packages:
            return None
        shutil.rmtree(root, ignore_errors=True)
        command = ["debootstrap", "--variant=minbase", f"--include={packages}", suite, str(root), _mirror()]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=MINUTES)
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()[-1:]
            return f"{_mirror()} does not serve Debian {NUMBERS[suite]}, or not whole: {said}"
        made.write_text(packages, encoding="utf-8")
    return None


def _mirror() -> str:
    """Where this machine's own packages come from."""
    for path in (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("debian*"))):
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        found = re.search(r"^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+)", text, re.MULTILINE)
        if found:
            return found[1]
    pytest.skip("this machine names no mirror of Debian")


@functools.cache
def wheelhouse() -> Path:
    """pipsafe's wheel and those of its dependencies."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
    for path in sorted((ROOT / "pipsafe").rglob("*.*")):
        if path.suffix in (".py", ".md"):
            digest.update(path.read_bytes())
    folder = cache() / "wheelhouse" / digest.hexdigest()[:16]
    with locked(folder.with_suffix(".lock")):
        if folder.is_dir():
            return folder
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(folder), str(ROOT)]
        done = subprocess.run(
            command, check=False, env=dict(OUTSIDE), capture_output=True, text=True, timeout=MINUTES
        )
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"no wheel can be built: {done.stderr.strip().splitlines()[-1:]}")
    return folder


def _another_python(root: Path) -> str:
    """The command of another release's Python, as it is seen below `/opt/other`.

    It is started by the C library of its own release: nothing that it starts is touched by that.
    """
    inside = Path("/opt/other")
    loader, python = (
        next(root.glob("usr/lib/*-linux-gnu*/ld-linux*.so.?")),
        next(root.glob("usr/bin/python3.??")),
    )
    libraries = [inside / folder.parent.relative_to(root) for folder in root.glob("usr/lib/*/libc.so.6")]
    program = inside / python.relative_to(root)
    words = ["--argv0", program, "--library-path", ":".join(map(str, libraries)), program]
    return " ".join(map(str, [inside / loader.relative_to(root), *words]))


def python_version(root: Path, python: Sequence[str] = ("/usr/bin/python3",)) -> tuple[int, int]:
    """Major and minor version of the release's own Python."""
    code = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run(
        ["chroot", str(root), *python, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    major, minor = done.stdout.split()
    return int(major), int(minor)
