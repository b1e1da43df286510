"""What pip's kin say when TLS fails: uv, Poetry, conda, npm, cargo, curl, wget, Go, Java, Python's libraries.

Each row is how a statement begins, and how many lines it may take. Whether it is one of a failure,
its words decide (pipsafe/statements/words.py, verifier_words.py); where the connection went, the URL in it or
the nearest one before it. Recorded from the tools themselves where tests/logs says so; conda and
mamba from reports that quote them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipsafe import origin
from pipsafe.logs.sighting import Sighting
from pipsafe.logs.verifier_words import meaning_in
from pipsafe.origin import Origin
from pipsafe.statements.printed import Printed
from pipsafe.statements.statement import POOL, file_in
from pipsafe.statements.words import Kind, kind_of, message_in, unquoted

LONGEST = 3_000
"""Characters of a statement."""
FURTHEST = 12
"""Lines before a statement in which its URL may stand."""
MOST_LINES = 60
"""Of a statement, those included that a narrow console made."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a tool's statement begins."""

    tool: str
    begins: str
    """A pattern for a text without blanks, at the beginning of a line."""
    lines: int
    """That it takes at most, the first included."""
    least: Kind | None = None
    """What it speaks of if its words say no more."""


# The first that matches decides.
FORMS = (
    # uv's causes, and cargo's, which stand in a line of their own; older uv draws a tree.
    Form("uv", r"warning:(?=(?:Invalid|Novalidcertificatesfoundin)`?SSL_CERT_)", 1, Kind.CA_FILE),
    Form("cargo", r"(?:warning:spuriousnetworkerror|Causedby:\[(?:35|51|58|60|77|80|90|91)\])", 3),
    Form("cargo", r"\[(?:35|51|58|60|77|80|90|91)\](?=SSL|TLS|Problem|Peer)", 3),
    Form("uv", r"(?:cause:|Causedby:|╰─▶|├─▶|[│|]?╰─▶)", 2),
    # libmamba, and conda, whose statements go over many lines.
    Form(
        "mamba",
        r"(?:critical|error|warning|RuntimeError:)?(?:libmamba)?(?:Transfererror|Downloaderror)\(\d{1,2}\)",
        4,
    ),
    Form("mamba", r"(?:critical|error|warning)libmamba", 4),
    Form("conda", r"Conda(?:SSL|HTTP|Proxy)Error:", 14),
    Form("conda", r"['\"]?SSLError\(MaxRetryError\(", 4),
    Form("conda", r"AnHTTPerroroccurredwhentryingtoretrievethisURL", 8),
    # Poetry
    Form("poetry", r"(?=Allattemptstoconnectto(?P<host>[\w.:\[\]-]{1,255}?)failed\.)", 5, Kind.UNREACHABLE),
    Form("poetry", r"\|?(?=HTTPSConnectionPool\()", 3),
    # npm and Node
    Form("npm", r"npm(?:ERR!|error)code(?P<code>[A-Z_0-9]{3,60})", 6),
    Form("node", r"(?:Fetch|Request)?Error:(?=\w*(?:self-?signed|unableto(?:get|verify)|certificate))", 3),
    Form("node", r"code:'(?=[A-Z_]*CERT|UNABLE_TO)", 1),
    # curl's codes for connections that never came to TLS; the others are read with pip's words.
    Form("curl", r"curl:\((?:5|6|7|28|56)\)", 1),
    Form("git", r"fatal:unabletoaccess'https://[^']{1,2000}':", 1),
    Form("wget", r"ERROR:(?:cannotverify|Thecertificateof|certificatecommonname|nocertificatesubject)", 3),
    Form("wget", r"(?=Thecertificate'sownerdoesnotmatchhostname)", 1),
    Form("wget", r"(?:GnuTLS|OpenSSL):", 1),
    Form("wget", r"Connectingto.{1,300}?\.\.\.failed:", 1),
    # Python's libraries, as the last lines of tracebacks have them.
    Form(
        "python",
        r"(?:httpx|httpcore|aiohttp|urllib3?|requests|http|ssl|anyio|socket)\.[\w.]{1,120}(?:Error|Timeout)\w{0,20}:",
        3,
    ),
    Form("java", r"(?:Causedby:)?(?:javax\.net\.ssl|sun\.security|java\.security)\.[\w.]{1,120}Exception", 2),
    Form("go", r"(?:[\w\[\]:.-]{0,80}:)?(?:Get|Head|Post)\"https://", 3),
    Form("go", r".{0,200}?:tls:failedtoverifycertificate:", 2),
)
FORM = re.compile("|".join(f"(?P<f{number}>{form.begins})" for number, form in enumerate(FORMS)))

