"""From words to evidence: logs that real pips wrote, words from sources, and what only sounds alike."""

# ruff: noqa: E501 what others say is as long as it is

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.attempts.suspicion import OVERLAP, looks_suspicious
from pipsafe.statements import evidence
from pipsafe.statements.evidence import Evidence, Kind
from tests.said import FAILURES, HARMLESS, Said
from tests.yardstick import takes_at_most

LOGS = Path(__file__).parent / "logs"

UNKNOWN = "unable to get local issuer certificate"
NO_BUNDLE = "Could not find a suitable TLS CA certificate bundle"
NO_TLS = (None, "", "")

# What pips of all ages wrote on a loopback server that was wrong in one way; the names of hosts, ports and
# folders are not the real ones. First row that matches: kind, leg, message; the message is "" for Pythons
# (2.7 and 3.6, under pip 9 and 10) that tell no reason.
RECORDED: tuple[tuple[str, tuple[Kind | None, str, str]], ...] = (
    ("unknown-ca-pip[19].*", (Kind.CERTIFICATE, "index", "")),
    ("unknown-ca-pip10.*", (Kind.CERTIFICATE, "index", "")),
    ("unknown-ca-*", (Kind.CERTIFICATE, "index", UNKNOWN)),
    ("index-versions-*", (Kind.CERTIFICATE, "index", UNKNOWN)),
    ("retries-0-*-qq.log", NO_TLS),
    ("retries-0-pip10.*", (Kind.CERTIFICATE, "index", "")),
    ("retries-0-*", (Kind.CERTIFICATE, "index", UNKNOWN)),
    ("expired-pip9.*", (Kind.CERTIFICATE, "index", "")),
    ("expired-*", (Kind.CERTIFICATE, "index", "certificate has expired")),
    ("not-yet-*", (Kind.CERTIFICATE, "index", "certificate is not yet valid")),
    ("self-signed-*", (Kind.CERTIFICATE, "index", "self-signed certificate")),
    (
        "wrong-host-pip26.*",
        (Kind.HOSTNAME, "index", "Hostname mismatch, certificate is not valid for 'index.example'."),
    ),
    ("wrong-host-*", (Kind.HOSTNAME, "index", "hostname 'index.example' doesn't match 'other.example'")),
    ("plain-http-*", (Kind.PROTOCOL, "index", "wrong version number")),
    ("eof-pip10.*", (Kind.PROTOCOL, "index", "unexpected eof while reading")),
    ("eof-pip20.*", (Kind.PROTOCOL, "index", "TLS/SSL connection has been closed (EOF)")),
    ("eof-*", (Kind.PROTOCOL, "index", "EOF occurred in violation of protocol")),
    ("tls10-pip20.*", (Kind.PROTOCOL, "index", "legacy sigalg disallowed or unsupported")),
    ("tls10-*", (Kind.PROTOCOL, "index", "tlsv1 alert protocol version")),
    ("mtls12-*", (Kind.PROTOCOL, "index", "sslv3 alert handshake failure")),
    ("mtls-*", (Kind.CLIENT_CERT, "index", "tlsv13 alert certificate required")),
    ("client-cert-missing-*", (Kind.CLIENT_CERT, "index", "Could not find the TLS certificate file")),
    ("client-cert-garbage-*", (Kind.CLIENT_CERT, "index", "PEM lib")),
    ("missing-cert-*", (Kind.CA_FILE, "index", NO_BUNDLE)),
    ("missing-requests-bundle-*", (Kind.CA_FILE, "index", NO_BUNDLE)),
    ("install-missing-cert-*", (Kind.CA_FILE, "index", NO_BUNDLE)),
    ("garbage-cert-*", (Kind.CA_FILE, "index", "no certificate or crl found")),
    ("broken-pem-cert-*", (Kind.CA_FILE, "index", "PEM lib")),
    ("direct-file-pip10.*", (Kind.CERTIFICATE, "file", "")),
    ("direct-file-*", (Kind.CERTIFICATE, "file", UNKNOWN)),
    ("install-file-*", (Kind.CERTIFICATE, "file", UNKNOWN)),
    ("requirement-file-*", (Kind.CERTIFICATE, "file", UNKNOWN)),
    ("find-links-*", (Kind.CERTIFICATE, "find-links", UNKNOWN)),
    ("proxy-407-*", (Kind.PROXY, "proxy", "Tunnel connection failed: 407 Proxy Authentication Required")),
    ("proxy-tls-file-pip19.*", (Kind.PROXY, "proxy", "Cannot connect to proxy.")),
    # pip 20 to 26 do not say whose certificate it was that they refused.
    ("proxy-tls-file-*", (Kind.CERTIFICATE, "file", UNKNOWN)),
    ("proxy-tls-unknown-ca-*", (Kind.CERTIFICATE, "index", UNKNOWN)),
    ("proxy-tunnel-unknown-ca-*", (Kind.CERTIFICATE, "index", UNKNOWN)),
    # urllib3 2 does not say either that it was a proxy that could not be reached.
    ("proxy-refused-pip26.*", NO_TLS),
    ("proxy-refused-*", (Kind.PROXY, "proxy", "Cannot connect to proxy.")),
    ("isolated-build-*", (Kind.CERTIFICATE, "build-dependency", UNKNOWN)),
    ("git-refused-*", NO_TLS),
    (
        "git-host-*",
        (
            Kind.HOSTNAME,
            "vcs",
            "SSL: certificate subject name () does not match target host name 'index.example'",
        ),
    ),
    ("git-ca-file-*", (Kind.CA_FILE, "vcs", "Problem with the SSL CA cert (path? access rights?)")),
    (
        "git-http-*",
        (Kind.PROTOCOL, "vcs", "gnutls_handshake() failed: An unexpected TLS packet was received."),
    ),
    ("git-proxy407-*", (Kind.PROXY, "proxy", "CONNECT tunnel failed, response 407")),
    ("git-*", (Kind.CERTIFICATE, "vcs", "server certificate verification failed")),
    ("build-*", (Kind.CERTIFICATE, "build-backend", UNKNOWN)),
    ("trusted-host-*", NO_TLS),
    ("not-found-*", NO_TLS),
    ("healthy-*", NO_TLS),
    ("refused-*", NO_TLS),
    ("reset-*", NO_TLS),
    ("help-*", NO_TLS),
    ("harmless-*", NO_TLS),
)

