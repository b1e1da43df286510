"""For which servers a value counts, where its key, or another value beside it, names them.

Each takes an entry and all values of its tool, and returns hosts as `host_scope.covers` reads them, with
None for every server; or, as a clause, why it counts for none.
Sources: git (urlmatch.c: scheme, host and port must agree), pnpm (registry-auth-key),
yarn berry (httpUtils.ts: a glob of the host name), poetry (utils/authenticator.py), pdm (project/config.md),
dnf.conf(5), apt (methods: Acquire::https::<host>::CaInfo; apt-transport-https(1): CAInfo::<host>).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from pipsafe.tool_settings.entry import Entry
from pipsafe.trust import host_scope
from pipsafe.trust.sources import NO_SERVER

Hosts = tuple[str | None, ...]
Values = Mapping[tuple[str, ...], Sequence[str]]
"""What stands under each key, in whichever file."""

Scope = Callable[[Entry, Values], Hosts | str]

_GLOB = re.compile(r"(?:\*|[a-z0-9-]+)(?:\.(?:\*|[a-z0-9-]+))*", re.IGNORECASE)
_URL = re.compile(r"https://[^\s,;\"']+")
_MOST_HOSTS = 20
_EVERY: Hosts = (None,)


def everywhere(entry: Entry, values: Values) -> Hosts:  # noqa: ARG001 - a scope
    """Every server."""
    return _EVERY


def url(entry: Entry, values: Values) -> Hosts:  # noqa: ARG001 - a scope
    """git's `http.<url>`, pnpm's `//registry.example/`: the URL's host and port."""
    address = entry.key[-2]
    return _hosts([f"https:{address}" if address.startswith("//") else address])


def glob(entry: Entry, values: Values) -> Hosts:  # noqa: ARG001 - a scope
    """yarn's networkSettings. Globs with more than whole labels are not taken."""
    pattern = entry.key[-2]
    if pattern in ("*", "**"):
        return _EVERY
    return (pattern.lower(),) if _GLOB.fullmatch(pattern) else ()


def host(entry: Entry, values: Values) -> Hosts:  # noqa: ARG001 - a scope
    """apt: the one part that is not fixed."""
    names = [part for part in entry.key if part not in ("acquire", "https", "cainfo")]
    return (names[0],) if len(names) == 1 and _GLOB.fullmatch(names[0]) and "*" not in names[0] else ()


def repository(entry: Entry, values: Values) -> Hosts | str:
    """poetry: the URL of the repository, if the user's configuration knows one by that name."""
    return _known(values.get(("repositories", entry.key[1], "url"), ()), entry.key[1])


def beside(entry: Entry, values: Values) -> Hosts | str:
    """pdm: the `url` in the same table."""
    return _known(values.get((*entry.key[:-1], "url"), ()), entry.key[-2])


def default(entry: Entry, values: Values) -> Hosts:
    """pdm's `pypi`: as `beside`; without a URL, it is the user's for the default index."""
    urls = values.get((*entry.key[:-1], "url"), ())
    return _hosts(urls) if urls else _EVERY


def section(entry: Entry, values: Values) -> Hosts:
    """dnf: the servers of the same repository."""
    names = [(entry.key[0], name) for name in ("baseurl", "mirrorlist", "metalink")]
    return _hosts(found for name in names for text in values.get(name, ()) for found in _URL.findall(text))


def _known(urls: Sequence[str], name: str) -> Hosts | str:
    return _hosts(urls) if urls else NO_SERVER.filled(repository=name)


def _hosts(urls: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for address in urls:
        host = host_scope.naming(address)
        if host is not None:
            found.setdefault(host)
        if len(found) >= _MOST_HOSTS:
            break
    return tuple(found)
