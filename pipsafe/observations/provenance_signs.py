"""Signs of who made a certificate chain: a public CA, an inspection product, a private CA. Rows with weights.

Weights were set by what issuers do: public CAs by the CA/Browser Forum's rules (7.1.2.7), mitmproxy by
mitmproxy/certs.py, Squid by src/ssl/gadgets.cc, Zscaler and others by certificates quoted in public reports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from pipsafe.observations import addresses, host_names
from pipsafe.observations.inspectors import recognise
from pipsafe.observations.provenance_scene import Scene
from pipsafe.x509.distinguished_name import quoted

PUBLIC_CA = "public-ca"
INSPECTION = "inspection"
PRIVATE_CA = "private-ca"

FRESH = timedelta(days=15)
"""How long ago at most a copy was made: products make them for hours to two weeks."""
MANY_SITES = 4
SHORTEST_LABEL = 4
"""Letters that a site's name has to have to be looked for in a CA's."""

# Public CAs


def _timestamps(scene: Scene) -> str | None:
    if not scene.issuance.has_timestamps:
        return None
    return "It carries timestamps of certificate transparency logs, which public CAs put in."


def _baseline_policy(scene: Scene) -> str | None:
    if not scene.issuance.has_baseline_policy:
        return None
    return "It names the policy that public CAs issue by (CA/Browser Forum)."


def public_issuer(scene: Scene) -> str | None:
    if scene.public_issuer is None:
        return None
    return f"Its issuer has the name of a public CA, {quoted(scene.public_issuer)}."


def _public_services(scene: Scene) -> str | None:
    hosts = scene.service_hosts
    if not scene.leaf.ca_issuer_urls or len(hosts) < 2 or any(map(host_names.is_private, hosts)):
        return None
    return "It says where its issuer's certificate and its revocation state can be had, at public addresses."


# Inspection


def product(scene: Scene) -> str | None:
    product = recognise(scene.chain)
    return None if product is None else f"Its issuer names an inspection product, {product}."


def _default_index(scene: Scene) -> str | None:
    if not scene.is_default_index or scene.is_private_host or scene.is_marked_public:
        return None
    return f"{scene.host} is a public host, and the certificate has none of the marks that public CAs put in."


def _issuers_key(scene: Scene) -> str | None:
    """mitmproxy and Squid make every copy over the CA's own key; nobody else has a reason to."""
    leaf = scene.leaf
    same = any(item.spki_sha256 == leaf.spki_sha256 for item in scene.chain[1:])
    if leaf.is_self_issued or not (same or scene.issuance.has_issuers_key):
        return None
    return "It has the same key as the CA that issued it, as copies that are made on the way have."


def _leaf_of_others(scene: Scene) -> str | None:
    """One key for hosts of several owners."""
    if scene.has_public_marks:
        return None
    shared = [
        item.host
        for item in scene.others
        if scene.is_unrelated(item) and item.chain[0].spki_sha256 == scene.leaf.spki_sha256
    ]
    return f"{shared[0]}, another owner's host, presents the same key." if shared else None


def _issuer_of_default_index(scene: Scene) -> str | None:
    if scene.has_public_marks or scene.is_private_host:
        return None
    shared = [item.host for item in scene.others if item.is_default_index and scene.shares_issuer(item)]
    return f"{shared[0]}, a public host, has a certificate from the same CA." if shared else None


def _issuer_of_others(scene: Scene) -> str | None:
    if scene.has_public_marks or scene.is_private_host:
        return None
    shared = [
        item.host
        for item in scene.others
        if not host_names.is_private(item.host) and scene.is_unrelated(item) and scene.shares_issuer(item)
    ]
    return f"{shared[0]}, another owner's host, has a certificate from the same CA." if shared else None


def _many_owners(scene: Scene) -> str | None:
    sites = {host_names.site(name) for name in scene.leaf.dns_names if not host_names.is_private(name)}
    if scene.has_public_marks or len(sites) < MANY_SITES:
        return None
    return f"It is one certificate for hosts of {len(sites)} owners, and from no public CA."


def _made_just_now(scene: Scene) -> str | None:
    fresh = timedelta(0) <= scene.now - scene.leaf.not_before <= FRESH
    if scene.has_public_marks or scene.issuance.software or not fresh:
        return None
    return f"It was made only lately ({scene.leaf.not_before:%Y-%m-%d})."


