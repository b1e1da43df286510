"""An index that is left out for TLS is no success: noticed however quiet pip is, then cured or told."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.drop_in import place, what_lasts
from tests.lab.authority import Authority
from tests.lab.index_server import Answer, IndexServer
from tests.lab.packages import Package, sdist, wheel
from tests.lab.run import Run, kill_group, pipsafe_command, run_pip, run_pipsafe, start
from tests.lab.targets import Target
from tests.rescues import assert_rescued, leftovers, patient, report_of

pytestmark = pytest.mark.e2e

OLDEST, OLD, MIDDLE, NEW = "19.3.1", "20.3.4", "23.2.1", "26.3"
EVERY = pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
TOOL = "NODE_EXTRA_CA_CERTS"
"""Names a CA file that another tool was given: pip does not read it, pipsafe does."""

OURS = wheel("speck", "1.0")
"""What the index that fails has."""
THEIRS = wheel("speck", "9.0")
"""What anybody may have put on the other one."""


@pytest.fixture
def private(authority: Authority) -> Iterator[IndexServer]:
    """The index whose CA pip does not know."""
    with IndexServer([OURS], authority.leaf()) as running:
        yield running


@pytest.fixture
def public() -> Iterator[IndexServer]:
    """An index that pip reaches."""
    with IndexServer([THEIRS]) as running:
        yield running


@pytest.fixture
def ca(authority: Authority, tmp_path: Path) -> str:
    """The file with the CA that the private index needs."""
    return str(authority.write(tmp_path / "ca.pem"))


@pytest.fixture
def others_ca(tmp_path: Path) -> str:
    """A file with a CA of the same name."""
    return str(Authority().write(tmp_path / "others-ca.pem"))


def _both(command: str, private: IndexServer, public: IndexServer, *words: str) -> list[str]:
    indexes = ("--index-url", private.index_url, "--extra-index-url", public.index_url)
    return [command, "--retries", "0", *indexes, *words]


def _origin(server: IndexServer) -> str:
    return f"https://localhost:{server.port}"


def _untouched(server: IndexServer) -> None:
    server.settle()
    assert server.requests == []


def _assert_skipped(done: Run, server: IndexServer, *names: str) -> dict[str, Any]:
    """It is told once, behind pip's words, with the names; pip's exit code stands. The report."""
    report = report_of(done)
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("skipped", 0, 0), done.text
    assert report["skipped"] == [_origin(server)]
    assert [(item["origin"], item["cause"]) for item in report["failures"]] == [
        (_origin(server), "private-ca")
    ]
    assert len(report["warnings"]) == 1
    for word in ("went on without", _origin(server), "--pipsafe-strict", *names):
        assert word in report["warnings"][0]
    assert done.stderr.count(b"went on without") == 1
    assert b"fault in pipsafe" not in done.stderr
    return report


def _assert_stopped(done: Run, server: IndexServer) -> None:
    report = report_of(done)
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("refused", 1, 1), done.text
    assert [item["origin"] for item in report["failures"]] == [_origin(server)]
    assert b"--pipsafe-strict" in done.stderr
    _untouched(server)


# --- however quiet --------------------------------------------------------------------------------------

LOUD, QUIET, SILENT, MUTE = (), ("-q",), ("-qq",), ("-qqq",)
LOGGED = ("-qqq", "--log", "log.txt")
BY_VARIABLE = ("PIP_QUIET=3",)

# pip rounds milliseconds, and writes 999.6 of them with four digits.
_TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3,4}|0x[0-9a-f]+")


def _log_of(env: Mapping[str, str]) -> bytes:
    """What pip wrote to its log, and takes away: the same but for times and addresses."""
    path = Path(env["HOME"], "log.txt")
    if not path.exists():
        return b""
    text = path.read_bytes()
    path.unlink()
    return _TIMES.sub(b"<passing>", what_lasts(text))


@pytest.mark.shows("skipped", "told under every verbosity, and not a byte of pip's is another")
@pytest.mark.parametrize(
    ("pip", "flags"),
    [
        (OLDEST, SILENT),
        (OLD, LOGGED),
        (MIDDLE, QUIET),
        *((NEW, flags) for flags in (LOUD, QUIET, SILENT, LOGGED, BY_VARIABLE)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_it_is_told_however_quiet_pip_is(
    pip: str,
    flags: Sequence[str],
    private: IndexServer,
    public: IndexServer,
    env: dict[str, str],
    others_ca: str,
) -> None:
    where = patient(pip, "speck")
    env |= dict(word.split("=") for word in flags if "=" in word)
    # A CA that is not the server's helps nobody.
    env[TOOL] = others_ca
    words = [word for word in flags if "=" not in word]
    command = _both("install", private, public, "--no-cache-dir", *words, "speck")
    alone = run_pip(where, command, env)
    logged = _log_of(env)
    assert (alone.exit_code, where.version_of("speck")) == (0, "9.0"), alone.text
    where.remove("speck")
    done = run_pipsafe(where, command, env)
    assert where.version_of("speck") == "9.0"
    _assert_skipped(done, private, "of speck,")
    assert what_lasts(done.stdout) == what_lasts(alone.stdout)
    assert what_lasts(done.stderr).startswith(what_lasts(alone.stderr))
    assert _log_of(env) == logged
    assert bool(logged) == ("--log" in flags)
    assert leftovers(env) == []
    _untouched(private)


@pytest.mark.shows("skipped", "cured where the CA is at hand: the version of the cured index wins")
@pytest.mark.parametrize(("pip", "flags"), [(OLD, MUTE), (MIDDLE, QUIET), (NEW, SILENT)])
def test_it_is_cured_where_it_can_be(
    pip: str,
    flags: Sequence[str],
    private: IndexServer,
    public: IndexServer,
    authority: Authority,
    ca: str,
    env: dict[str, str],
) -> None:
    """The retry sees both indexes, and takes what is newest of all."""
    where = patient(pip, "speck", "mote")
    private.add(wheel("speck", "10.0"))
    public.add(wheel("mote", "1.0"))
    command = _both("install", private, public, "--no-cache-dir", *flags, "speck", "mote")
    assert run_pip(where, command, env).exit_code == 0
    assert where.version_of("speck") == "9.0"
    where.remove("speck", "mote")
    done = run_pipsafe(where, command, {**env, TOOL: ca})
    report = assert_rescued(done, where, env, authority)
    assert where.version_of("speck") == "10.0"
    assert where.installed("mote")
    assert [item["stopped_early"] for item in report["attempts"]] == [True, False]
    assert report["skipped"] == []


@pytest.mark.shows("skipped", "nothing of the first attempt is among what is downloaded")
@pytest.mark.parametrize("pip", [MIDDLE])
def test_a_download_holds_what_the_cured_index_has(
    pip: str, private: IndexServer, public: IndexServer, ca: str, env: dict[str, str], tmp_path: Path
) -> None:
    private.add(wheel("speck", "10.0"))
    out = tmp_path / "out"
    command = _both("download", private, public, "--no-cache-dir", "-qqq", "-d", str(out), "speck")
    done = run_pipsafe(patient(pip), command, {**env, TOOL: ca})
    assert report_of(done)["outcome"] == "rescued", done.text
    assert [path.name for path in out.iterdir()] == ["speck-10.0-py3-none-any.whl"]


# --- dependency confusion -------------------------------------------------------------------------------


@pytest.mark.shows("skipped", "--pipsafe-strict: a higher version on another index is not installed")
@pytest.mark.parametrize(("pip", "flags"), [(OLD, MUTE), (MIDDLE, LOUD), (NEW, SILENT)])
def test_strict_stops_before_anything_of_the_other_index_is_installed(
    pip: str, flags: Sequence[str], private: IndexServer, public: IndexServer, env: dict[str, str]
) -> None:
    """What happens without strict is shown above: the other index's higher version is installed."""
    where = patient(pip, "speck")
    command = _both("install", private, public, "--no-cache-dir", *flags, "speck")
    done = run_pipsafe(where, ["--pipsafe-strict", *command], env)
    _assert_stopped(done, private)
    assert not where.installed("speck")
    assert not [path for path in public.paths if path.startswith("/files/")]
    assert leftovers(env) == []


