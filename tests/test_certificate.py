"""Certificates: read as `cryptography` reads them, hostile ones refused, what may not be an anchor named."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.trust import denied
from pipsafe.x509 import certificate, der
from pipsafe.x509.certificate import MalformedCertificate
from tests.certificates import (
    CA,
    COMMON_NAME,
    CRITICAL_CA,
    KEY,
    NOW,
    PLAIN_NAME,
    RAW_CA,
    SPKI,
    key_usage,
    loaded,
    make,
    name,
    oid,
    public_roots,
    raw,
    raw_extension,
    raw_name,
    tlv,
)
from tests.yardstick import takes_at_most

SUBJECT_KEY = x509.SubjectKeyIdentifier(b"subject key")
SAN = x509.SubjectAlternativeName(
    [
        x509.DNSName("example.org"),
        x509.DNSName("*.example.org"),
        x509.IPAddress(ip_address("192.0.2.1")),
        x509.IPAddress(ip_address("2001:db8::1")),
        x509.RFC822Name("someone@example.org"),
        x509.UniformResourceIdentifier("https://example.org/"),
    ]
)
ACCESS = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://o.example")
        ),
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://i.example/a.crt")
        ),
    ]
)
SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
ANY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])


def authority_key(identifier: bytes | None) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier(identifier, None, None)


MADE = {
    "no extension": make(extensions=()),
    "basic constraints that are not critical": make(extensions=((CA, False),)),
    "basic constraints without CA": make(
        extensions=((x509.BasicConstraints(ca=False, path_length=None), True),)
    ),
    "path length": make(extensions=((x509.BasicConstraints(ca=True, path_length=3), True),)),
    "keyCertSign": make(extensions=((key_usage(sign=True), True),)),
    "no keyCertSign": make(extensions=((key_usage(sign=False), True),)),
    "names and addresses": make(extensions=((SAN, False),)),
    "access": make(extensions=((ACCESS, False), (SERVER, False))),
    "key identifiers": make(extensions=((SUBJECT_KEY, False), (authority_key(b"another"), False))),
    "authority without key identifier": make(
        extensions=((x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(name("Up"))], 5), False),)
    ),
    "other usages": make(extensions=((CLIENT, True),)),
    "generalized time": make(not_after=datetime(2077, 3, 4, 5, 6, 7, tzinfo=timezone.utc)),
    "the last time": make(not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
    "the last century": make(not_before=datetime(1950, 1, 1, tzinfo=timezone.utc)),
    "empty subject": make(x509.Name([]), issuer=name("Issuer")),
    "beyond ASCII": make(name("Żółta łódź 鍵", organization_name="Bücher & Söhne")),
    "many attributes": make(
        name(
            "Leaf",
            country_name="DE",
            locality_name="Bonn",
            organization_name="O",
            organizational_unit_name="U",
        )
    ),
    "email address": make(name("Leaf", email_address="ca@example.org")),
    "two attributes in one": make(
        x509.Name(
            [
                x509.RelativeDistinguishedName(
                    [
                        x509.NameAttribute(NameOID.COMMON_NAME, "A"),
                        x509.NameAttribute(NameOID.USER_ID, "b"),
                    ]
                )
            ]
        )
    ),
    "BMPString": raw(subject=raw_name((COMMON_NAME, 30, "Jürgen".encode("utf-16-be")))),
    "UniversalString": raw(subject=raw_name((COMMON_NAME, 28, "Jürgen".encode("utf-32-be")))),
    "TeletexString": raw(subject=raw_name((COMMON_NAME, 20, b"Teletex"))),
    "PrintableString": raw(subject=raw_name((COMMON_NAME, 19, b"Printable"))),
    "IA5String": raw(subject=raw_name((COMMON_NAME, 22, b"a@example.org"))),
    "version 1": raw(version=b"", extensions=None),
    "negative serial number": raw(serial=tlv(0x02, b"\xff\x01")),
    "serial number zero": raw(serial=tlv(0x02, b"\0")),
}

SHORT = {
    NameOID.COMMON_NAME: "CN",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COUNTRY_NAME: "C",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.EMAIL_ADDRESS: "emailAddress",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.USER_ID: "UID",
    NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
}


def shown(whose: x509.Name) -> str:
    return ", ".join(
        f"{SHORT[part.oid]}={str(part.value).replace(',', chr(92) + ',')}" for part in reversed(list(whose))
    )


def last(whose: x509.Name, kind: x509.ObjectIdentifier) -> str | None:
    found = whose.get_attributes_for_oid(kind)
    return str(found[-1].value) if found else None


def assert_read_alike(data: bytes) -> None:
    """Every field, as `cryptography` has it."""
    ours, theirs = certificate.parse(data), loaded(data)
    assert ours.der == data
    assert ours.sha256 == hashlib.sha256(data).hexdigest()
    assert (ours.subject, ours.issuer) == (shown(theirs.subject), shown(theirs.issuer))
    assert ours.subject_der == theirs.subject.public_bytes() == certificate.subject_of(data)
    assert ours.issuer_der == theirs.issuer.public_bytes()
    assert ours.common_name == last(theirs.subject, NameOID.COMMON_NAME)
    assert ours.organization == last(theirs.subject, NameOID.ORGANIZATION_NAME)
    assert ours.issuer_common_name == last(theirs.issuer, NameOID.COMMON_NAME)
    assert ours.issuer_organization == last(theirs.issuer, NameOID.ORGANIZATION_NAME)
    assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    key = theirs.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert ours.spki_sha256 == hashlib.sha256(key).hexdigest()
    assert ours.is_self_issued is (theirs.subject == theirs.issuer)
    found = {extension.oid: extension.value for extension in theirs.extensions}
    assert_extensions_alike(ours, found)


def assert_extensions_alike(
    ours: certificate.Certificate, found: dict[x509.ObjectIdentifier, x509.ExtensionType]
) -> None:
    constraints = found.get(x509.BasicConstraints.oid)
    assert constraints is None or isinstance(constraints, x509.BasicConstraints)
    assert ours.is_ca is (constraints is not None and constraints.ca)
    assert ours.path_length == (constraints.path_length if constraints else None)
    usage = found.get(x509.KeyUsage.oid)
    assert usage is None or isinstance(usage, x509.KeyUsage)
    assert ours.may_sign_certificates is (usage is None or usage.key_cert_sign)
    subject_key = found.get(x509.SubjectKeyIdentifier.oid)
    assert ours.subject_key_id == (
        subject_key.digest if isinstance(subject_key, x509.SubjectKeyIdentifier) else None
    )
    issuer_key = found.get(x509.AuthorityKeyIdentifier.oid)
    assert ours.authority_key_id == (
        issuer_key.key_identifier if isinstance(issuer_key, x509.AuthorityKeyIdentifier) else None
    )
    names = found.get(x509.SubjectAlternativeName.oid)
    sans = names if isinstance(names, x509.SubjectAlternativeName) else x509.SubjectAlternativeName([])
    assert ours.dns_names == tuple(sans.get_values_for_type(x509.DNSName))
    assert ours.ip_addresses == tuple(map(str, sans.get_values_for_type(x509.IPAddress)))
    usages = found.get(x509.ExtendedKeyUsage.oid)
    assert ours.extended_key_usages == (
        tuple(each.dotted_string for each in usages) if isinstance(usages, x509.ExtendedKeyUsage) else None
    )
    access = found.get(x509.AuthorityInformationAccess.oid)
    assert ours.ca_issuer_urls == tuple(
        each.access_location.value
        for each in (access if isinstance(access, x509.AuthorityInformationAccess) else ())
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    )


@pytest.mark.parametrize("kind", MADE)
def test_certificate_is_read_as_cryptography_reads_it(kind: str) -> None:
    assert_read_alike(MADE[kind])


def test_every_public_root_is_read_as_cryptography_reads_it() -> None:
    assert len(public_roots()) > 100
    for root in public_roots():
        assert_read_alike(root)


def test_every_public_root_may_be_an_anchor() -> None:
    """On the day of its first half, so that the test does not age; TunTrust is not "untrusted"."""
    for root in map(certificate.parse, public_roots()):
        middle = root.not_before + (root.not_after - root.not_before) / 2
        assert certificate.anchor_problem(root, middle) is None, root.subject


def test_organizational_units_are_all_kept() -> None:
    read = certificate.parse(make(name("X", organizational_unit_name="One")))
    assert read.organizational_units == ("One",)


def test_odd_but_harmless() -> None:
    """What `cryptography` refuses, and OpenSSL takes."""
    teletex = certificate.parse(raw(subject=raw_name((COMMON_NAME, 20, "Jürgen".encode("latin-1")))))
    assert teletex.common_name == "Jürgen"
    unique = certificate.parse(raw(after_key=tlv(0x81, b"\0\1") + tlv(0x82, b"\0\1")))
    assert unique.is_ca
    bits = certificate.parse(raw(subject=raw_name((COMMON_NAME, 0x03, b"\0abc"))))
    assert bits.common_name == "#0304" + b"\0abc".hex()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("a\x1b[31mred", r"a\x1b[31mred"),
        ("line\nbreak\r\0", r"line\nbreak\r\x00"),
        ("right\u202eleft", r"right\u202eleft"),
        ("zero\u200bwidth\u2028", r"zero\u200bwidth\u2028"),
        ("back\\slash", r"back\\slash"),
        ("x" * 300, "x" * 256 + "…"),
        ("Ünïcödé 鍵", "Ünïcödé 鍵"),
    ],
)
def test_hostile_text_is_shown_harmless(value: str, expected: str) -> None:
    read = certificate.parse(
        raw(
            subject=raw_name((COMMON_NAME, 12, value.encode())),
            issuer=raw_name(("2.5.4.10", 12, value.encode())),
        )
    )
    assert (read.common_name, read.subject) == (expected, f"CN={expected}")
    assert (read.issuer_organization, read.issuer) == (expected, f"O={expected}")


def test_no_value_passes_for_two() -> None:
    read = certificate.parse(raw(subject=raw_name((COMMON_NAME, 12, b"Mine, O=Somebody Else"))))
    assert read.subject == r"CN=Mine\, O=Somebody Else"


def test_bytes_that_are_no_text_are_escaped() -> None:
    read = certificate.parse(raw(subject=raw_name((COMMON_NAME, 12, b"\xff\xfe"))))
    assert read.common_name == r"\\xff\\xfe"
    names = tlv(0x30, tlv(0x82, b"a.example\0.evil.example"), tlv(0x82, b"\xc3\xa4"))
    read = certificate.parse(raw(extensions=(raw_extension("2.5.29.17", names),)))
    assert read.dns_names == (r"a.example\x00.evil.example", r"\\xc3\\xa4")


@pytest.mark.parametrize(
    ("subject", "label"),
    [
        (name("The CN", organization_name="The O"), "The CN"),
        (name(None, organization_name="The O"), "The O"),
        (name(None, country_name="DE"), "C=DE"),
        (x509.Name([]), "a certificate without a name"),
    ],
)
def test_label(subject: x509.Name, label: str) -> None:
    assert certificate.parse(make(subject, issuer=name())).label == label


def extension(kind: str, value: bytes) -> bytes:
    return raw(extensions=(raw_extension(kind, value),))


MALFORMED = {
    "nothing": b"",
    "one byte": b"\x30",
    "an empty sequence": b"\x30\x00",
    "no certificate": tlv(0x30, tlv(0x02, b"\1")),
    "bytes after the end": raw(tail=b"\0"),
    "cut short": raw()[:-1],
    "indefinite length": b"\x30\x80" + raw()[4:] + b"\0\0",
    "length of length 5": b"\x30\x85\0\0\0\0\0",
    "length longer than needed": b"\x30\x81\x00",
    "high tag number": tlv(0x30, b"\x1f\x81\x01\x00"),
    "no serial number": raw(serial=b""),
    "one date": raw(dates=(tlv(0x17, b"240101000000Z"),)),
    "three dates": raw(dates=(tlv(0x17, b"240101000000Z"),) * 3),
    "month 13": raw(dates=(tlv(0x17, b"241301000000Z"),) * 2),
    "year 0": raw(dates=(tlv(0x18, b"00000101000000Z"),) * 2),
    "no seconds": raw(dates=(tlv(0x17, b"2401010000Z"),) * 2),
    "a time zone": raw(dates=(tlv(0x17, b"240101000000+0100"),) * 2),
    "digits of another script": raw(dates=(tlv(0x18, "²".encode() * 7 + b"Z"),) * 2),
    "a date that is a number": raw(dates=(tlv(0x02, b"\1"),) * 2),
    "the same extension twice": raw(extensions=(RAW_CA, RAW_CA)),
    "two lists of extensions": raw(after_key=tlv(0xA3, tlv(0x30, RAW_CA))),
    "an extension without value": raw(extensions=(tlv(0x30, oid("2.5.29.19")),)),
    "an unknown field": raw(after_key=tlv(0xA4, b"")),
    "CA neither true nor false": extension("2.5.29.19", tlv(0x30, tlv(0x01, b"\x01"))),
    "negative path length": extension("2.5.29.19", tlv(0x30, tlv(0x01, b"\xff"), tlv(0x02, b"\xff"))),
    "huge path length": extension("2.5.29.19", tlv(0x30, tlv(0x01, b"\xff"), tlv(0x02, b"\x01" * 9))),
    "too much in basic constraints": extension("2.5.29.19", tlv(0x30, *[tlv(0x02, b"\1")] * 2)),
    "key usage without bits": extension("2.5.29.15", tlv(0x03)),
    "address of 5 bytes": extension("2.5.29.17", tlv(0x30, tlv(0x87, b"12345"))),
    "empty usage": extension("2.5.29.37", tlv(0x30, tlv(0x06))),
    "usage cut short": extension("2.5.29.37", tlv(0x30, tlv(0x06, b"\x2b\x81"))),
    "usage with a huge arc": extension("2.5.29.37", tlv(0x30, tlv(0x06, b"\xff" * 50 + b"\x01"))),
    "access without location": extension("1.3.6.1.5.5.7.1.1", tlv(0x30, tlv(0x30, oid("1.2.3")))),
    "name attribute without value": raw(subject=tlv(0x30, tlv(0x31, tlv(0x30, oid(COMMON_NAME))))),
    "name that is no set": raw(subject=tlv(0x30, tlv(0x30, tlv(0x30)))),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed(kind: str) -> None:
    with pytest.raises(MalformedCertificate):
        certificate.parse(MALFORMED[kind])


SEEDS = (*MADE.values(), *public_roots()[:20])


@settings(max_examples=1500, deadline=None)
@given(data=st.data())
def test_mutated_certificate_raises_nothing_else(data: st.DataObject) -> None:
    mutant = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(mutant) - 1))
        mutant[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3)) or b"\0"
    for read in (certificate.parse, certificate.subject_of):
        with contextlib.suppress(MalformedCertificate):
            read(bytes(mutant))


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_else(data: bytes) -> None:
    with pytest.raises(MalformedCertificate):
        certificate.parse(data)


@pytest.mark.parametrize(
    "data",
    [
        tlv(0x30, b"\x05\x00" * 4_000_000),
        raw(subject=tlv(0x30, *[PLAIN_NAME[2:]] * 9_000)),
        raw(subject=raw_name((COMMON_NAME, 12, "\u202e".encode() * 2_000_000))),
        raw(subject=raw_name((COMMON_NAME, 28, b"\xff" * 8_000_000))),
        extension("2.5.29.37", tlv(0x30, tlv(0x06, b"\x2a" + b"\x81" * 4_000_000 + b"\x01"))),
        extension("2.5.29.37", tlv(0x30, tlv(0x06, b"\x2a" * 1_000_000))),
        extension("2.5.29.19", tlv(0x30, tlv(0x01, b"\xff"), tlv(0x02, b"\x7f" * 8_000_000))),
    ],
    ids=["members", "attributes", "overrides", "no text", "one arc", "arcs", "number"],
)
def test_large_certificate_takes_little_time(data: bytes) -> None:
    with takes_at_most(2), contextlib.suppress(MalformedCertificate):
        assert len(certificate.parse(data).subject) < 20_000


EXPIRED_CLOUDFLARE = make(not_after=datetime(2025, 2, 2, tzinfo=timezone.utc))
OF_JULY = make(not_before=datetime(2025, 7, 1, tzinfo=timezone.utc))
SIGN = (key_usage(sign=True), True)
ANCHORS = {
    "a root": (make(extensions=(*CRITICAL_CA, SIGN)), None),
    "no key usage": (make(), None),
    "constraints not critical": (make(extensions=((CA, False),)), None),
    "for servers": (make(extensions=(*CRITICAL_CA, (SERVER, False))), None),
    "for anything": (make(extensions=(*CRITICAL_CA, (ANY, False))), None),
    "signed by its own key": (
        make(extensions=(*CRITICAL_CA, (SUBJECT_KEY, False), (authority_key(b"subject key"), False))),
        None,
    ),
    "authority key unnamed": (
        make(extensions=(*CRITICAL_CA, (SUBJECT_KEY, False), (authority_key(None), False))),
        None,
    ),
    "no extension": (make(extensions=()), "not a CA"),
    "version 1": (raw(version=b"", extensions=None), "not a CA"),
    "a leaf": (make(extensions=((x509.BasicConstraints(ca=False, path_length=None), True),)), "not a CA"),
    "may not sign": (
        make(extensions=(*CRITICAL_CA, (key_usage(sign=False), True))),
        "its key usage does not allow signing certificates",
    ),
    "for clients": (
        make(extensions=(*CRITICAL_CA, (CLIENT, False))),
        "its extended key usage does not allow TLS servers",
    ),
    "issued by another": (make(issuer=name("Root")), "an intermediate, not a root"),
    "signed by its former key": (
        make(extensions=(*CRITICAL_CA, (SUBJECT_KEY, False), (authority_key(b"former key"), False))),
        "an intermediate, not a root",
    ),
    "expired": (EXPIRED_CLOUDFLARE, "expired on 2025-02-02"),
    "of the future": (OF_JULY, "not valid before 2025-07-01"),
    "Fortinet": (
        make(name("Fortinet Untrusted CA", organization_name="Fortinet")),
        "an interceptor's CA for bad certificates",
    ),
    "Fortinet, the object": (make(name("Fortinet_CA_Untrusted")), "an interceptor's CA for bad certificates"),
    "Avast": (
        make(name("Avast Web/Mail Shield Untrusted Root")),
        "an interceptor's CA for bad certificates",
    ),
    "by its unit": (
        make(name("AV", organizational_unit_name="generated by X for untrusted server certificates")),
        "an interceptor's CA for bad certificates",
    ),
    "Squid": (make(name('Not trusted by "squid"')), "an interceptor's CA for bad certificates"),
    "PAN-OS": (make(name("PA-Forward-UNTRUST")), "an interceptor's CA for bad certificates"),
    "Avast, the good one": (make(name("Avast Web/Mail Shield Root")), None),
}


@pytest.mark.parametrize("kind", ANCHORS)
def test_anchor_problem(kind: str) -> None:
    data, problem = ANCHORS[kind]
    assert certificate.anchor_problem(certificate.parse(data), NOW) == problem


def test_validity_includes_both_ends() -> None:
    read = certificate.parse(make())
    second = timedelta(seconds=1)
    problems = [
        certificate.anchor_problem(read, moment)
        for moment in (read.not_before - second, read.not_before, read.not_after, read.not_after + second)
    ]
    assert [bool(problem) for problem in problems] == [True, False, False, True]


def test_public_private_key_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the key alone: the name, the dates and the issuer may be new."""
    read = certificate.parse(make())
    assert read.spki_sha256 == hashlib.sha256(SPKI).hexdigest()
    monkeypatch.setitem(denied.PUBLIC_KEYS, read.spki_sha256, "Superfish")
    assert certificate.anchor_problem(read, NOW) == "its private key is public (Superfish)"
    monkeypatch.undo()
    monkeypatch.setitem(denied.VENDOR_TEST_KEYS, read.spki_sha256, "Harmony(Test)")
    assert certificate.anchor_problem(read, NOW) == "a vendor's test CA (Harmony(Test))"


