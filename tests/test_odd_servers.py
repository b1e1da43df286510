"""Servers that speak no TLS, another TLS, or want to know who asks: what a survey makes of them."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipsafe.probes.answered import Survey, Verdict
from pipsafe.probes.asked import Place
from pipsafe.probes.probe import Prober
from tests.lab.authority import Authority, Leaf, der_of, new_key
from tests.lab.index_server import IndexServer
from tests.lab.odd_servers import (
    ROGUES,
    Configure,
    Rogue,
    ciphers,
    client_certificate,
    small_diffie_hellman,
    versions,
    write_identity,
)
from tests.probing import (
    EDGES,
    INTERPRETERS,
    NO_TRUST,
    TLS_1_2,
    TLS_1_3,
    TURNS,
    VERSIONS,
    at,
    one,
    trusting,
)

LIMIT = 1.0
"""Seconds that one connection is given below."""

MARGIN = 1.5
"""Seconds after which a connection is no longer waited for, however busy it keeps us."""


def bounded(place: Place, env: Mapping[str, str], python: Path) -> Survey:
    """A survey that takes no longer than it may."""
    with Prober(str(python), env, seconds=30) as prober:
        prober.facts("")
        begin = time.monotonic()
        survey = one(prober, place, NO_TRUST, seconds=LIMIT)
        # A second look follows the first; a busy machine takes its time, too.
        assert time.monotonic() - begin < 2 * (LIMIT + MARGIN) + 5
    assert survey.chain == ()
    assert survey.error is not None
    return survey


@dataclass(frozen=True, slots=True)
class Expected:
    """What is found out about a rogue."""

    message: str
    kind: str = "protocol"
    spoken: str | None = None


RESET = Expected("the connection was reset during the handshake")
TIMED_OUT = Expected("timed out during the handshake", "unreachable")
NO_TLS = "WRONG_VERSION_NUMBER"

EXPECTED: Mapping[str, tuple[Expected, ...]] = {
    "hangs": (TIMED_OUT,),
    # What is unread when a server closes makes a reset of it.
    "closes": (RESET, Expected("UNEXPECTED_EOF_WHILE_READING")),
    "resets": (RESET,),
    "ends unsaid": (Expected("UNEXPECTED_EOF_WHILE_READING"),),
    "plain HTTP": (Expected(NO_TLS, spoken="HTTP/1.1 400 Bad Request"),),
    "SSH": (Expected(NO_TLS, spoken="SSH-2.0-OpenSSH_9.2p1"),),
    "SMTP": (Expected(NO_TLS, spoken="220 mail.example ESMTP ready"),),
    "escape sequences": (Expected(NO_TLS),),
    "a long line": (Expected(NO_TLS, spoken="é" * 200),),
    "MySQL": (Expected(NO_TLS),),
    "nonsense": (Expected(NO_TLS),),
    "trickles": (TIMED_OUT,),
    "old renegotiation": (Expected("UNSAFE_LEGACY_RENEGOTIATION_DISABLED"),),
    # Python before 3.10 still takes TLS 1.0, and then minds the cipher, which is younger.
    "TLS 1.0": (Expected("UNSUPPORTED_PROTOCOL"), Expected("WRONG_CIPHER_RETURNED")),
    "no such name": (Expected("TLSV1_UNRECOGNIZED_NAME"),),
    "10 MiB of handshake": (Expected("EXCESSIVE_MESSAGE_SIZE"),),
    # OpenSSL never comes back from these: they are left alone in the end.
    "hello requests for ever": (Expected("timed out", "unreachable"),),
    "empty records for ever": (Expected("RECORD_TOO_SMALL"),),
}


@pytest.mark.parametrize("python", EDGES, ids=lambda path: path.name)
@pytest.mark.parametrize("name", ROGUES)
def test_rogue(name: str, python: Path, env: dict[str, str]) -> None:
    with Rogue(ROGUES[name]) as server:
        survey = bounded(at(server.port), env, python)
        sent = [bytes(item) for item in server.received]
    verdict = survey.verdicts["pip"]
    assert Expected(verdict.message, verdict.kind, survey.spoken) in EXPECTED[name]
    assert survey.error is not None
    assert survey.error.kind == verdict.kind
    # Nothing but handshakes is sent: no word of HTTP.
    assert all(item[:1] in (b"", b"\x16") for item in sent)


def _old(version: ssl.TLSVersion) -> Configure:
    return versions(version, version)


# A limit of the server -> what OpenSSL says of it, on Python 3.10 and later.
LIMITS: Mapping[str, tuple[Configure, str]] = {
    "TLS 1.0": (_old(ssl.TLSVersion.TLSv1), "TLSV1_ALERT_PROTOCOL_VERSION"),
    "TLS 1.1": (_old(ssl.TLSVersion.TLSv1_1), "TLSV1_ALERT_PROTOCOL_VERSION"),
    "no cipher in common": (ciphers("NULL-SHA256"), "SSLV3_ALERT_HANDSHAKE_FAILURE"),
    "small group": (small_diffie_hellman, "DH_KEY_TOO_SMALL"),
}


@pytest.fixture(scope="module")
def rsa_leaf(authority: Authority) -> Leaf:
    return authority.leaf(key=new_key(rsa_bits=2048))


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_limited_server(python: Path, rsa_leaf: Leaf, authority: Authority, env: dict[str, str]) -> None:
    with Prober(str(python), env, seconds=60) as prober:
        for name, (configure, reason) in LIMITS.items():
            with IndexServer([], rsa_leaf, configure=configure) as server:
                survey = one(prober, at(server.port), trusting(authority))
            verdict = survey.verdicts["pip"]
            expected = {reason}
            if name.startswith("TLS 1") and int(python.name.partition(".")[2]) < 10:
                expected = {"LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED"}
            assert (verdict.kind, survey.spoken) == ("protocol", None), name
            assert {verdict.message} == expected, name


# Client certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """A server that asks for a client certificate."""

    version: ssl.TLSVersion
    required: bool
    tickets: bool = True

    def server(self, leaf: Leaf, clients: Authority) -> IndexServer:
        configure = client_certificate(
            clients, version=self.version, required=self.required, tickets=self.tickets
        )
        return IndexServer([], leaf, configure=configure)


WANTS = (
    *(Wants(version=version, required=must) for version in VERSIONS.values() for must in (True, False)),
    Wants(version=TLS_1_3, required=False, tickets=False),
)
REASONS = ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV13_ALERT_CERTIFICATE_REQUIRED")


def _hears(python: Path) -> bool:
    return python.name != "python3.7"


@pytest.mark.parametrize("python", TURNS, ids=lambda path: path.name)
def test_asks_for_a_client_certificate(
    python: Path, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    """It is one thing to ask for one and another to insist; with the right one all is well."""
    clients = Authority("Example Client CA")
    right = str(write_identity(clients, tmp_path / "right.pem"))
    wrong = str(write_identity(Authority(), tmp_path / "wrong.pem"))
    with Prober(str(python), env, seconds=60) as prober:
        for wants in WANTS:
            leaf = authority.leaf()
            with wants.server(leaf, clients) as server:
                survey = one(prober, at(server.port), trusting(authority))
                verdict = survey.verdicts["pip"]
                if not _hears(python) and wants.version is TLS_1_2:
                    assert verdict.kind == ("protocol" if wants.required else "accepted")
                    continue
                assert verdict.kind == ("client-certificate" if wants.required else "accepted"), wants
                assert verdict.message in (REASONS if wants.required else ("",))
                assert survey.asks_for_certificate or not _hears(python)
                assert survey.chain[0].der == der_of(leaf.certificate)
                assert all(found.accepted for found in survey.unmasked.values()), wants
                place = replace(at(server.port), client_certificate=right)
                assert one(prober, place, trusting(authority)).verdicts["pip"].accepted, wants
                place = replace(at(server.port), client_certificate=wrong)
                verdict = one(prober, place, trusting(authority)).verdicts["pip"]
                assert (verdict.kind, verdict.message) == ("client-certificate", "TLSV1_ALERT_UNKNOWN_CA")
                server.settle()
                assert server.requests == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("python", TURNS[1:], ids=lambda path: path.name)
def test_both_certificates_matter(
    python: Path, version: str, authority: Authority, env: dict[str, str]
) -> None:
    """Under an unknown CA that comes first; that a client certificate is asked for is known all the same."""
    wants = Wants(version=VERSIONS[version], required=True)
    with (
        wants.server(Authority().leaf(), authority) as server,
        Prober(str(python), env, seconds=60) as prober,
    ):
        survey = one(prober, at(server.port), NO_TRUST)
    assert (survey.verdicts["pip"].kind, survey.verdicts["pip"].code) == ("certificate", 20)
    assert survey.asks_for_certificate
    assert len(survey.chain) in (1, 2)


def test_a_server_that_asks_for_none(authority: Authority, env: dict[str, str]) -> None:
    """It is not waited for any longer than for the handshake."""
    with IndexServer([], authority.leaf()) as server, Prober(str(EDGES[-1]), env, seconds=60) as prober:
        prober.facts("")
        assert min(_duration(prober, at(server.port), authority) for _ in range(3)) < 0.3
        survey = one(prober, at(server.port), trusting(authority))
    assert not survey.asks_for_certificate


def test_a_ticket_ends_the_wait(authority: Authority, env: dict[str, str]) -> None:
    """A server of TLS 1.3 that hands out a ticket has let the client in; others are given some time."""
    took = {}
    with Prober(str(EDGES[-1]), env, seconds=60) as prober:
        prober.facts("")
        for tickets in (True, False):
            wants = Wants(version=TLS_1_3, required=False, tickets=tickets)
            with wants.server(authority.leaf(), authority) as server:
                took[tickets] = min(_duration(prober, at(server.port), authority) for _ in range(3))
    assert took[False] >= 0.3
    assert took[True] < took[False]


def _duration(prober: Prober, place: Place, authority: Authority) -> float:
    begin = time.monotonic()
    assert one(prober, place, trusting(authority)).verdicts["pip"].accepted
    return time.monotonic() - begin


def _verdict(place: Place, env: Mapping[str, str], python: Path, authority: Authority) -> Verdict:
    with Prober(str(python), env, seconds=10) as prober:
        return one(prober, place, trusting(authority)).verdicts["pip"]


@pytest.mark.parametrize("python", EDGES, ids=lambda path: path.name)
def test_a_passphrase_is_never_asked_for(
    python: Path, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    """pip would ask the user; here the server decides whether it can do without."""
    secret = str(write_identity(authority, tmp_path / "client.pem", passphrase=b"open sesame"))
    for required in (True, False):
        wants = Wants(version=TLS_1_3, required=required)
        with wants.server(authority.leaf(), authority) as server:
            place = replace(at(server.port), client_certificate=secret)
            verdict = _verdict(place, env, python, authority)
        assert verdict.accepted is not required
        if required:
            assert verdict.kind == "client-certificate"
            assert verdict.message == (
                "TLSV13_ALERT_CERTIFICATE_REQUIRED; its key has a passphrase, so it was not presented here"
            )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the client certificate cannot be used: no such file: {path}"),
        (b"nothing\n", "the client certificate cannot be used: PEM_LIB: {path}"),
    ],
)
def test_a_client_certificate_of_no_use(
    content: bytes | None, message: str, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    """pip then makes no connection at all."""
    path = tmp_path / "client.pem"
    if content is not None:
        path.write_bytes(content)
    with IndexServer([], authority.leaf()) as server:
        place = replace(at(server.port), client_certificate=str(path))
        verdict = _verdict(place, env, EDGES[-1], authority)
    assert (verdict.kind, verdict.message) == ("setting", message.format(path=path))
