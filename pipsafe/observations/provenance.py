"""Who made a chain that is refused for its issuer: a public CA, an inspection product, a private CA.

OpenSSL has the same words for all three. What tells them apart is what each leaves in a certificate, and for
which hosts it makes one; the heaviest sum of signs decides. No trust hangs on it: it chooses words, and
anybody can write anything into a certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipsafe.language.text import text
from pipsafe.observations.provenance_scene import PublicNames, Scene, Seen
from pipsafe.observations.provenance_signs import INSPECTION, PRIVATE_CA, PUBLIC_CA, SIGNS, Sign
from pipsafe.x509 import der, distinguished_name
from pipsafe.x509.certificate import Certificate, MalformedCertificate, subject_of

__all__ = [
    "INSPECTION",
    "PRIVATE_CA",
    "PUBLIC_CA",
    "Provenance",
    "PublicNames",
    "Seen",
    "judge",
    "public_names",
]

MOST_REASONS = 4

NO_NAMES = PublicNames()

_MAKERS = (PRIVATE_CA, INSPECTION, PUBLIC_CA)
"""The first of equals is chosen: it accuses nobody."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """A public CA, an inspection product or a private CA, and what says so."""

    maker: str
    """public-ca | inspection | private-ca"""
    reasons: tuple[str, ...] = ()
    """Sentences, the weightiest first."""


def public_names(roots: Iterable[bytes]) -> PublicNames:
    """The names in a list of public roots, each as DER. What is no certificate is passed over."""
    subjects, organizations = set[bytes](), set[str]()
    for root in roots:
        # Their names alone: to parse them whole would take a tenth of a rescue.
        try:
            subject = subject_of(root)
            name = distinguished_name.attributes(subject, der.element(subject, 0, len(subject)))
        except (MalformedCertificate, der.MalformedDER):
            continue
        subjects.add(subject)
        organizations.update(distinguished_name.values(name, distinguished_name.ORGANIZATION)[:1])
    return PublicNames(frozenset(subjects), frozenset(organizations))


def judge(
    chain: Sequence[Certificate],
    *,
    host: str,
    is_default_index: bool,
    now: datetime,
    public: PublicNames = NO_NAMES,
    others: Sequence[Seen] = (),
    resolved: Sequence[str] = (),
    signs: Sequence[Sign] = SIGNS,
) -> Provenance:
    """Who made the chain, leaf first, that ``host`` presents.

    ``public`` are the names of today's public roots, ``others`` the other origins of the run, refused or not,
    ``resolved`` the addresses of the host where this machine knows them.
    """
    if not chain:
        if is_default_index:
            return Provenance(INSPECTION, (text("{host} is a public host.", host=host),))
        # For translators: "its" is the server's
        return Provenance(PRIVATE_CA, (text("Its certificate could not be read."),))
    scene = Scene(tuple(chain), host, is_default_index, now, public, tuple(others), tuple(resolved))
    found = [(sign, reason) for sign in signs if (reason := sign.look(scene)) is not None]
    sums = {maker: sum(sign.weight for sign, _ in found if sign.maker == maker) for maker in _MAKERS}
    maker = max(_MAKERS, key=lambda item: sums[item])
    own = sorted((item for item in found if item[0].maker == maker), key=lambda item: -item[0].weight)
    return Provenance(maker, tuple(reason for _, reason in own if reason)[:MOST_REASONS])
