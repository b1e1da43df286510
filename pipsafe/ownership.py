"""Who can write a path: whether a CA file can have been put there, or changed, by somebody else.

`others_can_write(path, *, foreign_owner_allowed)`: None if only root, the user and the user's private group
can write the path or replace it, else a sentence that names the culprit. `belongs_to_root(path)`. Both never
raise.
"""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    from pipsafe.ownership_windows import belongs_to_root, others_can_write, places_on_the_way
else:
    from pipsafe.ownership_posix import belongs_to_root, others_can_write, places_on_the_way

__all__ = ["belongs_to_root", "inside", "others_can_write"]


def inside(folder: str, path: str) -> bool:
    """Whether `path` is or lies in `folder`: by its words, or anywhere on the way that its links take."""
    try:
        if _under(os.path.abspath(folder), os.path.abspath(path)):
            return True
        real_folder = os.path.realpath(folder)
        if _under(real_folder, os.path.realpath(path)):
            return True
        return any(_under(real_folder, place) for place in places_on_the_way(path))
    except (OSError, ValueError):
        return False


def _under(folder: str, path: str) -> bool:
    folder, path = os.path.normcase(folder), os.path.normcase(path)
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
