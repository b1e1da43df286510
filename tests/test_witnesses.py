"""Hosts of CAs, asked for the time: public ones only, and of other owners."""

from __future__ import annotations

import socket
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from pipsafe.observations import clock
from pipsafe.observations.witnesses import ask, hosts
from pipsafe.pip_settings.proxy import Proxy
from pipsafe.x509.certificate import Certificate
from tests.lab.authority import access
from tests.lab.raw_server import RawServer, saying, silent
from tests.makers import INDEX, issuer, leaf, lists

ROOT = issuer("O=Example", "CN=Example")


def naming(*urls: str) -> tuple[Certificate, ...]:
    """A chain that names these services."""
    return (
        leaf(ROOT, INDEX, extensions=[access(urls[:1]), lists(*urls[1:])] if urls else []),
        ROOT.certificate,
    )


NAMED = [
    (("http://ca.example/1.crt", "http://lists.other.example/1.crl"), ("ca.example", "lists.other.example")),
    (("http://a.ca.example/1.crt", "http://b.ca.example/1.crl"), ("a.ca.example",)),
    (("http://pki.index.example/1.crt", "http://files.index.example/x"), ()),
    (("http://pki.corp/1.crt", "http://10.0.0.1/1.crl", "http://127.0.0.1/"), ()),
    (("https://ca.example/1.crt", "ldap:///CN=x", "ftp://ca.example/"), ()),
    (("http://ca.example:8080/1.crt", "http://ca.example:80/1.crl"), ("ca.example",)),
    (("http://[", "http://ca.example:x/"), ()),
]


@pytest.mark.parametrize(("urls", "found"), NAMED)
def test_hosts(urls: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert hosts(naming(*urls), host=INDEX) == found


def test_no_hosts() -> None:
    assert hosts((), host=INDEX) == hosts(naming(), host=INDEX) == ()
    assert ask((), host=INDEX, proxy=None, seconds=1) == ()


@pytest.fixture
def public_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name has a public address, which nobody is asked at: the proxy on loopback answers."""

    def answers(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        address = "127.0.0.1" if host == "127.0.0.1" else "8.8.8.8"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)


@pytest.mark.usefixtures("public_names")
def test_one_host_and_its_ca_convince() -> None:
    """Most often there is one index, whose certificate has expired by this machine's clock."""
    now = datetime.now(timezone.utc)
    true = now - timedelta(days=400)
    date = format_datetime(true, usegmt=True).encode()
    chain = naming("http://ca.example/1.crt", "http://lists.other.example/1.crl", "http://third.example/")
    with RawServer(saying(b"HTTP/1.1 404 No\r\nDate: " + date + b"\r\nContent-Length: 9\r\n\r\n")) as server:
        proxy = Proxy("http", "127.0.0.1", server.port, None)
        found = ask(chain, host=INDEX, proxy=proxy, seconds=5)

    assert sorted(line.partition(b" HTTP")[0] for line in server.requests) == [
        b"HEAD http://ca.example/",
        b"HEAD http://lists.other.example/",
    ]
    skew = clock.judge(found, now)
    assert skew is not None
    assert skew.seconds == pytest.approx(400 * 86400, abs=60)
    assert clock.judge(found[:1], now) is None


@pytest.mark.usefixtures("public_names")
def test_silence_costs_no_more_than_its_time() -> None:
    chain = naming("http://ca.example/1.crt", "http://lists.other.example/1.crl")
    with RawServer(silent) as server:
        start = time.monotonic()
        assert ask(chain, host=INDEX, proxy=Proxy("http", "127.0.0.1", server.port, None), seconds=0.3) == ()

    assert time.monotonic() - start < 10
