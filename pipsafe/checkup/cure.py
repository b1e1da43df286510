"""What to do about what doctor found, as sentences."""

from collections.abc import Iterator

from pipsafe.causes.case import Diagnosis
from pipsafe.checkup.result import Result
from pipsafe.language.text import enumerated, sentences, text
from pipsafe.messages import advice, wording
from pipsafe.messages.advice import TRUSTS_THE_SYSTEM, Driven
from pipsafe.messages.cause_words import ADVICE
from pipsafe.persist import cure as persist
from pipsafe.trust.anchors import Candidate

WORKS_NOW = text("A trial connection proved it: with `pipsafe` typed for `pip` it works now.")

TAKE_OUT = text(
    "Take out what turns verification off. Where pip then refuses a server, pipsafe finds out why, and what "
    "can be trusted instead."
)

PERSIST = text(
    "`pipsafe persist` writes what cures it into pip's own configuration; --dry-run only shows it."
)

CURED_BY_A_CA = ("tls-inspection", "private-ca")
"""Causes whose advice is to ask for a CA."""

# The system store accepts the server, by what the pip lacks that would trust that store by itself.
NEWER = text(
    "The system store accepts this server already: `pipsafe` makes this pip trust it, and pip 24.2 or newer "
    "on Python 3.10 or newer trusts it by itself."
)
NEWER_BEHIND_A_PROXY = text(
    "The system store accepts this server already: `pipsafe` makes this pip trust it, and pip 25.2 or newer "
    "on Python 3.10 or newer trusts it by itself."
)
WITHOUT_LEGACY_CERTS = text(
    "The system store accepts this server already: `pipsafe` makes this pip trust it, and without "
    "--use-deprecated=legacy-certs this pip trusts it by itself."
)
REACHES_THROUGH_PROXIES = (25, 2)
"""The first pip whose truststore does (pip issue 13288)."""

# For translators: {source} is what named the file, such as a variable's name.
AT_HAND = text(
    'The CA "{ca}" is in {source} ({path}) and accepts this server: `pipsafe` makes this pip trust it. Put '
    "into the system store, it is trusted by pip 24.2 or newer, too."
)
# For translators: {pin} is an option or a variable that holds a fingerprint.
PINNED = text(
    'The CA "{ca}" is the one that {pin} names and accepts this server: `pipsafe` makes this pip trust it. '
    "Put into the system store, it is trusted by pip 24.2 or newer, too."
)
HAND_ON = text("`pipsafe doctor --markdown` writes a note for whoever runs the network or the server.")


def now(result: Result) -> Iterator[str]:
    """What helps at once."""
    remedy = result.checkup.remedy
    if remedy is not None:
        yield sentences(wording.grounds(remedy), WORKS_NOW)
    for diagnosis in result.refused:
        # What is proved covers all that can be cured.
        if remedy is None or not diagnosis.is_curable:
            yield from of(result, diagnosis)
    if result.open_hosts:
        yield TAKE_OUT


def of(result: Result, diagnosis: Diagnosis) -> tuple[str, ...]:
    """What would cure it. A CA that is here already is not asked for again."""
    known = _known(result, diagnosis)
    asking = [ADVICE[name] for name in CURED_BY_A_CA]
    told = (known if known and told in asking else told for told in advice.of(diagnosis))
    return tuple(dict.fromkeys(told))


def _known(result: Result, diagnosis: Diagnosis) -> str | None:
    """What is to be done with the CA that is here."""
    if diagnosis.case.accepts("system"):
        return _stored(result, diagnosis)
    accepted = result.checkup.accepted.get(str(diagnosis.case.origin))
    if not accepted:
        return None
    merge = accepted[0].source.merge
    return sentences(_at_hand(accepted[0]), advice.MERGE.filled(command=merge) if merge else "")


def _stored(result: Result, diagnosis: Diagnosis) -> str:
    """How a pip comes to trust the system store."""
    around = result.checkup.around
    version = around.target.pip_version
    if around.target.python_version >= (3, 10) and version >= TRUSTS_THE_SYSTEM:
        if around.settings.legacy_certs:
            return WITHOUT_LEGACY_CERTS
        if diagnosis.case.proxy and version < REACHES_THROUGH_PROXIES:
            return NEWER_BEHIND_A_PROXY
    return NEWER_BEHIND_A_PROXY if diagnosis.case.proxy else NEWER


def _at_hand(found: Candidate) -> str:
    source = found.source
    if source.kind == "pin":
        return PINNED.filled(ca=found.anchor.label, pin=source.name)
    return AT_HAND.filled(ca=found.anchor.label, source=source.name, path=source.path)


def lasting(result: Result) -> Iterator[str]:
    """What keeps it from coming back."""
    remedy = result.checkup.remedy
    if remedy is not None:
        target = result.checkup.around.target
        driven = Driven(target.pip_version, target.python_version, "pipsafe", upgrades_pip=False)
        yield from advice.to_last([remedy], result.refused, driven)
        if persist.obstacle(remedy) is None:
            yield PERSIST


def merges(result: Result) -> Iterator[str]:
    """CAs that wait beside the system store, but for those that were spoken of."""
    remedy = result.checkup.remedy
    told = [source.path for source in remedy.plan.anchor_sources] if remedy is not None else []
    yield from (item.sentence for item in result.waiting if item.source.path not in told)


def more(result: Result) -> Iterator[str]:
    """Where to read on."""
    if result.refused:
        names = dict.fromkeys(item.decisive.name for item in result.refused)
        commands = enumerated(f"`pipsafe explain {name}`" for name in names)
        yield text("More, system by system: {commands}.", commands=commands)
        yield HAND_ON
