"""The CA files that one value of a tool's configuration names, and for which servers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from pipsafe.language.text import text
from pipsafe.tool_settings import expansion, npmrc, scopes
from pipsafe.tool_settings.tools import ABOVE, ANY, Key, Tool
from pipsafe.trust.sources import NO_PROXY, Source, https_proxies
from pipsafe.x509.distinguished_name import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipsafe.tool_settings.entry import Entry

_MOST_FOLDERS = 20
"""Folders of one list."""


class PassedOver(NamedTuple):
    """A file, of configuration or of CAs, that is not believed, or cannot be read, or counts nowhere."""

    name: str
    """Whose it is: "git"; what named it: "http.proxySSLCAInfo (/home/u/.gitconfig, line 3)"."""
    path: str
    reason: str
    """A clause with the path as its subject."""


def sources(
    tool: Tool,
    entry: Entry,
    values: scopes.Values,
    *,
    where: str,
    file: str | None,
    around: expansion.Surroundings,
) -> Iterator[Source | PassedOver]:
    """What the value names, if it is one that names a CA.

    `values` are all of the tool, `file` is the one that this stands in, `where` says that for people.
    """
    key = next((key for key in tool.keys if _fits(key, entry, around.platform)), None)
    if key is None:
        return
    if key.kind == npmrc.KIND and file is not None:
        paths = [file]
    else:
        paths = list(_paths(tool, key, entry.value, file, around))
    if key.for_proxies:
        hosts: scopes.Hosts | str = https_proxies(around.environ) or NO_PROXY
    else:
        hosts = key.scope(entry, values)
    if isinstance(hosts, str):
        name = _name(key, None, where)
        yield from (PassedOver(name, path, printable(hosts)) for path in paths)
        return
    for host in hosts:
        name = _name(key, host, where)
        yield from (Source("configured", name, path, kind=key.kind, host=host) for path in paths)


def _name(key: Key, host: str | None, where: str) -> str:
    # For translators: a setting, the only server that it counts for, and the file or variable that sets it.
    named = text("{setting} for {host} ({where})")
    if host is None:
        named = text("{setting} ({where})")
    return named.filled(setting=key.label, host=host, where=where)


def _fits(key: Key, entry: Entry, platform: str) -> bool:
    return (
        len(key.path) == len(entry.key)
        and key.platform in (None, platform)
        and all(pattern in (ANY, part) for pattern, part in zip(key.path, entry.key, strict=True))
    )


def _paths(
    tool: Tool, key: Key, value: str, file: str | None, around: expansion.Surroundings
) -> Iterator[str]:
    base = None
    if file is not None and tool.relative is not None:
        base = os.path.dirname(file)
        base = os.path.dirname(base) if tool.relative == ABOVE else base
    separator = ";" if around.platform == "win32" else ":"
    for one in value.split(separator, _MOST_FOLDERS)[:_MOST_FOLDERS] if key.folders else [value]:
        if len(one) > expansion.LONGEST:
            continue
        path = expansion.path(tool.expand(one, around), base, around)
        if path is not None:
            yield path
