"""What pipsafe says, as lines: pure functions of what was found.

Each text says what was refused and by whom, which store accepts it, what was done, and what
to do next. None advises anything that weakens verification.
"""

from collections.abc import Mapping, Sequence

from pipsafe.certificate import Certificate
from pipsafe.diagnosis import Diagnosis, setting_words
from pipsafe.findings import Findings, Remedy
from pipsafe.sources import Source
from pipsafe.terminal import Line

STORE_NAMES = {
    "pip": "pip's own trust",
    "certifi": "today's public roots (certifi)",
    "system": "the system store",
}
STORES = ("pip", "certifi", "system")

# Tiers of files that somebody named: those who did want to hear what became of them.
NAMED_TIERS = ("configured", "explicit")

MOST_FILES = 6
"""CA files spoken of on the terminal."""

# What happened, in a clause; the cause's name follows in brackets.
HEADLINES: Mapping[str, str] = {
    "tls-inspection": "this network opens and inspects TLS connections",
    "private-ca": "the server's certificate comes from a CA that is not trusted here",
    "self-signed-server": "the server's certificate is signed by nobody but itself",
    "expired": "the server's certificate has expired",
    "not-yet-valid": "the server's certificate is not valid yet",
    "hostname-mismatch": "the server's certificate is for another host",
    "bad-ca-setting": "a CA setting is of no use",
    "missing-roots": "this pip has no list of trusted CAs",
    "outdated-roots": "this pip's list of trusted CAs is outdated",
    "unreachable": "the server cannot be reached",
    "unknown": "TLS failed, and the cause is not known",
}

# What would cure each cause that pipsafe may not cure.
ADVICE: Mapping[str, str] = {
    "tls-inspection": (
        "Ask whoever runs this network for the inspecting proxy's root CA, and put it in the system store "
        "(or name its file with --pipsafe-ca). pipsafe then uses it by itself."
    ),
    "private-ca": (
        "Ask whoever runs this index for its root CA, and put it in the system store "
        "(or name its file with --pipsafe-ca). pipsafe then uses it by itself."
    ),
    "self-signed-server": (
        "Ask whoever runs this server for a certificate from a CA. Or have its present certificate sent to "
        "you another way, compare the fingerprint, and name the file with --pipsafe-ca."
    ),
    "expired": "Whoever runs the server has to renew the certificate. Nothing on this machine can cure it.",
    "not-yet-valid": (
        "Check this machine's date and time first. If they are right, whoever runs the server has to "
        "replace the certificate."
    ),
    "hostname-mismatch": (
        "Use a name that the certificate is for, or ask whoever runs the server for a certificate for this "
        "name. If neither makes sense, something else answers in the server's place."
    ),
    "bad-ca-setting": "Correct or remove that setting.",
    "missing-roots": "Install the system's CA certificates (package ca-certificates), or a whole pip.",
    "outdated-roots": "Upgrade pip; `pipsafe install --upgrade pip` does.",
    "unreachable": "Check the address, the network and the proxy settings.",
    "unknown": "The note below has all that was seen.",
}

TO_LAST: Mapping[str, str] = {
    "system-store": (
        "To make it lasting, upgrade pip to 24.2 or newer (`pipsafe install --upgrade pip`) on Python 3.10 "
        "or newer: it trusts the system store by itself."
    ),
    "certifi": "To make it lasting, upgrade pip (`pipsafe install --upgrade pip`): it carries today's roots.",
    "bundle": (
        "To make it lasting, put that CA in the system store, and use pip 24.2 or newer on Python 3.10 or "
        "newer, which trusts that store by itself."
    ),
}
MEND_SETTING = "Correct or remove the setting that is at fault: {}."


def advice(diagnosis: Diagnosis) -> tuple[str, ...]:
    """What would cure it, as sentences."""
    return tuple(ADVICE[cause.name] for cause in diagnosis.causes if cause.name in ADVICE)


def refusal(diagnosis: Diagnosis) -> list[Line]:
    """What was refused, and why."""
    name = diagnosis.decisive.name
    words = diagnosis.case.pip.message or "refused"
    code = diagnosis.case.pip.code
    with_code = f" (verify code {code})" if code else ""
    explanations = [cause.explanation for cause in diagnosis.causes]
    return [
        Line("pipsafe:", f"{HEADLINES.get(name, 'TLS failed')} ({name})", "error"),
        Line("×", f"{diagnosis.case.origin} was not accepted. pip saw: {words}{with_code}", "error"),
        *(Line("│", text, "error") for text in explanations[:-1]),
        Line("╰─>", explanations[-1], "error"),
    ]


