"""Certificate authorities that a test makes for itself, and the server certificates that they issue.

Every fault of a certificate that pipsafe has to tell apart is an option here, so a test says what is wrong
with a chain by naming it.  Keys are EC P-256, which take a fraction of a millisecond to make.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

LOOPBACK = ("localhost", "127.0.0.1", "::1")

Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extensions: TypeAlias = Sequence[x509.ExtensionType]
"""What is put into a certificate besides, not critical."""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a certificate holds."""

    not_before: datetime
    not_after: datetime


_NOW = datetime.now(timezone.utc).replace(microsecond=0)
VALID = Validity(_NOW - timedelta(days=30), _NOW + timedelta(days=300))
EXPIRED = Validity(_NOW - timedelta(days=400), _NOW - timedelta(days=35))
NOT_YET_VALID = Validity(_NOW + timedelta(days=35), _NOW + timedelta(days=400))


class Chain(Enum):
    """How much of its chain a server presents."""

    LEAF_ONLY = "leaf only"
    WITHOUT_ROOT = "leaf and intermediates"
    WITH_ROOT = "leaf, intermediates and root"


def new_key(*, rsa_bits: int | None = None) -> Key:
    """A private key: EC P-256, or RSA of the given size."""
    if rsa_bits is None:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)


def pem_of(certificate: x509.Certificate) -> bytes:
    """The certificate as one PEM block."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def der_of(certificate: x509.Certificate) -> bytes:
    """The certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def sha256_of(certificate: x509.Certificate) -> str:
    """The fingerprint: 64 lower-case hex digits."""
    return hashlib.sha256(der_of(certificate)).hexdigest()


