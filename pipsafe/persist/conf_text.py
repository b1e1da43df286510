"""A pip.conf as bytes, and changes to it that leave every other byte as it is. Pure.

pip's own `config` rewrites the whole file by configparser, without its comments. The rules here are those of
configparser.RawConfigParser, by which pip reads it: `=` or `:`, `#` and `;` at the start of a line only; a
line that is indented deeper than its option goes on with the value, and comments may stand between.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipsafe.language.text import of_error, text
from pipsafe.persist import splice
from pipsafe.persist.splice import Splice
from pipsafe.pip_settings.pip_config import normalize

# For translators: a clause whose subject is a configuration file of pip's.
MARKED = text("begins with a byte order mark, which pip cannot read: save it without, as {encoding}")
# For translators: a clause whose subject is a configuration file of pip's.
UTF_16 = text("is UTF-16, which pip cannot read: save it without, as {encoding}")
# For translators: a clause whose subject is a configuration file of pip's.
OTHERWISE_ENCODED = text("is not {encoding}, which this locale makes pip read it as")
# For translators: a clause whose subject is a configuration file of pip's; {words} are Python's own.
NOT_READ = text("is not read by pip: {words}")

BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": MARKED, b"\xff\xfe": UTF_16, b"\xfe\xff": UTF_16}

# For translators: {name} is a setting, [{section}] a part of pip's configuration file.
NOT_ITSELF = text("{name} does not stand in [{section}] itself")

GLOBAL = "global"

_SECTION = re.compile(r"\[(?P<name>.+)\]")
_OPTION = re.compile(r"(?P<name>.*?)\s*[=:]\s*(?P<value>.*)")


class Unreadable(Exception):
    """pip itself cannot read the file. The message is a clause whose subject is the file."""


class Unwritable(Exception):
    """The change cannot be written so that pip reads it as meant. The message is a clause."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option, and the lines that make it up: comments and blank lines between them are not its own."""

    section: str
    name: str
    """As pip compares it."""
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ConfText:
    """The file, line by line."""

    data: bytes
    encoding: str
    lines: tuple[bytes, ...]
    """Each with its line end."""
    headers: Mapping[str, int]
    """Section -> the line of its header."""
    options: tuple[Option, ...]

    def find(self, section: str, name: str) -> Option | None:
        """The option, in that section itself."""
        return next((item for item in self.options if (item.section, item.name) == (section, name)), None)

    def text_of(self, line: int) -> str:
        return self.lines[line].decode(self.encoding)


def parse(data: bytes, encoding: str) -> ConfText:
    """The file as pip reads it. Raises Unreadable."""
    for mark, complaint in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            raise Unreadable(complaint.filled(encoding=encoding))
    lines = tuple(data.splitlines(keepends=True))
    try:
        texts = [line.decode(encoding) for line in lines]
    except (UnicodeDecodeError, LookupError) as error:
        raise Unreadable(OTHERWISE_ENCODED.filled(encoding=encoding)) from error
    values(data, encoding)
    headers: dict[str, int] = {}
    return ConfText(data, encoding, lines, headers, tuple(_options(texts, headers)))


