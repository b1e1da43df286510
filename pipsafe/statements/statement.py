"""One statement on a failure: what it says, where, and whose words it is made of, as a value.

How a statement is recognised stands in statement_forms.py; here is what all forms have in common:
the words of an exception and what they speak of, the places that they name, and the leg.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipsafe import origin
from pipsafe.origin import Origin
from pipsafe.statements.captured import Block
from pipsafe.statements.printed import Line, Printed
from pipsafe.statements.words import Kind, kind_of, message_in, unquoted

LONGEST_REASON = 4_000
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
    # From here on: what does not make one failure another.
    line: int = field(default=0, compare=False)
    """Where it begins in the text, the first line being 0."""
    speaker: str = field(default="pip", compare=False)
    """Whose form it has: pip | git | curl | python | tool."""
    tries_left: int | None = field(default=None, compare=False)
    """How often pip will try again; None if this says nothing of that."""


@dataclass(frozen=True, slots=True)
class Place:
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


POOL = re.compile(
    r"HTTPSConnectionPool\(host=u?'(?P<host>[^']{1,255})',port=(?P<port>\d{1,5})\)"
    r"(?::Maxretriesexceededwithurl:(?P<path>.{1,2000}?)\(Causedby)?"
)


def failure(
    place: Place,
    start: int,
    end: int,
    *,
    url: str | None = None,
    host: str | None = None,
    path: str | None = None,
    least: Kind | None = None,
    speaker: str = "pip",
    tries_left: int | None = None,
) -> Iterator[Evidence]:
    """Evidence if the reason between two offsets is one; `least` if its words say no more."""
    reason = place.text(start, end)
    kind = _kind(reason, url, least)
    if kind is None:
        return
    where, url, path = _where(reason, url, host, path)
    leg = _leg(url, path, place)
    if kind is Kind.CA_FILE:
        path = None  # not the file's, and the file is at fault wherever pip went
    message = message_between(place, start, end)
    yield evidence_at(
        place, kind, message, leg, url=url, where=where, path=path, speaker=speaker, tries_left=tries_left
    )


def _kind(reason: str, url: str | None, least: Kind | None) -> Kind | None:
    if least in (Kind.PROXY, Kind.SSL_MISSING):
        return least
    kind = kind_of(reason)
    if kind is None or kind is Kind.UNREACHABLE:
        kind = least or kind
    # Since 26.2 the reason is bare. Truststore's is then a tuple's repr, in the system's language.
    if kind is None and url and re.match(r"\(u?['\"].*['\"],\)$", reason):
        kind = Kind.CERTIFICATE
    return kind


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
        path = origin.redact_path(pool["path"]) if pool["path"] else None
        return at or asked, origin.redact(url) if url else None, None if url else path
    where = origin.parse(url) if url else None
    if where is not None and host and host.strip("[]").lower() != where.host:
        where = None
    return where, origin.redact(url) if url else None, path


def message_between(place: Place, start: int, end: int) -> str:
    """The verifier's own words in the reason between two offsets, "" if there are none."""
    first, last = message_in(place.text(start, end))
    return shortened(unquoted(place.page.words(start + first, start + last))) if last > first else ""


USER = re.compile(r"(?<=//)[^\s/]*@")


def without_secrets(words: str) -> str:
    """Words whose URLs have no credentials, also where one stands in another."""
    parts = re.split(r"(\s+)", words)
    return "".join(
        USER.sub(f"{origin.HIDDEN}@", origin.redact(part)) if "//" in part else part for part in parts
    )


def shortened(words: str) -> str:
    """A message without what leads to it."""
    for lead in ("SSL certificate problem: ", "certificate verify failed: "):
        words = words.removeprefix(lead)
    gnutls = re.match(r"server certificate verification failed", words)
    # What is cut off could be what shows that something is a password.
    return without_secrets(unquoted(gnutls[0] if gnutls else words))[:300].strip()


def file_in(said: str) -> str | None:
    """The file that words on a CA or client certificate setting name."""
    found = re.search(
        r"(?:invalid path: |file[:]? |locations:\s*CAfile: |CAfile: )(?P<path>/.*?|[A-Za-z]:\\.*?|\S.*?)"
        r"(?: CApath: .*| CRLfile: .*| \(Error.*)?$",
        said.strip(),
    )
    return found["path"].rstrip(" '\")") or None if found and found["path"] != "none" else None


def _leg(url: str | None, path: str | None, place: Place) -> str:
    if url and any(url.startswith(link.rstrip("/")) for link in place.link_urls if "://" in link):
        return "find-links"
    if path and any(_path_of(link) == path.rstrip("/") for link in place.link_urls if "://" in link):
        return "find-links"
    last = (url or path or "").partition("?")[0].partition("#")[0].rpartition("/")[2]
    return "file" if "." in last else "index"


def _path_of(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2].rstrip("/")


def evidence_at(
    place: Place,
    kind: Kind,
    message: str,
    leg: str,
    *,
    url: str | None = None,
    where: Origin | None = None,
    path: str | None = None,
    speaker: str = "pip",
    tries_left: int | None = None,
) -> Evidence:
    """Evidence with the leg and the speaker that the place makes of it."""
    block, indent = place.block, place.line.indent
    inner = block is not None and block.is_of_package
    names_a_host = where is not None or url is not None
    inner = inner or indent > DEEPEST_OF_PIP or (names_a_host and indent > 0 and not place.is_old)
    if block is not None and block.is_of_package:
        leg = block.leg
    if kind is Kind.PROXY:
        leg = "proxy"
    return Evidence(kind, message, leg, url, where, path, inner, place.line.number, speaker, tries_left)
