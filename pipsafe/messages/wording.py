"""What pipsafe says, as lines: pure functions of what was found.

Each text says what was refused and by whom, which store accepts it, what was done, and what
to do next. None advises anything that weakens verification.
"""

from collections.abc import Sequence

from pipsafe.causes.case import Diagnosis, names_of
from pipsafe.findings import Findings, Remedy
from pipsafe.messages import advice, child_words, handover, several, unused
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

MOST_PROJECTS = 12
"""Packages named on the terminal."""


def refusals(diagnoses: Sequence[Diagnosis]) -> list[Line]:
    """What was refused and why, of each server, or of a few that stand for many."""
    shown, rest = several.told(diagnoses)
    lines = [line for diagnosis in shown for line in refusal(diagnosis)]
    return [*lines, Line("pipsafe:", several.rest_in_words(rest), "error")] if rest else lines


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
            f'With the certificate {missing}, which the server leaves out, its chain ends in "{root.label}"'
        )
        source = (*plan.anchor_sources, plan.source)[0]
        where = f" (SHA-256 {root.sha256}), which is in {source.name} ({source.path})" if source else ""
        return f"{words}{where}.", "with both"
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
    lines = [*refusals(findings.diagnoses), *child_words.lines(findings.of_children)]
    if findings.remedy.plan.is_for_children:
        return [*lines, child_words.cure(findings.remedy, grounds(findings.remedy))]
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
    text = (
        "TLS is cured for this run; pip failed for another reason: see above, or run it again with -vv, "
        "which shows what servers answer."
    )
    return [Line("pipsafe:", text, "note")]


def asks_for_certificate(origin: str) -> Line:
    """A server that pip had no client certificate for, and that may answer it with errors for that."""
    text = (
        f"{origin} asks for a client certificate, and pip was given none (--client-cert). Some servers then "
        "answer with errors only, which pip does not show. `pipsafe explain client-cert-required` says more."
    )
    return Line("warning:", text, "warning")


def unremedied(findings: Findings, about: Sequence[str]) -> list[Line]:
    """When nothing may be used: the causes, what would cure them, and a note to hand on."""
    lines = refusals(findings.diagnoses)
    lines += child_words.lines(findings.of_children)
    lines += hints(findings)
    told = (*unused.sentences(findings)[:MOST_FILES], *findings.trouble)
    lines += [Line("note:", text, "note") for text in told]
    for_others = [item for item in findings.diagnoses if _is_for_others(item, findings)]
    if not for_others:
        return lines
    lines.append(
        Line("note:", "For whoever runs this network or this server, to be pasted as it is:", "note")
    )
    lines += [Line("   ", text, verbatim=True) for text in handover.request(findings)]
    shown, rest = several.told(for_others)
    for diagnosis in shown:
        lines += [Line("   ", text, verbatim=True) for text in ["", *handover.ticket(diagnosis)]]
    if rest:
        names = several.listed([str(item.case.origin) for item in rest])
        lines += [Line("   ", text, verbatim=True) for text in ["", f"as well   {names}"]]
    lines += [Line("   ", text, verbatim=True) for text in about]
    return lines


def _is_for_others(diagnosis: Diagnosis, findings: Findings) -> bool:
    known = (findings.accepted or {}).get(str(diagnosis.case.origin))
    if known and findings.trouble and diagnosis.is_curable:
        return False  # all that is missing is a place to write to
    return not HERE.issuperset(names_of([diagnosis])) and not diagnosis.has("captive-portal")


def hints(findings: Findings) -> list[Line]:
    """What to do next, each once."""
    found = [Line("hint:", text, "hint") for text in advice.hints(findings)]
    return [*found, *child_words.hints(findings.of_children)]


def servers(findings: Findings, left_out: Sequence[str]) -> tuple[str, ...]:
    """Those that were left out, each once: those that were looked into, and those that pip alone met."""
    return tuple(dict.fromkeys([*(str(item.case.origin) for item in findings.diagnoses), *left_out]))


def skipped(
    findings: Findings, left_out: Sequence[str], projects: Sequence[str], *, installs: bool
) -> list[Line]:
    """pip went on without an origin that failed TLS.

    ``projects``: what could have come from there. ``installs``: whether pip was to fetch packages, not
    to list them.
    """
    of = f" of {several.listed(projects, MOST_PROJECTS)}" if projects else ""
    effect = (
        f"What it found{of}, it found elsewhere: a package of yours may come from another index."
        if installs
        else "What it lists may lack what is there."
    )
    text = (
        f"pip went on without {several.listed(servers(findings, left_out))}. {effect} "
        "--pipsafe-strict stops in such a case."
    )
    return [
        *refusals(findings.diagnoses),
        *([too_late(findings.remedy)] if findings.remedy else hints(findings)),
        Line("warning:", text, "warning"),
    ]


def too_late(remedy: Remedy) -> Line:
    """A cure is known, and pip was quicker."""
    found, _ = _found(remedy)
    text = f"{found} pip had gone on before that was known: run it again to have it from there."
    return Line("hint:", text, "hint")


def refused(findings: Findings, left_out: Sequence[str], *, installed: bool) -> Line:
    """--pipsafe-strict ended the run."""
    names = several.listed(servers(findings, left_out))
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


def not_started_again(python: str, reason: str) -> Line:
    """What the first attempt was run by is not there for another."""
    told = f"{python} cannot be started again: {reason}. What the first attempt came to stands."
    return Line("pipsafe:", told, "warning")


def fault(error: BaseException) -> Line:
    """pipsafe itself failed."""
    return Line(
        "pipsafe:",
        f"a fault in pipsafe ({type(error).__name__}); pip's result stands. Please report it.",
        "warning",
    )
