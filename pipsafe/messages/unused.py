"""What was found on this machine and is of no use for the servers that are refused, and why."""

from pipsafe.causes.case import names_of
from pipsafe.findings import Findings
from pipsafe.language.text import Text, joined, text
from pipsafe.trust.anchors import Candidate
from pipsafe.trust.sources import Source

# Tiers of files that somebody named: those who did want to hear what became of them.
NAMED_TIERS = ("configured", "explicit")

# For translators: {place} is what names a file of CAs, and its path; {reason} has no verb at times.
NOT_USED = text("{place}: {reason}.")
NOT_THERE = text("{place}: does not have the CA that is needed.")
OF_NO_USE = text(
    '{place}: has a CA called "{name}", which is of no use here: the server is refused for another reason, '
    "too."
)
# For translators: {limits} are clauses with that CA as their subject, like "allows no CA below itself".
LIMITED = text(
    '{place}: has a CA called "{name}", which did not sign this certificate, or may not: it {limits}.'
)
UNANSWERED = text(
    '{place}: has a CA called "{name}", which could not be tried: the server did not answer in time. Run the '
    "command again."
)
ANOTHER = text('{place}: has a CA called "{name}", but another one: its key did not sign this certificate.')


def sentences(findings: Findings) -> list[Text]:
    """One for each place that somebody named."""
    if "clock-skew" in names_of(findings.diagnoses):
        return []  # by a wrong clock every certificate seems out of date
    search = findings.search
    accepted = {item for candidates in (findings.accepted or {}).values() for item in candidates}
    used = {(item.anchor.sha256, item.source) for item in accepted}
    texts = [NOT_USED.filled(place=_place(over.source), reason=over.reason) for over in search.passed_over]
    texts += [
        _unused(item, findings)
        for item in search.candidates
        if (item.anchor.sha256, item.source) not in used and _was_named(item.source)
    ]
    told = {over.source.path for over in search.passed_over}
    told |= {item.source.path for item in search.candidates}
    texts += [
        NOT_THERE.filled(place=_place(store.source))
        for store in search.stores
        if store.source.path not in told and _was_named(store.source)
    ]
    return list(dict.fromkeys(texts))


def _was_named(source: Source) -> bool:
    """Java's key store is looked into because it is there, pins are told of elsewhere."""
    return source.tier in NAMED_TIERS and source.kind not in ("keystore", "pin")


def _unused(candidate: Candidate, findings: Findings) -> Text:
    place, name = _place(candidate.source), candidate.anchor.label
    if not all(item.is_curable for item in findings.diagnoses):
        return OF_NO_USE.filled(place=place, name=name)
    if candidate.anchor.sha256 in findings.search.unanswered:
        return UNANSWERED.filled(place=place, name=name)
    if candidate.limits:
        # For translators: between two clauses of what a CA's certificate limits it to.
        limits = joined(candidate.limits, text(" and "))
        return LIMITED.filled(place=place, name=name, limits=limits)
    return ANOTHER.filled(place=place, name=name)


def _place(source: Source) -> Text:
    if source.kind == "pin":
        # For translators: {name} is the option or the variable that names a fingerprint.
        return text("{name} ({fingerprint})", name=source.name, fingerprint=source.path)
    return text("{name}, {path}", name=source.name, path=source.path)
