"""Which Python's pip is driven: every rule with real files, and real runs for what only a run can show."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipsafe.attempts.target import Target, TargetError, find
from tests.drop_in import as_script, install_into, package_folder, script
from tests.lab.run import run
from tests.lab.targets import Target as Installed
from tests.lab.targets import pythons
from tests.lab.targets import target as installed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="scripts with a first line")

PIP_SCRIPT = "#!{python}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"


EXEC_SCRIPT = "#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\nfrom pip._internal.cli.main import main\n"
"""distlib's way round what the kernel takes as a first line."""


def environment(prefix: Path, *marks: str) -> Path:
    """A folder that looks like a virtual environment; returns its Python."""
    python = script(prefix / "bin" / "python3", "#!/bin/sh\n")
    (prefix / "bin" / "python").symlink_to("python3")
    for mark in marks:
        (prefix / mark).touch()
    return python


def pip_of(prefix: Path, *marks: str) -> Path:
    """The environment with a pip script in it; returns the folder for PATH."""
    python = environment(prefix, *marks)
    return script(prefix / "bin" / "pip", PIP_SCRIPT.format(python=python)).parent


@pytest.fixture
def outside_of_venvs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a pipsafe whose own interpreter belongs to no virtual environment."""
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)


def choose(path: object = "", **variables: str) -> Target:
    folders = path if isinstance(path, (list, tuple)) else [path]
    return find(None, "", "script", {"PATH": os.pathsep.join(map(str, folders)), **variables})


# The order


def test_the_option_goes_before_all(tmp_path: Path) -> None:
    python = environment(tmp_path / "a")
    environment(tmp_path / "b")
    chosen = find(str(python), "--pipsafe-python", "module", {"VIRTUAL_ENV": str(tmp_path / "b"), "PATH": ""})
    assert (chosen.python, chosen.reason) == (str(python), "named by --pipsafe-python")


def test_a_module_drives_its_own_interpreter(tmp_path: Path) -> None:
    environment(tmp_path / "b")
    chosen = find(None, "", "module", {"VIRTUAL_ENV": str(tmp_path / "b"), "PATH": ""})
    assert chosen.python == sys.executable


def test_the_environment_that_pipsafe_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    environment(tmp_path / "b")
    assert choose(VIRTUAL_ENV=str(tmp_path / "b")).python == sys.executable


@pytest.mark.parametrize("mark", ["pipx_metadata.json", "uv-receipt.toml"])
def test_a_tool_environment_that_pipsafe_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    (tmp_path / mark).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    python = environment(tmp_path / "b")
    assert choose(VIRTUAL_ENV=str(tmp_path / "b")).python == str(python.with_name("python"))


@pytest.mark.usefixtures("outside_of_venvs")
class TestOutside:
    """Chosen by the environment variables and by PATH."""

    def test_virtual_env_goes_before_conda_and_path(self, tmp_path: Path) -> None:
        for name in "abc":
            pip_of(tmp_path / name)
        variables = {"VIRTUAL_ENV": str(tmp_path / "a"), "CONDA_PREFIX": str(tmp_path / "b")}
        chosen = choose(tmp_path / "c" / "bin", **variables)
        assert chosen.python == str(tmp_path / "a" / "bin" / "python")
        assert "VIRTUAL_ENV" in chosen.reason
        del variables["VIRTUAL_ENV"]
        assert choose(tmp_path / "c" / "bin", **variables).python.startswith(str(tmp_path / "b"))
        assert choose(tmp_path / "c" / "bin").python.startswith(str(tmp_path / "c"))

    @pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
    def test_an_environment_that_is_gone_is_passed_over(self, tmp_path: Path, variable: str) -> None:
        folder = pip_of(tmp_path / "c")
        assert choose(folder, **{variable: str(tmp_path / "gone")}).python.startswith(str(tmp_path / "c"))

    def test_an_active_tool_environment_is_passed_over(self, tmp_path: Path) -> None:
        environment(tmp_path / "a", "uv-receipt.toml")
        folder = pip_of(tmp_path / "c")
        assert choose(folder, VIRTUAL_ENV=str(tmp_path / "a")).python.startswith(str(tmp_path / "c"))

    def test_the_first_pip_on_path(self, tmp_path: Path) -> None:
        chosen = choose([tmp_path / "none", pip_of(tmp_path / "a"), pip_of(tmp_path / "b")])
        assert chosen.python == str(tmp_path / "a" / "bin" / "python3")
        assert str(tmp_path / "a" / "bin" / "pip") in chosen.reason

    def test_a_pip_that_cannot_be_run_is_passed_over(self, tmp_path: Path) -> None:
        a, b = pip_of(tmp_path / "a"), pip_of(tmp_path / "b")
        (a / "pip").chmod(0o644)
        assert choose([a, b]).python.startswith(str(b))

    def test_a_folder_named_pip_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "a" / "pip").mkdir(parents=True)
        b = pip_of(tmp_path / "b")
        assert choose([tmp_path / "a", b]).python.startswith(str(b))

    @pytest.mark.parametrize("mark", ["pipx_metadata.json", "uv-receipt.toml"])
    def test_the_pip_of_a_tool_environment_is_passed_over(self, tmp_path: Path, mark: str) -> None:
        a, b = pip_of(tmp_path / "a", mark), pip_of(tmp_path / "b")
        assert choose([a, b]).python.startswith(str(b))

    def test_relative_places_on_path_are_not_looked_at(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pip_of(tmp_path / "a")
        monkeypatch.chdir(tmp_path / "a" / "bin")
        b = pip_of(tmp_path / "b")
        assert choose(["", ".", "../bin", b]).python.startswith(str(b))

    def test_python3_where_no_pip_is(self, tmp_path: Path) -> None:
        python = environment(tmp_path / "a")
        assert choose(python.parent).python == str(python)
        assert choose(python.parent).reason == "python3 on PATH"

    def test_python_where_no_python3_is(self, tmp_path: Path) -> None:
        path = script(tmp_path / "python", "#!/bin/sh\n")
        assert choose(tmp_path).python == str(path)

    def test_nothing_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(TargetError, match="No Python with pip was found"):
            choose(tmp_path)

    # What a pip script says of its interpreter

    def test_a_path_with_spaces_and_a_long_one(self, tmp_path: Path) -> None:
        python = environment(tmp_path / "with space" / ("long" * 40))
        script(tmp_path / "bin" / "pip", EXEC_SCRIPT.format(python=f'"{python}"'))
        assert choose(tmp_path / "bin").python == str(python)

    def test_the_same_without_quotes(self, tmp_path: Path) -> None:
        python = environment(tmp_path / ("long" * 40))
        script(tmp_path / "bin" / "pip", EXEC_SCRIPT.format(python=python))
        assert choose(tmp_path / "bin").python == str(python)

    def test_spaces_in_the_first_line(self, tmp_path: Path) -> None:
        python = environment(tmp_path / "with space")
        script(tmp_path / "bin" / "pip", PIP_SCRIPT.format(python=python))
        assert choose(tmp_path / "bin").python == str(python)

    def test_options_in_the_first_line(self, tmp_path: Path) -> None:
        python = environment(tmp_path / "a")
        script(tmp_path / "bin" / "pip", PIP_SCRIPT.format(python=f"{python} -sE"))
        assert choose(tmp_path / "bin").python == str(python)

    def test_env_in_the_first_line_means_the_python_of_that_name(self, tmp_path: Path) -> None:
        python = environment(tmp_path / "a")
        script(tmp_path / "bin" / "pip", PIP_SCRIPT.format(python="/usr/bin/env python3"))
        assert choose([tmp_path / "bin", python.parent]).python == str(python)

    def test_an_interpreter_that_is_gone(self, tmp_path: Path) -> None:
        script(tmp_path / "bin" / "pip", PIP_SCRIPT.format(python=tmp_path / "gone" / "python"))
        b = pip_of(tmp_path / "b")
        assert choose([tmp_path / "bin", b]).python.startswith(str(b))

    @pytest.mark.parametrize(
        "text", ["", "#!", "#!\n", "\0\0\0", "#!/bin/sh\n'''exec' \"", "#! /usr/bin/env\n"]
    )
    def test_an_odd_script_does_no_harm(self, tmp_path: Path, text: str) -> None:
        script(tmp_path / "bin" / "pip", text)
        b = pip_of(tmp_path / "b")
        assert choose([tmp_path / "bin", b]).python.startswith(str(b))

    def test_a_shim_has_its_python_beside_it(self, tmp_path: Path) -> None:
        """As pyenv's: a shell script for every command, that finds out by itself which version."""
        for name in ("pip", "python3", "python"):
            script(tmp_path / "shims" / name, '#!/usr/bin/env bash\nexec pyenv exec "${0##*/}" "$@"\n')
        assert choose(tmp_path / "shims").python == str(tmp_path / "shims" / "python3")

    # pipsafe in pip's place

    def test_a_link_named_pip_that_is_pipsafe(self, tmp_path: Path) -> None:
        pipsafe = script(tmp_path / "tool" / "pipsafe", "#!/usr/bin/python3\nprint()\n")
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "pip").symlink_to(pipsafe)
        b = pip_of(tmp_path / "b")
        assert choose([tmp_path / "bin", b]).python.startswith(str(b))

    @pytest.mark.parametrize(
        "text",
        [
            '#!/bin/sh\nexec pipsafe "$@"\n',
            '#!/bin/bash\nexec /opt/pipsafe/bin/pipsafe "$@"\n',
            "#!/usr/bin/python3\nimport sys\nfrom pipsafe.cli import main\nsys.exit(main())\n",
            '#!/bin/sh\nexec python3 -m pipsafe "$@"\n',
        ],
    )
    def test_a_script_named_pip_that_is_pipsafe(self, tmp_path: Path, text: str) -> None:
        script(tmp_path / "bin" / "pip", text)
        b = pip_of(tmp_path / "b")
        assert choose([tmp_path / "bin", b]).python.startswith(str(b))

    def test_a_project_that_is_called_pipsafe(self, tmp_path: Path) -> None:
        a, b = pip_of(tmp_path / "pipsafe-demo"), pip_of(tmp_path / "b")
        assert choose([a, b]).python.startswith(str(a))


