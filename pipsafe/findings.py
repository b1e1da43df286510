"""What the examination of one attempt comes to, as values."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipsafe.causes.case import Diagnosis
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.probe import Facts
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
