"""One request over plain HTTP to somebody who may be hostile: bounded in time, in size, in where it goes.

Nothing that comes back is trusted. No redirect is followed, no credentials of the URL are sent, no name is
looked up twice: what was checked is what is connected to (else a name could lead elsewhere the second time).
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import urlsplit

from pipsafe import origin
from pipsafe.language.text import Text, of_error, text
from pipsafe.observations import addresses, host_names
from pipsafe.observations.bounded_stream import Readable, Stream, positive
from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy
from pipsafe.x509.distinguished_name import printable

if TYPE_CHECKING:
    import http.client

MOST_HEADER_BYTES = 65536
"""All headers together, those of answers that only announce another included."""
MOST_HEADERS = 64
LONGEST_VALUE = 2048
LONGEST_URL = 2048
MOST_ADDRESSES = 8
"""Of one name, tried in turn."""

PORT = 80
OWN_PORTS = (80, 443, 8080)
"""Of a server that a certificate of its own names, besides the port that it is known by."""


class PlainHttpFailed(Exception):
    """No answer, or none that may be had. The message is a clause that can be shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; the first value of each, without what is not printable, cut if long."""
    body: bytes
    when: datetime
    """When it came, by this machine's clock: aware, UTC."""
    whole: bool = True
    """Whether `body` is all of it; a longer one is cut."""


class _Place(NamedTuple):
    """What an http:// URL names."""

    origin: Origin
    target: str
    """Path and query as they go over the wire."""

    @property
    def authority(self) -> str:
        host, port = self.origin.host, self.origin.port
        return (f"[{host}]" if ":" in host else host) + ("" if port == PORT else f":{port}")


class _Address(NamedTuple):
    family: int
    socket_address: tuple[object, ...]


def get(
    url: str,
    *,
    proxy: Proxy | None,
    seconds: float,
    most_bytes: int,
    method: str = "GET",
    public_addresses_only: bool = False,
    own: Origin | None = None,
) -> Answer:
    """Ask once. ``seconds`` bounds all of it, the look-up of the name included. Raises PlainHttpFailed.

    ``public_addresses_only`` is for URLs that a stranger wrote: every address of the host has to be of the
    public internet, and the port is 80. The host of ``own``, known anyway, may have private addresses, and
    its own port or one of OWN_PORTS; it may lie on this very machine only if it is written so.
    """
    import http.client  # and ssl and email with it: most failures are explained without them

    place = _place(url)
    deadline = time.monotonic() + seconds
    guard = _Guard(place.origin, own) if public_addresses_only else None
    try:
        with _connect(place, proxy, guard, deadline) as connection:
            return _exchange(connection, place, proxy, method, most_bytes, deadline)
    except TimeoutError:
        # For translators: {seconds} may have decimal places
        raise PlainHttpFailed(text("no answer within {seconds:g} seconds", seconds=seconds)) from None
    except http.client.HTTPException as error:
        raise PlainHttpFailed(text("the answer is no HTTP ({kind})", kind=type(error).__name__)) from error
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or of_error(error) or type(error).__name__
        raise PlainHttpFailed(words if isinstance(words, Text) else printable(words)) from error


# Where to


def _place(url: str) -> _Place:
    where = origin.parse(url) if len(url) <= LONGEST_URL else None
    if where is None:
        raise PlainHttpFailed(text("that is no address of a web server"))
    if not url.strip().lower().startswith("http://"):
        raise PlainHttpFailed(text("only plain http:// is asked"))
    parts = urlsplit(url.strip())
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not (target.startswith("/") and target.isascii() and target.isprintable() and " " not in target):
        raise PlainHttpFailed(text("the path has characters that no path may have"))
    return _Place(where, target)


