"""The words of TLS failures, as tables: what pip, Python, OpenSSL, git and curl say, of all ages.

Read in the sources of pip 9 to 26 (`collector`, `session`, urllib3's `Retry`, requests), of
CPython's `_ssl`, of OpenSSL 1.0 to 3.6 and LibreSSL (`x509_txt.c`), of git (`http.c`), curl
(`lib/vtls`) and truststore, and compared with the logs that real pips wrote (tests/logs).

All patterns here are for text without blanks (see printed.py).
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
    """The server wants a certificate of the client, or the one that was set is of no use."""
    SSL_MISSING = "ssl-missing"
    """The Python has no ssl module."""
    PROXY = "proxy"
    """The proxy refuses, cannot be reached, or its own TLS fails."""
    UNREACHABLE = "unreachable"
    """No connection came about, or none that lasted: of no use but to whoever reads a saved log."""
    NOT_FOUND = "not-found"
    """pip found nothing: a reason to look, no evidence of TLS."""


# OpenSSL's name for a reason may be another's: Python 3.6 with OpenSSL 3 says "[SSL: KRB5_S_TKT_NYV]
# unexpected eof". So names decide only where the words after them say the same.
#
# Checked in this order; the first that matches decides.
REASONS: tuple[tuple[Kind, str], ...] = (
    (Kind.SSL_MISSING, r"(?:SSL|ssl)module(?:isnotavailable|inPythonisnotavailable)"),
    (Kind.SSL_MISSING, r"'ssl'moduleisunavailable|Nomodulenamed'?_?ssl|importing_ssl:"),
    (Kind.PROXY, r"ProxyError\(|Tunnelconnectionfailed|[Cc]annotconnecttoproxy|Unabletoconnecttoproxy"),
    (Kind.PROXY, r"ProxyCONNECTaborted|CONNECTtunnelfailed|fromproxyafterCONNECT|[Cc]ouldnotresolveproxy"),
    (Kind.CLIENT_CERT, r"CouldnotfindtheTLS(?:certificate|key)file|\[SSL\]PEMlib|KEY_VALUES_MISMATCH"),
    (Kind.CLIENT_CERT, r"problemwiththelocal(?:SSL)?certificate|unabletosetprivatekey|loadPEMclient"),
    (Kind.CA_FILE, r"CouldnotfindasuitableTLSCA|\[X509[:\]]|NO_CERTIFICATE_OR_CRL_FOUND|NO_START_LINE"),
    (Kind.CA_FILE, r"nocertificateorcrlfound|ProblemwiththeSSLCAcert|[Ee]rrorreadingcacertfile"),
    (Kind.CA_FILE, r"errorsettingcertificate(?:verifylocations|file|path)|erroraddingtrustanchors"),
    (Kind.HOSTNAME, r"(?:[Hh]ostname|IPaddress)mismatch|(?:hostname|IPaddress)\S{1,255}doesn\\?'tmatch"),
    (Kind.HOSTNAME, r"CertificateError\(|didnotmatchexpectedhostname|noappropriate\w{1,40}fields"),
    (Kind.HOSTNAME, r"noalternativecertificatesubjectname|doesnotmatch(?:targethost|hostname)"),
    (Kind.HOSTNAME, r"certificatenamedoesnotmatchinput|CNnamedoesnotmatch|SEC_E_WRONG_PRINCIPAL|0x80090322"),
    (Kind.HOSTNAME, r"x509:certificateisvalidfor|certificatenotvalidforname|NotValidForName"),
    # Alerts are the server's words about the client's certificate.
    (Kind.CLIENT_CERT, r"(?i:ALERT_?(?:NO_?|BAD_?|UNSUPPORTED_?)?CERTIFICATE|ALERT_?(?:UNKNOWN_?CA|ACCESS))"),
    (Kind.CERTIFICATE, r"(?i:CERTIFICATE_?VERIFY_?FAILED)|SSLCertVerificationError|SSLcertificateproblem"),
    (Kind.CERTIFICATE, r"certificateverificationfailed|SSLpeercertificate|invalidpeercertificate"),
    (Kind.CERTIFICATE, r"x509:|PKIXpath|unabletofindvalidcertificationpath|UNABLE_TO_(?:VERIFY|GET)_\w"),
    (Kind.CERTIFICATE, r"SEC_E_(?:UNTRUSTED_ROOT|CERT_\w)|CERT_TRUST_\w|CRYPT_E_\w|CERT_E_\w|0x800B0\w{3}"),
    # Of schannel, with words in any language: 0x8009 0325 and 0328, and the revocation checks.
    (Kind.CERTIFICATE, r"(?i:0x8009(?:0325|0327|0328|2010|2012|2013))|certificatesigner|peercertificate"),
    (Kind.CERTIFICATE, r"SecureTransport\S{0,200}OSStatus|OSStatus-?\d|cannotverify\S{1,255}certificate"),
    (Kind.UNREACHABLE, r"timedout|TimeoutError"),
    (Kind.PROTOCOL, r"\[SSL[:\]]|SSL(?:EOF|ZeroReturn|Syscall|WantRead|WantWrite)?Error|EOFoccurredinviol"),
    (Kind.PROTOCOL, r"TLS/SSLconnectionhasbeenclosed|_ssl\.c:\d|gnutls_|schannel:|SSL_ERROR|SSL_connect"),
    (Kind.PROTOCOL, r"SSLroutines|SSLconnect|TLSconnecterror|unsupportedprotocol|badhandshake"),
    (Kind.UNREACHABLE, r"NewConnectionError|NameResolutionError|RemoteDisconnected|Connectionaborted"),
    (Kind.UNREACHABLE, r"[Cc]onnection(?:was)?(?:refused|reset)|activelyrefused|forciblyclosed"),
    (Kind.UNREACHABLE, r"WinError100\d\d|Nameorservicenotknown|[Tt]emporaryfailureinname"),
    (Kind.UNREACHABLE, r"getaddrinfofailed|nodenamenorservname"),
    (Kind.UNREACHABLE, r"[Nn]etworkis(?:unreachable|down)|Noroutetohost|[Cc]ouldnotresolvehost"),
    (Kind.UNREACHABLE, r"[Ff]ailedtoconnectto|[Cc]ouldn'tconnecttoserver|[Ff]ailedtoestablishanewconnection"),
)

COMPILED_REASONS = tuple((kind, re.compile(pattern)) for kind, pattern in REASONS)


def kind_of(reason: str) -> Kind | None:
    """What the words of an exception or an error message speak of; None if of no TLS failure."""
    return next((kind for kind, pattern in COMPILED_REASONS if pattern.search(reason)), None)


# What comes right after a URL in the words of git, which libcurl chose.
OF_CURL = re.compile(
    r"(?:SSL|TLS|OpenSSL|LibreSSL|schannel|gnutls|SecureTransport|mbedTLS|server(?:'s)?certificate|error:[0-9A-F]{8}:"
    r"|ProblemwiththeSSLCA|[Ee]rrorsettingcert|[Ee]rrorreadingca|erroraddingtrust|CONNECTtunnel|ReceivedHTTPcode407"
    r"|ProxyCONNECT|[Cc]ouldnotresolveproxy|[Pp]eer(?:'s)?certificate|[Cc]ertificate|Thecertificate"
    r"|Invalidcertificate)"
)

# Words of other tools inside a build, each enough by itself: Python, curl, rustls, Go, wget, Java, Node.
IN_BUILDS = re.compile(
    r"\[SSL:[A-Z0-9_]{3,60}\]|SSLcertificateproblem:|invalidpeercertificate:|x509:certificate|PKIXpathbuildingfailed"
    r"|cannotverify[\w.-]{1,255}'scertificate|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT"
    r"|SELF_SIGNED_CERT_IN_CHAIN|SSLCertVerificationError\("
)

# The verifier's own message in a reason, tried in this order. An empty group is an answer: Python 3.6
# and older say no more than that verifying failed.
MESSAGES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i:certificate_?verify_?failed)\](?:certificateverifyfailed)?:?(?P<it>.*?)(?:\(_ssl|$)",
        r"(?P<it>Tunnelconnectionfailed:[^'\")]{1,200})",
        r"(?P<it>(?:hostname|IPaddress)['\"\\]\S{1,300}?doesn\\?'tmatch.{1,4000}?)['\"]\,?\)",
        r"\[(?:SSL|X509|PEM|ASN1)[^\]]{0,80}\](?P<it>.*?)(?:\(_ssl|$)",
        r"SSLCertVerificationError\((?:-?\d+,)?u?(?P<q>['\"])(?P<it>.*?)(?<!\\)(?P=q),?\)",
        r"^\(u?(?P<q>['\"])(?P<it>.*)(?P=q),\)$",
        r"ProxyError\(u?['\"](?P<it>[^'\"]{1,200})",
        r"badhandshake:Error\((?P<it>)",
        r"badhandshake:(?P<it>[^)]{1,200}\))",
        r"SSL\w*Error\((?:-?\d+,)?u?(?P<q>['\"])(?P<it>.*?)(?:\(_ssl\.c:\d+\))?(?<!\\)(?P=q),?\)",
        r"(?:OSError|Error|error)\((?:-?\d+,)?u?(?P<q>['\"])(?P<it>.*?)(?<!\\)(?P=q),?\)",
        r"SSLcertificateproblem:(?P<it>.*)",
        r"(?P<it>servercertificateverificationfailed)",
        r"^(?!HTTPSConnectionPool)(?P<it>.*?)(?:\(_ssl\.c:\d+\)|$)",
    )
)


def message_in(reason: str) -> tuple[int, int]:
    """Where in the reason the verifier's own words stand: offsets, equal ones if there are none."""
    for pattern in MESSAGES:
        found = pattern.search(reason)
        if found:
            return found.span("it")
    return 0, 0


ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(['\"\\]))")


def unquoted(message: str) -> str:
    """Without what `repr` did to it."""

    def plain(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else match[3]

    said = ESCAPED.sub(plain, message)
    # A pair of surrogates is nothing that can be shown, nor is a control character.
    return "".join(character if character.isprintable() else " " for character in said).strip(" ,")
