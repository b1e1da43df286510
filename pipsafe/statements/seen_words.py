"""What people copy out of pip's message (a verify code, OpenSSL's words), and the causes it may have.

Numbers: X509_V_ERR_* of OpenSSL's include/openssl/x509_vfy.h; names: its crypto/err/openssl.txt. The order
is that of likelihood.
"""

import re
from collections.abc import Mapping

from pipsafe.causes import codes
from pipsafe.logs.verifier_words import ISSUER, ISSUING_CA, REVOCATION_UNKNOWN, ROOT_SENT, meaning_in

LONGEST = 4_000
"""Characters looked at."""

HERE = ("outdated-roots", "missing-roots", "bad-ca-setting")
"""What this machine may lack where an issuer is unknown."""

OF_MEANINGS: Mapping[str, tuple[str, ...]] = {
    ISSUER: ("tls-inspection", "private-ca", "incomplete-chain", "self-signed-server", *HERE),
    ISSUING_CA: ("tls-inspection", "private-ca", "incomplete-chain", *HERE),
    ROOT_SENT: ("tls-inspection", "private-ca", *HERE),
    REVOCATION_UNKNOWN: ("tls-inspection", "unreachable"),
    "self-signed-server": ("self-signed-server", "tls-inspection"),
    "expired": ("expired", "clock-skew"),
    "not-yet-valid": ("not-yet-valid", "clock-skew"),
    "hostname-mismatch": ("hostname-mismatch", "captive-portal"),
    "revoked": ("revoked",),
    "distrusted": ("distrusted",),
    "weak-crypto": ("weak-crypto",),
    "strict-x509": ("strict-x509",),
    "os-trust-unavailable": ("os-trust-unavailable",),
    "client-cert-required": ("client-cert-required",),
    "tls-protocol": ("tls-protocol", "proxy-problem"),
}
"""By what the words of verifiers mean."""

OF_CODES: tuple[tuple[frozenset[int], str], ...] = (
    (frozenset((codes.SELF_SIGNED_LEAF,)), "self-signed-server"),
    (frozenset((19,)), ROOT_SENT),
    (frozenset((2, 20, 21, codes.NAMESAKE)), ISSUING_CA),
    (codes.EXPIRED, "expired"),
    (codes.NOT_YET_VALID, "not-yet-valid"),
    (codes.WRONG_NAME, "hostname-mismatch"),
    (codes.REVOKED, "revoked"),
    (codes.REJECTED | codes.OUT_OF_BOUNDS | {codes.TRUSTED_FOR_OTHERS}, "distrusted"),
    (codes.WEAK, "weak-crypto"),
    (codes.STRICT, "strict-x509"),
)

PROTOCOL = ("tls-protocol", "proxy-problem")
NOT_VERIFIED = (
    *("tls-inspection", "private-ca", "incomplete-chain", "self-signed-server", *HERE),
    *("expired", "not-yet-valid", "clock-skew", "hostname-mismatch", "strict-x509", "weak-crypto"),
    *("revoked", "distrusted"),
)

# The first whose name stands in the words decides: without blanks, hyphens and underscores, in any case.
OF_NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("certificaterequired", ("client-cert-required",)),
    ("badcertificate", ("client-cert-required",)),
    ("wrongversionnumber", ("proxy-problem", "tls-protocol")),
    ("httprequest", ("proxy-problem", "tls-protocol")),
    ("keytoosmall", ("weak-crypto",)),
    ("mdtooweak", ("weak-crypto",)),
    ("handshakefailure", ("tls-protocol", "client-cert-required")),
    ("nosharedcipher", ("tls-protocol",)),
    ("unsupportedprotocol", ("tls-protocol",)),
    ("protocolversion", ("tls-protocol",)),
    ("legacyrenegotiation", ("tls-protocol",)),
    ("unexpectedeof", (*PROTOCOL, "client-cert-required")),
    ("eofoccurred", (*PROTOCOL, "client-cert-required")),
    ("sslmoduleisnotavailable", ("ssl-module-missing",)),
    ("modulenamedssl", ("ssl-module-missing",)),
    ("findasuitabletlsca", ("bad-ca-setting", "missing-roots")),
    ("tunnelconnectionfailed", ("proxy-problem",)),
    ("certificateverifyfailed", NOT_VERIFIED),
    ("certificateverificationfailed", NOT_VERIFIED),
    ("sslcertverificationerror", NOT_VERIFIED),
    ("sslerror", (*NOT_VERIFIED, *PROTOCOL, "client-cert-required")),
)

NUMBER = re.compile(r"(?:verify)?(?:code|error)?[:=]?(?:num=)?(?P<code>\d{1,3})", re.IGNORECASE)
BETWEEN = re.compile(r"[\s_-]+")


def causes_of(said: str) -> tuple[str, ...]:
    """The causes, the likeliest first; none if nothing is known of it."""
    words = "".join(said[:LONGEST].split())
    number = NUMBER.fullmatch(words)
    if number:
        code = int(number["code"])
        return next((OF_MEANINGS[what] for numbers, what in OF_CODES if code in numbers), ())
    meaning = meaning_in(words)
    if meaning is not None and meaning.what in OF_MEANINGS:
        return OF_MEANINGS[meaning.what]
    plain = BETWEEN.sub("", words).lower()
    return next((causes for name, causes in OF_NAMES if name in plain), ())
