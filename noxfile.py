"""What there is to run: ``python -m nox`` checks everything that needs no network but PyPI.

Every session that tests installs the built wheel and runs what is in ``tests/`` against it; the checkout is
not on ``sys.path`` there. Sessions run on the interpreter that nox itself runs on, ``supported`` on each
Python that the classifiers of ``pyproject.toml`` name and this machine has.
"""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "tests", "e2e", "debian", "fuzz"]

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
PARALLEL = ("--numprocesses", "auto", "--dist", "worksteal")

SOME_TESTS_FAILED = "Returned code 1"
"""nox's words for pytest's exit code 1. Any other is worse than a test that failed."""

LOOKED_AT_AGAIN = 3
"""How many failed tests get a second run: a machine that stalls fails one or two, a defect many."""

# Importing from the checkout would hide a file that is missing from the wheel.
IS_INSTALLED = """
import pathlib, sys, sysconfig, pipsafe
found, expected = pathlib.Path(pipsafe.__file__), pathlib.Path(sysconfig.get_path("purelib"))
sys.exit(0 if expected in found.parents else f"pipsafe was imported from {found}, not from {expected}")
"""

IS_VALID_BILL = """
import pathlib, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
sys.exit(JsonStrictValidator(SchemaVersion.V1_6).validate_str(text))
"""

