"""What a failure in a log means, in one or two sentences: what the log shows, and what a log cannot tell."""

from collections.abc import Mapping

from pipsafe.language.text import Text, either, enumerated, sentences, text
from pipsafe.logs.decision import UNKNOWN, Decision
from pipsafe.logs.sighting import Sighting
from pipsafe.statements.words import Kind

SHOWN: Mapping[str, Text] = {
    "tls-inspection": text(
        "The chain that came from {host} ends in a root that no public list has, although it is pip's own "
        "default index, a public host: the connection is opened on its way (TLS inspection)."
    ),
    "private-ca": text(
        "{host} can be no public host, and the CA that issued its certificate was not trusted: a private CA. "
        "A log cannot tell whether the server leaves out a certificate besides."
    ),
    "self-signed-server": text(
        "{host} presented a certificate that it signed itself: nobody else vouches for it."
    ),
    "expired": text(
        "A certificate in the chain of {host} had expired by the clock of the machine that wrote the log. "
        "The log cannot tell which one, nor whether that clock was right."
    ),
    "not-yet-valid": text(
        "A certificate in the chain of {host} was not valid yet by the clock of the machine that wrote the "
        "log. The log cannot tell whether that clock was right: where it was behind, this is clock-skew."
    ),
    "hostname-mismatch": text(
        "The certificate that {host} presented is for other names than the one asked for."
    ),
    "revoked": text("A certificate in the chain of {host} had been revoked by the CA that issued it."),
    "distrusted": text(
        "A certificate in the chain of {host} was marked as not to be trusted on the machine that "
        "wrote the log."
    ),
    "strict-x509": text(
        "A certificate of {host} is not made as the verifier's rules of form have it; nothing is "
        "said against who issued it."
    ),
    "weak-crypto": text("A key or a signature that {host} uses is too weak for the verifier."),
    # For translators: {file} is a path
    "bad-ca-setting": text(
        "A setting names a CA file that is missing or holds no certificate ({file}), so nothing could "
        "be verified."
    ),
    # For translators: {file} is a path
    "missing-roots": text("The list of roots that pip or its Python brings along is gone ({file})."),
    "ssl-module-missing": text(
        "The Python that ran has no ssl module, so it makes no TLS connections at all."
    ),
    "tls-protocol": text("No TLS connection to {host} came about: no certificate was looked at."),
    "client-cert-required": text("{host} wants a client certificate, and ended the connection without one."),
    "proxy-problem": text(
        "The proxy on the way to {host} did not let the connection through, or could not be spoken to."
    ),
    "os-trust-unavailable": text("The operating system's list of trusted CAs could not be asked."),
    "unreachable": text("No connection to {host} came about, or none that lasted: TLS has no part in that."),
}
"""By cause; `{host}` is where the connection went, `{file}` what a setting names."""

OF_THE_SERVER: Mapping[str, Text] = {
    "tls-inspection": text(
        "The chain that came from the server ends in a root that no public list has, although it is pip's "
        "own default index, a public host: the connection is opened on its way (TLS inspection)."
    ),
    "private-ca": text(
        "The server can be no public host, and the CA that issued its certificate was not trusted: a private "
        "CA. A log cannot tell whether the server leaves out a certificate besides."
    ),
    "self-signed-server": text(
        "The server presented a certificate that it signed itself: nobody else vouches for it."
    ),
    "expired": text(
        "A certificate in the chain of the server had expired by the clock of the machine that wrote the "
        "log. The log cannot tell which one, nor whether that clock was right."
    ),
    "not-yet-valid": text(
        "A certificate in the chain of the server was not valid yet by the clock of the machine that wrote "
        "the log. The log cannot tell whether that clock was right: where it was behind, this is clock-skew."
    ),
    "hostname-mismatch": text(
        "The certificate that the server presented is for other names than the one asked for."
    ),
    "revoked": text("A certificate in the chain of the server had been revoked by the CA that issued it."),
    "distrusted": text(
        "A certificate in the chain of the server was marked as not to be trusted on the machine that "
        "wrote the log."
    ),
    "strict-x509": text(
        "A certificate of the server is not made as the verifier's rules of form have it; nothing is "
        "said against who issued it."
    ),
    "weak-crypto": text("A key or a signature that the server uses is too weak for the verifier."),
    "tls-protocol": text("No TLS connection to the server came about: no certificate was looked at."),
    "client-cert-required": text(
        "The server wants a client certificate, and ended the connection without one."
    ),
    "proxy-problem": text(
        "The proxy on the way to the server did not let the connection through, or could not be spoken to."
    ),
    "unreachable": text(
        "No connection to the server came about, or none that lasted: TLS has no part in that."
    ),
}
"""Where the log does not say where the connection went."""

OF_A_FILE: Mapping[str, Text] = {
    "bad-ca-setting": text(
        "A setting names a CA file that is missing or holds no certificate, so nothing could be verified."
    ),
    "missing-roots": text("The list of roots that pip or its Python brings along is gone."),
}
"""Where the log does not say which."""

