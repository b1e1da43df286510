"""The explanations word for word, and the limits that decide which of them is said.

What people read is what they act on; a mutation run showed which words and limits no other test watched.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipsafe.causes import anchors, codes, connection, maker, server_certificate, words
from pipsafe.causes.case import Case, names_of
from pipsafe.diagnosis import diagnose
from pipsafe.language import catalogues, reader
from pipsafe.language.text import Text
from pipsafe.observations.clock import Skew
from pipsafe.observations.completion import Completion
from pipsafe.observations.provenance import MOST_REASONS, PUBLIC_CA, Provenance
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.probes.answered import Verdict
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import EXPIRED, NOT_YET_VALID, Authority, Chain
from tests.test_diagnosis import (
    ACCEPTED,
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
from tests.test_diagnosis import TABLE as SEEN

AT = "https://index.example:443"
OTHER_LANGUAGES = [name for name in reader.LANGUAGES if name != reader.ENGLISH]
LATE_LEAF = seen(ROOT.leaf(("index.example",), validity=EXPIRED))
NAMESAKE = refused(codes.NAMESAKE, "certificate signature failure")
REVOKED = refused(23, "certificate revoked")


def case(verdict: Verdict = NO_ISSUER, **more: Any) -> Case:
    return Seen(stores(verdict), (), **more).case()


# The clock

ONE, TWO = ("a.example",), ("a.example", "b.example")

PROVED = "This machine's clock is"
BY_ONE = "By what a.example says over plain HTTP, this machine's clock is"
BY_TWO = "By what a.example and b.example say over plain HTTP, this machine's clock is"

# Ahead or behind, by as much or at least, and who says so: what is installed here, one host or several.
CLOCKS = [
    (86400.0, False, (), f"{PROVED} 1 day ahead: one; two."),
    (86400.0, True, (), f"{PROVED} at least 1 day ahead: one; two."),
    (-86400.0, False, (), f"{PROVED} 1 day behind: one; two."),
    (-86400.0, True, (), f"{PROVED} at least 1 day behind: one; two."),
    (86400.0, False, ONE, f"{BY_ONE} 1 day ahead: one; two."),
    (86400.0, True, ONE, f"{BY_ONE} at least 1 day ahead: one; two."),
    (-86400.0, False, ONE, f"{BY_ONE} 1 day behind: one; two."),
    (-86400.0, True, ONE, f"{BY_ONE} at least 1 day behind: one; two."),
    (86400.0, False, TWO, f"{BY_TWO} 1 day ahead: one; two."),
    (86400.0, True, TWO, f"{BY_TWO} at least 1 day ahead: one; two."),
    (-86400.0, False, TWO, f"{BY_TWO} 1 day behind: one; two."),
    (-86400.0, True, TWO, f"{BY_TWO} at least 1 day behind: one; two."),
]


def _clock_told(seconds: float, by: tuple[str, ...], *, at_least: bool) -> Text:
    skew = Skew(seconds, at_least=at_least, rests_on=("one", "two"), by=by)
    told = server_certificate.clock_skew(case(LATE, more={"skew": skew}))
    assert isinstance(told, Text)
    return told


@pytest.mark.parametrize(("seconds", "at_least", "by", "sentence"), CLOCKS)
def test_the_clock(seconds: float, at_least: bool, by: tuple[str, ...], sentence: str) -> None:  # noqa: FBT001
    assert _clock_told(seconds, by, at_least=at_least) == sentence


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_the_clock_in_other_languages(language: str) -> None:
    """Each is a sentence of its own there, not the English one, and holds what was put into it."""
    told = []
    for seconds, at_least, by, sentence in CLOCKS:
        in_it = _clock_told(seconds, by, at_least=at_least).said(catalogues.look(language))
        assert "clock" not in in_it, sentence
        assert [part for part in ("1", "one", "two", *by) if part not in in_it] == []
        told.append(in_it)
    assert len(set(told)) == len(CLOCKS)


def test_german_counts_the_hosts() -> None:
    german = catalogues.look("de")
    for seconds, at_least in ((1, False), (1, True), (-1, False), (-1, True)):
        of_one = _clock_told(86400.0 * seconds, ONE, at_least=at_least).said(german)
        of_two = _clock_told(86400.0 * seconds, TWO, at_least=at_least).said(german)
        assert "a.example über unverschlüsseltes HTTP angibt," in of_one
        assert "a.example und b.example über unverschlüsseltes HTTP angeben," in of_two


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
    # By how much is not known: it was in time a moment ago.
    assert _skewed(-3600.0, at_least=True, now=leaf.not_after) is None
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
        (("of nobody",), "1 name that is no host name"),
        (("of nobody", "nor\x1bof others"), "2 names that are no host names"),
        (("a.example", "of nobody", "nor of others"), "a.example and 2 names that are no host names"),
        ((*"abcdefg", "of nobody"), "a, b, c, d, e and 2 more and 1 name that is no host name"),
    ],
)
def test_the_hosts_that_a_certificate_names(names: tuple[str, ...], text: str) -> None:
    assert words.names_in(_leaf_for(*names)) == text


def test_german_counts_the_names_that_are_left_out() -> None:
    """English has one form of it for any number."""
    german = catalogues.look("de")
    assert words.names_in(_leaf_for(*"abcdef")).said(german) == "a, b, c, d, e und 1 weiterer"
    assert words.names_in(_leaf_for(*"abcdefg")).said(german) == "a, b, c, d, e und 2 weitere"


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


@pytest.mark.parametrize(
    ("setting", "start"),
    [
        (PIP_CERT, "The environment variable PIP_CERT names"),
        (Setting("cert", "/corp/ca.pem", "command line"), "The option --cert names"),
        (Setting("cert", "/corp/ca.pem", "/etc/pip.conf, line 3"), "Cert (/etc/pip.conf, line 3) names"),
    ],
)
def test_a_bad_setting_begins_the_sentence(setting: Setting, start: str) -> None:
    told = anchors.bad_ca_setting(Seen(stores(NO_FILE), (), setting=setting, problem="is no file").case())
    assert told == f"{start} /corp/ca.pem, which is no file."


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


def test_an_issuer_is_called_by_the_shortest_name_that_it_has() -> None:
    (leaf,) = LEAF_ALONE
    unnamed = replace(leaf, issuer_common_name=None, issuer_organization="Example Inc", issuer="OU=a, C=XX")
    assert words.issuer(case(chain=(leaf,))) == '"Example Issuing CA"'
    assert words.issuer(case(chain=(unnamed,))) == '"Example Inc"'
    assert words.issuer(case(chain=(replace(unnamed, issuer_organization=None),))) == '"OU=a, C=XX"'


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
        ({"proxy_setting": HTTPS_PROXY}, "The proxy, named by the environment variable https_proxy,"),
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


def test_what_answers_instead_of_tls_is_quoted() -> None:
    no_tls = refused(None, "WRONG_VERSION_NUMBER", "protocol")
    failed = f"No TLS connection to {AT} comes about: what answers there does not speak TLS"
    silent = connection.tls_protocol(case(no_tls))
    assert silent == f"{failed} (WRONG_VERSION_NUMBER)."
    told = connection.tls_protocol(case(no_tls, spoken="SSH-2.0-OpenSSH_9.6"))
    assert told == f'{failed} (WRONG_VERSION_NUMBER). It says: "SSH-2.0-OpenSSH_9.6".'


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


# Whole explanations of what test_diagnosis.py has

OR_LEFT_OUT = "or the server leaves out a certificate between its own and the root."
OPENED = "The connection is opened and read on its way (TLS inspection)."
NOT_PUBLIC = f"{AT} is a public host, yet no public root accepts its certificate;"
WEAK = f"The key or the signature of a certificate of {AT} is too weak for this Python's OpenSSL"
ENDED = f"{EXPIRED.not_after:%Y-%m-%d %H:%M} UTC"
LEAF_OF = f'The certificate of {AT}, "index.example",'
NOT_FOR = f"The certificate that {AT} presents is not for index.example: it names"
NO_SIGNATURE = '"Example Issuing CA" (of "Example Corporate Root") did not sign it'

# The name of the row, which of its causes, and what is said of it.
EXPLAINED = [
    (
        *("private CA", 0),
        (
            f'The certificate of {AT} is issued by "Example Corporate Root", which no public list of CAs '
            f"has: a private CA, {OR_LEFT_OUT}"
        ),
    ),
    (
        *("private CA, root presented", 0),
        f'{AT} has a certificate from a private CA, "Example Corporate Root", that no public root list has.',
    ),
    (
        *("the marks of a public CA, and nothing that proves them", 0),
        (
            f'The certificate of {AT} is issued by "Example Issuing CA", which no public list of CAs has: '
            f"a private CA, {OR_LEFT_OUT} {maker.WRITTEN_BY_ANYBODY} It could not be fetched: "
            "The address is not public."
        ),
    ),
    (
        *("inspection of the default index", 0),
        f'{NOT_PUBLIC} the issuer that it names is "Example Corporate Root". {OPENED}',
    ),
    (
        *("inspection by a product's name", 0),
        (
            f"The certificate of {AT} is made by an inspection product; its issuer, "
            f'"Zscaler Root CA", is Zscaler\'s. {OPENED}'
        ),
    ),
    (
        *("inspection of the default index by a product", 0),
        f'{NOT_PUBLIC} its issuer, "Zscaler Root CA", is Zscaler\'s. {OPENED}',
    ),
    ("expired", 0, f"{LEAF_OF} expired on {ENDED}."),
    (
        *("expired intermediate, unknown CA", 0),
        f'The CA certificate "Late CA" in the chain of {AT} expired on {ENDED}.',
    ),
    ("not yet valid", 0, f"{LEAF_OF} is valid only from {NOT_YET_VALID.not_before:%Y-%m-%d %H:%M} UTC."),
    (
        *("the clock is ahead", 1),
        (
            f"{LEAF_OF} was valid until {ENDED}. If this machine's date and time "
            "are right by a watch, the certificate has expired."
        ),
    ),
    ("wrong host", 0, f"{NOT_FOR} other.example, 192.0.2.1."),
    (
        *("a reason of OpenSSL's that nobody knows", 0),
        f"No TLS connection to {AT} comes about: NEW_REASON.",
    ),
    (
        *("the proxy refuses", 0),
        (
            "The proxy http://proxy.example:3128 wants a user name and password before it lets anything "
            "through (407 Proxy Authentication Required)."
        ),
    ),
    (
        *("behind a proxy with a certificate of its own", 0),
        (
            "The proxy presents a certificate of its own that is refused: unable to get local issuer "
            "certificate."
        ),
    ),
    (
        *("a client certificate is wanted", 0),
        (
            f"{AT} wants a client certificate: it asked for one and ended the connection without it "
            "(TLSV13_ALERT_CERTIFICATE_REQUIRED)."
        ),
    ),
    (
        *("the system cannot be asked", 0),
        (
            "The operating system's list of trusted CAs could not be asked: "
            '"SecureTransport operation returned a non-zero OSStatus -26276".'
        ),
    ),
    ("weak key", 0, f"{WEAK} (EE certificate key too weak)."),
    ("weak exchange", 0, f"{WEAK} (DH_KEY_TOO_SMALL)."),
    (
        *("rejected", 0),
        (
            f"This machine's settings reject a certificate in the chain of {AT}: whoever keeps its CAs has "
            "marked it as not to be trusted (certificate rejected)."
        ),
    ),
    (
        *("out of the CA's bounds", 0),
        (
            f"A CA in the chain of {AT} limits itself to other names (name constraints): it may not vouch "
            "for index.example."
        ),
    ),
    (
        *("a CA whose key is public", 0),
        f"The chain of {AT} comes from a CA that is not to be trusted: its key is public (Example).",
    ),
    (
        *("a signature that is not there", 0),
        f'{NOT_PUBLIC} it names "Example Issuing CA", and {NO_SIGNATURE}. {OPENED}',
    ),
    (
        *("a signature that is not there, within a private network", 0),
        (
            "The certificate of https://index.corp:443 is from a CA that nobody here knows: it names "
            f'"Example Issuing CA", and {NO_SIGNATURE}.'
        ),
    ),
    (
        *("setting that lacks the public roots", 0),
        (
            "The environment variable REQUESTS_CA_BUNDLE names /corp/ca.pem, which lacks the root that "
            f"{AT} needs; without that setting pip accepts the server."
        ),
    ),
    (
        *("SSL_CERT_FILE hides the system store", 0),
        (
            "The environment variable SSL_CERT_FILE names /corp/ca.pem and so hides the system store, which "
            f"has the root that {AT} needs."
        ),
    ),
]


@pytest.mark.parametrize(("row", "which", "sentence"), EXPLAINED, ids=[row for row, *_ in EXPLAINED])
def test_explanations(row: str, which: int, sentence: str) -> None:
    assert diagnose(SEEN[row].case()).causes[which].explanation == sentence


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_every_explanation_has_a_translation(language: str) -> None:
    """But for a login page's words, which are made elsewhere."""
    look = catalogues.look(language)
    told = [cause for row in SEEN.values() for cause in diagnose(row.case()).causes]
    untranslated = {
        cause.explanation
        for cause in told
        if cause.name != "captive-portal"
        and (not isinstance(cause.explanation, Text) or cause.explanation.said(look) == cause.explanation)
    }
    assert untranslated == set()


