"""What comes in from a socket, bounded in time and in size, as `http.client` reads it."""

from __future__ import annotations

import io
import socket
import time

from pipsafe.language.text import text


def positive(seconds: float) -> float:
    """What is left to wait; a time-out of 0 would mean something else to a socket."""
    if seconds <= 0:
        raise TimeoutError
    return seconds


class Stream(io.RawIOBase):
    """What comes in, until the deadline or so many bytes, however slowly it drips."""

    def __init__(self, connection: socket.socket, deadline: float, most_bytes: int) -> None:
        self._connection, self._deadline, self._left = connection, deadline, most_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._left <= 0:
            raise ValueError(text("the answer is too long"))
        self._connection.settimeout(positive(self._deadline - time.monotonic()))
        count = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._left -= count
        return count


class Readable:
    """As much of a socket as `http.client.HTTPResponse` wants."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(self._stream)
