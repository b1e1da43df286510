"""`pipsafe persist` with real pips and servers: plain pip works afterwards, and all can be taken back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import certifi
import pytest

from pipsafe.trust import ca_file
from tests.lab.authority import EXPIRED, Authority, Chain
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run, clean_environment, run_pip, run_pipsafe
from tests.lab.system_store import system_store
from tests.lab.targets import Target
from tests.rescues import leftovers, patient

pytestmark = pytest.mark.e2e

OLD, MIDDLE, NEW = "20.3.4", "24.0", "26.3"
TOOL = "NODE_EXTRA_CA_CERTS"
SPECK = wheel("speck")


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([SPECK], authority.leaf()) as running:
        yield running


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    """One in which pip reads its configuration."""
    home.chmod(0o755)
    return clean_environment(home, PIP_CONFIG_FILE=None)


@pytest.fixture
def ca(authority: Authority, home: Path) -> Path:
    return authority.write(home / "corporate.pem")


@pytest.fixture
def config(home: Path) -> Path:
    """The user's pip.conf; not there yet."""
    folder = home / "config" / "pip"
    folder.mkdir(mode=0o700)
    return folder / "pip.conf"


def _index(server: IndexServer, *more: str, end: str = "\n") -> bytes:
    return end.join(["# mine", "[global]", f"index-url = {server.index_url}", *more, ""]).encode()


def _persist(where: Target, env: Mapping[str, str], *words: str, prefix: tuple[str, ...] = ()) -> Run:
    done = run_pipsafe(where, ["persist", *words], env, prefix=prefix)
    assert b"fault in pipsafe" not in done.stderr
    assert b"Traceback" not in done.stderr
    assert leftovers(env) == []
    return done


def _plain(where: Target, env: Mapping[str, str], *words: str, prefix: tuple[str, ...] = ()) -> bool:
    """Whether plain pip, with nothing but its configuration, gets the package."""
    folder = Path(env["HOME"], "got")
    shutil.rmtree(folder, ignore_errors=True)
    command = [
        "download",
        "--no-deps",
        "--no-cache-dir",
        "--retries",
        "0",
        "-d",
        str(folder),
        *words,
        "speck",
    ]
    done = run_pip(where, command, {**env, TOOL: ""}, prefix=prefix)
    if done.exit_code == 0:
        assert [path.name for path in folder.iterdir()] == [SPECK.filename], done.text
    return done.exit_code == 0


