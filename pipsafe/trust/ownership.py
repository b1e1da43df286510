"""Who can write a path: whether a CA file can have been put there, or changed, by somebody else.

`others_can_write(path, *, foreign_owner_allowed, known)`: None if only root, the user and the user's private
group can write the path or replace it, else a sentence that names the culprit. `belongs_to_root(path)`. Both
never raise. `Known`: what one search may remember from one path to the next.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    from pipsafe.trust.ownership_windows import Known, belongs_to_root, others_can_write, places_on_the_way
else:
    from pipsafe.trust.ownership_posix import Known, belongs_to_root, others_can_write, places_on_the_way

__all__ = ["Enclosure", "Known", "belongs_to_root", "inside", "others_can_write"]


class Enclosure:
    """A folder, of which many paths are asked whether they lie in it."""

    def __init__(self, folder: str, *, but_for: str | None = None) -> None:
        """`but_for`: a folder in it that is taken out."""
        self._places = _both(folder)
        self._taken_out = set() if but_for is None else _both(but_for)

    def holds(self, path: str, known: Known | None = None) -> bool:
        """Whether `path` is the folder or in it: by its words, or anywhere on the way that its links take."""
        try:
            return any(self._has(place) for place in _places(path, known)) or (
                # A folder above the one that is taken out is no more than on the way, unless it is the end.
                bool(self._taken_out) and any(self._has_at_the_end(place) for place in _both(path))
            )
        except (OSError, ValueError):
            return False

    def _has(self, place: str) -> bool:
        return self._has_at_the_end(place) and not any(_under(place, taken) for taken in self._taken_out)

    def _has_at_the_end(self, place: str) -> bool:
        return any(_under(folder, place) for folder in self._places) and not any(
            _under(taken, place) for taken in self._taken_out
        )


def _both(path: str) -> set[str]:
    """What it says, and where it leads to."""
    try:
        return {os.path.abspath(path), os.path.realpath(path)}
    except (OSError, ValueError):
        return set()


def inside(folder: str, path: str) -> bool:
    """As `Enclosure`, for one path."""
    return Enclosure(folder).holds(path)


def _places(path: str, known: Known | None) -> Iterator[str]:
    """What it says, where it leads through, as far as there is anything, and where it leads to."""
    yield os.path.abspath(path)
    try:
        yield from places_on_the_way(path, known)
    except OSError:
        yield os.path.realpath(path)


def _under(folder: str, path: str) -> bool:
    folder, path = os.path.normcase(folder), os.path.normcase(path)
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