INNER = ("isolated-build-*", "git-*", "build-*")
"""Words of children of pip's."""

WITHOUT_PLACE = ("*-q.log", "proxy-407-pip*", "proxy-refused-*", "proxy-tls-unknown-ca-*", "build-*")
"""Logs that name no host: only a path, or nothing."""

NAMES = sorted(path.name for path in LOGS.glob("*.log"))


def _log(name: str) -> str:
    return (LOGS / name).read_bytes().decode("utf-8")


def _row(name: str) -> tuple[Kind | None, str, str]:
    return next(expected for pattern, expected in RECORDED if fnmatch(name, pattern))


def _any(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _of_tls(text: str) -> tuple[Evidence, ...]:
    return tuple(item for item in evidence.read(text) if item.kind is not Kind.NOT_FOUND)


def _kinds(text: str) -> set[Kind]:
    return {item.kind for item in evidence.read(text)}


POSITIVE = [name for name in NAMES if _row(name) != NO_TLS]
NEGATIVE = [name for name in NAMES if _row(name) == NO_TLS]


# Recorded


@pytest.mark.parametrize("name", POSITIVE)
def test_recorded(name: str) -> None:
    kind, leg, message = _row(name)
    found = _of_tls(_log(name))
    assert found
    assert {(item.kind, item.leg, item.message) for item in found} == {(kind, leg, message)}


@pytest.mark.parametrize("name", POSITIVE)
def test_whose_words_were_recorded(name: str) -> None:
    assert {item.inner for item in _of_tls(_log(name))} == {_any(name, INNER)}


@pytest.mark.parametrize(
    "name",
    [name for name in POSITIVE if _row(name)[0] is not Kind.CA_FILE and "client-cert-missing" not in name],
)
def test_where_it_failed_was_recorded(name: str) -> None:
    places = {str(item.origin) for item in _of_tls(_log(name)) if item.origin}
    if not _any(name, WITHOUT_PLACE) or name.startswith(("git-", "isolated-")):
        assert places == {"https://index.example:8443"}
    else:
        assert places == set()


@pytest.mark.parametrize("name", NEGATIVE)
def test_recorded_without_a_tls_failure(name: str) -> None:
    assert _of_tls(_log(name)) == ()


@pytest.mark.parametrize("name", [name for name in NAMES if _any(name, ("missing-*", "install-missing-*"))])
def test_the_missing_file_was_recorded(name: str) -> None:
    assert [item.path for item in _of_tls(_log(name))] == ["/etc/corp/gone.pem"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("not-found-")])
