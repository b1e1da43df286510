"""Whether a network's login page (captive portal) answers in a server's place, by a plain look at it.

A portal sends every plain request to its own page until somebody logs in. Sites, too, send visitors
elsewhere: to https, to "www", to the domain that took an old one's place, to a page for logging in. So a
detour counts only where no certificate of the server's is seen, and where habits of portals weigh enough
(RFC 6585 6, RFC 8952 2; where coova-chilli, FortiGate and Aruba lead).
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from pipsafe import origin as origins
from pipsafe.language.text import text
from pipsafe.observations import addresses, host_names
from pipsafe.observations.plain_http import Answer
from pipsafe.origin import Origin
from pipsafe.x509.certificate import Certificate

NETWORK_AUTHENTICATION_REQUIRED = 511
LASTING = (301, 308)
FOR_NOW = (302, 303, 307)
"""A portal's detour ends with the login; a site's to another site is as a rule meant to last."""

MOST_OF_PAGE = 16384

_META = re.compile(
    r"""<meta\s[^>]{0,200}?http-equiv\s*=\s*["']?refresh\b[^>]{0,200}?url\s*=\s*["']?([^"'>\s]{1,2048})""",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"""\blocation(?:\.href|\.replace\()?\s*[=(]\s*["'](https?://[^"'\s]{1,2048})["']""")
_PORTAL_WORDS = re.compile(
    r"(?i)(?<![a-z])"
    r"(?:captive|portal|hotspot|guest|wifi|wlan|fgtauth|cna|splash|walled|securelogin|login\.html)"
    r"(?![a-z])"
)
"""In host and path of pages that hotspots lead to."""

ENOUGH = 4
"""Weight of the habits that make a detour a portal's."""


def judge(origin: Origin, answer: Answer | None, leaf: Certificate | None) -> str | None:
    """An explanation if a login page answers for ``origin``, else None.

    ``answer`` is what http://HOST/ said, ``leaf`` the certificate that the https side presents.
    """
    if answer is None:
        return None
    if leaf is not None and host_names.covers(_names(leaf), origin.host):
        return None  # the server itself was reached, or a copy of it: that is another matter
    if answer.status == NETWORK_AUTHENTICATION_REQUIRED:
        return text(
            "The network wants a login before it lets anything through: a plain request to {host} "
            "is answered so (HTTP status 511).",
            host=origin.host,
        )
    target = _detour(answer)
    where = origins.parse(target) if target else None
    if target is None or where is None or _same_site(where.host, origin.host):
        return None
    if not _made_by_the_network(origin, answer, target, where, leaf):
        return None
    if leaf is not None and host_names.covers(_names(leaf), where.host):
        return text(
            "Not {host} answers, but the login page of the network (captive portal): a plain request "
            "is sent on to {elsewhere}, whose certificate is presented in its place. Log in with a browser, "
            "then try again.",
            host=origin.host,
            elsewhere=where.host,
        )
    return text(
        "Not {host} answers, but the login page of the network (captive portal): a plain request "
        "is sent on to {elsewhere}. Log in with a browser, then try again.",
        host=origin.host,
        elsewhere=where.host,
    )


def _detour(answer: Answer) -> str | None:
    """Where the answer sends a browser, if it is another place with a host of its own."""
    if answer.status in LASTING + FOR_NOW:
        return _absolute(answer.headers.get("location", ""))
    if answer.status != 200 or "html" not in answer.headers.get("content-type", "html"):
        return None
    page = answer.body[:MOST_OF_PAGE].decode("utf-8", "replace")
    found = _META.search(page) or _SCRIPT.search(page)
    if not found:
        return None
    from html import unescape  # takes its time to import

    return _absolute(unescape(found[1]))


def _absolute(url: str) -> str | None:
    if url.startswith("//"):
        return f"http:{url}"
    return url if url.lower().startswith(("http://", "https://")) else None


def _made_by_the_network(
    origin: Origin, answer: Answer, target: str, where: Origin, leaf: Certificate | None
) -> bool:
    """Whether there is more than a detour."""
    private = host_names.is_private(where.host) and not host_names.is_private(origin.host)
    habits = (
        (leaf is not None and host_names.covers(_names(leaf), where.host), 2),
        (private, 2),
        (_remembers(target, origin.host), 2),
        (_PORTAL_WORDS.search(target.partition("?")[0]) is not None, 2),
        (where.scheme == "http", 1),
        (answer.status not in LASTING, 1),
    )
    return sum(weight for shown, weight in habits if shown) >= ENOUGH


def _remembers(target: str, host: str) -> bool:
    """Whether the detour carries the address that was asked for, to lead back there."""
    try:
        query = urlsplit(target).query
    except ValueError:
        return False
    return f"://{host}" in unquote(query).lower()


def _same_site(one: str, other: str) -> bool:
    if addresses.literal(one) is not None or addresses.literal(other) is not None:
        return one == other
    return host_names.site(one) == host_names.site(other)


def _names(leaf: Certificate) -> tuple[str, ...]:
    return (*leaf.dns_names, *leaf.ip_addresses)
