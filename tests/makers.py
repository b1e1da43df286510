"""Certificates in the shapes that public CAs, inspection products and private CAs really give theirs.

Public CAs: the profiles that they publish under the CA/Browser Forum's rules. mitmproxy: mitmproxy/certs.py.
Squid: src/ssl/gadgets.cc. Zscaler, Cisco Umbrella and the others: certificates quoted in public reports.
AD CS: MS-WCCE and its default templates. step-ca, Vault, FreeIPA: their default templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipsafe.x509.certificate import Certificate, parse
from tests.certificates import CA, tlv
from tests.lab.authority import access, timestamps

NOW = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

INDEX, FILES, ELSEWHERE, THEIRS = (
    "index.example",
    "files.example",
    "wheels.vendor.example",
    "nexus.acme.example",
)

_KINDS = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
}


def named(*parts: str) -> x509.Name:
    """A name, of parts such as "CN=Example"."""
    pairs = [part.split("=", 1) for part in parts]
    return x509.Name([x509.NameAttribute(_KINDS[kind], value) for kind, value in pairs])


@dataclass(frozen=True, slots=True)
class Issuer:
    """A CA that certificates are made by."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: Certificate


def issuer(*parts: str, above: Issuer | None = None) -> Issuer:
    """A root, or an intermediate below another CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = named(*parts)
    signer = (above.name, above.key) if above else (name, key)
    made = _signed(name, key, signer, (NOW - 900 * DAY, NOW + 900 * DAY), [(CA, True)])
    return Issuer(name, key, made)


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: tuple[x509.Name, ec.EllipticCurvePrivateKey],
    span: tuple[datetime, datetime],
    extensions: Sequence[tuple[x509.ExtensionType, bool]],
) -> Certificate:
    name, signing = signer
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(span[0])
        .not_valid_after(span[1])
        .add_extension(identifier, critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return parse(builder.sign(signing, hashes.SHA256()).public_bytes(Encoding.DER))


def leaf(
    by: Issuer,
    *hosts: str,
    since: timedelta = 40 * DAY,
    days: float = 90,
    subject: Sequence[str] = (),
    key: ec.EllipticCurvePrivateKey | None = None,
    extensions: Sequence[x509.ExtensionType] = (),
) -> Certificate:
    """A server's certificate that was made so long ago."""
    start = NOW - since
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return _signed(
        named(*subject, f"CN={hosts[0]}"),
        key or ec.generate_private_key(ec.SECP256R1()),
        (by.name, by.key),
        (start, start + days * DAY),
        [(names, False), (usage, False), *((extension, False) for extension in extensions)],
    )


def lists(*urls: str) -> x509.CRLDistributionPoints:
    """Where lists of revoked certificates can be had."""
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in urls]
    )


def policy(*dotted: str) -> x509.CertificatePolicies:
    """The policies that it was issued under."""
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(item), None) for item in dotted]
    )


