"""pip's command line, read as pip reads it (optparse), without asking pip.

pip parses twice: first what stands before the command, by the general options alone, to find the
command; then everything but the command, by that command's options. A word is an argument only if
no option before it takes it as its value, so all options of all commands are known here, even those
that mean nothing to pipsafe. Where pip would refuse the line, it is read as far as it makes sense.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipsafe import origin
from pipsafe.pip_settings.pip_options import COMMANDS, Option, Version, spellings


@dataclass(frozen=True, slots=True)
class CommandLine:
    command: str | None
    """pip's command; None if there is none or pip has no such command."""
    options: tuple[tuple[str, str | None], ...]
    """Long name without dashes and the value (None for a flag), in order of appearance."""
    arguments: tuple[str, ...]
    """What remains after the command: requirement specifiers, paths, URLs."""
    isolated: bool = False
    """Whether pip ignores the user's configuration and `PIP_*`: pip looks for this very word anywhere."""

    def values(self, name: str) -> tuple[str, ...]:
        """Every value typed for the option *name*, in order."""
        return tuple(value for option, value in self.options if option == name and value is not None)

    def count(self, name: str) -> int:
        """How often the option *name* was typed."""
        return sum(option == name for option, _ in self.options)


@dataclass(frozen=True, slots=True)
class Word:
    """One option or argument, and the words of the command line that it takes up.

    An option that pip does not have, or that lacks its value, has neither option nor value."""

    start: int
    end: int
    option: Option | None
    value: str | None
    prefix: str = ""
    """What stands before the value in the same word, as in `--cert=` or `-qi`."""

    @property
    def is_argument(self) -> bool:
        return self.option is None and self.value is not None


def words(argv: Sequence[str], table: Mapping[str, Option]) -> Iterator[Word]:
    """Split *argv* into options and arguments as optparse does, by the options of *table*."""
    index = 0
    while index < len(argv):
        text = argv[index]
        if text == "--":
            yield from (Word(at, at + 1, None, argv[at]) for at in range(index + 1, len(argv)))
            return
        end = index + 1
        for word in _word(argv, index, table):
            end = word.end
            yield word
        index = end


def _word(argv: Sequence[str], index: int, table: Mapping[str, Option]) -> Iterator[Word]:
    text = argv[index]
    if text.startswith("--"):
        yield _long(argv, index, table)
    elif text.startswith("-") and text != "-":
        yield from _short(argv, index, table)
    else:
        yield Word(index, index + 1, None, text)


def _long(argv: Sequence[str], index: int, table: Mapping[str, Option]) -> Word:
    name, equals, attached = argv[index].partition("=")
    option = table.get(name) or _abbreviated(name, table)
    if option is not None and option.takes_value:
        if equals:
            return Word(index, index + 1, option, attached, name + equals)
        return _with_next(argv, index, option)
    # A flag with a value is refused by pip.
    return Word(index, index + 1, None if equals else option, None)


def _abbreviated(name: str, table: Mapping[str, Option]) -> Option | None:
    """The option that *name* abbreviates. Two spellings of one option are ambiguous to optparse, too."""
    possible = [option for spelling, option in table.items() if spelling.startswith(name)]
    return possible[0] if len(possible) == 1 else None


def _short(argv: Sequence[str], index: int, table: Mapping[str, Option]) -> Iterator[Word]:
    """The options of a word such as `-qqi URL` or `-qiURL`."""
    text = argv[index]
    for at in range(1, len(text)):
        option = table.get("-" + text[at])
        if option is None or not option.takes_value:
            yield Word(index, index + 1, option, None)
            continue
        if at + 1 < len(text):
            yield Word(index, index + 1, option, text[at + 1 :], text[: at + 1])
        else:
            yield _with_next(argv, index, option)
        return


def _with_next(argv: Sequence[str], index: int, option: Option) -> Word:
    """The option at *index* with the next word as its value, whatever that word looks like."""
    if index + 1 < len(argv):
        return Word(index, index + 2, option, argv[index + 1])
    return Word(index, index + 1, None, None)


def _split(argv: Sequence[str], version: Version | None) -> tuple[str | None, int | None, list[str]]:
    """The command's name, its place, and the other words."""
    read = words(argv, spellings(None, version))
    command = next((word.value for word in read if word.is_argument), None)
    if command is None:
        return None, None, list(argv)
    # pip leaves out the first word that equals the command, even where that is some option's value.
    at = list(argv).index(command)
    return (command if command in COMMANDS else None), at, [*argv[:at], *argv[at + 1 :]]


def parse(argv: Sequence[str], version: Version | None = None) -> CommandLine:
    """Read pip's arguments (without the program's name). Never raises.

    version: pip's; None knows the options of every pip, so that some abbreviations become ambiguous.
    """
    command, _, rest = _split(argv, version)
    read = list(words(rest, spellings(command, version)))
    return CommandLine(
        command=command,
        options=tuple((word.option.name, word.value) for word in read if word.option is not None),
        arguments=tuple(word.value for word in read if word.option is None and word.value is not None),
        isolated="--isolated" in rest,
    )


def _rewrite(
    argv: Sequence[str], name: str, change: Callable[[str], str], version: Version | None
) -> list[str]:
    """*argv* with every value typed for the option *name* changed."""
    command, at, rest = _split(argv, version)
    for word in list(words(rest, spellings(command, version))):
        if word.option is not None and word.option.name == name and word.value is not None:
            rest[word.end - 1] = word.prefix + change(word.value)
    if at is not None:
        rest.insert(at, argv[at])
    return rest


def replace_option(
    argv: Sequence[str], name: str, value: str, version: Version | None = None
) -> tuple[str, ...]:
    """*argv* with every value typed for the option *name* (`cert`) replaced, in the form it had."""
    return tuple(_rewrite(argv, name, lambda _: value, version))


_USERINFO = re.compile(r"://(?:[^/?#]*@|[^/?#@\s\[\]]{0,500}:[^\d/][^@\s]{0,2000}@)")
"""User and password of a URL within other text; the second form is a password with a raw slash in it."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://\S+")


def redact_text(text: str) -> str:
    """*text* with the credentials of every URL in it replaced by `****`."""
    shown = _URL.sub(lambda url: origin.redact(url[0]), _USERINFO.sub("://****@", text))
    return text if shown == text else shown  # what has a translation keeps it


_PROXY = re.compile(r"^.*@")


def redact(argv: Sequence[str]) -> tuple[str, ...]:
    """*argv* with credentials replaced by `****`: in URLs anywhere, and in a proxy given without a scheme."""
    shown = _rewrite(argv, "proxy", lambda url: url if "://" in url else _PROXY.sub("****@", url), None)
    return tuple(redact_text(word) for word in shown)