# What is named


def named(value: object, **variables: str) -> str:
    return find(str(value), "--pipsafe-python", "script", {"PATH": "", **variables}).python


def test_a_folder_stands_for_its_python(tmp_path: Path) -> None:
    environment(tmp_path / "a")
    assert named(tmp_path / "a") == str(tmp_path / "a" / "bin" / "python")


def test_a_bare_name_is_looked_up_on_path(tmp_path: Path) -> None:
    path = script(tmp_path / "python3.99", "#!/bin/sh\n")
    assert named("python3.99", PATH=str(tmp_path)) == str(path)


def test_a_bare_name_is_not_looked_up_in_the_working_folder_of_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "sub" / "python3.99", "#!/bin/sh\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError, match="not on PATH"):
        named("python3.99", PATH="sub")


def test_a_link_in_a_virtual_environment_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    assert named(tmp_path / "bin" / "python") == str(tmp_path / "bin" / "python")


def test_a_python_by_another_name(tmp_path: Path) -> None:
    (tmp_path / "snake").symlink_to(sys.executable)
    assert named(tmp_path / "snake") == str(tmp_path / "snake")


def unfit(folder: Path) -> dict[str, tuple[Path, str]]:
    (folder / "folder").mkdir()
    (folder / "plain").write_text("", encoding="ascii")
    (folder / "dangling").symlink_to(folder / "nowhere")
    return {
        "missing": (folder / "none", "does not exist"),
        "a folder": (folder / "folder", "cannot be run"),
        "not to be run": (folder / "plain", "cannot be run"),
        "a dangling link": (folder / "dangling", "does not exist"),
        "another program": (Path("/bin/echo"), "is no Python"),
        "a script": (script(folder / "other", "#!/bin/sh\necho hello\n"), "is no Python"),
        "no program": (script(folder / "text", "hello\n"), "is no Python"),
    }


