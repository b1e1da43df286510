"""Host names: whose they are, and whether they can be anybody's on the public internet.

There is no list of public suffixes here: where one would be needed, two names rather belong together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipsafe.observations import addresses

_PRIVATE_ENDINGS = (
    *("localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain"),
    *("home.arpa", "test", "invalid"),
)
"""Names of no public host: RFC 6761, RFC 6762 appendix G, RFC 8375, and ICANN's .internal (2024)."""

_SECOND_LEVEL = frozenset(
    ("ac", "co", "com", "edu", "go", "gob", "gov", "gv", "mil", "ne", "net", "or", "org")
)
"""Labels that countries give out names below."""

_NAME = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_LONGEST = 253


def is_shaped(name: str) -> bool:
    """Whether the text is shaped as a host's name, "*." before it included, or as an address.

    Where a host belongs, a certificate may hold anything, sentences too.
    """
    is_address = not {"%", "["} & set(name) and addresses.literal(name) is not None
    return is_address or (len(name) <= _LONGEST and _NAME.fullmatch(name) is not None)


def is_private(host: str) -> bool:
    """Whether this can be no public host: one label, a private ending, or an address that is not public."""
    name = host.lower().rstrip(".")
    if addresses.literal(name) is not None:
        return not addresses.is_public(name)
    return "." not in name or any(name.endswith(f".{ending}") for ending in _PRIVATE_ENDINGS)


def site(host: str) -> str:
    """The part of a name that its owner registered, as far as its form tells; an address is its own."""
    name = host.lower().rstrip(".")
    if addresses.literal(name) is not None:
        return name
    labels = name.split(".")
    under_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if under_country else -2 :])


def covers(names: Iterable[str], host: str) -> bool:
    """Whether one of a certificate's names is the host: as it is, or by "*" for its first label."""
    wanted = host.lower().rstrip(".")
    parent = wanted.partition(".")[2]
    return any(name.lower().rstrip(".") in (wanted, f"*.{parent}" if parent else wanted) for name in names)
