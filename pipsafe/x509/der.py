"""Reads DER (ITU-T X.690), as much of it as X.509 and PKCS #7 need.

The bytes come from a server or a file and may be hostile. Each reader takes time and memory linear in its
input, looks at no byte outside the bounds it is given, and raises `MalformedDER` and nothing else.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

from pipsafe.language import text as words

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

_MOST_CHILDREN = 10_000
"""More members than any real structure has; the bound keeps a hostile one from filling the memory."""

_LONGEST_ARC = 20
"""Bytes in one arc of an object identifier: enough for the 128 bits of a UUID (ITU-T X.667)."""

_ENCODINGS = {
    12: "utf-8",
    18: "ascii",  # NumericString
    19: "ascii",  # PrintableString
    20: "latin-1",  # TeletexString, read as OpenSSL reads it
    22: "ascii",  # IA5String
    26: "ascii",  # VisibleString
    28: "utf-32-be",  # UniversalString
    30: "utf-16-be",  # BMPString
}


class MalformedDER(ValueError):
    """The bytes are not the DER structure that was asked for."""


class Element(NamedTuple):
    """Where one value lies: the identifier octet, and offsets of its first byte, its content and its end."""

    tag: int
    start: int
    content: int
    stop: int


def element(data: bytes, start: int, stop: int) -> Element:
    """The value that begins at `start` and ends no later than `stop`."""
    content = start + 2
    if content > stop:
        raise MalformedDER(words.text("a value is cut short"))
    tag, length = data[start], data[start + 1]
    if tag & 0x1F == 0x1F:
        raise MalformedDER(words.text("a tag number above 30"))
    if length >= 0x80:
        octets = length & 0x7F
        content += octets
        if not 1 <= octets <= 4 or content > stop:
            raise MalformedDER(words.text("a length that is indefinite, too long or cut short"))
        length = int.from_bytes(data[start + 2 : content], "big")
        if length < 0x80 or length >> 8 * (octets - 1) == 0:
            raise MalformedDER(words.text("a length in more bytes than it needs"))
    if content + length > stop:
        raise MalformedDER(words.text("a value longer than what holds it"))
    return Element(tag, start, content, content + length)


def elements(data: bytes, start: int, stop: int) -> list[Element]:
    """The values that lie one after the other from `start` to `stop`."""
    found: list[Element] = []
    while start < stop:
        if len(found) == _MOST_CHILDREN:
            raise MalformedDER(words.text("more than {number} members", number=_MOST_CHILDREN))
        found.append(element(data, start, stop))
        start = found[-1].stop
    return found


def members(data: bytes, outer: Element, tag: int = SEQUENCE) -> list[Element]:
    """The members of a constructed value, which must have the given tag."""
    if outer.tag != tag:
        raise _other_tag(outer.tag, tag)
    return elements(data, outer.content, outer.stop)


def _other_tag(tag: int, wanted: int) -> MalformedDER:
    # For translators: tags are numbers of kinds of values, 0x30 say.
    return MalformedDER(words.text("tag {tag:#04x} where {wanted:#04x} belongs", tag=tag, wanted=wanted))


def whole(data: bytes) -> Element:
    """The one value that takes up all of the data."""
    outer = element(data, 0, len(data))
    if outer.stop != len(data):
        raise MalformedDER(words.text("bytes after the end"))
    return outer


def content(data: bytes, item: Element, tag: int) -> bytes:
    """The content bytes of a value, which must have the given tag."""
    if item.tag != tag:
        raise _other_tag(item.tag, tag)
    return data[item.content : item.stop]


def object_identifier(data: bytes, item: Element) -> str:
    """An object identifier in dotted form, such as "2.5.4.3"."""
    octets = content(data, item, OBJECT_IDENTIFIER)
    if not octets or octets[-1] & 0x80:
        raise MalformedDER(words.text("an object identifier that is cut short"))
    arcs: list[int] = []
    value = length = 0
    for octet in octets:
        length += 1
        if length > _LONGEST_ARC or (length == 1 and octet == 0x80):
            raise MalformedDER(words.text("an object identifier with an arc that is too long"))
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = length = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def boolean(data: bytes, item: Element) -> bool:
    """A BOOLEAN, which DER writes as 00 or FF."""
    octets = content(data, item, BOOLEAN)
    if octets not in (b"\x00", b"\xff"):
        raise MalformedDER(words.text("a truth value that is neither"))
    return octets == b"\xff"


def count(data: bytes, item: Element) -> int:
    """An INTEGER that is not negative and fits in eight bytes."""
    octets = content(data, item, INTEGER)
    if not 1 <= len(octets) <= 8 or octets[0] & 0x80:
        raise MalformedDER(words.text("a number that is negative or too large"))
    return int.from_bytes(octets, "big")


def named_bit(data: bytes, item: Element, number: int) -> bool:
    """Whether a named bit of a BIT STRING is set; bit 0 comes first, trailing zero bits may be left out."""
    octets = content(data, item, BIT_STRING)
    if not octets or octets[0] > 7 or (len(octets) == 1 and octets[0]):
        raise MalformedDER(words.text("a bit string without its count of unused bits"))
    index, shift = divmod(number, 8)
    return len(octets) > index + 1 and bool(octets[index + 1] & 0x80 >> shift)


def time(data: bytes, item: Element) -> datetime:
    """A UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 wants it: seconds, no fraction, "Z"."""
    digits = data[item.content : item.stop]
    if item.tag == UTC_TIME:
        # RFC 5280 4.1.2.5.1: years 50 to 99 belong to the last century.
        digits = (b"19" if digits[:1] >= b"5" else b"20") + digits
    elif item.tag != GENERALIZED_TIME:
        raise MalformedDER(words.text("a date of an unknown kind"))
    if len(digits) != 15 or not digits[:14].isdigit() or digits[14:] != b"Z":
        raise MalformedDER(words.text("a date in an unknown form"))
    fields = [int(digits[:4]), *(int(digits[place : place + 2]) for place in range(4, 14, 2))]
    try:
        return datetime(*fields, tzinfo=timezone.utc)  # type: ignore[misc,arg-type]
    except ValueError:
        raise MalformedDER(words.text("a date that does not exist")) from None


def text(data: bytes, item: Element) -> str:
    """The characters of a string value; what is no character is escaped, what is no string is "#hex"."""
    octets = data[item.content : item.stop]
    encoding = _ENCODINGS.get(item.tag)
    if encoding is None:
        return "#" + data[item.start : item.stop].hex()
    return octets.decode(encoding, "backslashreplace")
