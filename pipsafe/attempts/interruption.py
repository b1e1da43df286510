"""Signals that end pipsafe while no pip is running find their way through the clean-up."""

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType


class Interrupted(BaseException):
    """A signal asked pipsafe to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def signals_raise() -> Iterator[None]:
    """Within, a signal that would end pipsafe raises Interrupted instead."""

    def end(number: int, _: FrameType | None) -> None:
        raise Interrupted(number)

    before = {}
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def end_by(number: int) -> None:
    """End this process by that signal, as somebody wanted."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
