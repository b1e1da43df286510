"""Requirements and constraint files: which indexes, hosts and URLs they name.

Read as pip reads them (`pip._internal.req.req_file`), nested files included, but never fetched, never
without end, and never blocking on what is not a regular file.
"""

from __future__ import annotations

import codecs
import locale
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from pipsafe.language.text import text
from pipsafe.pip_settings import command_line
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.pip_options import REQUIREMENTS_FILE, spellings
from pipsafe.trust import regular_file

FILE_LIMIT = 200
SIZE_LIMIT = 4 << 20
"""Bytes of one file."""
DEPTH_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Requirements:
    files: tuple[str, ...] = ()
    """Those read, nested ones included."""
    settings: tuple[Setting, ...] = ()
    """Option lines in the order in which pip meets them: `no-index` (value "1"), `index-url`,
    `extra-index-url`, `find-links`, `trusted-host`, `use-feature`."""
    urls: tuple[Setting, ...] = ()
    """URLs that stand for a distribution or a repository ("requirement") and files that are themselves
    on the network ("requirement-file")."""
    problems: tuple[str, ...] = ()

    def of(self, name: str) -> tuple[Setting, ...]:
        """The settings called *name*."""
        return tuple(setting for setting in self.settings if setting.name == name)


@dataclass(slots=True)
class _Reading:
    """What is known halfway."""

    supplied: Mapping[str, bytes]
    environ: Mapping[str, str]
    seen: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    urls: list[Setting] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(
    paths: Sequence[str],
    *,
    cwd: str,
    supplied: Mapping[str, bytes],
    environ: Mapping[str, str] | None = None,
) -> Requirements:
    """Read requirements and constraint files and all that they include.

    paths: as typed, relative to *cwd*. supplied: contents by path (as typed) of what can be read only
    once, such as `/dev/stdin`. environ: for `${NAME}` in the files; None stands for `os.environ`.
    Never raises; what cannot be read is listed in `problems`.
    """
    reading = _Reading(supplied, os.environ if environ is None else environ)
    for path in paths:
        found = path if path in supplied or _is_url(path) else str(Path(cwd, path))
        _read_file(found, text("requirements file given to pip"), 0, reading)
    return Requirements(
        tuple(reading.files), tuple(reading.settings), tuple(reading.urls), tuple(reading.problems)
    )


def url_of(requirement: str) -> str | None:
    """The URL of a requirement: `https://...`, `git+https://...@tag#egg=x`, `name[extra] @ URL; marker`."""
    match = _BARE_URL.match(requirement) or _NAME_AT_URL.match(requirement)
    return match["url"] if match else None


_BARE_URL = re.compile(r"\s*(?P<url>[A-Za-z][A-Za-z0-9+.-]*://\S+)")
_NAME_AT_URL = re.compile(
    r"\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*@\s*(?P<url>[A-Za-z][A-Za-z0-9+.-]*://\S+)"
)


def _is_url(path: str) -> bool:
    return path.partition(":")[0].lower() in ("http", "https", "file")


def _read_file(path: str, named_in: str, depth: int, reading: _Reading) -> None:
    """Read one file, given by its path or URL, and what it includes."""
    if path.lower().startswith(("http:", "https:")):
        reading.urls.append(Setting("requirement-file", path, named_in))
        return
    if path in reading.seen:
        return
    reading.seen.add(path)
    if depth > DEPTH_LIMIT or len(reading.files) >= FILE_LIMIT:
        reading.problems.append(text("{path}: not read, there are too many files", path=path))
        return
    try:
        contents = _contents(path, reading)
    except OSError as error:
        problem = error.strerror or str(error)
        reading.problems.append(text("{path}: {problem}", path=path, problem=problem))
        return
    reading.files.append(path)
    if _LOCK_FILE.search(path):
        locked = _LOCKED_URL.finditer(_decode(contents))
        reading.urls += (Setting("requirement", match["url"], path) for match in locked)
        return
    for number, line in _lines(_decode(contents), reading.environ):
        _read_line(line, path, number, depth, reading)


# A lock file gives every distribution's URL, as a line or in an inline table.
_LOCK_FILE = re.compile(r"(?:^|[/\\])pylock(?:\.[^./\\]+)?\.toml(?:\[[^\]]*\])?$")
_LOCKED_URL = re.compile(r"""(?:^|[{,])\s*(?:url|index)\s*=\s*(["'])(?P<url>https?://.*?)\1""", re.MULTILINE)


