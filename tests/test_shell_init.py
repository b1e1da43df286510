"""`pipsafe shell-init` in the shells themselves: `pip` runs pipsafe, and Tab completes as pip does."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from pipsafe.cli import OWN_COMMANDS
from pipsafe.own_options import OPTIONS
from pipsafe.shell_init.shells import ASKING, TEXTS, filled
from tests.drop_in import as_script, script
from tests.lab.run import run
from tests.lab.terminal import Step, run_on_pty
from tests.rescues import patient

NEW = "26.3"
WITH_OLD = pytest.mark.parametrize("pip", ["20.3.4", NEW])
SOUNDS_OF_PIP = rb"pip %s from "


@pytest.fixture
def profile(tmp_path: Path, env: dict[str, str]) -> dict[str, str]:
    """An environment in which `pipsafe` is a program on PATH, and `pip` one that nobody may run."""
    folder = tmp_path / "bin"
    script(folder / "pipsafe", f'#!/bin/sh\nexec {shlex.join(as_script())} "$@"\n')
    script(folder / "pip", "#!/bin/sh\necho a pip that is not pipsafe\n")
    # bash ends with a word on a terminal whose history it cannot write.
    return {**env, "PATH": f"{folder}{os.pathsep}{env['PATH']}", "HISTFILE": ""}


def _driving(profile: dict[str, str], pip: str) -> dict[str, str]:
    return {**profile, "PIPSAFE_PYTHON": str(patient(pip).python)}


def _shell(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"no {name} here")


INTERACTIVE = {
    "bash": (["--norc", "--noprofile", "-i"], ""),
    "zsh": (["-f", "-i"], "autoload -Uz compinit; compinit -D -u; "),
}
"""How the shell starts without a profile, and what stands in one before pipsafe's line."""


@pytest.mark.e2e
@pytest.mark.parametrize("shell", INTERACTIVE)
def test_tab_on_a_terminal(profile: dict[str, str], shell: str) -> None:
    """An option of pip's, a command of pip's by pipsafe's name, a command of pipsafe's own."""
    options, before = INTERACTIVE[shell]
    line = f'{before}eval "$(pipsafe shell-init {shell})"; echo ready$((1+1))\r'
    done = run_on_pty(
        [_shell(shell), *options],
        _driving(profile, NEW),
        steps=[
            Step(rb"[#$%] ", line.encode()),
            Step(rb"ready2", b"pip --vers\t"),
            Step(rb"--vers.*?ion", b"\r"),
            Step(SOUNDS_OF_PIP % NEW.encode(), b"pipsafe uninst\t"),
            Step(rb"uninst.*?all", b"--help\r"),
            Step(rb"Uninstall packages", b"pip shell-in\t"),
            Step(rb"shell-in.*?it", b"bash | tail -n 1\r"),
            Step(rb"complete -o default -F _pipsafe_completion pip pipsafe", b"exit\r"),
        ],
        timeout=40,
    )

    assert b"not pipsafe" not in done.output


@pytest.mark.e2e
@WITH_OLD
def test_fish(profile: dict[str, str], pip: str) -> None:
    asked = ["pip uninst", "pipsafe uninst", "pip install --no-bin", "pip shell-i", "pipsafe --pipsafe-st"]
    lines = ["pipsafe shell-init fish | source", "pip --version"]
    lines += [f"complete -C {shlex.quote(words)}" for words in asked]
    done = run([_shell("fish"), "--no-config", "-c", "; ".join(lines)], _driving(profile, pip))

    version, *completed = done.stdout.decode().splitlines()
    assert version.startswith(f"pip {pip} from "), done.text
    assert [word.strip() for word in completed] == [
        *("uninstall", "uninstall", "--no-binary=", "shell-init", "--pipsafe-strict"),
    ], done.text


