"""The process in which the target's interpreter runs the prober (see target_side/prober.py)."""

import json
import os
import subprocess
import threading
from collections.abc import Mapping
from pkgutil import get_data
from typing import Any

from pipsafe.attempts.attempt import Hello

# The sources come first on stdin: they need not be files (pipsafe may lie in a zip).
SOURCES = (
    "modules",
    "prober",
    "build",
    "pip_parts",
    "verdicts",
    "contexts",
    "connections",
    "handshakes",
    "surveys",
)
BOOT = (
    "import json, sys; sources = json.loads(sys.stdin.readline()); "
    "exec(sources['modules']); run(sources, 'prober', sys.argv[1])"
)

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "target_side")
"""Where the sources lie, or would lie."""

ANSWER_LIMIT = 32 << 20
"""Bytes of one answer: chains are what a hostile server chooses."""

ANSWER = b"pipsafe "
TIDYING_SECONDS = 1.0
MOST_STRAY_LINES = 1000
"""Lines that something else in that interpreter may print before the first answer."""


class ProbeFailed(Exception):
    """The prober gave no answer. The message says why."""


class ProberProcess:
    """A process that answers questions, one after the other.

    It ends with this process, whose end of its stdin it waits on, and by a watchdog once it is bounded.
    """

    def __init__(self, python: str, environ: Mapping[str, str]) -> None:
        sources = json.dumps({name: _source(name) for name in SOURCES}).encode("ascii")
        self._watchdog: threading.Timer | None = None
        self._prepared_for: str | None = None
        self.tidies_up = False
        """Whether it is given a moment to end by itself."""
        try:
            self._process = subprocess.Popen(
                [python, "-I", "-c", BOOT, FOLDER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(environ),
            )
        except OSError as error:
            raise ProbeFailed(f"{python} cannot be started: {error.strerror}") from error
        self._send(sources + b"\n")

    def bound(self, seconds: float) -> None:
        """Let it live no longer than this."""
        self._watchdog = threading.Timer(seconds, self._process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()

    def prepare(self, location: str) -> None:
        """Ask for the facts of the pip in this folder, and do not wait for them. Raises ProbeFailed."""
        self._send_question({"op": "facts", "location": location})
        self._prepared_for = location

    def facts(self, location: str) -> Any:
        """The facts of the pip in this folder. Raises ProbeFailed."""
        if self._prepared_for != location:
            self.prepare(location)
        self._prepared_for = None
        return self._answer()

    def ask(self, request: Mapping[str, object]) -> Any:
        """The answer to one question. Raises ProbeFailed."""
        self._send_question(request)
        return self._answer()

    def _send_question(self, request: Mapping[str, object]) -> None:
        self._send(json.dumps(request).encode("ascii") + b"\n")

    def _answer(self) -> Any:
        stream = self._process.stdout
        assert stream is not None
        for _ in range(MOST_STRAY_LINES):
            line = stream.readline(ANSWER_LIMIT)
            if not line.endswith(b"\n"):
                break
            if line.startswith(ANSWER):
                try:
                    return json.loads(line[len(ANSWER) :])
                except ValueError as error:
                    raise ProbeFailed("the prober's answer cannot be read") from error
        raise ProbeFailed("the prober gave no answer in time")

    def end(self) -> None:
        """End it, by force if need be."""
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self.tidies_up and self._process.stdin is not None:
            try:
                self._process.stdin.close()
                self._process.wait(TIDYING_SECONDS)
            except (OSError, subprocess.TimeoutExpired):
                pass
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass
        self._process.wait()

    def _send(self, data: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.write(data)
            stream.flush()
        except OSError as error:
            raise ProbeFailed("the prober went away") from error


def ahead(hello: Hello, python: str, environ: Mapping[str, str]) -> ProberProcess | None:
    """A process that is already finding out what is asked first; None where it cannot be had."""
    try:
        process = ProberProcess(hello.executable or python, environ)
    except ProbeFailed:
        return None  # said by whoever needs one
    try:
        process.prepare(hello.location)
    except ProbeFailed:
        process.end()
        return None
    return process


def _source(name: str) -> str:
    source = get_data("pipsafe.target_side", f"{name}.py")
    if source is None:
        raise ProbeFailed("the prober's source is missing")
    return source.decode("utf-8")
