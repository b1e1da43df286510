"""pipsafe's own settings, and variables that were meant as such."""

import difflib
from collections.abc import Iterator, Mapping

from pipsafe.checkup.effect import Effect
from pipsafe.own_options import FALSE_WORDS, OPTIONS, PREFIX, OwnOptions
from pipsafe.pip_settings.command_line import redact_text

EFFECTS: Mapping[str, str] = {
    "python": "names the Python whose pip is driven",
    "ca": "may be trusted where it is needed",
    "pin": "is the fingerprint of a certificate that may be trusted where it is needed",
    "report": "is where each run writes its report",
    "strict": "stops a run when an index cannot be verified",
    "quiet": "keeps pipsafe from saying anything of its own",
    "no-rescue": "makes pipsafe run pip and nothing else",
}

LOOK_ALIKES = ("PIPSAFE", "PIP_SAFE", "PIPESAFE")
"""How the names of variables begin that were meant for pipsafe."""


def variable(name: str) -> str:
    """The variable of an option."""
    return "PIPSAFE_" + name.replace("-", "_").upper()


def find(options: OwnOptions, environ: Mapping[str, str]) -> Iterator[Effect]:
    """Those in force, those that something typed overrides, and those with a misspelt name."""
    typed = list(_typed(options))
    yield from typed
    overridden = {effect.name.removeprefix(PREFIX) for effect in typed}
    for name, takes_value in OPTIONS.items():
        value = environ.get(variable(name), "")
        if value:
            effect = EFFECTS.get(name, "is an option of pipsafe")
            if not takes_value and value.lower() in FALSE_WORDS:
                effect = "is off"
            if name in overridden:
                effect = f"is ignored: {PREFIX}{name} is typed"
            yield Effect(variable(name), redact_text(value), f"environment variable {variable(name)}", effect)
    yield from _misspelt(environ)


def _typed(options: OwnOptions) -> Iterator[Effect]:
    """What was typed of the options that say who set them."""
    items = [
        *(("ca", value, by) for value, by in options.ca),
        *(("pin", value, by) for value, by in options.pins),
    ]
    if options.python:
        items.append(("python", options.python, options.python_set_by))
    for name, value, set_by in items:
        if set_by.startswith(PREFIX):
            yield Effect(PREFIX + name, value, "command line", EFFECTS[name])


def _misspelt(environ: Mapping[str, str]) -> Iterator[Effect]:
    known = [variable(name) for name in OPTIONS]
    for name in sorted(environ):
        if name.upper().startswith(LOOK_ALIKES) and name not in known:
            meant = difflib.get_close_matches(name.upper(), known, 1, 0.7)
            hint = f"; {meant[0]} may be meant" if meant else ""
            yield Effect(
                name,
                redact_text(environ[name]),
                f"environment variable {name}",
                f"has no effect: pipsafe has no such variable{hint}",
                "warning",
            )