def cure(remedy: Remedy) -> Line:
    """What the retry is given."""
    found, how = _found(remedy)
    proof = f"{found} A trial connection proved it. pip starts again {how}, for this run only."
    return Line("note:", proof, "note")


def _found(remedy: Remedy) -> tuple[str, str]:
    """What accepts the server, and how pip starts again."""
    plan = remedy.plan
    if plan.kind == "drop-setting":
        return "Without that setting pip accepts the server.", "without it"
    if plan.anchors:
        known = plan.anchor_sources or (plan.source,) * len(plan.anchors)
        pairs = zip(plan.anchors, known, strict=False)
        return " ".join(_place(anchor, source) for anchor, source in pairs), "and trusts it"
    if plan.kind == "system-store":
        return "The system store accepts the server.", "with it"
    return "Completed by the roots that pip carries, that setting accepts the server.", "with both"


def _place(anchor: Certificate, source: Source | None) -> str:
    """One anchor and where it lies."""
    what = "The CA" if anchor.is_ca else "The server's own certificate"
    where = f" is in {source.name} ({source.path})" if source else " is here"
    return f'{what} "{anchor.label}" (SHA-256 {anchor.sha256}){where} and accepts the server.'


def announcement(findings: Findings) -> list[Line]:
    """Before a retry."""
    assert findings.remedy is not None
    lines = [line for diagnosis in findings.diagnoses for line in refusal(diagnosis)]
    return [*lines, cure(findings.remedy)]


def success(remedies: Sequence[Remedy], diagnoses: Sequence[Diagnosis]) -> list[Line]:
    """After a retry that went well."""
    lines = [Line("pipsafe:", "pip succeeded with that. Verification stayed on.", "done")]
    lasting = [
        TO_LAST[remedy.plan.kind]
        for remedy in remedies
        if remedy.plan.kind in TO_LAST and all(anchor.is_ca for anchor in remedy.plan.anchors)
    ]
    settings = [
        MEND_SETTING.format(setting_words(diagnosis.case.setting))
        for diagnosis in diagnoses
        if diagnosis.case.setting and any(cause.name == "bad-ca-setting" for cause in diagnosis.causes)
    ]
    return [*lines, *(Line("hint:", text, "hint") for text in dict.fromkeys([*lasting, *settings]))]


def retry_failed() -> list[Line]:
    """After a retry that failed for a reason of its own."""
    return [Line("pipsafe:", "TLS is cured for this run; pip failed for another reason, see above.", "note")]


def unremedied(findings: Findings, about: Sequence[str]) -> list[Line]:
    """When nothing may be used: the causes, what would cure them, and a note to hand on."""
    lines: list[Line] = []
    for diagnosis in findings.diagnoses:
        lines += refusal(diagnosis)
    lines += hints(findings)
    lines += [Line("note:", text, "note") for text in (*looked_at(findings)[:MOST_FILES], *findings.trouble)]
    lines.append(
        Line("note:", "For whoever runs this network or this server, to be pasted as it is:", "note")
    )
    lines += [Line("   ", text, verbatim=True) for text in request(findings)]
    for diagnosis in findings.diagnoses:
        lines += [Line("   ", text, verbatim=True) for text in ["", *ticket(diagnosis)]]
    lines += [Line("   ", text, verbatim=True) for text in about]
    return lines


def hints(findings: Findings) -> list[Line]:
    """What would cure it, each once."""
    texts = dict.fromkeys(text for diagnosis in findings.diagnoses for text in advice(diagnosis))
    return [Line("hint:", text, "hint") for text in texts]


def request(findings: Findings) -> list[str]:
    """What is asked of whoever gets the note."""
    when = next((f"{diagnosis.case.now:%Y-%m-%d %H:%M} UTC" for diagnosis in findings.diagnoses), "")
    names = {cause.name for diagnosis in findings.diagnoses for cause in diagnosis.causes}
    lines = [f"date      {when}"]
    if names & {"tls-inspection", "private-ca"}:
        lines.append("request   please send the root CA certificate (PEM) that the chain below ends in")
    return lines


