"""The judgement over what was seen, row by row and in combination.

The verdicts are those that OpenSSL 3 gave for such servers; they are frozen here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.causes.case import Case
from pipsafe.diagnosis import CAUSES, ROWS, diagnose
from pipsafe.observations.clock import Skew
from pipsafe.observations.completion import Completion
from pipsafe.observations.inspectors import recognise
from pipsafe.observations.provenance import Provenance
from pipsafe.origin import Origin
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.probes.answered import Survey, Verdict
from pipsafe.trust.anchors import Candidate
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import EXPIRED, NOT_YET_VALID, Authority, Chain, Leaf, der_of, self_signed

NOW = datetime.now(timezone.utc)
HOST = "index.example"
ORIGIN = Origin("https", HOST, 443)

ROOT = Authority("Example Corporate Root")
ZSCALER = Authority("Zscaler Root CA", organization="Zscaler Inc.")
SERVER = ROOT.leaf((HOST,))


def seen(leaf: Leaf) -> tuple[Certificate, ...]:
    """The chain that a server with this certificate presents."""
    return tuple(parse(der_of(certificate)) for certificate in leaf.presented)


def refused(code: int | None, message: str, kind: str = "certificate") -> Verdict:
    return Verdict(accepted=False, code=code, message=message, kind=kind)


ACCEPTED = Verdict(accepted=True, code=0, message="", kind="accepted")
NO_ISSUER = refused(20, "unable to get local issuer certificate")
SELF_SIGNED = refused(18, "self-signed certificate")
SELF_SIGNED_ABOVE = refused(19, "self-signed certificate in certificate chain")
LATE = refused(10, "certificate has expired")
EARLY = refused(9, "certificate is not yet valid")
OTHER_NAME = refused(62, "Hostname mismatch, certificate is not valid for 'index.example'.")
OTHER_ADDRESS = refused(64, "IP address mismatch, certificate is not valid for '127.0.0.1'.")
NO_FILE = refused(None, "no such file: /corp/ca.pem", "setting")
GONE = refused(None, "Connection refused", "unreachable")
NO_TLS = refused(None, "WRONG_VERSION_NUMBER", "protocol")
PROXY_407 = refused(None, "407 Proxy Authentication Required", "proxy")

PROXY_403 = refused(None, "403 Forbidden", "proxy")
HTTPS_PROXY = Setting("https_proxy", "https://proxy.example:3128", "environment variable https_proxy")

# The certificates of these tests are a month off.
MONTHS = 60 * 86400.0
BEHIND = Skew(-MONTHS, at_least=False, rests_on=("two clocks agree",))
AHEAD = Skew(MONTHS, at_least=False, rests_on=("two clocks agree",), by=("a.example", "b.example"))
SOME_TIME_BEHIND = Skew(-86400.0, at_least=True, rests_on=("this Python was built later",))

ISSUING = ROOT.intermediate("Example Issuing CA")
LEAF_ALONE = seen(ISSUING.leaf((HOST,), chain=Chain.LEAF_ONLY))
OTHER_LEAF_ALONE = seen(ISSUING.leaf(("other.example",), chain=Chain.LEAF_ONLY))
COMPLETED = Candidate(
    parse(ROOT.der), Source("system", "the system store", "/etc/ssl/certs/ca.crt"), (parse(ISSUING.der),)
)

PIP_CERT = Setting("cert", "/corp/ca.pem", "environment variable PIP_CERT")
REQUESTS = Setting("REQUESTS_CA_BUNDLE", "/corp/ca.pem", "environment variable REQUESTS_CA_BUNDLE")
SSL_CERT_FILE = Setting("SSL_CERT_FILE", "/corp/ca.pem", "environment variable SSL_CERT_FILE")

IN_TIME = {"time": ACCEPTED, "name": ACCEPTED}
MISSING = "does not exist"


def stores(
    pip: Verdict,
    certifi: Verdict | None = None,
    system: Verdict | None = None,
    without: Verdict | None = None,
) -> Mapping[str, Verdict]:
    """The verdict of each store; those not given say what pip says."""
    found = {"pip": pip, "certifi": certifi or pip, "system": system or pip}
    return found | ({} if without is None else {"pip-without-setting": without})


@dataclass(frozen=True, slots=True)
class Seen:
    """One row: what was seen, the causes in order, and words that the explanations hold."""

    verdicts: Mapping[str, Verdict]
    causes: tuple[str, ...]
    chain: tuple[Certificate, ...] = seen(SERVER)
    unmasked: Mapping[str, Verdict] = field(default_factory=lambda: IN_TIME)
    words: tuple[str, ...] = ()
    whole: bool = True
    default: bool = False
    setting: Setting | None = None
    problem: str | None = None
    roots: int = 140
    inspector: str | None = None
    maker: str | None = None
    """Who made the chain; None: somebody who inspects if it is the default index's or a product's."""
    leg: str = "index"
    spoken: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of the case."""
    host: str = HOST

    def case(self) -> Case:
        guessed = "inspection" if self.default or recognise(self.chain) else "private-ca"
        maker = Provenance(self.maker or guessed, ("For a reason.",))
        origin = replace(ORIGIN, host=self.host)
        survey = Survey(origin, self.chain, self.whole, None, self.verdicts, self.unmasked, self.spoken)
        return Case(
            origin,
            self.leg,
            survey,
            None,
            self.default,
            self.setting,
            self.problem,
            self.roots,
            NOW,
            maker,
            **self.more,
        )


