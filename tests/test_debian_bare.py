"""Debian's images with less in them: without certificates, without /etc/ssl, with a read-only root.

Debian's pips have no roots of their own: they name the system's file, which is gone there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab.authority import Authority
from tests.lab.debian import READ_ONLY, Debian, room, scene, shared
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run

pytestmark = pytest.mark.debian

ROOT = Authority("Example Corporate Root")
STRANGER = Authority("Example Corporate Root")
"""Has the name, and not the key."""

CA, WRONG_CA = "/root/corporate.pem", "/root/stranger.pem"
TOOL = "NODE_EXTRA_CA_CERTS"
CERTIFICATES = "/etc/ssl/certs"
SITE = "/tmp/site"

CASES = (("bullseye", CERTIFICATES), ("bookworm", "/etc/ssl"))
CRASHING = (("trixie", CERTIFICATES), ("testing", "/etc/ssl"))
"""Where pip loads the system's file beside what the system trusts, it ends in a traceback if that is gone."""


def each(*cases: tuple[str, str]) -> pytest.MarkDecorator:
    """The release, and what it lacks."""
    marked = [
        pytest.param(*case, marks=pytest.mark.xdist_group(case[0]), id=f"{case[0]}, no {case[1]}")
        for case in cases
    ]
    return pytest.mark.parametrize(("suite", "gone"), marked)


@pytest.fixture
def bare(suite: str, gone: str, record_property: Callable[[str, object], None]) -> Iterator[Debian]:
    release = shared(suite)
    record_property("column", release.column())
    release.outside(CA).write_bytes(ROOT.pem)
    release.outside(WRONG_CA).write_bytes(STRANGER.pem)
    place = release.outside(gone)
    place.rename(place.with_name("put-aside"))
    try:
        yield release
    finally:
        place.with_name("put-aside").rename(place)


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer([wheel("speck", "1.0")], ROOT.leaf()) as running:
        yield running


def words(server: IndexServer) -> tuple[str, ...]:
    switches = ("install", "--retries", "0", "--no-cache-dir", "--target", SITE)
    return (*switches, "--index-url", server.index_url, "speck")


def plain(release: Debian, server: IndexServer) -> Run:
    return release.run("/usr/bin/python3", "-m", "pip", *words(server))


def pipsafe(release: Debian, server: IndexServer, ca: str) -> tuple[Run, dict[str, Any]]:
    place = release.outside("/srv/report.json")
    place.unlink(missing_ok=True)
    environment = release.environment(PIPSAFE_REPORT="/srv/report.json", **{TOOL: ca})
    done = release.run(release.pipsafe(), *words(server), env=environment)
    assert b"fault in pipsafe" not in done.stderr, done.text
    return done, json.loads(place.read_text(encoding="utf-8"))


ROW = "an image without ca-certificates, or without /etc/ssl at all"


@pytest.mark.shows("places", ROW)
@each(*CASES)
def test_no_roots(bare: Debian, server: IndexServer) -> None:
    before = plain(bare, server)
    refused, ill = pipsafe(bare, server, WRONG_CA)
    server.settle()
    assert (before.exit_code, refused.exit_code, ill["outcome"]) == (1, 1, "unremedied"), refused.text
    assert "missing-roots" in ill["failures"][0]["causes"]
    assert server.requests == []

    done, report = pipsafe(bare, server, CA)

    assert (done.exit_code, report["outcome"]) == (0, "rescued"), done.text
    assert report["remedy"]["source"]["name"] == TOOL
    assert bare.version_of("speck", SITE) == "1.0"


@pytest.mark.shows("places", "an image without roots, where pip itself crashes: pip's words stand")
@each(*CRASHING)
def test_a_crash_stays_pips_own(bare: Debian, server: IndexServer) -> None:
    before = plain(bare, server)
    done, report = pipsafe(bare, server, WRONG_CA)

    assert b"load_verify_locations" in before.stderr
    assert before.exit_code != 0
    assert done.exit_code == report["exit_code"] == before.exit_code
    assert before.stderr.splitlines()[-1] in done.stderr
    server.settle()
    assert server.requests == []


@pytest.mark.shows("places", ROW)
@pytest.mark.xfail(
    strict=True, reason="pip crashes without a word of TLS, which is not seen as a failure of it"
)
@each(*CRASHING[-1:])
def test_no_roots_where_pip_crashes(bare: Debian, server: IndexServer) -> None:
    done, report = pipsafe(bare, server, CA)

    assert (done.exit_code, report["outcome"]) == (0, "rescued"), done.text
    assert bare.version_of("speck", SITE) == "1.0"


@pytest.mark.shows("places", "a read-only root, with a temporary folder")
@pytest.mark.xdist_group("bookworm")
def test_a_read_only_root(server: IndexServer, record_property: Callable[[str, object], None]) -> None:
    """As containers are run: what is in /tmp is in memory, all else cannot be written."""
    release = shared("bookworm")
    record_property("column", release.column())
    release.outside(CA).write_bytes(ROOT.pem)
    release.outside(WRONG_CA).write_bytes(STRANGER.pem)
    program = release.pipsafe()
    around = scene(READ_ONLY, room("/tmp"))
    alone = release.run("/usr/bin/python3", "-m", "pip", *words(server), scene=around)
    refused = release.run(program, *words(server), env=release.environment(**{TOOL: WRONG_CA}), scene=around)
    server.settle()
    assert (alone.exit_code, refused.exit_code, server.requests) == (1, 1, []), refused.text

    done = release.run(program, *words(server), env=release.environment(**{TOOL: CA}), scene=around)

    assert done.exit_code == 0, done.text
    assert "pip succeeded with that" in done.text
    assert "Successfully installed speck-1.0" in done.text
