"""A package index (PEP 503) on loopback, over TLS or not, that keeps a log of all that reached it.

The log has three levels, since a test of refusal has to tell them apart: a TCP connection, a completed
handshake, an HTTP request.
"""

from __future__ import annotations

import base64
import html
import math
import shutil
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TypeAlias
from urllib.parse import quote, unquote, urlsplit

from .authority import Leaf
from .listener import Connection, Listener, Request
from .packages import Package

__all__ = ["Answer", "Certificates", "Connection", "IndexServer", "Request", "redirect"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A fixed answer of the server to one path."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def redirect(url: str, *, status: int = 302) -> Answer:
    """The answer that sends the client elsewhere."""
    return Answer(status, headers={"Location": url})


Certificates: TypeAlias = "Leaf | Callable[[Connection], Leaf]"


class IndexServer:
    """An index server, running between `__enter__` and `__exit__`.

    `certificates` is a `Leaf`, or a function that picks one for each connection (called in the handshake,
    when the SNI is known), or None for plain HTTP.  `files_url` is the base URL of another
    `IndexServer` that the links point to; `auth` a user and password to demand; `answers` fixed answers by
    path, before all else; `configure` gets each server-side `SSLContext`, to limit versions or to ask for
    a client certificate.

    These attributes may be changed while the server runs: `certificates`, `answers`, `auth`, `hang_up`
    (close each connection at once), `pause_before_handshake` and `pause_before_answer` (seconds;
    `math.inf` hangs until the server stops), `bytes_per_second` (of file downloads).
    """

    def __init__(
        self,
        packages: Iterable[Package] = (),
        certificates: Certificates | None = None,
        *,
        files_url: str | None = None,
        auth: tuple[str, str] | None = None,
        answers: Mapping[str, Answer] | None = None,
        configure: Callable[[ssl.SSLContext], None] | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self.packages: dict[str, list[Package]] = {}
        for package in packages:
            self.add(package)
        self.certificates = certificates
        self.files_url = files_url
        self.auth = auth
        self.answers: dict[str, Answer] = dict(answers or {})
        self.configure = configure
        self.hang_up = False
        self.pause_before_handshake = 0.0
        self.pause_before_answer = 0.0
        self.bytes_per_second: int | None = None
        self.connections: list[Connection] = []
        self.requests: list[Request] = []
        self.faults: list[BaseException] = []
        self._address = address
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._listener: Listener | None = None
        self._folder: Path | None = None

    def __enter__(self) -> IndexServer:
        self._stopped.clear()
        self._folder = Path(tempfile.mkdtemp(prefix="index-server-"))
        self._listener = Listener(self, self._address)
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        assert self._folder is not None
        self._stopped.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.close_connections()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self.faults and error is None:
            raise self.faults[0]

    # Where it is

    @property
    def port(self) -> int:
        assert self._listener is not None, "the server does not run"
        return int(self._listener.server_address[1])

    @property
    def scheme(self) -> str:
        return "http" if self.certificates is None else "https"

    def url(self, path: str = "", host: str = "localhost") -> str:
        """The URL of a path on this server, under any name that leads here."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def index_url(self) -> str:
        """What `--index-url` takes."""
        return self.url("/simple/")

    @property
    def index_url_with_credentials(self) -> str:
        """The same with the user and password of `auth` in it."""
        assert self.auth is not None
        user, password = (quote(part, safe="") for part in self.auth)
        return f"{self.scheme}://{user}:{password}@localhost:{self.port}/simple/"

    # What it has

    def add(self, package: Package) -> None:
        """Offer one more file."""
        self.packages.setdefault(package.project, []).append(package)

    def file_path(self, package: Package) -> str:
        """The path of a package's file, on whichever server has it."""
        return f"/files/{quote(package.filename)}"

    # What reached it

    @property
    def handshakes(self) -> list[Connection]:
        """The connections whose handshake was completed."""
        return [connection for connection in self.connections if connection.completed]

    @property
    def paths(self) -> list[str]:
        """The paths that were requested, in order."""
        return [request.path for request in self.requests]

    def forget(self) -> None:
        """Empty the log."""
        with self._lock:
            self.connections.clear()
            self.requests.clear()

    def settle(self, timeout: float = 20) -> None:
        """Wait until the log is complete, all clients being gone; `AssertionError` when one stays.

        A client can be gone before this side has noticed, or even accepted, its connection.
        """
        assert self._listener is not None
        deadline = time.monotonic() + timeout
        self._listener.wait_for_accepts(timeout)
        while not all(connection.closed for connection in self.connections):
            assert time.monotonic() < deadline, f"still there: {self.connections}"
            time.sleep(0.005)

    # From here on: for the listener and its threads

    def opened(self) -> Connection:
        with self._lock:
            connection = Connection(len(self.connections), time.monotonic())
            self.connections.append(connection)
        return connection

    def received(self, request: Request) -> None:
        with self._lock:
            self.requests.append(request)

    def pause(self, seconds: float) -> None:
        if seconds:
            self._stopped.wait(None if math.isinf(seconds) else seconds)

    def wrap(self, raw: socket.socket, connection: Connection) -> socket.socket:
        """Do the server's side of the handshake; `OSError` when it fails."""
        if self.certificates is None:
            connection.completed = True
            return raw
        raw.settimeout(30)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def choose(channel: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
            connection.server_name = name
            chosen = self.certificates
            assert chosen is not None
            picked = chosen if isinstance(chosen, Leaf) else chosen(connection)
            connection.leaf = picked
            try:
                channel.context = self._context(picked)
            except OSError:
                # A handshake that outlives the server finds its files gone.
                if not self._stopped.is_set():
                    raise

        context.sni_callback = choose
        if isinstance(self.certificates, Leaf):
            context = self._context(self.certificates)
            context.sni_callback = choose
        elif self.configure is not None:
            self.configure(context)
        channel = context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        try:
            channel.do_handshake()
        except BaseException:
            channel.close()
            raise
        connection.completed = True
        return channel

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        """What to answer to a request; names of headers in lower case."""
        if self.auth is not None:
            token = base64.b64encode(":".join(self.auth).encode()).decode()
            if headers.get("authorization") != f"Basic {token}":
                return Answer(401, b"who are you\n", {"WWW-Authenticate": 'Basic realm="index"'})
        plain = unquote(urlsplit(path).path)
        if plain in self.answers or path in self.answers:
            return self.answers[path if path in self.answers else plain]
        parts = plain.strip("/").split("/")
        match parts:
            case ["simple"]:
                return _page(f'<a href="/simple/{project}/">{project}</a><br>' for project in self.packages)
            case ["simple", project] if project in self.packages and plain.endswith("/"):
                return _page(map(self._link, self.packages[project]))
            case ["simple", project] if project in self.packages:
                return redirect(f"/simple/{project}/", status=301)
            case ["files", filename]:
                return self._file(filename)
            case _:
                return Answer(404, b"not here\n")

    def _link(self, package: Package) -> str:
        href = f"{self.files_url or ''}{self.file_path(package)}#sha256={package.sha256}"
        needs = ""
        if package.requires_python:
            needs = f' data-requires-python="{html.escape(package.requires_python)}"'
        return f'<a href="{html.escape(href)}"{needs}>{package.filename}</a><br>'

    def _file(self, filename: str) -> Answer:
        for files in self.packages.values():
            for package in files:
                if package.filename == filename:
                    return Answer(200, package.data, {"Content-Type": "application/octet-stream"})
        return Answer(404, b"no such file\n")

    def _context(self, leaf: Leaf) -> ssl.SSLContext:
        assert self._folder is not None
        path = self._folder / f"{leaf.sha256}-{leaf.chain.name}.pem"
        with self._lock:
            if not path.exists():
                path.write_bytes(leaf.server_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Weak keys are for the client to refuse.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(path)
        if self.configure is not None:
            self.configure(context)
        return context


def _page(links: Iterable[str]) -> Answer:
    body = "<!DOCTYPE html><html><body>\n" + "\n".join(links) + "\n</body></html>\n"
    return Answer(200, body.encode(), {"Content-Type": "text/html"})
