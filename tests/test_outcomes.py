"""Each outcome that a report can have: its fields, the exit code, and what the terminal says of it."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.lab.authority import Authority, Leaf
from tests.lab.index_server import Connection, IndexServer
from tests.lab.packages import Package, wheel
from tests.lab.run import clean_environment, kill_group, pipsafe_command, run_pip, run_pipsafe, start
from tests.lab.targets import Target, pip_wheel, target
from tests.processes import ProcessWatch
from tests.rescues import assert_refused, assert_rescued, leftovers, patient, report_of

pytestmark = pytest.mark.e2e

OLD, MIDDLE, NEW = "20.3.4", "24.0", "26.3"
EVERY = pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
ENDS = pytest.mark.parametrize("pip", [OLD, NEW])
SPECK = wheel("speck")
TOOL = "NODE_EXTRA_CA_CERTS"
"""Names a CA file that another tool was given: pip does not read it, pipsafe does."""


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([SPECK], authority.leaf()) as running:
        yield running


@pytest.fixture
def ca(authority: Authority, tmp_path: Path) -> str:
    """The file with the CA that the server needs."""
    return str(authority.write(tmp_path / "ca.pem"))


@pytest.fixture
def links(tmp_path: Path) -> str:
    """A folder that has the package, too."""
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / SPECK.filename).write_bytes(SPECK.data)
    return str(folder)


def _install(server: IndexServer, *words: str, retries: int | None = 0) -> list[str]:
    given = () if retries is None else ("--retries", str(retries))
    return ["install", "--no-cache-dir", *given, "--index-url", server.index_url, *(words or ("speck",))]


def _origin(server: IndexServer) -> str:
    return f"https://localhost:{server.port}"


def _failures(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What failed, where and why."""
    return [(item["leg"], item["origin"], item["cause"]) for item in report["failures"]]


def _stops(report: Mapping[str, Any]) -> list[tuple[bool, bool]]:
    """Of each attempt: whether it succeeded, and whether it was stopped."""
    return [(item["exit_code"] == 0, item["stopped_early"]) for item in report["attempts"]]


def _nothing_else(report: Mapping[str, Any], *names: str) -> None:
    """Besides these, all that tells of trouble or of its cure is empty."""
    rest = {"failures", "remedy", "skipped", "warnings"} - set(names)
    assert not any(report[name] for name in rest), {name: report[name] for name in rest}


# --- one of each ----------------------------------------------------------------------------------------


@EVERY
def test_passed(pip: str, server: IndexServer, ca: str, env: dict[str, str]) -> None:
    where = patient(pip, "speck")
    done = run_pipsafe(where, _install(server), {**env, "PIP_CERT": ca})
    report = report_of(done)
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("passed", 0, 0), done.text
    assert _stops(report) == [(True, False)]
    _nothing_else(report)
    assert b"pipsafe" not in done.stderr
    assert where.installed("speck")


@EVERY
def test_rescued(pip: str, server: IndexServer, authority: Authority, ca: str, env: dict[str, str]) -> None:
    where = patient(pip, "speck")
    with ProcessWatch(Path(env["HOME"])) as watch:
        done = run_pipsafe(where, _install(server), {**env, TOOL: ca})
    report = assert_rescued(done, where, env, authority)
    assert _failures(report) == [("index", _origin(server), "private-ca")]
    assert report["failures"][0]["causes"] == ["private-ca"]
    assert [succeeded for succeeded, _ in _stops(report)] == [False, True]
    assert report["remedy"]["source"] == {"tier": "configured", "name": TOOL, "path": ca}
    _nothing_else(report, "failures", "remedy")
    for word in ("private-ca", ca, authority.sha256, "succeeded"):
        assert word in re.sub(r"\s+(│ +)?", " ", done.stderr.decode()), done.text
    assert not any("trusted" in word.lower() for words in watch.commands for word in words)
    assert not any("trusted" in name.lower() for name in report["remedy"]["environment"])


@EVERY
def test_retried(pip: str, server: IndexServer, authority: Authority, ca: str, env: dict[str, str]) -> None:
    """TLS is cured, and then the index does not have that version."""
    where = patient(pip, "speck")
    done = run_pipsafe(where, _install(server, "speck==2.0"), {**env, TOOL: ca})
    report = report_of(done)
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("retried", 1, 1), done.text
    assert _failures(report) == [("index", _origin(server), "private-ca")]
    assert [succeeded for succeeded, _ in _stops(report)] == [False, False]
    assert not report["attempts"][-1]["stopped_early"]
    assert [item["sha256"] for item in report["remedy"]["anchors"]] == [authority.sha256]
    _nothing_else(report, "failures", "remedy")
    assert "another reason" in done.stderr.decode()
    assert b"No matching distribution found for speck==2.0" in done.stderr
    assert not where.installed("speck")
    assert leftovers(env) == []


