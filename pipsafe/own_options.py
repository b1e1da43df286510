"""pipsafe's own options, taken out of the command line before pip sees it.

Read on every run: it imports nothing, unless there is something to complain of.
"""

from __future__ import annotations

TYPE_CHECKING = False  # see cli.py
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "--pipsafe-"

# Name -> whether it takes a value. Each has a variable: PIPSAFE_<NAME>.
OPTIONS = {
    "python": True,
    "ca": True,
    "pin": True,
    "report": True,
    "strict": False,
    "quiet": False,
    "no-rescue": False,
}

FALSE_WORDS = ("", "0", "false", "no", "off")

FINGERPRINT_DIGITS = 64
HEX_DIGITS = frozenset("0123456789abcdef")


class UsageError(Exception):
    """What the user typed cannot be meant. The message is one sentence."""


class OwnOptions:
    """What pipsafe was told, and by what words."""

    __slots__ = ("ca", "no_rescue", "pins", "python", "python_set_by", "quiet", "report", "strict")

    def __init__(self) -> None:
        self.python: str | None = None
        self.python_set_by = ""
        self.ca: list[tuple[str, str]] = []
        """(path, what named it)"""
        self.pins: list[tuple[str, str]] = []
        """(SHA-256 of a certificate in lower-case hex, what named it)"""
        self.report: str | None = None
        self.strict = False
        self.quiet = False
        self.no_rescue = False


def split(arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[OwnOptions, list[str]]:
    """pipsafe's options and the arguments that are pip's. Raises UsageError."""
    options = OwnOptions()
    for name, takes_value in OPTIONS.items():
        variable = "PIPSAFE_" + name.replace("-", "_").upper()
        value = environ.get(variable, "")
        if value if takes_value else value.lower() not in FALSE_WORDS:
            _set(options, name, value, variable)
    given: list[str] = []
    typed_ca: list[tuple[str, str]] = []
    typed_pins: list[tuple[str, str]] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            given += [word, *rest]
            break
        if not word.startswith(PREFIX):
            given.append(word)
            continue
        name, value = _option(word, rest)
        if name == "ca":
            typed_ca.append((value, PREFIX + name))
        elif name == "pin":
            typed_pins += _pins(value, PREFIX + name)
        else:
            _set(options, name, value, PREFIX + name)
    # What was typed stands in for the variable, as with pip.
    options.ca = typed_ca or options.ca
    options.pins = typed_pins or options.pins
    return options, given


def _option(word: str, rest: list[str]) -> tuple[str, str]:
    """Name and value of an option, the value taken from ``rest`` if it is not in the word."""
    name, equals, value = word[len(PREFIX) :].partition("=")
    if name not in OPTIONS:
        from pipsafe.language.text import both, text

        names = both([PREFIX + known for known in OPTIONS])
        raise UsageError(
            text("there is no option {option}; there are {names}.", option=PREFIX + name, names=names)
        )
    if equals and not OPTIONS[name]:
        from pipsafe.language.text import text

        raise UsageError(text("{option} takes no value.", option=PREFIX + name))
    if OPTIONS[name] and not equals and rest:
        value = rest.pop(0)
    if OPTIONS[name] and not value:
        from pipsafe.language.text import text

        raise UsageError(text("{option} needs a value.", option=PREFIX + name))
    return name, value


def _set(options: OwnOptions, name: str, value: str, set_by: str) -> None:
    if name == "python":
        options.python, options.python_set_by = value, set_by
    elif name == "report":
        options.report = value
    elif name == "ca":
        import os

        options.ca = [(path, set_by) for path in value.split(os.pathsep) if path]
    elif name == "pin":
        options.pins = _pins(value, set_by)
    else:
        setattr(options, name.replace("-", "_"), True)


def _pins(value: str, set_by: str) -> list[tuple[str, str]]:
    """Fingerprints as tools print them: colons, upper case, commas or blanks between several."""
    found: list[tuple[str, str]] = []
    # As openssl prints it: "sha256 Fingerprint=E4:41:..."
    for word in value.lower().replace("sha256 fingerprint=", "").replace(",", " ").split():
        digits = word.removeprefix("sha256:").removeprefix("sha-256:").replace(":", "")
        if len(digits) != FINGERPRINT_DIGITS or not HEX_DIGITS.issuperset(digits):
            from pipsafe.language.text import text

            template = text(
                "{option} takes the SHA-256 fingerprint of a certificate: {number} hexadecimal digits, not "
                "{given!r}."
            )
            raise UsageError(template.filled(option=set_by, number=FINGERPRINT_DIGITS, given=word))
        found.append((digits, set_by))
    return found
