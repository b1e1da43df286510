"""What concerns many servers, said of a few: a message stays readable however many there are."""

from collections.abc import Sequence

from pipsafe.causes.case import Diagnosis

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


def listed(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def rest_in_words(rest: Sequence[Diagnosis]) -> str:
    """A sentence on those that are not told of in full."""
    servers = "1 more server is" if len(rest) == 1 else f"{len(rest)} more servers are"
    names = listed([str(item.case.origin) for item in rest])
    return f"{servers} refused for the same: {names}. --pipsafe-report FILE has all of them."
