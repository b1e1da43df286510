"""What the signs of a chain's maker look at: the chain, whose host it is, and what else the run has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit

from pipsafe.observations import host_names
from pipsafe.x509 import issuance
from pipsafe.x509.certificate import Certificate

OTHER_PUBLIC_NAMES = frozenset(
    (
        *("Let's Encrypt", "ZeroSSL", "ZeroSSL GmbH", "cPanel, LLC", "Gandi SAS", "GEANT Vereniging"),
        *(
            "Google Trust Services",
            "Internet2",
            "Trustwave Holdings, Inc.",
            "Entrust, Inc.",
            "Entrust Limited",
        ),
        *(
            "HARICA",
            "Corporation Service Company",
            "Network Solutions L.L.C.",
            "SSL Corp",
            "WoTrus CA Limited",
        ),
        *("Thawte, Inc.", "GeoTrust Inc.", "Symantec Corporation", "VeriSign, Inc.", "COMODO CA Limited"),
        *(
            "StartCom Ltd.",
            "WoSign CA Limited",
            "Buypass AS",
            "eMudhra Technologies Limited",
            "GeoTrust, Inc.",
        ),
    )
)
"""Organizations of intermediates, and of roots that were public once, that today's roots do not show."""


@dataclass(frozen=True, slots=True)
class PublicNames:
    """The names that public roots have."""

    subjects: frozenset[bytes] = frozenset()
    """DER."""
    organizations: frozenset[str] = frozenset()


class Seen(NamedTuple):
    """Another origin of the same run, and what it presents."""

    host: str
    chain: Sequence[Certificate]
    is_default_index: bool


class Scene:
    """What the signs look at."""

    def __init__(
        self,
        chain: tuple[Certificate, ...],
        host: str,
        is_default_index: bool,  # noqa: FBT001
        now: datetime,
        public: PublicNames,
        others: tuple[Seen, ...],
        resolved: tuple[str, ...],
    ) -> None:
        self.chain, self.host, self.is_default_index, self.now = chain, host, is_default_index, now
        self.public, self.resolved = public, resolved
        self.others = tuple(item for item in others if item.chain and item.host != host)
        self.leaf = chain[0]

    @cached_property
    def issuance(self) -> issuance.Issuance:
        return issuance.read(self.leaf)

    @cached_property
    def service_hosts(self) -> tuple[str, ...]:
        """Hosts of the addresses that the leaf names; "" for what is of this network only by its kind."""
        return tuple(host for url in self.issuance.service_urls if (host := _host_of(url)) is not None)

    @cached_property
    def is_private_host(self) -> bool:
        return host_names.is_private(self.host)

    @cached_property
    def is_marked_public(self) -> bool:
        """Whether it has what only public CAs have a reason to put in."""
        return self.issuance.has_timestamps or self.issuance.has_baseline_policy

    @cached_property
    def public_issuer(self) -> str | None:
        """The public CA that one of the issuers is by name."""
        for certificate in self.chain:
            if certificate.issuer_der in self.public.subjects:
                return certificate.issuer_common_name or certificate.issuer_organization or certificate.issuer
            organization = certificate.issuer_organization
            if organization in self.public.organizations or organization in OTHER_PUBLIC_NAMES:
                return organization
        return None

    @property
    def has_public_marks(self) -> bool:
        return self.is_marked_public or self.public_issuer is not None

    def shares_issuer(self, other: Seen) -> bool:
        """Whether the other origin's chain comes from the same CA."""
        return not {item.issuer_der for item in self.chain}.isdisjoint(
            item.issuer_der for item in other.chain
        )

    def is_unrelated(self, other: Seen) -> bool:
        return host_names.site(other.host) != host_names.site(self.host)


def _host_of(url: str) -> str | None:
    """None if what stands in a host's place can be none: it would come to be shown."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
    return host if not host or host_names.is_shaped(host) else None
