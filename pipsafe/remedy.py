"""What a retry may be given: pure plans over diagnoses and candidates, narrowest first.

A plan becomes a remedy only when a handshake has proved it. The retry gets it through its
environment, so that the pips of isolated builds get it too, and trusts what pip trusted
before plus the anchors that are needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipsafe.causes.case import HIDING_VARIABLES, Diagnosis, names_of
from pipsafe.probes.asked import Trust
from pipsafe.trust.anchors import Candidate
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate

# Tiers in the order in which an anchor is taken from them.
TIERS = {"system": 0, "public": 1, "configured": 2, "provisioned": 3, "explicit": 4}

KIND_OF_TIER = {"system": "system-store", "public": "certifi"}

# Stand in a plan's environment for paths that are not there yet: the bundle's, and that of what the
# variable's own tool trusts now, with the bundle added.
BUNDLE = "<bundle>"
ADDED = "<added to what the tool trusts>"

# What pip reads. requests' two win over a typed `--cert` and over PIP_CERT, also under `--isolated`.
PIP_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

# The first of requests' two is enough for pip: the second is left to curl.
BUNDLE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE")

# What the children of pip read: OpenSSL and so Python's urllib, curl, git, cargo. Each of them takes such a
# file in place of what it trusts otherwise.
CHILD_VARIABLES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO")

# Legs whose connections pip does not make itself: they know nothing of truststore.
LEGS_OF_CHILDREN = frozenset(("vcs", "build-backend"))


@dataclass(frozen=True, slots=True)
class PipTraits:
    """What decides by which means a pip can be given trust."""

    version: tuple[int, ...]
    python_version: tuple[int, ...]
    present: Trust
    """What it trusts now."""
    without_setting: Trust
    """What it would trust without the CA setting that is in force."""
    truststore_at_hand: bool
    """Whether truststore is in that pip, or can be lent to it."""
    isolated: bool
    """`--isolated`: PIP_* is not read."""
    trust_env: bool
    """Whether requests' variables are read."""
    typed_cert: bool
    cert_in_file: bool
    """Whether a configuration file sets `cert`: that can be overruled, not taken away."""
    use_features: tuple[str, ...]

    @property
    def is_strict_by_itself(self) -> bool:
        """Whether it makes strict contexts where truststore does not make them (urllib3 2, Python 3.13)."""
        return self.version >= (26, 1) and self.python_version >= (3, 13)

    @property
    def can_be_told_to_use_truststore(self) -> bool:
        """22.2 to 24.1 by a feature; later pips have it on, earlier ones not at all."""
        by_feature = (22, 2) <= self.version < (24, 2) and self.python_version >= (3, 10)
        return by_feature and self.truststore_at_hand and not self.isolated and not self.present.truststore


@dataclass(frozen=True, slots=True)
class Plan:
    """A remedy that is still to be proved."""

    kind: str
    """system-store | certifi | bundle | pin | completed-chain | drop-setting"""
    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]
    source: Source | None
    """Where the anchors lie, or the first of them."""
    trust: Trust
    """What pip would trust then; ``file`` is BUNDLE where the bundle's path goes."""
    environment: Mapping[str, str | None]
    """Changes; None takes a variable away."""
    base: str | None = None
    """The roots that the bundle begins with: "present", "carried" (by pip), "completed" (both) or "certifi".

    None if there is no bundle.
    """
    cert_argument: str | None = None
    """What a `--cert` on the retry's command line shall say; None to leave it as it is."""
    lends_truststore: bool = False
    anchor_sources: tuple[Source, ...] = ()
    """Where each anchor lies."""
    is_for_children: bool = False
    """Whether pip itself trusts all of it already, and only its children do not."""
    children_need_it: bool = False
    """Whether a child of pip's is known to have been refused a connection."""


