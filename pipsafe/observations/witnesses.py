"""Other hosts that can say what time it is: where a chain's CAs keep certificates and revocation lists.

One host alone is not believed (see `clock`), and often only one is known. CAs serve these over plain HTTP, so
they can be asked by a machine whose clock makes every certificate look invalid.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from pipsafe.observations import clock, host_names, plain_http
from pipsafe.observations.clock import Observation
from pipsafe.observations.plain_http import PlainHttpFailed
from pipsafe.pip_settings.proxy import Proxy
from pipsafe.x509 import issuance
from pipsafe.x509.certificate import Certificate

MOST_CERTIFICATES = 4
"""Of one chain, the lowest first."""


def ask(
    chain: Sequence[Certificate], *, host: str, proxy: Proxy | None, seconds: float, most: int = 2
) -> tuple[Observation, ...]:
    """What hosts of other owners than ``host`` say the time is. At most ``most`` are asked, all at once."""
    others = hosts(chain, host=host)[:most]
    if not others:
        return ()

    def said_by(other: str) -> Observation | None:
        try:
            answer = plain_http.get(
                f"http://{other}/",
                proxy=proxy,
                seconds=seconds,
                most_bytes=0,
                method="HEAD",
                public_addresses_only=True,
            )
        except PlainHttpFailed:
            return None
        return clock.from_answer(answer, other)

    from concurrent.futures import ThreadPoolExecutor  # takes its time to import

    with ThreadPoolExecutor(len(others)) as pool:
        return tuple(found for found in pool.map(said_by, others) if found is not None)


def hosts(chain: Sequence[Certificate], *, host: str) -> tuple[str, ...]:
    """Public hosts that the chain's certificates name as services of their CAs, one of each owner."""
    found = {host_names.site(host): ""}
    for certificate in chain[:MOST_CERTIFICATES]:
        for url in issuance.read(certificate).service_urls:
            name = _plain_host(url)
            if name is not None and not host_names.is_private(name):
                found.setdefault(host_names.site(name), name)
    return tuple(name for name in found.values() if name)


def _plain_host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        return parts.hostname if parts.scheme == "http" and parts.port in (None, plain_http.PORT) else None
    except ValueError:
        return None
