"""What pip's configuration files and `PIP_*` variables say, with the place of every value.

Written from `pip._internal.configuration`, 19.3 to 26.3.
"""

from __future__ import annotations

import configparser
import locale
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipsafe.language.text import text
from pipsafe.pip_settings.pip_options import Version
from pipsafe.trust import regular_file

SIZE_LIMIT = 1 << 20
"""Bytes of a configuration file; pip has no limit, a pip.conf is a few lines."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and who set it."""

    name: str
    value: str
    """As pip takes it; may hold credentials."""
    set_in: str
    """For people: "command line", "environment variable PIP_CERT", "/etc/pip.conf, line 3, [global]"."""


@dataclass(frozen=True, slots=True)
class Configuration:
    sections: Mapping[str, Mapping[str, Setting]]
    """Section, option name, value; `:env:` is the section of the environment."""
    files: tuple[str, ...]
    """Those that were there, in the order in which they override each other."""
    problems: tuple[str, ...]


ENVIRONMENT = ":env:"


def read(
    environ: Mapping[str, str], paths: Iterable[tuple[str, str]], pip_version: Version, *, isolated: bool
) -> Configuration:
    """Read the files *paths* (kind and path, the overriding last) and the `PIP_*` variables.

    Where pip would stop at a file, the file's other settings are taken as far as they can be read, and
    the problem is listed. isolated: without the variables. pip_version: an empty value hides what other
    files say, but in 25.2 and 25.3 it does not.
    """
    fall_through = (25, 2) <= pip_version < (26,)
    sections: dict[str, dict[str, Setting]] = {}
    files: list[str] = []
    problems: list[str] = []
    for _, path in paths:
        try:
            contents = regular_file.read(path, SIZE_LIMIT)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            problems.append(_with(path, error.strerror or str(error)))
            continue
        files.append(path)
        said, wrong = _parse(path, contents)
        problems += (_with(path, problem) for problem in wrong)
        for section, settings in said.items():
            so_far = sections.setdefault(section, {})
            for name in settings if fall_through else ():
                # Of two spellings of one option the later counts, so a name given anew goes to the end.
                if settings[name].value:
                    so_far.pop(name, None)
            so_far.update((name, new) for name, new in settings.items() if new.value or not fall_through)
    if not isolated:
        sections[ENVIRONMENT] = {setting.name: setting for setting in environment(environ)}
    return Configuration(sections, tuple(files), tuple(problems))


def _with(path: str, problem: str) -> str:
    return text("{path}: {problem}", path=path, problem=problem)


def environment(environ: Mapping[str, str]) -> Iterator[Setting]:
    """What `PIP_*` variables set."""
    for variable, value in environ.items():
        name = variable[4:].lower()
        if variable.startswith("PIP_") and name not in ("version", "help"):
            yield Setting(normalize(name), value, in_variable(variable))


def in_variable(variable: str) -> str:
    """Where it is set, for people."""
    return text("environment variable {variable}", variable=variable)


def normalize(name: str) -> str:
    """An option's name as pip compares it: `Index_URL` and `--index-url` are `index-url`."""
    return name.lower().replace("_", "-").removeprefix("--")


def _decode(contents: bytes) -> tuple[str, str | None]:
    """The text, in the encoding of the locale as pip has it, and what is wrong with it."""
    encoding = locale.getpreferredencoding(False)
    try:
        return contents.decode(encoding), None
    except (UnicodeDecodeError, LookupError):
        problem = text("contains invalid {encoding} characters", encoding=encoding)
    try:
        return contents.decode("utf-8"), problem
    except UnicodeDecodeError:
        return contents.decode("latin-1"), problem


def _parse(path: str, contents: bytes) -> tuple[dict[str, dict[str, Setting]], list[str]]:
    """What a file sets, by section and name, and what is wrong with it."""
    decoded, problem = _decode(contents)
    decoded = decoded.replace("\r\n", "\n").replace("\r", "\n")
    problems = [problem] if problem else []
    # Not strict, so that a name given twice (pip stops at it) hides nothing.
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(decoded, path)
    except configparser.Error as error:
        problems.append(" ".join(str(error).split()))
    lines = _lines(decoded)
    said: dict[str, dict[str, Setting]] = {}
    for section in parser.sections():
        settings = said.setdefault(section, {})
        for name, value in parser.items(section):
            # What [DEFAULT] sets holds in every section that there is.
            place = section if (section, name) in lines else configparser.DEFAULTSECT
            set_in = _place(path, lines.get((place, name)), place)
            settings[normalize(name)] = Setting(normalize(name), value, set_in)
    return said, problems


def _place(path: str, line: int | None, section: str) -> str:
    if line is None:
        return text("{path}, [{section}]", path=path, section=section)
    return text("{path}, line {number}, [{section}]", path=path, number=line, section=section)


_SECTION = re.compile(r"\[(?P<name>.+)\]")
_OPTION = re.compile(r"(?P<name>[^#;=:].*?)\s*[=:]")


def _lines(text: str) -> dict[tuple[str, str], int]:
    """The line on which each option of each section stands; configparser does not tell."""
    found: dict[tuple[str, str], int] = {}
    section, option, indent = "", "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        depth = len(line) - len(line.lstrip())
        if not stripped or stripped.startswith(("#", ";")) or (option and depth > indent):
            continue  # empty, a comment, or more of the value above
        indent = depth
        if match := _SECTION.match(stripped):
            section, option = match["name"], ""
        elif match := _OPTION.match(stripped):
            option = match["name"].lower()
            found[section, option] = number
    return found
