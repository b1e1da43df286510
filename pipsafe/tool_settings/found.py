"""Every CA file that other tools' configuration names on the user's or the system's level.

A project's own configuration is never read: what lies in the working folder is not, nor what others can
write. Reads configuration files; whether the CA files that they name are there, and are any good, is for
others to say.
"""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pipsafe.language.text import text
from pipsafe.tool_settings import certs_d, config_text, expansion, folders, named_by, variables
from pipsafe.tool_settings.named_by import PassedOver
from pipsafe.tool_settings.tools import TOOLS, Tool
from pipsafe.trust import ownership, patience, regular_file, stock
from pipsafe.trust.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipsafe.tool_settings.entry import Entry

MOST_SOURCES = 500

_MOST_OCTETS = 8 * config_text.LARGEST
"""Bytes of all configuration files together."""

_MOST_ENTRIES = 5_000
"""Values taken of one file."""

_MOST_FILES = 50
"""Files of one tool, those that others include among them."""

_DEEPEST = 10
"""Files that include each other: git's own limit (MAX_INCLUDE_DEPTH)."""

QUIET_SECONDS = 1.0
"""How long nothing at all may come of any tool before those that have not answered are left out."""

SECONDS_IN_ALL = 3.0

TOO_LATE = text("did not answer in time")

IN_WORKING_FOLDER = text("is not read: it lies in the working folder, which is not trusted")


class Found(NamedTuple):
    """What there is."""

    sources: tuple[Source, ...]
    passed_over: tuple[PassedOver, ...]


def sources(
    environ: Mapping[str, str], *, home: str, platform: str, root: str = "/", folder: str | None = None
) -> Found:
    """Every source, in the order of the table of tools. Never raises, never hangs.

    `platform` as `sys.platform`; `root` stands for "/"; `folder` is the working folder.
    """
    round_ = _Round(environ, home, platform, root, folder)
    lookups = [*map(round_.lookup, TOOLS), *map(round_.container_lookup, certs_d.PLACES)]
    answers = patience.results([one.call for one in lookups], quiet=QUIET_SECONDS, in_all=SECONDS_IN_ALL)
    found: list[Source | PassedOver] = []
    for one, answer in zip(lookups, answers, strict=True):
        found += [PassedOver(one.name, one.at, TOO_LATE)] if answer is None else answer
    found += variables.sources(expansion.Surroundings(environ, home, platform))
    named = dict.fromkeys(item for item in found if isinstance(item, Source))
    passed_over = dict.fromkeys(item for item in found if isinstance(item, PassedOver))
    return Found(
        tuple(itertools.islice(named, MOST_SOURCES)), tuple(itertools.islice(passed_over, MOST_SOURCES))
    )


class _Complaint(NamedTuple):
    """Why a file is not believed."""

    reason: str
    """A clause."""


class _Lookup:
    """What is looked at for one tool, so far."""

    def __init__(self, name: str, look: Callable[[_Lookup], Iterator[Source | PassedOver]]) -> None:
        self.name, self._look = name, look
        self.at = ""
        """The path that is being looked at."""

    def call(self) -> list[Source | PassedOver]:
        """All that there is. May never return."""
        return list(itertools.islice(self._look(self), MOST_SOURCES))


class _Round:
    """One round through the tools: what was read so far, and what is remembered of the folders on the way."""

    def __init__(
        self, environ: Mapping[str, str], home: str, platform: str, root: str, folder: str | None
    ) -> None:
        self.folders = folders.named(environ, home=home, platform=platform, root=root)
        self._around = expansion.Surroundings(environ, home, platform)
        self._project = stock.WorkingFolder(stock.working_folder() if folder is None else folder, home)
        self._known: ownership.Known = {}
        self._octets = 0

    def lookup(self, tool: Tool) -> _Lookup:
        """For what one tool's files name."""
        return _Lookup(tool.name, lambda lookup: self._of(tool, lookup))

    def container_lookup(self, place: str) -> _Lookup:
        """For the CA files of one folder of container tools."""
        environ = self._around.environ

        def look(lookup: _Lookup) -> Iterator[Source]:
            for lookup.at in folders.files(place, self.folders, environ):
                yield from certs_d.in_folder(lookup.at)

        return _Lookup(text("container tools"), look)

    def _of(self, tool: Tool, lookup: _Lookup) -> Iterator[Source | PassedOver]:
        files: dict[str, list[Entry]] = {}
        passed_over: list[PassedOver] = []
        for place in tool.places:
            lookup.at = place
            for path in folders.files(place, self.folders, self._around.environ):
                self._read(tool, path, files, passed_over, lookup)
        yield from passed_over
        values = defaultdict(list)
        for entry in itertools.chain.from_iterable(files.values()):
            values[entry.key].append(entry.value)
        for path, of_file in files.items():
            for entry in of_file:
                where = text("{path}, line {number}", path=path, number=entry.line)
                yield from named_by.sources(tool, entry, values, where=where, file=path, around=self._around)

    def _read(
        self,
        tool: Tool,
        path: str,
        files: dict[str, list[Entry]],
        passed_over: list[PassedOver],
        lookup: _Lookup,
        depth: int = 0,
    ) -> None:
        lookup.at = path
        if path in files or len(files) >= _MOST_FILES or not os.path.exists(path):
            return
        contents = self._text(path)
        if isinstance(contents, _Complaint):
            passed_over.append(PassedOver(tool.name, path, contents.reason))
            return
        files[path] = list(itertools.islice(tool.read(contents), _MOST_ENTRIES))
        for entry in files[path]:
            if entry.key in tool.includes and depth < _DEEPEST and len(entry.value) <= expansion.LONGEST:
                value = tool.expand(entry.value, self._around)
                included = expansion.path(value, os.path.dirname(path), self._around)
                if included is not None:
                    self._read(tool, included, files, passed_over, lookup, depth + 1)

    def _text(self, path: str) -> str | _Complaint:
        """The file's text, or why there is none; a link that leads nowhere holds none."""
        complaint = self._complaint(path)
        if complaint is not None:
            return _Complaint(complaint)
        try:
            contents = regular_file.read(path, config_text.LARGEST)
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError as error:
            return _Complaint(config_text.reason(error))
        self._octets += len(contents)
        return config_text.decoded(contents)

    def _complaint(self, path: str) -> str | None:
        """Why a file is not believed, as a clause."""
        if self._octets > _MOST_OCTETS:
            size = _MOST_OCTETS // 1024**2
            return text("is not read: the files before it hold more than {size} MiB", size=size)
        if self._project.holds(path, self._known):
            return IN_WORKING_FOLDER
        others = ownership.others_can_write(path, foreign_owner_allowed=True, known=self._known)
        return None if others is None else text("is not read: {reason}", reason=others)
