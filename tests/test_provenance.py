"""Who made a chain: measured on the shapes that public CAs, products and private CAs give certificates."""

from __future__ import annotations

import socket
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache

import certifi
import pytest

from pipsafe import origin
from pipsafe.observations import provenance
from pipsafe.observations.provenance import Provenance, PublicNames, Seen, judge, public_names
from pipsafe.observations.provenance_signs import SIGNS, Sign, product, public_issuer
from pipsafe.pip_settings.proxy import parse as parse_proxy
from pipsafe.probes.answered import Survey
from pipsafe.probes.asked import Place, Trust
from pipsafe.probes.probe import Prober
from pipsafe.x509.certificate import parse
from pipsafe.x509.issuance import read
from tests.certificates import make, name, public_roots, raw, raw_extension
from tests.lab.authority import Authority, Chain, access, timestamps
from tests.lab.index_server import IndexServer
from tests.lab.mitmproxy import Mitmproxy
from tests.makers import (
    DAY,
    INDEX,
    NOW,
    THEIRS,
    Sample,
    hard_samples,
    inspected_samples,
    issuer,
    leaf,
    lists,
    policy,
    private_samples,
    public_samples,
)

MAKERS = ("public-ca", "inspection", "private-ca")


@cache
def names() -> PublicNames:
    return public_names(public_roots())


def judged(sample: Sample, signs: Sequence[Sign] = SIGNS) -> Provenance:
    return judge(
        sample.chain,
        host=sample.host,
        is_default_index=sample.is_default_index,
        now=NOW,
        public=names(),
        others=[Seen(*other) for other in sample.others],
        resolved=sample.resolved,
        signs=signs,
    )


@cache
def samples() -> tuple[Sample, ...]:
    return (*public_samples(), *inspected_samples(), *private_samples(), *hard_samples())


def table(samples: Sequence[Sample], signs: Sequence[Sign]) -> tuple[str, dict[str, tuple[float, float]]]:
    """What was found of what, in words, and precision and recall by maker."""
    found = Counter((sample.maker, judged(sample, signs).maker) for sample in samples)
    lines = [f"{'made by':12}" + "".join(f"{maker:>12}" for maker in MAKERS) + "   precision  recall"]
    rates: dict[str, tuple[float, float]] = {}
    for maker in MAKERS:
        right = found[maker, maker]
        called, real = (
            sum(found[other, maker] for other in MAKERS),
            sum(found[maker, other] for other in MAKERS),
        )
        rates[maker] = right / max(called, 1), right / max(real, 1)
        counts = "".join(f"{found[maker, other]:12}" for other in MAKERS)
        lines.append(f"{maker:12}{counts}   {rates[maker][0]:9.3f}  {rates[maker][1]:6.3f}")
    return "\n".join(lines), rates


NAMELESS = [sign for sign in SIGNS if sign.look not in (product, public_issuer)]
"""Without what names say: a product that nobody has heard of, a public CA that is new."""


@pytest.mark.parametrize(
    ("signs", "least"), [(SIGNS, 0.97), (NAMELESS, 0.8)], ids=["all signs", "no names of products and CAs"]
)
def test_precision_and_recall(
    signs: Sequence[Sign], least: float, capsys: pytest.CaptureFixture[str]
) -> None:
    text, rates = table(samples(), signs)
    with capsys.disabled():
        print(f"\n{len(samples())} chains, {len(signs)} signs\n{text}")

    assert all(rate >= least for pair in rates.values() for rate in pair), text


@pytest.mark.parametrize("sample", samples()[:-2], ids=lambda item: f"{item.label}, {item.host}")
def test_each_shape(sample: Sample) -> None:
    found = judged(sample)

    assert found.maker == sample.maker, found
    assert 1 <= len(found.reasons) <= provenance.MOST_REASONS
    assert all(reason.endswith(".") and reason.isprintable() for reason in found.reasons)


def test_every_sign_is_seen_somewhere() -> None:
    """A row that never speaks is dead weight; one that says nothing new is too."""
    from pipsafe.observations.provenance_scene import Scene

    seen = {
        sign.look.__name__
        for sample in samples()
        for sign in SIGNS
        if sign.look(
            Scene(
                sample.chain,
                sample.host,
                sample.is_default_index,
                NOW,
                names(),
                tuple(Seen(*other) for other in sample.others),
                sample.resolved,
            )
        )
    }

    assert {sign.look.__name__ for sign in SIGNS} - seen == set()


# Reasons


def test_reasons_of_a_public_ca() -> None:
    found = judged(public_samples()[0])

    assert found.reasons == (
        "It carries timestamps of certificate transparency logs, which public CAs put in.",
        "It names the policy that public CAs issue by (CA/Browser Forum).",
        'Its issuer has the name of a public CA, "Let\'s Encrypt".',
        "It says where its issuer's certificate and its revocation state can be had, at public addresses.",
    )


def test_reasons_of_an_inspection() -> None:
    sample = next(item for item in inspected_samples() if item.label == "one certificate for all")

    assert judged(sample).reasons == (
        "files.example, a public host, has a certificate from the same CA.",
        "files.example, another owner's host, presents the same key.",
        "index.example is a public host, and the certificate has none of the marks that public CAs put in.",
        "It is one certificate for hosts of 5 owners, and from no public CA.",
    )


def test_reasons_of_a_private_ca() -> None:
    sample = next(item for item in private_samples() if item.label == "AD CS" and item.host == THEIRS)

    assert judged(sample).reasons == (
        "It names the addresses of a CA service within a private network.",
        "It was issued by CA software for one's own use (Active Directory Certificate Services).",
        "Its issuer is named by the parts of a domain (DC=), as CAs of one's own directory are.",
        'Its issuer bears the name of the host\'s own site, "acme".',
    )


