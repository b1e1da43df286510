"""What runs in the target: its import path, its name, its streams, whatever lies in the working folder."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.drop_in import FakePip, as_script, install_into, package_folder, zip_of_pipsafe
from tests.lab.run import Run, run
from tests.lab.targets import Target, pythons, target
from tests.lab.terminal import run_on_pty

TELL = """
import json, os, sys
def of(stream):
    return stream and [stream.isatty(), stream.encoding, stream.errors, stream.line_buffering,
                       stream.fileno()]
def columns():
    try:
        return os.get_terminal_size().columns
    except OSError:
        return None
print(json.dumps({
    "path": sys.path, "argv": sys.argv, "prefix": sys.prefix, "cwd": os.getcwd(),
    "streams": [of(s) for s in (sys.stdin, sys.stdout, sys.stderr)], "columns": columns(),
    "flags": [sys.flags.isolated, sys.flags.no_user_site, sys.flags.ignore_environment, sys.flags.utf8_mode,
              sys.flags.dont_write_bytecode, sys.flags.dev_mode, list(sys.warnoptions)],
    "main": [__name__, sys.modules["__main__"].__dict__.get("__name__")],
    "environment": dict(os.environ), "descriptors": sorted(os.listdir("/dev/fd"))[:20],
}))
"""


def told(done: Run) -> dict[str, Any]:
    assert done.exit_code == 0, done.text
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def fake(tmp_path: Path) -> FakePip:
    return FakePip(tmp_path / "fake", TELL)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has pipsafe, and the pip of PYTHONPATH."""
    prefix = tmp_path_factory.mktemp("beside") / "v"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True, timeout=60)
    place = Target("", prefix)
    install_into(place)
    return place.python


def without_pip_s_own(path: list[str], place: Path) -> list[str]:
    """The import path after pip has taken the working folder out of its first place."""
    return path[1:] if path and path[0] in ("", str(place)) else path


def test_the_import_path_is_pips(fake: FakePip, env: dict[str, str], tmp_path: Path) -> None:
    direct = told(run(fake.direct("list"), fake.environment(env), cwd=tmp_path))
    got = told(run(as_script(["list"]), fake.environment(env), cwd=tmp_path))
    assert got["path"] == without_pip_s_own(direct["path"], tmp_path)
    assert got["cwd"] == direct["cwd"] == str(tmp_path)
    assert got["argv"][1:] == direct["argv"][1:] == ["list"]
    assert Path(got["argv"][0]) == Path(sys.executable).with_name("pip")
    assert got["streams"] == direct["streams"]
    assert got["main"][0] == "__main__"
    own = {"PIPSAFE_PYTHON"}
    assert {k: v for k, v in got["environment"].items() if k not in own} == {
        k: v for k, v in direct["environment"].items() if k not in own
    }


def test_no_descriptor_is_left_open_in_pips_children(tmp_path: Path, env: dict[str, str]) -> None:
    source = "import subprocess; subprocess.run(['ls', '/dev/fd'], close_fds=False, check=True)"
    fake = FakePip(tmp_path / "fake", source)
    direct = run(fake.direct("list"), fake.environment(env))
    assert run(as_script(["list"]), fake.environment(env)).stdout == direct.stdout


def test_as_a_module(fake: FakePip, env: dict[str, str], beside: Path, tmp_path: Path) -> None:
    full = {**env, "PYTHONPATH": str(fake.folder)}
    direct = told(run([beside, "-m", "pip", "list"], full, cwd=tmp_path))
    got = told(run([beside, "-m", "pipsafe", "list"], full, cwd=tmp_path))
    assert got["path"] == without_pip_s_own(direct["path"], tmp_path)
    for name in ("argv", "prefix", "streams", "main", "flags", "environment"):
        assert got[name] == direct[name], name


