"""What was asked of `pipsafe persist`: its arguments, read."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipsafe.checkup import asked
from pipsafe.language.text import Text, text
from pipsafe.own_options import UsageError
from pipsafe.persist.places import SCOPES
from pipsafe.pip_settings.settings import Contact

TAKEN = frozenset(
    [
        *("index-url", "extra-index-url", "no-index", "find-links"),
        *("requirement", "constraint", "build-constraint"),
        *("proxy", "no-proxy-env", "timeout", "retries"),
    ]
)
"""pip's options that decide whom pip asks. Those that decide what it trusts are what this is about."""

FLAGS = ("--dry-run", "--undo", "--drop-trusted-host")


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    scope: str = "user"
    dry_run: bool = False
    undo: bool = False
    drops_trusted_hosts: bool = False
    contacts: tuple[Contact, ...] = ()
    """The servers that were named; none: those that pip is configured for."""
    arguments: tuple[str, ...] = ()
    """pip's command line with the same settings."""
    wants_help: bool = False


def read(arguments: Sequence[str]) -> Request:
    """The arguments that follow `persist`. Raises UsageError."""
    scopes = [scope for scope in SCOPES if f"--{scope}" in arguments]
    if len(scopes) > 1:
        raise UsageError(_exclusive([f"--{scope}" for scope in scopes]))
    own = (*FLAGS, *(f"--{scope}" for scope in SCOPES))
    rest = [word for word in arguments if word not in own]
    for word in asked.FORMS:
        if word in rest:
            raise UsageError(asked.NO_OPTION.filled(option=word, command="persist"))
    question = asked.read(rest, command="persist", taken=TAKEN)
    if any(contact.origin.scheme != "https" for contact in question.contacts):
        raise UsageError(text("without TLS there is nothing to verify: persist takes https:// URLs."))
    undo = "--undo" in arguments
    if undo and (len(question.arguments) > 1 or question.contacts or "--drop-trusted-host" in arguments):
        raise UsageError(text("--undo takes everything back, and no other word but --dry-run and the scope."))
    return Request(
        scope=scopes[0] if scopes else "user",
        dry_run="--dry-run" in arguments,
        undo=undo,
        drops_trusted_hosts="--drop-trusted-host" in arguments,
        contacts=question.contacts,
        arguments=question.arguments,
        wants_help=question.wants_help,
    )


def _exclusive(options: Sequence[str]) -> Text:
    """Two of them were given, or all."""
    if len(options) == len(SCOPES):
        return text("--user and --site and --global exclude each other.")
    first, second = options
    return text("{first} and {second} exclude each other.", first=first, second=second)
