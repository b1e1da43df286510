"""The forms that statements on failures have: pip's of all ages, Python's, git's and curl's, as a table.

Each row is a pattern for where a statement begins, in a text without blanks (printed.py), and what
reads it from there. A statement starts where a line starts; what merely mentions TLS has none of
these forms.
"""

import re
from collections.abc import Callable, Iterator

from pipsafe import origin
from pipsafe.statements.statement import (
    Evidence,
    Place,
    evidence_at,
    failure,
    file_in,
    message_between,
    shortened,
)
from pipsafe.statements.words import IN_BUILDS, OF_CURL, Kind, kind_of


def _retrying(match: re.Match[str], place: Place) -> Iterator[Evidence]:
    # The end of a repr, and the path of the request: `...))': /simple/x/`.
    ends = [end for mark in ("':/", "':http") if (end := place.end(mark, match.end())) >= 0]
    if ends:
        path = place.page.rest(min(ends) + 2, begun=match.start()).split()
        left = int(match["left"]) if match["left"] else None
        yield from failure(place, match.end(), min(ends), path=path[0] if path else None, tries_left=left)


def _fetching(match: re.Match[str], place: Place) -> Iterator[Evidence]:
    for mark in FETCH_MARKS:
        start = place.end(mark, match.end())
        if start >= 0:
            reason = start + len(mark)
            end = place.end("-skipping", reason)
            end = end if end >= 0 else place.page.line_end(reason)
            if end < len(place.page.squeezed):  # else pip is still writing it
                yield from failure(place, reason, end, url=place.text(match.end(), start))
            return


def _boxed(match: re.Match[str], place: Place) -> Iterator[Evidence]:
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
    yield from failure(
        place, start, end, url=url, host=host[1] if host else None, least=BOXES[match["reference"]]
    )


BOXES = {
    "ssl-verification-failed": Kind.CERTIFICATE,
    "ssl-missing": Kind.SSL_MISSING,
    "proxy-connection-failed": Kind.PROXY,
}


def _exception(match: re.Match[str], place: Place) -> Iterator[Evidence]:
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
    is_own = not name or "pip._vendor" in match[0]
    yield from failure(place, start, end, least=least, speaker="pip" if is_own else "python")


def _file_missing(match: re.Match[str], place: Place) -> Iterator[Evidence]:
    """requests found no file where a setting of pip's says one is."""
    kind = Kind.CLIENT_CERT if match["theirs"] else Kind.CA_FILE
    words = place.page.words(match.start("it"), match.end("it"))
    path = place.page.rest(match.end(), begun=match.start()).strip()
    yield evidence_at(place, kind, words, "index", path=path or None)


def _mismatch(match: re.Match[str], place: Place) -> Iterator[Evidence]:
    """urllib3's own warning. It names no port."""
    words = place.page.words(match.start("it"), match.end("it"))
    yield evidence_at(place, Kind.HOSTNAME, words, "index")


def _missing(match: re.Match[str], place: Place) -> Iterator[Evidence]:
    words = place.page.words(match.start("it"), match.end("it"))
    yield evidence_at(place, Kind.SSL_MISSING, words, "index")


def _git(match: re.Match[str], place: Place) -> Iterator[Evidence]:
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
    path = file_in(said) if kind is Kind.CA_FILE else None
    # git is a child of pip's wherever its words stand: a repository chooses its submodules.
    leg = "proxy" if kind is Kind.PROXY else "vcs"
    line = place.line.number
    yield Evidence(kind, shortened(said), leg, url, where, path, True, line, "git")


def _curl(match: re.Match[str], place: Place) -> Iterator[Evidence]:
    if match["code"] in CURL_CODES:
        said = place.page.rest(match.end(), begun=match.start())
        kind = kind_of(place.text(match.end(), match.end() + 300)) or Kind.PROTOCOL
        path = file_in(said) if kind is Kind.CA_FILE else None
        line = place.line.number
        yield Evidence(kind, shortened(said), "build-backend", None, None, path, True, line, "curl")


def _not_found(_: re.Match[str], place: Place) -> Iterator[Evidence]:
    yield evidence_at(place, Kind.NOT_FOUND, "", "index")


def in_build(place: Place) -> Iterator[Evidence]:
    """Tools that a build runs put their words anywhere in a line."""
    squeezed, line = place.page.squeezed, place.line
    match = IN_BUILDS.search(squeezed, line.start, line.end + 80)
    if match is None or match.start() >= line.end:
        return
    start = match.start()
    closed = re.search(r"\(_ssl\.c:\d+\)", place.text(start))
    end = start + closed.end() if closed else line.end
    kind = kind_of(place.text(start, line.end + 200)) or Kind.CERTIFICATE
    if kind is Kind.UNREACHABLE:
        kind = Kind.CERTIFICATE
    message = message_between(place, start, end)
    yield Evidence(kind, message, "build-backend", None, None, None, True, line.number, "tool")


PREFIX = r"(?:WARNING:|ERROR:)?"
FETCH_MARKS = (
    ":Therewasaproblemconfirmingthesslcertificate:",
    ":proxyconnectionerror:",
    ":connectionerror:",
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

Form = tuple[re.Pattern[str], Callable[["re.Match[str]", Place], Iterator[Evidence]]]

FORMS: tuple[Form, ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (
            PREFIX + r"Retrying\(Retry\((?:total=(?P<left>\d{1,4}))?[^()]{0,300}\)\)afterconnectionbrokenby'",
            _retrying,
        ),
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
