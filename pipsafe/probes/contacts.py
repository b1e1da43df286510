"""Which servers to look at, and which of those that are refused pip's words speak of."""

from collections.abc import Iterable, Sequence

from pipsafe.causes.case import Diagnosis
from pipsafe.pip_settings import settings
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import PROXY, Surroundings
from pipsafe.probes.probe import MOST_ORIGINS
from pipsafe.statements.evidence import Evidence

# Legs that pip asks one after the other for any one name.
ASKED_TOGETHER = ("index", "find-links", "build-dependency")


def of(around: Surroundings, evidence: Sequence[Evidence], default_index: str) -> tuple[Contact, ...]:
    """Origins that pip is configured for, and those that pip's own words name beside them.

    Words from inside a build name nothing that is probed: a package can print anything.
    """
    found = {contact.origin: contact for contact in configured(around, default_index)}
    for item in evidence:
        if item.origin is not None and not item.inner and item.origin.scheme == "https":
            found.setdefault(item.origin, Contact(item.origin, item.leg, item.url or str(item.origin)))
    trusted = {setting.value.lower() for setting in around.settings.trusted_hosts}
    trusted |= {setting.value.lower() for setting in around.needs.of("trusted-host")}
    # pip verifies nothing there, so there is nothing to cure; those that pip named come first.
    named = {item.origin for item in evidence}
    asked = [
        contact
        for contact in found.values()
        if trusted.isdisjoint((contact.origin.host, f"{contact.origin.host}:{contact.origin.port}"))
    ]
    return tuple(sorted(asked, key=lambda contact: contact.origin not in named)[:MOST_ORIGINS])


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
        return _beside_proxies(refused) or [item for item in unhealthy if item.case.origin in named], []
    # pip asks every index in turn: the next one is cured along with the first, if it can be.
    later = [item for item in refused if item not in spoken_of and item.is_curable]
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
