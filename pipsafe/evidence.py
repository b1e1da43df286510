"""From pip's words to values: what failed, where, and whose words these are.

Pure. The words only raise the question: a handshake answers it. So this reads generously
what pip itself says, and marks what a child process of pip said (`inner`): a package can
print anything.

Rules
- A line is pip's own if it stands where pip writes: at the margin, or, if it names no host,
  indented by two under "Collecting ...". It is a child's inside captured output ("Complete
  output", "N lines of output"), behind "Running command", or indented further. A package can
  forge the end of captured output, not the margin.
- Colours go, and lines that a narrow console broke inside a box are put together again.
- What merely mentions TLS (a description, a package's name, a help text) has none of the
  forms below and gives nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipsafe import origin
from pipsafe.origin import Origin
from pipsafe.words import Kind, kind_of, verifier_words

__all__ = ["Evidence", "Kind", "read"]

MOST_LINES = 20_000
"""Lines looked at, the last ones of a longer text."""

LONGEST_LINE = 8_192


@dataclass(frozen=True, slots=True)
class Evidence:
    """One failure that the words speak of."""

    kind: Kind
    message: str
    """The verifier's own words, "" if there are none."""
    leg: str
    """index | file | find-links | build-dependency | vcs | build-backend | proxy"""
    url: str | None
    """As far as the words give it, without credentials."""
    origin: Origin | None
    path: str | None
    """The request's path if the words give only that; the CA file's for CA_FILE."""
    inner: bool
    """Whether a child process of pip said it."""


COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

PREFIX = r"(?:(?:WARNING|ERROR): )?"

RETRYING = re.compile(
    PREFIX
    + r"Retrying \(Retry\(.{0,200}?\)\) after connection broken by (?P<words>.*?)(?:: (?P<path>/\S*))?$"
)
COULD_NOT_FETCH = re.compile(
    PREFIX + r"Could not fetch URL (?P<url>\S+): (?:There was a problem confirming the ssl certificate"
    r"|connection error): (?P<words>.*?)(?: - skipping)?$"
)
COULD_NOT_INSTALL = re.compile(
    PREFIX
    + r"Could not (?:install packages|install requirement \S+).{0,200}?(?P<words>(?:HTTPSConnectionPool\(|"
    r"Could not find a suitable TLS CA|\[SSL|\[X509|SSL).*)$"
)
CA_BUNDLE = re.compile(
    r"Could not find a suitable TLS CA certificate bundle, invalid path: (?P<path>.*?)\.?$"
)
CLIENT_FILE = re.compile(r"Could not find the TLS (?:certificate|key) file, invalid path: (?P<path>.*?)\.?$")
POOL = re.compile(
    r"HTTPSConnectionPool\(host='(?P<host>[^']{1,255})', port=(?P<port>\d{1,5})\)"
    r"(?:: Max retries exceeded with url: (?P<path>\S+))?"
)
EXCEPTION = re.compile(
    r"(?:[\w.]*\.)?(?:SSL\w*Error|MaxRetryError|URLError|CertificateError|ConnectionError): (?P<words>.*)$"
)
BOX = re.compile(r"error: (?:ssl-verification-failed|ssl-missing)$")
BOX_TARGET = re.compile(r"(?:secure connection to (?P<host>\S+) )?while fetching (?P<url>\S+)")
GIT = re.compile(
    r"(?:fatal|error): (?:unable to access|RPC failed;?) ?'?(?P<url>https?://[^'\s]+)?'?:? (?P<words>.*)$"
)
CURL = re.compile(r"curl: \((?P<code>\d+)\) (?P<words>.*)$")
CURL_CODES = frozenset(("35", "51", "53", "54", "58", "59", "60", "66", "77", "80", "82", "83", "90", "91"))
MISSING = re.compile(r"ssl module in Python is not available|because the SSL module is not available")
NOT_FOUND = re.compile(PREFIX + r"(?:No matching distribution found|Could not find a version that satisfies)")

# Where captured output begins and ends, by pips of all ages.
CAPTURED = re.compile(
    r"(?:Complete output|╰─> \[\d+ lines? of output\]|-> \[\d+ lines? of output\]|Running command )"
)
CAPTURED_ENDS = re.compile(
    r"(?:\[end of output\]|-{20,}|error: subprocess-exited-with-error"
    r"|\w[\w ()-]*: finished with status|full command: )"
)
OF_BUILD_PIP = re.compile(
    r"pip subprocess to install b|Installing b\w+ dependencies|install --ignore-installed|build-env-"
)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    """Without indentation and box drawing."""
    inner: bool
    at_margin: bool
    of_build_pip: bool


def read(text: str) -> tuple[Evidence, ...]:
    """Everything the text speaks of, in order, each once. Never raises; linear in the text."""
    found: dict[Evidence, None] = {}
    for line in _lines(text):
        for item in _of_line(line):
            found.setdefault(item, None)
    return tuple(found)


def _lines(text: str) -> Iterator[_Line]:
    """Logical lines: cleaned, joined where a box was wrapped, marked if a child said them."""
    captured = of_build_pip = False
    for raw in _joined(text):
        stripped = raw.lstrip(" \t")
        indent = len(raw) - len(stripped)
        body = stripped.lstrip("│×╰─> |").lstrip() if stripped[:1] in "│×╰" else stripped
        if OF_BUILD_PIP.search(stripped):
            of_build_pip = True
        if CAPTURED_ENDS.match(stripped):
            captured = of_build_pip = False
        yield _Line(body, captured or indent > 3, indent == 0, of_build_pip)
        if CAPTURED.match(stripped):
            captured = True
            of_build_pip = of_build_pip or "pip subprocess" in stripped


