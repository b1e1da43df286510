"""The explanations word for word, and the limits that decide which of them is said.

What people read is what they act on; a mutation run showed which words and limits no other test watched.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipsafe.causes import anchors, codes, connection, maker, server_certificate, words
from pipsafe.causes.case import Case
from pipsafe.observations.clock import Skew
from pipsafe.observations.completion import Completion
from pipsafe.observations.provenance import MOST_REASONS, PUBLIC_CA, Provenance
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.probes.answered import Verdict
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import EXPIRED, Authority, Chain
from tests.test_diagnosis import (
    ACCEPTED,
    AHEAD,
    BEHIND,
    COMPLETED,
    GONE,
    HTTPS_PROXY,
    ISSUING,
    LATE,
    LEAF_ALONE,
    NO_FILE,
    NO_ISSUER,
    NOW,
    PIP_CERT,
    PROXY_403,
    ROOT,
    SELF_SIGNED,
    SERVER,
    Seen,
    refused,
    seen,
    stores,
)

AT = "https://index.example:443"
LATE_LEAF = seen(ROOT.leaf(("index.example",), validity=EXPIRED))
NAMESAKE = refused(codes.NAMESAKE, "certificate signature failure")
REVOKED = refused(23, "certificate revoked")


def case(verdict: Verdict = NO_ISSUER, **more: Any) -> Case:
    return Seen(stores(verdict), (), **more).case()


# The clock

IS_AHEAD = "this machine's clock is 60 days ahead: two clocks agree."


@pytest.mark.parametrize(
    ("skew", "sentence"),
    [
        (BEHIND, "This machine's clock is 60 days behind: two clocks agree."),
        (
            Skew(-86400.0, at_least=True, rests_on=("one", "two")),
            "This machine's clock is at least 1 day behind: one; two.",
        ),
        (AHEAD, f"By what a.example and b.example say over plain HTTP, {IS_AHEAD}"),
        (replace(AHEAD, by=("a.example",)), f"By what a.example says over plain HTTP, {IS_AHEAD}"),
    ],
)
def test_the_clock(skew: Skew, sentence: str) -> None:
    assert server_certificate.clock_skew(case(LATE, more={"skew": skew})) == sentence


@pytest.mark.parametrize("verdict", [NO_ISSUER, ACCEPTED])
def test_a_wrong_clock_explains_dates_alone(verdict: Verdict) -> None:
    unmasked = {"time": NO_ISSUER}
    assert server_certificate.clock_skew(case(verdict, unmasked=unmasked, more={"skew": BEHIND})) is None


def _skewed(seconds: float, *, at_least: bool, now: datetime = NOW) -> str | None:
    skew = Skew(seconds, at_least=at_least, rests_on=("two clocks agree",))
    given = case(LATE, chain=LATE_LEAF, unmasked={"time": LATE}, more={"skew": skew})
    return server_certificate.expired(replace(given, now=now))


def test_a_clock_that_is_behind_explains_nothing_that_is_too_old() -> None:
    """At the right time, which is later, it would be older still."""
    assert _skewed(-86400.0, at_least=True)
    assert _skewed(-86400.0, at_least=False)


def test_the_limits_of_validity_are_part_of_it() -> None:
    leaf = LATE_LEAF[0]
    hour = timedelta(hours=1)
    # An hour behind: at the right time it is the last, or the first, second of its life.
    assert _skewed(-3600.0, at_least=False, now=leaf.not_after - hour) is None
    assert _skewed(-3600.0, at_least=False, now=leaf.not_before - hour) is None
    # One second on it is over.
    assert _skewed(-3600.0, at_least=False, now=leaf.not_after - hour + timedelta(seconds=1))


def test_a_certificate_lasts_to_its_last_second() -> None:
    chain, needs = LATE_LEAF, f"A certificate that the chain of {AT} needs"
    given = case(LATE, chain=chain, unmasked={"time": LATE})
    assert server_certificate.expired(replace(given, now=chain[0].not_after)) == f"{needs} has expired."
    early = case(refused(9, "certificate is not yet valid"), chain=chain, unmasked={"time": LATE})
    assert (
        server_certificate.not_yet_valid(replace(early, now=chain[0].not_before))
        == f"{needs} is not valid yet."
    )


def test_an_expired_anchor_that_no_store_needs_is_not_the_servers_fault() -> None:
    verdicts = {**stores(LATE), "system": ACCEPTED}
    given = replace(case(LATE, chain=LATE_LEAF, unmasked={"time": LATE}))
    given = replace(given, survey=replace(given.survey, verdicts=verdicts))
    assert server_certificate.expired(given) is None


# What the server presents


def test_a_revoked_certificate() -> None:
    assert server_certificate.revoked(case(REVOKED)) == (
        f'The certificate of {AT}, "index.example", or one above it has been revoked by the CA that issued '
        "it."
    )
    assert server_certificate.revoked(case(REVOKED, chain=())) == (
        f"The certificate of {AT} or one above it has been revoked by the CA that issued it."
    )


def test_a_root_that_is_kept_for_others() -> None:
    assert server_certificate.distrusted(case(refused(27, "certificate not trusted"))) == (
        f"The root of {AT} is kept on this machine for other purposes, and not trusted for TLS servers."
    )


def test_a_rejected_one_is_told_in_the_words_of_who_rejected_it() -> None:
    verdicts = {**stores(NO_ISSUER), "system": refused(28, "certificate rejected")}
    given = case()
    told = server_certificate.distrusted(replace(given, survey=replace(given.survey, verdicts=verdicts)))
    assert told is not None
    assert told.endswith("has marked it as not to be trusted (certificate rejected).")


STRICTLY = refused(85, "Missing Authority Key Identifier")


def test_strictness() -> None:
    assert server_certificate.strict_x509(case(STRICTLY, unmasked={"lenient": ACCEPTED})) == (
        f"A certificate of {AT} is not made as RFC 5280 has it (Missing Authority Key Identifier). Python "
        "3.13 and newer are strict about that; without that strictness this pip would accept the server."
    )


@pytest.mark.parametrize(
    ("verdict", "lenient"), [(STRICTLY, NO_ISSUER), (NO_ISSUER, ACCEPTED), (STRICTLY, None)]
)
def test_strictness_is_not_blamed_for_more_than_itself(verdict: Verdict, lenient: Verdict | None) -> None:
    unmasked = {} if lenient is None else {"lenient": lenient}
    assert server_certificate.strict_x509(case(verdict, unmasked=unmasked)) is None


def test_a_server_that_signed_for_itself() -> None:
    own = parse(Authority("index.example").der)
    assert server_certificate.self_signed_server(case(SELF_SIGNED, chain=(own,))) == (
        f'{AT} presents one certificate, "index.example", that it signed itself: nobody else vouches for it.'
    )


# Names


def _leaf_for(*names: str) -> Certificate:
    return replace(seen(SERVER)[0], dns_names=names, ip_addresses=())


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), "no host"),
        (("a.example",), "a.example"),
        (tuple("abcde"), "a, b, c, d, e"),
        (tuple("abcdef"), "a, b, c, d, e and 1 more"),
        (("a.example", "of nobody"), "a.example and 1 name that is no host name"),
        (("of nobody", "nor\x1bof others"), "2 names that are no host names"),
        ((*"abcdefg", "of nobody"), "a, b, c, d, e and 2 more and 1 name that is no host name"),
    ],
)
def test_the_hosts_that_a_certificate_names(names: tuple[str, ...], text: str) -> None:
    assert words.names_in(_leaf_for(*names)) == text


def test_no_certificate_names_no_host() -> None:
    assert words.names_in(None) == "no host"


@pytest.mark.parametrize(
    ("given", "text"),
    [((), ""), (("one",), "one"), (("one", "two"), "one and two"), (("1", "2", "3"), "1, 2 and 3")],
)
def test_lists(given: tuple[str, ...], text: str) -> None:
    assert words.listed(given) == text


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (PIP_CERT, "the environment variable PIP_CERT"),
        (Setting("cert", "/ca.pem", "command line"), "the option --cert"),
        (
            Setting("cert", "/ca.pem", "/etc/pip.conf, line 3, [global]"),
            "cert (/etc/pip.conf, line 3, [global])",
        ),
    ],
)
def test_settings(setting: Setting, text: str) -> None:
    assert words.setting_words(setting) == text


def test_the_words_of_a_verifier() -> None:
    """OpenSSL's own are a fixed set; those of a system quote what a certificate says, and so are quoted."""
    said, quoted = "“x” certificate is not trusted", "\"'x' certificate is not trusted\""
    assert words.said(refused(0, "ok")) == "ok"
    assert words.said(refused(999, "as it is")) == "as it is"
    assert words.said(refused(1000, said)) == quoted
    assert words.said(refused(None, said)) == quoted
    assert words.said(refused(-67843, "x" * 300)) == f'"{"x" * words.LONGEST_MESSAGE}…"'
    assert words.said(refused(None, "Connection refused", "unreachable")) == "Connection refused"