@pytest.mark.shows("skipped", "--pipsafe-strict: no build of the other index's package is begun")
@pytest.mark.parametrize("pip", [NEW])
def test_strict_stops_before_a_build(pip: str, private: IndexServer, env: dict[str, str]) -> None:
    where = patient(pip, "speck")
    with IndexServer([sdist("speck", "9.0", build_requires=())]) as public:
        command = _both("install", private, public, "--no-cache-dir", "-qqq", "speck")
        done = run_pipsafe(where, command, {**env, "PIPSAFE_STRICT": "1"})
        assert not [path for path in public.paths if path.startswith("/files/")]
    _assert_stopped(done, private)
    assert not where.installed("speck")


@pytest.mark.shows("skipped", "a page of links that is left out: what was installed is named")
@pytest.mark.parametrize("pip", [NEW])
def test_a_page_of_links_that_is_left_out(
    pip: str, private: IndexServer, public: IndexServer, env: dict[str, str]
) -> None:
    where = patient(pip, "speck", "mote")
    public.add(wheel("mote", requires=["speck"]))
    indexes = ("--index-url", public.index_url, "--find-links", private.url("/links/"))
    command = ["install", "--retries", "0", "--no-cache-dir", "-qqq", *indexes, "mote"]
    done = run_pipsafe(where, command, env)
    report = _assert_skipped(done, private, "speck", "mote")
    assert [item["leg"] for item in report["failures"]] == ["find-links"]
    _untouched(private)


