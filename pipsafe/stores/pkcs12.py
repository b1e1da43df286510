"""The certificates of a PKCS #12 file (RFC 7292) that are not encrypted, as Java marks trusted ones.

Java trusts a certificate in such a key store if its bag has the attribute trustedKeyUsage of Oracle
(openjdk/jdk, sun/security/pkcs12/PKCS12KeyStore.java). Since JDK 18 `cacerts` is such a file without a
password; what keytool makes by itself encrypts the certificates too. Pure; raises MalformedDER and nothing
else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipsafe.x509 import der
from pipsafe.x509.certificate import ANY_EXTENDED_KEY_USAGE, SERVER_AUTH

_DATA = "1.2.840.113549.1.7.1"
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_BAGS = "1.2.840.113549.1.12.10.1."
_KEYS = (_BAGS + "1", _BAGS + "2")
_CERTIFICATE = _BAGS + "3"
_NESTED = _BAGS + "6"
_X509 = "1.2.840.113549.1.9.22.1"
_TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1"

_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Bags:
    """What was found."""

    trusted: tuple[bytes, ...]
    """DER of the certificates that are marked as trusted for TLS servers or for anything."""
    others: int
    """Certificates that are not: those of a private key's owner."""
    key_inside: bool
    encrypted: int
    """Parts that cannot be read without a password."""


def read(data: bytes) -> Bags:
    """The bags of a PKCS #12 file. Raises MalformedDER."""
    parts = der.members(data, der.whole(data))
    if len(parts) < 2 or der.count(data, parts[0]) != 3:
        raise der.MalformedDER("no PKCS #12 file")
    kind, content = _content_info(data, parts[1])
    if kind != _DATA or content is None:
        raise der.MalformedDER("a PKCS #12 file that is signed or empty")
    trusted: list[bytes] = []
    others = encrypted = 0
    key_inside = False
    for part in der.members(content, der.whole(content)):
        kind, inner = _content_info(content, part)
        if kind != _DATA or inner is None:
            encrypted += 1
            continue
        for bag in _bags(inner, _DEEPEST):
            key_inside = key_inside or bag.kind in _KEYS
            if bag.certificate is not None and bag.is_trusted:
                trusted.append(bag.certificate)
            elif bag.certificate is not None:
                others += 1
    return Bags(tuple(dict.fromkeys(trusted)), others, key_inside, encrypted)


@dataclass(frozen=True, slots=True)
class _Bag:
    kind: str
    certificate: bytes | None = None
    is_trusted: bool = False


def _content_info(data: bytes, item: der.Element) -> tuple[str, bytes | None]:
    """The type of a ContentInfo, and its octets if that is plain data."""
    parts = der.members(data, item)
    if not parts:
        raise der.MalformedDER("an empty ContentInfo")
    kind = der.object_identifier(data, parts[0])
    if kind != _DATA or len(parts) < 2:
        return kind, None
    octets = der.members(data, parts[1], 0xA0)
    if len(octets) != 1:
        raise der.MalformedDER("a ContentInfo without content")
    return kind, der.content(data, octets[0], der.OCTET_STRING)


def _bags(contents: bytes, depth: int) -> Iterator[_Bag]:
    for item in der.members(contents, der.whole(contents)):
        parts = der.members(contents, item)
        if len(parts) < 2:
            raise der.MalformedDER("a bag without a value")
        kind = der.object_identifier(contents, parts[0])
        value = der.members(contents, parts[1], 0xA0)
        if kind == _NESTED and depth and value:
            yield from _bags(contents[value[0].start : value[0].stop], depth - 1)
        elif kind == _CERTIFICATE and value:
            attributes = der.members(contents, parts[2], der.SET) if len(parts) > 2 else []
            trusted = any(_is_trust(contents, attribute) for attribute in attributes)
            yield _Bag(kind, _certificate(contents, value[0]), trusted)
        else:
            yield _Bag(kind)


def _certificate(contents: bytes, item: der.Element) -> bytes | None:
    parts = der.members(contents, item)
    if len(parts) != 2 or der.object_identifier(contents, parts[0]) != _X509:
        return None
    octets = der.members(contents, parts[1], 0xA0)
    return der.content(contents, octets[0], der.OCTET_STRING) if octets else None


def _is_trust(contents: bytes, attribute: der.Element) -> bool:
    parts = der.members(contents, attribute)
    if len(parts) != 2 or der.object_identifier(contents, parts[0]) != _TRUSTED_KEY_USAGE:
        return False
    usages = der.members(contents, parts[1], der.SET)
    named = {der.object_identifier(contents, usage) for usage in usages}
    return bool(named & {SERVER_AUTH, ANY_EXTENDED_KEY_USAGE})
