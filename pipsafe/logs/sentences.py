"""What a failure in a log means, in one or two sentences: what the log shows, and what a log cannot tell."""

from collections.abc import Mapping

from pipsafe.logs.decision import UNKNOWN, Decision
from pipsafe.logs.sighting import Sighting
from pipsafe.statements.words import Kind

SHOWN: Mapping[str, str] = {
    "tls-inspection": (
        "The chain that came from {host} ends in a root that no public list has, although it is pip's own "
        "default index, a public host: the connection is opened on its way (TLS inspection)."
    ),
    "private-ca": (
        "{Host} can be no public host, and the CA that issued its certificate was not trusted: a private CA. "
        "A log cannot tell whether the server leaves out a certificate besides."
    ),
    "self-signed-server": "{Host} presented a certificate that it signed itself: nobody else vouches for it.",
    "expired": (
        "A certificate in the chain of {host} had expired by the clock of the machine that wrote the log. "
        "The log cannot tell which one, nor whether that clock was right."
    ),
    "not-yet-valid": (
        "A certificate in the chain of {host} was not valid yet by the clock of the machine that wrote the "
        "log. The log cannot tell whether that clock was right: where it was behind, this is clock-skew."
    ),
    "hostname-mismatch": "The certificate that {host} presented is for other names than the one asked for.",
    "revoked": "A certificate in the chain of {host} had been revoked by the CA that issued it.",
    "distrusted": (
        "A certificate in the chain of {host} was marked as not to be trusted on the machine that "
        "wrote the log."
    ),
    "strict-x509": (
        "A certificate of {host} is not made as the verifier's rules of form have it; nothing is "
        "said against "
        "who issued it."
    ),
    "weak-crypto": "A key or a signature that {host} uses is too weak for the verifier.",
    "bad-ca-setting": (
        "A setting names a CA file that is missing or holds no certificate{path}, so nothing could "
        "be verified."
    ),
    "missing-roots": "The list of roots that pip or its Python brings along is gone{path}.",
    "ssl-module-missing": "The Python that ran has no ssl module, so it makes no TLS connections at all.",
    "tls-protocol": "No TLS connection to {host} came about: no certificate was looked at.{protocol}",
    "client-cert-required": "{Host} wants a client certificate, and ended the connection without one.",
    "proxy-problem": (
        "The proxy on the way to {host} did not let the connection through, or could not be spoken to."
    ),
    "os-trust-unavailable": "The operating system's list of trusted CAs could not be asked.",
    "unreachable": "No connection to {host} came about, or none that lasted: TLS has no part in that.",
}
"""By cause; `{host}` is where the connection went."""

NOT_TLS = (
    " What answers there does not speak TLS; an https:// URL of a proxy that speaks plain HTTP looks so too."
)
NO_CIPHER = (
    " The server ended the handshake: most often there is no cipher in common; a server that wants a client "
    "certificate may do so too."
)
CLOSED = " The connection was closed in the middle of the handshake; a log cannot tell by whom."

# Parts of a protocol's words without blanks and underscores, and what more is to be said.
PROTOCOLS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("wrongversionnumber", "httprequest", "packetlength", "recordlayer"), NOT_TLS),
    (("unexpectedtlspacket", "corruptmessage"), NOT_TLS),
    (("protocolversion", "unsupportedprotocol", "versiontoolow"), " There is no TLS version in common."),
    (("noprotocolsavailable", "legacysigalg"), " There is no TLS version in common."),
    (("handshakefailure",), NO_CIPHER),
    (("legacyrenegotiation",), " The server knows only the old, unsafe way to renegotiate."),
    (("eof", "closed", "syscall", "zeroreturn", "non-properlyterminated", "disconnectedbefore"), CLOSED),
)

MEANINGS: Mapping[str, str] = {
    "tls-inspection": "something on the way opens the connection (tls-inspection)",
    "private-ca": "the CA is a private one (private-ca)",
    "incomplete-chain": "the server leaves out a certificate (incomplete-chain)",
    "outdated-roots": "the list of roots is too old (outdated-roots)",
    "missing-roots": "there is no usable list of roots (missing-roots)",
    "bad-ca-setting": "a CA setting lacks the root (bad-ca-setting)",
    "self-signed-server": "the server signed its certificate itself (self-signed-server)",
    "unreachable": "the CA's servers cannot be reached (unreachable)",
}

THE_SERVER = "the server"
OF_A_BUILD = " This stands in the output of a package's build, which can print anything."


def explanation(item: Sighting, decision: Decision, *, setting: str | None = None) -> str:
    """One or two sentences, and whose words they rest on if not the tool's own."""
    said = _unknown(item, decision) if decision.cause == UNKNOWN else _known(item, decision.cause, setting)
    return said + (OF_A_BUILD if item.leg == "build-backend" else "")


def _known(item: Sighting, cause: str, setting: str | None) -> str:
    host = _host(item)
    if not item.has_reason:
        return f"{item.tool} found no way to {host}, and keeps the reason to itself; with -v it tells."
    words = item.words.lower().replace("_", "")
    protocol = next((more for parts, more in PROTOCOLS if any(part in words for part in parts)), "")
    file = f" ({setting})" if setting else ""
    return SHOWN[cause].format(
        host=host, Host="The server" if host == THE_SERVER else host, path=file, protocol=protocol
    )


def _unknown(item: Sighting, decision: Decision) -> str:
    host = _host(item)
    if item.kind is Kind.CLIENT_CERT:
        return (
            "The client certificate that is set cannot be used: its file is missing, or holds something else."
        )
    if not decision.possible:
        return f"The certificate of {host} was not accepted; the words do not say why."
    either = _either(decision.possible)
    if "unreachable" in decision.possible:
        return f"Nobody could be asked whether a certificate of {host} has been revoked: either {either}."
    return (
        f"Nobody who was trusted there has issued the certificate of {host}: either {either}. The words do "
        "not tell which."
    )


def _either(possible: tuple[str, ...]) -> str:
    said = [MEANINGS[name] for name in possible]
    return ", or ".join((", ".join(said[:-1]), said[-1])) if len(said) > 2 else " or ".join(said)


def _host(item: Sighting) -> str:
    return str(item.origin) if item.origin is not None else THE_SERVER
