"""What the sources of trust hold, read under the rules of who may have written them.

Reading is apart from judging (`trust.among`), so that further sources can be read later without reading the
first ones again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipsafe.language.text import text
from pipsafe.trust import ca_file, ownership, patience, source_readers
from pipsafe.trust.ca_file import CaFile
from pipsafe.trust.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

QUIET_SECONDS = 1.0
"""How long nothing at all may come of any source before those that have not answered are left out."""

SECONDS_IN_ALL = 5.0

MOST_OCTETS = 128 * 1024 * 1024
"""Bytes of certificates kept of all sources together; a hundred times what a well-stocked machine has."""

KEY_INSIDE = text("its private key lies in the same file")

IN_PROJECT = text("it lies in the working folder, which is not trusted (--pipsafe-ca can name it)")

_MOST_LEVELS = 40
"""Folders between the working folder and the root of a clone."""

_TOO_LATE = text("could not be read in time")
_TOO_MUCH = text(
    "is not read: the files before it hold more than {size} MiB of certificates", size=MOST_OCTETS // 1024**2
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A source as it was read."""

    source: Source
    file: CaFile
    withheld: Mapping[bytes, str] = field(default_factory=dict)
    """DER of certificates that are not taken from this source, and why, as clauses."""


def read(
    sources: Sequence[Source],
    *,
    folder: str,
    home: str,
    quiet: float = QUIET_SECONDS,
    in_all: float = SECONDS_IN_ALL,
) -> tuple[Reading, ...]:
    """Every source, in their order, whatever state it is in. Never raises, never hangs.

    What was read under one name is not read again under another, unless it was refused there: a link may lie
    in a bad place and what it leads to in a good one. `folder` is the working folder, `home` the user's:
    nothing in the first is trusted, unless it is the second or holds it.
    """
    once: dict[tuple[object, ...], Source] = {}
    for source in sources:
        once.setdefault((source.path, source.kind, source.host, source.tier), source)
    visit = _Visit(folder, home)
    found = patience.results([visit.of(source) for source in once.values()], quiet=quiet, in_all=in_all)
    return tuple(
        reading or Reading(source, _unread(source, _TOO_LATE))
        for source, reading in zip(once.values(), found, strict=True)
        if reading is not _READ_BEFORE
    )


_READ_BEFORE = Reading(Source("", "", ""), CaFile("", (), (), key_inside=False))


def working_folder() -> str:
    """Where this process was started."""
    try:
        return os.getcwd()
    except OSError:  # it is gone, and nothing can lie in it
        return os.devnull


class WorkingFolder:
    """The project's folder, whose files are not trusted.

    Below a clone, the whole of the clone is the project's. Where the home lies in it, as some CI services
    have it, what is in the home is the user's. A home that is the folder itself is no project's, nor is "/".
    """

    def __init__(self, folder: str, home: str) -> None:
        project = _clone_around(folder, home) or folder
        self._enclosures: list[ownership.Enclosure] = []
        if _is_one(project, home) or _is_root(project):
            return
        if ownership.inside(project, home):
            self._enclosures.append(ownership.Enclosure(project, but_for=home))
            if not ownership.inside(home, folder) or _is_one(home, folder):
                return
            project = folder
        self._enclosures.append(ownership.Enclosure(project))

    def holds(self, path: str, known: ownership.Known | None = None) -> bool:
        """Whether `path` is the project's: relative, or below the folder."""
        if not os.path.isabs(path):
            return True
        return any(enclosure.holds(path, known) for enclosure in self._enclosures)


def _clone_around(folder: str, home: str) -> str | None:
    """The root of the clone that the folder lies in, if it is not the home's own."""
    place = os.path.abspath(folder)
    for _ in range(_MOST_LEVELS):
        if os.path.lexists(os.path.join(place, ".git")) and not _is_one(place, home) and not _is_root(place):
            return place
        place = os.path.dirname(place)
    return None


def _is_one(folder: str, other: str) -> bool:
    return ownership.inside(folder, other) and ownership.inside(other, folder)


def _is_root(folder: str) -> bool:
    place = os.path.realpath(folder)
    return os.path.dirname(place) == place


class _Visit:
    """One round through the sources: what is remembered from one to the next."""

    def __init__(self, folder: str, home: str) -> None:
        self._project = WorkingFolder(folder, home)
        self._known: ownership.Known = {}
        self._certificates: dict[bytes, bytes] = {}
        self._octets = 0
        self._read_before: set[tuple[object, ...]] = set()

    def of(self, source: Source) -> Callable[[], Reading]:
        """The call that reads one source."""
        return lambda: self._read(source)

    def _read(self, source: Source) -> Reading:
        if self._octets > MOST_OCTETS:
            return Reading(source, _unread(source, _TOO_MUCH))
        identity = _identity(source)
        if identity in self._read_before:
            return _READ_BEFORE
        file = source_readers.read(source, self._refusal(source))
        file = replace(file, certificates=tuple(map(self._once, file.certificates)))
        withheld = dict.fromkeys(file.beside_a_key, KEY_INSIDE) if source.tier == "provisioned" else {}
        if identity is not None and file.certificates and not withheld:
            self._read_before.add(identity)
        return Reading(source, file, withheld)

    def _once(self, der: bytes) -> bytes:
        """The first copy of it: many files hold the same certificates."""
        kept = self._certificates.setdefault(der, der)
        if kept is der:
            self._octets += len(der)
        return kept

    def _refusal(self, source: Source) -> ca_file.Refusal | None:
        """The rule that a source's files have to pass before they are read."""
        if source.tier == "public":
            return None  # pipsafe's own dependency: who can write that can write pipsafe
        if source.tier == "provisioned":
            return self._not_an_administrators

        def refusal(path: str) -> str | None:
            if source.tier == "configured" and self._project.holds(path, self._known):
                return IN_PROJECT
            return ownership.others_can_write(
                path, foreign_owner_allowed=source.tier != "system", known=self._known
            )

        return refusal

    def _not_an_administrators(self, path: str) -> str | None:
        """Nobody named the file, so only an administrator can have meant it, and not for his own tests."""
        complaint = ownership.others_can_write(path, foreign_owner_allowed=False, known=self._known)
        if complaint is not None:
            return complaint
        if not ownership.belongs_to_root(path):
            return text("{path} does not belong to root", path=path)
        if self._project.holds(path, self._known):
            return IN_PROJECT
        key = ca_file.private_key_beside(path)
        return None if key is None else text("the private key of this CA lies beside it ({path})", path=key)


def _identity(source: Source) -> tuple[object, ...] | None:
    """The same for all names of one file."""
    try:
        status = os.stat(source.path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, source.kind, source.host


def _unread(source: Source, problem: str) -> CaFile:
    return CaFile(source.path, (), (problem,), key_inside=False)
