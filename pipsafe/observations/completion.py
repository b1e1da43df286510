"""Intermediates that a server leaves out, fetched from where its certificates say that they can be had.

authorityInfoAccess, caIssuers (RFC 5280 4.2.2.1), over plain HTTP as CAs serve it. Nothing fetched is
trusted: an intermediate counts only if a handshake proves that it leads to a root that is trusted here
already, and a root that comes this way is dropped. Signatures are left to that handshake.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import NamedTuple

from pipsafe import origin
from pipsafe.language.text import Text, counted, of_error, text
from pipsafe.observations import plain_http
from pipsafe.observations.plain_http import PlainHttpFailed
from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy
from pipsafe.trust import denied
from pipsafe.x509 import bundle
from pipsafe.x509.certificate import Certificate, MalformedCertificate, parse
from pipsafe.x509.distinguished_name import printable, quoted

MOST_BYTES = 65536
"""Of one answer. A certificate has one or two thousand; PKCS #7 with a dozen has thirty."""

MOST_URLS = 3
"""Addresses asked for one issuer."""

MOST_CERTIFICATES = 32
"""Looked at in one answer."""

LONGEST_URL = 100
"""Characters shown of an address."""

MOST_REFUSED = 12
"""Sentences kept."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What could be fetched."""

    intermediates: tuple[Certificate, ...] = ()
    """Fetched, the lowest first. Not trusted."""
    fetched_from: tuple[str, ...] = ()
    """The addresses that they came from, in the same order."""
    refused: tuple[str, ...] = ()
    """Sentences on addresses that were not asked, and answers that were not used."""
    root: Certificate | None = None
    """The root that the chain was seen to end in, presented or fetched. For words only, never an anchor."""


def complete(
    chain: Sequence[Certificate],
    *,
    origin: Origin,
    proxy: Proxy | None,
    seconds: float,
    most: int = 4,
    now: datetime | None = None,
) -> Completion:
    """Follow the chain, leaf first, from its end upwards: ``most`` steps, ``seconds`` in all."""
    now = now or datetime.now(timezone.utc)
    path = presented_path(chain)
    if not path:
        return Completion()
    errand = _Errand(origin, proxy, time.monotonic() + seconds, now)
    log = _Log([], [], [])
    end = path[-1]
    seen = {certificate.sha256 for certificate in path}
    while not end.is_self_issued:
        if len(log.found) == most:
            log.refused.append(
                counted(
                    "Only {count} certificate is fetched for one chain.",
                    "Only {count} certificates are fetched for one chain.",
                    most,
                )
            )
            break
        issuer = _fetched_issuer(end, seen, errand, log)
        if issuer is None:
            break
        seen.add(issuer.sha256)
        end = issuer
    root = end if end.is_self_issued and end is not chain[0] else None
    return Completion(tuple(log.found), tuple(log.fetched_from), tuple(log.refused[:MOST_REFUSED]), root)


