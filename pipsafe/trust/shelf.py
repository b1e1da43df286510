"""Certificates of many files by the name of their subject, and what each of them is good for. Pure.

Ten thousand certificates are filed by name without being parsed; only those that are asked for are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Protocol

from pipsafe.language.text import text
from pipsafe.x509 import name_key
from pipsafe.x509.certificate import MalformedCertificate, anchor_problem, is_only_a_server, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipsafe.trust.stock import Reading
    from pipsafe.x509.certificate import Certificate

NOT_A_CA = "not a CA"
AN_INTERMEDIATE = "an intermediate, not a root"
"""As `certificate.anchor_problem` says it; to be compared."""

# For translators: {store} is a store, or a setting that names a file: "the system store", "SSL_CERT_FILE".
_MARKED = text("{store} ({path}) marks it as not to be trusted for TLS servers")

_MOST_OF_A_NAME = 500
_MOST_PARSED = 3_000
"""Certificates parsed of one name and in all: a tenth of a second. Real namesakes are a handful."""


class Denied(Protocol):
    """What the system or its administrator has taken back."""

    def reason(self, certificate: Certificate) -> str | None:
        """Why this certificate is not to be trusted, as a clause, or None."""


class Role(Enum):
    """What a certificate may be in a chain."""

    ANCHOR = "anchor"
    BETWEEN = "an intermediate"
    SERVER = "a server's own"
    """Self-issued and no CA: trusted as just that, if it is what the server presents."""
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Found:
    """A certificate that has the name that was asked for."""

    certificate: Certificate
    role: Role
    problem: str | None
    """Why it is no anchor, as a clause."""
    places: tuple[int, ...]
    """Numbers of the readings that have it, in their order."""


class Shelf:
    """The certificates of all readings."""

    def __init__(self, readings: Sequence[Reading], now: datetime, denied: Denied | None) -> None:
        self._now, self._denied = now, denied
        self._left = _MOST_PARSED
        self._places: dict[bytes, list[int]] = defaultdict(list)
        self._rejected: dict[bytes, int] = {}
        for number, reading in enumerate(readings):
            for der in reading.file.certificates:
                self._places[der].append(number)
            for der in reading.file.rejected:
                self._places[der].append(number)
                self._rejected.setdefault(der, number)
        self._sources = [reading.source for reading in readings]
        self._filed: dict[bytes, list[bytes]] = defaultdict(list)
        for der in self._places:
            self._filed[name_key.of_subject(der)].append(der)
        self._judged: dict[bytes, tuple[Found, ...]] = {}

    def named(self, name: bytes) -> tuple[Found, ...]:
        """The certificates whose subject has this key of `name_key`, in the order of the readings."""
        if name not in self._judged:
            filed = self._fair(self._filed.get(name, ()))
            found = filter(None, map(self._found, filed))
            self._judged[name] = tuple(item for item in found if of_subject(item.certificate) == name)
        return self._judged[name]

    def judge(self, certificate: Certificate) -> tuple[Role, str | None]:
        """What it may be, wherever it comes from, and why it is no anchor."""
        now = self._now
        problem = self._denied.reason(certificate) if self._denied is not None else None
        if problem is not None:
            return Role.UNFIT, problem
        problem = anchor_problem(certificate, now)
        if problem is None:
            return Role.ANCHOR, None
        if problem == NOT_A_CA and is_only_a_server(certificate) and is_valid(certificate, now):
            return Role.SERVER, problem
        if problem == AN_INTERMEDIATE:
            if is_valid(certificate, now):
                return Role.BETWEEN, problem
            return Role.UNFIT, text("an intermediate, and not valid now")
        return Role.UNFIT, problem

    def _found(self, der: bytes) -> Found | None:
        self._left -= 1
        try:
            certificate = parse(der)
        except MalformedCertificate:
            return None
        role, problem = self.judge(certificate)
        # What one file marks as not to be trusted is not taken from another either.
        by = self._rejected.get(der)
        if by is not None:
            source, role = self._sources[by], Role.UNFIT
            problem = _MARKED.filled(store=source.name, path=source.path)
        return Found(certificate, role, problem, tuple(dict.fromkeys(self._places[der])))

    def _fair(self, ders: Sequence[bytes]) -> Iterable[bytes]:
        """So many that they can all be parsed, from each reading the first ones; in their order."""
        most = max(0, min(_MOST_OF_A_NAME, self._left))
        if len(ders) <= most:
            return ders
        by_place: dict[int, list[bytes]] = defaultdict(list)
        for der in ders:
            by_place[self._places[der][0]].append(der)
        in_turn = filter(None, chain.from_iterable(zip_longest(*by_place.values())))
        chosen = set(islice(in_turn, most))
        return [der for der in ders if der in chosen]


def of_subject(certificate: Certificate) -> bytes:
    """The key of its subject."""
    return name_key.of_name(certificate.subject_der)


def of_issuer(certificate: Certificate) -> bytes:
    """The key of its issuer."""
    return name_key.of_name(certificate.issuer_der)


def is_valid(certificate: Certificate, now: datetime) -> bool:
    """Whether `now` lies between its dates."""
    return certificate.not_before <= now <= certificate.not_after
