"""The words of TLS failures, as tables: what pip, Python, OpenSSL, git and curl say, of all ages.

Read in the sources of pip 9 to 26 (`collector`, `session`, urllib3's `Retry`, requests), of
CPython's `_ssl`, of OpenSSL 1.0 to 3.6 and LibreSSL (`x509_txt.c`), of git (`http.c`), curl
(`lib/vtls`) and truststore, and compared with logs that real pips wrote.
"""

import enum
import re


class Kind(enum.Enum):
    """What sort of failure the words speak of."""

    CERTIFICATE = "certificate"
    """A chain was refused."""
    HOSTNAME = "hostname"
    """The certificate is for other names."""
    CA_FILE = "ca-file"
    """A CA setting names a file that is missing or of no use."""
    PROTOCOL = "protocol"
    """TLS, but no certificate: versions, ciphers, alerts, something else on that port."""
    CLIENT_CERT = "client-cert"
    """The server wants a certificate of the client."""
    SSL_MISSING = "ssl-missing"
    """The Python has no ssl module."""
    PROXY = "proxy"
    """The proxy refuses, or cannot be reached."""
    NOT_FOUND = "not-found"
    """pip found nothing: a reason to look, no evidence of TLS."""


HOSTNAME = (
    r"[Hh]ostname mismatch|IP address mismatch|doesn't match|did not match expected hostname"
    r"|no alternative certificate subject name matches|certificate subject name .* does not match"
    r"|certificate name does not match|is not valid for '"
)

# Python's wrapper around OpenSSL's reason. Python 3.6 and older give no reason.
VERIFY_FAILED = re.compile(r"certificate verify failed(?:: (?P<reason>.*?))? ?(?:\(_ssl\.c:\d+\)|$)")

# A class name that only a refused certificate has, whatever the words inside: truststore's
# come from the operating system, in its language, or are a bare number.
REFUSED_CLASS = re.compile(
    r"SSLCertVerificationError\(\s*(?:-?\d+, )?u?(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\")"
)

# Checked in this order; the first that matches decides.
REASONS: tuple[tuple[Kind, str], ...] = (
    (Kind.SSL_MISSING, r"ssl module in Python is not available|SSL module is not available"),
    (Kind.CA_FILE, r"\[X509[:\]]|NO_CERTIFICATE_OR_CRL_FOUND|NO_START_LINE|Problem with the SSL CA cert"),
    (Kind.CA_FILE, r"error setting certificate verify locations|error adding trust anchors from file"),
    (Kind.CLIENT_CERT, r"\[SSL\] PEM lib|Could not find the TLS (?:certificate|key) file"),
    (Kind.CLIENT_CERT, r"ALERT_CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|alert certificate required"),
    (Kind.HOSTNAME, HOSTNAME),
    (Kind.CERTIFICATE, r"certificate verify failed|CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError"),
    (
        Kind.CERTIFICATE,
        r"SSL certificate problem|certificate verification failed|certificate signer not trusted",
    ),
    (
        Kind.CERTIFICATE,
        r"peer certificate|SEC_E_UNTRUSTED_ROOT|SEC_E_CERT_EXPIRED|CERT_TRUST_|certificate has expired",
    ),
    (Kind.PROXY, r"ProxyError|Tunnel connection failed|Cannot connect to proxy|Unable to connect to proxy"),
    (
        Kind.PROTOCOL,
        r"\[SSL[:\]]|SSLError|SSLEOFError|SSLZeroReturnError|gnutls_handshake|schannel|SSL_ERROR",
    ),
)

COMPILED_REASONS = tuple((kind, re.compile(pattern)) for kind, pattern in REASONS)
PROBLEM = re.compile(r"SSL certificate problem: (?P<reason>[^()]*)|(?P<gnutls>[\w ]*verification failed)\.")
NAMES = re.compile(r"hostname '[^']*' doesn't match [^\"]*|(?:Hostname|IP address) mismatch[^\"]*")
LIBRARY = re.compile(r"\[(?:SSL|X509)[^\]]*\] ?(?P<reason>[^()'\"]*)")


def kind_of(words: str) -> Kind | None:
    """What the words of an exception or an error message speak of; None if of no TLS failure."""
    return next((kind for kind, pattern in COMPILED_REASONS if pattern.search(words)), None)


def verifier_words(words: str) -> str:
    """The verifier's own message in the words around it: "unable to get local issuer certificate"."""
    names = NAMES.search(words)
    if names:
        return _trimmed(names[0].split(" (_ssl")[0])
    failed = VERIFY_FAILED.search(words)
    if failed:
        return _trimmed(failed["reason"] or "certificate verify failed")
    for pattern in (REFUSED_CLASS, PROBLEM, LIBRARY):
        match = pattern.search(words)
        reason = next((group for group in match.groups() if group and group.strip()), "") if match else ""
        if reason:
            return _trimmed(reason)
    return _trimmed(words)[:200]


def _trimmed(words: str) -> str:
    return words.strip(" '\".,")
