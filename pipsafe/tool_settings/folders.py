"""Where configuration lies: folders of users and systems, by platform and by the variables that move them.

A place is written "folder/rest": its first part is a name below, or a variable if in capitals. Sources are
those of `tools`; Windows and macOS locations from the tools' own documentation.
"""

import fnmatch
import ntpath
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence

_MOST_FILES = 100
"""Files that one pattern stands for."""

_SYSTEM: Mapping[str, tuple[str, ...]] = {
    "etc": ("etc",),
    "var": ("var",),
    "prefix": ("usr", "usr/local", "opt/homebrew", "opt/local", "home/linuxbrew/.linuxbrew"),
    "opt": ("opt",),
}
"""Below the root, on everything but Windows."""

_MACOS: Mapping[str, tuple[str, ...]] = {
    "library": ("Library",),
    "xcode": (
        "Library/Developer/CommandLineTools/usr/share/git-core",
        "Applications/Xcode.app/Contents/Developer/usr/share/git-core",
    ),
}

_WINDOWS: Mapping[str, tuple[str, str]] = {
    "appdata": ("APPDATA", "home/AppData/Roaming"),
    "localappdata": ("LOCALAPPDATA", "home/AppData/Local"),
    "programdata": ("PROGRAMDATA", "C:/ProgramData"),
    "programfiles": ("PROGRAMFILES", "C:/Program Files"),
}

_CONDAS = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", "conda")

_MOVED: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("xdg", ("XDG_CONFIG_HOME",), ("home/.config",)),
    (
        "git_system",
        ("GIT_CONFIG_SYSTEM",),
        (
            *("etc/gitconfig", "prefix/etc/gitconfig", "xcode/gitconfig"),
            *("programfiles/Git/etc/gitconfig", "programdata/Git/config"),
        ),
    ),
    ("git_global", ("GIT_CONFIG_GLOBAL",), ("xdg/git/config", "home/.gitconfig")),
    ("npm_user", ("NPM_CONFIG_USERCONFIG", "npm_config_userconfig"), ("home/.npmrc",)),
    (
        "npm_global",
        (
            *("NPM_CONFIG_GLOBALCONFIG", "npm_config_globalconfig"),
            *("NPM_CONFIG_PREFIX/etc/npmrc", "npm_config_prefix/etc/npmrc"),
        ),
        ("etc/npmrc", "prefix/etc/npmrc", "home/.npm-global/etc/npmrc", "appdata/npm/etc/npmrc"),
    ),
    ("cargo", ("CARGO_HOME",), ("home/.cargo",)),
    ("wgetrc", ("WGETRC",), ("home/.wgetrc",)),
    ("aws", ("AWS_CONFIG_FILE",), ("home/.aws/config",)),
    ("gcloud", ("CLOUDSDK_CONFIG",), ("home/.config/gcloud", "appdata/gcloud")),
    (
        "poetry",
        ("POETRY_CONFIG_DIR",),
        ("xdg/pypoetry", "support/pypoetry", "preferences/pypoetry", "appdata/pypoetry"),
    ),
    (
        "pdm",
        ("PDM_CONFIG_FILE",),
        ("xdg/pdm/config.toml", "support/pdm/config.toml", "localappdata/pdm/pdm/config.toml"),
    ),
    (
        "bundler",
        ("BUNDLE_CONFIG", "BUNDLE_USER_CONFIG", "BUNDLE_USER_HOME/config"),
        ("home/.bundle/config",),
    ),
    ("composer", ("COMPOSER_HOME",), ("xdg/composer", "home/.composer", "appdata/Composer")),
    ("hex", ("HEX_HOME",), ("home/.hex", "xdg/hex")),
    ("gradle", ("GRADLE_USER_HOME",), ("home/.gradle",)),
)
"""Name, what takes its place if set, what it is otherwise. A later one may begin with an earlier one."""

_COUNTS_WHEN_EMPTY = frozenset(("GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL"))

Folders = Mapping[str, tuple[str, ...]]


def named(environ: Mapping[str, str], *, home: str, platform: str, root: str) -> Folders:
    """The folders behind the first parts of places."""
    windows = platform == "win32"
    paths = ntpath if windows else posixpath
    found: dict[str, tuple[str, ...]] = {"home": (home,)}
    if windows:
        for name, (variable, usual) in _WINDOWS.items():
            found[name] = (environ.get(variable) or usual.replace("home", home, 1),)
    else:
        for name, below in (_SYSTEM if platform != "darwin" else {**_SYSTEM, **_MACOS}).items():
            found[name] = tuple(paths.join(root, folder) for folder in below)
    if platform == "darwin":
        found["support"] = (f"{home}/Library/Application Support",)
        found["preferences"] = (f"{home}/Library/Preferences",)
    for name, variables, usual_places in _MOVED:
        moved = next((place for place in variables if _is_set(place, environ)), None)
        places = usual_places if moved is None else (moved,)
        found[name] = tuple(path for place in places for path in _expanded(place, found, environ))
    if _is_true(environ.get("GIT_CONFIG_NOSYSTEM", "")):
        found["git_system"] = ()
    found["conda"] = tuple(_conda_roots(environ, found))
    found["gemrc"] = tuple(environ.get("GEMRC", "").split(";" if windows else ":"))
    return found


def files(place: str, folders: Folders, environ: Mapping[str, str]) -> Iterator[str]:
    """The files that there may be at a place: of a pattern those that there are, sorted.

    `*` alone stands for names without a dot, so that a copy that somebody kept is none of them.
    """
    for path in _expanded(place, folders, environ):
        folder, name = os.path.split(path)
        if "*" in name:
            fitting = names(folder, name)
            yield from (os.path.join(folder, found) for found in fitting if name != "*" or "." not in found)
        elif path:
            yield path


def names(folder: str, pattern: str) -> Sequence[str]:
    """What a folder holds that fits, sorted; nothing if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entry.name for entry in entries if fnmatch.fnmatchcase(entry.name, pattern))
    except (OSError, ValueError):
        return ()
    return found[:_MOST_FILES]


def _expanded(place: str, folders: Folders, environ: Mapping[str, str]) -> Iterator[str]:
    first, slash, rest = place.partition("/")
    bases = folders[first] if first in folders else (environ.get(first, ""),)
    yield from (base + slash + rest for base in bases if base)


def _is_set(place: str, environ: Mapping[str, str]) -> bool:
    variable = place.partition("/")[0]
    return bool(environ.get(variable)) or (variable in _COUNTS_WHEN_EMPTY and variable in environ)


def _is_true(value: str) -> bool:
    """As git reads a boolean variable."""
    return value.lower() not in ("", "0", "false", "no", "off")


def _conda_roots(environ: Mapping[str, str], folders: Folders) -> Iterator[str]:
    for variable in ("CONDA_ROOT", "_CONDA_ROOT", "MAMBA_ROOT_PREFIX", "CONDA_PREFIX"):
        if environ.get(variable):
            yield environ[variable]
    if environ.get("CONDA_EXE"):
        yield os.path.dirname(os.path.dirname(environ["CONDA_EXE"]))
    for base in ("opt", "home", "programdata", "localappdata"):
        for path in folders.get(base, ()):
            yield from (f"{path}/{name}" for name in _CONDAS)
