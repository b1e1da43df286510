"""Whether a setting that names a host counts for a server: `Source.host`.

`*` stands for one whole label, as git has it (Documentation/config/http.adoc, urlmatch.c match_host) and as
names in certificates have it; it never stands for a part of an address.
"""

import re

from pipsafe.observations import addresses
from pipsafe.origin import Origin, parse

_PORT = re.compile(r":\d+")
_NO_HOST = re.compile(r"[/?#@\\\s]")


def covers(host_pattern: str, origin: Origin) -> bool:
    """Whether "host", "host:port" or "*.example.com" names the server. Without a port, on every port."""
    parsed = _parsed(host_pattern)
    if parsed is None:
        return False
    host, port = parsed
    if port is not None and port != origin.port:
        return False
    address = addresses.literal(origin.host)
    if address is not None:
        return addresses.literal(host) == address
    labels, patterns = origin.host.rstrip(".").split("."), host.split(".")
    return len(labels) == len(patterns) and all(
        pattern in ("*", label) for pattern, label in zip(patterns, labels, strict=True)
    )


def naming(url: str) -> str | None:
    """The pattern for the server of a https:// URL."""
    place = parse(url)
    if place is None or place.scheme != "https" or "$" in place.host:
        return None
    return f"[{place.host}]:{place.port}" if ":" in place.host else f"{place.host}:{place.port}"


def _parsed(pattern: str) -> tuple[str, int | None] | None:
    """Host as an origin has it, and the port if one is named."""
    if not pattern or _NO_HOST.search(pattern):
        return None
    if pattern.count(":") > 1 and not pattern.startswith("["):
        pattern = f"[{pattern}]"
    found = parse(f"https://{pattern}")
    if found is None:
        return None
    after_host = pattern.rpartition("]")[2] if pattern.startswith("[") else pattern
    return found.host, found.port if _PORT.search(after_host) else None
