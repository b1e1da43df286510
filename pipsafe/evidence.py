"""From pip's words to values: what failed, where, and whose words these are.

Pure. The words only raise the question: a handshake answers it. So this reads generously
what pip itself says, and marks what a child process of pip said (`inner`): a package can
print anything.

Rules
- A statement starts where a line starts. What merely mentions TLS (a description, a package's
  name, a help text, a warning that verification is off) has none of the forms below.
- The forms are searched in a text without blanks and line ends (printed.py), so that colours
  and narrow consoles change nothing.
- Where captured output begins and ends is told by captured.py. Besides, who is indented
  further than pip ever is, or names a host from anywhere but the margin, is a child of pip's:
  a build can print at the margin of its own block, never at pip's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipsafe import origin
from pipsafe.captured import Block, blocks
from pipsafe.origin import Origin
from pipsafe.printed import Line, Printed
from pipsafe.suspicion import looks_suspicious
from pipsafe.words import IN_BUILDS, OF_CURL, Kind, kind_of, message_in, unquoted

__all__ = ["Evidence", "Kind", "read"]

MOST = 1_000
"""Distinct items told. A run that fails on more origins than that needs no longer list."""

LONGEST_REASON = 4_000
OF_OLD_PIP = ("Retrying(Retry(", "Nomatchingdistributionfound", "Couldnotfindaversionthatsatisfies")
DEEPEST_OF_PIP = 4
"""Columns. pip's resolver indents by two, twice at most."""


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
    """Where the connection went, not where a redirect to it began. None if the words lack the port."""
    path: str | None
    """The request's path if the words give only that; the CA file's for CA_FILE."""
    inner: bool
    """Whether a child process of pip said it, git included."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement's beginning, and what surrounds it."""

    page: Printed
    line: Line
    block: Block | None
    """The captured output that it stands in."""
    link_urls: tuple[str, ...]
    is_old: bool
    """Whether a pip below 19 speaks, which indents its own words, and no child of it."""

    def end(self, mark: str, start: int) -> int:
        """Where a mark stands behind `start`, -1 if it does not."""
        return self.page.squeezed.find(mark, start, start + LONGEST_REASON)

    def text(self, start: int, end: int | None = None) -> str:
        return self.page.squeezed[start : start + LONGEST_REASON if end is None else end]


def read(text: str) -> tuple[Evidence, ...]:
    """Everything the text speaks of, in order, each once. Never raises; linear in the text."""
    found: dict[Evidence, None] = {}
    for item in _statements(text):
        found.setdefault(item, None)
        if len(found) >= MOST:
            break
    located = {(item.kind, item.inner) for item in found if _names_a_place(item)}
    # What names no place adds nothing to what does: the inner errors of a traceback.
    return tuple(item for item in found if _names_a_place(item) or (item.kind, item.inner) not in located)


def _names_a_place(item: Evidence) -> bool:
    return bool(item.url or item.origin or item.path)


def _statements(text: str) -> Iterator[Evidence]:
    page = Printed(text)
    suspicious = looks_suspicious(text.encode("utf-8", "replace"))
    forms = FORMS if suspicious else FORMS[-1:]
    is_old = _is_of_old_pip(page)
    links: tuple[str, ...] = ()
    done = 0
    for line, block in blocks(page.lines, page.squeezed):
        if line.text.startswith("Looking in links:") and block is None:
            links = tuple(re.split(r",?\s+", line.text))[3:]
        if line.start < done:
            continue
        place = _Place(page, line, block, links, is_old)
        for pattern, reader in forms:
            match = pattern.match(page.squeezed, line.start)
            if match:
                done = match.end()
                yield from reader(match, place)
                break
        else:
            if suspicious and block is not None and block.is_of_package:
                yield from _in_build(place)


def _is_of_old_pip(page: Printed) -> bool:
    """Whether the whole text, from its first line, is of a pip that put no "WARNING: " before its words.

    Not if there is a build's output in it: its end is a divider, which the build can print as well.
    """
    if not page.lines or page.lines[0].indent:
        return False
    starts = [line.start for line in page.lines]
    return any(page.squeezed.startswith(OF_OLD_PIP, start) for start in starts) and not any(
        page.squeezed.startswith(("Completeoutput", "Runningcommand"), start) for start in starts
    )


# The forms


