"""What pipsafe says, as lines: pure functions of what was found.

Each text says what was refused and by whom, which store accepts it, what was done, and what
to do next. None advises anything that weakens verification.
"""

from collections.abc import Sequence

from pipsafe.causes.case import Diagnosis, names_of
from pipsafe.findings import Findings, Remedy
from pipsafe.messages import advice, handover, unused
from pipsafe.messages.advice import Driven
from pipsafe.messages.cause_words import HEADLINES
from pipsafe.messages.terminal import Line
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate

HERE = frozenset(
    (
        *("ssl-module-missing", "clock-skew", "bad-ca-setting", "missing-roots", "outdated-roots"),
        *("os-trust-unavailable", "unreachable"),
    )
)
"""Causes that lie on this machine: nobody else can do anything about them."""

MOST_FILES = 6
"""CA files spoken of on the terminal."""


def refusal(diagnosis: Diagnosis) -> list[Line]:
    """What was refused, and why."""
    name = diagnosis.decisive.name
    words = diagnosis.case.pip.message or "refused"
    code = diagnosis.case.pip.code
    with_code = f" (verify code {code})" if code else ""
    explanations = [cause.explanation for cause in diagnosis.causes]
    return [
        Line("pipsafe:", f"{_headline(diagnosis)} ({name})", "error"),
        Line("×", f"{diagnosis.case.origin} {_what_became(diagnosis)}: {words}{with_code}", "error"),
        *(Line("│", text, "error") for text in explanations[:-1]),
        Line("╰─>", explanations[-1], "error"),
    ]


def _headline(diagnosis: Diagnosis) -> str:
    if diagnosis.decisive.name == "proxy-problem" and diagnosis.is_curable:
        return "the proxy's own certificate is not trusted here"
    return HEADLINES.get(diagnosis.decisive.name, "TLS failed")


def _what_became(diagnosis: Diagnosis) -> str:
    """The failure as pip met it, up to the verifier's words."""
    if diagnosis.has("ssl-module-missing"):
        return "was not even asked. Python says"
    if diagnosis.case.pip.kind in ("certificate", "setting"):
        return "was not accepted. pip saw"
    return "was not reached over TLS. pip saw"


def cure(remedy: Remedy) -> Line:
    """What the retry is given."""
    found, how = _found(remedy)
    proof = f"{found} A trial connection proved it. pip starts again {how}, for this run only."
    return Line("note:", proof, "note")


def grounds(remedy: Remedy) -> str:
    """What accepts the servers that pip refuses, as sentences."""
    return _found(remedy)[0]


def _found(remedy: Remedy) -> tuple[str, str]:
    """What accepts the server, and how pip starts again."""
    plan = remedy.plan
    if plan.kind == "drop-setting":
        return "Without that setting pip accepts the server.", "without it"
    if plan.kind == "completed-chain":
        missing = ", ".join(f'"{item.label}"' for item in plan.intermediates)
        (root, *_) = plan.anchors
        words = (
            f'With the certificate {missing}, which the server leaves out, its chain ends in "{root.label}".'
        )
        return words, "with both"
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
    if source is not None and source.kind == "pin":
        where = f" is the one that {source.name} names"
    return f'{what} "{anchor.label}" (SHA-256 {anchor.sha256}){where} and accepts the server.'


def announcement(findings: Findings) -> list[Line]:
    """Before a retry."""
    assert findings.remedy is not None
    lines = [line for diagnosis in findings.diagnoses for line in refusal(diagnosis)]
    return [*lines, cure(findings.remedy)]


def success(
    remedies: Sequence[Remedy], diagnoses: Sequence[Diagnosis], driven: Driven, unneeded: Sequence[str]
) -> list[Line]:
    """After a retry that went well. ``unneeded``: sentences on what was named and did not help."""
    lines = [Line("pipsafe:", "pip succeeded with that. Verification stayed on.", "done")]
    lines += [Line("note:", text, "note") for text in unneeded]
    return [*lines, *(Line("hint:", text, "hint") for text in advice.to_last(remedies, diagnoses, driven))]


def retry_failed() -> list[Line]:
    """After a retry that failed for a reason of its own."""
    return [Line("pipsafe:", "TLS is cured for this run; pip failed for another reason, see above.", "note")]


def unremedied(findings: Findings, about: Sequence[str]) -> list[Line]:
    """When nothing may be used: the causes, what would cure them, and a note to hand on."""
    lines: list[Line] = []
    for diagnosis in findings.diagnoses:
        lines += refusal(diagnosis)
    lines += hints(findings)
    told = (*unused.sentences(findings)[:MOST_FILES], *findings.trouble)
    lines += [Line("note:", text, "note") for text in told]
    for_others = [item for item in findings.diagnoses if _is_for_others(item)]
    if not for_others:
        return lines
    lines.append(
        Line("note:", "For whoever runs this network or this server, to be pasted as it is:", "note")
    )
    lines += [Line("   ", text, verbatim=True) for text in handover.request(findings)]
    for diagnosis in for_others:
        lines += [Line("   ", text, verbatim=True) for text in ["", *handover.ticket(diagnosis)]]
    lines += [Line("   ", text, verbatim=True) for text in about]
    return lines


def _is_for_others(diagnosis: Diagnosis) -> bool:
    return not HERE.issuperset(names_of([diagnosis])) and not diagnosis.has("captive-portal")


def hints(findings: Findings) -> list[Line]:
    """What to do next, each once."""
    return [Line("hint:", text, "hint") for text in advice.hints(findings)]


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
