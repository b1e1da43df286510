"""What is said of connections that programs which pip started were refused: nobody of ours looked into them.

Nothing that such a program printed is repeated but a host name, and that as what it is: what a build says.
"""

from collections.abc import Sequence

from pipsafe.findings import ChildFailure, Remedy
from pipsafe.messages.terminal import Line

WHO = {
    "build-backend": ("a download made by a package's build failed TLS verification", "The build"),
    "build-dependency": ("the pip that fetches a build's dependencies failed TLS verification", "That pip"),
    "vcs": ("git failed TLS verification", "git"),
}
NOT_ASKED = "pipsafe did not connect there, since what a package prints may lead anywhere."
ASK = "If you know that server, `pipsafe doctor {origin}` finds out what is wrong with its certificate."
ASK_BY_HAND = "`pipsafe doctor URL` checks that server: its address may stand in the output above."
TO_LAST = (
    "To make it lasting, put that CA in the system store; for tools that do not read it, name a file with "
    "the public CAs and that one in SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and GIT_SSL_CAINFO."
)

MOST_TOLD = 4
"""How many servers there are to tell of is up to what a package prints."""


def lines(failures: Sequence[ChildFailure]) -> list[Line]:
    """What failed, by the account of whoever it failed for."""
    found: list[Line] = []
    for failure in failures[:MOST_TOLD]:
        found.append(Line("pipsafe:", WHO[failure.leg][0], "error"))
        found.append(Line("╰─>", said(failure), "error"))
    if len(failures) > MOST_TOLD:
        left = f"{len(failures) - MOST_TOLD} more failures of this kind are told of; a package can print any."
        found.append(Line("note:", left, "note"))
    return found


def said(failure: ChildFailure) -> str:
    """Which server the words name."""
    who = WHO[failure.leg][1]
    if failure.origin is None:
        return f"{who} does not say in a form known to pipsafe which server that was."
    if failure.is_accepted:
        return f'{who} says that this was "{failure.origin}". pip itself accepts that server.'
    return f'{who} says that this was "{failure.origin}". {NOT_ASKED}'


def advice(failure: ChildFailure) -> str:
    return ASK_BY_HAND if failure.origin is None else ASK.format(origin=failure.origin)


def hints(failures: Sequence[ChildFailure]) -> list[Line]:
    """What to do next, each once."""
    return [Line("hint:", text, "hint") for text in dict.fromkeys(map(advice, failures[:MOST_TOLD]))]


def cure(remedy: Remedy, grounds: str) -> Line:
    """What the retry is given. ``grounds``: what accepts pip's own servers, as sentences."""
    proved = "pip itself verifies its servers by trust that its child processes do not have."
    known = f" {grounds}" if remedy.plan.anchors else ""
    how = "pip starts again, once, and hands that trust on to them, for this run only."
    return Line("note:", f"{proved}{known} {how}", "note")
