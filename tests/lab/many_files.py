"""A well-stocked machine: hundreds of CA files with thousands of different certificates."""

from __future__ import annotations

import random
from pathlib import Path

from tests.certificates import COMMON_NAME, RAW_CA, pem, raw, raw_extension, raw_name, tlv

_FOLDERS = 50
_PADDING = 700
"""Bytes that make a certificate as large as most roots are: 1.2 KB."""


def many_files(folder: Path, *, files: int = 500, certificates: int = 10_000) -> list[Path]:
    """The paths of so many files, in several folders, that hold so many certificates in all."""
    for number in range(_FOLDERS):
        (folder / f"tool-{number}" / "etc").mkdir(parents=True)
    padding = random.Random(1)
    paths = [folder / f"tool-{number % _FOLDERS}" / "etc" / f"ca-{number}.pem" for number in range(files)]
    for place, path in enumerate(paths):
        numbers = range(place, certificates, files)
        path.write_bytes(b"".join(_certificate(number, padding.randbytes(_PADDING)) for number in numbers))
    return paths


def _certificate(number: int, padding: bytes) -> bytes:
    name = raw_name(
        ("2.5.4.6", 0x13, b"US"),
        ("2.5.4.10", 0x0C, b"Example Trust Services"),
        (COMMON_NAME, 0x0C, f"Example Root {number}".encode()),
    )
    serial = tlv(0x02, b"\1" + padding[:15])
    extensions = (RAW_CA, raw_extension("1.2.3.4", padding))
    return pem(raw(issuer=name, subject=name, serial=serial, extensions=extensions))
