"""Say what the one file carries: ``python tools/sbom.py dist/pipsafe.pyz dist/pipsafe.cdx.json``.

A bill of materials in CycloneDX 1.6, made from the metadata inside the file and from nothing else. It has no
time of making, and its serial number follows from the file's bytes, so it is the same each time.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

APPLICATION = "pipsafe"
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"

# A name in SPDX's list; what else stands in METADATA is an expression of such, or words.
_SPDX_ID = re.compile(r"[A-Za-z0-9.+-]+")
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One distribution in the file."""

    name: str
    version: str
    licence: str
    """An SPDX expression."""
    summary: str
    needs: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name.lower()}@{self.version}"


def parts(archive: Path) -> Iterator[Part]:
    """Every distribution whose metadata lies in the archive, by name."""
    with zipfile.ZipFile(archive) as packed:
        for name in sorted(packed.namelist()):
            if name.endswith(".dist-info/METADATA"):
                yield _part(BytesParser().parsebytes(packed.read(name)))


def _part(metadata: Message) -> Part:
    needs = [_REQUIREMENT.match(line) for line in metadata.get_all("Requires-Dist", [])]
    return Part(
        metadata["Name"],
        metadata["Version"],
        metadata["License-Expression"] or metadata["License"] or "",
        metadata["Summary"] or "",
        tuple(sorted(found[0].lower() for found in needs if found is not None)),
    )


def bill(archive: Path) -> dict[str, object]:
    """The document."""
    found = {part.name: part for part in parts(archive)}
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    subject = _component(found[APPLICATION], "application")
    subject["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {"component": subject},
        "components": [
            _component(part, "library") for name, part in sorted(found.items()) if name != APPLICATION
        ],
        "dependencies": [
            {"ref": part.purl, "dependsOn": [found[name].purl for name in part.needs if name in found]}
            for _, part in sorted(found.items())
        ],
    }


def _component(part: Part, kind: str) -> dict[str, object]:
    licence = {"license": {"id": part.licence}}
    if not _SPDX_ID.fullmatch(part.licence):
        licence = {"expression": part.licence}  # type: ignore[dict-item]
    return {
        "type": kind,
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "description": part.summary,
        "licenses": [licence],
        "purl": part.purl,
    }


def main(archive: str, place: str) -> int:
    Path(place).write_text(json.dumps(bill(Path(archive)), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
