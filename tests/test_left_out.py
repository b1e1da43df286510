"""What pip went on without, by its words: servers, and names of what could have come from there."""

from __future__ import annotations

import pytest

from pipsafe import left_out
from pipsafe.statements import evidence

INDEX, LINKS = "https://index.example/simple", "https://links.example/all"
REASON = (
    "There was a problem confirming the ssl certificate: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
    "failed: unable to get local issuer certificate (_ssl.c:1006)"
)


def words(*urls: str) -> str:
    return "".join(f"Could not fetch URL {url}: {REASON} - skipping\n" for url in urls)


@pytest.mark.parametrize(
    ("urls", "installed", "expected"),
    [
        ([f"{INDEX}/speck/"], [], ["speck"]),
        ([f"{INDEX}/speck/", f"{INDEX}/mote/", f"{INDEX}/speck/"], [], ["speck", "mote"]),
        # Looked for, and not installed: pip went back to another version.
        ([f"{INDEX}/speck/", f"{INDEX}/mote/"], ["speck", "grain"], ["speck"]),
        ([f"{INDEX}/big-speck/"], ["Big_Speck"], ["Big_Speck"]),
        # A page of links is no project's, and may have any.
        ([f"{LINKS}/"], [], []),
        ([f"{LINKS}/"], ["speck", "mote"], ["speck", "mote"]),
        ([f"{LINKS}/", f"{INDEX}/speck/"], [], ["speck"]),
        ([], ["speck"], []),
    ],
)
def test_names(urls: list[str], installed: list[str], expected: list[str]) -> None:
    pages = left_out.pages(evidence.read(words(*urls)))
    links = left_out.as_named([f"{LINKS}/#frag"])
    assert list(left_out.projects(pages, links, installed)) == expected


def test_servers() -> None:
    pages = left_out.pages(evidence.read(words(f"{INDEX}/speck/", f"{INDEX}/mote/", f"{LINKS}/")))
    assert left_out.servers(pages) == ("https://index.example:443", "https://links.example:443")


def test_what_is_no_page_of_an_index() -> None:
    said = words("https://files.example/speck-1.0.whl") + "      " + words(f"{INDEX}/speck/")
    assert left_out.pages(evidence.read(said)) == ()
