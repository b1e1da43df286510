"""Inspection products and antivirus by the names in the certificates that they make, as data.

For messages only, never for trust: anybody can write these names into a certificate.

Issuer names were read in public reports that quote them (vendors' documentation, bug reports,
the vendors' own deployment scripts); the shortest part that no public CA uses was kept.
"""

import re
from collections.abc import Sequence

from pipsafe.x509.certificate import Certificate

# (what to call it, pattern over the subject or issuer text of a presented certificate)
PRODUCTS: Sequence[tuple[str, str]] = (
    ("Zscaler", r"Zscaler"),
    ("Netskope", r"goskope\.com|netskope|caadmin\.netskope"),
    ("Cloudflare Gateway", r"Gateway CA - Cloudflare|Cloudflare for Teams"),
    ("Cisco Umbrella", r"Cisco Umbrella"),
    ("Fortinet FortiGate", r"O=Fortinet\b|Fortinet_CA|support@fortinet\.com"),
    ("Palo Alto Networks", r"Palo Alto Networks|GlobalProtect|Prisma Access"),
    ("Sophos", r"Sophos SSL CA|O=Sophos\b"),
    ("SonicWall", r"SonicWALL Firewall DPI-SSL|O=SonicWALL"),
    ("WatchGuard", r"Fireware HTTPS Proxy|O=WatchGuard"),
    ("iboss", r"iboss Network Security"),
    ("Menlo Security", r"Menlo Security"),
    ("Cato Networks", r"Cato Networks"),
    ("Symantec Web Security", r"Blue Coat|ProxySG|Symantec Web Security"),
    ("Forcepoint", r"Forcepoint|Websense"),
    ("Skyhigh (McAfee) Web Gateway", r"McAfee Web Gateway|Skyhigh"),
    ("Check Point", r"Check Point (?:Firewall|Software|Harmony)"),
    ("Barracuda", r"O=Barracuda"),
    ("Avast", r"Avast Web/Mail Shield"),
    ("AVG", r"AVG Web/Mail Shield"),
    ("Norton", r"Norton Web/Mail Shield"),
    ("Kaspersky", r"Kaspersky"),
    ("ESET", r"ESET SSL Filter CA"),
    ("Bitdefender", r"Bitdefender Personal CA"),
    ("AdGuard", r"Ad[Gg]uard (?:Personal|Intermediate|Web) CA|Adguard CA"),
    ("Dr.Web", r"Dr\.?Web"),
    ("mitmproxy", r"CN=mitmproxy"),
    ("HTTP Toolkit", r"HTTP Toolkit CA"),
    ("Fiddler", r"DO_NOT_TRUST_FiddlerRoot"),
    ("Charles Proxy", r"Charles Proxy CA"),
    ("Burp Suite", r"PortSwigger CA"),
    ("Proxyman", r"Proxyman CA"),
    ("Safe Chain", r"safe-chain proxy"),
    ("Squid", r"CN=squid|CN=Not trusted by "),
)

_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in PRODUCTS)


def recognise(chain: Sequence[Certificate]) -> str | None:
    """The product whose name stands among the chain's issuers, None if none does."""
    for certificate in chain:
        for name, pattern in _COMPILED:
            if pattern.search(certificate.issuer):
                return name
    return None
