"""Hosts that pip's configuration exempts from verification, and that pip would verify and accept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipsafe.causes.case import Diagnosis
from pipsafe.checkup.unencrypted import Unencrypted
from pipsafe.checkup.unverified import NAME
from pipsafe.origin import Origin, parse
from pipsafe.pip_settings import pip_config
from pipsafe.pip_settings.config_paths import config_paths
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import Surroundings

DEFAULT = "DEFAULT"


@dataclass(frozen=True, slots=True)
class Exempt:
    """One word of one `trusted-host` in a file."""

    host: str
    """As it was written: with a port or without."""
    path: str
    section: str
    set_in: str

    def covers(self, place: Origin) -> bool:
        bracketed = f"[{place.host}]" if ":" in place.host else place.host
        return self.host.lower() in (place.host, bracketed, f"{bracketed}:{place.port}")

    @property
    def contact(self) -> Contact | None:
        """The server itself; None where it is not even a name."""
        url = f"https://{self.host}/"
        place = parse(url)
        return Contact(place, "index", url) if place is not None else None


def exempt(around: Surroundings) -> tuple[Exempt, ...]:
    """Every such word in the files that pip reads, and in their sections themselves."""
    return tuple(_exempt(around))


def _exempt(around: Surroundings) -> Iterator[Exempt]:
    for item in config_paths(around.situation.environ, around.target):
        sections = pip_config.read({}, [item], around.target.pip_version, isolated=True).sections
        for section, settings in sections.items():
            setting = settings.get(NAME)
            if setting is not None and not setting.set_in.endswith(f"[{DEFAULT}]"):
                yield from (Exempt(host, item[1], section, setting.set_in) for host in setting.value.split())


def unasked(items: Sequence[Exempt], diagnoses: Sequence[Diagnosis]) -> tuple[Contact, ...]:
    """The servers that would have to be asked."""
    left = [item for item in items if not any(item.covers(seen.case.origin) for seen in diagnoses)]
    found = {contact.origin: contact for item in left if (contact := item.contact) is not None}
    return tuple(found.values())


def needless(
    items: Sequence[Exempt],
    accepted: Sequence[Origin],
    refused: Sequence[Origin],
    plain: Sequence[Unencrypted],
) -> tuple[Exempt, ...]:
    """Those whose every server is accepted. One that pip is to ask without TLS needs its word."""
    return tuple(
        item
        for item in items
        if any(map(item.covers, accepted))
        and not any(map(item.covers, refused))
        and not any(item.covers(place.origin) for place in plain)
    )
