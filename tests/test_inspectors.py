"""Inspection products by the names in their certificates; words only, so a wrong name must be rare."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pipsafe.observations.inspectors import PRODUCTS, recognise
from pipsafe.x509.certificate import parse
from tests.certificates import make, name, public_roots

# Issuers as they were seen in the field (organization, unit, common name), and the product.
SEEN = [
    ({"common_name": "Zscaler Root CA", "organization_name": "Zscaler Inc."}, "Zscaler"),
    ({"common_name": "Zscaler Intermediate Root CA (zscloud.net) (t)"}, "Zscaler"),
    ({"common_name": "ca.example.goskope.com"}, "Netskope"),
    ({"common_name": "caadmin.netskope.com"}, "Netskope"),
    ({"common_name": "Gateway CA - Cloudflare Managed G1"}, "Cloudflare Gateway"),
    ({"common_name": "Cisco Umbrella Root CA", "organization_name": "Cisco"}, "Cisco Umbrella"),
    ({"common_name": "FGT60F", "organization_name": "Fortinet"}, "Fortinet FortiGate"),
    ({"common_name": "Prisma Access Forward Trust"}, "Palo Alto Networks"),
    ({"common_name": "Sophos SSL CA_C1234"}, "Sophos"),
    ({"common_name": "Fireware HTTPS Proxy CA"}, "WatchGuard"),
    ({"common_name": "avast! Web/Mail Shield Root"}, None),
    ({"common_name": "Avast Web/Mail Shield Root"}, "Avast"),
    ({"common_name": "Kaspersky Anti-Virus Personal Root Certificate"}, "Kaspersky"),
    ({"common_name": "ESET SSL Filter CA"}, "ESET"),
    ({"common_name": "mitmproxy", "organization_name": "mitmproxy"}, "mitmproxy"),
    ({"common_name": "DO_NOT_TRUST_FiddlerRoot"}, "Fiddler"),
    ({"common_name": "Charles Proxy CA (1 Jan 2025, mac)"}, "Charles Proxy"),
    ({"common_name": "PortSwigger CA", "organization_name": "PortSwigger"}, "Burp Suite"),
    ({"common_name": "Example Corporate Root", "organization_name": "Example Org"}, None),
]


@pytest.mark.parametrize(("parts", "product"), SEEN)
def test_issuers(parts: dict[str, str], product: str | None) -> None:
    leaf = parse(make(name("index.example"), name(**parts), extensions=[]))

    assert recognise([leaf]) == product


def test_an_issuer_anywhere_in_the_chain() -> None:
    leaf = parse(make(name("index.example"), name("Example Issuing CA"), extensions=[]))
    between = parse(make(name("Example Issuing CA"), name("Zscaler Root CA")))

    assert recognise([leaf, between]) == "Zscaler"


def test_a_subject_alone_says_nothing() -> None:
    assert (
        recognise([parse(make(name("www.zscaler.example"), name("Example Public CA"), extensions=[]))])
        is None
    )


def test_no_chain() -> None:
    assert recognise([]) is None


def test_no_public_root_is_taken_for_a_product() -> None:
    taken = {root.issuer: product for der in public_roots() if (product := recognise([root := parse(der)]))}

    assert taken == {}


def test_products_are_named_once() -> None:
    names = [product for product, _ in PRODUCTS]

    assert len(set(names)) == len(names)


def test_the_certificates_hold_now() -> None:
    """The lab's own clock: what `make` makes by default is valid for a day in 2025."""
    assert parse(make()).not_before < datetime(2025, 6, 1, 12, tzinfo=timezone.utc)