def _tree(home: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the configuration, with its mode and contents, and every folder."""
    return {
        str(path.relative_to(home)): (path.stat().st_mode, b"" if path.is_dir() else path.read_bytes())
        for path in sorted((home / "config").rglob("*"))
    }


def _bundle(home: Path) -> set[bytes]:
    return set(ca_file.read(str(home / "config" / "pipsafe" / "ca-bundle.pem")).certificates)


@pytest.mark.parametrize(
    ("pip", "more", "end"),
    [
        (OLD, ["# the end"], "\n"),
        (MIDDLE, ["  ; comment", "[install]", "user = no"], "\r\n"),
        (NEW, [], "\n"),
    ],
)
def test_there_and_back(
    pip: str,
    more: list[str],
    end: str,
    server: IndexServer,
    ca: Path,
    env: dict[str, str],
    config: Path,
    home: Path,
) -> None:
    where = patient(pip)
    config.write_bytes(_index(server, *more, end=end))
    config.chmod(0o600)
    before = _tree(home)
    assert not _plain(where, env)
    done = _persist(where, {**env, TOOL: str(ca)})
    assert done.exit_code == 0, done.text
    assert _plain(where, env)
    changed = config.read_bytes()
    bundle = home / "config" / "pipsafe" / "ca-bundle.pem"
    line = f"cert = {bundle}{end}".encode()
    assert changed.replace(line, b"", 1) == before["config/pip/pip.conf"][1]
    assert f"+ cert = {bundle}" in done.stdout.decode()
    assert config.stat().st_mode & 0o777 == 0o600
    assert (bundle.stat().st_mode & 0o777, bundle.parent.stat().st_mode & 0o777) == (0o644, 0o700)
    undone = _persist(where, env, "--undo")
    assert undone.exit_code == 0, undone.text
    assert _tree(home) == before
    server.settle()


def test_twice_is_once_and_a_dry_run_is_none(
    server: IndexServer, ca: Path, env: dict[str, str], home: Path
) -> None:
    where = patient(NEW)
    tool = {**env, TOOL: str(ca), "PIP_INDEX_URL": server.index_url}
    before = _tree(home)
    shown = _persist(where, tool, "--dry-run")
    assert (shown.exit_code, _tree(home)) == (0, before), shown.text
    assert "+ cert = " in shown.stdout.decode()
    assert "Nothing was written" in shown.stdout.decode()
    assert _persist(where, tool).exit_code == 0
    once = _tree(home)
    assert "config/pip/pip.conf" in once
    again = _persist(where, tool)
    assert (again.exit_code, _tree(home)) == (0, once), again.text
    assert "Nothing changes" in again.stdout.decode()
    assert _persist(where, env, "--undo").exit_code == 0
    assert _tree(home) == before
    nothing = _persist(where, env, "--undo")
    assert (nothing.exit_code, _tree(home)) == (0, before)
    assert "nothing to take back" in nothing.stdout.decode()
    assert server.requests == []


@pytest.mark.parametrize("pip", [OLD, NEW])
def test_the_wrong_ca_makes_nothing_lasting(
    pip: str, server: IndexServer, env: dict[str, str], config: Path, home: Path
) -> None:
    config.write_bytes(_index(server))
    wrong = Authority("Example Test Root").write(home / "wrong.pem")  # a namesake, even
    before = _tree(home)
    done = _persist(patient(pip), {**env, TOOL: str(wrong)})
    assert (done.exit_code, _tree(home)) == (1, before), done.text
    assert "nothing is written" in done.stdout.decode()
    server.settle()
    assert server.requests == []


def _public_roots(folder: Path, version: str, *more: bytes) -> Path:
    """A certifi beside pipsafe with these roots as well, which stand for public ones."""
    package = folder / "certifi"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(f'__version__ = "{version}"\n', encoding="ascii")
    (package / "cacert.pem").write_bytes(Path(certifi.where()).read_bytes() + b"".join(more))
    return folder


def test_public_roots_stay_and_what_is_stale_is_renewed(
    server: IndexServer, authority: Authority, ca: Path, env: dict[str, str], config: Path, home: Path
) -> None:
    where = patient(MIDDLE)  # in which `cert` stands in place of the roots that it carries
    public, newer = Authority("Example Public Root"), Authority("Example Newer Public Root")
    roots = _public_roots(home / "carried", "2030.1.1", public.pem)
    config.write_bytes(_index(server))
    tool = {**env, TOOL: str(ca), "PYTHONPATH": str(roots)}
    assert _persist(where, tool).exit_code == 0
    every = {*ca_file.read(certifi.where()).certificates, public.der}
    assert every | {authority.der} <= _bundle(home)
    with IndexServer([SPECK], public.leaf()) as elsewhere:
        assert _plain(where, env, "--index-url", elsewhere.index_url)
    assert _plain(where, env)
    with IndexServer([SPECK], newer.leaf()) as elsewhere:
        assert not _plain(where, env, "--index-url", elsewhere.index_url)

    healthy = run_pipsafe(where, ["doctor"], tool)
    assert (healthy.exit_code, "It is up to date" in healthy.text) == (0, True), healthy.text
    _public_roots(home / "carried", "2030.2.2", newer.pem)
    stale = run_pipsafe(where, ["doctor"], tool)
    assert "public roots that are older than today's (certifi 2030.2.2)" in stale.text
    before = config.read_bytes()
    done = _persist(where, tool)
    assert (done.exit_code, config.read_bytes()) == (0, before), done.text
    assert {newer.der, authority.der} <= _bundle(home)
    assert public.der not in _bundle(home)
    assert "up to date" in run_pipsafe(where, ["doctor"], tool).text


def test_a_ca_that_was_replaced_where_it_came_from(
    server: IndexServer, authority: Authority, ca: Path, env: dict[str, str], config: Path, home: Path
) -> None:
    where = patient(NEW)
    config.write_bytes(_index(server))
    tool = {**env, TOOL: str(ca)}
    assert _persist(where, tool).exit_code == 0
    once = _tree(home)
    Authority("Another Root").write(ca)
    warned = run_pipsafe(where, ["doctor"], tool)
    assert "is no longer in" in warned.text
    refused = _persist(where, tool)
    assert (refused.exit_code, _tree(home)) == (1, once), refused.text
    second = Authority("Successor Root")
    second.write(ca)
    with IndexServer([SPECK], second.leaf()) as moved:
        done = _persist(where, tool, moved.index_url)
        assert done.exit_code == 0, done.text
        assert second.der in _bundle(home)
        assert authority.der not in _bundle(home)
        assert 'CA "Example Test Root" leaves the bundle' in done.stdout.decode()
        assert _plain(where, env, "--index-url", moved.index_url)
    assert not _plain(where, env)


def test_the_system_store_by_a_feature(
    server: IndexServer, authority: Authority, env: dict[str, str], config: Path, home: Path, tmp_path: Path
) -> None:
    where = patient(MIDDLE)
    prefix = system_store(tmp_path, authority.pem)
    config.write_bytes(_index(server))
    before = _tree(home)
    assert not _plain(where, env, prefix=prefix)
    done = _persist(where, env, prefix=prefix)
    assert done.exit_code == 0, done.text
    assert config.read_bytes() == before["config/pip/pip.conf"][1] + b"use-feature = truststore\n"
    assert _plain(where, env, prefix=prefix)
    assert not _plain(where, env, prefix=system_store(tmp_path / "other"))
    assert "--site" in done.stdout.decode()
    again = _persist(where, env, prefix=prefix)
    assert (again.exit_code, "Nothing changes" in again.text) == (0, True), again.text
    assert _persist(where, env, "--undo", prefix=prefix).exit_code == 0
    assert _tree(home) == before


def test_a_setting_that_names_nothing_is_taken_out(
    server: IndexServer, authority: Authority, env: dict[str, str], config: Path, home: Path, tmp_path: Path
) -> None:
    where = patient(MIDDLE).fresh(tmp_path / "own")
    with where.certifi_bundle.open("ab") as roots:
        roots.write(authority.pem)
    config.write_bytes(_index(server, "cert = /missing.pem"))
    prefix = system_store(tmp_path / "store")
    before = _tree(home)
    assert not _plain(where, env, prefix=prefix)
    done = _persist(where, env, prefix=prefix)
    assert (done.exit_code, config.read_bytes()) == (0, _index(server)), done.text
    assert _plain(where, env, prefix=prefix)
    assert _persist(where, env, "--undo", prefix=prefix).exit_code == 0
    assert _tree(home) == before


@pytest.mark.parametrize(
    ("more", "variable", "told"),
    [
        (["[install]", "cert = {wrong}"], {}, "[install]) hides it"),
        ([], {"REQUESTS_CA_BUNDLE": "{wrong}"}, "REQUESTS_CA_BUNDLE (environment variable"),
    ],
)
def test_what_would_hide_it_is_named_and_nothing_written(
    more: list[str],
    variable: dict[str, str],
    told: str,
    server: IndexServer,
    ca: Path,
    env: dict[str, str],
    config: Path,
    home: Path,
) -> None:
    wrong = Authority("Wrong Root").write(home / "wrong.pem")
    config.write_bytes(_index(server, *(line.format(wrong=wrong) for line in more)))
    before = _tree(home)
    variables = {name: value.format(wrong=wrong) for name, value in variable.items()}
    done = _persist(patient(OLD), {**env, TOOL: str(ca), **variables})
    assert (done.exit_code, _tree(home)) == (1, before), done.text
    assert told in done.stdout.decode()


@pytest.mark.shows("faults", "persist: a configuration file that is read-only")
@pytest.mark.parametrize("pip", [NEW])
def test_a_file_that_may_not_be_written(
    pip: str, server: IndexServer, ca: Path, env: dict[str, str], config: Path, home: Path
) -> None:
    config.write_bytes(_index(server))
    config.chmod(0o444)
    before = _tree(home)
    done = _persist(patient(pip), {**env, TOOL: str(ca)})
    assert (done.exit_code, _tree(home)) == (3, before), done.text
    assert f"{config} is read-only" in done.stderr.decode()


@pytest.mark.shows("attacks", "persist: a configuration folder that others can write")
@pytest.mark.parametrize("pip", [NEW])
def test_a_folder_that_others_can_write(
    pip: str, server: IndexServer, ca: Path, env: dict[str, str], config: Path, home: Path
) -> None:
    victim = home / "victim"
    victim.write_bytes(b"")
    config.symlink_to(victim)
    config.parent.chmod(0o777)
    before = _tree(home)
    done = _persist(patient(pip), {**env, TOOL: str(ca)}, server.index_url)
    assert (done.exit_code, _tree(home), victim.read_bytes()) == (3, before, b""), done.text
    assert "can be written by everyone" in done.stderr.decode()


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"# caf\xe9\n"], ids=["byte-order-mark", "latin-1"])
def test_a_file_that_pip_itself_cannot_read(
    start: bytes, server: IndexServer, ca: Path, env: dict[str, str], config: Path, home: Path
) -> None:
    config.write_bytes(start + _index(server))
    before = _tree(home)
    done = _persist(patient(NEW), {**env, TOOL: str(ca)}, server.index_url)
    assert (done.exit_code, _tree(home)) == (3, before), done.text
    assert b"which pip cannot read" in done.stderr or b"which this locale" in done.stderr


def test_a_secret_stays_where_it_is(
    server: IndexServer, ca: Path, env: dict[str, str], config: Path, home: Path
) -> None:
    secret = "hunter2-of-mine"
    place = server.index_url.replace("https://", f"https://someone:{secret}@")
    config.write_text(f"[global]\nindex-url = {place}\ntrusted-host = a.example\n", encoding="ascii")
    config.chmod(0o600)
    done = _persist(patient(OLD), {**env, TOOL: str(ca)})
    assert done.exit_code == 0, done.text
    assert secret not in done.text
    holding = [name for name, (_, data) in _tree(home).items() if secret.encode() in data]
    assert holding == ["config/pip/pip.conf"]
    assert config.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("has_ca", [True, False])
def test_a_trusted_host_goes_once_it_is_not_needed(
    has_ca: bool,  # noqa: FBT001
    server: IndexServer,
    ca: Path,
    env: dict[str, str],
    config: Path,
    home: Path,
) -> None:
    where = patient(OLD)
    config.write_bytes(_index(server, "trusted-host =", "    localhost", "timeout = 9"))
    before = _tree(home)
    tool = {**env, TOOL: str(ca)} if has_ca else env
    assert _plain(where, env)  # unverified, that is
    done = _persist(where, tool, "--drop-trusted-host")
    if not has_ca:
        assert (done.exit_code, _tree(home)) == (1, before), done.text
        return
    assert done.exit_code == 0, done.text
    assert b"trusted-host" not in config.read_bytes()
    assert b"timeout = 9" in config.read_bytes()
    assert _plain(where, env)
    assert _persist(where, env, "--undo").exit_code == 0
    assert _tree(home) == before


def test_a_needless_trusted_host_is_named(
    server: IndexServer, ca: Path, env: dict[str, str], config: Path
) -> None:
    config.write_bytes(_index(server, "trusted-host = localhost"))
    done = _persist(patient(NEW), {**env, TOOL: str(ca)})
    assert done.exit_code == 0, done.text
    assert f"trusted-host localhost ({config}, line 4, [global]) is not needed" in done.stdout.decode()
    assert b"trusted-host = localhost\n" in config.read_bytes()
    assert config.read_bytes().count(b"trusted-host") == 1


def test_for_one_environment_only(
    server: IndexServer, ca: Path, env: dict[str, str], tmp_path: Path, home: Path
) -> None:
    where = patient(NEW).fresh(tmp_path / "own")
    before = _tree(home)
    tool = {**env, TOOL: str(ca), "PIP_INDEX_URL": server.index_url}
    done = _persist(where, tool, "--site")
    assert (done.exit_code, _tree(home)) == (0, before), done.text
    assert (where.prefix / "pip.conf").read_text() == (
        f"[global]{os.linesep}cert = {where.prefix}/pipsafe/ca-bundle.pem{os.linesep}"
    )
    assert _plain(where, env, "--index-url", server.index_url)
    other = _persist(where, env, "--undo")
    assert "persist --site --undo" in other.stdout.decode()
    assert _persist(where, env, "--site", "--undo").exit_code == 0
    assert not (where.prefix / "pip.conf").exists()
    assert not (where.prefix / "pipsafe").exists()


def test_what_nothing_cures_stays_refused_and_is_said(
    server: IndexServer, authority: Authority, ca: Path, env: dict[str, str], config: Path
) -> None:
    where = patient(NEW)
    config.write_bytes(_index(server))
    with IndexServer([SPECK], authority.leaf(validity=EXPIRED)) as expired:
        done = _persist(where, {**env, TOOL: str(ca)}, server.index_url, expired.index_url)
        assert done.exit_code == 1, done.text
        assert expired.requests == []
    assert f"× https://localhost:{expired.port}: refused" in done.stdout.decode()
    assert _plain(where, env)


@pytest.mark.parametrize("pip", [OLD])
def test_roots_of_today_for_a_pip_that_lacks_them(
    pip: str, env: dict[str, str], config: Path, home: Path
) -> None:
    where = patient(pip)
    public = Authority("Example Public Root")
    today = {**env, "PYTHONPATH": str(_public_roots(home / "carried", "2030.1.1", public.pem))}
    with IndexServer([SPECK], public.leaf()) as server:
        config.write_bytes(_index(server))
        assert not _plain(where, env)
        done = _persist(where, today)
        assert done.exit_code == 0, done.text
        assert _plain(where, env)
        once = _tree(home)
        (home / "carried").rename(home / "elsewhere")
        moved = {**env, "PYTHONPATH": str(home / "elsewhere")}
        assert "up to date" in run_pipsafe(where, ["doctor"], moved).text
        assert _persist(where, moved).exit_code == 0
        assert _tree(home) == once


@pytest.mark.parametrize("pip", [NEW])
def test_a_ca_by_its_fingerprint(
    pip: str, authority: Authority, env: dict[str, str], config: Path, home: Path
) -> None:
    where = patient(pip)
    with IndexServer([SPECK], authority.leaf(chain=Chain.WITH_ROOT)) as server:
        config.write_bytes(_index(server))
        before = _tree(home)
        assert _persist(where, {**env, "PIPSAFE_PIN": "0" * 64}).exit_code == 1
        assert _tree(home) == before
        done = _persist(where, {**env, "PIPSAFE_PIN": authority.sha256})
        assert done.exit_code == 0, done.text
        assert _plain(where, env)
