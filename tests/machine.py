"""A machine as the search for trust sees it: a home, a project's folder in it, an administrator's folder."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipsafe.trust import ownership, stock
from pipsafe.trust.anchors import Search, search
from pipsafe.trust.sources import Source
from pipsafe.trust.stock import Reading
from pipsafe.x509.certificate import Certificate, parse
from tests.certificates import oid, tlv
from tests.lab.authority import Authority, Leaf, der_of

NOW = datetime.now(timezone.utc)
SERVER_AUTH = oid("1.3.6.1.5.5.7.3.1")

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can make root's files, or give one away")


def seen(leaf: Leaf) -> tuple[Certificate, ...]:
    """The chain that is presented."""
    return tuple(parse(der_of(certificate)) for certificate in leaf.presented)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an administrator has taken back."""

    fingerprints: frozenset[str]

    def reason(self, certificate: Certificate) -> str | None:
        return "distrusted in blocklist/" if certificate.sha256 in self.fingerprints else None


def configured(path: str, host: str | None = None) -> Source:
    return Source("configured", "GIT_SSL_CAINFO", path, host=host)


def provisioned(path: str) -> Source:
    return Source("provisioned", "a folder of the administrator's", path)


@dataclass(frozen=True, slots=True)
class Machine:
    """Its folders, and the chain that a server presents to it."""

    home: Path
    project: Path
    corp: Path
    chain: tuple[Certificate, ...]

    def file(self, *parts: bytes, name: str = "ca.pem", folder: Path | None = None) -> str:
        path = (folder or self.corp) / name
        path.write_bytes(b"".join(parts))
        return str(path)

    def search(
        self,
        *sources: Source | str,
        chains: Sequence[Sequence[Certificate]] | None = None,
        folder: Path | None = None,
        now: datetime = NOW,
        revoked: Sequence[Authority] = (),
        between: Sequence[Authority] = (),
    ) -> Search:
        """Search as from the project's folder. A path alone is a configured source."""
        return search(
            [configured(item) if isinstance(item, str) else item for item in sources],
            (self.chain,) if chains is None else chains,
            folder=str(folder or self.project),
            home=str(self.home),
            now=now,
            denied=TakenBack(frozenset(item.sha256 for item in revoked)),
            between=[parse(item.der) for item in between],
        )

    def read(self, path: str) -> tuple[Reading, ...]:
        return stock.read([configured(path)], folder=str(self.project), home=str(self.home))


def made(folder: Path, chain: tuple[Certificate, ...]) -> Machine:
    """Folders that nobody else can write, which pytest's own are not asked to be."""
    home, corp = folder / "home", folder / "corp"
    project = home / "project"
    for each in (home, corp, project):
        each.mkdir(mode=0o755, exist_ok=True)
        each.chmod(0o755)
    complaint = ownership.others_can_write(str(corp), foreign_owner_allowed=False)
    if complaint:
        pytest.skip(f"no folder here that is this user's alone: {complaint}")
    return Machine(home, project, corp, chain)


def anchors(found: Search) -> list[str]:
    return [candidate.anchor.sha256 for candidate in found.candidates]


def reasons(found: Search) -> str:
    return "\n".join(item.reason for item in found.passed_over)


def rejected_pem(der: bytes) -> bytes:
    """A TRUSTED CERTIFICATE that is rejected for TLS servers."""
    body = base64.encodebytes(der + tlv(0x30, tlv(0xA0, SERVER_AUTH)))
    return b"-----BEGIN TRUSTED CERTIFICATE-----\n" + body + b"-----END TRUSTED CERTIFICATE-----\n"
