"""Virtual environments with pips of many versions, for pip and pipsafe to be run in.

Each is built once for a machine and kept in a cache, under a lock, so that test processes can share it.
Nothing may be installed into the cached one: `Target.fresh` makes a copy for that.
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .outside import OUTSIDE

PIPS = ("19.3.1", "20.3.4", "22.0.4", "22.3.1", "23.2.1", "23.3.2", "24.0", "24.2", "25.3", "26.3")
"""The pips of the matrices: the oldest supported, what ships, and the turns in how pip trusts."""

_PYTHONS = {
    "19.3.1": ("3.7", "3.8", "3.9"),
    "20.3.4": ("3.9", "3.8", "3.7"),
    "22.0.4": ("3.10", "3.9", "3.8", "3.11"),
    "22.3.1": ("3.11", "3.10", "3.9"),
    "23.2.1": ("3.12", "3.11", "3.10", "3.8"),
    "23.3.2": ("3.12", "3.11", "3.10"),
    "24.0": ("3.11", "3.12", "3.10", "3.9", "3.8"),
    "24.2": ("3.13", "3.12", "3.11", "3.10"),
    "25.3": ("3.13", "3.14", "3.12", "3.11", "3.10"),
}
"""Python versions for each pip, the best first: those that shipped with it, then others that can run it."""

_LAYOUT = "2"

_START_TRACING = "import sys; sys.path.append({folder!r}); import tracing; sys.path.remove({folder!r})\n"
"""Has what runs in a target measured as well: the launcher and the prober."""


@dataclass(frozen=True, slots=True)
class Target:
    """An environment with one pip in it."""

    pip_version: str
    prefix: Path

    @property
    def python(self) -> Path:
        return self.bin / ("python.exe" if os.name == "nt" else "python")

    @property
    def bin(self) -> Path:
        return self.prefix / ("Scripts" if os.name == "nt" else "bin")

    @property
    def pip(self) -> Path:
        """The console script."""
        return self.bin / ("pip.exe" if os.name == "nt" else "pip")

    @property
    def site_packages(self) -> Path:
        if os.name == "nt":
            return self.prefix / "Lib" / "site-packages"
        return next((self.prefix / "lib").glob("python3*")) / "site-packages"

    @property
    def certifi_bundle(self) -> Path:
        """pip's own list of roots."""
        return self.site_packages / "pip" / "_vendor" / "certifi" / "cacert.pem"

    @property
    def python_version(self) -> tuple[int, int]:
        """Major and minor version of the interpreter."""
        settings = (self.prefix / "pyvenv.cfg").read_text(encoding="utf-8")
        found = re.search(r"^version\s*=\s*(\d+)\.(\d+)", settings, re.MULTILINE)
        assert found is not None, settings
        return int(found[1]), int(found[2])

    def version_of(self, project: str) -> str | None:
        """The installed version of a project, or None."""
        stem = re.sub(r"[-_.]+", "_", project).lower()
        for entry in self.site_packages.glob("*.dist-info"):
            name, _, version = entry.name.removesuffix(".dist-info").rpartition("-")
            if re.sub(r"[-_.]+", "_", name).lower() == stem:
                return version
        return None

    def installed(self, project: str) -> bool:
        return self.version_of(project) is not None

    def remove(self, *projects: str) -> None:
        """Take away the one-module wheels that `packages.wheel` makes."""
        for project in projects:
            stem = project.replace("-", "_")
            for entry in self.site_packages.glob(f"{stem}-*.dist-info"):
                shutil.rmtree(entry)
            for entry in self.site_packages.glob(f"{stem}.*"):
                entry.unlink()

    def fresh(self, folder: Path) -> Target:
        """A private copy in a new folder below `folder`. Its modules are shared: never write into them."""
        folder.mkdir(parents=True, exist_ok=True)
        prefix = Path(tempfile.mkdtemp(prefix=f"pip-{self.pip_version}-", dir=folder))
        prefix.chmod(0o755)
        shutil.copytree(
            self.prefix, prefix, symlinks=True, dirs_exist_ok=True, copy_function=_shared_if_a_module
        )
        copy = Target(self.pip_version, prefix)
        for script in copy.bin.iterdir():
            # Scripts name their interpreter by its path; binaries and links have no such line.
            if not script.is_symlink() and (text := script.read_bytes()).startswith(b"#!"):
                script.write_bytes(text.replace(os.fsencode(self.prefix), os.fsencode(prefix)))
        return copy


def _shared_if_a_module(source: str, copy: str) -> None:
    """Hundreds of copies are gigabytes, and a slow disk holds up whoever writes that much."""
    if source.endswith((".py", ".pyc", ".exe")):
        with contextlib.suppress(OSError):
            os.link(source, copy)
            return
    shutil.copy2(source, copy)


