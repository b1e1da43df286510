"""A saved log of pip, or of its kin, read offline: what failed, where, and which cause its words name.

The words are all there is, so this says no more than they allow: where several causes have the same
words the cause is "unknown", and what is possible is told. Never raises; linear; bounded.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipsafe import origin
from pipsafe.logs import course, decision, own_words, sentences, speech
from pipsafe.logs.course import Course
from pipsafe.logs.decision import UNKNOWN, Decision
from pipsafe.logs.other_tools import sightings
from pipsafe.logs.own_words import Rescue
from pipsafe.logs.prefixes import unprefixed
from pipsafe.logs.sighting import Sighting, of_evidence
from pipsafe.origin import Origin
from pipsafe.statements.evidence import statements
from pipsafe.statements.printed import Printed, PrintedLines
from pipsafe.statements.statement import without_secrets
from pipsafe.statements.words import Kind

MOST = 100
"""Failures told."""
MOST_SIGHTINGS = 20_000
LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class LogFailure:
    """One failure, in the words of a report."""

    leg: str
    """index | file | find-links | build-dependency | vcs | build-backend | proxy"""
    origin: str | None
    """scheme://host:port"""
    cause: str
    causes: tuple[str, ...]
    verify_code: int | None
    """OpenSSL's number."""
    message: str
    """The verifier's words."""
    line: int
    """Of the log, the first being 1."""
    tool: str
    """Whose words these are: pip, uv, poetry, conda, git, ..."""
    explanation: str
    """What the log shows, and what a log cannot tell."""
    possible: tuple[str, ...] = ()
    """The causes that the words leave open, the likeliest first, where the cause is unknown."""


@dataclass(frozen=True, slots=True)
class LogFindings:
    """What a log comes to."""

    failures: tuple[LogFailure, ...]
    """Of TLS, each once, in order."""
    outcome: str
    """unremedied: TLS failed; failed: something else did; passed"""
    unreached: tuple[LogFailure, ...] = ()
    """Connections that failed before TLS had a part in it."""
    rescues: tuple[Rescue, ...] = ()
    """Runs whose TLS failure pipsafe cured."""
    is_of_kin: bool = True
    """Whether anything in it looks like a log of pip, uv, Poetry or conda."""


def read(text: str, *, default_index: str | None = None) -> LogFindings:
    """Everything the log shows of TLS failures. ``default_index``: the URL of pip's own, if it is known."""
    numbered = unprefixed(text)
    page = PrintedLines([line for _, line in numbered])
    way = course.course(page)
    rescues = own_words.rescues(page, way.captured)
    seen = [
        item
        for item in _located(_lasting(_sightings(page, way), way), way)
        if not any(rescue.covers(item.line, item.origin) for rescue in rescues)
    ]
    default = origin.parse(default_index) if default_index else None
    told = _told(seen, way, [number for number, _ in numbered], default)
    failures = [item for item in told if item.cause != "unreachable"]
    unreached = [item for item in told if item.cause == "unreachable"]
    is_of_kin = bool(told or rescues) or speech.is_of_kin(page)
    has_failed = is_of_kin and (way.has_failed or (bool(unreached) and not way.has_passed))
    outcome = "unremedied" if failures else "failed" if has_failed else "passed"
    return LogFindings(tuple(failures[:MOST]), outcome, tuple(unreached[:MOST]), rescues, is_of_kin)


def _sightings(page: Printed, way: Course) -> list[Sighting]:
    """pip's own words first; what is left may be another tool's."""
    own = [of_evidence(item) for item in statements(page) if item.kind is not Kind.NOT_FOUND]
    taken = frozenset(item.line for item in own)
    found = [*own[:MOST_SIGHTINGS], *sightings(page, taken)]
    return sorted((_attributed(item, page, way) for item in found), key=lambda item: item.line)


OF_PIP = re.compile(r"pip[/\\]_vendor|pip[/\\]_internal")
TRACEBACK = 4_000


def _attributed(item: Sighting, page: Printed, way: Course) -> Sighting:
    """With the leg of the child that said it; a traceback through pip's own code is pip's."""
    leg = way.captured.get(item.line)
    if leg is not None and item.tool != "git":
        return replace(item, leg=leg) if item.leg != "proxy" else item
    if item.tool == "curl" and item.leg == "build-backend":
        return replace(item, leg="index")
    if item.tool == "python":
        start = page.start_of(item.line)
        if OF_PIP.search(page.squeezed, max(start - TRACEBACK, 0), start):
            return replace(item, tool="pip")
    return item


# Kinds that another try does not mend.
LASTING = frozenset((Kind.CERTIFICATE, Kind.HOSTNAME, Kind.CA_FILE, Kind.SSL_MISSING, Kind.CLIENT_CERT))


