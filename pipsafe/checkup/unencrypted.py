"""Places that pip is sent to without TLS: nothing to verify there, so anybody on the way can answer.

pip leaves such a place out unless it is a trusted host or on this machine itself
(`pip._internal.network.session`, SECURE_ORIGINS).
"""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipsafe import origin
from pipsafe.checkup.unverified import Unverified, of_origin
from pipsafe.language.text import text
from pipsafe.origin import Origin
from pipsafe.pip_settings import settings
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import Surroundings

# For translators: a server that was typed behind `pipsafe doctor`.
ASKED = text("named here")


@dataclass(frozen=True, slots=True)
class Unencrypted:
    """One such place."""

    origin: Origin
    named_by: str
    is_here: bool
    """Whether it is this machine itself: then nobody is on the way."""
    is_used: bool
    """Whether pip asks it all the same."""


def find(
    around: Surroundings, default_index: str, hosts: tuple[Unverified, ...], typed: Sequence[Contact]
) -> tuple[Unencrypted, ...]:
    """Each once. ``typed``: the servers that doctor was asked about; none for those of pip's settings."""
    found: dict[Origin, Unencrypted] = {}
    named: list[tuple[str, str]] = [(item.url, ASKED) for item in typed]
    for url, named_by in named or _named(around, default_index):
        place = origin.parse(url)
        if place is not None and place.scheme == "http":
            here = _is_here(place.host)
            used = here or of_origin(hosts, place) is not None
            found.setdefault(place, Unencrypted(place, named_by, is_here=here, is_used=used))
    return tuple(found.values())


def _named(around: Surroundings, default_index: str) -> Iterator[tuple[str, str]]:
    """Every URL that pip's settings and requirements files name, and where."""
    items = (
        *settings.index_urls(around.settings, around.needs, default_index),
        *around.settings.find_links,
        *around.needs.of("find-links"),
        *around.needs.urls,
    )
    for item in items:
        yield item.value, text("{setting}, {place}", setting=item.name, place=item.set_in)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
