"""The snippets of docs/ci.md: every name in them is one that there is, and what can be run is run."""

from __future__ import annotations

import ast
import re
import shlex
import textwrap
from pathlib import Path

import pytest

from pipsafe.cli import OWN_COMMANDS
from pipsafe.messages.ci_systems import SYSTEMS
from pipsafe.own_options import OPTIONS, UsageError, split
from pipsafe.shell_init.shells import TEXTS
from tests.lab.run import ROOT, run

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"(?m)(?:^    .*\n|^\n(?=    ))+", PAGE)
COMMANDS = [
    line.strip()
    for snippet in SNIPPETS
    for line in snippet.splitlines()
    if re.match(r"\s*(?:- )?(?:script: |run: |RUN |entry: |install_command = |- )?pipsafe ", line)
]
OF_PIP = ("install",)


def test_every_variable_is_one() -> None:
    named = set(re.findall(r"\bPIPSAFE_[A-Z_]+\b", PAGE))

    assert named <= {"PIPSAFE_" + name.replace("-", "_").upper() for name in OPTIONS} | {"PIPSAFE_"}
    assert {"PIPSAFE_PIN", "PIPSAFE_STRICT", "PIPSAFE_REPORT", "PIPSAFE_PYTHON"} <= named


def test_every_option_is_one() -> None:
    assert set(re.findall(r"--pipsafe-([a-z-]+)", PAGE)) <= set(OPTIONS)


def test_there_are_commands_to_look_at() -> None:
    assert len(COMMANDS) > 8
    assert all(any(f"shell-init {shell}" in snippet for snippet in SNIPPETS) for shell in TEXTS)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_one(line: str) -> None:
    words = shlex.split(line[line.index("pipsafe ") :], comments=True)[1:]
    options, (command, *rest) = split(words, {})

    assert command in (*OWN_COMMANDS, *OF_PIP)
    assert command in OWN_COMMANDS or "-r" in rest or "{packages}" in rest
    assert options.python is None or "{env_python}" in options.python
    with pytest.raises(UsageError):
        split(["--pipsafe-frob", *words], {})


def test_every_system_is_in_the_table() -> None:
    for system in SYSTEMS:
        assert re.search(rf"(?m)^\| {system.name} \| `{system.variable}=[Tt]rue` \|", PAGE), system.name
        assert not system.summary or f"`{system.summary}`" in PAGE


def test_what_nox_is_given() -> None:
    (snippet,) = (snippet for snippet in SNIPPETS if "@nox.session" in snippet)
    (call,) = (node for node in ast.walk(ast.parse(textwrap.dedent(snippet))) if isinstance(node, ast.Call))
    words = [item.value if isinstance(item, ast.Constant) else "/prefix" for item in call.args]
    options, rest = split(list(map(str, words[1:])), {})

    assert words[0] == "pipsafe"
    assert options.python == "/prefix"
    assert rest == ["install", "-r", "requirements.txt"]


def test_the_program_in_the_image(tmp_path: Path, env: dict[str, str]) -> None:
    (snippet,) = (snippet for snippet in SNIPPETS if "FROM " in snippet)
    (line,) = re.findall(r"RUN (printf .*\\\n.*)\n", snippet)
    (tmp_path / "pipsafe.pyz").write_text("import sys; print(sys.argv[1:])\n", encoding="utf-8")
    here = line.replace("/usr/local/lib", str(tmp_path)).replace("/usr/local/bin", str(tmp_path))

    assert run(["sh", "-c", here], env).exit_code == 0
    assert run([tmp_path / "pipsafe", "install", "a b"], env).stdout == b"['install', 'a b']\n"
