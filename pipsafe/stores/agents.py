"""CA files that endpoint agents and antivirus programs keep on a machine whose TLS connections they inspect.

Paths, each seen in the vendor's or others' public documents and scripts: Netskope (aberoham/fumitm,
fumitm.py and fumitm_windows.py; for Linux ns-toconnor/ssl-configure-script), Cloudflare (its documentation,
"Install certificate using the Cloudflare One Client"; the plural folder is newer), Zscaler (users' scripts),
AdGuard (AdguardTeam/KnowledgeBase), Avast, AVG, Norton and Kaspersky (users' scripts). Whether a file may be
used is judged where it is read: only an administrator may be able to write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipsafe.stores import places
from pipsafe.trust.sources import Source

if TYPE_CHECKING:
    from collections.abc import Mapping


class Agent(NamedTuple):
    """Where one product keeps its CA."""

    product: str
    platform: str
    """As in sys.platform."""
    path: str
    """With `*` for any part of one name, and variables as on Windows."""


_NETSKOPE = {
    "linux": "/opt/netskope/stagent/data",
    "darwin": "/Library/Application Support/Netskope/STAgent/data",
    "win32": "%ProgramData%/Netskope/STAgent/data",
}
_CLOUDFLARE = {
    "linux": "/var/lib/cloudflare-warp",
    "darwin": "/Library/Application Support/Cloudflare",
    "win32": "%ProgramData%/Cloudflare",
}
_ADGUARD = "/Library/Application Support/AdGuard Software/com.adguard.mac.adguard/AdguardCore"

AGENTS = (
    *[
        Agent("Netskope client", platform, f"{folder}/{name}")
        for platform, folder in _NETSKOPE.items()
        for name in ("nscacert.pem", "nstenantcert.pem", "nscacert_combined.pem")
    ],
    Agent("Netskope client", "win32", "%ProgramData%/netskopestagent/nscacert.pem"),
    *[
        Agent("Cloudflare WARP client", platform, f"{folder}/{name}")
        for platform, folder in _CLOUDFLARE.items()
        for name in ("installed_certs/*.pem", "installed_cert.pem")
    ],
    Agent("Zscaler Client Connector", "linux", "/opt/zscaler/cert/*.pem"),
    Agent("Zscaler Client Connector", "darwin", "/Applications/Zscaler/cert/*.crt"),
    Agent("Zscaler Client Connector", "win32", "%ProgramData%/Zscaler/cert/*"),
    Agent("AdGuard", "darwin", f"{_ADGUARD}/Adguard Personal CA.cer"),
    Agent("Avast", "win32", "%ProgramData%/Avast Software/Avast/wscert.pem"),
    Agent("AVG", "win32", "%ProgramData%/AVG/Antivirus/wscert.pem"),
    Agent("Norton", "win32", "%ProgramData%/Norton/Antivirus/wscert.pem"),
    Agent("Kaspersky", "win32", "%ProgramData%/Kaspersky Lab/AVP*/Data/Cert/*personal root certificate.cer"),
)


def sources(environ: Mapping[str, str], platform: str, root: str = "/") -> tuple[Source, ...]:
    """The files that are there, in the order of the table."""
    return tuple(
        Source("provisioned", agent.product, path)
        for agent in AGENTS
        if platform.startswith(agent.platform)
        for path in places.matching(agent.path, environ, root)
    )