@pytest.mark.shows("skipped", "what is installed already passes for the newest: told")
@pytest.mark.parametrize("pip", [OLD])
def test_an_upgrade_that_finds_nothing_newer(pip: str, private: IndexServer, env: dict[str, str]) -> None:
    where = patient(pip, "speck")
    place(where, wheel("speck", "0.5"))
    command = ["install", "--retries", "0", "-qqq", "--upgrade", "--index-url", private.index_url, "speck"]
    _assert_skipped(run_pipsafe(where, command, env), private, "of speck,")
    assert where.version_of("speck") == "0.5"
    _untouched(private)


# --- pip's own cache ------------------------------------------------------------------------------------


@pytest.mark.shows(
    "skipped", "pip's cache: used without asking anybody, it leaves nothing out; asked for, it is told"
)
@EVERY
def test_what_pip_has_in_its_cache(
    pip: str, private: IndexServer, env: dict[str, str], ca: str, tmp_path: Path
) -> None:
    """Filled while TLS was in order; now another certificate is shown, and there is an older file at hand."""
    where = patient(pip, "speck")
    page = private.answer("/simple/speck/", {})
    kept = {"Cache-Control": "max-age=600"}
    private.answers["/simple/speck/"] = Answer(200, page.body, {**page.headers, **kept})
    private.answers[private.file_path(OURS)] = Answer(200, OURS.data, kept)
    links = tmp_path / "links"
    links.mkdir()
    older = wheel("speck", "0.5")
    (links / older.filename).write_bytes(older.data)
    command = ["install", "--retries", "0", "--index-url", private.index_url, "--find-links", str(links)]
    assert run_pip(where, [*command, "speck"], {**env, "PIP_CERT": ca}).exit_code == 0
    assert where.version_of("speck") == "1.0"
    where.remove("speck")
    private.certificates = Authority("Hostile").leaf()
    private.forget()
    done = run_pipsafe(where, [*command, "-qq", "speck"], {**env, "PIP_CERT": ca})
    private.settle()
    assert private.requests == []
    if private.connections:  # up to pip 25 every page is asked for anew
        assert where.version_of("speck") == "0.5"
        report = report_of(done)
        assert (report["outcome"], report["skipped"], done.exit_code) == ("skipped", [_origin(private)], 0)
        assert "of speck," in report["warnings"][0]
        return
    assert (pip, where.version_of("speck")) == (NEW, "1.0")
    assert report_of(done)["outcome"] == "passed", done.text
    assert b"pipsafe" not in done.stderr


# --- commands that tell of versions ---------------------------------------------------------------------


def _listing(private: IndexServer, public: IndexServer, packages: Sequence[Package]) -> list[str]:
    for package in packages:
        public.add(wheel(package.project, "2.0"))
    return _both("list", private, public, "--outdated", "--format=json")


@pytest.mark.shows("skipped", "list --outdated: told once for all that is installed")
@pytest.mark.parametrize("pip", [OLD, NEW])
def test_a_list_of_what_is_outdated(
    pip: str, private: IndexServer, public: IndexServer, env: dict[str, str]
) -> None:
    installed = (wheel("mote"), wheel("grain"), wheel("speck", "0.5"))
    where = patient(pip, *(item.project for item in installed))
    place(where, *installed)
    command = _listing(private, public, installed)
    alone = run_pip(where, command, env)
    done = run_pipsafe(where, command, env)
    where.remove(*(item.project for item in installed))
    _assert_skipped(done, private, "may lack")
    # This pip asks in several threads, and its words come in any order.
    assert sorted(done.stdout.splitlines()[:-1]) == sorted(alone.stdout.splitlines()[:-1])
    assert done.stdout.splitlines()[-1] == alone.stdout.splitlines()[-1]
    assert b'"speck"' in done.stdout
    _untouched(private)


@pytest.mark.shows("skipped", "list --outdated: cured, and what it shows comes from every index")
@pytest.mark.parametrize("pip", [OLD, NEW])
def test_a_list_of_what_is_outdated_is_cured(
    pip: str, private: IndexServer, public: IndexServer, ca: str, env: dict[str, str]
) -> None:
    installed = (wheel("mote"), wheel("speck", "0.5"))
    where = patient(pip, *(item.project for item in installed))
    place(where, *installed)
    private.add(wheel("speck", "10.0"))
    done = run_pipsafe(where, _listing(private, public, installed), {**env, TOOL: ca})
    where.remove(*(item.project for item in installed))
    assert report_of(done)["outcome"] == "rescued", done.text
    assert done.stdout.count(b'"latest_version"') == 2  # mote's and speck's, each once
    assert b'"10.0"' in done.stdout


