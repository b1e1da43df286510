"""Calls that do not come back: the others are made all the same, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from pipsafe.trust.patience import results


def slow(seconds: float) -> Callable[[], float]:
    """A call that takes its time, and says how long."""

    def wait() -> float:
        time.sleep(seconds)
        return seconds

    return wait


@pytest.fixture
def never() -> Iterator[Callable[[], str]]:
    """A call that hangs until the test is over."""
    over = threading.Event()

    def wait() -> str:
        over.wait(60)
        return "too late"

    yield wait
    over.set()


def test_results_come_in_order() -> None:
    calls = [partial(pow, number, 2) for number in range(50)]
    assert results(calls, quiet=9, in_all=9) == [number**2 for number in range(50)]
    assert results([], quiet=9, in_all=9) == []


def test_nothing_waits_when_all_is_done() -> None:
    began = time.monotonic()
    results([slow(0.15)], quiet=60, in_all=60)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("place", [0, 1, 3])
def test_one_that_hangs_keeps_nobody_waiting(never: Callable[[], str], place: int) -> None:
    calls: list[Callable[[], str]] = [lambda: "a", lambda: "b", lambda: "c"]
    calls.insert(place, never)
    began = time.monotonic()
    found = results(calls, quiet=0.3, in_all=9)
    assert 0.3 <= time.monotonic() - began < 5
    assert found == [*"abc"[:place], None, *"abc"[place:]]


def test_many_that_hang(never: Callable[[], str]) -> None:
    began = time.monotonic()
    assert results([*[never] * 100, lambda: "a"], quiet=0.2, in_all=1) == [None] * 101
    assert time.monotonic() - began < 8


def test_the_rest_is_left_when_time_is_up() -> None:
    found = results([slow(0.05)] * 60, quiet=9, in_all=0.4)
    assert found[0] == 0.05
    assert found[-1] is None


def test_a_slow_one_is_waited_for() -> None:
    """Longer than it takes until the next one is begun."""
    assert results([slow(0.4), slow(0)], quiet=5, in_all=9) == [0.4, 0]


def computing(seconds: float) -> float:
    """Takes that much of a processor, however busy it is with other things."""
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass
    return seconds


def test_what_computes_does_not_hang() -> None:
    assert results([lambda: computing(1)], quiet=0.3, in_all=60) == [1]


def test_what_computes_for_ever_is_left(never: Callable[[], str]) -> None:
    began = time.monotonic()
    assert results([lambda: computing(3), never], quiet=0.3, in_all=0.9) == [None, None]
    assert 0.9 <= time.monotonic() - began < 8


def test_what_is_raised() -> None:
    def fault() -> str:
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        results([lambda: "a", fault, lambda: "b"], quiet=9, in_all=9)
