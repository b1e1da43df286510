"""Today's public roots: certifi's, as they were released."""

import base64
import hashlib
import importlib.util
import os
from glob import escape, glob

BEGIN = b"-----BEGIN CERTIFICATE-----"


def path() -> str | None:
    """The roots of pipsafe's own certifi, if it is installed: found without importing it."""
    spec = importlib.util.find_spec("certifi")
    if spec is None or not spec.submodule_search_locations:
        return None
    file = os.path.join(spec.submodule_search_locations[0], "cacert.pem")
    return file if os.path.isfile(file) else None


def choose(carried: str | None) -> tuple[str | None, str | None]:
    """(the public roots, a certifi of ours that was edited). ``carried`` is the file that pip carries.

    An edited list serves as the public roots only where there is no other.
    """
    own = path()
    if own is None or not is_edited(own):
        return own or carried, None
    if carried is not None and os.path.isfile(carried) and not is_edited(carried, "pip"):
        return carried, own
    return own, None


def is_edited(file: str, distribution: str = "certifi") -> bool:
    """Whether somebody changed ``file`` after it was installed, as people do to add a CA.

    Such a file is no list of public roots any more. Its installer wrote down what it was
    (RECORD, in the binary distribution format); where nobody did, it is taken as it is.
    """
    site = file
    while (site := os.path.dirname(site)) != os.path.dirname(site):
        for record in glob(os.path.join(escape(site), f"{distribution}-*.dist-info", "RECORD")):
            return _differs(file, os.path.relpath(file, site).replace(os.sep, "/"), record)
    return False


def _differs(file: str, name: str, record: str) -> bool:
    try:
        with open(record, encoding="utf-8") as lines:
            start = f"{name},sha256="
            recorded = next(
                (line[len(start) :].split(",")[0] for line in lines if line.startswith(start)), None
            )
        with open(file, "rb") as contents:
            digest = hashlib.sha256(contents.read()).digest()
    except (OSError, ValueError):
        return False
    return recorded is not None and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != recorded


def count(file: str | None) -> int:
    """How many certificates a PEM file seems to hold."""
    try:
        with open(file or "", "rb") as contents:
            return contents.read().count(BEGIN)
    except OSError:
        return 0
