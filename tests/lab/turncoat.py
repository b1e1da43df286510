"""Servers and proxies that behave until it pays not to, and those that speak two protocols at one port."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .authority import Authority, Leaf
from .index_server import Connection
from .interceptor import Interceptor, pump, wrap_server
from .raw_server import RawServer

_HANDSHAKE = b"\x16"
"""The first byte of TLS: a record of the handshake protocol."""


class Turncoat:
    """The `certificates` of an `IndexServer`: honest until the run's retry is there, hostile from then on.

    `shown` counts each kind; `retries` has what the retry was started with.
    """

    def __init__(self, honest: Leaf, hostile: Leaf, env: Mapping[str, str]) -> None:
        self.honest, self.hostile = honest, hostile
        self.shown = {"honest": 0, "hostile": 0}
        self.retries: list[bytes] = []
        self._env = env

    def __call__(self, _: Connection) -> Leaf:
        found = retries(self._env)
        self.retries += found
        self.shown["hostile" if found else "honest"] += 1
        return self.hostile if found else self.honest


class LateInterceptor(Interceptor):
    """A proxy that only tunnels until `turned` says so, and opens TLS from then on.

    `tunnelled` and `intercepted` have the hosts of each kind; `heard` what clients said behind a handshake
    that was intercepted.
    """

    def __init__(self, authority: Authority, upstream_ca: bytes, turned: Callable[[str], bool]) -> None:
        super().__init__(authority, upstream_ca)
        self.turned = turned
        self.tunnelled: list[str] = []
        self.intercepted: list[str] = []
        self.heard: list[bytes] = []

    def __enter__(self) -> LateInterceptor:
        super().__enter__()
        return self

    def relay(self, client: socket.socket, upstream: socket.socket, host: str) -> None:
        if not self.turned(host):
            self.tunnelled.append(host)
            pump(client, upstream)
            return
        self.intercepted.append(host)
        with wrap_server(client, self.authority.leaf([host])) as inner:
            said = inner.recv(65536)
            if said:
                self.heard.append(said)
                with self._trusted.wrap_socket(upstream, server_hostname=host) as outer:
                    outer.sendall(said)
                    pump(inner, outer)


def retries(env: Mapping[str, str]) -> list[bytes]:
    """Environment and words of each process of this run that was started with a CA bundle of pipsafe's.

    A retry is, and no probe.
    """
    mark, found = os.fsencode(f"HOME={env['HOME']}\0"), []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            variables = (entry / "environ").read_bytes()
            if mark in variables and b"/ca-bundle-" in variables:
                found.append(variables + (entry / "cmdline").read_bytes())
    return found


def is_retrying(env: Mapping[str, str]) -> bool:
    """Whether the retry is there."""
    return bool(retries(env))


def doorman(tls_port: int, otherwise: Callable[[RawServer, socket.socket], None]) -> RawServer:
    """One port for both: TLS goes on to another server, what comes in the clear is served by `otherwise`."""

    def serve(server: RawServer, connection: socket.socket) -> None:
        connection.settimeout(30)
        if connection.recv(1, socket.MSG_PEEK) != _HANDSHAKE:
            otherwise(server, connection)
            return
        with socket.create_connection(("127.0.0.1", tls_port), timeout=30) as upstream:
            pump(connection, upstream)

    return RawServer(serve)


class Endless:
    """Says the start, and then the piece for ever, as fast as it is taken.

    `sent` counts the bytes of each connection that this system took; its buffer for them is small.
    """

    def __init__(self, start: bytes, piece: bytes) -> None:
        self.start, self.piece = start, piece
        self.sent: list[int] = []
        self._lock = threading.Lock()

    def __call__(self, server: RawServer, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        server.read_request(connection)
        with self._lock:
            mine = len(self.sent)
            self.sent.append(0)
        connection.sendall(self.start)
        while not server.stopped.is_set():
            self.sent[mine] += connection.send(self.piece)


def a_byte_a_second(answer: bytes) -> Callable[[socket.socket], None]:
    """The answer, a byte a second."""

    def behave(connection: socket.socket) -> None:
        for byte in answer:
            connection.sendall(bytes((byte,)))
            time.sleep(1)

    return behave
