"""What concerns many servers, said of a few: a message stays readable however many there are."""

from collections.abc import Sequence

from pipsafe.causes.case import Diagnosis
from pipsafe.language.text import Text, counted, enumerated

MOST_TOLD = 4
"""Servers told of one by one."""

MOST_NAMED = 8


def told(diagnoses: Sequence[Diagnosis]) -> tuple[tuple[Diagnosis, ...], tuple[Diagnosis, ...]]:
    """Those that are told of in full, and the rest: of many, the first of each cause stands for all."""
    if len(diagnoses) <= MOST_TOLD:
        return tuple(diagnoses), ()
    first: dict[str, int] = {}
    for number, diagnosis in enumerate(diagnoses):
        first.setdefault(diagnosis.decisive.name, number)
    shown = set(first.values())
    rest = tuple(item for number, item in enumerate(diagnoses) if number not in shown)
    return tuple(diagnoses[number] for number in sorted(shown)), rest


def listed(names: Sequence[str], most: int = MOST_NAMED) -> Text:
    """The first of them, and how many more there are."""
    more = len(names) - most
    shown = enumerated(names[:most])
    if more <= 0:
        return shown
    # For translators: {names} are names of servers or of packages; {count} is how many are left out.
    return counted("{names} and {count} more", "{names} and {count} more", more, names=shown)


def rest_in_words(rest: Sequence[Diagnosis]) -> Text:
    """A sentence on those that are not told of in full."""
    return counted(
        "{count} more server is refused for the same: {servers}. --pipsafe-report FILE has all of them.",
        "{count} more servers are refused for the same: {servers}. --pipsafe-report FILE has all of them.",
        len(rest),
        servers=listed([str(item.case.origin) for item in rest]),
    )
