"""Releases of Debian, made by debootstrap, to run things in by chroot.

Each is made once and kept in the cache of the tests; what a test gets is a copy. The chroot shares this
machine's network, so servers on loopback are in reach, and nothing else of it: neither its CAs nor its
settings.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.outside import OUTSIDE
from tests.lab.run import ROOT, Run, run
from tests.lab.targets import cache, locked, pip_wheel

PACKAGES = ("python3", "python3-pip", "python3-venv", "ca-certificates")
MINUTES = 10 * 60

_ENTER = """
root=$1; shift
mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" || exit 125
exec chroot "$root" "$@"
"""


@dataclass(frozen=True, slots=True)
class Debian:
    """A release of the test's own."""

    suite: str
    root: Path
    """As its root folder is called from outside."""

    def outside(self, path: str) -> Path:
        """A path of the inside, as it is called from outside."""
        return self.root / path.lstrip("/")

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

    def run(self, *command: str, env: Mapping[str, str] | None = None, timeout: float = 120) -> Run:
        """Run a command inside, from root's home."""
        inside = ("sh", "-c", 'cd /root && exec "$@"', "sh", *command)
        prefix = ("unshare", "--mount", "sh", "-c", _ENTER, "sh", str(self.root))
        return run(inside, env or self.environment(), prefix=prefix, cwd=Path("/"), timeout=timeout)

    def venv(self, name: str = "venv", *, pip: str | None = None) -> str:
        """A virtual environment with pipsafe in it; `pip`: a version other than the release's own."""
        python = f"/root/{name}/bin/python"
        self._succeed("python3", "-m", "venv", f"/root/{name}")
        shelf = self.outside("/root/wheels")
        shutil.copytree(wheelhouse(), shelf, dirs_exist_ok=True)
        wanted = ["pipsafe"]
        if pip is not None:
            shutil.copy(pip_wheel(pip), shelf)
            wanted.append(f"pip=={pip}")
        source = ("--no-index", "--find-links", "/root/wheels")
        self._succeed(python, "-m", "pip", "install", *source, *wanted)
        return python

    def _succeed(self, *command: str) -> None:
        done = self.run(*command)
        assert done.exit_code == 0, done.text


@contextmanager
def debian(suite: str) -> Iterator[Debian]:
    """A copy of the release. Skips where there is none to be had."""
    made = release(suite)
    with tempfile.TemporaryDirectory(prefix=f"{suite}-", ignore_cleanup_errors=True) as folder:
        root = Path(folder, "root")
        subprocess.run(["cp", "-a", "--reflink=auto", str(made), str(root)], check=True, timeout=MINUTES)
        yield Debian(suite, root)


@functools.cache
def release(suite: str) -> Path:
    """The root folder of a release of Debian, from the cache or made now."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("it takes root to make a Debian")
    if not shutil.which("debootstrap") or not shutil.which("unshare"):
        pytest.skip("no debootstrap here")
    root = cache() / "debian" / suite
    with locked(root.with_suffix(".lock")):
        if not (root / "made").exists():
            shutil.rmtree(root, ignore_errors=True)
            command = [
                "debootstrap",
                "--variant=minbase",
                f"--include={','.join(PACKAGES)}",
                suite,
                str(root),
            ]
            done = subprocess.run(
                [*command, _mirror()], check=False, capture_output=True, text=True, timeout=MINUTES
            )
            if done.returncode:
                pytest.skip(f"{suite} cannot be made: {done.stdout.strip().splitlines()[-1:]}")
            (root / "made").touch()
    return root


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


def python_version(root: Path, python: Sequence[str] = ("/usr/bin/python3",)) -> tuple[int, int]:
    """Major and minor version of the release's own Python."""
    code = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run(
        ["chroot", str(root), *python, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    major, minor = done.stdout.split()
    return int(major), int(minor)
