"""`pipsafe env`: what shells make of it, and real tools that go by it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipsafe.own_options import UsageError
from pipsafe.tool_environment import command, shells
from pipsafe.tool_environment.shells import SHELLS, CannotQuote
from pipsafe.tool_environment.variables import VARIABLES
from tests.lab.authority import Authority
from tests.lab.index_server import Answer, IndexServer
from tests.lab.packages import wheel
from tests.lab.program import from_pypi
from tests.lab.repository import bare_repository
from tests.lab.run import Run, clean_environment, run, run_pipsafe
from tests.lab.targets import target

TOOL = "NODE_EXTRA_CA_CERTS"
SPECK = wheel("speck")

ODD = (
    "/plain/ca.pem",
    "/with space/ca.pem",
    '/it\'s "so"/ca.pem',
    "/$HOME/${HOME}/$(id)/`id`/ca.pem",
    "/back\\slash\\/ca.pem",
    "/new\nline/\ttab/ca.pem",
    "/!wow/*?[a-z]{b,c}~;&|<>#/ca.pem",
    "/%PATH%/^x/ca.pem",
    "/\u00e9\u8bc1\u2018\u2019/ca.pem",
    "/trailing\\",
    "-n",
)


def _shell(name: str) -> str:
    path = shutil.which(name, path=os.environ["PATH"])
    if path is None:
        pytest.skip(f"no {name} here")
    return path


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_a_shell_reads_each_value_as_it_is(name: str, env: dict[str, str], home: Path) -> None:
    shell = SHELLS[name]
    names = [f"ODD_{number}" for number in range(len(ODD))]
    lines = [shell.sets(variable, value) for variable, value in zip(names, ODD, strict=True)]
    script = home / "script"
    script.write_text("\n".join([*lines, "env -0", ""]), encoding="utf-8")
    done = run([_shell(name), str(script)], env)
    assert done.exit_code == 0, done.text
    seen = dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)
    assert [seen[variable] for variable in names] == list(ODD)
    assert shell.unsets is not None
    script.write_text("\n".join([lines[0], shell.unsets("ODD_0"), "env -0", ""]), encoding="utf-8")
    assert b"ODD_0" not in run([_shell(name), str(script)], env).stdout


def test_powershell_doubles_all_that_it_takes_for_a_quote() -> None:
    line = SHELLS["powershell"].sets("X", "C:\\it's $a \u2019b")
    assert line == "$env:X = 'C:\\it''s $a \u2019\u2019b'"


def test_cmd_doubles_percent_signs() -> None:
    assert SHELLS["cmd"].sets("X", "C:\\a b\\100%\\ca.pem") == 'set "X=C:\\a b\\100%%\\ca.pem"'


@pytest.mark.parametrize(("shell", "value"), [("cmd", 'a"b'), ("cmd", "a\nb"), ("dotenv", "a\nb")])
def test_what_cannot_be_written_is_refused(shell: str, value: str) -> None:
    with pytest.raises(CannotQuote):
        SHELLS[shell].sets("X", value)


def test_readers_of_dotenv_files_agree(env: dict[str, str], home: Path) -> None:
    """A shell that sources it, and Node's own reader; what they would read differently is refused."""
    values = []
    for value in ODD:
        try:
            SHELLS["dotenv"].sets("X", value)
            values.append(value)
        except CannotQuote:
            assert set(value) & set("'\\\n$"), value
    assert len(values) > 4
    file = home / ".env"
    lines = [SHELLS["dotenv"].sets(f"ODD_{number}", value) for number, value in enumerate(values)]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    readers = [[_shell("bash"), "-c", f"set -a; . {shlex.quote(str(file))}; env -0"]]
    if (node := shutil.which("node", path=os.environ["PATH"])) is not None:
        program = (
            "for (const [k, v] of Object.entries(process.env)) process.stdout.write(k + '=' + v + '\\0')"
        )
        if run([node, f"--env-file={file}", "-e", program], env).exit_code == 0:  # from Node 20.6 on
            readers.append([node, f"--env-file={file}", "-e", program])
    for reader in readers:
        done = run(reader, env)
        seen = dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)
        assert [seen[f"ODD_{number}"] for number in range(len(values))] == values, reader


