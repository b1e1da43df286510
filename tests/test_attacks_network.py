"""Attackers on the way and at the other end: who changes, floods, stalls, or writes what terminals obey.

Each test says which defence it watches; the attacker's own log is the evidence.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipsafe.origin import Origin
from pipsafe.probes.asked import Place, Trust
from pipsafe.probes.probe import Prober
from pipsafe.probes.prober_process import ProbeFailed
from tests.lab.authority import LOOPBACK, Authority, Chain, Leaf, der_of
from tests.lab.index_server import IndexServer
from tests.lab.odd_servers import ROGUES, Rogue, record, server_hello
from tests.lab.packages import wheel
from tests.lab.raw_server import RawServer, dripping
from tests.lab.run import ROOT, Run, clean_environment, pipsafe_command, run, run_pipsafe
from tests.lab.targets import Target
from tests.lab.terminal import run_on_pty
from tests.lab.turncoat import Endless, LateInterceptor, Turncoat, a_byte_a_second, doorman, is_retrying
from tests.rescues import leftovers, patient, report_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="attackers look at /proc"),
]

SPECK = wheel("speck")
PIPS = pytest.mark.parametrize("pip", ["20.3.4", "26.3"])
QUIET = ("--no-cache-dir", "--retries", "0")


@pytest.fixture
def env(tmp_path: Path, authority: Authority) -> dict[str, str]:
    """Another tool on this machine knows the honest CA, and no other."""
    known = str(authority.write(tmp_path / "known.pem"))
    return clean_environment(tmp_path / "home", NODE_EXTRA_CA_CERTS=known)


def assert_nothing_came_of_it(run: Run, pip: str, env: dict[str, str]) -> dict[str, object]:
    """pip's failure stands after the retry. The report."""
    report = report_of(run)
    assert (report["outcome"], run.exit_code) == ("unremedied", 1), run.text
    assert not patient(pip).installed("speck")
    assert leftovers(env) == []
    assert b"fault in pipsafe" not in run.stderr
    return report


# Who changes

VERIFIES_NOT = re.compile(rb"(?i)trusted.host|no_verify|httpsverify|tls_reject")
"""What turns verification off, as an option or a variable."""


@PIPS
@pytest.mark.shows("attacks", "a server that changes its certificate between proof and retry")
def test_a_certificate_that_changes_after_the_proof(
    pip: str, authority: Authority, env: dict[str, str]
) -> None:
    """Watched: the retry verifies by itself, with nothing but the proved anchor. A proof excuses nobody."""
    hostile = authority.namesake(same_key_identifier=True)
    where = patient(pip, "speck")
    coat = Turncoat(authority.leaf(), hostile.leaf(chain=Chain.WITH_ROOT), env)
    with IndexServer([SPECK], coat) as server:
        done = run_pipsafe(where, ["install", *QUIET, "--index-url", server.index_url, "speck"], env)
        server.settle()
        assert server.requests == []
    assert coat.shown["honest"]
    assert coat.shown["hostile"], "the retry never came"
    assert [item for item in coat.retries if VERIFIES_NOT.search(item)] == []
    report = assert_nothing_came_of_it(done, pip, env)
    assert len(report["attempts"]) == 2  # type: ignore[arg-type]


@PIPS
@pytest.mark.shows("attacks", "a proxy that opens TLS in the retry only")
def test_a_proxy_that_intercepts_the_retry(pip: str, authority: Authority, env: dict[str, str]) -> None:
    """Watched: the same, on the way to a server that is honest throughout."""
    hostile = authority.namesake(same_key_identifier=True)
    where = patient(pip, "speck")
    with (
        IndexServer([SPECK], authority.leaf()) as server,
        LateInterceptor(hostile, authority.pem, lambda _: is_retrying(env)) as proxy,
    ):
        through = env | {"HTTPS_PROXY": proxy.url}
        done = run_pipsafe(where, ["install", *QUIET, "--index-url", server.index_url, "speck"], through)
        server.settle()
        assert server.requests == []
    assert proxy.tunnelled
    assert proxy.intercepted, "the retry never came"
    assert proxy.heard == []
    assert_nothing_came_of_it(done, pip, env)


