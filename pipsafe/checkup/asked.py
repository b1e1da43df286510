"""What was asked of `pipsafe doctor`: its arguments, read."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pipsafe import origin
from pipsafe.language.text import text
from pipsafe.own_options import UsageError
from pipsafe.pip_settings import command_line
from pipsafe.pip_settings.command_line import Word
from pipsafe.pip_settings.pip_options import spellings
from pipsafe.pip_settings.settings import Contact

COMMAND = "install"
"""The command of pip whose settings are looked at."""

FORMS = {"--json": "json", "--markdown": "markdown"}
PAGE = "page"

HELP_WORDS = ("-h", "--help")

# pip's own options that decide whom pip asks and what it trusts; doctor takes them as pip does.
TAKEN = frozenset(
    [
        *("index-url", "extra-index-url", "no-index", "find-links"),
        *("requirement", "constraint", "build-constraint"),
        *("cert", "client-cert", "trusted-host", "proxy", "no-proxy-env"),
        *("isolated", "timeout", "retries", "use-feature", "use-deprecated"),
    ]
)

# For translators: {option} is what was typed, such as --jsn; {command} is doctor or persist.
NEEDS_A_VALUE = text("{option} needs a value; see `pipsafe {command} --help`.")
NO_OPTION = text("{option} is no option of {command}; see `pipsafe {command} --help`.")
MEANS_NOTHING = text("{option} means nothing to {command}; see `pipsafe {command} --help`.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question."""

    form: str = PAGE
    """page | json | markdown"""
    contacts: tuple[Contact, ...] = ()
    """The servers that were named, those without TLS too. None: those that pip is configured for."""
    arguments: tuple[str, ...] = (COMMAND,)
    """pip's command line with the same settings."""
    wants_help: bool = False


def read(arguments: Sequence[str], *, command: str = "doctor", taken: frozenset[str] = TAKEN) -> Asked:
    """The arguments that follow `doctor`, or a `command` like it. Raises UsageError."""
    typed = list(arguments)
    forms: list[str] = []
    contacts: dict[origin.Origin, Contact] = {}
    passed: list[str] = []
    for word in command_line.words(typed, spellings(COMMAND)):
        typed_word = typed[word.start]
        if word.is_argument:
            contact = contact_of(word.value or "", command)
            contacts.setdefault(contact.origin, contact)
        elif typed_word in FORMS:
            forms.append(FORMS[typed_word])
        elif typed_word in HELP_WORDS:
            return Asked(wants_help=True)
        else:
            passed += _option(word, typed, command, taken)
    if len(set(forms)) > 1:
        raise UsageError(text("--json and --markdown exclude each other."))
    return Asked(
        form=forms[0] if forms else PAGE,
        contacts=tuple(contacts.values()),
        arguments=(COMMAND, *passed),
    )


def _option(word: Word, typed: list[str], command: str, taken: frozenset[str]) -> list[str]:
    """One of pip's options, as it was typed."""
    option = typed[word.start]
    if word.option is None:
        is_known = option.partition("=")[0] in spellings(COMMAND)
        raise UsageError((NEEDS_A_VALUE if is_known else NO_OPTION).filled(option=option, command=command))
    if word.option.name not in taken:
        raise UsageError(MEANS_NOTHING.filled(option=option, command=command))
    if word.option.name in ("requirement", "constraint", "build-constraint"):
        _check_file(word.value or "")
    if word.end - word.start == 1 and word.value is not None and not word.prefix.startswith("--"):
        return [f"--{word.option.name}", word.value]  # out of a word such as `-rFILE`
    return typed[word.start : word.end]


def _check_file(path: str) -> None:
    if "://" not in path and not os.path.isfile(path):
        raise UsageError(text("there is no file {path!r}.", path=path))


def contact_of(named: str, command: str = "doctor") -> Contact:
    """A server by its URL, or by its bare name, with a port or without. Raises UsageError."""
    shown = origin.redact(named)
    if "://" not in named and os.path.isfile(named):
        raise UsageError(text("{word!r} is a file here; -r takes files with requirements.", word=shown))
    url = named if "://" in named else f"https://{named}"
    place = origin.parse(url)
    if place is None:
        raise UsageError(text("{word!r} is neither an https:// URL nor the name of a server.", word=shown))
    if "://" not in named and _is_a_mere_word(named.partition("/")[0], place.host):
        raise UsageError(
            text(
                "{command} takes URLs or host names: is `{word}` one? "
                "If it is, type https://{word} or {word}:443.",
                command=command,
                word=shown,
            )
        )
    return Contact(place, "index", url)


def _is_a_mere_word(typed: str, host: str) -> bool:
    """A command of pip's or a package, most likely: hosts have a dot, a port, or a well-known name."""
    return host != "localhost" and not any(mark in typed or mark in host for mark in ".:")
