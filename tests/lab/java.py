"""Java's key stores, in the format that needs no password to be read: openjdk/jdk, JavaKeyStore.java."""

from __future__ import annotations


def key_store(*certificates: bytes) -> bytes:
    """A JKS file that trusts these certificates (DER)."""
    entries = b"".join(
        _number(2) + _text(f"corp {place}") + bytes(8) + _text("X.509") + _number(len(der)) + der
        for place, der in enumerate(certificates)
    )
    return b"\xfe\xed\xfe\xed" + _number(2) + _number(len(certificates)) + entries + bytes(20)


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()
