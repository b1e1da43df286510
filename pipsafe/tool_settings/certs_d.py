"""CA files that container tools have for one registry each: `certs.d/<host[:port]>/*.crt`.

A `.cert` there is the user's own certificate. Sources: moby/moby (daemon/pkg/registry/config.go, registry.go
loadTLSConfig), containers/image (containers-certs.d(5)), Docker Desktop (certificates).
"""

import re
from collections.abc import Iterator

from pipsafe.language.text import text
from pipsafe.tool_settings import folders
from pipsafe.trust.sources import Source

PLACES = (
    "etc/docker/certs.d",
    "etc/containers/certs.d",
    "xdg/docker/certs.d",
    "xdg/containers/certs.d",
    "home/.docker/certs.d",
    "programdata/docker/certs.d",
)

_HOST = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::(?P<port>\d{1,5}))?")


def in_folder(folder: str) -> Iterator[Source]:
    """Each file below a `certs.d`, for its host only. Without a port in the name it is the usual one."""
    for name in folders.names(folder, "*"):
        match = _HOST.fullmatch(name)
        if match is not None:
            yield from _of_host(folder, name, f"{match['host'].lower()}:{match['port'] or 443}")


def _of_host(folder: str, name: str, host: str) -> Iterator[Source]:
    # For translators: a folder of CA files, and the only server that they count for.
    label = text("{folder} for {host}", folder=folder, host=host)
    for file in folders.names(f"{folder}/{name}", "*.crt"):
        yield Source("configured", label, f"{folder}/{name}/{file}", host=host)
