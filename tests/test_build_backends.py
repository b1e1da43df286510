"""A build's own downloads: what its tools trust, before a rescue and after, and what their words lead to."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.authority import Authority
from tests.lab.index_server import Answer, IndexServer
from tests.lab.outside import OUTSIDE
from tests.lab.packages import BACKEND, sdist, wheel
from tests.lab.run import clean_environment, run, run_pip, run_pipsafe
from tests.lab.system_store import system_store
from tests.lab.targets import Target
from tests.rescues import assert_rescued, leftovers, patient, report_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="looks for git in /usr/bin"),
]

OLD, NEW = "20.3.4", "26.3"
BOTH = pytest.mark.parametrize("pip", [OLD, NEW])
TOOL = "NODE_EXTRA_CA_CERTS"
QUIET = ("--no-cache-dir", "--disable-pip-version-check", "--retries", "0")
PLAIN = {"Content-Type": "text/plain"}

# What a git server of files alone has for `git ls-remote`.
REFS = Answer(200, f"{'1' * 40}\trefs/heads/main\n".encode(), PLAIN)
HEAD = Answer(200, b"ref: refs/heads/main\n", PLAIN)

# Every variable names a file with the roots that everybody has.
ROOTS = """
import os
for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO"):
    with open(os.environ[name]) as file:
        assert file.read().count("BEGIN CERT") > 50, name
"""
WITH_REQUESTS = "import sys; from pip._vendor import requests; requests.get(sys.argv[1]).raise_for_status()"

TOOLS = ("urllib", "curl", "git", "requests")


@pytest.fixture
def roots() -> tuple[Authority, Authority]:
    return Authority("Example Root A"), Authority("Example Root B")


@contextlib.contextmanager
def _server(root: Authority) -> Iterator[IndexServer]:
    """An index that also has a file for each tool."""
    answers = {f"/{tool}": Answer(200, b"here\n", PLAIN) for tool in TOOLS}
    answers |= {"/git/info/refs": REFS, "/git/HEAD": HEAD}
    with IndexServer([BACKEND], root.leaf(), answers=answers) as server:
        yield server


def _downloads(where: Target, server: IndexServer) -> list[list[str]]:
    """One download by each tool that a build may use."""
    for tool in ("curl", "git"):
        if shutil.which(tool, path="/usr/local/bin:/usr/bin:/bin") is None:
            pytest.skip(f"no {tool}")
    python = [str(where.python), "-I", "-c"]
    return [
        [*python, "import sys, urllib.request as r; r.urlopen(sys.argv[1])", server.url("/urllib")],
        ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", server.url("/curl")],
        ["git", "ls-remote", "--quiet", server.url("/git")],
        [*python, WITH_REQUESTS, server.url("/requests")],
    ]


def _reached(server: IndexServer) -> set[str]:
    return {tool for tool in TOOLS if any(path.startswith(f"/{tool}") for path in server.paths)}


def _install(server: IndexServer) -> list[str]:
    return ["install", *QUIET, "--index-url", server.index_url, "grain"]


# --- a retry that pip needs anyway ----------------------------------------------------------------------


@pytest.mark.shows("legs", "a build's own download: urllib, curl, git and requests, with the index's CA")
@pytest.mark.shows("legs", "a build's own download under a CA that its tools knew before")
@BOTH
def test_tools_get_the_trust_and_lose_none(
    pip: str, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    """The index's CA is new to them; that of another server they were told of, each by its own variable."""
    one, two = roots
    where = patient(pip, "grain")
    known = str(two.write(tmp_path / "two.pem"))
    variables = dict.fromkeys(("SSL_CERT_FILE", "GIT_SSL_CAINFO"), known)  # curl heeds the first
    env = clean_environment(tmp_path / "home", **{TOOL: str(one.write(tmp_path / "one.pem")), **variables})
    with _server(one) as index, _server(two) as other:
        runs = [*_downloads(where, index), *_downloads(where, other)[:3]]
        index.add(sdist("grain", runs=[*runs, [str(where.python), "-I", "-c", ROOTS]]))
        alone = run_pip(where, _install(index), {**env, "PIP_CERT": str(tmp_path / "one.pem")})
        assert (alone.exit_code, _reached(index)) == (1, set()), alone.text
        done = run_pipsafe(where, _install(index), env)
        assert (_reached(index), _reached(other)) == (set(TOOLS), {"urllib", "curl", "git"}), done.text
    report = assert_rescued(done, where, env, one, project="grain")
    assert [(item["leg"], item["cause"]) for item in report["failures"]] == [("index", "private-ca")]


