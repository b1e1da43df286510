"""Anchors that are already on this machine and could end the chains that pip refused.

Finds in what was read the few certificates whose subject is an issuer of a presented chain, and the
intermediates between the two, whichever files they lie in. What it finds is only a candidate: a handshake
decides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipsafe.language.text import counted, text
from pipsafe.trust import host_scope, stock
from pipsafe.trust.shelf import Role, Shelf, of_issuer, of_subject
from pipsafe.x509 import ca_limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pipsafe.origin import Origin
    from pipsafe.trust.shelf import Denied, Found
    from pipsafe.trust.sources import Source
    from pipsafe.trust.stock import Reading
    from pipsafe.x509.certificate import Certificate

MOST_CANDIDATES = 24
"""Each is tried in a handshake."""

_MOST_NAMES = 50
"""Issuers sought above one chain, which OpenSSL would not follow further either."""

_MOST_BETWEEN = 10
"""Intermediates of one candidate."""

_MOST_REASONS = 5
"""Certificates told of in one source."""

ROOT_MISSING = text("an intermediate, and its root is not there")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A usable anchor and the place that it was found in."""

    anchor: Certificate
    source: Source
    intermediates: tuple[Certificate, ...] = ()
    """What is needed between the presented chain and the anchor, from any source or the network."""

    @property
    def limits(self) -> tuple[str, ...]:
        """What the anchor itself does not vouch for, as clauses: why a handshake may have refused it."""
        return ca_limits.clauses(self.anchor)

    def counts_for(self, origin: Origin) -> bool:
        """Whether its source vouches for that server."""
        return self.source.host is None or host_scope.covers(self.source.host, origin)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A source, or a certificate in it, that is not used, and why."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class Store:
    """A source as it was read."""

    source: Source
    certificates: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What is there to try."""

    candidates: tuple[Candidate, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    stores: tuple[Store, ...] = ()
    unanswered: frozenset[str] = frozenset()
    """SHA-256 of anchors that could not be tried everywhere: a server did not answer."""


def search(
    sources: Sequence[Source],
    chains: Sequence[Sequence[Certificate]],
    *,
    folder: str,
    home: str,
    now: datetime,
    denied: Denied | None = None,
    between: Sequence[Certificate] = (),
) -> Search:
    """Candidates for the chains, in the order of the sources: `stock.read`, then `among`."""
    readings = stock.read(sources, folder=folder, home=home)
    return among(readings, chains, now=now, denied=denied, between=between)


def among(
    readings: Sequence[Reading],
    chains: Sequence[Sequence[Certificate]],
    *,
    now: datetime,
    denied: Denied | None = None,
    between: Sequence[Certificate] = (),
) -> Search:
    """Candidates for the chains, in the order of the readings. Pure.

    `denied` speaks against a certificate wherever it lies. `between` are intermediates from elsewhere, the
    network say: they may be needed below an anchor, and are none.
    """
    shelf = Shelf(readings, now, denied)
    found: dict[tuple[str, int, tuple[Certificate, ...]], tuple[int, Candidate]] = {}
    reasons: dict[int, dict[str, None]] = defaultdict(dict)
    for chain in chains:
        climb = _Climb(chain, shelf, between)
        for item, intermediates in climb.anchors():
            for place in _lenders(item, readings):
                candidate = Candidate(item.certificate, readings[place].source, intermediates)
                found.setdefault((item.certificate.sha256, place, intermediates), (place, candidate))
        for item, reason in climb.unused():
            for place in item.places:
                reasons[place][_of(item.certificate, reason)] = None
        for item in climb.found:
            for place in item.places:
                withheld = readings[place].withheld.get(item.certificate.der)
                if withheld is not None:
                    reasons[place][_of(item.certificate, withheld)] = None
    ordered = sorted(found.values(), key=lambda pair: pair[0])
    kept = _fair(ordered)
    for place, number in Counter(place for place, item in ordered if item not in kept).items():
        told = counted(
            "{count} more CA of that name is not tried",
            "{count} more CAs of that name are not tried",
            number,
        )
        reasons[place][told] = None
    return Search(kept, tuple(_passed_over(readings, reasons)), tuple(map(_store, readings)))


class _Climb:
    """From one presented chain upwards, by the names of the issuers."""

    def __init__(self, chain: Sequence[Certificate], shelf: Shelf, between: Sequence[Certificate]) -> None:
        self._presented = {certificate.sha256 for certificate in chain}
        # A server's own self-signed certificate may be trusted as just that, if it is here already.
        self._alone = chain[0].sha256 if len(chain) == 1 and chain[0].is_self_issued else None
        self._issuers = dict.fromkeys(map(of_issuer, chain))
        self.found: list[Found] = []
        self._issued: dict[bytes, dict[str, Certificate]] = defaultdict(dict)
        """Intermediates by the name of their issuer and their fingerprint."""
        self._led: dict[bytes, list[Certificate]] = {}
        fetched: dict[bytes, list[Certificate]] = defaultdict(list)
        for certificate in between:
            if shelf.judge(certificate)[0] is Role.BETWEEN:
                fetched[of_subject(certificate)].append(certificate)
        names = list(self._issuers)
        for name in names:  # grows while it is walked through
            here = shelf.named(name)
            self.found += here
            links = [item.certificate for item in here if item.role is Role.BETWEEN] + fetched[name]
            above = dict.fromkeys(map(of_issuer, links))
            names += [key for key in above if key not in names][: max(0, _MOST_NAMES - len(names))]
            for link in links:
                self._issued[of_issuer(link)][link.sha256] = link

    def anchors(self) -> Iterator[tuple[Found, tuple[Certificate, ...]]]:
        """What may end the chain, each with what is needed between; the shortest first."""
        for item in self.found:
            if not self._is_anchor(item):
                continue
            name = of_subject(item.certificate)
            if name in self._issuers:
                yield item, ()
            missing = [one for one in self._below(name) if one.sha256 not in self._presented]
            if missing:
                yield item, tuple(missing[:_MOST_BETWEEN])

    def unused(self) -> Iterator[tuple[Found, str]]:
        """What has a name that was sought and is of no use, and why."""
        roots = {of_subject(item.certificate) for item in self.found if self._is_anchor(item)}
        led = {one.sha256 for root in roots for one in self._below(root)}
        for item in self.found:
            if item.role is Role.BETWEEN:
                if item.certificate.sha256 not in led:
                    yield item, ROOT_MISSING
            elif item.problem is not None and not self._is_anchor(item):
                yield item, item.problem

    def _is_anchor(self, item: Found) -> bool:
        server = item.role is Role.SERVER and item.certificate.sha256 == self._alone
        return server or item.role is Role.ANCHOR

    def _below(self, root: bytes) -> list[Certificate]:
        """The intermediates whose issuers lead to an anchor of that name, the highest first."""
        if root not in self._led:
            names = [root]
            found: list[Certificate] = []
            for name in names:  # grows while it is walked through
                links = self._issued.get(name, {}).values()
                found += links
                names += [key for key in dict.fromkeys(map(of_subject, links)) if key not in names]
            self._led[root] = found
        return self._led[root]


def _lenders(item: Found, readings: Sequence[Reading]) -> Iterator[int]:
    """The first reading that lends it to all servers, and those before it that do to some."""
    hosts = set[str | None]()
    for place in item.places:
        host = readings[place].source.host
        if item.certificate.der in readings[place].withheld or host in hosts:
            continue
        hosts.add(host)
        yield place
        if host is None:
            return


def _fair(ordered: Sequence[tuple[int, Candidate]]) -> tuple[Candidate, ...]:
    """As many as can be tried: of each source the first ones, so that none keeps the others out."""
    turns: Counter[tuple[int, bytes]] = Counter()
    ranked: list[tuple[int, int]] = []
    for number, (place, candidate) in enumerate(ordered):
        key = place, candidate.anchor.subject_der
        ranked.append((turns[key], number))
        turns[key] += 1
    chosen = {number for _, number in sorted(ranked)[:MOST_CANDIDATES]}
    return tuple(candidate for number, (_, candidate) in enumerate(ordered) if number in chosen)


def _of(certificate: Certificate, reason: str) -> str:
    return text("{certificate}: {reason}", certificate=certificate.label, reason=reason)


def _passed_over(readings: Sequence[Reading], reasons: dict[int, dict[str, None]]) -> Iterator[PassedOver]:
    for place, reading in enumerate(readings):
        if not reading.file.certificates:
            for problem in reading.file.problems or (text("holds no certificate"),):
                yield PassedOver(reading.source, problem)
        told = list(reasons.get(place, ()))
        for reason in told[:_MOST_REASONS]:
            yield PassedOver(reading.source, reason)
        if len(told) > _MOST_REASONS:
            more = counted(
                "{count} more certificate is of no use",
                "{count} more certificates are of no use",
                len(told) - _MOST_REASONS,
            )
            yield PassedOver(reading.source, more)


def _store(reading: Reading) -> Store:
    return Store(reading.source, len(reading.file.certificates), reading.file.problems)
