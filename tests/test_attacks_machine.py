"""Attackers on this machine: a project that plants files, another local user, and whoever reads what is left.

Each test says which defence it watches; what the attacker notes down is the evidence.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, quote_plus

import pytest

from pipsafe.attempts import private_place
from pipsafe.attempts.scratch import NoScratch, Scratch
from pipsafe.messages import report_file
from tests.lab.authority import Authority
from tests.lab.index_server import Answer, IndexServer
from tests.lab.interceptor import ConnectProxy
from tests.lab.packages import wheel
from tests.lab.run import ROOT, Run, clean_environment, pipsafe_command, run, run_pip, run_pipsafe
from tests.lab.turncoat import Turncoat
from tests.rescues import assert_refused, assert_rescued, leftovers, patient, report_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these attackers are at home on Linux")

SPECK = wheel("speck")
QUIET = ("--no-cache-dir", "--retries", "0")


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([SPECK], authority.leaf()) as running:
        yield running


# A project that plants files

CONFIGURATION: Mapping[str, str] = {
    ".npmrc": "cafile={ca}\n",
    "pip.conf": "[global]\ncert = {ca}\ntrusted-host = localhost\n",
    "pip.ini": "[global]\ncert = {ca}\n",
    ".pip/pip.conf": "[global]\ncert = {ca}\ntrusted-host = localhost\n",
    ".config/pip/pip.conf": "[global]\ncert = {ca}\n",
    ".git/config": "[http]\n\tsslCAInfo = {ca}\n\tsslVerify = false\n",
    ".gitconfig": "[http]\n\tsslCAInfo = {ca}\n",
    "setup.cfg": "[global]\ncert = {ca}\n[pip]\ncert = {ca}\n",
    "tox.ini": "[testenv]\nsetenv =\n    PIP_CERT={ca}\n",
    "pyproject.toml": (
        '[tool.pip]\ncert = "{ca}"\ntrusted-host = "localhost"\n[tool.uv]\nnative-tls = true\n'
        'allow-insecure-host = ["localhost"]\n[tool.pipsafe]\nca = "{ca}"\n'
        '[tool.poetry.certificates.x]\ncert = "{ca}"\n'
    ),
    "pipsafe.toml": 'ca = "{ca}"\n',
    ".env": "PIP_CERT={ca}\nNODE_EXTRA_CA_CERTS={ca}\nPIPSAFE_CA={ca}\nSSL_CERT_FILE={ca}\n",
    ".envrc": "export PIP_CERT={ca}\n",
    ".curlrc": "cacert = {ca}\n",
    "_curlrc": "cacert = {ca}\n",
    ".wgetrc": "ca_certificate = {ca}\n",
    "poetry.toml": '[certificates.x]\ncert = "{ca}"\n',
    "auth.toml": '[certificates.x]\ncert = "{ca}"\n',
    "uv.toml": 'system-certs = true\nallow-insecure-host = ["localhost"]\n',
    ".condarc": "ssl_verify: {ca}\n",
    "condarc": "ssl_verify: {ca}\n",
    ".yarnrc": 'cafile "{ca}"\n',
    ".yarnrc.yml": "httpsCaFilePath: {ca}\n",
    ".cargo/config.toml": '[http]\ncainfo = "{ca}"\n',
    ".bundle/config": '---\nBUNDLE_SSL_CA_CERT: "{ca}"\n',
    "gradle.properties": "systemProp.javax.net.ssl.trustStore={ca}\n",
    ".docker/certs.d/localhost/ca.crt": "{pem}",
    "ca-bundle.crt": "{pem}",
    "cacert.pem": "{pem}",
    "certs/ca.crt": "{pem}",
    "rootCA.pem": "{pem}",
    "mitmproxy-ca-cert.pem": "{pem}",
}
"""What tools read, or might, in a folder that they run in; `{ca}` is a CA file there."""


def plant(project: Path, authority: Authority) -> Path:
    """Every file, and the CA that they name."""
    ca = project / "corp.pem"
    ca.parent.mkdir(parents=True)
    authority.write(ca)
    for name, content in CONFIGURATION.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content.replace("{ca}", str(ca)).replace("{pem}", authority.pem.decode())
        path.write_text(text, encoding="ascii")
    return ca


@pytest.mark.e2e
@pytest.mark.parametrize(("pip", "where"), [("20.3.4", "anywhere"), ("26.3", "below the home")])
@pytest.mark.shows("attacks", "a project folder that is full of CA files and configuration")
def test_a_project_full_of_configuration(
    pip: str, where: str, authority: Authority, server: IndexServer, tmp_path: Path
) -> None:
    """Watched: what lies in the working folder, or is named from there, is no source of trust.

    A test that can fail: the same CA named by a file outside the project is used.
    """
    target, env = patient(pip, "speck"), clean_environment(tmp_path / "home", PIP_CONFIG_FILE=None)
    project = (tmp_path if where == "anywhere" else tmp_path / "home" / "work") / "project"
    plant(project, authority)
    command = ["install", *QUIET, "--index-url", server.index_url, "speck"]
    refused = run_pipsafe(target, command, env, cwd=project)
    assert_refused(refused, target, env, server)
    assert b"trusted-host" not in refused.stderr

    (tmp_path / "home" / ".npmrc").write_text(f"cafile={project / 'corp.pem'}\n", encoding="ascii")
    assert_refused(run_pipsafe(target, command, env, cwd=project), target, env, server)

    known = authority.write(tmp_path / "known.pem")
    (tmp_path / "home" / ".npmrc").write_text(f"cafile={known}\n", encoding="ascii")
    assert_rescued(run_pipsafe(target, command, env, cwd=project), target, env, authority)


MODULES = (
    *(
        "ssl.py",
        "_ssl.py",
        "json.py",
        "json/__init__.py",
        "truststore.py",
        "truststore/__init__.py",
        "certifi.py",
    ),
    *(
        "packaging.py",
        "packaging/__init__.py",
        "sitecustomize.py",
        "usercustomize.py",
        "socket.py",
        "tempfile.py",
    ),
    *(
        "subprocess.py",
        "threading.py",
        "dataclasses.py",
        "shutil.py",
        "urllib/__init__.py",
        "http/__init__.py",
    ),
    *("email/__init__.py", "hashlib.py", "base64.py", "ipaddress.py", "signal.py", "modules.py", "prober.py"),
    *(
        "handshakes.py",
        "contexts.py",
        "connections.py",
        "surveys.py",
        "launcher.py",
        "runner.py",
        "frames.py",
        "watch.py",
        "queue.py",
        "tomllib.py",
    ),
    *("configparser.py", "textwrap.py", "shlex.py", "site.py", "pkgutil.py", "zipimport.py", "sqlite3.py"),
    *("python3", "python", "git", "openssl", "security", "trust"),
)
"""What somebody in the working folder may want to have imported, or run."""

PLANTED = (
    "#!{python}\nimport os, sys\n"
    "open({marker!r}, 'a').write('%s by %s\\n' % (__file__, ' '.join(getattr(sys, 'orig_argv', sys.argv))))\n"
)


@pytest.mark.e2e
@pytest.mark.parametrize("style", ["script", "module"])
@pytest.mark.shows("attacks", "a working folder full of modules that stand in for others")
def test_a_working_folder_full_of_modules(
    style: str, authority: Authority, server: IndexServer, tmp_path: Path
) -> None:
    """Watched: the working folder is where no import looks: pipsafe's, the launcher's, the prober's.

    In a rescue, for which all of them run. As a module pip itself would be found there, so none is planted.
    """
    where = patient("24.0", "speck")
    project, marker = tmp_path / "project", tmp_path / "marker"
    for name in (
        *MODULES,
        *(("pip/__init__.py", "pip/__main__.py", "pipsafe.py") if style == "script" else ()),
    ):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PLANTED.format(python=sys.executable, marker=str(marker)), encoding="ascii")
        path.chmod(0o755)
    known = str(authority.write(tmp_path / "known.pem"))
    env = clean_environment(tmp_path / "home", NODE_EXTRA_CA_CERTS=known)
    command = ["install", *QUIET, "--index-url", server.index_url, "speck"]
    if style == "script":
        done = run_pipsafe(where, command, env, cwd=project)
        assert_rescued(done, where, env, authority)
    else:
        # As where it is installed beside pip: found without the working folder.
        (where.site_packages / "checkout.pth").write_text(f"{ROOT}\n", encoding="ascii")
        env["PIPSAFE_REPORT"] = str(tmp_path / "report.json")
        try:
            done = run((where.python, "-m", "pipsafe", *command), env, cwd=project)
        finally:
            (where.site_packages / "checkout.pth").unlink()
        assert where.installed("speck"), done.text
        assert b"Verification stayed on" in done.stderr
    assert not marker.exists(), marker.read_text(encoding="ascii")
    run((sys.executable, "-c", "import json"), env, cwd=project)
    assert marker.exists(), "what is planted does not work"


# Another local user

SOMEBODY = 12345
"""The number of a user who is nobody here."""

needs_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0 or not shutil.which("setpriv"),
    reason="takes root, to be somebody else",
)

_SWAP_FOLDER = """
import os, sys
folder, evil, log = sys.argv[1:]
print("ready", flush=True)
while True:
    for name in os.listdir(folder):
        if not name.startswith("pipsafe-") or name.endswith(".gone"):
            continue
        path = os.path.join(folder, name)
        try:
            if os.lstat(path).st_uid == os.getuid() or not os.path.exists(path):
                continue
            os.rename(path, path + ".gone")
            os.mkdir(path, 0o755)
            for number in range(1, 9):
                os.symlink(evil, os.path.join(path, "ca-bundle-%d.pem" % number))
            open(log, "a").write("swapped %s\\n" % path)
        except OSError as error:
            open(log, "a").write("failed %s\\n" % error)
