"""`pipsafe env`: prints the variables that give other tools the trust that `pipsafe persist` made lasting."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from pipsafe.attempts.attempt import Hello
from pipsafe.attempts.scratch import Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.attempts.target import Target
from pipsafe.checkup import consultation
from pipsafe.checkup.asked import NO_OPTION
from pipsafe.language import catalogues
from pipsafe.language.text import enumerated, joined, of_error, sentences, text
from pipsafe.messages import standard_output, terminal
from pipsafe.messages.terminal import Line
from pipsafe.own_options import OwnOptions, UsageError
from pipsafe.persist import places, staleness, telling
from pipsafe.persist.staleness import Lasting
from pipsafe.pip_settings.config_paths import TargetFacts
from pipsafe.pip_settings.versions import release
from pipsafe.tool_environment import assignment, shells
from pipsafe.tool_environment.shells import SHELLS, CannotQuote, Shell
from pipsafe.tool_environment.variables import VARIABLES

DONE = 0
NOTHING = 1

HELP = text(
    """\
Usage: pipsafe env [--shell SHELL] [--unset]

Prints, for your shell to evaluate, the variables that give git, curl, wget,
requests, urllib, uv, poetry, conda, npm, cargo, aws and gcloud the trust that
`pipsafe persist` has verified and made lasting. Changes nothing by itself.

    eval "$(pipsafe env)"                      # bash, zsh
    pipsafe env | source                       # fish
    pipsafe env | Out-String | Invoke-Expression
    pipsafe env --shell cmd > ca.cmd           # then: call ca.cmd
    pipsafe env --shell dotenv >> .env
    pipsafe env --shell github >> "$GITHUB_ENV"

  --shell SHELL  bash, zsh, fish, powershell, cmd, dotenv or github; otherwise
                 the one that SHELL names
  --unset        prints what takes the variables away (not for dotenv, github)
  -h, --help     this text

Of pipsafe's own options it takes --pipsafe-python and -quiet.

Exit code: 0 if the variables were printed; 1 if nothing is lasting, or its
bundle cannot be relied on; 2 if the command line makes no sense; 3 if that
Python's pip cannot be asked.
"""
)

NOTHING_LASTING = text("nothing is lasting yet. `pipsafe persist` makes a verified cure so.")
# For translators: {kind} is "removal", mostly: a setting was taken out of pip's configuration.
NO_FILES = text("what is lasting needs no CA file ({kind}), so there is none to name.")
KINDS = {
    # For translators: what made pip accept its servers: a setting was taken out of its configuration.
    "removal": text("removal"),
    # For translators: what made pip accept its servers: a feature of pip's, in its configuration.
    "feature": text("feature"),
    # For translators: what made pip accept its servers: nothing.
    "none": text("none"),
}
# For translators: {complaints} are clauses whose subject is "it", the bundle, such as "it is not whole: ...".
BROKEN = text("the bundle in {folder} is not to be relied on: {complaints}.")
# For translators: {form} is a kind of file, dotenv or github.
NO_UNSETTING = text("{form} cannot take a variable away: take out the lines with {variables}.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked."""

    shell: Shell
    unset: bool = False
    wants_help: bool = False


def main(options: OwnOptions, arguments: list[str], style: str) -> int:
    """Everything behind the word `env`. Returns the exit code. Raises UsageError and TargetError."""
    asked = read(arguments)
    if asked.wants_help:
        standard_output.tell(lambda language: HELP.said(catalogues.look(language)))
        return DONE
    if asked.unset:
        assert asked.shell.unsets is not None
        standard_output.write("".join(f"{asked.shell.unsets(item.name)}\n" for item in VARIABLES))
        return DONE

    def answer(_target: Target, situation: Situation, _scratch: Scratch) -> int:
        return _answer(options, asked, situation.hello)

    return consultation.hold(options, (), style, answer)


def read(arguments: Sequence[str]) -> Asked:
    """The arguments that follow `env`. Raises UsageError."""
    shell = shells.usual(os.environ, sys.platform)
    unset = False
    rest = list(arguments)
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        if word in ("-h", "--help") and not equals:
            return Asked(shell, wants_help=True)
        if word == "--unset" and not equals:
            unset = True
        elif word == "--shell":
            name = value if equals else rest.pop(0) if rest else ""
            if name not in SHELLS:
                template = text("--shell takes one of {shells}, not {name!r}.")
                raise UsageError(template.filled(shells=enumerated(SHELLS), name=name))
            shell = SHELLS[name]
        else:
            raise UsageError(NO_OPTION.filled(option=word, command="env"))
    if unset and shell.unsets is None:
        names = enumerated(item.name for item in VARIABLES)
        raise UsageError(NO_UNSETTING.filled(form=shell.name, variables=names))
    return Asked(shell, unset)


def _answer(options: OwnOptions, asked: Asked, hello: Hello) -> int:
    found = lasting_of(hello)
    if found is None:
        return _nothing(NOTHING_LASTING)
    if found.note is not None and places.TOOLS_BUNDLE not in found.note.files:
        return _nothing(NO_FILES.filled(kind=KINDS.get(found.note.cure, found.note.cure)))
    if found.spoiled or found.note is None:
        # For translators: "it" is the bundle, and the subject of {clause}, such as "is not whole: ...".
        complaints = joined([text("it {clause}", clause=clause) for clause in found.spoiled], text("; "))
        broken = BROKEN.filled(folder=found.place.folder, complaints=complaints)
        return _nothing(sentences(broken, found.renewal))
    given = assignment.of(found, os.environ)
    try:
        lines = [asked.shell.sets(item.variable.name, item.value) for item in given.items]
    except CannotQuote as error:
        # For translators: {folder} is a path that would have to be written as {shell} reads it.
        template = text("{folder} cannot be written for {shell}: {reason}.")
        return _nothing(
            template.filled(folder=found.place.folder, shell=asked.shell.name, reason=of_error(error))
        )
    _write("".join(f"{line}\n" for line in lines))
    if not options.quiet:
        stale = (sentences(telling.stale(clause), found.renewal) for clause in found.stale)
        _say([Line("note:", sentence, "note") for sentence in (*given.notes, *stale)])
    return DONE


def lasting_of(hello: Hello) -> Lasting | None:
    """What is lasting for that pip: of the scopes the one that overrides the others."""
    target = TargetFacts(
        prefix=hello.prefix,
        home=os.path.expanduser("~"),
        platform=hello.platform,
        python_version=release(hello.python_version),
        pip_version=release(hello.pip_version),
    )
    found = staleness.find(os.environ, target, None, datetime.now(timezone.utc))
    order = {"site": 0, "user": 1, "global": 2}
    return min(found, key=lambda item: order[item.place.scope], default=None)


def _write(script: str) -> None:
    """As bytes: a path may hold what the stream's encoding has no characters for."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.buffer.write(os.fsencode(script))
        sys.stdout.flush()
    except OSError:
        standard_output.write("")


def _nothing(message: str) -> int:
    consultation.say(message)
    return NOTHING


def _say(lines: Sequence[Line]) -> None:
    if sys.stderr is not None:
        terminal.write(lines, sys.stderr, os.environ)
