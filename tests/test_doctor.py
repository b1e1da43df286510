"""`pipsafe doctor` with real pips and servers: what it finds, its exit code, and what it leaves alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.drop_in import as_script, package_folder
from tests.lab.authority import EXPIRED, Authority, Chain, Leaf, sha256_of
from tests.lab.index_server import IndexServer
from tests.lab.interceptor import ConnectProxy
from tests.lab.packages import wheel
from tests.lab.run import Run, kill_group, pipsafe_command, run, run_pipsafe, start
from tests.lab.system_store import system_store
from tests.lab.targets import Target, target
from tests.lab.terminal import Step, run_on_pty
from tests.rescues import leftovers, patient
from tests.test_doctor_page import DOCUMENT
from tests.test_report import conforms

pytestmark = pytest.mark.e2e

OLD, MIDDLE, NEW = "20.3.4", "24.0", "26.3"
EVERY = pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
ENDS = pytest.mark.parametrize("pip", [OLD, NEW])
TOOL = "NODE_EXTRA_CA_CERTS"
SPECK = wheel("speck")


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([SPECK], authority.leaf()) as running:
        yield running


@pytest.fixture
def ca(authority: Authority, tmp_path: Path) -> str:
    return str(authority.write(tmp_path / "ca.pem"))


def _doctor(
    where: Target, env: Mapping[str, str], *words: str, prefix: tuple[str, ...] = ()
) -> tuple[Run, dict[str, Any]]:
    """The run and its document; what holds of every run is asserted."""
    done = run_pipsafe(where, ["doctor", *words], env, prefix=prefix)
    assert done.report is not None, done.text
    conforms(done.report, DOCUMENT)
    assert done.report["exit_code"] == done.exit_code, done.text
    assert done.report["target"]["pip_version"] == where.pip_version
    assert leftovers(env) == []
    assert b"fault in pipsafe" not in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"pip " + where.pip_version.encode() + b" from " not in done.stdout + done.stderr
    return done, done.report


def _causes(document: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    return [(item["origin"], item["cause"]) for item in document["origins"]]


def _origin(server: IndexServer) -> str:
    return f"https://localhost:{server.port}"


def _of_index(server: IndexServer, env: Mapping[str, str], **more: str) -> dict[str, str]:
    return {**env, "PIP_INDEX_URL": server.index_url, **more}


# What it finds


@EVERY
def test_a_healthy_pip(pip: str, server: IndexServer, ca: str, env: dict[str, str]) -> None:
    done, document = _doctor(patient(pip), _of_index(server, env, PIP_CERT=ca))
    assert done.exit_code == 0, done.text
    assert _causes(document) == [(_origin(server), None)]
    assert done.stderr == b""
    assert f"✓ {_origin(server)} (package index): accepted" in done.stdout.decode()
    assert [item["effect"] for item in document["settings"] if item["name"] == "index-url"] == [
        "is the index that pip asks"
    ]
    server.settle()
    assert server.requests == []


@EVERY
def test_a_ca_in_a_system_store(
    pip: str, server: IndexServer, authority: Authority, env: dict[str, str], tmp_path: Path
) -> None:
    prefix = system_store(tmp_path, authority.pem)
    done, document = _doctor(patient(pip), _of_index(server, env), prefix=prefix)
    verdicts = {item["store"]: item["accepted"] for item in document["origins"][0]["verdicts"]}
    assert verdicts["system"] is True
    assert verdicts["certifi"] is False
    if pip == NEW:  # it trusts that store by itself
        assert (done.exit_code, document["remedy"]) == (0, None), done.text
        return
    assert (done.exit_code, _causes(document)) == (1, [(_origin(server), "private-ca")]), done.text
    assert authority.sha256 in done.stdout.decode()
    assert "with `pipsafe` typed for `pip` it works now" in done.stdout.decode().replace("\n", " ")
    assert document["remedy"] is not None


@EVERY
def test_a_ca_that_another_tool_was_given(
    pip: str, server: IndexServer, authority: Authority, ca: str, env: dict[str, str]
) -> None:
    done, document = _doctor(patient(pip), _of_index(server, env, **{TOOL: ca}))
    assert (done.exit_code, _causes(document)) == (1, [(_origin(server), "private-ca")]), done.text
    assert [item["sha256"] for item in document["remedy"]["anchors"]] == [authority.sha256]
    assert document["remedy"]["source"]["path"] == ca
    verdicts = {item["store"]: item["accepted"] for item in document["origins"][0]["verdicts"]}
    assert verdicts[ca] is True
    assert [item["store"] for item in document["stores"] if item["path"] == ca] == [TOOL]
    server.settle()
    assert server.requests == []


@EVERY
def test_a_setting_with_the_wrong_ca(
    pip: str, server: IndexServer, env: dict[str, str], tmp_path: Path
) -> None:
    wrong = Authority("Wrong Root").write(tmp_path / "wrong.pem")
    done, document = _doctor(patient(pip), _of_index(server, env, REQUESTS_CA_BUNDLE=str(wrong)))
    assert (done.exit_code, document["origins"][0]["cause"]) == (1, "private-ca"), done.text
    assert document["remedy"] is None
    effects = {item["name"]: item["effect"] for item in document["settings"]}
    assert "its only certificate" in effects["REQUESTS_CA_BUNDLE"]
    assert "hint: Ask whoever" in done.stdout.decode()


@ENDS
def test_a_server_that_is_not_reached(pip: str, env: dict[str, str]) -> None:
    with socket.socket() as bound:  # and nobody listens
        bound.bind(("127.0.0.1", 0))
        place = f"https://127.0.0.1:{bound.getsockname()[1]}"
        done, document = _doctor(patient(pip), {**env, "PIP_INDEX_URL": f"{place}/simple/"})
    assert (done.exit_code, _causes(document)) == (1, [(place, "unreachable")]), done.text
    page = done.stdout.decode()
    assert "): not reached: Connection refused" in page
    assert "Accepted by" not in page


def test_a_ca_that_waits_to_be_merged(
    authority: Authority, server: IndexServer, ca: str, env: dict[str, str], tmp_path: Path
) -> None:
    waiting = Authority("Waiting Root")
    anchors = tmp_path / "anchors"
    anchors.mkdir()
    (anchors / "merged.crt").write_bytes(authority.pem)
    (anchors / "corp.crt").write_bytes(waiting.pem)
    folder = Path("/usr/local/share/ca-certificates")
    prefix = system_store(tmp_path, authority.pem, mounts={folder: anchors})
    done, document = _doctor(patient(MIDDLE), _of_index(server, env, PIP_CERT=ca), prefix=prefix)
    assert (done.exit_code, _causes(document)) == (0, [(_origin(server), None)]), done.text
    (warning,) = document["warnings"]
    assert warning.startswith(
        f'The CA "Waiting Root" waits in {folder}/corp.crt and is not in the system store'
    )
    assert f"hint: {warning}" in done.stdout.decode()


@ENDS
def test_an_expired_certificate(pip: str, authority: Authority, ca: str, env: dict[str, str]) -> None:
    with IndexServer([SPECK], authority.leaf(validity=EXPIRED)) as server:
        done, document = _doctor(patient(pip), _of_index(server, env, PIP_CERT=ca))
    assert (done.exit_code, _causes(document)) == (1, [(_origin(server), "expired")]), done.text


@ENDS
def test_healthy_and_refused_side_by_side(
    pip: str, server: IndexServer, ca: str, env: dict[str, str]
) -> None:
    other = Authority("Other Root")
    with IndexServer([SPECK], other.leaf(("127.0.0.1",))) as second:
        extra = second.url("/simple/", host="127.0.0.1")
        given = _of_index(server, env, PIP_CERT=ca, PIP_EXTRA_INDEX_URL=extra)
        done, document = _doctor(patient(pip), given)
    assert done.exit_code == 1
    assert _causes(document) == [
        (_origin(server), None),
        (f"https://127.0.0.1:{second.port}", "private-ca"),
    ], done.text


@ENDS
def test_servers_by_name(pip: str, server: IndexServer, ca: str, env: dict[str, str]) -> None:
    """Named ones stand in for those that pip is configured for."""
    given = {**env, "PIP_INDEX_URL": "https://127.0.0.1:9/simple/", "PIP_CERT": ca}
    secret = f"https://me:hunter2@localhost:{server.port}/simple/"
    for word in (f"localhost:{server.port}", secret):
        done, document = _doctor(patient(pip), given, word)
        assert (done.exit_code, _causes(document)) == (0, [(_origin(server), None)]), done.text
        assert "hunter2" not in done.text + json.dumps(document)


@ENDS
def test_a_ca_of_ones_own(
    pip: str, server: IndexServer, authority: Authority, ca: str, env: dict[str, str]
) -> None:
    done, document = _doctor(patient(pip), _of_index(server, env), "--pipsafe-ca", ca)
    assert done.exit_code == 1
    assert [item["sha256"] for item in document["remedy"]["anchors"]] == [authority.sha256]
    effects = {item["name"]: item["effect"] for item in document["settings"]}
    assert effects["--pipsafe-ca"] == "may be trusted where it is needed"


@ENDS
def test_trusted_hosts(pip: str, server: IndexServer, ca: str, env: dict[str, str], tmp_path: Path) -> None:
    """In five places; each alone is enough for exit code 1."""
    config = tmp_path / "pip.conf"
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("--trusted-host one.example\nspeck\n", encoding="utf-8")
    healthy = _of_index(server, env, PIP_CERT=ca)
    places = {
        f"{config}, line 2, [global]": ("[global]\ntrusted-host = one.example\n", {}, []),
        f"{config}, line 3, [download]": ("[global]\n[download]\ntrusted-host = one.example\n", {}, []),
        "environment variable PIP_TRUSTED_HOST": ("", {"PIP_TRUSTED_HOST": "one.example"}, []),
        "command line": ("", {}, ["--trusted-host", "one.example"]),
        f"{requirements}, line 1": ("", {}, ["-r", str(requirements)]),
    }
    for set_in, (text, variables, words) in places.items():
        config.write_text(text, encoding="utf-8")
        given = {**healthy, "PIP_CONFIG_FILE": str(config), **variables}
        done, document = _doctor(patient(pip), given, *words)
        assert done.exit_code == 1, done.text
        assert document["trusted_hosts"] == [{"host": "one.example", "set_in": set_in, "in_force": True}]
        assert _causes(document) == [(_origin(server), None)], done.text
        assert set_in in done.stdout.decode()


def test_an_empty_bundle_variable_of_an_old_pip(server: IndexServer, env: dict[str, str]) -> None:
    done, document = _doctor(patient(OLD), _of_index(server, env, CURL_CA_BUNDLE=""))
    assert done.exit_code == 1
    assert [item["host"] for item in document["trusted_hosts"]] == ["*"]
    assert "not verified, by environment variable CURL_CA_BUNDLE" in done.stdout.decode()


@ENDS
def test_an_index_without_tls(pip: str, env: dict[str, str]) -> None:
    done, document = _doctor(patient(pip), {**env, "PIP_INDEX_URL": "http://plain.example/simple/"})
    assert (done.exit_code, document["origins"]) == (1, []), done.text
    assert [item["origin"] for item in document["unencrypted"]] == ["http://plain.example:80"]
    assert "without TLS" in done.stdout.decode()


def test_a_requirements_file_names_the_index(
    server: IndexServer, ca: str, env: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"--index-url {server.index_url}\nspeck\n", encoding="utf-8")
    given = {**env, "PIP_INDEX_URL": "https://127.0.0.1:9/simple/", "PIP_CERT": ca}
    done, document = _doctor(patient(MIDDLE), given, "-r", str(path))
    assert (done.exit_code, _causes(document)) == (0, [(_origin(server), None)]), done.text


def test_a_pin(server: IndexServer, env: dict[str, str]) -> None:
    leaf = server.certificates
    assert isinstance(leaf, Leaf)
    server.certificates = leaf.presenting(Chain.WITH_ROOT)
    root = sha256_of(leaf.issuers[-1])
    done, document = _doctor(patient(MIDDLE), _of_index(server, env, PIPSAFE_PIN=root))
    assert (done.exit_code, document["remedy"]["kind"]) == (1, "pin"), done.text
    assert [item["sha256"] for item in document["remedy"]["anchors"]] == [root]


@ENDS
def test_a_proxy_with_a_password(pip: str, server: IndexServer, ca: str, env: dict[str, str]) -> None:
    with ConnectProxy(auth=("me", "hunter2")) as proxy:
        given = _of_index(server, env, PIP_CERT=ca, https_proxy=proxy.url_with_credentials)
        done, document = _doctor(patient(pip), given)
        assert proxy.connects != []
        port = proxy.port
    assert (done.exit_code, _causes(document)) == (0, [(_origin(server), None)]), done.text
    assert "hunter2" not in done.text + json.dumps(document)
    values = {item["name"]: item["value"] for item in document["settings"]}
    assert values["https_proxy"] == f"http://****@localhost:{port}"
    assert f"by way of http://localhost:{port}" in done.stdout.decode()


@ENDS
def test_a_python_without_ssl(pip: str, server: IndexServer, env: dict[str, str], tmp_path: Path) -> None:
    where = target(pip).fresh(tmp_path / "target")
    (where.site_packages / "sitecustomize.py").write_text("import sys; sys.modules['_ssl'] = None\n")
    done, document = _doctor(where, _of_index(server, env))
    assert (done.exit_code, _causes(document)) == (1, [(_origin(server), "ssl-module-missing")]), done.text
    assert document["target"]["openssl"] is None
    assert "no ssl module" in done.stdout.decode()


# How it is told


def test_json_on_stdout_is_the_report(server: IndexServer, ca: str, env: dict[str, str]) -> None:
    done, document = _doctor(patient(MIDDLE), _of_index(server, env, **{TOOL: ca}), "--json")
    printed = json.loads(done.stdout)
    assert printed == document
    assert done.stderr == b""


def test_markdown_on_stdout(server: IndexServer, env: dict[str, str]) -> None:
    done, _ = _doctor(patient(MIDDLE), _of_index(server, env), "--markdown")
    text = done.stdout.decode()
    assert text.startswith("## TLS verification fails\n")
    for words in (_origin(server), "BEGIN CERTIFICATE", "What is asked for"):
        assert words in text
    assert env["HOME"] not in text


def test_a_bare_checkout_will_do(server: IndexServer, ca: str, env: dict[str, str], tmp_path: Path) -> None:
    """pipsafe's own Python has nothing installed but pip, as before `pip install pipsafe` can work."""
    shutil.copytree(
        package_folder(), tmp_path / "checkout" / "pipsafe", ignore=shutil.ignore_patterns("__pycache__")
    )
    command = [str(patient(MIDDLE).python), "-m", "pipsafe", "doctor", "--json"]
    for given, code in ((_of_index(server, env, PIP_CERT=ca), 0), (_of_index(server, env, **{TOOL: ca}), 1)):
        done = run(command, given, cwd=tmp_path / "checkout")
        assert done.exit_code == code, done.text
        document = json.loads(done.stdout)
        assert document["target"]["python"] == str(patient(MIDDLE).python)
        assert _causes(document) == [(_origin(server), "private-ca" if code else None)]
        assert leftovers(env) == []


