"""What the user reads: of a rescue, of a refusal, on terminals of all kinds, and with hostile names in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipsafe.messages import advice, cause_words, handover
from pipsafe.messages.terminal import NARROWEST
from tests.lab.authority import EXPIRED, Authority, Chain, Leaf
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run, clean_environment, pipsafe_command, run_pipsafe
from tests.lab.targets import target
from tests.lab.terminal import run_on_pty

PIP = "24.0"

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
WEAKENING = re.compile(
    r"trusted.host|verify\s*=\s*False|insecure|http://|disabl|turn(ed|ing)? off|PYTHONHTTPSVERIFY|skip",
    re.IGNORECASE,
)
"""Words of advice that people are given elsewhere."""


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], authority.leaf()) as running:
        yield running


@pytest.fixture
def known(authority: Authority, tmp_path: Path) -> dict[str, str]:
    """The variable that makes a rescue of a refusal."""
    return {"NODE_EXTRA_CA_CERTS": str(authority.write(tmp_path / "ca.pem"))}


def _download(tmp_path: Path, url: str) -> list[str]:
    """A command that puts nothing into the cached target."""
    return ["download", "--retries", "0", "-d", str(tmp_path / "got"), "--index-url", url, "speck"]


def _run(tmp_path: Path, url: str, env: Mapping[str, str] | None = None, *options: str) -> Run:
    full = clean_environment(tmp_path / "home", **(env or {}))
    return run_pipsafe(target(PIP), [*options, *_download(tmp_path, url)], full)


def _ours(text: str) -> str:
    """From pipsafe's first line to the end."""
    bare = ESCAPE.sub("", text)
    found = re.search(r"^pipsafe: ", bare, re.MULTILINE)
    return bare[found.start() :] if found else ""


# In a log


@pytest.mark.e2e
def test_refusal(tmp_path: Path, server: IndexServer, authority: Authority) -> None:
    leaf = server.certificates
    assert isinstance(leaf, Leaf)
    done = _run(
        tmp_path, server.index_url, {"NODE_EXTRA_CA_CERTS": str(Authority("Other").write(tmp_path / "o.pem"))}
    )
    ours = _ours(done.stderr.decode())
    origin = f"https://localhost:{server.port}"
    first, second, *_ = ours.splitlines()
    assert first == "pipsafe: the server's certificate comes from a CA that is not trusted here (private-ca)"
    assert second.startswith(f"× {origin} was not accepted. ")
    assert second.endswith(" unable to get local issuer certificate (verify code 20)")
    assert "request   please send the root CA certificate" in ours
    assert f'"{authority.name}"' in ours
    for words in ("pip's own trust refuses", "public roots (certifi) refuse it", "the system store refuses"):
        assert words in ours, ours
    assert leaf.sha256 in ours
    assert "hint: Ask whoever runs this index for its root CA" in ours
    assert "--pipsafe-ca" in ours
    assert not WEAKENING.search(ours)
    # Unwrapped: each sentence is one line that can be searched for.
    assert max(map(len, ours.splitlines())) > 110


@pytest.mark.e2e
def test_rescue(tmp_path: Path, server: IndexServer, authority: Authority, known: dict[str, str]) -> None:
    done = _run(tmp_path, server.index_url, known)
    ours = _ours(done.stderr.decode())
    assert done.exit_code == 0
    for words in (
        f"× https://localhost:{server.port} was not accepted",
        f'The CA "{authority.name}" (SHA-256 {authority.sha256}) is in NODE_EXTRA_CA_CERTS',
        known["NODE_EXTRA_CA_CERTS"],
        "A trial connection proved it",
        "Verification stayed on",
        "for this run only",
        "To make it lasting",
    ):
        assert words in ours, ours
    assert "seen by" not in ours, "the note to hand on is for what is not cured"
    assert not WEAKENING.search(ours)


