"""Proxies that are spoken to over TLS, or should be: whose certificate is refused, and who speaks what."""

from __future__ import annotations

import base64
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipsafe.pip_settings.proxy import Proxy
from pipsafe.probes.answered import Survey
from pipsafe.probes.asked import Place, Trust
from pipsafe.probes.probe import Prober
from pipsafe.x509.certificate import parse
from tests.lab.authority import EXPIRED, Authority, Chain, der_of
from tests.lab.index_server import IndexServer
from tests.lab.interceptor import ConnectProxy
from tests.lab.odd_servers import (
    PLAIN_HTTP,
    Behaviour,
    Rogue,
    client_certificate,
    end_unsaid,
    hang,
    record,
    reset,
    say,
    server_hello,
    trickle,
    write_identity,
)
from tests.probing import EDGES, NO_TRUST, SECONDS, TLS_1_2, TLS_1_3, TURNS, at, one, through, trusting

USER, PASSWORD = "us:er", "p@ss/w%rd"
HOST = "index.example"


@dataclass(frozen=True, slots=True)
class Way:
    """An index behind two proxies, one of them spoken to over TLS, that both want to know who asks."""

    server: IndexServer
    tls: ConnectProxy
    plain: ConnectProxy
    roots: Mapping[str, Authority]
    """Of the index, of the proxy, and of nobody here."""

    def place(self, url: str | None = None, *, scheme: str | None = None, plainly: bool = False) -> Place:
        """The index behind the TLS proxy, or behind the proxy of that URL."""
        found = through(self.tls, url or self.tls.url_with_credentials)
        return at(443, HOST, replace(found, scheme=scheme or found.scheme, plainly=plainly))

    def trusting(self, *names: str) -> Trust:
        return trusting(*(self.roots[name] for name in names))

    @property
    def tried(self) -> int:
        """How often the TLS proxy was asked for a way."""
        return len(self.tls.connects)


@pytest.fixture
def way() -> Iterator[Way]:
    roots = {name: Authority(f"Example {name} root") for name in ("index", "proxy", "other")}
    with ExitStack() as stack:
        server = stack.enter_context(IndexServer([], roots["index"].leaf([HOST])))
        routes = {HOST: server.port}
        auth = (USER, PASSWORD)
        leaf = roots["proxy"].leaf()
        tls = stack.enter_context(ConnectProxy(auth=auth, routes=routes, certificates=leaf))
        plain = stack.enter_context(ConnectProxy(auth=auth, routes=routes))
        yield Way(server, tls, plain, roots)
        server.settle()
        assert server.requests == []


@pytest.fixture
def prober(env: dict[str, str]) -> Iterator[Prober]:
    with Prober(sys.executable, env, seconds=60) as running:
        yield running


def _says_no_secret(survey: Survey) -> None:
    verdicts = [
        *survey.verdicts.values(),
        *survey.unmasked.values(),
        *([survey.error] if survey.error else []),
    ]
    told = " ".join([*(verdict.message for verdict in verdicts), survey.spoken or ""])
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert not any(secret in told for secret in (PASSWORD, token, "p%40ss"))


@pytest.mark.parametrize("python", TURNS, ids=lambda path: path.name)
def test_who_refuses_whom(python: Path, way: Way, env: dict[str, str]) -> None:
    """Both certificates count, each by its own rules, and the chain is the index's in any case."""
    both = way.trusting("index", "proxy")
    with Prober(str(python), env, seconds=60) as prober:
        survey = one(prober, way.place(), both)
        assert survey.verdicts["pip"].accepted
        assert survey.chain[0].subject_der == _leaf_subject(way)

        survey = one(prober, way.place(), replace(way.trusting("other"), at_proxy=way.trusting("proxy")))
        assert (survey.verdicts["pip"].kind, survey.verdicts["pip"].code) == ("certificate", 20)
        assert {name: found.code for name, found in survey.unmasked.items()} == {"time": 0, "name": 0}

        tried = way.tried
        survey = one(prober, way.place(), replace(both, at_proxy=way.trusting("index")))
        assert survey.error is not None
        for verdict in (survey.verdicts["pip"], survey.error):
            assert (verdict.kind, verdict.code) == ("proxy-certificate", 20)
            assert verdict.message == "unable to get local issuer certificate"
        assert survey.chain == ()
        # Whoever answered there has not seen the password.
        assert way.tried == tried

        survey = one(prober, way.place(way.tls.url), both)
        assert survey.verdicts["pip"].kind == "proxy"
        assert survey.verdicts["pip"].message == "407 Proxy Authentication Required"
        assert survey.chain == ()


