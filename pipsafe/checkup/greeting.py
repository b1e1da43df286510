"""Asks the target who it is, without a trace of pip on the user's screen."""

import contextlib
import os
from collections.abc import Iterator, Mapping

from pipsafe.attempts import launch
from pipsafe.attempts.attempt import Attempt
from pipsafe.attempts.target import Target

STANDARD_STREAMS = (0, 1, 2)


def greet(target: Target, style: str, environ: Mapping[str, str]) -> Attempt:
    """pip started for its version only: its launcher says the rest. Raises CannotStart."""
    with _swallowed():
        return launch.run(target.python, style, ["--version"], environ, heard=_not_listening)


def listen(target: Target, style: str, environ: Mapping[str, str], words: list[str]) -> tuple[int, bytes]:
    """pip run with these words, unseen: its exit code, and what it writes on stdout. Raises CannotStart."""
    said = bytearray()

    def heard(attempt: Attempt, stream: bytes, payload: bytes) -> None:  # noqa: ARG001 - as launch has it
        if stream == b"o":
            said.extend(payload)

    with _swallowed():
        attempt = launch.run(target.python, style, words, environ, heard=heard)
    return attempt.exit_code or attempt.signal or 0, bytes(said)


def _not_listening(attempt: Attempt, stream: bytes, payload: bytes) -> None:
    """What pip says is not wanted."""


@contextlib.contextmanager
def _swallowed() -> Iterator[None]:
    """Meanwhile the standard streams lead nowhere, for a process that inherits them too."""
    while (nowhere := os.open(os.devnull, os.O_RDWR)) in STANDARD_STREAMS:
        pass  # that one was closed; to lead nowhere is as good
    kept = {number: os.dup(number) for number in STANDARD_STREAMS}
    try:
        for number in STANDARD_STREAMS:
            os.dup2(nowhere, number)
        yield
    finally:
        os.close(nowhere)
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
