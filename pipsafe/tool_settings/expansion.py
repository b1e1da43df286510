"""What a value in a configuration file stands for, by each tool's own rule: variables, `~`, relative paths.

Sources: git (path.c interpolate_path), npm/cli (config/lib: env-replace.js, parse-field.js), yarnpkg/berry
(miscUtils.replaceEnvVariables), conda (common/configuration.py: os.path.expandvars), composer
(Util/Platform.php expandPath), wget (measured), VS Code (variables reference). curl, cargo, poetry, pdm,
yarn 1, AWS tools, gcloud, apt, Ruby's and Java's tools take a value as it stands.
"""

import ntpath
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

from pipsafe.trust.sources import is_path

LONGEST = 4096
"""Characters of a path."""

_NPM = re.compile(r"(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}")
_BERRY = re.compile(r"\$\{(?P<name>\w+)(?::?-(?P<fallback>[^}${]*))?\}", re.ASCII)
_POSIX_VARIABLE = re.compile(r"\$(?:(\w+)|\{([^}${]*)\})", re.ASCII)
_WINDOWS_VARIABLE = re.compile(r"%([^%\s]+)%")
_COMPOSER = re.compile(r"\A(?:\$(\w+)|%(\w+)%)", re.ASCII)
_EDITOR = re.compile(r"\$\{(?:env:(?P<name>[^}${]+)|userHome)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What values are expanded with."""

    environ: Mapping[str, str]
    home: str
    platform: str

    @property
    def paths(self) -> ModuleType:
        """ntpath or posixpath."""
        return ntpath if self.platform == "win32" else posixpath


Rule = Callable[[str, Surroundings], str]


def as_it_stands(value: str, around: Surroundings) -> str:  # noqa: ARG001 - a rule
    """curl, cargo, poetry and others."""
    return value


def tilde(value: str, around: Surroundings) -> str:
    """git, wget: `~/x`."""
    return around.home + value[1:] if value.startswith("~/") else value


def npm(value: str, around: Surroundings) -> str:
    """`${NAME}`, `${NAME?}`, then `~/x`."""

    def replaced(match: re.Match[str]) -> str:
        escapes = match[1]
        if len(escapes) % 2:
            return match[0][(len(escapes) + 1) // 2 :]
        fallback = "" if match[3] else f"${{{match[2]}}}"
        return escapes[len(escapes) // 2 :] + around.environ.get(match[2], fallback)

    value = _NPM.sub(replaced, value.strip())
    windows = around.platform == "win32" and value.startswith("~\\")
    return around.home + value[1:] if windows or value.startswith("~/") else value


def pnpm(value: str, around: Surroundings) -> str:
    """`${NAME}`."""
    return value if value.startswith("~") else npm(value, around)


def berry(value: str, around: Surroundings) -> str:
    """`${NAME}`, `${NAME-fallback}`, `${NAME:-fallback}`. Without either, yarn stops."""
    return _BERRY.sub(lambda match: around.environ.get(match["name"]) or match["fallback"] or match[0], value)


def variables(value: str, around: Surroundings) -> str:
    """conda, and a shell's script: `$NAME`, `${NAME}`, on Windows also `%NAME%`."""

    def replaced(match: re.Match[str]) -> str:
        return around.environ.get(match[1] or match[match.re.groups], match[0])

    value = _POSIX_VARIABLE.sub(replaced, value)
    return _WINDOWS_VARIABLE.sub(replaced, value) if around.platform == "win32" else value


def composer(value: str, around: Surroundings) -> str:
    """`~/x`, or a variable at the beginning."""
    if value.startswith(("~/", "~\\")):
        return around.home + value[1:]
    return _COMPOSER.sub(lambda match: around.environ.get(match[1] or match[2], match[0]), value)


def editor(value: str, around: Surroundings) -> str:
    """VS Code: `${env:NAME}`, `${userHome}`."""
    return _EDITOR.sub(
        lambda match: around.environ.get(match["name"], match[0]) if match["name"] else around.home, value
    )


def path(value: str, folder: str | None, around: Surroundings) -> str | None:
    """The path that an expanded value is, made absolute by `folder`, or None if it is none.

    Without `folder` the tool takes it from the working folder, or not at all: so it is not used.
    """
    value = value.strip()
    if not is_path(value) or len(value) > LONGEST or _CONTROL.search(value) or "${" in value:
        return None
    if folder is not None and not around.paths.isabs(value):
        value = around.paths.normpath(around.paths.join(folder, value))
    return value if around.paths.isabs(value) else None
