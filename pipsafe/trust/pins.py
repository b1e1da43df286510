"""Certificates that the user names by their fingerprint, taken from what the servers present.

A fingerprint (SHA-256 of the whole certificate) cannot be forged, so it does not matter who
hands the certificate over. It may name an anchor, or a server's own self-signed certificate;
anything else could not end a chain.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pipsafe.language.text import text
from pipsafe.trust.anchors import Candidate, PassedOver, Search
from pipsafe.trust.shelf import NOT_A_CA, Denied
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate, anchor_problem, is_only_a_server
from pipsafe.x509.distinguished_name import quotable

KIND = "pin"
NOT_PRESENTED = text("no server presents a certificate with that fingerprint")
COULD_SIGN = text("it does not say that it is a CA, and yet could sign for other servers")
NOT_PRESENTED_ROOTLESS = text(
    "no server presents a certificate with that fingerprint; where the server does not send its root, a "
    "fingerprint alone is not enough: name the root's file with --pipsafe-ca"
)
SERVERS_OWN = text(
    'it is the server\'s own certificate, issued by "{issuer}"; a pin has to name the root above it'
)
AN_INTERMEDIATE = text('it is an intermediate, issued by "{issuer}"; a pin has to name the root above it')


def search(
    pins: Iterable[tuple[str, str]],
    chains: Sequence[Sequence[Certificate]],
    denied: Denied,
    *,
    now: datetime,
) -> Search:
    """Candidates among what is presented, and why a pin is of no use.

    ``pins`` are (SHA-256 in lower-case hex, what named it).
    """
    presented = {item.sha256: (item, chain[0] is item) for chain in chains for item in chain}
    rootless = any(not chain[-1].is_self_issued for chain in chains if chain)
    candidates: list[Candidate] = []
    passed: list[PassedOver] = []
    for fingerprint, named_by in dict.fromkeys(pins):
        source = Source("explicit", named_by, fingerprint, kind=KIND)
        if fingerprint not in presented:
            passed.append(PassedOver(source, NOT_PRESENTED_ROOTLESS if rootless else NOT_PRESENTED))
            continue
        certificate, is_servers_own = presented[fingerprint]
        reason = _reason(certificate, denied, now, is_servers_own=is_servers_own)
        if reason is None:
            candidates.append(Candidate(certificate, source))
        else:
            template = text('"{certificate}": {reason}')
            passed.append(PassedOver(source, template.filled(certificate=certificate.label, reason=reason)))
    return Search(tuple(candidates), tuple(passed))


def _reason(certificate: Certificate, denied: Denied, now: datetime, *, is_servers_own: bool) -> str | None:
    """Why it cannot be trusted as an anchor; None if it can."""
    if not certificate.is_self_issued:
        issuer = quotable(certificate.issuer)
        return (SERVERS_OWN if is_servers_own else AN_INTERMEDIATE).filled(issuer=issuer)
    problem = denied.reason(certificate) or anchor_problem(certificate, now)
    in_time = certificate.not_before <= now <= certificate.not_after
    if problem == NOT_A_CA and is_servers_own and in_time:
        return None if is_only_a_server(certificate) else COULD_SIGN
    return problem
