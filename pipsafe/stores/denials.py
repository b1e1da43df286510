"""What an administrator or the OS distrusts: certificates that are no anchor, wherever else a copy lies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipsafe.x509 import der
from pipsafe.x509.certificate import Certificate, MalformedCertificate, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Denied:
    """Each mapping is from lower-case hex to why, as a clause: "distrusted in /etc/x, line 7"."""

    certificates: Mapping[str, str] = field(default_factory=dict)
    """By the SHA-256 of the DER; by its SHA-1 where the OS names certificates so (macOS)."""
    public_keys: Mapping[str, str] = field(default_factory=dict)
    """By the SHA-256 of the SubjectPublicKeyInfo: a new certificate over the key is denied too."""
    serials: Mapping[str, str] = field(default_factory=dict)
    """By the SHA-256 of the issuer's Name and the serial number, both in DER, one after the other."""

    def reason(self, certificate: Certificate) -> str | None:
        """Why this certificate is denied, or None."""
        return (
            self.certificates.get(certificate.sha256)
            or self.public_keys.get(certificate.spki_sha256)
            or self.certificates.get(sha1(certificate.der))
            or self._by_serial(certificate)
        )

    def _by_serial(self, certificate: Certificate) -> str | None:
        serial = serial_number(certificate.der) if self.serials else None
        return self.serials.get(sha256(certificate.issuer_der + serial)) if serial else None


def together(parts: Iterable[Denied]) -> Denied:
    """All of them as one; the first reason stands."""
    certificates: dict[str, str] = {}
    public_keys: dict[str, str] = {}
    serials: dict[str, str] = {}
    for part in parts:
        certificates = {**part.certificates, **certificates}
        public_keys = {**part.public_keys, **public_keys}
        serials = {**part.serials, **serials}
    return Denied(certificates, public_keys, serials)


def of_certificates(ders: Iterable[bytes], reason: str) -> Denied:
    """Just these certificates."""
    return Denied({sha256(data): reason for data in ders})


def of_keys(ders: Iterable[bytes], reason: str) -> Denied:
    """These certificates and all others over the same keys, as p11-kit has it (trust/enumerate.c)."""
    certificates: dict[str, str] = {}
    public_keys: dict[str, str] = {}
    for data in ders:
        certificates[sha256(data)] = reason
        try:
            public_keys[parse(data).spki_sha256] = reason
        except MalformedCertificate:
            continue
    return Denied(certificates, public_keys)


def sha256(data: bytes) -> str:
    """Lower-case hex of the SHA-256."""
    return hashlib.sha256(data).hexdigest()


def sha1(data: bytes) -> str:
    """Lower-case hex of the SHA-1: a name that macOS gives to certificates, and proof of nothing."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def serial_number(data: bytes) -> bytes | None:
    """The DER of a certificate's serial number, or None if it is no certificate."""
    try:
        whole = der.members(data, der.whole(data))
        fields = der.members(data, whole[0]) if whole else []
    except der.MalformedDER:
        return None
    numbers = [item for item in fields[:2] if item.tag == der.INTEGER]
    return data[numbers[0].start : numbers[0].stop] if numbers else None
