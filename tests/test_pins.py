"""Pins: what a fingerprint may stand for, and what it may not."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pipsafe.stores.denials import Denied
from pipsafe.trust import pins
from pipsafe.x509.certificate import Certificate, parse
from tests.certificates import key_usage, make
from tests.lab.authority import EXPIRED, Authority, Chain, Leaf, der_of, self_signed

NOW = datetime.now(timezone.utc)
ROOT = Authority("Example Corporate Root")
LATE = Authority("Example Late Root", validity=EXPIRED)
UNTRUSTED = Authority("Example Untrusted CA")
MIDDLE = ROOT.intermediate()
SELF = self_signed()
SELF_CA = self_signed(ca=True)
SELF_LATE = self_signed(validity=EXPIRED)
NOBODY = "0" * 64
YEAR = timedelta(days=365)

SIGNING = parse(make(extensions=((key_usage(sign=True), True),), not_before=NOW - YEAR, not_after=NOW + YEAR))
BARE = parse(make(extensions=(), not_before=NOW - YEAR, not_after=NOW + YEAR))


def presented(leaf: Leaf) -> tuple[Certificate, ...]:
    return tuple(parse(der_of(certificate)) for certificate in leaf.presented)


CHAIN = presented(MIDDLE.leaf(chain=Chain.WITH_ROOT))
LEAF, BETWEEN, TOP = CHAIN

TAKEN = {
    "a root that is presented": (TOP.sha256, CHAIN),
    "a server that signed itself": (SELF.sha256, presented(SELF)),
    "a server that is its own CA": (SELF_CA.sha256, presented(SELF_CA)),
}
REFUSED = {
    "nothing that is presented": (NOBODY, CHAIN, "no server presents"),
    "the server's certificate": (LEAF.sha256, CHAIN, "it is the server's own certificate, issued by"),
    "an intermediate": (BETWEEN.sha256, CHAIN, "it is an intermediate, issued by"),
    "a root that has expired": (LATE.sha256, presented(LATE.leaf(chain=Chain.WITH_ROOT)), "expired"),
    "a server that signed itself and has expired": (SELF_LATE.sha256, presented(SELF_LATE), "not a CA"),
    "an interceptor's CA for bad certificates": (
        UNTRUSTED.sha256,
        presented(UNTRUSTED.leaf(chain=Chain.WITH_ROOT)),
        "an interceptor's CA for bad certificates",
    ),
    "a server that could sign for others without saying so": (
        SIGNING.sha256,
        (SIGNING,),
        "could sign for other servers",
    ),
    "a server of version 1": (BARE.sha256, (BARE,), "could sign for other servers"),
    # What is no CA and not the server's own ends no chain.
    "a stray certificate": (SELF.sha256, (*CHAIN, *presented(SELF)), "not a CA"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_taken(name: str) -> None:
    pin, chain = TAKEN[name]

    found = pins.search([(pin, "--pipsafe-pin")], [chain], Denied(), now=NOW)

    (candidate,) = found.candidates
    assert candidate.anchor.sha256 == pin
    assert (candidate.source.tier, candidate.source.kind) == ("explicit", "pin")
    assert found.passed_over == ()


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason(name: str) -> None:
    pin, chain, words = REFUSED[name]

    found = pins.search([(pin, "PIPSAFE_PIN")], [chain], Denied(), now=NOW)

    assert found.candidates == ()
    (over,) = found.passed_over
    assert words in over.reason
    assert over.source.name == "PIPSAFE_PIN"


def test_what_the_administrator_denies_stays_denied() -> None:
    denied = Denied(certificates={TOP.sha256: "distrusted in /etc/ca-certificates.conf, line 7"})

    found = pins.search([(TOP.sha256, "--pipsafe-pin")], [CHAIN], denied, now=NOW)

    assert found.candidates == ()
    assert "distrusted in /etc/ca-certificates.conf" in found.passed_over[0].reason


def test_each_once_over_all_servers() -> None:
    again = presented(ROOT.leaf(chain=Chain.WITH_ROOT))

    found = pins.search([(ROOT.sha256, "a"), (ROOT.sha256, "a")], [CHAIN, again], Denied(), now=NOW)

    assert [item.anchor.sha256 for item in found.candidates] == [ROOT.sha256]


def test_one_that_nobody_presents_hides_no_other() -> None:
    found = pins.search([(NOBODY, "a"), (TOP.sha256, "b")], [CHAIN], Denied(), now=NOW)

    assert [item.source.name for item in found.passed_over] == ["a"]
    assert [item.source.name for item in found.candidates] == ["b"]


@pytest.mark.parametrize(
    ("chains", "is_advised"),
    [
        ([], False),
        ([()], False),
        ([CHAIN], False),
        ([CHAIN[:2]], True),
        ([CHAIN, CHAIN[:1]], True),
    ],
)
def test_a_root_that_is_not_sent_has_to_be_named_by_its_file(
    chains: list[tuple[Certificate, ...]],
    is_advised: bool,  # noqa: FBT001
) -> None:
    found = pins.search([(NOBODY, "--pipsafe-pin")], chains, Denied(), now=NOW)

    (over,) = found.passed_over
    assert ("--pipsafe-ca" in over.reason) is is_advised


@pytest.mark.parametrize(
    ("pin", "what", "issuer"),
    [
        (LEAF, "it is the server's own certificate", BETWEEN),
        (BETWEEN, "it is an intermediate", TOP),
    ],
)
def test_the_reason_says_which_and_whose(pin: Certificate, what: str, issuer: Certificate) -> None:
    found = pins.search([(pin.sha256, "--pipsafe-pin")], [CHAIN], Denied(), now=NOW)

    (over,) = found.passed_over
    told = f'"{pin.label}": {what}, issued by "{issuer.subject}"; a pin has to name the root above it'
    assert over.reason == told
    assert over.source.path == pin.sha256


@pytest.mark.parametrize(
    ("seconds_after", "last", "is_taken"),
    [(-1, False, False), (0, False, True), (0, True, True), (1, True, False)],
)
def test_a_self_signed_server_is_valid_from_its_first_second_to_its_last(
    seconds_after: int,
    last: bool,  # noqa: FBT001
    is_taken: bool,  # noqa: FBT001
) -> None:
    (own,) = presented(SELF)
    now = (own.not_after if last else own.not_before) + timedelta(seconds=seconds_after)

    found = pins.search([(own.sha256, "--pipsafe-pin")], [(own,)], Denied(), now=now)

    assert bool(found.candidates) is is_taken
