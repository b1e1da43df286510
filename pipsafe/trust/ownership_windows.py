"""Who can write a path on Windows, as far as the name of a folder tells.

The standard library cannot read access control lists, so this claims little: folders that every user can
write are known by name, and so are those that only administrators write. Not tried on a real Windows.
"""

from __future__ import annotations

import ntpath
import os
from typing import TYPE_CHECKING

from pipsafe.language.text import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Known = dict[str, os.stat_result]

_SHARED = (r"%PUBLIC%", r"%SystemRoot%\Temp", r"%SystemDrive%\Temp", r"%SystemDrive%\tmp")
_ADMINISTRATORS = (r"%SystemRoot%", r"%ProgramFiles%", r"%ProgramFiles(x86)%", r"%ProgramData%")


def others_can_write(
    path: str,
    *,
    foreign_owner_allowed: bool,  # noqa: ARG001 - as on POSIX
    known: Known | None = None,  # noqa: ARG001 - as on POSIX
) -> str | None:
    """A sentence if `path` or what it leads to lies in a folder that every user can write; else None."""
    for place in places_on_the_way(path):
        folder = shared_folder(place, os.environ)
        if folder:
            return text("{path} can be written by everyone", path=folder)
    return None


def belongs_to_root(path: str) -> bool:
    """Whether what `path` leads to lies where, as installed, only administrators write."""
    place = os.path.realpath(path)
    return administrators_folder(place, os.environ) is not None and shared_folder(place, os.environ) is None


def places_on_the_way(path: str, known: Known | None = None) -> Iterator[str]:  # noqa: ARG001 - as on POSIX
    """The path itself and what its links lead to."""
    yield os.path.abspath(path)
    yield os.path.realpath(path)


def shared_folder(path: str, environ: Mapping[str, str]) -> str | None:
    """The folder, known to be writable by every user, that the Windows path `path` lies in."""
    return _enclosing(path, _SHARED, environ)


def administrators_folder(path: str, environ: Mapping[str, str]) -> str | None:
    """The folder, known to be the administrators', that the Windows path `path` lies in."""
    return _enclosing(path, _ADMINISTRATORS, environ)


def _enclosing(path: str, patterns: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    variables = {name.casefold(): value for name, value in environ.items()}
    place = ntpath.normcase(ntpath.normpath(path)) + "\\"
    for pattern in patterns:
        _, variable, rest = pattern.split("%")
        value = variables.get(variable.casefold())
        folder = ntpath.normpath(value + rest) if value else ""
        if folder and place.startswith(ntpath.normcase(folder) + "\\"):
            return folder
    return None
