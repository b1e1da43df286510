"""What doctor makes of what it saw: exit code, page, table, JSON and the note for the network's owners."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipsafe import __version__
from pipsafe.checkup import asked, document, grid, page, ticket
from pipsafe.checkup.progress import Progress
from pipsafe.checkup.result import Result
from pipsafe.diagnosis import diagnose
from pipsafe.findings import Remedy
from pipsafe.messages import terminal
from pipsafe.origin import Origin
from pipsafe.own_options import UsageError
from pipsafe.pip_settings.settings import Contact
from pipsafe.probes.answered import Verdict
from pipsafe.probes.asked import Trust
from pipsafe.remedy import Plan
from pipsafe.trust.anchors import Candidate, PassedOver, Search, Store
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import parse
from tests.checkups import (
    ACCEPTED,
    FILES,
    INDEX,
    ROOT,
    UNKNOWN,
    chain_of,
    diagnosed,
    looked_at,
    note_of,
    refused,
    result_of,
)
from tests.lab.authority import EXPIRED, Authority, Chain
from tests.test_report import FAILURE, FLAG, NUMBER, REMEDY, TEXT, conforms
from tests.test_terminal import to_pipe, to_terminal

SYSTEM = Source("system", "the system store", "/etc/ssl/certs/ca-certificates.crt")
NODE = Source("configured", "NODE_EXTRA_CA_CERTS", "/corp/node.pem")
GIT = Source("configured", "GIT_SSL_CAINFO", "/corp/git.pem")
OPEN = Source("configured", "CURL_CA_BUNDLE", "/corp/open.pem")
ANCHOR = parse(ROOT.der)
OTHER = parse(ROOT.namesake().der)
STRANGER = parse(Authority("Another Root").der)
FOUND = Candidate(ANCHOR, NODE)
PLAN = Plan("bundle", (ANCHOR,), (), NODE, Trust(file="<bundle>"), {"PIP_CERT": "<bundle>"}, base="present")
CURE = Remedy(PLAN, {"PIP_CERT": "/gone/ca.pem"}, ("install",), "/gone/ca.pem")
PLAIN = Contact(Origin("http", "plain.example", 80), "index", "http://plain.example/")
HERE = Contact(Origin("http", "localhost", 3141), "index", "http://localhost:3141/")


def _text(result: Result) -> str:
    return to_pipe(*page.lines(result))


# Exit codes


def _healthy(env: Mapping[str, str]) -> Result:
    return result_of(looked_at(env), diagnosed(), diagnosed(FILES, leg="file"))


def test_all_is_verified(env: dict[str, str]) -> None:
    result = _healthy(env)
    assert result.exit_code == 0
    assert "✓ https://index.example:443 (package index): accepted" in _text(result)
    assert _text(result).splitlines()[-1].startswith("✓ This pip verifies every server")


@pytest.mark.parametrize(
    ("variables", "typed", "code", "words"),
    [
        ({"PIP_TRUSTED_HOST": "elsewhere.example"}, (), 1, "Not in order: 1 setting turns verification off."),
        ({"GIT_SSL_NO_VERIFY": "1"}, (), 1, "Not in order: 1 setting turns verification off."),
        ({"PIP_INDEX_URL": "http://plain.example/"}, (), 1, "Not in order: 1 server without TLS."),
        ({"PIP_EXTRA_INDEX_URL": "http://localhost:3141/"}, (), 0, "without TLS, on this machine itself"),
        ({}, (PLAIN,), 1, "Use its https:// address"),
        ({}, (HERE,), 0, "there is nothing to verify"),
    ],
)
def test_what_is_not_verified(
    variables: Mapping[str, str], typed: tuple[Contact, ...], code: int, words: str, env: dict[str, str]
) -> None:
    result = result_of(looked_at({**env, **variables}), diagnosed(), typed=typed)
    assert result.exit_code == code
    assert words in _text(result)


def test_a_dormant_trusted_host_is_told_and_does_no_harm(env: dict[str, str]) -> None:
    around = looked_at({**env, "PIP_TRUSTED_HOST": "a.example"}, "--isolated")
    result = result_of(around, diagnosed())
    assert result.exit_code == 0
    assert "PIP_TRUSTED_HOST: a.example (not in force now" in _text(result)


def test_no_server_at_all(env: dict[str, str]) -> None:
    result = result_of(looked_at({**env, "PIP_NO_INDEX": "1"}))
    assert result.exit_code == 0
    assert _text(result).splitlines()[-1].startswith("✓ This pip is configured for no server at all")
    assert "verifies" not in _text(result)


def test_nothing_seen_of_what_was_named(env: dict[str, str]) -> None:
    typed = Contact(INDEX, "index", str(INDEX))
    result = result_of(looked_at(env), typed=[typed])
    assert result.exit_code == 3
    assert "Nothing could be looked into" in _text(result)


# The page


def _cured(env: Mapping[str, str]) -> Result:
    search = Search(
        candidates=(FOUND, Candidate(OTHER, GIT)),
        passed_over=(PassedOver(OPEN, "others can write it"),),
        stores=(Store(SYSTEM, 140, ()), Store(NODE, 1, ()), Store(GIT, 2, ("has a damaged certificate",))),
    )
    return result_of(
        looked_at({**env, "NODE_EXTRA_CA_CERTS": NODE.path}),
        refused(),
        diagnosed(FILES, leg="file"),
        search=search,
        accepted={str(INDEX): (FOUND,)},
        remedy=CURE,
        trouble=("Something went amiss.",),
    )


def test_what_is_told_of_a_refused_server(env: dict[str, str]) -> None:
    result = _cured(env)
    assert result.exit_code == 1
    text = _text(result)
    for words in (
        "× https://index.example:443 (package index): refused (code 20): unable to get local issuer",
        "╰─> private-ca: https://index.example:443 has a certificate from a private CA",
        "✓ https://files.example:8443 (files): accepted",
        f"SHA-256 {chain_of()[1].sha256}",
        "issued by CN=Example Corporate Root",
        "NODE_EXTRA_CA_CERTS, /corp/node.pem: 1 certificate\n",
        "GIT_SSL_CAINFO, /corp/git.pem: 2 certificates; has a damaged certificate",
        "CURL_CA_BUNDLE, /corp/open.pem: others can write it",
        f'hint: The CA "Example Corporate Root" (SHA-256 {ANCHOR.sha256}) is in NODE_EXTRA_CA_CERTS',
        "note: Something went amiss.",
        "× Not in order: 1 of 2 servers refused.",
    ):
        assert words in text
    assert "trusted-host" not in text


def test_what_to_do_where_nothing_helps(env: dict[str, str]) -> None:
    text = _text(result_of(looked_at(env), refused()))
    assert "hint: Ask whoever" in text
    assert "pipsafe doctor --markdown" in text


def test_a_server_that_a_setting_opens(env: dict[str, str]) -> None:
    around = looked_at({**env, "PIP_TRUSTED_HOST": "index.example files.example"})
    text = _text(result_of(around, refused(), diagnosed(FILES)))
    assert "× https://index.example:443 (package index): not verified, by environment variable PIP_" in text
    assert "Without that setting pip would refuse it:" in text
    assert "Without that setting pip would verify it, and accept it." in text
    assert "✓ https://" not in text


def test_servers_that_were_not_looked_at(env: dict[str, str]) -> None:
    around = looked_at({**env, "PIP_TRUSTED_HOST": "index.example"})
    opened = result_of(around, unasked=[Contact(INDEX, "index", str(INDEX))])
    assert "× https://index.example:443 (package index): not verified, by environment" in _text(opened)
    assert document.build(opened)["unasked"] == ["https://index.example:443"]
    forgotten = result_of(looked_at(env), diagnosed(), unasked=[Contact(FILES, "file", str(FILES))])
    assert forgotten.exit_code == 1
    assert "Not in order: 1 server not looked at." in _text(forgotten)


def test_a_cure_for_one_of_two(env: dict[str, str]) -> None:
    """The other one's advice is given all the same."""
    late = Verdict(accepted=False, code=10, message="certificate has expired", kind="certificate")
    names = ("pip", "certifi", "system")
    other = diagnosed(FILES, chain=chain_of(ROOT.leaf((FILES.host,), validity=EXPIRED)))
    verdicts = dict.fromkeys(names, late)
    case = replace(other.case, survey=replace(other.case.survey, verdicts=verdicts, unmasked={}))
    # How the lines are broken depends on how long the temporary folder's name is.
    text = " ".join(_text(result_of(looked_at(env), refused(), diagnose(case), remedy=CURE)).split())
    assert "Ask whoever" not in text
    assert "has to renew its certificate" in text
    assert "it works now" in text
    assert "`pipsafe explain private-ca`, `pipsafe explain expired`" in text


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(env: dict[str, str], columns: int) -> None:
    rows = to_terminal(*page.lines(_cured(env)), columns=columns, environ={"NO_COLOR": "1"}).splitlines()
    # Fingerprints, paths and the table are not to be broken.
    assert [row for row in rows if len(row) >= columns and " " in row.strip() and "SHA-256" not in row] == []


