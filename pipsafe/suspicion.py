"""Whether bytes that pip wrote may speak of a TLS failure: the cheapest question of all.

Asked of every piece that pip writes, so it knows no patterns: it looks for parts of the words
in words.py. It may be wrong in being suspicious, never in not being so: the end of a failed
run is read in full whatever this says.
"""

PARTS = (
    b"SSL",
    b"ssl certificate",
    b"ssl module",
    b"ssl-",
    b"ertificate verif",
    b"CERTIFICATE",
    b"ertificateError",
    b"certificate ver",
    b"TLS CA cert",
    b"TLS certificate",
    b"TLS key",
    b"roxyError",
    b"Tunnel connection",
    b"to proxy",
    b"curl: (",
    b"unable to access",
    b"schannel",
)


def looks_suspicious(chunk: bytes) -> bool:
    """Whether any part of a failure's words is in ``chunk``."""
    return any(part in chunk for part in PARTS)
