"""X.509 certificates (RFC 5280): DER to a value that can be shown, compared and judged as a trust anchor.

Signatures are not verified here: what is accepted is decided by a handshake. Every text of a `Certificate`
comes from bytes that may be hostile, and has been made safe for a terminal.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipsafe.language.text import of_error, text
from pipsafe.trust import denied
from pipsafe.x509 import der, distinguished_name
from pipsafe.x509.distinguished_name import COMMON_NAME, ORGANIZATION, ORGANIZATIONAL_UNIT, printable

if TYPE_CHECKING:
    from datetime import datetime

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0"

_SUBJECT_KEY_ID = "2.5.29.14"
_KEY_USAGE = "2.5.29.15"
_SUBJECT_ALT_NAME = "2.5.29.17"
_BASIC_CONSTRAINTS = "2.5.29.19"
_AUTHORITY_KEY_ID = "2.5.29.35"
_EXTENDED_KEY_USAGE = "2.5.29.37"
_AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1"
_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"

_KEY_CERT_SIGN = 5
_DNS_NAME, _URI, _IP_ADDRESS = 0x82, 0x86, 0x87

_TO_BE_SIGNED = (der.INTEGER, *[der.SEQUENCE] * 5)
"""Tags of serial number, signature algorithm, issuer, validity, subject and key: what follows the version."""


class MalformedCertificate(ValueError):
    """The bytes are no X.509 certificate."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one certificate says about itself."""

    der: bytes
    sha256: str
    """Fingerprint: lower-case hex of the SHA-256 of `der`."""
    subject: str
    """For people: "CN=..., O=..., C=..", most specific first. Two names are the same if their DER is."""
    issuer: str
    subject_der: bytes
    issuer_der: bytes
    common_name: str | None
    organization: str | None
    organizational_units: tuple[str, ...]
    issuer_common_name: str | None
    issuer_organization: str | None
    not_before: datetime
    """Aware, UTC."""
    not_after: datetime
    is_ca: bool
    """basicConstraints has cA TRUE."""
    may_sign_certificates: bool
    """No keyUsage, or one with keyCertSign."""
    path_length: int | None
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    extended_key_usages: tuple[str, ...] | None
    """Dotted object identifiers; None if there is no such extension."""
    ca_issuer_urls: tuple[str, ...]
    """Where authorityInfoAccess says the issuer's certificate can be had."""
    spki_sha256: str
    """Lower-case hex of the SHA-256 of the SubjectPublicKeyInfo."""

    @property
    def is_self_issued(self) -> bool:
        """Issuer and subject are the same name; says nothing of the signature."""
        return self.subject_der == self.issuer_der

    @property
    def label(self) -> str:
        """The shortest name to call it by, fit to stand between quotation marks."""
        name = self.common_name or self.organization or self.subject
        return distinguished_name.quotable(name) if name else text("a certificate without a name")


def parse(data: bytes) -> Certificate:
    """The certificate that these DER bytes are, all of them. Raises MalformedCertificate and nothing else."""
    try:
        return _parse(data)
    except der.MalformedDER as error:
        raise MalformedCertificate(of_error(error)) from None


def subject_of(data: bytes) -> bytes:
    """The DER of the subject alone, several times faster than `parse`. Raises MalformedCertificate."""
    try:
        subject = _to_be_signed(data)[4]
    except der.MalformedDER as error:
        raise MalformedCertificate(of_error(error)) from None
    return data[subject.start : subject.stop]


def extensions_of(data: bytes) -> dict[str, bytes]:
    """The DER value of each extension by its dotted object identifier. Raises MalformedCertificate."""
    try:
        return _extensions(data, _to_be_signed(data)[6:])
    except der.MalformedDER as error:
        raise MalformedCertificate(of_error(error)) from None


def is_only_a_server(certificate: Certificate) -> bool:
    """Whether a self-issued certificate can vouch for nobody but its own holder.

    OpenSSL takes some for CAs that do not say so: version 1, or a key usage to sign (v3_purp.c, check_ca).
    """
    extensions = extensions_of(certificate.der)
    unsaid = _BASIC_CONSTRAINTS not in extensions and (
        not extensions or (_KEY_USAGE in extensions and certificate.may_sign_certificates)
    )
    return certificate.is_self_issued and not certificate.is_ca and not unsaid


