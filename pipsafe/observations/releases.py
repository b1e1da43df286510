"""Dates of release that installed packages carry in their own text, read without importing them."""

from __future__ import annotations

import os
import re

from pipsafe.trust import regular_file

_VERSION = re.compile(rb"""^__version__ = ["'](\d{4}\.\d{1,2}\.\d{1,2})["']""", re.MULTILINE)
_MOST_BYTES = 4096


def certifi_version(roots: str | None) -> str | None:
    """The version, which is a date, of the certifi that this file of roots belongs to."""
    if not roots:
        return None
    try:
        text = regular_file.read(os.path.join(os.path.dirname(roots), "__init__.py"), _MOST_BYTES)
    except OSError:
        return None
    found = _VERSION.search(text)
    return found[1].decode("ascii") if found else None
