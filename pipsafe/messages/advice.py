"""What to do next: sentences for what was found at one origin, and for making a cure lasting.

None weakens verification. What is known already is not asked for again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipsafe.causes import ssl_builds
from pipsafe.causes.case import Diagnosis, names_of
from pipsafe.causes.words import setting_words
from pipsafe.findings import Findings, Remedy
from pipsafe.messages import child_words, several
from pipsafe.messages.cause_pages import SAYS_MORE
from pipsafe.messages.cause_words import ADVICE
from pipsafe.remedy import Plan
from pipsafe.trust.denied import RESIGNS

ASK_FOR_THE_CA = ("tls-inspection", "private-ca")
"""Causes whose advice is to ask for the CA; not for one that nobody is to trust."""

TRUSTED_ALREADY = ("system", "public")
"""Tiers whose roots need nothing to be trusted next time."""

TRUSTS_THE_SYSTEM = (24, 2)
"""The first pip that trusts the system store by itself, on Python 3.10 and newer."""

EXPIRED_CA = (
    "Whoever runs that CA has to renew its certificate, and the servers below it have to send the new one; "
    "a new root also has to come to this machine."
)
RESIGNED = (
    "Whoever opens the connections of this network did not accept the server's own certificate, and says so "
    "by that CA: never trust it. Ask whoever runs the server to mend its certificate, or whoever runs the "
    "network to accept it there."
)
PLAIN_SERVER = "A server without TLS answers there. Use the port, or the address, that has TLS."
PIN_IS_NO_EXCUSE = (
    "{name} names the certificate that is presented. A pin stands for its issuer only: it excuses no date "
    "and no name."
)
HALF_CURED = (
    "{origin} is accepted with what is in {source}; that was not used, because {others} stays refused."
)
PROXY_NAMED = "Put the user name and the password into {}: http://NAME:PASSWORD@HOST:PORT."
UNPREPARED = "{origin} is accepted with what is in {source}; pip could not be given it, see below."

MERGE = "That CA waits to be merged into the system store: `{}`, run as root, does that."
SCOPED = "That CA is meant for {} only, so do not put it in the system store: let pipsafe find it each time."
MEND_SETTING = "Correct or remove the setting that is at fault: {}."
OLD_PYTHON = (
    "To make it lasting, use Python 3.10 or newer with pip 24.2 or newer, which trusts the system store by "
    "itself; or name a file with the public CAs and that one in pip's configuration (`cert`)."
)
OLD_PIP = (
    "To make it lasting, upgrade pip (`{command} install --upgrade pip`): from 24.2 on it trusts the system "
    "store by itself."
)
STORE_IT = "To make it lasting, put that CA in the system store{}."
TO_LAST: Mapping[str, str] = {
    "certifi": (
        "To make it lasting, upgrade pip (`{command} install --upgrade pip`): it carries today's roots."
    ),
    "completed-chain": (
        "To make it lasting, ask whoever runs the server to send that certificate along: every client "
        "needs it."
    ),
    "pin": "To make it lasting, keep that pin in PIPSAFE_PIN, or put that CA in the system store.",
}


class Driven(NamedTuple):
    """The pip that was driven, as far as advice depends on it."""

    pip_version: tuple[int, ...]
    python_version: tuple[int, ...]
    command: str
    """How pipsafe is typed to drive it again."""
    upgrades_pip: bool
    """Whether this very run was to upgrade pip."""


def of(diagnosis: Diagnosis) -> tuple[str, ...]:
    """What would cure it, as sentences."""
    if diagnosis.has("captive-portal"):
        return (ADVICE["captive-portal"],)
    found: list[str] = []
    for cause in diagnosis.causes:
        if diagnosis.case.denied is not None and cause.name in ASK_FOR_THE_CA:
            continue
        found += _special(diagnosis, cause.name) or ((ADVICE[cause.name],) if cause.name in ADVICE else ())
    return tuple(found)


def _special(diagnosis: Diagnosis, name: str) -> tuple[str, ...]:
    """Where more is known than the cause."""
    case = diagnosis.case
    if name == "ssl-module-missing":
        return ssl_builds.advice(case.build)
    if name == "expired":
        late = next((item for item in case.survey.chain if case.now > item.not_after), None)
        return (EXPIRED_CA,) if late is not None and late.is_ca else ()
    if name == "distrusted" and case.denied == RESIGNS:
        return (RESIGNED,)
    if name == "tls-protocol" and case.survey.spoken:
        return (PLAIN_SERVER,)
    if name == "proxy-problem" and case.proxy_setting is not None and case.pip.message.startswith("407"):
        return (PROXY_NAMED.format(setting_words(case.proxy_setting)),)
    return ()


def hints(findings: Findings) -> list[str]:
    """What would cure what is refused, each once, and what was at hand for the rest."""
    texts: dict[str, None] = {}
    stays = [item for item in findings.diagnoses if not item.is_curable]
    for diagnosis in several.told(findings.diagnoses)[0]:
        accepted = (findings.accepted or {}).get(str(diagnosis.case.origin))
        if accepted and stays and diagnosis.is_curable:
            others = several.listed([str(item.case.origin) for item in stays])
            source = accepted[0].source.name
            origin = diagnosis.case.origin
            texts[HALF_CURED.format(origin=origin, source=source, others=others)] = None
            continue
        if accepted and findings.trouble:
            where = accepted[0].source
            named = f"{where.name} ({where.path})"
            texts[UNPREPARED.format(origin=diagnosis.case.origin, source=named)] = None
            continue
        texts |= dict.fromkeys(of(diagnosis))
    texts |= dict.fromkeys(_pins_in_vain(findings, stays))
    names = dict.fromkeys(diagnosis.decisive.name for diagnosis in findings.diagnoses)
    return [*texts, *(SAYS_MORE.format(name) for name in names)]


def _pins_in_vain(findings: Findings, stays: Sequence[Diagnosis]) -> list[str]:
    presented = {item.sha256 for diagnosis in stays for item in diagnosis.case.survey.chain}
    return [
        PIN_IS_NO_EXCUSE.format(name=item.source.name)
        for item in findings.search.candidates
        if item.source.kind == "pin" and item.anchor.sha256 in presented
    ]


def to_last(remedies: Sequence[Remedy], diagnoses: Sequence[Diagnosis], driven: Driven) -> list[str]:
    """How to make lasting what helped, as sentences; what is at fault first."""
    found = [
        MEND_SETTING.format(setting_words(diagnosis.case.setting))
        for diagnosis in diagnoses
        if diagnosis.case.setting and diagnosis.has("bad-ca-setting")
    ]
    if "os-trust-unavailable" in names_of(diagnoses):
        return list(dict.fromkeys([*found, ADVICE["os-trust-unavailable"]]))
    for remedy in remedies:
        if all(anchor.is_ca for anchor in remedy.plan.anchors):
            found += _of_plan(remedy.plan, driven)
    return list(dict.fromkeys(found))


def _of_plan(plan: Plan, driven: Driven) -> list[str]:
    if plan.kind == "drop-setting":
        return []
    if plan.is_for_children:
        return [child_words.TO_LAST]
    if plan.kind == "completed-chain" and plan.source is not None and plan.source.tier not in TRUSTED_ALREADY:
        return [TO_LAST[plan.kind], *_of_plan(replace(plan, kind="bundle"), driven)]
    if plan.kind in TO_LAST:
        return [] if driven.upgrades_pip else [TO_LAST[plan.kind].format(command=driven.command)]
    scoped = [source.host for source in plan.anchor_sources if source.host]
    if scoped:
        return [SCOPED.format(scoped[0])]
    merges = [MERGE.format(source.merge) for source in plan.anchor_sources if source.merge]
    stored = bool(merges) or plan.kind == "system-store"
    first = merges or ([] if stored else [STORE_IT.format(_which_pip(driven))])
    if driven.python_version < (3, 10):
        return [*merges, OLD_PYTHON]
    if driven.pip_version < TRUSTS_THE_SYSTEM and not driven.upgrades_pip:
        return [*first, OLD_PIP.format(command=driven.command)]
    return first


def _which_pip(driven: Driven) -> str:
    return ": this pip trusts it by itself" if driven.pip_version >= TRUSTS_THE_SYSTEM else ""
