"""Today's public roots: certifi's, as they were released.

Distributions make certifi name the operating system's own list in place of the released one, with whatever
was added to that (Debian: python-certifi, debian/patches; Fedora: python-certifi.spec).
"""

import base64
import filecmp
import hashlib
import importlib.util
import os
from glob import escape, glob

from pipsafe.language.text import text
from pipsafe.trust import system_store, unpacked

BEGIN = b"-----BEGIN CERTIFICATE-----"

OWNERS = ("certifi", "pip")
"""Distributions that carry such a list."""


def path() -> str | None:
    """The roots of pipsafe's own certifi, if there is one: found without importing it."""
    spec = importlib.util.find_spec("certifi")
    if spec is None or not spec.submodule_search_locations:
        return None
    file = os.path.join(spec.submodule_search_locations[0], "cacert.pem")
    if not os.path.isfile(file):
        return unpacked.list_of(spec)
    return file if count(file) else None  # a list without any would be a store that refuses everything


def name_of(file: str) -> str:
    """What people know the list by: a copy lies in a folder that is soon gone."""
    archive = unpacked.copied_from.get(file)
    if archive is None:
        return "certifi"
    return text("the certifi in {archive}", archive=os.path.basename(archive))


def choose(carried: str | None) -> tuple[str | None, str | None]:
    """(the public roots, a certifi of ours that was edited). ``carried`` is the file that pip carries.

    An edited list, and the system's own, serve as the public roots only where there is no other.
    """
    own = path()
    if own is None or is_as_released(own):
        return own or carried, None
    if carried is not None and os.path.isfile(carried) and is_as_released(carried):
        return carried, own if is_edited(own) else None
    return own, None


def described(carried: str | None) -> str:
    """What the chosen roots are, in words; "" where they are no list of public roots."""
    chosen, _ = choose(carried)
    if chosen is None or not is_as_released(chosen):
        return ""
    if chosen == path():
        return text("today's public CAs")
    return text("the public CAs that this pip carries")


def is_as_released(file: str) -> bool:
    """Whether ``file``, of certifi or of pip, is a list of public roots, as far as anybody can tell."""
    return not any(is_edited(file, owner) for owner in OWNERS) and not is_of_the_system(file)


def is_of_the_system(file: str) -> bool:
    """Whether it is the operating system's own list: a link to it, or a copy that nobody released."""
    store = system_store.path()
    if store is None or not os.path.isfile(store):
        return False
    try:
        is_the_same = filecmp.cmp(os.path.realpath(file), os.path.realpath(store), shallow=False)
    except (OSError, ValueError):
        return False
    # In a slim image it is the other way round: the system's list is a copy of the released one.
    return is_the_same and not any(_is_recorded(file, owner) for owner in OWNERS)


def is_edited(file: str, distribution: str = "certifi") -> bool:
    """Whether somebody changed ``file`` after it was installed, as people do to add a CA.

    Such a file is no list of public roots any more. Its installer wrote down what it was
    (RECORD, in the binary distribution format); where nobody did, it is taken as it is.
    """
    return _is_as_recorded(file, distribution) is False


def _is_recorded(file: str, distribution: str) -> bool:
    return _is_as_recorded(file, distribution) is True


def _is_as_recorded(file: str, distribution: str) -> bool | None:
    """None where nobody wrote down what it was."""
    site = file
    while (site := os.path.dirname(site)) != os.path.dirname(site):
        for record in glob(os.path.join(escape(site), f"{distribution}-*.dist-info", "RECORD")):
            return _compare(file, os.path.relpath(file, site).replace(os.sep, "/"), record)
    return None


def _compare(file: str, name: str, record: str) -> bool | None:
    try:
        with open(record, encoding="utf-8") as lines:
            start = f"{name},sha256="
            recorded = next(
                (line[len(start) :].split(",")[0] for line in lines if line.startswith(start)), None
            )
        with open(file, "rb") as contents:
            digest = hashlib.sha256(contents.read()).digest()
    except (OSError, ValueError):
        return None
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == recorded if recorded else None


def count(file: str | None) -> int:
    """How many certificates a PEM file seems to hold."""
    try:
        with open(file or "", "rb") as contents:
            return contents.read().count(BEGIN)
    except OSError:
        return 0