def test_which_causes_a_diagnosis_has() -> None:
    both = [diagnose(SEEN[name].case()) for name in ("wrong host, unknown CA", "expired")]
    assert both[0].has("private-ca")
    assert both[0].has("hostname-mismatch")
    assert not both[0].has("expired")
    assert names_of(both) == {"private-ca", "hostname-mismatch", "expired"}
    assert names_of([]) == frozenset()


def test_a_private_ca_that_nobody_saw() -> None:
    assert anchors.private_ca(case(chain=())) == (
        f"{AT} has a certificate from a private CA, an unknown CA, that no public root list has."
    )
    told = anchors.private_ca(case(NAMESAKE, chain=()))
    assert told is not None
    assert told.endswith(NAMESAKE_WORDS)


def test_a_client_certificate_of_no_use() -> None:
    reason = "the client certificate /corp/me.pem does not exist"
    assert connection.client_cert_required(case(refused(None, reason, "setting"))) == (
        f"pip was told of a client certificate that is of no use: {reason}."
    )


@pytest.mark.parametrize("message", connection.MISSPOKEN)
def test_what_a_proxy_speaks_is_told_in_every_language(message: str) -> None:
    told = connection.proxy_refuses(case(refused(None, message, "proxy-tls")))
    assert told == f"The proxy {message}."
    assert isinstance(told, Text)
    for language in OTHER_LANGUAGES:
        assert message not in told.said(catalogues.look(language))


@pytest.mark.parametrize(
    ("host", "default", "by"),
    [
        ("index.example", False, "inspection"),
        ("index.corp", False, "private-ca"),
        ("10.1.2.3", False, "private-ca"),
        ("index.corp", True, "inspection"),
    ],
)
def test_whose_a_forgery_is(host: str, default: bool, by: str) -> None:  # noqa: FBT001
    """Of a public host it is made on the way; a private network has its own."""
    given = case(chain=LEAF_ALONE, host=host, default=default, more={"disowned_by": COMPLETED})
    assert maker.of(given).maker == by
