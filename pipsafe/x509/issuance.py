"""How a certificate was issued, by what only some issuers put in: read on demand, for words only.

Extensions by RFC 5280 and RFC 6962; object identifiers of policies by the CA/Browser Forum's baseline
requirements (7.1.6.1), of templates by MS-WCCE 2.2.2.7.7, of step-ca by smallstep/certificates
(authority/provisioner/extension.go).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipsafe.x509 import der
from pipsafe.x509.certificate import Certificate, MalformedCertificate, extensions_of
from pipsafe.x509.distinguished_name import printable

_CRL_DISTRIBUTION_POINTS = "2.5.29.31"
_POLICIES = "2.5.29.32"
_AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1"
_OCSP = "1.3.6.1.5.5.7.48.1"
_TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.2"
_BASELINE_POLICIES = "2.23.140.1."
_URI = 0x86

_MOST_URLS = 16

_PRIVATE_SOFTWARE = (
    ("1.3.6.1.4.1.311.20.2", "Active Directory Certificate Services"),
    ("1.3.6.1.4.1.311.21.7", "Active Directory Certificate Services"),
    ("1.3.6.1.4.1.37476.9000.64.1", "step-ca"),
)
"""Extensions that CA software for one's own use writes into what it issues."""


@dataclass(frozen=True, slots=True)
class Issuance:
    """Traces that issuers leave."""

    has_timestamps: bool
    """Whether logs of certificate transparency signed for it: what public CAs do, for browsers ask for it."""
    has_baseline_policy: bool
    """Whether it says that it was issued by the rules of public CAs."""
    service_urls: tuple[str, ...]
    """Where it says that its issuer's certificate, its revocation state and lists can be had."""
    software: str | None
    """CA software of one's own that left its mark."""
    has_issuers_key: bool
    """Whether the key identifier of its issuer is that of its own key (RFC 5280 4.2.1.2, method 1)."""


def read(certificate: Certificate) -> Issuance:
    """Never raises: an extension that cannot be read says nothing."""
    try:
        extensions = extensions_of(certificate.der)
    except MalformedCertificate:
        return Issuance(False, False, certificate.ca_issuer_urls, None, False)
    policies = _told(_policies, extensions.get(_POLICIES))
    urls = (
        *certificate.ca_issuer_urls,
        *_told(_ocsp_urls, extensions.get(_AUTHORITY_INFO_ACCESS)),
        *_told(_crl_urls, extensions.get(_CRL_DISTRIBUTION_POINTS)),
    )
    return Issuance(
        has_timestamps=_TIMESTAMPS in extensions,
        has_baseline_policy=any(policy.startswith(_BASELINE_POLICIES) for policy in policies),
        service_urls=urls[:_MOST_URLS],
        software=next((name for kind, name in _PRIVATE_SOFTWARE if kind in extensions), None),
        has_issuers_key=not certificate.is_self_issued
        and certificate.authority_key_id == _key_id(certificate),
    )


def _key_id(certificate: Certificate) -> bytes | None:
    data = certificate.der
    try:
        fields = der.members(data, der.members(data, der.whole(data))[0])
        # Before the key come serial number, algorithm, issuer, dates and subject, and before all the version.
        key = der.members(data, fields[5 + (fields[0].tag == 0xA0)])[1]
        bits = der.content(data, key, der.BIT_STRING)[1:]
    except (der.MalformedDER, IndexError):
        return None
    return hashlib.sha1(bits, usedforsecurity=False).digest()


def _told(reader: Callable[[bytes], Sequence[str]], value: bytes | None) -> Sequence[str]:
    try:
        return () if value is None else reader(value)
    except der.MalformedDER:
        return ()


def _policies(value: bytes) -> list[str]:
    described = [der.members(value, item) for item in der.members(value, der.whole(value))]
    return [der.object_identifier(value, parts[0]) for parts in described if parts]


def _ocsp_urls(value: bytes) -> list[str]:
    parts = [der.members(value, item) for item in der.members(value, der.whole(value))]
    return [
        _text(value, place)
        for method, place in (pair for pair in parts if len(pair) == 2)
        if place.tag == _URI and der.object_identifier(value, method) == _OCSP
    ]


def _crl_urls(value: bytes) -> list[str]:
    """The URLs of distribution points: [0] of a point, [0] in it, and there the names (RFC 5280 4.2.1.13)."""
    names = der.members(value, der.whole(value))
    for tag in (der.SEQUENCE, 0xA0, 0xA0):
        holders = [name for name in names if name.tag == tag]
        names = [inner for holder in holders for inner in der.elements(value, holder.content, holder.stop)]
    return [_text(value, name) for name in names if name.tag == _URI]


def _text(value: bytes, item: der.Element) -> str:
    return printable(value[item.content : item.stop].decode("ascii", "backslashreplace"))