def _joined(text: str) -> Iterator[str]:
    """Lines without colours; a line that a box or a narrow console broke is made whole."""
    lines = text[-MOST_LINES * 200 :].splitlines()[-MOST_LINES:]
    pending = ""
    for raw in lines:
        line = CONTROL.sub("", COLOUR.sub("", raw))[:LONGEST_LINE].rstrip()
        if pending and _continues(pending, line):
            pending = _glue(pending, line)
            continue
        if pending:
            yield pending
        pending = line
    if pending:
        yield pending


# A line that begins like this is whole only if it ends in what pip ends such lines with.
OPENED = re.compile(r"^[\s│×╰─>]*(?:(?:WARNING|ERROR): )?(?:Retrying \(Retry|Could not fetch URL|× |╰─> )")
CLOSED = re.compile(r"(?:'|\"|\)): /\S*$|- skipping$|\(_ssl\.c:\d+\)$|output\]$|output\.$|successfully\.$")
LONGEST_JOINED = 4_000


def _continues(pending: str, line: str) -> bool:
    if not OPENED.match(pending) or CLOSED.search(pending) or len(pending) > LONGEST_JOINED:
        return False
    body = line.lstrip(" │")
    return (
        bool(body) and not OPENED.match(line) and not re.match(r"(?:hint|note|error|WARNING|ERROR)\b", body)
    )


def _glue(pending: str, line: str) -> str:
    """Put together again. A console that breaks inside a word leaves no blank to tell."""
    body = line.lstrip(" │")
    inside_word = re.search(r"[A-Z_\[]{2,}$", pending) and re.match(r"[A-Z_]{2,}[\]A-Z_]", body)
    return pending + ("" if inside_word or pending.endswith("/") else " ") + body


def _of_line(line: _Line) -> Iterator[Evidence]:
    for pattern, reader in READERS:
        match = pattern.search(line.text) if pattern in ANYWHERE else pattern.match(line.text)
        if match:
            yield from reader(match, line)
            return


def _retrying(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    yield from _failure(match["words"], line, leg="index", path=match["path"])


def _fetching(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    yield from _failure(match["words"], line, leg="index", url=match["url"])


def _installing(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    bundle = CA_BUNDLE.search(match["words"])
    if bundle:
        yield from _bundle(bundle, line)
        return
    yield from _failure(match["words"], line, leg="file")


def _exception(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    leg = "build-backend" if line.inner and not line.of_build_pip else "file"
    yield from _failure(match["words"], line, leg=leg)


def _target(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    """The second line of pip 26's box; the reason stands in the next, and needs no repeating."""
    url = match["url"].rstrip(".,")
    inner = line.inner or not line.at_margin
    yield Evidence(
        Kind.CERTIFICATE, "", _leg("file", line), origin.redact(url), origin.parse(url), None, inner
    )


def _bundle(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    yield Evidence(Kind.CA_FILE, match[0], _leg("index", line), None, None, match["path"].strip(), line.inner)


def _client_file(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    yield Evidence(Kind.CLIENT_CERT, match[0], _leg("index", line), None, None, match["path"], line.inner)


def _git(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    kind = kind_of(match["words"])
    if kind is not None:
        url = match["url"]
        where = origin.parse(url) if url else None
        words = verifier_words(match["words"])
        # git is a child of pip's wherever its words stand.
        yield Evidence(kind, words, "vcs", origin.redact(url) if url else None, where, None, True)


def _curl(match: re.Match[str], _: _Line) -> Iterator[Evidence]:
    if match["code"] in CURL_CODES:
        kind = kind_of(match["words"]) or Kind.PROTOCOL
        yield Evidence(kind, verifier_words(match["words"]), "build-backend", None, None, None, True)


def _missing(match: re.Match[str], line: _Line) -> Iterator[Evidence]:
    yield Evidence(Kind.SSL_MISSING, match[0], _leg("index", line), None, None, None, line.inner)


def _not_found(_: re.Match[str], line: _Line) -> Iterator[Evidence]:
    yield Evidence(Kind.NOT_FOUND, "", _leg("index", line), None, None, None, line.inner)


def _failure(
    words: str, line: _Line, *, leg: str, url: str | None = None, path: str | None = None
) -> Iterator[Evidence]:
    kind = kind_of(words)
    if kind is None:
        return
    pool = POOL.search(words)
    where = origin.parse(url) if url else None
    if pool and where is None:
        where = origin.parse(f"https://{_bracketed(pool['host'])}:{pool['port']}")
        path = path or pool["path"]
    if kind is Kind.PROXY:
        leg = "proxy"
    shown = origin.redact(url) if url else None
    inner = line.inner or (where is not None and not line.at_margin)
    yield Evidence(kind, verifier_words(words), _leg(leg, line), shown, where, path, inner)


def _leg(leg: str, line: _Line) -> str:
    return "build-dependency" if line.inner and line.of_build_pip and leg != "proxy" else leg


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


# Patterns that may stand behind other words of the line.
ANYWHERE = frozenset((CA_BUNDLE, CLIENT_FILE, MISSING, BOX_TARGET, CURL, GIT))

READERS = (
    (RETRYING, _retrying),
    (MISSING, _missing),
    (COULD_NOT_FETCH, _fetching),
    (COULD_NOT_INSTALL, _installing),
    (CA_BUNDLE, _bundle),
    (CLIENT_FILE, _client_file),
    (EXCEPTION, _exception),
    (BOX_TARGET, _target),
    (GIT, _git),
    (CURL, _curl),
    (NOT_FOUND, _not_found),
)
