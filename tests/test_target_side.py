"""Pieces of what runs in targets, called one by one: what no pip or server can be brought to show at will."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import pytest

from pipsafe.target_side import build, connections, contexts, pip_parts, surveys, verdicts
from tests.drop_in import FakePip, package_folder
from tests.lab.authority import Authority

LAUNCHER = package_folder() / "target_side" / "launcher.py"
ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and descriptors are other things there")


# The way to pipsafe


def frames(data: bytes) -> list[tuple[bytes, bytes]]:
    """Tag and payload of each frame; what ends in the middle of one fails."""
    found = []
    while data:
        end = 5 + int.from_bytes(data[1:5], "big")
        assert len(data) >= end
        found.append((data[:1], data[5:end]))
        data = data[end:]
    return found


def launched(fake: FakePip, env: Mapping[str, str], copy: int, output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as stream:
        return subprocess.Popen(
            [sys.executable, str(LAUNCHER), str(copy), "script", "list"],
            env=fake.environment(env),
            pass_fds=[copy],
            stdout=stream,
            stderr=subprocess.STDOUT,
        )


@ON_POSIX
def test_pip_goes_on_when_pipsafe_is_gone(tmp_path: Path, env: dict[str, str]) -> None:
    fake = FakePip(tmp_path / "fake", "for number in range(3): print('line', number, flush=True)")
    reading, writing = os.pipe()
    os.close(reading)
    process = launched(fake, env, writing, tmp_path / "output")
    os.close(writing)

    assert process.wait(60) == 0
    assert (tmp_path / "output").read_text() == "line 0\nline 1\nline 2\n"


@ON_POSIX
def test_what_is_printed_in_the_middle_of_a_write(tmp_path: Path, env: dict[str, str]) -> None:
    """By a destructor or a signal handler, say. The copy may lose it; pip's stream and the frames do not."""
    long = 300_000
    source = (
        "import signal\n"
        "signal.signal(signal.SIGALRM, lambda *_: print('tick', flush=True))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.5)\n"
        f"print('x' * {long}, flush=True)\n"
    )
    fake = FakePip(tmp_path / "fake", source)
    output = tmp_path / "output"
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as copy:
        process = launched(fake, env, writing, output)
        os.close(writing)
        give_up = time.monotonic() + 60
        while b"tick" not in output.read_bytes():  # nobody reads the copy until then
            assert time.monotonic() < give_up
            time.sleep(0.02)
        told = frames(copy.read())

    assert process.wait(60) == 0
    assert output.read_bytes().replace(b"tick\n", b"") == b"x" * long + b"\n"
    copied = b"".join(payload for tag, payload in told if tag == b"o")
    assert copied.replace(b"tick\n", b"") == b"x" * long + b"\n"
    assert [told[0][0], told[-1][0]] == [b"h", b"z"]


LISTENS_ON_WINDOWS = """
import os, sys, time
sys.argv = [{launcher!r}]
sys.path.insert(0, "")
given = {{"__name__": "launcher", "__file__": {launcher!r}}}
exec(compile(open({launcher!r}).read(), {launcher!r}, "exec"), given)
runner = given["part"]("runner")
reading, writing = os.pipe()
copy = runner.Copy(os.open(os.devnull, os.O_WRONLY))
state = runner.State(copy, None, "", given["part"]("frames"))
runner.obey_control(state, reading)
try:
    os.write(writing, b"s")
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    print("stopped" if state.stopped else "interrupted by someone else")
"""


def test_a_stop_that_comes_as_a_byte(env: dict[str, str]) -> None:
    """As on Windows, which has no signal to spare; nothing in it is Windows' own."""
    code = LISTENS_ON_WINDOWS.format(launcher=str(LAUNCHER))
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("stopped\n", "", 0)


# What an exception says


OF_A_HANDSHAKE: Mapping[str, tuple[Exception, str, str]] = {
    "time is up": (TimeoutError("timed out"), "unreachable", "timed out during the handshake"),
    "reset": (ConnectionResetError(104, "reset"), "protocol", verdicts.RESET),
    "broken pipe": (BrokenPipeError(32, "broken pipe"), "protocol", verdicts.RESET),
    "ended": (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "protocol", verdicts.ENDED),
    "another": (ssl.SSLError(1, "[SSL] unknown error (_ssl.c:997)"), "protocol", "UNKNOWN_ERROR"),
    "without words": (ssl.SSLError(), "protocol", "SSLError"),
    "of the system": (OSError(113, "No route to host"), "unreachable", "No route to host"),
    "of nothing": (ValueError(), "unreachable", "ValueError"),
}


@pytest.mark.parametrize("name", OF_A_HANDSHAKE)
def test_of_a_handshake(name: str) -> None:
    error, kind, message = OF_A_HANDSHAKE[name]
    refused = verdicts.of_handshake(error)
    assert (refused.kind, refused.message) == (kind, message)
    assert verdicts.of_handshake(refused) is refused


def test_of_connecting() -> None:
    refused = verdicts.of_connecting(TimeoutError("timed out"))
    assert (refused.kind, refused.message) == ("unreachable", "timed out while connecting")
    assert verdicts.of_connecting(refused) is refused


def test_no_time_is_left() -> None:
    with pytest.raises(socket.timeout):
        connections.left(time.monotonic() - 1)
    with pytest.raises(verdicts.Refused, match="timed out while connecting"):
        connections.dial("127.0.0.1", 9, time.monotonic() - 1)


def test_a_name_that_cannot_be_one() -> None:
    with pytest.raises(verdicts.Refused) as refused:
        connections.dial("a" * 64 + ".example", 9, time.monotonic() + 30)
    assert refused.value.kind == "unreachable"


