"""Which lasting cure a checkup allows: the narrowest that pip's own configuration can express."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipsafe.findings import Checkup, Remedy
from pipsafe.language.text import Text, enumerated, text
from pipsafe.persist import layers
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.settings import Settings
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate

CERT = "cert"
USE_FEATURE = "use-feature"
TRUSTSTORE = "truststore"

EXPRESSIBLE = frozenset(
    [
        *("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_USE_FEATURE"),
        # What pip's children are told in a retry; `pipsafe env` tells them for good.
        *("SSL_CERT_FILE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO"),
        "PYTHONPATH",  # truststore, lent to a retry: a bundle stands in for it
    ]
)
"""Changes to a retry's environment that `cert` or `use-feature` can stand for."""

NOTHING_VERIFIED = text(
    "No trust on this machine was proved to accept what pip refuses, so nothing is written."
)
SCOPED = text(
    'The CA "{name}" counts for {host} only, and pip\'s configuration would make it count for every server, '
    "so nothing is written: type `pipsafe` for `pip`."
)
# For translators: {what} are names of variables, or "the system's verifier".
INEXPRESSIBLE = text(
    "What cures it for one run ({what}) cannot be written into pip's configuration, so nothing is written."
)
LEAF = text(
    "What is accepted is the server's own certificate, which changes: keep its fingerprint in PIPSAFE_PIN "
    "instead. Nothing is written."
)
# For translators: {place} is where it is set: a file and a line, a variable, or the command line.
NOT_IN_A_FILE = text("What is at fault is {setting} ({place}): correct it there. Nothing is written.")
SOMEWHERE = text("What is at fault is a CA setting: correct it there. Nothing is written.")


@dataclass(frozen=True, slots=True)
class Feature:
    """`use-feature` with truststore in it: the system judges."""

    words: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """`cert` with public roots and these."""

    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]
    sources: tuple[Source, ...]
    """Where each anchor lies."""
    replaces: str | None
    """The CA file in force, whose roots go on counting."""


@dataclass(frozen=True, slots=True)
class Removal:
    """`cert` taken out of the file that it stands in: what it names is of no use."""

    setting: Setting
    beneath: Setting | None
    """What is in force then."""


@dataclass(frozen=True, slots=True)
class NoCure:
    """Nothing may be written, and the sentence that says why."""

    reason: str


Cure = Feature | Bundle | Removal


def choose(checkup: Checkup, config: str) -> Cure | NoCure | None:
    """None if pip refuses nothing. `config`: the file that would be changed."""
    if not any(not item.is_healthy for item in checkup.diagnoses):
        return None
    remedy = checkup.remedy
    if remedy is None:
        return NoCure(NOTHING_VERIFIED)
    plan = remedy.plan
    reason = obstacle(remedy)
    if reason is not None:
        return NoCure(reason)
    if plan.kind == "drop-setting":
        return _removal(checkup, config)
    if plan.trust.truststore and remedy.bundle is None and not plan.lends_truststore:
        return _feature(checkup, remedy)
    if plan.trust.truststore and remedy.bundle is None and checkup.facts.truststore:
        return _feature(checkup, remedy)
    present = checkup.around.settings.cert
    return Bundle(
        plan.anchors,
        plan.intermediates,
        _sources(plan.anchors, plan.anchor_sources, plan.source),
        present.value if present is not None and not _is_at_fault(checkup) else None,
    )


def obstacle(remedy: Remedy) -> Text | None:
    """Why a cure for one run cannot be made lasting, as sentences."""
    plan = remedy.plan
    for anchor, source in zip(plan.anchors, plan.anchor_sources, strict=False):
        if source.host is not None:
            return SCOPED.filled(name=anchor.label, host=source.host)
    if not all(anchor.is_ca for anchor in plan.anchors):
        return LEAF
    extra = sorted(set(remedy.environment) - EXPRESSIBLE)
    return INEXPRESSIBLE.filled(what=enumerated(extra)) if extra else None


def _sources(
    anchors: Sequence[Certificate], sources: Sequence[Source], first: Source | None
) -> tuple[Source, ...]:
    """One for each anchor."""
    known = tuple(sources)
    return known if len(known) == len(anchors) or first is None else (first,) * len(anchors)


def _feature(checkup: Checkup, remedy: Remedy) -> Feature | NoCure:
    words = remedy.environment.get("PIP_USE_FEATURE")
    if not words:
        # For translators: in parentheses, as what cures it for one run.
        return NoCure(INEXPRESSIBLE.filled(what=text("the system's verifier")))
    if any(value is None for value in remedy.environment.values()):
        return _fault(checkup)
    return Feature(words)


def _removal(checkup: Checkup, config: str) -> Removal | NoCure:
    setting = checkup.around.settings.cert
    if setting is None or checkup.around.settings.ca_bundle_env is not None:
        return _fault(checkup)
    if not setting.set_in.startswith(f"{config}, line "):
        return _fault(checkup)
    return Removal(setting, layers.beneath(checkup.around, setting))


def _fault(checkup: Checkup) -> NoCure:
    setting = next((item.case.setting for item in checkup.diagnoses if item.case.setting), None)
    if setting is None:
        return NoCure(SOMEWHERE)
    return NoCure(NOT_IN_A_FILE.filled(setting=setting.name, place=setting.set_in))


def _is_at_fault(checkup: Checkup) -> bool:
    """Whether the file in force cannot be read at all."""
    return any(item.case.setting_problem for item in checkup.diagnoses)


def settings_with(settings: Settings, cure: Cure, bundle: str | None) -> Settings:
    """What pip would go by with the cure written."""
    match cure:
        case Feature(words):
            return replace(settings, use_features=tuple(words.split()))
        case Removal(beneath=beneath):
            return replace(settings, cert=beneath)
        case Bundle():
            assert bundle is not None
            return replace(settings, cert=Setting(CERT, bundle, "pipsafe persist"))