OLDEST_DATE = "315532800"
"""Of files in a release, in seconds: the first that a zip can tell. SOURCE_DATE_EPOCH takes its place."""


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff's rules and its formatting."""
    _install_groups(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(name="format")
def reformat(session: nox.Session) -> None:
    """Put right what ``lint`` can put right."""
    _install_groups(session, "lint")
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy strict: all of it as on this machine, the package also as on macOS and Windows."""
    _install_groups(session, "types", "test", "coverage")
    session.install(*PROJECT["project"]["dependencies"])
    session.run("mypy")
    session.run("mypy", "noxfile.py")
    for platform in ("darwin", "win32"):
        session.run("mypy", "--platform", platform, "--package", "pipsafe")


@nox.session
def tests(session: nox.Session) -> None:
    """Everything but the runs over many pips, against the built wheel."""
    _install_wheel(session)
    _install_groups(session, "test")
    _pytest(session, "-m", "not e2e and not network and not debian")


@nox.session(python=PYTHONS)
def supported(session: nox.Session) -> None:
    """As ``tests``, on every supported Python that this machine has."""
    tests.func(session)


@nox.session
def e2e(session: nox.Session) -> None:
    """Real pips of many versions against loopback servers."""
    _install_wheel(session)
    _install_groups(session, "test")
    _pytest(session, "-m", "e2e and not network and not debian")


@nox.session
def matrix(session: nox.Session) -> None:
    """As ``e2e``, and every row of every matrix with every pip."""
    session.env["PIPSAFE_FULL_MATRIX"] = "1"
    e2e.func(session)


@nox.session
def debian(session: nox.Session) -> None:
    """Real releases of Debian, in chroots that debootstrap makes; skips where that cannot be had."""
    _install_wheel(session)
    _install_groups(session, "test")
    _pytest(session, "-m", "debian and not network", "--dist", "loadgroup")


@nox.session
def minimum(session: nox.Session) -> None:
    """As ``tests``, on the lowest version of each dependency that ``pyproject.toml`` allows."""
    _install_wheel(session, *_floors())
    _install_groups(session, "test", constraints=_floors())
    _pytest(session, "-m", "not e2e and not network and not debian")


@nox.session
def coverage(session: nox.Session) -> None:
    """Lines and branches, those that run in subprocesses included."""
    _install_wheel(session)
    _install_groups(session, "test", "coverage")
    session.env["COVERAGE_FILE"] = str(ROOT / ".coverage")
    package, tracing = _made_traceable(session)
    session.env["PIPSAFE_TEST_TRACING"] = tracing
    session.run("coverage", "erase")
    # By its path: `coverage run -m pytest` would put the checkout on sys.path.
    pytest = Path(session.bin) / "pytest"
    session.run(
        # The folder of what runs in targets is named by itself, too: a script's folder is on sys.path at
        # first, and what lies in a virtual environment there is taken for somebody else's.
        *("coverage", "run", f"--source={package},{package}/target_side", str(pytest), *PARALLEL),
        *(session.posargs or ("-m", "not network and not debian")),
        success_codes=(0, 1),  # some tests count what is imported, and a measurement imports more
    )
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "html", "--quiet")
    session.run("coverage", "report", *(() if session.posargs else ("--fail-under", "95")))


@nox.session
def tested(session: nox.Session) -> None:
    """Run what shows a promise, and write ``docs/tested.md`` from the results."""
    _install_wheel(session)
    _install_groups(session, "test")
    results = Path(session.virtualenv.location) / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    session.env["PIPSAFE_TEST_RESULTS"] = str(results)
    # The table is written of a run in which something failed as well: it says so.
    _pytest(session, "-m", "shows and not network", "--dist", "loadgroup", success_codes=(0, 1))
    session.run("python", "-m", "tools.tested", str(results), "docs/tested.md")


@nox.session
def mutation(session: nox.Session) -> None:
    """Change what judges, trusts and plans, a token at a time, and list what no test noticed."""
    _install_groups(session, "test", "mutation")
    session.install(*PROJECT["project"]["dependencies"])
    with session.chdir(session.create_tmp()):
        session.run("git", "clone", "--quiet", str(ROOT), "mutated", external=True)
        with session.chdir("mutated"):
            session.run("mutmut", "run", *session.posargs)
            session.run("mutmut", "results")


@nox.session
def network(session: nox.Session) -> None:
    """A fresh virtual environment, a real index, real packages."""
    _install_wheel(session)
    _install_groups(session, "test")
    _pytest(session, "-m", "network")


@nox.session
def fuzz(session: nox.Session) -> None:
    """A minute of mutants for all that reads what others wrote; ``-- --seconds 3600`` for an hour."""
    _install_groups(session, "test")
    session.install(*PROJECT["project"]["dependencies"])
    # Coverage guides it where there is a wheel of atheris for this Python, and chance everywhere.
    session.install("atheris", "--only-binary", ":all:", success_codes=(0, 1), silent=True)
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure and write ``docs/benchmarks.md``; ``-- --quick`` for a rough look on the terminal."""
    _install_groups(session, "test")
    session.install(*PROJECT["project"]["dependencies"])
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def logs(session: nox.Session) -> None:
    """Precision and recall over the logs of ``tests/logs``; with ``-- --record`` those are recorded anew."""
    _install_groups(session, "test")
    session.install(*PROJECT["project"]["dependencies"])
    if "--record" in session.posargs:
        chosen = [argument for argument in session.posargs if argument != "--record"]
        session.run("python", "-m", "tools.log_corpus", *chosen)
    session.run("python", "-m", "tests.log_scores")


@nox.session
def catalogues(session: nox.Session) -> None:
    """Bring ``translations/`` up to date with what is said, and compile them into the package."""
    _install_groups(session, "translations")
    session.run("python", "-m", "tools.catalogues", *session.posargs)


@nox.session
def screenshot(session: nox.Session) -> None:
    """Draw ``docs/rescue.svg`` from a real rescue."""
    _install_wheel(session)
    _install_groups(session, "test", "picture")
    session.run("python", "-m", "tools.picture", *(session.posargs or ("docs/rescue.svg",)))


@nox.session
def zipapp(session: nox.Session) -> None:
    """Make ``dist/pipsafe.pyz``, the same bytes wherever it is made, and its bill of materials."""
    session.install("--require-hashes", "--only-binary", ":all:", "-r", "tools/zipapp-requirements.txt")
    _install_wheel(session, isolated=False)  # by the flit_core of that list
    _install_groups(session, "bill")
    dist, second = ROOT / "dist", Path(session.virtualenv.location) / "second.pyz"
    # By its path: `python -m` would pack the checkout, with whatever lies in it.
    for place in (dist / "pipsafe.pyz", second):
        session.run("python", "tools/zipapp_build.py", str(place))
    _check_alike(session, dist / "pipsafe.pyz", second)
    bill = dist / "pipsafe.cdx.json"
    session.run("python", "tools/sbom.py", str(dist / "pipsafe.pyz"), str(bill))
    session.run("python", "-c", IS_VALID_BILL, str(bill))
    session.run("python", "-I", str(dist / "pipsafe.pyz"), "--version")


@nox.session
def build(session: nox.Session) -> None:
    """Make sdist and wheel in ``dist/``, and again out of that sdist: the same bytes, sound metadata."""
    _install_groups(session, "release")
    session.env.setdefault("SOURCE_DATE_EPOCH", os.environ.get("SOURCE_DATE_EPOCH", OLDEST_DATE))
    scratch = Path(session.virtualenv.location) / "again"
    shutil.rmtree(scratch, ignore_errors=True)
    first = ROOT / "dist"
    for old in (*first.glob("pipsafe-*.tar.gz"), *first.glob("pipsafe-*.whl")):
        old.unlink()
    session.run("python", "-m", "build", "--outdir", str(first), ".")
    (sdist,) = first.glob("pipsafe-*.tar.gz")
    session.run("python", "-m", "tarfile", "-e", str(sdist), str(scratch))
    (unpacked,) = scratch.glob("pipsafe-*")
    session.run("python", "-m", "build", "--outdir", str(scratch / "dist"), str(unpacked))
    made = sorted((*first.glob("pipsafe-*.tar.gz"), *first.glob("pipsafe-*.whl")))
    for path in made:
        _check_alike(session, path, scratch / "dist" / path.name)
    session.run("validate-pyproject", "pyproject.toml")
    session.run("twine", "check", "--strict", *map(str, made))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into ``build/site``: no link leads nowhere, and nothing comes from elsewhere."""
    _install_wheel(session)
    _install_groups(session, "docs")
    session.run("mkdocs", "build", "--strict", "--clean", *session.posargs)
    session.run("python", "tools/docs_site.py", "build/site")


def _install_groups(session: nox.Session, *groups: str, constraints: tuple[str, ...] = ()) -> None:
    session.install(*nox.project.dependency_groups(PROJECT, *groups), *constraints)


def _install_wheel(session: nox.Session, *requirements: str, isolated: bool = True) -> None:
    """Build the wheel of this checkout and install it, with any further requirements."""
    isolation = () if isolated else ("--no-build-isolation",)
    wheelhouse = Path(session.virtualenv.location) / "wheelhouse"
    shutil.rmtree(wheelhouse, ignore_errors=True)
    options = ("--quiet", "--no-deps", *isolation, "--wheel-dir", str(wheelhouse))
    session.run("python", "-m", "pip", "wheel", *options, ".")
    (wheel,) = wheelhouse.glob("pipsafe-*.whl")
    session.install(str(wheel), *requirements)
    session.env["PIPSAFE_TEST_SCRIPT"] = str(Path(session.bin) / "pipsafe")


def _made_traceable(session: nox.Session) -> tuple[str, str]:
    """The folder of the installed package, and one that targets import coverage from, and nothing else."""
    code = "import coverage, os, pipsafe; print(*(os.path.dirname(m.__file__) for m in (pipsafe, coverage)))"
    found = session.run("python", "-c", code, env={"PYTHONSAFEPATH": "1"}, silent=True)
    package, coverage_package = found.split() if isinstance(found, str) else ("", "")
    tracing = Path(session.virtualenv.location) / "tracing"
    tracing.mkdir(exist_ok=True)
    for linked in (Path(coverage_package), ROOT / "tests" / "lab" / "tracing.py"):
        link = tracing / linked.name
        link.unlink(missing_ok=True)
        link.symlink_to(linked)
    start = (
        f"import sys; sys.path.append({str(tracing)!r}); import tracing; sys.path.remove({str(tracing)!r})\n"
    )
    Path(package).with_name("tracing.pth").write_text(start)
    return package, str(tracing)


def _pytest(session: nox.Session, *arguments: str, success_codes: tuple[int, ...] = (0,)) -> None:
    """Run the ``pytest`` script: ``python -m pytest`` would put the checkout on ``sys.path``."""
    session.run("python", "-c", IS_INSTALLED, env={"PYTHONSAFEPATH": "1"}, log=False)
    place = Path(session.virtualenv.location)
    cache, first, second = place / "pytest-cache", place / "first.xml", place / "second.xml"
    for former in (first, second):
        former.unlink(missing_ok=True)
    # xunit2 would have no place for what tests record of themselves.
    options = ("-o", f"cache_dir={cache}", "-o", "junit_family=xunit1")
    chosen = (*(session.posargs or arguments), *options)
    try:
        run = ("pytest", *PARALLEL, "--cache-clear", f"--junitxml={first}")
        session.run(*run, *chosen, success_codes=success_codes)
    except nox.command.CommandFailed as failure:
        failed = _failed_tests(cache)
        few = 0 < len(failed) <= LOOKED_AT_AGAIN and all("::" in name for name in failed)
        if session.posargs or failure.reason != SOME_TESTS_FAILED or not few:
            raise
        collected = session.run("pytest", "--collect-only", "--quiet", *chosen, silent=True, log=False)
        if _ran(first) != sum("::" in line for line in str(collected).splitlines()):
            raise  # whole workers may be gone, and with them tests that nobody ran
        session.warn("Once more, with nothing beside them: what fails again is broken.")
        session.run("pytest", *failed, f"--junitxml={second}", *chosen)
        if _ran(second, well=True) != len(failed):
            raise
        session.warn(f"Failed among others and passed alone, which wants mending, too: {', '.join(failed)}")


def _failed_tests(cache: Path) -> list[str]:
    """What pytest's cache names as failed in the last run."""
    record = cache / "v" / "cache" / "lastfailed"
    return sorted(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else []


def _ran(results: Path, *, well: bool = False) -> int:
    """How many tests a run had an outcome of; ``well``: those that passed and were not skipped."""
    if not results.exists():
        return 0
    cases = list(ET.parse(results).iter("testcase"))
    if well:
        cases = [case for case in cases if not {"failure", "error", "skipped"} & {part.tag for part in case}]
    return len({(case.get("classname"), case.get("name")) for case in cases})


def _check_alike(session: nox.Session, one: Path, other: Path) -> None:
    if not filecmp.cmp(one, other, shallow=False):
        session.error(f"{one} and {other} were made of the same sources and differ")


def _floors() -> tuple[str, ...]:
    """``name==version`` for the lower bound of each dependency."""
    bounds = (re.fullmatch(r"([\w.-]+) *>= *([\w.]+)", line) for line in PROJECT["project"]["dependencies"])
    return tuple(f"{bound[1]}=={bound[2]}" for bound in bounds if bound is not None)