def test_on_a_terminal(authority: Authority, server: IndexServer, ca: str, env: dict[str, str]) -> None:
    """A line says what takes so long, and is gone afterwards; nothing is wider than the terminal."""
    server.pause_before_handshake = 1.5
    given = _of_index(server, env, PIPSAFE_PYTHON=str(patient(MIDDLE).python), **{TOOL: ca})
    done = run_on_pty(as_script(["doctor"]), {**given, "TERM": "xterm"}, columns=80)
    assert done.exit_code == 1, done.output
    progress, _, page = done.output.partition(b"pip 24.0, Python")
    assert b" ...\r" in progress
    assert progress.rpartition(b"\r")[2] == b"", "the line is not erased"
    assert b"\x1b[31;1m\xc3\x97\x1b[0m https://localhost" in page
    assert authority.sha256.encode() in page


def test_nobody_reads_to_the_end(server: IndexServer, env: dict[str, str]) -> None:
    shell = '"$@" | true; exit "${PIPESTATUS[0]}"'
    given = _of_index(server, env, PIPSAFE_PYTHON=str(patient(MIDDLE).python))
    done = run(["bash", "-c", shell, "bash", *pipsafe_command(["doctor"])], given)
    assert (done.exit_code, done.stderr) == (1, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closed: str, server: IndexServer, ca: str, env: dict[str, str]) -> None:
    given = _of_index(server, env, PIP_CERT=ca, PIPSAFE_PYTHON=str(patient(MIDDLE).python))
    done = run(["sh", "-c", f'exec "$@" {closed}', "sh", *pipsafe_command(["doctor"])], given)
    assert (done.exit_code, done.stderr) == (0, b""), done.text