@pytest.mark.parametrize(("default", "maker"), [(True, "inspection"), (False, "private-ca")])
def test_no_chain(default: bool, maker: str) -> None:  # noqa: FBT001
    found = judge((), host=INDEX, is_default_index=default, now=NOW)

    assert found.maker == maker
    assert found.reasons


def test_public_marks_outweigh_a_host_that_is_the_default_index() -> None:
    """As marks go; what they are worth there is judged when the chain was looked for (`causes.maker`)."""
    by = issuer("O=Newly Founded Trust", "CN=NFT TLS 1")
    made = leaf(by, INDEX, extensions=[timestamps(), policy("2.23.140.1.2.1")])

    assert judge([made], host=INDEX, is_default_index=True, now=NOW).maker == "public-ca"


def test_a_product_outweighs_copied_marks() -> None:
    by = issuer("O=Zscaler Inc.", "CN=Zscaler Intermediate Root CA")
    made = leaf(
        by,
        INDEX,
        extensions=[
            timestamps(),
            policy("2.23.140.1.2.1"),
            access(["http://a.example/"]),
            lists("http://b.example/"),
        ],
    )

    assert judge([made], host=INDEX, is_default_index=True, now=NOW).maker == "inspection"


# What certificates tell of their making


def test_issuance() -> None:
    by = issuer("O=Acme", "CN=Acme")
    extensions = [
        timestamps(),
        policy("1.2.3", "2.23.140.1.2.2"),
        access(["http://a.example/ca.crt"], ocsp=["http://o.example"]),
        lists("http://l.example/1.crl", "ldap:///CN=x"),
    ]
    found = read(leaf(by, INDEX, extensions=extensions))

    assert found.has_timestamps
    assert found.has_baseline_policy
    assert not found.has_issuers_key
    assert found.software is None
    assert found.service_urls == (
        "http://a.example/ca.crt",
        "http://o.example",
        "http://l.example/1.crl",
        "ldap:///CN=x",
    )


def test_a_certificate_without_any_of_it() -> None:
    found = read(leaf(issuer("O=Acme", "CN=Acme"), INDEX))

    assert (found.has_timestamps, found.has_baseline_policy, found.service_urls, found.software) == (
        False,
        False,
        (),
        None,
    )


ODD = ["2.5.29.31", "2.5.29.32", "1.3.6.1.4.1.11129.2.4.2"]


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize(
    "value", [b"", b"\x30", b"\x30\x02\x30\x00", b"\x30\x03\x02\x01\x01", b"\x04\x01\xff", b"\xff" * 40]
)
def test_odd_extensions_say_nothing(kind: str, value: bytes) -> None:
    found = read(parse(raw(extensions=[raw_extension(kind, value)])))

    assert not found.has_baseline_policy
    assert found.service_urls == ()


def test_what_is_no_certificate_gives_no_names() -> None:
    root = make(name("Some Root", organization_name="Some Org"))

    found = public_names([b"", b"\x30\x00", root])

    assert found.organizations == {"Some Org"}
    assert len(found.subjects) == 1


def test_the_names_of_todays_public_roots() -> None:
    assert len(names().subjects) > 100
    assert "Internet Security Research Group" in names().organizations


# Real ones


def presented(place: Place, environ: dict[str, str], **trusts: Trust) -> Survey:
    with Prober(sys.executable, environ, seconds=60) as prober:
        (survey,) = prober.survey([place], {"pip": Trust(), **trusts}, seconds=20)
    return survey


@pytest.mark.e2e
def test_a_real_mitmproxy(authority: Authority, env: dict[str, str]) -> None:
    """At any host, for its copies are made over its own key."""
    with IndexServer([], authority.leaf(chain=Chain.WITH_ROOT)) as server, Mitmproxy(authority.pem) as proxy:
        where = origin.parse(server.url())
        assert where is not None
        survey = presented(Place(where, parse_proxy(proxy.url)), env)

    chain = survey.chain
    assert chain
    for host, default in ((INDEX, True), (THEIRS, False)):
        found = judge(chain, host=host, is_default_index=default, now=chain[0].not_before + 2 * DAY)
        assert found.maker == "inspection", found
    anonymous = judge(
        chain, host=THEIRS, is_default_index=False, now=chain[0].not_before + 2 * DAY, signs=NAMELESS
    )
    assert anonymous.maker == "inspection", anonymous


@pytest.mark.network
def test_the_way_to_the_default_index_from_here(outside_environment: dict[str, str]) -> None:
    """Whoever answers for the default index here: public roots accept it, or it is an inspection."""
    from datetime import datetime, timezone

    from pip._internal.models.index import PyPI

    where = origin.parse(PyPI.simple_url)
    assert where is not None
    proxy = (
        parse_proxy(outside_environment["HTTPS_PROXY"]) if outside_environment.get("HTTPS_PROXY") else None
    )
    survey = presented(
        Place(where, proxy), dict(outside_environment), certifi=Trust(file=certifi.where(), carried=False)
    )
    if not survey.chain:
        pytest.skip(f"no network here: {survey.error}")
    resolved = tuple(str(item[4][0]) for item in socket.getaddrinfo(where.host, 443)) if proxy is None else ()
    found = judge(
        survey.chain,
        host=where.host,
        is_default_index=True,
        now=datetime.now(timezone.utc),
        public=names(),
        resolved=resolved,
    )
    print(survey.chain[0].issuer, found)

    assert found.maker == ("public-ca" if survey.verdicts["certifi"].accepted else "inspection")