"""
"""Puts a folder of one's own in the place of each that pipsafe makes, with the attacker's CA in it."""

_SWAP_FILE = """
import os, sys
folder, victim, log = sys.argv[1:]
print("ready", flush=True)
while True:
    for name in os.listdir(folder):
        if name.startswith(".pipsafe-report-"):
            path = os.path.join(folder, name)
            try:
                if os.path.islink(path):
                    continue
                os.rename(path, path.replace(".pipsafe", ".taken"))
                os.symlink(victim, path)
                open(log, "a").write("swapped\\n")
            except OSError:
                pass
"""
"""Puts a link to the victim's secret in the place of each report that is being written."""


@contextlib.contextmanager
def attacker(source: str, *arguments: Path) -> Iterator[None]:
    """Somebody else's process, at its work."""
    who = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")
    command = [*who, "/usr/bin/python3", "-I", "-c", source, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", process.stderr and process.stderr.read()
        yield
        assert process.poll() is None, process.stderr and process.stderr.read()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder to which everybody has a way."""
    with tempfile.TemporaryDirectory(prefix="attacked-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _open_folder(place: Path, name: str, mode: int) -> Path:
    folder = place / name
    folder.mkdir()
    folder.chmod(mode)
    return folder


@needs_root
@pytest.mark.e2e
@pytest.mark.parametrize("mode", [0o777, 0o1777], ids=["not sticky", "sticky"])
@pytest.mark.shows("attacks", "another user who swaps the CA bundle in the temporary folder")
def test_a_swapped_bundle(mode: int, authority: Authority, open_place: Path, tmp_path: Path) -> None:
    """Watched: the bundle lies where nobody else can rename it; a TMPDIR without the sticky bit is not used.

    From the retry on the server shows a certificate of the attacker's CA, which is in the bundle of theirs.
    """
    evil, where = authority.namesake(same_key_identifier=True), patient("24.0", "speck")
    temporary, notes = _open_folder(open_place, "tmp", mode), _open_folder(open_place, "notes", 0o777)
    bundle = evil.write(open_place / "evil.pem")
    bundle.chmod(0o644)
    known = str(authority.write(tmp_path / "known.pem"))
    env = clean_environment(tmp_path / "home", NODE_EXTRA_CA_CERTS=known, TMPDIR=str(temporary))
    coat = Turncoat(authority.leaf(), evil.leaf(), env)
    with (
        IndexServer([SPECK], coat) as server,
        attacker(_SWAP_FOLDER, temporary, bundle, notes / "log"),
    ):
        done = run_pipsafe(where, ["install", *QUIET, "--index-url", server.index_url, "speck"], env)
        server.settle()
        assert server.requests == []
    assert coat.shown["hostile"], "the retry never came"
    assert not where.installed("speck")
    assert report_of(done)["outcome"] == "unremedied", done.text
    log = (notes / "log").read_text(encoding="utf-8") if (notes / "log").exists() else ""
    assert "swapped" not in log, log
    if mode == 0o1777:
        assert "failed" in log, "the attacker saw nothing to swap"


@needs_root
@pytest.mark.parametrize(("mode", "used"), [(0o777, False), (0o1777, True), (0o775, False), (0o755, True)])
@pytest.mark.shows("attacks", "another user who swaps the CA bundle in the temporary folder")
def test_where_a_bundle_is_written(
    mode: int,
    used: bool,  # noqa: FBT001 a row of the table
    open_place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Watched: the same, for each kind of folder; and where there is no other there is no bundle."""
    folder = _open_folder(open_place, "tmp", mode)
    os.chown(folder, 0, SOMEBODY)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    scratch = Scratch()
    try:
        assert (scratch.folder().parent == folder) is used
    finally:
        scratch.remove()
    if not used:
        monkeypatch.setattr(private_place, "OTHER_PLACES", (str(folder),))
        with pytest.raises(NoScratch, match="can be written by"):
            Scratch().folder()
        assert list(folder.iterdir()) == []


@needs_root
@pytest.mark.shows("attacks", "another user who swaps the report while it is written")
def test_a_swapped_report(open_place: Path, tmp_path: Path) -> None:
    """Watched: mode and contents are given to the open file, not to its name, which may lead elsewhere."""
    folder, notes = _open_folder(open_place, "shared", 0o777), _open_folder(open_place, "notes", 0o777)
    victim = tmp_path / "secret"
    victim.write_text("secret", encoding="ascii")
    victim.chmod(0o600)
    report, log = {"schema": 1, "rows": list(range(3000))}, notes / "log"
    with attacker(_SWAP_FILE, folder, victim, log):
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline and _swaps(log) < 20:
            with contextlib.suppress(OSError):
                report_file.write(str(folder / "report.json"), report)
    assert _swaps(log) >= 3, "the attacker was too slow"
    assert victim.stat().st_mode & 0o777 == 0o600
    assert victim.read_text(encoding="ascii") == "secret"


def _swaps(log: Path) -> int:
    return log.read_text(encoding="ascii").count("swapped") if log.exists() else 0


@pytest.mark.parametrize("kind", ["symbolic link", "hard link"])
@pytest.mark.shows("attacks", "a report whose place is a link to something precious")
def test_a_report_through_a_link(kind: str, tmp_path: Path) -> None:
    """Watched: a new file takes the place of the name; what the name led to is left as it was."""
    precious, place = tmp_path / "precious", tmp_path / "report.json"
    precious.write_text("precious", encoding="ascii")
    precious.chmod(0o600)
    (place.symlink_to if kind == "symbolic link" else place.hardlink_to)(precious)
    report_file.write(str(place), {"schema": 1})
    assert precious.read_text(encoding="ascii") == "precious"
    assert precious.stat().st_mode & 0o777 == 0o600
    assert not place.is_symlink()
    assert place.stat().st_ino != precious.stat().st_ino


# Whoever reads what is left

SECRETS = {
    "index": "1nd/ex@S3cr3t:%é",
    "extra": "Tok3n-0f-extra+index",
    "proxy": "pr0xy w0rd/&?",
    "git": "ghp_G1tT0kenOfMine123456",
    "netrc": "n3trc-Passw0rd-Here",
    "links": "f1nd-l1nks-S3cret",
    "direct": "d1rect=S3cret/0f:mine",
    "path": "co-1a2b3c4d-5e6f-7a8b",
    "query": "s1gnature0f4nObjectStore",
}
USERS = {kind: f"user-{kind}" for kind in SECRETS}


def spellings(user: str, secret: str) -> set[bytes]:
    """The secret as it may stand somewhere: plain, percent-encoded, in JSON, in Base64 behind its user."""
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    plain |= {secret.encode("unicode_escape").decode(), secret.encode("ascii", "backslashreplace").decode()}
    found = {word.encode() for word in plain}
    for charset in ("utf-8", "latin-1"):
        pair = f"{user}:{secret}".encode(charset)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found |= {encode(pair).rstrip(b"="), encode(secret.encode(charset)).rstrip(b"=")}
    return found


NEEDLES = {word for kind, secret in SECRETS.items() for word in spellings(USERS[kind], secret)}


def needles_in(data: bytes) -> set[bytes]:
    return {word for word in NEEDLES if word in data}


class Snoop:
    """Reads all files below a home, and what processes of the run show, as often as it can.

    `given` are variables, `typed` words of a command line: what the user put there is no find.
    """

    def __init__(self, home: Path, *, given: Mapping[str, str], typed: Sequence[str] = ()) -> None:
        self.found: set[str] = set()
        self.read = self.processes = 0
        self._folder = home
        self._home = b"HOME=" + os.fsencode(home) + b"\0"
        self._given = {f"{name}={value}".encode() for name, value in given.items()}
        self._typed = {word.encode() for word in typed}
        self._seen: dict[str, tuple[int, int]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Snoop:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(0.002):
            self._look_below(self._folder)
            for entry in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    self._look_at(entry)

    def _look_below(self, folder: Path) -> None:
        for place, folders, names in os.walk(folder):
            if ".git" in folders:
                folders.remove(".git")  # git keeps the URL that it was given, with pipsafe and without
            for name in names:
                path = f"{place}/{name}"
                with contextlib.suppress(OSError):
                    status = os.lstat(path)
                    if self._seen.get(path) != (status.st_size, status.st_mtime_ns):
                        self._seen[path] = status.st_size, status.st_mtime_ns
                        self.read += 1
                        self.found |= {f"{path}: {word!r}" for word in needles_in(Path(path).read_bytes())}

    def _look_at(self, entry: Path) -> None:
        variables = (entry / "environ").read_bytes()
        if self._home not in variables:
            return
        self.processes += 1
        words = (entry / "cmdline").read_bytes().split(b"\0")
        # pip gives git the URL as an argument, with pipsafe and without.
        if not words[0].rpartition(b"/")[2].startswith(b"git"):
            self.found |= {f"{words!r} shows {word!r}" for word in words if self._tells(word, self._typed)}
        for pair in variables.split(b"\0"):
            if self._tells(pair, self._given):
                self.found.add(f"{words!r} has {pair!r}")

    @staticmethod
    def _tells(word: bytes, known: set[bytes]) -> bool:
        return word not in known and bool(needles_in(word))


_SHOWS_OFF = "import os, sys, time; open(sys.argv[1], 'wb').write(os.fsencode(sys.argv[2])); time.sleep(0.6)"


@pytest.mark.parametrize("kind", ["index", "proxy", "query"])
@pytest.mark.parametrize("form", ["plain", "percent", "base64"])
@pytest.mark.shows("attacks", "credentials in URLs, proxies and netrc: in nothing that is written or shown")
def test_who_looks_for_credentials_finds_them(kind: str, form: str, tmp_path: Path) -> None:
    """That the tests below can fail: in a file, an argument or a variable a secret is found in every form."""
    secret, pair = SECRETS[kind], f"{USERS[kind]}:{SECRETS[kind]}"
    shown = {
        "plain": secret,
        "percent": f"https://{USERS[kind]}:{quote(secret, safe='')}@index.example/",
        "base64": f"Basic {base64.b64encode(pair.encode()).decode()}",
    }[form]
    home = tmp_path / "home"
    env, place = clean_environment(home), home / "tmp" / "forgotten"
    with Snoop(home, given={}) as snoop:
        run((sys.executable, "-I", "-c", _SHOWS_OFF, place, shown), {**env, "LEFT": shown})
    for sign in (f"{place}: ", " shows ", " has b'LEFT="):
        assert any(sign in item for item in snoop.found), (sign, snoop.found)
    with Snoop(home, given={"LEFT": shown}, typed=[shown]) as other:
        run((sys.executable, "-I", "-c", "import time; time.sleep(0.3)", shown), {**env, "LEFT": shown})
    assert [item for item in other.found if " shows " in item or " has " in item] == []


def _userinfo(kind: str) -> str:
    return f"{USERS[kind]}:{quote(SECRETS[kind], safe='')}"


@dataclass(frozen=True, slots=True)
class Given:
    """What a user gives pip: words, variables, and how doctor is told the same."""

    words: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    doctor: list[str] | None = field(default_factory=list)


HOW = ("typed", "environment", "requirements", "pip.conf", "direct URL", "git URL")


def give(how: str, port: int, proxy_port: int, folder: Path, *, skipped: bool) -> Given:
    """Every URL with credentials, some with a token in the path or a secret in the query."""
    at, proxy = f"localhost:{port}", f"http://{_userinfo('proxy')}@localhost:{proxy_port}"
    options = {
        "index-url": f"https://{_userinfo('index')}@{at}/simple/",
        "extra-index-url": f"https://{_userinfo('extra')}@{at}/t/{SECRETS['path']}/simple/",
        "find-links": f"https://{_userinfo('links')}@{at}/links/?token={SECRETS['query']}",
    }
    direct = f"https://{_userinfo('direct')}@{at}/files/{SPECK.filename}?sig={SECRETS['query']}"
    variables = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in options.items()}
    match how:
        case "typed":
            typed = [word for name, value in options.items() for word in (f"--{name}", value)]
            typed += ["--proxy", proxy]
            return Given([*typed, "speck"], doctor=typed)
        case "environment":
            return Given(["speck"], {**variables, "HTTPS_PROXY": proxy})
        case "requirements":
            lines = [
                *(f"--{name} {value}" for name, value in options.items()),
                "speck" if skipped else f"speck @ {direct}",
                "",
            ]
            listed = folder / "requirements.txt"
            listed.write_text("\n".join(lines), encoding="utf-8")
            return Given(["-r", str(listed)], doctor=["-r", str(listed)])
        case "pip.conf":
            lines = [
                "[global]",
                *(f"{name} = {value}" for name, value in options.items()),
                f"proxy = {proxy}",
                "",
            ]
            conf = folder / "pip.conf"
            conf.write_text("\n".join(lines), encoding="utf-8")
            return Given(["speck"], {"PIP_CONFIG_FILE": str(conf)})
        case "direct URL":
            return Given(["--no-index", direct], doctor=[direct])
        case _:
            url = f"git+https://{USERS['git']}:{SECRETS['git']}@{at}/speck.git"
            return Given([url], variables, doctor=None)


def of_ours(done: Run, alone: Run) -> bytes:
    """Both streams without the lines that pip writes without pipsafe, too."""
    known = set((alone.stdout + alone.stderr).splitlines())
    return b"\n".join(line for line in (done.stdout + done.stderr).splitlines() if line not in known)


HTML = {"Content-Type": "text/html"}

OUTCOMES = {"refused": "unremedied", "rescued": "rescued", "skipped": "skipped"}

RUNS = [
    *(pytest.param("20.3.4", how, "refused", id=f"{how}, refused") for how in HOW),
    *(
        pytest.param("26.3", how, "rescued", id=f"{how}, rescued")
        for how in ("typed", "requirements", "direct URL")
    ),
    *(pytest.param("26.3", how, "skipped", id=f"{how}, skipped") for how in ("typed", "requirements")),
]


@pytest.mark.e2e
@pytest.mark.parametrize(("pip", "how", "outcome"), RUNS)
@pytest.mark.shows("attacks", "credentials in URLs, proxies and netrc: in nothing that is written or shown")
def test_credentials_are_in_nothing_of_ours(
    pip: str, how: str, outcome: str, authority: Authority, tmp_path: Path
) -> None:
    """Watched: URLs are shown without user, password and token; no command line and no file tells the prober.

    "skipped": a folder here has the package, and pip goes on without the servers that it cannot verify.
    """
    where, home = patient(pip, "speck"), tmp_path / "home"
    with (
        IndexServer([SPECK], authority.leaf(), answers={"/links/": Answer(200, b"", HTML)}) as server,
        ConnectProxy(auth=(USERS["proxy"], SECRETS["proxy"])) as proxy,
    ):
        given = give(how, server.port, proxy.port, tmp_path, skipped=outcome == "skipped")
        netrc = tmp_path / "netrc"
        netrc.write_text(
            f"machine localhost login {USERS['netrc']} password {SECRETS['netrc']}\n", encoding="utf-8"
        )
        netrc.chmod(0o600)
        env = clean_environment(home, **{"NETRC": str(netrc), **given.variables})
        command = ["install", *QUIET, *given.words]
        if outcome == "skipped":
            here = tmp_path / "wheels"
            here.mkdir()
            (here / SPECK.filename).write_bytes(SPECK.data)
            command += ["--find-links", str(here)]
        alone = run_pip(where, command, env)
        where.remove("speck")
        if outcome == "rescued":
            env["NODE_EXTRA_CA_CERTS"] = str(authority.write(tmp_path / "known.pem"))
        said = []
        with Snoop(home, given=given.variables, typed=[*command, *(given.doctor or ())]) as snoop:
            done = run_pipsafe(where, command, env)
            if given.doctor is not None and outcome == "refused":
                told = {**env, "PIPSAFE_PYTHON": str(where.python)}
                asked = ([*form, *given.doctor] for form in ([], ["--markdown"], ["--json"]))
                said += [run(pipsafe_command(["doctor", *words]), told) for words in asked]
    report = report_of(done)
    assert report["outcome"] == OUTCOMES[outcome], done.text
    assert report["failures"] or report["diagnoses"]
    for written in (
        str(report).encode(),
        of_ours(done, alone),
        *(item.stdout + item.stderr for item in said),
    ):
        assert not needles_in(written), (needles_in(written), written)
    assert b"localhost" in of_ours(done, alone), "no server was named"
    assert snoop.processes > 10
    assert snoop.found == set()
    assert leftovers(env) == []


@pytest.mark.e2e
@pytest.mark.shows("attacks", "credentials in URLs, proxies and netrc: in nothing that is written or shown")
def test_credentials_of_a_proxy_without_a_scheme(tmp_path: Path) -> None:
    """Watched: the report's command line. pip cannot use such a proxy; people write it anyway."""
    where, env = patient("26.3", "speck"), clean_environment(tmp_path / "home")
    command = ["install", *QUIET, "--proxy", f"{_userinfo('proxy')}@proxy.example:8080", "speck"]
    alone, done = run_pip(where, command, env), run_pipsafe(where, command, env)
    assert "proxy.example" in report_of(done)["command"][-2]
    assert not needles_in(str(done.report).encode())
    assert not needles_in(of_ours(done, alone))
