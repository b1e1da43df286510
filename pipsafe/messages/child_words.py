"""What is said of connections that programs which pip started were refused: nobody of ours looked into them.

Nothing that such a program printed is repeated but a host name, and that as what it is: what a build says.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipsafe.findings import ChildFailure, Remedy
from pipsafe.language.text import Text, counted, sentences, text
from pipsafe.messages.terminal import Line


class Words(NamedTuple):
    """What is said of one kind of program."""

    headline: Text
    nameless: Text
    """It names no server."""
    named: Text


# By the leg.
WORDS: Mapping[str, Words] = {
    "build-backend": Words(
        text("a download made by a package's build failed TLS verification"),
        text("The build does not say in a form known to pipsafe which server that was."),
        text('The build says that this was "{origin}".'),
    ),
    "build-dependency": Words(
        text("the pip that fetches a build's dependencies failed TLS verification"),
        text("That pip does not say in a form known to pipsafe which server that was."),
        text('That pip says that this was "{origin}".'),
    ),
    "vcs": Words(
        text("git failed TLS verification"),
        text("git does not say in a form known to pipsafe which server that was."),
        text('git says that this was "{origin}".'),
    ),
}
ACCEPTED = text("pip itself accepts that server.")
NOT_ASKED = text("pipsafe did not connect there, since what a package prints may lead anywhere.")
ASK = text("If you know that server, `pipsafe doctor {origin}` finds out what is wrong with its certificate.")
ASK_BY_HAND = text("`pipsafe doctor URL` checks that server: its address may stand in the output above.")
PROVED = text("pip itself verifies its servers by trust that its child processes do not have.")
HANDED_ON = text("pip starts again, once, and hands that trust on to them, for this run only.")
TO_LAST = text(
    "To make it lasting, put that CA in the system store; for tools that do not read it, name a file with "
    "the public CAs and that one in SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and GIT_SSL_CAINFO."
)

MOST_TOLD = 4
"""How many servers there are to tell of is up to what a package prints."""


def lines(failures: Sequence[ChildFailure]) -> list[Line]:
    """What failed, by the account of whoever it failed for."""
    found: list[Line] = []
    for failure in failures[:MOST_TOLD]:
        found.append(Line("pipsafe:", WORDS[failure.leg].headline, "error"))
        found.append(Line("╰─>", said(failure), "error"))
    if len(failures) > MOST_TOLD:
        left = counted(
            "{count} more failure of this kind is told of; a package can print any.",
            "{count} more failures of this kind are told of; a package can print any.",
            len(failures) - MOST_TOLD,
        )
        found.append(Line("note:", left, "note"))
    return found


def said(failure: ChildFailure) -> Text:
    """Which server the words name."""
    words = WORDS[failure.leg]
    if failure.origin is None:
        return words.nameless
    return sentences(
        words.named.filled(origin=failure.origin), ACCEPTED if failure.is_accepted else NOT_ASKED
    )


def advice(failure: ChildFailure) -> Text:
    return ASK_BY_HAND if failure.origin is None else ASK.filled(origin=failure.origin)


def hints(failures: Sequence[ChildFailure]) -> list[Line]:
    """What to do next, each once."""
    return [Line("hint:", words, "hint") for words in dict.fromkeys(map(advice, failures[:MOST_TOLD]))]


def cure(remedy: Remedy, grounds: str) -> Line:
    """What the retry is given. ``grounds``: what accepts pip's own servers, as sentences."""
    known = grounds if remedy.plan.anchors else ""
    return Line("note:", sentences(PROVED, known, HANDED_ON), "note")
