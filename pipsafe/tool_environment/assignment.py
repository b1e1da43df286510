"""Which value each variable gets from what is lasting, and which tools get none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipsafe.language.text import Text, text
from pipsafe.persist import places
from pipsafe.persist.staleness import Lasting
from pipsafe.tool_environment.variables import VARIABLES, Given, Variable
from pipsafe.trust import ca_file, of_children, system_store
from pipsafe.trust.of_children import Children

# For translators: {wgetrc} is wget's configuration file; ca_certificate is a setting in it.
OWN_WGETRC = text(
    "wget gets no variable: WGETRC would stand in place of {wgetrc}. Put there: ca_certificate = {file}"
)
# For translators: these files are CA bundles; what goes by them are programs.
NOT_THE_SYSTEM = text(
    "What goes by these files does not go by the system's own store, which is no file here."
)
# For translators: {tools} are names of programs, mostly one; "that line" is the one that sets the variable.
TAKEN_AWAY = text(
    "{tools} is set up with CAs that {variable} would take away: they are not in {file}. Where they are "
    "needed, leave that line out."
)
REPLACED = text("{variable} is {old} now; in place of that it gets {new}.")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One variable and its value."""

    variable: Variable
    value: str


@dataclass(frozen=True, slots=True)
class Assignments:
    """All of them."""

    items: tuple[Assignment, ...]
    notes: tuple[Text, ...]
    """Sentences."""


def of(lasting: Lasting, environ: Mapping[str, str]) -> Assignments:
    """What is lasting, for other tools."""
    files = _files(lasting)
    notes: list[Text] = [NOT_THE_SYSTEM] if system_store.judged_by_the_system() else []
    notes += _taken_away(files, environ)
    items: list[Assignment] = []
    for variable in VARIABLES:
        if variable.given is Given.WGETRC and not _has_wgetrc(lasting):
            continue
        value = files[variable.given]
        own = _own_wgetrc(environ, value) if variable.given is Given.WGETRC else None
        if own is not None:
            notes.append(OWN_WGETRC.filled(wgetrc=own, file=files[Given.OF_PIP]))
            continue
        items.append(Assignment(variable, value))
        if environ.get(variable.name, value) not in ("", value):
            old = environ[variable.name]
            notes.append(REPLACED.filled(variable=variable.name, old=old, new=value))
    return Assignments(tuple(items), tuple(notes))


def _files(lasting: Lasting) -> Mapping[Given, str]:
    place, note = lasting.place, lasting.note
    assert note is not None
    of_pip = place.bundle if places.BUNDLE in note.files else place.tools_bundle
    return {Given.OF_PIP: of_pip, Given.OF_SYSTEM: place.tools_bundle, Given.WGETRC: place.wgetrc}


def _taken_away(files: Mapping[Given, str], environ: Mapping[str, str]) -> Iterator[Text]:
    """What tools trust by settings of their own, and would not trust any more."""
    ours = set(files.values())
    before = {name: value for name, value in environ.items() if value not in ours}
    children = Children(before, home=os.path.expanduser("~"), platform=sys.platform)
    for variable in VARIABLES:
        if variable.name not in of_children.VARIABLES or variable.given is not Given.OF_SYSTEM:
            continue
        file = files[variable.given]
        number = len(set(children.roots(variable.name)).difference(ca_file.read(file).certificates))
        if number or children.has_scoped(variable.name):
            yield TAKEN_AWAY.filled(tools=variable.tools, variable=variable.name, file=file)


def _has_wgetrc(lasting: Lasting) -> bool:
    return lasting.note is not None and places.WGETRC in lasting.note.files


def _own_wgetrc(environ: Mapping[str, str], ours: str) -> str | None:
    """The wgetrc that the user has: one in WGETRC, else the one at home (wget, Wgetrc Location)."""
    return next((path for path in _wgetrcs(environ) if path != ours and os.path.exists(path)), None)


def _wgetrcs(environ: Mapping[str, str]) -> Iterator[str]:
    if environ.get("WGETRC"):
        yield environ["WGETRC"]
    yield os.path.join(os.path.expanduser("~"), ".wgetrc")