def denial(certificate: Certificate) -> str | None:
    """Why nobody should trust this CA, wherever it lies, as a clause, or None."""
    names = (certificate.common_name or "", *certificate.organizational_units)
    return denied.denial(certificate.spki_sha256, names)


def anchor_problem(certificate: Certificate, now: datetime) -> str | None:
    """Why a certificate may not be a trust anchor for TLS servers at the time `now`, as a clause, or None.

    An anchor is a self-issued CA that may sign, is valid and is not denied. A v1 root is no CA in this sense.
    """
    usages = certificate.extended_key_usages
    rules = (
        ((reason := denial(certificate)) is not None, reason),
        (not certificate.is_ca, text("not a CA")),
        (not certificate.may_sign_certificates, text("its key usage does not allow signing certificates")),
        (
            usages is not None and not {SERVER_AUTH, ANY_EXTENDED_KEY_USAGE}.intersection(usages),
            text("its extended key usage does not allow TLS servers"),
        ),
        (not _may_be_self_signed(certificate), text("an intermediate, not a root")),
        (now < certificate.not_before, text("not valid before {date:%Y-%m-%d}", date=certificate.not_before)),
        (now > certificate.not_after, text("expired on {date:%Y-%m-%d}", date=certificate.not_after)),
    )
    return next((problem for broken, problem in rules if broken), None)


def _may_be_self_signed(certificate: Certificate) -> bool:
    # A CA that renews its key issues certificates to itself that another key signs (RFC 4210 4.4): with one
    # of those as the only anchor OpenSSL goes on to look for the issuer, and fails.
    same_key = certificate.authority_key_id in (None, certificate.subject_key_id)
    return certificate.is_self_issued and (same_key or certificate.subject_key_id is None)


def _parse(data: bytes) -> Certificate:
    fields = _to_be_signed(data)
    issuer, validity, subject, key = fields[2:6]
    extensions = _extensions(data, fields[6:])
    subject_name = distinguished_name.attributes(data, subject)
    issuer_name = distinguished_name.attributes(data, issuer)
    not_before, not_after = _validity(data, validity)
    is_ca, path_length = _basic_constraints(extensions.get(_BASIC_CONSTRAINTS))
    alternative_names = _subject_alt_name(extensions.get(_SUBJECT_ALT_NAME))
    return Certificate(
        der=data,
        sha256=hashlib.sha256(data).hexdigest(),
        subject=distinguished_name.shown(subject_name),
        issuer=distinguished_name.shown(issuer_name),
        subject_der=data[subject.start : subject.stop],
        issuer_der=data[issuer.start : issuer.stop],
        common_name=_first(subject_name, COMMON_NAME),
        organization=_first(subject_name, ORGANIZATION),
        organizational_units=distinguished_name.values(subject_name, ORGANIZATIONAL_UNIT),
        issuer_common_name=_first(issuer_name, COMMON_NAME),
        issuer_organization=_first(issuer_name, ORGANIZATION),
        not_before=not_before,
        not_after=not_after,
        is_ca=is_ca,
        may_sign_certificates=_may_sign_certificates(extensions.get(_KEY_USAGE)),
        path_length=path_length,
        subject_key_id=_subject_key_id(extensions.get(_SUBJECT_KEY_ID)),
        authority_key_id=_authority_key_id(extensions.get(_AUTHORITY_KEY_ID)),
        dns_names=tuple(_ascii(name) for kind, name in alternative_names if kind == _DNS_NAME),
        ip_addresses=tuple(_ip_address(name) for kind, name in alternative_names if kind == _IP_ADDRESS),
        extended_key_usages=_extended_key_usages(extensions.get(_EXTENDED_KEY_USAGE)),
        ca_issuer_urls=_ca_issuer_urls(extensions.get(_AUTHORITY_INFO_ACCESS)),
        spki_sha256=hashlib.sha256(data[key.start : key.stop]).hexdigest(),
    )


