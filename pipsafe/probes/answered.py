"""What a prober answers: how handshakes went, and what servers presented."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipsafe.origin import Origin
from pipsafe.probes import prober_words
from pipsafe.x509.certificate import Certificate, MalformedCertificate, parse

TIMED_OUT_IN_HANDSHAKE = "timed out during the handshake"
"""As the prober has it (target_side/verdicts.py)."""

UNREACHABLE = "unreachable"
"""The kind of a verdict without a judgement: no connection, or no answer in time."""


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

    @property
    def is_late(self) -> bool:
        """Whether it answered, but not in time where it matters: it, or this machine, has much to do.

        A verifier of the system's that hangs is no reason to ask the server again.
        """
        chain = self.error.kind if self.error else "read"
        kinds = {chain, *(self.verdicts[name].kind for name in ("pip",) if name in self.verdicts)}
        return UNREACHABLE in kinds and (kinds != {UNREACHABLE} or self._was_cut_short)

    @property
    def _was_cut_short(self) -> bool:
        """Whether a connection came about, and the handshake took too long: somebody is there."""
        return self.error is not None and self.error.message == TIMED_OUT_IN_HANDSHAKE


def verdict(answer: Any) -> Verdict:
    """As `target_side/prober.py` tells it, which speaks English; its own words have translations here."""
    return Verdict(**{**answer, "message": prober_words.translatable(answer["message"])})


def survey(origin: Origin, answer: Any) -> Survey:
    """As `target_side/prober.py` tells it."""
    chain = []
    for encoded in answer["chain"]:
        try:
            chain.append(parse(base64.b64decode(encoded)))
        except (MalformedCertificate, ValueError):
            continue
    return Survey(
        origin=origin,
        chain=tuple(chain),
        whole=answer["whole"],
        error=answer["error"] and verdict(answer["error"]),
        verdicts={name: verdict(item) for name, item in answer["verdicts"].items()},
        unmasked={name: verdict(item) for name, item in answer["unmasked"].items()},
        spoken=answer["spoken"],
        asks_for_certificate=answer["asks"],
    )
