"""pipsafe's own settings, and variables that were meant as such."""

import difflib
from collections.abc import Iterator, Mapping

from pipsafe.checkup.effect import Effect
from pipsafe.language import reader
from pipsafe.language.text import enumerated, text
from pipsafe.own_options import FALSE_WORDS, OPTIONS, PREFIX, OwnOptions
from pipsafe.pip_settings.command_line import redact_text

EFFECTS: Mapping[str, str] = {
    # For translators: a clause whose subject is a setting, which stands above it; so are the others here.
    "python": text("names the Python whose pip is driven"),
    "ca": text("may be trusted where it is needed"),
    "pin": text("is the fingerprint of a certificate that may be trusted where it is needed"),
    "report": text("is where each run writes its report"),
    "strict": text("stops a run when an index cannot be verified"),
    "quiet": text("keeps pipsafe from saying anything of its own"),
    "no-rescue": text("makes pipsafe run pip and nothing else"),
}

LANGUAGE = "PIPSAFE_LANG"
"""A variable without an option."""

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
            effect = EFFECTS.get(name, text("is an option of pipsafe"))
            if not takes_value and value.lower() in FALSE_WORDS:
                effect = text("is off")
            if name in overridden:
                effect = text("is ignored: {option} is typed", option=f"{PREFIX}{name}")
            yield Effect(variable(name), redact_text(value), _place(variable(name)), effect)
    yield from _language(environ)
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
            yield Effect(PREFIX + name, value, text("command line"), EFFECTS[name])


def _language(environ: Mapping[str, str]) -> Iterator[Effect]:
    value = environ.get(LANGUAGE, "")
    if value and reader.known(value):
        effect = text("is the language that pipsafe speaks on the terminal")
        yield Effect(LANGUAGE, redact_text(value), _place(LANGUAGE), effect)
    elif value:
        effect = text("has no effect: pipsafe speaks {languages}", languages=enumerated(reader.LANGUAGES))
        yield Effect(LANGUAGE, redact_text(value), _place(LANGUAGE), effect, "warning")


def _misspelt(environ: Mapping[str, str]) -> Iterator[Effect]:
    known = [*map(variable, OPTIONS), LANGUAGE]
    for name in sorted(environ):
        if name.upper().startswith(LOOK_ALIKES) and name not in known:
            meant = difflib.get_close_matches(name.upper(), known, 1, 0.7)
            effect = (
                text(
                    "has no effect: pipsafe has no such variable; {variable} may be meant", variable=meant[0]
                )
                if meant
                else text("has no effect: pipsafe has no such variable")
            )
            yield Effect(name, redact_text(environ[name]), _place(name), effect, "warning")


def _place(name: str) -> str:
    return text("environment variable {name}", name=name)
