"""A note for whoever runs the network or the server, to be pasted as it is: rows with a label."""

from collections.abc import Iterator, Mapping, Sequence

from pipsafe.causes.case import STORES, Diagnosis
from pipsafe.findings import Findings
from pipsafe.language.text import Look, Text, counted, joined, said, text
from pipsafe.messages import several
from pipsafe.messages.columns import width_of
from pipsafe.probes.answered import Verdict
from pipsafe.x509.certificate import Certificate

# For translators: a label at the left of a row; short.
DATE = text("date")
# For translators: a label at the left of a row, before what is asked for; short.
REQUEST = text("request")
# For translators: a label at the left of a row; short.
SERVER = text("server")
# For translators: a label, before the certificates that the server presents; short.
CHAIN = text("chain")
# For translators: a label at the left of a row; short.
PROXY = text("proxy")
# For translators: a label, before what each store of trusted CAs says to the server; short.
VERDICTS = text("verdicts")
# For translators: a label, before other servers of which the same is true; short.
AS_WELL = text("as well")
# For translators: a label, before the programs that saw this and their versions; short.
SEEN_BY = text("seen by")
NO_LABEL = ""
LABELS = (DATE, REQUEST, SERVER, CHAIN, PROXY, VERDICTS, AS_WELL, SEEN_BY)

GAP = 2
"""Columns between the widest label and what is said."""

SEND_THE_CA = text("please send the root CA certificate (PEM) that the chain below ends in")

ACCEPTS: Mapping[str, Text] = {
    "pip": text("pip's own trust accepts it"),
    "certifi": text("today's public roots (certifi) accept it"),
    "system": text("the system store accepts it"),
}
REFUSES: Mapping[str, Text] = {
    "pip": text("pip's own trust refuses it: {words}"),
    "certifi": text("today's public roots (certifi) refuse it: {words}"),
    "system": text("the system store refuses it: {words}"),
}
"""By the store, what the server met there."""

JUDGED = ("accepted", "certificate", "setting")
"""Kinds of verdicts in which trust was asked."""

MOST_CERTIFICATES = 10
"""Of one chain that are told of: how many there are is the server's choice."""


class Row(Text):
    """A label and what it says, in columns: how wide they are depends on the language."""

    label: str
    words: str

    def said(self, look: Look) -> str:
        label, words = str(said(self.label, look)), str(said(self.words, look))
        widest = max(width_of(str(said(item, look))) for item in LABELS)
        return f"{label}{' ' * (widest - width_of(label) + GAP)}{words}"


def row(label: str, words: str) -> Row:
    """One row; the label is one of LABELS, or none below another row of the same."""
    widest = max(map(width_of, LABELS))
    made = Row(f"{label:<{widest + GAP}}{words}")
    made.label, made.words = label, words
    return made


def note(diagnoses: Sequence[Diagnosis], findings: Findings) -> list[str]:
    """All of it but who saw it; "" parts one server from another. ``diagnoses``: those that it is about."""
    rows: list[str] = [*_request(findings)]
    shown, rest = several.told(diagnoses)
    for diagnosis in shown:
        rows += ["", *_ticket(diagnosis)]
    if rest:
        rows += ["", row(AS_WELL, several.listed([str(item.case.origin) for item in rest]))]
    return rows


def _request(findings: Findings) -> list[Row]:
    """What is asked of whoever gets the note."""
    when = next((f"{diagnosis.case.now:%Y-%m-%d %H:%M} UTC" for diagnosis in findings.diagnoses), "")
    wanted = [diagnosis for diagnosis in findings.diagnoses if diagnosis.case.denied is None]
    names = {cause.name for diagnosis in wanted for cause in diagnosis.causes}
    asked = [row(REQUEST, SEND_THE_CA)] if names & {"tls-inspection", "private-ca"} else []
    return [row(DATE, when), *asked]


def _ticket(diagnosis: Diagnosis) -> list[Row]:
    """Origin, chain with fingerprints and the verdict of each store."""
    case, survey = diagnosis.case, diagnosis.case.survey
    rows = [row(SERVER, str(case.origin)), *_chain(diagnosis)]
    if case.proxy:
        rows.append(row(PROXY, case.proxy))
    judged = [name for name in STORES if name in survey.verdicts and survey.verdicts[name].kind in JUDGED]
    labels = [VERDICTS, *[NO_LABEL] * len(judged)]
    rows += [
        row(label, _verdict(store, survey.verdicts[store]))
        for label, store in zip(labels, judged, strict=False)
    ]
    return rows


def _chain(diagnosis: Diagnosis) -> Iterator[Row]:
    survey = diagnosis.case.survey
    for number, certificate in enumerate(survey.chain[:MOST_CERTIFICATES]):
        place = f"{number}: "
        yield row(NO_LABEL if number else CHAIN, f"{place}{certificate.subject}")
        for words in _details(certificate):
            # Below the name.
            yield row(NO_LABEL, joined((" " * len(place), words), ""))
    more = len(survey.chain) - MOST_CERTIFICATES
    if more > 0:
        yield row(NO_LABEL, counted("and {count} more", "and {count} more", more))
    if not survey.chain:
        nothing = survey.error.message if survey.error else text("no certificate was sent")
        # For translators: instead of the certificates that a server presents.
        yield row(CHAIN, text("not seen: {reason}", reason=nothing))


def _details(certificate: Certificate) -> tuple[str, ...]:
    return (
        text("issued by {name}", name=certificate.issuer),
        text(
            "valid {since:%Y-%m-%d} to {until:%Y-%m-%d}",
            since=certificate.not_before,
            until=certificate.not_after,
        ),
        f"SHA-256 {certificate.sha256}",
    )


def _verdict(store: str, verdict: Verdict) -> Text:
    if verdict.accepted:
        return ACCEPTS[store]
    words = verdict.message
    if verdict.code:
        # For translators: {words} are a verifier's, {code} is its number for them.
        words = text("{words} (code {code})", words=words, code=verdict.code)
    return REFUSES[store].filled(words=words)
