"""Fixed places on a machine: below another root if asked, listed in order, never without end.

Nothing here raises. `root` stands for "/", so that a test can build a whole machine in a folder.
"""

from __future__ import annotations

import fnmatch
import itertools
import os
import re
from typing import TYPE_CHECKING

from pipsafe.language.text import text
from pipsafe.trust import regular_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipsafe.trust.ca_file import Refusal

LARGEST = 16 * 1024 * 1024
"""Bytes read of one file."""

_MOST_ENTRIES = 5_000
"""Entries looked at in one folder."""

_DEEPEST = 6
"""Folders below a folder; administrators nest once or twice."""

_MOST_FOUND = 50
"""Files that one pattern stands for."""

_VARIABLE = re.compile(r"%([^%]+)%")


def below(root: str, path: str) -> str:
    """The absolute path as seen from `root`."""
    return root.rstrip("/") + path


def names(folder: str) -> list[str]:
    """The names in a folder, sorted; none if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in itertools.islice(entries, _MOST_ENTRIES))
    except (OSError, ValueError):
        return []


def files(folder: str) -> list[str]:
    """The paths of the files in a folder, links followed, sorted."""
    return [path for name in names(folder) if os.path.isfile(path := os.path.join(folder, name))]


def files_below(folder: str, *, most: int) -> list[str]:
    """The paths of the files in a folder and the folders in it, links followed as `find -L` does, sorted."""
    seen: set[tuple[int, int]] = set()
    return list(itertools.islice(_walk(folder, _DEEPEST, seen), most))


def _walk(folder: str, depth: int, seen: set[tuple[int, int]]) -> Iterator[str]:
    try:
        status = os.stat(folder)
    except (OSError, ValueError):
        return
    if depth < 0 or (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for name in names(folder):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            yield path
        elif os.path.isdir(path):
            yield from _walk(path, depth - 1, seen)


def matching(template: str, environ: Mapping[str, str], root: str) -> list[str]:
    """The files that a template names: "/opt/x/*.pem" below `root`, or "%ProgramData%/x/*.pem".

    `*` stands for any part of one name. What a variable says is never taken for a pattern.
    """
    first, *parts = template.split("/")
    if first:
        values = {name.casefold(): value for name, value in environ.items()}
        folders = [_VARIABLE.sub(lambda match: values.get(match[1].casefold(), ""), first)]
    else:
        folders = [root]
    if not folders[0] or not parts:
        return []
    for part in parts:
        if "*" in part:
            folders = [
                os.path.join(folder, name)
                for folder in folders
                for name in names(folder)
                if fnmatch.fnmatch(name, part)
            ][:_MOST_FOUND]
        else:
            folders = [os.path.join(folder, part) for folder in folders]
    return [path for path in folders if os.path.isfile(path)]


def read(path: str, refusal: Refusal | None = None) -> bytes | str:
    """The contents of a file, or a clause that says why not: "does not exist"."""
    complaint = refusal(path) if refusal is not None else None
    if complaint:
        return text("is not used: {reason}", reason=complaint)
    try:
        return regular_file.read(path, LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return text("does not exist")
    except PermissionError:
        return text("may not be read (permission denied)")
    except OSError as error:
        return text("cannot be read ({reason})", reason=error.strerror)
