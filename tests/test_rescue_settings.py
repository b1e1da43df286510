"""Rescues from pip's own settings and roots: dropped, completed, outdated, missing, and truststore lent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.packages import BACKEND, sdist, wheel
from tests.lab.run import clean_environment, run_pip, run_pipsafe
from tests.lab.system_store import system_store
from tests.lab.targets import Target, target
from tests.rescues import assert_refused, assert_rescued, leftovers, patient, report_of

pytestmark = pytest.mark.e2e

OLD, MIDDLE, NEW = "20.3.4", "23.2.1", "26.3"


@pytest.fixture
def public() -> Authority:
    """A root that pips, or certifi, are made to have."""
    return Authority("Example Public Root", organization="Example Public Org")


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck"), sdist("grain"), BACKEND], authority.leaf()) as running:
        yield running


@pytest.fixture
def public_server(public: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], public.leaf()) as running:
        yield running


def _with_root(where: Target, root: Authority) -> Target:
    """The target's pip carries this root too."""
    with where.certifi_bundle.open("ab") as file:
        file.write(b"\n" + root.pem)
    return where


def _certifi(folder: Path, *roots: Authority) -> dict[str, str | None]:
    """How pipsafe finds a certifi with today's roots; pip imports its own by another name."""
    package = folder / "today" / "certifi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="ascii")
    outside = target(NEW).certifi_bundle.read_bytes()
    (package / "cacert.pem").write_bytes(outside + b"\n".join(root.pem for root in roots))
    return {"PYTHONPATH": str(package.parent)}


def _install(server: IndexServer, *flags: str, project: str = "speck") -> list[str]:
    quiet = ("--no-cache-dir", "--disable-pip-version-check")
    return ["install", *quiet, "--index-url", server.index_url, *flags, project]


# --- settings of no use ---------------------------------------------------------------------------------

NONE = "/nonexistent/ca.pem"
BROKEN: dict[str, tuple[dict[str, str | None], tuple[str, ...]]] = {
    "PIP_CERT": ({"PIP_CERT": NONE}, ()),
    "REQUESTS_CA_BUNDLE": ({"REQUESTS_CA_BUNDLE": NONE}, ()),
    "CURL_CA_BUNDLE": ({"CURL_CA_BUNDLE": NONE}, ()),
    "both": ({"PIP_CERT": NONE, "REQUESTS_CA_BUNDLE": NONE}, ()),
    "garbage": ({"REQUESTS_CA_BUNDLE": "garbage.pem"}, ()),
    "typed": ({}, ("--cert", NONE)),
    "conf": ({"PIP_CONFIG_FILE": "pip.conf"}, ()),
    "typed-and-isolated": ({}, ("--cert", NONE, "--isolated")),
    "requests-and-isolated": ({"REQUESTS_CA_BUNDLE": NONE}, ("--isolated",)),
}


@pytest.mark.parametrize("setting", BROKEN)
@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_a_setting_of_no_use_is_dropped(
    pip: str,
    setting: str,
    public: Authority,
    public_server: IndexServer,
    fresh: Callable[[str], Target],
    tmp_path: Path,
) -> None:
    where = _with_root(fresh(pip), public)
    (tmp_path / "garbage.pem").write_bytes(b"no PEM\n")
    (tmp_path / "pip.conf").write_text(f"[global]\ncert = {NONE}\n", encoding="utf-8")
    changes, flags = BROKEN[setting]
    files = {"garbage.pem", "pip.conf"}
    settings = {name: str(tmp_path / value) if value in files else value for name, value in changes.items()}
    env = clean_environment(tmp_path / "home", **settings)
    command = _install(public_server, *flags)
    before = run_pip(where, [*command, "--retries", "0"], env)
    assert before.exit_code, before.text
    done = run_pipsafe(where, command, env)
    report = assert_rescued(done, where, env, kind="drop-setting")
    assert report["failures"][0]["cause"] == "bad-ca-setting"
    assert report["failures"][0]["setting"]["value"] in done.stderr.decode()


