"""All that one run of doctor came to, and its exit code: a value."""

from dataclasses import dataclass
from datetime import datetime

from pipsafe.attempts.attempt import Hello
from pipsafe.causes.case import STORES, Diagnosis
from pipsafe.checkup.effect import Effect
from pipsafe.checkup.lasting import LastingNote
from pipsafe.checkup.unencrypted import Unencrypted
from pipsafe.checkup.unverified import Unverified, of_origin
from pipsafe.checkup.waiting import Waiting
from pipsafe.findings import Checkup
from pipsafe.origin import Origin
from pipsafe.pip_settings.settings import Contact
from pipsafe.probes.answered import Verdict

VERIFIED = 0
NOT_VERIFIED = 1
NOTHING_SEEN = 3

JUDGED = ("accepted", "certificate", "setting")
"""Kinds of verdicts in which trust was asked: else the connection did not come that far."""


def is_judged(verdict: Verdict | None) -> bool:
    """Whether the verdict is one on a certificate."""
    return verdict is not None and verdict.kind in JUDGED


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, and where."""

    hello: Hello
    chosen: str
    """Why it is this pip, as a clause."""
    checkup: Checkup
    effects: tuple[Effect, ...]
    hosts: tuple[Unverified, ...]
    unencrypted: tuple[Unencrypted, ...]
    unasked: tuple[Contact, ...]
    """Servers that pip would ask and that were not looked at."""
    problems: tuple[str, ...]
    """Clauses on files that cannot be read."""
    was_named: bool
    """Whether the servers were named to doctor, rather than taken from pip's settings."""
    now: datetime
    certifi: str
    """What the roots are that certifi's verdicts rest on, in words; "" where they are no public list."""
    inspection: tuple[str, ...] = ()
    """Sentences on servers that are accepted, and that this network opens."""
    waiting: tuple[Waiting, ...] = ()
    """CAs that lie beside the system store."""
    lasting: tuple[LastingNote, ...] = ()
    """What `pipsafe persist` made."""

    @property
    def refused(self) -> tuple[Diagnosis, ...]:
        """The origins that this pip does not accept, those that it does not reach included."""
        return tuple(item for item in self.checkup.diagnoses if not item.is_healthy)

    @property
    def unreached(self) -> tuple[Diagnosis, ...]:
        """Those of them with which no certificate was judged."""
        return tuple(item for item in self.refused if not is_judged(item.case.pip))

    @property
    def stores(self) -> tuple[str, ...]:
        """The stores whose verdicts are worth telling."""
        return tuple(store for store in STORES if store != "certifi" or self.certifi)

    @property
    def open_hosts(self) -> tuple[Unverified, ...]:
        """Hosts that some command of this pip does not verify."""
        return tuple(item for item in self.hosts if item.in_force)

    @property
    def exposed(self) -> tuple[Unencrypted, ...]:
        """Places without TLS that are not this machine itself."""
        return tuple(item for item in self.unencrypted if not item.is_here)

    @property
    def overlooked(self) -> int:
        """How many of the servers that were not looked at pip would verify."""
        return sum(self.opened_by(contact.origin) is None for contact in self.unasked)

    @property
    def exit_code(self) -> int:
        """0 only if this pip, as it is configured, verifies all there is to verify."""
        if self.refused or self.open_hosts or self.exposed or self.overlooked:
            return NOT_VERIFIED
        seen = self.checkup.diagnoses or self.unencrypted or not self.was_named
        return VERIFIED if seen else NOTHING_SEEN

    def opened_by(self, place: Origin) -> Unverified | None:
        """What keeps pip from verifying this origin, if anything does."""
        return of_origin(self.hosts, place)
