"""Which proxy pip uses for an origin, as requests decides it.

Source: requests' `get_environ_proxies`, `should_bypass_proxies` and `select_proxy`, as pip
vendors them from 19.3 to 26.
"""

import base64
import ipaddress
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    plainly: bool = field(default=False, compare=False)
    """Whether pip speaks to it without TLS, whatever its URL begins with."""

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
    # requests sends nothing where one of the two is missing, and knows Latin-1 only.
    if parts.username and parts.password is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password)}"
        try:
            octets = pair.encode("latin-1")
        except UnicodeEncodeError:
            octets = pair.encode("utf-8", "surrogateescape")  # as the environment has it
        authorization = "Basic " + base64.b64encode(octets).decode("ascii")
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
    named = _named(environ)
    if not named and sys.platform in ("win32", "darwin"):
        named = _of_the_system()
    url = named.get(origin.scheme) or named.get("all")
    if not url or _is_excepted(origin, environ) or _is_excepted_by_urllib(origin.host, named.get("no", "")):
        return None
    return url


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    """What variables say, by the part before `_proxy`, as urllib.request.getproxies_environment has it."""
    variables = [(name, value) for name, value in environ.items() if name[-6:].lower() == "_proxy"]
    found = {name[:-6].lower(): value for name, value in variables if value}
    if "REQUEST_METHOD" in environ:
        found.pop("http", None)  # in a CGI script HTTP_PROXY is a header that anybody can send
    # Lower case wins, also with an empty value.
    for name, value in variables:
        if name.endswith("_proxy"):
            found.pop(name[:-6].lower(), None)
            if value:
                found[name[:-6].lower()] = value
    return found


def _of_the_system() -> dict[str, str]:
    """Windows' and macOS' own proxy settings. Not run by anybody yet."""
    from urllib.request import getproxies

    return getproxies()


def _is_excepted(origin: Origin, environ: Mapping[str, str]) -> bool:
    """As requests' own should_bypass_proxies: names with or without a port, addresses and networks of IPv4.

    Before 2.33 (in pips up to 25) it took any ending of a name, also one in mid-label. Nobody means that.
    """
    excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    entries = [entry for entry in excepted.replace(" ", "").split(",") if entry]
    try:
        address = ipaddress.IPv4Address(origin.host)
    except ValueError:
        # A port that goes without saying is not in the URL, so an entry with it does not match.
        implied = origin.port == DEFAULT_PORTS.get(origin.scheme)
        names = [origin.host] if implied else [origin.host, f"{origin.host}:{origin.port}"]
        return any(_ends_in(name, entry.lstrip(".")) for entry in entries for name in names)
    return any(_holds_address(entry, address) for entry in entries)


def _ends_in(name: str, entry: str) -> bool:
    return name == entry or name.endswith(f".{entry}")


def _holds_address(entry: str, address: ipaddress.IPv4Address) -> bool:
    network, slash, bits = entry.partition("/")
    if not slash:
        return entry == str(address)
    try:
        return 1 <= int(bits) <= 32 and address in ipaddress.IPv4Network((network, int(bits)), strict=False)
    except ValueError:
        return False


def _is_excepted_by_urllib(host: str, excepted: str) -> bool:
    """As urllib.request.proxy_bypass_environment, which requests asks in the second place."""
    if excepted == "*":
        return True
    names = [entry.strip().lstrip(".").lower() for entry in excepted.split(",") if entry.strip()]
    return any(_ends_in(host, name) for name in names)
