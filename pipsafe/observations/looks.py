"""Plain looks at the ways to servers that were refused: what time it is there, and who answers.

Only where the presented certificates leave a question, and only without TLS: nothing is sent
but a request for the host's front page, which carries no secret, and nothing that comes back
is trusted.

However many servers a run names, and however slowly they answer, it takes seconds: few are looked at, all at
once, and each kind of look has its own bound.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from pipsafe.causes import codes
from pipsafe.causes.case import Case
from pipsafe.observations import clock, completion, plain_http, portal, witnesses
from pipsafe.observations.clock import Observation, Skew
from pipsafe.observations.completion import Completion
from pipsafe.observations.plain_http import Answer, PlainHttpFailed
from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy

MOST = 8
"""Servers that are looked at, all at once; the others are judged without."""

COMPLETION_SECONDS = 3.0
PAGE_SECONDS = 1.5
WITNESS_SECONDS = 1.5
MOST_BYTES = 16384

_Got = TypeVar("_Got")


class Look(NamedTuple):
    """One server to look at."""

    case: Case
    proxy: Proxy | None
    """The way that pip takes to plain HTTP servers."""


def completions(looks: Sequence[Look]) -> Mapping[Origin, Completion]:
    """The certificates that servers leave out, from where theirs say that they can be had."""
    return _each(
        looks,
        lambda look: completion.complete(
            look.case.survey.chain,
            origin=look.case.origin,
            proxy=look.proxy,
            seconds=COMPLETION_SECONDS,
            now=look.case.now,
        ),
    )


def front_pages(looks: Sequence[Look]) -> Mapping[Origin, Answer | None]:
    """What answers for each host where no TLS is spoken."""
    return _each(looks, _front_page)


def portals(looks: Sequence[Look], pages: Mapping[Origin, Answer | None]) -> Mapping[Origin, str | None]:
    """How a login page shows itself, per origin."""
    return {
        look.case.origin: portal.judge(look.case.origin, pages.get(look.case.origin), look.case.leaf)
        for look in looks
    }


def skew(
    looks: Sequence[Look], pages: Mapping[Origin, Answer | None], installed: Sequence[Observation]
) -> Skew | None:
    """How far this machine's clock is wrong, if independent evidence agrees that it is.

    ``installed``: what the dates of what is installed here say. Besides the servers that were refused, only
    those are believed that the certificates of a CA name that is trusted here, but for the dates: anybody can
    make a certificate that names hosts of his own.
    """
    observations = [
        observation
        for origin, answer in pages.items()
        if answer is not None and (observation := clock.from_answer(answer, origin.host)) is not None
    ]
    now = looks[0].case.now
    known = [look for look in looks if is_of_a_known_ca(look.case)]
    for said in _each(known, _said_by_others).values():
        observations += said
    observations += clock.from_chains(
        [look.case.survey.chain for look in looks if look.case.survey.chain], now
    )
    observations += installed
    return clock.judge(observations, now)


def asks_for_the_time(case: Case) -> bool:
    """Whether the dates of certificates are what is wrong."""
    return bool(case.codes() & (codes.EXPIRED | codes.NOT_YET_VALID))


def is_of_a_known_ca(case: Case) -> bool:
    """Whether a store has the root, and nothing but the server's own dates is wrong.

    OpenSSL looks for the root before it looks at dates, and at the signature of each certificate before its
    dates; so the CA signed for the server if nothing above the server's certificate is out of time.
    """
    dates = any(verdict.code in codes.DATES for verdict in case.survey.verdicts.values())
    out_of_time = [item for item in case.survey.chain if not item.not_before <= case.now <= item.not_after]
    return dates and out_of_time == [case.leaf]


def asks_for_a_portal(case: Case) -> bool:
    """Whether somebody else may be answering in the server's place."""
    found = case.codes()
    answers_otherwise = bool(found & (codes.WRONG_NAME | codes.UNKNOWN_ISSUER)) or case.pip.kind == "protocol"
    return answers_otherwise and case.leg != "proxy"


def asks_for_completion(case: Case) -> bool:
    """Whether the chain, as presented, ends below a root and says where more can be had."""
    path = completion.presented_path(case.survey.chain)
    return (
        bool(path)
        and case.survey.whole
        and not path[-1].is_self_issued
        and bool(case.codes() & codes.UNKNOWN_ISSUER)
    )


def _front_page(look: Look) -> Answer | None:
    origin = look.case.origin
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    try:
        url = f"http://{host}/"
        return plain_http.get(url, proxy=look.proxy, seconds=PAGE_SECONDS, most_bytes=MOST_BYTES)
    except PlainHttpFailed:
        return None


def _said_by_others(look: Look) -> tuple[Observation, ...]:
    host = look.case.origin.host
    return witnesses.ask(look.case.survey.chain, host=host, proxy=look.proxy, seconds=WITNESS_SECONDS)


def _each(looks: Sequence[Look], ask: Callable[[Look], _Got]) -> dict[Origin, _Got]:
    if not looks:
        return {}
    looks = looks[:MOST]
    from concurrent.futures import ThreadPoolExecutor  # takes its time to import

    with ThreadPoolExecutor(MOST) as pool:
        return {look.case.origin: got for look, got in zip(looks, pool.map(ask, looks), strict=True)}
