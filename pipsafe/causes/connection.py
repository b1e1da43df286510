"""Causes that keep a connection from coming to a certificate at all."""

from pipsafe.causes import codes
from pipsafe.causes.case import Case
from pipsafe.causes.words import said, setting_words
from pipsafe.language.text import Text, sentences, text
from pipsafe.x509.distinguished_name import quoted

# What OpenSSL's reasons mean, by the part of the reason that tells (include/openssl/sslerr.h).
# Clauses that stand behind a colon.
PROTOCOL_REASONS = (
    (
        "UNSAFE_LEGACY_RENEGOTIATION",
        text("the server knows only the old, unsafe way to renegotiate (RFC 5746)"),
    ),
    ("UNSUPPORTED_PROTOCOL", text("the server and this Python have no TLS version in common")),
    ("PROTOCOL_VERSION", text("the server and this Python have no TLS version in common")),
    ("NO_PROTOCOLS_AVAILABLE", text("this Python is set up to use no TLS version at all")),
    ("VERSION_TOO_LOW", text("the server speaks only a TLS version that this Python no longer takes")),
    ("NO_SHARED_CIPHER", text("the server and this Python have no cipher in common")),
    ("NO_CIPHERS_AVAILABLE", text("this Python is set up to use no cipher at all")),
    ("HANDSHAKE_FAILURE", text("the server ended the handshake: most often there is no cipher in common")),
    ("UNRECOGNIZED_NAME", text("the server knows no site of that name")),
    ("INTERNAL_ERROR", text("the server met a fault of its own in the handshake")),
    ("WRONG_VERSION_NUMBER", text("what answers there does not speak TLS")),
    ("HTTP_REQUEST", text("what answers there speaks plain HTTP, not TLS")),
    ("PACKET_LENGTH", text("what answers there does not speak TLS")),
    ("RECORD_LAYER", text("what answers there does not speak TLS")),
    ("LEGACY_SIGALG", text("the server speaks only a TLS version that this Python no longer takes")),
    ("WRONG_CIPHER_RETURNED", text("the server answers with a cipher that was not offered")),
    ("EXCESSIVE_MESSAGE_SIZE", text("the server sends more than a handshake may hold")),
    ("EOF", text("the connection was closed in the middle of the handshake")),
    ("reset", text("the connection was cut off in the middle of the handshake")),
)

# What a proxy does that is spoken to otherwise than it speaks (misspoken in target_side/connections.py).
MISSPOKEN = {
    "does not speak TLS, yet its URL begins with https://": text(
        "{the_proxy} does not speak TLS, yet its URL begins with https://."
    ),
    "speaks TLS, yet its URL begins with http://": text(
        "{the_proxy} speaks TLS, yet its URL begins with http://."
    ),
    "speaks TLS, as pip does with proxies from 20.3 on only": text(
        "{the_proxy} speaks TLS, as pip does with proxies from 20.3 on only."
    ),
}

# What truststore raises where the system's verifier cannot be asked.
NO_VERIFIER = ("OSStatus -26276", "OSStatus -25291", "OSStatus -25294", "OSStatus -25308")


def unreachable(case: Case) -> str | None:
    """DNS, refused, timed out."""
    kinds = {verdict.kind for verdict in case.survey.verdicts.values()}
    if "unreachable" not in kinds or not kinds <= {"unreachable", "setting"}:
        return None
    why = next(v.message for v in case.survey.verdicts.values() if v.kind == "unreachable")
    if case.proxy:
        return text(
            "No connection to {origin} could be made through the proxy {proxy}: {reason}.",
            origin=case.origin,
            proxy=case.proxy,
            reason=why,
        )
    return text("No connection to {origin} could be made: {reason}.", origin=case.origin, reason=why)


def ssl_module_missing(case: Case) -> str | None:
    """The target's Python cannot do TLS."""
    verdict = case.of_kind("ssl-missing")
    if verdict is None:
        return None
    python = case.build.get("executable")
    if not python:
        return text(
            "This Python cannot load its ssl module ({reason}), so it makes no TLS connections at all.",
            reason=verdict.message,
        )
    # For translators: {python} is a path
    return text(
        "{python} cannot load its ssl module ({reason}), so it makes no TLS connections at all.",
        python=python,
        reason=verdict.message,
    )