def key_pem_of(key: Key) -> bytes:
    """The private key as one unencrypted PEM block."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass(frozen=True, slots=True)
class Leaf:
    """A server certificate with its key, and what of its chain the server presents."""

    certificate: x509.Certificate
    key: Key
    issuers: tuple[x509.Certificate, ...]
    """From the direct issuer up to the root; empty for a self-signed server certificate."""
    chain: Chain = Chain.WITHOUT_ROOT

    def presenting(self, chain: Chain) -> Leaf:
        """The same certificate on a server that presents more or less of the chain."""
        return replace(self, chain=chain)

    @property
    def presented(self) -> tuple[x509.Certificate, ...]:
        """The certificates that go over the wire, in order."""
        above = {
            Chain.LEAF_ONLY: (),
            Chain.WITHOUT_ROOT: self.issuers[:-1],
            Chain.WITH_ROOT: self.issuers,
        }[self.chain]
        return (self.certificate, *above)

    @property
    def pem(self) -> bytes:
        """The leaf alone."""
        return pem_of(self.certificate)

    @property
    def server_pem(self) -> bytes:
        """Key and presented chain in one file, as `SSLContext.load_cert_chain` takes it."""
        return key_pem_of(self.key) + b"".join(map(pem_of, self.presented))

    @property
    def sha256(self) -> str:
        return sha256_of(self.certificate)


class Authority:
    """A certificate authority: a root, or an intermediate when it has a `parent`.

    `basic_constraints_critical=False`, `subject_key_identifier=False` and `key_usage=False` leave out what
    RFC 5280 asks for and what old internal CAs often lack.  `ca_issuers` are the URLs at which the
    certificate says that its issuer's can be had.
    """

    def __init__(
        self,
        name: str = "Example Test Root",
        *,
        organization: str = "Example Org",
        parent: Authority | None = None,
        key: Key | None = None,
        validity: Validity = VALID,
        basic_constraints_critical: bool = True,
        subject_key_identifier: bool = True,
        authority_key_identifier: bool = True,
        key_usage: bool = True,
        key_identifier: bytes | None = None,
        ca_issuers: Sequence[str] = (),
        extensions: Extensions = (),
    ) -> None:
        self.name = name
        self.organization = organization
        self.parent = parent
        self.key = new_key() if key is None else key
        signer = self if parent is None else parent
        subject = _subject(name, organization)
        builder = _builder(subject, self.key, subject if parent is None else parent.subject, validity)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=basic_constraints_critical
        )
        if key_usage:
            builder = builder.add_extension(_CA_USAGE, critical=True)
        if subject_key_identifier:
            identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
            if key_identifier is not None:
                identifier = x509.SubjectKeyIdentifier(key_identifier)
            builder = builder.add_extension(identifier, critical=False)
        if authority_key_identifier and parent is not None:
            builder = builder.add_extension(_issued_by(parent), critical=False)
        for extension in (*([access(ca_issuers)] if ca_issuers else []), *extensions):
            builder = builder.add_extension(extension, critical=False)
        self.certificate = builder.sign(signer.key, hashes.SHA256())

    @property
    def subject(self) -> x509.Name:
        return _subject(self.name, self.organization)

    @property
    def pem(self) -> bytes:
        return pem_of(self.certificate)

    @property
    def der(self) -> bytes:
        return der_of(self.certificate)

    @property
    def key_pem(self) -> bytes:
        return key_pem_of(self.key)

    @property
    def sha256(self) -> str:
        """The fingerprint: 64 lower-case hex digits."""
        return sha256_of(self.certificate)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """This authority's certificate and those above it, up to the root."""
        return (self.certificate, *(() if self.parent is None else self.parent.chain))

    def intermediate(
        self,
        name: str = "Example Test Issuing CA",
        *,
        validity: Validity = VALID,
        ca_issuers: Sequence[str] = (),
    ) -> Authority:
        """An authority that this one vouches for."""
        return Authority(
            name, organization=self.organization, parent=self, validity=validity, ca_issuers=ca_issuers
        )

    def namesake(self, *, same_key_identifier: bool = False) -> Authority:
        """A root with the same subject and another key, and on demand the same key identifier."""
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        return Authority(
            self.name, organization=self.organization, key_identifier=own if same_key_identifier else None
        )

    def reissued(self, *, validity: Validity) -> Authority:
        """A root with the same subject and the same key, valid at another time."""
        return Authority(self.name, organization=self.organization, key=self.key, validity=validity)

    def leaf(
        self,
        hosts: Iterable[str] = LOOPBACK,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        *,
        validity: Validity = VALID,
        chain: Chain = Chain.WITHOUT_ROOT,
        key: Key | None = None,
        authority_key_identifier: bool = True,
        ca_issuers: Sequence[str] = (),
        extensions: Extensions = (),
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    ) -> Leaf:
        """A certificate for these DNS names and addresses, a server's unless `usage` says otherwise."""
        span = Validity(not_before or validity.not_before, not_after or validity.not_after)
        own = new_key() if key is None else key
        builder = _server_builder(tuple(hosts), own, self.subject, span, usage=usage)
        if authority_key_identifier:
            builder = builder.add_extension(_issued_by(self), critical=False)
        for extension in (*([access(ca_issuers)] if ca_issuers else []), *extensions):
            builder = builder.add_extension(extension, critical=False)
        return Leaf(builder.sign(self.key, hashes.SHA256()), own, self.chain, chain)

    def revocation_list(self, *revoked: Leaf) -> bytes:
        """A CRL, PEM, that takes these certificates back."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.subject)
        builder = builder.last_update(VALID.not_before).next_update(VALID.not_after)
        for leaf in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(leaf.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(VALID.not_before).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def write(self, path: Path, *others: bytes) -> Path:
        """Write the certificate, then any other PEM, to `path`, which it returns."""
        path.write_bytes(b"".join((self.pem, *others)))
        return path


def self_signed(hosts: Iterable[str] = LOOPBACK, *, validity: Validity = VALID, ca: bool = False) -> Leaf:
    """A server certificate that is its own and only issuer; CA:FALSE unless asked."""
    key = new_key()
    names = tuple(hosts)
    builder = _server_builder(names, key, _subject(names[0], "Example Org"), validity, ca=ca)
    return Leaf(builder.sign(key, hashes.SHA256()), key, ())


def access(ca_issuers: Iterable[str], *, ocsp: Iterable[str] = ()) -> x509.AuthorityInformationAccess:
    """Says where the issuer's certificate, and the state of this one, can be had."""
    methods = AuthorityInformationAccessOID.CA_ISSUERS, AuthorityInformationAccessOID.OCSP
    return x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
            for method, urls in zip(methods, (ca_issuers, ocsp), strict=True)
            for url in urls
        ]
    )


def timestamps() -> x509.UnrecognizedExtension:
    """What a certificate transparency log adds (RFC 6962 3.3), without a log's signature in it."""
    entry = bytes(1) + bytes(32) + bytes(8) + bytes(2) + b"\x04\x03" + b"\x00\x08" + bytes(8)
    listed = len(entry).to_bytes(2, "big") + entry
    value = len(listed).to_bytes(2, "big") + listed
    return x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), bytes((0x04, len(value))) + value
    )


_CA_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _subject(name: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _builder(subject: x509.Name, key: Key, issuer: x509.Name, validity: Validity) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
    )


def _server_builder(
    hosts: tuple[str, ...],
    key: Key,
    issuer: x509.Name,
    validity: Validity,
    *,
    ca: bool = False,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
) -> x509.CertificateBuilder:
    builder = _builder(_subject(hosts[0], "Example Org"), key, issuer, validity)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _issued_by(authority: Authority) -> x509.AuthorityKeyIdentifier:
    """An AKI that names the issuer's SKI as the issuer's certificate states it, true or not."""
    try:
        found = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)
