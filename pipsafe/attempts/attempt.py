"""One run of pip, as a value that fills while pip runs, and the frames that fill it.

On the success path: imports are few on purpose. pip gets pipsafe's own stdin, stdout and
stderr; a copy of what it writes comes back in frames (see target_side/runner.py).
"""

from __future__ import annotations

import os
import time
from _thread import allocate_lock

TYPE_CHECKING = False  # see cli.py
if TYPE_CHECKING:
    from collections.abc import Callable

    Heard = Callable[["Attempt", bytes, bytes], None]
    """Gets the attempt, the tag and the text of each piece that pip wrote."""

    Asked = Callable[["Attempt"], bool]
    """Whether pip may go on."""

READ_BYTES = 65536

STOP_INTERVAL = 0.05  # seconds between two requests to stop


class CannotStart(Exception):
    """The target's interpreter cannot be run. The message is the system's reason."""


class Hello:
    """What the launcher says of its interpreter before pip starts."""

    __slots__ = (
        "executable",
        "implementation",
        "location",
        "pip_version",
        "platform",
        "prefix",
        "python_version",
    )

    def __init__(self, payload: bytes) -> None:
        fields = payload.decode("utf-8", "replace").split("\0")
        self.executable, self.python_version, self.pip_version, self.location = fields[:4]
        self.prefix, self.platform, self.implementation = fields[4:7]


class Attempt:
    """A run of pip, under way or over."""

    __slots__ = (
        "_lock",
        "_stop",
        "answer",
        "exit_code",
        "hello",
        "installing",
        "installs",
        "interrupted",
        "no_pip",
        "openssl",
        "seconds",
        "signal",
        "stopped",
    )

    def __init__(self) -> None:
        self.hello: Hello | None = None
        self.no_pip: str | None = None
        """Why there is no pip to drive: "PYTHON\\0REASON"."""
        self.openssl: str | None = None
        """The target's OpenSSL, if pip came to load it."""
        self.exit_code = 0
        """As a shell would see it: 128 + N after signal N."""
        self.signal = 0
        """The signal that ended pip, or 0."""
        self.seconds = 0.0
        self.installing = False
        """Whether pip began to install."""
        self.installs: tuple[str, ...] = ()
        """Names of what it installs, where it left out a page for TLS."""
        self.interrupted = False
        """Whether somebody asked pip to end."""
        self.stopped = False
        """Whether pipsafe ended it, and it obeyed."""
        self.answer: int | None = None
        """Where the launcher's questions are answered."""
        self._lock = allocate_lock()
        self._stop: Callable[[], None] | None = None

    def request_stop(self) -> None:
        """Ask pip to end, again and again until it has. From any thread; returns when pip is gone.

        The launcher refuses while pip installs or waits for a build.
        """
        while not self.installing:
            with self._lock:
                if self._stop is None:
                    return
                self._stop()
            time.sleep(STOP_INTERVAL)

    def started(self, stop: Callable[[], None]) -> None:
        """pip runs, and this is how to ask it to stop."""
        self._stop = stop

    def send(self, signalling: Callable[[], None]) -> None:
        """Signal pip, unless it is gone."""
        with self._lock:
            if self._stop is not None:
                signalling()

    def ending(self) -> None:
        """pip is gone. Its number may soon be another's, so nothing is sent to it any more."""
        with self._lock:
            self._stop = None


def listen(
    attempt: Attempt,
    copy: int,
    heard: Heard,
    asked: Asked | None = None,
) -> None:
    """Read frames until pip's end of the pipe is closed."""
    pending = b""
    while data := os.read(copy, READ_BYTES):
        pending += data
        start = 0
        while len(pending) >= start + 5:
            end = start + 5 + int.from_bytes(pending[start + 1 : start + 5], "big")
            if len(pending) < end:
                break
            tag, payload = pending[start : start + 1], pending[start + 5 : end]
            if tag == b"q" and asked is not None and attempt.answer is not None:
                _answer(attempt.answer, asked(attempt))
            else:
                take_frame(attempt, tag, payload, heard)
            start = end
        pending = pending[start:]


def _answer(end: int, yes: bool) -> None:  # noqa: FBT001 - what was asked can only be answered so
    try:
        os.write(end, b"y" if yes else b"n")
    except OSError:  # pip is gone
        pass


def take_frame(attempt: Attempt, tag: bytes, payload: bytes, heard: Heard) -> None:
    """One frame from the launcher, taken into ``attempt`` or passed on to ``heard``."""
    if tag in (b"o", b"e", b"s", b"l"):
        heard(attempt, tag, payload)
    elif tag == b"h":
        attempt.hello = Hello(payload)
    elif tag == b"i":
        attempt.installing = True
        attempt.installs += tuple(payload.decode("utf-8", "replace").split())
    elif tag == b"z":
        openssl, _, ending = payload.decode("utf-8", "replace").partition("\0")
        attempt.openssl = openssl or None
        attempt.stopped = ending == "stopped"
    elif tag == b"n":
        attempt.no_pip = payload.decode("utf-8", "replace")
