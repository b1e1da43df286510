"""A package whose build says what pip says when TLS fails: nobody is asked, nothing is run or said again.

The build's code runs as the user already; what it may not have is pipsafe's hands and voice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipsafe.messages import child_words
from pipsafe.probes import contacts
from pipsafe.statements import evidence
from pipsafe.statements.evidence import Kind
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.packages import sdist
from tests.lab.run import Run, clean_environment, run_pip, run_pipsafe
from tests.rescues import leftovers, patient, report_of

MARK = "FORGED"
"""In every line that the build prints."""

REASON = (
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
    f"unable to get local issuer certificate {MARK} (_ssl.c:1000)'))"
)


def _forms(url: str) -> tuple[str, ...]:
    """pip's own words, of all ages, on a host of the package's choice."""
    host, _, port = url.removeprefix("https://").rstrip("/").rpartition(":")
    pool = f"HTTPSConnectionPool(host='{host}', port={port}): Max retries exceeded with url: /{MARK}/"
    return (
        (
            f"WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after "
            f"connection broken by '{REASON}': /{MARK}/"
        ),
        (
            f"Could not fetch URL {url}{MARK}/: There was a problem confirming the ssl certificate: "
            f"{pool} (Caused by {REASON}) - skipping"
        ),
        f"ERROR: Could not install packages due to an OSError: {pool} (Caused by {REASON})",
        (
            f"error: ssl-verification-failed\n\n× Failed to establish a secure connection to {host}\n"
            f"╰─> while fetching {url}{MARK}/\n╰─> certificate verify failed: {MARK}\n\nhint: {MARK}"
        ),
        f"fatal: unable to access '{url}{MARK}/': SSL certificate problem: {MARK} certificate",
        f"pip._vendor.requests.exceptions.SSLError: {pool} (Caused by {REASON})",
    )


ERASE = "\x1b[1A\x1b[2K\x1b[G"

ENDS = (
    f"----------------------------------------\n{MARK}",
    "[end of output]",
    "  [end of output]\n\nnote: This error originates from a subprocess, and is no problem with pip.",
    f"╰─> [2 lines of output]\n{MARK}\n[end of output]",
    f"error: subprocess-exited-with-error {MARK}",
    "Running command git clone --filter=blob:none --quiet https://a.example /tmp/x",
    "Running command pip subprocess to install build dependencies",
    "Building wheel for speck (pyproject.toml): finished with status 'done'",
    "ERROR: Failed building wheel for speck",
    "Successfully built speck",
    "2026-01-01T00:00:00,000 Building",
)
"""What may pass for the end of a build's output, or for the beginning of another program's."""

LEADS = ("", "\r", f"{ERASE}\r", "\x1b]0;x\x07", "\x08" * 8, "\x0b", "\x0c", "\x85", "\u2028", "\t\r")
"""What may carry words back to the margin."""


def _script(url: str) -> Iterator[str]:
    for form in _forms(url):
        yield form
        for end in ENDS:
            yield f"{end}\n{form}"
        for lead in LEADS:
            yield f"working{lead}{form}"
            yield f"{lead}{form}"
            yield f"2026-01-01T00:00:00Z {lead}{form}"


@pytest.fixture
def trap(authority: Authority) -> Iterator[IndexServer]:
    """A host that pip was never set up for, and would be curable."""
    with IndexServer([], authority.leaf()) as server:
        yield server


def _links(folder: Path, trap: IndexServer, how: str) -> Path:
    """A folder for `--find-links`; "fails below" is a build dependency that fails, with all its words."""
    folder.mkdir()
    says, fails = tuple(_script(trap.url("/"))), how != "builds"
    packages = [sdist("speck", build_requires=(), says=says, fails=fails)]
    if how == "fails below":
        below = sdist("dust", build_requires=(), says=says, fails=True)
        packages = [sdist("speck", build_requires=("dust",)), below]
    for package in packages:
        (folder / package.filename).write_bytes(package.data)
    return folder


def _voice(run: Run) -> list[str]:
    """The lines from pipsafe's first one on."""
    lines = run.stderr.decode("utf-8", "replace").split("\n")
    first = next((number for number, line in enumerate(lines) if line.startswith("pipsafe:")), len(lines))
    return lines[first:]


RUNS = (
    pytest.param("20.3.4", "fails", (), id="20.3.4 fails"),
    pytest.param("20.3.4", "builds", ("-v",), id="20.3.4 builds -v"),
    pytest.param("22.3.1", "fails", (), id="22.3.1 fails"),
    pytest.param("26.3", "fails", (), id="26.3 fails"),
    pytest.param("26.3", "builds", ("-v",), id="26.3 builds -v"),
    pytest.param("26.3", "fails below", (), id="26.3 fails below"),
)


