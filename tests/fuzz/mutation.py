"""Inputs that are nearly right: changes to seeds, the same for the same seed of chance."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Iterator, Sequence

from tests.fuzz import asn1

_BYTES = (0, 1, 0x09, 0x0A, 0x0D, 0x1B, 0x20, 0x22, 0x27, 0x2D, 0x30, 0x7F, 0x80, 0x82, 0xA0, 0xFF)
_LARGEST = 200_000
_BLOCK = re.compile(rb"(-----BEGIN [A-Z0-9 ]+-----\s)([A-Za-z0-9+/=\s]+)(-----END)")


def mutants(seeds: Sequence[bytes], tokens: Sequence[bytes], chance: random.Random) -> Iterator[bytes]:
    """Without end."""
    while True:
        data = chance.choice(seeds)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6, 12))):
            data = _changed(data, seeds, tokens, chance)[:_LARGEST]
        yield data


def _changed(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], chance: random.Random) -> bytes:
    if chance.random() < 0.35:
        structured = _structured(data, chance)
        if structured != data:
            return structured
    start = chance.randint(0, len(data))
    stop = min(len(data), start + chance.choice((0, 1, 1, 4, 16, 64, 1000)))
    piece = data[start:stop]
    if chance.random() < 0.02:
        return _long(piece, tokens, chance)
    if chance.random() < 0.1:
        return data[:start]
    other = chance.choice(seeds)
    begin = chance.randint(0, len(other))
    put = chance.choice(
        (
            b"",
            bytes([chance.choice(_BYTES)]) * max(1, len(piece)),
            chance.randbytes(max(1, len(piece))),
            piece * chance.choice((2, 3, 40)),
            chance.choice(tokens or (b"",)) + piece,
            other[begin : begin + chance.choice((1, 8, 64, 512, 9000))],
            bytes(octet ^ 1 << chance.randrange(8) for octet in piece),
            piece[::-1],
        )
    )
    return data[:start] + put + data[stop:]


def _long(piece: bytes, tokens: Sequence[bytes], chance: random.Random) -> bytes:
    """A piece or two over and over: what takes time by the square shows."""
    pair = chance.choice((*tokens, piece, b" ", b"a")) + chance.choice((b"", *tokens, piece))
    return pair * (chance.choice((5_000, 50_000)) // (len(pair) or 1))


def _structured(data: bytes, chance: random.Random) -> bytes:
    """A change inside the DER that it is, or that one of its PEM blocks holds."""
    if data[:1] == b"\x30":
        return asn1.mutant(data, chance)
    blocks = list(_BLOCK.finditer(data))
    if not blocks:
        return data
    block = chance.choice(blocks)
    try:
        inner = base64.b64decode(block[2])
    except ValueError:
        return data
    text = base64.encodebytes(asn1.mutant(inner, chance))
    return data[: block.start(2)] + text + data[block.end(2) :]
