"""The pips that Debian 11 to testing ship, where Debian puts them: patched, and externally managed since 12.

pipsafe is installed beside them, in no environment of theirs. On Debian 11, whose Python 3.9 is too old for
pipsafe itself, another Python runs it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.lab.authority import Authority
from tests.lab.debian import NUMBERS, Debian, python_version, shared
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run

pytestmark = pytest.mark.debian

ROOT = Authority("Example Corporate Root")
STRANGER = Authority("Example Corporate Root")
"""Has the name, and not the key."""

CA, WRONG_CA = "/root/corporate.pem", "/root/stranger.pem"
TOOL = "NODE_EXTRA_CA_CERTS"
"""Names a CA file that another tool was given: pip does not read it, pipsafe does."""

WAITING = "/usr/local/share/ca-certificates/corporate.crt"
ANYWAY = "--break-system-packages"

BEFORE_TRUSTSTORE = {"bullseye": "20.3.4", "bookworm": "24.0"}
"""Pips from PyPI that a Python of that time is seeded with: they know nothing of the system store."""


@pytest.fixture(
    scope="module",
    params=[pytest.param(suite, marks=pytest.mark.xdist_group(suite)) for suite in NUMBERS],
)
def release(request: pytest.FixtureRequest) -> Debian:
    found = shared(request.param)
    found.outside(CA).write_bytes(ROOT.pem)
    found.outside(WRONG_CA).write_bytes(STRANGER.pem)
    return found


@pytest.fixture
def own(release: Debian, record_property: Callable[[str, object], None]) -> str:
    """What the tests of the release's own pip are about; its Python."""
    record_property("column", release.column())
    return "/usr/bin/python3"


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer([wheel("speck", "1.0")], ROOT.leaf()) as running:
        yield running


@contextmanager
def in_the_store(release: Debian) -> Iterator[None]:
    """The CA merged into the system store, as an administrator does it."""
    release.outside(WAITING).write_bytes(ROOT.pem)
    try:
        assert release.run("update-ca-certificates").exit_code == 0
        yield
    finally:
        release.outside(WAITING).unlink()
        release.run("update-ca-certificates", "--fresh")


def words(server: IndexServer, *more: str) -> tuple[str, ...]:
    switches = ("install", "--retries", "0", "--no-cache-dir", "--index-url", server.index_url)
    return (*switches, *more, "speck")


def plain(release: Debian, *arguments: str, python: str = "/usr/bin/python3", **variables: str) -> Run:
    return release.run(python, "-m", "pip", *arguments, env=release.environment(**variables))


def pipsafe(release: Debian, *arguments: str, **variables: str) -> tuple[Run, dict[str, Any]]:
    place = release.outside("/root/report.json")
    place.unlink(missing_ok=True)
    environment = release.environment(PIPSAFE_REPORT="/root/report.json", **variables)
    done = release.run(release.pipsafe(), *arguments, env=environment)
    assert b"Traceback" not in done.stderr, done.text
    assert b"fault in pipsafe" not in done.stderr, done.text
    return done, json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}


def is_there(release: Debian, *places: str) -> bool:
    """Whether the package is in one of these folders (patterns); it is taken away again."""
    found = [path for place in places for path in release.root.glob(f"{place.lstrip('/')}/speck*")]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return any(path.name.endswith(".dist-info") for path in found)


def nothing_was_asked(server: IndexServer) -> bool:
    server.settle()
    return server.requests == []


# The release's own pip


@pytest.mark.shows("places", "the pip that Debian ships: a CA that another tool was given")
def test_a_ca_of_another_tool(release: Debian, own: str, server: IndexServer) -> None:
    target = words(server, "--target", "/root/site")
    before = plain(release, *target, python=own)
    assert before.exit_code == 1
    assert nothing_was_asked(server)

    done, report = pipsafe(release, *target, **{TOOL: CA})

    assert done.exit_code == 0, done.text
    assert report["outcome"] == "rescued"
    assert report["target"]["python"].endswith("/python3"), report["target"]
    assert [item["cause"] for item in report["failures"]] == ["private-ca"]
    assert report["remedy"]["source"] == {"tier": "configured", "name": TOOL, "path": CA}
    assert is_there(release, "/root/site")


@pytest.mark.shows("places", "the pip that Debian ships: refused, where the CA is another one")
@pytest.mark.usefixtures("own")
def test_a_wrong_ca(release: Debian, server: IndexServer) -> None:
    done, report = pipsafe(release, *words(server, "--target", "/root/refused"), **{TOOL: WRONG_CA})

    assert done.exit_code == 1
    assert report["outcome"] == "unremedied"
    assert nothing_was_asked(server)
    assert not is_there(release, "/root/refused")


