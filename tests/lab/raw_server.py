"""A server that does with each connection what a test says, for answers that no decent server gives."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType


class RawServer:
    """Listens on loopback between `__enter__` and `__exit__`; `serve` gets each connection in a thread.

    What clients sent before they were answered is in `requests`, if `serve` reads it by `read_request`.
    """

    def __init__(self, serve: Callable[[RawServer, socket.socket], None], address: str = "127.0.0.1") -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopped = threading.Event()
        self._serve = serve
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family)
        self._open: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """A URL that leads here."""
        return f"http://{host}:{self.port}{path}"

    def read_request(self, connection: socket.socket) -> bytes:
        """The request's head, kept in `requests`."""
        data = b""
        while b"\r\n\r\n" not in data and (part := connection.recv(4096)):
            data += part
        self.requests.append(data)
        return data

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _attend(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._serve(self, connection)


def saying(answer: bytes) -> Callable[[RawServer, socket.socket], None]:
    """Reads the request, says this, and hangs up."""

    def serve(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(answer)

    return serve


def dripping(start: bytes, drop: bytes, seconds: float) -> Callable[[RawServer, socket.socket], None]:
    """Says the start, and then the drop again and again, with a pause before each, without end."""

    def serve(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(start)
        while not server.stopped.wait(seconds):
            connection.sendall(drop)

    return serve


def silent(server: RawServer, _: socket.socket) -> None:
    """Says nothing until the server stops."""
    server.stopped.wait()
