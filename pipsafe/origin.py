"""Origins: scheme, host and port, and URLs made fit to be shown."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

DEFAULT_PORTS = {"https": 443, "http": 80}

# Query parameters whose values are secrets (signed URLs of object stores, tokens of forges).
SECRET_PARAMETER = re.compile(
    r"(?i)((?:^|[?&;])[^=&;#]*(?:token|key|secret|signature|sig|password|credential)[^=&;#]*=)[^&;#]+"
)

HIDDEN = "****"


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
    if not separator or scheme not in DEFAULT_PORTS:
        return None
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname, parts.port
        if not host:
            return None
        return Origin(scheme, _ascii(host), port or DEFAULT_PORTS[scheme])
    except ValueError:
        return None


def _ascii(host: str) -> str:
    """Raises ValueError (UnicodeError is one) if it can be no host's name."""
    name = host if host.isascii() else host.encode("idna").decode("ascii")
    if not name.isprintable() or any(character in name for character in " /\\@'\"<>"):
        raise ValueError("no host name")
    return name.lower().rstrip(".")


def redact(url: str) -> str:
    """The URL without credentials: the user's part, and secrets among the query's parameters."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    head, slash, path = rest.partition("/")
    if "@" in head:
        head = f"{HIDDEN}@{head.rpartition('@')[2]}"
    elif "@" in rest and "/" in rest.partition("@")[0] and not slash:
        head = HIDDEN
    try:
        parts = urlsplit(f"{scheme}://{head}{slash}{path}")
        query = SECRET_PARAMETER.sub(rf"\g<1>{HIDDEN}", parts.query)
        return urlunsplit(parts._replace(query=query))
    except ValueError:
        return f"{scheme}://{head}"
