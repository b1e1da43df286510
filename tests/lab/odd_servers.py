"""Servers with which TLS goes wrong: what they say, when they end a connection, what they ask for.

Some are `IndexServer`s whose context is limited (`configure` gets the functions below), others are `Rogue`s
that send bytes of their own.
"""

from __future__ import annotations

import socket
import ssl
import struct
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dh
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    ParameterFormat,
    PrivateFormat,
)
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .authority import VALID, Authority, new_key, pem_of

Configure: TypeAlias = Callable[[ssl.SSLContext], None]
Behaviour: TypeAlias = Callable[[socket.socket], None]


# Limits for the context of a server


def versions(lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> Configure:
    """A server that speaks these versions of TLS and no others."""

    def configure(context: ssl.SSLContext) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = lowest, highest

    return configure


def ciphers(names: str, *, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> Configure:
    """A server that speaks one version, with these ciphers, however weak."""

    def configure(context: ssl.SSLContext) -> None:
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(f"{names}:@SECLEVEL=0")

    return configure


# The 1024-bit group 2 of RFC 2409, which old servers came with.
OAKLEY_GROUP_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)


def small_diffie_hellman(context: ssl.SSLContext) -> None:
    """A server that exchanges keys in a group of 1024 bits only."""
    ciphers("DHE-RSA-AES128-GCM-SHA256")(context)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        parameters = dh.DHParameterNumbers(OAKLEY_GROUP_2, 2).parameters()
    with tempfile.TemporaryDirectory(prefix="dh-") as folder:
        path = Path(folder, "dh.pem")
        path.write_bytes(parameters.parameter_bytes(Encoding.PEM, ParameterFormat.PKCS3))
        context.load_dh_params(str(path))


def client_certificate(
    authority: Authority, *, version: ssl.TLSVersion, required: bool, tickets: bool = True
) -> Configure:
    """A server that asks for a client certificate by this authority."""

    def configure(context: ssl.SSLContext) -> None:
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=authority.pem.decode())
        if not tickets:
            context.num_tickets = 0

    return configure


def write_identity(authority: Authority, path: Path, *, passphrase: bytes | None = None) -> Path:
    """Write a client certificate and its key into one file, as pip's `--client-cert` takes them."""
    key = new_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Client")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID.not_before)
        .not_valid_after(VALID.not_after)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    path.write_bytes(pem_of(builder.sign(authority.key, hashes.SHA256())) + text)
    return path


# What a rogue does


class Rogue:
    """A server on loopback that does one thing to every connection, running as a context manager."""

    def __init__(self, behave: Behaviour) -> None:
        self._behave = behave
        self.received: list[bytearray] = []
        """What each connection sent, as far as it was read."""

    def __enter__(self) -> Rogue:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        heard = bytearray()
        self.received.append(heard)
        with _Tapped(connection, heard) as tapped, suppress(OSError):
            self._behave(tapped)


class _Tapped(socket.socket):
    """A connection that keeps what it receives."""

    def __init__(self, connection: socket.socket, heard: bytearray) -> None:
        super().__init__(fileno=connection.detach())
        self.settimeout(30)
        self._heard = heard

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(size, flags)
        self._heard += data
        return data


def hang(connection: socket.socket) -> None:
    """Listen, and never say a word."""
    while connection.recv(65536):
        pass


def close(connection: socket.socket) -> None:
    """Hang up at once."""
    del connection


def reset(connection: socket.socket) -> None:
    """Cut the connection off at the first byte."""
    connection.recv(1)
    # An unread byte or this: the end is then not an orderly one.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def end_unsaid(connection: socket.socket) -> None:
    """Read what the client says, and end the connection in order, without a word."""
    connection.recv(65536)
    connection.shutdown(socket.SHUT_WR)
    hang(connection)


def say(answer: bytes) -> Behaviour:
    """Answer the first that comes, and no more."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        hang(connection)

    return behave


def greet(banner: bytes) -> Behaviour:
    """Speak first, then wait."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(banner)
        hang(connection)

    return behave


def trickle(answer: bytes, *, at_once: int = 0, pause: float = 0.2) -> Behaviour:
    """An answer that comes for ever, a few bytes a second, but for its first bytes."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(answer[:at_once])
        for byte in chain(answer[at_once:], repeat(0)):
            connection.sendall(bytes((byte,)))
            time.sleep(pause)

    return behave


def flood(beginning: bytes, piece: bytes) -> Behaviour:
    """An answer that comes for ever, as fast as it can."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(beginning)
        while True:
            connection.sendall(piece)

    return behave


def record(content: bytes, *, kind: int = 22) -> bytes:
    """One record of TLS 1.2, of handshake messages unless told otherwise."""
    return struct.pack(">BHH", kind, 0x0303, len(content)) + content


def message(kind: int, body: bytes, *, size: int | None = None) -> bytes:
    """One handshake message; `size` may claim another length than it has."""
    return struct.pack(">B", kind) + struct.pack(">I", len(body) if size is None else size)[1:] + body


def server_hello(*, version: int = 0x0303, extensions: bytes = b"\xff\x01\x00\x01\x00") -> bytes:
    """A ServerHello (RFC 5246 section 7.4.1.3), with the extension of RFC 5746 and no others."""
    listed = struct.pack(">H", len(extensions)) + extensions if extensions else b""
    return message(2, struct.pack(">H", version) + bytes(range(32)) + b"\x00\xc0\x2f\x00" + listed)


PLAIN_HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"

ROGUES: Mapping[str, Behaviour] = {
    "hangs": hang,
    "closes": close,
    "resets": reset,
    "ends unsaid": end_unsaid,
    "plain HTTP": say(PLAIN_HTTP),
    "SSH": greet(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "SMTP": greet(b"220 mail.example ESMTP ready\r\n"),
    "escape sequences": greet(b"\x1b]0;220 mail.example\x07\r\n"),
    "a long line": greet("é".encode() * 4000),
    "MySQL": greet(b"\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00"),
    "nonsense": say(bytes(range(256)) * 64),
    "trickles": trickle(record(server_hello())),
    # No server of this century: it lacks the extension of RFC 5746.
    "old renegotiation": say(record(server_hello(extensions=b""))),
    "TLS 1.0": say(record(server_hello(version=0x0301))),
    "no such name": say(record(b"\x02\x70", kind=21)),
    "10 MiB of handshake": flood(
        record(server_hello()) + record(message(11, b"", size=10 << 20)), record(bytes(16384))
    ),
    "hello requests for ever": flood(record(server_hello()), record(message(0, b"")) * 64),
    "empty records for ever": flood(record(server_hello()), record(b"") * 64),
}
