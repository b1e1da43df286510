"""Load: many runs at once do not know of each other; many servers and requirements cost what they must."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drop_in import FakePip
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.many_ports import ManyPorts
from tests.lab.measured import Measured
from tests.lab.outside import OUTSIDE
from tests.lab.packages import wheel
from tests.lab.run import kill_group, pipsafe_command, run_pipsafe, start
from tests.lab.targets import target
from tests.rescues import leftovers, report_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="processes as /proc has them"),
]

OLD, NEW = "20.3.4", "26.3"
SPECK = wheel("speck")
TOOL = "NODE_EXTRA_CA_CERTS"

AT_ONCE = 50
MOST_LATE = 5 if (os.cpu_count() or 1) >= 8 else 30
"""Of them, that may get no answer in pipsafe's seconds: two hundred processes want a processor at once."""
MOST_SECONDS = 150
"""For all of them, on a machine that has other things to do, too."""


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([SPECK], authority.leaf()) as running:
        yield running


def _ends(processes: list[subprocess.Popen[bytes]]) -> list[tuple[int, bytes, bytes]]:
    """Exit code, stdout and stderr of each; all have to end in time."""
    deadline = time.monotonic() + MOST_SECONDS
    found = []
    try:
        for process in processes:
            stdout, stderr = process.communicate(timeout=max(1, deadline - time.monotonic()))
            found.append((process.returncode, stdout, stderr))
    finally:
        for process in processes:
            kill_group(process)
            process.communicate()
    return found