EXPIRED_LEAF = seen(ROOT.leaf((HOST,), validity=EXPIRED))
EARLY_LEAF = seen(ROOT.leaf((HOST,), validity=NOT_YET_VALID))
OTHER_LEAF = seen(ROOT.leaf(("other.example", "192.0.2.1")))
EXPIRED_OTHER_LEAF = seen(ROOT.leaf(("other.example",), validity=EXPIRED))
LATE_INTERMEDIATE = seen(ROOT.intermediate("Late CA", validity=EXPIRED).leaf((HOST,)))
SELF = seen(self_signed((HOST,)))
LATE_ALONE: Mapping[str, Verdict] = {"time": LATE, "name": ACCEPTED}
EARLY_ALONE: Mapping[str, Verdict] = {"time": EARLY, "name": ACCEPTED}
NAME_ALONE: Mapping[str, Verdict] = {"time": ACCEPTED, "name": OTHER_NAME}
NONE_SEEN: Mapping[str, Verdict] = {}

TABLE: dict[str, Seen] = {
    "accepted": Seen(stores(ACCEPTED), ()),
    "accepted by pip alone": Seen(stores(ACCEPTED, NO_ISSUER, NO_ISSUER), ()),
    # One cause each.
    "private CA": Seen(stores(NO_ISSUER), ("private-ca",), words=("Example Corporate Root", str(ORIGIN))),
    "private CA that the system has": Seen(stores(NO_ISSUER, system=ACCEPTED), ("private-ca",)),
    "private CA, root presented": Seen(
        stores(SELF_SIGNED_ABOVE), ("private-ca",), chain=seen(ROOT.leaf((HOST,), chain=Chain.WITH_ROOT))
    ),
    "private CA by intermediates": Seen(
        stores(NO_ISSUER),
        ("private-ca",),
        chain=seen(ROOT.intermediate().leaf((HOST,))),
        words=("Example Corporate Root",),
    ),
    "inspection of the default index": Seen(
        stores(NO_ISSUER), ("tls-inspection",), default=True, words=("public host", "Example Corporate Root")
    ),
    "inspection by a product's name": Seen(
        stores(NO_ISSUER),
        ("tls-inspection",),
        chain=seen(ZSCALER.leaf((HOST,))),
        words=("Zscaler",),
        inspector="Zscaler",
    ),
    "inspection of the default index by a product": Seen(
        stores(NO_ISSUER),
        ("tls-inspection",),
        chain=seen(ZSCALER.leaf((HOST,))),
        default=True,
        words=("public host", "Zscaler"),
        inspector="Zscaler",
    ),
    "outdated roots": Seen(
        stores(NO_ISSUER, ACCEPTED), ("outdated-roots",), default=True, words=("certifi",)
    ),
    "outdated roots with an expired one": Seen(stores(LATE, ACCEPTED), ("outdated-roots",), default=True),
    "no roots at all": Seen(stores(NO_ISSUER, ACCEPTED), ("missing-roots",), default=True, roots=0),
    "no roots at all, and no public ones to ask": Seen(
        {"pip": NO_ISSUER, "system": NO_ISSUER}, ("missing-roots",), default=True, roots=0
    ),
    "self-signed": Seen(stores(SELF_SIGNED), ("self-signed-server",), chain=SELF, words=("signed itself",)),
    "self-signed and on the default index": Seen(
        stores(SELF_SIGNED), ("self-signed-server",), chain=SELF, default=True
    ),
    "self-signed and accepted by the system": Seen(
        stores(SELF_SIGNED, system=ACCEPTED), ("self-signed-server",), chain=SELF
    ),
    "expired": Seen(
        stores(LATE), ("expired",), EXPIRED_LEAF, LATE_ALONE, words=(f"{EXPIRED.not_after:%Y-%m-%d}", HOST)
    ),
    "not yet valid": Seen(
        stores(EARLY), ("not-yet-valid",), EARLY_LEAF, EARLY_ALONE, (f"{NOT_YET_VALID.not_before:%Y-%m-%d}",)
    ),
    "wrong host": Seen(
        stores(OTHER_NAME), ("hostname-mismatch",), OTHER_LEAF, NAME_ALONE, ("other.example, 192.0.2.1",)
    ),
    "wrong address": Seen(
        stores(OTHER_ADDRESS),
        ("hostname-mismatch",),
        OTHER_LEAF,
        {"time": ACCEPTED, "name": OTHER_ADDRESS},
        default=True,
    ),
    "unreachable": Seen(
        stores(GONE), ("unreachable",), (), NONE_SEEN, ("Connection refused", str(ORIGIN)), default=True
    ),
    "no TLS there": Seen(
        stores(NO_TLS),
        ("tls-protocol",),
        (),
        NONE_SEEN,
        ("WRONG_VERSION_NUMBER", "does not speak TLS", "HTTP/1.1 400 Bad Request"),
        spoken="HTTP/1.1 400 Bad Request",
    ),
    "a reason of OpenSSL's that nobody knows": Seen(
        stores(refused(None, "NEW_REASON", "protocol")), ("tls-protocol",), (), NONE_SEEN, ("NEW_REASON",)
    ),
    "the proxy refuses": Seen(
        stores(PROXY_407),
        ("proxy-problem",),
        (),
        NONE_SEEN,
        ("407 Proxy Authentication Required", "user name and password", "http://proxy.example:3128"),
        default=True,
        more={"proxy": "http://proxy.example:3128"},
    ),
    "the proxy forbids": Seen(stores(PROXY_403), ("proxy-problem",), (), NONE_SEEN, ("403 Forbidden",)),
    "the proxy speaks otherwise": Seen(
        stores(refused(None, "does not speak TLS, yet its URL begins with https://", "proxy-tls")),
        ("proxy-problem",),
        (),
        NONE_SEEN,
        ("environment variable https_proxy", "does not speak TLS"),
        more={"proxy": "https://proxy.example:3128", "proxy_setting": HTTPS_PROXY},
    ),
    "the proxy's own certificate": Seen(
        stores(NO_ISSUER), ("proxy-problem", "private-ca"), leg="proxy", words=("is the proxy on the way",)
    ),
    "behind a proxy with a certificate of its own": Seen(
        stores(refused(20, "unable to get local issuer certificate", "proxy-certificate")),
        ("proxy-problem",),
        (),
        NONE_SEEN,
    ),
    "no ssl module": Seen(
        stores(refused(None, "No module named '_ssl'", "ssl-missing")),
        ("ssl-module-missing",),
        (),
        NONE_SEEN,
        ("/opt/python/bin/python3", "No module named '_ssl'"),
        more={"build": {"executable": "/opt/python/bin/python3"}},
    ),
    "a client certificate is wanted": Seen(
        stores(refused(None, "TLSV13_ALERT_CERTIFICATE_REQUIRED", "client-certificate")),
        ("client-cert-required",),
        unmasked=NONE_SEEN,
    ),
    "a login page": Seen(
        stores(NO_ISSUER),
        ("captive-portal", "hostname-mismatch"),
        OTHER_LEAF,
        NAME_ALONE,
        default=True,
        more={"portal": "A login page answers."},
    ),
    "the system cannot be asked": Seen(
        stores(refused(None, "SecureTransport operation returned a non-zero OSStatus -26276"), ACCEPTED),
        ("os-trust-unavailable",),
    ),
    "the system's roots cannot be read": Seen(
        stores(refused(None, "NO_CERTIFICATE_OR_CRL_FOUND", "setting"), ACCEPTED), ("os-trust-unavailable",)
    ),
    "weak key": Seen(stores(refused(66, "EE certificate key too weak")), ("weak-crypto",)),
    "weak digest": Seen(stores(refused(68, "CA signature digest algorithm too weak")), ("weak-crypto",)),
    "weak exchange": Seen(
        stores(refused(None, "DH_KEY_TOO_SMALL", "protocol")), ("weak-crypto",), (), NONE_SEEN
    ),
    "not as RFC 5280 has it": Seen(
        stores(refused(85, "Missing Authority Key Identifier"), ACCEPTED, ACCEPTED),
        ("strict-x509",),
        unmasked={**IN_TIME, "lenient": ACCEPTED},
        words=("Missing Authority Key Identifier", "Python 3.13"),
    ),
    "revoked": Seen(stores(refused(23, "certificate revoked")), ("revoked",)),
    "revoked, says Windows": Seen(stores(refused(0x800B010C, "revoked by its issuer")), ("revoked",)),
    "rejected": Seen(stores(refused(28, "certificate rejected")), ("distrusted",)),
    "trusted for something else": Seen(stores(refused(27, "certificate not trusted")), ("distrusted",)),
    "out of the CA's bounds": Seen(
        stores(refused(47, "permitted subtree violation")), ("distrusted",), words=("name constraints",)
    ),
    "a CA whose key is public": Seen(
        stores(NO_ISSUER),
        ("distrusted", "private-ca"),
        more={"denied": "its key is public (Example)"},
    ),
    "the clock is behind": Seen(
        stores(EARLY),
        ("clock-skew",),
        EARLY_LEAF,
        EARLY_ALONE,
        ("behind", "two clocks"),
        more={"skew": BEHIND},
    ),
    "the clock is ahead": Seen(
        stores(LATE),
        ("clock-skew", "expired"),
        EXPIRED_LEAF,
        LATE_ALONE,
        (
            "By what a.example and b.example say over plain HTTP, this machine's clock is",
            "ahead",
            "If this machine's date and time are right by a watch, the certificate has expired.",
        ),
        more={"skew": AHEAD},
    ),
    "the clock is behind, by how much is not known": Seen(
        stores(EARLY),
        ("clock-skew",),
        EARLY_LEAF,
        EARLY_ALONE,
        ("at least",),
        more={"skew": SOME_TIME_BEHIND},
    ),
    "the clock is a little behind, and the certificate far from valid": Seen(
        stores(EARLY),
        ("clock-skew", "not-yet-valid"),
        EARLY_LEAF,
        EARLY_ALONE,
        more={"skew": replace(BEHIND, seconds=-600.0)},
    ),
    "expired, and the clock is behind": Seen(
        stores(LATE), ("clock-skew", "expired"), EXPIRED_LEAF, LATE_ALONE, more={"skew": BEHIND}
    ),
    # What the server leaves out.
    "a certificate left out, as found here": Seen(
        stores(NO_ISSUER),
        ("incomplete-chain",),
        LEAF_ALONE,
        maker="public-ca",
        words=("Example Issuing CA", "Example Corporate Root"),
        more={"completed_by": COMPLETED, "root_is_trusted": True},
    ),
    "a certificate left out, and the root is a private one": Seen(
        stores(NO_ISSUER), ("incomplete-chain", "private-ca"), LEAF_ALONE, more={"completed_by": COMPLETED}
    ),
    "a certificate left out by an inspecting proxy": Seen(
        stores(NO_ISSUER),
        ("incomplete-chain", "tls-inspection"),
        LEAF_ALONE,
        default=True,
        more={"completed_by": COMPLETED},
    ),
    "the marks of a public CA, and nothing that proves them": Seen(
        stores(NO_ISSUER),
        ("private-ca",),
        LEAF_ALONE,
        maker="public-ca",
        words=(
            "or the server leaves out a certificate",
            "which anybody can write",
            "It could not be fetched: The address is not public.",
        ),
        more={"completion": Completion(refused=("The address is not public.",))},
    ),
    "the marks of a public CA at the default index": Seen(
        stores(NO_ISSUER),
        ("tls-inspection",),
        LEAF_ALONE,
        maker="public-ca",
        default=True,
        words=("public host", 'the issuer that it names is "Example Issuing CA"'),
    ),
    "a signature that is not there": Seen(
        stores(NO_ISSUER),
        ("tls-inspection",),
        LEAF_ALONE,
        maker="public-ca",
        words=('"Example Issuing CA" (of "Example Corporate Root") did not sign it',),
        more={"disowned_by": COMPLETED},
    ),
    "a signature that is not there, within a private network": Seen(
        stores(NO_ISSUER),
        ("private-ca",),
        LEAF_ALONE,
        words=('"Example Issuing CA" (of "Example Corporate Root") did not sign it',),
        more={"disowned_by": COMPLETED},
        host="index.corp",
    ),
    "a certificate left out, wrong host": Seen(
        stores(NO_ISSUER),
        ("hostname-mismatch", "incomplete-chain"),
        OTHER_LEAF_ALONE,
        NAME_ALONE,
        more={"completed_by": COMPLETED, "root_is_trusted": True},
    ),
    "a certificate of a public CA by its marks, wrong host": Seen(
        stores(NO_ISSUER),
        ("hostname-mismatch", "private-ca"),
        OTHER_LEAF_ALONE,
        NAME_ALONE,
        maker="public-ca",
    ),
    "a code that no row knows": Seen(stores(refused(26, "unsupported certificate purpose")), ("unknown",)),
    # What is wrong with a setting, alone and beside other causes.
    "bad setting alone": Seen(
        stores(NO_FILE, ACCEPTED, ACCEPTED, without=ACCEPTED),
        ("bad-ca-setting",),
        default=True,
        setting=PIP_CERT,
        problem=MISSING,
        words=("The environment variable PIP_CERT names /corp/ca.pem, which does not exist.",),
    ),
    "bad setting that names itself": Seen(
        stores(NO_FILE, ACCEPTED, ACCEPTED, without=ACCEPTED),
        ("bad-ca-setting",),
        setting=REQUESTS,
        problem=MISSING,
        words=("The environment variable REQUESTS_CA_BUNDLE names /corp/ca.pem, which does not exist.",),
    ),
    "setting that lacks the public roots": Seen(
        stores(NO_ISSUER, ACCEPTED, ACCEPTED, without=ACCEPTED),
        ("bad-ca-setting",),
        default=True,
        setting=REQUESTS,
        words=("lacks the root", "without that setting pip accepts"),
    ),
    "sound setting, private CA": Seen(
        stores(NO_ISSUER, without=NO_ISSUER), ("private-ca",), setting=PIP_CERT, words=("private CA",)
    ),
    "bad setting, private CA": Seen(
        stores(NO_FILE, NO_ISSUER, NO_ISSUER, without=NO_ISSUER),
        ("bad-ca-setting", "private-ca"),
        setting=PIP_CERT,
        problem=MISSING,
    ),
    "bad setting, inspection": Seen(
        stores(NO_FILE, NO_ISSUER, NO_ISSUER, without=NO_ISSUER),
        ("bad-ca-setting", "tls-inspection"),
        default=True,
        setting=PIP_CERT,
        problem=MISSING,
    ),
    "bad setting, self-signed": Seen(
        stores(NO_FILE, SELF_SIGNED, SELF_SIGNED, without=SELF_SIGNED),
        ("self-signed-server", "bad-ca-setting"),
        chain=SELF,
        setting=PIP_CERT,
        problem=MISSING,
    ),
    "two bad settings, private CA": Seen(
        stores(NO_FILE, NO_ISSUER, NO_ISSUER, without=NO_FILE),
        ("bad-ca-setting", "private-ca"),
        setting=REQUESTS,
        problem=MISSING,
    ),
    "bad setting, expired": Seen(
        stores(NO_FILE, LATE, LATE, without=LATE),
        ("expired", "bad-ca-setting"),
        EXPIRED_LEAF,
        LATE_ALONE,
        setting=PIP_CERT,
        problem=MISSING,
    ),
    "bad setting, unreachable": Seen(
        stores(NO_FILE, GONE, GONE, without=GONE),
        ("unreachable", "bad-ca-setting"),
        (),
        NONE_SEEN,
        setting=PIP_CERT,
        problem=MISSING,
    ),
    "bad setting, outdated roots": Seen(
        stores(NO_FILE, ACCEPTED, NO_ISSUER, without=NO_ISSUER),
        ("bad-ca-setting", "outdated-roots"),
        default=True,
        setting=PIP_CERT,
        problem=MISSING,
    ),
    "SSL_CERT_FILE hides the system store": Seen(
        stores(NO_ISSUER, system=ACCEPTED),
        ("bad-ca-setting", "private-ca"),
        setting=SSL_CERT_FILE,
        words=("hides the system store",),
    ),
    "SSL_CERT_FILE hides nothing of use": Seen(stores(NO_ISSUER), ("private-ca",), setting=SSL_CERT_FILE),
    # What an unknown CA hides.
    "expired, unknown CA": Seen(stores(NO_ISSUER), ("expired", "private-ca"), EXPIRED_LEAF, LATE_ALONE),
    "expired intermediate, unknown CA": Seen(
        stores(NO_ISSUER),
        ("expired", "private-ca"),
        LATE_INTERMEDIATE,
        LATE_ALONE,
        ('CA certificate "Late CA"',),
    ),
    "not yet valid, unknown CA": Seen(
        stores(NO_ISSUER), ("not-yet-valid", "private-ca"), EARLY_LEAF, EARLY_ALONE
    ),
    "wrong host, unknown CA": Seen(
        stores(NO_ISSUER), ("hostname-mismatch", "private-ca"), OTHER_LEAF, NAME_ALONE
    ),
    "wrong host, inspection": Seen(
        stores(NO_ISSUER), ("hostname-mismatch", "tls-inspection"), OTHER_LEAF, NAME_ALONE, default=True
    ),
    "expired, wrong host": Seen(
        stores(OTHER_NAME),
        ("expired", "hostname-mismatch"),
        EXPIRED_OTHER_LEAF,
        {"time": LATE, "name": OTHER_NAME},
    ),
    "expired, wrong host, unknown CA": Seen(
        stores(NO_ISSUER),
        ("expired", "hostname-mismatch", "private-ca"),
        EXPIRED_OTHER_LEAF,
        {"time": LATE, "name": OTHER_NAME},
    ),
    "self-signed, expired": Seen(
        stores(SELF_SIGNED),
        ("expired", "self-signed-server"),
        seen(self_signed((HOST,), validity=EXPIRED)),
        LATE_ALONE,
    ),
    "self-signed, not yet valid": Seen(
        stores(SELF_SIGNED),
        ("not-yet-valid", "self-signed-server"),
        seen(self_signed((HOST,), validity=NOT_YET_VALID)),
        EARLY_ALONE,
    ),
    "self-signed, wrong host": Seen(
        stores(SELF_SIGNED),
        ("hostname-mismatch", "self-signed-server"),
        seen(self_signed(("other.example",))),
        NAME_ALONE,
    ),
    "self-signed and trusted by pip, wrong host": Seen(
        stores(OTHER_NAME, SELF_SIGNED, SELF_SIGNED),
        ("hostname-mismatch",),
        seen(self_signed(("other.example",))),
        NAME_ALONE,
    ),
    "self-signed, the rest unseen": Seen(
        stores(SELF_SIGNED), ("private-ca",), SELF, whole=False, words=("private CA",)
    ),
    # An anchor that a store holds is out of date; what the server presents is not.
    "a store's anchor has expired": Seen(stores(LATE, NO_ISSUER, LATE), ("private-ca",)),
    "a store's anchor is not valid yet": Seen(stores(EARLY, NO_ISSUER, NO_ISSUER), ("private-ca",)),
    "expired, and the chain could not be read": Seen(stores(LATE), ("expired",), (), NONE_SEEN),
}

