"""The rescue matrix: pips, places of trust and of faulty settings, and ways to call pip.

By default every pip meets every source, every pip every flag and every source every flag; all triples when
`PIPSAFE_FULL_MATRIX` is set.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipsafe.trust.sources import FOLDERS, VARIABLES
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.outside import OUTSIDE
from tests.lab.packages import wheel
from tests.lab.run import clean_environment, run_pip, run_pipsafe
from tests.lab.system_store import system_store
from tests.lab.targets import PIPS
from tests.rescues import assert_refused, assert_rescued, patient, report_of

pytestmark = pytest.mark.e2e

FULL = "PIPSAFE_FULL_MATRIX" in OUTSIDE

FLAGS = ((), ("-q",), ("-qq",), ("--retries", "0"), ("--isolated",))

USES_SYSTEM = (24, 2)
"""The first pip that asks the system store by itself."""

# pip reads these itself, so with the CA in them nothing is to be cured.
_HEEDED = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# These reach truststore, which pips from 24.2 on ask.
_HEEDED_BY_OPENSSL = ("SSL_CERT_FILE", "SSL_CERT_DIR")
# What is meant for a proxy, or for one repository of poetry's, does not count for an index.
CARRIERS = tuple(name for name in VARIABLES if name not in _HEEDED and "PROXY" not in name)


@dataclass(slots=True)
class Scene:
    """The files and settings of one run."""

    folder: Path
    ca: Authority
    """The CA that is to be found, right or wrong."""
    other: Authority
    """A CA that no server here has to do with."""
    carrier: str
    """The variable that names the file of `ca`."""
    environ: dict[str, str | None] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    prefix: list[str] = field(default_factory=list)

    def carry(self) -> None:
        """Put the CA where the variable names it."""
        folder = self.folder / "carried"
        folder.mkdir()
        path = self.ca.write(folder / "ca.pem")
        if VARIABLES.get(self.carrier, ("", ""))[1] is FOLDERS:
            subprocess.run(["openssl", "rehash", str(folder)], check=True, capture_output=True, timeout=60)
            path = folder
        self.environ[self.carrier] = str(path)

    def file(self, state: str) -> str:
        """The path of a CA file in this state."""
        path = self.folder / f"{state}.pem"
        if state == "stale":
            self.other.write(path)
        elif state == "garbage":
            path.write_bytes(b"\x00\x01 nothing that PEM knows \xff\n" * 9)
        return str(path)

    def configure(self, section: str, state: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[{section}]\ncert = {self.file(state)}\n", encoding="utf-8")


Setup = Callable[[Scene], None]


def _variable(name: str, state: str) -> Setup:
    def set_up(scene: Scene) -> None:
        scene.carry()
        scene.environ[name] = scene.file(state)

    return set_up


def _typed(state: str) -> Setup:
    def set_up(scene: Scene) -> None:
        scene.carry()
        scene.arguments += ["--cert", scene.file(state)]

    return set_up


def _configured(section: str, state: str, *, user: bool = False) -> Setup:
    def set_up(scene: Scene) -> None:
        scene.carry()
        path = scene.folder / "home" / "config" / "pip" / "pip.conf" if user else scene.folder / "pip.conf"
        scene.configure(section, state, path)
        scene.environ["PIP_CONFIG_FILE"] = None if user else str(path)

    return set_up


def _system(scene: Scene) -> None:
    scene.prefix += system_store(scene.folder / "store", scene.ca.pem)


def _hidden_system(scene: Scene) -> None:
    _system(scene)
    empty = scene.folder / "no-certificates"
    empty.mkdir()
    scene.environ |= {"SSL_CERT_FILE": scene.file("stale"), "SSL_CERT_DIR": str(empty)}


SOURCES: Mapping[str, Setup] = {
    "system": _system,
    "hidden-system": _hidden_system,
    "variable": Scene.carry,
    "stale-PIP_CERT": _variable("PIP_CERT", "stale"),
    "missing-PIP_CERT": _variable("PIP_CERT", "missing"),
    "missing-REQUESTS": _variable("REQUESTS_CA_BUNDLE", "missing"),
    "missing-CURL": _variable("CURL_CA_BUNDLE", "missing"),
    "garbage-REQUESTS": _variable("REQUESTS_CA_BUNDLE", "garbage"),
    "typed-missing": _typed("missing"),
    "typed-stale": _typed("stale"),
    "user-conf-missing": _configured("global", "missing", user=True),
    "conf-file-stale": _configured("global", "stale"),
    "conf-install-missing": _configured("install", "missing"),
}


@dataclass(frozen=True, slots=True)
class Case:
    pip: str
    source: str
    flags: tuple[str, ...]
    carrier: str

    @property
    def needs_nothing(self) -> bool:
        """Whether pip itself trusts what is there."""
        return self.source == "system" and _version(self.pip) >= USES_SYSTEM

    @property
    def name(self) -> str:
        return "-".join((self.pip, self.source, *(flag.strip("-") for flag in self.flags)))


def _cases() -> Iterator[Case]:
    carriers = {modern: itertools.cycle(_carriers(heeds_openssl=modern)) for modern in (False, True)}
    for row, pip in enumerate(PIPS):
        for column, source in enumerate(SOURCES):
            for number, flags in enumerate(FLAGS):
                if FULL or (row + column) % len(FLAGS) == number:
                    # What names no carrier has the CA in the system store alone.
                    modern = _version(pip) >= USES_SYSTEM
                    carrier = "" if "system" in source else next(carriers[modern])
                    yield Case(pip, source, flags, carrier)


def _version(pip: str) -> tuple[int, ...]:
    return tuple(map(int, pip.split(".")))


def _carriers(*, heeds_openssl: bool) -> list[str]:
    return [name for name in CARRIERS if not (heeds_openssl and name in _HEEDED_BY_OPENSSL)]


CASES = tuple(_cases())
# A run of pip costs more than a second, so these two are asked of a part of the cases, in which every pip and
# every source is.
PROVED_TO_FAIL = frozenset(case for case in CASES if not case.needs_nothing and (FULL or "0" in case.flags))
REFUSED_AS_WELL = tuple(case for case in CASES if FULL or case.flags in ((), ("--isolated",)))


@pytest.fixture(scope="module")
def stranger() -> Authority:
    """The CA of stale settings."""
    return Authority("Example Stranger Root")


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], authority.leaf()) as running:
        yield running


def _arrange(case: Case, folder: Path, ca: Authority, stranger: Authority) -> Scene:
    folder.mkdir()
    scene = Scene(folder, ca, stranger, case.carrier)
    SOURCES[case.source](scene)
    return scene


def _command(case: Case, server: IndexServer, scene: Scene, *more: str) -> list[str]:
    flags = [*case.flags, *more, *scene.arguments]
    # Typed, since `--isolated` does not read variables.
    quiet = ("--no-cache-dir", "--disable-pip-version-check")
    return ["install", *quiet, "--index-url", server.index_url, *flags, "speck"]


def _environment(scene: Scene) -> dict[str, str]:
    return clean_environment(scene.folder / "home", **scene.environ)


@pytest.mark.shows("legs", "index page and files: the CA from every source, with every flag")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_with_the_ca_at_hand_the_package_is_there(
    case: Case, server: IndexServer, authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    given = _arrange(case, tmp_path / "right", authority, stranger)
    where, env = patient(case.pip, "speck"), _environment(given)
    server.forget()
    if case in PROVED_TO_FAIL:
        before = run_pip(
            where, _command(case, server, given, "--retries", "0"), env, prefix=given.prefix, timeout=120
        )
        server.settle()
        assert before.exit_code, before.text
        assert not where.installed("speck")
        assert server.requests == []
    done = run_pipsafe(where, _command(case, server, given), env, prefix=given.prefix, timeout=120)
    server.settle()
    # All that the server heard was heard by the attempt that had the remedy: no page was asked for twice.
    assert server.paths == ["/simple/speck/", "/files/speck-1.0-py3-none-any.whl"], done.text
    if case.needs_nothing:
        report = report_of(done)
        assert (report["outcome"], len(report["attempts"])) == ("passed", 1)
        return
    if case.source == "hidden-system" and _version(case.pip) >= USES_SYSTEM:
        # What hides the store is taken away, and pip trusts what it would have trusted.
        report = assert_rescued(done, where, env, kind="drop-setting")
    else:
        report = assert_rescued(done, where, env, authority)
        tier = "system" if "system" in case.source else "configured"
        assert report["remedy"]["source"]["tier"] == tier
    assert report["attempts"][0]["exit_code"] != 0


@pytest.mark.shows("legs", "index page and files: another CA in that source is refused")
@pytest.mark.parametrize("case", REFUSED_AS_WELL, ids=lambda case: case.name)
def test_with_another_ca_at_hand_nothing_is_installed(
    case: Case, server: IndexServer, stranger: Authority, tmp_path: Path
) -> None:
    given = _arrange(case, tmp_path / "wrong", Authority("Example Wrong Root"), stranger)
    where, env = patient(case.pip, "speck"), _environment(given)
    server.forget()
    command = _command(case, server, given, "--retries", "0")
    done = run_pipsafe(where, command, env, prefix=given.prefix, timeout=120)
    assert_refused(done, where, env, server)
