"""Rounds: one cure after another, what ends them, and what is left when something dies on the way."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.lab.authority import Authority, Leaf
from tests.lab.index_server import Answer, Connection, IndexServer
from tests.lab.packages import wheel
from tests.lab.run import clean_environment, kill_group, pipsafe_command, run_pip, run_pipsafe, start
from tests.lab.targets import Target
from tests.rescues import assert_refused, assert_rescued, leftovers, patient, report_of

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform == "win32", reason="signals and /proc")]

OLD, MIDDLE, NEW = "20.3.4", "23.2.1", "26.3"
EVERY = pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
SPECK = wheel("speck")
CARRIERS = ("NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE", "DENO_CERT", "HTTPLIB2_CA_CERTS", "CARGO_HTTP_CAINFO")
HTML = {"Content-Type": "text/html"}
QUIET = ("--no-cache-dir", "--disable-pip-version-check")


@pytest.fixture
def authorities() -> list[Authority]:
    return [Authority(f"Example Root {letter}") for letter in "ABCDE"]


def _environment(folder: Path, *roots: Authority, **extra: str) -> dict[str, str]:
    """Each root in a file of its own, named by a variable of its own."""
    files = [root.write(folder / f"root-{number}.pem") for number, root in enumerate(roots)]
    return clean_environment(folder / "home", **dict(zip(CARRIERS, map(str, files), strict=False)), **extra)


# --- several origins under several CAs ------------------------------------------------------------------


@pytest.mark.shows("legs", "two indexes under two CAs, cured together")
@EVERY
def test_two_indexes_under_two_cas_are_cured_together(
    pip: str, authorities: list[Authority], tmp_path: Path
) -> None:
    one, two, *_ = authorities
    where, env = patient(pip, "speck", "mote"), _environment(tmp_path, one, two)
    with IndexServer([SPECK], one.leaf()) as first, IndexServer([wheel("mote")], two.leaf()) as second:
        indexes = ("--index-url", first.index_url, "--extra-index-url", second.index_url)
        done = run_pipsafe(where, ["install", *QUIET, *indexes, "speck", "mote"], env)
    report = assert_rescued(done, where, env, one, two)
    assert where.installed("mote")
    assert len(report["failures"]) == 2


@pytest.mark.shows("legs", "file host other than the index, under another CA")
@EVERY
def test_a_file_host_that_the_index_names_is_cured_in_a_second_round(
    pip: str, authorities: list[Authority], tmp_path: Path
) -> None:
    one, two, *_ = authorities
    where, env = patient(pip, "speck"), _environment(tmp_path, one, two)
    with IndexServer([SPECK], two.leaf()) as files, IndexServer([SPECK], one.leaf()) as index:
        index.files_url = files.url()
        done = run_pipsafe(where, ["install", *QUIET, "--index-url", index.index_url, "speck"], env)
        assert files.paths == [files.file_path(SPECK)]
    remedy = report_of(done)["remedy"]
    assert remedy is not None, done.text
    assert_rescued(done, where, env, *(one, two)[-len(remedy["anchors"]) :], attempts=3)


@pytest.mark.parametrize("file_hosts", [2, 3])
@pytest.mark.parametrize("pip", [OLD, NEW])
def test_there_are_four_attempts_at_most(
    pip: str, file_hosts: int, authorities: list[Authority], tmp_path: Path
) -> None:
    """Each package lies on a host under a CA of its own, and is known only when the one before is there."""
    names = ("speck", "mote", "grit")[:file_hosts]
    packages = [wheel(name, requires=names[at + 1 : at + 2]) for at, name in enumerate(names)]
    roots = authorities[: file_hosts + 1]
    where, env = patient(pip, *names), _environment(tmp_path, *roots)
    with contextlib.ExitStack() as stack:
        index, *files = (stack.enter_context(IndexServer(packages, root.leaf())) for root in roots)
        for package, host in zip(packages, files, strict=True):
            link = f'<a href="{host.url(host.file_path(package))}">{package.filename}</a>'
            index.answers[f"/simple/{package.project}/"] = Answer(body=link.encode(), headers=HTML)
        command = ["install", *QUIET, "--retries", "0", "--index-url", index.index_url, "speck"]
        done = run_pipsafe(where, command, env)
        report = report_of(done)
        assert len(report["attempts"]) == 4, done.text
        assert leftovers(env) == []
        if file_hosts == 2:
            assert (report["outcome"], done.exit_code) == ("rescued", 0), done.text
            assert where.installed("mote")
        else:
            assert (report["outcome"], done.exit_code) == ("unremedied", 1), done.text
            assert not where.installed("speck")
            assert files[-1].requests == []


@EVERY
def test_a_cure_of_one_index_that_would_leave_the_other_refused_is_none(
    pip: str, authorities: list[Authority], tmp_path: Path
) -> None:
    one, two, *_ = authorities
    where, env = patient(pip, "speck"), _environment(tmp_path, one)
    with IndexServer([SPECK], one.leaf()) as first, IndexServer([SPECK], two.leaf()) as second:
        indexes = ("--index-url", second.index_url, "--extra-index-url", first.index_url)
        done = run_pipsafe(where, ["install", *QUIET, "--retries", "0", *indexes, "speck"], env)
        assert_refused(done, where, env, first, second)


@EVERY
def test_an_index_that_worked_goes_on_working(
    pip: str, authorities: list[Authority], tmp_path: Path, fresh: Callable[[str], Target]
) -> None:
    """Its root is a namesake of the one that the other index needs, and pip carries it."""
    one, *_ = authorities
    namesake = one.namesake()
    where, env = fresh(pip), _environment(tmp_path, one)
    with where.certifi_bundle.open("ab") as file:
        file.write(b"\n" + namesake.pem)
    with IndexServer([SPECK], one.leaf()) as new, IndexServer([wheel("mote")], namesake.leaf()) as worked:
        indexes = ("--index-url", worked.index_url, "--extra-index-url", new.index_url)
        done = run_pipsafe(where, ["install", *QUIET, "--retries", "0", *indexes, "speck", "mote"], env)
    outcome = report_of(done)["outcome"]
    # Trust that breaks the one to reach the other is not given: both, or neither.
    assert outcome in ("rescued", "unremedied"), done.text
    assert where.installed("speck") == where.installed("mote") == (outcome == "rescued")


# --- never once pip began to install --------------------------------------------------------------------


@EVERY
def test_a_failure_after_the_install_leads_to_no_retry(
    pip: str, authorities: list[Authority], tmp_path: Path
) -> None:
    """The version check comes last, and meets another certificate, whose root is at hand as well."""
    one, two, *_ = authorities
    where = patient(pip, "speck")
    env = _environment(tmp_path, two, PIP_CERT=str(one.write(tmp_path / "one.pem")))
    del env["PIP_DISABLE_PIP_VERSION_CHECK"]
    leaves: tuple[Leaf, Leaf] = (one.leaf(), two.leaf())

    def chosen(_: Connection) -> Leaf:
        return leaves[any("/files/" in path for path in server.paths)]

    with IndexServer([SPECK, wheel("pip", "99.0")], chosen) as server:
        done = run_pipsafe(
            where, ["install", "--no-cache-dir", "--index-url", server.index_url, "speck"], env
        )
        if pip != NEW:  # which asks first and tells last
            assert server.connections[-1].leaf is leaves[1]
            assert "/simple/pip/" not in server.paths
    report = report_of(done)
    assert (report["outcome"], len(report["attempts"]), report["remedy"]) == ("passed", 1, None), done.text
    assert (done.exit_code, where.installed("speck")) == (0, True)


# --- deaths on the way ----------------------------------------------------------------------------------


def _processes(env: Mapping[str, str]) -> dict[int, str]:
    """The command lines of all processes of this run, by number."""
    mark, found = os.fsencode(f"HOME={env['HOME']}\0"), {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def _wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def _ours(env: Mapping[str, str]) -> list[str]:
    return [name for name in leftovers(env) if name.startswith("pipsafe-")]


@pytest.fixture
def slow(authority: Authority) -> Iterator[IndexServer]:
    """An index whose file takes a minute."""
    with IndexServer([wheel("speck", padding=1 << 20)], authority.leaf()) as server:
        server.bytes_per_second = 1 << 14
        yield server


@contextlib.contextmanager
def _started(where: Target, server: IndexServer, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = pipsafe_command(["install", *QUIET, "--index-url", server.index_url, "speck"])
    process = start(command, {**env, "PIPSAFE_PYTHON": str(where.python)})
    try:
        yield process
    finally:
        kill_group(process)
        process.communicate()


def _is_downloading(server: IndexServer) -> bool:
    return any("/files/" in path for path in server.paths)


@pytest.mark.parametrize("pip", [OLD, NEW])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_pip_dies_in_the_retry(
    pip: str, number: signal.Signals, slow: IndexServer, authority: Authority, tmp_path: Path
) -> None:
    where, env = patient(pip, "speck"), _environment(tmp_path, authority)
    with _started(where, slow, env) as process:
        _wait_for(lambda: _is_downloading(slow), "the retry")
        assert _ours(env)
        (child,) = (pid for pid, words in _processes(env).items() if "launcher.py" in words)
        os.kill(child, number)
        process.communicate(timeout=30)
        assert process.returncode == -number
    assert _ours(env) == []


@pytest.mark.parametrize("moment", ["trying", "probing", "retrying"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_pipsafe_is_told_to_end(
    moment: str, number: signal.Signals, slow: IndexServer, authority: Authority, tmp_path: Path
) -> None:
    where, env = patient(MIDDLE, "speck"), _environment(tmp_path, authority)
    if moment == "trying":
        slow.pause_before_handshake = 60
    reached = {
        "trying": lambda: slow.connections,
        "probing": lambda: len(slow.connections) > 2,
        "retrying": lambda: _is_downloading(slow),
    }[moment]
    with _started(where, slow, env) as process:
        _wait_for(reached, moment)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert process.returncode in (-number, 1 if number == signal.SIGINT else -number), errors
        _wait_for(lambda: not _processes(env), "no pip is left behind")
    assert _ours(env) == []
    assert not where.installed("speck")


def test_what_a_killed_pipsafe_left_is_swept_by_the_next(
    slow: IndexServer, authority: Authority, tmp_path: Path
) -> None:
    where, env = patient(MIDDLE, "speck"), _environment(tmp_path, authority)
    with _started(where, slow, env) as process:
        _wait_for(lambda: _is_downloading(slow), "the retry")
        process.kill()
        process.wait()
    left = _ours(env)
    assert len(left) == 1
    slow.bytes_per_second = None
    done = run_pipsafe(where, ["install", *QUIET, "--index-url", slow.index_url, "speck"], env)
    assert report_of(done)["outcome"] == "rescued", done.text
    assert _ours(env) == []


# --- faults of pipsafe's own ----------------------------------------------------------------------------

_WRAPPER = """#!/bin/bash
if [ "$1" = -I ]; then {instead}; fi
exec -a "$0" {python} "$@"
"""


@pytest.mark.parametrize(
    "instead", ["exit 3", "exec cat >/dev/null", "echo '{}' ; cat > /dev/null", "exec sleep 60"]
)
@pytest.mark.parametrize("pip", [OLD, NEW])
def test_a_probe_that_cannot_answer_leaves_pips_result(
    pip: str, instead: str, authority: Authority, tmp_path: Path, fresh: Callable[[str], Target]
) -> None:
    where, env = fresh(pip), _environment(tmp_path, authority)
    real = where.python.resolve()
    where.python.unlink()
    where.python.write_text(_WRAPPER.format(instead=instead, python=real), encoding="ascii")
    where.python.chmod(0o755)
    with IndexServer([SPECK], authority.leaf()) as server:
        command = ["install", *QUIET, "--retries", "0", "--index-url", server.index_url, "speck"]
        alone = run_pip(where, command, env)
        done = run_pipsafe(where, command, env)
        assert server.requests == []
    report = report_of(done)
    assert (done.exit_code, done.stdout) == (alone.exit_code, alone.stdout)
    assert done.stderr.startswith(alone.stderr)
    rest = done.stderr.removeprefix(alone.stderr).decode().strip()
    assert rest.startswith("pipsafe: ")
    assert "Traceback" not in rest
    assert rest.count("\n") == 0, rest
    assert (report["outcome"], report["remedy"]) == ("unremedied", None)
    assert leftovers(env) == []


@pytest.mark.parametrize("pip", [OLD, NEW])
def test_a_full_disk_leaves_pips_result(pip: str, authority: Authority, tmp_path: Path) -> None:
    where, env = patient(pip, "speck"), _environment(tmp_path, authority)
    limited = ("bash", "-c", 'ulimit -f 100; exec "$@"', "bash")  # KiB: less than a list of roots has
    with IndexServer([SPECK], authority.leaf()) as server:
        command = ["install", *QUIET, "--retries", "0", "--index-url", server.index_url, "speck"]
        done = run_pipsafe(where, command, env, prefix=limited)
        assert_refused(done, where, env, server)
    assert b"Traceback" not in done.stderr
    assert b"be written" in done.stderr


def test_no_home_is_no_obstacle(authority: Authority, tmp_path: Path) -> None:
    where, env = patient(NEW, "speck"), _environment(tmp_path, authority)
    homeless = {**env, "HOME": str(tmp_path / "none"), "XDG_CONFIG_HOME": str(tmp_path / "none")}
    with IndexServer([SPECK], authority.leaf()) as server:
        command = ["install", *QUIET, "--index-url", server.index_url, "speck"]
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        done = run_pipsafe(where, command, homeless, cwd=elsewhere)
    assert_rescued(done, where, env, authority)


# --- speed ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@EVERY
def test_a_rescue_takes_little_longer_than_a_pip_that_is_configured_well(
    pip: str, authority: Authority, tmp_path: Path
) -> None:
    where, env = patient(pip, "speck"), _environment(tmp_path, authority)
    well = {**env, "PIP_CERT": env[CARRIERS[0]]}
    with IndexServer([SPECK], authority.leaf()) as server:
        command = ["install", *QUIET, "--index-url", server.index_url, "speck"]
        failing = run_pip(where, command, env)
        configured = run_pip(where, command, well)
        assert (failing.exit_code, configured.exit_code) == (1, 0)
        where.remove("speck")
        done = run_pipsafe(where, command, env)
    assert_rescued(done, where, env, authority)
    assert done.seconds < configured.seconds + 3
    assert done.seconds < 0.6 * failing.seconds
