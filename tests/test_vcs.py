"""Requirements in git repositories: as with pip where nothing is wrong, rescued, and refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drop_in import what_lasts
from tests.lab.authority import Authority
from tests.lab.index_server import Answer, IndexServer
from tests.lab.repository import bare_repository
from tests.lab.run import run_pip, run_pipsafe
from tests.rescues import assert_refused, assert_rescued, leftovers, patient, report_of

pytestmark = pytest.mark.e2e

PIPS = ("20.3.4", "22.0.4", "23.2.1", "24.0", "26.3")
EVERY = pytest.mark.parametrize("pip", ["20.3.4", "24.0", "26.3"])
TOOL = "NODE_EXTRA_CA_CERTS"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_repository(tmp_path_factory.mktemp("git"))


@pytest.fixture
def server(repository: Path, authority: Authority) -> Iterator[IndexServer]:
    """Serves the repository's files, which is all that git's older protocol asks for."""
    files = (path for path in repository.rglob("*") if path.is_file())
    plain = {"Content-Type": "text/plain"}
    answers = {
        f"/speck.git/{path.relative_to(repository).as_posix()}": Answer(200, path.read_bytes(), plain)
        for path in files
    }
    with IndexServer([], authority.leaf(), answers=answers) as running:
        yield running


def _install(url: str) -> list[str]:
    return ["install", "--no-cache-dir", "--retries", "0", f"speck @ git+{url}"]


def _url(server: IndexServer) -> str:
    return server.url("/speck.git")


@pytest.mark.parametrize("pip", PIPS)
def test_from_a_folder_it_is_as_with_pip(pip: str, repository: Path, env: dict[str, str]) -> None:
    command = ["install", "--no-cache-dir", f"git+{repository.as_uri()}"]
    expected = run_pip(patient(pip, "speck"), command, env)
    assert expected.exit_code == 0, expected.text
    where = patient(pip, "speck")
    done = run_pipsafe(where, command, env)
    assert (done.exit_code, what_lasts(done.stdout)) == (0, what_lasts(expected.stdout)), done.text
    assert what_lasts(done.stderr) == what_lasts(expected.stderr)
    assert where.installed("speck")
    report = report_of(done)
    assert (report["outcome"], report["failures"], len(report["attempts"])) == ("passed", [], 1)


@EVERY
def test_a_branch_that_is_not_there(pip: str, repository: Path, env: dict[str, str]) -> None:
    """git fails, and TLS has no part in it."""
    command = ["install", "--no-cache-dir", f"git+{repository.as_uri()}@nowhere"]
    expected = run_pip(patient(pip, "speck"), command, env)
    done = run_pipsafe(patient(pip, "speck"), command, env)
    assert done.exit_code == expected.exit_code != 0
    assert what_lasts(done.stdout) == what_lasts(expected.stdout)
    assert what_lasts(done.stderr) == what_lasts(expected.stderr)
    assert (report_of(done)["outcome"], report_of(done)["failures"]) == ("failed", [])


@EVERY
def test_with_the_ca_that_pip_itself_was_told_of(
    pip: str, server: IndexServer, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    """The server is one that git can install from."""
    where = patient(pip, "speck")
    ca = str(authority.write(tmp_path / "ca.pem"))
    done = run_pipsafe(where, _install(_url(server)), {**env, "GIT_SSL_CAINFO": ca})
    report = report_of(done)
    assert (report["outcome"], done.exit_code, report["failures"]) == ("passed", 0, []), done.text
    assert where.installed("speck")


@pytest.mark.shows("legs", "git over HTTPS")
@EVERY
def test_with_the_ca_at_hand_it_is_rescued(
    pip: str, server: IndexServer, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    ca = str(authority.write(tmp_path / "ca.pem"))
    done = run_pipsafe(where, _install(_url(server)), {**env, TOOL: ca})
    report = assert_rescued(done, where, env, authority)
    assert [(item["leg"], item["origin"], item["cause"]) for item in report["failures"]] == [
        ("vcs", f"https://localhost:{server.port}", "private-ca")
    ]
    assert report["remedy"]["source"]["path"] == ca
    assert "GIT_SSL_CAINFO" in report["remedy"]["environment"]
    assert "GIT_SSL_NO_VERIFY" not in report["remedy"]["environment"]


@pytest.mark.shows("legs", "git over HTTPS: another CA is refused")
@pytest.mark.parametrize("which", ["none", "namesake"])
@EVERY
def test_with_another_ca_nothing_is_asked(
    pip: str, which: str, server: IndexServer, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    if which == "namesake":
        env = {**env, TOOL: str(authority.namesake().write(tmp_path / "ca.pem"))}
    before = run_pip(where, _install(_url(server)), env)
    assert before.exit_code != 0
    server.forget()
    done = run_pipsafe(where, _install(_url(server)), env)
    report = assert_refused(done, where, env, server, exit_code=before.exit_code)
    assert server.connections
    assert [(item["leg"], item["cause"]) for item in report["failures"]] == [("vcs", "private-ca")]
    assert leftovers(env) == []