def plans(
    diagnoses: Sequence[Diagnosis],
    accepted: Mapping[str, Sequence[Candidate]],
    traits: PipTraits,
    legs: frozenset[str],
) -> tuple[Plan, ...]:
    """Plans that could cure all the diagnoses, best first; none if one of them is incurable.

    ``accepted`` maps an origin's text to the candidates that a handshake accepted there.
    """
    if not diagnoses or not all(diagnosis.is_curable for diagnosis in diagnoses):
        return ()
    found = [_drop_setting(diagnoses, traits), _truststore(diagnoses, accepted, traits, legs)]
    found.append(_bundle(diagnoses, accepted, traits, legs))
    return tuple(_without_the_system(plan, diagnoses, traits) for plan in found if plan is not None)


def _drop_setting(diagnoses: Sequence[Diagnosis], traits: PipTraits) -> Plan | None:
    """A setting that is of no use is left out; pip's own roots do."""
    setting = next((item.case.setting for item in diagnoses if item.case.setting), None)
    if setting is None or not all(item.has("bad-ca-setting") for item in diagnoses):
        return None
    if setting.name in HIDING_VARIABLES:
        trust = Trust(
            truststore=traits.present.truststore, file=traits.present.file, strict=traits.present.strict
        )
        return Plan("drop-setting", (), (), None, trust, dict.fromkeys(HIDING_VARIABLES))
    if not all(item.case.accepts("pip-without-setting") and item.case.setting_problem for item in diagnoses):
        return None
    trust = traits.without_setting
    if traits.typed_cert or traits.cert_in_file:
        # A typed option and a configuration file cannot be unset, only overruled.
        return _with_bundle(Plan("drop-setting", (), (), None, trust, {}, base="carried"), traits)
    # One broken path is often given to every tool alike, and one variable hides another.
    return Plan("drop-setting", (), (), None, trust, dict.fromkeys(PIP_VARIABLES))


def _without_the_system(plan: Plan, diagnoses: Sequence[Diagnosis], traits: PipTraits) -> Plan:
    """The plan for a pip that would ask the system's verifier, which cannot be asked."""
    if plan.base is None or "os-trust-unavailable" not in names_of(diagnoses):
        return plan
    if not traits.present.truststore or traits.version < (24, 2) or traits.isolated:
        return plan
    trust = Trust(file=plan.trust.file, carried=False, strict=traits.is_strict_by_itself)
    return replace(plan, trust=trust, environment={**plan.environment, "PIP_USE_DEPRECATED": "legacy-certs"})


def _truststore(
    diagnoses: Sequence[Diagnosis],
    accepted: Mapping[str, Sequence[Candidate]],
    traits: PipTraits,
    legs: frozenset[str],
) -> Plan | None:
    """The system judges by itself, through truststore."""
    if not traits.can_be_told_to_use_truststore or legs & LEGS_OF_CHILDREN:
        return None
    if not all(item.case.accepts("system") for item in diagnoses):
        return None
    anchors, source = _first_of_tier(diagnoses, accepted, "system")
    features = " ".join(dict.fromkeys((*traits.use_features, "truststore")))
    changes: dict[str, str | None] = {"PIP_USE_FEATURE": features}
    keeps_file = traits.present.file
    if any(item.case.setting_problem for item in diagnoses):
        if traits.typed_cert or traits.cert_in_file:
            return None
        changes |= dict.fromkeys(PIP_VARIABLES)
        keeps_file = None
    trust = Trust(truststore=True, file=keeps_file, carried=keeps_file is None)
    return Plan(
        "system-store", anchors, (), source, trust, changes, lends_truststore=traits.version < (23, 3)
    )


def _bundle(
    diagnoses: Sequence[Diagnosis],
    accepted: Mapping[str, Sequence[Candidate]],
    traits: PipTraits,
    legs: frozenset[str],
) -> Plan | None:
    """pip's roots and the anchors that are needed, in a file of the retry's own."""
    chosen: list[Candidate] = []
    for diagnosis in diagnoses:
        best = _best(diagnosis, accepted)
        if best is None and not diagnosis.case.accepts("pip-without-setting"):
            return None
        if best is not None and best not in chosen:
            chosen.append(best)
    plan = _with_bundle(_of_candidates(diagnoses, chosen, traits), traits)
    return replace(plan, children_need_it=bool(legs & LEGS_OF_CHILDREN))


