"""Finds hosts that pip was told to trust without verification. Nothing is changed about it.

The first question is asked on the success path, so it only looks for the word.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # see cli.py
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Commands that go to the network; a list of installed packages needs no warning.
NETWORK_COMMANDS = ("install", "download", "wheel", "index", "lock", "search")

WORD = b"trusted-host"


def may_be_named(arguments: Sequence[str], environ: Mapping[str, str], prefix: str) -> bool:
    """Whether the word stands on the command line, in a variable, or in a file that pip reads."""
    if not any(command in arguments for command in NETWORK_COMMANDS):
        return False
    # optparse takes "--tr" for it where no other option begins so.
    if any(word.startswith("--tr") for word in arguments) or environ.get("PIP_TRUSTED_HOST"):
        return True
    if any(_holds_word(path) for path in _requirement_files(arguments)):
        return True
    return any(_holds_word(path) for path in _configuration_files(environ, prefix))


def _requirement_files(arguments: Sequence[str]) -> list[str]:
    """The files that requirements are read from; those that they name in turn are not looked into here."""
    found: list[str] = []
    for at, word in enumerate(arguments):
        if word in ("-r", "-c", "--requirement", "--constraint"):
            found += arguments[at + 1 : at + 2]
        elif word.startswith(("-r", "-c", "--requirement=", "--constraint=")):
            found.append(word.partition("=")[2] if word.startswith("--") else word[2:])
    return found


def _configuration_files(environ: Mapping[str, str], prefix: str) -> list[str]:
    """The usual ones; config_paths.py knows them all, and is too much for every run."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = os.path.expanduser("~")
    if os.name == "nt":
        folders = [environ.get("ProgramData", ""), environ.get("APPDATA", ""), home]
        paths = [os.path.join(folder, "pip", "pip.ini") for folder in folders if folder]
        return [*paths, os.path.join(prefix, "pip.ini"), *([named] if named else [])]
    user = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    folders = ["/etc", "/etc/xdg/pip", "/Library/Application Support/pip", os.path.join(user, "pip")]
    folders += [os.path.join(home, ".pip"), os.path.join(home, "Library/Application Support/pip"), prefix]
    folders += [
        os.path.join(item, "pip") for item in environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep) if item
    ]
    return [os.path.join(folder, "pip.conf") for folder in folders] + ([named] if named else [])


def _holds_word(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        return WORD in os.read(descriptor, 65536).lower().replace(b"_", b"-")
    except OSError:
        return False
    finally:
        os.close(descriptor)
