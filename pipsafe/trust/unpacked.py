"""Certifi's list where pipsafe lies in a zip: OpenSSL reads roots from a file, so there has to be one.

It lies in a private folder, and is gone when this process ends.
"""

import functools
import os
from importlib.machinery import ModuleSpec

from pipsafe.attempts.scratch import NoScratch, Scratch

LIST = "certifi/cacert.pem"
TELLS_ITS_AGE = "certifi/__init__.py"

copied_from: dict[str, str] = {}
"""The path of each copy to the archive that it came out of."""


def list_of(spec: ModuleSpec) -> str | None:
    """The path of a copy; None if `spec` is of no zip, or there is no place where a copy would be safe."""
    archive = getattr(spec.loader, "archive", None)
    return _copy(archive) if archive is not None else None


@functools.cache
def _copy(archive: str) -> str | None:
    """Raises nothing: without a copy the roots that pip carries have to do."""
    from zipfile import BadZipFile, ZipFile

    try:
        site = os.path.join(Scratch().folder(), "roots")
        with ZipFile(archive) as packed:
            for name in packed.namelist():
                if name in (LIST, TELLS_ITS_AGE) or _is_record(name):
                    packed.extract(name, site)
    except (OSError, BadZipFile, NoScratch):
        return None
    path = os.path.join(site, *LIST.split("/"))
    copied_from[path] = archive
    return path if os.path.isfile(path) else None


def _is_record(name: str) -> bool:
    """Whether it says what the list was when it was released."""
    return name.startswith("certifi-") and name.endswith(".dist-info/RECORD")