def mark(dotted: str) -> x509.UnrecognizedExtension:
    """Any extension."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), tlv(0x0C, b"WebServer"))


class Sample(NamedTuple):
    """One chain, whose it is, and who made it."""

    label: str
    maker: str
    chain: tuple[Certificate, ...]
    host: str = INDEX
    is_default_index: bool = False
    others: tuple[tuple[str, tuple[Certificate, ...], bool], ...] = ()
    resolved: tuple[str, ...] = ()


DOMAIN_VALIDATED, ORGANIZATION_VALIDATED = "2.23.140.1.2.1", "2.23.140.1.2.2"


def public_samples() -> list[Sample]:
    """Public CAs, the intermediate left out or not, the root unknown."""
    encrypt = issuer(
        "C=US",
        "O=Let's Encrypt",
        "CN=R11",
        above=issuer("C=US", "O=Internet Security Research Group", "CN=X9"),
    )
    digi = issuer(
        "C=US",
        "O=DigiCert Inc",
        "CN=DigiCert Global G9 TLS RSA SHA256 2026 CA1",
        above=issuer("O=DigiCert Inc", "CN=DigiCert Global Root G9"),
    )
    google = issuer(
        "C=US",
        "O=Google Trust Services",
        "CN=WR9",
        above=issuer("C=US", "O=Google Trust Services LLC", "CN=GTS Root R9"),
    )
    gone = issuer(
        "C=US",
        "O=Entrust, Inc.",
        "CN=Entrust Certification Authority - L1K",
        above=issuer("O=Entrust, Inc.", "CN=Entrust Root Certification Authority - G2"),
    )
    unheard = issuer(
        "C=XX",
        "O=Newly Founded Trust",
        "CN=NFT TLS 1",
        above=issuer("C=XX", "O=Newly Founded Trust", "CN=NFT Root"),
    )
    ninety = [
        timestamps(),
        policy(DOMAIN_VALIDATED),
        access(["http://r11.i.encrypt.example/"]),
        lists("http://r11.c.encrypt.example/1.crl"),
    ]
    year = [
        timestamps(),
        policy(ORGANIZATION_VALIDATED),
        access(["http://cacerts.digi.example/CA1.crt"], ocsp=["http://ocsp.digi.example"]),
        lists("http://crl3.digi.example/CA1.crl"),
    ]
    samples = []
    for host, default in ((INDEX, True), (ELSEWHERE, False), (THEIRS, False)):
        own = [
            ("90 days", leaf(encrypt, host, extensions=ninety), encrypt),
            ("90 days, made today", leaf(encrypt, host, since=2 * HOUR, extensions=ninety), encrypt),
            (
                "6 days",
                leaf(
                    encrypt,
                    host,
                    since=DAY,
                    days=6.6,
                    extensions=[
                        timestamps(),
                        policy(DOMAIN_VALIDATED),
                        access(["http://e1.i.encrypt.example/"]),
                    ],
                ),
                encrypt,
            ),
            (
                "a year",
                leaf(digi, host, since=200 * DAY, days=397, subject=["O=Example"], extensions=year),
                digi,
            ),
            (
                "several hosts",
                leaf(google, host, "a.example", "b.example", "c.example", "d.example", extensions=ninety),
                google,
            ),
            ("distrusted since", leaf(gone, host, extensions=year), gone),
            ("no name that is known", leaf(unheard, host, extensions=year), unheard),
        ]
        for label, certificate, by in own:
            samples.append(
                Sample(f"{label}, intermediate left out", "public-ca", (certificate,), host, default)
            )
            samples.append(
                Sample(
                    f"{label}, root not trusted", "public-ca", (certificate, by.certificate), host, default
                )
            )
    return samples


def inspected_samples() -> list[Sample]:
    """Products that were seen, and others that nobody knows by name."""
    samples = []
    products = [
        ("Zscaler", ["O=Zscaler Inc.", "CN=Zscaler Intermediate Root CA (example.net) (t) "], 3 * DAY, 14),
        ("Cisco Umbrella", ["O=Cisco", "CN=Cisco Umbrella Secondary SubCA ams-SG"], DAY, 5),
        ("Netskope", ["CN=ca.acme.goskope.com"], 100 * DAY, 365),
        ("FortiGate, dates copied", ["O=Fortinet", "CN=FG121GTK00000000"], 40 * DAY, 90),
        ("Kaspersky", ["O=AO Kaspersky Lab", "CN=Kaspersky Anti-Virus Personal Root Certificate"], HOUR, 365),
        (
            "Cloudflare Gateway",
            ["O=Cloudflare, Inc.", "CN=Gateway CA - Cloudflare Managed G2 0a1b"],
            HOUR,
            30,
        ),
    ]
    for label, parts, since, days in products:
        by = issuer(*parts, above=issuer("O=Somebody", "CN=Root of it"))
        for host, default in ((INDEX, True), (ELSEWHERE, False)):
            extensions = [lists("http://gateway.zs.example/zscrl.crl")] if label == "Zscaler" else []
            samples.append(
                Sample(
                    label,
                    "inspection",
                    (leaf(by, host, since=since, days=days, extensions=extensions), by.certificate),
                    host,
                    default,
                )
            )
            samples.append(
                Sample(
                    f"{label}, CA left out",
                    "inspection",
                    (leaf(by, host, since=since, days=days),),
                    host,
                    default,
                )
            )
    return [*samples, *_unknown_products()]


def _unknown_products() -> list[Sample]:
    """CAs with a customer's own name, which no list can have."""
    ours = issuer("O=Acme", "CN=Acme Web Gateway CA", above=issuer("O=Acme", "CN=Acme Root CA"))
    directory = issuer("DC=acme", "DC=corp", "CN=Acme Forward Trust")
    lab = issuer("O=Acme", "CN=proxy.acme.corp")
    samples = []
    for label, by in (("own gateway", ours), ("directory's gateway", directory)):
        for age, words in ((HOUR, "made now"), (2 * DAY, "days old"), (200 * DAY, "dates copied")):
            made = leaf(by, INDEX, since=age, days=300)
            samples.append(Sample(f"{label}, {words}", "inspection", (made, by.certificate), INDEX, True))
            samples.append(Sample(f"{label}, {words}, CA left out", "inspection", (made,), INDEX, True))
            beside = ((INDEX, (made, by.certificate), True),)
            another = leaf(by, ELSEWHERE, since=age, days=300)
            samples.append(
                Sample(
                    f"{label}, {words}, another host",
                    "inspection",
                    (another, by.certificate),
                    ELSEWHERE,
                    False,
                    beside,
                )
            )
    key = ec.generate_private_key(ec.SECP256R1())
    mitm = issuer("O=Own", "CN=Own")
    one = leaf(
        lab,
        *("index.test1.example", "a.one.net", "b.two.net", "c.three.net", "d.four.net"),
        since=9000 * DAY,
        days=20000,
        key=key,
    )
    return [
        *samples,
        Sample(
            "the CA's own key, CA left out",
            "inspection",
            (leaf(mitm, THEIRS, since=90 * DAY, key=mitm.key),),
            THEIRS,
        ),
        Sample(
            "the CA's own key",
            "inspection",
            (leaf(mitm, ELSEWHERE, since=2 * DAY, days=199, key=mitm.key), mitm.certificate),
            ELSEWHERE,
        ),
        Sample(
            "the CA's own key, dates copied",
            "inspection",
            (leaf(mitm, THEIRS, since=90 * DAY, key=mitm.key), mitm.certificate),
            THEIRS,
        ),
        Sample(
            "one certificate for all",
            "inspection",
            (one, lab.certificate),
            INDEX,
            True,
            ((FILES, (one, lab.certificate), True),),
            ("203.0.113.80",),
        ),
        Sample(
            "one certificate for all, another host",
            "inspection",
            (one, lab.certificate),
            ELSEWHERE,
            False,
            ((INDEX, (one, lab.certificate), True),),
        ),
        Sample(
            "another owner's host, made now",
            "inspection",
            (leaf(ours, ELSEWHERE, since=HOUR, days=300), ours.certificate),
            ELSEWHERE,
        ),
        Sample(
            "a mirror alone, days old",
            "inspection",
            (leaf(ours, "mirror.university.example", since=3 * DAY, days=30),),
            "mirror.university.example",
        ),
    ]


