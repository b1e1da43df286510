from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from pipsafe.origin import Origin


class Kind(enum.Enum):
    CERTIFICATE = "certificate"
    HOSTNAME = "hostname"
    CA_FILE = "ca-file"
    PROTOCOL = "protocol"
    CLIENT_CERT = "client-cert"
    SSL_MISSING = "ssl-missing"
    PROXY = "proxy"
    NOT_FOUND = "not-found"


@dataclass(frozen=True, slots=True)
class Evidence:
    kind: Kind
    message: str
    leg: str
    url: str | None
    origin: Origin | None
    path: str | None
    inner: bool


def read(text: str) -> tuple[Evidence, ...]:
    out = []
    for m in re.finditer(r"certificate verify failed: ([^(]*)\(.*?'?: (/\S*)", text):
        out.append(Evidence(Kind.CERTIFICATE, m[1].strip(), "index", None, None, m[2], False))
    if "Could not find a suitable TLS CA" in text:
        out.append(Evidence(Kind.CA_FILE, "", "index", None, None, None, False))
    if "No matching distribution" in text:
        out.append(Evidence(Kind.NOT_FOUND, "", "index", None, None, None, False))
    return tuple(dict.fromkeys(out))
