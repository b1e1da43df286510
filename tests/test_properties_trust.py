"""What holds of every search for trust, whatever the files hold; and of every anchor that is found in one."""

from __future__ import annotations

import random
import ssl
from dataclasses import dataclass
from datetime import datetime, timezone

from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.trust import ca_file
from pipsafe.trust.anchors import MOST_CANDIDATES, Candidate, Search, among
from pipsafe.trust.ca_file import CaFile
from pipsafe.trust.sources import Source
from pipsafe.trust.stock import Reading
from pipsafe.x509.certificate import Certificate, MalformedCertificate, anchor_problem, parse
from tests.certificates import RAW_CA, loaded, pem, raw, raw_name, tlv
from tests.fuzz import asn1
from tests.handshake import refusal
from tests.lab.authority import Authority
from tests.machine import NOW, TakenBack, seen

# Searches over made-up chains of names

A_DAY = datetime(2025, 6, 1, tzinfo=timezone.utc)
NAMES = tuple(raw_name(("2.5.4.3", 0x0C, letter.encode())) for letter in "ABCD")
LONG_AGO = (tlv(0x17, b"100101000000Z"), tlv(0x17, b"110101000000Z"))
NOW_VALID = (tlv(0x17, b"240101000000Z"), tlv(0x17, b"491231235959Z"))


MADE = tuple(
    raw(subject=subject, issuer=issuer, serial=tlv(0x02, bytes([serial])), dates=dates, extensions=extensions)
    for subject in NAMES
    for issuer in NAMES
    for serial in (1, 2)
    for dates, extensions in ((NOW_VALID, (RAW_CA,)), (LONG_AGO, (RAW_CA,)), (NOW_VALID, None))
)
"""Certificates of few names, so that chains, circles and namesakes come about."""

certificates = st.sampled_from(MADE)
parsed = st.sampled_from(tuple(map(parse, MADE)))


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    held = tuple(dict.fromkeys(draw(st.lists(certificates, max_size=6))))
    rejected = tuple(draw(st.lists(certificates, max_size=1))) if draw(st.integers(0, 3)) == 0 else ()
    kept = tuple(der for der in held if der not in rejected)
    withheld = dict.fromkeys(draw(st.lists(st.sampled_from(kept), max_size=1)) if kept else (), "its key")
    host = draw(st.sampled_from((None, None, "a.example", "b.example")))
    source = Source("configured", "it", f"/{draw(st.integers(0, 10**6))}.pem", host=host)
    return Reading(source, CaFile(source.path, kept, (), key_inside=False, rejected=rejected), withheld)


