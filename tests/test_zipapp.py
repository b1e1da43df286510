"""The one file: built twice alike, complete, and as good as what is installed."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest

from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import ROOT, Run, clean_environment, kill_group, run, run_pip, start
from tests.lab.system_store import system_store
from tests.lab.targets import Target, pythons
from tests.rescues import assert_refused, assert_rescued, leftovers, patient

CARRIED = ("certifi", "packaging", "pipsafe", "truststore")
OLD, LENT_TO, NEW = "20.3.4", "23.2.1", "26.3"


def build(place: Path, **variables: str) -> Path:
    """Make the one file, of what is installed beside these tests."""
    place.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, str(ROOT / "tools" / "zipapp_build.py"), str(place)],
        check=True,
        capture_output=True,
        env={**os.environ, **variables},
        timeout=60,
    )
    return place


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("one file") / "pipsafe.pyz")


def run_it(
    pyz: Path, where: Target, arguments: Sequence[str], env: Mapping[str, str], prefix: Sequence[str] = ()
) -> Run:
    """Run the one file on a target, with a report; nothing beside this interpreter is imported."""
    report = Path(env["HOME"], "report.json")
    report.unlink(missing_ok=True)
    full = {"PIPSAFE_PYTHON": str(where.python), "PIPSAFE_REPORT": str(report), **env}
    done = run([sys.executable, "-I", "-S", pyz, *arguments], full, prefix=prefix)
    found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else None
    return Run(done.args, done.exit_code, done.stdout, done.stderr, done.seconds, found)


def install(server: IndexServer, *flags: str) -> list[str]:
    return ["install", "--no-cache-dir", "--index-url", server.index_url, *flags, "speck"]


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], authority.leaf()) as running:
        yield running


# The file


def test_the_same_sources_give_the_same_bytes(pyz: Path, tmp_path: Path) -> None:
    """Of files with other dates, in another order of names, in another time zone and for another user."""
    script = "import os, sys; os.umask(0o077); sys.path.insert(0, sys.argv[1]); sys.argv[:2] = ['build']; "
    script += (
        f"import runpy; runpy.run_path({str(ROOT / 'tools' / 'zipapp_build.py')!r}, run_name='__main__')"
    )
    import pipsafe

    copy = tmp_path / "elsewhere" / "pipsafe"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(pipsafe.__file__).parent, copy, ignore=ignored, copy_function=shutil.copyfile)
    again = tmp_path / "again.pyz"
    subprocess.run(
        [sys.executable, "-c", script, str(copy.parent), str(again)],
        check=True,
        capture_output=True,
        env={**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "LC_ALL": "C"},
        timeout=60,
    )

    assert again.read_bytes() == pyz.read_bytes()


def test_what_is_in_it(pyz: Path) -> None:
    with zipfile.ZipFile(pyz) as packed:
        names = packed.namelist()
        metadata = [
            message_from_string(packed.read(name).decode()) for name in names if name.endswith("/METADATA")
        ]
        # Compressors of different versions write different bytes.
        assert {entry.compress_type for entry in packed.infolist()} == {zipfile.ZIP_STORED}
    assert pyz.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    assert names == sorted(names)
    assert sorted(item["Name"] for item in metadata) == list(CARRIED)
    for item in metadata:
        folder = f"{item['Name']}-{item['Version']}.dist-info/"
        assert [name for name in names if name.startswith(folder) and "LICENSE" in name], folder
    packages = {name.partition("/")[0] for name in names if "/" in name and ".dist-info/" not in name}
    assert packages == set(CARRIED)
    assert not [name for name in names if name.endswith(".pyc") or "/tests/" in name]


def test_a_list_of_roots_that_was_edited_is_not_packed(tmp_path: Path) -> None:
    """Who builds a release behind an inspecting proxy may have its CA in there."""
    import certifi

    site = tmp_path / "site"
    package = Path(certifi.__file__).parent
    (record,) = package.parent.glob("certifi-*.dist-info")
    for folder in (package, record):
        shutil.copytree(folder, site / folder.name)
    with (site / "certifi" / "cacert.pem").open("ab") as roots:
        roots.write(Authority("Example Inspector").pem)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "zipapp_build.py"), str(tmp_path / "out.pyz")],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(site)},
        timeout=60,
    )

    assert done.returncode == 1
    assert "cacert.pem is not what certifi was released with" in done.stderr
    assert not (tmp_path / "out.pyz").exists()


def test_its_bill_of_materials(pyz: Path, tmp_path: Path) -> None:
    bill = tmp_path / "pipsafe.cdx.json"
    command = [sys.executable, str(ROOT / "tools" / "sbom.py"), str(pyz), str(bill)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    first = bill.read_bytes()
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    told: dict[str, Any] = json.loads(first)

    assert bill.read_bytes() == first
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    subject = told["metadata"]["component"]
    assert (subject["name"], subject["type"]) == ("pipsafe", "application")
    assert subject["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(pyz.read_bytes()).hexdigest()}]
    carried = {item["name"]: item for item in told["components"]}
    assert sorted(carried) == ["certifi", "packaging", "truststore"]
    for name, item in carried.items():
        assert item["purl"] == f"pkg:pypi/{name}@{item['version']}"
        assert item["licenses"], name
    assert {item["ref"] for item in told["dependencies"]} == {
        subject["bom-ref"],
        *(item["bom-ref"] for item in carried.values()),
    }


# Running it


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
@pytest.mark.shows("places", "one file, run by a Python and driving its pip")
def test_every_python_drives_its_own_pip(
    version: str, pyz: Path, env: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    record_property("column", f"Python {version}")
    if version not in pythons():
        pytest.skip(f"no Python {version} here")
    python = pythons()[version]
    alone = run([python, "-I", "-m", "pip", "--version"], env)
    if alone.exit_code:
        pytest.skip(f"no pip in the Python {version} here")
    done = run([python, "-I", pyz, "--version"], env)

    assert (done.exit_code, done.stdout, done.stderr) == (0, alone.stdout, alone.stderr)
    assert leftovers(env) == []


def test_an_older_python_says_what_it_takes(pyz: Path, env: dict[str, str]) -> None:
    older = [pythons()[version] for version in ("3.7", "3.8", "3.9") if version in pythons()]
    if not older:
        pytest.skip("no Python here is older than 3.10")
    for python in older:
        done = run([python, pyz, "install", "speck"], env)
        assert done.exit_code == 1
        assert done.stderr.startswith(b"pipsafe: it takes Python 3.10 or newer.")
        assert str(python).encode() in done.stderr


def test_by_its_own_name(pyz: Path, env: dict[str, str], tmp_path: Path) -> None:
    """Linked to under another name, from another folder, found on PATH."""
    if os.name == "nt":
        pytest.skip("Windows goes by the name's ending")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pipsafe").symlink_to(pyz)
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    path = f"{tmp_path / 'bin'}{os.pathsep}{env['PATH']}"
    done = run(["sh", "-c", "pipsafe explain expired"], {**env, "PATH": path})

    assert done.exit_code == 0, done.text
    assert done.stdout.startswith(b"expired\n")


@pytest.mark.parametrize(
    ("language", "word"),
    [("fr", "certificat"), ("de", "zertifikat"), ("ru", "сертификат"), ("zh_CN", "证书")],
)
def test_it_speaks_every_language(pyz: Path, env: dict[str, str], language: str, word: str) -> None:
    """Its catalogues are read out of the zip."""
    env |= {"PIPSAFE_LANG": language, "PYTHONIOENCODING": "utf-8"}
    done = run([sys.executable, pyz, "explain", "expired"], env)

    assert word in done.stdout.decode("utf-8").lower(), done.text


@pytest.mark.e2e
@pytest.mark.parametrize("pip", [OLD, NEW])
@pytest.mark.shows("places", "one file: a rescue by a CA that another tool was given")
def test_a_rescue_by_a_bundle(
    pip: str, pyz: Path, authority: Authority, server: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    before = run_pip(where, install(server, "--retries", "0"), env)
    assert before.exit_code, before.text
    server.settle()
    server.forget()
    wrong = {**env, "NODE_EXTRA_CA_CERTS": str(Authority().write(tmp_path / "wrong.pem"))}
    refused = run_it(pyz, where, install(server, "--retries", "0"), wrong)
    assert_refused(refused, where, wrong, server)
    # A hint has to work as it stands: here is no command called pipsafe.
    assert f"{shlex.quote(str(pyz))} explain private-ca` says more." in refused.stderr.decode()
    assert "`pipsafe " not in refused.stderr.decode()
    right = {**env, "NODE_EXTRA_CA_CERTS": str(authority.write(tmp_path / "right.pem"))}
    assert_rescued(run_it(pyz, where, install(server), right), where, right, authority, kind="bundle")


@pytest.mark.e2e
@pytest.mark.shows("places", "one file: a rescue by the truststore that is lent out of it")
def test_a_rescue_by_lent_truststore(
    pyz: Path,
    authority: Authority,
    server: IndexServer,
    env: dict[str, str],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    where = patient(LENT_TO, "speck")
    record_property("column", f"pip {LENT_TO}")
    other = system_store(tmp_path / "other", Authority().pem)
    refused = run_it(pyz, where, install(server, "--retries", "0"), env, other)
    assert_refused(refused, where, env, server)
    right = system_store(tmp_path / "right", authority.pem)
    rescued = run_it(pyz, where, install(server), env, right)
    remedy = assert_rescued(rescued, where, env, authority, kind="system-store")["remedy"]
    assert set(remedy["environment"]) == {"PIP_USE_FEATURE", "PYTHONPATH"}


@pytest.mark.e2e
@pytest.mark.shows("places", "one file: a rescue by the public roots in it")
def test_a_rescue_by_its_list_of_roots(
    pyz: Path,
    authority: Authority,
    server: IndexServer,
    env: dict[str, str],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """OpenSSL reads it from a file; no copy of it stays behind."""
    where = patient("24.0", "speck")
    record_property("column", "pip 24.0")
    assert_refused(run_it(pyz, where, install(server, "--retries", "0"), env), where, env, server)
    today = with_root(pyz, tmp_path / "today.pyz", authority)
    report = assert_rescued(run_it(today, where, install(server), env), where, env, authority, kind="certifi")
    assert report["failures"][0]["cause"] == "outdated-roots"
    assert report["remedy"]["source"]["name"] == "the certifi in today.pyz"


@pytest.mark.e2e
@pytest.mark.skipif(os.name == "nt", reason="no such signals")
@pytest.mark.shows("faults", "one file: ended by a signal while its list of roots is unpacked")
def test_a_signal_leaves_no_copy(
    pyz: Path, server: IndexServer, env: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    where = patient("24.0", "speck")
    record_property("column", "pip 24.0")
    command = [sys.executable, "-I", "-S", str(pyz), *install(server)]
    process = start(command, {**env, "PIPSAFE_PYTHON": str(where.python)})
    deadline = time.monotonic() + 60
    try:
        while not (copies := [*Path(env["TMPDIR"]).glob("pipsafe-*/roots/certifi/cacert.pem")]):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
    finally:
        kill_group(process)
    assert process.returncode == -signal.SIGTERM
    assert len(copies) == 1
    assert [name for name in leftovers(env) if name.startswith("pipsafe-")] == []


def with_root(pyz: Path, place: Path, root: Authority) -> Path:
    """The same file, had today's list one root more."""
    with zipfile.ZipFile(pyz) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    files["certifi/cacert.pem"] += b"\n" + root.pem
    with zipfile.ZipFile(place, "w") as packed:
        for name, data in files.items():
            if not (name.startswith("certifi-") and name.endswith("/RECORD")):
                packed.writestr(name, data)
    return place


@pytest.mark.e2e
@pytest.mark.shows("places", "one file: doctor")
def test_doctor(
    pyz: Path,
    authority: Authority,
    server: IndexServer,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("column", f"pip {NEW}")
    ca = str(authority.write(tmp_path / "ca.pem"))
    env = clean_environment(tmp_path / "home", PIP_INDEX_URL=server.index_url)
    where = patient(NEW)
    sick = run_it(pyz, where, ["doctor"], env)
    well = run_it(pyz, where, ["doctor"], {**env, "PIP_CERT": ca})
    server.settle()

    assert (sick.exit_code, well.exit_code) == (1, 0), sick.text + well.text
    assert b"private-ca" in sick.stdout
    verdicts = {item["store"] for item in (sick.report or {})["origins"][0]["verdicts"]}
    assert "certifi" in verdicts
    assert server.requests == []
    assert leftovers(env) == []
