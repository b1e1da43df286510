"""One change to the bytes of a file, which can be made and unmade. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DoesNotFit(Exception):
    """The bytes are not those that the change was made for."""


@dataclass(frozen=True, slots=True)
class Splice:
    """`removed` at the offset `at` gives way to `inserted`: whole lines, and no more is kept than they."""

    at: int
    removed: bytes
    inserted: bytes

    def apply(self, data: bytes) -> bytes:
        """Raises DoesNotFit."""
        return _replaced(data, self.at, self.removed, self.inserted)

    def unmake(self, data: bytes) -> bytes:
        """Raises DoesNotFit."""
        return _replaced(data, self.at, self.inserted, self.removed)

    def unmake_anywhere(self, data: bytes) -> bytes:
        """The same in a file that was changed since: what was inserted is looked for. Raises DoesNotFit."""
        if not self.inserted or data.count(self.inserted) != 1:
            raise DoesNotFit
        return data.replace(self.inserted, self.removed)


def applied(data: bytes, splices: Sequence[Splice]) -> bytes:
    """One after the other. Raises DoesNotFit."""
    for splice in splices:
        data = splice.apply(data)
    return data


def unmade(data: bytes, splices: Sequence[Splice]) -> bytes:
    """The last first. Raises DoesNotFit."""
    for splice in reversed(splices):
        data = splice.unmake(data)
    return data


def _replaced(data: bytes, at: int, old: bytes, new: bytes) -> bytes:
    if data[at : at + len(old)] != old:
        raise DoesNotFit
    return data[:at] + new + data[at + len(old) :]
