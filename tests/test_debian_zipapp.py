"""The one file on releases of Debian, run by their own python3: what it cures there, and what it refuses.

It drives the release's own pip, which is the system's and externally managed, and that of a virtual
environment. In each release one of the two meets each place, and in the next the other; all of it is run when
`PIPSAFE_FULL_MATRIX` is set.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.lab.authority import Authority, Chain
from tests.lab.debian import NUMBERS, Debian, python_version, shared
from tests.lab.index_server import IndexServer
from tests.lab.outside import OUTSIDE
from tests.lab.packages import BACKEND, sdist, wheel
from tests.lab.run import Run
from tests.lab.targets import pip_wheel
from tests.test_zipapp import build

pytestmark = pytest.mark.debian

FULL = "PIPSAFE_FULL_MATRIX" in OUTSIDE

SUITES = tuple(suite for suite in NUMBERS if suite != "bullseye")
"""Those whose own Python is new enough to run it."""

ROOT = Authority("Example Corporate Root")
STRANGER = Authority("Example Corporate Root")
"""Has the name, and not the key."""
FORMER = Authority("Example Former Root")
"""What a setting still names that nobody looked after."""

PYZ, PYTHON, VENV = "/opt/pipsafe.pyz", "/usr/bin/python3", "/root/plain"
CA, STALE, REPORT = "/root/corporate.pem", "/root/former.pem", "/root/report.json"
STORE, WAITING = "/etc/ssl/certs", "/usr/local/share/ca-certificates/corporate.crt"
SITES = ("/usr/local/lib/python3*/dist-packages", "/root/*/lib/python3*/site-packages", "/root/site")

SPECK = wheel("speck", "1.0")
PATHS = ["/simple/speck/", "/files/speck-1.0-py3-none-any.whl"]

SEEDED = "24.0"
"""A pip from PyPI that knows nothing of the system store, and that a Python of Debian 12 was seeded with."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A pip of the release, and how it is told to install all the same."""

    name: str
    short: str
    python: str
    anyway: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """What tells the one file of it: by itself that drives the Python that runs it."""


