"""The options that pip's commands take, from pip 19.3 to 26.3, as data.

Written down from the option parsers of those pips (`pip._internal.cli.cmdoptions` and
`pip._internal.commands`). What matters is which options exist, for they decide how an abbreviation
is read, and which take a value, for that decides which words are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

Version = tuple[int, ...]


class Kind(Enum):
    """What an option does with what it is given."""

    FLAG = ""
    COUNT = "#"
    VALUE = "="
    """Takes a value; the last one counts."""
    LIST = "+"
    """Takes a value; every further one adds to those before. Configuration splits it at white space."""


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    """The first long name, without dashes: what pip's configuration calls it."""
    spellings: tuple[str, ...]
    """Every spelling, dashes included."""
    kind: Kind

    @property
    def takes_value(self) -> bool:
        return self.kind in (Kind.VALUE, Kind.LIST)


REQUIREMENTS_FILE = "requirements-file"
"""Stands for the lines of a requirements file, which take options of their own."""

# A heading names the commands (`main`: what stands before the command; `*`: that and every command). A line
# is the spellings, a mark of the kind, and the pips that have it, where not all do.
_TABLE = """
[main]
-V --version

[*]
-h --help
--debug >=22.0
--isolated
--require-virtualenv --require-venv
--python = >=22.3
-v --verbose #
-V --version <26.3
-q --quiet #
--log --log-file --local-log =
--no-input
--keyring-provider = >=23.1
--proxy =
--no-proxy-env >=26.2
--retries =
--resume-retries = >=25.1
--timeout --default-timeout =
--skip-requirements-regex = <20.0
--exists-action +
--trusted-host +
--cert =
--client-cert =
--cache-dir =
--no-cache-dir
--disable-pip-version-check
--no-color
--no-python-version-warning >=20.0
--use-feature + >=20.2
--use-deprecated + >=20.2

[install download wheel lock index list requirements-file]
-i --index-url --pypi-url =
--extra-index-url +
--no-index
--pre
--all-releases = >=26.0
--only-final = >=26.0

[install download wheel lock index list]
--refresh-package = >=26.2
--uploaded-prior-to = >=26.0

[install download wheel lock index list freeze<22.0 requirements-file]
-f --find-links +

[install download wheel lock index list>=26.0 requirements-file]
--no-binary =
--only-binary =

[install download wheel lock index>=26.0 list>=26.0 requirements-file]
--prefer-binary

[install download>=22.0 wheel lock index]
--ignore-requires-python

[install download wheel lock]
--build-constraint + >=25.3
--check-build-dependencies >=22.2
--group = >=25.1
--no-build-isolation
--no-clean
--no-deps --no-dependencies
--only-deps --only-dependencies >=26.2
--progress-bar =
--requirements-from-script + >=26.0
--src --source --source-dir --source-directory =
--use-pep517

[install download wheel lock requirements-file]
-c --constraint +
--require-hashes
--no-require-hashes >=26.2

[install download wheel lock freeze uninstall requirements-file]
-r --requirement +

[install wheel lock requirements-file]
-e --editable +
--config-settings = >=22.1 <23.1
-C --config-settings = >=23.1

[install download wheel]
-b --build --build-dir --build-directory = <21.1

[install download wheel lock]
--no-use-pep517 <25.3

[install download wheel requirements-file]
--global-option + <25.3

[install requirements-file]
--install-option + <23.1

[install download index debug]
--abi +
--implementation =
--platform +
--python-version =

[install uninstall]
--break-system-packages >=23.0
--root-user-action = >=22.1

[install]
-I --ignore-installed
-U --upgrade
--upgrade-strategy =
--compile
--no-compile
--dry-run >=22.2
--report = >=22.2
--force-reinstall
--no-user
--no-warn-conflicts
--no-warn-script-location
--prefix =
--root =
-t --target =

[install list freeze inspect config]
--user

[download]
-d --dest --destination-dir --destination-directory =

[wheel]
-w --wheel-dir =
--build-option + <25.3
--no-verify >=20.3

[lock]
-o --output =

[uninstall]
-y --yes

[list freeze inspect]
--path +

[list freeze]
-l --local
--exclude + >=20.3
--exclude-editable

[list]
-e --editable
--include-editable
--not-required
-o --outdated
-u --uptodate

[list cache]
--format =

[freeze]
--all

[inspect]
--local

[show]
-f --files

[config]
--editor =
--global
--site

[search]
-i --index =

[hash]
-a --algorithm =

[completion]
-b --bash
-f --fish
-p --powershell >=22.1
-z --zsh

[index]
--json >=25.1

[requirements-file]
--trusted-host +
--use-feature + >=20.2
--hash +
"""

COMMANDS = frozenset(
    {"cache", "check", "completion", "config", "debug", "download", "freeze", "hash", "help", "index"}
    | {"inspect", "install", "list", "lock", "search", "show", "uninstall", "wheel"}
)
"""Every command of pip, by its exact name: pip takes no abbreviations of commands."""

INDEX_COMMANDS = frozenset({"install", "download", "wheel", "lock", "index", "list", "search"})
"""Those that may ask a package index."""


def _within(conditions: list[str], version: Version | None) -> bool:
    """Whether a pip of *version* meets conditions such as `>=22.0`; any pip does if it is None."""
    if version is None:
        return True
    for condition in conditions:
        bound = tuple(int(part) for part in condition.lstrip(">=<").split("."))
        if (version[: len(bound)] >= bound) is condition.startswith("<"):
            return False
    return True


def _names(heading_word: str) -> tuple[str, list[str]]:
    """`list>=26.0` as `list` and its condition."""
    for mark in (">=", "<"):
        name, found, bound = heading_word.partition(mark)
        if found:
            return name, [mark + bound]
    return heading_word, []


def _option(line: str, version: Version | None) -> Option | None:
    words = line.split()
    spellings = tuple(word for word in words if word.startswith("-"))
    marks = [word for word in words if word in ("=", "+", "#")]
    if not _within([word for word in words if word.startswith((">", "<"))], version):
        return None
    name = next(word for word in spellings if word.startswith("--"))
    return Option(name.removeprefix("--"), spellings, Kind("".join(marks)))


@cache
def spellings(command: str | None, version: Version | None = None) -> Mapping[str, Option]:
    """The options of *command* by spelling. None: those that may stand before the command.

    version: pip's; None takes in the options of every pip."""
    found: dict[str, Option] = {}
    name = command or "main"
    applies = False
    for line in _TABLE.splitlines():
        if line.startswith("["):
            words = dict(_names(word) for word in line.strip("[]").split())
            general = "*" in words and command != REQUIREMENTS_FILE
            applies = general or (name in words and _within(words[name], version))
        elif line and applies and (option := _option(line, version)) is not None:
            found.update((spelling, option) for spelling in option.spellings)
    return found