def test_who_issued_what_is_not_there() -> None:
    assert words.issuer(case(chain=())) == "an unknown CA"


# The way there


def test_no_connection() -> None:
    assert connection.unreachable(case(GONE)) == f"No connection to {AT} could be made: Connection refused."
    assert connection.unreachable(case(GONE, more={"proxy": "http://proxy.example:3128"})) == (
        f"No connection to {AT} could be made through the proxy http://proxy.example:3128: Connection "
        "refused."
    )


def test_a_python_without_ssl() -> None:
    missing = refused(None, "No module named '_ssl'", "ssl-missing")
    end = "cannot load its ssl module (No module named '_ssl'), so it makes no TLS connections at all."
    assert connection.ssl_module_missing(case(missing)) == f"This Python {end}"
    named = {"build": {"executable": "/opt/python"}}
    assert connection.ssl_module_missing(case(missing, more=named)) == f"/opt/python {end}"


@pytest.mark.parametrize(
    ("more", "start"),
    [
        ({}, "The proxy"),
        ({"proxy": "http://proxy.example:3128"}, "The proxy http://proxy.example:3128"),
        (
            {"proxy": "http://proxy.example:3128", "proxy_setting": HTTPS_PROXY},
            "The proxy http://proxy.example:3128, named by the environment variable https_proxy,",
        ),
    ],
)
def test_a_proxy_that_refuses(more: dict[str, object], start: str) -> None:
    told = connection.proxy_refuses(case(PROXY_403, more=more))
    assert told == f"{start} does not let this connection through: 403 Forbidden."