def test_without_colour_and_without_fine_characters(env: dict[str, str]) -> None:
    result = _cured(env)
    assert "\x1b" in to_terminal(*page.lines(result))
    assert "\x1b" not in to_terminal(*page.lines(result), environ={"NO_COLOR": "1", "TERM": "xterm"})
    plain = to_pipe(*page.lines(result), encoding="ascii")
    assert "x https://index.example:443" in plain
    assert "ok https://files.example:8443" in plain
    assert "?" not in plain


HOSTILE = 'Evil\x1b]0;x\x07 ``` \u202e<img src=x onerror=a> | **b** [l](https://l.example) "\n```\n# Ha'


def _hostile(env: Mapping[str, str]) -> Result:
    wicked = Authority(HOSTILE[:60], organization=HOSTILE[:60])
    chain = chain_of(wicked.leaf(("index.example",), chain=Chain.WITH_ROOT))
    message = Verdict(accepted=False, code=19, message=HOSTILE, kind="certificate")
    return result_of(looked_at(env), diagnosed(chain=chain, pip=message, certifi=UNKNOWN, system=UNKNOWN))


def test_hostile_words_do_not_steer_the_terminal(env: dict[str, str]) -> None:
    text = _text(_hostile(env))
    assert "Evil" in text
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\n# Ha" not in text