def values(data: bytes, encoding: str) -> dict[tuple[str, str], str]:
    """Section and name of every option, and its value, as pip has them. Raises Unreadable."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(_text(data, encoding))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Unreadable(NOT_READ.filled(words=" ".join(str(error).split()))) from error
    return {
        (section, normalize(name)): value
        for section in parser.sections()
        for name, value in parser.items(section)
    }


def _text(data: bytes, encoding: str) -> str:
    return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def _options(texts: list[str], headers: dict[str, int]) -> Iterator[Option]:
    """Fills `headers` on the way."""
    section, name, taken, indent = "", "", [0], 0
    for number, line in enumerate(texts):
        stripped = line.strip()
        depth = len(line) - len(line.lstrip())
        if not stripped or stripped.startswith(("#", ";")):
            continue
        if name and depth > indent:
            taken.append(number)
            continue
        if name:
            yield Option(section, name, tuple(taken))
        indent, name = depth, ""
        if match := _SECTION.match(stripped):
            section = match["name"]
            headers[section] = number
        elif match := _OPTION.match(stripped):
            name, taken = normalize(match["name"]), [number]
    if name:
        yield Option(section, name, tuple(taken))


# Changes


def setting(conf: ConfText, name: str, value: str) -> tuple[Splice, ...]:
    """What gives the option this value in [global]. Raises Unwritable."""
    if not value.isprintable() or value != value.strip() or not value:
        raise Unwritable(text("{value!r} cannot stand in a configuration file", value=value))
    try:
        value.encode(conf.encoding)
    except UnicodeEncodeError as error:
        template = text("{value!r} cannot be written as {encoding}, which pip reads it as")
        raise Unwritable(template.filled(value=value, encoding=conf.encoding)) from error
    present = conf.find(GLOBAL, name)
    if present is not None and values(conf.data, conf.encoding)[GLOBAL, name] == value:
        return ()
    if present is not None:
        changes = _replaced(conf, present, name, value)
    else:
        changes = (_inserted(conf, f"{name} = {value}"),)
    return _checked(conf, changes, {(GLOBAL, name): value})


def removing(conf: ConfText, section: str, name: str) -> tuple[Splice, ...]:
    """What takes an option out of a section."""
    option = conf.find(section, name)
    if option is None:
        raise Unwritable(NOT_ITSELF.filled(name=name, section=section))
    return _checked(conf, _without(conf, option.lines), {(section, name): None})


def without_words(conf: ConfText, section: str, name: str, words: frozenset[str]) -> tuple[Splice, ...]:
    """What takes some of the words of a list out; with none left, the option."""
    option = conf.find(section, name)
    if option is None:
        raise Unwritable(NOT_ITSELF.filled(name=name, section=section))
    kept = [word for word in values(conf.data, conf.encoding)[section, name].split() if word not in words]
    if not kept:
        return removing(conf, section, name)
    first = option.lines[0]
    line = conf.text_of(first)
    lead = line[: _value_at(line)].rstrip()
    told = f"{lead} {' '.join(kept)}{_end(line)}".encode(conf.encoding)
    changes = (*_without(conf, option.lines[1:]), Splice(_offset(conf, first), conf.lines[first], told))
    # configparser joins the lines of a value; pip takes them as words either way.
    return _checked(conf, changes, {(section, name): " ".join(kept)})


def _replaced(conf: ConfText, option: Option, name: str, value: str) -> tuple[Splice, ...]:
    first = option.lines[0]
    line = conf.text_of(first)
    indent = line[: len(line) - len(line.lstrip())]
    told = f"{indent}{name} = {value}{_end(line)}".encode(conf.encoding)
    return (*_without(conf, option.lines[1:]), Splice(_offset(conf, first), conf.lines[first], told))


def _without(conf: ConfText, lines: tuple[int, ...]) -> tuple[Splice, ...]:
    """The last line first, so that no offset moves."""
    return tuple(Splice(_offset(conf, line), conf.lines[line], b"") for line in reversed(lines))


def _inserted(conf: ConfText, line: str) -> Splice:
    """After the last option of [global], as far in; else below its header, or in a section of its own."""
    of_global = [item for item in conf.options if item.section == GLOBAL]
    if not of_global and GLOBAL not in conf.headers:
        return _appended(conf, f"[{GLOBAL}]", line)
    after = of_global[-1].lines[-1] if of_global else conf.headers[GLOBAL]
    model = conf.text_of(of_global[-1].lines[0]) if of_global else ""
    indent = model[: len(model) - len(model.lstrip())]
    end = _end(conf.text_of(after))
    at = _offset(conf, after) + len(conf.lines[after])
    told = f"{indent}{line}{end}" if end else f"{_usual_end(conf)}{indent}{line}"
    return Splice(at, b"", told.encode(conf.encoding))


def _appended(conf: ConfText, *lines: str) -> Splice:
    end = _usual_end(conf)
    told = "".join(f"{line}{end}" for line in lines)
    if conf.lines:
        told = end + told if _end(conf.text_of(len(conf.lines) - 1)) else end + end + told
    return Splice(len(conf.data), b"", told.encode(conf.encoding))


def _checked(
    conf: ConfText, changes: tuple[Splice, ...], wanted: Mapping[tuple[str, str], str | None]
) -> tuple[Splice, ...]:
    """The changes, if pip's parser then reads these values and all others as before."""
    before = values(conf.data, conf.encoding)
    expected = {key: value for key, value in {**before, **wanted}.items() if value is not None}
    try:
        after = values(splice.applied(conf.data, changes), conf.encoding)
    except Unreadable as error:
        # For translators: "it" is a configuration file of pip's, and the subject of {clause}, such as "is not
        # read by pip: ...".
        raise Unwritable(text("with the change it {clause}", clause=of_error(error))) from error
    if after != expected:
        raise Unwritable(
            text("pip would not read the change as meant: the file is laid out in an unusual way")
        )
    return changes


def _offset(conf: ConfText, line: int) -> int:
    return sum(map(len, conf.lines[:line]))


def _value_at(line: str) -> int:
    match = _OPTION.match(line)
    return match.start("value") if match else len(line)


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _usual_end(conf: ConfText) -> str:
    return next((end for end in map(_end, map(conf.text_of, range(len(conf.lines)))) if end), os.linesep)
