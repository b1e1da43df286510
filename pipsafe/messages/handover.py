"""A note for whoever runs the network or the server, to be pasted as it is."""

from pipsafe.causes.case import STORES, Diagnosis
from pipsafe.findings import Findings

STORE_NAMES = {
    "pip": "pip's own trust",
    "certifi": "today's public roots (certifi)",
    "system": "the system store",
}

JUDGED = ("accepted", "certificate", "setting")
"""Kinds of verdicts in which trust was asked."""

MOST_CERTIFICATES = 10
"""Of one chain that are told of: how many there are is the server's choice."""


def request(findings: Findings) -> list[str]:
    """What is asked of whoever gets the note."""
    when = next((f"{diagnosis.case.now:%Y-%m-%d %H:%M} UTC" for diagnosis in findings.diagnoses), "")
    wanted = [diagnosis for diagnosis in findings.diagnoses if diagnosis.case.denied is None]
    names = {cause.name for diagnosis in wanted for cause in diagnosis.causes}
    lines = [f"date      {when}"]
    if names & {"tls-inspection", "private-ca"}:
        lines.append("request   please send the root CA certificate (PEM) that the chain below ends in")
    return lines


def ticket(diagnosis: Diagnosis) -> list[str]:
    """Origin, chain with fingerprints and the verdict of each store."""
    survey = diagnosis.case.survey
    lines = [f"server    {diagnosis.case.origin}"]
    for number, certificate in enumerate(survey.chain[:MOST_CERTIFICATES]):
        lines.append(f"{'chain' if not number else '':<9} {number}: {certificate.subject}")
        lines.append(f"{'':<12} issued by {certificate.issuer}")
        lines.append(f"{'':<12} valid {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}")
        lines.append(f"{'':<12} SHA-256 {certificate.sha256}")
    if len(survey.chain) > MOST_CERTIFICATES:
        lines.append(f"{'':<9} and {len(survey.chain) - MOST_CERTIFICATES} more")
    if not survey.chain:
        lines.append(
            f"chain     not seen: {survey.error.message if survey.error else 'no certificate was sent'}"
        )
    judged = [name for name in STORES if name in survey.verdicts and survey.verdicts[name].kind in JUDGED]
    if diagnosis.case.proxy:
        lines.append(f"proxy     {diagnosis.case.proxy}")
    for number, store in enumerate(judged):
        verdict = survey.verdicts[store]
        plural = "" if store == "certifi" else "s"
        words = f"accept{plural} it" if verdict.accepted else f"refuse{plural} it: {verdict.message}"
        code = f" (code {verdict.code})" if verdict.code else ""
        lines.append(f"{'verdicts' if not number else '':<9} {STORE_NAMES[store]} {words}{code}")
    return lines