def test_a_proxy_that_speaks_otherwise_than_its_url() -> None:
    told = connection.proxy_refuses(case(refused(None, "speaks no TLS", "proxy-tls")))
    assert told == "The proxy speaks no TLS."


@pytest.mark.parametrize(("verdict", "is_refused"), [(NO_ISSUER, True), (NO_FILE, True), (GONE, False)])
def test_the_proxys_own_certificate(verdict: Verdict, is_refused: bool) -> None:  # noqa: FBT001
    told = connection.proxy_certificate(case(verdict, leg="proxy"))
    expected = f"{AT} is the proxy on the way to the index: its own certificate is refused."
    assert told == (expected if is_refused else None)


@pytest.mark.parametrize("message", ["EE certificate key too weak", "ee key too small", "EE_KEY_TOO_SMALL"])
def test_weak_keys_in_any_spelling(message: str) -> None:
    assert connection.weak_reason(message) is ("small" in message.lower())


# Anchors


def test_roots_that_are_not_there() -> None:
    assert anchors.missing_roots(case(roots=0)) == (
        "This pip has no list of roots at all: the file that should hold it is missing or empty."
    )


def _outdated(**verdicts: Verdict) -> str | None:
    return anchors.outdated_roots(Seen(stores(NO_ISSUER, **verdicts), ()).case())


def test_roots_that_are_outdated() -> None:
    assert _outdated(certifi=ACCEPTED) == (
        f"Today's public roots (certifi) accept {AT}, the roots that this pip carries do not: they are "
        "outdated."
    )
    assert _outdated(certifi=ACCEPTED, without=ACCEPTED) is None