@pytest.mark.e2e
@WITH_OLD
def test_bash_completes_what_pip_says(profile: dict[str, str], pip: str) -> None:
    """Also under `set -eu`, with a `pip` alias in the way, and where a run would be strict and report."""
    report = Path(profile["HOME"], "report.json")
    lines = f"""
shopt -s expand_aliases
alias pip='echo an alias'
set -eu
eval "$(pipsafe shell-init bash)"
pip --version
COMP_WORDS=(pip install --no-bin) COMP_CWORD=2
_pipsafe_completion pip
echo "${{COMPREPLY[*]}}"
COMP_WORDS=(pip install --zzz) COMP_CWORD=2
_pipsafe_completion pip
echo "${{#COMPREPLY[@]}}"
rm -f {shlex.quote(str(report))}
COMP_WORDS=(pipsafe uninst) COMP_CWORD=1
_pipsafe_completion pipsafe
echo "${{COMPREPLY[*]}}"
"""
    strict = {"PIPSAFE_STRICT": "1", "PIPSAFE_REPORT": str(report)}
    done = run([_shell("bash"), "--norc", "-c", lines], {**_driving(profile, pip), **strict})

    version, *completed = done.stdout.decode().splitlines()
    assert (done.exit_code, done.stderr) == (0, b""), done.text
    assert version.startswith(f"pip {pip} from ")
    assert completed == ["--no-binary=", "0", "uninstall"]
    assert not report.exists()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_it_reaches_the_exit_code_and_every_word(profile: dict[str, str], shell: str) -> None:
    lines = f'eval "$(pipsafe shell-init {shell})"; pip frob "two words" \'$HOME\'; echo "ended with $?"'
    done = run([_shell(shell), "-c", lines], {**profile, "PIPSAFE_PYTHON": "/nowhere/python"})

    assert done.stdout == b"ended with 2\n"
    assert b"PIPSAFE_PYTHON names '/nowhere/python'" in done.stderr


def test_zsh_without_its_completion_system(profile: dict[str, str]) -> None:
    done = run([_shell("zsh"), "-f", "-c", 'eval "$(pipsafe shell-init zsh)"; whence -w pip'], profile)

    assert (done.stdout, done.stderr) == (b"pip: function\n", b"")


@pytest.mark.e2e
def test_powershell(profile: dict[str, str]) -> None:
    lines = (
        "pipsafe shell-init powershell | Out-String | Invoke-Expression; pip --version; "
        "(TabExpansion2 'pip uninst' 10).CompletionMatches.CompletionText"
    )
    done = run([_shell("pwsh"), "-NoProfile", "-Command", lines], _driving(profile, NEW))

    version, *completed = done.stdout.decode().splitlines()
    assert version.startswith(f"pip {NEW} from "), done.text
    assert completed == ["uninstall"]


@pytest.mark.parametrize("shell", TEXTS)
def test_every_shell_is_asked_alike(shell: str) -> None:
    written = filled(shell, OWN_COMMANDS)

    assert all(name in written for name in (*ASKING, "COMP_WORDS", "COMP_CWORD", *OWN_COMMANDS))
    assert all(f"--pipsafe-{name}" in written for name in OPTIONS)
    assert "%(" not in written


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "shell-init takes the name of a shell, one of bash, zsh, fish, powershell."),
        (["tcsh"], "shell-init takes one of bash, zsh, fish, powershell, not 'tcsh'."),
        (["bash", "zsh"], "shell-init takes one shell, and 'zsh' is too much."),
    ],
)
def test_words_that_make_no_sense(env: dict[str, str], words: list[str], said: str) -> None:
    done = run(as_script(["shell-init", *words]), env)

    assert (done.exit_code, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"pipsafe: {said}\n"


def test_help(env: dict[str, str]) -> None:
    done = run(as_script(["shell-init", "--help"]), env)

    assert (done.exit_code, done.stderr) == (0, b"")
    assert all(f"pipsafe shell-init {shell}" in done.stdout.decode() for shell in TEXTS)