UNFIT = (
    "missing",
    "a folder",
    "not to be run",
    "a dangling link",
    "another program",
    "a script",
    "no program",
)


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_no_python_is_refused(tmp_path: Path, env: dict[str, str], name: str) -> None:
    path, words = unfit(tmp_path)[name]
    with pytest.raises(TargetError, match=words):
        named(path)
    done = run(as_script(["list"]), {**env, "PIPSAFE_PYTHON": str(path)})
    assert (done.exit_code, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith("pipsafe: PIPSAFE_PYTHON names ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 7\n", "#!/nowhere/sh\n", "hello\n"])
def test_what_is_only_called_python(tmp_path: Path, env: dict[str, str], text: str) -> None:
    path = script(tmp_path / "python3", text)
    done = run(as_script(["list"]), {**env, "PIPSAFE_PYTHON": str(path)})
    assert (done.exit_code, done.stdout) == (2, b"")
    assert b"pipsafe: " in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_python_without_pip(tmp_path: Path, env: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True, timeout=60)
    done = run(as_script(["list"]), {**env, "PIPSAFE_PYTHON": str(tmp_path / "v")})
    assert (done.exit_code, done.stdout) == (2, b"")
    assert f"{tmp_path / 'v' / 'bin' / 'python'} (named by PIPSAFE_PYTHON) has no pip" in done.text
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("version", ["9.0.3", "18.1", "19.2.3"])
def test_a_pip_that_is_too_old(tmp_path: Path, env: dict[str, str], version: str) -> None:
    folder = tmp_path / "old" / "pip"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(f"__version__ = {version!r}\n", encoding="ascii")
    env |= {"PYTHONPATH": str(tmp_path / "old"), "PIPSAFE_PYTHON": sys.executable}
    done = run(as_script(["list"]), env)
    assert (done.exit_code, done.stdout) == (2, b"")
    assert f"has pip {version}; pipsafe drives pip 19.3 and newer" in done.text


