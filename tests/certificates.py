"""Certificates for the readers' tests: ordinary ones by `cryptography`, odd ones byte by byte."""

from __future__ import annotations

import functools
import ssl
import warnings
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

KEY = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2025, 6, 1, 12, tzinfo=timezone.utc)
YEAR = timedelta(days=365)

CA = x509.BasicConstraints(ca=True, path_length=None)
CRITICAL_CA = ((CA, True),)
Extensions = Iterable[tuple[x509.ExtensionType, bool]]


def name(common_name: str | None = "Test CA", **more: str) -> x509.Name:
    """A name: organization and the like by their names in NameOID, the common name last, as is usual."""
    parts = [x509.NameAttribute(getattr(NameOID, kind.upper()), value) for kind, value in more.items()]
    if common_name is not None:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def make(
    subject: x509.Name | None = None,
    issuer: x509.Name | None = None,
    extensions: Extensions = CRITICAL_CA,
    *,
    not_before: datetime = NOW - YEAR,
    not_after: datetime = NOW + YEAR,
) -> bytes:
    """DER of a certificate, by default of a root that is valid at NOW."""
    subject = name() if subject is None else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def key_usage(*, sign: bool) -> x509.KeyUsage:
    """A key usage with or without keyCertSign."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def pem(der: bytes, label: str = "CERTIFICATE") -> bytes:
    """One PEM block."""
    return ssl.DER_cert_to_PEM_cert(der).replace("CERTIFICATE", label).encode()


def loaded(der: bytes) -> x509.Certificate:
    """The certificate by `cryptography`, without its warning of serial numbers as some public roots have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return x509.load_der_x509_certificate(der)


@functools.cache
def public_roots() -> tuple[bytes, ...]:
    """DER of every certificate of certifi, as `cryptography` reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        roots = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
    return tuple(root.public_bytes(serialization.Encoding.DER) for root in roots)


def tlv(tag: int, *contents: bytes) -> bytes:
    """A DER value."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def oid(dotted: str) -> bytes:
    """A DER object identifier."""
    first, second, *rest = map(int, dotted.split("."))
    octets = b""
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.insert(0, 0x80 | arc & 0x7F)
        octets += bytes(groups)
    return tlv(0x06, octets)


def raw_name(*attributes: tuple[str, int, bytes]) -> bytes:
    """A Name of dotted types, string tags and string bytes."""
    return tlv(0x30, *[tlv(0x31, tlv(0x30, oid(kind), tlv(tag, value))) for kind, tag, value in attributes])


def raw_extension(kind: str, value: bytes) -> bytes:
    """An extension that is not critical."""
    return tlv(0x30, oid(kind), tlv(0x04, value))


COMMON_NAME = "2.5.4.3"
PLAIN_NAME = raw_name((COMMON_NAME, 0x0C, b"Raw CA"))
SPKI = KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
_ALGORITHM = tlv(0x30, oid("1.2.840.10045.4.3.2"))
RAW_CA = raw_extension("2.5.29.19", tlv(0x30, tlv(0x01, b"\xff")))


def raw(
    *,
    version: bytes = tlv(0xA0, tlv(0x02, b"\x02")),
    serial: bytes = tlv(0x02, b"\x01"),
    issuer: bytes = PLAIN_NAME,
    dates: Sequence[bytes] = (tlv(0x17, b"240101000000Z"), tlv(0x17, b"491231235959Z")),
    subject: bytes = PLAIN_NAME,
    after_key: bytes = b"",
    extensions: Sequence[bytes] | None = (RAW_CA,),
    tail: bytes = b"",
) -> bytes:
    """A certificate from its parts, with a signature that is none."""
    listed = b"" if extensions is None else tlv(0xA3, tlv(0x30, *extensions))
    to_be_signed = tlv(
        0x30, version, serial, _ALGORITHM, issuer, tlv(0x30, *dates), subject, SPKI, after_key, listed
    )
    return tlv(0x30, to_be_signed, _ALGORITHM, tlv(0x03, b"\0\0")) + tail