# When it cannot


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--frob"], b"pipsafe: --frob is no option of doctor; see `pipsafe doctor --help`.\n"),
        (["ftp://index.example"], b"neither an https:// URL nor"),
        (["--pipsafe-python", "/nowhere/python"], b"does not exist"),
    ],
)
def test_usage(words: list[str], complaint: bytes, env: dict[str, str]) -> None:
    done = run(pipsafe_command(["doctor", *words]), {**env, "PIPSAFE_PYTHON": sys.executable})
    assert (done.exit_code, done.stdout) == (2, b"")
    assert complaint in done.stderr


def test_no_pip_to_look_at(env: dict[str, str], tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    made = run([patient(MIDDLE).python, "-m", "venv", "--without-pip", bare], env)
    assert made.exit_code == 0, made.text
    done = run(pipsafe_command(["doctor"]), {**env, "PIPSAFE_PYTHON": str(bare / "bin" / "python")})
    assert (done.exit_code, done.stdout) == (3, b"")
    assert b"has no pip" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(number: signal.Signals, server: IndexServer, env: dict[str, str]) -> None:
    server.pause_before_handshake = 60
    given = _of_index(server, env, PIPSAFE_PYTHON=str(patient(MIDDLE).python))
    process = start(pipsafe_command(["doctor"]), given)
    try:
        deadline = time.monotonic() + 20
        while not server.connections:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
    finally:
        kill_group(process)
        with contextlib.suppress(ValueError):
            process.communicate()
    assert process.returncode == -number
    assert (output, errors) == (b"", b"")
    assert leftovers(env) == []


def test_help(env: dict[str, str]) -> None:
    done = run(pipsafe_command(["doctor", "--help"]), env)
    assert (done.exit_code, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Usage: pipsafe doctor")
    assert max(map(len, done.stdout.decode().splitlines())) <= 80


# Where pip's own words name it


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_pips_own_help_names_it_on_a_terminal(word: str, env: dict[str, str]) -> None:
    where = patient(NEW)
    given = {**env, "PIPSAFE_PYTHON": str(where.python)}
    expected = run_on_pty([where.pip, word], given)
    got = run_on_pty(as_script([word]), given)
    added = got.output.removeprefix(expected.output)
    assert added != got.output, "pip's own output comes first, unchanged"
    assert added.count(b"\n") == 1
    assert b"`pipsafe doctor`" in added
    assert run_on_pty(as_script(["--pipsafe-quiet", word]), given).output == expected.output


@pytest.mark.parametrize("words", [["help"], ["-V"], ["install", "--help"], ["--version", "--no-color"]])
def test_nothing_else_does(words: list[str], env: dict[str, str]) -> None:
    where = patient(NEW)
    got = run_on_pty(as_script(words), {**env, "PIPSAFE_PYTHON": str(where.python)}, columns=100)
    assert b"doctor" not in got.output


@pytest.mark.parametrize("redirect", [">{file}", "2>{file}"])
def test_not_where_a_stream_is_no_terminal(redirect: str, env: dict[str, str], tmp_path: Path) -> None:
    given = {**env, "PIPSAFE_PYTHON": str(patient(NEW).python)}
    shell = f'"$@" {redirect.format(file=tmp_path / "out")}'
    got = run_on_pty(["sh", "-c", shell, "sh", *as_script(["--version"])], given, steps=(Step(b""),))
    assert b"doctor" not in got.output + (tmp_path / "out").read_bytes()


def test_a_package_of_that_name_is_pips_business(server: IndexServer, ca: str, env: dict[str, str]) -> None:
    """Only the first word is a command."""
    command = ["download", "--no-deps", "-d", os.devnull, "doctor"]
    done = run_pipsafe(patient(MIDDLE), command, _of_index(server, env, PIP_CERT=ca))
    assert b"No matching distribution found for doctor" in done.stderr