@EVERY
def test_unremedied(pip: str, server: IndexServer, env: dict[str, str]) -> None:
    where = patient(pip, "speck")
    with ProcessWatch(Path(env["HOME"])) as watch:
        done = run_pipsafe(where, _install(server), env)
    report = assert_refused(done, where, env, server)
    assert _failures(report) == [("index", _origin(server), "private-ca")]
    assert _stops(report) == [(False, False)]
    _nothing_else(report, "failures")
    for word in ("private-ca", "--pipsafe-ca", _origin(server)):
        assert word in done.stderr.decode()
    assert not any("trusted" in word.lower() for words in watch.commands for word in words)


@EVERY
def test_skipped(pip: str, server: IndexServer, links: str, env: dict[str, str]) -> None:
    where = patient(pip, "speck")
    done = run_pipsafe(where, _install(server, "--find-links", links, "speck"), env)
    report = report_of(done)
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("skipped", 0, 0), done.text
    assert report["skipped"] == [_origin(server)]
    assert _failures(report) == [("index", _origin(server), "private-ca")]
    assert _stops(report) == [(True, False)]
    assert len(report["warnings"]) == 1
    for word in ("went on without", _origin(server), "--pipsafe-strict"):
        assert word in report["warnings"][0]
    _nothing_else(report, "failures", "skipped", "warnings")
    assert b"went on without" in done.stderr
    assert where.installed("speck")
    assert leftovers(env) == []
    server.settle()
    assert server.requests == []


@ENDS
def test_skipped_with_the_ca_at_hand(
    pip: str, server: IndexServer, links: str, ca: str, env: dict[str, str]
) -> None:
    """Once pip installs nothing is tried again; but the CA is here, and nobody has to be asked for it."""
    where = patient(pip, "speck")
    done = run_pipsafe(where, _install(server, "--find-links", links, "speck"), {**env, TOOL: ca})
    report = report_of(done)
    assert where.installed("speck")
    if report["outcome"] == "rescued":  # pip was stopped in time
        return
    assert (report["outcome"], report["skipped"]) == ("skipped", [_origin(server)]), done.text
    assert "Ask whoever" not in done.stderr.decode()


@EVERY
def test_failed(pip: str, server: IndexServer, ca: str, env: dict[str, str]) -> None:
    """Without TLS being at fault nothing is added to what pip says."""
    given = {**env, "PIP_CERT": ca}
    expected = run_pip(patient(pip, "speck"), _install(server, "mote"), given)
    done = run_pipsafe(patient(pip, "speck"), _install(server, "mote"), given)
    report = report_of(done)
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("failed", 1, 1), done.text
    assert _stops(report) == [(False, False)]
    _nothing_else(report)
    assert (done.stdout, done.stderr) == (expected.stdout, expected.stderr)


# --- refused --------------------------------------------------------------------------------------------

STRICT = ("typed", "variable")


