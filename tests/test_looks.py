"""Plain looks: bounded in all, however many servers there are; and which witnesses of the time count."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from pipsafe.causes import maker
from pipsafe.causes.case import Case
from pipsafe.observations import looks
from pipsafe.observations.looks import Look
from pipsafe.observations.provenance import Provenance
from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy
from pipsafe.probes.answered import Survey, Verdict
from pipsafe.trust.anchors import Candidate
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import EXPIRED, Authority, Chain, Leaf, der_of, new_key
from tests.lab.raw_server import RawServer, saying, silent
from tests.test_completion import handshake

NOW = datetime.now(timezone.utc)
DAY = timedelta(days=1)
ROOT = Authority("Example Root")
ELSEWHERE = ("http://ca.example/ca.cer", "http://lists.other.example/ca.cer")


@pytest.fixture
def public_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name has a public address, which nobody is asked at: the proxy on loopback answers."""

    def answers(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        address = "127.0.0.1" if host in ("127.0.0.1", "localhost") else "8.8.8.8"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)


def refused(code: int) -> Verdict:
    return Verdict(accepted=False, code=code, message="refused", kind="certificate")


def seen(leaf: Leaf) -> tuple[Certificate, ...]:
    return tuple(parse(der_of(certificate)) for certificate in leaf.presented)


def look(chain: Sequence[Certificate], code: int, proxy: Proxy, host: str = "index.example") -> Look:
    origin = Origin("https", host, 443)
    survey = Survey(origin, tuple(chain), True, None, {"pip": refused(code)}, {})
    case = Case(origin, "index", survey, None, False, None, None, 140, NOW, Provenance("private-ca"))
    return Look(case, proxy)


@pytest.mark.usefixtures("public_names")
def test_however_many_servers_never_answer() -> None:
    leaf = ROOT.leaf(validity=EXPIRED, chain=Chain.LEAF_ONLY, ca_issuers=ELSEWHERE)
    with RawServer(silent) as server:
        proxy = Proxy("http", "127.0.0.1", server.port, None)
        asked = [look(seen(leaf), 10, proxy, f"h{number}.example") for number in range(60)]

        start = time.monotonic()
        assert all(not found.intermediates for found in looks.completions(asked).values())
        completed = time.monotonic()
        pages = looks.front_pages(asked)
        assert looks.skew(asked, pages, ()) is None
        looked = time.monotonic()

    assert completed - start < looks.COMPLETION_SECONDS + 1
    assert looked - completed < looks.PAGE_SECONDS + looks.WITNESS_SECONDS + 1
    assert len(pages) == looks.MOST
    assert looks.portals(asked, pages)[asked[-1].case.origin] is None


def late(issuer: Authority = ROOT, chain: Chain = Chain.LEAF_ONLY) -> tuple[Certificate, ...]:
    """What a server presents whose certificate has expired and names hosts elsewhere."""
    return seen(issuer.leaf(validity=EXPIRED, chain=chain, ca_issuers=ELSEWHERE))


OLD = Authority("Example Old CA", parent=ROOT, validity=EXPIRED)

# Verify code, chain, and whether the hosts that its certificates name are believed.
WITNESSES = [
    ("of a CA that is trusted", 10, late(), True),
    ("of anybody's CA", 20, late(), False),
    ("forged under a CA that has expired", 10, late(OLD, Chain.WITHOUT_ROOT), False),
    ("signed by itself", 18, late(), False),
    ("says Windows, whoever it is of", 0x800B0101, late(), False),
]


@pytest.mark.usefixtures("public_names")
@pytest.mark.parametrize(
    ("code", "chain", "believed"), [row[1:] for row in WITNESSES], ids=[r[0] for r in WITNESSES]
)
def test_whose_witnesses_count(code: int, chain: tuple[Certificate, ...], believed: bool) -> None:  # noqa: FBT001
    """One attacker with a certificate that has expired, who answers for every host."""
    date = format_datetime(EXPIRED.not_after - DAY, usegmt=True).encode()
    with RawServer(saying(b"HTTP/1.1 200 OK\r\nDate: " + date + b"\r\nContent-Length: 0\r\n\r\n")) as server:
        asked = [look(chain, code, Proxy("http", "127.0.0.1", server.port, None))]
        skew = looks.skew(asked, looks.front_pages(asked), ())

    assert (skew is not None) is believed
    if skew is not None:
        assert skew.by[0] == "index.example"
        assert len(skew.by) > 1


# Who did not sign

ISSUING = ROOT.intermediate("Example Issuing CA")


def forged(**settings: object) -> Leaf:
    """By somebody who has the name and the certificate of a CA, and not its key."""
    forger = Authority.__new__(Authority)
    forger.name, forger.organization, forger.parent = ISSUING.name, ISSUING.organization, ROOT
    forger.key, forger.certificate = new_key(), ISSUING.certificate
    return forger.leaf(chain=Chain.LEAF_ONLY, **settings)  # type: ignore[arg-type]


NAMED = Candidate(parse(ROOT.der), Source("system", "the store", "/ca"), (parse(ISSUING.der),))
SIGNATURE = refused(7)


def test_a_forgery_is_told_by_its_signature() -> None:
    assert handshake(forged(), ROOT.pem, ISSUING.pem) == "certificate signature failure"
    assert maker.disowns(seen(forged()), NAMED, SIGNATURE)


def test_what_is_no_proof_of_a_forgery() -> None:
    chain = seen(forged())
    other = parse(Authority("Example Root").der)

    assert not maker.disowns(chain, NAMED, refused(20))
    assert not maker.disowns((), NAMED, SIGNATURE)
    assert not maker.disowns(seen(forged(authority_key_identifier=False)), NAMED, SIGNATURE)
    assert not maker.disowns(chain, Candidate(other, NAMED.source, NAMED.intermediates), SIGNATURE)
    assert not maker.disowns(chain, Candidate(NAMED.anchor, NAMED.source), SIGNATURE)