def _bare(scene: Scene) -> str | None:
    if scene.leaf.ca_issuer_urls or scene.has_public_marks or scene.is_private_host:
        return None
    return "It does not say where its issuer's certificate can be had, as certificates of public hosts do."


def _default_index_elsewhere(scene: Scene) -> str | None:
    if not scene.is_default_index or scene.is_private_host or scene.is_marked_public:
        return None
    misled = scene.resolved and not any(map(addresses.is_public, scene.resolved))
    return f"{scene.host} leads to {scene.resolved[0]}, which is no public address." if misled else None


# Private CAs


def _private_host(scene: Scene) -> str | None:
    return f"{scene.host} is a name of a private network." if scene.is_private_host else None


def _private_address(scene: Scene) -> str | None:
    if scene.is_default_index or not scene.resolved or any(map(addresses.is_public, scene.resolved)):
        return None
    return f"{scene.host} leads to a private address, {scene.resolved[0]}."


def _private_services(scene: Scene) -> str | None:
    private = [host for host in scene.service_hosts if host_names.is_private(host)]
    if not private:
        return None
    where = f" ({private[0]})" if private[0] else ""
    return f"It names the addresses of a CA service within a private network{where}."


def _own_services(scene: Scene) -> str | None:
    own = host_names.site(scene.host)
    found = [host for host in scene.service_hosts if host and host_names.site(host) == own]
    if not found or scene.is_marked_public or scene.is_private_host:
        return None
    return f"It names the addresses of a CA service of the host's own site ({found[0]})."


def _private_software(scene: Scene) -> str | None:
    software = scene.issuance.software
    return None if software is None else f"It was issued by CA software for one's own use ({software})."


def _directory_name(scene: Scene) -> str | None:
    if "DC=" not in scene.leaf.issuer:
        return None
    return "Its issuer is named by the parts of a domain (DC=), as CAs of one's own directory are."


def _owners_name(scene: Scene) -> str | None:
    label = host_names.site(scene.host).partition(".")[0]
    named = len(label) >= SHORTEST_LABEL and label in scene.leaf.issuer.lower().replace(" ", "")
    if not named or scene.is_default_index or scene.is_private_host or addresses.literal(scene.host):
        return None
    return f'Its issuer bears the name of the host\'s own site, "{label}".'


def _issued_long_ago(scene: Scene) -> str | None:
    if scene.is_default_index or scene.now - scene.leaf.not_before <= FRESH:
        return None
    return f"It was issued some time ago ({scene.leaf.not_before:%Y-%m-%d}), not made on the way."


def _no_public_ca(scene: Scene) -> str | None:
    return None if scene.has_public_marks else "Its issuer is no public CA."


class Sign(NamedTuple):
    """What speaks for one maker, how strongly, and the words for it."""

    maker: str
    weight: int
    look: Callable[[Scene], str | None]


SIGNS: Sequence[Sign] = (
    Sign(PUBLIC_CA, 8, _timestamps),
    Sign(PUBLIC_CA, 5, _baseline_policy),
    Sign(PUBLIC_CA, 4, public_issuer),
    Sign(PUBLIC_CA, 2, _public_services),
    Sign(INSPECTION, 25, product),
    Sign(INSPECTION, 12, _issuers_key),
    Sign(INSPECTION, 6, _issuer_of_default_index),
    Sign(INSPECTION, 6, _leaf_of_others),
    Sign(INSPECTION, 5, _default_index),
    Sign(INSPECTION, 4, _many_owners),
    Sign(INSPECTION, 3, _default_index_elsewhere),
    Sign(INSPECTION, 2, _issuer_of_others),
    Sign(INSPECTION, 1, _made_just_now),
    Sign(INSPECTION, 1, _bare),
    Sign(PRIVATE_CA, 8, _private_host),
    Sign(PRIVATE_CA, 5, _private_services),
    Sign(PRIVATE_CA, 5, _private_software),
    Sign(PRIVATE_CA, 4, _directory_name),
    Sign(PRIVATE_CA, 4, _owners_name),
    Sign(PRIVATE_CA, 3, _own_services),
    Sign(PRIVATE_CA, 3, _private_address),
    Sign(PRIVATE_CA, 1, _issued_long_ago),
    Sign(PRIVATE_CA, 1, _no_public_ca),
)
