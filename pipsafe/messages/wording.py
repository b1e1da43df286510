"""What pipsafe says, as lines: pure functions of what was found.

Each text says what was refused and by whom, which store accepts it, what was done, and what
to do next. None advises anything that weakens verification.
"""

from collections.abc import Mapping, Sequence

from pipsafe.causes.case import Diagnosis, names_of
from pipsafe.findings import Findings, Remedy
from pipsafe.language.text import Text, counted, enumerated, sentences, text
from pipsafe.messages import advice, child_words, handover, several, unused
from pipsafe.messages.advice import Driven
from pipsafe.messages.cause_words import HEADLINES, TLS_FAILED, headline, with_code
from pipsafe.messages.run_words import CURED, NOT_ACCEPTED, NOT_ASKED, NOT_REACHED, SUCCEEDED
from pipsafe.messages.terminal import Line
from pipsafe.remedy import Plan
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

LIES_IN: Mapping[bool, Text] = {
    # For translators: {source} is a variable, a setting, a program or "the system store"; {path} is its file.
    True: text('The CA "{name}" (SHA-256 {sha256}) is in {source} ({path}) and accepts the server.'),
    # For translators: {source} is a variable, a setting, a program or "the system store"; {path} is its file.
    False: text(
        'The server\'s own certificate "{name}" (SHA-256 {sha256}) is in {source} ({path}) and accepts the '
        "server."
    ),
}
NAMED_BY: Mapping[bool, Text] = {
    # For translators: {pin} is the option or the variable that names the fingerprint.
    True: text('The CA "{name}" (SHA-256 {sha256}) is the one that {pin} names and accepts the server.'),
    # For translators: {pin} is the option or the variable that names the fingerprint.
    False: text(
        'The server\'s own certificate "{name}" (SHA-256 {sha256}) is the one that {pin} names and accepts '
        "the server."
    ),
}
IS_HERE: Mapping[bool, Text] = {
    True: text('The CA "{name}" (SHA-256 {sha256}) is here and accepts the server.'),
    False: text('The server\'s own certificate "{name}" (SHA-256 {sha256}) is here and accepts the server.'),
}
"""Whether it is a CA, and what is said of where it lies."""

# For translators: {missing} are names of certificates between the server's and a root, mostly one.
COMPLETED = text('With the certificate {missing}, which the server leaves out, its chain ends in "{root}".')
# For translators: {missing} are names of certificates between the server's and a root, mostly one; {source}
# is a variable, a setting, a program or "the system store"; {path} is its file.
COMPLETED_BY = text(
    'With the certificate {missing}, which the server leaves out, its chain ends in "{root}" (SHA-256 '
    "{sha256}), which is in {source} ({path})."
)

PROVED = text("A trial connection proved it.")
WITHOUT_IT = text("pip starts again without it, for this run only.")
WITH_IT = text("pip starts again with it, for this run only.")
WITH_BOTH = text("pip starts again with both, for this run only.")
AND_TRUSTS_IT = text("pip starts again and trusts it, for this run only.")


def refusals(diagnoses: Sequence[Diagnosis]) -> list[Line]:
    """What was refused and why, of each server, or of a few that stand for many."""
    shown, rest = several.told(diagnoses)
    lines = [line for diagnosis in shown for line in refusal(diagnosis)]
    return [*lines, Line("pipsafe:", several.rest_in_words(rest), "error")] if rest else lines


def refusal(diagnosis: Diagnosis) -> list[Line]:
    """What was refused, and why."""
    name = diagnosis.decisive.name
    case = diagnosis.case
    words = with_code(case.pip.message or text("refused"), case.pip.code)
    explanations = [cause.explanation for cause in diagnosis.causes]
    return [
        Line("pipsafe:", headline(_clause(diagnosis), name), "error"),
        Line("×", _what_became(diagnosis).filled(origin=case.origin, words=words), "error"),
        *(Line("│", explanation, "error") for explanation in explanations[:-1]),
        Line("╰─>", explanations[-1], "error"),
    ]


def _clause(diagnosis: Diagnosis) -> Text:
    if diagnosis.decisive.name == "proxy-problem" and diagnosis.is_curable:
        return text("the proxy's own certificate is not trusted here")
    return HEADLINES.get(diagnosis.decisive.name, TLS_FAILED)


def _what_became(diagnosis: Diagnosis) -> Text:
    """The failure as pip met it."""
    if diagnosis.has("ssl-module-missing"):
        return NOT_ASKED
    return NOT_ACCEPTED if diagnosis.case.pip.kind in ("certificate", "setting") else NOT_REACHED


def cure(remedy: Remedy) -> Line:
    """What the retry is given."""
    found, how = _found(remedy)
    return Line("note:", sentences(found, PROVED, how), "note")


def grounds(remedy: Remedy) -> Text:
    """What accepts the servers that pip refuses, as sentences."""
    return _found(remedy)[0]


