"""The report's place in the file system."""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping

from pipsafe.language.text import text
from pipsafe.own_options import UsageError


def check_place(path: str) -> None:
    """Raises UsageError if no report could be written there."""
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.exists(path) and not os.path.isfile(path):
        # To take its place would take a device or a pipe from everybody else.
        raise UsageError(
            text("the report {path!r} is no ordinary file; it has to be one, or new.", path=path)
        )
    if not os.path.isdir(folder):
        raise UsageError(text("the report's folder {folder!r} does not exist.", folder=folder))
    if not os.access(folder, os.W_OK):
        raise UsageError(text("the report's folder {folder!r} cannot be written.", folder=folder))


def write(path: str, report: Mapping[str, object]) -> None:
    """Write the report whole or not at all. Raises OSError.

    A new file takes the place of an old one: a link is replaced, never followed.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(text("{path} is no ordinary file", path=path))
    folder = os.path.dirname(os.path.abspath(path))
    descriptor, partial = tempfile.mkstemp(prefix=".pipsafe-report-", dir=folder)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            # All but ASCII is escaped: a word with an undecodable byte has no UTF-8, and a report may be
            # looked at on a terminal.
            json.dump(report, file, indent=2)
            file.write("\n")
            _open_to_others(file.fileno())
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def _open_to_others(descriptor: int) -> None:
    """The mode of a new file, given to the file: its name may lead elsewhere where others can write."""
    umask = os.umask(0)
    os.umask(umask)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o666 & ~umask)