class _Guard(NamedTuple):
    """Keeps a stranger's URL from leading to what only this machine can reach."""

    where: Origin
    own: Origin | None

    @property
    def is_own(self) -> bool:
        return self.own is not None and self.where.host == self.own.host.lower()

    def check_url(self) -> None:
        """What can be said without the name's addresses."""
        if self.own is not None and self.is_own:
            if self.where.port not in (*OWN_PORTS, self.own.port):
                raise PlainHttpFailed(text("port {port} of the server is not asked", port=self.where.port))
            return
        if self.where.port != PORT:
            raise PlainHttpFailed(text("port {port} of another host is not asked", port=self.where.port))
        if host_names.is_private(self.where.host):
            # For translators: "it" is a host, the server the one whose certificate is looked at
            raise PlainHttpFailed(text("it is no public host, and not the server's own"))

    def check(self, found: Sequence[_Address]) -> None:
        """Refuses all if any is not public: which one is used first is up to whoever answered."""
        named_so = addresses.literal(self.where.host) is not None or self.where.host == "localhost"
        for address in found:
            host = str(address.socket_address[0])
            if self.is_own:
                refused = addresses.is_confined(host) and not named_so
            else:
                refused = not addresses.is_public(host)
            if refused:
                # For translators: "its" is a host's
                raise PlainHttpFailed(text("its address {address} is not public", address=printable(host)))


def _connect(place: _Place, proxy: Proxy | None, guard: _Guard | None, deadline: float) -> socket.socket:
    if guard is not None:
        guard.check_url()
    if proxy is None:
        found = _look_up(place.origin, deadline)
        if guard is not None:
            guard.check(found)
        return _connect_to(found, deadline)
    if proxy.scheme != "http":
        raise PlainHttpFailed(
            text("the proxy is of the kind {scheme}://, which is not asked", scheme=printable(proxy.scheme))
        )
    if guard is not None and not guard.is_own:
        # What the proxy makes of the name cannot be seen; what it means here can.
        try:
            found = _look_up(place.origin, deadline)
        except OSError:
            raise PlainHttpFailed(
                # For translators: "its" and "it" are a host
                text("its address is not known here, so the proxy is not asked for it")
            ) from None
        guard.check(found)
    return _connect_to(_look_up(Origin("http", proxy.host, proxy.port), deadline), deadline)


def _look_up(where: Origin, deadline: float) -> list[_Address]:
    """The addresses of a host. A look-up cannot be told how long it may take, so another thread makes it."""
    answers: queue.SimpleQueue[list[_Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
            answers.put([_Address(item[0], item[4]) for item in found[:MOST_ADDRESSES]])
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, OSError):
        raise found
    return found


def _connect_to(found: Sequence[_Address], deadline: float) -> socket.socket:
    """The first address that answers."""
    last: OSError = OSError(text("the name has no address"))
    for number, address in enumerate(found):
        # One that does not answer must not use up the time of the others.
        share = (deadline - time.monotonic()) / (len(found) - number)
        connection = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            connection.settimeout(positive(share))
            connection.connect(address.socket_address)
            return connection
        except OSError as error:
            connection.close()
            last = error
    raise last


# What is said


def _exchange(
    connection: socket.socket,
    place: _Place,
    proxy: Proxy | None,
    method: str,
    most_bytes: int,
    deadline: float,
) -> Answer:
    from http.client import HTTPResponse

    connection.settimeout(positive(deadline - time.monotonic()))
    connection.sendall(_request(place, proxy, method))
    stream = Stream(connection, deadline, most_bytes + MOST_HEADER_BYTES)
    answer = HTTPResponse(cast("socket.socket", Readable(stream)), method=method)
    try:
        answer.begin()
        when = datetime.now(timezone.utc)
        body = answer.read(most_bytes + 1)
        return Answer(
            answer.status,
            _headers(answer),
            body[:most_bytes],
            when,
            whole=len(body) <= most_bytes and not answer.length,
        )
    finally:
        answer.close()


def _request(place: _Place, proxy: Proxy | None, method: str) -> bytes:
    target = place.target if proxy is None else f"http://{place.authority}{place.target}"
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {place.authority}",
        "User-Agent: pipsafe",
        "Accept: */*",
        "Cache-Control: no-cache",  # the time that a cache remembers is not the time
        "Connection: close",
    ]
    if proxy is not None and proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _headers(answer: http.client.HTTPResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in answer.headers.items()[:MOST_HEADERS]:
        clean = "".join(character for character in value[:LONGEST_VALUE] if character.isprintable())
        found.setdefault(name.lower()[:LONGEST_VALUE], clean.strip())
    return found
