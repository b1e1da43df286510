"""The bytes of a CA file to DER certificates: PEM of all sorts, DER, PKCS #7. Pure, linear, never raises.

Certificates are not parsed here, only taken out whole: there may be ten thousand of them, and one is wanted.
"""

from __future__ import annotations

import binascii
import codecs
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from pipsafe.language.text import both, counted, text
from pipsafe.x509 import der
from pipsafe.x509.certificate import ANY_EXTENDED_KEY_USAGE, SERVER_AUTH

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"

_CERTIFICATE_LABELS = (b"CERTIFICATE", b"X509 CERTIFICATE")
_TRUSTED_LABEL = b"TRUSTED CERTIFICATE"
_PKCS7_LABELS = (b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA")
_KEY_LABEL_END = b"PRIVATE KEY"

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""The object identifier that PKCS #7 signed data begins with (RFC 5652 5.1)."""

_KEY_INSIDE = text("holds a private key (not read)")

_OTHER_FORMATS = (
    (b"\xfe\xed\xfe\xed", text("is a Java key store (not read)")),
    (b"\xce\xce\xce\xce", text("is a Java key store (not read)")),
    (b"SQLite format 3\0", text("is a database (not read)")),
)

_KEY_VERSIONS = (b"\x02\x01\x00", b"\x02\x01\x01")
"""What follows the outer header of an unencrypted PKCS #1, PKCS #8 or SEC 1 private key: a version."""

_PKCS12_VERSION = b"\x02\x01\x03"

_P11_KIT = b"[p11-kit-object-v1]"
"""A p11-kit file says of each certificate whether it is trusted. As mere PEM, distrust would become trust."""

_MOST_BLOCKS = 50_000
"""PEM blocks in one file; the public root lists have some hundreds."""

_MOST_NUMBERS = 3


@dataclass(frozen=True, slots=True)
class Contents:
    """What the bytes of a CA file hold."""

    certificates: tuple[bytes, ...] = ()
    """DER, without duplicates, in order."""
    problems: tuple[str, ...] = ()
    """Clauses that go with the file as their subject."""
    key_inside: bool = False
    rejected: tuple[bytes, ...] = ()
    """DER of certificates that the file rejects for TLS servers, in so many words; none is in `certificates`.

    One that the file trusts for other purposes only is not in `certificates` either: another file may.
    """


class _Trust(Enum):
    """What a file's own settings for a certificate say of TLS servers."""

    GIVEN = "trusted for them"
    LIMITED = "trusted for something else"
    REFUSED = "rejected for them"


@dataclass(slots=True)
class _Found:
    """What has been found so far. Certificates are numbered from 1, as their blocks come."""

    certificates: list[bytes] = field(default_factory=list)
    rejected: list[bytes] = field(default_factory=list)
    limited: list[bytes] = field(default_factory=list)
    """Trusted for other purposes only."""
    distrusted_numbers: list[int] = field(default_factory=list)
    damaged_numbers: list[int] = field(default_factory=list)
    key_inside: bool = False


def contents(data: bytes) -> Contents:
    """The certificates in the bytes of a CA file, and what is wrong with the rest."""
    if not data.strip():
        return Contents(problems=(text("is empty"),))
    for magic, problem in _OTHER_FORMATS:
        if data.startswith(magic):
            return Contents(problems=(problem,))
    if data[0] == der.SEQUENCE and _BEGIN not in data:
        return _binary(data)
    characters = _ascii(data)
    if _P11_KIT in characters:
        return Contents(problems=(text("is a p11-kit file (not read)"),))
    if characters.count(_BEGIN) > _MOST_BLOCKS:
        problem = text("holds more than {number} PEM blocks (not read)", number=_MOST_BLOCKS)
        return Contents(problems=(problem,))
    found = _Found()
    _read_blocks(characters, found)
    return _summary(found)


def _ascii(data: bytes) -> bytes:
    """The text with its byte order mark gone; UTF-16 is what PowerShell's redirection writes."""
    if data.startswith(codecs.BOM_UTF8):
        return data[len(codecs.BOM_UTF8) :]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode("ascii", "replace")
    return data


def _read_blocks(text: bytes, found: _Found) -> None:
    number = 0
    for label, body in _blocks(text):
        if label.endswith(_KEY_LABEL_END):
            found.key_inside = True
        elif label in _CERTIFICATE_LABELS or label == _TRUSTED_LABEL or label in _PKCS7_LABELS:
            number += 1
            try:
                data = binascii.a2b_base64(body or b"")
                _read_block(label, data, number, found)
            except (binascii.Error, der.MalformedDER):
                found.damaged_numbers.append(number)


def _read_block(label: bytes, data: bytes, number: int, found: _Found) -> None:
    if label == _TRUSTED_LABEL:
        certificate, trust = _trusted_certificate(data)
        lists = {
            _Trust.GIVEN: found.certificates,
            _Trust.LIMITED: found.limited,
            _Trust.REFUSED: found.rejected,
        }
        lists[trust].append(certificate)
        if trust is not _Trust.GIVEN:
            found.distrusted_numbers.append(number)
    elif label in _PKCS7_LABELS or _is_pkcs7(data):
        found.certificates += _pkcs7(data)
    elif _looks_whole(data):
        found.certificates.append(data)
    else:
        raise der.MalformedDER("not one SEQUENCE in another")


def _blocks(text: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Label and base64 of each PEM block (RFC 7468); the base64 is None where its end is missing.

    A block that somebody commented out does not begin its line, and is none. Files that were joined without a
    line break are common, and read.
    """
    place = text.find(_BEGIN)
    while place >= 0:
        start = place + len(_BEGIN)
        label_end = text.find(_DASHES, start, start + 80)
        if label_end < 0:
            place = text.find(_BEGIN, start)
            continue
        label = text[start:label_end]
        body = label_end + len(_DASHES)
        stop = text.find(_DASHES, body)
        closed = stop >= 0 and text.startswith(_END + label + _DASHES, stop)
        if _begins_line(text, place):
            yield label, text[body:stop] if closed else None
        # From the first dashes after the body on, so that no byte is searched twice.
        place = text.find(_BEGIN, stop) if stop >= 0 else -1


def _begins_line(text: bytes, place: int) -> bool:
    if place == 0 or text[place - 1] in b"\r\n":
        return True
    before = text[max(0, place - 80) : place].replace(b"\r", b"\n").rpartition(b"\n")
    blank = before[1] or place <= 80
    return bool(blank and not before[2].strip()) or text.endswith(_DASHES, 0, place)


def _looks_whole(data: bytes) -> bool:
    """Whether the bytes are one SEQUENCE, to the last byte, that begins with another. Cheap on purpose."""
    if data[:2] == b"\x30\x82" and len(data) > 5:  # nearly all of them: 256 bytes to 64 KiB
        return (data[2] << 8 | data[3]) + 4 == len(data) and data[4] == der.SEQUENCE
    try:
        outer = der.whole(data)
        return outer.tag == der.SEQUENCE and data[outer.content : outer.content + 1] == b"\x30"
    except der.MalformedDER:
        return False


def _trusted_certificate(data: bytes) -> tuple[bytes, _Trust]:
    """The certificate of a TRUSTED CERTIFICATE block, and what its trust settings mean for TLS servers.

    After the certificate comes X509_CERT_AUX: purposes it is trusted for, if any are named, and [0] purposes
    it is rejected for (OpenSSL crypto/x509/x_x509a.c, judged as obj_trust in x509_trust.c does). Raises
    MalformedDER.
    """
    outer = der.element(data, 0, len(data))
    certificate = data[: outer.stop]
    if not _looks_whole(certificate):
        raise der.MalformedDER("no certificate")
    auxiliary = der.elements(data, outer.stop, len(data))
    parts = der.members(data, auxiliary[0]) if auxiliary else []
    named = {part.tag: _names_servers(data, part) for part in parts if part.tag in (der.SEQUENCE, 0xA0)}
    if named.get(0xA0, False):
        return certificate, _Trust.REFUSED
    return certificate, _Trust.GIVEN if named.get(der.SEQUENCE, True) else _Trust.LIMITED


def _names_servers(data: bytes, purposes: der.Element) -> bool:
    listed = der.elements(data, purposes.content, purposes.stop)
    return any(
        der.object_identifier(data, purpose) in (SERVER_AUTH, ANY_EXTENDED_KEY_USAGE) for purpose in listed
    )


def _is_pkcs7(data: bytes) -> bool:
    return _SIGNED_DATA in data[2:32]


def _pkcs7(data: bytes) -> list[bytes]:
    """The certificates of PKCS #7 signed data (RFC 2315 9.1, RFC 5652 5.1). Raises MalformedDER."""
    parts = der.members(data, der.whole(data))
    if len(parts) != 2 or data[parts[0].start : parts[0].stop] != _SIGNED_DATA:
        raise der.MalformedDER("no PKCS #7 signed data")
    signed = der.members(data, parts[1], 0xA0)
    if len(signed) != 1:
        raise der.MalformedDER("no PKCS #7 signed data")
    # version, digest algorithms, content, [0] certificates, [1] revocation lists, signers
    return [
        data[certificate.start : certificate.stop]
        for part in der.members(data, signed[0])
        if part.tag == 0xA0
        for certificate in der.elements(data, part.content, part.stop)
        if certificate.tag == der.SEQUENCE
    ]


def _binary(data: bytes) -> Contents:
    """DER: one certificate, several in a row, or PKCS #7; or something else that is told of."""
    found = _Found()
    try:
        outer = der.element(data, 0, len(data))
        version = data[outer.content : outer.content + 3]
        if version == _PKCS12_VERSION:
            return Contents(problems=(text("is a PKCS #12 file (not read)"),))
        if version in _KEY_VERSIONS:
            return Contents(problems=(text("holds no certificate"), _KEY_INSIDE), key_inside=True)
        for number in range(1, _MOST_BLOCKS):
            _read_block(b"CERTIFICATE", data[outer.start : outer.stop], number, found)
            if data[outer.stop : outer.stop + 1] != b"\x30":
                break
            outer = der.element(data, outer.stop, len(data))
    except der.MalformedDER:
        if not found.certificates:
            return Contents(problems=(text("holds no certificate"),))
        found.damaged_numbers.append(len(found.certificates) + 1)
    return _summary(found)


def _summary(found: _Found) -> Contents:
    rejected = dict.fromkeys(found.rejected)
    # A certificate that is rejected once is rejected: a plain copy beside it must not undo that.
    distrusted = {*rejected, *found.limited}
    certificates = tuple(one for one in dict.fromkeys(found.certificates) if one not in distrusted)
    problems: list[str] = []
    if not certificates and not distrusted and not found.damaged_numbers:
        problems.append(text("holds no certificate"))
    if found.damaged_numbers:
        # For translators: {numbers} is "3", or "3, 4, 5 and 7 more", as they come in the file.
        told = counted(
            "certificate {numbers} is damaged",
            "certificates {numbers} are damaged",
            len(found.damaged_numbers),
            numbers=_shown(found.damaged_numbers),
        )
        problems.append(told)
    if found.distrusted_numbers:
        told = counted(
            "certificate {numbers} is marked as not trusted for TLS servers",
            "certificates {numbers} are marked as not trusted for TLS servers",
            len(found.distrusted_numbers),
            numbers=_shown(found.distrusted_numbers),
        )
        problems.append(told)
    if found.key_inside:
        problems.append(_KEY_INSIDE)
    return Contents(certificates, tuple(problems), found.key_inside, tuple(rejected))


def _shown(numbers: list[int]) -> str:
    """The numbers, short however many there are."""
    shown = [str(number) for number in numbers[:_MOST_NUMBERS]]
    if len(numbers) > _MOST_NUMBERS:
        shown.append(counted("{count} more", "{count} more", len(numbers) - _MOST_NUMBERS))
    return both(shown)