def _found(remedy: Remedy) -> tuple[Text, Text]:
    """What accepts the server, and how pip starts again."""
    plan = remedy.plan
    if plan.kind == "drop-setting":
        return text("Without that setting pip accepts the server."), WITHOUT_IT
    if plan.kind == "completed-chain":
        return _completed(plan), WITH_BOTH
    if plan.anchors:
        known = plan.anchor_sources or (plan.source,) * len(plan.anchors)
        pairs = zip(plan.anchors, known, strict=False)
        return sentences(*(_place(anchor, source) for anchor, source in pairs)), AND_TRUSTS_IT
    if plan.kind == "system-store":
        return text("The system store accepts the server."), WITH_IT
    return text("Completed by the roots that pip carries, that setting accepts the server."), WITH_BOTH


def _completed(plan: Plan) -> Text:
    """What the server leaves out, and where the chain then ends."""
    missing = enumerated([text('"{name}"', name=item.label) for item in plan.intermediates])
    (root, *_) = plan.anchors
    source = (*plan.anchor_sources, plan.source)[0]
    if source is None:
        return COMPLETED.filled(missing=missing, root=root.label)
    return COMPLETED_BY.filled(
        missing=missing, root=root.label, sha256=root.sha256, source=source.name, path=source.path
    )


def _place(anchor: Certificate, source: Source | None) -> Text:
    """One anchor and where it lies."""
    name, sha256 = anchor.label, anchor.sha256
    if source is None:
        return IS_HERE[anchor.is_ca].filled(name=name, sha256=sha256)
    if source.kind == "pin":
        return NAMED_BY[anchor.is_ca].filled(name=name, sha256=sha256, pin=source.name)
    return LIES_IN[anchor.is_ca].filled(name=name, sha256=sha256, source=source.name, path=source.path)


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
    lines = [Line("pipsafe:", SUCCEEDED, "done")]
    lines += [Line("note:", sentence, "note") for sentence in unneeded]
    return [*lines, *(Line("hint:", words, "hint") for words in advice.to_last(remedies, diagnoses, driven))]


def retry_failed() -> list[Line]:
    """After a retry that failed for a reason of its own."""
    return [Line("pipsafe:", CURED, "note")]


def unremedied(findings: Findings, about: Sequence[str]) -> list[Line]:
    """When nothing may be used: the causes, what would cure them, and a note to hand on."""
    lines = refusals(findings.diagnoses)
    lines += child_words.lines(findings.of_children)
    lines += hints(findings)
    told = (*unused.sentences(findings)[:MOST_FILES], *findings.trouble)
    lines += [Line("note:", sentence, "note") for sentence in told]
    for_others = [item for item in findings.diagnoses if _is_for_others(item, findings)]
    if not for_others:
        return lines
    whom = text("For whoever runs this network or this server, to be pasted as it is:")
    rows = [*handover.note(for_others, findings), *about]
    return [*lines, Line("note:", whom, "note"), *(Line("   ", row, verbatim=True) for row in rows)]


def _is_for_others(diagnosis: Diagnosis, findings: Findings) -> bool:
    known = (findings.accepted or {}).get(str(diagnosis.case.origin))
    if known and findings.trouble and diagnosis.is_curable:
        return False  # all that is missing is a place to write to
    return not HERE.issuperset(names_of([diagnosis])) and not diagnosis.has("captive-portal")


def hints(findings: Findings) -> list[Line]:
    """What to do next, each once."""
    found = [Line("hint:", words, "hint") for words in advice.hints(findings)]
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
    told = sentences(
        text("pip went on without {servers}.", servers=several.listed(servers(findings, left_out))),
        _effect(projects) if installs else text("What it lists may lack what is there."),
        text("--pipsafe-strict stops in such a case."),
    )
    return [
        *refusals(findings.diagnoses),
        *([too_late(findings.remedy)] if findings.remedy else hints(findings)),
        Line("warning:", told, "warning"),
    ]


def _effect(projects: Sequence[str]) -> Text:
    if not projects:
        return text("What it found, it found elsewhere: a package of yours may come from another index.")
    return text(
        "What it found of {packages}, it found elsewhere: a package of yours may come from another index.",
        packages=several.listed(projects, MOST_PROJECTS),
    )


def too_late(remedy: Remedy) -> Line:
    """A cure is known, and pip was quicker."""
    again = text("pip had gone on before that was known: run it again to have it from there.")
    return Line("hint:", sentences(grounds(remedy), again), "hint")


def refused(findings: Findings, left_out: Sequence[str], *, installed: bool) -> Line:
    """--pipsafe-strict ended the run."""
    names = servers(findings, left_out)
    # For translators: the reason why pipsafe stopped pip, behind a colon.
    reason = text("an index could not be verified (--pipsafe-strict).")
    if names:
        reason = counted(
            "{servers} could not be verified (--pipsafe-strict).",
            "{servers} could not be verified (--pipsafe-strict).",
            len(names),
            servers=several.listed(names),
        )
    # For translators: what pipsafe did, in short, as its last word.
    stopped = text("stopped before anything was installed: {reason}", reason=reason)
    if installed:
        stopped = text("failed after the fact: {reason}", reason=reason)
    return Line("pipsafe:", stopped, "error")
