"""What doctor tells people: pure functions from the result to lines.

Each server first, healthy ones in one line; then who accepts whom, the chains that were refused, the
settings, where trust was looked for, and what to do.
"""

from collections.abc import Iterator

from pipsafe.checkup import cure, grid, servers
from pipsafe.checkup.aligned import padded, widest
from pipsafe.checkup.effect import Effect
from pipsafe.checkup.result import NOTHING_SEEN, VERIFIED, Result
from pipsafe.language.text import Text, counted, enumerated, joined, text
from pipsafe.messages.terminal import Line
from pipsafe.trust.sources import Source

# For translators: {place} is where that is set: a file and a line, a variable, or the command line.
IN_FORCE = text("{place}: {host}")
DORMANT = text("{place}: {host} (not in force now: something else overrides it)")

WIDEST_NAME = 20
"""Columns of a setting's name beside which its text stands."""

MOST_PROBLEMS = 3
"""Problems told of one CA file that is of use all the same."""

VARIABLE = "environment variable "
"""How `Setting.set_in` begins where that is one."""

INDENT = " "
"""The lead of what stands below a heading: two columns, with the blank behind it."""

BLANK = Line("", "")


def lines(result: Result) -> list[Line]:
    """The whole page."""
    parts = (
        _head(result),
        list(servers.lines(result)),
        grid.lines(result),
        list(servers.chains(result)),
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
    openssl = result.checkup.facts.openssl or text("no ssl module")
    versions = enumerated([f"pip {hello.pip_version}", f"Python {hello.python_version}", openssl])
    # For translators: {choice} says why it is this Python.
    python = text("{python} ({choice})", python=hello.executable, choice=result.chosen)
    return [Line("", versions), Line("", python)]


# Settings


def _settings(result: Result) -> Iterator[Line]:
    if not result.effects and not result.problems:
        return
    yield Line("", text("Settings in force, and who set them:"))
    width = min(WIDEST_NAME, widest(item.name for item in result.effects))
    for item in result.effects:
        yield Line(f"  {padded(item.name, width)}", _value(item), item.tone)
        yield Line(f"  {padded('', width)}", item.effect)
    for problem in result.problems:
        yield Line("warning:", text("{problem}.", problem=problem), "warning")


def _value(item: Effect) -> str:
    """The value, and who set it unless the name says so."""
    value = item.value or '""'
    # Where it begins otherwise, it may have translations.
    where = item.set_in.removeprefix(VARIABLE) if item.set_in.startswith(VARIABLE) else item.set_in
    return value if where == item.name else text("{value} ({place})", value=value, place=where)


# Where trust was looked for


def _stores(result: Result) -> Iterator[Line]:
    search = result.checkup.search
    if not search.stores and not search.passed_over:
        return
    yield Line("", text("Where trust was looked for:"))
    for store in search.stores:
        if store.certificates:
            count = counted("{count} certificate", "{count} certificates", store.certificates)
            found = joined([count, *store.problems[:MOST_PROBLEMS]], text("; "))
            yield _of_source(store.source, found)
    if search.passed_over:
        yield Line("", text("Passed over:"))
    for over in search.passed_over:
        yield _of_source(over.source, over.reason)


def _of_source(source: Source, words: str) -> Line:
    # For translators: {source} is what named the file, such as a variable; {words}: what is in it, or wrong.
    told = text("{source}, {path}: {words}", source=source.name, path=source.path, words=words)
    return Line(INDENT, told)


def _hosts(result: Result) -> Iterator[Line]:
    if not result.hosts:
        return
    yield Line("", text("Verification is turned off by:"))
    for item in result.hosts:
        yield Line(INDENT, (IN_FORCE if item.in_force else DORMANT).filled(place=item.set_in, host=item.whom))


# What to do


def _advice(result: Result) -> Iterator[Line]:
    told = [*cure.now(result), *cure.lasting(result), *cure.merges(result), *cure.more(result)]
    tones = {True: "warning", False: "note"}
    yield from (Line(f"{tones[item.is_stale]}:", item.text, tones[item.is_stale]) for item in result.lasting)
    yield from (Line("hint:", sentence, "hint") for sentence in dict.fromkeys(told))
    yield from (Line("note:", sentence, "note") for sentence in result.checkup.trouble)


def _verdict(result: Result) -> Line:
    if result.exit_code == NOTHING_SEEN:
        return Line("×", text("Nothing could be looked into."), "error")
    if result.exit_code == VERIFIED:
        return Line("✓", _all_is_well(result), "done")
    # For translators: {findings} are one or more clauses, such as "1 setting turns verification off".
    told = text("Not in order: {findings}.", findings=joined(_findings(result), text("; ")))
    return Line("×", told, "error")


def _findings(result: Result) -> Iterator[str]:
    total = len(result.checkup.diagnoses) + len(result.unasked) + len(result.unencrypted)
    opened, unreached = len(result.open_hosts), len(result.unreached)
    refused, exposed = len(result.refused) - unreached, len(result.exposed)
    if refused:
        yield _refused(refused, total)
    if unreached:
        yield _unreached(unreached, total)
    if exposed:
        yield counted("{count} server without TLS", "{count} servers without TLS", exposed)
    if result.overlooked:
        yield counted("{count} server not looked at", "{count} servers not looked at", result.overlooked)
    if opened:
        yield counted(
            "{count} setting turns verification off", "{count} settings turn verification off", opened
        )


def _refused(number: int, total: int) -> Text:
    if total == 1:
        return text("the server is refused")
    # For translators: the plural goes by {count}, the number of all servers.
    return counted(
        "{refused} of {count} servers refused", "{refused} of {count} servers refused", total, refused=number
    )


def _unreached(number: int, total: int) -> Text:
    if total == 1:
        return text("the server is not reached")
    # For translators: the plural goes by {count}, the number of all servers.
    return counted(
        "{unreached} of {count} servers not reached",
        "{unreached} of {count} servers not reached",
        total,
        unreached=number,
    )


def _all_is_well(result: Result) -> str:
    """Without a word on verification where there was nothing to verify."""
    if result.checkup.diagnoses:
        if result.was_named:
            return text("This pip verifies every server named, and accepts it.")
        return text("This pip verifies every server that it is configured for, and accepts it.")
    if result.unencrypted:
        return text("Nothing is to be verified: without TLS, this pip asks nobody but this machine itself.")
    return text("This pip is configured for no server at all, so there is none to verify.")
