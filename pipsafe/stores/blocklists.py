"""What the administrator of a Linux or BSD machine distrusts, as its distribution lets it be said.

Debian: lines "!file" of /etc/ca-certificates.conf, while the file stays in /usr/share/ca-certificates
(update-ca-certificates(8) and its script). p11-kit: folders named blocklist, earlier blacklist, and objects
and TRUSTED CERTIFICATE blocks that say so (p11-glue/p11-kit, trust/parser.c and trust/enumerate.c).
FreeBSD: certctl(8), by the certificate itself.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from pipsafe.language.text import text
from pipsafe.stores import anchor_folders, denials, p11_kit, places
from pipsafe.stores.denials import Denied
from pipsafe.x509 import bundle
from pipsafe.x509.distinguished_name import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DEBIAN_LIST = "/etc/ca-certificates.conf"
_DEBIAN_FILES = "/usr/share/ca-certificates/"
_MOST_LINES = 10_000

# For translators: the certificate itself lies there, among those that are distrusted.
_BY = text("distrusted by {path}")

P11_KIT = (
    "/etc/pki/ca-trust/source",  # RHEL, Fedora, Amazon
    "/usr/share/pki/ca-trust-source",
    "/etc/pki/trust",  # SUSE
    "/usr/share/pki/trust",
    "/etc/ca-certificates/trust-source",  # Arch
    "/usr/share/ca-certificates/trust-source",
)
"""Where p11-kit is built to look (`pkg-config --variable p11_trust_paths p11-kit-1`)."""

FREEBSD = tuple(
    f"{place}/{name}"
    for place in ("/usr/share/certs", "/usr/local/etc/ssl", "/etc/ssl")
    for name in ("untrusted", "blacklisted")
)


def denied(platform: str, root: str = "/") -> Denied:
    """What is distrusted on this machine. Never raises; a file system that does not answer is waited for."""
    return denials.together(look() for look in lookups(platform, root))


def lookups(platform: str, root: str = "/") -> list[Callable[[], Denied]]:
    """The calls that tell it, one for each place."""
    if platform.startswith("freebsd"):
        return [partial(_together, _in_freebsd_folder, root, base) for base in FREEBSD]
    if platform.startswith("linux"):
        debian = partial(_together, _in_debian_list, root, _DEBIAN_LIST)
        return [debian, *(partial(_together, _in_p11_kit_folder, root, base) for base in P11_KIT)]
    return []


def _together(look: Callable[[str, str], Iterator[Denied]], root: str, place: str) -> Denied:
    return denials.together(look(root, place))


def _in_debian_list(root: str, path: str) -> Iterator[Denied]:
    place = places.below(root, path)
    data = places.read(place)
    if isinstance(data, str):
        return
    lines = os.fsdecode(data).split("\n", _MOST_LINES)[:_MOST_LINES]
    marked = [(number, line[1:].strip()) for number, line in enumerate(lines, 1) if line.startswith("!")]
    # A copy among the local anchors goes into the store all the same: who put it there trusts it.
    kept = (
        {der for path in anchor_folders.local_anchors(root) for der in _certificates(path)}
        if marked
        else set()
    )
    for number, name in marked:
        found = _certificates(places.below(root, _DEBIAN_FILES + name))
        reason = text("distrusted in {path}, line {number}", path=printable(place), number=number)
        yield denials.of_certificates([der for der in found if der not in kept], reason)


def _in_p11_kit_folder(root: str, base: str) -> Iterator[Denied]:
    place = places.below(root, base)
    for name in ("blocklist", "blacklist"):
        for path in places.files(os.path.join(place, name)):
            yield _blocked(path)
    for path in places.files(place):
        yield _marked(path)


def _blocked(path: str) -> Denied:
    """All that a file in a blocklist names, whatever it says of trust itself."""
    data = places.read(path)
    if isinstance(data, str):
        return Denied()
    reason = _BY.filled(path=printable(path))
    if p11_kit.HEADER in data:
        return p11_kit.denied(p11_kit.objects(data), reason)
    found = bundle.contents(data)
    return denials.of_keys([*found.certificates, *found.rejected], reason)


def _marked(path: str) -> Denied:
    """What a file beside a blocklist marks as distrusted."""
    data = places.read(path)
    if isinstance(data, str):
        return Denied()
    reason = text("distrusted in {path}", path=printable(path))
    if p11_kit.HEADER in data:
        return p11_kit.denied(p11_kit.distrusted(data), reason)
    return denials.of_certificates(bundle.contents(data).rejected, reason)


def _in_freebsd_folder(root: str, base: str) -> Iterator[Denied]:
    for path in places.files(places.below(root, base)):
        yield denials.of_certificates(_certificates(path), _BY.filled(path=printable(path)))


def _certificates(path: str) -> tuple[bytes, ...]:
    data = places.read(path)
    return () if isinstance(data, str) else bundle.contents(data).certificates