PATIENTS = (
    Patient("the pip that Debian ships", "own", PYTHON, anyway=("--break-system-packages",)),
    Patient(
        "a virtual environment that Debian's venv made",
        "venv",
        f"{VENV}/bin/python",
        named=("--pipsafe-python", VENV),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody put the CA."""

    name: str
    tier: str
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """To the one file; `{sha256}` stands for the CA's fingerprint."""
    is_merged: bool = False
    """Whether it is put into the system store."""
    heeded_from: tuple[int, ...] | None = None
    """The first pip that reads it by itself, so that nothing is to be cured."""

    def is_heeded(self, pip: str) -> bool:
        return self.heeded_from is not None and tuple(map(int, pip.split("."))) >= self.heeded_from


PLACES = (
    Place("system-store", "system", {"PIP_CERT": STALE}, is_merged=True, heeded_from=(24, 2)),
    Place("SSL_CERT_FILE", "configured", {"SSL_CERT_FILE": CA}, heeded_from=(24, 2)),
    Place("REQUESTS_CA_BUNDLE", "configured", {"REQUESTS_CA_BUNDLE": CA}, heeded_from=(0,)),
    Place("git", "configured", files={"/root/.gitconfig": f"[http]\n\tsslCAInfo = {CA}\n"}),
    Place("pipsafe-ca", "explicit", words=("--pipsafe-ca", CA)),
    Place("pipsafe-pin", "explicit", words=("--pipsafe-pin", "{sha256}")),
)

Case = tuple[str, Patient, Place | None]


def every(*, rows: str, places: Iterable[Place | None] = (None,)) -> pytest.MarkDecorator:
    """Releases, pips and places. The pips take turns: each meets every place, in another release."""
    met: Iterator[Case] = (
        (suite, patient, place)
        for number, suite in enumerate(SUITES)
        for turn, place in enumerate(places, number)
        for column, patient in enumerate(PATIENTS)
        if FULL or turn % 2 == column
    )
    return pytest.mark.parametrize(
        ("release", "patient", "place"),
        [
            pytest.param(
                *(suite, patient, place),
                marks=[
                    pytest.mark.xdist_group(suite),
                    pytest.mark.shows("places", f"one file, {patient.name}: {rows}"),
                ],
                id="-".join((suite, patient.short, *([place.name] if place else ()))),
            )
            for suite, patient, place in met
        ],
        indirect=["release"],
    )


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("one-file") / "pipsafe.pyz")


@pytest.fixture(scope="module")
def release(request: pytest.FixtureRequest, pyz: Path) -> Debian:
    found = shared(request.param)
    assert python_version(found.root) >= (3, 10)
    shutil.copy(pyz, found.outside(PYZ))
    found.outside(STALE).write_bytes(FORMER.pem)
    found.outside(CA).write_bytes(ROOT.pem)
    if not found.outside(VENV).exists():
        found.venv(Path(VENV).name, pipsafe=False)
    # What other tests left in the same copy is not counted here.
    taken_away(found)
    for path in found.outside("/tmp").iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return found


@pytest.fixture
def pip(release: Debian, patient: Patient, record_property: Callable[[str, object], None]) -> str:
    """The version of the pip that the test is about."""
    column = release.column(patient.python)
    record_property("column", column)
    return column.rpartition(" ")[2]


@pytest.fixture
def server() -> Iterator[IndexServer]:
    # A pin is a fingerprint: the certificate itself has to come from somewhere.
    with IndexServer([SPECK], ROOT.leaf(chain=Chain.WITH_ROOT)) as running:
        yield running


@contextmanager
def put(ca: Authority, place: Place, release: Debian) -> Iterator[tuple[Mapping[str, str], list[str]]]:
    """The CA there for as long as this lasts: the variables, and what is said to the one file."""
    release.outside(CA).write_bytes(ca.pem)
    for path, text in place.files.items():
        release.outside(path).write_text(text, encoding="utf-8")
    try:
        with merged(ca, release) if place.is_merged else nullcontext():
            yield place.variables, [word.format(sha256=ca.sha256) for word in place.words]
    finally:
        for path in place.files:
            release.outside(path).unlink()


@contextmanager
def merged(ca: Authority, release: Debian) -> Iterator[None]:
    """The CA in the system store, as an administrator puts it there."""
    store, waiting = release.outside(STORE), release.outside(WAITING)
    before = store.with_name("certs-before")
    shutil.copytree(store, before, symlinks=True)
    waiting.write_bytes(ca.pem)
    try:
        done = release.run("update-ca-certificates")
        assert done.exit_code == 0, done.text
        yield
    finally:
        waiting.unlink()
        shutil.rmtree(store)
        before.rename(store)


def one_file(
    release: Debian, *arguments: str, python: str = PYTHON, variables: Mapping[str, str] | None = None
) -> tuple[Run, dict[str, Any]]:
    """Run the one file by a Python of the release; with what it reported."""
    report = release.outside(REPORT)
    report.unlink(missing_ok=True)
    environment = release.environment(PIPSAFE_REPORT=REPORT, **(variables or {}))
    done = release.run(python, PYZ, *arguments, env=environment)
    assert b"Traceback" not in done.stderr, done.text
    assert b"fault in pipsafe" not in done.stderr, done.text
    return done, json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}


def install(server: IndexServer, *more: str) -> tuple[str, ...]:
    return ("install", "--retries", "0", "--no-cache-dir", "--index-url", server.index_url, *more, "speck")


def taken_away(release: Debian) -> int:
    """In how many places the package was; it is in none any more."""
    found = [path for site in SITES for path in release.root.glob(f"{site.lstrip('/')}/speck*")]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return sum(path.suffix == ".dist-info" for path in found)


def leftovers(release: Debian) -> list[str]:
    return sorted(path.name for path in release.outside("/tmp").iterdir())


def assert_refused(done: Run, report: Mapping[str, Any], release: Debian, server: IndexServer) -> None:
    """pip's failure stands, it was run once, and the server heard no request."""
    server.settle()
    assert server.requests == [], done.text
    assert done.exit_code == report["exit_code"] == 1, done.text
    assert (report["outcome"], report["remedy"], len(report["attempts"])) == ("unremedied", None, 1)
    assert "CERTIFICATE_VERIFY_FAILED" in done.text
    assert taken_away(release) == 0
    assert leftovers(release) == []


# Installing


@every(rows="a rescue by what lies in each place", places=PLACES)
def test_with_the_ca_there(
    release: Debian, patient: Patient, place: Place, pip: str, server: IndexServer
) -> None:
    words = install(server, *patient.anyway)
    with put(ROOT, place, release) as (variables, said):
        environment = release.environment(**variables)
        before = release.run(patient.python, "-m", "pip", *words, env=environment)
        server.settle()
        heard, was_there = server.paths, taken_away(release)
        server.forget()
        done, report = one_file(release, *patient.named, *words, *said, variables=variables)
    server.settle()

    assert done.exit_code == 0, done.text
    assert server.paths == PATHS, done.text
    assert taken_away(release) == 1, done.text
    assert leftovers(release) == []
    if place.is_heeded(pip):
        assert (before.exit_code, heard, was_there) == (0, PATHS, 1), before.text
        assert (report["outcome"], len(report["attempts"])) == ("passed", 1)
        assert b"pipsafe" not in done.stderr
        return
    assert (before.exit_code, heard, was_there) == (1, [], 0), before.text
    assert report["outcome"] == "rescued"
    assert [item["exit_code"] for item in report["attempts"]] == [1, 0]
    assert report["remedy"]["source"]["tier"] == place.tier, report["remedy"]
    assert [item["sha256"] for item in report["remedy"]["anchors"]] == [ROOT.sha256]


