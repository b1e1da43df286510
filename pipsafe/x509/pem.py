"""Certificates as PEM."""

import base64


def to_pem(der: bytes) -> str:
    """One certificate as PEM, 64 characters a line (RFC 7468)."""
    text = base64.b64encode(der).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