EDELLROOT_SPKI = "cdee9f3305572a677e1a6c82dc1e02a35b11cae6a684338c9f37fe1ac8daec23"


def test_denied_keys_are_sha256() -> None:
    assert denied.PUBLIC_KEYS[EDELLROOT_SPKI] == "Dell eDellRoot"
    for digest in (*denied.PUBLIC_KEYS, *denied.VENDOR_TEST_KEYS):
        assert len(bytes.fromhex(digest)) == 32
        assert digest == digest.lower()
    assert not denied.PUBLIC_KEYS.keys() & denied.VENDOR_TEST_KEYS.keys()


def test_no_public_root_is_denied() -> None:
    keys = {certificate.parse(root).spki_sha256 for root in public_roots()}
    assert not keys & (denied.PUBLIC_KEYS.keys() | denied.VENDOR_TEST_KEYS.keys())


@given(st.lists(st.integers(0, 2**127), min_size=1, max_size=5), st.integers(0, 39), st.integers(0, 2))
def test_object_identifiers_come_back(arcs: list[int], second: int, first: int) -> None:
    dotted = ".".join(map(str, [first, second, *arcs]))
    data = oid(dotted)
    assert der.object_identifier(data, der.whole(data)) == dotted


def test_the_key_is_the_one_the_tests_sign_with() -> None:
    theirs = loaded(make()).public_key()
    assert theirs == KEY.public_key()
