"""Where a private folder stays what it is: a folder in which nobody else can rename what this user made.

pip goes by the path of what a retry is given. In a folder that others can write, and that is not sticky,
they could put another folder in the place of ours, with a CA bundle of their own in it.
"""

import os
import shutil
import tempfile

from pipsafe.language.text import text
from pipsafe.trust.ownership import others_can_write

OTHER_PLACES = ("/tmp", "/var/tmp", "/dev/shm")
"""Sticky on every system that has them; for where the user's choice is open, full, or none."""

ROOM = 1 << 20
"""Bytes: what a CA bundle and a copy of truststore take, twice."""


class NoPrivatePlace(Exception):
    """No folder for temporary files will do. The message says what is wrong with the first."""


def find() -> str:
    """The folder for temporary files, or the first other one with room that nobody else can tamper with.

    Raises NoPrivatePlace.
    """
    try:
        chosen = tempfile.gettempdir()
    except FileNotFoundError:  # its message is a list
        complaint: str | None = text("no folder for temporary files can be written (TMPDIR can name one)")
    else:
        # On Windows each user has one, which the profile protects.
        complaint = _complaint(chosen) if os.name == "posix" else None
        if complaint is None or not os.path.isdir(chosen):
            return chosen
    for place in OTHER_PLACES:
        if os.access(place, os.W_OK | os.X_OK) and _complaint(place) is None:
            return place
    raise NoPrivatePlace(complaint)


def _complaint(place: str) -> str | None:
    complaint = others_can_write(place, foreign_owner_allowed=False)
    if complaint is not None:
        return text("what is written there could be replaced: {reason}", reason=complaint)
    return _lack_of_room(place)


def _lack_of_room(place: str) -> str | None:
    try:
        disk = shutil.disk_usage(place)
    except OSError:
        return None  # told by whoever writes there
    # A file system without blocks does not know its size.
    return text("the disk of {folder} is full", folder=place) if disk.total and disk.free < ROOM else None