CURABLE = {name for name, curable, _ in ROWS if curable}
INCURABLE = {name for name, curable, _ in ROWS if not curable} - CURABLE | {"unknown"}
# Of a proxy only the certificate can be cured.
BY_NOTHING = ("the proxy refuses", "the proxy forbids", "the proxy speaks otherwise")


@pytest.mark.parametrize("name", TABLE)
def test_causes(name: str) -> None:
    row = TABLE[name]

    diagnosis = diagnose(row.case())

    assert tuple(cause.name for cause in diagnosis.causes) == row.causes
    assert diagnosis.inspector == row.inspector
    said = " ".join(cause.explanation for cause in diagnosis.causes)
    assert [words for words in row.words if words not in said] == []


@pytest.mark.parametrize("name", TABLE)
def test_explanations_stand_alone(name: str) -> None:
    for cause in diagnose(TABLE[name].case()).causes:
        assert cause.explanation.endswith(".")
        assert ".." not in cause.explanation
        assert not cause.explanation[0].islower() or cause.explanation.startswith(("https://", "cert "))
        assert "None" not in cause.explanation


def test_every_cause_has_a_row() -> None:
    assert {cause for row in TABLE.values() for cause in row.causes} == set(CAUSES)


def test_a_healthy_origin() -> None:
    diagnosis = diagnose(TABLE["accepted"].case())

    assert diagnosis.is_healthy
    assert diagnosis.is_curable


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.causes])
def test_one_incurable_cause_makes_it_incurable(name: str) -> None:
    diagnosis = diagnose(TABLE[name].case())

    curable = INCURABLE.isdisjoint(TABLE[name].causes) and name not in BY_NOTHING
    assert diagnosis.is_curable is curable
    assert diagnosis.decisive is diagnosis.causes[0]


