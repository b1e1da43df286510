"""What the pip of this interpreter (or of PYTHONPATH) makes of command lines and settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_SCRIPT = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w")
sys.stdout = sys.stderr = open(os.devnull, "w")
import pip
from pip._internal.cli.main_parser import parse_command
from pip._internal.commands import create_command
from pip._internal.configuration import Configuration
from pip._internal.req.req_file import parse_requirements

def options_of(parser):
    return {name: bool(option.takes_value()) for option in parser.option_list_all
            for name in option._short_opts + option._long_opts}

def paths(isolated):
    found = {str(kind): files for kind, files in Configuration(isolated).iter_config_files()}
    if found["env"][:1] == [os.devnull]:
        return []
    return [path for kind in ("global", "user", "site", "env") for path in found.get(kind, [])]

def requirements(command, options):
    session = command._build_session(options)
    finder = command._build_package_finder(options, session)
    files = [(path, True) for path in options.constraints] + [(path, False) for path in options.requirements]
    found = [line.requirement for path, constraint in files
             for line in parse_requirements(path, session, finder, options, constraint)]
    hosts = [host for host, _ in session.pip_trusted_origins]
    return {"requirements": found, "index_urls": list(finder.index_urls),
            "find_links": list(finder.find_links), "trusted_hosts": hosts}

def answer(case):
    os.environ.clear()
    os.environ.update(case["environ"])
    sys.prefix = case["prefix"]
    name, argv = parse_command(list(case["argv"]))
    isolated = "--isolated" in argv
    command = create_command(name, isolated=isolated)
    for dest, default in command.parser.defaults.items():
        if isinstance(default, list):
            command.parser.defaults[dest] = []  # the parsers of one process share them
    options, arguments = command.parse_args(argv)
    found = {"command": name, "arguments": arguments, "paths": paths(isolated)}
    found["options"] = {dest: value for dest, value in vars(options).items()
                        if isinstance(value, (str, int, float, list, type(None)))}
    if hasattr(command, "_build_session"):
        options.cache_dir = None
        session = command._build_session(options)
        # From 22.1 on pip gives requests its own proxies with every request.
        given = dict(session.proxies) if pip.__version__ >= "22.1" else {}
        merged = session.merge_environment_settings("https://a.example/", given, None, None, None)
        found.update(verify=merged["verify"], trust_env=session.trust_env)
        found.update(proxy=merged["proxies"].get("https"))
    if case["files"]:
        found["files"] = requirements(command, options)
    return found

def safely(case):
    if case is None:
        from pip._internal.commands import commands_dict
        found = {name: options_of(create_command(name).parser) for name in commands_dict}
        return {"version": pip.__version__, "commands": found}
    try:
        return answer(case)
    except BaseException as error:
        return {"error": repr(error)}

json.dump([safely(case) for case in json.load(sys.stdin)], answers)
"""


# PYTHONPATH chooses another pip by hand: the tests then compare with that one.
_ENVIRON = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ}


@dataclass(frozen=True, slots=True)
class Case:
    argv: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    prefix: str = "/nowhere"
    files: bool = False
    """Whether to read the requirements files, too."""


def answers(cases: Sequence[Case | None], folder: Path | None = None) -> list[dict[str, Any]]:
    """pip's answer to each case, {"error": ...} where it refuses; None asks for its version and options."""
    asked = json.dumps([None if case is None else asdict(case) for case in cases])
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        input=asked,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=_ENVIRON,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@cache
def commands() -> dict[str, dict[str, bool]]:
    """The options of each command of pip by spelling; whether they take a value."""
    found: dict[str, dict[str, bool]] = answers([None])[0]["commands"]
    return found


@cache
def pip_version() -> tuple[int, ...]:
    """Of the pip that is asked."""
    version: str = answers([None])[0]["version"]
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