@pytest.mark.parametrize("pip", [NEW])
def test_a_ca_that_git_is_configured_with_stays(
    pip: str, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    one, two = roots
    where = patient(pip, "grain")
    env = clean_environment(tmp_path / "home", **{TOOL: str(one.write(tmp_path / "one.pem"))})
    setting = f"[http]\n\tsslCAInfo = {two.write(tmp_path / 'two.pem')}\n"
    Path(env["HOME"], ".gitconfig").write_text(setting, encoding="utf-8")
    with _server(one) as index, _server(two) as other:
        runs = [_downloads(where, index)[2], _downloads(where, other)[2]]
        index.add(sdist("grain", runs=runs))
        done = run_pipsafe(where, _install(index), env)
        assert (_reached(index), _reached(other)) == ({"git"}, {"git"}), done.text
    assert_rescued(done, where, env, one, project="grain")


def _cargo() -> str:
    """The program itself: what rustup puts on PATH wants its own folder below the real home."""
    toolchains = Path(OUTSIDE.get("RUSTUP_HOME") or Path.home() / ".rustup", "toolchains")
    found = [*sorted(toolchains.glob("*/bin/cargo"), reverse=True), *Path("/usr/bin").glob("cargo")]
    if not found:
        pytest.skip("no cargo")
    return str(found[0])


@pytest.mark.shows("legs", "a build's own download: cargo, with the index's CA")
@BOTH
def test_cargo_gets_the_trust(pip: str, authority: Authority, tmp_path: Path) -> None:
    cargo, where = _cargo(), patient(pip, "grain")
    env = clean_environment(tmp_path / "home", **{TOOL: str(authority.write(tmp_path / "ca.pem"))})
    with _server(authority) as index:
        places = {"dl": index.url("/dl"), "api": index.url()}
        index.answers["/config.json"] = Answer(200, json.dumps(places).encode(), PLAIN)
        index.answers["/api/v1/crates"] = Answer(200, b'{"crates": [], "meta": {"total": 0}}', PLAIN)
        search = [cargo, "search", "--index", f"sparse+{index.url('/')}", "speck"]
        refused = run(search, env)
        assert (refused.exit_code, index.paths) == (101, []), refused.text
        index.add(sdist("grain", runs=[search]))
        done = run_pipsafe(where, _install(index), env)
        assert "/config.json" in index.paths, done.text
    assert_rescued(done, where, env, authority, project="grain")


# --- only the build is refused --------------------------------------------------------------------------


@pytest.mark.shows("legs", "a build's own download, where pip itself was told of the CA")
@BOTH
def test_what_pip_trusts_is_handed_on_to_a_build(
    pip: str, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    one, _ = roots
    where = patient(pip, "grain")
    env = clean_environment(tmp_path / "home", PIP_CERT=str(one.write(tmp_path / "one.pem")))
    with _server(one) as index:
        index.add(sdist("grain", runs=_downloads(where, index)))
        done = run_pipsafe(where, _install(index), env)
        assert _reached(index) == set(TOOLS), done.text
    report = assert_rescued(done, where, env, one, project="grain")
    assert [item["leg"] for item in report["failures"]] == ["build-backend"]
    assert b"a package's build failed TLS" in done.stderr
    assert not report["attempts"][0]["stopped_early"]


@pytest.mark.shows("legs", "a build's own download by requests, where the system store has the CA")
@pytest.mark.parametrize("pip", [NEW])
def test_the_system_store_is_handed_on_to_what_does_not_read_it(
    pip: str, authority: Authority, tmp_path: Path
) -> None:
    where, env = patient(pip, "grain"), clean_environment(tmp_path / "home")
    prefix = system_store(tmp_path, authority.pem)
    with _server(authority) as index:
        index.add(sdist("grain", runs=_downloads(where, index)))
        done = run_pipsafe(where, _install(index), env, prefix=prefix)
        assert _reached(index) == set(TOOLS), done.text
    report = assert_rescued(done, where, env, authority, project="grain", kind="system-store")
    assert [item["leg"] for item in report["failures"]] == ["build-backend"]


@pytest.mark.shows("legs", "a build's own download under another CA is refused")
@BOTH
def test_a_server_that_nothing_is_known_of_stays_refused(
    pip: str, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    """The build runs again once, since its tools lacked what pip has; the server never hears a request."""
    one, stranger = roots
    where = patient(pip, "grain")
    env = clean_environment(tmp_path / "home", PIP_CERT=str(one.write(tmp_path / "one.pem")))
    with _server(one) as index, _server(stranger) as other:
        index.add(sdist("grain", runs=[_downloads(where, other)[3]]))
        done = run_pipsafe(where, _install(index), env)
        other.settle()
        assert other.requests == []
        assert len(other.connections) == 2  # one for each build: no probe
        said = f"https://localhost:{other.port}"
    report = report_of(done)
    assert (report["outcome"], done.exit_code, len(report["attempts"])) == ("unremedied", 1, 2), done.text
    assert [(item["leg"], item["origin"], item["cause"]) for item in report["failures"]] == [
        ("build-backend", said, "unknown")
    ]
    assert f"pipsafe doctor {said}" in done.text
    assert not where.installed("grain")
    assert leftovers(env) == []


@pytest.mark.parametrize(
    ("says", "fails", "told"),
    [
        pytest.param("SSL: CERTIFICATE_VERIFY_FAILED", False, {}, id="and then succeeds"),
        pytest.param("certificate has expired", True, {}, id="of dates"),
        pytest.param(
            "unable to get local issuer certificate",
            True,
            dict.fromkeys(
                ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"), "ca.pem"
            ),
            id="with trust that is pip's",
        ),
    ],
)
@pytest.mark.parametrize("pip", [NEW])
def test_words_alone_run_no_build_again(
    pip: str,
    says: str,
    fails: bool,  # noqa: FBT001
    told: dict[str, str],
    roots: tuple[Authority, Authority],
    tmp_path: Path,
) -> None:
    one, _ = roots
    where = patient(pip, "grain")
    ca = str(one.write(tmp_path / "ca.pem"))
    env = clean_environment(tmp_path / "home", PIP_CERT=ca, **dict.fromkeys(told, ca))
    words = f"urllib.error.URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] {says} (_ssl.c:1)>"
    with _server(one) as index:
        index.add(sdist("grain", says=[words], fails=fails))
        done = run_pipsafe(where, [*_install(index), "-v"], env)
    report = report_of(done)
    assert (len(report["attempts"]), report["remedy"]) == (1, None), done.text
    assert (report["outcome"], done.exit_code) == (("unremedied", 1) if fails else ("passed", 0)), done.text
    assert where.installed("grain") != fails


def _said(host: str, port: int) -> str:
    return (
        f"requests.exceptions.SSLError: HTTPSConnectionPool(host='{host}', port={port}): Max retries "
        "exceeded with url: /x (Caused by SSLError(SSLCertVerificationError(1, '[SSL: "
        "CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate "
        "(_ssl.c:1006)')))"
    )


@pytest.mark.parametrize(
    ("host", "named"), [("localhost", True), ("x$(id)", False), ("evil.example`id`", False)]
)
@pytest.mark.parametrize("pip", [NEW])
def test_a_host_that_a_build_names_is_quoted_and_not_asked(
    pip: str,
    host: str,
    named: bool,  # noqa: FBT001
    authority: Authority,
    tmp_path: Path,
) -> None:
    where, env = patient(pip, "grain"), clean_environment(tmp_path / "home")
    with IndexServer([], authority.leaf()) as bystander, IndexServer([BACKEND]) as plain:
        plain.add(sdist("grain", says=[_said(host, bystander.port)], fails=True))
        done = run_pipsafe(where, [*_install(plain), "--trusted-host", "localhost"], env)
        bystander.settle()
        assert bystander.connections == []
        said = f"https://localhost:{bystander.port}" if named else None
    report = report_of(done)
    assert (report["outcome"], len(report["attempts"]), done.exit_code) == ("unremedied", 1, 1), done.text
    assert [(item["leg"], item["origin"]) for item in report["failures"]] == [("build-backend", said)]
    ours = done.stderr.decode().partition("pipsafe: a download")[2]
    assert "pipsafe doctor" in ours
    assert (f'"{said}"' in ours) == named
    assert named or host not in ours


# --- builds within builds -------------------------------------------------------------------------------


@pytest.mark.shows("legs", "build dependencies of a build dependency")
@BOTH
def test_a_build_dependency_that_has_to_be_built(
    pip: str, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    """The CA of the index is cured for the pip in the pip; the download in there has its own."""
    one, two = roots
    where = patient(pip, "grain")
    known = {"SSL_CERT_FILE": str(two.write(tmp_path / "two.pem"))}
    env = clean_environment(tmp_path / "home", **{TOOL: str(one.write(tmp_path / "one.pem")), **known})
    with _server(one) as index, _server(two) as other:
        index.add(wheel("mote"))
        inner = [_downloads(where, index)[0], _downloads(where, other)[0]]
        index.add(sdist("sand", build_requires=("tinybuild", "mote"), runs=inner))
        index.add(sdist("grain", build_requires=("tinybuild", "sand")))
        done = run_pipsafe(where, _install(index), env)
        assert (_reached(index), _reached(other)) == ({"urllib"}, {"urllib"}), done.text
    assert_rescued(done, where, env, one, project="grain")


@pytest.mark.shows("legs", "build dependencies, where --cert names the CA and does not reach them")
@pytest.mark.parametrize("pip", [OLD])
def test_build_dependencies_of_a_pip_that_keeps_its_cert_to_itself(
    pip: str, roots: tuple[Authority, Authority], tmp_path: Path
) -> None:
    one, _ = roots
    where, env = patient(pip, "grain"), clean_environment(tmp_path / "home")
    with _server(one) as index:
        index.add(sdist("grain"))
        command = [*_install(index), "--cert", str(one.write(tmp_path / "one.pem"))]
        env["PIP_RETRIES"] = "0"  # of the pip in the pip
        alone = run_pip(where, command, env)
        assert alone.exit_code == 1, alone.text
        done = run_pipsafe(where, command, env)
    report = assert_rescued(done, where, env, one, project="grain")
    assert [item["leg"] for item in report["failures"]] == ["build-dependency"]
