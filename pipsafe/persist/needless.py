"""Hosts that pip's configuration exempts from verification, and that pip would verify and accept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pipsafe import examination
from pipsafe.attempts.scratch import Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.causes.case import Diagnosis
from pipsafe.checkup import unencrypted, unverified
from pipsafe.checkup.unencrypted import Unencrypted
from pipsafe.checkup.unverified import NAME
from pipsafe.findings import Checkup
from pipsafe.origin import Origin, parse
from pipsafe.persist import conf_text
from pipsafe.persist.conf_text import ConfText
from pipsafe.persist.edits import Drafts, FileChange
from pipsafe.persist.splice import Splice
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


def find(
    checkup: Checkup,
    stays_refused: Sequence[Diagnosis],
    situation: Situation,
    scratch: Scratch,
    progress: Callable[[str], None],
) -> tuple[Exempt, ...]:
    """The words that are not needed. Asks the servers that the checkup did not ask. Raises ProbeFailed."""
    around = checkup.around
    words = exempt(around)
    if not words:
        return ()
    others = unasked(words, checkup.diagnoses)
    seen = examination.check(situation, others, scratch, progress).diagnoses if others else ()
    refused = [item.case.origin for item in (*stays_refused, *seen) if not item.is_healthy]
    every = [item.case.origin for item in (*checkup.diagnoses, *seen)]
    accepted = [origin for origin in every if origin not in refused]
    plain = unencrypted.find(around, checkup.facts.default_index or "", unverified.find(around), ())
    return needless(words, accepted, refused, plain)


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


def taken_out(items: Sequence[Exempt], changes: Sequence[FileChange]) -> tuple[FileChange, ...]:
    """The changes, and with them these words out of their files. Raises CannotWrite."""
    drafts = Drafts()
    for change in changes:
        drafts.change(change.path, partial(_as_planned, change.splices))
    for path, section in dict.fromkeys((item.path, item.section) for item in items):
        hosts = frozenset(item.host for item in items if (item.path, item.section) == (path, section))
        drafts.change(path, partial(_without, section, hosts))
    return drafts.changes()


def _as_planned(splices: tuple[Splice, ...], _: ConfText) -> tuple[Splice, ...]:
    return splices


def _without(section: str, hosts: frozenset[str], conf: ConfText) -> tuple[Splice, ...]:
    return conf_text.without_words(conf, section, NAME, hosts)