def for_children(
    diagnoses: Sequence[Diagnosis], accepted: Mapping[str, Sequence[Candidate]], traits: PipTraits
) -> tuple[Plan, ...]:
    """The plan that gives pip's children the trust by which pip itself accepts these origins.

    There is nothing that pip lacks: the bundle is what pip trusts, with the anchors that the origins' chains
    end in where they are known.
    """
    found = (_best(diagnosis, accepted) for diagnosis in diagnoses)
    # A CA that counts for one server only is not for programs that may ask any.
    chosen = list(dict.fromkeys(best for best in found if best is not None and best.source.host is None))
    plan = _with_bundle(_of_candidates(diagnoses, chosen, traits), traits)
    return (replace(plan, is_for_children=True, children_need_it=True),)


def _best(diagnosis: Diagnosis, accepted: Mapping[str, Sequence[Candidate]]) -> Candidate | None:
    candidates = accepted.get(str(diagnosis.case.origin), ())
    return min(candidates, key=lambda candidate: TIERS[candidate.source.tier], default=None)


def _of_candidates(diagnoses: Sequence[Diagnosis], chosen: Sequence[Candidate], traits: PipTraits) -> Plan:
    places: dict[Certificate, Source] = {}
    for candidate in chosen:
        places.setdefault(candidate.anchor, candidate.source)
    return Plan(
        kind=_kind(diagnoses, chosen),
        anchors=tuple(places),
        intermediates=tuple(dict.fromkeys(item for candidate in chosen for item in candidate.intermediates)),
        source=chosen[0].source if chosen else None,
        trust=Trust(truststore=traits.present.truststore, strict=traits.present.strict),
        environment={},
        base=_base(diagnoses),
        anchor_sources=tuple(places.values()),
    )


def _kind(diagnoses: Sequence[Diagnosis], chosen: Sequence[Candidate]) -> str:
    """What helped, if it is one thing."""
    if any(candidate.intermediates for candidate in chosen) and "incomplete-chain" in names_of(diagnoses):
        return "completed-chain"
    kinds = {
        "pin" if candidate.source.kind == "pin" else KIND_OF_TIER.get(candidate.source.tier, "bundle")
        for candidate in chosen
    }
    return kinds.pop() if len(kinds) == 1 else "bundle"


def _base(diagnoses: Sequence[Diagnosis]) -> str:
    """What the bundle begins with: what pip has, unless that is nothing, or lacks what it stands in for."""
    names = names_of(diagnoses)
    if names & {"missing-roots", "os-trust-unavailable"}:
        return "certifi"
    return "completed" if "bad-ca-setting" in names else "present"


def _with_bundle(plan: Plan, traits: PipTraits) -> Plan:
    """The plan, told to pip by every way that this run of pip heeds, and to its children by theirs."""
    needs_argument = traits.typed_cert or (traits.isolated and not traits.trust_env)
    carried = traits.present.truststore  # then pip adds the file to its own roots
    told: dict[str, str | None] = {
        **dict.fromkeys(BUNDLE_VARIABLES, BUNDLE),
        **dict.fromkeys(CHILD_VARIABLES, ADDED),
    }
    if not traits.trust_env:
        # pip does not read it, so what it says holds for children only.
        told["REQUESTS_CA_BUNDLE"] = ADDED
    return replace(
        plan,
        trust=replace(plan.trust, file=BUNDLE, carried=carried),
        environment={**plan.environment, **told},
        cert_argument=BUNDLE if needs_argument else None,
    )


def _first_of_tier(
    diagnoses: Sequence[Diagnosis], accepted: Mapping[str, Sequence[Candidate]], tier: str
) -> tuple[tuple[Certificate, ...], Source | None]:
    """The anchors of one tier that the origins' chains end in, and where they lie."""
    anchors: list[Certificate] = []
    source = None
    for diagnosis in diagnoses:
        for candidate in accepted.get(str(diagnosis.case.origin), ()):
            if candidate.source.tier == tier and candidate.anchor not in anchors:
                anchors.append(candidate.anchor)
                source = source or candidate.source
                break
    return tuple(anchors), source
