"""What doctor tells people: pure functions from the result to lines.

Each server first, healthy ones in one line; then who accepts whom, the chains that were refused, the
settings, where trust was looked for, and what to do.
"""

from collections.abc import Iterator

from pipsafe.causes.case import Diagnosis
from pipsafe.checkup import cure, grid
from pipsafe.checkup.effect import Effect
from pipsafe.checkup.result import NOTHING_SEEN, VERIFIED, Result, is_judged
from pipsafe.checkup.unencrypted import ASKED, Unencrypted
from pipsafe.messages.terminal import Line
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import PROXY
from pipsafe.trust.sources import Source

LEGS = {
    "index": "package index",
    "find-links": "find-links",
    "file": "files",
    "vcs": "repository",
    "build-dependency": "build dependencies",
    "proxy": "proxy",
}
"""Legs as the page calls them."""

WIDEST_NAME = 20
"""Columns of a setting's name beside which its text stands."""

MOST_PROBLEMS = 3
"""Problems told of one CA file that is of use all the same."""

INDENT = " "
"""The lead of what stands below a heading: two columns, with the blank behind it."""

BLANK = Line("", "")


def lines(result: Result) -> list[Line]:
    """The whole page."""
    parts = (
        _head(result),
        list(_servers(result)),
        grid.lines(result),
        list(_chains(result)),
        list(_settings(result)),
        list(_stores(result)),
        list(_hosts(result)),
        list(_advice(result)),
        [_verdict(result)],
    )
    found: list[Line] = []
    for part in parts:
        found += [*([BLANK] if found and part else []), *part]
    return found


def _head(result: Result) -> list[Line]:
    hello = result.hello
    openssl = result.checkup.facts.openssl or "no ssl module"
    versions = f"pip {hello.pip_version}, Python {hello.python_version}, {openssl}"
    return [Line("", versions), Line("", f"{hello.executable} ({result.chosen})")]


# Servers


def _servers(result: Result) -> Iterator[Line]:
    for diagnosis in result.checkup.diagnoses:
        yield from _server(result, diagnosis)
    for contact in result.unasked:
        yield _unasked(result, contact)
    for place in result.unencrypted:
        yield from _without_tls(place)
    yield from (Line("note:", text, "note") for text in result.inspection)


def _server(result: Result, diagnosis: Diagnosis) -> Iterator[Line]:
    case = diagnosis.case
    way = f", by way of {case.proxy}" if case.proxy else ""
    name = f"{case.origin} ({_leg(result, case.leg)}{way})"
    by = result.opened_by(case.origin)
    if by is not None:
        yield Line("×", f"{name}: not verified, by {by.set_in}", "error")
        if diagnosis.is_healthy:
            yield Line("╰─>", "Without that setting pip would verify it, and accept it.", "error")
            return
        become = "refuse it" if is_judged(case.pip) else "not reach it either"
        yield Line("│", f"Without that setting pip would {become}:", "error")
    elif diagnosis.is_healthy:
        yield Line("✓", f"{name}: accepted", "done")
        return
    else:
        code = f" (code {case.pip.code})" if case.pip.code else ""
        become = "refused" if is_judged(case.pip) else "not reached"
        yield Line("×", f"{name}: {become}{code}: {case.pip.message or 'no reason given'}", "error")
    told = [f"{cause.name}: {cause.explanation}" for cause in diagnosis.causes]
    yield from (Line("│", text, "error") for text in told[:-1])
    yield Line("╰─>", told[-1], "error")
    yield from (Line("   ", text) for text in diagnosis.reasons)


def _leg(result: Result, leg: str) -> str:
    """What the server is for; nobody knows that of one that was typed."""
    return ASKED if result.was_named and leg != PROXY else LEGS.get(leg, leg)


def _unasked(result: Result, contact: Contact) -> Line:
    name = f"{contact.origin} ({_leg(result, contact.leg)})"
    by = result.opened_by(contact.origin)
    if by is not None:
        return Line("×", f"{name}: not verified, by {by.set_in}", "error")
    return Line("×", f"{name}: not looked at; there are too many", "error")


def _without_tls(place: Unencrypted) -> Iterator[Line]:
    name = f"{place.origin} ({place.named_by})"
    if place.is_here:
        yield Line("✓", f"{name}: without TLS, on this machine itself; there is nothing to verify", "done")
        return
    used = "pip uses it all the same" if place.is_used else "pip leaves it out"
    yield Line("×", f"{name}: without TLS; there is nothing to verify, and {used}", "error")
    yield Line("╰─>", "Whoever is on the way can answer in its place. Use its https:// address.", "error")


