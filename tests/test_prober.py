"""Handshakes under the target's interpreter: what they show, how long they take, and that they ask as pip."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path

import pytest

from pipsafe.attempt import Hello
from pipsafe.certificate import parse
from pipsafe.examination import _Examination
from pipsafe.origin import Origin
from pipsafe.probe import Place, ProbeFailed, Prober, Survey, Trust
from pipsafe.proxy import Proxy, choose
from pipsafe.proxy import parse as parse_proxy
from pipsafe.scratch import Scratch
from pipsafe.situation import Situation
from tests.lab.authority import (
    EXPIRED,
    NOT_YET_VALID,
    Authority,
    Chain,
    Leaf,
    der_of,
    self_signed,
)
from tests.lab.index_server import IndexServer
from tests.lab.interceptor import ConnectProxy
from tests.lab.packages import wheel
from tests.lab.run import clean_environment, run_pip
from tests.lab.targets import Target, pythons

INTERPRETERS = tuple(
    path
    for name, path in sorted(pythons().items(), key=lambda item: int(item[0].partition(".")[2]))
    if int(name.partition(".")[2]) >= 7
)
VERSIONS: Mapping[str, tuple[ssl.TLSVersion, ssl.TLSVersion]] = {
    "1.2": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    "1.3": (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
}

SECONDS = 5.0
NO_TRUST = Trust(carried=False, pem=Authority("Example Nobody").pem.decode())


def limited(version: str) -> Callable[[ssl.SSLContext], None]:
    """What makes a server speak one TLS version only."""

    def configure(context: ssl.SSLContext) -> None:
        context.minimum_version, context.maximum_version = VERSIONS[version]

    return configure


def at(port: int, host: str = "localhost", proxy: Proxy | None = None) -> Place:
    return Place(Origin("https", host, port), proxy)


def trusting(authority: Authority) -> Trust:
    return Trust(carried=False, pem=authority.pem.decode())


@pytest.fixture
def prober(env: dict[str, str]) -> Iterator[Prober]:
    with Prober(sys.executable, env, seconds=60) as running:
        yield running


def one(prober: Prober, place: Place, trust: Trust, *, seconds: float = SECONDS) -> Survey:
    (survey,) = prober.survey([place], {"pip": trust}, seconds=seconds)
    return survey


# Under every interpreter


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_sees_what_is_presented(
    python: Path, version: str, authority: Authority, env: dict[str, str]
) -> None:
    """Python 3.7 shows the leaf only, and says so."""
    middle = authority.intermediate()
    with IndexServer([], middle.leaf(), configure=limited(version)) as server:
        with Prober(str(python), env, seconds=60) as prober:
            for presented in Chain:
                server.certificates = leaf = middle.leaf(chain=presented)
                survey = one(prober, at(server.port), trusting(authority))
                shown = [der_of(certificate) for certificate in leaf.presented]
                if not survey.whole:
                    assert python.name == "python3.7"
                    shown = shown[:1]
                assert [certificate.der for certificate in survey.chain] == shown
                complete = presented is not Chain.LEAF_ONLY
                assert survey.verdicts["pip"].accepted is complete
                assert survey.verdicts["pip"].code == (0 if complete else 20)
        server.settle()
        assert server.requests == []


FAULTS: Mapping[str, tuple[Callable[[Authority], Leaf], int, Mapping[str, int]]] = {
    "unknown CA": (lambda _: Authority().leaf(), 20, {"time": 0, "name": 0}),
    "unknown CA, root presented": (
        lambda _: Authority().leaf(chain=Chain.WITH_ROOT),
        19,
        {"time": 0, "name": 0},
    ),
    "namesake": (
        lambda root: root.namesake(same_key_identifier=True).leaf(),
        7,
        {"time": 0, "name": 0},
    ),
    "expired": (lambda root: root.leaf(validity=EXPIRED), 10, {"time": 10, "name": 0}),
    "masked expired": (lambda _: Authority().leaf(validity=EXPIRED), 20, {"time": 10, "name": 0}),
    "not yet valid": (lambda root: root.leaf(validity=NOT_YET_VALID), 9, {"time": 9, "name": 0}),
    "wrong name": (lambda root: root.leaf(["files.example"]), 62, {"time": 0, "name": 62}),
    "masked wrong name": (lambda _: Authority().leaf(["files.example"]), 20, {"time": 0, "name": 62}),
    "masked both": (
        lambda _: Authority().leaf(["files.example"], validity=EXPIRED),
        20,
        {"time": 10, "name": 62},
    ),
    "self-signed": (lambda _: self_signed(), 18, {"time": 0, "name": 0}),
    "self-signed CA": (lambda _: self_signed(ca=True), 18, {"time": 0, "name": 0}),
    "masked expired root": (
        lambda _: Authority("Example Old Root", validity=EXPIRED).leaf(chain=Chain.WITH_ROOT),
        19,
        {"time": 10, "name": 0},
    ),
}


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_verify_codes_and_unmasking(python: Path, authority: Authority, env: dict[str, str]) -> None:
    with IndexServer([], authority.leaf()) as server, Prober(str(python), env, seconds=60) as prober:
        for name, (leaf, code, unmasked) in FAULTS.items():
            server.certificates = leaf(authority)
            survey = one(prober, at(server.port), trusting(authority))
            verdict = survey.verdicts["pip"]
            assert (verdict.accepted, verdict.kind) == (False, "certificate"), name
            assert verdict.message, name
            if name == "masked expired root" and python.name == "python3.7":
                continue  # it cannot see what would have to be trusted
            assert verdict.code == code, (name, verdict)
            assert {check: item.code for check, item in survey.unmasked.items()} == unmasked, name
        server.settle()
        assert server.requests == []


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_trial_and_proof(python: Path, authority: Authority, env: dict[str, str], tmp_path: Path) -> None:
    """A trial takes one anchor at a time; a proof is made in the environment that a retry would have."""
    other, bundle = Authority("Other"), authority.write(tmp_path / "ca.pem")
    anchors = [parse(item.der) for item in (other, authority, authority.namesake())]
    with IndexServer([], authority.leaf()) as server, Prober(str(python), env, seconds=60) as prober:
        (row,) = prober.trial([at(server.port)], anchors, seconds=SECONDS)
        assert [verdict.accepted for verdict in row] == [False, True, False]
        (proof,) = prober.prove([at(server.port)], Trust(file=str(bundle)), {}, seconds=SECONDS)
        assert proof.accepted
        (proof,) = prober.prove([at(server.port)], Trust(file=f"{bundle}.gone"), {}, seconds=SECONDS)
        assert (proof.accepted, proof.kind) == (False, "setting")
        environ = {"SSL_CERT_FILE": str(bundle)}
        (proof,) = prober.prove([at(server.port)], Trust(truststore=True), environ, seconds=SECONDS)
        assert proof.accepted, proof
        gone = dict.fromkeys(environ)
        (proof,) = prober.prove([at(server.port)], Trust(truststore=True), gone, seconds=SECONDS)
        assert (proof.accepted, proof.code) == (False, 20)
        server.settle()
        assert server.requests == []


def test_an_intermediate_is_no_anchor(prober: Prober, authority: Authority) -> None:
    """Accepted as an anchor it would pass the probe and then fail in pip."""
    middle = authority.intermediate()
    with IndexServer([], middle.leaf()) as server:
        (row,) = prober.trial([at(server.port)], [parse(middle.der), parse(authority.der)], seconds=SECONDS)
    assert [verdict.accepted for verdict in row] == [False, True]


@pytest.mark.parametrize(
    ("hosts", "host", "code"),
    [
        (["localhost"], "localhost", 0),
        (["localhost"], "127.0.0.1", 64),
        (["127.0.0.1"], "127.0.0.1", 0),
        (["127.0.0.1"], "localhost", 62),
    ],
)
def test_names_and_addresses(
    hosts: list[str], host: str, code: int, prober: Prober, authority: Authority
) -> None:
    with IndexServer([], authority.leaf(hosts)) as server:
        verdict = one(prober, at(server.port, host), trusting(authority)).verdicts["pip"]
        server.settle()
        shown = {connection.server_name for connection in server.connections}
    assert verdict.code == code
    # RFC 6066 section 3 has no addresses in SNI.
    assert shown == {host if host == "localhost" else None}


def test_ipv6(prober: Prober, authority: Authority) -> None:
    try:
        with IndexServer([], authority.leaf(["::1"]), address="::1") as server:
            verdict = one(prober, at(server.port, "::1"), trusting(authority)).verdicts["pip"]
    except OSError as error:
        pytest.skip(f"no IPv6 on loopback: {error}")
    assert verdict.accepted


# Through a proxy


def through(proxy: ConnectProxy, url: str | None = None) -> Proxy:
    found = parse_proxy(url or proxy.url)
    assert found is not None
    return found


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_proxy(python: Path, authority: Authority, env: dict[str, str]) -> None:
    credentials = ("us:er", "p@ss/word")
    with (
        IndexServer([], authority.leaf(["index.example"])) as server,
        ConnectProxy(auth=credentials, routes={"index.example": server.port}) as proxy,
        Prober(str(python), env, seconds=60) as prober,
    ):
        place = at(443, "index.example", through(proxy, proxy.url_with_credentials))
        survey = one(prober, place, trusting(authority))
        assert survey.verdicts["pip"].accepted, survey.verdicts
        place = at(443, "index.example", through(proxy))
        refused = one(prober, place, trusting(authority)).verdicts["pip"]
        assert (refused.accepted, refused.kind) == (False, "proxy")
        assert refused.message.startswith("407")
        server.settle()
        assert server.requests == []
    assert set(proxy.connects) == {"index.example:443"}


class Rogue:
    """A server on loopback that does one thing to every connection, running as a context manager."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._behave = behave
        self.received = b""

    def __enter__(self) -> Rogue:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(30)
            with suppress(OSError):
                self._behave(connection)


