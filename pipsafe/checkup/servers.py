"""Each server on doctor's page: what became of it, why, and what it presented."""

from collections.abc import Iterator

from pipsafe.causes.case import Diagnosis
from pipsafe.checkup.result import Result, is_judged
from pipsafe.checkup.unencrypted import ASKED, Unencrypted
from pipsafe.checkup.unverified import Unverified
from pipsafe.language.text import Text, text
from pipsafe.messages.terminal import Line
from pipsafe.origin import Origin
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import PROXY

BLANK = Line("", "")

LEGS = {
    # For translators: what a server is for, in parentheses behind its URL; so are the others here.
    "index": text("package index"),
    "find-links": "find-links",
    "file": text("files"),
    "vcs": text("repository"),
    "build-dependency": text("build dependencies"),
    "proxy": text("proxy"),
}
"""Legs as the page calls them."""

# For translators: {server} is a URL, with what it is for behind it in parentheses.
REFUSED = text("{server}: refused: {reason}")
REFUSED_WITH_CODE = text("{server}: refused (code {code}): {reason}")
NOT_REACHED = text("{server}: not reached: {reason}")
NOT_REACHED_WITH_CODE = text("{server}: not reached (code {code}): {reason}")
BECAME = {
    (True, False): REFUSED,
    (True, True): REFUSED_WITH_CODE,
    (False, False): NOT_REACHED,
    (False, True): NOT_REACHED_WITH_CODE,
}
"""By whether a certificate was judged, and whether that has a number."""

REFUSED_WITHOUT = text("Without that setting pip would refuse it:")
NOT_REACHED_WITHOUT = text("Without that setting pip would not reach it either:")

PLAIN_HERE = text("{server}: without TLS, on this machine itself; there is nothing to verify")
PLAIN_AND_USED = text("{server}: without TLS; there is nothing to verify, and pip uses it all the same")
PLAIN_AND_LEFT_OUT = text("{server}: without TLS; there is nothing to verify, and pip leaves it out")
USE_HTTPS = text("Whoever is on the way can answer in its place. Use its https:// address.")

ISSUED_BY_NOBODY = text("issued by nobody named")
VALID = text("valid {start:%Y-%m-%d} to {end:%Y-%m-%d}")


def lines(result: Result) -> Iterator[Line]:
    """All of them, and what else is to be said of them."""
    for diagnosis in result.checkup.diagnoses:
        yield from _server(result, diagnosis)
    for contact in result.unasked:
        yield _unasked(result, contact)
    for place in result.unencrypted:
        yield from _without_tls(place)
    yield from (Line("note:", sentence, "note") for sentence in result.inspection)


def _server(result: Result, diagnosis: Diagnosis) -> Iterator[Line]:
    case = diagnosis.case
    name = _with_leg(result, case.origin, case.leg, case.proxy)
    by = result.opened_by(case.origin)
    if by is not None:
        yield _not_verified(name, by)
        if diagnosis.is_healthy:
            would = text("Without that setting pip would verify it, and accept it.")
            yield Line("╰─>", would, "error")
            return
        yield Line("│", REFUSED_WITHOUT if is_judged(case.pip) else NOT_REACHED_WITHOUT, "error")
    elif diagnosis.is_healthy:
        yield Line("✓", text("{server}: accepted", server=name), "done")
        return
    else:
        became = BECAME[is_judged(case.pip), bool(case.pip.code)]
        reason = case.pip.message or text("no reason given")
        yield Line("×", became.filled(server=name, code=case.pip.code, reason=reason), "error")
    told = [
        text("{cause}: {explanation}", cause=cause.name, explanation=cause.explanation)
        for cause in diagnosis.causes
    ]
    yield from (Line("│", line, "error") for line in told[:-1])
    yield Line("╰─>", told[-1], "error")
    yield from (Line("   ", reason) for reason in diagnosis.reasons)


def _with_leg(result: Result, place: Origin, leg: str, proxy: str | None = None) -> Text:
    """A server and what it is for."""
    purpose = _leg(result, leg)
    if proxy:
        return text("{server} ({purpose}, by way of {proxy})", server=place, purpose=purpose, proxy=proxy)
    return text("{server} ({purpose})", server=place, purpose=purpose)


def _not_verified(server: str, by: Unverified) -> Line:
    # For translators: {place} is where that is set: a file and a line, a variable, or the command line.
    return Line("×", text("{server}: not verified, by {place}", server=server, place=by.set_in), "error")


def _leg(result: Result, leg: str) -> str:
    """What the server is for; nobody knows that of one that was typed."""
    return ASKED if result.was_named and leg != PROXY else LEGS.get(leg, leg)


def _unasked(result: Result, contact: Contact) -> Line:
    name = _with_leg(result, contact.origin, contact.leg)
    by = result.opened_by(contact.origin)
    if by is not None:
        return _not_verified(name, by)
    return Line("×", text("{server}: not looked at; there are too many", server=name), "error")


def _without_tls(place: Unencrypted) -> Iterator[Line]:
    name = text("{server} ({purpose})", server=place.origin, purpose=place.named_by)
    if place.is_here:
        yield Line("✓", PLAIN_HERE.filled(server=name), "done")
        return
    yield Line("×", (PLAIN_AND_USED if place.is_used else PLAIN_AND_LEFT_OUT).filled(server=name), "error")
    yield Line("╰─>", USE_HTTPS, "error")


def chains(result: Result) -> Iterator[Line]:
    """What those presented that were refused."""
    first = next((item for item in result.refused if item.case.survey.chain), None)
    for diagnosis in result.refused:
        survey = diagnosis.case.survey
        if not survey.chain:
            continue
        if diagnosis is not first:
            yield BLANK
        yield Line("", text("What {server} presents:", server=diagnosis.case.origin))
        for number, item in enumerate(survey.chain):
            yield Line(f"  {number}", item.subject or text("a certificate without a name"))
            issued = text("issued by {name}", name=item.issuer) if item.issuer else ISSUED_BY_NOBODY
            yield Line("   ", issued)
            yield Line("   ", VALID.filled(start=item.not_before, end=item.not_after))
            yield Line("   ", f"SHA-256 {item.sha256}", verbatim=True)