# What was presented


def _chains(result: Result) -> Iterator[Line]:
    first = next((item for item in result.refused if item.case.survey.chain), None)
    for diagnosis in result.refused:
        survey = diagnosis.case.survey
        if not survey.chain:
            continue
        if diagnosis is not first:
            yield BLANK
        yield Line("", f"What {diagnosis.case.origin} presents:")
        for number, item in enumerate(survey.chain):
            yield Line(f"  {number}", item.subject or "a certificate without a name")
            yield Line("   ", f"issued by {item.issuer or 'nobody named'}")
            yield Line("   ", f"valid {item.not_before:%Y-%m-%d} to {item.not_after:%Y-%m-%d}")
            yield Line("   ", f"SHA-256 {item.sha256}", verbatim=True)


# Settings


def _settings(result: Result) -> Iterator[Line]:
    if not result.effects and not result.problems:
        return
    yield Line("", "Settings in force, and who set them:")
    width = min(WIDEST_NAME, max((len(item.name) for item in result.effects), default=0))
    for item in result.effects:
        yield Line(f"  {item.name:<{width}}", _value(item), item.tone)
        yield Line(f"  {'':<{width}}", item.effect)
    for text in result.problems:
        yield Line("warning:", f"{text}.", "warning")


def _value(item: Effect) -> str:
    """The value, and who set it unless the name says so."""
    where = item.set_in.removeprefix("environment variable ")
    value = item.value or '""'
    return value if where == item.name else f"{value} ({where})"


# Where trust was looked for


def _stores(result: Result) -> Iterator[Line]:
    search = result.checkup.search
    if not search.stores and not search.passed_over:
        return
    yield Line("", "Where trust was looked for:")
    for store in search.stores:
        if store.certificates:
            problems = "".join(f"; {text}" for text in store.problems[:MOST_PROBLEMS])
            count = _counted(store.certificates, "certificate")
            yield Line(INDENT, f"{_named(store.source)}: {count}{problems}")
    if search.passed_over:
        yield Line("", "Passed over:")
    for over in search.passed_over:
        yield Line(INDENT, f"{_named(over.source)}: {over.reason}")


def _named(source: Source) -> str:
    return f"{source.name}, {source.path}"


def _hosts(result: Result) -> Iterator[Line]:
    if not result.hosts:
        return
    yield Line("", "Verification is turned off by:")
    for item in result.hosts:
        dormant = "" if item.in_force else " (not in force now: something else overrides it)"
        yield Line(INDENT, f"{item.set_in}: {item.whom}{dormant}")


# What to do


def _advice(result: Result) -> Iterator[Line]:
    told = [*cure.now(result), *cure.lasting(result), *cure.merges(result), *cure.more(result)]
    tones = {True: "warning", False: "note"}
    yield from (Line(f"{tones[item.is_stale]}:", item.text, tones[item.is_stale]) for item in result.lasting)
    yield from (Line("hint:", text, "hint") for text in dict.fromkeys(told))
    yield from (Line("note:", text, "note") for text in result.checkup.trouble)


def _verdict(result: Result) -> Line:
    if result.exit_code == NOTHING_SEEN:
        return Line("×", "Nothing could be looked into.", "error")
    if result.exit_code == VERIFIED:
        return Line("✓", _all_is_well(result), "done")
    servers = len(result.checkup.diagnoses) + len(result.unasked) + len(result.unencrypted)
    opened, unreached = len(result.open_hosts), len(result.unreached)
    refused = len(result.refused) - unreached
    counts = (
        (refused, f"{refused} of {servers} servers refused" if servers > 1 else "the server is refused"),
        (
            unreached,
            f"{unreached} of {servers} servers not reached" if servers > 1 else "the server is not reached",
        ),
        (len(result.exposed), f"{_counted(len(result.exposed), 'server')} without TLS"),
        (result.overlooked, f"{_counted(result.overlooked, 'server')} not looked at"),
        (opened, f"{_counted(opened, 'setting')} {'turns' if opened == 1 else 'turn'} verification off"),
    )
    told = "; ".join(text for number, text in counts if number)
    return Line("×", f"Not in order: {told}.", "error")


def _all_is_well(result: Result) -> str:
    """Without a word on verification where there was nothing to verify."""
    if result.checkup.diagnoses:
        which = "named" if result.was_named else "that it is configured for"
        return f"This pip verifies every server {which}, and accepts it."
    if result.unencrypted:
        return "Nothing is to be verified: without TLS, this pip asks nobody but this machine itself."
    return "This pip is configured for no server at all, so there is none to verify."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