def test_nothing_found_was_recorded(name: str) -> None:
    assert _kinds(_log(name)) == {Kind.NOT_FOUND}


def test_every_row_has_a_log() -> None:
    matched = {next(pattern for pattern, _ in RECORDED if fnmatch(name, pattern)) for name in NAMES}
    assert {pattern for pattern, _ in RECORDED} - matched == {"unknown-ca-pip[19].*"} - matched
    assert len(NEGATIVE) + len(HARMLESS) >= 60


# From sources


@pytest.mark.parametrize("said", FAILURES, ids=lambda said: said.name)
def test_from_sources(said: Said) -> None:
    found = _of_tls(said.text)
    assert len(found) == 1, found
    item = found[0]
    assert (item.kind, item.leg, item.inner) == (said.kind, said.leg, said.inner)
    assert said.message in (None, item.message)
    assert (str(item.origin) if item.origin else None) == said.origin
    assert said.path in (None, item.path)


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_harmless(text: str) -> None:
    assert _of_tls(text) == ()


@pytest.mark.parametrize(
    "text", [value for name, value in HARMLESS.items() if name not in ("quoted", "mid-line")]
)
def test_harmless_inside_a_build(text: str) -> None:
    """A build that prints the same leads to no evidence either, unless it speaks as a tool does."""
    inside = "".join(f"      {line}\n" for line in text.splitlines())
    captured = f"  ╰─> [9 lines of output]\n{inside}      [end of output]\n"
    tools = ("CERTIFICATE_VERIFY_FAILED", "SSLCertVerificationError", "certificate problem:")
    assert bool(_of_tls(captured)) <= any(words in text for words in tools)


def test_a_redirect_is_followed() -> None:
    said = next(said for said in FAILURES if said.name == "redirected")
    assert [item.url for item in evidence.read(said.text)] == ["https://mirror.example:8443/x/"]


def test_credentials_are_left_out() -> None:
    text = next(said for said in FAILURES if said.name == "openssl-1-fetch").text
    found = evidence.read(text.replace("URL https://index", "URL https://user:geheim@index"))
    assert found[0].url == "https://****@index.example/simple/x/"
    assert "geheim" not in repr(found)


# Whose words


FORGED = next(
    said for said in FAILURES if said.name == "redirected-own" or said.name == "openssl-1-fetch"
).text
ENDINGS = ("[end of output]", "-" * 40, "error: subprocess-exited-with-error", "note: from a subprocess")
FRAMES: dict[str, str] = {
    "box": "  × Getting requirements to build wheel did not run successfully.\n  ╰─> [{count} lines of output]\n{deep}"
    "\n      [end of output]\n  \n  note: This error originates from a subprocess.\n",
    "old": "  ERROR: Command errored out with exit status 1:\n   command: python setup.py\n"
    "  Complete output ({count} lines):\n{shallow}\n  " + "-" * 40 + "\n",
    "ascii": "  Getting requirements to build wheel did not run successfully.\n  \n  [{count} lines of output]\n{shallow}\n"
    "  [end of output]\n  \n  note: x\n",
    "verbose": "  Running command Getting requirements to build wheel\n{shallow}\n"
    "  Getting requirements to build wheel: finished with status 'error'\n",
    "spinner": "  Getting requirements to build wheel ...   Running command Getting requirements to build wheel\n"
    "{shallow}\n",
}


def _framed(frame: str, lines: Sequence[str]) -> str:
    deep, shallow = (textwrap.indent("\n".join(lines), " " * width) for width in (6, 2))
    return FRAMES[frame].format(count=len(lines), deep=deep, shallow=shallow)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("frame", FRAMES)
