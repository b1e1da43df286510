"""The sockets and threads below an `IndexServer`, and what it logs of them."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from .authority import Leaf

if TYPE_CHECKING:
    from .index_server import IndexServer


@dataclass(slots=True)
class Connection:
    """One TCP connection: its number from 0, and what became of its handshake."""

    number: int
    at: float
    """`time.monotonic()` of the accept."""
    server_name: str | None = None
    """The SNI of the client."""
    completed: bool = False
    """Whether the TLS handshake came to its end; always true over plain HTTP."""
    failure: str | None = None
    """Why it did not."""
    leaf: Leaf | None = None
    """The certificate that was presented."""
    closed: bool = False
    """Whether it is over, so that nothing more can come of it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it came."""

    line: str
    """The request line, such as `GET /simple/speck/ HTTP/1.1`."""
    headers: Mapping[str, str]
    """Names in lower case; empty when the request could not be parsed."""
    connection: int
    at: float

    @property
    def method(self) -> str:
        return self.line.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.line.split(" ")[1] if self.line.count(" ") else ""


class Listener(ThreadingHTTPServer):
    """The sockets of one `IndexServer`: one thread for each connection, handshake included."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, index: IndexServer, address: str) -> None:
        self.index = index
        self._open: set[socket.socket] = set()
        self._connections: dict[socket.socket, Connection] = {}
        self._unlogged: dict[int, threading.Event] = {}
        if ":" in address:
            self.address_family = socket.AF_INET6
        super().__init__((address, 0), BaseHTTPRequestHandler)

    def server_bind(self) -> None:
        # HTTPServer.server_bind asks DNS for a name that nobody reads.
        socket.socket.bind(self.socket, self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def wait_for_accepts(self, timeout: float) -> None:
        """Wait until all connections made before this call are accepted, by making one more, unlogged."""
        with socket.socket(self.address_family) as last:
            last.bind((self.server_address[0], 0))
            accepted = self._unlogged[last.getsockname()[1]] = threading.Event()
            last.settimeout(timeout)
            last.connect(self.server_address[:2])
            assert accepted.wait(timeout), "the server does not accept"

    def process_request(self, request: Any, client_address: Any) -> None:
        if accepted := self._unlogged.pop(client_address[1], None):
            accepted.set()
            self.shutdown_request(request)
            return
        # Logged here, in the accepting thread, so that the log has the order of the accepts.
        self._connections[request] = self.index.opened()
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        connection = self._connections.pop(request)
        try:
            self._serve(request, client_address, connection)
        finally:
            connection.closed = True

    def _serve(self, request: Any, client_address: Any, connection: Connection) -> None:
        self._open.add(request)
        try:
            if self.index.hang_up:
                connection.failure = "hung up"
                return
            self.index.pause(self.index.pause_before_handshake)
            channel = self.index.wrap(request, connection)
        except (OSError, ValueError) as error:
            connection.failure = str(error) or type(error).__name__
            return
        finally:
            self._open.discard(request)
        self._open.add(channel)
        try:
            _Exchange(channel, client_address, self, connection)
        except OSError as error:
            connection.failure = str(error)
        finally:
            self._open.discard(channel)
            channel.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 the signature is socketserver's
        # A client that goes away is what many tests are about, and logged; all else is a fault of ours.
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.index.faults.append(error)

    def close_connections(self) -> None:
        for channel in tuple(self._open):
            with contextlib.suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)


class _Exchange(BaseHTTPRequestHandler):
    """The HTTP requests on one connection."""

    protocol_version = "HTTP/1.1"
    server: Listener
    raw_requestline: bytes
    timeout = 60

    def __init__(self, channel: Any, client_address: Any, listener: Listener, connection: Connection) -> None:
        self.tls_connection = connection
        super().__init__(channel, client_address, listener)

    def parse_request(self) -> bool:
        parsed = super().parse_request()
        headers = {name.lower(): value for name, value in self.headers.items()} if parsed else {}
        line = self.raw_requestline.decode("latin-1").rstrip("\r\n")
        self.server.index.received(Request(line, headers, self.tls_connection.number, time.monotonic()))
        self.seen = headers
        return parsed

    def do_GET(self) -> None:
        index = self.server.index
        index.pause(index.pause_before_answer)
        answer = index.answer(self.path, self.seen)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self._send(answer.body)

    do_HEAD = do_GET  # noqa: N815 the name is http.server's

    def _send(self, body: bytes) -> None:
        speed = self.server.index.bytes_per_second
        if speed is None or len(body) < 4096:
            self.wfile.write(body)
            return
        step = max(1, speed // 20)
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.server.index.pause(0.05)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is http.server's
        pass
