"""The site's sources and the man page: complete, from one source each, and nothing loaded from elsewhere."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipsafe.cli import OWN_COMMANDS
from pipsafe.messages import cause_pages
from pipsafe.own_options import OPTIONS
from tests.lab.run import ROOT

DOCS = ROOT / "docs"
MAN_PAGE = DOCS / "data" / "share" / "man" / "man1" / "pipsafe.1"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

# Written by nox when the tests have run.
MADE_LATER = {"tested.md"}

_LINK = re.compile(
    r"(?<!!)\[[^\]]*\]\((?P<to>[^)\s#]*)(?:#(?P<anchor>[^)\s]*))?\)|!\[[^\]]*\]\((?P<image>[^)]*)\)"
)


@pytest.fixture(scope="module")
def site() -> ModuleType:
    """tools/docs_site.py, as mkdocs imports it."""
    spec = importlib.util.spec_from_file_location("docs_site", ROOT / "tools" / "docs_site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def every_page(site: ModuleType) -> dict[str, str]:
    """Place to Markdown, of all pages of the site."""
    written = {
        path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")
    }
    made: dict[str, str] = site.pages()
    assert not written.keys() & made.keys()
    return written | made


def _pages_in(navigation: Any) -> Iterator[str]:
    for item in navigation:
        for value in item.values():
            if isinstance(value, str):
                yield value
            else:
                yield from _pages_in(value)


def test_each_cause_is_the_page_that_explain_shows(every_page: dict[str, str]) -> None:
    for cause in cause_pages.CAUSES:
        assert every_page[f"causes/{cause}.md"] == cause_pages.page(cause)
        assert f"[{cause}]({cause}.md): {cause_pages.meaning(cause)}" in every_page["causes/index.md"]


def test_every_page_is_in_the_navigation_once(site: ModuleType, every_page: dict[str, str]) -> None:
    listed = list(_pages_in(site.navigation()))

    assert len(listed) == len(set(listed))
    assert set(listed) | MADE_LATER == set(every_page) | MADE_LATER


def test_every_link_leads_somewhere(every_page: dict[str, str]) -> None:
    for place, text in every_page.items():
        prose = re.sub(r"(?m)^    .*$|`[^`\n]*`", "", text)
        for found in _LINK.finditer(prose):
            to = found["image"] or found["to"] or Path(place).name
            if to.startswith("https://"):
                assert found["image"] is None, f"{place} loads {to}"
                continue
            there = (DOCS / place).parent.joinpath(to).resolve()
            inside = there.relative_to(DOCS.resolve()).as_posix()
            assert inside in every_page or inside in MADE_LATER or there.exists(), f"{place} links to {to}"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ('<script src="https://cdn.example/a.js"></script>', "https://cdn.example/a.js"),
        ('<link href="//fonts.example/css" rel="stylesheet">', "//fonts.example/css"),
        ('<link rel="icon" href="../img/favicon.ico">', None),
        ('<link rel="canonical" href="https://docs.example/">', None),
        ("<img alt='' src=http://pictures.example/x.png>", "http://pictures.example/x.png"),
        ("@import 'https://fonts.example/css';", "https://fonts.example/css"),
        ("a { background: url(https://pictures.example/y.png) }", "https://pictures.example/y.png"),
        ("a { background: url(../img/grid.png) } b { c: url(data:image/png;base64,AA) }", None),
        ('<a href="https://elsewhere.example/">a link</a>', None),
    ],
)
def test_what_a_page_loads_from_elsewhere(
    site: ModuleType, tmp_path: Path, text: str, address: str | None
) -> None:
    (tmp_path / "causes").mkdir()
    (tmp_path / "causes" / "index.html").write_text(text, encoding="utf-8")

    assert list(site.loaded_from_elsewhere(tmp_path)) == ([("causes/index.html", address)] if address else [])
    assert site.main(str(tmp_path)) == bool(address)


def test_the_man_page_has_every_command_and_option() -> None:
    text = MAN_PAGE.read_text(encoding="utf-8").replace("\\-", "-")

    for command in OWN_COMMANDS:
        assert f".B {command}\n" in text, command
    for option, takes_value in OPTIONS.items():
        assert f".{'BI' if takes_value else 'B'} --pipsafe-{option}" in text, option
        assert f"PIPSAFE_{option.replace('-', '_').upper()}" in text, option


def test_the_man_page_is_of_this_version() -> None:
    import pipsafe

    assert f'"pipsafe {pipsafe.__version__}"' in MAN_PAGE.read_text(encoding="utf-8").splitlines()[0]


def test_the_changelog_has_this_version() -> None:
    import pipsafe

    headings = re.findall(r"(?m)^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))

    assert headings[0][0] == pipsafe.__version__
    assert re.fullmatch(r"unreleased|\d{4}-\d\d-\d\d", headings[0][1])


def _written() -> Iterator[Path]:
    yield from DOCS.glob("*.md")
    yield from (ROOT / "pipsafe" / "explanations").glob("*.md")
    yield from (MAN_PAGE, ROOT / "mkdocs.yml", *WORKFLOWS, *ROOT.glob("*.md"))


def test_no_page_names_the_host_of_a_registry() -> None:
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"))]

    assert [path.name for path in _written() if any(host in path.read_text("utf-8") for host in hosts)] == []


# The workflows


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_do_little(path: Path) -> None:
    """Rights to write are one job's, and said what for; no credentials stay in a checkout."""
    text = path.read_text(encoding="utf-8")
    jobs = re.split(r"(?m)^  (?=[a-z-]+:$)", text.partition("\njobs:\n")[2])
    granted = {job.partition(":")[0]: re.findall(r"(\S+): write # .+", job) for job in jobs}

    assert "\npermissions:\n  contents: read\n" in text
    assert {name: rights for name, rights in granted.items() if rights} == (
        {"publish": ["id-token"], "release-page": ["contents"]} if path.name == "release.yml" else {}
    )
    assert text.count(": write") == sum(map(len, granted.values()))
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert "pull_request_target" not in text
    assert "password" not in text.replace("no password", "")


def test_the_workflows_test_the_oldest_and_the_newest_python() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pythons = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    checks = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")

    assert f'python: ["{pythons[0]}", "{pythons[-1]}"]' in checks
    for system in ("ubuntu", "macos", "windows"):
        assert f"{system}-latest" in checks


def test_what_nox_uses_is_there() -> None:
    assert sys.version_info >= (3, 10)
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    for name in re.findall(r'"(tools/[\w.-]+)"', noxfile):
        assert (ROOT / name).is_file(), name