def private_samples() -> list[Sample]:
    """CAs of somebody's own, by software and by hand."""
    root = issuer("O=Acme Corp", "CN=Acme Corp Root CA")
    directory = issuer("DC=corp", "DC=acme", "CN=ACME-ISSUING-CA", above=root)
    steps = issuer(
        "O=Smallstep", "CN=Smallstep Intermediate CA", above=issuer("O=Smallstep", "CN=Smallstep Root CA")
    )
    vault = issuer("CN=vault intermediate", above=issuer("CN=vault root"))
    ipa = issuer("O=ACME.EXAMPLE", "CN=Certificate Authority")
    hand = issuer("O=Internal", "CN=Internal Root")
    dev = issuer("O=mkcert development CA", "OU=user@host", "CN=mkcert user@host")
    template = [
        mark("1.3.6.1.4.1.311.20.2"),
        access(["ldap:///CN=ACME-ISSUING-CA,CN=AIA,DC=acme"]),
        lists("ldap:///CN=ACME-ISSUING-CA,CN=CDP,DC=acme"),
    ]
    newer = [
        mark("1.3.6.1.4.1.311.21.7"),
        access(["http://pki.acme.example/issuing.crt"]),
        lists("http://pki.acme.example/issuing.crl"),
    ]
    samples = []
    for host in (THEIRS, "nexus", "nexus.acme.internal", "pypi.acme.corp"):
        own = [
            ("AD CS", leaf(directory, host, since=100 * DAY, days=730, extensions=template), directory),
            (
                "AD CS, made today",
                leaf(directory, host, since=HOUR, days=730, extensions=template),
                directory,
            ),
            ("AD CS, http", leaf(directory, host, since=100 * DAY, days=365, extensions=newer), directory),
            (
                "step-ca",
                leaf(steps, host, since=HOUR, days=1, extensions=[mark("1.3.6.1.4.1.37476.9000.64.1")]),
                steps,
            ),
            (
                "Vault",
                leaf(
                    vault,
                    host,
                    since=2 * HOUR,
                    days=3,
                    extensions=[access(["http://vault.service.consul.internal:8200/v1/pki/ca"])],
                ),
                vault,
            ),
            (
                "FreeIPA",
                leaf(
                    ipa,
                    host,
                    since=50 * DAY,
                    days=730,
                    extensions=[access([], ocsp=["http://ipa-ca.acme.example/ca/ocsp"])],
                ),
                ipa,
            ),
            ("by hand", leaf(hand, host, since=100 * DAY, days=825), hand),
            ("by hand, ten years", leaf(hand, host, since=1000 * DAY, days=3650), hand),
            ("by the root", leaf(root, host, since=30 * DAY, days=365), root),
            ("mkcert", leaf(dev, host, since=60 * DAY, days=820), dev),
        ]
        for label, certificate, by in own:
            samples.append(Sample(label, "private-ca", (certificate, by.certificate), host))
            samples.append(Sample(f"{label}, CA left out", "private-ca", (certificate,), host))
    public = public_samples()[0]
    beside = ((INDEX, public.chain, True),)
    today = leaf(hand, THEIRS, since=HOUR, days=825)
    aged = (leaf(hand, THEIRS, since=100 * DAY, days=825), hand.certificate)
    return [
        *samples,
        Sample(
            "by hand, today, private address",
            "private-ca",
            (today, hand.certificate),
            THEIRS,
            resolved=("10.1.2.3",),
        ),
        Sample("its name, today", "private-ca", (leaf(root, THEIRS, since=HOUR, days=365),), THEIRS),
        Sample("by hand, the default index open", "private-ca", aged, THEIRS, False, beside),
        Sample(
            "two of theirs",
            "private-ca",
            aged,
            THEIRS,
            False,
            (("wheels.acme.example", aged, False),),
        ),
        Sample("an address", "private-ca", (leaf(hand, "x.example", since=HOUR, days=825),), "10.1.2.3"),
    ]


def hard_samples() -> list[Sample]:
    """What cannot be told by anything that is seen: here words are likely to be wrong."""
    gateway = issuer("O=Acme", "CN=Acme Web Gateway CA")
    hand = issuer("O=Internal", "CN=Internal Root")
    copied = leaf(gateway, ELSEWHERE, since=60 * DAY)
    first_day = leaf(hand, "packages.startup.example", since=HOUR, days=825)
    return [
        Sample("a gateway's copy with the dates of the original", "inspection", (copied,), ELSEWHERE),
        Sample("by hand, today", "private-ca", (first_day, hand.certificate), "packages.startup.example"),
    ]
