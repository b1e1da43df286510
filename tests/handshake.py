"""A TLS handshake in memory: whether OpenSSL takes a server's chain under these roots alone."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from tests.lab.authority import Leaf


def refusal(leaf: Leaf, roots: bytes, host: str = "localhost") -> str:
    """Why a client that trusts `roots` (PEM) refuses the server, in OpenSSL's words; "" if it does not.

    As pip has it: no partial chains, no strictness. Raises SSLError if OpenSSL cannot read the roots.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_flags &= ~(ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT)
    client.load_verify_locations(cadata=roots.decode("ascii"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(leaf.server_pem)
        server.load_cert_chain(path)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(back, there, server_hostname=host),
        server.wrap_bio(there, back, server_side=True),
    ]
    try:
        while ends:
            ends = [end for end in ends if not _has_finished(end)]
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return ""


def _has_finished(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
