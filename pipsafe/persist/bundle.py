"""The lasting CA bundles: what they are made of, and what is recorded of that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipsafe.language.text import text
from pipsafe.observations import releases
from pipsafe.persist.cure import Bundle
from pipsafe.persist.note import KeptAnchor, digest
from pipsafe.trust import ca_file, ownership, public_roots, regular_file, source_readers, system_store
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate, MalformedCertificate, anchor_problem, parse
from pipsafe.x509.pem import to_pem

LARGEST = 64 * 1024 * 1024
NO_ROOTS = text("there is no list of public roots here: neither pipsafe nor pip has one")
# For translators: {complaint} is a clause that says who else can write the file.
OPEN_FILE = text("the CA file that pip is configured with would be made lasting, and {complaint}")
PUBLIC = "public"
"""The tier of public roots."""
PIN = "pin"
"""The kind of a source that is a fingerprint."""


class CannotMake(Exception):
    """The message is a clause."""


@dataclass(frozen=True, slots=True)
class PublicRoots:
    """Today's public roots."""

    certificates: tuple[bytes, ...]
    sha256: str
    """Of their file."""
    version: str
    """Of certifi; "" if it is not known."""


def roots(carried: str | None) -> PublicRoots:
    """`carried`: the file of roots in the target's pip. Raises CannotMake."""
    path, _ = public_roots.choose(carried)
    found = ca_file.read(path).certificates if path is not None else ()
    if path is None or not found:
        raise CannotMake(NO_ROOTS)
    try:
        data = regular_file.read(path, LARGEST)
    except OSError as error:
        words = error.strerror or str(error)
        raise CannotMake(text("{path} cannot be read ({reason})", path=path, reason=words)) from error
    return PublicRoots(found, digest(data), releases.certifi_version(path) or "")


def contents(public: PublicRoots, cure: Bundle, kept: Sequence[Certificate]) -> tuple[bytes, ...]:
    """DER of public roots and the anchors, with what pip was configured with. Raises CannotMake.

    An anchor's namesake among the others is left out: OpenSSL takes the first issuer whose name fits and does
    not come back from it.
    """
    others: list[bytes] = []
    if cure.replaces is not None:
        complaint = ownership.others_can_write(cure.replaces, foreign_owner_allowed=True)
        if complaint:
            raise CannotMake(OPEN_FILE.filled(complaint=complaint))
        others += ca_file.read(cure.replaces).certificates
    anchors = tuple(dict.fromkeys((*cure.anchors, *kept)))
    added = [item.der for item in (*anchors, *cure.intermediates)]
    return tuple(dict.fromkeys([*added, *_no_namesakes((*others, *public.certificates), anchors)]))


def for_tools(of_pip: Iterable[bytes], anchors: Sequence[Certificate]) -> tuple[bytes, ...]:
    """DER for tools that trust the system's store and take a file in its place: the store's roots, too."""
    path = None if system_store.judged_by_the_system() else system_store.path()
    own = ca_file.read(path).certificates if path is not None else ()
    return tuple(dict.fromkeys([*of_pip, *_no_namesakes(own, anchors)]))


def lacking(tools_bundle: str, digests: frozenset[str]) -> int:
    """How many roots of the system's store such a file lacks. `digests`: SHA-256 of the anchors in it."""
    path = None if system_store.judged_by_the_system() else system_store.path()
    if path is None:
        return 0
    held = ca_file.read(tools_bundle).certificates
    missing = set(ca_file.read(path).certificates).difference(held)
    if not missing:
        return 0
    anchors = [parse(der) for der in held if digest(der) in digests]
    return len(_no_namesakes(missing, anchors))


def _no_namesakes(certificates: Iterable[bytes], anchors: Sequence[Certificate]) -> list[bytes]:
    listed = tuple(certificates)
    names = {anchor.subject_der for anchor in anchors}
    namesakes = set(ca_file.issued_by_name(listed, names)) if names else set()
    return [der for der in listed if der not in namesakes]


def pem(certificates: Iterable[bytes]) -> bytes:
    return "".join(map(to_pem, certificates)).encode("ascii")


# What is recorded of anchors


def record(anchors: Sequence[Certificate], sources: Sequence[Source]) -> tuple[KeptAnchor, ...]:
    """But for those that are public roots: they come and go with their list."""
    return tuple(
        KeptAnchor(
            sha256=anchor.sha256,
            label=anchor.label,
            not_after=anchor.not_after.isoformat(),
            tier=source.tier,
            name=source.name,
            path=source.path,
            kind=source.kind,
        )
        for anchor, source in zip(anchors, sources, strict=True)
        if source.tier != PUBLIC
    )


def still_there(kept: KeptAnchor) -> bool:
    """Whether the place that the anchor came from still holds it, and still counts. A pin has no place."""
    if kept.kind == PIN:
        return True
    if kept.kind not in source_readers.READERS:
        return False
    source = Source(kept.tier, kept.name, kept.path, kept.kind)
    found = source_readers.read(source, _complaint)
    return any(digest(der) == kept.sha256 for der in found.certificates)


def _complaint(path: str) -> str | None:
    return ownership.others_can_write(path, foreign_owner_allowed=True)


def kept_certificates(
    recorded: Sequence[KeptAnchor], bundle: str, now: datetime
) -> tuple[tuple[KeptAnchor, Certificate], ...]:
    """Those recorded anchors that go on counting, out of the bundle that holds them."""
    by_digest = {digest(der): der for der in ca_file.read(bundle).certificates} if recorded else {}
    found: list[tuple[KeptAnchor, Certificate]] = []
    for item in recorded:
        der = by_digest.get(item.sha256)
        if der is None or not still_there(item):
            continue
        try:
            certificate = parse(der)
        except MalformedCertificate:
            continue
        if anchor_problem(certificate, now) is None:
            found.append((item, certificate))
    return tuple(found)
