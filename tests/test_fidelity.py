"""Where TLS is in order nobody can tell pipsafe from pip: the same bytes, exit codes, prompts and colours."""

from __future__ import annotations

import functools
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.drop_in import as_script, differences, install_into, place, what_lasts
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.packages import BACKEND, Package, sdist, wheel
from tests.lab.run import Run, clean_environment, run
from tests.lab.targets import target
from tests.lab.terminal import Step, TerminalRun, run_on_pty

pytestmark = pytest.mark.e2e

PIPS = ("20.3.4", "24.0", "26.3")

MOTE = wheel("mote", "2.0")
SPECK = wheel("speck", "1.0", requires=["mote"])
GRAIN = sdist("grain", says=["building a grain"])
CHAFF = sdist("chaff", fails=True, says=["no good"])
BOULDER = wheel("boulder", padding=2_000_000)
SAND = sdist("sand", build_requires=())

ON_THE_INDEX = (MOTE, SPECK, wheel("mote", "1.0"), GRAIN, CHAFF, BACKEND, BOULDER)
ALL_NAMES = ("mote", "speck", "grain", "chaff", "boulder", "sand")

FILES = {
    "requirements.txt": b"mote==2.0\n",
    "broken.txt": b"mote ==\n",
    "data.bin": b"some bytes\n",
    SAND.filename: SAND.data,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A pip command; `{url}`, `{cert}` and `{empty}` stand for what the test has."""

    words: str
    installed: tuple[Package, ...] = ()
    index: bool = False
    stdin: bytes | None = None
    extra: tuple[tuple[str, str], ...] = ()
    """Variables."""

    @property
    def label(self) -> str:
        return " ".join([*(f"{name}={value}" for name, value in self.extra), self.words or "(nothing)"])


SAID = (
    Case(""),
    Case("--version"),
    Case("-V"),
    Case("help"),
    Case("help install"),
    Case("frobnicate"),
    Case("instal mote"),
    Case("--frob"),
    Case("install"),
    Case("install --frob"),
    Case("install mote=="),
)
"""What says its own name, or may."""

CASES = (
    *SAID,
    Case("list", (SPECK, MOTE)),
    Case("list --format=json", (SPECK, MOTE)),
    Case("list --outdated", (wheel("mote", "1.0"),), index=True),
    Case("freeze", (SPECK, MOTE)),
    Case("show speck", (SPECK, MOTE)),
    Case("show nothing"),
    Case("check", (SPECK, MOTE)),
    Case("check", (SPECK,)),
    Case("inspect", (MOTE,)),
    Case("config list", extra=(("PIP_TIMEOUT", "7"),)),
    Case("config debug"),
    Case("cache dir"),
    Case("debug"),
    Case("completion --bash"),
    Case("hash data.bin"),
    Case("hash missing.bin"),
    Case("install mote", (MOTE,)),
    Case("install speck", index=True),
    Case("install speck", index=True, extra=(("LC_ALL", "C"), ("PYTHONIOENCODING", "ascii"))),
    Case("install -q speck", index=True),
    Case("install -v mote", index=True),
    Case("install -r requirements.txt", index=True),
    Case("install -r broken.txt"),
    Case("install -r missing.txt"),
    Case("install mote==3", index=True),
    Case("install nothing", index=True),
    Case("install -q nothing", index=True),
    Case("install -qq nothing", index=True),
    Case("install speck mote<1", index=True),
    Case("install grain", index=True),
    Case("install chaff", index=True),
    Case(f"install ./{SAND.filename}"),
    Case("install --no-index nothing"),
    Case("install --dry-run --report - --quiet speck", index=True),
    Case("install --progress-bar off boulder", index=True),
    Case("index versions mote", index=True),
    Case("download -d out speck", index=True),
    Case("wheel -w out grain", index=True),
    Case("uninstall -y speck", (SPECK, MOTE)),
    Case("uninstall -y nothing"),
    Case("uninstall speck", (SPECK, MOTE), stdin=b"y\n"),
    Case("uninstall speck", (SPECK, MOTE), stdin=b"n\n"),
    Case("uninstall speck", (SPECK, MOTE)),
)


class Bench:
    """One target, set to the same state before each run."""

    def __init__(self, pip_version: str, folder: Path, server: IndexServer, cert: Path) -> None:
        self.target = target(pip_version).fresh(folder)
        install_into(self.target)
        self.server = server
        self.cert = cert
        self.home = folder / f"home-{pip_version}"

    def prepare(self, case: Case) -> tuple[list[str], dict[str, str]]:
        """The state before a run of `case`, its arguments and its environment."""
        self.target.remove(*ALL_NAMES)
        place(self.target, *case.installed)
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        env = clean_environment(self.home, **dict(case.extra))
        for name, content in FILES.items():
            (self.home / name).write_bytes(content)
        arguments = case.words.split()
        if case.index:
            env |= {"PIP_INDEX_URL": self.server.index_url, "PIP_CERT": str(self.cert)}
        else:
            # Old pips take `mote==` for a version, and would ask the public index for it.
            env["PIP_NO_INDEX"] = "1"
        return arguments, env

    def run(self, case: Case, *command: str | Path, **variables: str) -> Run:
        arguments, env = self.prepare(case)
        return run([*command, *arguments], {**env, **variables}, stdin=case.stdin)

    def run_script(self, case: Case) -> Run:
        """By pipsafe's console script, which is not in the target."""
        return self.run(case, *as_script(), PIPSAFE_PYTHON=str(self.target.python))

    def on_pty(
        self, case: Case, command: tuple[str | Path, ...], columns: int, steps: tuple[Step, ...]
    ) -> TerminalRun:
        arguments, env = self.prepare(case)
        env["PIPSAFE_PYTHON"] = str(self.target.python)
        return run_on_pty([*command, *arguments], env, columns=columns, steps=steps)


@pytest.fixture(scope="module")
def bench(authority: Authority) -> Iterator[Callable[[str], Bench]]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        IndexServer(ON_THE_INDEX, authority.leaf()) as server,
    ):
        cert = authority.write(Path(name, "root.pem"))
        yield functools.cache(lambda pip_version: Bench(pip_version, Path(name), server, cert))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
