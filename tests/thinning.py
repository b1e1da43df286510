"""Which pips a test is run with where there is no time for all of them.

Every row of a matrix is run with one of its pips, and the next row with another, so that in each matrix every
pip is met. `PIPSAFE_FULL_MATRIX` asks for all of them (`nox -s matrix`), as who names tests does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pytest

from tests.lab.outside import OUTSIDE


def to_leave_out(config: pytest.Config, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests that another row stands for."""
    chosen_by_name = config.option.keyword or any("::" in argument for argument in config.args)
    if OUTSIDE.get("PIPSAFE_FULL_MATRIX") or chosen_by_name:
        return []
    rows: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        pip = parameters.get("pip", parameters.get("pip_version"))
        if isinstance(pip, str) and item.get_closest_marker("e2e"):
            rows[str(item.path), item.name.replace(pip, "*", 1)].append(item)
    return [
        item
        for number, row in enumerate(rows.values())
        for place, item in enumerate(row)
        if not _is_kept(number, place, len(row))
    ]


def _is_kept(number: int, place: int, length: int) -> bool:
    """Whether the pip at this place is one of those for this row."""
    return (place - number) % length == 0