def test_a_chain_without_an_end_that_was_not_looked_into() -> None:
    """A portal, a self-issued top and a chain of which only the leaf was seen ask for nothing."""
    done = {"completed_by": COMPLETED, "root_is_trusted": True}
    whole = case(chain=LEAF_ALONE, more=done)
    assert anchors.incomplete_chain(whole) == (
        f'{AT} leaves out a certificate that it has to send, "Example Issuing CA": with it the chain ends in '
        '"Example Corporate Root", which is trusted here.'
    )
    assert anchors.incomplete_chain(replace(whole, portal="A login page.")) is None
    assert anchors.incomplete_chain(case(chain=LEAF_ALONE, whole=False, more=done)) is None
    rooted = seen(ISSUING.leaf(("index.example",), chain=Chain.WITH_ROOT))
    assert anchors.incomplete_chain(case(chain=rooted, more=done)) is None


NAMESAKE_WORDS = " A CA of that name is trusted here, but it has another key: it is not the one that signed."


def test_a_namesake_is_told_where_one_was_met() -> None:
    told = anchors.private_ca(case(NAMESAKE))
    assert told is not None
    assert told.endswith(NAMESAKE_WORDS)
    plain = anchors.private_ca(case())
    assert plain is not None
    assert NAMESAKE_WORDS not in plain


def test_who_an_inspected_chain_names() -> None:
    """With its root it is its issuer; without, whatever it names."""
    rooted = seen(ISSUING.leaf(("index.example",), chain=Chain.WITH_ROOT))
    told = [
        anchors.tls_inspection(case(chain=chain, maker="inspection", default=True))
        for chain in (rooted, LEAF_ALONE)
    ]
    by = ['its issuer is "Example Corporate Root"', 'the issuer that it names is "Example Issuing CA"']
    for text, words_by in zip(told, by, strict=True):
        assert text == (
            f"{AT} is a public host, yet no public root accepts its certificate; {words_by}. "
            "The connection is opened and read on its way (TLS inspection)."
        )


def test_what_could_not_be_fetched_is_told() -> None:
    refusal = Completion((), (), ("the address is private.",))
    given = case(chain=LEAF_ALONE, maker=PUBLIC_CA, more={"completion": refusal})
    told = anchors.private_ca(given)
    assert told is not None
    assert told.endswith(f" {maker.WRITTEN_BY_ANYBODY} It could not be fetched: the address is private.")
    nothing = anchors.private_ca(replace(given, completion=Completion((), (), ())))
    assert nothing is not None
    assert nothing.endswith(f" {maker.WRITTEN_BY_ANYBODY}")


# Who made it


def _made(**more: Any) -> Provenance:
    given = case(chain=LEAF_ALONE, maker=PUBLIC_CA, **more)
    reasons = tuple(f"Reason {number}." for number in range(MOST_REASONS + 2))
    return maker.of(replace(given, provenance=Provenance(PUBLIC_CA, reasons)))


def test_marks_of_a_public_ca_prove_nothing() -> None:
    of_default = _made(default=True)
    assert of_default == Provenance(
        "inspection",
        (
            "index.example is a public host, and no public root accepts its certificate.",
            maker.WRITTEN_BY_ANYBODY,
        ),
    )
    other = _made()
    kept = tuple(f"Reason {number}." for number in range(MOST_REASONS - 1))
    assert other == Provenance("private-ca", (*kept, maker.WRITTEN_BY_ANYBODY))


def test_only_a_handshake_and_a_root_that_is_trusted_prove_a_public_ca() -> None:
    assert _made(more={"completed_by": COMPLETED, "root_is_trusted": True}).maker == PUBLIC_CA
    assert _made(more={"completed_by": COMPLETED}).maker == "private-ca"
    assert _made(more={"root_is_trusted": True}).maker == "private-ca"


def test_whoever_is_named_and_did_not_sign() -> None:
    disowned = {"disowned_by": COMPLETED}
    forged = case(chain=LEAF_ALONE, more=disowned)
    told = maker.of(forged)
    says = (
        '"Example Issuing CA" (of "Example Corporate Root") did not sign this certificate, though it says so.'
    )
    assert told.reasons == (says, "For a reason.")
    assert maker.of(replace(forged, provenance=Provenance(PUBLIC_CA, ("Marks.",)))).reasons == (says,)
    root_alone = replace(COMPLETED, intermediates=())
    assert maker.signer(replace(forged, disowned_by=root_alone)) == '"Example Corporate Root"'
    assert maker.signer(case(chain=(), more=disowned)) == "the CA that it names"
    assert maker.signer(case(chain=LEAF_ALONE)) == "the CA that it names"
