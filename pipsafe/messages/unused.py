"""What was found on this machine and is of no use for the servers that are refused, and why."""

from pipsafe.causes.case import names_of
from pipsafe.findings import Findings
from pipsafe.trust.anchors import Candidate
from pipsafe.trust.sources import Source

# Tiers of files that somebody named: those who did want to hear what became of them.
NAMED_TIERS = ("configured", "explicit")


def sentences(findings: Findings) -> list[str]:
    """One for each place that somebody named."""
    if "clock-skew" in names_of(findings.diagnoses):
        return []  # by a wrong clock every certificate seems out of date
    search = findings.search
    accepted = {item for candidates in (findings.accepted or {}).values() for item in candidates}
    used = {(item.anchor.sha256, item.source) for item in accepted}
    texts = [f"{_place(over.source)}: {over.reason}." for over in search.passed_over]
    texts += [
        f'{_place(item.source)}: has a CA called "{item.anchor.label}", {_why_not(item, findings)}.'
        for item in search.candidates
        if (item.anchor.sha256, item.source) not in used and _was_named(item.source)
    ]
    told = {over.source.path for over in search.passed_over}
    told |= {item.source.path for item in search.candidates}
    texts += [
        f"{_place(store.source)}: does not have the CA that is needed."
        for store in search.stores
        if store.source.path not in told and _was_named(store.source)
    ]
    return list(dict.fromkeys(texts))


def _was_named(source: Source) -> bool:
    """Java's key store is looked into because it is there, pins are told of elsewhere."""
    return source.tier in NAMED_TIERS and source.kind not in ("keystore", "pin")


def _why_not(candidate: Candidate, findings: Findings) -> str:
    if not all(item.is_curable for item in findings.diagnoses):
        return "which is of no use here: the server is refused for another reason, too"
    if candidate.limits:
        return f"which did not sign this certificate, or may not: it {' and '.join(candidate.limits)}"
    return "but another one: its key did not sign this certificate"


def _place(source: Source) -> str:
    return f"{source.name} ({source.path})" if source.kind == "pin" else f"{source.name}, {source.path}"