def test_many_names_are_cut_short() -> None:
    row = replace(
        TABLE["wrong host"], chain=seen(ROOT.leaf([f"host{number}.example" for number in range(9)]))
    )

    (cause,) = diagnose(row.case()).causes

    assert "host4.example and 4 more" in cause.explanation


def test_no_names() -> None:
    (cause,) = diagnose(replace(TABLE["wrong host"], chain=()).case()).causes

    assert "it names no host" in cause.explanation


VERDICTS = st.sampled_from(
    [
        *(
            ACCEPTED,
            NO_ISSUER,
            SELF_SIGNED,
            SELF_SIGNED_ABOVE,
            LATE,
            EARLY,
            OTHER_NAME,
            OTHER_ADDRESS,
            NO_FILE,
        ),
        *(GONE, NO_TLS, PROXY_407, refused(None, "system's words"), refused(-67843, "not trusted")),
    ]
)
CHAINS = st.sampled_from([(), *{row.chain: None for row in TABLE.values()}])
CASES = st.builds(
    lambda pip, others, unmasked, chain, whole, default, setting, problem, roots: Seen(
        {"pip": pip, **others}, (), chain, unmasked, (), whole, default, setting, problem, roots
    ).case(),
    VERDICTS,
    st.dictionaries(st.sampled_from(["certifi", "system", "pip-without-setting"]), VERDICTS),
    st.dictionaries(st.sampled_from(["time", "name"]), VERDICTS),
    CHAINS,
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, PIP_CERT, REQUESTS, SSL_CERT_FILE]),
    st.sampled_from([None, MISSING]),
    st.sampled_from([0, 140]),
)


