"""What a CA's own certificate does not let it vouch for: name constraints, path length (RFC 5280 4.2.1).

For words only. A handshake decides, and when it refuses such a CA, this is the likely reason.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from pipsafe.language.text import both, counted, either, text
from pipsafe.x509 import der
from pipsafe.x509.certificate import MalformedCertificate, extensions_of
from pipsafe.x509.distinguished_name import printable

if TYPE_CHECKING:
    from pipsafe.x509.certificate import Certificate

_NAME_CONSTRAINTS = "2.5.29.30"
_PERMITTED, _EXCLUDED = 0xA0, 0xA1
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87

_MOST_NAMES = 3


def clauses(certificate: Certificate) -> tuple[str, ...]:
    """Clauses with the CA as their subject: "may only vouch for names in corp.example". Never raises."""
    try:
        constraints = extensions_of(certificate.der).get(_NAME_CONSTRAINTS)
    except MalformedCertificate:
        constraints = None
    return (*_of_names(constraints), *_of_length(certificate.path_length))


def _of_length(path_length: int | None) -> tuple[str, ...]:
    match path_length:
        case None:
            return ()
        case 0:
            return (text("allows no CA below itself"),)
        case number:
            return (counted("allows one CA below itself", "allows {count} CAs below itself", number),)


def _of_names(value: bytes | None) -> tuple[str, ...]:
    if value is None:
        return ()
    try:
        parts = der.members(value, der.whole(value))
        names = {part.tag: _subtrees(value, part) for part in parts}
    except der.MalformedDER:
        return (text("has name constraints that cannot be read"),)
    found = []
    # For translators: {names} are domains and networks: "corp.example and 10.0.0.0/8".
    if names.get(_PERMITTED):
        found.append(text("may only vouch for names in {names}", names=both(_shown(names[_PERMITTED]))))
    # For translators: {names} are domains and networks: "corp.example or 10.0.0.0/8".
    if names.get(_EXCLUDED):
        found.append(text("may not vouch for names in {names}", names=either(_shown(names[_EXCLUDED]))))
    return tuple(found)


def _subtrees(value: bytes, part: der.Element) -> list[str]:
    """The names that servers have; of mail addresses and the like there is nothing to say."""
    bases = [der.members(value, tree)[:1] for tree in der.elements(value, part.content, part.stop)]
    return [
        name
        for (base,) in filter(None, bases)
        if (name := _base(base.tag, value[base.content : base.stop])) is not None
    ]


def _base(tag: int, octets: bytes) -> str | None:
    if tag == _DNS_NAME:
        return printable(octets.decode("ascii", "backslashreplace")[:253]) or text("any domain")
    if tag == _IP_ADDRESS and len(octets) in (8, 32):
        half = len(octets) // 2
        address, mask = ipaddress.ip_address(octets[:half]), int.from_bytes(octets[half:], "big")
        return f"{address}/{mask.bit_count()}"
    return None


def _shown(names: list[str]) -> list[str]:
    """The names, few however many there are."""
    shown = names[:_MOST_NAMES]
    if len(names) > _MOST_NAMES:
        shown.append(counted("{count} more", "{count} more", len(names) - _MOST_NAMES))
    return shown