@PIPS
@pytest.mark.shows("attacks", "an honest index whose file host is hostile")
def test_a_hostile_file_host(pip: str, authority: Authority, env: dict[str, str]) -> None:
    """Watched: a host that pip names in a later round is judged anew; the index's cure is none of its."""
    hostile = authority.namesake(same_key_identifier=True)
    where = patient(pip, "speck")
    with (
        IndexServer([SPECK], hostile.leaf(chain=Chain.WITH_ROOT)) as files,
        IndexServer([SPECK], authority.leaf()) as index,
    ):
        index.files_url = files.url()
        done = run_pipsafe(where, ["install", *QUIET, "--index-url", index.index_url, "speck"], env)
        files.settle()
        assert files.connections
        assert files.requests == []
        assert index.paths  # the index was cured, or the file host would never have been asked
    report = assert_nothing_came_of_it(done, pip, env)
    remedy = report["remedy"]
    assert isinstance(remedy, dict)
    assert [item["sha256"] for item in remedy["anchors"]] == [authority.sha256]


@pytest.mark.shows("attacks", "a proxy that is honest to the index and opens TLS to the file host")
def test_a_proxy_that_intercepts_one_host(authority: Authority, env: dict[str, str]) -> None:
    """Watched: what a proxy shows for one host vouches for no other."""
    hostile, pip = Authority("Example Corp Root"), "24.0"
    where = patient(pip, "speck")
    with (
        IndexServer([SPECK], authority.leaf(["files.example"])) as files,
        IndexServer([SPECK], authority.leaf(["index.example"])) as index,
        LateInterceptor(hostile, authority.pem, lambda host: host == "files.example") as proxy,
    ):
        proxy.routes = {"index.example": index.port, "files.example": files.port}
        index.files_url = "https://files.example"
        through = env | {"HTTPS_PROXY": proxy.url}
        command = ["install", *QUIET, "--index-url", "https://index.example/simple/", "speck"]
        done = run_pipsafe(where, command, through)
        files.settle()
        assert files.requests == []
    assert "files.example" in proxy.intercepted
    assert proxy.heard == []
    assert_nothing_came_of_it(done, pip, env)


# Who writes what terminals obey

ESCAPES = (
    "\x1b[2J\x1b[H\x1b]0;FORGED\x07",
    "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "\u202edetsurt\u202c\u2066\u200b\u200d\ufeff",
    "x\n::error title=FORGED::pipsafe: trusted\r\n##[error]",
    "\x9b31m\x9d0;x\x9c\x90q\x08\x08\x7f\x85\u2028\u2029",
    "```\n<script>alert(1)</script>\n[a](javascript:b)",
)


@dataclass(frozen=True, slots=True)
class Nasty:
    """An index whose certificates say it all, and CA files on this machine whose names do."""

    server: IndexServer
    root: Authority
    env: dict[str, str]
    folder: Path


@pytest.fixture(params=[0, 2, 4])
def nasty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nasty]:
    """Two of the escapes at a time: a name has room for 64 characters."""
    one, two = ESCAPES[request.param : request.param + 2]
    words = one + two
    root = Authority(one, organization=two)
    ascii_words = words.encode("ascii", "ignore").decode()
    urls = [f"http://{ascii_words}/ca.crt", f"http://127.0.0.1:1/{ascii_words}"]
    leaf = root.leaf([*LOOPBACK, ascii_words], chain=Chain.WITH_ROOT, ca_issuers=urls)
    folder = tmp_path / words.replace("/", "_")
    folder.mkdir()
    env = clean_environment(tmp_path / "home")
    with IndexServer([SPECK], leaf) as server:
        yield Nasty(server, root, env, folder)


def assert_tame(*written: bytes) -> None:
    """Nothing but characters that stay where they are, and no line that a CI service takes for an order."""
    for data in written:
        text = data.decode("utf-8")
        odd = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
        assert odd <= {"\n"}, (odd, text)
        orders = [line for line in text.splitlines() if line.lstrip().startswith(("::", "##["))]
        assert not orders, orders


