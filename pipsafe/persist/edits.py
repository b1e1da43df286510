"""Changes to configuration files, planned: which bytes each file will have, and how to take that back."""

from __future__ import annotations

import locale
import sys
from collections.abc import Callable
from dataclasses import dataclass

from pipsafe.language.text import of_error, text
from pipsafe.persist import conf_text, splice, writing
from pipsafe.persist.conf_text import ConfText, Unreadable, Unwritable
from pipsafe.persist.note import Edit, digest
from pipsafe.persist.splice import DoesNotFit, Splice
from pipsafe.persist.writing import CannotWrite


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file, before and after."""

    path: str
    before: bytes | None
    """None if it is not there."""
    after: bytes | None
    """None if it is to go."""
    shown: tuple[tuple[str, str], ...]
    """What is told of it: "+" or "-" and a line."""
    splices: tuple[Splice, ...] = ()

    def as_edit(self, folders: tuple[str, ...]) -> Edit:
        """The way back. `folders` were made for the file."""
        before, after = self.before or b"", self.after or b""
        return Edit(self.path, self.before is None, folders, digest(before), digest(after), self.splices)


class Drafts:
    """Changes that are not written yet, several to one file if need be."""

    def __init__(self) -> None:
        self._before: dict[str, bytes | None] = {}
        self._after: dict[str, bytes] = {}
        self._splices: dict[str, tuple[Splice, ...]] = {}

    def change(self, path: str, of: Callable[[ConfText], tuple[Splice, ...]]) -> None:
        """Raises CannotWrite."""
        if path not in self._before:
            self._before[path] = writing.contents(path)
        present = self._after.get(path, self._before[path] or b"")
        try:
            splices = of(conf_text.parse(present, encoding()))
        except Unreadable as error:
            # For translators: the file is the subject of {clause}, such as "is not read by pip: ...".
            raise CannotWrite(text("{file} {clause}", file=path, clause=of_error(error))) from error
        except Unwritable as error:
            raise CannotWrite(text("{path}: {problem}", path=path, problem=of_error(error))) from error
        self._after[path] = splice.applied(present, splices)
        self._splices[path] = (*self._splices.get(path, ()), *splices)

    def changes(self) -> tuple[FileChange, ...]:
        """Of the files that will be different. Raises CannotWrite where one cannot be written."""
        found = tuple(
            FileChange(path, self._before[path], after, _shown(self._splices[path]), self._splices[path])
            for path, after in self._after.items()
            if after != self._before[path]
        )
        for item in found:
            writing.check(item.path)
        return found


def taking_back(edits: tuple[Edit, ...]) -> tuple[FileChange, ...]:
    """The files as they were before the edits, the latest taken back first.

    A file that was changed since keeps the rest of its changes. Raises CannotWrite where what was put in
    cannot be told from the rest, or a file cannot be written.
    """
    before: dict[str, bytes | None] = {}
    after: dict[str, bytes | None] = {}
    splices: dict[str, tuple[Splice, ...]] = {}
    for edit in reversed(edits):
        if edit.path not in before:
            before[edit.path] = after[edit.path] = writing.contents(edit.path)
        present = after[edit.path]
        if present is not None:
            after[edit.path] = _without(edit, present)
            inverse = tuple(Splice(item.at, item.inserted, item.removed) for item in reversed(edit.splices))
            splices[edit.path] = (*splices.get(edit.path, ()), *inverse)
    changed = [path for path in before if before[path] != after[path]]
    for path in changed:
        writing.check(path)
    return tuple(FileChange(path, before[path], after[path], _shown(splices[path])) for path in changed)


def _without(edit: Edit, present: bytes) -> bytes | None:
    """Raises CannotWrite."""
    if digest(present) == edit.after:
        before = splice.unmade(present, edit.splices)
        return None if edit.created and digest(before) == edit.before else before
    if digest(present) == edit.before:
        return present
    after = present
    for item in reversed(edit.splices):
        after = _taken_out(edit.path, item, after)
    return after


def _taken_out(path: str, item: Splice, present: bytes) -> bytes:
    """Of a file that was changed since."""
    if not item.inserted:
        if item.removed in present:
            return present  # somebody put it back
        # For translators: {line} is a line of that file.
        by_hand = text("{path} was changed since; put back by hand what was taken out: {line}")
        raise CannotWrite(by_hand.filled(path=path, line=_line(item.removed)))
    if item.inserted not in present:
        return present  # somebody took it out
    try:
        return item.unmake_anywhere(present)
    except DoesNotFit as error:
        # For translators: {line} is a line of that file.
        by_hand = text("{path} was changed since; take out by hand: {line}")
        raise CannotWrite(by_hand.filled(path=path, line=_line(item.inserted))) from error


def _shown(splices: tuple[Splice, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (mark, line)
        for item in sorted(splices, key=lambda item: item.at)
        for mark, data in (("-", item.removed), ("+", item.inserted))
        for line in data.decode(encoding(), "replace").splitlines()
        if line.strip()
    )


def _line(data: bytes) -> str:
    return " ".join(data.decode(encoding(), "replace").split())


def encoding() -> str:
    """By which pip reads its files: that of the locale."""
    return "utf-8" if sys.flags.utf8_mode else locale.getpreferredencoding(False)
