"""Who accepts whom: origins by stores, as a table."""

from dataclasses import dataclass

from pipsafe.causes.case import Diagnosis
from pipsafe.checkup.result import Result, is_judged
from pipsafe.messages.terminal import Line
from pipsafe.origin import DEFAULT_PORTS, Origin
from pipsafe.probes.probe import Verdict
from pipsafe.trust.anchors import Candidate

MOST_FILES = 9
"""Columns for CA files."""

WIDEST_LABEL = 36
"""A longer origin has a line of its own."""

HEADING = "Accepted by"
NOT_ASKED = "-"
UNVERIFIED = "unverified"
LEGEND = {"pip": "as set up here", "certifi": "", "system": "this machine's store"}
CODES = "numbers are OpenSSL's verify codes"


def lines(result: Result) -> list[Line]:
    """Empty where there is nothing to compare."""
    diagnoses = [
        item
        for item in result.checkup.diagnoses
        if any(is_judged(item.case.survey.verdicts.get(store)) for store in result.stores)
    ]
    if not diagnoses:
        return []
    files = _files(result)
    heads = [*result.stores, *(f"[{number}]" for number in range(1, len(files) + 1))]
    rows = [_Row(_label(item.case.origin), _cells(result, item, files)) for item in diagnoses]
    labels = [HEADING, *(row.label for row in rows)]
    width = max(len(label) for label in labels if len(label) <= WIDEST_LABEL)
    widths = [max(len(head), *(len(row.cells[at]) for row in rows)) for at, head in enumerate(heads)]
    found = [Line("", _joined(HEADING, heads, width, widths), verbatim=True)]
    for row in rows:
        name = row.label
        if len(name) > WIDEST_LABEL:
            found.append(Line("", name, verbatim=True))
            name = ""
        found.append(Line("", _joined(name, row.cells, width, widths), verbatim=True))
    found.append(
        Line("", _legend(result, has_codes="(" in "".join(cell for row in rows for cell in row.cells)))
    )
    found += [
        Line("", f"[{number}] {path} ({name})", verbatim=True)
        for number, (path, name) in enumerate(files.items(), start=1)
    ]
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    cells: list[str]


def _legend(result: Result, *, has_codes: bool) -> str:
    told = [f"{store}: {LEGEND[store] or result.certifi}" for store in result.stores]
    return "; ".join([*told, CODES] if has_codes else told)


def _joined(label: str, cells: list[str], width: int, widths: list[int]) -> str:
    padded = [f"{cell:<{size}}" for cell, size in zip(cells, widths, strict=True)]
    return "  ".join([f"{label:<{width}}", *padded]).rstrip()


def _label(place: Origin) -> str:
    """Host and port, the latter where it does not go without saying."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == DEFAULT_PORTS.get(place.scheme) else f"{host}:{place.port}"


def _files(result: Result) -> dict[str, str]:
    """The CA files that hold an anchor by the right name, and what named each."""
    named = {
        item.source.path: item.source.name
        for item in reversed(result.checkup.search.candidates)
        if item.source.tier not in ("system", "public")
    }
    return dict(list(reversed(named.items()))[:MOST_FILES])


def _cells(result: Result, diagnosis: Diagnosis, files: dict[str, str]) -> list[str]:
    verdicts = diagnosis.case.survey.verdicts
    accepted = result.checkup.accepted.get(str(diagnosis.case.origin), ())
    is_open = result.opened_by(diagnosis.case.origin) is not None
    return [
        *(_cell(verdicts.get(store), is_open=store == "pip" and is_open) for store in result.stores),
        *(_of_file(path, diagnosis, result.checkup.search.candidates, accepted) for path in files),
    ]


def _cell(verdict: Verdict | None, *, is_open: bool) -> str:
    if is_open:
        return UNVERIFIED
    if verdict is None or not is_judged(verdict):
        return NOT_ASKED
    if verdict.accepted:
        return "yes"
    return f"no ({verdict.code})" if verdict.code else f"no ({verdict.kind})"


def _of_file(
    path: str, diagnosis: Diagnosis, candidates: tuple[Candidate, ...], accepted: tuple[Candidate, ...]
) -> str:
    inside = [item for item in candidates if item.source.path == path]
    if any(item in accepted for item in inside):
        return "yes"
    chain = diagnosis.case.survey.chain
    issuers = {item.issuer_der for item in chain}
    issuers |= {between.issuer_der for item in inside for between in item.intermediates}
    is_of_the_name = any(item.anchor.subject_der in issuers for item in inside)
    return "no" if is_of_the_name and not diagnosis.is_healthy else NOT_ASKED