@pytest.mark.e2e
def test_a_real_pip_that_is_too_old(env: dict[str, str]) -> None:
    python = next((p for v in ("3.7", "3.8", "3.9") if (p := pythons().get(v))), None)
    if python is None:
        pytest.skip("no Python that old")
    old = installed("18.1", python)
    done = run(as_script(["list"]), {**env, "PIPSAFE_PYTHON": str(old.python)})
    assert done.exit_code == 2
    assert "has pip 18.1; pipsafe drives pip 19.3 and newer" in done.text


# Real runs

Fresh = Callable[[str], Installed]


def prefix_of(output: bytes) -> str:
    """Where the pip lies that answered `--version`."""
    return output.decode().split(" from ", 1)[1].split("/lib/", 1)[0]


@pytest.fixture
def tool(fresh: Fresh) -> Path:
    """The console script of a pipsafe that lies in a tool environment."""
    place = fresh("26.3")
    (place.prefix / "uv-receipt.toml").touch()
    install_into(place)
    text = f"#!{place.python}\nimport sys\nfrom pipsafe.cli import main\nsys.exit(main())\n"
    return script(place.bin / "pipsafe", text)


@pytest.mark.e2e
@pytest.mark.parametrize("way", ["a link", "a wrapper", "an alias"])
def test_pipsafe_in_the_place_of_pip_does_not_loop(
    tool: Path, fresh: Fresh, tmp_path: Path, env: dict[str, str], way: str
) -> None:
    """The first pip on PATH is pipsafe, the second a real one."""
    project = fresh("24.0")
    first = tmp_path / "bin"
    first.mkdir()
    (first / "pipsafe").symlink_to(tool)
    words = ["env", "pip", "--version"]
    if way == "a link":
        (first / "pip").symlink_to(tool)
    elif way == "a wrapper":
        script(first / "pip", '#!/bin/sh\nexec pipsafe "$@"\n')
        (first / "pip3").symlink_to("pip")
    else:
        words = ["bash", "-c", "shopt -s expand_aliases\nalias pip=pipsafe\npip --version"]
    env["PATH"] = os.pathsep.join([str(first), str(project.bin), "/usr/bin", "/bin"])
    done = run(words, env, timeout=20)
    assert prefix_of(done.stdout) == str(project.prefix), done.text


@pytest.mark.e2e
def test_the_environment_is_chosen_in_a_real_run(fresh: Fresh, env: dict[str, str]) -> None:
    """From a console script in the environment, whatever else is active."""
    own, other = fresh("26.3"), fresh("24.0")
    install_into(own)
    text = f"#!{own.python}\nimport sys\nfrom pipsafe.cli import main\nsys.exit(main())\n"
    pipsafe = script(own.bin / "pipsafe", text)
    env["VIRTUAL_ENV"] = str(other.prefix)
    assert prefix_of(run([pipsafe, "--version"], env).stdout) == str(own.prefix)
    assert prefix_of(run([own.python, "-m", "pipsafe", "--version"], env).stdout) == str(own.prefix)
    (own.prefix / "pipx_metadata.json").touch()
    assert prefix_of(run([pipsafe, "--version"], env).stdout) == str(other.prefix)


@pytest.mark.e2e
def test_out_of_a_zip(fresh: Fresh, tmp_path: Path, env: dict[str, str]) -> None:
    """A zipapp drives a pip: nothing of pipsafe has to lie unpacked anywhere."""
    archive = tmp_path / "with space" / "pipsafe.pyz"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as packed:
        for path in package_folder().rglob("*.py"):
            packed.write(path, Path("pipsafe", path.relative_to(package_folder())))
        packed.writestr("__main__.py", "import sys\nfrom pipsafe.cli import main\nsys.exit(main())\n")
    env["PIPSAFE_PYTHON"] = str(fresh("24.0").python)
    done = run([sys.executable, str(archive), "--version"], env)
    assert (done.exit_code, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"pip 24.0 from ")
    relative = run([sys.executable, archive.name, "install", "--frob"], env, cwd=archive.parent)
    assert relative.exit_code == 2
    assert b"no such option: --frob" in relative.stderr