@pytest.mark.parametrize(
    "options",
    [["-I"], ["-s"], ["-B"], ["-X", "utf8"], ["-W", "ignore"], ["-X", "dev"], ["-P"]],
    ids=" ".join,
)
def test_options_of_the_interpreter_hold_for_pip(
    fake: FakePip, env: dict[str, str], beside: Path, tmp_path: Path, options: list[str]
) -> None:
    if options == ["-P"] and sys.version_info < (3, 11):
        pytest.skip("Python 3.11")
    full = {**env, "PYTHONPATH": str(fake.folder)}
    if options == ["-I"]:
        shutil.copytree(fake.folder / "pip", Target("", beside.parents[1]).site_packages / "pip")
    try:
        direct = told(run([beside, *options, "-m", "pip", "list"], full, cwd=tmp_path))
        got = told(run([beside, *options, "-m", "pipsafe", "list"], full, cwd=tmp_path))
    finally:
        shutil.rmtree(Target("", beside.parents[1]).site_packages / "pip", ignore_errors=True)
    assert got["path"] == without_pip_s_own(direct["path"], tmp_path)
    assert got["flags"] == direct["flags"]


REAL_PIPS_WAY = "import os, sys\nif sys.path[0] in ('', os.getcwd()):\n    sys.path.pop(0)\n" + TELL
"""As pip begins since 20.0."""


@pytest.mark.parametrize("safe", [False, True])
@pytest.mark.parametrize("also", ["", "/usr"])
def test_pythonpath_may_name_the_working_folder(
    tmp_path: Path,
    env: dict[str, str],
    beside: Path,
    safe: bool,  # noqa: FBT001
    also: str,
) -> None:
    """pip takes out one working folder, that of `-m`; the one that the user put there stays."""
    fake = FakePip(tmp_path / "fake", REAL_PIPS_WAY)
    full = {**env, "PYTHONPATH": os.pathsep.join(filter(None, [str(fake.folder), also]))}
    if safe:
        full["PYTHONSAFEPATH"] = "1"
    direct = told(run([beside, "-m", "pip", "list"], full, cwd=fake.folder))
    got = told(run([beside, "-m", "pipsafe", "list"], full, cwd=fake.folder))
    assert got["path"] == direct["path"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="safe paths came with Python 3.11")
@pytest.mark.parametrize("value", ["", "1"])
def test_safe_paths(fake: FakePip, env: dict[str, str], tmp_path: Path, value: str) -> None:
    """There nothing stands before PYTHONPATH, and so nothing may be taken away."""
    full = {**fake.environment(env), "PYTHONSAFEPATH": value}
    direct = told(run(fake.direct("list"), full, cwd=tmp_path))
    got = told(run(as_script(["list"]), full, cwd=tmp_path))
    assert got["path"] == without_pip_s_own(direct["path"], tmp_path)
    assert str(fake.folder) in got["path"]


@pytest.mark.skipif(os.name == "nt", reason="terminals")
@pytest.mark.parametrize("columns", [60, 120])
def test_a_terminal_is_a_terminal(fake: FakePip, env: dict[str, str], columns: int) -> None:
    full = fake.environment(env)
    commands = (fake.direct("list"), as_script(["list"]))
    direct, got = (json.loads(run_on_pty(words, full, columns=columns).output) for words in commands)
    assert got["streams"] == direct["streams"]
    assert got["columns"] == direct["columns"] == columns
    assert all(stream[0] for stream in got["streams"])


@pytest.mark.skipif(os.name == "nt", reason="terminals")
def test_order_holds_on_a_terminal(tmp_path: Path, env: dict[str, str]) -> None:
    source = (
        "import sys\nfor n in range(3000):\n print('out', n, flush=n % 3 == 0)\n"
        " print('err', n, file=sys.stderr, end='\\r\\n')\n"
    )
    fake = FakePip(tmp_path / "fake", source)
    full = fake.environment(env)
    direct = run_on_pty(fake.direct("list"), full)
    assert run_on_pty(as_script(["list"]), full).output == direct.output


# Hostile working folders

MARK = "import os\nwith open({marker!r}, 'a') as stream:\n    stream.write(__name__ + '\\n')\n"

HOSTILE = (
    "pip/__init__.py",
    "pip/__main__.py",
    "truststore.py",
    "certifi.py",
    "json.py",
    "runpy.py",
    "os.py",
    "_thread.py",
    "signal.py",
    "resource.py",
    "tempfile.py",
    "subprocess.py",
    "sitecustomize.py",
    "usercustomize.py",
    "encodings/__init__.py",
    "launcher.py",
    "runner.py",
    "frames.py",
    "watch.py",
    "typing.py",
    "collections/__init__.py",
)