def _with_raw_report(where: Target, words: list[str], nasty: Nasty, **extra: str) -> tuple[Run, bytes]:
    path = nasty.folder.parent / "report.json"
    done = run_pipsafe(where, words, {**nasty.env, **extra, "PIPSAFE_REPORT": str(path)})
    return done, path.read_bytes()


@pytest.mark.shows("attacks", "control characters in certificates, addresses and file names")
def test_nothing_that_a_terminal_obeys(nasty: Nasty) -> None:
    """Watched: strangers' texts are escaped where they are read, and again where they are written.

    A refusal, in which a namesake's file is told of, and a rescue, in which the right file is.
    """
    where = patient("26.3", "speck")
    namesake = nasty.root.namesake().write(nasty.folder / f"{nasty.folder.name}.pem")
    right = nasty.root.write(nasty.folder / "right.pem")
    command = ["install", *QUIET, "--index-url", nasty.server.index_url, "speck"]
    for path, outcome in ((namesake, "unremedied"), (right, "rescued")):
        done, report = _with_raw_report(where, command, nasty, NODE_EXTRA_CA_CERTS=str(path))
        assert f'"outcome": "{outcome}"'.encode() in report, done.text
        assert b"pipsafe: " in done.stderr
        assert_tame(done.stdout, done.stderr, report)
        assert report.isascii()


@pytest.mark.shows("attacks", "control characters in certificates, addresses and file names")
def test_nothing_that_a_terminal_obeys_from_doctor(nasty: Nasty) -> None:
    """Watched: the same where doctor writes, as a page, a document, a note, and on a terminal."""
    where = patient("26.3")
    namesake = nasty.root.namesake().write(nasty.folder / f"{nasty.folder.name}.pem")
    env = {**nasty.env, "NODE_EXTRA_CA_CERTS": str(namesake), "PIPSAFE_PYTHON": str(where.python)}
    for form in (["--json"], ["--markdown"]):
        done = run(pipsafe_command(["doctor", *form, nasty.server.index_url]), env)
        assert done.exit_code == 1, done.text
        assert_tame(done.stdout, done.stderr)
    on_terminal = run_on_pty(pipsafe_command(["doctor", nasty.server.index_url]), {**env, "TERM": "xterm"})
    ours = re.sub(rb"\x1b\[[0-9;]*m", b"", on_terminal.output).replace(b"\r", b"\n")
    assert_tame(ours)


@pytest.mark.parametrize("words", ESCAPES, ids=range(len(ESCAPES)))
@pytest.mark.shows("attacks", "control characters in certificates, addresses and file names")
def test_nothing_that_a_terminal_obeys_from_saved_logs(words: str, tmp_path: Path) -> None:
    """Watched: what a saved log quotes of strangers is shown, and steers nothing."""
    env = clean_environment(tmp_path / "home")
    log = tmp_path / f"{words.replace('/', '_')}.log"
    reason = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {words} (_ssl.c:1000)"
    error = f"SSLError(SSLCertVerificationError(1, '{reason}'))"
    said = (
        f"Looking in indexes: https://{words}@index.example/simple\n"
        f"WARNING: Retrying (Retry(total=4)) after connection broken by '{error}': /simple/{words}/\n"
        f"Could not fetch URL https://index.example/simple/{words}/: There was a problem confirming the ssl "
        f"certificate: HTTPSConnectionPool(host='index.example', port=443): Max retries exceeded with url: "
        f"/{words}/ (Caused by {error}) - skipping\n"
        f"ERROR: No matching distribution found for {words}\n"
    )
    log.write_bytes(said.encode())
    done = run(pipsafe_command(["explain", "--log", str(log)]), env)
    assert done.stdout + done.stderr
    assert_tame(done.stdout, done.stderr)


# Who stalls and floods

MOST_MEMORY = 160 << 20
"""Bytes of the largest process: a pip alone takes 40 to 90 MiB."""

