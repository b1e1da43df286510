"""What a saved log shows, for people and for machines. Offline: a log has words, no certificates."""

import json
from collections.abc import Sequence
from typing import Any

from pipsafe.language.text import Text, both, counted, enumerated, joined, sentences, text
from pipsafe.logs.own_words import Rescue
from pipsafe.messages import cause_words, report, standard_output
from pipsafe.messages.cause_pages import SAYS_MORE
from pipsafe.messages.terminal import Line
from pipsafe.pip_settings import default_index
from pipsafe.statements import log_file, saved_log
from pipsafe.statements.saved_log import LogFailure, LogFindings

Group = tuple[LogFailure, ...]
"""Failures that differ in their lines only."""

FAILURE_EXIT_CODE = 1
INTERRUPTED_EXIT_CODE = 130
"""As a shell has it for a command that SIGINT ended."""

MOST_GROUPS = 20
MOST_LINES = 5
"""What is told on the terminal; the JSON has all."""

# By the outcome, what to add where there is no TLS failure.
OTHERWISE = {
    "passed": text("What it ran went well."),
    "failed": text(
        "What it ran failed for another reason, or said too little: with -q pip keeps the reason to itself. "
        "`pip ... --log FILE` writes a log that has everything."
    ),
}
STRANGE = text("Nothing in it looks like a log of pip, uv, Poetry or conda.")
NO_WAY = text("But connections failed before TLS had a part in it.")
EMPTY = text("It is empty. `pip ... --log FILE` writes a log that has everything.")

OPEN = text("TLS failed, and the words of a log leave open why")

# For translators: {place} is like "line 7" or "lines 7, 9 and 11" of a log, {tool} the name of a program.
FAILED = text("{place}: {tool} failed")
# For translators: {place} is like "line 7" or "lines 7, 9 and 11" of a log, {tool} the name of a program.
FAILED_AT = text("{place}: {tool} failed at {origin}")
# For translators: {place} is like "line 7" or "lines 7, 9 and 11" of a log; {words} are those of {tool}.
FAILED_WITH = text("{place}: {tool} failed: {words}")
# For translators: {place} is like "line 7" or "lines 7, 9 and 11" of a log; {words} are those of {tool}.
FAILED_AT_WITH = text("{place}: {tool} failed at {origin}: {words}")

LOOK = text("A log has words, not certificates: `pipsafe doctor` looks at the servers themselves.")
LOOK_AT = text("A log has words, not certificates: `pipsafe doctor {origin}` looks at the server itself.")


def main(path: str, *, as_json: bool) -> int:
    """Read the log at `path` and tell of it. Returns the exit code. Raises UsageError."""
    try:
        contents = log_file.read(path)
    except KeyboardInterrupt:  # whoever typed a log by hand had enough
        return INTERRUPTED_EXIT_CODE
    # The pip beside this one knows where pips ask by default; the others of its kin ask there too.
    findings = saved_log.read(contents, default_index=default_index.url())
    is_empty = not contents.strip()
    if as_json:
        standard_output.write(json.dumps(document(findings, is_empty=is_empty), indent=2) + "\n")
    else:
        standard_output.write_lines(lines(findings, log_file.name_of(path), is_empty=is_empty))
    return FAILURE_EXIT_CODE if findings.failures else 0


# For machines


def document(findings: LogFindings, *, is_empty: bool = False) -> dict[str, Any]:
    """The report of a log: a failure has the fields that it has in the report of a run, and three more."""
    return report.whole(
        failures=[_failure(item) for item in findings.failures],
        outcome=findings.outcome,
        unreached=[_failure(item) for item in findings.unreached],
        warnings=[
            *map(_rescued, findings.rescues),
            *([STRANGE] if _is_strange(findings, is_empty=is_empty) else []),
        ],
    )


def _is_strange(findings: LogFindings, *, is_empty: bool) -> bool:
    return not (findings.is_of_kin or is_empty)


def _rescued(item: Rescue) -> Text:
    """What pipsafe cured in one run, in two sentences."""
    causes = [cause_words.headline(cause_words.HEADLINES[name], name) for name in item.causes]
    rescued = text("pipsafe rescued a run.")
    if causes:
        rescued = text(
            "pipsafe rescued a run, which had failed because of this: {causes}.",
            # For translators: what stands between the items of a list whose items are clauses.
            causes=joined(causes, text("; ")),
        )
    ended = text("Verification stayed on, and pip failed for another reason.")
    if item.has_succeeded:
        ended = text("Verification stayed on, and pip succeeded with that.")
    return sentences(rescued, ended)


def _failure(item: LogFailure) -> dict[str, Any]:
    return {
        "leg": item.leg,
        "origin": item.origin,
        "cause": item.cause,
        "causes": list(item.causes),
        "verify_code": item.verify_code,
        "message": item.message,
        "inspector": None,
        "chain": [],
        "verdicts": [],
        "setting": None,
        "explanation": item.explanation,
        "advice": advice([item]),
        "possible": list(item.possible),
        "tool": item.tool,
        "line": item.line,
    }


# For people


