"""Which servers to look at, and which of those that are refused pip's words speak of."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urljoin

from pipsafe import origin
from pipsafe.causes.case import Diagnosis
from pipsafe.findings import ChildFailure
from pipsafe.origin import HIDDEN, Origin
from pipsafe.pip_settings import settings
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import PROXY, Surroundings
from pipsafe.probes.probe import MOST_ORIGINS
from pipsafe.statements.evidence import Evidence, Kind

# Legs that pip asks one after the other for any one name.
ASKED_TOGETHER = ("index", "find-links", "build-dependency")

# Kinds of failures that trust may cure where a child of pip's was refused, and words that rule it out.
CURABLE_IN_CHILDREN = frozenset((Kind.CERTIFICATE, Kind.CA_FILE))
NOT_OF_TRUST = re.compile(
    r"(?i)expired|not yet valid|revoked|mismatch|self.signed certificate$|too (?:weak|small)"
)

HOST_NAME = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)*(?!-)[a-z0-9-]{1,63}(?<!-)")

MOST_PAGES = 8


def of(around: Surroundings, evidence: Sequence[Evidence], default_index: str) -> tuple[Contact, ...]:
    """Origins that pip is configured for, and those that pip's own words name beside them.

    Words from inside a build name nothing that is probed: a package can print anything.
    """
    found = {contact.origin: contact for contact in configured(around, default_index)}
    for item in evidence:
        # A URL whose server is not the one that was refused led there by a redirect.
        where = item.origin or (origin.parse(item.url) if item.url else None)
        if where is not None and not item.inner and where.scheme == "https":
            found.setdefault(where, Contact(where, item.leg, item.url or str(where)))
    named = {item.origin for item in evidence}
    asked = verified(around, found.values())  # those that pip named come first
    return tuple(sorted(asked, key=lambda contact: contact.origin not in named)[:MOST_ORIGINS])


def verified(around: Surroundings, found: Iterable[Contact]) -> tuple[Contact, ...]:
    """Those that pip verifies. Where it does not, there is nothing to cure."""
    trusted = {setting.value.lower() for setting in around.settings.trusted_hosts}
    trusted |= {setting.value.lower() for setting in around.needs.of("trusted-host")}
    return tuple(
        contact
        for contact in found
        if trusted.isdisjoint((contact.origin.host, f"{contact.origin.host}:{contact.origin.port}"))
    )


def pages(
    asked: Sequence[Contact], diagnoses: Sequence[Diagnosis], evidence: Sequence[Evidence]
) -> tuple[Contact, ...]:
    """Pages that pip failed to get from servers that it accepts: they may lead to others.

    From 26.2 on pip names the page that it asked for, not the server that it was sent to.
    """
    healthy = {item.case.origin for item in diagnoses if item.is_healthy}
    at = [contact for contact in asked if contact.origin in healthy]
    found: dict[str, Contact] = {}
    for item in evidence:
        if item.inner or item.kind not in CURABLE_IN_CHILDREN:
            continue
        if item.url is not None:
            urls = [(contact, item.url) for contact in at if contact.origin == origin.parse(item.url)]
        else:
            path = item.path or ""
            urls = [(c, f"{c.origin}{path}") for c in at if path and _leads_to(c.url, (path,))]
        for contact, url in urls:
            if HIDDEN not in url:
                found.setdefault(url, Contact(contact.origin, contact.leg, url))
    return tuple(found.values())[:MOST_PAGES]


def path_of(contact: Contact) -> str:
    """What to ask its server for."""
    return "/" + contact.url.partition("://")[2].partition("#")[0].partition("/")[2]


def sent_on(contact: Contact, location: str | None) -> Contact | None:
    """Where a page sends its readers, if that is over TLS."""
    try:
        url = urljoin(contact.url, location or "")
    except ValueError:
        return None
    where = origin.parse(url) if location else None
    return Contact(where, contact.leg, url) if where is not None and where.scheme == "https" else None


def of_children(
    evidence: Sequence[Evidence], healthy: Iterable[Origin], refused: Iterable[Origin] = ()
) -> tuple[ChildFailure, ...]:
    """What programs that pip started were refused, by their own words, and no diagnosis explains.

    ``healthy``, ``refused``: servers that pip itself accepts, and those that it does not.
    """
    known, explained = set(healthy), set(refused)
    has_others = any(not item.inner or _is_of_pip(item) for item in evidence)
    found: dict[ChildFailure, None] = {}
    for item in evidence:
        if not item.inner or item.origin in explained:
            continue
        # Where pip is refused itself, words that name no server may well be of that one.
        if explained and (_is_of_pip(item) or (item.origin is None and has_others)):
            continue
        where = item.origin
        named = where is not None and where.scheme == "https" and HOST_NAME.fullmatch(where.host)
        found[ChildFailure(_leg_of_child(item), where if named else None, where in known)] = None
    located = {item.leg for item in found if item.origin is not None}
    return tuple(item for item in found if item.origin is not None or item.leg not in located)


def _is_of_pip(item: Evidence) -> bool:
    """Whether the pip of an isolated build speaks, as it seems."""
    return item.speaker == "pip" and item.leg == "build-dependency"


def _leg_of_child(item: Evidence) -> str:
    """A build dependency that has to be built itself may download, too.

    Words of pip's from where pip does not stand are a build's, whatever leg they speak of.
    """
    if item.leg == "build-dependency" and item.speaker == "pip":
        return item.leg
    return "vcs" if item.leg == "vcs" else "build-backend"


def may_be_cured_in_children(evidence: Sequence[Evidence]) -> bool:
    """Whether a child of pip's says that it did not know the issuer of a certificate."""
    return any(
        item.inner and item.kind in CURABLE_IN_CHILDREN and not NOT_OF_TRUST.search(item.message)
        for item in evidence
    )


