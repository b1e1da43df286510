"""The true patient: a machine whose TLS is inspected, with the CA in the system store only.

These tests go to PyPI, through whatever proxy the machine has, with every CA variable taken away. Where plain
pip works in a fresh environment there is nothing to rescue, and they are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.lab.run import ROOT, Run, run
from tests.lab.targets import pythons

pytestmark = [pytest.mark.network, pytest.mark.slow]

CA_VARIABLES = (
    *(
        "PIP_CERT",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NODE_EXTRA_CA_CERTS",
    ),
    *(
        "AWS_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "CARGO_HTTP_CAINFO",
        "DENO_CERT",
        "NIX_SSL_CERT_FILE",
        "HTTPLIB2_CA_CERTS",
    ),
    *(
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
        "PIP_FIND_LINKS",
        "PIP_USE_FEATURE",
    ),
)
"""What would lend trust, or another source than the index."""

OLD_PYTHONS = ("3.12", "3.11", "3.10", "3.9", "3.8")
"""Those whose `venv` seeds a pip before 24.2, the best first."""


@pytest.fixture
def untrusting(outside_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The way to the network without the trust for it."""
    home = tmp_path / "home"
    home.mkdir()
    env = {name: value for name, value in outside_environment.items() if name not in CA_VARIABLES}
    env |= {"PIP_CONFIG_FILE": os.devnull, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    return env | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1"}


@pytest.fixture
def patient(untrusting: dict[str, str], tmp_path: Path) -> Path:
    """The Python of a fresh `python -m venv`, whose own pip fails here for its trust."""
    found = pythons()
    base = next((found[version] for version in OLD_PYTHONS if version in found), None)
    if base is None:
        pytest.skip("no Python here whose venv has a pip before 24.2")
    prefix = tmp_path / "venv"
    subprocess.run([base, "-m", "venv", prefix], check=True, env=untrusting, capture_output=True, timeout=120)
    python = prefix / ("Scripts" if os.name == "nt" else "bin") / "python"
    plain = _pip(
        python, ["download", "--retries", "0", "--no-deps", "-d", str(tmp_path / "d"), "idna"], untrusting
    )
    if plain.exit_code == 0:
        pytest.skip("plain pip works here: nothing to rescue")
    if "CERTIFICATE_VERIFY_FAILED" not in plain.text:
        pytest.skip(f"no network here: {plain.text[-300:]}")
    return python


def _pip(python: Path, args: list[str], env: dict[str, str]) -> Run:
    return run([python, "-m", "pip", *args], env, timeout=120)


def _pipsafe(
    command: list[str | Path], args: list[str], env: dict[str, str], cwd: Path
) -> tuple[Run, dict[str, Any]]:
    path = cwd / "report.json"
    done = run([*command, *args], env | {"PIPSAFE_REPORT": str(path)}, cwd=cwd, timeout=300)
    assert path.exists(), done.text
    return done, json.loads(path.read_text(encoding="utf-8"))


def _checkout(folder: Path) -> Path:
    """A copy of the files that are under version control, and those that are new."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        timeout=60,
    )
    if listed.returncode:
        pytest.skip("no checkout")
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, place)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A Python for pipsafe itself, with nothing installed: many a certifi has been added to by hand."""
    prefix = tmp_path / "own"
    base = pythons()["{}.{}".format(*sys.version_info)]
    subprocess.run(
        [base, "-m", "venv", "--without-pip", prefix], check=True, capture_output=True, timeout=120
    )
    return prefix / ("Scripts" if os.name == "nt" else "bin") / "python"


def _from(checkout: Path, own: Path) -> list[str | Path]:
    """pipsafe out of the copy, under a Python of its own, none of its dependencies at hand."""
    code = (
        f"import runpy, sys; sys.path[0] = {str(checkout)!r}; sys.argv[0] = 'pipsafe'; "
        "runpy.run_module('pipsafe', run_name='__main__', alter_sys=True)"
    )
    return [own, "-c", code]


def _assert_rescued(done: Run, report: dict[str, Any]) -> None:
    assert done.exit_code == 0, done.text
    assert report["outcome"] == "rescued", done.text
    for failure in report["failures"]:
        assert failure["cause"] == "tls-inspection", failure
        assert failure["chain"]
    assert report["remedy"]["anchors"], report["remedy"]
    assert "trusted" not in json.dumps(report["command"])


@pytest.mark.parametrize("flags", [[], ["-q"]], ids=["plain", "quiet"])
def test_package_with_dependencies(
    flags: list[str], patient: Path, own: Path, untrusting: dict[str, str], tmp_path: Path
) -> None:
    checkout = _checkout(tmp_path / "checkout")
    env = untrusting | {"PIPSAFE_PYTHON": str(patient)}
    done, report = _pipsafe(_from(checkout, own), ["install", *flags, "requests"], env, tmp_path)
    _assert_rescued(done, report)
    check = run([patient, "-c", "import requests, urllib3, idna, certifi"], untrusting)
    assert check.exit_code == 0, check.text
    # Nothing was made lasting: pip alone still fails.
    again = ["download", "--retries", "0", "--no-deps", "-d", str(tmp_path / "d"), "idna"]
    assert _pip(patient, again, untrusting).exit_code != 0


def test_checkout_installs_itself(patient: Path, untrusting: dict[str, str], tmp_path: Path) -> None:
    """`python -m pipsafe install .` in a fresh environment, build dependency and all."""
    checkout = _checkout(tmp_path / "checkout")
    done, report = _pipsafe([patient, "-m", "pipsafe"], ["install", "."], untrusting, checkout)
    _assert_rescued(done, report)
    installed = run([patient.with_name("pipsafe"), "--version"], untrusting, cwd=tmp_path)
    assert installed.exit_code == 0, installed.text
    assert installed.stdout.startswith(b"pip ")


def test_from_a_zip(patient: Path, own: Path, untrusting: dict[str, str], tmp_path: Path) -> None:
    checkout = _checkout(tmp_path / "checkout")
    archive = tmp_path / "pipsafe.pyz"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted((checkout / "pipsafe").rglob("*.py")):
            packed.write(path, path.relative_to(checkout))
        packed.writestr("__main__.py", "from pipsafe.cli import main\nraise SystemExit(main())\n")
    env = untrusting | {"PIPSAFE_PYTHON": str(patient)}
    done, report = _pipsafe([own, archive], ["install", "requests"], env, tmp_path)
    _assert_rescued(done, report)