@pytest.mark.parametrize("pip_version", PIPS)
def test_the_script_is_as_pips_script(bench: Callable[[str], Bench], pip_version: str, case: Case) -> None:
    place = bench(pip_version)
    expected = place.run(case, place.target.pip)
    assert differences(expected, place.run_script(case)) == []


@pytest.mark.parametrize(
    "case", [*SAID, Case("install speck", index=True), Case("list")], ids=lambda case: case.label
)
@pytest.mark.parametrize("pip_version", ["24.0", "26.3"])
def test_the_module_is_as_pips_module(bench: Callable[[str], Bench], pip_version: str, case: Case) -> None:
    place = bench(pip_version)
    expected = place.run(case, place.target.python, "-m", "pip")
    assert differences(expected, place.run(case, place.target.python, "-m", "pipsafe")) == []


def test_a_run_of_pipsafe_does_install(bench: Callable[[str], Bench]) -> None:
    """What the matrix rests on: its commands do what they say."""
    place = bench("26.3")
    done = place.run_script(Case("install speck", index=True))
    assert done.exit_code == 0, done.text
    assert place.target.installed("mote")


@dataclass(frozen=True, slots=True)
class Scene:
    """A pip command on a terminal, and what is typed there."""

    case: Case
    steps: tuple[Step, ...] = ()
    columns: int = 80
    shows: bytes = b""
    """A pattern that pip's own output matches, so that there is something to compare."""


RED = rb"\x1b\[[0-9;]*31m"
YES = (Step(rb"\([Yy]/n\)\? $", b"y\n"),)
NO = (Step(rb"\([Yy]/n\)\? $", b"n\n"),)