@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_dropping_a_setting_is_no_way_past_verification(
    pip: str, server: IndexServer, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    done = run_pipsafe(where, _install(server, "--retries", "0"), {**env, "PIP_CERT": NONE})
    assert_refused(done, where, env, server)


# --- settings that lack the roots they stand in for -----------------------------------------------------


@pytest.mark.parametrize("variable", ["PIP_CERT", "REQUESTS_CA_BUNDLE"])
@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_a_setting_with_the_corporate_root_alone_is_completed(
    pip: str,
    variable: str,
    authority: Authority,
    public: Authority,
    server: IndexServer,
    fresh: Callable[[str], Target],
    tmp_path: Path,
) -> None:
    where = _with_root(fresh(pip), public)
    corporate = authority.write(tmp_path / "corporate.pem")
    env = clean_environment(tmp_path / "home", **{variable: str(corporate)})
    with IndexServer([wheel("mote")], public.leaf()) as other:
        flags = ("--extra-index-url", other.index_url, "speck")
        done = run_pipsafe(where, _install(server, *flags, project="mote"), env)
    if pip == NEW:  # where a CA file adds to pip's roots
        assert report_of(done)["outcome"] == "passed", done.text
        return
    report = assert_rescued(done, where, env, kind="bundle")
    assert where.installed("mote")
    assert [(item["cause"], item["setting"]["name"]) for item in report["failures"]] == [
        ("bad-ca-setting", "cert" if variable == "PIP_CERT" else variable)
    ]


# --- roots that are outdated or missing -----------------------------------------------------------------


@pytest.mark.parametrize("flags", [(), ("-qq",), ("--isolated",)], ids=" ".join)
@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_a_root_that_only_todays_list_has(
    pip: str, flags: tuple[str, ...], public: Authority, public_server: IndexServer, tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    env = clean_environment(tmp_path / "home", **_certifi(tmp_path, public))
    done = run_pipsafe(where, _install(public_server, *flags), env)
    report = assert_rescued(done, where, env, public, kind="certifi")
    assert report["failures"][0]["cause"] == "outdated-roots"
    assert report["remedy"]["source"]["tier"] == "public"


EMPTY, MISSING = "empty", "missing"
# These read their roots when they are imported, and do not come to the point of a handshake.
NO_PIP = {("20.3.4", MISSING), ("24.2", EMPTY), ("24.2", MISSING), (NEW, EMPTY), (NEW, MISSING)}


@pytest.mark.parametrize("state", [EMPTY, MISSING])
@pytest.mark.parametrize("pip", [OLD, MIDDLE, "24.2", NEW])
def test_a_pip_without_roots(
    pip: str,
    state: str,
    public: Authority,
    public_server: IndexServer,
    fresh: Callable[[str], Target],
    tmp_path: Path,
) -> None:
    where = fresh(pip)
    where.certifi_bundle.write_bytes(b"")
    if state == MISSING:
        where.certifi_bundle.unlink()
    env = clean_environment(tmp_path / "home", **_certifi(tmp_path, public))
    done = run_pipsafe(where, _install(public_server), env)
    report = report_of(done)
    if (pip, state) in NO_PIP:
        assert (report["remedy"], len(report["attempts"])) == (None, 1), done.text
        assert done.exit_code == run_pip(where, _install(public_server), env).exit_code != 0
        assert b"fault in pipsafe" not in done.stderr
        return
    assert_rescued(done, where, env, public, kind="certifi")
    assert report["failures"][0]["cause"] == "missing-roots"


# --- truststore -----------------------------------------------------------------------------------------

BY_FEATURE = ("22.3.1", MIDDLE, "24.0")
LENT_UNTIL = (23, 3)


@pytest.mark.parametrize("project", ["speck", "grain"])
@pytest.mark.parametrize("pip", BY_FEATURE)
def test_the_system_store_is_asked_by_truststore(
    pip: str, project: str, authority: Authority, server: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, project)
    prefix = system_store(tmp_path / "store", authority.pem)
    done = run_pipsafe(where, _install(server, project=project), env, prefix=prefix)
    remedy = assert_rescued(done, where, env, authority, project=project, kind="system-store")["remedy"]
    lent = tuple(map(int, pip.split(".")))[:2] < LENT_UNTIL
    assert remedy["environment"]["PIP_USE_FEATURE"] == "truststore"
    assert set(remedy["environment"]) == {"PIP_USE_FEATURE", *(["PYTHONPATH"] if lent else [])}


@pytest.mark.parametrize("pip", BY_FEATURE)
def test_under_isolated_the_system_store_comes_as_a_bundle(
    pip: str, authority: Authority, server: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    prefix = system_store(tmp_path / "store", authority.pem)
    done = run_pipsafe(where, _install(server, "--isolated"), env, prefix=prefix)
    remedy = assert_rescued(done, where, env, authority, kind="system-store")["remedy"]
    assert "PIP_USE_FEATURE" not in remedy["environment"]
    assert "REQUESTS_CA_BUNDLE" in remedy["environment"]


@pytest.mark.parametrize("how", ["typed", "variable"])
@pytest.mark.parametrize("pip", BY_FEATURE)
def test_the_features_that_the_user_asked_for_are_kept(
    pip: str, how: str, authority: Authority, server: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    prefix = system_store(tmp_path / "store", authority.pem)
    flags = ("--use-feature", "fast-deps") if how == "typed" else ()
    given = env if how == "typed" else {**env, "PIP_USE_FEATURE": "fast-deps"}
    done = run_pipsafe(where, _install(server, *flags), given, prefix=prefix)
    assert_rescued(done, where, env, authority, kind="system-store")
    # pip says so in each attempt.
    assert done.stderr.count(b"enabled through --use-feature=fast-deps") == 2, done.text


def test_python_path_of_the_user_is_kept(
    authority: Authority, server: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    where = patient(MIDDLE, "speck")
    prefix = system_store(tmp_path / "store", authority.pem)
    given = {**env, "PYTHONPATH": str(tmp_path / "own")}
    done = run_pipsafe(where, _install(server), given, prefix=prefix)
    remedy = assert_rescued(done, where, env, authority)["remedy"]
    assert remedy["environment"]["PYTHONPATH"].endswith(f":{tmp_path / 'own'}")
    assert leftovers(env) == []
