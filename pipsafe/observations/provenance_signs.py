"""Signs of who made a certificate chain: a public CA, an inspection product, a private CA. Rows with weights.

Weights were set by what issuers do: public CAs by the CA/Browser Forum's rules (7.1.2.7), mitmproxy by
mitmproxy/certs.py, Squid by src/ssl/gadgets.cc, Zscaler and others by certificates quoted in public reports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from pipsafe.language.text import counted, text
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
    # For translators: "it" is the certificate
    return text("It carries timestamps of certificate transparency logs, which public CAs put in.")


def _baseline_policy(scene: Scene) -> str | None:
    if not scene.issuance.has_baseline_policy:
        return None
    # For translators: "it" is the certificate
    return text("It names the policy that public CAs issue by (CA/Browser Forum).")


def public_issuer(scene: Scene) -> str | None:
    if scene.public_issuer is None:
        return None
    # For translators: "its" is the certificate's
    return text("Its issuer has the name of a public CA, {name}.", name=quoted(scene.public_issuer))


def _public_services(scene: Scene) -> str | None:
    hosts = scene.service_hosts
    if not scene.leaf.ca_issuer_urls or len(hosts) < 2 or any(map(host_names.is_private, hosts)):
        return None
    # For translators: "it" is the certificate
    return text(
        "It says where its issuer's certificate and its revocation state can be had, at public addresses."
    )


# Inspection


def product(scene: Scene) -> str | None:
    name = recognise(scene.chain)
    if name is None:
        return None
    # For translators: "its" is the certificate's
    return text("Its issuer names an inspection product, {product}.", product=name)


def _default_index(scene: Scene) -> str | None:
    if not scene.is_default_index or scene.is_private_host or scene.is_marked_public:
        return None
    return text(
        "{host} is a public host, and the certificate has none of the marks that public CAs put in.",
        host=scene.host,
    )


def _issuers_key(scene: Scene) -> str | None:
    """mitmproxy and Squid make every copy over the CA's own key; nobody else has a reason to."""
    leaf = scene.leaf
    same = any(item.spki_sha256 == leaf.spki_sha256 for item in scene.chain[1:])
    if leaf.is_self_issued or not (same or scene.issuance.has_issuers_key):
        return None
    # For translators: "it" is the certificate
    return text("It has the same key as the CA that issued it, as copies that are made on the way have.")


def _leaf_of_others(scene: Scene) -> str | None:
    """One key for hosts of several owners."""
    if scene.has_public_marks:
        return None
    shared = [
        item.host
        for item in scene.others
        if scene.is_unrelated(item) and item.chain[0].spki_sha256 == scene.leaf.spki_sha256
    ]
    if not shared:
        return None
    return text("{host}, another owner's host, presents the same key.", host=shared[0])


def _issuer_of_default_index(scene: Scene) -> str | None:
    if scene.has_public_marks or scene.is_private_host:
        return None
    shared = [item.host for item in scene.others if item.is_default_index and scene.shares_issuer(item)]
    if not shared:
        return None
    return text("{host}, a public host, has a certificate from the same CA.", host=shared[0])


def _issuer_of_others(scene: Scene) -> str | None:
    if scene.has_public_marks or scene.is_private_host:
        return None
    shared = [
        item.host
        for item in scene.others
        if not host_names.is_private(item.host) and scene.is_unrelated(item) and scene.shares_issuer(item)
    ]
    if not shared:
        return None
    return text("{host}, another owner's host, has a certificate from the same CA.", host=shared[0])


def _many_owners(scene: Scene) -> str | None:
    sites = {host_names.site(name) for name in scene.leaf.dns_names if not host_names.is_private(name)}
    if scene.has_public_marks or len(sites) < MANY_SITES:
        return None
    # For translators: "it" is the certificate
    return counted(
        "It is one certificate for hosts of {count} owner, and from no public CA.",
        "It is one certificate for hosts of {count} owners, and from no public CA.",
        len(sites),
    )


def _made_just_now(scene: Scene) -> str | None:
    fresh = timedelta(0) <= scene.now - scene.leaf.not_before <= FRESH
    if scene.has_public_marks or scene.issuance.software or not fresh:
        return None
    # For translators: "it" is the certificate
    return text("It was made only lately ({day:%Y-%m-%d}).", day=scene.leaf.not_before)


def _bare(scene: Scene) -> str | None:
    if scene.leaf.ca_issuer_urls or scene.has_public_marks or scene.is_private_host:
        return None
    # For translators: "it" is the certificate
    return text(
        "It does not say where its issuer's certificate can be had, as certificates of public hosts do."
    )


def _default_index_elsewhere(scene: Scene) -> str | None:
    if not scene.is_default_index or scene.is_private_host or scene.is_marked_public:
        return None
    misled = scene.resolved and not any(map(addresses.is_public, scene.resolved))
    if not misled:
        return None
    return text(
        "{host} leads to {address}, which is no public address.", host=scene.host, address=scene.resolved[0]
    )


# Private CAs


def _private_host(scene: Scene) -> str | None:
    if not scene.is_private_host:
        return None
    return text("{host} is a name of a private network.", host=scene.host)


def _private_address(scene: Scene) -> str | None:
    if scene.is_default_index or not scene.resolved or any(map(addresses.is_public, scene.resolved)):
        return None
    return text("{host} leads to a private address, {address}.", host=scene.host, address=scene.resolved[0])


def _private_services(scene: Scene) -> str | None:
    private = [host for host in scene.service_hosts if host_names.is_private(host)]
    if not private:
        return None
    if not private[0]:
        # For translators: "it" is the certificate
        return text("It names the addresses of a CA service within a private network.")
    # For translators: "it" is the certificate
    return text("It names the addresses of a CA service within a private network ({host}).", host=private[0])


def _own_services(scene: Scene) -> str | None:
    own = host_names.site(scene.host)
    found = [host for host in scene.service_hosts if host and host_names.site(host) == own]
    if not found or scene.is_marked_public or scene.is_private_host:
        return None
    # For translators: "it" is the certificate
    return text("It names the addresses of a CA service of the host's own site ({host}).", host=found[0])


def _private_software(scene: Scene) -> str | None:
    software = scene.issuance.software
    if software is None:
        return None
    # For translators: "it" is the certificate
    return text("It was issued by CA software for one's own use ({software}).", software=software)


def _directory_name(scene: Scene) -> str | None:
    if "DC=" not in scene.leaf.issuer:
        return None
    # For translators: "its" is the certificate's
    return text("Its issuer is named by the parts of a domain (DC=), as CAs of one's own directory are.")


def _owners_name(scene: Scene) -> str | None:
    label = host_names.site(scene.host).partition(".")[0]
    named = len(label) >= SHORTEST_LABEL and label in scene.leaf.issuer.lower().replace(" ", "")
    if not named or scene.is_default_index or scene.is_private_host or addresses.literal(scene.host):
        return None
    # For translators: "its" is the certificate's
    return text('Its issuer bears the name of the host\'s own site, "{name}".', name=label)


def _issued_long_ago(scene: Scene) -> str | None:
    if scene.is_default_index or scene.now - scene.leaf.not_before <= FRESH:
        return None
    # For translators: "it" is the certificate
    return text(
        "It was issued some time ago ({day:%Y-%m-%d}), not made on the way.", day=scene.leaf.not_before
    )


def _no_public_ca(scene: Scene) -> str | None:
    return None if scene.has_public_marks else text("Its issuer is no public CA.")


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
