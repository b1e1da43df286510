"""The shape of the code: imports run one way, the success path is small, scripts for old Pythons stay old."""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipsafe"
TARGET_SIDE = sorted((PACKAGE / "target_side").glob("*.py"))

DEPENDENCIES = ("truststore", "certifi", "packaging")
"""What pipsafe may use, and must do without in a bare checkout."""

NOT_AT_START = (
    *DEPENDENCIES,
    *(
        "ssl",
        "subprocess",
        "dataclasses",
        "re",
        "json",
        "typing",
        "pathlib",
        "threading",
        "socket",
        "tempfile",
    ),
    *("contextlib", "configparser", "urllib.parse", "importlib.resources", "importlib.util", "inspect"),
    *("collections", "enum", "functools", "signal"),
)
"""Modules that cost more than the success path may, or are of no use to it."""

NOT_IN_3_7 = frozenset(("tomllib", "zoneinfo", "graphlib"))
"""Modules that came to the standard library after the oldest Python of a target."""


@cache
def modules() -> MappingProxyType[str, ast.Module]:
    """Dotted name to syntax tree of every module of the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return MappingProxyType(found)


def _is_for_the_type_checker(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def imports_of(node: ast.AST) -> Iterator[str]:
    """Dotted names that are imported anywhere below, functions included, the type checker's aside.

    Of `from pipsafe import x` both `pipsafe` and `pipsafe.x` are told; only one of them may be a module.
    """
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        assert node.module is not None
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    below = (
        node.orelse
        if isinstance(node, ast.If) and _is_for_the_type_checker(node)
        else ast.iter_child_nodes(node)
    )
    for child in below:
        yield from imports_of(child)


@cache
def graph() -> MappingProxyType[str, frozenset[str]]:
    """Each module and the modules of the package that it imports."""
    known = modules()
    return MappingProxyType(
        {
            # The package itself is imported before any of its modules, and imports none of them.
            name: frozenset(
                other for other in imports_of(tree) if other in known and other not in ("pipsafe", name)
            )
            for name, tree in known.items()
        }
    )


def run(code: str, *arguments: str, isolated: bool = True) -> str:
    """What the code writes in a process of its own, without anybody's site-packages if isolated."""
    options = ["-I", "-S"] if isolated else ["-I"]
    prelude = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    done = subprocess.run(
        [sys.executable, *options, "-c", prelude + code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert not done.returncode, done.stderr
    return done.stdout


# Imports


def test_imports_run_one_way() -> None:
    try:
        tuple(graphlib.TopologicalSorter(graph()).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_the_package_itself_imports_nothing() -> None:
    assert graph()["pipsafe"] == frozenset()


def test_every_module_is_used() -> None:
    used = {other for imported in graph().values() for other in imported}
    begins = {"pipsafe", "pipsafe.__main__", "pipsafe.target_side"}
    by_path = {f"pipsafe.target_side.{path.stem}" for path in TARGET_SIDE}

    assert set(graph()) - used - begins - by_path == set()


def test_nobody_imports_what_runs_under_the_target() -> None:
    importing = {
        name
        for name, imported in graph().items()
        if any(item.startswith("pipsafe.target_side.") for item in imported)
        and not name.startswith("pipsafe.target_side.")
    }

    assert importing == set()


# The core: values in, values out.
PURE = (
    "diagnosis",
    "remedy",
    "messages.wording",
    "observations.inspectors",
    "trust.denied",
    "x509.der",
    "x509.distinguished_name",
    "x509.certificate",
    "x509.bundle",
    "observations.provenance",
    "observations.provenance_scene",
    "observations.provenance_signs",
    "x509.issuance",
    "observations.portal",
    "observations.clock",
    "observations.addresses",
    "observations.host_names",
    "trust.host_scope",
    "trust.pins",
    "trust.shelf",
    "causes.ssl_builds",
    "trust.anchors",
    "statements.evidence",
    "statements.statement",
    "statements.statement_forms",
    "statements.saved_log",
    "logs.course",
    "logs.decision",
    "logs.other_tools",
    "logs.prefixes",
    "logs.sentences",
    "logs.sighting",
    "logs.verifier_words",
    "messages.advice",
    "messages.unused",
    "messages.handover",
    "causes.anchors",
    "causes.case",
    "causes.connection",
    "causes.server_certificate",
)
REACHING_OUT = {
    "subprocess",
    "socket",
    "ssl",
    "tempfile",
    "shutil",
    "os",
    "sys",
    "signal",
    "threading",
    "time",
    "io",
}


@pytest.mark.parametrize("name", PURE)
def test_the_core_reaches_nothing(name: str) -> None:
    imported = {item.partition(".")[0] for item in imports_of(modules()[f"pipsafe.{name}"])}

    assert imported & REACHING_OUT == set()


WORDS = frozenset(
    ["pipsafe.language", *(f"pipsafe.language.{name}" for name in ("catalogues", "reader", "text"))]
)
"""What whatever speaks may use."""


@pytest.mark.parametrize("name", ["messages.terminal", "origin", "own_options", "attempts.target"])
def test_the_edges_know_nothing_of_the_rest(name: str) -> None:
    beside = {"pipsafe.messages", "pipsafe.messages.columns", "pipsafe.messages.typed"}

    assert graph()[f"pipsafe.{name}"] <= WORDS | (beside if name == "messages.terminal" else set())


def test_words_know_nothing_of_what_is_said() -> None:
    """And a template can be made anywhere: it imports next to nothing."""
    for name in WORDS:
        assert graph()[name] <= WORDS
    assert graph()["pipsafe.language.text"] == frozenset()
    assert set(imports_of(modules()["pipsafe.language.text"])) <= {"collections.abc", "itertools"} | {
        f"collections.abc.{name}" for name in ("Callable", "Iterable", "Mapping")
    }


def test_only_these_dependencies() -> None:
    others = {
        (name, item)
        for name, tree in modules().items()
        for item in imports_of(tree)
        if (top := item.partition(".")[0]) not in sys.stdlib_module_names
        and top not in ("pipsafe", *DEPENDENCIES)
    }

    assert {(name, item) for name, item in others if not name.startswith("pipsafe.target_side.")} == set()


# What runs under the target's interpreter


@pytest.mark.parametrize("path", TARGET_SIDE, ids=lambda path: path.name)
def test_syntax_of_python_3_7(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 7))


@pytest.mark.parametrize("path", TARGET_SIDE, ids=lambda path: path.name)
def test_the_standard_library_is_enough(path: Path) -> None:
    """pip's own parts are there as well, where a pip is, and the modules that come along."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tops = {name.partition(".")[0] for name in imports_of(tree) if not name.startswith("pipsafe.target_side")}

    assert tops - sys.stdlib_module_names - {"pip"} == set()
    assert tops & NOT_IN_3_7 == set()


# The success path


def test_importing_the_command_costs_little() -> None:
    code = """
import sys
before = set(sys.modules)
import pipsafe.cli
print(*sorted(set(sys.modules) - before))
"""
    loaded = run(code).split()

    assert "pipsafe.cli" in loaded
    assert sorted(set(loaded).intersection(NOT_AT_START)) == []


def test_little_of_the_package_is_needed_for_it() -> None:
    code = "import pipsafe.cli; print(*sorted(name for name in sys.modules if name.startswith('pipsafe.')))"
    needed = {
        *(
            "pipsafe.cli",
            "pipsafe.attempts.attempt",
            "pipsafe.attempts.attempt_posix",
            "pipsafe.attempts.launch",
            "pipsafe.own_options",
            "pipsafe.attempts.suspicion",
            "pipsafe.attempts.target",
        ),
        *("pipsafe.attempts", "pipsafe.pip_settings"),
        *("pipsafe.attempts.transcript", "pipsafe.pip_settings.trusted_hosts"),
    }

    assert set(run(code).split()) <= needed


# A bare checkout


def test_these_are_the_declared_dependencies() -> None:
    declared = ast.literal_eval(
        next(
            line.partition("=")[2].strip()
            for line in (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
            if line.startswith("dependencies = ")
        )
    )

    assert sorted(item.split()[0] for item in declared) == sorted(DEPENDENCIES)


def test_every_module_works_without_the_dependencies() -> None:
    code = """
import importlib, json

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in json.loads(sys.argv[1]):
            raise ModuleNotFoundError('No module named ' + repr(name), name=name)

sys.meta_path.insert(0, Absent())
for name in json.loads(sys.argv[2]):
    importlib.import_module(name)
print('imported')
"""
    skipped = {"pipsafe.__main__", "pipsafe.target_side.launcher"}
    if sys.platform != "win32":
        skipped |= {"pipsafe.attempts.attempt_windows", "pipsafe.trust.ownership_windows"}
    else:
        skipped |= {"pipsafe.trust.ownership_posix"}
    names = sorted(set(modules()) - skipped)

    assert run(code, json.dumps(DEPENDENCIES), json.dumps(names)).strip() == "imported"


# Words

REGISTRY_HOSTS = tuple(
    ".".join(parts) for parts in [("pypi", "org"), ("pythonhosted", "org"), ("pypi", "python", "org")]
)


def test_no_file_names_a_registrys_host() -> None:
    """The default index is what the target's pip says it is."""
    naming = [
        (path.name, host)
        for path in sorted(PACKAGE.rglob("*.py"))
        for host in REGISTRY_HOSTS
        if host in path.read_text(encoding="utf-8").lower()
    ]

    assert naming == []


def test_verification_is_never_turned_off() -> None:
    """Only the prober reads a chain unverified, in one place; nothing adds a trusted host."""
    unverified = [
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("CERT_NONE", "_create_unverified_context")
    ]

    assert unverified == ["pipsafe.target_side.handshakes"]


FORBIDDEN_NAMES = ("util", "helper", "manager", "handler", "hack", "misc", "common", "bypass")


def test_modules_are_named_after_what_they_are() -> None:
    assert [name for name in modules() if any(word in name for word in FORBIDDEN_NAMES)] == []


def test_every_module_says_what_it_is() -> None:
    assert [name for name, tree in modules().items() if not ast.get_docstring(tree)] == []
