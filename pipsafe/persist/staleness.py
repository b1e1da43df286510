"""Whether a bundle that persist made still is what it was made to be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipsafe.language.text import Text, counted, of_error, text
from pipsafe.persist import bundle, note, places
from pipsafe.persist.bundle import CannotMake, PublicRoots
from pipsafe.persist.note import Damaged, Note
from pipsafe.persist.places import ScopePlace
from pipsafe.pip_settings.config_paths import TargetFacts
from pipsafe.trust import ownership, regular_file

SOON = timedelta(days=30)

# For translators: a clause whose subject is the CA bundle.
USELESS_NOTE = text("has a note that is of no use: {reason}")
# For translators: a clause whose subject is the CA bundle.
GONE = text("is not whole: {file} is gone")
# For translators: a clause whose subject is the CA bundle.
NOT_READ = text("is not whole: {file} cannot be read ({reason})")
# For translators: a clause whose subject is the CA bundle.
CHANGED = text("is not what was made: {file} was changed since")
# For translators: a clause whose subject is the CA bundle.
OPEN = text("can be tampered with: {reason}")
# For translators: a clause whose subject is the CA bundle.
OLDER_ROOTS = text("has public roots that are older than today's (certifi {version})")
# For translators: a clause whose subject is the CA bundle.
OTHER_ROOTS = text("has public roots that are older than today's (certifi of another build)")
# For translators: a clause whose subject is the CA bundle.
REPLACED_GONE = text("holds the roots of {file}, which is gone")
# For translators: a clause whose subject is the CA bundle.
EXPIRED = text('holds the CA "{name}", which expired on {end:%Y-%m-%d}')
# For translators: a clause whose subject is the CA bundle.
EXPIRES = text('holds the CA "{name}", which expires on {end:%Y-%m-%d}')
# For translators: a clause whose subject is the CA bundle. {source} is a variable, a setting, a program or
# "the system store"; {path} is its file.
NO_LONGER_THERE = text('holds the CA "{name}", which is no longer in {path} ({source})')


@dataclass(frozen=True, slots=True)
class Lasting:
    """A note that is there, its place, and what is no longer so."""

    place: ScopePlace
    note: Note | None
    """None if it is damaged."""
    spoiled: tuple[str, ...] = ()
    """Why its files cannot be relied on: clauses whose subject is the bundle."""
    stale: tuple[str, ...] = ()
    """What is no longer so of what it rests on: clauses whose subject is the bundle."""

    @property
    def complaints(self) -> tuple[str, ...]:
        """Everything that is to be renewed."""
        return (*self.spoiled, *self.stale)

    @property
    def renewal(self) -> str:
        """How, as a sentence."""
        # For translators: "it" is the CA bundle.
        return text("`{command}` renews it.", command=self.place.command)

    def holds(self, path: str) -> bool:
        """Whether that CA file is its bundle."""
        return os.path.realpath(path) in {
            os.path.realpath(self.place.bundle),
            os.path.realpath(self.place.tools_bundle),
        }


def find(
    environ: Mapping[str, str], target: TargetFacts, carried: str | None, now: datetime
) -> tuple[Lasting, ...]:
    """What is lasting for this pip, in every scope. Never raises."""
    return tuple(
        item for place in places.every(environ, target) if (item := look(place, carried, now)) is not None
    )


def look(place: ScopePlace, carried: str | None, now: datetime) -> Lasting | None:
    """The note of one scope, judged; None if there is none. Never raises."""
    try:
        found = note.read(place.note)
    except Damaged as error:
        return Lasting(place, None, (USELESS_NOTE.filled(reason=of_error(error)),))
    if found is None:
        return None
    try:
        public = bundle.roots(carried)
    except CannotMake:
        public = None
    spoiled = tuple(_spoiled(found, place))
    return Lasting(place, found, spoiled, () if spoiled else tuple(_stale(found, place, public, now)))


def _spoiled(found: Note, place: ScopePlace) -> Iterator[str]:
    for name, digest in found.files.items():
        yield from _of_file(os.path.join(place.folder, name), name, digest)


def _stale(found: Note, place: ScopePlace, public: PublicRoots | None, now: datetime) -> Iterator[str]:
    if places.TOOLS_BUNDLE in found.files:
        number = bundle.lacking(place.tools_bundle, frozenset(item.sha256 for item in found.anchors))
        if number:
            yield _lacking(number)
    if places.BUNDLE not in found.files:
        return
    if public is not None and are_older(found, public):
        yield OLDER_ROOTS.filled(version=public.version) if public.version else OTHER_ROOTS
    if found.replaced and not os.path.exists(found.replaced):
        yield REPLACED_GONE.filled(file=found.replaced)
    for anchor in found.anchors:
        end = datetime.fromisoformat(anchor.not_after)
        if end <= now:
            yield EXPIRED.filled(name=anchor.label, end=end)
        elif end - now < SOON:
            yield EXPIRES.filled(name=anchor.label, end=end)
        if not bundle.still_there(anchor):
            yield NO_LONGER_THERE.filled(name=anchor.label, path=anchor.path, source=anchor.source)


def _lacking(number: int) -> Text:
    # For translators: a clause whose subject is the CA bundle.
    return counted(
        "lacks, for `pipsafe env`, {count} of the CAs that the system's store has by now",
        "lacks, for `pipsafe env`, {count} of the CAs that the system's store has by now",
        number,
    )


def are_older(found: Note, public: PublicRoots) -> bool:
    """Whether the recorded roots are older. Versions are dates; another pipsafe may come with older ones."""
    if found.roots == public.sha256:
        return False
    if not found.roots_version or not public.version:
        return True
    return _date(found.roots_version) < _date(public.version)


def are_newer(found: Note, public: PublicRoots) -> bool:
    """Whether they are known to be newer: a bundle does not go back."""
    known = bool(found.roots_version and public.version)
    return known and _date(found.roots_version) > _date(public.version)


def _date(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _of_file(path: str, name: str, digest: str) -> Iterator[str]:
    try:
        data = regular_file.read(path, bundle.LARGEST)
    except FileNotFoundError:
        yield GONE.filled(file=name)
        return
    except OSError as error:
        yield NOT_READ.filled(file=name, reason=error.strerror or str(error))
        return
    if note.digest(data) != digest:
        yield CHANGED.filled(file=name)
    complaint = ownership.others_can_write(path, foreign_owner_allowed=False)
    if complaint:
        yield OPEN.filled(reason=complaint)
