"""Files written whole or not at all, where nobody else can be in the way."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile

from pipsafe.language.text import Text, text
from pipsafe.trust import ownership, regular_file

_LARGEST = 1 << 20
_LARGEST_BUNDLE = 64 << 20

ALL_MAY_READ = 0o644
OWNER_ONLY = 0o600

NOT_READ = text("{path} cannot be read ({reason})")
# For translators: {path} is a folder.
NOT_MADE = text("{path} cannot be made ({reason})")
NOT_WRITTEN = text("{path} cannot be written ({reason})")
NOT_REMOVED = text("{path} cannot be removed ({reason})")


class CannotWrite(Exception):
    """The message is a sentence without its full stop, and names the path."""


def _failed(template: Text, path: str, error: OSError) -> CannotWrite:
    return CannotWrite(template.filled(path=path, reason=error.strerror or str(error)))


def contents(path: str) -> bytes | None:
    """What the file holds; None if it is not there. Raises CannotWrite."""
    try:
        return regular_file.read(path, _LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _failed(NOT_READ, path, error) from error


def check(path: str) -> None:
    """Raises CannotWrite unless `path` may be written, or made, and nobody else can have a hand in it."""
    exists = os.path.lexists(path)
    there = path if exists else _nearest(path)
    complaint = ownership.others_can_write(there, foreign_owner_allowed=False)
    if complaint:
        raise CannotWrite(text("{path} is not written, since {complaint}", path=path, complaint=complaint))
    real = os.path.realpath(path)
    if exists:
        # To put another file in its place would go past its mode; root may write it in spite of that.
        mode = os.stat(real).st_mode
        if not stat.S_ISREG(mode):
            raise CannotWrite(text("{path} is no file", path=path))
        if not mode & 0o222 or not os.access(real, os.W_OK):
            raise CannotWrite(text("{path} is read-only", path=path))
    folder = os.path.dirname(real) if exists else os.path.realpath(there)
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK | os.X_OK):
        raise CannotWrite(text("nothing can be written in {folder}", folder=folder))


def make_folder(path: str, *, private: bool) -> tuple[str, ...]:
    """Make the folder and those above it; those that were made, the outermost first. Raises CannotWrite."""
    missing: list[str] = []
    place = path
    while not os.path.lexists(place) and place != os.path.dirname(place):
        missing.append(place)
        place = os.path.dirname(place)
    made: list[str] = []
    try:
        for folder in reversed(missing):
            os.mkdir(folder, 0o700 if private else 0o755)
            made.append(folder)
            if not private:
                os.chmod(folder, 0o755)  # whatever the umask: other users' pips have to come in
    except OSError as error:
        remove_folders(tuple(made))
        raise _failed(NOT_MADE, error.filename, error) from error
    return tuple(made)


def replace(path: str, data: bytes, mode: int) -> None:
    """Put `data` at `path`, at once. A file that is there keeps its mode and owner. Raises CannotWrite."""
    check(path)
    real = os.path.realpath(path)  # where a link of the user's own leads; nobody else can change the way
    partial = ""
    try:
        descriptor, partial = tempfile.mkstemp(prefix=".pipsafe-", dir=os.path.dirname(real))
        with open(descriptor, "wb") as file:
            if os.path.exists(real):
                _take_after(descriptor, partial, os.stat(real))
            elif sys.platform != "win32":
                os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(partial, real)
    except OSError as error:
        if partial:
            with contextlib.suppress(OSError):
                os.unlink(partial)
        raise _failed(NOT_WRITTEN, path, error) from error


def remove(path: str) -> None:
    """Raises CannotWrite."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _failed(NOT_REMOVED, path, error) from error


def remove_folders(folders: tuple[str, ...]) -> None:
    """Those that are empty."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _take_after(descriptor: int, path: str, status: os.stat_result) -> None:
    """The mode and the owner of the file that gives way."""
    if sys.platform != "win32":
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    else:
        os.chmod(path, stat.S_IMODE(status.st_mode))


def _nearest(path: str) -> str:
    """The folder above that is there."""
    place = os.path.dirname(path)
    while not os.path.lexists(place) and place != os.path.dirname(place):
        place = os.path.dirname(place)
    return place


class Batch:
    """Several files, all of them or none."""

    def __init__(self) -> None:
        self._before: list[tuple[str, bytes | None, int]] = []
        self._folders: list[tuple[str, ...]] = []

    def make_folder(self, path: str, *, private: bool) -> tuple[str, ...]:
        """Raises CannotWrite."""
        made = make_folder(path, private=private)
        self._folders.append(made)
        return made

    def put(self, path: str, data: bytes | None, mode: int) -> None:
        """The file, or with None its absence. Raises CannotWrite."""
        try:
            present = os.stat(path)
            mode_before = stat.S_IMODE(present.st_mode)
            before: bytes | None = regular_file.read(path, _LARGEST_BUNDLE)
        except (FileNotFoundError, NotADirectoryError):
            before, mode_before = None, mode
        except OSError as error:
            raise _failed(NOT_READ, path, error) from error
        if before == data:
            return
        self._before.append((path, before, mode_before))
        if data is None:
            check(path)
            remove(path)
        else:
            replace(path, data, mode)

    def roll_back(self) -> None:
        """As if nothing had been done, as far as that can be had."""
        for path, data, mode in reversed(self._before):
            with contextlib.suppress(CannotWrite):
                if data is None:
                    remove(path)
                else:
                    replace(path, data, mode)
        for folders in reversed(self._folders):
            remove_folders(folders)
        self._before, self._folders = [], []
