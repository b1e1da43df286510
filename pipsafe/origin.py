from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def parse(url: str) -> Origin | None:
    try:
        p = urlsplit(url.partition("+")[2] if "+" in url.partition(":")[0] else url)
        if p.scheme in ("http", "https") and p.hostname:
            return Origin(p.scheme, p.hostname.lower(), p.port or (443 if p.scheme == "https" else 80))
    except ValueError:
        pass
    return None


def redact(url: str) -> str:
    import re

    return re.sub(r"://[^/@]+@", "://****@", url)
