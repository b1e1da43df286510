"""A server that is late when trust is tried there: late is not refused."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.listener import Connection
from tests.lab.packages import wheel
from tests.lab.run import Run, run_pipsafe
from tests.lab.targets import target
from tests.rescues import leftovers, report_of

pytestmark = pytest.mark.e2e

SPECK = wheel("speck")
NEW = "26.3"
TOOL = "NODE_EXTRA_CA_CERTS"

LATE = 20.0
"""Seconds: longer than anybody waits."""


class BusyServer(IndexServer):
    """It lets some connections wait before it greets them."""

    late: frozenset[int] = frozenset()
    """Their numbers, from 0."""

    def wrap(self, raw: socket.socket, connection: Connection) -> socket.socket:
        if connection.number in self.late:
            self.pause(LATE)
        return super().wrap(raw, connection)


@pytest.fixture
def server(authority: Authority) -> Iterator[BusyServer]:
    server = BusyServer([SPECK], authority.leaf())
    with server:
        yield server


def _run(server: BusyServer, env: dict[str, str], place: Path, late: frozenset[int] = frozenset()) -> Run:
    server.forget()
    server.late = late
    words = ["download", "--dest", str(place), "--no-deps", "--no-cache-dir", "--retries", "0"]
    return run_pipsafe(target(NEW), [*words, "--index-url", server.index_url, "speck"], env, timeout=60)


@pytest.fixture
def usual(server: BusyServer, authority: Authority, env: dict[str, str], tmp_path: Path) -> list[int]:
    """Numbers of the connections that ask for nothing: the first reads the chain, the last proves."""
    env[TOOL] = str(authority.write(tmp_path / "ca.pem"))
    assert _run(server, env, tmp_path / "usual").exit_code == 0
    asked = {request.connection for request in server.requests}
    return [item.number for item in server.handshakes if item.number not in asked]


@pytest.mark.shows("faults", "a server that is late when trust is tried there")
def test_late_is_not_refused(
    server: BusyServer, usual: list[int], env: dict[str, str], tmp_path: Path
) -> None:
    reading, *_, trial, _ = usual

    at_first = _run(server, env, tmp_path / "first", frozenset([reading]))
    assert (report_of(at_first)["outcome"], at_first.exit_code) == ("rescued", 0), at_first.text

    once = _run(server, env, tmp_path / "once", frozenset([trial]))
    assert (report_of(once)["outcome"], once.exit_code) == ("rescued", 0), once.text

    twice = _run(server, env, tmp_path / "twice", frozenset([trial, trial + 1]))
    assert (report_of(twice)["outcome"], twice.exit_code) == ("unremedied", 1), twice.text
    said = twice.stderr.decode()
    assert "could not be tried: the server did not answer in time. Run the command again." in said
    assert "its key did not sign" not in said
    assert server.requests == []
    assert leftovers(env) == []


@pytest.mark.shows("faults", "a server that is late when the cure is proved")
def test_late_is_no_failed_proof(
    server: BusyServer, usual: list[int], env: dict[str, str], tmp_path: Path
) -> None:
    proof = usual[-1]

    once = _run(server, env, tmp_path / "once", frozenset([proof]))
    assert (report_of(once)["outcome"], once.exit_code) == ("rescued", 0), once.text

    twice = _run(server, env, tmp_path / "twice", frozenset([proof, proof + 1]))
    assert (report_of(twice)["outcome"], twice.exit_code) == ("unremedied", 1), twice.text
    said = " ".join(twice.stderr.decode().split())
    assert "did not answer in time when the cure was to be proved. Run the command again" in said
    assert TOOL in said
    assert "Ask whoever runs this index" not in said
    assert server.requests == []
    assert leftovers(env) == []
