"""Who can write a path, by POSIX modes and, on Linux, POSIX access control lists.

The path is followed as the kernel follows it: every folder on the way, every symbolic link, the folder that
the link itself lies in, and at last the file. "Others" are all but root, the user and the user's private
group. A file system in user space says of its files what its author likes, so where one is mounted the owner
is who mounted it (fusermount(1), `user_id` in proc(5), mountinfo).
"""

from __future__ import annotations

import errno
import functools
import grp
import os
import pwd
import re
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipsafe.language.text import text

if TYPE_CHECKING:
    from collections.abc import Iterator

Known = dict[str, os.stat_result]
"""Folders that were looked at a moment ago: many files lie in the same ones."""

assert sys.platform != "win32"  # for the type checker, which knows that these modules are not there

_MOST_LINKS = 40
"""Links followed on one path, as Linux has it (path_resolution(7))."""

_ROOT_GROUPS = {"darwin": frozenset({0, 80})}.get(sys.platform, frozenset({0}))
"""Groups whose members are administrators: root or wheel; on macOS also admin, which owns /Applications."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One folder, link or file on the way, and the folder it lies in. A link is not followed here."""

    path: str
    status: os.stat_result
    folder: os.stat_result | None

    @property
    def is_mounted(self) -> bool:
        """It lies on another file system than the folder it is seen in."""
        return self.folder is not None and self.folder.st_dev != self.status.st_dev


def others_can_write(path: str, *, foreign_owner_allowed: bool, known: Known | None = None) -> str | None:
    """None if only root, the user and the user's private group can write `path` or replace it, or a sentence.

    The sentence names the culprit: "/x/y can be written by everyone". What cannot be examined counts as
    writable. `foreign_owner_allowed`: the file and the folders may belong to another user, as CI systems
    mount them; their modes still count. `known` is filled, and used again for the next path.
    """
    try:
        for step in _steps(path, known):
            complaint = _complaint(step, foreign_owner_allowed=foreign_owner_allowed)
            if complaint:
                return complaint
    except OSError as error:
        return text("{path} cannot be examined ({reason})", path=path, reason=error.strerror)
    except ValueError:
        return text("a path with a null character cannot be examined")
    return None


def belongs_to_root(path: str) -> bool:
    """Whether the file that `path` leads to belongs to root."""
    try:
        return os.stat(path).st_uid == 0
    except (OSError, ValueError):
        return False


def places_on_the_way(path: str, known: Known | None = None) -> Iterator[str]:
    """Each folder, link and file that `path` leads through, at last the real path. Raises OSError."""
    return (step.path for step in _steps(path, known))


def _steps(path: str, known: Known | None = None) -> Iterator[_Step]:
    here = "/"
    statuses = {} if known is None else known
    if here not in statuses:
        statuses[here] = os.lstat(here)
    yield _Step(here, statuses[here], None)
    # A working folder that is gone is no matter to a path that does not begin there.
    waiting = (path if os.path.isabs(path) else os.path.join(os.getcwd(), path)).split("/")[::-1]
    links = 0
    while waiting:
        name = waiting.pop()
        if name in ("", "."):
            continue
        if name == "..":
            here = os.path.dirname(here)  # no link is left in it
            continue
        there = f"{here}/{name}" if here != "/" else here + name
        status = statuses.get(there) or os.lstat(there)
        yield _Step(there, status, statuses[here])
        if stat.S_ISDIR(status.st_mode):
            here = there
            statuses[here] = status
            continue
        if not stat.S_ISLNK(status.st_mode):
            if any(rest not in ("", ".") for rest in waiting):
                raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), there)
            return
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        target = os.readlink(there)
        if target.startswith("/"):
            here = "/"
        waiting += target.split("/")[::-1]


def _complaint(step: _Step, *, foreign_owner_allowed: bool) -> str | None:
    status, folder = step.status, step.folder
    owner = _mounter(step.path, status.st_uid) if step.is_mounted else status.st_uid
    ours = owner in (0, os.geteuid())
    if not ours and folder is not None and _is_sticky(folder) and _writers(step.path, folder):
        # In a folder that others can write, the owner of an entry is who put it there.
        template = text("{path} belongs to the user {user}, in a folder that others can write")
        return template.filled(path=step.path, user=_user(owner))
    if stat.S_ISLNK(status.st_mode):
        return None  # the mode of a link says nothing; the folder it lies in has been asked
    if not ours and not foreign_owner_allowed:
        return text("{path} belongs to the user {user}", path=step.path, user=_user(owner))
    if stat.S_ISDIR(status.st_mode) and _is_sticky(status):
        return None  # the entry in it is asked whose it is
    return _writers(step.path, status) or _listed_writers(step.path, status)


def _is_sticky(status: os.stat_result) -> bool:
    return bool(status.st_mode & stat.S_ISVTX)


def _writers(path: str, status: os.stat_result) -> str | None:
    """A sentence on the others whom the mode lets write."""
    if status.st_mode & stat.S_IWOTH:
        return text("{path} can be written by everyone", path=path)
    if status.st_mode & stat.S_IWGRP and status.st_gid not in _ROOT_GROUPS | _private_groups(os.geteuid()):
        return text("{path} can be written by the group {group}", path=path, group=_group(status.st_gid))
    return None


if sys.platform == "linux":

    def _listed_writers(path: str, status: os.stat_result) -> str | None:
        """The same on those whom an access control list lets write."""
        # The group bits of the mode are then the mask over all its named entries (acl(5)).
        if not status.st_mode & stat.S_IWGRP:
            return None
        try:
            os.getxattr(path, "system.posix_acl_access", follow_symlinks=False)
        except OSError:
            return None
        return text("{path} can be written by others, by its access control list", path=path)

    def _mounter(path: str, owner: int) -> int:
        """Who mounted the file system at `path`, if a user did; else the `owner` of its root."""
        with open("/proc/self/mountinfo", "rb") as file:
            lines = file.read().splitlines()
        place = re.sub(rb"[ \t\n\\]", lambda match: b"\\%03o" % ord(match[0]), os.fsencode(path))
        for line in reversed(lines):  # the last one lies on top
            mount, _, system = line.partition(b" - ")
            if mount.split(b" ")[4] == place:
                kind, *_, options = system.split(b" ")
                match = re.search(rb"(?:^|,)user_id=(\d+)", options) if kind.startswith(b"fuse") else None
                return int(match[1]) if match else owner
        return owner

else:

    def _listed_writers(path: str, status: os.stat_result) -> str | None:  # noqa: ARG001 - as on Linux
        """None: access control lists of this system are not read."""
        return None

    def _mounter(path: str, owner: int) -> int:  # noqa: ARG001 - as on Linux
        """The `owner`: who mounted what is not asked on this system."""
        return owner


@functools.lru_cache(maxsize=4)
def _private_groups(uid: int) -> frozenset[int]:
    """The user's primary group if it has the user's name and nobody else in it; else nothing."""
    try:
        user = pwd.getpwuid(uid)
        group = grp.getgrgid(user.pw_gid)
    except KeyError:
        return frozenset()
    members = {*group.gr_mem, *(other.pw_name for other in pwd.getpwall() if other.pw_gid == group.gr_gid)}
    is_private = group.gr_name == user.pw_name and members <= {user.pw_name}
    return frozenset({group.gr_gid}) if is_private else frozenset()


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
