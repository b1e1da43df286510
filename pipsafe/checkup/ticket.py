"""A note for whoever runs the network or the server, as Markdown, to be pasted as it is.

It goes to a tracker that others read. All that somebody else wrote stands in fences that it cannot end,
and nothing of this machine is told but its versions: no path, no user, no setting.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pipsafe import __version__
from pipsafe.causes.case import Diagnosis
from pipsafe.checkup.aligned import padded, widest
from pipsafe.checkup.cure import CURED_BY_A_CA
from pipsafe.checkup.result import Result, is_judged
from pipsafe.checkup.servers import VALID
from pipsafe.language.text import Look, Text, enumerated, joined, said, text
from pipsafe.messages.terminal import printable
from pipsafe.probes.answered import Verdict
from pipsafe.x509.certificate import Certificate
from pipsafe.x509.pem import to_pem

MOST_CERTIFICATES = 10
"""Certificates of one chain that are told of."""

LARGEST_CERTIFICATE = 16384
"""Bytes of one that is copied whole."""

STORES = {
    "pip": text("pip, as it is set up here"),
    "certifi": text("public CAs (certifi)"),
    "system": text("operating system"),
}

# What is asked of the note's reader, by cause.
REQUESTS: Mapping[str, Text] = {
    "tls-inspection": text(
        "Please send the root CA certificate of the TLS inspection (PEM) by a way that we can check, or have "
        "it rolled out to the system's store on this machine, or except these servers from inspection."
    ),
    "private-ca": text(
        "Please send the root CA certificate (PEM) that this chain ends in, by a way that we can check, or "
        "have it rolled out to the system's store on this machine."
    ),
    "incomplete-chain": text("Please have the server send its intermediate certificates along with its own."),
    "self-signed-server": text("Please give this server a certificate from a CA, and tell us which one."),
    "expired": text("Please renew the certificate that has expired."),
    "not-yet-valid": text("Please replace the certificate, or wait until it is valid."),
    "hostname-mismatch": text("Please give the server a certificate that has its name."),
    "revoked": text("Please replace the certificate: it has been revoked."),
    "distrusted": text("Please have the certificate issued by a CA that is trusted."),
    "strict-x509": text("Please have the CA certificate issued anew, in accordance with RFC 5280."),
    "weak-crypto": text("Please have the certificate issued anew, with a stronger key or digest."),
    "tls-protocol": text("Please look at the TLS versions and ciphers that the server offers."),
    "client-cert-required": text("Please tell us how to get a client certificate for this server."),
    "proxy-problem": text("Please look at the proxy on the way to this server."),
    "captive-portal": text("Please let this machine reach the server without a login page."),
    "unreachable": text("Please look at why this server cannot be reached from here."),
}

REFUSED = text("TLS verification fails")
REFUSED_BELOW = text("Python's package installer (pip) refuses connections to the servers below.")
UNREACHED = text("Servers cannot be reached over TLS")
UNREACHED_BELOW = text("Python's package installer (pip) does not reach the servers below.")
NOTHING_REFUSED = text("TLS verification: nothing was refused")

CONFIRM = text("The CA is on this machine already, and pip was not told. Please confirm its fingerprint:")
NO_ANSWER = text(
    "Turning verification off is no answer: whoever is on the way could then run code on this machine."
)
NO_REQUEST = text("Nothing: the cause lies on this machine.")
ANY_REQUEST = text("Please have a look at what was seen.")

# For translators: a label in a column; a date stands beside it.
SEEN = text("seen")
# For translators: a label in a column; names of programs stand beside it, which saw that.
BY = text("by")
# For translators: a label in a column; OpenSSL's version and the platform stand beside it.
WITH = text("with")

# For translators: a label in a column; a URL stands beside it.
SERVER = text("server")
# For translators: a label in a column; a proxy's URL stands beside it.
WAY = text("by way of")
# For translators: a label in a column; names such as tls-inspection stand beside it.
CAUSE = text("cause")
# For translators: a label in a column; the name of the product that inspects TLS stands beside it.
PRODUCT = text("product")

# Headings.
ONE_SERVER = text("Server")
ASKED_FOR = text("What is asked for")

# Causes that lie on this machine: their explanations name its paths, and the reader cannot help.
LOCAL = frozenset(
    ("bad-ca-setting", "missing-roots", "outdated-roots", "os-trust-unavailable", "ssl-module-missing")
)


class _Request(NamedTuple):
    """One thing that is asked of the note's reader."""

    words: Text
    anchors: tuple[str, ...] = ()
    """CAs that it is about."""


def note(result: Result, look: Look) -> str:
    """The whole note, in a language."""
    return "\n".join(_Note(result, look).lines()) + "\n"


