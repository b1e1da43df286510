"""A command that asks about a pip and installs nothing, from its start to its end.

options -> target -> greeting -> the command's own answer
"""

import os
import sys
from collections.abc import Callable

from pipsafe.attempts import no_pip
from pipsafe.attempts import situation as situations
from pipsafe.attempts.attempt import CannotStart
from pipsafe.attempts.interruption import Interrupted, end_by, signals_raise
from pipsafe.attempts.launch import end_like
from pipsafe.attempts.scratch import Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.attempts.target import Target, find
from pipsafe.checkup.greeting import greet
from pipsafe.language.text import of_error, text
from pipsafe.messages import terminal
from pipsafe.messages.terminal import Line
from pipsafe.own_options import OwnOptions
from pipsafe.probes.prober_process import ProbeFailed

FAILED = 3
"""Nothing could be looked into, or written."""

INTERRUPTED = 130
"""As a shell has it after Ctrl-C."""

Answer = Callable[[Target, Situation, Scratch], int]
"""What the command itself does; it returns the exit code and may raise ProbeFailed."""


def hold(options: OwnOptions, arguments: tuple[str, ...], style: str, answer: Answer) -> int:
    """Find the pip, and answer. ``arguments`` are those of pip. Returns the exit code. Raises TargetError."""
    target = find(options.python, options.python_set_by, style, os.environ)
    scratch = Scratch()
    try:
        with signals_raise():
            return _answered(options, arguments, target, style, scratch, answer)
    except Interrupted as interrupted:
        number = interrupted.number
    finally:
        scratch.remove()
    end_by(number)
    return 128 + number


def _answered(
    options: OwnOptions,
    arguments: tuple[str, ...],
    target: Target,
    style: str,
    scratch: Scratch,
    answer: Answer,
) -> int:
    try:
        attempt = greet(target, style, os.environ)
    except CannotStart as error:
        # For translators: {choice} says why it is this Python.
        cannot = text("{python} ({choice}) cannot be started: {reason}.")
        return failed(cannot.filled(python=target.python, choice=target.reason, reason=of_error(error)))
    if attempt.signal or attempt.interrupted:
        return end_like(attempt) or INTERRUPTED
    if attempt.hello is None:
        return failed(no_pip.reason(attempt, target))
    try:
        situation = situations.first(attempt.hello, options, target, style, arguments, os.environ)
        return answer(target, situation, scratch)
    except ProbeFailed as error:
        return failed(text("nothing could be looked into: {reason}.", reason=of_error(error)))
    except Exception as error:  # noqa: BLE001 - whatever broke, the user is told, and no traceback
        return failed(text("a fault in pipsafe ({fault}). Please report it.", fault=type(error).__name__))


def failed(message: str) -> int:
    """Say so. Returns the exit code."""
    say(message)
    return FAILED


def say(message: str) -> None:
    """One sentence on stderr, as an error."""
    if sys.stderr is not None:
        terminal.write([Line("pipsafe:", message, "error")], sys.stderr, os.environ)