SCENES = (
    Scene(Case("help"), columns=60),
    Scene(Case("help"), columns=120),
    Scene(Case("list", (SPECK, MOTE)), columns=60),
    Scene(Case("install --no-index nothing"), shows=RED),
    Scene(Case("install --no-index nothing", extra=(("NO_COLOR", "1"),))),
    Scene(Case("install --no-color --no-index nothing")),
    Scene(Case("install speck", index=True), columns=120),
    Scene(Case(f"install ./{SAND.filename} ./{SAND.filename}")),
    Scene(Case("uninstall speck", (SPECK, MOTE)), YES, shows=rb"Successfully uninstalled"),
    Scene(Case("uninstall speck", (SPECK, MOTE)), NO),
    Scene(Case("uninstall speck", (SPECK, MOTE)), (Step(rb"\([Yy]/n\)\? $", b"\x03"),)),
    Scene(Case("uninstall speck", (SPECK, MOTE)), (Step(rb"\([Yy]/n\)\? $", b"\x04"),)),
)

# Spinners draw a wheel at their own pace.
_SPINNING = re.compile(rb"(?:[-\\|/]\x08|\x08 \x08|[-\\|/]$)|\x1b\[\?25[lh]")


def lasting(output: bytes) -> bytes:
    return _SPINNING.sub(b"", what_lasts(output))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.case.label} {scene.columns}")
@pytest.mark.parametrize("pip_version", ["20.3.4", "26.3"])
def test_a_terminal_shows_the_same(bench: Callable[[str], Bench], pip_version: str, scene: Scene) -> None:
    place = bench(pip_version)
    expected = place.on_pty(scene.case, (place.target.pip,), scene.columns, scene.steps)
    got = place.on_pty(scene.case, as_script(), scene.columns, scene.steps)
    assert re.search(scene.shows, expected.output)
    assert lasting(got.output) == lasting(expected.output)
    assert got.exit_code == expected.exit_code


def drawn(output: bytes) -> tuple[set[bytes], int]:
    """The colours and the kinds of character of a progress bar, and the width of its widest line."""
    colours = set(re.findall(rb"\x1b\[[0-9;]*m", output))
    blocks = set(re.findall("[━╸╺█▏]".encode(), output))
    lines = re.split(rb"[\r\n]+", re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", output))
    return colours | blocks, max(len(line.decode("utf-8", "replace").rstrip()) for line in lines)


LOOKS = 4
"""A bar is drawn ten times a second: on a busy machine one of two pips may be done between two drawings."""


@pytest.mark.parametrize("columns", [60, 120])
@pytest.mark.parametrize("pip_version", PIPS)
def test_a_progress_bar_is_drawn(bench: Callable[[str], Bench], pip_version: str, columns: int) -> None:
    place = bench(pip_version)
    case = Case("install boulder", index=True)
    pairs: list[tuple[object, object]] = []
    while len(pairs) < LOOKS and not (pairs and pairs[-1][0] == pairs[-1][1]):
        expected = place.on_pty(case, (place.target.pip,), columns, ())
        got = place.on_pty(case, as_script(), columns, ())
        assert got.exit_code == expected.exit_code == 0, got.output
        assert got.output.count(b"\r") > got.output.count(b"\r\n"), "nothing was drawn over"
        pairs.append((drawn(got.output), drawn(expected.output)))
    assert pairs[-1][0] == pairs[-1][1]


@pytest.mark.parametrize("pip_version", PIPS)
def test_an_index_that_asks_for_a_password(
    bench: Callable[[str], Bench], pip_version: str, authority: Authority
) -> None:
    place = bench(pip_version)
    steps = (Step(rb"User for [^ ]+: ", b"me\n"), Step(rb"Password: ", b"secret\n"))
    outputs = []
    with IndexServer([MOTE], authority.leaf(), auth=("me", "secret")) as server:
        for command in ((place.target.pip,), as_script()):
            arguments, env = place.prepare(Case("install mote"))
            del env["PIP_NO_INDEX"]
            env |= {"PIP_INDEX_URL": server.index_url, "PIP_CERT": str(place.cert)}
            env["PIPSAFE_PYTHON"] = str(place.target.python)
            done = run_on_pty([*command, *arguments], env, steps=steps)
            assert done.exit_code == 0, done.output
            assert place.target.installed("mote")
            outputs.append(lasting(done.output))
    assert outputs[1] == outputs[0]
    assert b"secret" not in outputs[1]
