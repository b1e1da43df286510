"""Where pip looks for its configuration files.

Written from `pip._internal.configuration`, `pip._internal.utils.appdirs` and the `appdirs` (20.0 to 21.1)
and `platformdirs` (from 21.2) that pip carries, 19.3 to 26.3. The rules for the XDG variables and for
Homebrew's Python changed several times; the version numbers below are pip's.
"""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipsafe.pip_settings.pip_options import Version


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What has to be known of the target to find its configuration."""

    prefix: str
    """`sys.prefix` of its Python."""
    home: str
    """`os.path.expanduser("~")` there."""
    platform: str
    """`sys.platform` there: "linux", "darwin", "win32"."""
    python_version: Version
    pip_version: Version
    base_prefix: str | None = None
    """`sys.base_prefix`; matters only for Homebrew's Python."""


def config_paths(
    environ: Mapping[str, str], facts: TargetFacts, *, isolated: bool = False
) -> tuple[tuple[str, str], ...]:
    """The files that pip looks for, those that override others last.

    Each with its kind: "global", "user", "site" or "env" (`PIP_CONFIG_FILE`). Of the file system it asks
    whether `PIP_CONFIG_FILE` exists and, for macOS, whether the user's folder does.
    """
    windows = facts.platform == "win32"
    path = ntpath if windows else posixpath
    named = environ.get("PIP_CONFIG_FILE")
    if named == path.devnull:
        return ()
    folders = [("global", folder) for folder in _global_folders(environ, facts)]
    if not isolated and not (named and os.access(named, os.F_OK)):
        folders += [("user", path.join(facts.home, "pip" if windows else ".pip"))]
        folders += [("user", _user_folder(environ, facts))]
    folders += [("site", facts.prefix)]
    name = "pip.ini" if windows else "pip.conf"
    found = tuple((kind, path.join(folder, name)) for kind, folder in folders)
    return found if named is None else (*found, ("env", named))


def _global_folders(environ: Mapping[str, str], facts: TargetFacts) -> list[str]:
    if facts.platform == "win32":
        program_data = environ.get("PROGRAMDATA") or environ.get("ALLUSERSPROFILE") or r"C:\ProgramData"
        return [_windows_folder("COMMON_APPDATA", program_data, environ, facts)]
    if facts.platform == "darwin":
        return _macos_global_folders(environ, facts)
    folders = _xdg_list("XDG_CONFIG_DIRS", environ, facts)
    if folders is None:
        folders = ["/etc/xdg"]
    # Of a list with nothing but colons, 20.0 and later make the working folder itself.
    pips = [posixpath.join(folder, "pip") for folder in folders] or [""] * (facts.pip_version >= (20,))
    return [*pips, "/etc"]


def _user_folder(environ: Mapping[str, str], facts: TargetFacts) -> str:
    if facts.platform == "win32":
        roaming = environ.get("APPDATA") or ntpath.join(facts.home, "AppData", "Roaming")
        return _windows_folder("APPDATA", roaming, environ, facts)
    if facts.platform == "darwin":
        base = _xdg("XDG_DATA_HOME", environ, facts) if facts.pip_version >= (26, 2) else None
        data = posixpath.join(base or posixpath.join(facts.home, "Library/Application Support"), "pip")
        is_folder = os.access(posixpath.join(data, "."), os.F_OK)
        return data if is_folder else posixpath.join(facts.home, ".config/pip")
    base = _xdg("XDG_CONFIG_HOME", environ, facts)
    return posixpath.join(posixpath.join(facts.home, ".config") if base is None else base, "pip")


def _windows_folder(name: str, usual: str, environ: Mapping[str, str], facts: TargetFacts) -> str:
    """pip's folder in a known folder of Windows. pip asks Windows, whose answer the variables repeat."""
    if facts.pip_version >= (26, 2):
        usual = environ.get(f"WIN_PD_OVERRIDE_{name}", "").strip() or usual
    return ntpath.join(ntpath.normpath(usual), "pip")


def _macos_global_folders(environ: Mapping[str, str], facts: TargetFacts) -> list[str]:
    if facts.pip_version >= (26, 2) and (given := _xdg_list("XDG_DATA_DIRS", environ, facts)):
        return [posixpath.join(folder, "pip") for folder in given]
    folders = ["/Library/Application Support/pip"]
    if brew := _homebrew_prefix(facts):
        folders.insert(0, f"{brew}/share/pip")
    # pip 24.1 to 25.0 take the two, joined by a colon, for one path.
    return [":".join(folders)] if facts.pip_version < (25, 1) else folders


_HOMEBREW_PYTHON = re.compile(r"(?P<prefix>.+)/opt/python[^/]*/Frameworks/Python\.framework/Versions/[^/]+")


def _homebrew_prefix(facts: TargetFacts) -> str | None:
    if facts.pip_version < (24, 1):
        return None
    if facts.pip_version < (25, 3):
        return "/opt/homebrew" if facts.prefix.startswith("/opt/homebrew") else None
    if facts.pip_version < (26, 3):
        before, found, _ = facts.prefix.partition("/opt/python")
        return before if found else None
    match = _HOMEBREW_PYTHON.fullmatch(facts.base_prefix or facts.prefix)
    return match["prefix"] if match else None


def _xdg(name: str, environ: Mapping[str, str], facts: TargetFacts) -> str | None:
    """The folder in a variable such as XDG_CONFIG_HOME; None where the default stands."""
    value = environ.get(name)
    if value is None or facts.pip_version < (21, 2):
        return value
    if facts.pip_version >= (26, 2):
        value = value.strip()
    if facts.pip_version >= (26, 3) and not posixpath.isabs(value):
        return None
    return value if value.strip() else None


def _xdg_list(name: str, environ: Mapping[str, str], facts: TargetFacts) -> list[str] | None:
    """The folders in a variable such as XDG_CONFIG_DIRS; None where the default stands."""
    value = environ.get(name)
    version = facts.pip_version
    if value == "" and version < (20,):
        return []
    if not value or (not value.strip() and version >= (21, 2)):
        return None
    items = value.split(":")
    if version >= (26, 3):
        return [item.strip() for item in items if posixpath.isabs(item.strip())] or None
    if version >= (26, 2):
        return [item for item in value.strip().split(":") if item.strip()]
    if (20,) <= version < (21, 2):
        items = [item.rstrip("/") for item in items if item]
    # An empty item is a folder relative to the working folder.
    return [_expand_user(item, facts) for item in items] if version < (24, 1) else items


def _expand_user(path: str, facts: TargetFacts) -> str:
    if path == "~" or path.startswith("~/"):
        return facts.home.rstrip("/") + path[1:] or "/"
    return posixpath.expanduser(path)
