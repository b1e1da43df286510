"""Which Python's pip is driven.

Read on every run, so it imports nothing that the interpreter has not loaded already, and
starts no process: it looks at names, links and first lines only.
"""

import os
import sys

# Files that mark an environment made for one tool. Nobody installs packages there with pip.
# pipx and uv write them; see their documentation of `pipx environment` and `uv tool dir`.
TOOL_ENVIRONMENT_MARKS = ("pipx_metadata.json", "uv-receipt.toml")

# What stands in the console scripts that installers write for pip, old and new.
WORDS_OF_PIP = (b"from pip._internal", b"from pip import main", b"load_entry_point('pip'")

# Folders of uv's cache that environments of `uvx` lie in (uv-cache, CacheBucket).
TOOL_CACHES = ("archive-v", "environments-v")

# How much of a script is read to learn what it is.
HEAD_BYTES = 4096


class TargetError(Exception):
    """No pip can be driven. The message is one sentence for the user."""


class Target:
    """The interpreter whose pip is driven, and why this one."""

    __slots__ = ("_chosen_by", "_name", "python")

    def __init__(self, python: str, chosen_by: str, name: str = "") -> None:
        """``chosen_by`` is a key in `reason`, ``name`` what is named there."""
        self.python = python
        """Path of the interpreter."""
        self._chosen_by, self._name = chosen_by, name

    @property
    def reason(self) -> str:
        """What chose it, as a clause: "named by --pipsafe-python"."""
        from pipsafe.language.text import text

        # For translators: these stand in parentheses, behind the path of a Python.
        named = text("named by {option}")
        reasons = {
            "option": named.filled(option=self._name),
            "module": text("the interpreter that runs pipsafe"),
            "own": text("the virtual environment that pipsafe is installed in"),
            "active": text("the active environment ({variable})", variable=self._name),
            "pip": text("the Python of {path}", path=self._name),
            "path": text("{program} on PATH", program=self._name),
        }
        return reasons[self._chosen_by]


def find(
    named: str | None, named_by: str, style: str, environ: "os._Environ[str] | dict[str, str]"
) -> Target:
    """The target, in the order that users expect.

    ``named`` is the value of ``--pipsafe-python`` or its variable, ``style`` is "module" for
    ``python -m pipsafe``. Raises TargetError.
    """
    if named:
        return Target(_named_python(named, named_by, environ), "option", named_by)
    if style == "module" and sys.executable:
        return Target(sys.executable, "module")
    if sys.executable and sys.prefix != sys.base_prefix and not _made_for_a_tool(sys.prefix):
        return Target(sys.executable, "own")
    return _active_environment(environ) or _first_pip_on_path(environ) or _no_python()


def _named_python(named: str, named_by: str, environ: "os._Environ[str] | dict[str, str]") -> str:
    path = os.path.expanduser(named)
    if not os.path.dirname(path):
        # A bare name is looked for on PATH, and never in the working folder.
        found = _which(path, environ)
        if found is None:
            raise _unfit("not-on-path", named, named_by)
        path = found
    elif os.path.isdir(path):
        path = _python_of_prefix(path) or path
    if not os.path.exists(path):
        raise _unfit("missing", named, named_by)
    if os.path.isdir(path) or not os.access(path, os.X_OK):
        raise _unfit("not-to-be-run", named, named_by)
    if not _called_python(path):
        _ask_whether_python(path, named, named_by)
    return os.path.abspath(path)


def _unfit(problem: str, named: str, named_by: str) -> TargetError:
    """What is wrong with the Python that was named."""
    from pipsafe.language.text import text

    problems = {
        "not-on-path": text("{option} names {name!r}, which is not on PATH."),
        "missing": text("{option} names {name!r}, which does not exist."),
        "not-to-be-run": text("{option} names {name!r}, which cannot be run as a Python."),
        "no-python": text("{option} names {name!r}, which is no Python interpreter."),
    }
    return TargetError(problems[problem].filled(option=named_by, name=named))


def _called_python(path: str) -> bool:
    name = os.path.basename(path).lower().removesuffix(".exe")
    return name.rstrip("0123456789.t") in ("python", "pypy", "pythonw")


def _ask_whether_python(path: str, named: str, named_by: str) -> None:
    """Only for an odd name: it costs a start of that program."""
    import subprocess

    words = "pipsafe finds a Python"
    try:
        answer = subprocess.run(
            [path, "-I", "-c", f"print({words!r})"],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
        )
        is_python = answer.stdout.strip() == words.encode()
    except (OSError, subprocess.SubprocessError):
        is_python = False
    if not is_python:
        raise _unfit("no-python", named, named_by)


