"""What `pipsafe persist` made, as doctor tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipsafe.language.text import sentences, text
from pipsafe.persist import staleness
from pipsafe.persist.staleness import Lasting
from pipsafe.pip_settings.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class LastingNote:
    """One sentence on it, or two."""

    text: str
    is_stale: bool


def find(around: Surroundings, carried: str | None, now: datetime) -> tuple[LastingNote, ...]:
    """In every scope of this pip. `carried`: the roots that it carries."""
    found = staleness.find(around.situation.environ, around.target, carried, now)
    return tuple(note for item in found for note in _of(item, around))


def _of(item: Lasting, around: Surroundings) -> Iterator[LastingNote]:
    for complaint in item.complaints:
        # For translators: {complaint} is a clause whose subject is what it made, such as "is not whole: ...".
        what = text(
            "What `pipsafe persist` made, {folder}, {complaint}.",
            folder=item.place.folder,
            complaint=complaint,
        )
        yield LastingNote(sentences(what, item.renewal), is_stale=True)
    verify = around.settings.verify
    if not item.complaints and item.note is not None and verify is not None and item.holds(verify.value):
        made = item.note.made.partition("T")[0]
        what = text(
            "{setting} names the bundle that `pipsafe persist` made on {date}. It is up to date.",
            setting=verify.name,
            date=made,
        )
        yield LastingNote(what, is_stale=False)