def configured(around: Surroundings, default_index: str) -> tuple[Contact, ...]:
    """Every origin that pip is configured for, verified there or not."""
    return tuple(settings.origins(around.settings, around.needs, around.line, default_index))[:MOST_ORIGINS]


def with_proxies(around: Surroundings, asked: Iterable[Contact]) -> tuple[Contact, ...]:
    """The same, and each proxy on the way that is itself spoken to over TLS."""
    found = list(asked)
    for contact in tuple(found):
        proxy = around.place(contact).of_proxy()
        if proxy is not None:
            found.append(Contact(proxy.origin, PROXY, str(proxy.origin)))
    return tuple(dict.fromkeys(found))


def leg(contact: Contact, evidence: Sequence[Evidence]) -> str:
    """An index that only the pip of an isolated build complains of failed on that leg."""
    only_of_builds = {item.leg for item in evidence} == {"build-dependency"}
    return "build-dependency" if contact.leg == "index" and only_of_builds else contact.leg


def is_default(
    contact: Contact, around: Surroundings, evidence: Sequence[Evidence], default: str | None
) -> bool:
    """Whether pip's own default index led here: the index itself, or the host that its pages name."""
    if default is None:
        return False
    if contact.url == default:
        return True
    indexes = [item.value for item in settings.index_urls(around.settings, around.needs, default)]
    named_by_pip = any(item.origin == contact.origin and not item.inner for item in evidence)
    return contact.leg == "file" and named_by_pip and indexes == [default]


def failed(
    asked: Sequence[Contact], diagnoses: Sequence[Diagnosis], evidence: Sequence[Evidence]
) -> tuple[list[Diagnosis], list[Diagnosis]]:
    """The unhealthy origins that pip's words speak of (all, if they name none), and those to come."""
    unhealthy = [item for item in diagnoses if not item.is_healthy]
    refused = [item for item in unhealthy if item.decisive.name != "unreachable"]
    named = {item.origin for item in evidence if item.origin is not None}
    paths = tuple(item.path for item in evidence if item.path)
    urls = {contact.origin: contact.url for contact in asked}
    spoken_of = [
        item for item in refused if item.case.origin in named or _leads_to(urls[item.case.origin], paths)
    ]
    if not spoken_of:
        # git names its servers, and may accept what pip does not.
        refused = [item for item in refused if item.case.leg != "vcs"]
        return _beside_proxies(refused) or [item for item in unhealthy if item.case.origin in named], []
    # pip asks every index in turn: the next one is cured along with the first, if it can be.
    later = [item for item in refused if item not in spoken_of]
    together = any(item.case.leg in ASKED_TOGETHER for item in spoken_of)
    proxies = [item for item in refused if item.case.leg == PROXY and item not in spoken_of]
    first = _beside_proxies([*spoken_of, *proxies])
    return first, [item for item in later if together and item.case.leg in ASKED_TOGETHER]


def _beside_proxies(refused: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Where a proxy's own certificate is refused, it is the proxy's failure; else the proxy has none."""
    proxies = [item for item in refused if item.case.leg == PROXY]
    if any(item.case.pip.kind == "proxy-certificate" for item in refused):
        return [*proxies, *(item for item in refused if not _is_behind(item, proxies))]
    return [item for item in refused if item not in proxies]


def _is_behind(item: Diagnosis, proxies: Sequence[Diagnosis]) -> bool:
    return item in proxies or item.case.pip.kind == "proxy-certificate"


def _leads_to(url: str, paths: Sequence[str]) -> bool:
    """Whether a request path that pip named may lie below this URL."""
    rest = url.partition("://")[2]
    base = "/" + rest.partition("/")[2].rstrip("/")
    return any(path.startswith(base) for path in paths)
