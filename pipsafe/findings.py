"""What the examination of one attempt comes to, as values."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

from pipsafe.causes.case import Diagnosis
from pipsafe.origin import Origin
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.answered import Facts
from pipsafe.remedy import Plan
from pipsafe.trust.anchors import Candidate, Search


@dataclass(frozen=True, slots=True)
class Remedy:
    """A plan that a handshake has proved, and what to run pip with."""

    plan: Plan
    environment: Mapping[str, str | None]
    """Changes to the environment; None takes a variable away."""
    arguments: tuple[str, ...]
    """pip's whole command line."""
    bundle: str | None

    @property
    def essence(self) -> tuple[object, ...]:
        """What makes it the same remedy as one before."""
        return self.plan.kind, tuple(anchor.sha256 for anchor in self.plan.anchors), self.plan.base


NOTHING_SOUGHT = Search()


@dataclass(frozen=True, slots=True)
class ChildFailure:
    """A connection that a program which pip started was refused, by its own account: a build's, or git's.

    Nothing here was looked at: a package can print anything, and chooses where its build connects to.
    """

    leg: str
    """build-backend | vcs | build-dependency"""
    origin: Origin | None
    """The server that the words name, if they name one."""
    is_accepted: bool
    """Whether that is a server of pip's own, which pip accepts."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the examination of one attempt came to."""

    diagnoses: tuple[Diagnosis, ...] = ()
    """Of the origins that failed, in pip's order."""
    remedy: Remedy | None = None
    search: Search = NOTHING_SOUGHT
    accepted: Mapping[str, tuple[Candidate, ...]] | None = None
    facts: Facts | None = None
    trouble: tuple[str, ...] = ()
    """Sentences on what could not be done."""
    of_children: tuple[ChildFailure, ...] = ()
    """What no diagnosis explains."""
    others: tuple[Diagnosis, ...] = ()
    """Of the origins that were looked at and refused, and that nobody spoke of."""

    def speaking_of(self, origins: Container[Origin | None]) -> "Findings":
        """The same, where pip has spoken of these origins as well: without a cure for them there is none."""
        spoken_of = tuple(item for item in self.others if item.case.origin in origins)
        if not spoken_of:
            return self
        others = tuple(item for item in self.others if item not in spoken_of)
        return replace(self, diagnoses=(*self.diagnoses, *spoken_of), others=others, remedy=None)

    @property
    def is_worth_a_stop(self) -> bool:
        """Whether the attempt is doomed and a cure at hand. A build may do without what it was refused."""
        return self.remedy is not None and not self.remedy.plan.is_for_children


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a look at every origin came to, without an attempt."""

    around: Surroundings
    facts: Facts
    diagnoses: tuple[Diagnosis, ...]
    """Of every origin that was asked, the healthy ones included."""
    search: Search
    """What of this machine's CAs was looked at, where an origin was refused."""
    accepted: Mapping[str, tuple[Candidate, ...]]
    """Per origin, the anchors under which a handshake went well."""
    remedy: Remedy | None
    """What would cure all that can be cured, proved."""
    trouble: tuple[str, ...] = ()
    """Sentences on what could not be done."""
