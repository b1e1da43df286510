"""A note for whoever runs the network or the server, as Markdown, to be pasted as it is.

It goes to a tracker that others read. All that somebody else wrote stands in fences that it cannot end,
and nothing of this machine is told but its versions: no path, no user, no setting.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pipsafe import __version__
from pipsafe.causes.case import Diagnosis
from pipsafe.checkup.cure import CURED_BY_A_CA
from pipsafe.checkup.result import Result, is_judged
from pipsafe.messages.terminal import printable
from pipsafe.probes.probe import to_pem
from pipsafe.x509.certificate import Certificate

MOST_CERTIFICATES = 10
"""Certificates of one chain that are told of."""

LARGEST_CERTIFICATE = 16384
"""Bytes of one that is copied whole."""

STORES = {
    "pip": "pip, as it is set up here",
    "certifi": "public CAs (certifi)",
    "system": "operating system",
}

# What is asked of the note's reader, by cause.
REQUESTS: Mapping[str, str] = {
    "tls-inspection": (
        "Please send the root CA certificate of the TLS inspection (PEM) by a way that we can check, or have "
        "it rolled out to the system's store on this machine, or except these servers from inspection."
    ),
    "private-ca": (
        "Please send the root CA certificate (PEM) that this chain ends in, by a way that we can check, or "
        "have it rolled out to the system's store on this machine."
    ),
    "incomplete-chain": "Please have the server send its intermediate certificates along with its own.",
    "self-signed-server": "Please give this server a certificate from a CA, and tell us which one.",
    "expired": "Please renew the certificate that has expired.",
    "not-yet-valid": "Please replace the certificate, or wait until it is valid.",
    "hostname-mismatch": "Please give the server a certificate that has its name.",
    "revoked": "Please replace the certificate: it has been revoked.",
    "distrusted": "Please have the certificate issued by a CA that is trusted.",
    "strict-x509": "Please have the CA certificate issued anew, in accordance with RFC 5280.",
    "weak-crypto": "Please have the certificate issued anew, with a stronger key or digest.",
    "tls-protocol": "Please look at the TLS versions and ciphers that the server offers.",
    "client-cert-required": "Please tell us how to get a client certificate for this server.",
    "proxy-problem": "Please look at the proxy on the way to this server.",
    "captive-portal": "Please let this machine reach the server without a login page.",
    "unreachable": "Please look at why this server cannot be reached from here.",
}

REFUSED = (
    "## TLS verification fails",
    "",
    "Python's package installer (pip) refuses connections to the servers below.",
)
UNREACHED = (
    "## Servers cannot be reached over TLS",
    "",
    "Python's package installer (pip) does not reach the servers below.",
)
CONFIRM = "The CA is on this machine already, and pip was not told. Please confirm its fingerprint:"
NO_ANSWER = (
    "Turning verification off is no answer: whoever is on the way could then run code on this machine."
)
NO_REQUEST = "Nothing: the cause lies on this machine."
ANY_REQUEST = "Please have a look at what was seen."

# Causes that lie on this machine: their explanations name its paths, and the reader cannot help.
LOCAL = frozenset(
    ("bad-ca-setting", "missing-roots", "outdated-roots", "os-trust-unavailable", "ssl-module-missing")
)


class _Request(NamedTuple):
    """One thing that is asked of the note's reader."""

    text: str
    anchors: tuple[str, ...] = ()
    """CAs that it is about."""