def lines(findings: LogFindings, name: str, *, is_empty: bool) -> list[Line]:
    """What was found, in order, and what to do next."""
    shown: list[Line] = []
    if not findings.failures:
        more = _otherwise(findings, is_empty=is_empty)
        # For translators: {log} is the log's file, or "standard input".
        what = text("{log} shows no TLS failure.", log=name)
        if findings.rescues:
            # For translators: {log} is the log's file, or "standard input".
            what = text("{log} shows no TLS failure but what is cured.", log=name)
        shown.append(Line("pipsafe:", sentences(what, more), "note"))
    shown += [Line("note:", _rescued(item), "note") for item in findings.rescues[:MOST_GROUPS]]
    groups = [(group, _account) for group in _grouped(findings.failures)]
    groups += [(group, _no_connection) for group in _grouped(findings.unreached)]
    for group, tell in groups[:MOST_GROUPS]:
        shown += tell(group)
    if len(groups) > MOST_GROUPS:
        left = counted(
            "{count} more like these; `--json` has them all.",
            "{count} more like these; `--json` has them all.",
            len(groups) - MOST_GROUPS,
        )
        shown.append(Line("note:", left, "note"))
    told = (*findings.failures, *findings.unreached)
    cured = [name for item in findings.rescues for name in item.causes]
    hints = [*advice(told), *_look(findings.failures), *_pages(told, cured)]
    return [*shown, *(Line("hint:", words, "hint") for words in hints)]


def _otherwise(findings: LogFindings, *, is_empty: bool) -> str:
    """What there is to say where nothing of TLS failed."""
    if is_empty:
        return EMPTY
    if _is_strange(findings, is_empty=is_empty):
        return STRANGE
    return NO_WAY if findings.unreached else OTHERWISE.get(findings.outcome, "")


def _grouped(failures: Sequence[LogFailure]) -> list[Group]:
    groups: dict[tuple[object, ...], list[LogFailure]] = {}
    for item in failures:
        same = (item.tool, item.origin, item.causes, item.message, item.verify_code)
        groups.setdefault(same, []).append(item)
    return [tuple(group) for group in groups.values()]


def _account(group: Group) -> list[Line]:
    """One failure, in the shape of a refusal."""
    first = group[0]
    clause = OPEN if first.possible else cause_words.HEADLINES.get(first.cause, cause_words.TLS_FAILED)
    others = [name for name in first.causes if name != first.cause]
    return [
        Line("pipsafe:", cause_words.headline(clause, first.cause), "error"),
        Line("×", _statement(group), "error"),
        *(Line("│", _also(name), "error") for name in others),
        Line("╰─>", first.explanation, "error"),
    ]


def _also(cause: str) -> Text:
    # For translators: another cause of the same failure; {clause} is like "this network opens and inspects
    # TLS connections".
    return text("also: {clause} ({cause})", clause=cause_words.HEADLINES.get(cause, cause), cause=cause)


def _no_connection(group: Group) -> list[Line]:
    """What TLS has no part in."""
    return [Line("note:", cause_words.headline(_statement(group), "unreachable"), "note")]


def _statement(group: Group) -> str:
    """Where the log says it, who says it, and of whom."""
    first = group[0]
    if first.origin:
        form = FAILED_AT_WITH if first.message else FAILED_AT
    else:
        form = FAILED_WITH if first.message else FAILED
    told = form.filled(place=_place(group), tool=first.tool, origin=first.origin, words=first.message)
    return cause_words.with_code(told, first.verify_code)


def _place(group: Group) -> Text:
    numbers = list(dict.fromkeys(str(item.line) for item in group))
    if len(numbers) == 1:
        return text("line {number}", number=numbers[0])
    shown, left = numbers[:MOST_LINES], len(numbers) - MOST_LINES
    if left > 0:
        return counted(
            "lines {numbers} and {count} more",
            "lines {numbers} and {count} more",
            left,
            numbers=enumerated(shown),
        )
    return text("lines {numbers}", numbers=both(shown))


def advice(failures: Sequence[LogFailure]) -> list[str]:
    """What would cure them, each once."""
    # That of an unknown cause points to a note, which only a look at the server can fill.
    names = (name for item in failures for name in item.causes if name != "unknown")
    return list(dict.fromkeys(cause_words.ADVICE[name] for name in names if name in cause_words.ADVICE))


def _look(failures: Sequence[LogFailure]) -> list[str]:
    if not failures:
        return []
    places = dict.fromkeys(item.origin for item in failures if item.origin)
    return [LOOK_AT.filled(origin=next(iter(places))) if len(places) == 1 else LOOK]


def _pages(failures: Sequence[LogFailure], cured: Sequence[str]) -> list[str]:
    """Where more is said of the causes: of an open one, of all that it may be."""
    names = list(dict.fromkeys(name for item in failures for name in item.possible or (item.cause,)))
    names += [name for name in dict.fromkeys(cured) if name not in names]
    if len(names) < 2:
        return [SAYS_MORE.filled(cause=name) for name in names]
    return [text("`pipsafe explain CAUSE` says more of {causes}.", causes=both(names))]
