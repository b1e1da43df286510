"""The pages of the site that have their source elsewhere, for mkdocs (hooks); and a look at what it built.

Each cause's page is what `pipsafe explain` shows, taken when the site is built. So are SECURITY.md,
CONTRIBUTING.md and CHANGELOG.md. ``python tools/docs_site.py build/site`` fails if a page of the site would
load anything from another server.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipsafe.messages import cause_pages

ROOT = Path(__file__).resolve().parents[1]

AT_THE_TOP: Mapping[str, str] = {
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Files of the checkout to their places in the site."""

NAVIGATION: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Use it",
        (
            ("pipsafe", "index.md"),
            ("In shells and on CI", "ci.md"),
            ("Instead of what people do today", "alternatives.md"),
        ),
    ),
    ("Trust", (("What is trusted, and why", "trust.md"), ("Threat model", "security.md"))),
    ("For those who run networks", (("Network owners", "network-owners.md"),)),
    (
        "The project",
        (
            ("A source or a product as data", "data.md"),
            ("Contributing", "contributing.md"),
            ("What the tests show", "tested.md"),
            ("Benchmarks", "benchmarks.md"),
            ("Platforms", "platforms.md"),
            ("Changelog", "changelog.md"),
        ),
    ),
)
"""Headings to titles and pages; the causes have a heading of their own."""

CAUSES = "causes"
_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|embed|audio|video)\b[^>]*?\bsrc\s*=\s*["']?(?P<source>[^"'\s>]+)"""
    r"""|<link\b(?=[^>]*\brel\s*=\s*["']?(?:stylesheet|preload|icon|shortcut|preconnect|dns-prefetch))"""
    r"""[^>]*?\bhref\s*=\s*["']?(?P<link>[^"'\s>]+)"""
    r"""|@import\s+(?:url\()?["']?(?P<imported>[^"')\s;]+)"""
    r"""|\burl\(\s*["']?(?P<url>[^"')\s]+)""",
    re.IGNORECASE,
)
_FROM_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


def pages() -> dict[str, str]:
    """Place in the site to Markdown, of every page that has its source elsewhere."""
    made = {f"{CAUSES}/index.md": _list_of_causes()}
    made |= {f"{CAUSES}/{cause}.md": cause_pages.page(cause) for cause in cause_pages.CAUSES}
    for source, place in AT_THE_TOP.items():
        made[place] = _with_links_of_the_site((ROOT / source).read_text(encoding="utf-8"))
    return made


def navigation() -> list[dict[str, list[dict[str, str]]]]:
    """As mkdocs takes it: the pages that are there."""
    made = pages()
    found = [
        {heading: [{title: page} for title, page in rows if page in made or (ROOT / "docs" / page).exists()]}
        for heading, rows in NAVIGATION
    ]
    causes = [{"All causes": f"{CAUSES}/index.md"}]
    causes += [{cause: f"{CAUSES}/{cause}.md"} for cause in cause_pages.CAUSES]
    return [*found[:1], {"Causes": causes}, *found[1:]]


def _list_of_causes() -> str:
    lines = [
        "# Causes",
        "",
        "What pipsafe tells apart when TLS verification fails. `pipsafe explain CAUSE` shows the same pages.",
    ]
    for heading, causes in cause_pages.GROUPS.items():
        lines += ["", f"## {heading}", ""]
        lines += [f"- [{cause}]({cause}.md): {cause_pages.meaning(cause)}" for cause in causes]
    return "\n".join([*lines, ""])


def _with_links_of_the_site(text: str) -> str:
    for source, place in AT_THE_TOP.items():
        text = text.replace(f"]({source}", f"]({place}")
    return text.replace("](docs/", "](")


def loaded_from_elsewhere(site: Path) -> Iterator[tuple[str, str]]:
    """(file, address) of everything that a browser would fetch from another server by itself."""
    for path in sorted(site.rglob("*")):
        if path.suffix not in (".html", ".css", ".svg"):
            continue
        for found in _LOADED.finditer(path.read_text(encoding="utf-8")):
            address = next(filter(None, found.groups()))
            if _FROM_ELSEWHERE.match(address):
                yield path.relative_to(site).as_posix(), address


# What mkdocs calls


def on_config(config: Any) -> Any:
    config["nav"] = navigation()
    return config


def on_files(files: Any, *, config: Any) -> Any:
    from mkdocs.structure.files import File  # type: ignore[import-not-found, unused-ignore]

    for place, text in pages().items():
        files.append(File.generated(config, place, content=text))
    return files


def main(site: str) -> int:
    found = list(loaded_from_elsewhere(Path(site)))
    for name, address in found:
        print(f"{name} loads {address}", file=sys.stderr)
    if not (Path(site) / CAUSES).is_dir():
        print(f"{site} holds no site", file=sys.stderr)
        return 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