def text(result: Result) -> str:
    """The whole note."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    if not result.refused:
        yield "## TLS verification: nothing was refused"
        yield from ("", *_about(result))
        return
    some_judged = len(result.unreached) < len(result.refused)
    yield from REFUSED if some_judged else UNREACHED
    yield from ("", *_about(result))
    for diagnosis in result.refused:
        yield from ("", *_server(diagnosis, result))
    yield ""
    yield "### What is asked for"
    yield ""
    yield from _requests(result)
    if some_judged:
        yield ""
        yield NO_ANSWER


def _requests(result: Result) -> Iterator[str]:
    """Each once; what it is about stands below it, where there is more than one server."""
    servers: dict[_Request, list[str]] = {}
    for diagnosis in result.refused:
        for request in _of(result, diagnosis):
            servers.setdefault(request, []).append(str(diagnosis.case.origin))
    if not servers:
        names = [cause.name for item in result.refused for cause in item.causes]
        yield f"- {NO_REQUEST if LOCAL.issuperset(names) else ANY_REQUEST}"
    for number, (request, origins) in enumerate(servers.items()):
        yield from [""] * bool(number)
        yield f"- {request.text}"
        about = [*(origins if len(result.refused) > 1 else ()), *request.anchors]
        yield from ("", *fenced(about)) if about else ()


def _of(result: Result, diagnosis: Diagnosis) -> Iterator[_Request]:
    """What is asked for one server. The CAs of this machine are those that a handshake proved to be it."""
    accepted = [item.anchor for item in result.checkup.accepted.get(str(diagnosis.case.origin), ())]
    anchors = [f"{item.subject}, SHA-256 {item.sha256}" for item in dict.fromkeys(accepted)]
    for cause in diagnosis.causes:
        if anchors and cause.name in CURED_BY_A_CA:
            yield _Request(CONFIRM, tuple(anchors))
        elif cause.name in REQUESTS:
            yield _Request(REQUESTS[cause.name])


def _about(result: Result) -> list[str]:
    hello = result.hello
    rows = (
        ("seen", f"{result.now:%Y-%m-%d %H:%M} UTC"),
        ("by", f"pipsafe {__version__}, pip {hello.pip_version}, Python {hello.python_version}"),
        ("with", f"{result.checkup.facts.openssl or 'no ssl module'}, {hello.platform}"),
    )
    return fenced([f"{name:<6}{value}" for name, value in rows])


def _server(diagnosis: Diagnosis, result: Result) -> Iterator[str]:
    case, home = diagnosis.case, result.checkup.around.target.home
    yield "### Server"
    yield ""
    rows = [f"server    {case.origin}"]
    if case.proxy:
        rows.append(f"by way of {case.proxy}")
    rows.append(f"cause     {', '.join(cause.name for cause in diagnosis.causes)}")
    if diagnosis.inspector:
        rows.append(f"product   {diagnosis.inspector}")
    rows += [cause.explanation for cause in diagnosis.causes if cause.name not in LOCAL]
    yield from fenced(_without_home(rows, home))
    if verdicts := _without_home(_verdicts(diagnosis, result.stores), home):
        yield from ("", "Verdicts:", "", *fenced(verdicts))
    if not case.survey.chain:
        return
    chain = case.survey.chain[:MOST_CERTIFICATES]
    yield from ("", "Certificates that the server (or whatever answers for it) presents:", "")
    yield from fenced([row for number, item in enumerate(chain) for row in _certificate(number, item)])
    pem = "".join(to_pem(item.der) for item in chain if len(item.der) <= LARGEST_CERTIFICATE)
    yield from ("", "<details><summary>The same as PEM</summary>", "")
    yield from fenced(pem.splitlines())
    yield from ("", "</details>")


def _without_home(rows: Iterable[str], home: str) -> list[str]:
    """A path below the user's home names the user."""
    return [row.replace(home, "~") if len(home) > 1 else row for row in rows]


def _verdicts(diagnosis: Diagnosis, stores: Iterable[str]) -> Iterator[str]:
    """Of the stores that were asked; none where the connection did not come that far."""
    for store in stores:
        verdict = diagnosis.case.survey.verdicts.get(store)
        if verdict is None or not is_judged(verdict):
            continue
        code = f" (code {verdict.code})" if verdict.code else ""
        # The words on a setting are about this machine's paths.
        words = "a CA setting is of no use" if verdict.kind == "setting" else verdict.message
        yield f"{STORES[store]:<26} " + ("accepted" if verdict.accepted else f"refused{code}: {words}")


def _certificate(number: int, item: Certificate) -> list[str]:
    return [
        f"{number}: {item.subject}",
        f"   issued by {item.issuer}",
        f"   valid {item.not_before:%Y-%m-%d} to {item.not_after:%Y-%m-%d}",
        f"   SHA-256 {item.sha256}",
    ]


def fenced(rows: list[str]) -> list[str]:
    """A block of plain text whose fence is longer than any run of backticks in it."""
    rows = [printable(row) for row in rows]
    longest = max((len(run) for row in rows for run in re.findall("`+", row)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *rows, fence]