def _made_for_a_tool(prefix: str) -> bool:
    in_cache = any(part.startswith(TOOL_CACHES) for part in os.path.normpath(prefix).split(os.sep))
    return in_cache or any(os.path.exists(os.path.join(prefix, mark)) for mark in TOOL_ENVIRONMENT_MARKS)


def _python_of_prefix(prefix: str) -> str | None:
    """The interpreter of an environment folder (virtual environment or conda)."""
    names = ("Scripts\\python.exe", "python.exe") if os.name == "nt" else ("bin/python", "bin/python3")
    for name in names:
        path = os.path.join(prefix, name)
        if os.access(path, os.X_OK):
            return path
    return None


def _active_environment(environ: "os._Environ[str] | dict[str, str]") -> Target | None:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = environ.get(variable)
        python = _python_of_prefix(prefix) if prefix else None
        if python and prefix and not _made_for_a_tool(prefix):
            return Target(python, "active", variable)
    return None


def _first_pip_on_path(environ: "os._Environ[str] | dict[str, str]") -> Target | None:
    for folder in _path_folders(environ):
        pip = os.path.join(folder, "pip.exe" if os.name == "nt" else "pip")
        if os.access(pip, os.X_OK) and not os.path.isdir(pip):
            python = _python_of_pip(pip)
            if python:
                return Target(python, "pip", pip)
    for name in ("python3", "python"):
        path = _which(name, environ)
        if path and not _made_for_a_tool(os.path.dirname(os.path.dirname(path))):
            return Target(path, "path", name)
    return None


def _python_of_pip(pip: str) -> str | None:
    """The interpreter behind a ``pip`` script; None if the script is pipsafe in pip's place."""
    try:
        with open(pip, "rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return None
    if b"pipsafe" in os.fsencode(os.path.basename(os.path.realpath(pip))):
        return None
    # A pip's own script may have the word in the path of its interpreter.
    if b"pipsafe" in head and not any(words in head for words in WORDS_OF_PIP):
        return None
    python = _interpreter_line(head) if head.startswith(b"#!") else None
    if python is None or not _called_python(python):
        # A shim (pyenv, asdf) or a compiled launcher: its Python is its neighbour.
        python = _neighbour(pip)
    if python is None or _made_for_a_tool(os.path.dirname(os.path.dirname(python))):
        return None
    return python


def _interpreter_line(head: bytes) -> str | None:
    """The path in a script's ``#!`` line, or in the ``exec`` line that stands in for a long one.

    A path that is too long or has spaces is written by distlib as ``#!/bin/sh`` and then
    ``'''exec' "/path with space/python" "$0" "$@"``.
    """
    lines = head.decode("utf-8", "replace").splitlines()
    words = lines[0][2:].strip()
    if words.endswith("/sh") and len(lines) > 1 and lines[1].startswith("'''exec' "):
        words = lines[1][len("'''exec' ") :]
        if words.startswith('"'):
            return _if_file(words[1:].split('"')[0])
    if words.startswith("/usr/bin/env "):
        return None
    # A path with spaces is legal here where the kernel takes the whole line.
    return _if_file(words) or _if_file(words.split(" ")[0])


def _if_file(path: str) -> str | None:
    return path if os.path.isfile(path) else None


def _neighbour(pip: str) -> str | None:
    folder = os.path.dirname(pip)
    candidates = [os.path.join(folder, name) for name in ("python3", "python", "python.exe")]
    candidates.append(os.path.join(os.path.dirname(folder), "python.exe"))
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


def _path_folders(environ: "os._Environ[str] | dict[str, str]") -> list[str]:
    """Absolute folders of PATH: an empty or relative one is the working folder's."""
    return [folder for folder in environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(folder)]


def _which(name: str, environ: "os._Environ[str] | dict[str, str]") -> str | None:
    ending = ".exe" if os.name == "nt" and not name.lower().endswith(".exe") else ""
    for folder in _path_folders(environ):
        path = os.path.join(folder, name + ending)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    return None


def _no_python() -> Target:
    from pipsafe.language.text import text

    raise TargetError(
        text("No Python with pip was found: no active environment, and no pip or python3 on PATH.")
    )
