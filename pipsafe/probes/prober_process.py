"""The process in which the target's interpreter runs the prober (see target_side/prober.py)."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO, Any

from pipsafe.attempts import launch
from pipsafe.attempts.attempt import Hello
from pipsafe.language.text import text

ANSWER_LIMIT = 32 << 20
"""Bytes of one answer: chains are what a hostile server chooses."""

ANSWER = b"pipsafe "
TIDYING_SECONDS = 1.0
MOST_SECONDS = 60.0
"""The longest wait for an answer, where nobody set another bound."""

MOST_STRAY_LINES = 1000
"""Lines that something else in that interpreter may print before the answers."""


class ProbeFailed(Exception):
    """The prober gave no answer. The message says why."""


class ProberProcess:
    """A process that answers questions, one after the other.

    Nothing here waits for it but the wait for an answer, and that is bounded: it is written to and read from
    in threads. What it started goes with it (not on Windows), as it goes with this process.
    """

    def __init__(self, python: str, environ: Mapping[str, str]) -> None:
        self._python = python
        self._began = time.monotonic()
        self._deadline = self._began + MOST_SECONDS
        self._prepared_for: str | None = None
        self._to_write: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.tidies_up = False
        """Whether it is given a moment to end by itself."""
        try:
            self._process = subprocess.Popen(
                [python, "-I", "-B", *launch.script("modules.py"), launch.FOLDER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(environ),
                start_new_session=True,
            )
        except OSError as error:
            template = text("{python} cannot be started: {reason}")
            raise ProbeFailed(template.filled(python=python, reason=error.strerror)) from error
        launch.call_at_the_end(self.end)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        threading.Thread(target=_write, args=(self._process.stdin, self._to_write), daemon=True).start()
        threading.Thread(target=_read, args=(self._process.stdout, self._answers), daemon=True).start()

    def bound(self, seconds: float) -> None:
        """Wait for its answers no longer than this, all in all."""
        self._began = time.monotonic()
        self._deadline = self._began + seconds

    def prepare(self, location: str) -> None:
        """Ask for the facts of the pip in this folder, and do not wait for them."""
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
        self._to_write.put(json.dumps(request).encode("ascii") + b"\n")

    def _answer(self) -> Any:
        try:
            line = self._answers.get(timeout=max(0.0, self._deadline - time.monotonic()))
        except queue.Empty:
            template = text("{python}, which was to look into it, did so for {seconds:g} seconds")
            waited = self._deadline - self._began
            raise ProbeFailed(template.filled(python=self._python, seconds=waited)) from None
        if line is None:
            raise ProbeFailed(self._how_it_ended())
        try:
            return json.loads(line)
        except ValueError as error:
            template = text("what {python} found out about it cannot be read")
            raise ProbeFailed(template.filled(python=self._python)) from error

    def _how_it_ended(self) -> str:
        """In a sentence; it has closed its output."""
        python = self._python
        try:
            code = self._process.wait(TIDYING_SECONDS)
        except subprocess.TimeoutExpired:
            return text("{python}, which was to look into it, gave no answer", python=python)
        if code >= 0:
            template = text("{python}, which was to look into it, ended with exit code {code}")
            return template.filled(python=python, code=code)
        try:
            name = signal.Signals(-code).name
        except ValueError:
            template = text("{python}, which was to look into it, was ended by signal {number}")
            return template.filled(python=python, number=-code)
        # For translators: {name} is a signal, "SIGKILL" say.
        template = text("{python}, which was to look into it, was ended by {name}")
        return template.filled(python=python, name=name)

    def end(self) -> None:
        """End it, by force if need be, and what it started."""
        with contextlib.suppress(ValueError):  # it is one of them that is being made
            launch.last_calls.remove(self.end)
        self._to_write.put(None)
        if self.tidies_up:
            try:
                self._process.wait(TIDYING_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        self._kill()
        try:
            self._process.wait(TIDYING_SECONDS)
        except subprocess.TimeoutExpired:  # what the system holds on to ends when it lets go
            pass

    def _kill(self) -> None:
        if sys.platform == "win32":
            self._process.kill()
        else:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)  # its session is its own
            except OSError:  # nobody is left
                pass


def _write(stream: IO[bytes], pieces: "queue.SimpleQueue[bytes | None]") -> None:
    """Write what comes until the other side is gone, or None comes: who reads may be in no hurry, or hang."""
    try:
        with stream:
            while (piece := pieces.get()) is not None:
                stream.write(piece)
                stream.flush()
    except OSError:  # the answers end, too, and are waited for
        pass


def _read(stream: IO[bytes], answers: "queue.SimpleQueue[bytes | None]") -> None:
    """Take answers up to the end, of the stream or of patience with what is none; None is the last."""
    stray = 0
    with stream:
        while stray < MOST_STRAY_LINES and (line := stream.readline(ANSWER_LIMIT)).endswith(b"\n"):
            if line.startswith(ANSWER):
                answers.put(line[len(ANSWER) :])
            else:
                stray += 1
        answers.put(None)


def ahead(hello: Hello, python: str, environ: Mapping[str, str]) -> ProberProcess | None:
    """A process that is already finding out what is asked first; None where it cannot be had."""
    try:
        process = ProberProcess(hello.executable or python, environ)
    except ProbeFailed:
        return None  # said by whoever needs one
    process.prepare(hello.location)
    return process