def test_a_package_cannot_speak_for_pip(frame: str, ending: str) -> None:
    found = _of_tls(_framed(frame, ["building", ending, "", FORGED, f"  {FORGED}", "done"]))
    assert {(item.kind, item.inner) for item in found} == {(Kind.CERTIFICATE, True)}


@pytest.mark.parametrize("frame", FRAMES)
def test_pip_speaks_again_after_a_build(frame: str) -> None:
    own = "ERROR: x\n" + FORGED
    found = _of_tls(_framed(frame, ["building", "done"]) + own)
    assert [(item.kind, item.leg, item.inner) for item in found] == [(Kind.CERTIFICATE, "index", False)]


def test_a_carriage_return_makes_no_margin() -> None:
    found = _of_tls(_framed("verbose", [f"building\r{FORGED}", "done"]))
    assert all(item.inner for item in found)


OLD_RETRY = "Retrying (Retry(total=4)) after connection broken by 'x': /y"
"""How pips below 19 began a line: they indented their own words, and are believed when they do."""


@pytest.mark.parametrize(
    "ending", [*ENDINGS, "", "\r", "\x0b", "\u2028", "\x85", "\x1b[2K\r", "\x1b]0;", "\t", "│ "]
)
@pytest.mark.parametrize(
    "opening",
    [
        "    Complete output from command python setup.py egg_info:\n",
        "Processing /home/user/x\n    Running command python setup.py egg_info\n",
        "",  # cut off
    ],
)
def test_a_package_cannot_pass_for_an_old_pip(opening: str, ending: str) -> None:
    said = "\n".join((OLD_RETRY, ending, FORGED, f"{ending}{FORGED}", f"x{ending}{FORGED}"))
    # As pip indents what a child said: each line, by Python's notion of lines.
    shown = "".join(f"    {line}" for line in said.splitlines(keepends=True))
    named = [item for item in evidence.read(opening + shown + "\n") if item.origin]
    assert named
    assert all(item.inner for item in named)


def test_who_names_a_host_from_within_is_no_pip() -> None:
    """What pip says of hosts stands at the margin; the header of a block may have been cut off."""
    for width in (2, 4, 6):
        assert [item.inner for item in _of_tls(textwrap.indent(FORGED, " " * width))] == [True]


# Consoles

COLOURS = ("\x1b[31m", "\x1b[0m", "\x1b[1;36m", "\x1b[38;5;208m", "\x1b[K")
UNCHANGED = [name for name in NAMES if "help" not in name and "tty" not in name]


def _coloured(text: str, places: Sequence[int]) -> str:
    # From the last to the first: none stands inside another.
    for number, at in enumerate(sorted({place % (len(text) + 1) for place in places}, reverse=True)):
        text = text[:at] + COLOURS[number % len(COLOURS)] + text[at:]
    return text


def _hard(text: str, width: int) -> str:
    """As a terminal breaks lines: anywhere."""
    return "\n".join(
        line[at : at + width] for line in text.split("\n") for at in range(0, max(len(line), 1), width)
    )


def _soft(text: str, width: int) -> str:
    """As rich does inside a box: between words, where it can, with the frame before each line."""
    lines = []
    for line in text.split("\n"):
        margin = (re.match(r"[ │]*", line) or [""])[0]
        body = re.sub(r"^[×╰─>]+ ", "", line[len(margin) :])
        head = line[: len(line) - len(body)]
        rest = margin + ("│ " if "×" in head else " " * (len(head) - len(margin)))
        lines += textwrap.wrap(
            line,
            max(width, len(rest) + 20),
            subsequent_indent=rest,
            break_on_hyphens=False,
            drop_whitespace=True,
        ) or [line]
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(UNCHANGED),
    st.integers(40, 120),
    st.sampled_from([_hard, _soft]),
    st.lists(st.integers(0, 1_000_000), max_size=30),
)
def test_consoles_change_nothing(name: str, width: int, wrap: object, places: list[int]) -> None:
    text = _log(name)
    shown = _coloured(_hard(text, width) if wrap is _hard else _soft(text, width), places)
    assert _kinds(shown) == _kinds(text)
    if _of_tls(text):
        assert looks_suspicious(shown.encode())


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize(
    "name", ["unknown-ca-pip24.0.log", "direct-file-pip26.3.log", "missing-cert-pip24.0.log"]
)
def test_nothing_is_lost_by_a_terminal(name: str, width: int) -> None:
    """A terminal breaks lines but keeps all of them: message, host and path come out whole."""
    whole = _of_tls(_log(name))
    broken = _of_tls(_hard(_log(name), width))
    assert {(item.message, item.url, item.path) for item in broken} == {
        (item.message, item.url, item.path) for item in whole
    }