def proxy_refuses(case: Case) -> str | None:
    """The proxy answers with something else than a way through, or speaks otherwise than its URL says."""
    verdict = case.of_kind("proxy") or case.of_kind("proxy-tls")
    if verdict is None:
        return None
    named = _named_proxy(case)
    if verdict.kind == "proxy-tls":
        known = MISSPOKEN.get(verdict.message)
        return known.filled(the_proxy=named) if known else f"{named} {verdict.message}."
    if verdict.message.startswith("407"):
        return text(
            "{the_proxy} wants a user name and password before it lets anything through ({answer}).",
            the_proxy=named,
            answer=verdict.message,
        )
    return text(
        "{the_proxy} does not let this connection through: {reason}.",
        the_proxy=named,
        reason=verdict.message,
    )


def proxy_certificate(case: Case) -> str | None:
    """The proxy is spoken to over TLS, and its own certificate is refused."""
    if case.leg == "proxy":
        if case.pip.kind not in ("certificate", "setting"):
            return None
        return text(
            "{origin} is the proxy on the way to the index: its own certificate is refused.",
            origin=case.origin,
        )
    verdict = case.of_kind("proxy-certificate")
    if verdict is None:
        return None
    return text(
        "{the_proxy} presents a certificate of its own that is refused: {reason}.",
        the_proxy=_named_proxy(case),
        reason=said(verdict),
    )


def client_cert_required(case: Case) -> str | None:
    """The server wants to know who asks."""
    unusable = _client_certificate_trouble(case)
    if unusable is not None:
        return text(
            "pip was told of a client certificate that is of no use: {reason}.",
            reason=unusable,
        )
    verdict = case.of_kind("client-certificate")
    if verdict is None:
        return None
    return text(
        "{origin} wants a client certificate: it asked for one and ended the connection "
        "without it ({reason}).",
        origin=case.origin,
        reason=verdict.message,
    )


def tls_protocol(case: Case) -> str | None:
    """No common language."""
    verdict = case.of_kind("protocol")
    if verdict is None or weak_reason(verdict.message) or case.portal:
        return None
    words = verdict.message.upper()
    meaning = next((meaning for part, meaning in PROTOCOL_REASONS if part.upper() in words), None)
    reason = verdict.message
    if meaning is None:
        failed = text(
            "No TLS connection to {origin} comes about: {reason}.", origin=case.origin, reason=reason
        )
    else:
        # For translators: {reason} is what OpenSSL calls it
        failed = text(
            "No TLS connection to {origin} comes about: {meaning} ({reason}).",
            origin=case.origin,
            meaning=meaning,
            reason=reason,
        )
    return sentences(failed, _greeting(case))


def _greeting(case: Case) -> str:
    """What answers with something else than TLS."""
    if not case.survey.spoken:
        return ""
    # For translators: "it" is what answers there, {words} are in quotation marks
    return text("It says: {words}.", words=quoted(case.survey.spoken))


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
    return text(
        "The operating system's list of trusted CAs could not be asked: {reason}.", reason=said(verdict)
    )


def _client_certificate_trouble(case: Case) -> str | None:
    """Why the client certificate that pip was told of cannot be presented, as the prober has it."""
    return case.pip.message if case.pip.is_of_client_certificate else None


def weak_reason(message: str) -> bool:
    """Whether libssl's reason is a key or digest below its security level."""
    return any(reason in message.upper().replace(" ", "_") for reason in codes.WEAK_REASONS)


def _named_proxy(case: Case) -> Text:
    """The proxy, as the subject of a sentence, and what names it."""
    setting = case.proxy_setting
    if setting is None:
        # For translators: always the subject of a sentence, which begins with it
        return text("The proxy {proxy}", proxy=case.proxy) if case.proxy else text("The proxy")
    named_by = setting_words(setting)
    if case.proxy:
        # For translators: always the subject of a sentence, which begins with it; {setting} is something like
        # "the environment variable https_proxy"
        return text("The proxy {proxy}, named by {setting},", proxy=case.proxy, setting=named_by)
    # For translators: always the subject of a sentence, which begins with it; {setting} is something like
    # "the environment variable https_proxy"
    return text("The proxy, named by {setting},", setting=named_by)