MOST_SECONDS = 25.0
"""Of a run whose pip gives up after a second: two probes of five, and a busy machine."""

_MEASURED = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[2:]); "
    "most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss; "
    "open(sys.argv[1], 'w').write(str(most)); sys.exit(code)"
)


def measured(where: Target, command: list[str], env: dict[str, str], folder: Path) -> tuple[Run, int]:
    """A run, and how many bytes its largest process had, pip's and the probe's included."""
    note = folder / "memory"
    done = run_pipsafe(where, command, env, prefix=(sys.executable, "-c", _MEASURED, str(note)))
    return done, int(note.read_text(encoding="ascii")) << 10


STALLS = ("hangs", "trickles", "10 MiB of handshake", "a byte a second")
"""Not hello requests for ever: OpenSSL, and so pip itself, never comes to an end with them."""


@pytest.mark.parametrize("kind", STALLS)
@pytest.mark.shows("attacks", "a server that never answers, drips, or floods the handshake")
def test_a_server_that_stalls_or_floods(kind: str, env: dict[str, str], tmp_path: Path) -> None:
    """Watched: every connection of the probe has an end, in time and in bytes, and pip's result stands."""
    behave = {**ROGUES, "a byte a second": a_byte_a_second(record(server_hello()))}[kind]
    where = patient("26.3", "speck")
    with Rogue(behave) as server:
        index = f"https://localhost:{server.port}/simple/"
        command = ["install", *QUIET, "--timeout", "1", "--index-url", index, "speck"]
        done, memory = measured(where, command, env, tmp_path)
        sent = [bytes(item) for item in server.received]
    assert done.exit_code == 1, done.text
    assert report_of(done)["remedy"] is None
    assert b"No matching distribution found" in done.stderr
    assert done.seconds < MOST_SECONDS
    assert memory < MOST_MEMORY
    assert all(item[:1] in (b"", b"\x16") for item in sent)


class Counted:
    """What a rogue does, and how many connections are still there."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._behave, self._lock, self.open = behave, threading.Lock(), 0

    def __call__(self, connection: socket.socket) -> None:
        with self._lock:
            self.open += 1
        try:
            self._behave(connection)
        finally:
            with self._lock:
                self.open -= 1

    def is_left(self, seconds: float) -> bool:
        """Whether all clients hang up within this time."""
        deadline = time.monotonic() + seconds
        while self.open and time.monotonic() < deadline:
            time.sleep(0.02)
        return not self.open


@pytest.mark.parametrize("kind", [*STALLS, "hello requests for ever"])
@pytest.mark.shows("attacks", "a server that never answers, drips, or floods the handshake")
def test_each_bound_of_a_handshake(kind: str, authority: Authority, env: dict[str, str]) -> None:
    """Watched, one by one: a connection's own time, how long it is waited for, and the prober's life.

    With hello requests for ever OpenSSL does not come back, and a connection's own time is of no use.
    """
    behave = Counted({**ROGUES, "a byte a second": a_byte_a_second(record(server_hello()))}[kind])
    trusts = {"pip": Trust(carried=False, pem=authority.pem.decode())}
    with Rogue(behave) as server:
        places = [Place(Origin("https", "localhost", server.port), None)]
        with Prober(sys.executable, env, seconds=20) as prober:
            begin = time.monotonic()
            (found,) = prober.survey(places, trusts, seconds=1)
            assert time.monotonic() - begin < 8
            assert not found.verdicts["pip"].accepted
            assert found.chain == ()
            assert behave.is_left(3) is (kind != "hello requests for ever")
        if kind in ("hangs", "hello requests for ever"):
            with Prober(sys.executable, env, seconds=1.5) as prober:
                begin = time.monotonic()
                with pytest.raises(ProbeFailed, match=r"for 1\.5 seconds"):
                    prober.survey(places, trusts, seconds=12)
                assert time.monotonic() - begin < 8
        assert behave.is_left(3), "the prober was left behind"


@pytest.mark.parametrize("known", [True, False], ids=["the CA is known", "the CA is unknown"])
@pytest.mark.shows("attacks", "a server that presents a hundred certificates")
def test_a_hundred_certificates(
    known: bool,  # noqa: FBT001 a row of the table
    authority: Authority,
    env: dict[str, str],
    tmp_path: Path,
) -> None:
    """Watched: a long chain costs no more than its reading, is no source of anchors, and fills no screen."""
    issuers = [authority if known else Authority("Example Corp Root")]
    for number in range(100):
        issuers.append(issuers[-1].intermediate(f"Example Issuing CA {number}"))
    extra = issuers[1].leaf()
    long = Leaf(
        extra.certificate, extra.key, (*(item.certificate for item in issuers[::-1]),), Chain.WITH_ROOT
    )
    where = patient("26.3", "speck")
    with IndexServer([SPECK], long) as server:
        command = ["install", *QUIET, "--timeout", "2", "--index-url", server.index_url, "speck"]
        done, memory = measured(where, command, env, tmp_path)
        server.settle()
        assert bool(server.requests) is known
    assert report_of(done)["outcome"] == ("rescued" if known else "unremedied"), done.text
    told = done.stderr.count(b" issued by CN=")
    assert told == (0 if known else 10), done.text
    assert known or b"and 92 more" in done.stderr
    assert done.seconds < MOST_SECONDS
    assert memory < MOST_MEMORY


MOST_SENT = 5 << 17
"""Bytes of one answer that are sent before nobody reads on: twice 64 KiB, and what buffers hold."""

ENDLESS = {
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", bytes(1 << 18)),
    "headers": (b"HTTP/1.1 200 OK\r\n", (b"X-Pad: " + b"x" * 8000 + b"\r\n") * 30),
    "continues": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 4000),
}
"""What comes from where a certificate says that its issuer's can be had, too fast for time to bound it."""


