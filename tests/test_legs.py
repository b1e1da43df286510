"""Legs of an install that begin where another one ends: what indexes, file hosts and repositories lead to."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.authority import Authority
from tests.lab.index_server import Answer, IndexServer, redirect
from tests.lab.packages import wheel
from tests.lab.repository import bare_repository
from tests.lab.run import clean_environment, run, run_pip, run_pipsafe
from tests.rescues import assert_refused, assert_rescued, patient, report_of

pytestmark = pytest.mark.e2e

BOTH = pytest.mark.parametrize("pip", ["20.3.4", "26.3"])
QUIET = ("install", "--no-cache-dir", "--disable-pip-version-check")
SPECK, MOTE = wheel("speck"), wheel("mote")
CARRIERS = ("NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE")
PLAIN = {"Content-Type": "text/plain"}


@pytest.fixture
def roots() -> tuple[Authority, Authority]:
    return Authority("Example Root A"), Authority("Example Root B")


def _environment(folder: Path, *roots: Authority, **extra: str) -> dict[str, str]:
    """Each root in a file of its own, named by a variable of its own."""
    files = [str(root.write(folder / f"root-{number}.pem")) for number, root in enumerate(roots)]
    return clean_environment(folder / "home", **dict(zip(CARRIERS, files, strict=False)), **extra)


# --- from an index to other hosts -----------------------------------------------------------------------


def _linked_dependency(first: IndexServer, second: IndexServer) -> None:
    """The metadata of what the index has names a URL elsewhere."""
    first.add(wheel("speck", requires=[f"mote @ {second.url(second.file_path(MOTE))}"]))


def _moved_page(first: IndexServer, second: IndexServer) -> None:
    first.answers["/simple/speck/"] = redirect(second.url("/simple/speck/"))


def _moved_file(first: IndexServer, second: IndexServer) -> None:
    """The host that the index names for files hands them on, as those with signed URLs do."""
    first.add(SPECK)
    first.answers[first.file_path(SPECK)] = redirect(second.url(second.file_path(SPECK)))


def _twice_moved_page(first: IndexServer, second: IndexServer) -> None:
    first.answers["/simple/speck/"] = redirect("/elsewhere/")
    first.answers["/elsewhere/"] = redirect(second.url("/simple/speck/"))


LINKS = {
    "a dependency that metadata names by its URL": _linked_dependency,
    "an index page redirected to another host": _moved_page,
    "an index page redirected twice": _twice_moved_page,
    "a file redirected to another host": _moved_file,
}
EACH = pytest.mark.parametrize(
    "link", [pytest.param(name, id=name, marks=pytest.mark.shows("legs", name)) for name in LINKS]
)


@EACH
@BOTH
def test_what_an_index_leads_to(
    pip: str, link: str, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    one, two = roots
    where, env = patient(pip, "speck", "mote"), _environment(tmp_path, one, two)
    with IndexServer([SPECK, MOTE], two.leaf()) as second, IndexServer([], one.leaf()) as first:
        LINKS[link](first, second)
        done = run_pipsafe(where, [*QUIET, "--index-url", first.index_url, "speck"], env)
        origins = [first.url(), second.url()]
    report = assert_rescued(done, where, env, one, two, attempts=3)
    assert [item["origin"] for item in report["failures"]] == origins


@pytest.mark.parametrize(
    "link",
    [
        pytest.param(name, id=name, marks=pytest.mark.shows("legs", f"{name}, under an unknown CA"))
        for name in ("a dependency that metadata names by its URL", "a file redirected to another host")
    ],
)
@BOTH
def test_what_an_index_leads_to_under_another_ca(
    pip: str, link: str, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    """The host is named, and hears no request. Without the index's CA at hand nobody hears of it at all."""
    one, two = roots
    where = patient(pip, "speck", "mote")
    env = _environment(tmp_path, two.namesake(), PIP_CERT=str(one.write(tmp_path / "one.pem")))
    with IndexServer([SPECK, MOTE], two.leaf()) as second, IndexServer([], one.leaf()) as first:
        LINKS[link](first, second)
        command = [*QUIET, "--retries", "0", "--index-url", first.index_url, "speck"]
        done = run_pipsafe(where, command, env)
        report = assert_refused(done, where, env, second)
        assert [item["origin"] for item in report["failures"]] == [second.url()]


# --- git ------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return bare_repository(tmp_path / "git")


@contextlib.contextmanager
def _serving(root: Authority, *repositories: Path) -> Iterator[IndexServer]:
    """Serves the files of repositories, which is all that git's older protocol asks for."""
    with IndexServer([], root.leaf()) as server:
        _serve(server, *repositories)
        yield server