@settings(max_examples=400, deadline=None)
@given(CASES)
def test_any_combination_of_verdicts_has_causes(case: Case) -> None:
    diagnosis = diagnose(case)

    assert diagnosis.is_healthy is case.pip.accepted
    curable = [cause.curable for cause in diagnosis.causes]
    assert curable == sorted(curable)
    names = [cause.name for cause in diagnosis.causes]
    assert len(names) == len(set(names))
    assert set(names) <= set(CAUSES)
    assert not {"tls-inspection", "private-ca"} <= set(names)
    assert "unknown" not in names or len(names) == 1


@pytest.mark.parametrize("name", TABLE)
def test_a_diagnosis_is_of_its_case(name: str) -> None:
    case = TABLE[name].case()

    assert diagnose(case).case is case


def test_an_unknown_cause_is_not_held_to_be_curable() -> None:
    (cause,) = diagnose(TABLE["a code that no row knows"].case()).causes

    assert cause.curable is False
    assert cause.explanation.endswith(". No known cause explains it.")


@pytest.mark.parametrize("name", TABLE)
def test_reasons_are_given_where_words_do_not_tell_causes_apart(name: str) -> None:
    diagnosis = diagnose(TABLE[name].case())

    by_provenance = {"tls-inspection", "private-ca", "incomplete-chain"}
    assert bool(diagnosis.reasons) is not by_provenance.isdisjoint(TABLE[name].causes)
    assert isinstance(diagnosis.reasons, tuple)