# A proxy that says back what was said to it

SAID_BACK: Mapping[str, tuple[str, str, str]] = {
    "the token": ("Basic dXNlcjpzZWNyZXQ=", "no dXNlcjpzZWNyZXQ= here", "no **** here"),
    "the pair": ("Basic dXNlcjpzZWNyZXQ=", "user:secret is wrong", "**** is wrong"),
    "the password": ("Basic dXNlcjpzZWNyZXQ=", "secret is wrong", "**** is wrong"),
    "no pair at all": ("Bearer abcde", "abcde is wrong", "**** is wrong"),
    "nothing was said": ("", "what is wrong", "what is wrong"),
}


@pytest.mark.parametrize("name", SAID_BACK)
def test_no_secret_is_said_back(name: str) -> None:
    authorization, text, told = SAID_BACK[name]
    assert connections.without_secrets(text, authorization) == told


# TLS in TLS


def test_nothing_to_pass_on() -> None:
    near, far = socket.socketpair()
    other, away = socket.socketpair()
    with near, far, other, away:
        deadline = time.monotonic() + 10
        assert connections.passed(near, other, deadline)
        far.sendall(b"words")
        assert connections.passed(near, other, deadline)
        assert away.recv(16) == b"words"
        far.close()
        assert not connections.passed(near, other, deadline)


def test_half_a_record(authority: Authority, tmp_path: Path) -> None:
    """What a TLS connection has not decoded yet is no end of it."""
    served = tmp_path / "server.pem"
    served.write_bytes(authority.leaf().server_pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(served)
    client = ssl.create_default_context(cadata=authority.pem.decode())
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    inner = server.wrap_bio(incoming, outgoing, server_side=True)
    plain, wire = socket.socketpair()
    near, far = socket.socketpair()
    hands = Thread(target=_shake_hands, args=(inner, incoming, outgoing, wire))
    hands.start()
    with client.wrap_socket(plain, server_hostname="localhost") as tls, wire, near, far:
        hands.join(30)
        deadline = time.monotonic() + 10
        inner.write(b"words")
        record = outgoing.read()
        wire.sendall(record[:7])
        assert connections.passed(tls, near, deadline)
        wire.sendall(record[7:])
        assert connections.passed(tls, near, deadline)
        assert far.recv(16) == b"words"


def _shake_hands(
    inner: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, wire: socket.socket
) -> None:
    while True:
        try:
            inner.do_handshake()
        except ssl.SSLWantReadError:
            wire.sendall(outgoing.read())
            incoming.write(wire.recv(65536))
        else:
            wire.sendall(outgoing.read())
            return


# Trust


def test_where_openssl_knows_of_no_roots(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """truststore goes on to files by their names, the first that is there."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(empty))
    ours = authority.write(tmp_path / "ca.pem")
    monkeypatch.setattr(contexts, "SYSTEM_CA_FILES", (str(tmp_path / "none.pem"), str(ours), "/dev/null"))
    context = contexts.plain_context()
    contexts.load_system_as_truststore(context)
    assert context.get_ca_certs(binary_form=True) == [authority.der]
    (empty / "0a1b2c3d.0").write_bytes(authority.pem)
    by_folder = contexts.plain_context()
    contexts.load_system_as_truststore(by_folder)
    assert by_folder.get_ca_certs() == []  # a folder is looked into when a chain asks for it


def test_a_folder_that_cannot_be_looked_into(tmp_path: Path) -> None:
    assert not contexts.holds_hashed(str(tmp_path / "gone"))


# The Python itself


def test_an_installation_that_knows_nothing_of_its_build(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise FileNotFoundError("_sysconfigdata.py")

    monkeypatch.setattr(sysconfig, "get_config_vars", damaged)
    assert build.variables() == dict.fromkeys(build.VARIABLES)


def test_which_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = tmp_path / "os-release"
    monkeypatch.setattr(build, "OS_RELEASE", (str(tmp_path / "none"), str(release)))
    assert build.os_id() is None
    release.write_text('NAME="Example"\nID="Example-OS"\n')
    assert build.os_id() == "example-os"
    release.write_text("NAME=Example\n")
    assert build.os_id() is None


def test_parts_of_a_pip_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_parts.Location, "path", str(tmp_path))
    for name in ("pip._vendor", "pip._internal", "certifi", "truststore"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    for name in [name for name in sys.modules if name.startswith(("pip._vendor.", "pip._internal."))]:
        monkeypatch.delitem(sys.modules, name)
    assert pip_parts.certifi_of_pip() is None
    assert pip_parts.truststore_of_pip() is None
    assert pip_parts.default_index_of_pip() is None
    assert str(tmp_path) not in sys.path


# All at once


def test_who_is_late_is_not_waited_for() -> None:
    begin = time.monotonic()
    found = surveys.all_at_once([lambda: time.sleep(20), lambda: "in time"], 0.2)
    assert time.monotonic() - begin < 10
    assert surveys.in_time(found[1]) == "in time"
    assert surveys.in_time(found[0])["message"] == "timed out"


@ON_POSIX
def test_the_prober_ends_with_who_asks(env: dict[str, str]) -> None:
    """Nobody works on for an asker who is gone, whatever it is busy with."""
    folder = LAUNCHER.parent
    process = subprocess.Popen(
        [sys.executable, "-I", str(folder / "modules.py"), str(folder)],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        process.stdin.write(b'{"op": "facts", "location": ""}\n')
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"pipsafe {")
        process.stdin.close()
        try:
            assert process.wait(60) == 0
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
