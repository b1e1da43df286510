"""Signals that end pipsafe while no pip is running find their way through the clean-up."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from pipsafe.attempts import launch


class Interrupted(BaseException):
    """A signal asked pipsafe to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _end(number: int, _: FrameType | None) -> None:
    raise Interrupted(number)


def _let_signals_raise() -> "dict[int, signal._HANDLER]":
    """Signals that would end pipsafe raise Interrupted from now on. What was done at each before."""
    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT")]
    return {
        number: signal.signal(number, _end)
        for number in numbers
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)
    }


def raise_once_pip_has_ended() -> None:
    """Called while pip runs and gets the signals, where they are blocked here meanwhile.

    Then no signal finds this process without a way through its clean-up.
    """
    if sys.platform != "win32" and signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        _let_signals_raise()


@contextlib.contextmanager
def signals_raise() -> Iterator[None]:
    """Within, a signal that would end pipsafe raises Interrupted instead."""
    before = _let_signals_raise()
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def end_if_interrupted(error: BaseException) -> None:
    """End this process by the signal that raised this, if one did."""
    if isinstance(error, Interrupted):
        end_by(error.number)


def end_by(number: int) -> None:
    """End this process by that signal, as somebody wanted."""
    launch.make_last_calls()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