@dataclass(frozen=True, slots=True)
class Case:
    """All that a search is given."""

    readings: tuple[Reading, ...]
    chains: tuple[tuple[Certificate, ...], ...]
    between: tuple[Certificate, ...]
    denied: TakenBack

    def found(self, *more: Reading) -> Search:
        return among(
            (*self.readings, *more), self.chains, now=A_DAY, denied=self.denied, between=self.between
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    places = tuple(draw(st.lists(readings(), max_size=5)))
    chains = draw(st.lists(st.lists(parsed, min_size=1, max_size=3).map(tuple), max_size=2))
    known = [der for place in places for der in place.file.certificates]
    denied = draw(st.lists(st.sampled_from(known), max_size=2)) if known else []
    fingerprints = frozenset(parse(der).sha256 for der in denied)
    return Case(places, tuple(chains), tuple(draw(st.lists(parsed, max_size=3))), TakenBack(fingerprints))


EXAMPLES = settings(max_examples=150, deadline=None)


@EXAMPLES
@given(cases())
def test_a_candidate_may_be_trusted(case: Case) -> None:
    rejected = {der for reading in case.readings for der in reading.file.rejected}
    alone = {chain[0].sha256 for chain in case.chains if len(chain) == 1}

    for candidate in case.found().candidates:
        anchor = candidate.anchor
        assert any(
            reading.source == candidate.source
            and anchor.der in reading.file.certificates
            and anchor.der not in reading.withheld
            for reading in case.readings
        )
        assert anchor.der not in rejected
        assert case.denied.reason(anchor) is None
        problem = anchor_problem(anchor, A_DAY)
        assert problem is None or (problem == "not a CA" and anchor.sha256 in alone)


@EXAMPLES
@given(cases())
def test_a_candidate_ends_a_chain(case: Case) -> None:
    """By names, from a presented certificate over what is needed between."""
    held = {der for reading in case.readings for der in reading.file.certificates}
    elsewhere = {certificate.der for certificate in case.between}

    for candidate in case.found().candidates:
        assert any(_leads(chain, candidate) for chain in case.chains)
        for item in candidate.intermediates:
            assert item.der in held | elsewhere
            assert item.is_ca
            assert item.not_before <= A_DAY <= item.not_after
            assert case.denied.reason(item) is None


def _leads(chain: tuple[Certificate, ...], candidate: Candidate) -> bool:
    names = {item.issuer_der for item in chain}
    for _ in candidate.intermediates:
        names |= {item.issuer_der for item in candidate.intermediates if item.subject_der in names}
    return candidate.anchor.subject_der in names


@EXAMPLES
@given(cases(), st.randoms())
def test_the_order_of_the_sources_changes_only_the_order(case: Case, chance: random.Random) -> None:
    shuffled = list(case.readings)
    chance.shuffle(shuffled)
    other = Case(tuple(shuffled), case.chains, case.between, case.denied)

    def tried(found: Search) -> set[tuple[str, tuple[Certificate, ...]]]:
        return {
            (item.anchor.sha256, tuple(sorted(item.intermediates, key=lambda one: one.sha256)))
            for item in found.candidates
        }

    assert tried(case.found()) == tried(other.found())


@EXAMPLES
@given(cases(), readings())
def test_a_further_source_takes_nothing_away(case: Case, more: Reading) -> None:
    """Unless it says that something is not to be trusted."""
    if more.file.rejected:
        return
    anchors = {item.anchor.sha256 for item in case.found().candidates}
    after = case.found(more)

    assert len(after.candidates) <= MOST_CANDIDATES
    assert len(after.candidates) == MOST_CANDIDATES or anchors <= {
        item.anchor.sha256 for item in after.candidates
    }


@EXAMPLES
@given(cases())
def test_every_source_is_told_of(case: Case) -> None:
    found = case.found()

    assert [store.source for store in found.stores] == [reading.source for reading in case.readings]
    told = {item.source for item in found.passed_over}
    assert all(reading.source in told for reading in case.readings if not reading.file.certificates)


# Anchors out of odd bytes

ROOT = Authority("Example Corporate Root")
LEAF = ROOT.leaf()
CHAIN = seen(LEAF)


def bundle(seed: int) -> bytes:
    """The root with something changed inside."""
    return pem(asn1.mutant(ROOT.der, random.Random(seed)))


def candidates(data: bytes) -> tuple[Candidate, ...]:
    held, problems = ca_file.decode(data)
    file = CaFile("x", held, problems, key_inside=False)
    return among([Reading(Source("configured", "it", "x"), file)], [CHAIN], now=NOW).candidates


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9))
def test_an_odd_anchor_is_harmless(seed: int) -> None:
    """OpenSSL cannot read it, or it refuses the server, or what it trusts is the root's own key."""
    for candidate in candidates(bundle(seed)):
        try:
            words = refusal(LEAF, pem(candidate.anchor.der))
        except ssl.SSLError:
            continue
        key = candidate.anchor.spki_sha256 == parse(ROOT.der).spki_sha256
        assert words or key


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9))
def test_an_odd_certificate_is_read_as_others_read_it(seed: int) -> None:
    """What decides about trust is the same for `cryptography`, where both can read it."""
    data = asn1.mutant(ROOT.der, random.Random(seed))
    try:
        ours, theirs = parse(data), loaded(data)
        constraints = _constraints(theirs)
        dates = theirs.not_valid_before_utc, theirs.not_valid_after_utc
    except (MalformedCertificate, ValueError, TypeError, x509.DuplicateExtension, x509.InvalidVersion):
        return

    assert (ours.is_ca, ours.path_length) == constraints
    assert (ours.not_before, ours.not_after) == dates


def _constraints(theirs: x509.Certificate) -> tuple[bool, int | None]:
    try:
        found = theirs.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False, None
    return found.ca, found.path_length
