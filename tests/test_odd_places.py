"""Machines on which something usual is missing: a home, a temporary folder, room on the disk, /proc.

pip's own result is never hidden by that, and what pipsafe cannot do there it says in a sentence.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run, pip_command, pipsafe_command, run
from tests.lab.targets import Target
from tests.rescues import patient

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="mount namespaces"),
]

OLD, NEW = "20.3.4", "26.3"
ENDS = pytest.mark.parametrize("pip", [OLD, NEW])
TOOL = "NODE_EXTRA_CA_CERTS"
"""Names a CA file that another tool was given: pip does not read it, pipsafe does."""

NO_PLACE = "no private folder can be made"


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], authority.leaf()) as running:
        yield running


class Place:
    """A scene in a mount namespace of its own, and what is run in it."""

    def __init__(self, folder: Path, env: Mapping[str, str], authority: Authority) -> None:
        self.env = dict(env)
        self.out, self.work = folder / "out", folder / "work"
        self.out.mkdir()
        self.work.mkdir()
        self.ca, self.wrong = self.out / "ca.pem", self.out / "wrong.pem"
        authority.write(self.ca)
        self.wrong.write_bytes(authority.namesake().pem)
        self.scene: tuple[str, ...] = ()
        """Shell commands that make it, before each run of anything in it."""
        self.before: tuple[str, ...] = ()
        """What goes before a command, to run it as another user or in another folder."""

    def _prefix(self) -> tuple[str, ...]:
        steps = " && ".join(("mount --make-rprivate /", *self.scene))
        return ("unshare", "--mount", "sh", "-c", f'{steps} || exit 125; exec "$@"', "sh", *self.before)

    def run(self, command: tuple[str, ...], **more: str) -> Run:
        given = {**self.env, **more}
        return run(command, given, prefix=self._prefix(), cwd=self.work)

    def pip(self, where: Target, *arguments: str) -> Run:
        return self.run(pip_command(where, arguments))

    def pipsafe(self, where: Target, *arguments: str, ca: Path) -> tuple[Run, dict[str, Any]]:
        report = self.out / "report.json"
        report.unlink(missing_ok=True)
        variables = {TOOL: str(ca), "PIPSAFE_PYTHON": str(where.python), "PIPSAFE_REPORT": str(report)}
        done = self.run(pipsafe_command(arguments), **variables)
        own = done.stderr[done.stderr.find(b"pipsafe:") :]
        assert b"Traceback" not in own, done.text
        assert b"fault in pipsafe" not in done.stderr, done.text
        return done, json.loads(report.read_text(encoding="utf-8"))


@pytest.fixture
def place(tmp_path: Path, env: dict[str, str], authority: Authority) -> Place:
    if os.geteuid() != 0:
        pytest.skip("it takes root to mount")
    try:
        trial = ["unshare", "--mount", "mount", "--make-rprivate", "/"]
        done = subprocess.run(trial, check=False, capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode:
        pytest.skip(f"no mount namespaces here: {done.stderr.strip()}")
    return Place(tmp_path, env, authority)


def install(server: IndexServer, *more: str) -> tuple[str, ...]:
    return ("install", "--retries", "0", "--index-url", server.index_url, *more, "speck")


def words(done: Run) -> str:
    """What was said, without the lines' ends and their frames."""
    return re.sub(r"\s+(│ +)?", " ", done.text)


def assert_helped(place: Place, where: Target, server: IndexServer) -> None:
    """Plain pip fails, pipsafe helps, and with a CA that only has the name of the right one it does not."""
    before = place.pip(where, *install(server))
    assert before.exit_code == 1, before.text
    refused, report = place.pipsafe(where, *install(server), ca=place.wrong)
    assert (refused.exit_code, report["outcome"]) == (1, "unremedied"), refused.text
    server.settle()
    assert server.requests == []
    assert not where.installed("speck")

    done, report = place.pipsafe(where, *install(server), ca=place.ca)

    assert (done.exit_code, report["outcome"]) == (0, "rescued"), done.text
    assert where.installed("speck")


# No home


@pytest.mark.shows("places", "no HOME variable")
@ENDS
def test_no_home(pip: str, place: Place, server: IndexServer) -> None:
    del place.env["HOME"]
    assert_helped(place, patient(pip, "speck"), server)


@pytest.mark.shows("places", "a user without a name, and no HOME variable (a container's)")
@ENDS
def test_no_user(pip: str, place: Place, server: IndexServer) -> None:
    del place.env["HOME"]
    nobody = ("unshare", "--user", "--map-user=12345", "--map-group=12345")
    if subprocess.run([*nobody, "true"], check=False, capture_output=True, timeout=30).returncode:
        pytest.skip("no user namespaces here")
    place.before = nobody
    assert_helped(place, patient(pip, "speck"), server)


# No room


def disk(folder: str | Path, size: str, *, leave: int = 0) -> tuple[str, ...]:
    """The steps that put a full disk of that size in the place of a folder; `leave`: bytes that are free."""
    made = [f"mount -t tmpfs -o size={size} none {folder}"]
    made.append(f"(dd if=/dev/zero of={folder}/filled bs=4k 2>/dev/null || true)")
    return (*made, f"truncate -s -{leave} {folder}/filled") if leave else tuple(made)


@pytest.mark.shows("places", "HOME on a full disk")
@ENDS
def test_a_full_home(pip: str, place: Place, server: IndexServer) -> None:
    place.scene = disk(place.env["HOME"], "64k")
    place.env["TMPDIR"] = str(place.out)
    assert_helped(place, patient(pip, "speck"), server)


