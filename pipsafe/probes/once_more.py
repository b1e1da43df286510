"""A second question to servers that were late with the first: they, or this machine, have much to do."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Answer = TypeVar("Answer")


def once_more(
    first: Sequence[Answer],
    is_late: Callable[[Answer], bool],
    ask: Callable[[Sequence[int]], Sequence[Answer]],
) -> tuple[tuple[Answer, Answer], ...]:
    """Each answer with the later one that stands beside it: itself where it was in time.

    ``ask`` gets the numbers of those that were late, and is not called if there are none.
    """
    late = [number for number, answer in enumerate(first) if is_late(answer)]
    second = dict(zip(late, ask(late), strict=True)) if late else {}
    return tuple((answer, second.get(number, answer)) for number, answer in enumerate(first))
