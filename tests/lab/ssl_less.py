"""Pythons without ssl: copies of those of this machine, made of links, that lack a part or have a broken one.

They are kept in the cache beside the targets, so that a target can be built on one:
`target("26.3", python=without_ssl(python))`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

import pytest

from .targets import cache, locked, measure, measurement_for, pythons

PARTS = ("_ssl", "_hashlib")
"""The extension modules that CPython does not build where it finds no OpenSSL."""

LOST = b".so.9"
"""What the name of OpenSSL's library is made to end in: a version that no machine has."""


def without_ssl(python: Path | None = None) -> Path:
    """A Python that was built without OpenSSL."""
    return _made(python, "ssl-less")


def with_lost_library(python: Path | None = None) -> Path:
    """A Python whose OpenSSL has gone away since it was built."""
    return _made(python, "lost-library")


def _made(python: Path | None, kind: str) -> Path:
    if os.name == "nt":
        pytest.skip("an installation made of links is for other systems")
    original = (python or _default()).resolve()
    traced_from = measurement_for(original)
    identity = hashlib.sha256(f"{original} {traced_from}".encode()).hexdigest()[:10]
    prefix = cache() / "pythons" / f"{kind}-{original.name}-{identity}"
    executable = prefix / "bin" / original.name
    done = prefix / "complete"
    if not done.exists():
        with locked(prefix.with_name(f"{prefix.name}.lock")):
            if not done.exists():
                shutil.rmtree(prefix, ignore_errors=True)
                _link(original, prefix, kind)
                measure(prefix / "lib" / original.name / "site-packages", traced_from)
                done.touch()
    return executable


def _default() -> Path:
    found = pythons()
    return next(found[version] for version in ("3.11", "3.12", "3.10", *found) if version in found)


def _link(original: Path, prefix: Path, kind: str) -> None:
    """The standard library by links, but for the folder of extension modules, which is a real one."""
    library = original.parents[1] / "lib" / original.name
    modules = library / "lib-dynload"
    if not list(modules.glob("_ssl.*")):
        pytest.skip(f"{original} has its ssl module in another place")
    ours = prefix / "lib" / original.name
    ours.mkdir(parents=True)
    for entry in library.iterdir():
        if entry.name not in ("lib-dynload", "site-packages", "__pycache__"):
            (ours / entry.name).symlink_to(entry)
    (ours / "site-packages").mkdir()
    (ours / "lib-dynload").mkdir()
    for entry in modules.iterdir():
        if entry.name.partition(".")[0] not in PARTS:
            (ours / "lib-dynload" / entry.name).symlink_to(entry)
        elif kind == "lost-library":
            (ours / "lib-dynload" / entry.name).write_bytes(_without_library(entry.read_bytes()))
    (prefix / "bin").mkdir()
    # A link would lead back to the original's own library.
    shutil.copy2(original, prefix / "bin" / original.name)


def _without_library(extension: bytes) -> bytes:
    """The extension module, made to ask for a version of OpenSSL's libraries that nobody has."""
    lost = re.sub(rb"(lib(?:ssl|crypto))\.so\.(\d[\w.]*)", _lose, extension)
    assert lost != extension, "it names no shared library"
    return lost


def _lose(found: re.Match[bytes]) -> bytes:
    name: bytes = found[1] + LOST
    return name.ljust(len(found[0]), b"\0")