URL = re.compile(r"https://[^\s'\"`<>|,)\]}]{1,2000}")
EXCEPTION = re.compile(r"\[(?:SSL|X509)[:\]]|SSL\w{0,30}Error\(|OSError\(|\w{1,40}ConnectionError\(")
LEAD = re.compile(
    r"^(?:cause: |Caused by: |\(\d+ tries remaining\): |[│├╰|─▶ ]+"
    r"|npm (?:ERR!|error) (?:network |FetchError: )?(?:request to \S{1,2000} failed, reason: )?)"
)
FILE = re.compile(r"(?:does not exist|`): (?P<path>\S.{0,1000}?)(?:\. No default|$)")
CONNECTING = re.compile(
    r"(?:Cannotconnecttohost|inconnectionto|[Ff]ailedtoconnectto)(?P<host>[\w.-]{1,255}?)(?::|port)(?P<port>\d{1,5})"
)
NPM_REASON = "failed,reason:"
TRIES = re.compile(r"\((?P<left>\d{1,3})triesremaining\)")

# Kinds that no row of pipsafe.words has, since pip never says them so.
KINDS = (
    (
        Kind.PROXY,
        re.compile(r"tunnelerror:|proxyauthorizationrequired|CondaProxyError|[Pp]roxyauthentication"),
    ),
    (Kind.SSL_MISSING, re.compile(r"OpenSSLappearstobeunavailable|SSLmoduleisnotavailable")),
    (
        Kind.CLIENT_CERT,
        re.compile(r"receivedfatalalert:(?:CertificateRequired|BadCertificate|UnknownCA|AccessDenied)"),
    ),
    (
        Kind.PROTOCOL,
        re.compile(r"receivedfatalalert:|receivedcorruptmessage|tlshandshakeeof|peerisincompatible"),
    ),
    (
        Kind.PROTOCOL,
        re.compile(r"unexpectedTLSpacket|TLSconnectionwasnon-properly|ERR_SSL_\w|EPROTO|SSLconnecterror"),
    ),
    (Kind.PROTOCOL, re.compile(r"disconnectedbeforesecureTLSconnection")),
    (Kind.UNREACHABLE, re.compile(r"dnserror|tcpconnecterror|Connectcallfailed|inthepu(?:ll|sh)function")),
    (Kind.UNREACHABLE, re.compile(r"E(?:CONNREFUSED|CONNRESET|NOTFOUND|TIMEDOUT|AI_AGAIN)")),
    (
        Kind.UNREACHABLE,
        re.compile(r"operationtimedout|HTTP000CONNECTIONFAILED|Couldnotresolve|\b[Cc]onnectionreset"),
    ),
)
# Of a certificate, whatever the words say besides.
OF_CERTIFICATES = frozenset((Kind.CERTIFICATE, Kind.HOSTNAME, Kind.PROTOCOL))


def sightings(page: Printed, taken: frozenset[int]) -> Iterator[Sighting]:
    """The failures that the page speaks of in these forms, but not in the lines that are taken."""
    done = -1
    for number, line in enumerate(page.lines):
        if line.number in taken or number <= done:
            continue
        found = FORM.match(page.squeezed, line.start)
        if found is None or found.lastgroup is None:
            continue
        form = FORMS[next(at for at in range(len(FORMS)) if found[f"f{at}"] is not None)]
        sighting = _read(page, number, form, found)
        if sighting is not None:
            # A chain of causes has its reason in one of its lines.
            done = _last(page, number, form) if form.lines > 2 else number
            yield sighting


