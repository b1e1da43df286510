"""Who made the chain, by all that is known in the end: what anybody can write acquits nobody.

`provenance` reads a chain by its marks, before anything was looked for. Marks of a public CA prove nothing:
only a chain that was completed, and accepted in a handshake, shows that a public CA made it.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipsafe.causes import codes
from pipsafe.causes.case import Case
from pipsafe.causes.words import quoted
from pipsafe.language.text import text
from pipsafe.observations import host_names
from pipsafe.observations.completion import presented_path
from pipsafe.observations.provenance import INSPECTION, MOST_REASONS, PRIVATE_CA, PUBLIC_CA, Provenance
from pipsafe.probes.answered import Verdict
from pipsafe.trust.anchors import Candidate
from pipsafe.x509.certificate import Certificate

WRITTEN_BY_ANYBODY = text("Its marks are those of a public CA, which anybody can write into a certificate.")


def of(case: Case) -> Provenance:
    """The maker, and what says so."""
    if case.completed_by is not None and case.root_is_trusted:
        return case.provenance
    if is_forged(case):
        return _of_a_forgery(case)
    if case.provenance.maker != PUBLIC_CA:
        return case.provenance
    if case.is_default_index:
        ground = text(
            "{host} is a public host, and no public root accepts its certificate.", host=case.origin.host
        )
        return Provenance(INSPECTION, (ground, WRITTEN_BY_ANYBODY))
    reasons = (*case.provenance.reasons[: MOST_REASONS - 1], WRITTEN_BY_ANYBODY)
    return Provenance(PRIVATE_CA, reasons)


def bears_public_marks(case: Case) -> bool:
    """Whether nothing but its marks speaks for a public CA."""
    return case.provenance.maker == PUBLIC_CA


def is_forged(case: Case) -> bool:
    """Whether it names an issuer that is known, and that did not sign it."""
    return case.disowned_by is not None and case.completed_by is None


def disowns(chain: Sequence[Certificate], trial: Candidate, verdict: Verdict) -> bool:
    """Whether a handshake with what the chain names as its issuers, keys and all, failed by a signature.

    Without the identifiers of the keys it may be a namesake: a CA that has another key by now.
    """
    path = presented_path(chain)
    if verdict.code != codes.NAMESAKE or not path:
        return False
    below, above = path[-1], [*trial.intermediates, trial.anchor]
    while below is not trial.anchor:
        issuer = next((item for item in above if _is_named_by(item, below)), None)
        if issuer is None:
            return False
        above.remove(issuer)
        below = issuer
    return True


def _is_named_by(issuer: Certificate, below: Certificate) -> bool:
    key = below.authority_key_id
    return issuer.subject_der == below.issuer_der and key is not None and key == issuer.subject_key_id


def _of_a_forgery(case: Case) -> Provenance:
    is_public = case.is_default_index or not host_names.is_private(case.origin.host)
    found = replace(case.provenance, maker=INSPECTION if is_public else PRIVATE_CA)
    # For translators: "it" is the certificate
    reason = text("{signer} did not sign this certificate, though it says so.", signer=signer(case))
    kept = () if bears_public_marks(case) else found.reasons
    return replace(found, reasons=(reason, *kept)[:MOST_REASONS])


def signer(case: Case) -> str:
    """The CA that is named as the issuer, and the root that it is of."""
    named, top = case.disowned_by, case.top
    if named is None or top is None:
        # For translators: always the subject of a sentence; "it" is a certificate
        return text("the CA that it names")
    issuer = next((item for item in named.intermediates if item.subject_der == top.issuer_der), None)
    if issuer is None:
        return quoted(named.anchor)
    # For translators: names of CAs; the second is the root that the first is of
    return text("{issuer} (of {root})", issuer=quoted(issuer), root=quoted(named.anchor))
