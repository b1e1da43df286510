"""One plain request: what comes back, how long and how much at most, and where it may not go."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from pipsafe.observations import addresses, host_names
from pipsafe.observations.plain_http import LONGEST_VALUE, MOST_HEADERS, Answer, PlainHttpFailed, get
from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy, parse
from tests.lab.raw_server import RawServer, dripping, saying, silent

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def ask(url: str, **options: object) -> Answer:
    settings: dict[str, object] = {"proxy": None, "seconds": 5.0, "most_bytes": 1000} | options
    return get(url, **settings)  # type: ignore[arg-type]


def failure(url: str, **options: object) -> str:
    with pytest.raises(PlainHttpFailed) as caught:
        ask(url, **options)
    return str(caught.value)


# Answers

ANSWERS = [
    ("length", OK, b"hello"),
    ("until the end", b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
    (
        "in chunks",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
        b"hello",
    ),
    ("announced by another", b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"hello"),
    ("none", b"HTTP/1.1 204 No Content\r\n\r\n", b""),
]


@pytest.mark.parametrize(("answer", "body"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_the_body(answer: bytes, body: bytes) -> None:
    with RawServer(saying(answer)) as server:
        found = ask(server.url())

    assert found.body == body
    assert found.whole


def test_status_headers_and_time() -> None:
    text = b"HTTP/1.1 302 Elsewhere\r\nLocation: http://a.example/\r\nLOCATION: b\r\nX: a\x07b\r\n\r\n"
    before = datetime.now(timezone.utc)
    with RawServer(saying(text)) as server:
        found = ask(server.url("/start"))

    assert found.status == 302
    assert found.headers == {"location": "http://a.example/", "x": "ab"}
    assert before <= found.when <= datetime.now(timezone.utc)
    assert server.connections == 1


def test_the_request() -> None:
    with RawServer(saying(OK)) as server:
        ask(server.url("/a/b?c=d#e").replace("//", "//user:secret@"))

    head = server.requests[0].decode()
    assert head.startswith(f"GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n")
    assert "uthorization" not in head
    assert "secret" not in head


def test_no_body_is_asked_for_by_head() -> None:
    with RawServer(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n")) as server:
        found = ask(server.url(), method="HEAD")

    assert server.requests[0].startswith(b"HEAD / ")
    assert (found.body, found.whole) == (b"", True)


# Bounds


def test_a_long_body_is_cut() -> None:
    with RawServer(saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000)) as server:
        found = ask(server.url())

    assert len(found.body) == 1000
    assert not found.whole


def test_a_body_that_breaks_off_is_not_whole() -> None:
    with RawServer(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nx")) as server:
        assert not ask(server.url()).whole


def test_many_and_long_headers_are_cut() -> None:
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 600) for number in range(90))
    with RawServer(saying(b"HTTP/1.1 200 OK\r\nL: " + b"z" * 5000 + b"\r\n" + lines + b"\r\n")) as server:
        found = ask(server.url())

    assert len(found.headers) == MOST_HEADERS
    assert len(found.headers["l"]) == LONGEST_VALUE


ENDLESS = [
    ("a byte at a time", dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05)),
    ("a header at a time", dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05)),
    ("a status line", dripping(b"HTTP/1.1 200 ", b"O", 0.05)),
    ("announcements", dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05)),
    ("silence", silent),
]


@pytest.mark.parametrize("serve", [row[1] for row in ENDLESS], ids=[row[0] for row in ENDLESS])
def test_the_time_is_bounded_as_a_whole(serve: Callable[..., None]) -> None:
    with RawServer(serve) as server:
        start = time.monotonic()
        message = failure(server.url(), seconds=0.4)

    assert message == "no answer within 0.4 seconds"
    assert time.monotonic() - start < 10


FLOODS = [
    ("headers", dripping(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 60000 + b"\r\n", 0)),
    ("announcements", dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0)),
    (
        "tiny chunks",
        dripping(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 5000 + b"\r\nx\r\n", 0
        ),
    ),
    ("one line", dripping(b"HTTP/1.1 200 ", b"O" * 60000, 0)),
]


@pytest.mark.parametrize("serve", [row[1] for row in FLOODS], ids=[row[0] for row in FLOODS])
def test_the_size_is_bounded_as_a_whole(serve: Callable[..., None]) -> None:
    with RawServer(serve) as server:
        start = time.monotonic()
        message = failure(server.url(), seconds=20)

    assert "no HTTP" in message or "too long" in message
    assert time.monotonic() - start < 15


def test_an_endless_body_is_cut() -> None:
    with RawServer(dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 60000, 0)) as server:
        assert not ask(server.url()).whole


NO_HTTP = [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x02\x00", b"HTTP/1.1 xyz\r\n\r\n", b"\0" * 300]


@pytest.mark.parametrize("answer", NO_HTTP)
def test_no_http(answer: bytes) -> None:
    with RawServer(saying(answer)) as server:
        message = failure(server.url())

    assert message
    assert message.isprintable()


NO_URLS = [
    *(
        "https://127.0.0.1/",
        "ftp://127.0.0.1/",
        "ldap:///CN=x",
        "file:///etc/passwd",
        "git+http://127.0.0.1/",
    ),
    *("http://", "http:///x", "127.0.0.1", "http://127.0.0.1:99999/", "http://a b/", "http://127.0.0.1\\@x/"),
    *("http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\xe9", "http://127.0.0.1/\x7f"),
    "http://127.0.0.1/" + "x" * 5000,
]


@pytest.mark.parametrize("url", NO_URLS)
def test_what_is_no_plain_http_url(url: str) -> None:
    assert failure(url)


# Where to

NOT_PUBLIC = [
    *("127.0.0.1", "0.0.0.0", "0", "2130706433", "0x7f000001", "10.0.0.1", "172.16.0.1"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255"),
    *("198.18.0.1", "203.0.113.1", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]"),
    *("[2002:7f00:1::]", "[2002:a00:1::1]", "[2001:db8::1]", "[fec0::1]", "[64:ff9b:1::1]", "[2001::1]"),
    *("192.0.0.8", "192.0.0.192", "168.63.129.16", "[3fff::1]", "[3fff:fff::1]", "[::ffff:168.63.129.16]"),
    *("localhost", "index", "index.internal", "printer.local", "a.localhost", "pki.corp", "index.home.arpa"),
]


@pytest.mark.parametrize("host", NOT_PUBLIC)
def test_a_strangers_url_leads_nowhere_inside(host: str) -> None:
    message = failure(f"http://{host}/", public_addresses_only=True)

    assert "not public" in message or "no public host" in message or "no address" in message


@pytest.mark.parametrize("host", NOT_PUBLIC)
@pytest.mark.parametrize("scheme", ["http"])
def test_nor_by_a_proxy(host: str, scheme: str) -> None:
    with RawServer(saying(OK)) as server:
        message = failure(
            f"http://{host}/", public_addresses_only=True, proxy=Proxy(scheme, "127.0.0.1", server.port, None)
        )

    assert server.connections == 0
    assert "not public" in message or "no public host" in message or "no address" in message


PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert addresses.is_public(address)
    assert not host_names.is_private(address)


def test_another_hosts_other_port_is_not_asked() -> None:
    message = failure("http://8.8.8.8:6379/", public_addresses_only=True)

    assert message == "port 6379 of another host is not asked"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_the_servers_own_host_may_be_here_if_it_is_written_so(host: str) -> None:
    with RawServer(saying(OK)) as server:
        found = ask(
            server.url(host=host), public_addresses_only=True, own=Origin("https", host.lower(), server.port)
        )

    assert found.body == b"hello"


@pytest.mark.parametrize("own_host", ["localhost", "index.example", "127.0.0.2"])
def test_but_not_another_host(own_host: str) -> None:
    with RawServer(saying(OK)) as server:
        own = Origin("https", own_host, server.port)
        message = failure(server.url(), public_addresses_only=True, own=own)

    assert message == f"port {server.port} of another host is not asked"
    assert server.connections == 0


@pytest.mark.parametrize("port", [22, 25, 6379, 9200])
def test_the_servers_own_host_is_not_asked_at_any_port(port: int) -> None:
    url = f"http://127.0.0.1:{port}/ca.crt"
    message = failure(url, public_addresses_only=True, own=Origin("https", "127.0.0.1", 443))

    assert message == f"port {port} of the server is not asked"


CONFINED = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "169.254.169.254", "224.0.0.1", "255.255.255.255"),
    *("168.63.129.16", "192.0.0.192"),
    *("::1", "::", "fe80::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
]


@pytest.mark.parametrize("address", CONFINED)
def test_addresses_that_mean_this_machine(address: str) -> None:
    assert addresses.is_confined(address)
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "fd00::1", "8.8.8.8", "100.64.0.1"])
def test_addresses_of_other_machines(address: str) -> None:
    assert not addresses.is_confined(address)


def test_a_name_that_leads_to_this_machine_is_not_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the server's own host, which whoever answers for the name may point anywhere."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: real("127.0.0.1", *rest, **more))
    with RawServer(saying(OK)) as server:
        url = server.url(host="index.example")
        message = failure(url, public_addresses_only=True, own=Origin("https", "index.example", server.port))
        assert message == "its address 127.0.0.1 is not public"
        assert server.connections == 0

        # Asked by somebody whose own setting names it, it is.
        assert ask(url).body == b"hello"


def test_one_look_up_and_every_address_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may lead to a public address at first and to this machine when it is asked again."""
    asked: list[str] = []

    def answers(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        public, here = ("8.8.8.8", port), ("127.0.0.1", port)
        family = socket.AF_INET, socket.SOCK_STREAM, 6, ""
        return [(*family, public), (*family, here)]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    message = failure("http://ca.example/", public_addresses_only=True)

    assert message == "its address 127.0.0.1 is not public"
    assert asked == ["ca.example"]


# Through a proxy


def test_through_a_proxy() -> None:
    with RawServer(saying(OK)) as server:
        proxy = parse(f"http://user:p%40ss@127.0.0.1:{server.port}")
        found = ask("http://index.example:81/a?b", proxy=proxy)

    head = server.requests[0].decode()
    assert found.body == b"hello"
    assert head.startswith("GET http://index.example:81/a?b HTTP/1.1\r\nHost: index.example:81\r\n")
    assert f"\r\nProxy-Authorization: Basic {base64.b64encode(b'user:p@ss').decode()}\r\n" in head


def test_the_own_host_through_a_proxy_is_not_looked_up() -> None:
    with RawServer(saying(OK)) as server:
        proxy = Proxy("http", "127.0.0.1", server.port, None)
        url = "http://index.internal:8080/ca.crt"

        own = Origin("https", "index.internal", 443)
        assert ask(url, proxy=proxy, public_addresses_only=True, own=own).status == 200


def test_a_name_that_nobody_here_knows_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    with RawServer(saying(OK)) as server:
        proxy = Proxy("http", "127.0.0.1", server.port, None)
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        message = failure("http://ca.example/ca.crt", proxy=proxy, public_addresses_only=True)

    assert message == "its address is not known here, so the proxy is not asked for it"


@pytest.mark.parametrize("scheme", ["https", "socks5", "x\x1b"])
def test_other_kinds_of_proxies(scheme: str) -> None:
    message = failure("http://index.example/", proxy=Proxy(scheme, "127.0.0.1", 1, "Basic secret"))

    assert "which is not asked" in message
    assert message.isprintable()
    assert "secret" not in message


def test_nobody_listens() -> None:
    with RawServer(saying(OK)) as server:
        url = server.url()

    assert "refused" in failure(url).lower()


def test_a_look_up_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    def slowly(*_: object, **__: object) -> list[object]:
        is_over.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    start = time.monotonic()

    assert failure("http://index.example/", seconds=0.2) == "no answer within 0.2 seconds"
    assert time.monotonic() - start < 15
    is_over.set()


NAMES = [
    ("files.index.example", "index.example"),
    ("index.example", "index.example"),
    ("a.b.index.co.uk", "index.co.uk"),
    ("mirrors.tuna.example.edu.cn", "example.edu.cn"),
    ("t.co", "t.co"),
    ("10.0.0.1", "10.0.0.1"),
    ("localhost", "localhost"),
]


@pytest.mark.parametrize(("host", "site"), NAMES)
def test_sites(host: str, site: str) -> None:
    assert host_names.site(host) == site


COVERED = [
    (("index.example",), "index.example", True),
    (("INDEX.example.",), "index.example", True),
    (("*.index.example",), "files.index.example", True),
    (("*.index.example",), "a.files.index.example", False),
    (("*.index.example",), "index.example", False),
    (("*",), "localhost", False),
    (("other.example", "127.0.0.1"), "127.0.0.1", True),
    ((), "index.example", False),
]


@pytest.mark.parametrize(("names", "host", "covered"), COVERED)
def test_names_of_certificates(names: tuple[str, ...], host: str, *, covered: bool) -> None:
    assert host_names.covers(names, host) is covered
