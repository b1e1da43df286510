"""What `pipsafe persist` made, as doctor tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

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
    for text in item.complaints:
        what = f"What `pipsafe persist` made, {item.place.folder},"
        yield LastingNote(f"{what} {text}. {item.renewal}", is_stale=True)
    verify = around.settings.verify
    if not item.complaints and item.note is not None and verify is not None and item.holds(verify.value):
        made = item.note.made.partition("T")[0]
        text = f"{verify.name} names the bundle that `pipsafe persist` made on {made}. It is up to date."
        yield LastingNote(text, is_stale=False)
