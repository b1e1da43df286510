"""How each shell, and each kind of file, writes a variable so that its value comes out as it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipsafe.language.text import text


class CannotQuote(Exception):
    """No way of writing it is read alike by all that read this form. The message is a clause."""


@dataclass(frozen=True, slots=True)
class Shell:
    """One form."""

    name: str
    sets: Callable[[str, str], str]
    """A line, or several, without the last line end. Raises CannotQuote."""
    unsets: Callable[[str], str] | None
    """None where the form knows no way."""
    comment: str
    """What a line begins with that is not read; "" where there is none."""


def _posix(name: str, value: str) -> str:
    """Within single quotes nothing is special but the quote (POSIX, Shell Command Language, 2.2.2)."""
    quoted = value.replace("'", "'\\''")
    return f"export {name}='{quoted}'"


def _fish(name: str, value: str) -> str:
    """Within single quotes, a backslash and a quote are written behind a backslash (fish, Quotes)."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


POWERSHELL_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
"""All of these close a single-quoted string (about_Quoting_Rules)."""


def _powershell(name: str, value: str) -> str:
    quoted = POWERSHELL_QUOTES.sub(lambda match: match[0] * 2, value)
    return f"$env:{name} = '{quoted}'"


def _cmd(name: str, value: str) -> str:
    """For a file that is called: there `%%` is a percent sign. A path on Windows has no quotes."""
    if '"' in value or not value.isprintable():
        raise CannotQuote(text("a batch file cannot hold a quote or a line end in a value"))
    quoted = value.replace("%", "%%")
    return f'set "{name}={quoted}"'


_BARE = re.compile(r"[\w./:@+,-]+", re.ASCII)


def _dotenv(name: str, value: str) -> str:
    """Bare or in single quotes, which every reader takes literally; escapes each reads in its own way."""
    if _BARE.fullmatch(value):
        return f"{name}={value}"
    if "'" in value or "\\" in value or "${" in value or not value.isprintable():
        raise CannotQuote(
            text("readers of .env files do not agree on how to write quotes, backslashes or line ends")
        )
    return f"{name}='{value}'"


def _github(name: str, value: str) -> str:
    """For GITHUB_ENV: the value is literal, or stands between two lines with a word that it does not hold."""
    if not re.search(r"[\r\n]", value):
        return f"{name}={value}"
    mark = "END"
    while mark in value:
        mark += "_"
    return f"{name}<<{mark}\n{value}\n{mark}"


SHELLS: Mapping[str, Shell] = {
    shell.name: shell
    for shell in (
        Shell("bash", _posix, lambda name: f"unset {name}", "#"),
        Shell("zsh", _posix, lambda name: f"unset {name}", "#"),
        Shell("fish", _fish, lambda name: f"set -e {name}", "#"),
        Shell("powershell", _powershell, lambda name: f"Remove-Item Env:{name} -ErrorAction Ignore", "#"),
        Shell("cmd", _cmd, lambda name: f'set "{name}="', "rem"),
        Shell("dotenv", _dotenv, None, "#"),
        Shell("github", _github, None, ""),
    )
}


def usual(environ: Mapping[str, str], platform: str) -> Shell:
    """The user's own, as far as it is known."""
    if platform == "win32" and "SHELL" not in environ:
        return SHELLS["powershell"]
    name = environ.get("SHELL", "").rpartition("/")[2]
    return SHELLS[name] if name in ("bash", "zsh", "fish") else SHELLS["bash"]
