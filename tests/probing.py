"""Questions to a prober, as several tests put them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy, parse
from pipsafe.probes.answered import Survey
from pipsafe.probes.asked import Place, Trust
from pipsafe.probes.probe import Prober
from tests.lab.authority import Authority
from tests.lab.interceptor import ConnectProxy
from tests.lab.targets import pythons

INTERPRETERS = tuple(
    path
    for name, path in sorted(pythons().items(), key=lambda item: int(item[0].partition(".")[2]))
    if int(name.partition(".")[2]) >= 7
)
EDGES = tuple(dict.fromkeys((INTERPRETERS[0], INTERPRETERS[-1])))
"""The oldest and the newest interpreter."""
TURNS = tuple(path for path in INTERPRETERS if path in EDGES or path.name in ("python3.8", "python3.10"))
"""Those since which a handshake shows more, too: the messages in 3.8, the whole chain in 3.10."""

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS: Mapping[str, ssl.TLSVersion] = {"1.2": TLS_1_2, "1.3": TLS_1_3}

SECONDS = 5.0
NO_TRUST = Trust(carried=False, pem=Authority("Example Nobody").pem.decode())


def at(port: int, host: str = "localhost", proxy: Proxy | None = None) -> Place:
    return Place(Origin("https", host, port), proxy)


def trusting(*authorities: Authority, at_proxy: Trust | None = None, strict: bool = False) -> Trust:
    pem = b"".join(authority.pem for authority in authorities).decode()
    return Trust(carried=False, pem=pem, at_proxy=at_proxy, strict=strict)


def one(prober: Prober, place: Place, trust: Trust, *, seconds: float = SECONDS) -> Survey:
    """The survey of one place under pip's trust."""
    (survey,) = prober.survey([place], {"pip": trust}, seconds=seconds)
    return survey


def through(proxy: ConnectProxy, url: str | None = None) -> Proxy:
    found = parse(url or proxy.url)
    assert found is not None
    return found
