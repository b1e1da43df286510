"""Asks the target's own interpreter to make handshakes (see target_side/prober.py).

One process answers all questions of a round. It is bounded in time: a watchdog ends it.
"""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy
from pipsafe.probes.prober_process import ProbeFailed, ProberProcess
from pipsafe.x509.certificate import Certificate, MalformedCertificate, parse

__all__ = ["Facts", "Place", "ProbeFailed", "Prober", "Survey", "Trust", "Verdict", "to_pem"]

MOST_ORIGINS = 256
"""Origins looked at in one survey."""

SHARE_TO_BEGIN = 0.4
"""Of the prober's life: within it a survey begins to look at an origin, or not at all."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a pip trusts, as far as it decides a handshake."""

    truststore: bool = False
    """Whether what the system trusts is added."""
    file: str | None = None
    """A CA file or folder that stands in for, or is added to, pip's own roots."""
    carried: bool = True
    """Whether the roots that pip carries count."""
    strict: bool = False
    """Whether RFC 5280 strictness is on."""
    pem: str | None = None
    """Roots given as text instead of a file."""
    openssl_defaults: bool = False
    """Whether OpenSSL's own default paths (on Windows the system's store) count."""
    through_proxy: "Trust | None" = None
    """What holds for an origin behind a proxy, where that is another trust."""
    at_proxy: "Trust | None" = None
    """What judges the certificate of a proxy that is spoken to over TLS. None: whatever vouches for it
    in a survey, else this very trust."""

    def as_request(self) -> dict[str, object]:
        return {
            "truststore": self.truststore,
            "file": self.file,
            "carried": self.carried,
            "strict": self.strict,
            "pem": self.pem,
            "openssl_defaults": self.openssl_defaults,
            "through_proxy": self.through_proxy and self.through_proxy.as_request(),
            "at_proxy": self.at_proxy and self.at_proxy.as_request(),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one handshake went."""

    accepted: bool
    code: int | None
    """OpenSSL's verify code (or the operating system's), 0 when accepted."""
    message: str
    kind: str
    """accepted | certificate | client-certificate | protocol | unreachable | proxy | proxy-tls |
    proxy-certificate | setting | ssl-missing"""

    @property
    def is_of_client_certificate(self) -> bool:
        """Whether it is the client certificate that cannot be used, and no CA setting."""
        return self.kind == "setting" and self.message.startswith("the client certificate")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the target's pip and OpenSSL say of themselves."""

    default_index: str | None
    certifi: str | None
    """Path of the roots that pip carries."""
    truststore: bool
    """Whether truststore can be imported there."""
    openssl: str | None
    """None where there is no ssl."""
    default_file: str | None
    default_folder: str | None
    build: Mapping[str, str | None]
    """How that Python was built and installed: executable, prefix, base_prefix, version, platform, os_id,
    is_conda, ssl_error; and where ssl is missing config_args, openssl_libs, openssl_includes,
    openssl_ldflags."""


@dataclass(frozen=True, slots=True)
class Place:
    """An origin and the way to it."""

    origin: Origin
    proxy: Proxy | None
    client_certificate: str | None = None
    """The file with the certificate, and its key, that pip presents to servers that ask for one."""
    ciphers: str | None = None
    """The ciphers that this pip names by itself; None: it leaves them to Python."""
    is_proxy: bool = False
    """Whether this is a proxy that is spoken to over TLS, to be looked at for its own sake."""

    def as_request(self) -> dict[str, object]:
        proxy = self.proxy
        return {
            "host": self.origin.host,
            "port": self.origin.port,
            "client_certificate": self.client_certificate,
            "ciphers": self.ciphers,
            "is_proxy": self.is_proxy,
            "proxy": proxy
            and {
                "scheme": proxy.scheme,
                "host": proxy.host,
                "port": proxy.port,
                "authorization": proxy.authorization,
                "plainly": proxy.plainly,
            },
        }

    def of_proxy(self) -> "Place | None":
        """The proxy on the way as a place of its own, if pip speaks to it over TLS."""
        proxy = self.proxy
        if proxy is None or proxy.scheme != "https" or proxy.plainly:
            return None
        return Place(Origin("https", proxy.host, proxy.port), None, ciphers=self.ciphers, is_proxy=True)


@dataclass(frozen=True, slots=True)
class Survey:
    """What one origin presents, and what each trust says to it."""

    origin: Origin
    chain: tuple[Certificate, ...]
    """As presented, leaf first."""
    whole: bool
    """Whether the chain is all that was presented; an old Python shows the leaf only."""
    error: Verdict | None
    """Why the chain could not be read."""
    verdicts: Mapping[str, Verdict]
    unmasked: Mapping[str, Verdict]
    """With the chain's own top as if trusted: "time" (name ignored), "name" (time ignored).

    "lenient": pip's trust without strictness, where pip is strict and refuses."""
    spoken: str | None = None
    """The first words of a server that answers in plain text where TLS was expected."""
    asks_for_certificate: bool = False


