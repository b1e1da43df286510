"""The JSON report: what was found and done, for machines."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from pipsafe import __version__
from pipsafe.attempts.attempt import Attempt, Hello
from pipsafe.causes.case import STORES, Case, Diagnosis
from pipsafe.findings import ChildFailure, Findings, Remedy
from pipsafe.trust.anchors import Search
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate

Json = dict[str, Any]

SCHEMA = 1


def moment(when: datetime) -> str:
    """RFC 3339, UTC."""
    return when.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def certificate(item: Certificate) -> Json:
    return {
        "subject": item.subject,
        "issuer": item.issuer,
        "not_before": moment(item.not_before),
        "not_after": moment(item.not_after),
        "sha256": item.sha256,
        "is_ca": item.is_ca,
    }


def failure(diagnosis: Diagnosis, findings: Findings, advice: Sequence[str]) -> Json:
    """One origin that failed, or one that was asked and did not."""
    case = diagnosis.case
    setting = case.setting if diagnosis.has("bad-ca-setting") else None
    if setting is None and diagnosis.has("proxy-problem"):
        setting = case.proxy_setting
    return {
        "leg": case.leg,
        "origin": str(case.origin),
        "cause": None if diagnosis.is_healthy else diagnosis.decisive.name,
        "causes": [cause.name for cause in diagnosis.causes],
        "verify_code": case.pip.code or None,
        "message": case.pip.message,
        "inspector": diagnosis.inspector,
        "chain": [certificate(item) for item in case.survey.chain],
        "verdicts": _verdicts(case, findings),
        "setting": setting and {"name": setting.name, "value": setting.value, "set_in": setting.set_in},
        "explanation": " ".join(cause.explanation for cause in diagnosis.causes),
        "reasons": list(diagnosis.reasons),
        "advice": list(advice),
    }


def failure_of_child(item: ChildFailure, explanation: str, advice: str) -> Json:
    """A connection that a program which pip started was refused, as it says: nothing of it was looked at."""
    return {
        "leg": item.leg,
        "origin": item.origin and str(item.origin),
        "cause": "unknown",
        "causes": ["unknown"],
        "verify_code": None,
        "message": None,
        "inspector": None,
        "chain": [],
        "verdicts": [],
        "setting": None,
        "explanation": explanation,
        "reasons": [],
        "advice": [advice],
    }


def _verdicts(case: Case, findings: Findings) -> list[Json]:
    """The stores', then those of CA files that hold an anchor by the right name."""
    rows = [
        {"store": name, "accepted": verdict.accepted, "verify_code": verdict.code, "message": verdict.message}
        for name in STORES
        if (verdict := case.survey.verdicts.get(name)) is not None
    ]
    accepted = (findings.accepted or {}).get(str(case.origin), ())
    by_path: dict[str, bool] = {}
    for candidate in findings.search.candidates:
        if candidate.source.tier in ("configured", "provisioned", "explicit"):
            path = candidate.source.path
            by_path[path] = by_path.get(path, False) or candidate in accepted
    rows += [
        {
            "store": path,
            "accepted": value,
            "verify_code": 0 if value else None,
            "message": "" if value else None,
        }
        for path, value in by_path.items()
    ]
    return rows


def remedy(items: Sequence[Remedy]) -> Json | None:
    """What pip was run with in the end: each round's remedy adds to those before."""
    if not items:
        return None
    plans = [item.plan for item in items]
    kinds = {plan.kind for plan in plans}
    source = next((plan.source for plan in plans if plan.source is not None), None)
    anchors = {
        anchor.sha256: _anchor(anchor, place)
        for plan in plans
        for anchor, place in zip_longest(plan.anchors, plan.anchor_sources[: len(plan.anchors)])
        if anchor is not None
    }
    return {
        "kind": plans[-1].kind if len(kinds) == 1 else "bundle",
        "anchors": list(anchors.values()),
        "source": source and _source(source),
        "intermediates": [
            {"subject": item.subject, "sha256": item.sha256, "not_after": moment(item.not_after)}
            for item in dict.fromkeys(between for plan in plans for between in plan.intermediates)
        ],
        "environment": {name: value for item in items for name, value in item.environment.items()},
    }


def _anchor(anchor: Certificate, source: Source | None) -> Json:
    return {
        "subject": anchor.subject,
        "sha256": anchor.sha256,
        "not_after": moment(anchor.not_after),
        "source": source and _source(source),
    }


def _source(source: Source) -> Json:
    # A pin names a certificate by its fingerprint: there is no file.
    path = None if source.kind == "pin" else source.path
    return {"tier": source.tier, "name": source.name, "path": path}


def stores(searches: Sequence[Search]) -> list[Json]:
    """Every place that was looked into, once."""
    rows = {item.source: item for search in searches for item in search.stores}
    return [
        {
            "store": item.source.name,
            "tier": item.source.tier,
            "path": item.source.path,
            "certificates": item.certificates,
            "problems": list(item.problems),
        }
        for item in rows.values()
    ]


def passed_over(searches: Sequence[Search]) -> list[Json]:
    """What was found and is not used, and why."""
    rows = dict.fromkeys((item.source, item.reason) for search in searches for item in search.passed_over)
    return [{**_source(source), "reason": reason} for source, reason in rows]


def target(hello: Hello, openssl: str | None) -> Json:
    """The pip that was driven."""
    return {
        "python": hello.executable,
        "python_version": hello.python_version,
        "pip_version": hello.pip_version,
        "openssl": openssl,
        "platform": hello.platform,
    }


def attempt(item: Attempt) -> Json:
    """One run of pip; seconds of wall-clock time."""
    return {"exit_code": item.exit_code, "seconds": round(item.seconds, 3), "stopped_early": item.stopped}


def whole(**fields: Any) -> Json:
    """The report of a run: these fields behind the two that every report begins with."""
    return {"schema": SCHEMA, "pipsafe": __version__, **fields}