def _of_github(text: str) -> dict[str, str]:
    """As a runner reads the file: NAME=value, or NAME<<WORD and lines up to WORD."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        equals, here = line.find("="), line.find("<<")
        if here >= 0 and (equals < 0 or here < equals):
            name, word = line.split("<<", 1)
            value: list[str] = []
            for part in lines:
                if part == word:
                    break
                value.append(part)
            found[name] = "\n".join(value)
        elif equals >= 0:
            name, _, rest = line.partition("=")
            found[name] = rest
    return found


def test_a_runner_of_github_reads_each_value_as_it_is() -> None:
    values = [*ODD, "a\nEND\nPATH=/evil", "a=b<<END"]
    text = "\n".join(SHELLS["github"].sets(f"ODD_{number}", value) for number, value in enumerate(values))
    assert _of_github(text + "\n") == {f"ODD_{number}": value for number, value in enumerate(values)}


@pytest.mark.parametrize(
    ("environ", "platform", "name"),
    [
        ({"SHELL": "/usr/bin/zsh"}, "linux", "zsh"),
        ({"SHELL": "/bin/dash"}, "linux", "bash"),
        ({}, "linux", "bash"),
        ({}, "win32", "powershell"),
        ({"SHELL": "/usr/bin/bash"}, "win32", "bash"),
    ],
)
def test_the_usual_shell(environ: dict[str, str], platform: str, name: str) -> None:
    assert shells.usual(environ, platform).name == name


@pytest.mark.parametrize(
    "words", [["--shell"], ["--shell", "csh"], ["x"], ["--unset", "--shell", "dotenv"], ["--unset=1"]]
)
def test_words_that_make_no_sense(words: list[str]) -> None:
    with pytest.raises(UsageError):
        command.read(words)


# Real tools


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose path needs quoting."""
    folder = tmp_path_factory.mktemp("env") / "it's $HOME"
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[IndexServer]:
    """A private index that also serves a git repository as files."""
    repository = bare_repository(tmp_path_factory.mktemp("git"))
    plain = {"Content-Type": "text/plain"}
    answers = {
        f"/speck.git/{path.relative_to(repository).as_posix()}": Answer(200, path.read_bytes(), plain)
        for path in repository.rglob("*")
        if path.is_file()
    }
    version = {"name": "speck", "version": "7.6.5", "dist": {"tarball": "https://index.example/speck.tgz"}}
    page = {"name": "speck", "dist-tags": {"latest": "7.6.5"}, "versions": {"7.6.5": version}}
    answers["/npm/speck"] = Answer(200, json.dumps(page).encode(), {"Content-Type": "application/json"})
    with IndexServer([SPECK], authority.leaf(), answers=answers) as running:
        yield running


@pytest.fixture(scope="module")
def variables(place: Path) -> dict[str, str]:
    return clean_environment(place, PIP_CONFIG_FILE=None)


@pytest.fixture(scope="module")
def persisted(place: Path, variables: dict[str, str], server: IndexServer, authority: Authority) -> Path:
    """The home after `persist`."""
    ca = authority.write(place / "corporate.pem")
    nothing = run_pipsafe(target("24.0"), ["env"], variables)
    assert (nothing.exit_code, nothing.stdout) == (1, b""), nothing.text
    assert b"nothing is lasting yet" in nothing.stderr
    done = run_pipsafe(target("24.0"), ["persist", server.index_url], {**variables, TOOL: str(ca)})
    assert done.exit_code == 0, done.text
    ca.unlink()
    return place


def _evaluated(shell: str, variables: dict[str, str], script: str, text: bytes) -> Run:
    """The script, after what `env` printed was evaluated."""
    full = {**variables, "PRINTED": text.decode()}
    begin = "printenv PRINTED | source" if shell == "fish" else 'eval "$PRINTED"'
    return run([_shell(shell), "-c", f"{begin}\n{script}"], full)


URLLIB = "import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen(sys.argv[1]).read())"
REQUESTS = (
    "import sys; from pip._vendor import requests as r; "
    "sys.stdout.buffer.write(r.get(sys.argv[1], timeout=20).content)"
)
NODE = (
    "require('https').get(process.argv[1], r => r.pipe(process.stdout))"
    ".on('error', e => { console.error(e.code); process.exit(1) })"
)

TOOLS = {
    "git": ["git", "ls-remote", "{git}"],
    "curl": ["curl", "--silent", "--show-error", "--fail", "{page}"],
    "wget": ["wget", "--quiet", "--tries=1", "-O", "-", "{page}"],
    "urllib": [sys.executable, "-c", URLLIB, "{page}"],
    "requests": ["{python}", "-c", REQUESTS, "{page}"],
    "npm": [
        *("npm", "view", "speck", "version", "--fetch-retries=0", "--no-update-notifier"),
        "--registry={npm}",
    ],
    "node": ["node", "-e", NODE, "{page}"],
    "uv": [
        *("uv", "pip", "install", "--no-cache", "--no-config", "--no-python-downloads", "--dry-run"),
        *("--python", "{python}", "--target", "{place}", "--default-index", "{index}", "speck"),
    ],
}
EXPECTED = {"git": b"HEAD", "npm": b"7.6.5", "uv": b"speck==1.0"}


@pytest.mark.e2e
@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_goes_by_it_and_fails_without(
    tool: str, persisted: Path, variables: dict[str, str], server: IndexServer, tmp_path: Path
) -> None:
    program, *words = TOOLS[tool]
    if tool == "uv":
        program = str(from_pypi("uv", "uv"))
    elif tool != "requests":
        program = _shell(program)
    names = {
        "git": server.url("/speck.git"),
        "npm": server.url("/npm/"),
        "page": f"{server.index_url}speck/",
        "index": server.index_url,
        "place": str(tmp_path / "place"),
        "python": str(target("24.0").python),
    }
    ready = shlex.join([program, *words])
    for name, value in names.items():
        ready = ready.replace(f"{{{name}}}", value)
    expected = EXPECTED.get(tool, SPECK.filename.encode())
    without = run([_shell("bash"), "-c", ready], variables)
    assert without.exit_code != 0, without.text
    assert expected not in without.stdout + without.stderr
    printed = run_pipsafe(target("24.0"), ["env", "--shell", "bash"], variables)
    assert printed.exit_code == 0, printed.text
    done = _evaluated("bash", variables, ready, printed.stdout)
    assert done.exit_code == 0, done.text
    assert expected in done.stdout + done.stderr
    assert persisted.exists()


