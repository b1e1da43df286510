"""How far this machine's clock is wrong, by independent evidence: a pure judgement over observations.

A clock that is wrong refuses good certificates; and who holds a certificate that has expired would like to be
believed that the clock is wrong. So what comes over the network has to agree, from two sides at least, and
has to leave room for what is known without it: nothing that is installed here was made after the true time.
That can prove a clock to be behind. That it is ahead, the network alone can say; see `Skew.by`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pipsafe.language.text import Text, counted, text
from pipsafe.observations import dates
from pipsafe.observations.plain_http import Answer
from pipsafe.x509.certificate import Certificate

HTTP_DATE, CERTIFICATES, BUILD = "http-date", "certificates", "build"

LEAST = timedelta(minutes=5)
"""A clock that is off by less does no harm."""

SLACK = timedelta(seconds=30)
"""How far a server's own clock may be off, and how long an answer may be on its way."""

LONGEST_AGE = timedelta(days=30)
"""Of an answer out of a cache."""

ZONES = timedelta(hours=26)
"""Between the earliest and the latest place on earth: dates of builds do not say where."""

_PIP_RELEASE = re.compile(r"(1[89]|[2-9]\d)\.\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that bounds the true time, seen when this machine's clock said what it says."""

    kind: str
    """http-date | certificates | build"""
    words: str
    """A clause, to show."""
    earliest: datetime | None
    latest: datetime | None
    source: str = ""
    """Who says so: two observations of one kind and source are one."""


@dataclass(frozen=True, slots=True)
class Skew:
    """A wrong clock."""

    seconds: float
    """Positive when this machine is ahead."""
    at_least: bool
    """Whether it may be more."""
    rests_on: tuple[str, ...]
    """Clauses."""
    by: tuple[str, ...] = ()
    """The hosts that say so over plain HTTP, if nothing that is installed here proves it."""


# Observations


def from_answer(answer: Answer, host: str) -> Observation | None:
    """What a web server says the time is; ``Age`` is how long ago it said so to a cache (RFC 9111 5.1)."""
    said = dates.of_http(answer.headers.get("date", ""))
    if said is None:
        return None
    age = answer.headers.get("age", "0")
    waited = timedelta(seconds=int(age)) if age.isascii() and age.isdigit() and len(age) < 9 else timedelta(0)
    if waited > LONGEST_AGE:
        return None
    time = said + waited
    words = text("{host} says that it is {time:%Y-%m-%d %H:%M} UTC", host=host, time=time)
    return Observation(HTTP_DATE, words, time - SLACK, time + SLACK, host)


def from_chains(chains: Iterable[Sequence[Certificate]], now: datetime) -> tuple[Observation, ...]:
    """When the servers' own certificates hold, if those of two servers at least are all out of time now.

    One that holds now shows that others may simply be old; so nothing is concluded.
    """
    leaves = {chain[0].sha256: chain[0] for chain in chains if chain}
    keys = {leaf.spki_sha256 for leaf in leaves.values()}
    if len(keys) < 2:
        return ()
    late = [leaf for leaf in leaves.values() if now > leaf.not_after]
    early = [leaf for leaf in leaves.values() if now < leaf.not_before]
    start = max(leaf.not_before for leaf in leaves.values())
    stop = min(leaf.not_after for leaf in leaves.values())
    if len(leaves) not in (len(late), len(early)) or start > stop:
        return ()
    words = _of_chains(len(leaves), start, stop, are_late=bool(late))
    return (Observation(CERTIFICATES, words, start, stop),)


def _of_chains(number: int, start: datetime, stop: datetime, *, are_late: bool) -> Text:
    """Always of several; what the singular says is never said."""
    if are_late:
        return counted(
            "the certificate of {count} server has expired, "
            "and holds from {start:%Y-%m-%d} to {stop:%Y-%m-%d}",
            "the certificates of {count} servers all have expired, "
            "and all hold from {start:%Y-%m-%d} to {stop:%Y-%m-%d}",
            number,
            start=start,
            stop=stop,
        )
    return counted(
        "the certificate of {count} server is not valid yet, "
        "and holds from {start:%Y-%m-%d} to {stop:%Y-%m-%d}",
        "the certificates of {count} servers all are not valid yet, "
        "and all hold from {start:%Y-%m-%d} to {stop:%Y-%m-%d}",
        number,
        start=start,
        stop=stop,
    )


def from_builds(
    python_build: str | None = None,
    *,
    openssl: str | None = None,
    certifi_versions: Sequence[str] = (),
    pip_version: str | None = None,
) -> tuple[Observation, ...]:
    """Dates that what is installed carries in itself; it cannot be later than the true time.

    ``python_build`` is the date of `platform.python_build`, ``openssl`` its `OPENSSL_VERSION`. Versions of
    certifi are dates; pip's begin with the year. File dates are left out: this very clock set them.
    """
    dated = (
        (text("this Python was built on {day:%Y-%m-%d}"), dates.of_build(python_build)),
        (text("this OpenSSL was released on {day:%Y-%m-%d}"), dates.of_build(openssl)),
        *(
            (text("a list of roots on this machine was released on {day:%Y-%m-%d}"), dates.of_version(item))
            for item in certifi_versions
        ),
    )
    found = [
        Observation(BUILD, words.filled(day=day), day - ZONES, None, words)
        for words, day in dated
        if day is not None
    ]
    if pip_version and (release := _PIP_RELEASE.fullmatch(pip_version)):
        year = 2000 + int(release[1])
        start = datetime(year, 1, 1, tzinfo=timezone.utc)
        words = text("this pip was released in {year}", year=year)
        found.append(Observation(BUILD, words, start - ZONES, None, "pip"))
    return tuple(found)


# Judgement


def judge(observations: Iterable[Observation], now: datetime, least: timedelta = LEAST) -> Skew | None:
    """How far this machine's clock is off, None if nothing sound says that it is."""
    seen = tuple(observations)
    builds = [item for item in seen if item.kind == BUILD and item.earliest is not None]
    floor = max(builds, key=_earliest, default=None)
    proof = floor if floor is not None and _earliest(floor) - now > least else None
    told = _agreeing([item for item in seen if item.kind != BUILD], floor, proof, now, least)
    if told:
        low, high = _bounds([*told, *builds])
        return _skew([*told, *([proof] if proof else ())], low, high, now, least)
    # Nobody on the network makes a build's date, so one is enough.
    return _skew([proof], _earliest(proof), None, now, least) if proof is not None else None


def _agreeing(
    told: Sequence[Observation],
    floor: Observation | None,
    proof: Observation | None,
    now: datetime,
    least: timedelta,
) -> list[Observation]:
    """What came over the network, if it is of one voice, from two sides, and contradicts the clock."""
    against = [item for item in told if _contradicts(item, now, least)]
    right = any(item.kind == HTTP_DATE for item in told if item not in against)
    sides = {(item.kind, item.source) for item in against}
    low, high = _bounds(against)
    disagree = low is not None and high is not None and low - high > least
    # Who says that it is earlier than what is installed here was made does not tell the truth.
    forged = floor is not None and high is not None and high < _earliest(floor)
    alone = len(sides) < 2 and proof is None
    return [] if right or disagree or forged or alone else against


def _contradicts(item: Observation, now: datetime, least: timedelta) -> bool:
    early = item.earliest is not None and item.earliest - now > least
    late = item.latest is not None and now - item.latest > least
    return early or late


def _bounds(observations: Sequence[Observation]) -> tuple[datetime | None, datetime | None]:
    """Between which times the true one lies by all of them."""
    low = max((item.earliest for item in observations if item.earliest), default=None)
    high = min((item.latest for item in observations if item.latest), default=None)
    return low, high


def _skew(
    grounds: Sequence[Observation],
    low: datetime | None,
    high: datetime | None,
    now: datetime,
    least: timedelta,
) -> Skew:
    words = tuple(dict.fromkeys(item.words for item in grounds))
    if low is not None and high is not None and abs(high - low) <= 2 * least:
        return Skew((now - (low + (high - low) / 2)).total_seconds(), False, words, _hosts(grounds))
    nearest = low if low is not None and low > now else high
    assert nearest is not None
    return Skew((now - nearest).total_seconds(), True, words, _hosts(grounds))


def _hosts(grounds: Sequence[Observation]) -> tuple[str, ...]:
    """Who has to be believed; nobody, if a date that the network cannot change is among the grounds."""
    if any(item.kind == BUILD for item in grounds):
        return ()
    return tuple(dict.fromkeys(item.source for item in grounds if item.kind == HTTP_DATE))


def _earliest(item: Observation) -> datetime:
    assert item.earliest is not None
    return item.earliest


# Words

_SIZES = (365 * 86400, 86400, 3600, 60, 1)
"""A year, a day, an hour, a minute, a second."""


def in_words(seconds: float) -> Text:
    """A length of time for people, in its two largest units: "2 years and 40 days"."""
    left = round(abs(seconds))
    parts: list[Text] = []
    for size in _SIZES:
        number, rest = divmod(left, size)
        if number or (size == 1 and not parts):
            parts.append(_in_units(number, size))
            left = rest
        elif parts:
            break
        if len(parts) == 2:
            break
    if len(parts) == 1:
        return parts[0]
    # For translators: one length of time in two units, such as "2 years and 40 days"
    return text("{larger} and {smaller}", larger=parts[0], smaller=parts[1])


def _in_units(number: int, size: int) -> Text:
    if size == 365 * 86400:
        # For translators: by how much a clock is ahead or behind
        return counted("{count} year", "{count} years", number)
    if size == 86400:
        # For translators: by how much a clock is ahead or behind
        return counted("{count} day", "{count} days", number)
    if size == 3600:
        # For translators: by how much a clock is ahead or behind
        return counted("{count} hour", "{count} hours", number)
    if size == 60:
        # For translators: by how much a clock is ahead or behind
        return counted("{count} minute", "{count} minutes", number)
    # For translators: by how much a clock is ahead or behind
    return counted("{count} second", "{count} seconds", number)
