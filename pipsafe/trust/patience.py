"""Calls that may never come back: a file on a server that is gone can block a process for hours."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_BUSY = 0.1
"""Seconds after which a call that has not come back no longer keeps the next ones waiting."""

_MOST_AT_ONCE = 16

_LOOK = 0.1
"""Seconds after which it is looked whether anything computes."""

_COMPUTING = 0.002
"""Seconds of processor time of this process in one look: what waits for a file takes none."""


def results(calls: Sequence[Callable[[], T]], *, quiet: float, in_all: float) -> list[T | None]:
    """What each call returned, in their order; None for those that were not waited for.

    They are made one after the other. One that does not come back stays behind in a thread, which ends with
    the process at the latest. Nobody waits longer than `quiet` seconds for anything to come back while this
    process computes nothing (on a machine that is busy with other things what is quick takes long), nor
    longer than `in_all`. What a call raises is raised here.
    """
    return _Work(calls, time.monotonic() + in_all).done(quiet)


class _Work(Generic[T]):
    """The calls, and what came of them."""

    def __init__(self, calls: Sequence[Callable[[], T]], deadline: float) -> None:
        self._count, self._deadline = len(calls), deadline
        self._waiting = deque(enumerate(calls))
        self._returned: dict[int, T] = {}
        self._raised: Exception | None = None
        self._finished = threading.Event()
        self._last = time.monotonic()

    def done(self, quiet: float) -> list[T | None]:
        workers = 0
        while self._waiting and workers < _MOST_AT_ONCE:
            threading.Thread(target=self._work, daemon=True).start()
            workers += 1
            if self._ends(_BUSY):
                break
        self._ends(quiet, while_computing=True)
        self._waiting.clear()  # nobody takes another one
        if self._raised is not None:
            raise self._raised
        returned = dict(self._returned)
        return [returned.get(number) for number in range(self._count)]

    def _ends(self, quiet: float, *, while_computing: bool = False) -> bool:
        """True when there is nothing to wait for any more; False when for a while nothing came back.

        ``while_computing``: and nothing computed.
        """
        began = time.monotonic()
        while not self._finished.is_set() and len(self._returned) < self._count:
            now = time.monotonic()
            left = min(max(began, self._last) + quiet, self._deadline) - now
            if left <= 0:
                return now >= self._deadline
            computed = time.process_time()
            self._finished.wait(min(left, _LOOK))
            if while_computing and time.process_time() - computed > _COMPUTING:
                began = time.monotonic()
        return True

    def _work(self) -> None:
        while self._waiting:
            try:
                number, call = self._waiting.popleft()
            except IndexError:  # another thread was quicker
                return
            try:
                self._returned[number] = call()
            except Exception as error:  # noqa: BLE001 - raised again where somebody waits
                self._raised = error
                break
            self._last = time.monotonic()
        if self._raised is not None or len(self._returned) == self._count:
            self._finished.set()