@pytest.mark.e2e
@pytest.mark.parametrize("shell", ["zsh", "fish", "dotenv", "github"])
def test_other_forms_say_the_same(shell: str, persisted: Path, variables: dict[str, str]) -> None:
    printed = run_pipsafe(target("24.0"), ["env", "--shell", shell], variables)
    names = {item.name for item in VARIABLES}
    if shell == "dotenv":  # the quote in the path
        assert (printed.exit_code, printed.stdout) == (1, b""), printed.text
        assert b"do not agree" in printed.stderr
        return
    assert printed.exit_code == 0, printed.text
    if shell == "github":
        seen = _of_github(printed.stdout.decode())
    else:
        done = _evaluated(shell, variables, "env -0", printed.stdout)
        seen = dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)
    folder = persisted / "config" / "pipsafe"
    given = {name: seen[name] for name in names}
    assert given["REQUESTS_CA_BUNDLE"] == str(folder / "ca-bundle.pem")
    assert given["GIT_SSL_CAINFO"] == str(folder / "tools-ca-bundle.pem")
    assert given["WGETRC"] == str(folder / "wgetrc")
    assert all(Path(value).is_file() for value in given.values())


@pytest.mark.e2e
def test_once_more_with_the_variables_set(
    persisted: Path, variables: dict[str, str], server: IndexServer, authority: Authority
) -> None:
    """The bundle itself is no source of what it is made of, whatever names it."""
    printed = run_pipsafe(target("24.0"), ["env", "--shell", "github"], variables)
    everywhere = {**variables, **_of_github(printed.stdout.decode())}
    refused = run_pipsafe(target("24.0"), ["persist", server.index_url], everywhere)
    assert refused.exit_code == 1, refused.text
    ca = authority.write(persisted / "corporate.pem")
    done = run_pipsafe(target("24.0"), ["persist", "--pipsafe-ca", str(ca), server.index_url], everywhere)
    assert done.exit_code == 0, done.text
    ca.unlink()


@pytest.mark.e2e
def test_a_bundle_that_was_changed_is_named_to_nobody(persisted: Path, variables: dict[str, str]) -> None:
    bundle = persisted / "config" / "pipsafe" / "tools-ca-bundle.pem"
    before = bundle.read_bytes()
    bundle.write_bytes(before + Authority("Other").pem)
    try:
        done = run_pipsafe(target("24.0"), ["env"], variables)
    finally:
        bundle.write_bytes(before)
    assert (done.exit_code, done.stdout) == (1, b""), done.text
    assert b"was changed since" in done.stderr


def test_a_wgetrc_of_the_users_own_is_not_replaced(home: Path, env: dict[str, str]) -> None:
    from pipsafe.persist import note, places
    from pipsafe.persist.staleness import Lasting
    from pipsafe.tool_environment import assignment

    place = places.ScopePlace("user", str(home / "pip.conf"), str(home / "pipsafe"))
    files = dict.fromkeys((places.BUNDLE, places.TOOLS_BUNDLE, places.WGETRC), "")
    lasting = Lasting(place, note.Note("bundle", files=files))
    own = home / "own-wgetrc"
    own.touch()
    given = assignment.of(lasting, {**env, "WGETRC": str(own)})
    assert "WGETRC" not in [item.variable.name for item in given.items]
    assert any(f"ca_certificate = {place.bundle}" in text for text in given.notes)


@pytest.mark.e2e
def test_what_a_tool_would_lose_is_named(persisted: Path, variables: dict[str, str]) -> None:
    other = Authority("Other Corporate Root").write(persisted / "other.pem")
    (persisted / ".gitconfig").write_text(f'[http]\n\tsslCAInfo = "{other}"\n', encoding="utf-8")
    try:
        done = run_pipsafe(target("24.0"), ["env"], variables)
    finally:
        (persisted / ".gitconfig").unlink()
    assert done.exit_code == 0
    assert "git is set up with CAs that GIT_SSL_CAINFO would take away" in done.stderr.decode()
    assert done.stderr.decode().count("would take away") == 1


def test_unsetting_needs_no_pip(env: dict[str, str]) -> None:
    without = {**env, "PIPSAFE_PYTHON": "/missing/python"}
    done = run_pipsafe(target("24.0"), ["env", "--unset", "--shell", "fish"], without)
    assert done.stdout.decode().splitlines() == [f"set -e {item.name}" for item in VARIABLES]
    assert done.exit_code == 0