@pytest.mark.shows("load", "fifty rescues at once in one environment")
def test_fifty_rescues_at_once(
    server: IndexServer, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    """Each has a package, a folder and a report of its own."""
    where = target(OLD)
    projects = [f"speck-{number}" for number in range(AT_ONCE)]
    for project in projects:
        server.add(wheel(project))
    env |= {TOOL: str(authority.write(tmp_path / "ca.pem")), "PIPSAFE_PYTHON": str(where.python)}
    options = ("--no-cache-dir", "--no-deps", "--retries", "0", "--index-url", server.index_url)
    patience = ("--timeout", "60")  # fifty on two processors take their time

    def begin(number: int, project: str) -> subprocess.Popen[bytes]:
        words = ["install", "--target", str(tmp_path / f"place-{number}"), *options, *patience, project]
        return start(
            pipsafe_command(words), {**env, "PIPSAFE_REPORT": str(tmp_path / f"report-{number}.json")}
        )

    with Measured(env["HOME"], ("target_side/launcher.py", "target_side\0", "install")) as seen:
        ends = _ends([begin(number, project) for number, project in enumerate(projects)])
    late: list[str] = []
    for number, (project, (code, _, stderr)) in enumerate(zip(projects, ends, strict=True)):
        assert b"fault in pipsafe" not in stderr
        report = json.loads((tmp_path / f"report-{number}.json").read_text(encoding="utf-8"))
        place = tmp_path / f"place-{number}"
        if code:
            assert (code, report["outcome"]) == (1, "unremedied"), stderr.decode()
            assert not list(place.glob("*"))
            late.append(stderr.decode())
            continue
        assert report["outcome"] == "rescued", (project, stderr.decode())
        assert report["command"][-1] == project
        assert [item["sha256"] for item in report["remedy"]["anchors"]] == [authority.sha256]
        assert len(report["attempts"]) == 2
        module = project.replace("-", "_")
        assert sorted(entry.name for entry in place.glob("*.py")) == [f"{module}.py"]
    assert len(late) <= MOST_LATE, late
    assert leftovers(env) == []
    own = seen.use["install"]
    assert own.kibibytes < 64 << 10, own
    assert own.files < 32, own
    # Each has two pips; nobody but them spoke HTTP.
    server.settle()
    assert len([line for line in server.paths if line.startswith("/files/")]) == AT_ONCE - len(late)


@pytest.mark.shows("load", "fifty runs at once without a TLS failure")
def test_fifty_lists_at_once(env: dict[str, str], tmp_path: Path) -> None:
    source = "import sys, time; print(sys.argv[1:], flush=True); time.sleep(1); print('bye', file=sys.stderr)"
    fake = FakePip(tmp_path / "fake", source)
    given = fake.environment(env)
    with Measured(env["HOME"], ("target_side/launcher.py", "list")) as seen:
        ends = _ends([start(pipsafe_command(["list", f"--{n}"]), given) for n in range(AT_ONCE)])
    for number, end in enumerate(ends):
        assert end == (0, f"['list', '--{number}']\n".encode(), b"bye\n")
    assert leftovers(env) == []
    own = seen.use["list"]
    assert 0 < own.kibibytes < 20 << 10, own
    assert own.threads <= 2, own
    assert own.files < 16, own


# --- many servers, many requirements ------------------------------------------------------------------------

MANY_SERVERS, MANY_NAMES = 200, 1000


def _names(tmp_path: Path, count: int) -> str:
    path = tmp_path / "requirements.txt"
    path.write_text("".join(f"speck-{number}\n" for number in range(count)), encoding="utf-8")
    return str(path)


def _extra(many: ManyPorts) -> list[str]:
    return [word for url in many.index_urls for word in ("--extra-index-url", url)]


@pytest.mark.shows("load", "200 servers that are refused, 1,000 requirements: looked at within bounds")
def test_a_checkup_of_many_servers(server: IndexServer, env: dict[str, str], tmp_path: Path) -> None:
    words = ["doctor", "--json", "--index-url", server.index_url, "-r", _names(tmp_path, MANY_NAMES)]
    with ManyPorts(server, MANY_SERVERS) as many:
        with Measured(env["HOME"], ("target_side/launcher.py", "target_side\0", "doctor")) as seen:
            done = run_pipsafe(target(NEW), [*words, *_extra(many)], env, timeout=90)
        origins = {f"https://localhost:{server.port}", *many.origins}
    document = json.loads(done.stdout)
    assert done.exit_code == 1, done.text
    assert {item["origin"] for item in document["origins"]} == origins
    assert {item["origin"] for item in document["origins"]} == origins
    assert {item["cause"] for item in document["origins"]} == {"private-ca"}
    server.settle()
    assert server.requests == []
    _within_bounds(seen, "doctor")
    assert leftovers(env) == []


def _within_bounds(seen: Measured, word: str) -> None:
    own, prober = seen.use[word], seen.use["target_side\0"]
    assert 0 < own.kibibytes < 96 << 10, own
    assert own.files < 32, own
    assert own.threads < 24, own
    assert 0 < prober.kibibytes < 256 << 10, prober
    assert prober.files < 200, prober
    assert prober.threads < 200, prober


SERVERS = 5


@pytest.mark.shows("load", "many servers refused: the message stays readable, the report has all")
def test_the_message_stays_readable(server: IndexServer, env: dict[str, str], tmp_path: Path) -> None:
    words = ["download", "--no-deps", "--no-cache-dir", "--retries", "0", "--index-url", server.index_url]
    with ManyPorts(server, SERVERS) as many:
        with Measured(env["HOME"], ("target_side/launcher.py", "target_side\0", "download")) as seen:
            done = run_pipsafe(
                target(NEW), [*words, *_extra(many), "-r", _names(tmp_path, MANY_NAMES)], env, timeout=90
            )
        origins = {f"https://localhost:{server.port}", *many.origins}
    report = report_of(done)
    assert (report["outcome"], done.exit_code) == ("unremedied", 1), done.text
    assert {item["origin"] for item in report["failures"]} == origins
    text = done.stderr.decode()
    said = text[text.index("pipsafe: ") :]
    assert f"{SERVERS} more servers are refused for the same: " in said
    assert said.count("╰─>") == 1
    assert len(said.splitlines()) < 40, said
    server.settle()
    assert server.requests == []
    _within_bounds(seen, "download")
    assert leftovers(env) == []


@pytest.mark.shows("load", "many servers refused: each is looked at once")
def test_each_server_is_looked_at_once(server: IndexServer, env: dict[str, str]) -> None:
    words = ["download", "--no-deps", "--no-cache-dir", "--retries", "0", "--index-url", server.index_url]
    with ManyPorts(server, SERVERS) as many:
        done = run_pipsafe(target(NEW), [*words, *_extra(many), "speck-0"], env, timeout=90)
    assert done.exit_code == 1
    server.settle()
    # pip once; the chain, four stores, two looks behind an unknown CA.
    assert len(server.connections) <= (SERVERS + 1) * 9


@pytest.mark.skipif("PIPSAFE_FULL_MATRIX" not in OUTSIDE, reason="pip alone takes half a minute for it")
@pytest.mark.shows("load", "200 servers of one private CA: one rescue")
def test_a_rescue_from_two_hundred_servers(
    server: IndexServer, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    env[TOOL] = str(authority.write(tmp_path / "ca.pem"))
    place = tmp_path / "place"
    words = ["download", "--dest", str(place), "--no-deps", "--no-cache-dir", "--retries", "0"]
    words += ["--index-url", server.index_url, "speck"]
    with (
        ManyPorts(server, MANY_SERVERS) as many,
        Measured(env["HOME"], ("launcher.py", "target_side\0", "download")) as seen,
    ):
        done = run_pipsafe(target(OLD), [*words, *_extra(many)], env, timeout=240)
    report = report_of(done)
    assert (report["outcome"], done.exit_code) == ("rescued", 0), done.text
    # pip is ended while it still asks them: it has no need to meet every failure.
    assert len({item["origin"] for item in report["failures"]}) > MANY_SERVERS // 2
    assert [item["sha256"] for item in report["remedy"]["anchors"]] == [authority.sha256]
    assert len(list(place.iterdir())) == 1
    _within_bounds(seen, "download")
    assert leftovers(env) == []


@pytest.mark.shows("load", "many servers of one private CA, 1,000 requirements: one rescue")
def test_a_rescue_from_many_servers(
    server: IndexServer, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    """The file has a thousand lines, of which a marker leaves two."""
    names = Path(_names(tmp_path, MANY_NAMES))
    lines = names.read_text(encoding="utf-8").split()
    never = [f"{line}; python_version < '3'" for line in lines[2:]]
    names.write_text("\n".join([*lines[:2], *never]), encoding="utf-8")
    for line in lines[:2]:
        server.add(wheel(line))
    env[TOOL] = str(authority.write(tmp_path / "ca.pem"))
    place = tmp_path / "place"
    words = ["download", "--dest", str(place), "--no-deps", "--no-cache-dir", "--retries", "0"]
    words += ["--index-url", server.index_url, "-r", str(names)]
    with (
        ManyPorts(server, SERVERS) as many,
        Measured(env["HOME"], ("launcher.py", "target_side\0", "download")) as seen,
    ):
        done = run_pipsafe(target(OLD), [*words, *_extra(many)], env, timeout=90)
    report = report_of(done)
    assert (report["outcome"], done.exit_code) == ("rescued", 0), done.text
    assert len(report["attempts"]) == 2
    assert [item["sha256"] for item in report["remedy"]["anchors"]] == [authority.sha256]
    assert len(list(place.iterdir())) == 2
    _within_bounds(seen, "download")
    assert leftovers(env) == []
