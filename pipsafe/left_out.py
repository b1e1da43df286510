"""What pip went on without: the servers whose pages it left out, and what could have come from there.

Pure: from evidence to names.
"""

import re
from collections.abc import Collection, Sequence

from pipsafe.statements.evidence import Evidence

# Legs that pip skips when they fail ("Could not fetch URL ... - skipping"): it names their URLs.
LEGS = ("index", "find-links")


def pages(found: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """What speaks of pages that pip itself left out."""
    return tuple(item for item in found if item.url and not item.inner and item.leg in LEGS)


def servers(left_out: Sequence[Evidence]) -> tuple[str, ...]:
    """The servers of those pages, each once."""
    return tuple(dict.fromkeys(str(item.origin or item.url) for item in left_out))


def projects(
    left_out: Sequence[Evidence], links: Collection[str], installed: Sequence[str]
) -> tuple[str, ...]:
    """Names of what could have been on those pages, in pip's order; only of what it installed, if it did.

    An index has a page for each project; of the pages of ``links`` any may have been there.
    """
    of_links = [item for item in left_out if item.leg == "find-links" or _bare(item.url) in links]
    named = dict.fromkeys(normalised(_bare(item.url).rpartition("/")[2]) for item in left_out)
    for item in of_links:
        named.pop(normalised(_bare(item.url).rpartition("/")[2]), None)
    if not installed:
        return tuple(named)
    return tuple(name for name in dict.fromkeys(installed) if of_links or normalised(name) in named)


def as_named(urls: Sequence[str]) -> frozenset[str]:
    """URLs of pages of links, without credentials, as `projects` compares them."""
    return frozenset(map(_bare, urls))


def _bare(url: str | None) -> str:
    return (url or "").partition("#")[0].partition("?")[0].rstrip("/")


def normalised(name: str) -> str:
    """A project's name as an index has it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
