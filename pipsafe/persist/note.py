"""What is kept of a lasting cure: what was changed, and what it rests on. It holds no secret.

Of a configuration file it keeps the lines that were taken out and put in, which are settings of trust, and
digests of the whole before and after; index URLs with credentials stay where they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pipsafe.language.text import text
from pipsafe.persist.splice import Splice
from pipsafe.trust import ownership, regular_file

FORMAT = 1
_LARGEST = 1 << 20


class Damaged(Exception):
    """The note is there and cannot be gone by. The message is a clause."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to one configuration file."""

    path: str
    created: bool
    """Whether the file was made by it."""
    folders: tuple[str, ...]
    """Folders that were made for it, the outermost first."""
    before: str
    """SHA-256 of the contents."""
    after: str
    splices: tuple[Splice, ...]


@dataclass(frozen=True, slots=True)
class KeptAnchor:
    """A CA that the bundle holds, and where it was found."""

    sha256: str
    label: str
    not_after: str
    """ISO 8601, UTC."""
    tier: str
    name: str
    path: str
    kind: str

    @property
    def source(self) -> str:
        """The name, as a text: pipsafe's own names have translations, and the note is English."""
        return text(self.name) if self.name else ""


@dataclass(frozen=True, slots=True)
class Note:
    """What one scope's folder says of itself."""

    cure: str
    """bundle | feature | removal | none: what made pip accept the servers, at last."""
    edits: tuple[Edit, ...] = ()
    anchors: tuple[KeptAnchor, ...] = ()
    replaced: str = ""
    """The CA file that pip was configured with before, whose roots go on counting."""
    roots: str = ""
    """SHA-256 of the file of public roots."""
    roots_version: str = ""
    """Of certifi, which is a date; "" if it is not known."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name and SHA-256 of each file made in this folder."""
    folders: tuple[str, ...] = ()
    """Folders made for them, the outermost first."""
    made: str = ""
    """ISO 8601, UTC."""


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(note: Note) -> bytes:
    """The note as it is kept."""
    return (json.dumps({"format": FORMAT, **asdict(note)}, indent=1, default=_plain) + "\n").encode("ascii")


def read(path: str) -> Note | None:
    """The note at `path`; None if there is none. Raises Damaged."""
    try:
        data = regular_file.read(path, _LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        words = error.strerror or str(error)
        raise Damaged(text("{path} cannot be read ({reason})", path=path, reason=words)) from error
    complaint = ownership.others_can_write(path, foreign_owner_allowed=False)
    if complaint:
        raise Damaged(text("{path} is not used: {reason}", path=path, reason=complaint))
    try:
        return _note(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(text("{path} is damaged", path=path)) from error


def _note(found: Any) -> Note:
    if found["format"] != FORMAT:
        raise ValueError(found["format"])
    edits = tuple(
        Edit(
            path=str(item["path"]),
            created=bool(item["created"]),
            folders=tuple(map(str, item["folders"])),
            before=str(item["before"]),
            after=str(item["after"]),
            splices=tuple(
                Splice(int(one["at"]), one["removed"].encode("latin-1"), one["inserted"].encode("latin-1"))
                for one in item["splices"]
            ),
        )
        for item in found["edits"]
    )
    return Note(
        cure=str(found["cure"]),
        edits=edits,
        anchors=tuple(map(_anchor, found["anchors"])),
        replaced=str(found["replaced"]),
        roots=str(found["roots"]),
        roots_version=_version(found["roots_version"]),
        files={str(name): str(value) for name, value in found["files"].items()},
        folders=tuple(map(str, found["folders"])),
        made=str(found["made"]),
    )


def _anchor(found: Any) -> KeptAnchor:
    anchor = KeptAnchor(**{name: str(value) for name, value in found.items()})
    if datetime.fromisoformat(anchor.not_after).tzinfo is None:
        raise ValueError(anchor.not_after)
    return anchor


def _version(found: Any) -> str:
    """A date with points, or nothing."""
    version = str(found)
    if version and not all(part.isdecimal() for part in version.split(".")):
        raise ValueError(version)
    return version


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    raise TypeError(value)
