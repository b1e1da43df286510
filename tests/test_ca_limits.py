"""What a CA says that it does not vouch for, in words."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from cryptography import x509

from pipsafe.x509 import ca_limits
from pipsafe.x509.certificate import parse
from tests.certificates import CA, make, raw, raw_extension, tlv

NAME_CONSTRAINTS = "2.5.29.30"


def of(
    permitted: list[x509.GeneralName] | None, excluded: list[x509.GeneralName] | None
) -> x509.NameConstraints:
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=excluded)


CORP, LAB = x509.DNSName("corp.example"), x509.DNSName(".lab.example")
TEN = x509.IPAddress(ip_network("10.0.0.0/8"))
SIX = x509.IPAddress(ip_network("fd00::/16"))
MAIL = x509.RFC822Name("corp.example")
MANY = [x509.DNSName(f"{number}.example") for number in range(9)]

SAID = {
    "a domain": (of([CORP], None), ("may only vouch for names in corp.example",)),
    "two": (of([CORP, TEN], None), ("may only vouch for names in corp.example and 10.0.0.0/8",)),
    "IPv6": (of(None, [SIX]), ("may not vouch for names in fd00::/16",)),
    "both": (
        of([CORP], [LAB]),
        ("may only vouch for names in corp.example", "may not vouch for names in .lab.example"),
    ),
    "many": (of(None, [*MANY]), ("may not vouch for names in 0.example, 1.example, 2.example or 6 more",)),
    "any domain": (of(None, [x509.DNSName("")]), ("may not vouch for names in any domain",)),
    "mail only": (of([MAIL], None), ()),
}


@pytest.mark.parametrize("kind", SAID)
def test_name_constraints(kind: str) -> None:
    constraints, said = SAID[kind]
    certificate = parse(make(extensions=[(CA, True), (constraints, True)]))

    assert ca_limits.clauses(certificate) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (None, ()),
        (0, ("allows no CA below itself",)),
        (1, ("allows one CA below itself",)),
        (3, ("allows 3 CAs below itself",)),
    ],
)
def test_path_length(length: int | None, said: tuple[str, ...]) -> None:
    certificate = parse(make(extensions=[(x509.BasicConstraints(ca=True, path_length=length), True)]))

    assert ca_limits.clauses(certificate) == said


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x30",
        b"\x05\0",
        tlv(0x30, b"\xa0\x05"),
        tlv(0x30, tlv(0xA0, b"\x02\x01\x01")),
        tlv(0x30, tlv(0xA0, tlv(0x30))),
    ],
)
def test_what_cannot_be_read(value: bytes) -> None:
    certificate = parse(raw(extensions=(raw_extension(NAME_CONSTRAINTS, value),)))

    assert set(ca_limits.clauses(certificate)) <= {"has name constraints that cannot be read"}


def test_it_can_be_printed() -> None:
    base = tlv(0x30, tlv(0x82, b"\x1b[2J\n" + b"x" * 5000))
    certificate = parse(raw(extensions=(raw_extension(NAME_CONSTRAINTS, tlv(0x30, tlv(0xA0, base))),)))

    (said,) = ca_limits.clauses(certificate)

    assert said.isprintable()
    assert len(said) < 400