IMPORTED_FOR_M = ("runpy.py", "os.py", "typing.py", "collections/__init__.py")
"""What one or another Python imports by itself before it looks for the module that `-m` names."""


def hostile_folder(folder: Path, marker: Path) -> Path:
    for name in HOSTILE:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MARK.format(marker=str(marker)), encoding="ascii")
    return folder


def test_nothing_of_the_working_folder_is_run(tmp_path: Path, fake: FakePip, env: dict[str, str]) -> None:
    folder, marker = hostile_folder(tmp_path / "hostile", tmp_path / "marker"), tmp_path / "marker"
    for words in (["list"], ["install", "-r", "/dev/stdin"], ["--pipsafe-frob"]):
        run(as_script(words), fake.environment(env), cwd=folder, stdin=b"")
        assert not marker.exists(), marker.read_text()
    # A test that can fail: Python's own way runs them.
    run([sys.executable, "-c", "import json"], env, cwd=folder)
    assert marker.exists()


def test_nothing_of_it_is_run_by_pipsafe_as_a_module(
    tmp_path: Path, env: dict[str, str], fake: FakePip, beside: Path
) -> None:
    """Python itself puts the working folder first for `-m`; what it has imported by then is out of reach."""
    marker = tmp_path / "marker"
    folder = hostile_folder(tmp_path / "hostile", marker)
    for name in IMPORTED_FOR_M:
        shutil.rmtree((folder / name).parent) if "/" in name else (folder / name).unlink()
    done = run([beside, "-m", "pipsafe", "list"], {**env, "PYTHONPATH": str(fake.folder)}, cwd=folder)
    assert told(done)["path"]
    assert not marker.exists(), marker.read_text()


@pytest.mark.e2e
@pytest.mark.parametrize("pip_version", ["19.3.1", "24.0", "26.3"])
def test_nothing_of_it_is_run_by_a_real_pip(tmp_path: Path, env: dict[str, str], pip_version: str) -> None:
    marker = tmp_path / "marker"
    folder = hostile_folder(tmp_path / "hostile", marker)
    env["PIPSAFE_PYTHON"] = str(target(pip_version).python)
    for words in (["list"], ["install", "--no-index", "nothing"]):
        done = run(as_script(words), env, cwd=folder)
        assert done.exit_code == (words[0] == "install"), done.text
        assert not marker.exists(), marker.read_text()


def test_a_working_folder_that_is_gone(tmp_path: Path, env: dict[str, str]) -> None:
    if os.name == "nt":
        pytest.skip("cannot be taken away")
    fake = FakePip(tmp_path / "fake", "print('fine')")
    (tmp_path / "gone").mkdir()
    words = ["sh", "-c", 'cd "$0" && rmdir "$0" && exec "$@"', str(tmp_path / "gone"), *as_script(["list"])]
    done = run(words, fake.environment(env))
    assert (done.exit_code, done.stdout, done.stderr) == (0, b"fine\n", b"")


# Every interpreter, from a folder and from a zip


