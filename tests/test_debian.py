"""pipsafe on real releases of Debian, in a chroot: Python 3.13 and newer, whose own TLS is strict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.authority import Authority, Chain
from tests.lab.debian import Debian, python_version, shared
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run

pytestmark = pytest.mark.debian

SUITES = ("trixie", "testing")
NEWEST = "26.3"

ROOT = Authority("Example Corporate Root")
LOOSE = ROOT.leaf(authority_key_identifier=False, chain=Chain.WITH_ROOT)
"""What RFC 5280 does not allow: a certificate that does not say which key signed it."""

ASK_BY_URLLIB = """
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
urllib.request.urlopen(sys.argv[1], context=context)
"""


@pytest.fixture(
    scope="module",
    params=[pytest.param(suite, marks=pytest.mark.xdist_group(suite)) for suite in SUITES],
)
def release(request: pytest.FixtureRequest) -> Debian:
    found = shared(request.param)
    assert python_version(found.root) >= (3, 13)
    found.outside("/root/ca.pem").write_bytes(ROOT.pem)
    return found


@pytest.fixture(scope="module")
def own(release: Debian) -> str:
    """An environment with the release's own pip."""
    return release.venv("own")


@pytest.fixture(scope="module")
def newest(release: Debian) -> str:
    """An environment with the newest pip."""
    return release.venv("newest", pip=NEWEST)


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer([wheel("speck", "1.0")], LOOSE) as running:
        yield running


def install(release: Debian, python: str, server: IndexServer, *more: str, **variables: str) -> Run:
    arguments = ("install", "--retries", "0", "--no-cache-dir", "--target", "/root/site", "--force-reinstall")
    index = ("--index-url", server.index_url)
    report = ("--pipsafe-report", "/root/report.json")
    release.outside("/root/report.json").unlink(missing_ok=True)
    return release.run(
        *(python, "-m", "pipsafe", *arguments, *index, *report, *more, "speck"),
        env=release.environment(**variables),
    )


def report_of(release: Debian) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(release.outside("/root/report.json").read_text(encoding="utf-8"))
    return found


def test_this_python_is_strict(release: Debian, own: str, server: IndexServer) -> None:
    """What the other tests rest on: here, a Python program of today refuses that certificate."""
    done = release.run(own, "-c", ASK_BY_URLLIB, server.index_url, "/root/ca.pem")

    assert done.exit_code == 1
    assert "Missing Authority Key Identifier" in done.text


@pytest.mark.parametrize("pip", ["own", "newest"])
def test_strictness_is_not_blamed_where_pip_is_not_strict(
    release: Debian, server: IndexServer, pip: str, request: pytest.FixtureRequest
) -> None:
    done = install(release, request.getfixturevalue(pip), server, PIP_CERT="/root/ca.pem")

    assert done.exit_code == 0, done.text
    report = report_of(release)
    assert report["outcome"] == "passed"
    assert report["failures"] == []


def test_a_ca_that_waits_to_be_merged(release: Debian, own: str, server: IndexServer) -> None:
    waiting = release.outside("/usr/local/share/ca-certificates/corporate.crt")
    waiting.write_bytes(ROOT.pem)
    try:
        done = install(release, own, server)

        assert done.exit_code == 0, done.text
        report = report_of(release)
        assert report["outcome"] == "rescued"
        assert [item["cause"] for item in report["failures"]] == ["private-ca"]
        assert report["remedy"]["source"]["tier"] == "provisioned"
        assert report["remedy"]["source"]["path"] == "/usr/local/share/ca-certificates/corporate.crt"
        assert "`update-ca-certificates`" in done.text

        # What it advises does help: from then on pip needs nobody.
        assert release.run("update-ca-certificates").exit_code == 0
        server.forget()
        plain = release.run(
            *(own, "-m", "pip", "download", "--no-cache-dir", "--dest", "/root/got"),
            *("--index-url", server.index_url, "speck"),
        )
        assert plain.exit_code == 0, plain.text
    finally:
        waiting.unlink()
        release.run("update-ca-certificates", "--fresh")


def test_strictness_is_named_where_pip_is_strict(release: Debian, newest: str, server: IndexServer) -> None:
    """From 26.1 pip leaves the context to urllib3 where it does without truststore."""
    done = install(release, newest, server, "--use-deprecated=legacy-certs", PIP_CERT="/root/ca.pem")

    assert done.exit_code == 1
    report = report_of(release)
    assert report["outcome"] == "unremedied"
    assert [item["causes"] for item in report["failures"]] == [["strict-x509"]]
    assert report["failures"][0]["verify_code"] == 85
    assert server.paths == []


def test_nothing_is_trusted_that_nobody_put_there(release: Debian, own: str, server: IndexServer) -> None:
    done = install(release, own, server)

    assert done.exit_code == 1
    assert report_of(release)["outcome"] == "unremedied"
    assert server.paths == []


def test_a_pin(release: Debian, own: str, server: IndexServer) -> None:
    done = install(release, own, server, PIPSAFE_PIN=ROOT.sha256)

    assert done.exit_code == 0, done.text
    assert report_of(release)["remedy"]["kind"] == "pin"


def test_doctor(release: Debian, own: str, server: IndexServer) -> None:
    ill = release.run(own, "-m", "pipsafe", "doctor", "--json", server.index_url)
    well = release.run(
        *(own, "-m", "pipsafe", "doctor", "--json", server.index_url),
        env=release.environment(PIP_CERT="/root/ca.pem"),
    )

    assert (ill.exit_code, well.exit_code) == (1, 0), ill.text + well.text
    assert json.loads(ill.stdout)["origins"][0]["cause"] == "private-ca"
    assert json.loads(well.stdout)["origins"][0]["cause"] is None


@pytest.mark.network
def test_the_true_patient(release: Debian, own: str) -> None:
    """This release knows nothing of what inspects this network: told by its CA, it is helped."""
    done = release.run(own, "-m", "pipsafe", "doctor", "--json", timeout=300)
    document = json.loads(done.stdout)

    assert document["origins"], done.text
    if done.exit_code == 0:
        pytest.skip("nobody inspects this network")
    assert document["origins"][0]["cause"] == "tls-inspection"