def _read(page: Printed, number: int, form: Form, found: re.Match[str]) -> Sighting | None:
    line = page.lines[number]
    last = _last(page, number, form)
    end = min(page.lines[last].end, line.start + LONGEST)
    words = page.squeezed[line.start : end]
    meaning = meaning_in(words)
    kind = _kind(words, form)
    if kind is None and meaning is not None:
        kind = Kind.CERTIFICATE
    if kind is None:
        return None
    at = meaning.start if meaning is not None and kind in OF_CERTIFICATES else max(words.find(NPM_REASON), 0)
    message = _message(page, line.start, end, found.end(), at)
    if kind is Kind.CA_FILE:
        file = FILE.search(message)
        where, path, url = None, file["path"] if file else file_in(message), None
    else:
        where, url = _where(page, number, words, found)
        path = "/" + url.partition("://")[2].partition("/")[2] if url else None
    tries = TRIES.search(words)
    return Sighting(
        line=line.number,
        tool=_tool(form.tool, page, number),
        leg="vcs" if form.tool == "git" else _leg(url),
        kind=kind,
        message=message,
        words=words,
        origin=where,
        path=path,
        tries_left=int(tries["left"]) if tries else None,
        has_reason=form.least is not Kind.UNREACHABLE or kind_of(words) is not None,
    )


def _last(page: Printed, number: int, form: Form) -> int:
    """The index of the last line that belongs to it: the next statement of the same form begins another."""
    last, left = number, form.lines
    while last + 1 < len(page.lines) and last - number < MOST_LINES:
        following = page.lines[last + 1]
        # What a console moved down is no line of its own.
        left -= not following.is_rest
        if left <= 0 or (form.lines <= 3 and FORM.match(page.squeezed, following.start)):
            break
        last += 1
    return last


def _kind(words: str, form: Form) -> Kind | None:
    named = next((kind for kind, pattern in KINDS if pattern.search(words)), None)
    # No connection is what a statement speaks of if it speaks of nothing else.
    kind = (kind_of(words) or named) if named is Kind.UNREACHABLE else named or kind_of(words)
    if form.least is Kind.CA_FILE:
        return form.least
    return kind or form.least


def _message(page: Printed, start: int, end: int, begun: int, at: int) -> str:
    """What of a statement to show: an exception's own words, or the line that tells, without its lead."""
    words = page.squeezed[start:end]
    if EXCEPTION.search(words):
        first, past = message_in(words)
        if past > first:
            return unquoted(page.words(start + first, start + past))
    told = max(start + at, begun)
    telling = page.lines[page.number_at(told)]
    first = begun if telling.start <= begun < telling.end else telling.start
    said = page.words(first, min(telling.end, end))
    return unquoted(LEAD.sub("", said))


def _where(page: Printed, number: int, words: str, found: re.Match[str]) -> tuple[Origin | None, str | None]:
    """Origin and URL: of the connection itself, or of the request that led to it."""
    pool = POOL.search(words.replace("\\'", "'"))
    if pool:
        name = pool["host"].strip("[]")
        return origin.parse(f"https://{f'[{name}]' if ':' in name else name}:{pool['port']}"), None
    connecting = CONNECTING.search(words)
    if connecting:
        return origin.parse(f"https://{connecting['host']}:{connecting['port']}"), None
    host = found.groupdict().get("host")
    if host:
        return origin.parse(f"https://{host}"), None
    for at in range(number, max(number - FURTHEST, -1), -1):
        url = URL.search(page.lines[at].text)
        if url:
            return origin.parse(url[0]), origin.redact(url[0])
    after = page.lines[number + 1 : number + 4]
    url = next((url for line in after if (url := URL.search(line.text))), None)
    return (origin.parse(url[0]), origin.redact(url[0])) if url else (None, None)


def _leg(url: str | None) -> str:
    last = (url or "").partition("?")[0].partition("#")[0].rpartition("/")[2]
    return "file" if re.search(r"\.(?:whl|tar\.\w{1,3}|zip|conda|tgz|crate)$", last) else "index"


def _tool(tool: str, page: Printed, number: int) -> str:
    """cargo's chains of causes look as uv's do, and mamba's words as micromamba's."""
    if tool == "uv":
        before = page.squeezed[max(page.lines[number].start - 600, 0) : page.lines[number].start]
        if re.search(r"Updating`?(?:sparse\+)?|crates-io|config\.json|\.crate\b", before):
            return "cargo"
    return tool