@pytest.mark.parametrize("version", ["3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_interpreter(tmp_path: Path, fake: FakePip, env: dict[str, str], version: str) -> None:
    if version not in pythons():
        pytest.skip(f"no Python {version} here")
    hostile = hostile_folder(tmp_path / "hostile", tmp_path / "marker")
    env = {**fake.environment(env), "PIPSAFE_PYTHON": str(pythons()[version])}
    archive = zip_of_pipsafe(tmp_path / "a b" / "pipsafe.pyz")
    paths = []
    for command in (as_script(), (sys.executable, "-I", str(archive))):
        done = run([*command, "list"], env, cwd=hostile)
        paths.append(told(done)["path"])
        assert not (tmp_path / "marker").exists()
        assert done.stderr == b""
    assert paths[0] == paths[1]
    assert str(hostile) not in paths[0]
    assert "" not in paths[0]
    assert not [path for path in paths[0] if "target_side" in path]


def test_a_link_to_the_package(tmp_path: Path, fake: FakePip, env: dict[str, str]) -> None:
    """Some installers link every file to a store of their own."""
    if os.name == "nt":
        pytest.skip("links")
    for source in package_folder().rglob("*.py"):
        place = tmp_path / "site" / "pipsafe" / source.relative_to(package_folder())
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)
    site = str(tmp_path / "site")
    code = f"import sys; sys.path[0] = {site!r}; from pipsafe.cli import main; sys.exit(main())"
    got = told(run([sys.executable, "-c", code, "list"], fake.environment(env)))
    assert not [path for path in got["path"] if "target_side" in path]


# What pip's end looks like


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("import sys; sys.exit('words')", 1),
        ("import sys; sys.exit(None)", 0),
        ("raise SystemExit", 0),
        ("import os; os._exit(5)", 5),
        ("import sys; sys.stdout.close()", 0),
        ("import os, sys; print('x'); sys.stdout.flush(); os.close(1)", 120),
        ("import atexit; atexit.register(print, 'late'); print('early')", 0),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe raw\\n')", 0),
        ("import os; os.write(1, b'raw\\n')", 0),
        ("import sys; sys.stdout = sys.__stdout__; print('by the back door')", 0),
        ("import sys; sys.stdout.reconfigure(line_buffering=True); print('x')", 0),
        ("import sys; print('\\udcff\\u20ac', file=sys.stderr)", 0),
        ("import sys; sys.stdout.write(3) if 0 else None; sys.stdout.writelines(['a', 'b'])", 0),
        ("import warnings; warnings.warn('a warning', DeprecationWarning)", 0),
        ("print(input('prompt: '))", 1),
    ],
)
def test_ends_and_streams(tmp_path: Path, env: dict[str, str], source: str, code: int) -> None:
    fake = FakePip(tmp_path / "fake", source)
    direct = run(fake.direct("list"), fake.environment(env))
    got = run(as_script(["list"]), fake.environment(env))
    assert (got.exit_code, got.stdout) == (direct.exit_code, direct.stdout)
    if b"Traceback" not in direct.stderr:
        assert got.stderr == direct.stderr
    if code != 120:
        assert got.exit_code == code


# Bytecode


def in_a_place_of_its_own(folder: Path) -> Path:
    """A copy of the package without bytecode; the launcher in it."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(
        shutil.copytree(package_folder(), folder / "pipsafe", ignore=ignored), "target_side", "launcher.py"
    )


def launched(launcher: Path, fake: FakePip, env: dict[str, str]) -> Run:
    with (launcher.parent / "copy").open("wb") as copy:
        os.set_inheritable(copy.fileno(), True)
        code = "import os, sys; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
        done = subprocess.run(
            [sys.executable, "-c", code, str(launcher), str(copy.fileno()), "script", "list"],
            env=fake.environment(env),
            pass_fds=[copy.fileno()],
            check=False,
            capture_output=True,
            timeout=60,
        )
    return Run((), done.returncode, done.stdout, done.stderr, 0)


def test_no_bytecode_is_written(fake: FakePip, env: dict[str, str], tmp_path: Path) -> None:
    """The launcher may be run by another Python than pipsafe is installed for, and by another user."""
    launcher = in_a_place_of_its_own(tmp_path / "own")

    got = told(launched(launcher, fake, env))

    assert list(launcher.parent.rglob("*.pyc")) == []
    assert got["flags"][4] == 0  # pip itself may write its own


def test_bytecode_is_read_where_there_is_some(fake: FakePip, env: dict[str, str], tmp_path: Path) -> None:
    launcher = in_a_place_of_its_own(tmp_path / "own")
    runner = launcher.with_name("runner.py")
    py_compile.compile(str(runner), doraise=True)
    # What is no Python any more, of the same size and time: by these bytecode is known to be of its source.
    state = runner.stat()
    runner.write_bytes(b"?" * state.st_size)
    os.utime(runner, ns=(state.st_atime_ns, state.st_mtime_ns))

    done = launched(launcher, fake, env)

    assert told(done)["argv"][1:] == ["list"]