def _contents(path: str, reading: _Reading) -> bytes:
    if path in reading.supplied:
        return reading.supplied[path]
    if path.lower().startswith("file:"):
        path = _path_of(path)
    if _LOCK_FILE.search(path):
        path = path.partition("[")[0]
    return regular_file.read(path, SIZE_LIMIT)


def _path_of(url: str) -> str:
    """The path of a file URL. `url2pathname` would load all of `urllib.request`, TLS included."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if os.name != "nt":
        return path
    return f"//{parts.netloc}{path}" if parts.netloc else path.lstrip("/")


# The order matters: the mark of UTF-32-LE begins with that of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_COOKIE = re.compile(rb"#.*?coding[:=]\s*([-\w.]+)")


def _decode(contents: bytes) -> str:
    """By byte order mark, then coding comment, then UTF-8, then the locale; what is invalid is replaced."""
    for mark, encoding in _MARKS:
        if contents.startswith(mark):
            return contents[len(mark) :].decode(encoding, "replace")
    cookies = (_COOKIE.match(line) for line in contents.split(b"\n", 2)[:2])
    named = next((cookie[1].decode("ascii") for cookie in cookies if cookie), "utf-8")
    for encoding in (named, "utf-8", locale.getpreferredencoding(False)):
        try:
            return contents.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return contents.decode("latin-1")


_COMMENT = re.compile(r"(?:^|(?<!\s)\s+)#.*$")  # as pip has it, but in linear time
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def _lines(text: str, environ: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """The lines that say something, joined, without comments, variables replaced; each with its number."""
    for number, line in _joined(text):
        said = _COMMENT.sub("", line).strip()
        if said:
            yield number, _VARIABLE.sub(lambda name: environ.get(name[1]) or name[0], said)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines that end in a backslash with those that follow; a comment line ends the joining."""
    first, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        comment = _COMMENT.match(line)
        if line.endswith("\\") and not comment:
            first = first if parts else number
            parts.append(line.strip("\\"))
            continue
        yield (first if parts else number), "".join(parts) + (" " * bool(comment)) + line
        parts = []
    if parts:
        yield first, "".join(parts)


def _read_line(line: str, path: str, number: int, depth: int, reading: _Reading) -> None:
    place = text("{path}, line {number}", path=path, number=number)
    requirement, options = _split(line)
    try:
        typed = shlex.split(options)
    except ValueError as error:
        reading.problems.append(text("{path}: {problem}", path=place, problem=str(error)))
        return
    values: dict[str, list[str]] = {}
    for word in command_line.words(typed, spellings(REQUIREMENTS_FILE)):
        if word.option is not None:
            values.setdefault(word.option.name, []).append("1" if word.value is None else word.value)
    requirement = requirement or next(iter(values.get("editable", [])), "")
    nested = values.get("requirement") or values.get("constraint")
    if requirement:
        # Options on such a line are for this requirement only.
        url = url_of(requirement)
        reading.urls += [Setting("requirement", url, place)] if url else []
    elif nested:
        _read_file(_beside(path, nested[0], reading), place, depth + 1, reading)
    else:
        reading.settings += _settings(values, place)


def _split(line: str) -> tuple[str, str]:
    """The requirement of a line and its options, which begin with the first word that has a dash."""
    words = line.split(" ")
    at = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    return " ".join(words[:at]), " ".join(words[at:])


def _beside(path: str, included: str, reading: _Reading) -> str:
    """The path or URL of a file that the file *path* includes."""
    if included in reading.supplied or _is_url(included):
        return included
    if path.lower().startswith("file:"):
        return urljoin(path, included)
    return str(Path(path).parent / included)


def _settings(values: Mapping[str, Sequence[str]], place: str) -> Iterator[Setting]:
    """What a line of options sets. Of several `--index-url` the last counts, of `--find-links` the first."""
    for name, chosen in _CHOSEN.items():
        yield from (Setting(name, value, place) for value in values.get(name, [])[chosen])


_CHOSEN = {
    "index-url": slice(-1, None),
    "no-index": slice(-1, None),
    "extra-index-url": slice(None),
    "find-links": slice(0, 1),
    "trusted-host": slice(None),
    "use-feature": slice(None),
}
"""In the order in which pip applies those of one line."""
