"""p11-kit's own files: certificates with what their administrator says of each.

The format: p11-glue/p11-kit, common/persist.c, common/lexer.c and doc/internal/persist-format.txt. Objects
begin with a header line; fields are "name: value", strings are quoted and percent-encoded, a PEM block
gives the certificate or the public key. What is read here is what makes an anchor or forbids one; an
extension that an administrator stapled to a CA limits it, and such a CA is not used.
"""

from __future__ import annotations

import binascii
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from pipsafe.language.text import enumerated, text
from pipsafe.stores import denials, places
from pipsafe.trust.ca_file import CaFile
from pipsafe.x509.certificate import MalformedCertificate, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipsafe.stores.denials import Denied
    from pipsafe.trust.ca_file import Refusal

HEADER = b"[p11-kit-object-v1]"

_DISTRUSTED = re.compile(rb"^[ \t]*x-distrusted[ \t]*:[ \t]*true[ \t\r]*$", re.MULTILINE)
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,60})-----")

_MOST_OBJECTS = 20_000

_UNKNOWN = text("unknown")

_EXTENDED_KEY_USAGE = "2.5.29.37"
_SUBJECT_KEY_ID = "2.5.29.14"
_OPENSSL_REJECT = "1.3.6.1.4.1.3319.6.10.1"
"""P11_OID_OPENSSL_REJECT of common/oid.h: the purposes that a TRUSTED CERTIFICATE rejects."""

_FOR_SERVERS = (bytes.fromhex("06082b06010505070301"), bytes.fromhex("0604551d2500"))
"""serverAuth and anyExtendedKeyUsage in DER."""


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a file."""

    fields: Mapping[str, str]
    """As they are written: strings with their quotes."""
    blocks: Mapping[str, bytes]
    """PEM label to DER."""

    @property
    def certificate(self) -> bytes | None:
        """The DER, if it is a certificate."""
        block = self.blocks.get("CERTIFICATE")
        kind = self.fields.get("class", "certificate" if block else None)
        if kind != "certificate":
            return None
        return self.string("value") or block  # what is said in a field goes over what is in a block

    @property
    def is_extension(self) -> bool:
        """It is stapled to all certificates over its public key."""
        return self.fields.get("class") == "x-certificate-extension"

    @property
    def public_key(self) -> bytes | None:
        """The SubjectPublicKeyInfo that it names."""
        return self.string("public-key-info") or self.blocks.get("PUBLIC KEY")

    @property
    def is_distrusted(self) -> bool:
        """The administrator says so."""
        return self.fields.get("x-distrusted") == "true"

    def string(self, name: str) -> bytes | None:
        """The bytes of a quoted, percent-encoded field."""
        value = self.fields.get(name, "")
        if len(value) < 2 or value[0] != '"' or value[-1] != '"':
            return None
        return unquote_to_bytes(value[1:-1])


def objects(data: bytes) -> tuple[Object, ...]:
    """The objects in the bytes of a file; those that cannot be read are left out. Never raises."""
    sections = data.split(HEADER, _MOST_OBJECTS)[1:]
    return tuple(found for section in sections if (found := _object(section)) is not None)


def distrusted(data: bytes) -> tuple[Object, ...]:
    """The objects that are distrusted. Cheap also where hundreds are trusted, as in a distribution's list."""
    sections = data.split(HEADER, _MOST_OBJECTS)[1:]
    marked = (_object(section) for section in sections if _DISTRUSTED.search(section))
    return tuple(found for found in marked if found is not None and found.is_distrusted)


def _object(section: bytes) -> Object | None:
    """One object, by the lines after its header; None if they are none."""
    fields: dict[str, str] = {}
    blocks: dict[str, bytes] = {}
    place = 0
    while place < len(section):
        stop = section.find(b"\n", place)
        stop = len(section) if stop < 0 else stop
        line = section[place:stop].strip()
        place = stop + 1
        begin = _BEGIN.match(line)
        if begin:
            end = b"-----END " + begin[1] + b"-----"
            stop = section.find(end, place)
            if stop < 0:
                return None
            try:
                blocks[begin[1].decode("ascii")] = binascii.a2b_base64(section[place:stop])
            except binascii.Error:
                return None
            place = stop + len(end)
        elif line and not line.startswith(b"#"):
            name, colon, value = line.partition(b":")
            if not colon:
                return None
            fields[name.strip().decode("latin-1")] = value.strip().decode("latin-1")
    return Object(fields, blocks)


def denied(found: Iterable[Object], reason: str) -> Denied:
    """What objects deny: their certificates, their keys, and what they name by issuer and serial number."""
    parts: list[Denied] = []
    for item in found:
        if item.certificate:
            parts.append(denials.of_keys([item.certificate], reason))
        elif item.public_key:
            parts.append(denials.Denied(public_keys={denials.sha256(item.public_key): reason}))
        issuer, number = item.string("issuer"), item.string("serial-number")
        if issuer and number:
            parts.append(denials.Denied(serials={denials.sha256(issuer + number): reason}))
    return denials.together(parts)


def read(path: str, refusal: Refusal | None) -> CaFile:
    """The anchors of a p11-kit file. Never raises, never blocks."""
    data = places.read(path, refusal)
    if isinstance(data, str):
        return CaFile(path, (), (data,), key_inside=False)
    in_anchors = os.path.basename(os.path.dirname(path)) == "anchors"
    return _anchors(path, objects(data), in_anchors=in_anchors)


def _anchors(path: str, found: tuple[Object, ...], *, in_anchors: bool) -> CaFile:
    # In a folder named "anchors" whatever says nothing of trust is trusted (p11-kit, trust/parser.c).
    trusted: list[bytes] = []
    rejected: list[bytes] = []
    problems: list[str] = []
    for item in found:
        data = item.certificate
        if data is None or item.is_extension:
            continue
        limits = _limits(data, found)
        if item.is_distrusted or "not for servers" in limits:
            rejected.append(data)
        elif limits:
            # For translators: {limits} are numbers of kinds of extensions, or "unknown".
            problem = text("limits a CA by an extension of its own ({limits}), which is not supported")
            problems.append(problem.filled(limits=enumerated(limits)))
        elif in_anchors or item.fields.get("trusted") == "true":
            trusted.append(data)
    certificates = tuple(one for one in dict.fromkeys(trusted) if one not in rejected)
    if not certificates:
        problems.insert(0, text("holds no trusted certificate"))
    return CaFile(
        path, certificates, tuple(dict.fromkeys(problems))[:20], False, tuple(dict.fromkeys(rejected))
    )


def _limits(data: bytes, found: tuple[Object, ...]) -> list[str]:
    """What extensions of the same file say against the certificate."""
    extensions = [item for item in found if item.is_extension]
    if not extensions:
        return []
    try:
        key = parse(data).spki_sha256
    except MalformedCertificate:
        return [_UNKNOWN]
    stapled = [item for item in extensions if item.public_key and denials.sha256(item.public_key) == key]
    return [limit for item in stapled if (limit := _limit(item))]


def _limit(extension: Object) -> str | None:
    kind = extension.fields.get("object-id")
    value = extension.string("value") or b""
    for_servers = any(purpose in value for purpose in _FOR_SERVERS)
    if kind == _SUBJECT_KEY_ID or (kind == _EXTENDED_KEY_USAGE and for_servers):
        return None
    if kind == _EXTENDED_KEY_USAGE:
        return "not for servers"
    if kind == _OPENSSL_REJECT:
        return "not for servers" if for_servers else None
    return _UNKNOWN if kind is None or not kind[:40].isprintable() else kind[:40]