@pytest.mark.e2e
def test_quiet(tmp_path: Path, server: IndexServer, known: dict[str, str]) -> None:
    refused = _run(tmp_path, server.index_url, None, "--pipsafe-quiet")
    rescued = _run(tmp_path, server.index_url, known, "--pipsafe-quiet")
    assert (refused.exit_code, rescued.exit_code) == (1, 0)
    assert b"pipsafe" not in refused.stderr + rescued.stderr
    assert refused.report is not None
    assert refused.report["failures"], "quiet is for the terminal, not for the report"


@pytest.mark.e2e
def test_ascii(tmp_path: Path, server: IndexServer) -> None:
    done = _run(
        tmp_path,
        server.index_url,
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    ours = done.stderr[done.stderr.index(b"pipsafe: ") :].decode("utf-8")
    assert ours.isascii()
    assert "\nx https://" in ours
    assert "\n-> " in ours


@pytest.mark.e2e
def test_the_note_is_whole(tmp_path: Path, authority: Authority) -> None:
    """What is to be handed on names the origin, every certificate, their dates and each store's verdict."""
    middle = authority.intermediate("Example Issuing CA")
    leaf = middle.leaf(validity=EXPIRED, chain=Chain.WITH_ROOT)
    with IndexServer([wheel("speck")], leaf) as server:
        ours = _ours(_run(tmp_path, server.index_url).stderr.decode())
    for number, certificate in enumerate(leaf.presented):
        assert f" {number}: " in ours
        assert certificate.not_valid_after_utc.strftime("%Y-%m-%d") in ours
    for sha256 in (leaf.sha256, middle.sha256, authority.sha256):
        assert sha256 in ours
    assert re.search(r"seen by +pipsafe \S+ with pip 24\.0, Python 3\.\d+\.\d+, OpenSSL", ours)
    assert "expired on " in ours


# On a terminal


@pytest.mark.e2e
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_widths(columns: int, tmp_path: Path, server: IndexServer, known: dict[str, str]) -> None:
    for env in ({}, known):
        shown = _on_terminal(tmp_path, server, columns, env)
        ours = _ours(shown).partition("\nLooking in indexes")[0]
        sentences = [row for row in ours.splitlines() if not row.startswith("    ")]
        assert sentences
        for row in sentences:
            # A fingerprint, a path or an origin stays whole: it is there to be copied.
            assert (
                len(row) < max(columns, NARROWEST)
                or not re.search(r"\S \S", row[:columns].strip()[3:])
                or (len(max(row.split(), key=len)) > columns - 12)
            ), row


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(
    variables: dict[str, str],
    coloured: bool,  # noqa: FBT001 a row of the table
    tmp_path: Path,
    server: IndexServer,
) -> None:
    shown = _on_terminal(tmp_path, server, 80, variables)
    tail = shown[shown.rindex("pipsafe:") :]
    # The lead that comes first is coloured before its word, the others after it as well.
    assert bool(ESCAPE.search(tail)) is coloured


@pytest.mark.e2e
def test_forced_colours_in_a_log(tmp_path: Path, server: IndexServer) -> None:
    done = _run(tmp_path, server.index_url, {"FORCE_COLOR": "1"})
    assert b"\x1b[31;1mpipsafe:\x1b[0m the server's certificate" in done.stderr


def _on_terminal(tmp_path: Path, server: IndexServer, columns: int, variables: Mapping[str, str]) -> str:
    env = clean_environment(tmp_path / "home", PIPSAFE_PYTHON=str(target(PIP).python), **variables)
    command = pipsafe_command(_download(tmp_path, server.index_url))
    return run_on_pty(command, env, columns=columns).output.decode().replace("\r\n", "\n")


# Hostile names


HOSTILE: Mapping[str, str] = {
    "colour": "Evil\x1b[31;1mRed",
    "clear": "Evil\x1b[2J\x1b[HHome",
    "title": "Evil\x1b]0;owned\x07Title",
    "newline": "Evil\npipsafe: pip succeeded with that. Verification stayed on.",
    "return": "Evil\rpipsafe: verified",
    "backspace": "Evil\b\b\b\bGood",
    "bidi": "Evil\u202egnirts\u202c \u2066x\u2069",
    "invisible": "Evil\u200b\u2060\ufeff\u00ad",
    "line separator": "Evil\u2028next\u2029last\u0085end",
    "C1": "Evil\x9b31mRed",
    "null": "Evil\0Good",
}


@pytest.mark.e2e
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_a_ca(name: str, tmp_path: Path) -> None:
    """Subject and issuer, in a refusal and in a rescue."""
    hostile = Authority(HOSTILE[name][:64], organization=HOSTILE[name][:64])
    with IndexServer([wheel("speck")], hostile.leaf(chain=Chain.WITH_ROOT)) as server:
        refused = _run(tmp_path, server.index_url)
        rescued = _run(
            tmp_path, server.index_url, {"NODE_EXTRA_CA_CERTS": str(hostile.write(tmp_path / "ca.pem"))}
        )
    assert rescued.exit_code == 0, rescued.text
    for done in (refused, rescued):
        ours = done.stderr.decode()
        ours = ours[ours.index("pipsafe: ") :]
        _assert_harmless(ours)
        assert "Evil" in ours
    assert not re.search("^(pipsafe: (pip succeeded|verified))", refused.stderr.decode(), re.MULTILINE)


@pytest.mark.e2e
def test_hostile_names_elsewhere(tmp_path: Path, authority: Authority) -> None:
    """The subject alternative name, the path of a CA file, the URL of the index."""
    leaf = authority.leaf(["a\x1b[2J.example", "b\n.example"])
    folder = tmp_path / "evil\x1b[31m\nfolder\u202e"
    folder.mkdir()
    with IndexServer([wheel("speck")], leaf) as server:
        mismatch = _run(tmp_path, server.index_url)
        server.certificates = authority.leaf()
        path = authority.write(folder / "ca\x1b]0;x\x07.pem")
        named = _run(tmp_path, server.index_url, {"NODE_EXTRA_CA_CERTS": str(path)})
        path.chmod(0o666)
        passed_over = _run(tmp_path, server.index_url, {"NODE_EXTRA_CA_CERTS": str(path)})
        missing = _run(tmp_path, server.index_url, {"REQUESTS_CA_BUNDLE": f"{folder}/gone\x1b[31m.pem"})
        url = _run(tmp_path, server.url("/simple\x1b[31m\u202e/"))
    assert named.exit_code == 0, named.text
    assert "can be written by everyone" in passed_over.stderr.decode()
    for done in (mismatch, named, passed_over, missing, url):
        text = done.stderr.decode()
        assert "pipsafe: " in text
        _assert_harmless(text[text.index("pipsafe: ") :])


def _assert_harmless(text: str) -> None:
    strange = {character for character in text if not character.isprintable() and character != "\n"}
    assert not strange, strange
    assert not set(text) & set("\u202e\u202c\u2066\u2069\u200b\u2028\u2029")


# Sentences


def test_no_advice_weakens_verification() -> None:
    told = (cause_words.ADVICE, advice.TO_LAST, handover.ACCEPTS, handover.REFUSES)
    texts = [text for table in told for text in table.values()]
    assert len(texts) > 12
    for text in texts:
        assert not WEAKENING.search(text), text


def test_sentences_are_whole() -> None:
    """A capital or the project's name first, a full stop last, no two blanks, nobody shouted at."""
    for text in (*cause_words.ADVICE.values(), *advice.TO_LAST.values()):
        assert text[0].isupper(), text
        assert text.endswith("."), text
        assert "  " not in text, text
        assert "!" not in text, text
        assert "SSL" not in text, text


def test_the_note_has_columns_in_every_language() -> None:
    chinese = {"date": "日期", "server": "服务器", "verdicts": "结论", "as well": "另有", "seen by": "查看者"}
    rows = [handover.row(handover.DATE, "2026"), handover.row(handover.SERVER, "x"), handover.row("", "y")]

    assert rows == ["date      2026", "server    x", "          y"]
    shown = [row.said(lambda template, _plural, _number: chinese.get(template, template)) for row in rows]
    # "request" is the widest of those labels; a Chinese character takes two columns.
    assert shown == ["日期     2026", "服务器   x", "         y"]
