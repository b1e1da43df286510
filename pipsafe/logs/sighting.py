"""One place of a log where a connection failed, as a value, whoever said so."""

from dataclasses import dataclass, replace

from pipsafe.origin import Origin
from pipsafe.statements.evidence import Evidence
from pipsafe.statements.words import Kind


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was said, where, and by whom."""

    line: int
    """Of the page, the first being 0."""
    tool: str
    leg: str
    kind: Kind
    message: str
    """For people."""
    words: str
    """What the meaning is looked for in: the message, or all of the statement, without blanks."""
    origin: Origin | None
    path: str | None
    """Of the request; of the file for Kind.CA_FILE."""
    tries_left: int | None = None
    """How often it would be tried again; None if it was given up."""
    has_reason: bool = True
    """Whether it says why."""

    def at(self, origin: Origin | None) -> "Sighting":
        """The same, located."""
        return replace(self, origin=origin)


SPEAKERS = {"tool": "build"}


def of_evidence(item: Evidence) -> Sighting:
    """What the reader of pip's words found."""
    path = item.path
    if path is None and item.kind is not Kind.CA_FILE and item.url and "://" in item.url:
        path = "/" + item.url.partition("://")[2].partition("/")[2]
    return Sighting(
        line=item.line,
        tool=SPEAKERS.get(item.speaker, item.speaker),
        leg=item.leg,
        kind=item.kind,
        message=item.message,
        words="".join(item.message.split()),
        origin=item.origin,
        path=path,
        tries_left=item.tries_left,
    )
