"""Runs of a command on a real pseudo-terminal, with somebody at the keyboard."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from .run import OutOfTimeError, kill_group


@dataclass(frozen=True, slots=True)
class Step:
    """Once `expect` (a regular expression) appears in what came since the last step: type, then signal.

    A typed b"\\x03" is Ctrl-C, which the terminal makes a SIGINT to its foreground group; `signal` goes to
    the started process alone.
    """

    expect: bytes
    send: bytes = b""
    signal: int | None = None
    after: float = 0.0
    """Seconds to wait first."""


@dataclass(frozen=True, slots=True)
class TerminalRun:
    """What a command did on a terminal."""

    output: bytes
    """All that the terminal got, both streams in their order, with the terminal's CR LF and the echo."""
    exit_code: int
    """Negative for the signal that ended it."""
    seconds: float


_ADOPT = (
    "import fcntl, os, sys, termios; "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvpe(sys.argv[1], sys.argv[1:], os.environ)"
)
"""Makes the terminal on stdin the controlling one; not in a fork of ours, which is unsafe beside threads."""


def run_on_pty(
    command: Sequence[str | Path],
    env: Mapping[str, str],
    *,
    columns: int = 80,
    rows: int = 24,
    steps: Sequence[Step] = (),
    cwd: Path | None = None,
    timeout: float = 60,
    prefix: Sequence[str] = (),
) -> TerminalRun:
    """Run a command as the leader of a new session on a terminal, until it ends and the terminal is closed.

    For job control (Ctrl-Z, `fg`) run a shell, such as `bash --norc --noprofile -i`, and type the command:
    a session leader itself cannot be stopped.  Raises `OutOfTimeError`, also for a step whose words
    never came.
    """
    if sys.platform == "win32":
        pytest.skip("no pseudo-terminals here")
    args = [*prefix, *map(str, command)]
    begin = time.monotonic()
    master, slave = os.openpty()
    try:
        _set_size(master, rows, columns)
        full = {"TERM": "xterm-256color", **env}
        process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", _ADOPT, *args],
            env=full,
            cwd=cwd or full.get("HOME"),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        output = _converse(master, process, list(steps), begin + timeout)
    finally:
        os.close(master)
    return TerminalRun(output, process.wait(), time.monotonic() - begin)


def _set_size(terminal: int, rows: int, columns: int) -> None:
    if sys.platform != "win32":
        import fcntl
        import struct
        import termios

        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _converse(terminal: int, process: subprocess.Popen[bytes], steps: list[Step], deadline: float) -> bytes:
    """Read until the terminal is closed, taking each step when its turn and its words have come."""
    output, seen = bytearray(), 0
    while True:
        while steps and (match := re.compile(steps[0].expect).search(output, seen)):
            seen = match.end()
            _take(steps.pop(0), terminal, process)
        if time.monotonic() > deadline:
            kill_group(process)
            process.wait()
            waited = f" for {steps[0].expect!r}" if steps else ""
            raise OutOfTimeError(f"{process.args!r} took too long{waited}\n{bytes(output)!r}")
        piece = _read(terminal, process)
        if piece is None:
            break
        output += piece
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    kill_group(process)
    if steps:
        raise OutOfTimeError(f"{process.args!r} ended before {steps[0].expect!r}\n{bytes(output)!r}")
    return bytes(output)


def _read(terminal: int, process: subprocess.Popen[bytes]) -> bytes | None:
    """What came within a moment, perhaps nothing; None at the end."""
    if not select.select([terminal], [], [], 0.05)[0]:
        # A grandchild may hold the terminal open for ever after the command has ended.
        ended = process.poll() is not None and not select.select([terminal], [], [], 0.2)[0]
        return None if ended else b""
    try:
        return os.read(terminal, 65536) or None
    except OSError as error:
        # Linux tells the end of a terminal so.
        if error.errno != errno.EIO:
            raise
        return None


def _take(step: Step, terminal: int, process: subprocess.Popen[bytes]) -> None:
    time.sleep(step.after)
    if step.send:
        os.write(terminal, step.send)
    if step.signal is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.Signals(step.signal))