def looked_at(findings: Findings) -> list[str]:
    """The CA files that were looked at in vain, and why each was of no use, as sentences."""
    search = findings.search
    accepted = {item for candidates in (findings.accepted or {}).values() for item in candidates}
    texts = [f"{over.source.name}, {over.source.path}: {over.reason}." for over in search.passed_over]
    texts += [
        f'{item.source.name}, {item.source.path}: has a CA called "{item.anchor.label}", '
        "but another one: its key did not sign this certificate."
        for item in search.candidates
        if item not in accepted and item.source.tier in NAMED_TIERS
    ]
    told = {over.source.path for over in search.passed_over}
    told |= {item.source.path for item in search.candidates}
    texts += [
        f"{store.source.name}, {store.source.path}: does not have the CA that is needed."
        for store in search.stores
        if store.source.path not in told and store.source.tier in NAMED_TIERS
    ]
    return texts


def ticket(diagnosis: Diagnosis) -> list[str]:
    """Origin, chain with fingerprints and the verdict of each store."""
    survey = diagnosis.case.survey
    lines = [f"server    {diagnosis.case.origin}"]
    for number, certificate in enumerate(survey.chain):
        lines.append(f"{'chain' if not number else '':<9} {number}: {certificate.subject}")
        lines.append(f"{'':<12} issued by {certificate.issuer}")
        lines.append(f"{'':<12} valid {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}")
        lines.append(f"{'':<12} SHA-256 {certificate.sha256}")
    if not survey.chain:
        lines.append(
            f"chain     not seen: {survey.error.message if survey.error else 'no certificate was sent'}"
        )
    for number, store in enumerate(name for name in STORES if name in survey.verdicts):
        verdict = survey.verdicts[store]
        plural = "" if store == "certifi" else "s"
        words = f"accept{plural} it" if verdict.accepted else f"refuse{plural} it: {verdict.message}"
        code = f" (code {verdict.code})" if verdict.code else ""
        lines.append(f"{'verdicts' if not number else '':<9} {STORE_NAMES[store]} {words}{code}")
    return lines


def skipped(findings: Findings, left_out: Sequence[str]) -> list[Line]:
    """pip went on without an origin that failed TLS."""
    names = ", ".join([str(item.case.origin) for item in findings.diagnoses] or left_out)
    return [
        *(line for diagnosis in findings.diagnoses for line in refusal(diagnosis)),
        *([too_late(findings.remedy)] if findings.remedy else hints(findings)),
        Line(
            "warning:",
            f"pip went on without {names}. What it found, it found elsewhere: a package of yours may "
            "come from another index. --pipsafe-strict stops in such a case.",
            "warning",
        ),
    ]


def too_late(remedy: Remedy) -> Line:
    """A cure is known, and pip was quicker."""
    found, _ = _found(remedy)
    text = f"{found} pip had begun to install before that was known: run it again to have it from there."
    return Line("hint:", text, "hint")


def refused(findings: Findings, left_out: Sequence[str], *, installed: bool) -> Line:
    """--pipsafe-strict ended the run."""
    names = ", ".join([str(item.case.origin) for item in findings.diagnoses] or left_out)
    how = "failed after the fact" if installed else "stopped before anything was installed"
    which = names or "an index"
    return Line("pipsafe:", f"{how}: {which} could not be verified (--pipsafe-strict).", "error")


def trusted_hosts(hosts: Sequence[tuple[str, str]]) -> list[Line]:
    """One warning on hosts that pip does not verify at all."""
    named = ", ".join(f"{host} ({set_in})" for host, set_in in hosts)
    return [
        Line(
            "warning:",
            f"pip was told to verify nothing at {named}: whoever is on the way can run code on this machine. "
            "Without that setting pipsafe can find out why verification fails.",
            "warning",
        )
    ]


def key_beside(path: str, key: str) -> Line:
    """The CA that helped is one that somebody here can sign with."""
    text = (
        f"the private key of the CA in {path} lies beside it ({key}): whoever can read that file can imitate "
        "every server towards this machine. It is a developer's own CA; keep it to tests."
    )
    return Line("warning:", text, "warning")


def not_examined(reason: str) -> Line:
    """Nothing could be found out."""
    return Line(
        "pipsafe:", f"this failure could not be looked into: {reason}. What pip said stands.", "warning"
    )


def fault(error: BaseException) -> Line:
    """pipsafe itself failed."""
    return Line(
        "pipsafe:",
        f"a fault in pipsafe ({type(error).__name__}); pip's result stands. Please report it.",
        "warning",
    )
