"""The same command by pip and by pipsafe, and small stand-ins for pip."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.lab.outside import OUTSIDE
from tests.lab.packages import Package
from tests.lab.run import ROOT, Run, run
from tests.lab.targets import Target

_SCRIPT = (
    f"import sys; sys.path[0] = {str(ROOT)!r}; sys.argv[0] = 'pipsafe'; "
    "from pipsafe.cli import main; sys.exit(main())"
)

_PASSING = re.compile(
    rb"\btmp[a-z0-9_]{8}\b|pip-[a-z0-9]+(-[a-z]+)*-[a-z0-9_]{8}"
    rb"|_[0-9a-f]{32}\b|\bin [0-9.]+ ?m?s\b|\bsha256=[0-9a-f]{64}"
)
"""Names of temporary folders, durations and digests: all that differs between two runs of pip itself."""


def package_folder() -> Path:
    """The folder of the pipsafe that is under test."""
    spec = importlib.util.find_spec("pipsafe")
    origin = spec.origin if spec is not None else None
    return Path(origin).parent if origin else ROOT / "pipsafe"


def as_script(args: Iterable[str] = ()) -> tuple[str, ...]:
    """pipsafe as its console script runs it."""
    if script := OUTSIDE.get("PIPSAFE_TEST_SCRIPT"):
        return (script, *args)
    if package_folder() != ROOT / "pipsafe":
        return (str(Path(sys.executable).with_name("pipsafe")), *args)
    return (sys.executable, "-c", _SCRIPT, *args)


def install_into(target: Target) -> None:
    """Put pipsafe beside the target's pip, without a trace in its list of installed projects."""
    shutil.copytree(
        package_folder(), target.site_packages / "pipsafe", ignore=shutil.ignore_patterns("__pycache__")
    )


def zip_of_pipsafe(path: Path) -> Path:
    """A zip with nothing but pipsafe in it, which a Python can run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as packed:
        for source in package_folder().rglob("*.py"):
            packed.write(source, Path("pipsafe", source.relative_to(package_folder())))
        packed.writestr("__main__.py", "import sys\nfrom pipsafe.cli import main\nsys.exit(main())\n")
    return path


def place(target: Target, *packages: Package) -> None:
    """Install wheels, in a moment."""
    for package in packages:
        with zipfile.ZipFile(io.BytesIO(package.data)) as archive:
            archive.extractall(target.site_packages)


def what_lasts(output: bytes) -> bytes:
    """The output without what differs between two runs of the same command."""
    return _PASSING.sub(b"<passing>", output)


def differences(expected: Run, got: Run) -> list[str]:
    """Where two runs differ; empty when nobody could tell them apart."""
    pairs = {
        "exit code": (expected.exit_code, got.exit_code),
        "stdout": (what_lasts(expected.stdout), what_lasts(got.stdout)),
        "stderr": (what_lasts(expected.stderr), what_lasts(got.stderr)),
    }
    return [f"{name}: {was!r} became {now!r}" for name, (was, now) in pairs.items() if was != now]


class FakePip:
    """A package named pip whose `__main__` is the source given; what runs it need not know."""

    def __init__(self, folder: Path, source: str, *, version: str = "24.0") -> None:
        self.folder = folder
        package = folder / "pip"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f"__version__ = {version!r}\n", encoding="utf-8")
        (package / "__main__.py").write_text(source, encoding="utf-8")

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """`env` in which it is the first pip of this interpreter."""
        return {**env, "PYTHONPATH": str(self.folder), "PIPSAFE_PYTHON": sys.executable}

    def direct(self, *args: str) -> tuple[str, ...]:
        """How it is run without pipsafe."""
        return (sys.executable, "-m", "pip", *args)


def marking_python(folder: Path, marker: Path) -> Path:
    """A program called python that does no more than to leave a mark that it was started."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "python"
    path.write_text(f'#!/bin/sh\necho started >> "{marker}"\nexit 0\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def script(path: Path, text: str) -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    return state_of(pid) not in ("", "Z", "X")


def state_of(pid: int) -> str:
    """The letter that Linux gives a process: R, S, T (stopped), Z, ..., or "" when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return stat.rpartition(b")")[2].split()[0].decode()


def run_both(
    expected: Iterable[str], got: Iterable[str], env: Mapping[str, str], *, stdin: bytes | None = None
) -> list[str]:
    """The differences between two commands in the same environment."""
    return differences(run([*expected], env, stdin=stdin), run([*got], env, stdin=stdin))


def bash() -> str | None:
    """The shell that job control and process substitution are tried in."""
    return shutil.which("bash", path=os.defpath)