def _strict(how: str, env: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    return (["--pipsafe-strict"], {**env}) if how == "typed" else ([], {**env, "PIPSAFE_STRICT": "1"})


@pytest.mark.parametrize("retries", [0, 1])
@pytest.mark.parametrize("flags", [(), ("-q",), ("-qq",)], ids=" ".join)
@ENDS
def test_refused(
    pip: str, flags: Sequence[str], retries: int, server: IndexServer, links: str, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    # Each way to ask for it meets each flag and each number of retries.
    how = STRICT[(retries + len("".join(flags))) % 2]
    option, given = _strict(how, env)
    command = _install(server, *flags, "--find-links", links, "speck", retries=retries)
    done = run_pipsafe(where, [*option, *command], given)
    report = report_of(done)
    assert not where.installed("speck"), done.text
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("refused", 1, 1), done.text
    assert _failures(report) == [("index", _origin(server), "private-ca")]
    assert [stopped for _, stopped in _stops(report)] == [True]
    _nothing_else(report, "failures", "skipped", "warnings")
    for word in ("private-ca", "--pipsafe-strict", _origin(server)):
        assert word in done.stderr.decode(), done.text
    assert b"Successfully installed" not in done.stdout
    assert leftovers(env) == []
    server.settle()
    assert server.requests == []


@pytest.mark.parametrize("how", STRICT)
@ENDS
def test_strict_with_the_ca_at_hand_is_a_rescue(
    pip: str, how: str, server: IndexServer, authority: Authority, links: str, ca: str, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    option, given = _strict(how, {**env, TOOL: ca})
    done = run_pipsafe(where, [*option, *_install(server, "--find-links", links, "speck")], given)
    report = assert_rescued(done, where, env, authority)
    assert _failures(report) == [("index", _origin(server), "private-ca")]
    _nothing_else(report, "failures", "remedy")


@EVERY
def test_strict_on_a_healthy_index(
    pip: str, server: IndexServer, links: str, ca: str, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    option, given = _strict("typed", {**env, "PIP_CERT": ca})
    done = run_pipsafe(where, [*option, *_install(server, "--find-links", links, "speck")], given)
    report = report_of(done)
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("passed", 0, 0), done.text
    _nothing_else(report)
    assert b"pipsafe" not in done.stderr
    assert where.installed("speck")


# --- interrupted ----------------------------------------------------------------------------------------

POSIX = pytest.mark.skipif(sys.platform != "linux", reason="signals, and processes as /proc has them")


def _processes(env: Mapping[str, str]) -> list[str]:
    """The command lines of all processes of this run."""
    mark, found = os.fsencode(f"HOME={env['HOME']}\0"), []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def _wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@contextlib.contextmanager
def _started(
    where: Target, command: Sequence[str], env: Mapping[str, str], path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    given = {**env, "PIPSAFE_PYTHON": str(where.python), "PIPSAFE_REPORT": str(path)}
    process = start(pipsafe_command(command), given)
    try:
        yield process
    finally:
        kill_group(process)
        process.communicate()


def _interrupted(path: Path, errors: bytes, env: Mapping[str, str]) -> dict[str, Any]:
    """What holds of every interrupted run. The report."""
    assert path.exists(), errors.decode()
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert report["outcome"] == "interrupted", errors.decode()
    assert report["exit_code"] != 0
    assert len(report["attempts"]) == 1
    _nothing_else(report, "failures")
    assert b"Traceback" not in errors
    assert b"fault in pipsafe" not in errors
    _wait_for(lambda: not _processes(env), "no process is left behind")
    # A pip that a signal ends leaves its own folders.
    assert [name for name in leftovers(env) if name.startswith("pipsafe")] == []
    return report


@pytest.mark.shows("faults", "pipsafe ended by a signal at any moment")
@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@ENDS
def test_interrupted_in_the_retries_of_pip(
    pip: str, number: signal.Signals, server: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    where, path = patient(pip, "speck"), tmp_path / "report.json"
    with _started(where, _install(server, retries=None), env, path) as process:
        # pip's first connection, then those of an examination that is soon over.
        _wait_for(lambda: len(server.connections) > 2, "an examination")
        _wait_for(lambda: not any("prober" in words for words in _processes(env)), "its end")
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    # pip itself makes an exit code of an interrupt.
    assert process.returncode == (1 if number == signal.SIGINT else -number)
    report = _interrupted(path, errors, env)
    assert _failures(report) == [("index", _origin(server), "private-ca")]
    assert not where.installed("speck")


class OneHandshake(IndexServer):
    """Is there for its first client, pip, and lets those that follow hang."""

    def wrap(self, raw: socket.socket, connection: Connection) -> socket.socket:
        if connection is not self.connections[0]:
            self.pause(math.inf)
            raise ConnectionAbortedError
        return super().wrap(raw, connection)


@pytest.mark.shows("faults", "pipsafe ended by a signal at any moment")
@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@ENDS
def test_interrupted_while_pipsafe_examines(
    pip: str, number: signal.Signals, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    where, path = patient(pip, "speck"), tmp_path / "report.json"
    with (
        OneHandshake([SPECK], authority.leaf()) as index,
        # A page that is left out waits for the examination; a file does not.
        _started(where, _install(index, index.url(index.file_path(SPECK))), env, path) as process,
    ):
        _wait_for(lambda: len(index.connections) > 1, "an examination")
        _wait_for(lambda: not any("launcher.py" in words for words in _processes(env)), "pip's end")
        time.sleep(0.1)
        assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == -number, errors.decode()
    report = _interrupted(path, errors, env)
    assert report["exit_code"] == 128 + number
    assert not where.installed("speck")


# --- two rounds -----------------------------------------------------------------------------------------


@EVERY
def test_the_report_tells_of_both_rounds(pip: str, env: dict[str, str], tmp_path: Path) -> None:
    """The index is under one CA, the host that its pages name under another."""
    one, two = Authority("Example Root A"), Authority("Example Root B")
    given = {**env, TOOL: str(one.write(tmp_path / "a.pem")), "AWS_CA_BUNDLE": str(two.write(tmp_path / "b"))}
    where = patient(pip, "speck")
    with IndexServer([SPECK], two.leaf()) as files, IndexServer([SPECK], one.leaf()) as index:
        index.files_url = files.url()
        done = run_pipsafe(where, _install(index), given)
        origins = [_origin(index), _origin(files)]
    report = assert_rescued(done, where, env, one, two, attempts=3)
    assert [(item["origin"], item["cause"]) for item in report["failures"]] == [
        (origin, "private-ca") for origin in origins
    ]
    assert [item["leg"] for item in report["failures"]] == ["index", "file"]
    _nothing_else(report, "failures", "remedy")
    for root in (one, two):
        assert root.sha256 in re.sub(r"\s+(│ +)?", "", done.stderr.decode())


# --- pip replaces itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("retries", [None, 0])
def test_pip_itself_is_upgraded_by_a_rescue(
    retries: int | None, authority: Authority, ca: str, fresh: Callable[[str], Target], env: dict[str, str]
) -> None:
    where, path = fresh(MIDDLE), pip_wheel(NEW)
    newer = Package("pip", NEW, path.name, path.read_bytes())
    given = {**env, TOOL: ca}
    with IndexServer([newer, SPECK], authority.leaf()) as server:
        # Without an index pip takes the pip that is there for the newest, and calls that a success.
        done = run_pipsafe(where, _install(server, "--upgrade", "pip", retries=retries), given)
        assert_rescued(done, where, env, authority, project="pip")
        assert where.version_of("pip") == NEW
        assert f"pip {NEW} " in run_pip(where, ["--version"], env).text
        again = run_pipsafe(where, _install(server), given)
    assert_rescued(again, where, env, authority)
    assert report_of(again)["target"]["pip_version"] == NEW


# --- trust that is named on purpose ---------------------------------------------------------------------


@pytest.mark.parametrize("how", ["--pipsafe-ca", "PIPSAFE_CA"])
@EVERY
def test_a_ca_that_pipsafe_is_told_of(
    pip: str, how: str, server: IndexServer, authority: Authority, ca: str, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    option, extra = (["--pipsafe-ca", ca], {}) if how == "--pipsafe-ca" else ([], {"PIPSAFE_CA": ca})
    done = run_pipsafe(where, [*_install(server), *option], {**env, **extra})
    report = assert_rescued(done, where, env, authority)
    assert report["remedy"]["source"] == {"tier": "explicit", "name": how, "path": ca}
    assert how in done.stderr.decode()


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@EVERY
def test_a_stale_setting_hides_no_other_source(
    pip: str,
    variable: str,
    server: IndexServer,
    authority: Authority,
    ca: str,
    env: dict[str, str],
    tmp_path: Path,
) -> None:
    """A valid file, with the CA that was in use before."""
    stale = Authority("Example Former Root").write(tmp_path / "stale.pem")
    where = patient(pip, "speck")
    done = run_pipsafe(where, _install(server), {**env, variable: str(stale), TOOL: ca})
    report = assert_rescued(done, where, env, authority)
    assert report["remedy"]["source"]["path"] == ca


# --- trusted hosts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["typed", "variable", "requirements"])
@EVERY
def test_a_trusted_host_is_warned_of_once(
    pip: str, place: str, server: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    where, listed = patient(pip, "speck"), tmp_path / "requirements.txt"
    listed.write_text("--trusted-host localhost\nspeck\n", encoding="utf-8")
    words, extra, named = {
        "typed": (("--trusted-host", "localhost", "speck"), {}, "command line"),
        "variable": (("speck",), {"PIP_TRUSTED_HOST": "localhost"}, "PIP_TRUSTED_HOST"),
        "requirements": (("-r", str(listed)), {}, str(listed)),
    }[place]
    done = run_pipsafe(where, _install(server, *words), {**env, **extra})
    report = report_of(done)
    assert (report["outcome"], report["exit_code"], done.exit_code) == ("passed", 0, 0), done.text
    assert where.installed("speck")
    _nothing_else(report, "warnings")
    assert len(report["warnings"]) == 1, done.text
    for word in ("localhost", named):
        assert word in report["warnings"][0]
    assert done.stderr.count(b"warning: ") == 1, done.text
    assert leftovers(env) == []


@EVERY
def test_a_trusted_host_of_another_name_changes_nothing(
    pip: str, server: IndexServer, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    done = run_pipsafe(where, _install(server, "--trusted-host", "files.example", "speck"), env)
    report = assert_refused(done, where, env, server)
    assert len(report["warnings"]) == 1
    assert "files.example" in report["warnings"][0]


@pytest.mark.e2e
@pytest.mark.parametrize("pip", ["20.3.4", "23.2.1", "26.3"])
def test_nobody_is_bothered_when_pip_cannot_look_for_a_newer_pip(
    pip: str, authority: Authority, tmp_path: Path, home: Path
) -> None:
    """A list of what is installed hangs on no index, whatever pip's own check for updates meets."""
    where = target(pip).fresh(tmp_path / "target")
    with IndexServer([wheel("speck")], Authority("Unknown").leaf()) as index:
        env = clean_environment(home, PIP_INDEX_URL=index.index_url, PIP_DISABLE_PIP_VERSION_CHECK=None)
        env["NODE_EXTRA_CA_CERTS"] = str(authority.write(tmp_path / "ca.pem"))
        done = run_pipsafe(where, ["list"], env)
        index.settle()
        assert index.requests == []
    assert done.exit_code == 0
    assert b"pipsafe" not in done.stderr
    assert report_of(done)["outcome"] == "passed"


@pytest.mark.e2e
@pytest.mark.parametrize("strict", [(), ("--pipsafe-strict",)], ids=["plain", "strict"])
@pytest.mark.parametrize("pip", ["20.3.4", "24.0", "26.3"])
def test_what_pip_met_counts_though_a_later_handshake_goes_well(
    pip: str, strict: tuple[str, ...], authority: Authority, tmp_path: Path, home: Path
) -> None:
    """An attacker who shows pip one certificate and everybody after it another gains nothing."""
    where = target(pip).fresh(tmp_path / "target")
    speck, elsewhere = wheel("speck"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / speck.filename).write_bytes(speck.data)
    hostile, honest = Authority("Hostile").leaf(), authority.leaf()
    met: list[Connection] = []

    def certificate(connection: Connection) -> Leaf:
        met.append(connection)
        return hostile if len(met) == 1 else honest

    with IndexServer([speck], certificate) as index:
        env = clean_environment(home, PIP_CERT=str(authority.write(tmp_path / "ca.pem")))
        arguments = [
            "install",
            "--retries",
            "0",
            "--index-url",
            index.index_url,
            "--find-links",
            str(elsewhere),
        ]
        done = run_pipsafe(where, [*arguments, *strict, "speck"], env)
        index.settle()
        # pipsafe itself asks the honest server, which pip's trust accepts, where it sends its clients.
        assert [request for request in index.requests if request.headers["user-agent"] != "pipsafe"] == []
    assert report_of(done)["outcome"] == ("refused" if strict else "skipped"), done.text
    assert where.installed("speck") is not bool(strict)
    assert (done.exit_code == 0) is not bool(strict)


@pytest.mark.e2e
@pytest.mark.parametrize("keys", [("rootCA-key.pem",), ()], ids=["beside", "elsewhere"])
def test_a_ca_with_its_key_beside_it_is_named(
    keys: tuple[str, ...], authority: Authority, tmp_path: Path, home: Path
) -> None:
    """A developer's own CA that was configured is used, and not in silence."""
    where = target("26.3").fresh(tmp_path / "target")
    root = authority.write(tmp_path / "rootCA.pem")
    for name in keys:
        (tmp_path / name).write_text("not read", encoding="ascii")
    with IndexServer([wheel("speck")], authority.leaf()) as index:
        env = clean_environment(home, NODE_EXTRA_CA_CERTS=str(root))
        done = run_pipsafe(where, ["install", "--index-url", index.index_url, "speck"], env)
    warnings = report_of(done)["warnings"]
    assert report_of(done)["outcome"] == "rescued", done.text
    assert [str(tmp_path / "rootCA-key.pem") in text for text in warnings] == [True] * len(keys)


@pytest.mark.e2e
@pytest.mark.parametrize("pip", ["20.3.4", "24.0", "26.3"])
def test_a_python_without_ssl_is_told_so(pip: str, authority: Authority, tmp_path: Path, home: Path) -> None:
    """No certificate is blamed where none was ever looked at."""
    where = target(pip).fresh(tmp_path / "target")
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "ssl.py").write_text("raise ImportError('No module named _ssl')\n", encoding="ascii")
    with IndexServer([wheel("speck")], authority.leaf()) as index:
        env = clean_environment(home, PYTHONPATH=str(missing))
        arguments = ["install", "--retries", "0", "--index-url", index.index_url, "speck"]
        alone = run_pip(where, arguments, env)
        done = run_pipsafe(where, arguments, env)
        assert index.connections == []
    assert (done.exit_code, done.stdout) == (alone.exit_code, alone.stdout)
    assert b"no ssl module" in done.stderr
    assert b"fault" not in done.stderr
    assert report_of(done)["failures"] == []