def _leaf_subject(way: Way) -> bytes:
    assert not callable(way.server.certificates)
    assert way.server.certificates is not None
    return parse(der_of(way.server.certificates.certificate)).subject_der


def test_the_stores_of_a_survey_vouch_together(prober: Prober, way: Way) -> None:
    """What certifi says of the index does not depend on who knows the proxy; what pip says does."""
    trusts = {
        "pip": replace(way.trusting("other"), at_proxy=way.trusting("proxy")),
        "certifi": way.trusting("index"),
        "system": way.trusting("proxy"),
        "pip-without-setting": replace(way.trusting("index"), at_proxy=way.trusting("other")),
    }
    (survey,) = prober.survey([way.place()], trusts, seconds=SECONDS)
    assert {name: verdict.kind for name, verdict in survey.verdicts.items()} == {
        "pip": "certificate",
        "certifi": "accepted",
        "system": "certificate",
        "pip-without-setting": "proxy-certificate",
    }


def test_a_proxy_at_its_own_place(prober: Prober, way: Way) -> None:
    """Its chain can be looked at, by the trust that judges it, without being asked for anything."""
    place = way.place().of_proxy()
    assert place is not None
    trust = replace(way.trusting("proxy"), at_proxy=way.trusting("other"))
    survey = one(prober, place, trust)
    assert (survey.verdicts["pip"].kind, survey.verdicts["pip"].code) == ("certificate", 20)
    assert [item.label for item in survey.chain] == ["localhost"]
    assert str(survey.origin) == f"https://localhost:{way.tls.port}"
    assert one(prober, place, replace(trust, at_proxy=way.trusting("proxy"))).verdicts["pip"].accepted
    assert way.tls.requests == []


def test_no_place_of_its_own(way: Way) -> None:
    assert way.place(scheme="http").of_proxy() is None
    assert way.place(scheme="socks5").of_proxy() is None
    assert way.place(plainly=True).of_proxy() is None
    assert at(443, HOST).of_proxy() is None


def test_trial_behind_a_proxy(prober: Prober, way: Way) -> None:
    """A candidate need not vouch for the proxy where pip's own trust does."""
    index, other, proxy = ([parse(way.roots[name].der)] for name in ("index", "other", "proxy"))
    candidates = [index, other, proxy, [*index, *proxy]]
    place = way.place()
    (alone,) = prober.trial([place], candidates, seconds=SECONDS)
    assert [verdict.kind for verdict in alone] == [
        *("proxy-certificate", "proxy-certificate", "certificate"),
        "accepted",
    ]
    (backed,) = prober.trial([place], candidates, seconds=SECONDS, at_proxy=way.trusting("proxy"))
    assert [verdict.accepted for verdict in backed] == [True, False, False, True]


def test_proof_behind_a_proxy(env: dict[str, str], way: Way) -> None:
    """By that trust alone, for the proxy as well."""
    trusts = {
        way.trusting("index", "proxy"): "accepted",
        way.trusting("index"): "proxy-certificate",
        replace(way.trusting("index"), at_proxy=way.trusting("proxy")): "accepted",
        replace(way.trusting("index", "proxy"), at_proxy=way.trusting("other")): "proxy-certificate",
    }
    with Prober(sys.executable, env, seconds=60) as prober:
        for trust, kind in trusts.items():
            (verdict,) = prober.prove([way.place()], trust, {}, seconds=SECONDS)
            assert verdict.kind == kind