@contextlib.contextmanager
def lost_issuer(
    authority: Authority, answer: Callable[[RawServer, socket.socket], None]
) -> Iterator[tuple[str, IndexServer, RawServer]]:
    """An index that leaves out an intermediate, said to be at eight addresses. Its URL, both."""
    with IndexServer([SPECK], authority.leaf()) as server, doorman(server.port, answer) as door:
        urls = [f"http://localhost:{door.port}/{number}" for number in range(8)]
        below = authority.intermediate(ca_issuers=urls)
        server.certificates = below.leaf(chain=Chain.LEAF_ONLY, ca_issuers=urls)
        yield f"https://localhost:{door.port}/simple/", server, door


@pytest.mark.parametrize("kind", [*ENDLESS, "drops"])
@pytest.mark.shows("attacks", "an endless answer where a certificate says its issuer is")
def test_an_endless_issuer(kind: str, authority: Authority, env: dict[str, str], tmp_path: Path) -> None:
    """Watched: what is fetched over plain HTTP is bounded in time and bytes, and pip's result stands."""
    where = patient("26.3", "speck")
    answer = Endless(*ENDLESS.get(kind, (b"", b"")))
    drops = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"\x30", 0.5)
    with lost_issuer(authority, drops if kind == "drops" else answer) as (index, server, door):
        command = ["install", *QUIET, "--timeout", "2", "--index-url", index, "speck"]
        done, memory = measured(where, command, env, tmp_path)
        assert 0 < len(door.requests) <= 6, door.requests
        assert server.requests == []
    assert report_of(done)["outcome"] == "unremedied", done.text
    if kind == "drops":
        # One waits for all that it is given, and then nobody asks again.
        assert len(door.requests) == 1
    else:
        # Time would allow for hundreds of times as much: it is size that ends each.
        assert len(answer.sent) > 1
        assert max(answer.sent) < MOST_SENT, answer.sent
    assert done.seconds < MOST_SECONDS
    assert memory < MOST_MEMORY


# Where certificates would have us go

_NET = """
ip link set lo up
for address in 169.254.169.254 10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 168.63.129.16 8.8.4.4; do
  ip addr add $address/32 dev lo
done
ip addr add fd00:ec2::254/128 dev lo nodad
mount --bind "$1" /etc/hosts
shift
exec "$@"
"""
"""A network of one's own, in which this machine has all those addresses: whoever asks there is heard."""