# The table


def _rows(result: Result) -> list[str]:
    return [line.text for line in grid.lines(result)]


def test_who_accepts_whom(env: dict[str, str]) -> None:
    head, index, files, about, *legend = _rows(_cured(env))
    assert head.split() == ["Accepted", "by", "pip", "certifi", "system", "[1]", "[2]"]
    assert re.split(r"  +", index) == [*("index.example", "no (20)", "no (20)", "no (20)", "yes", "no")]
    assert re.split(r"  +", files) == ["files.example:8443", "yes", "yes", "yes", "-", "-"]
    assert "certifi: today's public CAs" in about
    assert legend == ["[1] /corp/node.pem (NODE_EXTRA_CA_CERTS)", "[2] /corp/git.pem (GIT_SSL_CAINFO)"]
    assert head.index("[1]") == index.index("yes")
    assert max(map(len, (head, index, files))) < 80


def test_a_file_whose_ca_has_another_name_is_not_compared(env: dict[str, str]) -> None:
    stranger = Candidate(STRANGER, GIT)
    rows = _rows(result_of(looked_at(env), refused(), search=Search(candidates=(stranger,))))
    assert rows[1].endswith(" -")


def test_a_long_origin_has_a_line_of_its_own(env: dict[str, str]) -> None:
    long = Origin("https", "a" * 60 + ".example", 443)
    rows = _rows(result_of(looked_at(env), diagnosed(), diagnosed(long, chain=chain_of())))
    assert rows[2] == long.host
    assert rows[3].split() == ["yes", "yes", "yes"]
    assert rows[3].index("yes") == rows[1].index("yes")


def test_no_table_without_verdicts(env: dict[str, str]) -> None:
    assert _rows(result_of(looked_at(env))) == []


# JSON

STORE: Mapping[str, Any] = {
    "store": TEXT,
    "tier": (str, type(None)),
    "path": (str, type(None)),
    "certificates": NUMBER,
    "problems": [TEXT],
}
DOCUMENT: Mapping[str, Any] = {
    "schema": NUMBER,
    "pipsafe": TEXT,
    "target": {
        "python": TEXT,
        "python_version": TEXT,
        "pip_version": TEXT,
        "openssl": (str, type(None)),
        "platform": TEXT,
    },
    "origins": [{**FAILURE, "cause": (str, type(None))}],
    "settings": [{"name": TEXT, "value": TEXT, "set_in": TEXT, "effect": TEXT}],
    "stores": [STORE],
    "trusted_hosts": [{"host": TEXT, "set_in": TEXT, "in_force": FLAG}],
    "unencrypted": [{"origin": TEXT, "named_by": TEXT, "used": FLAG}],
    "unasked": [re.compile(r"https://[^/@]+:\d+")],
    "passed_over": [{"tier": TEXT, "name": TEXT, "path": (str, type(None)), "reason": TEXT}],
    "remedy": (None, REMEDY),
    "warnings": [TEXT],
    "exit_code": NUMBER,
}


