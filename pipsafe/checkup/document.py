"""The result as JSON: the fields of `doctor --json`, in the words of the report of a run."""

from pipsafe.checkup import cure
from pipsafe.checkup.result import Result
from pipsafe.findings import Findings
from pipsafe.messages import report
from pipsafe.messages.report import Json
from pipsafe.trust import public_roots


def build(result: Result) -> Json:
    """One object for machines. Credentials are gone already."""
    checkup = result.checkup
    around = Findings(
        diagnoses=checkup.diagnoses, search=checkup.search, accepted=checkup.accepted, facts=checkup.facts
    )
    return report.whole(
        target=report.target(result.hello, checkup.facts.openssl),
        origins=[report.failure(item, around, cure.of(result, item)) for item in checkup.diagnoses],
        settings=[
            {"name": item.name, "value": item.value, "set_in": item.set_in, "effect": item.effect}
            for item in result.effects
        ],
        stores=[_carried(result), *report.stores([checkup.search])],
        trusted_hosts=[
            {"host": item.host, "set_in": item.set_in, "in_force": item.in_force} for item in result.hosts
        ],
        unencrypted=[
            {"origin": str(item.origin), "named_by": item.named_by, "used": item.is_used}
            for item in result.unencrypted
        ],
        unasked=[str(contact.origin) for contact in result.unasked],
        passed_over=report.passed_over([checkup.search]),
        remedy=_remedy(result),
        warnings=[
            *checkup.trouble,
            *result.problems,
            *(item.sentence for item in result.waiting),
            *(item.text for item in result.lasting if item.is_stale),
        ],
        exit_code=result.exit_code,
    )


def _remedy(result: Result) -> Json | None:
    """What a run of pipsafe would be cured by. Its environment is made anew for each run."""
    found = result.checkup.remedy
    cure = report.remedy([found] if found else [])
    return cure and {**cure, "environment": {}}


def _carried(result: Result) -> Json:
    """The roots that pip itself carries."""
    path = result.checkup.facts.certifi
    number = public_roots.count(path)
    problems = [] if number else ["holds no certificate" if path else "is not there"]
    return {"store": "pip", "tier": None, "path": path, "certificates": number, "problems": problems}
