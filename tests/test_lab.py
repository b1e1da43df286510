"""The apparatus is honest: what it logs happened, and what it says is wrong with a chain is wrong with it."""

from __future__ import annotations

import math
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import OutsideReachedError
from tests.lab.authority import EXPIRED, NOT_YET_VALID, Authority, Chain, Leaf, new_key, self_signed
from tests.lab.index_server import Answer, Connection, IndexServer, redirect
from tests.lab.interceptor import ConnectProxy, Interceptor
from tests.lab.mitmproxy import Mitmproxy
from tests.lab.packages import BACKEND, many_versions, sdist, wheel
from tests.lab.run import OutOfTimeError, clean_environment, run, run_pip
from tests.lab.system_store import system_store
from tests.lab.targets import PIPS, Target, python_for, target
from tests.lab.terminal import Step, run_on_pty

SPECK = wheel("speck", "1.0", requires=["mote"])
MOTE = wheel("mote", "2.0")
ROOT = Authority("Root of Chains")
ISSUING = ROOT.intermediate()
ODD = Authority("Odd Root", basic_constraints_critical=False)

Fresh = Callable[[str], Target]


@pytest.fixture
def index(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([SPECK, MOTE, sdist("grain"), BACKEND], authority.leaf()) as server:
        yield server


def verify(server: IndexServer, trusted: Authority, *, strict: bool = False) -> str:
    """What a client that trusts one authority says to the server: "" or OpenSSL's words."""
    context = ssl.create_default_context(cadata=trusted.pem.decode())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT & ~ssl.VERIFY_X509_PARTIAL_CHAIN
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        with (
            socket.create_connection(("127.0.0.1", server.port), 10) as raw,
            context.wrap_socket(raw, server_hostname="localhost"),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


@pytest.mark.parametrize(
    ("leaf", "trusted", "words"),
    [
        (ROOT.leaf(), ROOT, ""),
        (ROOT.leaf(), Authority("Another"), "unable to get local issuer certificate"),
        (
            ROOT.leaf(chain=Chain.WITH_ROOT),
            Authority("Another"),
            "self-signed certificate in certificate chain",
        ),
        (ROOT.leaf(), ROOT.namesake(), "unable to get local issuer certificate"),
        (ROOT.leaf(), ROOT.namesake(same_key_identifier=True), "certificate signature failure"),
        (ISSUING.leaf(), ROOT, ""),
        (ISSUING.leaf(chain=Chain.LEAF_ONLY), ROOT, "unable to get local issuer certificate"),
        (ISSUING.leaf(), ISSUING, "unable to get issuer certificate"),
        (ROOT.leaf(validity=EXPIRED), ROOT, "certificate has expired"),
        (ROOT.leaf(validity=NOT_YET_VALID), ROOT, "certificate is not yet valid"),
        (ROOT.leaf(), ROOT.reissued(validity=EXPIRED), "certificate has expired"),
        (
            ROOT.leaf(["elsewhere.example"]),
            ROOT,
            "Hostname mismatch, certificate is not valid for 'localhost'.",
        ),
        (self_signed(), ROOT, "self-signed certificate"),
        (ROOT.leaf(key=new_key(rsa_bits=1024)), ROOT, "EE certificate key too weak"),
        (ODD.leaf(), ODD, ""),
    ],
)
def test_each_chain_has_its_fault(leaf: Leaf, trusted: Authority, words: str) -> None:
    with IndexServer([], leaf) as server:
        said = verify(server, trusted)
        # OpenSSL 1.x writes "self signed"; 3.6 adds to "not yet valid".
        assert said.replace("self signed", "self-signed").startswith(words)
        assert bool(said) == bool(words)
        server.settle()
        assert [c.completed for c in server.connections] == [said == ""]
        assert server.requests == []


@pytest.mark.parametrize(
    ("leaf", "trusted", "words"),
    [
        (ROOT.leaf(), ROOT, ""),
        (ODD.leaf(), ODD, "Basic Constraints of CA cert not marked critical"),
        (ROOT.leaf(authority_key_identifier=False), ROOT, "Missing Authority Key Identifier"),
    ],
)
def test_strict_faults_are_faults_in_strict_mode_only(leaf: Leaf, trusted: Authority, words: str) -> None:
    with IndexServer([], leaf) as server:
        assert verify(server, trusted) == ""
        assert verify(server, trusted, strict=True) == words


def test_server_picks_a_certificate_for_each_connection(authority: Authority) -> None:
    other = Authority("Other")
    leaves = [authority.leaf(), other.leaf()]
    asked: list[Connection] = []

    def pick(connection: Connection) -> Leaf:
        asked.append(connection)
        return leaves[connection.number % 2]

    with IndexServer([], pick) as server:
        assert verify(server, authority) == ""
        assert verify(server, authority) != ""
        assert verify(server, authority) == ""
        assert verify(server, other) == ""
    assert [(c.number, c.server_name) for c in asked] == [(n, "localhost") for n in range(4)]


def get(url: str, authority: Authority, **headers: str) -> tuple[int, bytes]:
    context = ssl.create_default_context(cadata=authority.pem.decode())
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_server_serves_an_index(index: IndexServer, authority: Authority) -> None:
    status, page = get(index.url("/simple/speck/"), authority)
    assert status == 200
    assert f"speck-1.0-py3-none-any.whl#sha256={SPECK.sha256}".encode() in page
    assert get(index.url(index.file_path(SPECK)), authority) == (200, SPECK.data)
    assert get(index.url("/simple/nothing/"), authority)[0] == 404
    assert index.paths == ["/simple/speck/", "/files/speck-1.0-py3-none-any.whl", "/simple/nothing/"]
    index.settle()
    assert len(index.handshakes) == len(index.connections) == 3
    index.forget()
    assert index.paths == []


def test_server_answers_as_told(index: IndexServer, authority: Authority) -> None:
    index.answers["/odd"] = Answer(503, b"later")
    index.answers["/away"] = redirect("/simple/speck/")
    assert get(index.url("/odd"), authority) == (503, b"later")
    assert get(index.url("/away"), authority)[0] == 200
    index.auth = ("user", "secret")
    assert get(index.url("/odd"), authority)[0] == 401
    assert get(index.url("/odd"), authority, Authorization="Basic dXNlcjpzZWNyZXQ=")[0] == 503


class AnswersThatFail(dict[str, Answer]):
    def __contains__(self, path: object) -> bool:
        raise AssertionError(f"not a path: {path}")


def test_a_fault_of_the_server_is_no_secret(authority: Authority) -> None:
    server = IndexServer([], authority.leaf()).__enter__()
    server.answers = AnswersThatFail()
    with pytest.raises(OSError, match="closed connection"):
        get(server.url("/"), authority)
    server.settle()
    with pytest.raises(AssertionError, match="not a path"):
        server.__exit__(None, None, None)


def test_links_can_lead_to_another_server(index: IndexServer, authority: Authority) -> None:
    with IndexServer([MOTE], authority.leaf(), files_url=index.url()) as front:
        assert index.url("/files/mote").encode() in get(front.url("/simple/mote/"), authority)[1]


def test_a_server_that_hangs_can_be_stopped(authority: Authority) -> None:
    with IndexServer([], authority.leaf()) as server:
        server.pause_before_answer = math.inf
        context = ssl.create_default_context(cadata=authority.pem.decode())
        with (
            socket.create_connection(("127.0.0.1", server.port), 10) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as channel,
        ):
            channel.settimeout(0.2)
            channel.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with pytest.raises(TimeoutError):
                channel.recv(1)
        with pytest.raises(AssertionError, match="still there"):
            server.settle(0.1)
        begin = time.monotonic()
    assert time.monotonic() - begin < 10


def test_hundreds_of_links() -> None:
    with (
        IndexServer(many_versions("crowd", 500)) as server,
        urllib.request.urlopen(server.url("/simple/crowd/"), timeout=20) as answer,
    ):
        assert answer.read().count(b"<a ") == 500


# Real pips


@pytest.mark.e2e
@pytest.mark.parametrize("version", ["20.3.4", "26.3"])
def test_pip_installs_with_the_right_ca_only(
    version: str, index: IndexServer, authority: Authority, home: Path, env: dict[str, str], fresh: Fresh
) -> None:
    pip = fresh(version)
    wrong = Authority().write(home / "wrong.pem")
    install = ["install", "--index-url", index.index_url, "--retries", "0", "speck"]

    refused = run_pip(pip, [*install, "--cert", str(wrong)], env)
    assert refused.exit_code == 1
    assert not pip.installed("speck")
    index.settle()
    assert index.connections
    assert index.handshakes == []
    assert index.requests == []

    done = run_pip(pip, [*install, "--cert", str(authority.write(home / "ca.pem"))], env)
    assert done.exit_code == 0, done.text
    assert (pip.version_of("speck"), pip.version_of("mote")) == ("1.0", "2.0")
    pip.remove("speck", "mote")
    assert run_pip(pip, ["list", "--format=freeze"], env).stdout.decode().strip() == f"pip=={version}"


@pytest.mark.e2e
@pytest.mark.parametrize("version", PIPS)
def test_every_pip_runs_and_builds(
    version: str, index: IndexServer, authority: Authority, home: Path, env: dict[str, str], fresh: Fresh
) -> None:
    pip = fresh(version)
    env["PIP_CERT"] = str(authority.write(home / "ca.pem"))
    done = run_pip(pip, ["install", "--index-url", index.index_url, "grain"], env)
    assert done.exit_code == 0, done.text
    assert pip.installed("grain")
    assert index.file_path(BACKEND) in index.paths


@pytest.mark.e2e
def test_a_build_says_downloads_and_fails_as_told(
    index: IndexServer, authority: Authority, home: Path, env: dict[str, str], fresh: Fresh
) -> None:
    pip = fresh("26.3")
    env["SSL_CERT_FILE"] = env["PIP_CERT"] = str(authority.write(home / "ca.pem"))
    index.add(sdist("sand", says=["error: SSL is mentioned"], downloads=index.url("/blob"), fails=True))
    index.answers["/blob"] = Answer(200, b"data")
    done = run_pip(pip, ["install", "--index-url", index.index_url, "sand"], env)
    assert done.exit_code == 1
    assert b"error: SSL is mentioned" in done.stdout + done.stderr
    assert "/blob" in index.paths


@pytest.mark.e2e
def test_a_copy_of_a_target_is_whole_and_apart(tmp_path: Path, env: dict[str, str]) -> None:
    original = target("26.3")
    copy = original.fresh(tmp_path)
    assert run([copy.pip, "--version"], env).stdout.decode().split()[3] == str(copy.site_packages / "pip")
    copy.certifi_bundle.write_bytes(b"")
    assert original.certifi_bundle.stat().st_size > 100_000


@pytest.mark.e2e
def test_pip_trusts_a_ca_in_the_system_store(
    index: IndexServer, authority: Authority, tmp_path: Path, env: dict[str, str], fresh: Fresh
) -> None:
    pip = fresh("26.3")
    install = ["install", "--index-url", index.index_url, "--retries", "0", "speck"]
    for number, anchors in enumerate([(), (Authority().pem,)]):
        store = system_store(tmp_path / str(number), *anchors)
        assert run_pip(pip, install, env, prefix=store).exit_code == 1
    assert not pip.installed("speck")
    assert index.requests == []
    done = run_pip(pip, install, env, prefix=system_store(tmp_path / "right", authority.pem))
    assert done.exit_code == 0, done.text
    assert pip.installed("speck")


@pytest.mark.parametrize(("public", "roots"), [(True, 100), (False, 1)])
def test_system_store_is_what_python_loads(
    *, public: bool, roots: int, authority: Authority, tmp_path: Path, env: dict[str, str]
) -> None:
    count = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    store = system_store(tmp_path / "store", authority.pem, public=public)
    seen = int(run([sys.executable, "-c", count], env, prefix=store).stdout)
    assert seen == roots if not public else seen >= roots
    assert authority.pem not in Path("/etc/ssl/certs/ca-certificates.crt").read_bytes()


def test_system_store_can_be_missing_and_hosts_can_be_named(tmp_path: Path, env: dict[str, str]) -> None:
    look = "import os, socket; print(os.listdir('/etc/ssl/certs'), socket.gethostbyname('index.example'))"
    store = system_store(tmp_path / "store", public=False, hosts={"index.example": "127.0.0.9"})
    assert run([sys.executable, "-c", look], env, prefix=store).stdout == b"[] 127.0.0.9\n"


# Proxies


@pytest.mark.e2e
@pytest.mark.parametrize("auth", [None, ("user", "pass word")])
def test_connect_proxy_tunnels_and_logs(
    auth: tuple[str, str] | None, authority: Authority, home: Path, env: dict[str, str], fresh: Fresh
) -> None:
    pip = fresh("26.3")
    cert = str(authority.write(home / "ca.pem"))
    with (
        IndexServer([MOTE], authority.leaf(["index.example"])) as index,
        ConnectProxy(auth=auth, routes={"index.example": index.port}) as proxy,
    ):
        install = ["install", "--index-url", "https://index.example/simple/", "--cert", cert, "mote"]
        if auth:
            refused = run_pip(pip, [*install, "--proxy", proxy.url, "--retries", "0"], env)
            assert refused.exit_code == 1
            assert index.connections == []
            assert proxy.requests[0].status == 407
        url = proxy.url_with_credentials if auth else proxy.url
        done = run_pip(pip, [*install, "--proxy", url], env)
        assert done.exit_code == 0, done.text
        assert set(proxy.connects) == {"index.example:443"}
        assert index.paths == ["/simple/mote/", "/files/mote-2.0-py3-none-any.whl"]


@pytest.mark.e2e
def test_interceptor_stands_in_for_the_server(
    index: IndexServer, authority: Authority, home: Path, env: dict[str, str], fresh: Fresh
) -> None:
    pip, inspector = fresh("26.3"), Authority("Inspection CA", organization="Inspector Inc")
    install = ["install", "--index-url", index.index_url, "--retries", "0", "speck"]
    with Interceptor(inspector, authority.pem) as proxy:
        env["HTTPS_PROXY"] = proxy.url
        refused = run_pip(pip, [*install, "--cert", str(authority.write(home / "ca.pem"))], env)
        assert refused.exit_code == 1
        assert proxy.completed == []
        assert index.requests == []
        done = run_pip(pip, [*install, "--cert", str(inspector.write(home / "inspector.pem"))], env)
        assert done.exit_code == 0, done.text
        assert set(proxy.completed) == {"localhost"}
        assert pip.installed("speck")


def test_interceptor_verifies_the_real_server(index: IndexServer, authority: Authority) -> None:
    with Interceptor(authority, Authority().pem) as proxy:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": proxy.url}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=authority.pem.decode())),
        )
        with pytest.raises(OSError, match=r"EOF|reset"):
            opener.open(index.url("/simple/"), timeout=10)
        assert proxy.completed == []
        assert index.requests == []


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize("auth", [None, ("user", "secret")])
def test_mitmproxy_inspects(
    auth: tuple[str, str] | None,
    index: IndexServer,
    authority: Authority,
    home: Path,
    env: dict[str, str],
    fresh: Fresh,
) -> None:
    pip = fresh("26.3")
    install = ["install", "--index-url", index.index_url, "--retries", "0", "speck"]
    with Mitmproxy(authority.pem, auth=auth) as proxy:
        env["HTTPS_PROXY"] = proxy.url_with_credentials if auth else proxy.url
        known, unknown = home / "mitm.pem", authority.write(home / "ca.pem")
        known.write_bytes(proxy.ca_pem)
        assert run_pip(pip, [*install, "--cert", str(unknown)], env).exit_code == 1
        assert index.requests == []
        done = run_pip(pip, [*install, "--cert", str(known)], env)
        assert done.exit_code == 0, done.text
        assert pip.installed("speck")
        assert index.paths[0] == "/simple/speck/"


# Runs


def test_environment_is_small_and_private(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CERT", "/nowhere")
    env = clean_environment(home, MORE="1", LANG=None)
    assert env["MORE"] == "1"
    assert "LANG" not in env
    assert {name for name in env if name.startswith(("PIP_", "SSL", "REQUESTS", "CURL"))} == {
        "PIP_CONFIG_FILE",
        "PIP_DISABLE_PIP_VERSION_CHECK",
    }
    assert env["HOME"] == str(home)


def test_run_gives_bytes_code_and_time(env: dict[str, str]) -> None:
    echo = "import sys; sys.stdout.write(sys.stdin.read()); sys.stderr.write('e'); sys.exit(3)"
    done = run([sys.executable, "-c", echo], env, stdin=b"in")
    assert (done.exit_code, done.stdout, done.stderr) == (3, b"in", b"e")
    assert 0 < done.seconds < 10


def test_run_ends_what_takes_too_long_with_its_children(env: dict[str, str]) -> None:
    begin = time.monotonic()
    with pytest.raises(OutOfTimeError, match="started"):
        run(["sh", "-c", "echo started; sleep 60 & sleep 60"], env, timeout=0.5)
    assert time.monotonic() - begin < 10


def test_terminal_is_a_terminal(env: dict[str, str]) -> None:
    ask = "import os; print(*map(os.isatty, range(3)), os.get_terminal_size(), input('name? ')); exit(4)"
    done = run_on_pty(
        [sys.executable, "-c", ask], env, columns=100, rows=30, steps=[Step(rb"name\? ", b"me\n")]
    )
    assert done.exit_code == 4
    assert b"True True True os.terminal_size(columns=100, lines=30) me\r\n" in done.output


@pytest.mark.parametrize("step", [Step(b"ready", b"\x03"), Step(b"ready", signal=signal.SIGINT)])
def test_terminal_interrupts(step: Step, env: dict[str, str]) -> None:
    wait = "import time; print('ready', flush=True); time.sleep(60)"
    done = run_on_pty([sys.executable, "-c", wait], env, steps=[step], timeout=20)
    assert done.exit_code == -signal.SIGINT
    assert b"KeyboardInterrupt" in done.output


def test_terminal_has_job_control_in_a_shell(env: dict[str, str]) -> None:
    steps = [
        Step(rb"\$ ", b"python3 -c \"print('re' + 'ady', flush=True); input(); print('do' + 'ne')\"\n"),
        Step(b"ready", b"\x1a", after=0.1),
        Step(b"Stopped", b"fg\n"),
        Step(b"python3", b"\n", after=0.1),
        Step(b"done", b"exit 5\n"),
    ]
    shell = ["bash", "--norc", "--noprofile", "-i"]
    done = run_on_pty(shell, env | {"PS1": "$ "}, steps=steps, timeout=20)
    assert done.exit_code == 5


def test_terminal_says_which_words_never_came(env: dict[str, str]) -> None:
    with pytest.raises(OutOfTimeError, match="never"):
        run_on_pty(["echo", "something"], env, steps=[Step(b"never")])


# The guard


def test_sockets_off_loopback_are_refused(request: pytest.FixtureRequest) -> None:
    with socket.socket() as raw:
        raw.settimeout(1)
        with pytest.raises(OutsideReachedError):
            raw.connect(("192.0.2.1", 9))
    with pytest.raises(OutsideReachedError):
        socket.getaddrinfo("index.example", 443)
    attempts = request.getfixturevalue("stay_here")
    assert len(attempts) == 2
    attempts.clear()


@pytest.mark.network
def test_sockets_of_network_tests_are_not() -> None:
    with socket.socket() as raw:
        raw.settimeout(0.1)
        with pytest.raises(OSError, match=r"timed out|unreachable|refused"):
            raw.connect(("192.0.2.1", 9))


@pytest.mark.e2e
def test_targets_can_be_shared_by_processes(tmp_path: Path) -> None:
    if python_for("26.3") is None:
        pytest.skip("no Python for it")
    build = "from tests.lab.targets import target; print(target('26.3').prefix)"
    home = target("26.3").prefix.parents[1]
    seed = tmp_path / "pips"
    seed.mkdir()
    for path in (home / "pips").glob("pip-26.3-*.whl"):
        (seed / path.name).write_bytes(path.read_bytes())
    env = clean_environment(
        tmp_path, PIPSAFE_TEST_CACHE=str(tmp_path), PYTHONPATH=str(Path(__file__).parents[1])
    )
    started = [
        subprocess.Popen([sys.executable, "-c", build], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(outputs) == 1
    prefix = Path(outputs.pop().strip())
    assert (prefix / "complete").exists()