def presented_path(chain: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """The leaf and its issuers as far as they were presented, in whatever order, extras left aside."""
    path = list(chain[:1])
    rest = list(chain[1:])
    while path and not path[-1].is_self_issued:
        issuer = next((item for item in rest if _mismatch(item, path[-1]) is None), None)
        if issuer is None:
            break
        rest.remove(issuer)
        path.append(issuer)
    return tuple(path)


class _Errand(NamedTuple):
    """Under which conditions addresses are asked."""

    own: Origin
    proxy: Proxy | None
    deadline: float
    now: datetime


class _Log(NamedTuple):
    """What came of it so far."""

    found: list[Certificate]
    fetched_from: list[str]
    refused: list[str]


def _fetched_issuer(below: Certificate, seen: set[str], errand: _Errand, log: _Log) -> Certificate | None:
    """The issuer from the first address that has it. A root is returned too, and not noted as found."""
    if not below.ca_issuer_urls and not log.found:
        # For translators: "its issuer's" is its issuer's certificate
        nowhere = text(
            'The certificate "{name}" does not say where its issuer\'s can be had.', name=below.label
        )
        log.refused.append(nowhere)
    for number, url in enumerate(below.ca_issuer_urls):
        if number == MOST_URLS:
            log.refused.append(
                counted(
                    "Only the first address in a certificate is asked.",
                    "Only the first {count} addresses in a certificate are asked.",
                    MOST_URLS,
                )
            )
            break
        issuer, refusal = _from_address(url, below, seen, errand)
        if refusal is not None:
            # For translators: {address} is a URL, {reason} why it was not asked, or its answer not used
            log.refused.append(
                text("{address}: {reason}.", address=quoted(_shown(url), LONGEST_URL), reason=refusal)
            )
        if issuer is not None:
            if not issuer.is_self_issued:
                log.found.append(issuer)
                log.fetched_from.append(_shown(url))
            return issuer
    return None


def _from_address(
    url: str, below: Certificate, seen: set[str], errand: _Errand
) -> tuple[Certificate | None, str | None]:
    """The issuer that this address has, and why it, or what is there instead, is not used."""
    left = errand.deadline - time.monotonic()
    if left <= 0:
        # For translators: of an address
        return None, text("not asked, the time was up")
    try:
        answer = plain_http.get(
            url,
            proxy=errand.proxy,
            seconds=left,
            most_bytes=MOST_BYTES,
            public_addresses_only=True,
            own=errand.own,
        )
    except PlainHttpFailed as error:
        return None, of_error(error)
    if answer.status != 200:
        # For translators: {status} is a number of HTTP's, as 404
        return None, text("answered {status}", status=answer.status)
    if not answer.whole:
        return None, counted(
            "the answer was cut short or has more than {count} byte",
            "the answer was cut short or has more than {count} bytes",
            MOST_BYTES,
        )
    return _choose(answer.body, below, seen, errand.now)


def _choose(
    body: bytes, below: Certificate, seen: set[str], now: datetime
) -> tuple[Certificate | None, str | None]:
    """The issuer of ``below`` among the certificates of an answer; a root before others of its name."""
    candidates = [
        found for data in bundle.contents(body).certificates[:MOST_CERTIFICATES] if (found := _parsed(data))
    ]
    if not candidates:
        # For translators: of an answer
        return None, text("holds no certificate")
    problems: list[Text] = []
    fitting: list[Certificate] = []
    for candidate in candidates:
        problem = _problem(candidate, below, seen, now)
        if problem is None:
            fitting.append(candidate)
        else:
            problems.append(problem)
    if not fitting:
        return None, problems[0]
    root = next((item for item in fitting if item.is_self_issued), None)
    if root is not None:
        return root, text('"{name}" is a root: one that is fetched is never trusted', name=root.label)
    return fitting[0], None


Rule = Callable[[Certificate, Certificate], bool]

_NO_ISSUER: Sequence[tuple[Rule, Text]] = (
    (lambda found, below: found.subject_der != below.issuer_der, text('"{name}" is not the issuer')),
    (
        lambda found, below: not _keys_agree(found, below),
        text('"{name}" has the issuer\'s name and another key'),
    ),
    (lambda found, _: not (found.is_ca and found.may_sign_certificates), text('"{name}" is no CA')),
)


def _problem(found: Certificate, below: Certificate, seen: set[str], now: datetime) -> Text | None:
    """Why a fetched certificate is not used, as a clause."""
    name = found.label
    mismatch = _mismatch(found, below)
    if mismatch is not None:
        return mismatch.filled(name=name)
    if found.sha256 in seen:
        return text('"{name}" is in the chain already, which goes in a circle', name=name)
    if _is_denied(found):
        return text('"{name}" is a CA that nobody is to trust', name=name)
    if now > found.not_after:
        return text('"{name}" expired on {day:%Y-%m-%d}', name=name, day=found.not_after)
    if now < found.not_before:
        return text('"{name}" is valid only from {day:%Y-%m-%d}', name=name, day=found.not_before)
    return None


def _mismatch(issuer: Certificate, below: Certificate) -> Text | None:
    """Why a certificate cannot be the issuer of the one below, whatever its dates. Without its name."""
    return next((words for broken, words in _NO_ISSUER if broken(issuer, below)), None)


def _keys_agree(issuer: Certificate, below: Certificate) -> bool:
    """Whether the key identifiers name one key, as far as both are there."""
    wanted, own = below.authority_key_id, issuer.subject_key_id
    return wanted is None or own is None or wanted == own


def _is_denied(certificate: Certificate) -> bool:
    names = (certificate.common_name or "", *certificate.organizational_units)
    return denied.denial(certificate.spki_sha256, names) is not None


def _parsed(data: bytes) -> Certificate | None:
    try:
        return parse(data)
    except MalformedCertificate:
        return None


def _shown(url: str) -> str:
    return printable(origin.redact(url))