def _retrying(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    # The end of a repr, and the path of the request: `...))': /simple/x/`.
    ends = [end for mark in ("':/", "':http") if (end := place.end(mark, match.end())) >= 0]
    if ends:
        path = place.page.rest(min(ends) + 2, begun=match.start()).split()
        yield from _failure(place, match.end(), min(ends), path=path[0] if path else None)


def _fetching(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    for mark in FETCH_MARKS:
        start = place.end(mark, match.end())
        if start >= 0:
            reason = start + len(mark)
            end = place.end("-skipping", reason)
            end = end if end >= 0 else place.page.line_end(reason)
            if end < len(place.page.squeezed):  # else pip is still writing it
                yield from _failure(place, reason, end, url=place.text(match.end(), start))
            return


def _boxed(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    """pip 26.2 and later: what, where, and the verifier's words, each in a line of the box."""
    fetching = place.end("whilefetching", match.end())
    at = place.end("connectionforhttp", match.end()) if fetching < 0 else fetching
    if at < 0:
        return
    url_at = at + len("whilefetching" if fetching >= 0 else "connectionfor")
    arrow, hint = place.end("╰─>", url_at), place.end("hint:", url_at)
    if arrow >= 0:
        url, start = place.text(url_at, arrow), arrow + len("╰─>")
    else:
        # On a terminal that can show no box.
        words = place.page.rest(url_at, begun=match.start()).split()
        url, start = (words[0] if words else ""), url_at + len(words[0] if words else "")
    end = hint if hint > start else place.page.line_end(start)
    host = re.search(r"secureconnectionto(.{1,255}?)$", place.text(match.end(), at))
    yield from _failure(
        place, start, end, url=url, host=host[1] if host else None, least=BOXES[match["reference"]]
    )


BOXES = {
    "ssl-verification-failed": Kind.CERTIFICATE,
    "ssl-missing": Kind.SSL_MISSING,
    "proxy-connection-failed": Kind.PROXY,
}


def _exception(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    """The last line of a traceback, or what pip says in place of one."""
    start = match.end()
    name = match["name"] or ""
    body = place.text(start)
    if not SPEAKS_OF_TLS.match(body) and name in ANY_ERROR:
        return
    if body.startswith("HTTPSConnectionPool("):
        closed = POOL_ENDS.search(body)
        end = start + closed.end() if closed else place.page.line_end(start)
    elif body.startswith(("[SSL", "[X509", "<urlopenerror")):
        closed = re.search(r"\(_ssl\.c:\d+\)", body)
        end = start + closed.end() if closed else place.page.line_end(start)
    else:
        end = place.page.line_end(start)
    least = Kind.CERTIFICATE if name.endswith("CertVerificationError") else None
    yield from _failure(place, start, end, least=least)


def _file_missing(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    """requests found no file where a setting of pip's says one is."""
    kind = Kind.CLIENT_CERT if match["theirs"] else Kind.CA_FILE
    words = place.page.words(match.start("it"), match.end("it"))
    path = place.page.rest(match.end(), begun=match.start()).strip()
    yield _evidence(place, kind, words, "index", path=path or None)


def _mismatch(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    """urllib3's own warning. It names no port."""
    words = place.page.words(match.start("it"), match.end("it"))
    yield _evidence(place, Kind.HOSTNAME, words, "index")


def _missing(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    words = place.page.words(match.start("it"), match.end("it"))
    yield _evidence(place, Kind.SSL_MISSING, words, "index")


def _git(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    """By structure, since git's own words are in the user's language: a URL, then libcurl's words."""
    start = match.end()
    end = place.page.line_end(start)
    reason = place.text(start, max(end, start + 200))
    kind = kind_of(reason)
    if kind is None:
        return
    said = place.page.rest(start, begun=match.start())
    url = origin.redact(match["url"])
    where = origin.parse(match["url"])
    path = _file_in(said) if kind is Kind.CA_FILE else None
    # git is a child of pip's wherever its words stand: a repository chooses its submodules.
    yield Evidence(kind, _shortened(said), "proxy" if kind is Kind.PROXY else "vcs", url, where, path, True)


def _curl(match: re.Match[str], place: _Place) -> Iterator[Evidence]:
    if match["code"] in CURL_CODES:
        said = place.page.rest(match.end(), begun=match.start())
        kind = kind_of(place.text(match.end(), match.end() + 300)) or Kind.PROTOCOL
        path = _file_in(said) if kind is Kind.CA_FILE else None
        yield Evidence(kind, _shortened(said), "build-backend", None, None, path, True)


def _not_found(_: re.Match[str], place: _Place) -> Iterator[Evidence]:
    yield _evidence(place, Kind.NOT_FOUND, "", "index")


def _in_build(place: _Place) -> Iterator[Evidence]:
    """Tools that a build runs put their words anywhere in a line."""
    squeezed, line = place.page.squeezed, place.line
    match = IN_BUILDS.search(squeezed, line.start, line.end + 80)
    if match is None or match.start() >= line.end:
        return
    start = match.start()
    kind = kind_of(place.text(start, line.end + 200)) or Kind.CERTIFICATE
    closed = re.search(r"\(_ssl\.c:\d+\)", place.text(start))
    reason_end = start + closed.end() if closed else line.end
    yield Evidence(kind, _message(place, start, reason_end), "build-backend", None, None, None, True)


PREFIX = r"(?:WARNING:|ERROR:)?"
FETCH_MARKS = (
    ":Therewasaproblemconfirmingthesslcertificate:",
    ":proxyconnectionerror:",
    ":connectionerror:",
)
POOL = re.compile(
    r"HTTPSConnectionPool\(host=u?'(?P<host>[^']{1,255})',port=(?P<port>\d{1,5})\)"
    r"(?::Maxretriesexceededwithurl:(?P<path>.{1,2000}?)\(Causedby)?"
)
POOL_ENDS = re.compile(r"\(Causedby.{1,3000}?\)\)\)?(?![,')\"])")
SPEAKS_OF_TLS = re.compile(
    r"HTTPSConnectionPool\(|CouldnotfindasuitableTLSCA|CouldnotfindtheTLS|\[SSL|\[X509|Tunnelconnectionfailed"
    r"|Nomodulenamed'?_?ssl|DLLloadfailedwhileimporting_ssl|Can'tconnecttoHTTPSURL|<urlopenerror(?:\[SSL|Tunnel)"
)
ANY_ERROR = frozenset(
    (
        "OSError",
        "IOError",
        "EnvironmentError",
        "ImportError",
        "ModuleNotFoundError",
        "URLError",
        "ConnectionError",
    )
)
CURL_CODES = frozenset(("35", "51", "53", "54", "58", "59", "60", "66", "77", "80", "82", "83", "90", "91"))

Reader = Callable[["re.Match[str]", _Place], Iterator[Evidence]]

FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (PREFIX + r"Retrying\(Retry\([^()]{0,300}\)\)afterconnectionbrokenby'", _retrying),
        (PREFIX + r"CouldnotfetchURL", _fetching),
        (
            PREFIX + r"(?:[A-Za-z_][\w.]{0,120}:)?(?P<it>Couldnotfind(?:asuitableTLSCAcertificatebundle"
            r"|(?P<theirs>theTLS(?:certificate|key)file))),invalidpath:",
            _file_missing,
        ),
        (r"error:(?P<reference>ssl-verification-failed|ssl-missing|proxy-connection-failed)", _boxed),
        (
            PREFIX + r"(?:Couldnotinstallpackagesduetoan|Couldnotopenrequirementsfile:)"
            r"(?P<name>EnvironmentError|OSError)?:?",
            _exception,
        ),
        (
            (
                r"(?:[A-Za-z_][\w.]{0,120}\.)?(?P<name>SSL\w{0,40}Error|CertificateError|MaxRetryError|ProxyError"
                r"|OSError|IOError|EnvironmentError|ImportError|ModuleNotFoundError|URLError|ConnectionError):"
            ),
            _exception,
        ),
        (PREFIX + r"(?P<it>Certificatedidnotmatchexpectedhostname:[^'{]{1,255})\.Certificate:\{", _mismatch),
        (
            PREFIX + r"(?P<it>pipisconfiguredwithlocationsthatrequireTLS/SSL"
            r"(?:,howeverthesslmoduleinPythonisnotavailable)?)",
            _missing,
        ),
        # It says that this Python cannot import ssl, not that truststore is unwelcome.
        (PREFIX + r"(?P<it>Disablingtruststoresincesslsupportismissing)", _missing),
        (r"curl:\((?P<code>\d{1,2})\)", _curl),
        (
            # Some languages put the verb behind the URL.
            r"[^'\"]{0,80}['\"](?P<url>https?://[^'\"]{1,2000})['\"](?:[^'\":：]{0,40}[:：])?(?="
            + OF_CURL.pattern
            + ")",
            _git,
        ),
        (PREFIX + r"(?:Nomatchingdistributionfound|Couldnotfindaversionthatsatisfies)", _not_found),
    )
)
"""In this order, the first that matches decides; the last is no matter of TLS."""


# What they have in common


def _failure(
    place: _Place,
    start: int,
    end: int,
    *,
    url: str | None = None,
    host: str | None = None,
    path: str | None = None,
    least: Kind | None = None,
) -> Iterator[Evidence]:
    """Evidence if the reason between two offsets is one; `least` if its words say no more."""
    reason = place.text(start, end)
    kind = kind_of(reason) or least
    if least in (Kind.PROXY, Kind.SSL_MISSING):
        kind = least
    # Since 26.2 the reason is bare. Truststore's is then a tuple's repr, in the system's language.
    if kind is None and url and re.match(r"\(u?['\"].*['\"],\)$", reason):
        kind = Kind.CERTIFICATE
    if kind is None:
        return
    where, url, path = _where(reason, url, host, path)
    leg = _leg(url, path, place)
    if kind is Kind.CA_FILE:
        path = None  # not the file's, and the file is at fault wherever pip went
    yield _evidence(place, kind, _message(place, start, end), leg, url=url, where=where, path=path)


def _where(
    reason: str, url: str | None, host: str | None, path: str | None
) -> tuple[Origin | None, str | None, str | None]:
    """Origin, URL and path. The pool's own words come first: the URL may have been redirected."""
    pool = POOL.search(reason)
    if pool:
        name = pool["host"].strip("[]")
        at = origin.parse(f"https://{f'[{name}]' if ':' in name else name}:{pool['port']}")
        asked = origin.parse(url) if url else None
        if at is not None and at != asked and pool["path"] and pool["path"].startswith("/"):
            url = f"{at}{pool['path']}"
            return at, origin.redact(url), None
        return at or asked, origin.redact(url) if url else None, None if url else pool["path"]
    where = origin.parse(url) if url else None
    if where is not None and host and host.strip("[]").lower() != where.host:
        where = None
    return where, origin.redact(url) if url else None, path


def _message(place: _Place, start: int, end: int) -> str:
    first, last = message_in(place.text(start, end))
    return _shortened(unquoted(place.page.words(start + first, start + last))) if last > first else ""


def _shortened(words: str) -> str:
    for lead in ("SSL certificate problem: ", "certificate verify failed: "):
        words = words.removeprefix(lead)
    gnutls = re.match(r"server certificate verification failed", words)
    return unquoted(gnutls[0] if gnutls else words)[:300].strip()


def _file_in(said: str) -> str | None:
    """The file that words on a CA or client certificate setting name."""
    found = re.search(
        r"(?:invalid path: |file[:]? |locations:\s*CAfile: |CAfile: )(?P<path>/.*?|[A-Za-z]:\\.*?|\S.*?)"
        r"(?: CApath: .*| CRLfile: .*| \(Error.*)?$",
        said.strip(),
    )
    return found["path"].rstrip(" '\")") or None if found and found["path"] != "none" else None


def _leg(url: str | None, path: str | None, place: _Place) -> str:
    if url and any(url.startswith(link.rstrip("/")) for link in place.link_urls if "://" in link):
        return "find-links"
    if path and any(_path_of(link) == path.rstrip("/") for link in place.link_urls if "://" in link):
        return "find-links"
    last = (url or path or "").partition("?")[0].partition("#")[0].rpartition("/")[2]
    return "file" if "." in last else "index"


def _path_of(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2].rstrip("/")


def _evidence(
    place: _Place,
    kind: Kind,
    message: str,
    leg: str,
    *,
    url: str | None = None,
    where: Origin | None = None,
    path: str | None = None,
) -> Evidence:
    block, indent = place.block, place.line.indent
    inner = block is not None and block.is_of_package
    inner = inner or indent > DEEPEST_OF_PIP or (where is not None and indent > 0 and not place.is_old)
    if block is not None and block.is_of_package:
        leg = block.leg
    if kind is Kind.PROXY:
        leg = "proxy"
    return Evidence(kind, message, leg, url, where, path, inner)