def target(pip_version: str, python: Path | None = None) -> Target:
    """The cached environment with this pip, on the best Python found here or on the one given.

    Skips the test, with the reason, where that pip or a Python for it cannot be had.
    """
    interpreter = python if python is not None else python_for(pip_version)
    if interpreter is None:
        pytest.skip(f"no Python here runs pip {pip_version} (one of {', '.join(_PYTHONS[pip_version])})")
    traced_from = measurement_for(interpreter)
    identity = hashlib.sha256(f"{_LAYOUT} {interpreter} {traced_from}".encode()).hexdigest()[:10]
    prefix = cache() / "targets" / f"pip-{pip_version}-{identity}"
    done = prefix / "complete"
    if not done.exists():
        with locked(prefix.with_suffix(".lock")):
            if not done.exists():
                _build(interpreter, pip_version, prefix)
                measure(Target(pip_version, prefix).site_packages, traced_from)
                done.touch()
    return Target(pip_version, prefix)


def measure(site_packages: Path, traced_from: str) -> None:
    """Have all measured that runs where these packages are, if a measurement is on."""
    if traced_from:
        (site_packages / "tracing.pth").write_text(_START_TRACING.format(folder=traced_from))


def measurement_for(interpreter: Path) -> str:
    """The folder that coverage is imported from, if a measurement is on and it fits this Python; else ""."""
    version = "{}.{}".format(*sys.version_info)
    return OUTSIDE.get("PIPSAFE_TEST_TRACING", "") if interpreter == pythons().get(version) else ""


def python_for(pip_version: str) -> Path | None:
    """A Python on this machine that runs this pip, by the table; a pip not in it gets the running Python."""
    found = pythons()
    for version in _PYTHONS.get(pip_version, ()):
        if version in found:
            return found[version]
    return None if pip_version in _PYTHONS else found["{}.{}".format(*sys.version_info)]


@functools.cache
def pythons() -> dict[str, Path]:
    """The interpreters of this machine by `major.minor`: this one, those of pyenv, and those on PATH."""
    running = "{}.{}".format(*sys.version_info)
    # The one below a virtual environment, so that the cache outlives that environment.
    found = {running: Path(getattr(sys, "_base_executable", sys.executable))}
    versions = Path(OUTSIDE.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders = [*sorted(versions.glob("*/bin"), reverse=True), Path("/usr/local/bin"), Path("/usr/bin")]
    for folder in [*folders, *map(Path, OUTSIDE.get("PATH", "").split(os.pathsep))]:
        if folder.name == "shims":
            continue  # pyenv's shims run no Python when no version is chosen
        for path in folder.glob("python3.*"):
            version = path.name.removeprefix("python")
            if re.fullmatch(r"3\.\d+", version) and version not in found and os.access(path, os.X_OK):
                found[version] = path
    return found


def cache() -> Path:
    """The folder that outlives the test run; `PIPSAFE_TEST_CACHE` moves it."""
    chosen = OUTSIDE.get("PIPSAFE_TEST_CACHE")
    base = Path(OUTSIDE.get("XDG_CACHE_HOME") or _home() / ".cache")
    folder = Path(chosen) if chosen else base / "pipsafe-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _home() -> Path:
    return Path(OUTSIDE.get("HOME") or OUTSIDE.get("USERPROFILE") or Path.home())


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` against other processes; it goes with the process that holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as stream:
        if sys.platform == "win32":
            import msvcrt

            while True:
                with contextlib.suppress(OSError):
                    msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def pip_wheel(pip_version: str) -> Path:
    """The wheel of this pip, from the cache or else from the index this machine is set up for."""
    folder = cache() / "pips"
    pattern = f"pip-{pip_version}-*.whl"
    if found := list(folder.glob(pattern)):
        return found[0]
    with locked(folder / f"pip-{pip_version}.lock"), tempfile.TemporaryDirectory(dir=folder) as scratch:
        if not list(folder.glob(pattern)):
            switches = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--dest", scratch]
            command = [sys.executable, "-m", "pip", "download", *switches, f"pip=={pip_version}"]
            run = _outcome(command, dict(OUTSIDE))
            if run.returncode:
                pytest.skip(f"pip {pip_version} cannot be downloaded: {run.stderr.strip().splitlines()[-1:]}")
            for wheel in Path(scratch).glob(pattern):
                wheel.replace(folder / wheel.name)
    return next(folder.glob(pattern))


def _build(interpreter: Path, pip_version: str, prefix: Path) -> None:
    wheel = pip_wheel(pip_version)
    shutil.rmtree(prefix, ignore_errors=True)
    keep = {name: OUTSIDE[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMP") if name in OUTSIDE}
    keep |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def run(*command: str | Path) -> None:
        done = _outcome(list(map(str, command)), keep)
        if done.returncode:
            pytest.skip(f"pip {pip_version} cannot be set up with {interpreter}: {done.stdout}{done.stderr}")

    run(interpreter, "-m", "venv", "--without-pip", prefix)
    python = Target(pip_version, prefix).python
    # A pip wheel can run itself from its zip: that is how ensurepip installs pip.
    run(python, wheel / "pip", "install", "--no-index", "--no-cache-dir", "--no-deps", wheel)
    run(python, "-m", "pip", "list")


def _outcome(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=300)
