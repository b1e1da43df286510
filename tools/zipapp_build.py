"""Make pipsafe one file: ``python -m tools.zipapp_build dist/pipsafe.pyz``.

Packs pipsafe and its dependencies as they are installed beside this interpreter, with their licences, into a
file that any Python from 3.10 on runs. The same sources give the same bytes on every machine: entries are
sorted, have one date, and are not compressed, since what a compressor writes depends on its version.
"""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

import pipsafe

DEPENDENCIES = ("certifi", "packaging", "truststore")

INTERPRETER_LINE = b"#!/usr/bin/env python3\n"

# Python runs this file, not pipsafe/__main__.py, and an older one has to understand it.
MAIN = b"""\
import sys

if sys.version_info < (3, 10):
    sys.exit(
        "pipsafe: it takes Python 3.10 or newer. A newer one can drive the pip of this one: "
        "python3 " + sys.argv[0] + " --pipsafe-python " + sys.executable
    )

from pipsafe.cli import main

if __name__ == "__main__":
    sys.exit(main(style="module"))
"""

OLDEST_DATE = (1980, 1, 1, 0, 0, 0)
"""The first that a zip can tell."""

# What of a distribution's metadata says what it is, and under which terms it may be passed on.
_KEPT_METADATA = ("METADATA", "licenses/", "LICENSE", "NOTICE", "AUTHORS")
_LEFT_OUT = ("__pycache__", "tests")


class CannotBuild(Exception):
    """Something is not installed as it was released. The message names it."""


def contents() -> dict[str, bytes]:
    """Path in the archive to bytes. Raises CannotBuild."""
    found = {"__main__.py": MAIN, **_pipsafe()}
    for name in DEPENDENCIES:
        found |= _recorded(distribution(name))
    return found


def archive(files: Mapping[str, bytes]) -> bytes:
    """The one file, interpreter line and all."""
    packed = io.BytesIO()
    packed.write(INTERPRETER_LINE)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as writer:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, OLDEST_DATE)
            entry.create_system = 3  # as on Unix, wherever this runs
            entry.external_attr = 0o100644 << 16
            writer.writestr(entry, files[path])
    return packed.getvalue()


def _pipsafe() -> dict[str, bytes]:
    """The package from where it is imported: an editable install records no file of it."""
    package = Path(pipsafe.__file__).parent
    found = {
        f"pipsafe/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in package.rglob("*")
        if path.is_file() and not set(_LEFT_OUT).intersection(path.relative_to(package).parts)
    }
    installed = distribution("pipsafe")
    return found | {
        path.as_posix(): _bytes(path) for path in _files(installed) if _is_kept_metadata(path.as_posix())
    }


def _recorded(installed: Distribution) -> dict[str, bytes]:
    """The files of a release, each with the digest that its installer wrote down. Raises CannotBuild."""
    found = {}
    for path in _files(installed):
        name = path.as_posix()
        if ".dist-info/" in name and not _is_kept_metadata(name):
            continue
        found[name] = _bytes(path)
        digest = base64.urlsafe_b64encode(hashlib.sha256(found[name]).digest()).rstrip(b"=").decode()
        if path.hash is None or path.hash.value != digest:
            raise CannotBuild(f"{path.locate()} is not what {installed.name} was released with")
    # pipsafe asks it whether the list of public roots is the released one.
    record = f"{installed.name}-{installed.version}.dist-info/RECORD"
    lines = [_record_line(name, data) for name, data in sorted(found.items())]
    return {**found, record: "".join(lines).encode()}


def _record_line(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def _files(installed: Distribution) -> Iterator[PackagePath]:
    if installed.files is None:
        raise CannotBuild(f"nobody wrote down the files of {installed.name}")
    for path in installed.files:
        if not {*_LEFT_OUT, ".."}.intersection(path.parts):
            yield path


def _is_kept_metadata(name: str) -> bool:
    _, separator, rest = name.partition(".dist-info/")
    return bool(separator) and rest.startswith(_KEPT_METADATA)


def _bytes(path: PackagePath) -> bytes:
    """Raises CannotBuild if it is gone."""
    try:
        return Path(str(path.locate())).read_bytes()
    except OSError as error:
        raise CannotBuild(f"{path.locate()} cannot be read: {error.strerror or error}") from error


def main(place: str) -> int:
    try:
        data = archive(contents())
    except CannotBuild as error:
        print(error, file=sys.stderr)
        return 1
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o755)
    print(f"{path}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
