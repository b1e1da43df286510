"""Asks a program of the operating system something: within a time, and not more than so many bytes.

For POSIX systems, macOS and Linux: where a program has to be asked, it is one of these.
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Sequence

from pipsafe.language.text import text

_PIECE = 65_536


class Unanswered(Exception):
    """The program gave no answer that could be used; the message is a clause with it as the subject."""


class Failed(Unanswered):
    """It ended with an exit code that is not 0."""


def answer(arguments: Sequence[str], *, seconds: float, most_bytes: int, folder: str | None = None) -> bytes:
    """What the program writes. It is given no input, and ends with this. Raises Unanswered."""
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or text("no program")
        raise Unanswered(text("cannot be run ({reason})", reason=reason)) from error
    try:
        return _answer(process, time.monotonic() + seconds, seconds, most_bytes)
    finally:
        if process.poll() is None:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()
        process.wait()


def _answer(process: subprocess.Popen[bytes], end: float, seconds: float, most_bytes: int) -> bytes:
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    pieces: list[bytes] = []
    left = most_bytes
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            raise Unanswered(text("does not answer within {seconds:g} seconds", seconds=seconds))
        piece = os.read(descriptor, _PIECE)
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise Unanswered(text("says more than {number} bytes", number=most_bytes))
    try:
        code = process.wait(max(0.05, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise Unanswered(text("does not end within {seconds:g} seconds", seconds=seconds)) from None
    if code:
        raise Failed(text("failed (exit code {code})", code=code))
    return b"".join(pieces)