def test_the_document(env: dict[str, str]) -> None:
    built = json.loads(json.dumps(document.build(_cured({**env, "PIP_TRUSTED_HOST": "t.example"}))))
    conforms(built, DOCUMENT)
    assert [(item["origin"], item["cause"]) for item in built["origins"]] == [
        ("https://index.example:443", "private-ca"),
        ("https://files.example:8443", None),
    ]
    verdicts = {item["store"]: item["accepted"] for item in built["origins"][0]["verdicts"]}
    assert verdicts == {"pip": False, "certifi": False, "system": False, NODE.path: True, GIT.path: False}
    stores = [(item["store"], item["path"], item["certificates"]) for item in built["stores"][1:]]
    assert stores == [(SYSTEM.name, SYSTEM.path, 140), (NODE.name, NODE.path, 1), (GIT.name, GIT.path, 2)]
    assert built["stores"][0]["store"] == "pip"
    assert built["trusted_hosts"] == [
        {"host": "t.example", "set_in": "environment variable PIP_TRUSTED_HOST", "in_force": True}
    ]
    assert built["remedy"]["environment"] == {}
    assert built["warnings"] == ["Something went amiss."]
    assert (built["schema"], built["pipsafe"], built["exit_code"]) == (1, __version__, 1)


def test_the_document_of_a_healthy_pip(env: dict[str, str]) -> None:
    built = document.build(_healthy(env))
    conforms(built, DOCUMENT)
    told = [(item["cause"], item["causes"], item["advice"]) for item in built["origins"]]
    assert told == [(None, [], [])] * 2
    assert (built["remedy"], built["exit_code"]) == (None, 0)


# The note


def _outside_fences(text: str) -> list[str]:
    """The lines that a reader of Markdown takes for more than text."""
    found, fence = [], ""
    for row in text.splitlines():
        mark = re.match(r"`{3,}", row)
        if fence:
            # CommonMark 4.5: as long at least, indented a little at most, and nothing behind it.
            if re.fullmatch(f" {{0,3}}{fence}`*[ \t]*", row):
                fence = ""
        elif mark:
            fence = mark[0]
        else:
            found.append(row)
    assert not fence, "a fence is open at the end"
    return found


def test_the_note(env: dict[str, str]) -> None:
    text = note_of(_cured({**env, "PIP_INDEX_URL": "https://me:hunter2@index.example/"}))
    for words in (
        "2025-06-01 12:30 UTC",
        f"pipsafe {__version__}, pip 24.0, Python 3.12.3",
        "https://index.example:443",
        f"SHA-256 {chain_of()[1].sha256}",
        "pip, as it is set up here  refused (code 20): unable to get local issuer certificate",
        "- The CA is on this machine already, and pip was not told. Please confirm its fingerprint:",
        f"CN=Example Corporate Root, O=Example Org, SHA-256 {ANCHOR.sha256}",
    ):
        assert words in text
    assert "Please send" not in text
    assert "files.example" not in text
    assert text.count("BEGIN CERTIFICATE") == 2
    for secret in ("hunter2", env["HOME"], "/corp", "/opt", "NODE_EXTRA"):
        assert secret not in text
    assert not any("example" in row for row in _outside_fences(text))


def test_what_the_note_asks_for(env: dict[str, str]) -> None:
    around = looked_at({**env, "PIP_CERT": "/home/alice/gone.pem"})
    assert "- Please send the root CA certificate (PEM)" in note_of(result_of(around, refused()))
    gone = Verdict(accepted=False, code=None, message="no such file: /home/alice/gone.pem", kind="setting")
    case = replace(diagnosed(pip=gone).case, setting=around.settings.cert, setting_problem="does not exist")
    local = diagnose(case)
    assert local.decisive.name == "bad-ca-setting"
    text = note_of(result_of(around, local))
    assert "- Nothing: the cause lies on this machine." in text
    assert "alice" not in text


def test_the_note_of_a_healthy_pip(env: dict[str, str]) -> None:
    assert "nothing was refused" in note_of(_healthy(env))


def test_hostile_words_stay_in_their_fence(env: dict[str, str]) -> None:
    text = note_of(_hostile(env))
    assert "Evil" in text
    outside = "\n".join(_outside_fences(text))
    for words in ("Evil", "img", "Ha", "l.example"):
        assert words not in outside
    assert all(character.isprintable() or character == "\n" for character in text)


PIECES = st.sampled_from(
    ["`", "```", "~~~", " ", "   ", "\t", "\n", "\r", "\x85", "\u2028", "#", "a", "text"]
)


@given(st.lists(st.lists(PIECES, max_size=4).map("".join), max_size=6))
def test_no_text_ends_a_fence(rows: list[str]) -> None:
    block = ticket.fenced(rows)
    assert len(block) == len(rows) + 2
    assert _outside_fences("\n".join(block)) == []


