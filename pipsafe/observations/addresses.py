"""Which addresses are of the public internet: what a stranger's URL may make this machine connect to.

Sources: the IANA special-purpose address registries as CPython's `ipaddress` has them (`is_global`), with
what it leaves to its caller: multicast, and IPv6 forms that carry an IPv4 address (RFC 4291 2.5.5, RFC 6052
2.1, RFC 3056), which lead where that address does.
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that IANA has given out; what lies outside is special, whatever its name."""

_SPECIAL = (
    *(IPv4Network("192.0.0.0/24"), IPv4Network("168.63.129.16/32")),
    *(IPv6Network("3fff::/20"), IPv6Network("2001:db8::/32")),
)
"""What older Pythons call global, or only one network means by it: protocol assignments (RFC 6890), the
addresses of documentation (RFC 9637), and where Azure serves its machines, keys included."""

_NAT64 = IPv6Network("64:ff9b::/96")


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that this text is, None if it is a name."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def is_public(address: str) -> bool:
    """Whether the address is one of the public internet, by itself and by what it carries."""
    found = literal(address)
    if isinstance(found, IPv6Address):
        carried = _carried(found)
        if carried is None:
            return found in _GLOBAL_UNICAST and _is_global(found)
        found = carried
    return found is not None and _is_global(found)


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not _is_special(address)


def _is_special(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in _SPECIAL if network.version == address.version)


def is_confined(address: str) -> bool:
    """Whether the address means this machine or its link alone, or everybody: never one particular server."""
    found = literal(address)
    if isinstance(found, IPv6Address):
        found = _carried(found) or found
    return (
        found is None
        or found.is_loopback
        or found.is_link_local
        or found.is_multicast
        or found.is_unspecified
        or _is_special(found)
        or (isinstance(found, IPv4Address) and (found.packed[0] in (0, 127) or found.packed[0] >= 240))
    )


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one may end up at."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or (not any(address.packed[:12]) and any(address.packed[12:15])):
        return IPv4Address(address.packed[12:])
    return address.sixtofour