@pytest.mark.shows("skipped", "index versions: told, cured, and stopped by --pipsafe-strict")
@pytest.mark.parametrize("pip", [MIDDLE])
def test_versions_on_the_index(
    pip: str, private: IndexServer, public: IndexServer, ca: str, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    command = ["index", "versions", *_both("", private, public, "speck")[1:]]
    _assert_skipped(run_pipsafe(where, command, env), private, "may lack")
    _assert_stopped(run_pipsafe(where, ["--pipsafe-strict", *command], env), private)
    cured = run_pipsafe(where, command, {**env, TOOL: ca})
    assert report_of(cured)["outcome"] == "rescued", cured.text
    assert b"9.0, 1.0" in cured.stdout


# --- where there is nothing to tell ---------------------------------------------------------------------


@pytest.mark.shows("skipped", "pip's look for a newer pip fails TLS: nothing is told")
@pytest.mark.parametrize(("pip", "words"), [(OLD, "-q"), (NEW, "-q"), (NEW, "-vv")])
def test_the_look_for_a_newer_pip_is_nobodys_business(
    pip: str, words: str, private: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    path = tmp_path / OURS.filename
    path.write_bytes(OURS.data)
    del env["PIP_DISABLE_PIP_VERSION_CHECK"]
    env |= {"PIP_INDEX_URL": private.index_url, TOOL: str(tmp_path / "none.pem")}
    done = run_pipsafe(where, ["install", words, "--no-cache-dir", "--upgrade", str(path)], env)
    report = report_of(done)
    assert (report["outcome"], report["warnings"], report["skipped"]) == ("passed", [], []), done.text
    assert b"pipsafe" not in done.stderr
    assert where.installed("speck")
    private.settle()
    assert private.connections, "pip did not look"


@pytest.mark.shows("skipped", "an index that answers, and lacks the project, is not left out")
@pytest.mark.parametrize("pip", [MIDDLE])
def test_an_index_without_the_project(
    pip: str, public: IndexServer, authority: Authority, ca: str, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    with IndexServer([], authority.leaf()) as empty:
        command = _both("install", empty, public, "--no-cache-dir", "-q", "speck")
        done = run_pipsafe(where, command, {**env, "PIP_CERT": ca})
        assert [item for item in empty.paths if "speck" in item]
    assert (report_of(done)["outcome"], done.stdout, done.stderr) == ("passed", b"", b""), done.text
    assert where.version_of("speck") == "9.0"


# --- nobody waits for ever ------------------------------------------------------------------------------


class Hesitant(IndexServer):
    """Meets its first client at once, and lets those that follow wait."""

    def opened(self) -> Any:
        connection = super().opened()
        self.pause_before_handshake = 60 if len(self.connections) > 1 else 0
        return connection


def _wait_for_examination(server: IndexServer) -> None:
    deadline = time.monotonic() + 30
    while len(server.connections) < 2:
        assert time.monotonic() < deadline, "nobody examines"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.shows("skipped", "pipsafe is killed while pip waits for it: pip goes on")
@pytest.mark.parametrize("pip", [NEW])
def test_pip_goes_on_without_pipsafe(
    pip: str, public: IndexServer, authority: Authority, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    with Hesitant([OURS], authority.leaf()) as private:
        process = _waiting(where, private, public, env)
        try:
            os.kill(process.pid, signal.SIGKILL)
            deadline = time.monotonic() + 20
            while not where.installed("speck"):
                assert time.monotonic() < deadline, "pip waits"
                time.sleep(0.05)
        finally:
            kill_group(process)
            process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.shows("skipped", "interrupted while pip waits: both end at once")
@pytest.mark.parametrize("pip", [NEW])
def test_an_interrupt_ends_the_wait(
    pip: str, public: IndexServer, authority: Authority, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    with Hesitant([OURS], authority.leaf()) as private:
        process = _waiting(where, private, public, env)
        began = time.monotonic()
        try:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        finally:
            kill_group(process)
        assert time.monotonic() - began < 8  # an examination would go on for longer
    assert process.returncode != 0
    assert b"Traceback" not in errors
    assert not where.installed("speck")


def _waiting(where: Target, private: IndexServer, public: IndexServer, env: Mapping[str, str]) -> Any:
    """pipsafe, started, and examining the index that its pip is about to leave out."""
    command = _both("install", private, public, "--no-cache-dir", "-q", "speck")
    process = start(pipsafe_command(command), {**env, "PIPSAFE_PYTHON": str(where.python)})
    try:
        _wait_for_examination(private)
        time.sleep(0.3)
        assert process.poll() is None
    except BaseException:
        kill_group(process)
        process.communicate()
        raise
    return process
