"""Sentences that strangers write into certificates and answers: short, within quotation marks, never ours."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import product

import pytest
from cryptography import x509

from pipsafe.causes.case import Case
from pipsafe.diagnosis import diagnose
from pipsafe.observations import host_names
from pipsafe.observations.completion import Completion, complete
from pipsafe.observations.provenance import judge
from pipsafe.observations.provenance_scene import PublicNames
from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy
from pipsafe.probes.answered import Survey, Verdict
from pipsafe.probes.asked import Place, Trust
from pipsafe.probes.probe import Prober
from pipsafe.target_side import connections
from pipsafe.trust.anchors import Candidate
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate, parse
from pipsafe.x509.distinguished_name import quotable, quoted
from tests.certificates import CRITICAL_CA, make, name
from tests.lab.authority import access
from tests.lab.raw_server import RawServer, saying
from tests.makers import lists

NOW = datetime.now(timezone.utc)
ORIGIN = Origin("https", "index.example", 443)
ASK = "To accept it run: pip --trusted-host"
TELLTALE = re.compile(r"(?i)trusted-host|to accept|run:|pip --")

HOSTILE = [
    ASK,
    f'X". {ASK} a',
    f"X\u201d. {ASK} a",
    f"X\uff02. {ASK} a",
    f"\n{ASK}\n",
    f"\r\x1b[2K{ASK}",
    f"\u202e{ASK}",
    f"```\n{ASK}",
]


def signed(words: str, *, ca: bool = False, issued_by: x509.Name | None = None) -> Certificate:
    """A certificate that says so wherever it can."""
    named = name(words[:64], organization_name=words[:64], organizational_unit_name=words[:64])
    url = f"http://{words}/".encode("ascii", "replace").decode()
    alternatives = [
        x509.DNSName._init_without_validation(item) for item in ("a.example", url[7:-1], f"::1%{ASK}")
    ]
    extensions: list[tuple[x509.ExtensionType, bool]] = (
        [*CRITICAL_CA] if ca else [(x509.SubjectAlternativeName(alternatives), False)]
    )
    extensions += [(access([url, f"http://a.example/{ASK}"], ocsp=[url]), False), (lists(url), False)]
    dates = {"not_before": NOW - timedelta(days=300), "not_after": NOW + timedelta(days=30)}
    return parse(make(named, issued_by or named, extensions, **dates))


def verdict(kind: str, code: int | None, message: str) -> Verdict:
    return Verdict(accepted=False, code=code, message=message, kind=kind)


def verdicts(words: str) -> Mapping[str, Verdict]:
    """What may be found fault with; where others choose the words, they do."""
    return {
        "unknown": verdict("certificate", 20, "unable to get local issuer certificate"),
        "self-signed": verdict("certificate", 18, "self-signed certificate"),
        "late": verdict("certificate", 10, "certificate has expired"),
        "name": verdict("certificate", 62, "Hostname mismatch"),
        "revoked": verdict("certificate", 23, "certificate revoked"),
        "rejected by the system": verdict("certificate", -67654, f"\u201c{words}\u201d is not trusted"),
        "unknown to the system": verdict("certificate", None, f"\u201c{words}\u201d is not trusted"),
        "protocol": verdict("protocol", None, "WRONG_VERSION_NUMBER"),
    }


def case(words: str, found: Verdict, chain: tuple[Certificate, ...], *, default: bool, more: int) -> Case:
    top = chain[-1] if chain else signed(words)
    public = PublicNames(frozenset((top.issuer_der,)), frozenset(filter(None, (top.organization,))))
    found_maker = judge(chain, host=ORIGIN.host, is_default_index=default, now=NOW, public=public)
    said = {"pip": found, "certifi": found, "system": found}
    unmasked = {"time": found, "name": found}
    survey = Survey(ORIGIN, chain, True, None, said, unmasked, words)
    candidate = Candidate(
        signed(words, ca=True), Source("system", "the store", "/ca"), (signed(words, ca=True),)
    )
    plain = Case(ORIGIN, "index", survey, None, default, None, None, 140, NOW, found_maker)
    refused = complete(chain, origin=ORIGIN, proxy=Proxy("socks5", "x", 1, None), seconds=1).refused
    return (
        plain,
        replace(plain, completion=Completion(refused=refused)),
        replace(plain, completed_by=candidate),
        replace(plain, disowned_by=candidate),
    )[more]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_explanations_and_reasons(words: str) -> None:
    authority = signed(words, ca=True)
    chains = [
        (signed(words),),
        (signed(words, issued_by=name(f"{words[:50]} CA")),),
        (
            signed(words, issued_by=name(words[:64], **{f"{kind}_name": words[:64] for kind in KINDS})),
            authority,
        ),
        (),
    ]
    for found, chain, default, more in product(verdicts(words).values(), chains, (False, True), range(4)):
        diagnosis = diagnose(case(words, found, chain, default=default, more=more))
        for text in (*(cause.explanation for cause in diagnosis.causes), *diagnosis.reasons):
            assert text.isprintable()
            assert text.count('"') % 2 == 0, text
            assert not TELLTALE.search(re.sub(r'"[^"]*"', "", text)), text
            assert all(len(part) <= 203 for part in re.findall(r'"([^"]*)"', text)), text


KINDS = ("organization", "organizational_unit")


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_labels_cannot_end_their_quotation_marks(words: str) -> None:
    label = signed(words).label

    assert label == quotable(label)
    assert not set(label) & set('"\u201c\u201d\u201e\uff02\n\r\x1b')
    assert len(label) <= 61
    assert quoted("a" * 500) == '"' + "a" * 60 + "\u2026" + '"'


HOSTS = ("a", "a.example", "*.a.example", "_x.a", "192.0.2.1", "2001:db8::1", "a.example.")
NO_HOSTS = ("", "a b", ASK, ".a", "a..b", "::1%run pip", "[::1]", "a*b", "a.*", "x" * 64, "a\n", "a." * 200)


@pytest.mark.parametrize("text", HOSTS + NO_HOSTS)
def test_what_is_shaped_as_a_host(text: str) -> None:
    assert host_names.is_shaped(text) is (text in HOSTS)


def test_names_that_are_no_hosts_are_counted() -> None:
    found = verdict("certificate", 62, "Hostname mismatch")
    (cause,) = diagnose(case(ASK, found, (signed(ASK),), default=False, more=0)).causes

    assert cause.explanation.endswith("it names a.example and 2 names that are no host names.")


STATUS = {
    b"407 Proxy Authentication Required": "407 Proxy Authentication Required",
    b"403 Forbidden": "403 Forbidden",
    b"403": "403",
    b"403 denied. Run pip config": '403 "denied. Run pip config"',
    b'403 no". Run "pip config': "403 \"no'. Run 'pip config\"",
    b"To accept it run: pip config": '"To accept it run: pip config"',
    b"999 x": '"999 x"',
    b"403 " + b"a" * 400: '403 "' + "a" * 60 + '\u2026"',
}


@pytest.mark.parametrize("line", STATUS)
def test_what_a_proxy_says(line: bytes, env: dict[str, str]) -> None:
    with (
        RawServer(saying(b"HTTP/1.1 " + line + b"\r\n\r\n")) as server,
        Prober(sys.executable, env, seconds=30) as prober,
    ):
        place = Place(ORIGIN, Proxy("http", "127.0.0.1", server.port, None))
        (survey,) = prober.survey([place], {"pip": Trust()}, seconds=5)

    assert survey.verdicts["pip"].message == STATUS[line]
    assert connections.in_words([]) == ""  # type: ignore[no-untyped-call]
