"""Who accepts whom: origins by stores, as a table.

Its columns are as wide as their words, so it is laid out when the language is known.
"""

from dataclasses import dataclass

from pipsafe.causes.case import Diagnosis
from pipsafe.checkup.aligned import padded, widest
from pipsafe.checkup.result import Result, is_judged
from pipsafe.language import catalogues
from pipsafe.language.reader import ENGLISH
from pipsafe.language.text import Look, Text, joined, said, text
from pipsafe.messages.columns import width_of
from pipsafe.messages.terminal import Line
from pipsafe.origin import DEFAULT_PORTS, Origin
from pipsafe.probes.answered import Verdict
from pipsafe.trust.anchors import Candidate

MOST_FILES = 9
"""Columns for CA files."""

WIDEST_LABEL = 36
"""A longer origin has a line of its own."""

# For translators: the heading of a table; to the right of it stand the names of stores.
HEADING = text("Accepted by")
NOT_ASKED = "-"
# For translators: whether a store accepts a server, in a narrow column.
YES = text("yes")
# For translators: whether a store accepts a server, in a narrow column.
NO = text("no")
# For translators: the same; {code} is a number.
NO_WITH_CODE = text("no ({code})")
# For translators: nobody verifies that server; in a narrow column.
UNVERIFIED = text("unverified")
NO_FOR_KINDS = {"certificate": text("no (certificate)"), "setting": text("no (setting)")}
"""By kinds of verdicts."""
LEGEND = {"pip": text("as set up here"), "certifi": "", "system": text("this machine's store")}
CODES = text("numbers are OpenSSL's verify codes")


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
    heads = (*result.stores, *(f"[{number}]" for number in range(1, len(files) + 1)))
    cells = [_cells(result, item, files) for item in diagnoses]
    labels = [_label(item.case.origin) for item in diagnoses]
    beside = [label if width_of(label) <= WIDEST_LABEL else "" for label in labels]
    head, *rows = _Table(
        (
            (HEADING, *heads),
            *((label, *answers) for label, answers in zip(beside, cells, strict=True)),
        )
    ).texts()
    found = [Line("", head, verbatim=True)]
    for label, name, row in zip(labels, beside, rows, strict=True):
        if not name:
            found.append(Line("", label, verbatim=True))
        found.append(Line("", row, verbatim=True))
    has_codes = any("(" in cell for answers in cells for cell in answers)
    found.append(Line("", _legend(result, has_codes=has_codes)))
    found += [
        Line("", text("[{number}] {path} ({name})", number=number, path=path, name=name), verbatim=True)
        for number, (path, name) in enumerate(files.items(), start=1)
    ]
    return found


@dataclass(frozen=True, slots=True)
class _Table:
    """Cells in rows, the heading first. A column is as wide as the widest of it."""

    rows: tuple[tuple[str, ...], ...]

    def texts(self) -> list["_Row"]:
        """Its rows, as they are written."""
        return [_Row.of(self, number) for number in range(len(self.rows))]

    def laid_out(self, number: int, look: Look) -> str:
        """One of them, in a language."""
        rows = [[str(said(cell, look)) for cell in row] for row in self.rows]
        widths = [widest(column) for column in zip(*rows, strict=True)]
        return "  ".join(map(padded, rows[number], widths)).rstrip()


class _Row(Text):
    """One row of a table."""

    _table: _Table
    _number: int

    @classmethod
    def of(cls, table: _Table, number: int) -> "_Row":
        row = cls(table.laid_out(number, catalogues.look(ENGLISH)))
        row._table, row._number = table, number
        return row

    def said(self, look: Look) -> str:
        return self._table.laid_out(self._number, look)


def _legend(result: Result, *, has_codes: bool) -> Text:
    told: list[str] = [
        text("{store}: {meaning}", store=store, meaning=LEGEND[store] or result.certifi)
        for store in result.stores
    ]
    return joined([*told, CODES] if has_codes else told, text("; "))


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
        return YES
    return NO_WITH_CODE.filled(code=verdict.code) if verdict.code else NO_FOR_KINDS.get(verdict.kind, NO)


def _of_file(
    path: str, diagnosis: Diagnosis, candidates: tuple[Candidate, ...], accepted: tuple[Candidate, ...]
) -> str:
    inside = [item for item in candidates if item.source.path == path]
    if any(item in accepted for item in inside):
        return YES
    chain = diagnosis.case.survey.chain
    issuers = {item.issuer_der for item in chain}
    issuers |= {between.issuer_der for item in inside for between in item.intermediates}
    is_of_the_name = any(item.anchor.subject_der in issuers for item in inside)
    return NO if is_of_the_name and not diagnosis.is_healthy else NOT_ASKED
