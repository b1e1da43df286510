"""What is known of one origin, and what it comes to, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipsafe.observations.clock import Skew
from pipsafe.observations.completion import Completion, presented_path
from pipsafe.observations.provenance import Provenance
from pipsafe.origin import Origin
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.probes.answered import Survey, Verdict
from pipsafe.statements.evidence import Evidence
from pipsafe.trust.anchors import Candidate
from pipsafe.x509.certificate import Certificate

# With truststore on Linux these stand in for the system's own paths.
HIDING_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


STORES = ("pip", "certifi", "system")
"""The stores whose verdicts people are shown; others serve the judgement only."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one origin."""

    origin: Origin
    leg: str
    survey: Survey
    evidence: Evidence | None
    """pip's words about it, if it is they that led here."""
    is_default_index: bool
    """Whether pip itself names this origin as its default index, or words about that index led to it."""
    setting: Setting | None
    """The CA setting that is in force for pip, if there is one."""
    setting_problem: str | None
    """What is wrong with the file that it names; None if it can be read."""
    pip_roots: int
    """How many roots pip has without that setting."""
    now: datetime
    provenance: Provenance
    """Who made what the server presents."""
    build: Mapping[str, str | None] = field(default_factory=dict)
    """How the target's Python was built."""
    proxy: str | None = None
    """The proxy on the way, without credentials."""
    proxy_setting: Setting | None = None
    """What names that proxy."""
    denied: str | None = None
    """Why the CA that the chain ends in is denied on this machine, if it is."""
    skew: Skew | None = None
    """How far this machine's clock is wrong, by independent evidence."""
    portal: str | None = None
    """How a login page showed itself."""
    completion: Completion | None = None
    """What was fetched to complete the chain."""
    completed_by: Candidate | None = None
    """A root that is trusted here and, with certificates that the server leaves out, accepts the server."""
    disowned_by: Candidate | None = None
    """What leads, by names and keys, from the server's certificate to a root that is trusted here, and by
    signature did not issue it: a handshake said so."""
    root_is_trusted: bool = False
    """Whether pip trusts that root already, or everybody does."""

    @property
    def pip(self) -> Verdict:
        return self.survey.verdicts["pip"]

    def accepts(self, store: str) -> bool:
        verdict = self.survey.verdicts.get(store)
        return verdict is not None and verdict.accepted

    @property
    def leaf(self) -> Certificate | None:
        return self.survey.chain[0] if self.survey.chain else None

    @property
    def top(self) -> Certificate | None:
        """The end of what was presented, in whatever order, extras left aside."""
        path = presented_path(self.survey.chain)
        return path[-1] if path else None

    def codes(self) -> set[int]:
        """Verify codes of every pass, the unmasking ones included."""
        verdicts = [*self.survey.verdicts.values(), *self.survey.unmasked.values()]
        return {verdict.code for verdict in verdicts if verdict.code}

    def of_kind(self, kind: str) -> Verdict | None:
        """pip's verdict if it is of that kind, else another's where a setting keeps pip from having one."""
        if self.pip.kind == kind:
            return self.pip
        if self.pip.kind != "setting":
            return None
        return next((item for item in self.survey.verdicts.values() if item.kind == kind), None)

    @property
    def judgement(self) -> Verdict:
        """What pip's roots say where no setting is in their way, else what other roots say."""
        stores = ("pip-without-setting", "pip", "certifi", "system")
        verdicts = [self.survey.verdicts[name] for name in stores if name in self.survey.verdicts]
        return next((verdict for verdict in verdicts if verdict.kind != "setting"), self.pip)


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause and what it rests on."""

    name: str
    explanation: str
    """One or two sentences that stand alone."""
    curable: bool
    """Whether trust that exists already may cure it."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The causes found at one origin, the incurable first."""

    case: Case
    causes: tuple[Cause, ...]
    inspector: str | None
    reasons: tuple[str, ...] = ()
    """What the judgement between causes of the same words rests on, as sentences."""

    @property
    def decisive(self) -> Cause:
        return self.causes[0]

    @property
    def is_healthy(self) -> bool:
        return not self.causes

    @property
    def is_curable(self) -> bool:
        return all(cause.curable for cause in self.causes)

    def has(self, name: str) -> bool:
        """Whether it is one of the causes."""
        return any(cause.name == name for cause in self.causes)


def names_of(diagnoses: Sequence[Diagnosis]) -> frozenset[str]:
    """Every cause found at any of the origins."""
    return frozenset(cause.name for diagnosis in diagnoses for cause in diagnosis.causes)