@every(rows="another CA in that place is refused", places=PLACES)
@pytest.mark.usefixtures("pip")
def test_with_another_ca_there(release: Debian, patient: Patient, place: Place, server: IndexServer) -> None:
    with put(STRANGER, place, release) as (variables, said):
        words = (*patient.named, *install(server, *patient.anyway), *said)
        done, report = one_file(release, *words, variables=variables)

    assert_refused(done, report, release, server)


@every(rows="an isolated build, its build dependency from the same index")
@pytest.mark.usefixtures("pip", "place")
def test_an_isolated_build(release: Debian, patient: Patient, server: IndexServer) -> None:
    """Run by the Python that it drives, to a folder."""
    server.packages.clear()
    server.add(sdist("speck"))
    server.add(BACKEND)
    words = install(server, "--target", "/root/site")
    release.outside(CA).write_bytes(STRANGER.pem)
    refused = one_file(release, *words, "--pipsafe-ca", CA, python=patient.python)
    assert_refused(*refused, release, server)

    release.outside(CA).write_bytes(ROOT.pem)
    done, report = one_file(release, *words, "--pipsafe-ca", CA, python=patient.python)

    server.settle()
    assert (done.exit_code, report["outcome"]) == (0, "rescued"), done.text
    assert "/files/tinybuild-1.0-py3-none-any.whl" in server.paths
    assert taken_away(release) == 1
    assert leftovers(release) == []


@pytest.mark.shows(
    "places", "one file, a pip from PyPI: Debian's system store, by the truststore lent out of it"
)
@pytest.mark.parametrize(
    "release", [pytest.param("bookworm", marks=pytest.mark.xdist_group("bookworm"))], indirect=True
)
def test_a_pip_that_knows_no_system_store(
    release: Debian, server: IndexServer, record_property: Callable[[str, object], None]
) -> None:
    python = "/root/seeded/bin/python"
    assert release.run(PYTHON, "-m", "venv", "--without-pip", "/root/seeded").exit_code == 0
    (site,) = release.root.glob("root/seeded/lib/python3*/site-packages")
    with zipfile.ZipFile(pip_wheel(SEEDED)) as packed:
        packed.extractall(site)
    record_property("column", release.column(python))
    store = next(place for place in PLACES if place.is_merged)
    with put(STRANGER, store, release):
        refused = one_file(release, *install(server), python=python)
    assert_refused(*refused, release, server)

    with put(ROOT, store, release):
        before = release.run(python, "-m", "pip", *install(server))
        done, report = one_file(release, *install(server), python=python)

    assert before.exit_code == 1, before.text
    assert (done.exit_code, report["outcome"]) == (0, "rescued"), done.text
    assert report["remedy"]["kind"] == "system-store"
    assert [item["sha256"] for item in report["remedy"]["anchors"]] == [ROOT.sha256]
    assert taken_away(release) == 1
    assert leftovers(release) == []


# Its own commands


@every(rows="doctor, before and after")
@pytest.mark.usefixtures("pip", "place")
def test_doctor(release: Debian, patient: Patient, server: IndexServer) -> None:
    release.outside(CA).write_bytes(ROOT.pem)
    asked = (*patient.named, "doctor", server.index_url)
    ill, _ = one_file(release, *asked)
    well, report = one_file(release, *asked, variables={"PIP_CERT": CA})
    server.settle()

    assert (ill.exit_code, well.exit_code) == (1, 0), ill.text + well.text
    assert b"private-ca" in ill.stdout
    assert [item["cause"] for item in report["origins"]] == [None]
    assert server.requests == []
    assert leftovers(release) == []


@pytest.mark.shows("places", "one file: explain")
@pytest.mark.parametrize(
    "release",
    [pytest.param(suite, marks=pytest.mark.xdist_group(suite)) for suite in SUITES],
    indirect=True,
)
def test_explain(release: Debian, record_property: Callable[[str, object], None]) -> None:
    record_property("column", release.column())
    done, _ = one_file(release, "explain", "private-ca")

    assert (done.exit_code, done.stderr) == (0, b""), done.text
    assert done.stdout.startswith(b"private-ca\n")
