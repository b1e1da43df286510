"""A line on the terminal while a probe takes its time, and none afterwards."""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TextIO

from pipsafe.language import catalogues
from pipsafe.language.text import text
from pipsafe.messages import terminal
from pipsafe.messages.columns import width_of

PATIENCE = 0.5
"""Seconds that nobody needs to be told about."""


class Progress:
    """Called with what goes on. A context manager; on leaving the line is gone."""

    def __init__(
        self, stream: TextIO | None, environ: Mapping[str, str], *, patience: float = PATIENCE
    ) -> None:
        self._environ = environ
        self._stream = stream if stream is not None and _is_terminal(stream, environ) else None
        self._patience = patience
        self._activity = ""
        self._shown = ""
        self._is_late = False
        self._is_over = False
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> "Progress":
        if self._stream is not None:
            self._timer = threading.Timer(self._patience, self._now)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._is_over = True
            self._write("")

    def __call__(self, activity: str) -> None:
        """What goes on now, such as "asking 3 servers"."""
        with self._lock:
            self._activity = activity
            if self._is_late:
                self._write(activity)

    def _now(self) -> None:
        with self._lock:
            self._is_late = not self._is_over
            if self._is_late:
                self._write(self._activity)

    def _write(self, activity: str) -> None:
        """In the place of what stands there. Without escape sequences: old consoles have none."""
        if self._stream is None:
            return
        row = self._row(activity, self._stream) if activity else ""
        if row == self._shown:
            return
        blank = " " * width_of(self._shown)
        try:
            self._stream.write(f"\r{blank}\r{row}")
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None
        self._shown = row

    def _row(self, activity: str, stream: TextIO) -> str:
        """In the reader's language, or in English where the stream has no letters for it."""
        # For translators: {activity} goes on now, such as "asking 3 servers".
        row = text("{activity} ...", activity=activity)
        return terminal.legible(
            lambda language: row.said(catalogues.look(language)),
            self._environ,
            terminal.encoding_of(stream),
        )


def _is_terminal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    try:
        return stream.isatty() and environ.get("TERM") != "dumb"
    except ValueError:
        return False