FAULTS: Mapping[str, tuple[Callable[[Authority], object], int]] = {
    "expired": (lambda root: root.leaf(validity=EXPIRED), 10),
    "wrong name": (lambda root: root.leaf(["proxy.example"]), 62),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_the_proxys_certificate(name: str, prober: Prober, authority: Authority) -> None:
    make, code = FAULTS[name]
    leaf = make(authority)
    with ConnectProxy(certificates=leaf) as proxy:  # type: ignore[arg-type]
        survey = one(prober, at(443, HOST, through(proxy)), trusting(authority))
    assert (survey.verdicts["pip"].kind, survey.verdicts["pip"].code) == ("proxy-certificate", code)


def test_strict_with_the_proxy_only(prober: Prober, way: Way) -> None:
    lax = Authority("Example lax root", basic_constraints_critical=False)
    way.tls.certificates = lax.leaf(chain=Chain.WITH_ROOT)
    trust = replace(way.trusting("index"), at_proxy=trusting(lax, strict=True))
    survey = one(prober, way.place(), trust)
    assert survey.verdicts["pip"].kind == "proxy-certificate"
    assert survey.unmasked["lenient"].accepted


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_a_client_certificate_is_for_the_index(
    version: object, prober: Prober, authority: Authority, tmp_path: Path
) -> None:
    """TLS in TLS shows as much as TLS does."""
    own = str(write_identity(authority, tmp_path / "client.pem"))
    wants = client_certificate(authority, version=version, required=True)  # type: ignore[arg-type]
    with (
        IndexServer([], authority.leaf([HOST]), configure=wants) as server,
        ConnectProxy(certificates=authority.leaf(), routes={HOST: server.port}) as proxy,
    ):
        place = at(443, HOST, through(proxy))
        survey = one(prober, place, trusting(authority))
        assert survey.verdicts["pip"].kind == "client-certificate"
        assert survey.asks_for_certificate
        verdict = one(prober, replace(place, client_certificate=own), trusting(authority)).verdicts["pip"]
        assert verdict.accepted


def test_the_proxy_is_not_shown_who_asks(prober: Prober, authority: Authority, tmp_path: Path) -> None:
    """pip presents its client certificate to the index only; no proxy gets it, however much it wants it."""
    own = str(write_identity(authority, tmp_path / "client.pem"))
    chain = tmp_path / "proxy.pem"
    chain.write_bytes(authority.leaf().server_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    client_certificate(authority, version=TLS_1_2, required=False)(context)
    shown = []

    def ask(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            shown.append(tls.getpeercert(binary_form=True))
            tls.recv(4096)
            tls.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    with Rogue(ask) as server:
        place = at(443, HOST, Proxy("https", "localhost", server.port, None))
        survey = one(prober, replace(place, client_certificate=own), trusting(authority))
    assert survey.verdicts["pip"].message == "403 Forbidden"
    assert not survey.asks_for_certificate
    assert shown
    assert set(shown) == {None}


# Who speaks what

NO_TLS = "does not speak TLS, yet its URL begins with https://"
TLS = "speaks TLS, yet its URL begins with http://"
TLS_FOR_OTHERS = "speaks TLS, as pip does with proxies from 20.3 on only"


@pytest.mark.parametrize("python", EDGES, ids=lambda path: path.name)
def test_the_wrong_scheme(python: Path, way: Way, env: dict[str, str]) -> None:
    both = way.trusting("index", "proxy")
    to_plain, to_tls = way.plain.url_with_credentials, way.tls.url_with_credentials
    ways = (
        (way.place(to_plain), ("accepted", "")),
        (way.place(to_plain, scheme="https", plainly=True), ("accepted", "")),
        (way.place(to_plain, scheme="https"), ("proxy-tls", NO_TLS)),
        (way.place(to_tls, scheme="http"), ("proxy-tls", TLS)),
        (way.place(to_tls, scheme="https", plainly=True), ("proxy-tls", TLS_FOR_OTHERS)),
    )
    with Prober(str(python), env, seconds=60) as prober:
        trusts = {"pip": both, "certifi": NO_TRUST}
        surveys = prober.survey([place for place, _ in ways], trusts, seconds=1.0)
    for survey, (_, expected) in zip(surveys, ways, strict=True):
        verdict = survey.verdicts["pip"]
        assert (verdict.kind, verdict.message) == expected
        _says_no_secret(survey)
        if verdict.kind == "proxy-tls":
            assert survey.verdicts["certifi"] == verdict == survey.error
    # Over TLS that nobody verified, or without any, the password is not said for a second time.
    unsaid = [item for item in way.plain.requests if "proxy-authorization" not in item.headers]
    assert len(unsaid) <= 1


ECHO = b"HTTP/1.1 407 who is %s\r\n\r\n"


def _echo(connection: socket.socket) -> None:
    """Say back all that was said, headers decoded and not."""
    asked = b""
    while not asked.endswith(b"\r\n\r\n"):
        asked += connection.recv(65536)
    token = asked.partition(b"Basic ")[2].strip()
    connection.sendall(ECHO % (b"a" * 20 + token + b" " + base64.b64decode(token)))


RESET = "it broke the connection off ("
NO_ANSWER = "the proxy did not answer in time"

# What listens there -> kind and message where it is spoken to without TLS, and with it.
ROGUES: Mapping[str, tuple[Behaviour, tuple[str, str], tuple[str, str]]] = {
    "hangs": (hang, ("unreachable", NO_ANSWER), ("proxy", "timed out during the handshake")),
    "resets": (reset, ("proxy", RESET), ("proxy", "the connection was reset during the handshake")),
    "ends unsaid": (
        end_unsaid,
        ("proxy", "it closed the connection"),
        ("proxy", "UNEXPECTED_EOF_WHILE_READING"),
    ),
    "refuses": (say(b"HTTP/1.1 403 Forbidden\r\n\r\n"), ("proxy", "403 Forbidden"), ("proxy-tls", NO_TLS)),
    "does not understand": (say(PLAIN_HTTP), ("proxy", "400 Bad Request"), ("proxy-tls", NO_TLS)),
    "answers with nonsense": (
        say(b"\0\1\2\r\n\r\n"),
        ("proxy", "no HTTP answer"),
        ("proxy", "WRONG_VERSION_NUMBER"),
    ),
    "answers for ever": (
        say(b"HTTP/1.1 200 " + b"a" * 200_000),
        ("proxy", "it closed the connection"),
        ("proxy-tls", NO_TLS),
    ),
    "trickles": (
        trickle(b"HTTP/1.1 200 OK\r\n"),
        ("unreachable", NO_ANSWER),
        ("proxy", "WRONG_VERSION_NUMBER"),
    ),
    "trickles after CONNECT": (
        trickle(b"HTTP/1.1 200 OK\r\n\r\n" + record(server_hello()), at_once=19),
        ("unreachable", "timed out during the handshake"),
        ("proxy-tls", NO_TLS),
    ),
    "speaks TLS": (
        say(record(b"\x02\x28", kind=21)),
        ("proxy-tls", TLS),
        ("proxy", "SSLV3_ALERT_HANDSHAKE_FAILURE"),
    ),
    "echoes": (_echo, ("proxy", '407 "who is ' + "a" * 20 + '**** ****"'), ("proxy-tls", NO_TLS)),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", ROGUES)
def test_rogue_proxy(name: str, scheme: str, env: dict[str, str]) -> None:
    behave, plainly, over_tls = ROGUES[name]
    kind, message = plainly if scheme == "http" else over_tls
    credentials = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    with Rogue(behave) as server, Prober(sys.executable, env, seconds=30) as prober:
        place = at(443, HOST, Proxy(scheme, "127.0.0.1", server.port, credentials))
        survey = one(prober, place, NO_TRUST, seconds=1.0)
        sent = b"".join(bytes(item) for item in server.received)
    verdict = survey.verdicts["pip"]
    assert verdict.kind == kind, verdict
    assert message in verdict.message
    assert verdict == survey.error
    _says_no_secret(survey)
    assert (b"Proxy-Authorization" in sent) is (scheme == "http" and name not in UNREAD)


UNREAD = ("resets", "trickles", "trickles after CONNECT")
"""Those that do not read what they are told."""


def test_a_proxy_that_is_not_there(prober: Prober) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for scheme in ("http", "https"):
        survey = one(prober, at(443, HOST, Proxy(scheme, "127.0.0.1", port, None)), NO_TRUST)
        verdict = survey.verdicts["pip"]
        assert verdict.kind == "unreachable"
        assert verdict.message.startswith("the proxy cannot be reached: ")


def test_socks(prober: Prober, way: Way) -> None:
    verdict = one(prober, way.place(scheme="socks5"), NO_TRUST).verdicts["pip"]
    assert verdict.kind == "proxy"
    assert verdict.message == "it is a proxy of the kind socks5://, through which pipsafe cannot look"
