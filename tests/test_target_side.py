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
from cryptography.hazmat.primitives import serialization

from pipsafe.target_side import (
    build,
    connections,
    contexts,
    handshakes,
    pip_parts,
    redirects,
    surveys,
    verdicts,
)
from tests.drop_in import FakePip, package_folder
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer

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


# Client certificates


def client_pem(authority: Authority, path: Path, passphrase: bytes | None) -> str:
    leaf = authority.leaf()
    wanted = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(leaf.key.private_bytes(serialization.Encoding.PEM, kind, wanted) + leaf.pem)
    return str(path)


def test_a_client_certificate(authority: Authority, tmp_path: Path) -> None:
    context = contexts.plain_context()
    assert contexts.present(context, client_pem(authority, tmp_path / "a.pem", None)) is None
    unpresented = contexts.present(context, client_pem(authority, tmp_path / "b.pem", b"secret"))
    assert unpresented == "its key has a passphrase, so it was not presented here"


@pytest.mark.parametrize("what", ["a folder", "nothing", "no certificate"])
def test_no_client_certificate(what: str, tmp_path: Path) -> None:
    path = tmp_path / "client.pem"
    if what == "a folder":
        path.mkdir()
    elif what == "no certificate":
        path.write_bytes(b"no certificate\n")
    with pytest.raises(verdicts.Refused, match="the client certificate cannot be used: ") as refused:
        contexts.present(contexts.plain_context(), str(path))
    assert refused.value.kind == "setting"
    assert str(path) in refused.value.message


def test_a_folder_of_anchors(tmp_path: Path, authority: Authority) -> None:
    """As OpenSSL takes it: nothing is read before a chain asks for it."""
    authority.write(tmp_path / "0a1b2c3d.0")
    contexts.load_file(contexts.plain_context(), str(tmp_path))


# After the handshake


class Connection:
    """A TLS connection as far as anybody here looks at it; what comes of it comes from a list."""

    session = None

    def __init__(self, *received: bytes | Exception, version: str = "TLSv1.3") -> None:
        self.received = list(received)
        self._version = version

    def version(self) -> str:
        return self._version

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, _: int) -> bytes:
        found = self.received.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def getpeercert(self, *, binary_form: bool) -> bytes:
        assert binary_form
        return b"a leaf"


AFTER: Mapping[str, tuple[Connection, str | None]] = {
    "words": (Connection(b"x"), None),
    "silence, then words": (Connection(TimeoutError(), b"x"), None),
    "closed": (Connection(b""), "the server closed the connection"),
    "cut off": (Connection(ConnectionResetError(104, "reset")), "the server cut the connection off"),
    "an alert": (
        Connection(ssl.SSLError(1, "[SSL] tlsv13 alert certificate required (_ssl.c:2580)")),
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    ),
    "TLS 1.2": (Connection(version="TLSv1.2"), None),
}


@pytest.mark.parametrize("name", AFTER)
def test_a_refusal_that_comes_late(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of TLS 1.3 that asked for a client certificate says only then that it lacks one."""
    tls, refusal = AFTER[name]
    monkeypatch.setattr(handshakes.heard, "asks", True)
    now = time.monotonic()
    if refusal is None:
        handshakes.await_refusal(tls, now, now + 5)
    else:
        with pytest.raises(verdicts.Refused) as refused:
            handshakes.await_refusal(tls, now, now + 5)
        assert (refused.value.kind, refused.value.message) == ("client-certificate", refusal)


def test_a_python_that_shows_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """From 3.8 on the handshake is heard; 3.7 shows the leaf, and says that it is not all."""
    reading = handshakes.presented_chain(Connection())
    assert (reading.chain, reading.whole) == ([b"a leaf"], False)
    monkeypatch.setattr(handshakes.heard, "certificates", (b"a leaf", b"an intermediate"))
    reading = handshakes.presented_chain(Connection())
    assert (reading.chain, reading.whole) == ((b"a leaf", b"an intermediate"), True)


def test_a_fault_in_a_handshake_is_a_verdict() -> None:
    """Whatever it is: the other servers are looked at all the same."""
    judge = contexts.Judge(contexts.plain_context(), [], None)
    answer = handshakes.verdict({"host": "localhost"}, judge, 5)
    assert (answer["accepted"], answer["kind"], answer["message"]) == (False, "unreachable", "'port'")


def test_a_certificate_that_was_not_presented(authority: Authority) -> None:
    def asks_for_one(context: ssl.SSLContext) -> None:
        context.load_verify_locations(cadata=authority.pem.decode())
        context.verify_mode = ssl.CERT_REQUIRED

    context = contexts.plain_context()
    context.load_verify_locations(cadata=authority.pem.decode())
    judge = contexts.Judge(context, [], "its key has a passphrase")
    with IndexServer([], authority.leaf(), configure=asks_for_one) as server:
        answer = handshakes.verdict({"host": "localhost", "port": server.port}, judge, 10)
    assert (answer["accepted"], answer["kind"]) == (False, "client-certificate")
    assert answer["message"].endswith("; its key has a passphrase")


# Redirects


def asked_at(server: IndexServer, authority: Authority, path: str) -> str | None:
    trust = {"pem": authority.pem.decode(), "carried": False}
    page = {"origin": {"host": "localhost", "port": server.port}, "path": path}
    found = redirects.location(contexts.Judges(), page, trust, 10)
    assert found is None or isinstance(found, str)
    return found


def test_no_way_for_a_path_with_an_end_of_line(authority: Authority) -> None:
    with IndexServer([], authority.leaf()) as server:
        assert asked_at(server, authority, "/simple/\r\nX-Injected: yes") is None
        assert asked_at(server, Authority("Example Nobody"), "/simple/") is None
        server.settle()
        assert server.requests == []


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 302 Found\r\nLocation: https://files.example/\r\n"])
def test_an_answer_that_breaks_off(answer: bytes) -> None:
    """What came counts; a connection that ends is no fault."""
    head = redirects.read_head(Connection(answer, b""), time.monotonic() + 5)
    found = redirects.LOCATION.search(head) if redirects.REDIRECT.match(head) else None
    assert (found is not None) is bool(answer)


def test_a_connection_that_is_lost(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(Connection):
        def sendall(self, _: bytes) -> None:
            raise ConnectionResetError(104, "reset")

        def close(self) -> None:
            self.closed = True

    lost = Lost()
    monkeypatch.setattr(redirects, "handshake", lambda *_: lost)
    page = {"origin": {"host": "localhost", "port": 9}, "path": "/simple/"}
    trust = {"pem": authority.pem.decode(), "carried": False}
    assert redirects.location(contexts.Judges(), page, trust, 10) is None
    assert lost.closed


# A TLS proxy under trust of no use


def test_trust_of_no_use_at_a_proxy(tmp_path: Path) -> None:
    """What can be read still counts; the rest says nothing."""
    proxy = {"scheme": "https", "host": "localhost", "port": 9, "authorization": None}
    origin = {"host": "localhost", "port": 443, "proxy": proxy}
    trusts = {
        "pip": {"file": str(tmp_path / "none.pem"), "carried": False},
        "system": {"carried": False, "pem": Authority("Example").pem.decode()},
    }
    look = surveys.Look(origin, contexts.Judges(), {"trusts": trusts, "seconds": 1})
    assert len(look.at_proxy) == 1
    answer = look.unseen()
    assert answer["error"]["message"] == "not looked at: the other servers took too long"
    assert set(answer["verdicts"]) == set(trusts)