def _hang(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _trickle(answer: bytes, *, at_once: int = 0) -> Callable[[socket.socket], None]:
    """An answer that comes for ever, a few bytes a second, but for its first bytes."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(answer[:at_once])
        for byte in chain(answer[at_once:], repeat(0)):
            connection.sendall(bytes((byte,)))
            time.sleep(0.2)

    return behave


def _say(answer: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        _hang(connection)

    return behave


def _reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _close(connection: socket.socket) -> None:
    del connection


PLAIN_HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
# The head of a handshake record of 16 KiB with a ServerHello in it.
SERVER_HELLO = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"

ROGUES: Mapping[str, tuple[Callable[[socket.socket], None], frozenset[str]]] = {
    "hangs": (_hang, frozenset({"unreachable"})),
    "closes": (_close, frozenset({"unreachable", "protocol"})),
    "resets": (_reset, frozenset({"unreachable"})),
    "plain HTTP": (_say(PLAIN_HTTP), frozenset({"protocol"})),
    "nonsense": (_say(bytes(range(256)) * 64), frozenset({"protocol"})),
    "trickles": (_trickle(SERVER_HELLO), frozenset({"unreachable"})),
}

PROXY_ROGUES: Mapping[str, tuple[Callable[[socket.socket], None], frozenset[str]]] = {
    "hangs": (_hang, frozenset({"unreachable"})),
    "closes": (_close, frozenset({"proxy", "unreachable"})),
    "resets": (_reset, frozenset({"unreachable"})),
    "refuses": (_say(b"HTTP/1.1 403 Forbidden\r\n\r\n"), frozenset({"proxy"})),
    "answers with nonsense": (_say(b"\0\1\2\r\n\r\n"), frozenset({"proxy"})),
    "answers for ever": (_say(b"HTTP/1.1 200 " + b"a" * 200_000), frozenset({"proxy"})),
    "trickles": (_trickle(b"HTTP/1.1 200 OK\r\n"), frozenset({"unreachable"})),
    "trickles after CONNECT": (
        _trickle(b"HTTP/1.1 200 OK\r\n\r\n" + SERVER_HELLO, at_once=19),
        frozenset({"unreachable"}),
    ),
}

LIMIT = 1.5
"""Seconds that one connection is given below."""


def _bounded(place: Place, env: Mapping[str, str], python: Path) -> Survey:
    with Prober(str(python), env, seconds=30) as prober:
        prober.facts("")
        begin = time.monotonic()
        survey = one(prober, place, NO_TRUST, seconds=LIMIT)
        # Three handshakes follow one another at most; a busy machine takes its time, too.
        assert time.monotonic() - begin < 2 * LIMIT + 1.5
    assert survey.chain == ()
    assert survey.error is not None
    return survey


EDGES = tuple(dict.fromkeys((INTERPRETERS[0], INTERPRETERS[-1])))
"""The oldest and the newest interpreter."""


@pytest.mark.parametrize("python", EDGES, ids=lambda path: path.name)
@pytest.mark.parametrize("name", ROGUES)
def test_rogue_server(name: str, python: Path, env: dict[str, str]) -> None:
    behave, kinds = ROGUES[name]
    with Rogue(behave) as server:
        verdict = _bounded(at(server.port), env, python).verdicts["pip"]
    assert verdict.kind in kinds, verdict
    assert verdict.message


@pytest.mark.parametrize("python", EDGES, ids=lambda path: path.name)
@pytest.mark.parametrize("name", PROXY_ROGUES)
def test_rogue_proxy(name: str, python: Path, env: dict[str, str]) -> None:
    behave, kinds = PROXY_ROGUES[name]
    with Rogue(behave) as server:
        place = at(443, "index.example", Proxy("http", "127.0.0.1", server.port, None))
        verdict = _bounded(place, env, python).verdicts["pip"]
    assert verdict.kind in kinds, verdict
    assert verdict.message


def test_nobody_listens(prober: Prober) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert one(prober, at(port), NO_TRUST).verdicts["pip"].kind == "unreachable"


def test_hundred_certificates(prober: Prober, authority: Authority) -> None:
    leaf = authority.leaf()
    long = Leaf(
        leaf.certificate,
        leaf.key,
        tuple(Authority(f"Example {number}").certificate for number in range(100)),
        Chain.WITH_ROOT,
    )
    with IndexServer([], long) as server:
        survey = one(prober, at(server.port), NO_TRUST)
    assert not survey.verdicts["pip"].accepted
    # OpenSSL takes no more than 100 KiB of certificates by itself.
    assert len(survey.chain) in (0, 101)


def test_watchdog(env: dict[str, str]) -> None:
    """A prober that hangs for whatever reason is ended."""
    with Rogue(_hang) as server:
        begin = time.monotonic()
        with Prober(sys.executable, env, seconds=1.5) as prober, pytest.raises(ProbeFailed):
            one(prober, at(server.port), NO_TRUST, seconds=20)
        assert time.monotonic() - begin < 5


def test_many_origins_at_once(prober: Prober, authority: Authority) -> None:
    """As long as the slowest, not as long as all."""
    with IndexServer([], authority.leaf()) as server:
        server.pause_before_handshake = 0.3
        begin = time.monotonic()
        surveys = prober.survey([at(server.port)] * 8, {"pip": trusting(authority)}, seconds=SECONDS)
        assert time.monotonic() - begin < 2.5
    assert all(survey.verdicts["pip"].accepted for survey in surveys)


# Which proxy


@pytest.mark.parametrize(
    ("environ", "given", "expected"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://p:1"}, None, "http://p:1"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"}, None, "http://low:1"),
        ({"ALL_PROXY": "http://p:1"}, None, "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, None, None),
        ({"HTTPS_PROXY": "p:1"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "index.example"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ndex.example"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a, index.example ,b"}, None, None),
        # As requests has it: a port that the URL does not name is not compared.
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "index.example:443"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "index.example:444"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://q:2", "http://q:2"),
    ],
)
def test_choice_of_proxy(environ: dict[str, str], given: str | None, expected: str | None) -> None:
    origin = Origin("https", "index.example", 443)
    chosen = choose(origin, given, overrides=True, trust_env=True, environ=environ)
    assert (None if chosen is None else str(chosen)) == expected


def test_credentials_are_decoded() -> None:
    proxy = parse_proxy("http://us%3Aer:p%40ss@proxy.example:3128")
    assert proxy is not None
    assert proxy.authorization == "Basic " + b64encode(b"us:er:p@ss").decode()
    assert "p@ss" not in str(proxy)


# As pip asks


@dataclass(frozen=True, slots=True)
class Ground:
    """Two servers, one under a CA that pip carries among its own roots, and files to name in settings."""

    target: Target
    asked: IndexServer
    carried: IndexServer
    files: Mapping[str, str]
    folder: Path


@dataclass(frozen=True, slots=True)
class Setting:
    """Variables and options; `{right}`, `{wrong}`, ... stand for the files of the ground."""

    variables: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    config: str = ""


RIGHT = "{right}"
WRONG = "{wrong}"
SETTINGS: Mapping[str, Setting] = {
    "default": Setting(),
    "PIP_CERT right": Setting({"PIP_CERT": RIGHT}),
    "PIP_CERT wrong": Setting({"PIP_CERT": WRONG}),
    "PIP_CERT missing": Setting({"PIP_CERT": "{missing}"}),
    "PIP_CERT hashed folder": Setting({"PIP_CERT": "{hashed}"}),
    "PIP_CERT empty folder": Setting({"PIP_CERT": "{hollow}"}),
    "PIP_CERT no PEM": Setting({"PIP_CERT": "{garbage}"}),
    "PIP_CERT empty": Setting({"PIP_CERT": ""}),
    "REQUESTS_CA_BUNDLE right": Setting({"REQUESTS_CA_BUNDLE": RIGHT}),
    "REQUESTS_CA_BUNDLE wrong over PIP_CERT": Setting({"REQUESTS_CA_BUNDLE": WRONG, "PIP_CERT": RIGHT}),
    "REQUESTS_CA_BUNDLE right over PIP_CERT": Setting({"REQUESTS_CA_BUNDLE": RIGHT, "PIP_CERT": WRONG}),
    "REQUESTS_CA_BUNDLE missing": Setting({"REQUESTS_CA_BUNDLE": "{missing}", "PIP_CERT": RIGHT}),
    "REQUESTS_CA_BUNDLE empty": Setting({"REQUESTS_CA_BUNDLE": "", "PIP_CERT": RIGHT}),
    "CURL_CA_BUNDLE right": Setting({"CURL_CA_BUNDLE": RIGHT}),
    "CURL_CA_BUNDLE after REQUESTS_CA_BUNDLE": Setting(
        {"CURL_CA_BUNDLE": RIGHT, "REQUESTS_CA_BUNDLE": WRONG}
    ),
    "CURL_CA_BUNDLE hashed folder": Setting({"CURL_CA_BUNDLE": "{hashed}"}),
    "SSL_CERT_FILE right": Setting({"SSL_CERT_FILE": RIGHT}),
    "SSL_CERT_FILE missing": Setting({"SSL_CERT_FILE": "{missing}"}),
    "SSL_CERT_FILE garbage": Setting({"SSL_CERT_FILE": "{garbage}"}),
    "SSL_CERT_DIR right": Setting({"SSL_CERT_DIR": "{hashed}"}),
    "SSL_CERT_DIR and SSL_CERT_FILE": Setting({"SSL_CERT_DIR": "{hashed}", "SSL_CERT_FILE": WRONG}),
    "SSL_CERT_FILE and PIP_CERT": Setting({"SSL_CERT_FILE": RIGHT, "PIP_CERT": WRONG}),
    "truststore": Setting({}, ("--use-feature", "truststore")),
    "truststore, SSL_CERT_FILE": Setting({"SSL_CERT_FILE": RIGHT}, ("--use-feature", "truststore")),
    "truststore by variable": Setting({"SSL_CERT_FILE": RIGHT, "PIP_USE_FEATURE": "truststore"}),
    "truststore, PIP_CERT": Setting({"PIP_CERT": RIGHT}, ("--use-feature", "truststore")),
    "truststore, PIP_CERT wrong": Setting(
        {"PIP_CERT": WRONG, "SSL_CERT_FILE": RIGHT}, ("--use-feature", "truststore")
    ),
    "legacy-certs": Setting({"SSL_CERT_FILE": RIGHT}, ("--use-deprecated", "legacy-certs")),
    "legacy-certs by variable": Setting({"SSL_CERT_FILE": RIGHT, "PIP_USE_DEPRECATED": "legacy-certs"}),
    "legacy-certs, PIP_CERT right": Setting({"PIP_CERT": RIGHT}, ("--use-deprecated", "legacy-certs")),
    "--cert right": Setting({}, ("--cert", RIGHT)),
    "--cert wrong over PIP_CERT": Setting({"PIP_CERT": RIGHT}, ("--cert", WRONG)),
    "--cert under REQUESTS_CA_BUNDLE": Setting({"REQUESTS_CA_BUNDLE": WRONG}, ("--cert", RIGHT)),
    "--cert missing": Setting({}, ("--cert", "{missing}")),
    "--isolated, PIP_CERT": Setting({"PIP_CERT": RIGHT}, ("--isolated",)),
    "--isolated, REQUESTS_CA_BUNDLE": Setting({"REQUESTS_CA_BUNDLE": RIGHT}, ("--isolated",)),
    "--isolated, SSL_CERT_FILE": Setting({"SSL_CERT_FILE": RIGHT}, ("--isolated",)),
    "configuration": Setting({}, (), "[global]\ncert = {right}\n"),
    "configuration under PIP_CERT": Setting({"PIP_CERT": WRONG}, (), "[global]\ncert = {right}\n"),
    "configuration of the command": Setting({}, (), "[global]\ncert = {wrong}\n[download]\ncert = {right}\n"),
    "--proxy, REQUESTS_CA_BUNDLE": Setting({"REQUESTS_CA_BUNDLE": RIGHT}, ("--proxy", "{proxy}")),
    "--proxy, PIP_CERT": Setting({"PIP_CERT": RIGHT}, ("--proxy", "{proxy}")),
    "HTTPS_PROXY, REQUESTS_CA_BUNDLE": Setting({"REQUESTS_CA_BUNDLE": RIGHT, "HTTPS_PROXY": "{proxy}"}),
}

FIDELITY_PIPS = ("19.3.1", "20.3.4", "22.3.1", "23.2.1", "24.0", "24.1.2", "24.2", "25.3", "26.3")


@contextmanager
def ground(chosen: Target, folder: Path) -> Iterator[Ground]:
    root, carried = Authority("Example Asked Root"), Authority("Example Carried Root")
    roots = chosen.certifi_bundle
    roots.write_bytes(roots.read_bytes() + carried.pem)
    hashed, hollow, garbage = folder / "hashed", folder / "hollow", folder / "garbage.pem"
    for made in (hashed, hollow):
        made.mkdir()
    root.write(hashed / "root.pem")
    subprocess.run(["openssl", "rehash", str(hashed)], check=True, capture_output=True, timeout=60)
    garbage.write_text("no certificate\n", encoding="ascii")
    with (
        IndexServer([wheel("speck")], root.leaf()) as asked,
        IndexServer([wheel("speck")], carried.leaf()) as other,
        ConnectProxy() as proxy,
    ):
        files = {
            "right": str(root.write(folder / "right.pem")),
            "wrong": str(Authority("Other").write(folder / "wrong.pem")),
            "missing": str(folder / "missing.pem"),
            "hashed": str(hashed),
            "hollow": str(hollow),
            "garbage": str(garbage),
            "proxy": proxy.url,
        }
        yield Ground(chosen, asked, other, files, folder)


def _hello(chosen: Target) -> Hello:
    """What the launcher would say of this target."""
    version = ".".join(map(str, chosen.python_version))
    fields = (str(chosen.python), f"{version}.0", chosen.pip_version, str(chosen.site_packages))
    return Hello("\0".join((*fields, str(chosen.prefix), sys.platform, "cpython")).encode())


NOT_TAKEN = re.compile(r"invalid choice|invalid .* value|no such option|must be installed into pip's")
"""What pip says to a setting that is not for its version; then it does not run at all."""


def _by_pip(here: Ground, arguments: list[str], env: Mapping[str, str]) -> tuple[bool, bool] | None:
    """Whether pip itself goes to each of the servers; None where it does not take the settings."""
    for server in (here.asked, here.carried):
        server.forget()
    done = run_pip(here.target, arguments, env)
    for server in (here.asked, here.carried):
        server.settle()
    if NOT_TAKEN.search(done.text):
        return None
    return bool(here.asked.requests), bool(here.carried.requests)


def _by_examination(here: Ground, arguments: list[str], env: Mapping[str, str]) -> tuple[bool, bool]:
    """What the examination takes for pip's verdict on each of them."""
    situation = Situation(
        python=str(here.target.python),
        hello=_hello(here.target),
        style="module",
        arguments=tuple(arguments),
        environ=env,
        explicit_ca=(),
        supplied={},
    )
    with Prober(str(here.target.python), env, seconds=60) as prober:
        examination = _Examination(situation, (), Scratch(), prober, silent=False)
        surveys = examination._survey(examination._contacts())
    verdicts = {survey.origin.port: survey.verdicts["pip"].accepted for survey in surveys}
    return verdicts[here.asked.port], verdicts[here.carried.port]


@pytest.mark.e2e
@pytest.mark.parametrize("pip", FIDELITY_PIPS)
def test_asks_as_pip_asks(pip: str, fresh: Callable[[str], Target], tmp_path: Path) -> None:
    """For each setting the probe's verdict is what pip then does, at both servers."""
    wrong: dict[str, object] = {}
    outcomes: set[tuple[bool, bool]] = set()
    with ground(fresh(pip), tmp_path) as here:
        for name, setting in SETTINGS.items():
            arguments, env = _given(setting, here, tmp_path / "home")
            really = _by_pip(here, arguments, env)
            if really is None:
                continue
            supposed = _by_examination(here, arguments, env)
            outcomes.add(really)
            if really != supposed:
                wrong[name] = {"pip": really, "probe": supposed}
    assert not wrong
    assert len(outcomes) > 2, "the settings make no difference"


def _given(setting: Setting, here: Ground, home: Path) -> tuple[list[str], dict[str, str]]:
    filled = {name: value.format(**here.files) for name, value in setting.variables.items()}
    env = clean_environment(home, **filled)
    if setting.config:
        config = here.folder / "pip.conf"
        config.write_text(setting.config.format(**here.files), encoding="utf-8")
        env["PIP_CONFIG_FILE"] = str(config)
    options = [option.format(**here.files) for option in setting.options]
    indexes = ["--index-url", here.asked.index_url, "--extra-index-url", here.carried.index_url]
    command = ["download", "--retries", "0", "--no-deps", "-d", str(here.folder / "got"), *indexes]
    return [*options, *command, "speck"], env
