"""What a CI system is told beside the log, read as its runner reads it; and what nobody may make it hear."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipsafe.language import catalogues
from pipsafe.messages import ci_systems, step_summary, terminal
from pipsafe.messages.ci_systems import SYSTEMS, TITLES
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run, run_pip, run_pipsafe
from tests.rescues import assert_refused, assert_rescued, patient, report_of

NEW = "26.3"
SPECK = wheel("speck")
TOOL = "NODE_EXTRA_CA_CERTS"
GITHUB, AZURE = SYSTEMS
HOSTILE = "a\n::error::b ##vso[task.complete]c ##[add-mask]d\r`<b>[e](f)"

Command = tuple[str, str, str]
"""Its name, its properties, its message with the escapes taken out."""


def _github_hears(log: str) -> Iterator[Command]:
    """As actions/runner: `::` at the begin of a line, blanks aside; the older `##[` anywhere in it."""
    for line in log.split("\n"):
        if found := re.match(r"\s*::([^ :]+)(?: (.*?))?::(.*)", line.rstrip("\r")):
            message = found[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
            yield found[1], found[2] or "", message
        elif found := re.search(r"##\[(\S+?)(?: (.*?))?\](.*)", line):
            yield found[1], found[2] or "", found[3]


def _azure_hears(log: str) -> Iterator[Command]:
    """As azure-pipelines-agent: `##vso[` anywhere in a line; `##[` colours one."""
    for line in log.split("\n"):
        for found in re.finditer(
            r"##(?:vso)?\[([\w.-]+)(?: (.*?))?\](.*?)(?=##(?:vso)?\[|$)", line, re.IGNORECASE
        ):
            message = found[3].replace("%0D", "\r").replace("%0A", "\n").replace("%AZP25", "%")
            yield found[1], found[2] or "", message


HEARD: dict[str, Callable[[str], Iterator[Command]]] = {GITHUB.name: _github_hears, AZURE.name: _azure_hears}


# Pure


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
@pytest.mark.parametrize("outcome", TITLES)
@given(texts=st.lists(st.text() | st.sampled_from([HOSTILE, "100%0A::error::x", "####[x]", "]", "%25"])))
def test_one_annotation_whatever_the_words(system: ci_systems.System, outcome: str, texts: list[str]) -> None:
    log = ci_systems.annotation(system, outcome, texts, catalogues.look("en"))

    assert re.search(r"[\r\n]", log) is None
    ((_, properties, message),) = HEARD[system.name](log)
    assert system.levels[outcome] in log.partition("]")[0]
    assert TITLES[outcome] in message + properties.replace("%3A", ":").replace("%2C", ",")
    words = "\n".join(
        "".join(c if c.isprintable() or c in "\u00a0\u202f" else "?" for c in text) for text in texts
    )
    if len(words) < ci_systems.MOST_CHARACTERS:
        assert message.endswith(words.replace("##", "# #"))


@given(st.text() | st.sampled_from([HOSTILE, "::set-output name=a::b", " ::stop-commands::x", "##VSO[a]"]))
def test_no_line_on_stderr_is_a_command(text: str) -> None:
    shown = terminal.printable(text)

    assert not [*_github_hears(shown), *_azure_hears(shown)]


def test_an_address_stays_an_address() -> None:
    for text in ("::1 is here", "https://[::1]:8443", "## a heading", "# [a](b)", "std::vector"):
        assert terminal.printable(text) == text


@given(st.lists(st.text() | st.sampled_from([HOSTILE, "```", "<!--", "</details>", "# x", "@team"])))
def test_a_summary_is_one_heading_and_code(lines: list[str]) -> None:
    text = ci_systems.markdown("skipped", lines, catalogues.look("en"))

    head, _, block = text.partition(TITLES["skipped"])
    assert head == "\n\n### "
    assert all(
        not row or row.startswith("    ") for row in re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", block)
    )


def test_every_outcome_has_a_level() -> None:
    for system in SYSTEMS:
        assert system.levels.keys() == TITLES.keys()


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"GITHUB_ACTIONS": "true"}, "GitHub Actions"),
        ({"TF_BUILD": "True"}, "Azure Pipelines"),
        ({"GITHUB_ACTIONS": "false"}, None),
        ({"CI": "true", "GITLAB_CI": "true"}, None),
        ({"CI": "true", "JENKINS_URL": "https://jenkins.example"}, None),
        ({}, None),
    ],
)
def test_which_system_it_is(environ: dict[str, str], name: str | None) -> None:
    found = ci_systems.around(environ)

    assert (found.name if found else None) == name


# The file of the summary


def test_a_summary_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_bytes(b"before")

    assert step_summary.append(str(path), "\nafter ü \ud800")
    assert path.read_bytes() == b"before\nafter \xc3\xbc ?"


def _link(path: Path, other: Path) -> None:
    path.symlink_to(other)


def _second_name(path: Path, other: Path) -> None:
    path.hardlink_to(other)


def _pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


def _full(path: Path, _: Path) -> None:
    path.write_bytes(b"x" * step_summary.MOST_BYTES)


def _folder(path: Path, _: Path) -> None:
    path.mkdir()


def _nothing(path: Path, _: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize("make", [_link, _second_name, _pipe, _full, _folder, _nothing])
def test_where_no_summary_is_written(tmp_path: Path, make: Callable[[Path, Path], None]) -> None:
    path, other = tmp_path / "summary", tmp_path / "other"
    other.write_bytes(b"somebody's")
    make(path, other)
    before = path.stat().st_size if path.exists() else None

    assert not step_summary.append(str(path), "text")
    assert other.read_bytes() == b"somebody's"
    assert (path.stat().st_size if path.exists() else None) == before


def test_a_summary_has_a_full_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("summary").touch()

    assert not step_summary.append("summary", "text")
    assert not step_summary.append("/a\0b", "text")


# Runs


@pytest.fixture(scope="module")
def hostile() -> Authority:
    return Authority(HOSTILE)


@pytest.fixture
def server(hostile: Authority) -> Iterator[IndexServer]:
    with IndexServer([SPECK], hostile.leaf()) as running:
        yield running


@pytest.fixture
def summary(tmp_path: Path) -> Path:
    path = tmp_path / "summary.md"
    path.touch()
    return path


@pytest.fixture
def on_github(env: dict[str, str], summary: Path) -> dict[str, str]:
    return {**env, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}


def _install(server: IndexServer, *words: str) -> list[str]:
    url = server.index_url.replace("https://", "https://user:s3cret@")
    return ["install", "--no-cache-dir", "--retries", "0", "--index-url", url, *(words or ("speck",))]


def _heard(done: Run, system: ci_systems.System, outcome: str) -> str:
    """The message of the only command in the log, which is on stderr."""
    hears = HEARD[system.name]
    (command,) = hears(done.stderr.decode())
    assert system.levels[outcome] in (command[0], command[1].removeprefix("type=")), command
    assert [*hears(done.stdout.decode())] == []
    assert "s3cret" not in command[2]
    return command[2]


@pytest.mark.e2e
@pytest.mark.parametrize("pip", ["20.3.4", NEW])
def test_a_rescue_on_github(
    pip: str,
    server: IndexServer,
    hostile: Authority,
    tmp_path: Path,
    on_github: dict[str, str],
    summary: Path,
) -> None:
    given = {**on_github, TOOL: str(hostile.write(tmp_path / "ca.pem"))}
    assert run_pip(patient(pip, "speck"), _install(server), given).exit_code == 1

    where = patient(pip, "speck")
    done = run_pipsafe(where, _install(server), given)

    assert_rescued(done, where, on_github, hostile)
    message = _heard(done, GITHUB, "rescued")
    written = summary.read_text(encoding="utf-8")
    for word in ("private-ca", hostile.sha256, TOOL, "Verification stayed on"):
        assert word in message
        assert word in written
    assert "s3cret" not in written
    assert written.count("###") == 1


@pytest.mark.e2e
def test_no_rescue_on_azure(
    server: IndexServer, authority: Authority, tmp_path: Path, env: dict[str, str], summary: Path
) -> None:
    """The wrong CA is at hand; a file that only GitHub names is left alone."""
    where = patient(NEW, "speck")
    wrong = {TOOL: str(authority.write(tmp_path / "ca.pem")), "GITHUB_STEP_SUMMARY": str(summary)}
    plain = run_pipsafe(where, _install(server), {**env, **wrong})
    done = run_pipsafe(where, _install(server), {**env, **wrong, "TF_BUILD": "True"})

    assert_refused(done, where, env, server)
    assert "private-ca" in _heard(done, AZURE, "unremedied")
    assert done.stdout == plain.stdout
    assert b"# #vso[task.complete]" in plain.stderr
    assert list(_azure_hears(plain.stderr.decode())) == []
    assert summary.read_bytes() == b""


@pytest.mark.e2e
@pytest.mark.parametrize(("strict", "outcome"), [([], "skipped"), (["--pipsafe-strict"], "refused")])
def test_a_skipped_index_on_github(
    strict: list[str],
    outcome: str,
    server: IndexServer,
    tmp_path: Path,
    on_github: dict[str, str],
    summary: Path,
) -> None:
    (tmp_path / SPECK.filename).write_bytes(SPECK.data)
    words = [*strict, *_install(server, "--find-links", str(tmp_path), "speck")]
    done = run_pipsafe(patient(NEW, "speck"), words, on_github)

    assert report_of(done)["outcome"] == outcome
    assert f"localhost:{server.port}" in _heard(done, GITHUB, outcome)
    assert f"### {TITLES[outcome]}\n" in summary.read_text(encoding="utf-8")
    assert server.requests == []


@pytest.mark.e2e
def test_quiet_and_nothing_to_say(
    server: IndexServer, hostile: Authority, tmp_path: Path, on_github: dict[str, str], summary: Path
) -> None:
    where = patient(NEW, "speck")
    quiet = run_pipsafe(where, ["--pipsafe-quiet", *_install(server)], on_github)
    trusted = {**on_github, "PIP_CERT": str(hostile.write(tmp_path / "ca.pem"))}
    passed = run_pipsafe(where, _install(server), trusted)

    assert report_of(quiet)["outcome"] == "unremedied"
    assert report_of(passed)["outcome"] == "passed"
    assert list(_github_hears(quiet.text + passed.text)) == []
    assert summary.read_bytes() == b""
