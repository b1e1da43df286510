"""Causes that keep a connection from coming to a certificate at all."""

from pipsafe.causes import codes
from pipsafe.causes.case import Case
from pipsafe.causes.words import said, setting_words
from pipsafe.x509.distinguished_name import quoted

# What OpenSSL's reasons mean, by the part of the reason that tells (include/openssl/sslerr.h).
PROTOCOL_REASONS = (
    ("UNSAFE_LEGACY_RENEGOTIATION", "the server knows only the old, unsafe way to renegotiate (RFC 5746)"),
    ("UNSUPPORTED_PROTOCOL", "the server and this Python have no TLS version in common"),
    ("PROTOCOL_VERSION", "the server and this Python have no TLS version in common"),
    ("NO_PROTOCOLS_AVAILABLE", "this Python is set up to use no TLS version at all"),
    ("VERSION_TOO_LOW", "the server speaks only a TLS version that this Python no longer takes"),
    ("NO_SHARED_CIPHER", "the server and this Python have no cipher in common"),
    ("NO_CIPHERS_AVAILABLE", "this Python is set up to use no cipher at all"),
    ("HANDSHAKE_FAILURE", "the server ended the handshake: most often there is no cipher in common"),
    ("UNRECOGNIZED_NAME", "the server knows no site of that name"),
    ("INTERNAL_ERROR", "the server met a fault of its own in the handshake"),
    ("WRONG_VERSION_NUMBER", "what answers there does not speak TLS"),
    ("HTTP_REQUEST", "what answers there speaks plain HTTP, not TLS"),
    ("PACKET_LENGTH", "what answers there does not speak TLS"),
    ("RECORD_LAYER", "what answers there does not speak TLS"),
    ("LEGACY_SIGALG", "the server speaks only a TLS version that this Python no longer takes"),
    ("WRONG_CIPHER_RETURNED", "the server answers with a cipher that was not offered"),
    ("EXCESSIVE_MESSAGE_SIZE", "the server sends more than a handshake may hold"),
    ("EOF", "the connection was closed in the middle of the handshake"),
    ("reset", "the connection was cut off in the middle of the handshake"),
)

# What truststore raises where the system's verifier cannot be asked.
NO_VERIFIER = ("OSStatus -26276", "OSStatus -25291", "OSStatus -25294", "OSStatus -25308")


def unreachable(case: Case) -> str | None:
    """DNS, refused, timed out."""
    kinds = {verdict.kind for verdict in case.survey.verdicts.values()}
    if "unreachable" not in kinds or not kinds <= {"unreachable", "setting"}:
        return None
    message = next(v.message for v in case.survey.verdicts.values() if v.kind == "unreachable")
    where = f" through the proxy {case.proxy}" if case.proxy else ""
    return f"No connection to {case.origin} could be made{where}: {message}."


def ssl_module_missing(case: Case) -> str | None:
    """The target's Python cannot do TLS."""
    verdict = case.of_kind("ssl-missing")
    if verdict is None:
        return None
    python = case.build.get("executable") or "This Python"
    return f"{python} cannot load its ssl module ({verdict.message}), so it makes no TLS connections at all."


def proxy_refuses(case: Case) -> str | None:
    """The proxy answers with something else than a way through, or speaks otherwise than its URL says."""
    verdict = case.of_kind("proxy") or case.of_kind("proxy-tls")
    if verdict is None:
        return None
    named = _named_proxy(case)
    if verdict.kind == "proxy-tls":
        return f"{named} {verdict.message}."
    if verdict.message.startswith("407"):
        return f"{named} wants a user name and password before it lets anything through ({verdict.message})."
    return f"{named} does not let this connection through: {verdict.message}."


def proxy_certificate(case: Case) -> str | None:
    """The proxy is spoken to over TLS, and its own certificate is refused."""
    if case.leg == "proxy":
        refused = case.pip.kind in ("certificate", "setting")
        return (
            f"{case.origin} is the proxy on the way to the index: its own certificate is refused."
            if (refused)
            else None
        )
    verdict = case.of_kind("proxy-certificate")
    if verdict is None:
        return None
    return f"{_named_proxy(case)} presents a certificate of its own that is refused: {said(verdict)}."


def client_cert_required(case: Case) -> str | None:
    """The server wants to know who asks."""
    unusable = _client_certificate_trouble(case)
    if unusable is not None:
        return f"pip was told of a client certificate that is of no use: {unusable}."
    verdict = case.of_kind("client-certificate")
    if verdict is None:
        return None
    return (
        f"{case.origin} wants a client certificate: it asked for one and ended the connection "
        f"without it ({verdict.message})."
    )


def tls_protocol(case: Case) -> str | None:
    """No common language."""
    verdict = case.of_kind("protocol")
    if verdict is None or weak_reason(verdict.message) or case.portal:
        return None
    words = verdict.message.upper()
    meaning = next((text for part, text in PROTOCOL_REASONS if part.upper() in words), None)
    greeting = f" It says: {quoted(case.survey.spoken)}." if case.survey.spoken else ""
    if meaning is None:
        return f"No TLS connection to {case.origin} comes about: {verdict.message}.{greeting}"
    return f"No TLS connection to {case.origin} comes about: {meaning} ({verdict.message}).{greeting}"


def captive_portal(case: Case) -> str | None:
    """A login page stands in for everything."""
    return case.portal


def os_trust_unavailable(case: Case) -> str | None:
    """The system's verifier could not be asked."""
    verdict = case.pip
    told = any(words in verdict.message for words in NO_VERIFIER)
    unread = verdict.kind == "setting" and case.setting is None and not _client_certificate_trouble(case)
    unread = unread and bool(case.pip_roots)  # else it is pip's own file
    if not told and not unread:
        return None
    return f"The operating system's list of trusted CAs could not be asked: {said(verdict)}."


def _client_certificate_trouble(case: Case) -> str | None:
    """Why the client certificate that pip was told of cannot be presented, as the prober has it."""
    return case.pip.message if case.pip.is_of_client_certificate else None


def weak_reason(message: str) -> bool:
    """Whether libssl's reason is a key or digest below its security level."""
    return any(reason in message.upper().replace(" ", "_") for reason in codes.WEAK_REASONS)


def _named_proxy(case: Case) -> str:
    proxy = f"The proxy {case.proxy}" if case.proxy else "The proxy"
    if case.proxy_setting is None:
        return proxy
    return f"{proxy}, named by {setting_words(case.proxy_setting)},"