class _Note:
    """One in the making."""

    def __init__(self, result: Result, look: Look) -> None:
        self.result, self.look = result, look

    def lines(self) -> Iterator[str]:
        result = self.result
        if not result.refused:
            yield f"## {self._said(NOTHING_REFUSED)}"
            yield from ("", *self._about())
            return
        some_judged = len(result.unreached) < len(result.refused)
        yield f"## {self._said(REFUSED if some_judged else UNREACHED)}"
        yield ""
        yield self._said(REFUSED_BELOW if some_judged else UNREACHED_BELOW)
        yield from ("", *self._about())
        for diagnosis in result.refused:
            yield from ("", *self._server(diagnosis))
        yield ""
        yield f"### {self._said(ASKED_FOR)}"
        yield ""
        yield from self._requests()
        if some_judged:
            yield ""
            yield self._said(NO_ANSWER)

    def _said(self, words: str) -> str:
        return str(said(words, self.look))

    def _requests(self) -> Iterator[str]:
        """Each once; what it is about stands below it, where there is more than one server."""
        refused = self.result.refused
        servers: dict[_Request, list[str]] = {}
        for diagnosis in refused:
            for request in _of(self.result, diagnosis):
                servers.setdefault(request, []).append(str(diagnosis.case.origin))
        if not servers:
            names = [cause.name for item in refused for cause in item.causes]
            yield f"- {self._said(NO_REQUEST if LOCAL.issuperset(names) else ANY_REQUEST)}"
        for number, (request, origins) in enumerate(servers.items()):
            yield from [""] * bool(number)
            yield f"- {self._said(request.words)}"
            about = [*(origins if len(refused) > 1 else ()), *request.anchors]
            yield from ("", *self._fenced(about)) if about else ()

    def _about(self) -> list[str]:
        hello = self.result.hello
        openssl = self.result.checkup.facts.openssl or text("no ssl module")
        programs = (f"pipsafe {__version__}", f"pip {hello.pip_version}", f"Python {hello.python_version}")
        rows = {
            SEEN: f"{self.result.now:%Y-%m-%d %H:%M} UTC",
            BY: enumerated(programs),
            WITH: enumerated((openssl, hello.platform)),
        }
        return self._fenced(self._beside(rows, rows, 2))

    def _beside(self, rows: Mapping[Text, str], labels: Iterable[Text], gap: int) -> list[str]:
        """Labels and what stands beside them; ``labels``: all that the column is for."""
        width = widest(map(self._said, labels)) + gap
        return [f"{padded(self._said(label), width)}{self._said(words)}" for label, words in rows.items()]

    def _server(self, diagnosis: Diagnosis) -> Iterator[str]:
        case = diagnosis.case
        yield f"### {self._said(ONE_SERVER)}"
        yield ""
        rows: dict[Text, str] = {SERVER: str(case.origin)}
        if case.proxy:
            rows[WAY] = case.proxy
        rows[CAUSE] = enumerated(cause.name for cause in diagnosis.causes)
        if diagnosis.inspector:
            rows[PRODUCT] = diagnosis.inspector
        told = [cause.explanation for cause in diagnosis.causes if cause.name not in LOCAL]
        yield from self._fenced_without_home([*self._beside(rows, (SERVER, WAY, CAUSE, PRODUCT), 1), *told])
        if verdicts := _verdicts(diagnosis, self.result.stores):
            yield from ("", self._said(text("Verdicts:")), "")
            yield from self._fenced_without_home(self._beside(verdicts, STORES.values(), 2))
        if not case.survey.chain:
            return
        chain = case.survey.chain[:MOST_CERTIFICATES]
        presents = text("Certificates that the server (or whatever answers for it) presents:")
        yield from ("", self._said(presents), "")
        yield from self._fenced(
            [row for number, item in enumerate(chain) for row in _certificate(number, item)]
        )
        pem = "".join(to_pem(item.der) for item in chain if len(item.der) <= LARGEST_CERTIFICATE)
        summary = self._said(text("The same as PEM"))
        yield from ("", f"<details><summary>{summary}</summary>", "")
        yield from self._fenced(pem.splitlines())
        yield from ("", "</details>")

    def _fenced(self, rows: Iterable[str]) -> list[str]:
        return fenced([self._said(row) for row in rows])

    def _fenced_without_home(self, rows: Iterable[str]) -> list[str]:
        """A path below the user's home names the user."""
        home = self.result.checkup.around.target.home
        words = map(self._said, rows)
        return fenced([row.replace(home, "~") if len(home) > 1 else row for row in words])


def _of(result: Result, diagnosis: Diagnosis) -> Iterator[_Request]:
    """What is asked for one server. The CAs of this machine are those that a handshake proved to be it."""
    accepted = [item.anchor for item in result.checkup.accepted.get(str(diagnosis.case.origin), ())]
    anchors = [f"{item.subject}, SHA-256 {item.sha256}" for item in dict.fromkeys(accepted)]
    for cause in diagnosis.causes:
        if anchors and cause.name in CURED_BY_A_CA:
            yield _Request(CONFIRM, tuple(anchors))
        elif cause.name in REQUESTS:
            yield _Request(REQUESTS[cause.name])


def _verdicts(diagnosis: Diagnosis, stores: Iterable[str]) -> dict[Text, str]:
    """Of the stores that were asked; none where the connection did not come that far."""
    verdicts = ((STORES[store], diagnosis.case.survey.verdicts.get(store)) for store in stores)
    return {
        name: _verdict(verdict) for name, verdict in verdicts if verdict is not None and is_judged(verdict)
    }


def _verdict(verdict: Verdict) -> str:
    if verdict.accepted:
        return text("accepted")
    # The words on a setting are about this machine's paths.
    words = text("a CA setting is of no use") if verdict.kind == "setting" else verdict.message
    if verdict.code:
        return text("refused (code {code}): {reason}", code=verdict.code, reason=words)
    return text("refused: {reason}", reason=words)


def _certificate(number: int, item: Certificate) -> list[str]:
    return [
        f"{number}: {item.subject}",
        joined(("   ", text("issued by {name}", name=item.issuer)), ""),
        joined(("   ", VALID.filled(start=item.not_before, end=item.not_after)), ""),
        f"   SHA-256 {item.sha256}",
    ]


def fenced(rows: list[str]) -> list[str]:
    """A block of plain text whose fence is longer than any run of backticks in it."""
    rows = [printable(row) for row in rows]
    longest = max((len(run) for row in rows for run in re.findall("`+", row)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *rows, fence]