@pytest.mark.shows("places", "the pip that Debian ships trusts the system store by itself: nothing is added")
def test_the_system_store(release: Debian, own: str, server: IndexServer) -> None:
    """Debian's certifi is the system store, whatever version of pip it is in."""
    target = words(server, "--target", "/root/site")
    with in_the_store(release):
        alone = plain(release, *target, python=own)
        assert is_there(release, "/root/site")
        done, report = pipsafe(release, *target)

    assert (alone.exit_code, done.exit_code) == (0, 0), alone.text + done.text
    assert report["outcome"] == "passed"
    assert len(report["attempts"]) == 1
    assert b"pipsafe" not in done.stderr
    assert is_there(release, "/root/site")


@pytest.mark.shows("places", "a virtual environment that Debian's venv made: a CA that waits to be merged")
def test_a_virtual_environment(
    release: Debian, server: IndexServer, record_property: Callable[[str, object], None]
) -> None:
    python = release.venv("plain", pipsafe=False)
    record_property("column", release.column(python))
    assert plain(release, *words(server), python=python).exit_code == 1
    release.outside(WAITING).write_bytes(ROOT.pem)
    try:
        done, report = pipsafe(release, *words(server), VIRTUAL_ENV="/root/plain")
    finally:
        release.outside(WAITING).unlink()

    assert done.exit_code == 0, done.text
    assert report["outcome"] == "rescued"
    assert report["target"]["python"].startswith("/root/plain/")
    assert report["remedy"]["source"]["path"] == WAITING
    assert "`update-ca-certificates`" in done.text
    assert is_there(release, "/root/plain/lib/python3*/site-packages")


@pytest.mark.shows("places", "a pip from PyPI in a virtual environment: the CA in Debian's system store")
def test_a_pip_that_knows_no_system_store(
    release: Debian, server: IndexServer, record_property: Callable[[str, object], None]
) -> None:
    version = BEFORE_TRUSTSTORE.get(release.suite)
    if version is None:
        pytest.skip("a pip for this Python trusts the system store by itself")
    python = release.venv("seeded", pip=version, pipsafe=False)
    record_property("column", release.column(python))
    with in_the_store(release):
        before = plain(release, *words(server), python=python)
        silent = nothing_was_asked(server)
        done, report = pipsafe(release, *words(server), PIPSAFE_PYTHON=python)

    assert (before.exit_code, silent) == (1, True)
    assert done.exit_code == 0, done.text
    assert report["outcome"] == "rescued"
    assert report["remedy"]["source"]["tier"] == "system"
    assert [item["sha256"] for item in report["remedy"]["anchors"]] == [ROOT.sha256]
    assert is_there(release, "/root/seeded/lib/python3*/site-packages")


# Where it installs to


def is_managed(release: Debian) -> bool:
    """Whether Debian keeps pip out of its own packages (PEP 668)."""
    return python_version(release.root) >= (3, 11)


@pytest.mark.shows("places", "an externally managed environment: pip's refusal stands, word for word")
def test_externally_managed(release: Debian, own: str, server: IndexServer) -> None:
    if not is_managed(release):
        pytest.skip("this release does not mark its Python as externally managed")
    alone = plain(release, *words(server), python=own)
    done = release.run(release.pipsafe(), *words(server))

    assert alone.exit_code == 1
    assert b"externally-managed-environment" in alone.stderr
    assert (done.exit_code, done.stdout, done.stderr) == (alone.exit_code, alone.stdout, alone.stderr)
    assert server.connections == []


@pytest.mark.shows("places", "--user, --prefix and the system's own folders, past the external manager")
@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("scheme", "place"),
    [
        ((), "/usr/local/lib/python3*/dist-packages"),
        (("--user",), "/root/.local/lib/python3*/site-packages"),
        (("--prefix", "/root/prefix"), "/root/prefix/**"),
    ],
    ids=["system", "user", "prefix"],
)
def test_installing_past_it(
    release: Debian, server: IndexServer, scheme: tuple[str, ...], place: str
) -> None:
    anyway = (ANYWAY,) if is_managed(release) else ()
    done, report = pipsafe(release, *words(server, *anyway, *scheme), **{TOOL: CA})

    assert done.exit_code == 0, done.text
    assert report["outcome"] == "rescued"
    assert is_there(release, place), done.text


@pytest.mark.shows("places", "pip --python: left alone; --pipsafe-strict refuses it")
def test_another_python_by_pip(release: Debian, own: str, server: IndexServer) -> None:
    """pip runs itself once more, under that Python and out of sight. Before 22.3 it knows no such option."""
    there = ("--python", own)
    arguments = (*there, *words(server, "--target", "/root/site"))
    alone = plain(release, *arguments, python=own)
    done, report = pipsafe(release, *arguments, **{TOOL: CA})
    strict = release.run(release.pipsafe(), *arguments, env=release.environment(PIPSAFE_STRICT="1"))

    knows_it = b"no such option" not in alone.stderr
    assert knows_it is is_managed(release)
    assert done.exit_code == alone.exit_code == (1 if knows_it else 2), done.text
    assert done.stdout == alone.stdout
    assert report["remedy"] is None
    assert strict.exit_code == 2
    assert b"--pipsafe-python" in strict.stderr
    assert nothing_was_asked(server)
