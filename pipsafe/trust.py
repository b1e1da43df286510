"""Anchors that are already on this machine and could end the chains that pip refused.

Reads candidate files under the rules of who may have written them, and finds in them the
few certificates whose subject is an issuer of a presented chain. What it finds is only a
candidate: a handshake decides.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipsafe import ca_file, ownership
from pipsafe.ca_file import CaFile
from pipsafe.certificate import Certificate, MalformedCertificate, anchor_problem, parse
from pipsafe.sources import Source

NOT_A_CA = "not a CA"
"""As `certificate.anchor_problem` says it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A usable anchor and the place that it was found in."""

    anchor: Certificate
    source: Source
    intermediates: tuple[Certificate, ...] = ()
    """Certificates of the same file between the presented chain and the anchor."""


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


def search(
    sources: Sequence[Source],
    chains: Sequence[Sequence[Certificate]],
    *,
    folder: str,
    home: str,
    now: datetime,
) -> Search:
    """Candidates for the chains, in the order of the sources, each anchor once.

    ``folder`` is the working folder, ``home`` the user's: nothing in the first is trusted,
    unless it is the second or holds it.
    """
    names = {certificate.issuer_der for chain in chains for certificate in chain}
    presented = {certificate.sha256 for chain in chains for certificate in chain}
    # A server's own self-signed certificate may be trusted as just that, if it is here already.
    presented_alone = {chain[0].sha256 for chain in chains if len(chain) == 1 and chain[0].is_self_issued}
    candidates: dict[str, Candidate] = {}
    rejected: set[bytes] = set()
    passed: list[PassedOver] = []
    stores: list[Store] = []
    for source in sources:
        read = ca_file.read(source.path, refusal=_refusal_for(source, folder, home))
        rejected.update(read.rejected)
        stores.append(Store(source, len(read.certificates), read.problems))
        if not read.certificates:
            passed += [PassedOver(source, problem) for problem in read.problems or ("holds no certificate",)]
            continue
        found, reasons = _in_file(read, source, _Wanted(names, presented, presented_alone), now)
        passed += [PassedOver(source, reason) for reason in reasons]
        for candidate in found:
            candidates.setdefault(candidate.anchor.sha256, candidate)
    # What one file marks as not to be trusted is not taken from another either.
    usable = [candidate for candidate in candidates.values() if candidate.anchor.der not in rejected]
    return Search(tuple(usable), tuple(passed), tuple(stores))


def _refusal_for(source: Source, folder: str, home: str) -> ca_file.Refusal | None:
    """The rule that a source's files have to pass before they are read."""
    if source.tier == "public":
        return None  # pipsafe's own dependency: who can write that can write pipsafe

    def refusal(path: str) -> str | None:
        if source.tier == "configured" and in_working_folder(path, folder, home):
            return "it lies in the working folder, which is not trusted (--pipsafe-ca can name it)"
        return ownership.others_can_write(path, foreign_owner_allowed=source.tier != "system")

    return refusal


def in_working_folder(path: str, folder: str, home: str) -> bool:
    """Whether ``path`` is the project's: relative, or below a working folder that does not hold the home."""
    if not os.path.isabs(path):
        return True
    return ownership.inside(folder, path) and not ownership.inside(folder, home)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to look for in the files."""

    issuers: set[bytes]
    """Raw Names."""
    presented: set[str]
    """Fingerprints of what the servers sent themselves."""
    presented_alone: set[str]


def _in_file(
    read: CaFile, source: Source, sought: _Wanted, now: datetime
) -> tuple[list[Candidate], list[str]]:
    """Candidates from one file, and why others that fit by name are none."""
    found: list[Candidate] = []
    reasons: list[str] = []
    wanted, seen, between = set(sought.issuers), set[bytes](), list[Certificate]()
    while wanted:
        fitting = [der for der in ca_file.issued_by_name(read.certificates, wanted) if der not in seen]
        seen.update(fitting)
        wanted = set()
        for der in fitting:
            certificate = _parse(der)
            if certificate is None or der in read.rejected:
                continue
            problem = anchor_problem(certificate, now)
            if (
                problem == NOT_A_CA
                and certificate.sha256 in sought.presented_alone
                and _is_valid(certificate, now)
            ):
                problem = None
            if problem is None:
                found.append(Candidate(certificate, source))
            elif not certificate.is_self_issued and certificate.is_ca:
                # An intermediate of the file: its own issuer may be in the same file.
                between.append(certificate)
                wanted.add(certificate.issuer_der)
            else:
                reasons.append(f"{certificate.label}: {problem}")
    intermediates = tuple(
        certificate for certificate in between if certificate.sha256 not in sought.presented
    )
    if between and not found:
        reasons += [
            f"{certificate.label}: an intermediate, and its root is not there" for certificate in between
        ]
    return [Candidate(item.anchor, item.source, intermediates) for item in found], reasons


def _is_valid(certificate: Certificate, now: datetime) -> bool:
    return certificate.not_before <= now <= certificate.not_after


def _parse(der: bytes) -> Certificate | None:
    try:
        return parse(der)
    except MalformedCertificate:
        return None