@pytest.mark.shows("places", "a temporary folder without room for a CA bundle")
@ENDS
def test_a_full_temporary_folder(pip: str, place: Place, server: IndexServer) -> None:
    """pip's own files find room in it, so only that is missing: another private folder is found."""
    place.scene = disk(place.env["TMPDIR"], "256k", leave=64 << 10)
    assert_helped(place, patient(pip, "speck"), server)


# Nothing to write to


def read_only(*writable: Path) -> tuple[str, ...]:
    """As `docker run --read-only` has it, save for these folders."""
    kept = [f"mount --bind {folder} {folder}" for folder in writable]
    return (*kept, "mount -o remount,bind,ro /")


@pytest.mark.shows("places", "a read-only root, with a temporary folder")
@ENDS
def test_a_read_only_root(pip: str, place: Place, server: IndexServer) -> None:
    where = patient(pip, "speck")
    place.scene = read_only(place.out, where.prefix)
    place.env["TMPDIR"] = str(place.out)
    assert_helped(place, where, server)


@pytest.mark.shows(
    "places", "no temporary folder that can be written: pip's own failure stands, word for word"
)
@ENDS
def test_no_temporary_folder(pip: str, place: Place, server: IndexServer) -> None:
    """pip cannot install without one, and says so before it asks any server."""
    where = patient(pip, "speck")
    place.scene = read_only(place.out, where.prefix)
    alone = place.pip(where, *install(server))
    done, report = place.pipsafe(where, *install(server), ca=place.ca)

    assert alone.exit_code not in (0, 1), alone.text
    assert (done.exit_code, report["outcome"]) == (alone.exit_code, "failed"), done.text
    assert server.connections == []


def versions(server: IndexServer) -> tuple[str, ...]:
    """A command that writes nothing at all."""
    switches = ("--no-cache-dir", "--retries", "0", "--index-url", server.index_url)
    return ("index", "versions", *switches, "speck")


@pytest.mark.shows("places", "no temporary folder: commands that need none are helped by another private one")
def test_another_private_folder(place: Place, server: IndexServer) -> None:
    where = patient(NEW, "speck")
    place.scene = read_only(place.out)
    asking = versions(server)
    before = place.pip(where, *asking)
    refused, report = place.pipsafe(where, *asking, ca=place.wrong)
    server.settle()
    assert (before.exit_code, refused.exit_code, report["outcome"]) == (1, 1, "unremedied"), refused.text
    assert server.requests == []

    done, report = place.pipsafe(where, *asking, ca=place.ca)

    assert (done.exit_code, report["outcome"]) == (0, "rescued"), done.text
    assert b"speck (1.0)" in done.stdout


@pytest.mark.shows("places", "no private folder anywhere: said in a sentence, and pip's result stands")
def test_no_private_folder_at_all(place: Place, server: IndexServer) -> None:
    where = patient(NEW, "speck")
    place.scene = (*read_only(place.out), "mount -o remount,bind,ro /dev/shm")
    asking = versions(server)
    alone = place.pip(where, *asking)
    done, report = place.pipsafe(where, *asking, ca=place.ca)

    assert (done.exit_code, report["outcome"]) == (1, "unremedied"), done.text
    assert alone.stderr in done.stderr
    assert "private-ca" in words(done)
    assert f"is accepted with what is in {TOOL} ({place.ca})" in words(done)
    assert NO_PLACE in words(done)
    assert "please send the root CA" not in words(done)
    server.settle()
    assert server.requests == []


# No store, no /proc


@pytest.mark.shows("places", "no /etc/ssl at all")
@ENDS
def test_no_etc_ssl(pip: str, place: Place, server: IndexServer) -> None:
    place.scene = ("mount -t tmpfs none /etc/ssl", "mount -o remount,ro /etc/ssl")
    assert_helped(place, patient(pip, "speck"), server)


@pytest.mark.shows("places", "no /proc")
@ENDS
def test_no_proc(pip: str, place: Place, server: IndexServer) -> None:
    place.scene = ("mount -t tmpfs none /proc",)
    assert_helped(place, patient(pip, "speck"), server)


@pytest.mark.shows("places", "HOME that is empty, relative, or not there")
@pytest.mark.parametrize("named", ["", "relative", "/nonexistent"], ids=["empty", "relative", "not there"])
def test_an_odd_home(place: Place, server: IndexServer, named: str) -> None:
    place.env["HOME"] = named
    assert_helped(place, patient(NEW, "speck"), server)


@pytest.mark.shows("places", "a working folder that is gone: pip's own failure stands, and doctor works")
def test_no_working_folder(place: Place, server: IndexServer) -> None:
    where = patient(NEW, "speck")
    place.before = ("sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh")
    alone = place.pip(where, *install(server))
    done, report = place.pipsafe(where, *install(server), ca=place.ca)
    assert alone.exit_code == 1
    assert b"FileNotFoundError" in alone.stderr
    assert (done.exit_code, report["outcome"]) == (1, "failed"), done.text

    variables = {TOOL: str(place.ca), "PIPSAFE_PYTHON": str(where.python)}
    done = place.run(pipsafe_command(("doctor", "--json", server.index_url)), **variables)

    found = json.loads(done.stdout)["origins"][0]
    assert (done.exit_code, found["cause"]) == (1, "private-ca"), done.text
    assert str(place.ca) in done.stdout.decode(), done.text
    server.settle()
    assert server.requests == []
