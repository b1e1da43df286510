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
from pipsafe.language.text import Text, text
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

EXPIRED_CA = text(
    "Whoever runs that CA has to renew its certificate, and the servers below it have to send the new one; "
    "a new root also has to come to this machine."
)
RESIGNED = text(
    "Whoever opens the connections of this network did not accept the server's own certificate, and says so "
    "by that CA: never trust it. Ask whoever runs the server to mend its certificate, or whoever runs the "
    "network to accept it there."
)
PLAIN_SERVER = text("A server without TLS answers there. Use the port, or the address, that has TLS.")
# For translators: {pin} is the option or the variable that names a fingerprint.
PIN_IS_NO_EXCUSE = text(
    "{pin} names the certificate that is presented. A pin stands for its issuer only: it excuses no date "
    "and no name."
)
# For translators: {source} is a variable, a setting, a program or "the system store"; {others} are servers.
HALF_CURED = text(
    "{origin} is accepted with what is in {source}; that was not used, because {others} stays refused."
)
# For translators: {setting} is like "the environment variable HTTPS_PROXY".
PROXY_NAMED = text("Put the user name and the password into {setting}: http://NAME:PASSWORD@HOST:PORT.")
# For translators: {source} is a variable, a setting, a program or "the system store"; {path} is its file.
UNPREPARED = text(
    "{origin} is accepted with what is in {source} ({path}); pip could not be given it, see below."
)

MERGE = text("That CA waits to be merged into the system store: `{command}`, run as root, does that.")
SCOPED = text(
    "That CA is meant for {host} only, so do not put it in the system store: let pipsafe find it each time."
)
# For translators: {setting} is like "the environment variable PIP_CERT".
MEND_SETTING = text("Correct or remove the setting that is at fault: {setting}.")
OLD_PYTHON = text(
    "To make it lasting, use Python 3.10 or newer with pip 24.2 or newer, which trusts the system store by "
    "itself; or name a file with the public CAs and that one in pip's configuration (`cert`)."
)
OLD_PIP = text(
    "To make it lasting, upgrade pip (`{command} install --upgrade pip`): from 24.2 on it trusts the system "
    "store by itself."
)
STORE_IT = text("To make it lasting, put that CA in the system store.")
STORE_IT_FOR_ALL = text("To make it lasting, put that CA in the system store: this pip trusts it by itself.")
TO_LAST: Mapping[str, Text] = {
    "certifi": text(
        "To make it lasting, upgrade pip (`{command} install --upgrade pip`): it carries today's roots."
    ),
    "completed-chain": text(
        "To make it lasting, ask whoever runs the server to send that certificate along: every client "
        "needs it."
    ),
    "pin": text("To make it lasting, keep that pin in PIPSAFE_PIN, or put that CA in the system store."),
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
        return (PROXY_NAMED.filled(setting=setting_words(case.proxy_setting)),)
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
            texts[HALF_CURED.filled(origin=origin, source=source, others=others)] = None
            continue
        if accepted and findings.trouble:
            where = accepted[0].source
            origin = diagnosis.case.origin
            texts[UNPREPARED.filled(origin=origin, source=where.name, path=where.path)] = None
            continue
        texts |= dict.fromkeys(of(diagnosis))
    texts |= dict.fromkeys(_pins_in_vain(findings, stays))
    names = dict.fromkeys(diagnosis.decisive.name for diagnosis in findings.diagnoses)
    return [*texts, *(SAYS_MORE.filled(cause=name) for name in names)]


def _pins_in_vain(findings: Findings, stays: Sequence[Diagnosis]) -> list[str]:
    presented = {item.sha256 for diagnosis in stays for item in diagnosis.case.survey.chain}
    return [
        PIN_IS_NO_EXCUSE.filled(pin=item.source.name)
        for item in findings.search.candidates
        if item.source.kind == "pin" and item.anchor.sha256 in presented
    ]


def to_last(remedies: Sequence[Remedy], diagnoses: Sequence[Diagnosis], driven: Driven) -> list[Text]:
    """How to make lasting what helped, as sentences; what is at fault first."""
    found = [
        MEND_SETTING.filled(setting=setting_words(diagnosis.case.setting))
        for diagnosis in diagnoses
        if diagnosis.case.setting and diagnosis.has("bad-ca-setting")
    ]
    if "os-trust-unavailable" in names_of(diagnoses):
        return list(dict.fromkeys([*found, ADVICE["os-trust-unavailable"]]))
    for remedy in remedies:
        if all(anchor.is_ca for anchor in remedy.plan.anchors):
            found += _of_plan(remedy.plan, driven)
    return list(dict.fromkeys(found))


def _of_plan(plan: Plan, driven: Driven) -> list[Text]:
    if plan.kind == "drop-setting":
        return []
    if plan.is_for_children:
        return [child_words.TO_LAST]
    if plan.kind == "completed-chain" and plan.source is not None and plan.source.tier not in TRUSTED_ALREADY:
        return [TO_LAST[plan.kind], *_of_plan(replace(plan, kind="bundle"), driven)]
    if plan.kind in TO_LAST:
        return [] if driven.upgrades_pip else [TO_LAST[plan.kind].filled(command=driven.command)]
    scoped = [source.host for source in plan.anchor_sources if source.host]
    if scoped:
        return [SCOPED.filled(host=scoped[0])]
    merges = [MERGE.filled(command=source.merge) for source in plan.anchor_sources if source.merge]
    stored = bool(merges) or plan.kind == "system-store"
    first = merges or ([] if stored else [_to_store_it(driven)])
    if driven.python_version < (3, 10):
        return [*merges, OLD_PYTHON]
    if driven.pip_version < TRUSTS_THE_SYSTEM and not driven.upgrades_pip:
        return [*first, OLD_PIP.filled(command=driven.command)]
    return first


def _to_store_it(driven: Driven) -> Text:
    return STORE_IT_FOR_ALL if driven.pip_version >= TRUSTS_THE_SYSTEM else STORE_IT
