"""Distinguished names (X.501, RFC 5280 4.1.2.4) and other texts of a certificate, made safe for a terminal.

The bytes may be hostile: what is not printable is escaped, what is too long is cut.
"""

from __future__ import annotations

from pipsafe.language import text as words
from pipsafe.x509 import der

COMMON_NAME = "2.5.4.3"
ORGANIZATION = "2.5.4.10"
ORGANIZATIONAL_UNIT = "2.5.4.11"

_SHORT_NAMES = {
    COMMON_NAME: "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    ORGANIZATION: "O",
    ORGANIZATIONAL_UNIT: "OU",
    "2.5.4.12": "title",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GN",
    "2.5.4.46": "dnQualifier",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
"""Attribute types as RFC 4514 section 3 and OpenSSL (crypto/objects/objects.txt) call them."""

_LONGEST_VALUE = 256
"""Characters shown of one value; X.520 allows 64 in a common name."""

_LONGEST_QUOTED = 60
"""Characters of a stranger's words in a sentence of ours."""

_QUOTATION_MARKS = str.maketrans(dict.fromkeys('"\u201c\u201d\u201e\u201f\u2033\uff02\u00ab\u00bb', "'"))

_MOST_ATTRIBUTES = 30
"""Attributes shown of one name."""

Attributes = tuple[tuple[str, str], ...]
"""Dotted type and printable value of each attribute of a name, the most specific first."""


def attributes(data: bytes, name: der.Element) -> Attributes:
    """The attributes of a Name. Raises MalformedDER."""
    found: list[tuple[str, str]] = []
    for group in der.members(data, name):
        for attribute in der.members(data, group, der.SET):
            parts = der.members(data, attribute)
            if len(parts) != 2:
                raise der.MalformedDER(words.text("a name attribute without a value"))
            found.append((der.object_identifier(data, parts[0]), printable(der.text(data, parts[1]))))
    return tuple(reversed(found))


def shown(name: Attributes) -> str:
    """ "CN=..., O=..., C=.."; a comma inside a value is escaped, so that no value can pass for two."""
    parts = [
        f"{_SHORT_NAMES.get(kind, kind)}=" + value.replace(",", "\\,")
        for kind, value in name[:_MOST_ATTRIBUTES]
    ]
    return ", ".join(parts if len(name) <= _MOST_ATTRIBUTES else [*parts, "…"])


def values(name: Attributes, wanted: str) -> tuple[str, ...]:
    """The values of one attribute type, the most specific first."""
    return tuple(value for kind, value in name if kind == wanted)


def printable(text: str) -> str:
    r"""The text, cut if long; control characters, bidirectional overrides and such as `\x1b`, `\u202e`."""
    if len(text) > _LONGEST_VALUE:
        text = text[:_LONGEST_VALUE] + "…"
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(map(_escaped, text))


def quotable(text: str, most: int = _LONGEST_QUOTED) -> str:
    """The text as it may stand between quotation marks: it cannot end them, nor go on and on."""
    clean = (text if text.isprintable() else printable(text)).translate(_QUOTATION_MARKS)
    return clean if len(clean) <= most else clean[:most] + "…"


def quoted(text: str, most: int = _LONGEST_QUOTED) -> str:
    """A stranger's words, so that nobody takes them for ours."""
    return words.text('"{name}"', name=quotable(text, most))


def _escaped(character: str) -> str:
    if character.isprintable() and character != "\\":
        return character
    return character.encode("unicode_escape").decode("ascii")
