"""Origins: scheme, host and port, and URLs made fit to be shown."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80}

# Query parameters whose values are secrets (signed URLs of object stores, tokens of forges).
SECRET_PARAMETER = re.compile(
    r"(?i)([?&;#][^=&;#]{0,80}?(?:token|key|secret|sig|passw|pwd|credential|jwt|auth)[^=&;#]{0,80}=)[^&;#]+"
)

# What stands in a path in place of a password: whatever follows /t/ (as Anaconda's servers have it), and
# parts of letters and digits without rhyme. A name is made of words, with two digits at their ends at most.
_TOKEN = re.compile(r"(?<=/t/)[^/?#]+")
_LONG_PART = re.compile(r"(?<=/)[^/?#.\s]{20,}(?=[/?#\s]|$)")
_NAME = re.compile(r"(?:[A-Za-z]*[0-9]{0,2}|[0-9]{4})(?:[-_+](?:[A-Za-z]*[0-9]{0,2}|[0-9]{4}))*")
_LETTER, _DIGIT = re.compile(r"[A-Za-z]"), re.compile(r"[0-9]")

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
AUTHORITY = re.compile(r"[^/?#]*")
HOST_AND_PORT = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::\d*)?")

HIDDEN = "****"
LONGEST_HOST = 255


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where a connection goes."""

    scheme: str
    """"https" or "http"."""
    host: str
    """Lower case, IDNA ASCII, without brackets."""
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse(url: str) -> Origin | None:
    """The origin of a URL, also of ``git+https://...``; None if it is none of http's. Never raises."""
    scheme, separator, rest = url.strip().partition("://")
    scheme = scheme.lower().rpartition("+")[2]
    # urlsplit takes control characters out, and so would read another host than is shown.
    if not separator or scheme not in DEFAULT_PORTS or CONTROL.search(rest):
        return None
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname, parts.port
        # A backslash ends the authority for urllib3, and not for urlsplit.
        if not host or port == 0 or "\\" in parts.netloc:
            return None
        return Origin(scheme, _ascii(host), port or DEFAULT_PORTS[scheme])
    except ValueError:
        return None


def _ascii(host: str) -> str:
    """Raises ValueError (UnicodeError is one) if it can be no host's name."""
    if len(host) > LONGEST_HOST:
        raise ValueError("too long")
    name = (host if host.isascii() else host.encode("idna").decode("ascii")).lower().rstrip(".")
    if not name or not name.isprintable() or any(character in name for character in " /\\@'\"<>"):
        raise ValueError("no host name")
    return name


def redact(url: str) -> str:
    """The URL without credentials: the user's part, tokens in the path, and secrets in the query.

    Also without a scheme (``//user:password@host/``), and where a password was not quoted and so
    looks like a path: then what stands before its last ``@`` goes.
    """
    lead, separator, rest = url.partition("//")
    if not separator:
        return url
    authority = AUTHORITY.match(rest)
    end = authority.end() if authority else 0
    if "@" in rest[:end]:
        rest = f"{HIDDEN}@{rest[rest.rindex('@', 0, end) + 1 :]}"
    elif "@" in rest and not HOST_AND_PORT.fullmatch(rest, 0, end):
        rest = f"{HIDDEN}@{rest.rpartition('@')[2]}"
    return lead + separator + SECRET_PARAMETER.sub(rf"\g<1>{HIDDEN}", redact_path(rest))


def redact_path(path: str) -> str:
    """A path, or what else follows `//`, without what looks like a token."""
    end = min((place for place in map(path.find, "?#") if place >= 0), default=len(path))
    shown = _LONG_PART.sub(_part, _TOKEN.sub(HIDDEN, path[:end]))
    return shown + path[end:]


def _part(match: re.Match[str]) -> str:
    part = match[0]
    is_mixed = _LETTER.search(part) and _DIGIT.search(part)
    return HIDDEN if is_mixed and not _NAME.fullmatch(part) else part