# Hostile text


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    evidence.read(text)


PIECES = [
    *(
        "Retrying (Retry(",
        ")) after connection broken by '",
        "SSLError(",
        "SSLCertVerificationError(1, '",
        "': /x",
    ),
    *(
        "Could not fetch URL https://[",
        ": There was a problem confirming the ssl certificate: ",
        " - skipping",
    ),
    *(
        "error: ssl-verification-failed\n",
        " while fetching ",
        "╰─> ",
        "hint:",
        "HTTPSConnectionPool(host='",
        "('",
    ),
    *(
        "\n",
        "  ",
        "[9 lines of output]\n",
        "Running command git ",
        "fatal: '",
        "https://h:99999999/",
        "\x1b[",
        "\r",
    ),
    *(
        "[SSL: ",
        "] ",
        "(_ssl.c:",
        "OSError: ",
        "invalid path: ",
        "curl: (60) ",
        "\\",
        "\ud800",
        "\x00",
        "│",
        "\\ud800",
    ),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_mix_of_pips_words(pieces: list[str]) -> None:
    for item in evidence.read("".join(pieces)):
        assert item.message.isprintable()
        assert "\n" not in (item.url or "") + (item.path or "")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(POSITIVE), st.integers(0, 20_000))
def test_any_beginning_of_a_log(name: str, length: int) -> None:
    """Read while pip still writes: what is there is not taken for something else."""
    assert _kinds(_log(name)[:length]) <= _kinds(_log(name)) | {Kind.PROXY, Kind.CERTIFICATE}


MEGABYTE = 1_000_000
HOSTILE: dict[str, str] = {
    "letters": "a",
    "blanks": " ",
    "lines": "\n",
    "escapes": "\x1b[",
    "titles": "\x1b]",
    "dots": "a.",
    "quotes": "'https://a",
    "retries": PIECES[0] + PIECES[1] + "\n",
    "retries in one line": PIECES[0] + PIECES[1],
    "fetches": PIECES[5] + PIECES[6] + "\n",
    "boxes": PIECES[8],
    "pools": "OSError: HTTPSConnectionPool(host='a', port=1): Max retries exceeded with url: "
    + "(" * 3000
    + "\n",
    "build": "      [SSL: AAAA] SSLError(\n",
    "links": "Looking in links: " + "a, " * 2000 + "\n",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_hostile_megabytes(piece: str) -> None:
    text = "  ╰─> [9 lines of output]\n" + piece * (MEGABYTE // len(piece))
    with takes_at_most(10):
        assert len(evidence.read(text)) <= evidence.MOST


# The prefilter


@pytest.mark.parametrize("said", FAILURES, ids=lambda said: said.name)
def test_suspicious(said: Said) -> None:
    assert looks_suspicious(said.text.encode())


@pytest.mark.parametrize("said", FAILURES, ids=lambda said: said.name)
def test_suspicious_in_pieces(said: Said) -> None:
    """As long as the pieces overlap, it does not matter where they were cut."""
    data = said.text.encode()
    for size in (7, 64, 100):
        pieces = [data[max(at - OVERLAP, 0) : at + size] for at in range(0, len(data), size)]
        assert any(map(looks_suspicious, pieces))


@pytest.mark.parametrize("name", ["collecting", "untrusted", "reset", "gone", "status", "no space", "empty"])
def test_unsuspicious(name: str) -> None:
    assert not looks_suspicious(HARMLESS[name].encode())


def test_suspicion_costs_nothing() -> None:
    code = "import sys; before = set(sys.modules); import pipsafe.attempts.suspicion; print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {[str(LOGS.parents[1])]!r}; {code}"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert set(done.stdout.split()) == {"pipsafe", "pipsafe.attempts", "pipsafe.attempts.suspicion"}
