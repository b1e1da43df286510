"""Which cause the words of a log allow to name.

The words of a verifier that knows no issuer are the same for an inspecting proxy, an internal CA and a
certificate that the server leaves out. A host that can be no public one tells; so does pip's own
default index, which is public. Where nothing tells, the cause is "unknown", and what is possible is said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipsafe.logs.sighting import Sighting
from pipsafe.logs.verifier_words import ISSUER, ISSUING_CA, REVOCATION_UNKNOWN, ROOT_SENT, meaning_in
from pipsafe.observations import host_names
from pipsafe.statements.words import Kind

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a sighting comes to."""

    cause: str
    causes: tuple[str, ...]
    """All that the words name."""
    code: int | None
    """OpenSSL's number."""
    possible: tuple[str, ...] = ()
    """What it may be, where the words do not tell; the likeliest first."""


# What needs no look at the words.
BY_KIND: Mapping[Kind, str] = {
    Kind.CA_FILE: "bad-ca-setting",
    Kind.SSL_MISSING: "ssl-module-missing",
    Kind.PROXY: "proxy-problem",
    Kind.UNREACHABLE: "unreachable",
}

OWN_ROOTS = re.compile(r"certifi[/\\]cacert\.pem$")
"""The list that pip, or requests, brings along: no setting names it."""

OWN_CERTIFICATE = ("CouldnotfindtheTLS", "PEMlib", "keyvaluesmismatch", "localcertificate", "privatekey")
"""A client certificate that cannot be read: nothing is known of what the server wants."""

PUBLIC = ("tls-inspection", "outdated-roots", "bad-ca-setting", "missing-roots")
PRIVATE = ("private-ca", "incomplete-chain", "self-signed-server")
EITHER = ("private-ca", "tls-inspection", "incomplete-chain", "self-signed-server", "outdated-roots")


def decide(item: Sighting, *, is_default_index: bool) -> Decision:
    """The cause of one failure."""
    kind = item.kind
    if kind is Kind.CLIENT_CERT:
        own = any(words in item.words for words in OWN_CERTIFICATE)
        cause = UNKNOWN if own else "client-cert-required"
        return Decision(cause, (cause,), None)
    if kind is Kind.PROXY:
        return _at_proxy(item)
    if kind is Kind.CA_FILE and item.path and OWN_ROOTS.search(item.path):
        return Decision("missing-roots", ("missing-roots",), None)
    if kind in BY_KIND:
        return Decision(BY_KIND[kind], (BY_KIND[kind],), None)
    meaning = meaning_in(item.words)
    if meaning is None:
        return _without_words(item)
    what, code = meaning.what, meaning.code
    if kind is Kind.HOSTNAME:
        return Decision("hostname-mismatch", ("hostname-mismatch",), code)
    if what in (ISSUER, ISSUING_CA, ROOT_SENT):
        return _by_host(item, what, code, is_default_index=is_default_index)
    if what == REVOCATION_UNKNOWN:
        return Decision(UNKNOWN, (UNKNOWN,), code, ("tls-inspection", "unreachable"))
    return Decision(what, (what,), code)


def _without_words(item: Sighting) -> Decision:
    """The kind says what it can."""
    if item.kind is Kind.PROTOCOL:
        return Decision("tls-protocol", ("tls-protocol",), None)
    if item.kind is Kind.HOSTNAME:
        return Decision("hostname-mismatch", ("hostname-mismatch",), None)
    return Decision(UNKNOWN, (UNKNOWN,), None)


def _at_proxy(item: Sighting) -> Decision:
    """What the proxy's own certificate lacks comes along."""
    meaning = meaning_in(item.words)
    known = meaning is not None and meaning.what not in (
        ISSUER,
        ISSUING_CA,
        ROOT_SENT,
        UNKNOWN,
        "tls-protocol",
    )
    if meaning is None or not known:
        return Decision("proxy-problem", ("proxy-problem",), meaning.code if meaning else None)
    return Decision("proxy-problem", (meaning.what, "proxy-problem"), meaning.code)


def _by_host(item: Sighting, what: str, code: int | None, *, is_default_index: bool) -> Decision:
    """Nobody known has issued it: what the host says of that."""
    private = item.origin is not None and host_names.is_private(item.origin.host)
    if private and what != ISSUER:
        return Decision("private-ca", ("private-ca",), code)
    if is_default_index and not private and what == ROOT_SENT:
        return Decision("tls-inspection", ("tls-inspection",), code)
    possible: tuple[str, ...] = PRIVATE if private else PUBLIC if is_default_index else EITHER
    if what == ROOT_SENT:
        possible = tuple(name for name in possible if name != "incomplete-chain")
    if what != ISSUER:
        possible = tuple(name for name in possible if name != "self-signed-server")
    return Decision(UNKNOWN, (UNKNOWN,), code, possible)