def test_the_home_of_the_user_is_not_told(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/alice")
    found = refused()
    cause = replace(found.causes[0], explanation="The root is in /home/alice/ca.pem.")
    result = result_of(looked_at({**env, "HOME": "/home/alice"}), replace(found, causes=(cause,)))
    text = note_of(result)
    assert "The root is in ~/ca.pem." in text
    assert "alice" not in text


# What is asked


@pytest.mark.parametrize(
    ("word", "origin"),
    [
        ("index.example", "https://index.example:443"),
        ("index.example:8443", "https://index.example:8443"),
        ("https://Index.Example/simple/", "https://index.example:443"),
        ("https://me:pw@index.example:8443/simple/", "https://index.example:8443"),
        ("http://index.example", "http://index.example:80"),
        ("git+https://git.example/r.git", "https://git.example:443"),
        ("127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("localhost", "https://localhost:443"),
        ("devpi:3141", "https://devpi:3141"),
        ("https://devpi/root/", "https://devpi:443"),
        ("[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_servers(word: str, origin: str) -> None:
    assert [str(contact.origin) for contact in asked.read([word]).contacts] == [origin]


def test_options_are_handed_on_as_they_were_typed(tmp_path: Path) -> None:
    path = str(tmp_path / "r.txt")
    Path(path).touch()
    typed = ["-i", "https://i.example/", f"-r{path}", "--cert=/c.pem", "--no-index", "a.example", "--json"]
    question = asked.read(typed)
    assert question.arguments == (
        *("install", "-i", "https://i.example/", "--requirement", path, "--cert=/c.pem", "--no-index"),
    )
    assert (question.form, len(question.contacts)) == ("json", 1)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--frob"], "--frob is no option of doctor"),
        (["--cert"], "--cert needs a value"),
        (["--upgrade"], "means nothing to doctor"),
        (["-q"], "means nothing to doctor"),
        (["--json", "--markdown"], "exclude each other"),
        (["ftp://index.example"], "neither an https:// URL nor"),
        (["https://me:hunter2@/"], "neither an https:// URL nor"),
        (["a b"], "neither an https:// URL nor"),
        (["-r", "missing.txt"], "there is no file 'missing.txt'"),
        (["here.txt"], "-r takes files"),
        (["install", "requests"], "doctor takes URLs or host names: is `install` one?"),
        (["requests"], "is `requests` one?"),
        (["Flask/"], "is `Flask/` one?"),
    ],
)
def test_what_makes_no_sense(
    words: list[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.txt").touch()
    with pytest.raises(UsageError) as caught:
        asked.read(words)
    assert complaint in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["a.example", "--help", "--frob"]])
def test_help(words: list[str]) -> None:
    assert asked.read(words).wants_help


# While it takes its time


class Screen(io.StringIO):
    """A terminal, as far as anybody asks."""

    def isatty(self) -> bool:
        return True

    def shows(self) -> str:
        """What stands on the line."""
        line = ""
        for piece in self.getvalue().split("\r"):
            line = piece + line[len(piece) :]
        return line.rstrip()


def test_a_quick_probe_says_nothing() -> None:
    screen = Screen()
    with Progress(screen, {}) as progress:
        progress("asking 3 servers")
    assert screen.getvalue() == ""


def test_a_slow_probe_says_what_it_does_and_takes_it_back() -> None:
    screen = Screen()
    with Progress(screen, {}, patience=0.01) as progress:
        progress("asking 3 servers")
        deadline = time.monotonic() + 10
        while screen.shows() != "asking 3 servers ...":
            assert time.monotonic() < deadline, screen.getvalue()
            time.sleep(0.005)
        progress("trying 2 CAs")
        assert screen.shows() == "trying 2 CAs ..."
    assert screen.shows() == ""


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_nobody_looks(stream: io.StringIO | None) -> None:
    with Progress(stream, {}, patience=0) as progress:
        progress("asking")
        time.sleep(0.05)
    assert stream is None or stream.getvalue() == ""


def test_a_dumb_terminal_is_left_alone() -> None:
    screen = Screen()
    with Progress(screen, {"TERM": "dumb"}, patience=0) as progress:
        progress("asking")
        time.sleep(0.05)
    assert screen.getvalue() == ""


def test_marks_have_plain_substitutes() -> None:
    """Every character of the page's own that is not ASCII is one that the terminal module knows."""
    assert set("✓×│╰─>") <= set("".join(terminal.MARKS)) | {">"}
    assert ACCEPTED.accepted
