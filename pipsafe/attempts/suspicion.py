"""Whether bytes that pip wrote may speak of a TLS failure: the cheapest question of all.

Asked of every piece that pip writes, so it imports nothing and knows no patterns: it looks for
parts of the words in words.py. Blanks, line ends, colours and box drawing go first, since a
narrow console puts them between any two letters. It may be wrong in being suspicious, never in
not being so: `evidence.read` itself asks it first. A piece should overlap the one before it by
`OVERLAP` bytes.
"""

OVERLAP = 64

# All but what is printed of ASCII. Bytes above it are box drawing and other people's languages.
NOT_PRINTED = bytes(range(33)) + bytes(range(127, 256))

PARTS = (
    b"SSL",
    b"sslcertificate",
    b"sslmodule",
    b"sslsupport",
    b"ssl-",
    b"_ssl",
    b"ertificateverif",
    b"ertificatedidnotmatch",
    b"ertificateError",
    b"TLSCAcert",
    b"TLScertificate",
    b"TLSkey",
    b"TLS/",
    b"roxyError",
    b"proxyconnectionerror",
    b"proxy-connection-failed",
    b"Tunnelconnection",
    b"CONNECT",
    b"toproxy",
    b"resolveproxy",
    b"fromproxy",
    b"curl:(",
    b"gnutls",
    b"schannel",
    b"SecureTransport",
    b"peercertificate",
    b"x509:",
    b"X509",
    b"cacertfile",
    b"trustanchors",
    b"PKIXpath",
    b"'scertificate",
    b"signaturevalidation",
    b"UNABLE_TO_",
    b"CERT_",
)


def looks_suspicious(chunk: bytes) -> bool:
    """Whether any part of a failure's words is in ``chunk``, however it is wrapped and coloured."""
    if b"\x1b" in chunk:
        chunk = _without_escapes(chunk)
    squeezed = chunk.translate(None, NOT_PRINTED)
    return any(part in squeezed for part in PARTS)


def _without_escapes(chunk: bytes) -> bytes:
    first, *rest = chunk.split(b"\x1b")
    return first + b"".join(map(_after_escape, rest))


def _after_escape(piece: bytes) -> bytes:
    """What follows the escape sequence that the piece starts with."""
    if piece[:1] == b"[":
        # Parameters are 0x30 to 0x3f, intermediates 0x20 to 0x2f; one more byte ends it.
        return piece[1:].lstrip(bytes(range(0x20, 0x40)))[1:]
    if piece[:1] == b"]":
        title, bell, rest = piece.partition(b"\x07")
        return rest if bell and b"\n" not in title else piece
    return piece[1:]
