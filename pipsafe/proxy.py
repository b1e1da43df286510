"""Which proxy pip uses for an origin, as requests decides it.

Source: requests' `get_environ_proxies`, `should_bypass_proxies` and `select_proxy`, as pip
vendors them from 19.3 to 26.
"""

import base64
import ipaddress
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pipsafe.origin import Origin

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy, asked by CONNECT."""

    scheme: str
    host: str
    port: int
    authorization: str | None
    """The Proxy-Authorization header. A secret."""

    def __str__(self) -> str:
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def parse(url: str) -> Proxy | None:
    """A proxy URL as users write it; a missing scheme means http. None if it names no host."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        authorization = "Basic " + base64.b64encode(pair).decode("ascii")
    return Proxy(
        parts.scheme.lower(), host, port or DEFAULT_PORTS.get(parts.scheme.lower(), 1080), authorization
    )


def choose(
    origin: Origin, given: str | None, *, overrides: bool, trust_env: bool, environ: Mapping[str, str]
) -> Proxy | None:
    """The proxy for ``origin``: ``given`` is pip's own setting ("" turns proxies off).

    ``overrides``: whether that setting wins over the environment's (in old pips it does not).
    """
    named = _of_environment(origin, environ) if trust_env else None
    url = given if given is not None and (overrides or named is None) else named
    return parse(url) if url else None


def _of_environment(origin: Origin, environ: Mapping[str, str]) -> str | None:
    """The proxy that the environment (or the system) names, None if it names none for it."""
    named = _of_the_system() if sys.platform in ("win32", "darwin") else {}
    for name in (f"{origin.scheme}_proxy", "all_proxy"):
        # Lower case wins, as in urllib.request.getproxies_environment.
        url = environ.get(name) or environ.get(name.upper()) or named.get(name.removesuffix("_proxy"))
        if url:
            excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
            return None if _is_excepted(origin, excepted) else url
    return None


def _of_the_system() -> dict[str, str]:
    """Windows' and macOS' own proxy settings. Not run by anybody yet."""
    from urllib.request import getproxies

    return getproxies()


def _is_excepted(origin: Origin, excepted: str) -> bool:
    entries = [entry for entry in excepted.replace(" ", "").split(",") if entry]
    if "*" in entries:
        return True
    try:
        address = ipaddress.ip_address(origin.host)
    except ValueError:
        return any(_matches_name(origin, entry.lower()) for entry in entries)
    return any(_matches_address(address, entry) for entry in entries)


def _matches_name(origin: Origin, entry: str) -> bool:
    for name in (origin.host, f"{origin.host}:{origin.port}"):
        if name == entry.lstrip(".") or name.endswith("." + entry.lstrip(".")):
            return True
    return False


def _matches_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address, entry: str) -> bool:
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