def _to_be_signed(data: bytes) -> list[der.Element]:
    """Serial number, signature algorithm, issuer, validity, subject, key, and whatever comes after them."""
    parts = der.members(data, der.whole(data))
    if [part.tag for part in parts] != [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]:
        raise der.MalformedDER(text("not built as a certificate"))
    fields = der.members(data, parts[0])
    if fields and fields[0].tag == 0xA0:
        del fields[0]  # the version; absent in v1
    if tuple(field.tag for field in fields[:6]) != _TO_BE_SIGNED:
        raise der.MalformedDER(text("not built as a certificate"))
    return fields


def _extensions(data: bytes, fields: list[der.Element]) -> dict[str, bytes]:
    """The DER value of each extension by its dotted object identifier."""
    values: dict[str, bytes] = {}
    # [1] and [2] are unique identifiers, which nobody uses.
    lists = [der.members(data, field, 0xA3) for field in fields if field.tag not in (0x81, 0x82)]
    if not lists:
        return values
    if len(lists) != 1 or len(lists[0]) != 1:
        raise der.MalformedDER(text("more than one list of extensions"))
    for extension in der.members(data, lists[0][0]):
        parts = der.members(data, extension)
        if not 2 <= len(parts) <= 3:
            raise der.MalformedDER(text("an extension without a value"))
        kind = der.object_identifier(data, parts[0])
        if kind in values:
            raise der.MalformedDER(text("extension {number} twice", number=kind))
        values[kind] = der.content(data, parts[-1], der.OCTET_STRING)
    return values


def _validity(data: bytes, validity: der.Element) -> tuple[datetime, datetime]:
    dates = [der.time(data, date) for date in der.members(data, validity)]
    if len(dates) != 2:
        raise der.MalformedDER(text("a validity without two dates"))
    return dates[0], dates[1]


def _first(name: distinguished_name.Attributes, wanted: str) -> str | None:
    return next(iter(distinguished_name.values(name, wanted)), None)


def _ascii(octets: bytes) -> str:
    return printable(octets.decode("ascii", "backslashreplace"))


def _basic_constraints(value: bytes | None) -> tuple[bool, int | None]:
    if value is None:
        return False, None
    parts = der.members(value, der.whole(value))
    is_ca = bool(parts) and parts[0].tag == der.BOOLEAN and der.boolean(value, parts.pop(0))
    if len(parts) > 1:
        raise der.MalformedDER(text("basic constraints with too many members"))
    return is_ca, der.count(value, parts[0]) if parts else None


def _may_sign_certificates(value: bytes | None) -> bool:
    return value is None or der.named_bit(value, der.whole(value), _KEY_CERT_SIGN)


def _subject_key_id(value: bytes | None) -> bytes | None:
    return None if value is None else der.content(value, der.whole(value), der.OCTET_STRING)


def _authority_key_id(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    parts = der.members(value, der.whole(value))
    return next((value[part.content : part.stop] for part in parts if part.tag == 0x80), None)


def _extended_key_usages(value: bytes | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    return tuple(der.object_identifier(value, part) for part in der.members(value, der.whole(value)))


def _subject_alt_name(value: bytes | None) -> list[tuple[int, bytes]]:
    if value is None:
        return []
    names = der.members(value, der.whole(value))
    return [(name.tag, value[name.content : name.stop]) for name in names]


def _ip_address(octets: bytes) -> str:
    if len(octets) not in (4, 16):
        raise der.MalformedDER(text("an IP address of neither 4 nor 16 bytes"))
    return str(ipaddress.ip_address(octets))


def _ca_issuer_urls(value: bytes | None) -> tuple[str, ...]:
    if value is None:
        return ()
    found: list[str] = []
    for description in der.members(value, der.whole(value)):
        parts = der.members(value, description)
        if len(parts) != 2:
            raise der.MalformedDER(text("an access description without a location"))
        if der.object_identifier(value, parts[0]) == _CA_ISSUERS and parts[1].tag == _URI:
            found.append(_ascii(value[parts[1].content : parts[1].stop]))
    return tuple(found)
