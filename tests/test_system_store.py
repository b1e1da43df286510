"""Where the system keeps its roots, in stores of the test's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipsafe.trust import system_store
from pipsafe.trust.ca_file import read
from tests.lab.authority import Authority
from tests.lab.system_store import BUNDLE, STORE
from tests.lab.system_store import system_store as another_store

ROOT = Path(__file__).parents[1]
OTHERS = [
    place
    for place in system_store.MERGED_BUNDLES
    if not place.startswith(str(STORE)) and Path(place).exists()
]


def asked(prefix: tuple[str, ...]) -> str:
    """The path of the store as a process with this prefix sees it."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    code += "from pipsafe.trust import system_store; print(system_store.path())"
    done = subprocess.run(
        [*prefix, sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def test_the_bundle(tmp_path: Path) -> None:
    assert asked(another_store(tmp_path, Authority().pem, public=False)) == str(BUNDLE)


@pytest.mark.skipif(bool(OTHERS), reason="this machine has another bundle as well")
def test_no_store(tmp_path: Path) -> None:
    assert asked(another_store(tmp_path, public=False)) == "None"


@pytest.mark.skipif(bool(OTHERS), reason="this machine has another bundle as well")
def test_an_empty_bundle_is_none(tmp_path: Path) -> None:
    prefix = another_store(tmp_path, public=False)
    (tmp_path / "certs" / BUNDLE.name).touch()

    assert asked(prefix) == "None"


@pytest.mark.skipif(bool(OTHERS), reason="this machine has another bundle as well")
def test_a_folder_of_certificates(tmp_path: Path) -> None:
    prefix = another_store(tmp_path, Authority().pem, public=False)
    (tmp_path / "certs" / BUNDLE.name).unlink()

    assert asked(prefix) == str(STORE)


@pytest.mark.skipif(system_store.judged_by_the_system(), reason="the system judges by itself")
def test_this_machines_store() -> None:
    path = system_store.path()
    if path is None:
        pytest.skip("no system store here")

    assert read(path).certificates


def test_places_are_absolute_and_named_once() -> None:
    places = (*system_store.MERGED_BUNDLES, *system_store.HASHED_FOLDERS)

    assert len(set(places)) == len(places)
    assert all(place.startswith("/") for place in places)
