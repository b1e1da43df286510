"""PyPy as Debian ships it: pipsafe, in CPython, drives the pip that PyPy runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.lab.authority import Authority
from tests.lab.debian import MORE_PACKAGES, Debian, shared
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel

(SUITE,) = MORE_PACKAGES

pytestmark = [pytest.mark.debian, pytest.mark.xdist_group(SUITE)]

ROOT = Authority("Example Corporate Root")
STRANGER = Authority("Example Corporate Root")
"""Has the name, and not the key."""

CA, WRONG_CA = "/root/corporate.pem", "/root/stranger.pem"
TOOL = "NODE_EXTRA_CA_CERTS"


@pytest.fixture(scope="module")
def release() -> Debian:
    found = shared(SUITE)
    found.outside(CA).write_bytes(ROOT.pem)
    found.outside(WRONG_CA).write_bytes(STRANGER.pem)
    return found


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer([wheel("speck", "1.0")], ROOT.leaf()) as running:
        yield running


@pytest.mark.shows("places", "PyPy: a CA that another tool was given")
def test_pypy(release: Debian, server: IndexServer, record_property: Callable[[str, object], None]) -> None:
    python, site = "/usr/bin/pypy3", "/root/pypy-site"
    record_property("column", release.column(python))
    words = ("install", "--retries", "0", "--no-cache-dir", "--target", site, "--index-url", server.index_url)
    before = release.run(python, "-m", "pip", *words, "speck")
    given = {"PIPSAFE_PYTHON": python, "PIPSAFE_REPORT": "/root/pypy.json"}
    refused = release.run(
        release.pipsafe(), *words, "speck", env=release.environment(**given, **{TOOL: WRONG_CA})
    )
    server.settle()
    assert (before.exit_code, refused.exit_code, server.requests) == (1, 1, []), refused.text

    done = release.run(release.pipsafe(), *words, "speck", env=release.environment(**given, **{TOOL: CA}))

    report = json.loads(release.outside("/root/pypy.json").read_text(encoding="utf-8"))
    assert (done.exit_code, report["outcome"]) == (0, "rescued"), done.text
    assert [item["sha256"] for item in report["remedy"]["anchors"]] == [ROOT.sha256]
    assert release.version_of("speck", site) == "1.0"
