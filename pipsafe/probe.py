"""Asks the target's own interpreter to make handshakes (see target_side/prober.py).

One process answers all questions of a round. It is bounded in time: a watchdog ends it.
"""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pkgutil import get_data
from types import TracebackType
from typing import Any

from pipsafe.certificate import Certificate, MalformedCertificate, parse
from pipsafe.origin import Origin
from pipsafe.proxy import Proxy

# The source comes first on stdin: it need not be a file (pipsafe may lie in a zip).
BOOT = "import sys; n = int(sys.stdin.readline()); exec(compile(sys.stdin.read(n), 'prober.py', 'exec'))"

ANSWER_LIMIT = 32 << 20
"""Bytes of one answer: chains are what a hostile server chooses."""

ANSWER = b"pipsafe "
TIDYING_SECONDS = 1.0
MOST_STRAY_LINES = 1000
"""Lines that something else in that interpreter may print before the first answer."""

MOST_ORIGINS = 64
"""Origins looked at in one survey."""


class ProbeFailed(Exception):
    """The prober gave no answer. The message says why."""


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

    def as_request(self) -> dict[str, object]:
        return {
            "truststore": self.truststore,
            "file": self.file,
            "carried": self.carried,
            "strict": self.strict,
            "pem": self.pem,
            "openssl_defaults": self.openssl_defaults,
            "through_proxy": self.through_proxy and self.through_proxy.as_request(),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one handshake went."""

    accepted: bool
    code: int | None
    """OpenSSL's verify code (or the operating system's), 0 when accepted."""
    message: str
    kind: str
    """accepted | certificate | protocol | unreachable | proxy | setting"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the target's pip and OpenSSL say of themselves."""

    default_index: str | None
    certifi: str | None
    """Path of the roots that pip carries."""
    truststore: bool
    """Whether truststore can be imported there."""
    openssl: str
    default_file: str | None
    default_folder: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """An origin and the way to it."""

    origin: Origin
    proxy: Proxy | None

    def as_request(self) -> dict[str, object]:
        proxy = self.proxy
        return {
            "host": self.origin.host,
            "port": self.origin.port,
            "proxy": proxy
            and {
                "scheme": proxy.scheme,
                "host": proxy.host,
                "port": proxy.port,
                "authorization": proxy.authorization,
            },
        }


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
    """With the chain's own top as if trusted: "time" (name ignored), "name" (time ignored)."""


class Prober:
    """A running prober. A context manager; every method raises ProbeFailed."""

    def __init__(self, python: str, environ: Mapping[str, str], *, seconds: float) -> None:
        """``seconds`` bounds the whole life of the process, ``python`` is the interpreter."""
        source = get_data("pipsafe.target_side", "prober.py")
        if source is None:
            raise ProbeFailed("the prober's source is missing")
        self.seconds = seconds
        self._tidies_up = False
        try:
            self._process = subprocess.Popen(
                [python, "-I", "-c", BOOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(environ),
            )
        except OSError as error:
            raise ProbeFailed(f"{python} cannot be started: {error.strerror}") from error
        self._watchdog = threading.Timer(seconds, self._process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()
        self._send(b"%d\n%s" % (len(source), source))

    def __enter__(self) -> "Prober":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watchdog.cancel()
        if self._tidies_up and self._process.stdin is not None:
            try:
                self._process.stdin.close()
                self._process.wait(TIDYING_SECONDS)
            except (OSError, subprocess.TimeoutExpired):
                pass
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass
        self._process.wait()

    def _send(self, data: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.write(data)
            stream.flush()
        except OSError as error:
            raise ProbeFailed("the prober went away") from error

    def _ask(self, request: Mapping[str, object]) -> Any:
        self._send(json.dumps(request).encode("ascii") + b"\n")
        stream = self._process.stdout
        assert stream is not None
        for _ in range(MOST_STRAY_LINES):
            line = stream.readline(ANSWER_LIMIT)
            if not line.endswith(b"\n"):
                break
            if line.startswith(ANSWER):
                try:
                    return json.loads(line[len(ANSWER) :])
                except ValueError as error:
                    raise ProbeFailed("the prober's answer cannot be read") from error
        raise ProbeFailed("the prober gave no answer in time")

    def facts(self, location: str) -> Facts:
        """``location`` is the folder that the target's pip package lies in."""
        answer = self._ask({"op": "facts", "location": location})
        # A pip in a zip unpacks its roots into a file that it removes when it ends by itself.
        self._tidies_up = not os.path.isdir(location)
        return Facts(
            default_index=answer["default_index"],
            certifi=answer["certifi"],
            truststore=answer["truststore"],
            openssl=answer["openssl"],
            default_file=answer["defaults"]["file"],
            default_folder=answer["defaults"]["folder"],
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
        }
        answers = self._ask(request)["origins"]
        return tuple(_survey(place.origin, answer) for place, answer in zip(places, answers, strict=True))

    def trial(
        self, places: Sequence[Place], anchors: Sequence[Certificate], *, seconds: float
    ) -> tuple[tuple[Verdict, ...], ...]:
        """Every place with each anchor as the only root: a verdict per anchor, per place."""
        request = {
            "op": "trial",
            "origins": [place.as_request() for place in places],
            "anchors": [to_pem(anchor.der) for anchor in anchors],
            "seconds": seconds,
        }
        return tuple(tuple(Verdict(**item) for item in row) for row in self._ask(request)["origins"])

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
        return tuple(Verdict(**item) for item in self._ask(request)["origins"])


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
    )


def to_pem(der: bytes) -> str:
    """One certificate as PEM, 64 characters a line (RFC 7468)."""
    text = base64.b64encode(der).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