NOT_TLS = text(
    "What answers there does not speak TLS; an https:// URL of a proxy that speaks plain HTTP looks so too."
)
NO_CIPHER = text(
    "The server ended the handshake: most often there is no cipher in common; a server that wants a client "
    "certificate may do so too."
)
NO_VERSION = text("There is no TLS version in common.")
NO_RENEGOTIATION = text("The server knows only the old, unsafe way to renegotiate.")
CLOSED = text("The connection was closed in the middle of the handshake; a log cannot tell by whom.")

# Parts of a protocol's words without blanks and underscores, and what more is to be said.
PROTOCOLS: tuple[tuple[tuple[str, ...], Text], ...] = (
    (("wrongversionnumber", "httprequest", "packetlength", "recordlayer"), NOT_TLS),
    (("unexpectedtlspacket", "corruptmessage"), NOT_TLS),
    (("protocolversion", "unsupportedprotocol", "versiontoolow"), NO_VERSION),
    (("noprotocolsavailable", "legacysigalg"), NO_VERSION),
    (("handshakefailure",), NO_CIPHER),
    (("legacyrenegotiation",), NO_RENEGOTIATION),
    (("eof", "closed", "syscall", "zeroreturn", "non-properlyterminated", "disconnectedbefore"), CLOSED),
)

MEANINGS: Mapping[str, Text] = {
    "tls-inspection": text("something on the way opens the connection (tls-inspection)"),
    "private-ca": text("the CA is a private one (private-ca)"),
    "incomplete-chain": text("the server leaves out a certificate (incomplete-chain)"),
    "outdated-roots": text("the list of roots is too old (outdated-roots)"),
    "missing-roots": text("there is no usable list of roots (missing-roots)"),
    "bad-ca-setting": text("a CA setting lacks the root (bad-ca-setting)"),
    "self-signed-server": text("the server signed its certificate itself (self-signed-server)"),
    "unreachable": text("the CA's servers cannot be reached (unreachable)"),
}
"""Clauses: they stand behind "either" and "or"."""

OF_A_BUILD = text("This stands in the output of a package's build, which can print anything.")


def explanation(item: Sighting, decision: Decision, *, setting: str | None = None) -> Text:
    """One or two sentences, and whose words they rest on if not the tool's own."""
    told = _unknown(item, decision) if decision.cause == UNKNOWN else _known(item, decision.cause, setting)
    return sentences(told, OF_A_BUILD if item.leg == "build-backend" else "")


def _known(item: Sighting, cause: str, file: str | None) -> Text:
    if not item.has_reason:
        return _without_reason(item)
    if cause in OF_A_FILE:
        return SHOWN[cause].filled(file=file) if file else OF_A_FILE[cause]
    told = SHOWN[cause].filled(host=item.origin) if item.origin is not None else OF_THE_SERVER.get(cause)
    if told is None:
        return SHOWN[cause]
    return sentences(told, _protocol(item)) if cause == "tls-protocol" else told


def _without_reason(item: Sighting) -> Text:
    if item.origin is None:
        return text(
            "{tool} found no way to the server, and keeps the reason to itself; with -v it tells.",
            tool=item.tool,
        )
    # For translators: {tool} is a program, as "poetry"
    return text(
        "{tool} found no way to {host}, and keeps the reason to itself; with -v it tells.",
        tool=item.tool,
        host=item.origin,
    )


def _protocol(item: Sighting) -> str:
    """What more the words say, as a sentence; "" if nothing."""
    words = item.words.lower().replace("_", "")
    return next((more for parts, more in PROTOCOLS if any(part in words for part in parts)), "")


def _unknown(item: Sighting, decision: Decision) -> Text:
    if item.kind is Kind.CLIENT_CERT:
        return text(
            "The client certificate that is set cannot be used: its file is missing, or holds something else."
        )
    if not decision.possible:
        return _without_words(item)
    possible = _either(decision.possible)
    if "unreachable" in decision.possible:
        return _not_asked(item, possible)
    if item.origin is None:
        # For translators: {clauses} are clauses with "or" before the last one
        return text(
            "Nobody who was trusted there has issued the certificate of the server: either {clauses}. The "
            "words do not tell which.",
            clauses=possible,
        )
    # For translators: {clauses} are clauses with "or" before the last one
    return text(
        "Nobody who was trusted there has issued the certificate of {host}: either {clauses}. The words do "
        "not tell which.",
        host=item.origin,
        clauses=possible,
    )


def _without_words(item: Sighting) -> Text:
    if item.origin is None:
        return text("The certificate of the server was not accepted; the words do not say why.")
    return text("The certificate of {host} was not accepted; the words do not say why.", host=item.origin)


def _not_asked(item: Sighting, possible: Text) -> Text:
    if item.origin is None:
        # For translators: {clauses} are clauses with "or" before the last one
        return text(
            "Nobody could be asked whether a certificate of the server has been revoked: either {clauses}.",
            clauses=possible,
        )
    # For translators: {clauses} are clauses with "or" before the last one
    return text(
        "Nobody could be asked whether a certificate of {host} has been revoked: either {clauses}.",
        host=item.origin,
        clauses=possible,
    )


def _either(possible: tuple[str, ...]) -> Text:
    meanings = [MEANINGS[name] for name in possible]
    if len(meanings) < 3:
        return either(meanings)
    # For translators: clauses; {others} have commas between them
    return text("{others}, or {last}", others=enumerated(meanings[:-1]), last=meanings[-1])