@pytest.mark.e2e
@pytest.mark.parametrize(("pip", "how", "switches"), RUNS)
@pytest.mark.shows("attacks", "a build that prints forged TLS failures of pip's")
def test_forged_words(
    pip: str, how: str, switches: tuple[str, ...], trap: IndexServer, authority: Authority, tmp_path: Path
) -> None:
    """Watched: where words stand decides whose they are, and a build's name nothing that is probed."""
    where = patient(pip, "speck")
    links = _links(tmp_path / "links", trap, how)
    known = str(authority.write(tmp_path / "known.pem"))
    env = clean_environment(tmp_path / "home", NODE_EXTRA_CA_CERTS=known, PYTHONIOENCODING="utf-8")
    command = ["install", "--no-cache-dir", "--no-index", "--find-links", str(links), *switches, "speck"]
    alone = run_pip(where, command, env)
    where.remove("speck")
    done = run_pipsafe(where, command, env)
    trap.settle()
    assert trap.connections == []
    report = report_of(done)
    assert done.exit_code == alone.exit_code == int(how != "builds"), done.text
    # A build that fails may have been refused indeed, so it is tried once more with the CA that is known.
    assert len(report["attempts"]) <= 1 + (how != "builds")
    assert {item["leg"] for item in report["failures"]} <= {"build-backend", "build-dependency", "vcs"}
    assert MARK in alone.text
    assert MARK not in str({**report, "command": ""})
    assert [line for line in _voice(done) if MARK in line] == []
    assert b"pip went on without" not in done.stderr
    assert b"fault in pipsafe" not in done.stderr
    assert leftovers(env) == []


SHOWN_WHILE_IT_RUNS = (
    "  Running command Building wheel for speck (pyproject.toml)\n{}\nSuccessfully built speck\n"
)
"""A build under `-v`: pip indents each line by two, and says nothing of where it ends."""


@pytest.mark.shows("attacks", "a build that prints forged ends of its own output")
def test_forged_ends_under_verbose() -> None:
    """Watched: a block that only the margin ends is ended by nothing that stands within it.

    Else pipsafe says itself, after a success, that pip went on without a server that the build made up.
    """
    said = "\n".join(_script("https://files.example:444/")).splitlines()
    text = SHOWN_WHILE_IT_RUNS.format("\n".join(f"  {line}" for line in said))
    found = [item for item in evidence.read(text) if item.kind is not Kind.NOT_FOUND]
    assert found
    assert [item for item in found if not item.inner] == []


@pytest.mark.parametrize("indent", [2, 4])
@pytest.mark.shows("attacks", "a build that prints forged TLS failures of pip's")
def test_forged_words_whose_frame_is_lost(indent: int) -> None:
    """Watched: whoever names a host from anywhere but the margin is a child of pip's.

    A long output is read in pieces, and the piece with the words may lack the line that opened the block.
    """
    said = "\n\n".join(_forms("https://files.example:444/")).replace(
        "connection to files.example", "connection to x"
    )
    text = "\n".join(" " * indent + line for line in said.splitlines())
    found = [item for item in evidence.read(text) if item.url or item.origin]
    assert found
    assert [item for item in found if not item.inner] == []


def _told(*hosts: str) -> str:
    """What pipsafe says where a build says that these servers were refused, and what to do about it."""
    said = "\n".join(
        f"    pip._vendor.requests.exceptions.SSLError: HTTPSConnectionPool(host='{host}', port=8443): "
        f"Max retries exceeded with url: /{MARK}/ (Caused by {REASON})"
        for host in hosts
    )
    text = (
        f"  error: subprocess-exited-with-error\n  ╰─> [9 lines of output]\n{said}\n      [end of output]\n"
    )
    found = contacts.of_children(evidence.read(text), healthy=())
    return "\n".join(line.text for line in (*child_words.lines(found), *child_words.hints(found)))


NAMED_AS = {
    "index.example": "index.example",
    "INDEX.example": "index.example",
    "169.254.169.254": "169.254.169.254",
    "192.168.0.1": "192.168.0.1",
    "2130706433": "2130706433",
    "p\u0443pi.example": "xn--ppi-dfd.example",
    "example\uff0ecom": "example.com",
    ".".join(["long" * 15] * 4): ".".join(["long" * 15] * 4),
}
"""A host that a build names, and how it is named then: in ASCII, so that a look-alike looks like none."""

NEVER_NAMED = (
    *(
        "a$(id).example",
        "a`id`.example",
        "a;id",
        "a|id",
        "a&id",
        "a>b",
        "-rf",
        "a.example --json",
        "a\x1b[2J",
    ),
    *("user@a.example", "a.example/x", "a.example\\x", "a.example#", "[::1]", "::1", "a..example", "*"),
    *("\u202egro.example", "a\u200bb.example\u2028", "a.example:1", "long" * 16, ".".join(["long" * 15] * 5)),
)


@pytest.mark.parametrize("host", NAMED_AS)
@pytest.mark.shows("attacks", "a build that names a server of its choice")
def test_a_server_that_a_build_chose(host: str) -> None:
    """Watched: it is plain who named it, that nobody went there, and that one has to know it to ask."""
    where = f"https://{NAMED_AS[host]}:8443"
    told = _told(host)
    assert f'The build says that this was "{where}". pipsafe did not connect there' in told
    assert f"If you know that server, `pipsafe doctor {where}` finds out" in told


@pytest.mark.parametrize("host", NEVER_NAMED)
@pytest.mark.shows("attacks", "a build that names a server of its choice")
def test_what_no_server_is_called(host: str) -> None:
    """Watched: what stands in a command that people copy is a host's name, and nothing else."""
    named = re.findall(r"https://(\S*):8443", _told(host))
    assert all(re.fullmatch("[a-z0-9.-]+", name) and len(name) <= 253 for name in named), named
    assert host not in _told(host)


@pytest.mark.shows("attacks", "a build that names a server of its choice")
def test_a_flood_of_servers_that_a_build_chose() -> None:
    """Watched: a package does not fill the screen with pipsafe's words."""
    told = _told(*(f"server-{number}.example" for number in range(300)))
    assert told.count("The build says") == 4
    assert "296 more" in told
    assert len(told.splitlines()) <= 13
