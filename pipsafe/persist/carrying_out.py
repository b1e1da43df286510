"""Writes a draft, or takes all of it back: whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

from pipsafe.language.text import text
from pipsafe.persist import draft as drafting
from pipsafe.persist import edits, note, places, writing
from pipsafe.persist.draft import Draft
from pipsafe.persist.edits import FileChange
from pipsafe.persist.note import Note
from pipsafe.persist.places import ScopePlace
from pipsafe.persist.writing import Batch, CannotWrite

ReadBack = Callable[[], str | None]
"""Why pip does not read what was written as it was meant, as a clause."""


def has_anything_to_write(draft: Draft, present: Note | None) -> bool:
    """Whether the machine is not yet as the draft would have it."""
    if draft.changes:
        return True
    if draft.files is None or draft.note is None:
        return False
    return (
        present is None
        or {**present.files, **drafting.digests(draft.files)} != dict(present.files)
        or any(not _is_there(draft.place, name, data) for name, data in draft.files.items())
        or (present.anchors, present.roots) != (draft.note.anchors, draft.note.roots)
    )


def check(draft: Draft) -> None:
    """Raises CannotWrite if it could not be written."""
    for name in (places.NOTE, *(draft.files or ())):
        writing.check(os.path.join(draft.place.folder, name))


def write(draft: Draft, present: Note | None, read_back: ReadBack) -> None:
    """Raises CannotWrite, and then nothing has changed."""
    check(draft)
    place = draft.place
    batch = Batch()
    try:
        base = draft.note or present or Note("none")
        made = batch.make_folder(place.folder, private=place.scope == "user")
        for name, data in (draft.files or {}).items():
            batch.put(os.path.join(place.folder, name), data, writing.ALL_MAY_READ)
        done = [item.as_edit(_folders_for(item, batch, place)) for item in draft.changes]
        kept = replace(
            base,
            edits=(*base.edits, *done),
            files={**base.files, **drafting.digests(draft.files or {})},
            folders=base.folders or made,
            made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )
        # The way back first: what it speaks of and is not there yet needs no taking back.
        batch.put(place.note, note.write(kept), writing.OWNER_ONLY)
        for item in draft.changes:
            batch.put(item.path, item.after, writing.ALL_MAY_READ)
        complaint = read_back() if draft.changes else None
        if complaint is not None:
            # For translators: {complaint} is a clause that says what pip did instead of reading the change.
            raise CannotWrite(text("{complaint}, so everything is as it was", complaint=complaint))
    except BaseException:
        batch.roll_back()
        raise


def _folders_for(item: FileChange, batch: Batch, place: ScopePlace) -> tuple[str, ...]:
    if item.before is not None:
        return ()
    return batch.make_folder(os.path.dirname(item.path), private=place.scope == "user")


def take_back(place: ScopePlace, found: Note) -> tuple[FileChange, ...]:
    """What would change in configuration files if all were taken back. Raises CannotWrite."""
    writing.check(place.note)
    return edits.taking_back(found.edits)


def undo(place: ScopePlace, found: Note, changes: tuple[FileChange, ...]) -> None:
    """Raises CannotWrite, and then nothing has changed."""
    batch = Batch()
    try:
        # pip's own files first: none is to name a bundle that is gone.
        for item in changes:
            batch.put(item.path, item.after, writing.ALL_MAY_READ)
        for name in (*found.files, places.NOTE):
            batch.put(os.path.join(place.folder, os.path.basename(name)), None, writing.OWNER_ONLY)
    except BaseException:
        batch.roll_back()
        raise
    for edit in reversed(found.edits):
        writing.remove_folders(edit.folders)
    writing.remove_folders(found.folders)


def _is_there(place: ScopePlace, name: str, data: bytes) -> bool:
    try:
        with open(os.path.join(place.folder, name), "rb") as file:
            return file.read(len(data) + 1) == data
    except OSError:
        return False
