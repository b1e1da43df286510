"""Proxies between pip and an index: one that only tunnels, and one that inspects TLS."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlsplit

from .authority import Authority, Leaf


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """One request to a proxy."""

    method: str
    target: str
    """`host:port` of a CONNECT, the URL of another method."""
    headers: Mapping[str, str]
    """Names in lower case."""
    status: int
    """What the proxy answered, by itself: 200 when it let the request through."""


class ConnectProxy:
    """An HTTP proxy on loopback, running between `__enter__` and `__exit__`, that tunnels and logs.

    `auth` is a user and password to demand, with 407; `routes` sends host names, which need not exist, or
    "host:port", to a port on loopback; `certificates` makes it a proxy that is itself spoken to over TLS.
    """

    def __init__(
        self,
        *,
        auth: tuple[str, str] | None = None,
        routes: Mapping[str, int] | None = None,
        certificates: Leaf | None = None,
    ) -> None:
        self.auth = auth
        self.routes = dict(routes or {})
        self.certificates = certificates
        self.requests: list[ProxyRequest] = []
        self.failures: list[str] = []
        """What ended a connection early, such as a handshake that the client broke off."""
        self._listener: socket.socket | None = None
        self._stopped = threading.Event()

    def __enter__(self) -> ConnectProxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._stopped.set()
        # A thread in accept() is woken by a connection, not by close().
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            pass
        self._listener.close()

    @property
    def port(self) -> int:
        assert self._listener is not None, "the proxy does not run"
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """The proxy's URL, without credentials."""
        return f"{'https' if self.certificates else 'http'}://localhost:{self.port}"

    @property
    def url_with_credentials(self) -> str:
        """The proxy's URL with the user and password of `auth`."""
        assert self.auth is not None
        user, password = (quote(part, safe="") for part in self.auth)
        return self.url.replace("://", f"://{user}:{password}@")

    @property
    def connects(self) -> list[str]:
        """The targets of all CONNECT requests, in order."""
        return [request.target for request in self.requests if request.method == "CONNECT"]

    def relay(self, client: socket.socket, upstream: socket.socket, host: str) -> None:
        """Carry bytes both ways until either side has no more; `host` is what the client asked for."""
        del host
        pump(client, upstream)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if self._stopped.is_set():
                client.close()
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            client.settimeout(30)
            if self.certificates is not None:
                client = wrap_server(client, self.certificates)
            if self.certificates is None and client.recv(1, socket.MSG_PEEK) == b"\x16":
                client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                return
            head = _read_head(client)
            if head:
                self._handle(client, head)
        except (OSError, ValueError) as error:
            self.failures.append(str(error) or type(error).__name__)
        finally:
            client.close()

    def _handle(self, client: socket.socket, head: bytes) -> None:
        line, *rest = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ", 2)
        fields = (field.partition(":") for field in rest if field)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        allowed = self._allows(headers)
        self.requests.append(ProxyRequest(method, target, headers, 200 if allowed else 407))
        if not allowed:
            refusal = "Proxy-Authenticate: Basic realm=proxy\r\nContent-Length: 0\r\nConnection: close"
            client.sendall(f"HTTP/1.1 407 Proxy Authentication Required\r\n{refusal}\r\n\r\n".encode())
            return
        where = urlsplit(target if "://" in target else f"//{target}")
        host = where.hostname or ""
        port = where.port or 80
        routed = self.routes.get(f"{host}:{port}", self.routes.get(host))
        address = (host, port) if routed is None else ("127.0.0.1", routed)
        with socket.create_connection(address, timeout=30) as upstream:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.relay(client, upstream, host)
            else:
                path = f"{where.path or '/'}{'?' if where.query else ''}{where.query}"
                kept = [f for f in rest if f and not f.lower().startswith(("proxy-", "connection:"))]
                lines = [f"{method} {path} HTTP/1.1", *kept, "Connection: close"]
                upstream.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
                pump(client, upstream)

    def _allows(self, headers: Mapping[str, str]) -> bool:
        if self.auth is None:
            return True
        token = base64.b64encode(":".join(self.auth).encode()).decode()
        return headers.get("proxy-authorization") == f"Basic {token}"


class Interceptor(ConnectProxy):
    """A proxy that inspects TLS: each client is shown a certificate of its own `authority`.

    It verifies the real server with `upstream_ca` (PEM) and hangs up when that fails.  `completed` names the
    hosts of the handshakes that clients went through with.
    """

    def __init__(
        self,
        authority: Authority,
        upstream_ca: bytes,
        *,
        auth: tuple[str, str] | None = None,
        routes: Mapping[str, int] | None = None,
        certificates: Leaf | None = None,
    ) -> None:
        super().__init__(auth=auth, routes=routes, certificates=certificates)
        self.authority = authority
        self.completed: list[str] = []
        self._trusted = ssl.create_default_context(cadata=upstream_ca.decode())
        self._leaves: dict[str, Leaf] = {}

    def __enter__(self) -> Interceptor:
        super().__enter__()
        return self

    def relay(self, client: socket.socket, upstream: socket.socket, host: str) -> None:
        with self._trusted.wrap_socket(upstream, server_hostname=host) as outer:
            leaf = self._leaves.setdefault(host, self.authority.leaf([host]))
            with wrap_server(client, leaf) as inner:
                self.completed.append(host)
                pump(inner, outer)


def wrap_server(raw: socket.socket, leaf: Leaf) -> ssl.SSLSocket:
    """The server's side of a handshake; closes the socket when it fails."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:
        path = Path(folder, "leaf.pem")
        path.write_bytes(leaf.server_pem)
        context.load_cert_chain(path)
    channel = context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
    try:
        channel.do_handshake()
    except BaseException:
        channel.close()
        raise
    return channel


def pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends; in one thread, as a TLS socket must not be shared by two."""
    peers = {one: other, other: one}
    while True:
        unread = [s for s in peers if isinstance(s, ssl.SSLSocket) and s.pending()]
        ready: list[socket.socket] = [*unread] or select.select(list(peers), [], [], 30)[0]
        if not ready:
            return
        for source in ready:
            # Readable need not mean data: it may be a session ticket, or half a record.
            source.settimeout(0)
            try:
                data = source.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                continue
            finally:
                source.settimeout(30)
            if not data:
                return
            peers[source].sendall(data)


def _read_head(client: socket.socket) -> bytes:
    """The head of one request, without its empty line; empty when the client went away."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        # Byte by byte: what follows the head belongs to the tunnel.
        piece = client.recv(1)
        if not piece:
            return b""
        head += piece
    return head.removesuffix(b"\r\n\r\n")