_ASKED = """
import json, sys, threading
sys.path[:0] = [{root!r}]
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import socket
heard = []
class Trap(BaseHTTPRequestHandler):
    def do_GET(self):
        heard.append([self.headers["Host"], self.path])
        to = self.headers["X-To"] or "http://127.0.0.1/redirected"
        self.send_response(302 if self.path == "/redirect" else 200)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass
class Six(ThreadingHTTPServer):
    address_family = socket.AF_INET6
    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "trap", 80
trap = Six(("::", 80), Trap)
threading.Thread(target=trap.serve_forever, daemon=True).start()
from pipsafe.observations import completion, plain_http
from pipsafe.origin import Origin
from pipsafe.x509.certificate import parse
import base64
for item in json.load(sys.stdin):
    own = Origin("https", item["own"], 443)
    completion.complete([parse(base64.b64decode(item["leaf"]))], origin=own, proxy=None, seconds=2)
print(json.dumps(heard))
"""

INSIDE = (
    *(
        "127.0.0.1",
        "127.1",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
    ),
    *("localhost", "LOCALHOST.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a00:1]"),
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]"),
    *("10.0.0.1", "10.1", "0xa000001", "172.16.0.1", "192.168.1.1", "100.64.0.1", "168.63.129.16"),
    *("[fd00:ec2::254]", "[::127.0.0.1]", "metadata.example", "rebound.example", "six.example"),
    *("user@127.0.0.1", "8.8.4.4@127.0.0.1", "8.8.4.4:80@127.0.0.1", "127.0.0.1#@8.8.4.4", "127.0.0.1%2f@x"),
)
"""Hosts that lead to this machine or its private network, however they are spelled."""

NAMES = "127.0.0.1 rebound.example localhost\n169.254.169.254 metadata.example\n::1 six.example localhost\n"


@pytest.mark.skipif(not shutil.which("ip"), reason="no ip(8) here")
@pytest.mark.shows("attacks", "an issuer's address that leads into the private network")
def test_addresses_inside(authority: Authority, tmp_path: Path) -> None:
    """Watched: an address that a certificate names is asked only if it is public, or the server's own host.

    Everything listens at port 80 here. A test that can fail: a public address and the server's own are asked.
    """
    hosts = tmp_path / "hosts"
    hosts.write_text(NAMES, encoding="ascii")
    asked = [{"own": "index.example", "leaf": _naming(authority, host)} for host in INSIDE]
    asked.append({"own": "index.example", "leaf": _naming(authority, "8.8.4.4", path="/public")})
    asked.append({"own": "10.0.0.1", "leaf": _naming(authority, "10.0.0.1", path="/redirect")})
    asked.append({"own": "10.0.0.1", "leaf": _naming(authority, "10.0.0.1:22", path="/port")})
    asked.append({"own": "rebound.example", "leaf": _naming(authority, "rebound.example", path="/own")})
    net = (
        "unshare",
        "--net",
        "--mount",
        *(("--map-root-user",) if os.geteuid() else ()),
        "sh",
        "-c",
        _NET,
        "sh",
    )
    command = [*net, str(hosts), sys.executable, "-I", "-c", _ASKED.format(root=str(ROOT))]
    env = clean_environment(tmp_path / "home") | {"PATH": os.environ["PATH"]}
    done = run(command, env, stdin=json.dumps(asked).encode())
    if done.exit_code and b"unshare" in done.stderr:
        pytest.skip(f"no network of one's own here: {done.text}")
    assert done.exit_code == 0, done.text
    assert json.loads(done.stdout) == [["8.8.4.4", "/public"], ["10.0.0.1", "/redirect"]]


def _naming(authority: Authority, host: str, *, path: str = "/ca.crt") -> str:
    """A certificate that says its issuer's is there."""
    leaf = authority.leaf(["index.example"], ca_issuers=[f"http://{host}{path}"])
    return base64.b64encode(der_of(leaf.certificate)).decode()