def _lasting(items: Iterable[Sighting], way: Course) -> list[Sighting]:
    """Without what was tried again and then went well, and what did no harm."""
    given_up = set()
    kept = []
    for item in items:
        if item.tries_left is None or item.tries_left == 0:
            given_up.add((item.kind, item.path))
        kept.append(item)
    return [item for item in kept if _has_harmed(item, way, is_final=(item.kind, item.path) in given_up)]


def _has_harmed(item: Sighting, way: Course, *, is_final: bool) -> bool:
    if item.leg == "build-backend":
        # A build that came to its end coped with it.
        return way.has_failed
    if item.kind in LASTING:
        # pip's own look for a newer pip is nobody's concern.
        return way.has_failed or not (item.path or "").rstrip("/").endswith("/simple/pip")
    return item.tries_left is None or (way.has_failed and is_final)


def _located(items: list[Sighting], way: Course) -> list[Sighting]:
    """With the origins that other lines tell; a statement without any adds nothing to one that has it."""
    places = {(item.kind, item.path): item.origin for item in items if item.origin is not None and item.path}
    found = [item.at(_place_of(item, places, way)) for item in items]
    known = {(item.kind, item.message) for item in found if item.origin is not None}
    return [
        _at_proxy(item) for item in found if item.origin is not None or (item.kind, item.message) not in known
    ]


def _place_of(item: Sighting, places: Mapping[tuple[Kind, str], Origin], way: Course) -> Origin | None:
    if item.origin is not None or not item.path or item.kind in (Kind.CA_FILE, Kind.SSL_MISSING):
        return item.origin
    return places.get((item.kind, item.path)) or course.index_of(item.path, way.indexes)


CONNECTION = re.compile(r"HTTPS?Connection\(host='(?P<host>[^']{1,255})', port=(?P<port>\d{1,5})\)")


def _at_proxy(item: Sighting) -> Sighting:
    """urllib3 2 does not say that it was a proxy which it could not reach, but the host is another."""
    found = CONNECTION.search(item.message) if item.kind is Kind.UNREACHABLE else None
    if found is None or item.origin is None:
        return item
    is_same = (found["host"].lower(), int(found["port"])) == (item.origin.host, item.origin.port)
    return item if is_same else replace(item, kind=Kind.PROXY, leg="proxy")


def _told(items: list[Sighting], way: Course, numbers: list[int], default: Origin | None) -> list[LogFailure]:
    """Each failure once, at the first line that tells of it."""
    told: dict[tuple[object, ...], LogFailure] = {}
    for item in items:
        decided = decision.decide(item, is_default_index=_is_default(item, way, default))
        failure = _failure(item, decided, numbers)
        # What has no name is told by its words, a setting by the file that it names.
        words = failure.message if failure.cause in (UNKNOWN, "bad-ca-setting") else ""
        told.setdefault(
            (failure.leg, failure.origin, failure.cause, words, item.path if words else None), failure
        )
        if len(told) >= 2 * MOST:
            break
    return _without_echoes(list(told.values()))


def _is_default(item: Sighting, way: Course, default: Origin | None) -> bool:
    """Whether it failed at pip's own default index, which is that of its kin too."""
    if item.leg != "index":
        return False
    return (default is not None and item.origin == default) or (way.is_default_index and item.tool == "pip")


def _failure(item: Sighting, decided: Decision, numbers: list[int]) -> LogFailure:
    setting = _shown(item.path) if item.kind is Kind.CA_FILE and item.path else None
    return LogFailure(
        leg=item.leg,
        origin=str(item.origin) if item.origin is not None else None,
        cause=decided.cause,
        causes=decided.causes,
        verify_code=decided.code,
        message=_shown(item.message),
        line=numbers[item.line],
        tool=item.tool,
        explanation=sentences.explanation(item, decided, setting=setting),
        possible=decided.possible,
    )


def _shown(words: str) -> str:
    """Fit to be shown: no secrets, nothing that moves a cursor, not too long."""
    plain = "".join(character if character.isprintable() else " " for character in words)
    return without_secrets(" ".join(plain.split()))[:LONGEST_MESSAGE].strip()


def _without_echoes(told: list[LogFailure]) -> list[LogFailure]:
    """Without what follows from another: a missing CA file explains an issuer that nobody knows."""
    told = _once(told)
    has_bad_file = any(item.cause == "bad-ca-setting" for item in told)
    located = {(item.cause, item.leg) for item in told if item.origin is not None}
    return [
        item
        for item in told
        if not (has_bad_file and item.cause == UNKNOWN and item.possible)
        and (item.origin is not None or (item.cause, item.leg) not in located)
    ]


def _once(told: list[LogFailure]) -> list[LogFailure]:
    """A Python without ssl is one failure, whatever it was asked for."""
    missing = [item for item in told if item.cause == "ssl-module-missing"]
    where = next((item.origin for item in missing if item.origin), None)
    rest = [item for item in told if item.cause != "ssl-module-missing"]
    return [*(replace(item, origin=where) for item in missing[:1]), *rest]
