"""What the examination of one attempt comes to, as values."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipsafe.diagnosis import Diagnosis
from pipsafe.probe import Facts
from pipsafe.remedy import Plan
from pipsafe.trust import Candidate, Search


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