def _serve(server: IndexServer, *repositories: Path) -> None:
    for bare in repositories:
        for path in bare.rglob("*"):
            if path.is_file():
                name = f"/{bare.name}/{path.relative_to(bare).as_posix()}"
                server.answers[name] = Answer(200, path.read_bytes(), PLAIN)


def _with_submodule(repository: Path, url: str, folder: Path) -> Path:
    """A copy of the repository that has, as a submodule, the one at the URL: the original's commit."""
    env = clean_environment(folder / "home")
    work, bare = folder / "work", folder / "outer.git"
    git = shutil.which("git", path=env["PATH"]) or "git"
    head = run([git, "-C", repository, "rev-parse", "HEAD"], env).stdout.decode().strip()
    author = ("-c", "user.name=Example", "-c", "user.email=someone@index.example")
    assert run([git, "clone", "--quiet", repository, work], env).exit_code == 0
    (work / ".gitmodules").write_text(f'[submodule "inner"]\n\tpath = inner\n\turl = {url}\n')
    for words in (
        ("-C", work, "add", ".gitmodules"),
        ("-C", work, "update-index", "--add", "--cacheinfo", f"160000,{head},inner"),
        ("-C", work, *author, "commit", "--quiet", "-m", "Two"),
        ("clone", "--quiet", "--bare", work, bare),
        ("-C", bare, "repack", "-a", "-d", "-q"),
        ("-C", bare, "update-server-info"),
    ):
        done = run([git, *words], env)
        assert done.exit_code == 0, done.text
    return bare


def _from_git(url: str) -> list[str]:
    return [*QUIET, "--retries", "0", f"speck @ git+{url}"]


@pytest.mark.shows("legs", "submodules of a git repository")
@BOTH
def test_a_submodule_beside_its_repository(
    pip: str, repository: Path, authority: Authority, tmp_path: Path
) -> None:
    where, env = patient(pip, "speck"), _environment(tmp_path, authority)
    outer = _with_submodule(repository, f"../{repository.name}", tmp_path / "outer")
    with _serving(authority, repository, outer) as server:
        done = run_pipsafe(where, _from_git(server.url("/outer.git")), env)
        assert any(path.startswith("/speck.git/") for path in server.paths), done.text
    report = assert_rescued(done, where, env, authority)
    assert [item["leg"] for item in report["failures"]] == ["vcs"]


@pytest.mark.shows("legs", "submodules on a host that only the repository names: named, not asked")
@BOTH
def test_a_submodule_on_a_host_that_only_the_repository_names(
    pip: str, repository: Path, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    """A repository may name any host: git's words lead to no probe. Its CA is not tried, though at hand."""
    one, two = roots
    where, env = (
        patient(pip, "speck"),
        _environment(tmp_path, two, GIT_SSL_CAINFO=str(one.write(tmp_path / "1"))),
    )
    env["PIP_NO_INDEX"] = "1"
    with _serving(two, repository) as other, IndexServer([], one.leaf()) as server:
        _serve(server, _with_submodule(repository, other.url("/speck.git"), tmp_path / "outer"))
        run_pip(where, _from_git(server.url("/outer.git")), env)
        alone = len(other.connections)
        done = run_pipsafe(where, _from_git(server.url("/outer.git")), env)
        other.settle()
        assert other.requests == []
        assert len(other.connections) == 2 * alone > 0  # git's own, and no probe
        said = other.url()
    report = report_of(done)
    assert (report["outcome"], len(report["attempts"])) == ("unremedied", 1), done.text
    assert [(item["leg"], item["origin"]) for item in report["failures"]] == [("vcs", said)]
    assert f"pipsafe doctor {said}" in done.text


@pytest.mark.shows("legs", "git over HTTPS, where pip itself was told of the CA")
@BOTH
def test_what_pip_trusts_is_handed_on_to_git(
    pip: str, repository: Path, authority: Authority, tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    ca = str(authority.write(tmp_path / "ca.pem"))
    env = clean_environment(tmp_path / "home", PIP_CERT=ca, PIP_NO_INDEX="1")
    with _serving(authority, repository) as server:
        alone = run_pip(where, _from_git(server.url("/speck.git")), env)
        assert (alone.exit_code, server.requests) == (1, []), alone.text
        done = run_pipsafe(where, _from_git(server.url("/speck.git")), env)
    report = assert_rescued(done, where, env, authority)
    assert [item["leg"] for item in report["failures"]] == ["vcs"]
    assert "GIT_SSL_CAINFO" in report["remedy"]["environment"]