class Prober:
    """A running prober. A context manager; every method raises ProbeFailed."""

    def __init__(
        self,
        python: str,
        environ: Mapping[str, str],
        *,
        seconds: float,
        process: ProberProcess | None = None,
    ) -> None:
        """``seconds`` bounds the whole life of the process, ``python`` is the interpreter.

        ``process``: one of that interpreter that was started ahead; it is ended with this.
        """
        self.seconds = seconds
        self._process = process or ProberProcess(python, environ)
        self._process.bound(seconds)

    def __enter__(self) -> "Prober":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.end()

    def facts(self, location: str) -> Facts:
        """``location`` is the folder that the target's pip package lies in."""
        answer = self._process.facts(location)
        # A pip in a zip unpacks its roots into a file that it removes when it ends by itself.
        self._process.tidies_up = not os.path.isdir(location)
        return Facts(
            default_index=answer["default_index"],
            certifi=answer["certifi"],
            truststore=answer["truststore"],
            openssl=answer["openssl"],
            default_file=answer["defaults"]["file"],
            default_folder=answer["defaults"]["folder"],
            build=answer["build"],
        )

    def survey(
        self, places: Sequence[Place], trusts: Mapping[str, Trust], *, seconds: float
    ) -> tuple[Survey, ...]:
        """Every place under every trust, all at once; ``seconds`` bounds one connection."""
        request = {
            "op": "survey",
            "origins": [place.as_request() for place in places],
            "trusts": {name: trust.as_request() for name, trust in trusts.items()},
            "seconds": seconds,
            # Where dozens of servers do not answer, what was seen of the others is worth more than nothing.
            "begin_within": SHARE_TO_BEGIN * self.seconds,
        }
        answers = self._process.ask(request)["origins"]
        return tuple(_survey(place.origin, answer) for place, answer in zip(places, answers, strict=True))

    def trial(
        self,
        places: Sequence[Place],
        candidates: Sequence[Sequence[Certificate]],
        *,
        seconds: float,
        at_proxy: Trust | None = None,
        issuer_only: bool = False,
    ) -> tuple[tuple[Verdict, ...], ...]:
        """Every place with each candidate alone: a verdict per candidate, per place.

        A candidate is an anchor and the intermediates that it takes; only what issued itself ends
        a chain. ``at_proxy`` may vouch for a TLS proxy on the way where the candidate does not.
        ``issuer_only``, for a diagnosis: names and dates are not asked for.
        """
        request = {
            "op": "trial",
            "origins": [place.as_request() for place in places],
            "candidates": ["".join(to_pem(item.der) for item in candidate) for candidate in candidates],
            "at_proxy": at_proxy and at_proxy.as_request(),
            "issuer_only": issuer_only,
            "seconds": seconds,
        }
        answers = self._process.ask(request)["origins"]
        return tuple(tuple(Verdict(**item) for item in row) for row in answers)

    def redirects(
        self, pages: Sequence[tuple[Place, str]], trust: Trust, *, seconds: float
    ) -> tuple[str | None, ...]:
        """Where each page, a path on a server, sends its readers, if that server is verified by ``trust``.

        As the server says it, which may be a relative URL; None if it sends them nowhere.
        """
        request = {
            "op": "redirects",
            "pages": [{"origin": place.as_request(), "path": path} for place, path in pages],
            "trust": trust.as_request(),
            "seconds": seconds,
        }
        return tuple(self._process.ask(request)["locations"])

    def prove(
        self, places: Sequence[Place], trust: Trust, environ: Mapping[str, str | None], *, seconds: float
    ) -> tuple[Verdict, ...]:
        """Every place under the trust that a retry would have, in its very environment.

        The last question to a prober: its environment is changed for good.
        """
        request = {
            "op": "prove",
            "origins": [place.as_request() for place in places],
            "trust": trust.as_request(),
            "environ": dict(environ),
            "seconds": seconds,
        }
        return tuple(Verdict(**item) for item in self._process.ask(request)["origins"])


def _survey(origin: Origin, answer: Any) -> Survey:
    chain = []
    for text in answer["chain"]:
        try:
            chain.append(parse(base64.b64decode(text)))
        except (MalformedCertificate, ValueError):
            continue
    return Survey(
        origin=origin,
        chain=tuple(chain),
        whole=answer["whole"],
        error=answer["error"] and Verdict(**answer["error"]),
        verdicts={name: Verdict(**item) for name, item in answer["verdicts"].items()},
        unmasked={name: Verdict(**item) for name, item in answer["unmasked"].items()},
        spoken=answer["spoken"],
        asks_for_certificate=answer["asks"],
    )


def to_pem(der: bytes) -> str:
    """One certificate as PEM, 64 characters a line (RFC 7468)."""
    text = base64.b64encode(der).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
