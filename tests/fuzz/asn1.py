"""ASN.1 values as trees, so that a mutant can be wrong deep inside and right in all its lengths."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.certificates import tlv

_CONSTRUCTED = 0x20
_HOLDS_DER = (0x03, 0x04)
"""BIT STRING and OCTET STRING: extensions and keys have DER inside."""

_TAGS = (
    0x01,
    0x02,
    0x03,
    0x04,
    0x05,
    0x06,
    0x0C,
    0x13,
    0x16,
    0x17,
    0x18,
    0x1E,
    0x30,
    0x31,
    0x80,
    0x82,
    0xA0,
    0xA3,
)


@dataclass(slots=True)
class Node:
    """A value: its members, or its bytes if it has none."""

    tag: int
    content: bytes = b""
    members: list[Node] = field(default_factory=list)

    def encoded(self) -> bytes:
        if not self.members:
            return tlv(self.tag, self.content)
        inner = b"".join(member.encoded() for member in self.members)
        return tlv(self.tag, (b"\0" if self.tag == 0x03 else b"") + inner)

    def all(self) -> list[Node]:
        """This one and all below it."""
        return [self, *(each for member in self.members for each in member.all())]


def parsed(data: bytes, depth: int = 0) -> list[Node] | None:
    """The values in the bytes, one after the other; None if they are none."""
    found: list[Node] = []
    place = 0
    while place < len(data):
        if place + 2 > len(data):
            return None
        tag, length, start = data[place], data[place + 1], place + 2
        if length & 0x80:
            octets = length & 0x7F
            length, start = int.from_bytes(data[start : start + octets], "big"), start + octets
        content = data[start : start + length]
        if tag & 0x1F == 0x1F or len(content) != length or depth > 30:
            return None
        found.append(_node(tag, content, depth))
        place = start + length
    return found


def _node(tag: int, content: bytes, depth: int) -> Node:
    inner = content[1:] if tag == 0x03 and content[:1] == b"\0" else content
    if tag & _CONSTRUCTED or (tag in _HOLDS_DER and inner[:1] == b"\x30"):
        members = parsed(inner, depth + 1)
        if members:
            return Node(tag, members=members)
    return Node(tag, content)


def mutant(data: bytes, chance: random.Random) -> bytes:
    """The values with a few things changed, every length fitting; the bytes themselves if they are no DER."""
    roots = parsed(data)
    if not roots:
        return data
    top = Node(0x30, members=roots)
    for _ in range(chance.randint(1, 4)):
        holders = [node for node in top.all() if node.members]
        holder = chance.choice(holders)
        place = chance.randrange(len(holder.members))
        _change(holder, place, top, chance)
        if not top.members:
            return b""
    return b"".join(node.encoded() for node in top.members)


def _change(holder: Node, place: int, top: Node, chance: random.Random) -> None:
    node = holder.members[place]
    match chance.randrange(8):
        case 0:
            del holder.members[place]
        case 1:
            holder.members.insert(place, node)
        case 2:
            chance.shuffle(holder.members)
        case 3:
            node.tag = chance.choice(_TAGS)
        case 4:
            holder.members[place] = chance.choice([each for each in top.all() if not each.members])
        case 5:
            holder.members[place] = Node(node.tag, chance.randbytes(chance.choice((0, 1, 2, 9, 20, 300))))
        case 6 if not node.members and node.content:
            changed = bytearray(node.content)
            changed[chance.randrange(len(changed))] = chance.choice(
                (0, 1, 0x7F, 0x80, 0xFF, 0x30, 0x41, 0x1B)
            )
            node.content = bytes(changed)
        case _ if not node.members:
            node.content *= chance.choice((2, 3, 50))
        case _:
            holder.members[place] = chance.choice(node.members)
