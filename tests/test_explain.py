"""`pipsafe explain`: the pages, how they look on a terminal, and the command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipsafe
from pipsafe import diagnosis, explain
from pipsafe.logs import verifier_words
from pipsafe.messages import cause_pages, cause_words, columns, markdown_terminal
from pipsafe.messages.cause_pages import CAUSES
from pipsafe.own_options import UsageError
from pipsafe.statements import seen_words
from tests.lab.run import Run, clean_environment, run
from tests.lab.terminal import run_on_pty

PAGES = Path(pipsafe.__file__).parent / "explanations"

SECTIONS = (
    "What it means",
    "How pipsafe knows",
    "The safe cure",
    "Why the tempting bypass is no cure",
)
SYSTEMS = ("Linux", "macOS", "Windows", "conda", "Containers", "CI")
KIN = "uv and Poetry"
"""A heading behind conda's, where pip's kin needs something else."""
OF_KIN = frozenset(("tls-inspection", "private-ca", "outdated-roots"))

MENDED_HERE = frozenset(
    (
        *("tls-inspection", "private-ca", "outdated-roots", "missing-roots", "bad-ca-setting"),
        *("os-trust-unavailable", "self-signed-server", "clock-skew", "ssl-module-missing", "tls-protocol"),
        *("client-cert-required", "proxy-problem", "captive-portal", "unreachable"),
    )
)
"""Causes that something on this machine can cure: their pages say it for every system."""

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def run_explain(
    tmp_path: Path, *arguments: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None
) -> Run:
    """A true run of the command."""
    environment = clean_environment(tmp_path / "home", **{"COLUMNS": "80", **(env or {})})
    command = [sys.executable, "-m", "pipsafe", "explain", *arguments]
    return run(command, environment, stdin=stdin)


# The pages


def test_every_cause_has_a_page_and_every_page_is_a_causes() -> None:
    files = sorted(path.name for path in PAGES.iterdir())

    assert files == sorted(f"{name}.md" for name in CAUSES)
    assert sorted(CAUSES) == sorted(diagnosis.CAUSES)
    assert sorted(CAUSES) == sorted(cause_words.HEADLINES)
    assert sorted(CAUSES) == sorted(cause_words.ADVICE)
    assert len(set(CAUSES)) == len(CAUSES)


@pytest.mark.parametrize("cause", CAUSES)
def test_headings(cause: str) -> None:
    headings = re.findall(r"^#+ .*$", cause_pages.page(cause), re.MULTILINE)
    systems = [line[4:] for line in headings if line.startswith("### ")]

    assert headings[0] == f"# {cause}"
    assert [line[3:] for line in headings if line.startswith("## ")] == list(SECTIONS)
    assert (KIN in systems) is (cause in OF_KIN)
    if KIN in systems:
        assert systems.pop(systems.index("conda") + 1) == KIN
    assert systems == [name for name in SYSTEMS if name in systems], "in the order of all pages"
    assert (len(systems) == len(SYSTEMS)) is (cause in MENDED_HERE)
    for system in systems:
        assert headings.index("## The safe cure") < headings.index(f"### {system}") < len(headings) - 1


@pytest.mark.parametrize("cause", CAUSES)
def test_a_page_begins_with_the_words_of_the_refusal(cause: str) -> None:
    meaning = cause_pages.meaning(cause)
    headline = cause_words.HEADLINES[cause]

    assert meaning == f"{headline[0].upper()}{headline[1:]}."


def sections(cause: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)$", cause_pages.page(cause), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("cause", CAUSES)
def test_every_section_says_something(cause: str) -> None:
    for name, text in sections(cause).items():
        assert len(text.split()) > 8, name
    for block in re.split(r"^### .*$", sections(cause)["The safe cure"], flags=re.MULTILINE):
        assert block.strip()


WEAKENING = re.compile(
    r"trusted-host|verify\s*=\s*False|ssl_verify false|GIT_SSL_NO_VERIFY|sslVerify|NODE_TLS_REJECT"
    r"|PYTHONHTTPSVERIFY|strict-ssl|--insecure|no-check-certificate|CERT_NONE|SECLEVEL|--set LEGACY"
    r"|UnsafeLegacy|(?:curl|wget)\b.* -k\b|allow-insecure|InsecureSkip|_create_unverified"
    r"|VERIFY_X509_STRICT|index-url http:|http://index",
    re.IGNORECASE,
)
"""What people are told elsewhere. Named here only where it is refused."""


@pytest.mark.parametrize("cause", CAUSES)
def test_a_bypass_is_named_only_where_it_is_refused(cause: str) -> None:
    *others, bypass = sections(cause).values()

    assert not WEAKENING.search(cause_pages.meaning(cause) + "".join(others))
    assert WEAKENING.search(bypass), "the one that people would reach for"


@pytest.mark.parametrize(
    "words",
    [
        "pip install --trusted-host index.example orders",
        "requests.get(url, verify=False)",
        "conda config --set ssl_verify false",
        "curl -sS -k https://index.example",
        "export GIT_SSL_NO_VERIFY=1",
        "npm config set strict-ssl false",
        "export NODE_TLS_REJECT_UNAUTHORIZED=0",
        "CipherString = DEFAULT@SECLEVEL=1",
        "update-crypto-policies --set LEGACY",
    ],
)
def test_these_are_bypasses(words: str) -> None:
    assert WEAKENING.search(words)


REGISTRY_HOSTS = tuple(
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("anaconda", "org"))
)


@pytest.mark.parametrize("cause", CAUSES)
def test_how_a_page_is_written(cause: str) -> None:
    page = cause_pages.page(cause)
    prose = " ".join(block.text for block in markdown_terminal.blocks(page) if block.kind != "code")

    assert page.isascii()
    assert page.endswith("\n")
    assert not re.search(r"\t|\r| $|\n\n\n", page, re.MULTILINE)
    assert max(map(len, page.splitlines())) <= 108
    assert 25 <= len(page.splitlines()) <= 150
    assert "  " not in prose
    assert not re.search(r"\bSSL\b|!|\bplease\b", re.sub(r"`[^`]*`", "", prose))
    assert prose.count("`") % 2 == 0
    assert prose.count("**") % 2 == 0
    assert not [host for host in REGISTRY_HOSTS if host in page]
    assert not re.search(r"\]\(|^\* |^ {1,3}- |^\d+\. |^> |^\|", page, re.MULTILINE), (
        "of Markdown this suffices"
    )


def test_no_two_pages_refuse_in_the_same_words() -> None:
    assert len({sections(cause)[SECTIONS[-1]] for cause in CAUSES}) == len(CAUSES)


@pytest.mark.parametrize("cause", CAUSES)
def test_pages_that_are_named_exist(cause: str) -> None:
    assert set(re.findall(r"pipsafe explain ([a-z0-9-]+)", cause_pages.page(cause))) <= set(CAUSES)


INTO_THE_STORE = re.compile(r"(?:cp|COPY) \S+ \S*/usr/local/share/ca-certificates/")
PEM_ONLY = re.compile(r"has to begin with\s+`-----BEGIN\s+CERTIFICATE-----`")
DER = re.compile(r"openssl x509 -inform der -in (\S+)\.cer -out (\S+)\.crt")


@pytest.mark.parametrize(
    "cause", [cause for cause in CAUSES if INTO_THE_STORE.search(cause_pages.page(cause))]
)
def test_what_goes_into_debians_store_is_said_to_be_pem(cause: str) -> None:
    page = cause_pages.page(cause)
    first, pem, der = (pattern.search(page) for pattern in (INTO_THE_STORE, PEM_ONLY, DER))

    assert first is not None
    assert pem is not None
    assert der is not None
    assert pem.start() < der.start() < first.start(), "before the first that copies one"
    assert f"{der[2]}.crt" in page[first.start() : first.end()]


@pytest.mark.parametrize("cause", CAUSES)
def test_an_image_has_the_command_that_it_runs(cause: str) -> None:
    """Base images of Debian and Ubuntu have no update-ca-certificates, Alpine's neither."""
    page = cause_pages.page(cause)
    for found in re.finditer(r"RUN update-ca-certificates", page):
        before = page[: found.start()]
        assert "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates" in before


@pytest.mark.parametrize("cause", CAUSES)
def test_a_path_of_debian_stands_where_debian_is_spoken_of(cause: str) -> None:
    blocks = re.split(r"^##+ (.*)$", cause_pages.page(cause), flags=re.MULTILINE)
    for heading, text in zip(blocks[1::2], blocks[2::2], strict=True):
        if "global.cert /etc/ssl/certs/ca-certificates.crt" in text:
            assert heading in ("Linux", "conda")
            assert "Debian" in text


@pytest.mark.parametrize(
    ("cause", "section", "words"),
    [
        ("tls-inspection", "CI", "where the inspector sends its root"),
        ("tls-inspection", "Windows", "shows the same of a DER file only"),
        ("private-ca", "Windows", "shows the same of a DER file only"),
        ("private-ca", "CI", "where the server sends its root"),
        ("client-cert-required", "Containers", "docker build --secret id=client,src=client.pem"),
        ("proxy-problem", "Windows", "Then open a new window"),
        ("bad-ca-setting", "The safe cure", "pip config debug"),
        ("bad-ca-setting", "The safe cure", "Add `--site`"),
        ("clock-skew", "The safe cure", "First compare this machine's clock with a watch"),
        ("expired", "The safe cure", "has to make a new root, and this machine needs that one"),
        ("tls-inspection", KIN, "uv --system-certs"),
        ("private-ca", KIN, "poetry config certificates."),
        ("outdated-roots", KIN, "UV_SYSTEM_CERTS=true"),
    ],
)
def test_what_a_page_has_to_say(cause: str, section: str, words: str) -> None:
    blocks = re.split(r"^##+ (.*)$", cause_pages.page(cause), flags=re.MULTILINE)

    assert words in " ".join(dict(zip(blocks[1::2], blocks[2::2], strict=True))[section].split())


def test_no_other_page() -> None:
    for name in ("", "..", "../__init__", "expired.md", "Expired"):
        with pytest.raises(KeyError):
            cause_pages.page(name)


# On a terminal


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("cause", CAUSES)
def test_rendering(cause: str, width: int) -> None:
    page = cause_pages.page(cause)
    plain = markdown_terminal.render(page, width, coloured=False)
    rows = plain.splitlines()
    code = [
        line
        for block in markdown_terminal.blocks(page)
        if block.kind == "code"
        for line in block.text.splitlines()
    ]

    for line in code:
        assert not line or any(row.endswith(f"  {line}") for row in rows), "code is whole"
    for row in rows:
        assert row == row.rstrip()
        assert len(row) <= width or row.strip() in map(str.strip, code) or "`" in row
    assert not [
        character for character in plain if unicodedata.category(character) == "Cc" and character != "\n"
    ]
    assert "\n\n\n" not in plain
    assert words(plain) == words(re.sub(r"^#+ ", "", page, flags=re.MULTILINE).replace("**", ""))


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("cause", CAUSES)
def test_colours_change_nothing_but_marks(cause: str) -> None:
    page = cause_pages.page(cause)
    coloured = markdown_terminal.render(page, 10_000, coloured=True)
    plain = markdown_terminal.render(page, 10_000, coloured=False)

    assert ESCAPE.sub("", coloured) == re.sub(r"`([^`\n]+)`", r"\1", plain).replace(
        "<https", "https"
    ).replace(">)", ")")
    assert coloured.count("\x1b[0m") == len(ESCAPE.findall(coloured)) / 2


def test_the_part_of_markdown() -> None:
    page = (
        "# a\n\nOne\nsentence.\n\n## B\n- first\n  goes on\n- second, with `x y`\n\n"
        "    code  \n      deeper\n\n    more\n\n"
        "```sh\n- run\n# no heading\n```\n### C\ntext\n- item\n"
    )

    assert [(block.kind, block.text) for block in markdown_terminal.blocks(page)] == [
        ("title", "a"),
        ("paragraph", "One sentence."),
        ("section", "B"),
        ("item", "first goes on"),
        ("item", "second, with `x y`"),
        ("code", "code\n  deeper\n\nmore\n\n\n- run\n# no heading"),
        ("subsection", "C"),
        ("paragraph", "text"),
        ("item", "item"),
    ]


def test_what_stays_together() -> None:
    page = "# t\n\nSay (`pip config set a b`), **twice or more**, at <https://index.example/a>.\n"

    assert markdown_terminal.render(page, 24, coloured=False).splitlines() == [
        "t",
        "  Say",
        "  (`pip config set a b`),",
        "  twice or more, at",
        "  <https://index.example/a>.",
    ]
    assert "(\x1b[36mpip config set a b\x1b[0m)," in markdown_terminal.render(page, 24, coloured=True)


def test_the_layout() -> None:
    page = "# t\n\nIt is.\n\n## A\n\n- one\n- two\n  and more\n\n    run\n\n### B\n\ntext\n\n    run it\n"

    assert markdown_terminal.render(page, 80, coloured=False) == (
        "t\n  It is.\n\nA\n  - one\n  - two and more\n\n    run\n\n  B\n    text\n\n      run it\n"
    )


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("証明書です。", 6, ["証明書", "です。"]),
        ("証明書。です", 6, ["証明", "書。で", "す"]),
        ("証明「鍵」", 6, ["証明", "「鍵」"]),
        ("pip証明書", 5, ["pip証", "明書"]),
        ("un mot\u00a0: deux", 7, ["un", "mot\u00a0:", "deux"]),
        ("abcdefgh i", 4, ["abcdefgh", "i"]),
        ("", 4, []),
        ("  ", 4, []),
    ],
)
def test_where_a_row_may_end(text: str, width: int, rows: list[str]) -> None:
    assert columns.rows(columns.units(text), width) == rows


def test_a_translation_goes_block_by_block() -> None:
    asked: list[str] = []

    def translate(text: str) -> str:
        asked.append(text)
        return (
            "信頼できる認証局の一覧に、この証明書を発行した認証局がありません。「`pip`」を確認してください。"
        )

    page = "# t\n\nOne sentence\nhere.\n\n    code stays\n\n- item\n"
    shown = markdown_terminal.render(page, 30, coloured=False, translate=translate)
    rows = shown.splitlines()

    assert asked == ["One sentence here.", "item"], "a title is a name, and this code is for machines"
    assert "    code stays" in rows
    assert max(map(columns.width_of, rows)) in (29, 30), "two columns for each of these characters"
    assert not [row for row in rows if row.strip()[:1] in columns.CLOSING and row.strip()]
    assert not [row for row in rows if row and row[-1] in columns.OPENING]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("証明書", 6),
        ("ｶﾅ", 2),
        ("e\u0301", 1),
        ("a\u200bb", 2),
        ("Ａ", 2),
        ("\u00a0", 1),
        ("", 0),
    ],
)
def test_width(text: str, width: int) -> None:
    assert columns.width_of(text) == width


ANYTHING = st.text(st.characters(codec="utf-8") | st.sampled_from("\n# -`*<>。（証\u00a0"))


@given(ANYTHING, st.integers(1, 60))
def test_any_text_can_be_rendered(text: str, width: int) -> None:
    for coloured in (False, True):
        assert markdown_terminal.render(text, width, coloured=coloured).endswith("\n") or not text.strip()


@given(st.text(st.sampled_from("ab 。（証明é\u0301\u00a0")), st.integers(2, 20))
def test_rows(text: str, width: int) -> None:
    parts = columns.joined(columns.units(text))
    rows = columns.rows(columns.units(text), width)

    assert "".join("".join(rows).split()) == "".join(text.split())
    for row in rows:
        assert columns.width_of(row) <= width or row in [part.text for part in parts]


# The list


def test_list(tmp_path: Path) -> None:
    done = run_explain(tmp_path)
    rows = done.stdout.decode().splitlines()
    named = [row.split()[0] for row in rows if re.match(r"  [a-z]", row)]

    assert done.exit_code == 0
    assert not done.stderr
    assert named == list(CAUSES)
    assert "  expired               The server's certificate has expired." in rows
    assert "`pipsafe explain --log FILE`" in done.stdout.decode()
    assert max(map(len, rows)) < 80
    meanings = [row for row in rows if re.match(r"  [a-z]| {10}", row)]
    assert {len(row) - len(row[23:].lstrip()) for row in meanings} == {24}, "aligned"


def test_list_on_a_narrow_terminal(tmp_path: Path) -> None:
    done = run_explain(tmp_path, env={"COLUMNS": "40"})
    rows = done.stdout.decode().splitlines()

    assert "  expired" in rows
    assert "    The server's certificate has" in rows
    assert max(map(len, rows)) < 40


# The command


@pytest.mark.parametrize("arguments", [("expired",), ("Expired",), ("self_signed server",), ("unknown",)])
def test_a_page(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run_explain(tmp_path, *arguments)
    cause = arguments[0].lower().replace("_", "-").replace(" ", "-")

    assert done.exit_code == 0
    assert not done.stderr
    assert done.stdout.decode() == markdown_terminal.render(cause_pages.page(cause), 79, coloured=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("expird",), "there is no cause 'expird'. Close to it: expired. `pipsafe explain` lists all."),
        (("tls",), "there is no cause 'tls'"),
        (("qqqq",), "there is no cause 'qqqq'. `pipsafe explain` lists all."),
        (("expired", "revoked"), "one cause at a time"),
        (("--log",), "--log needs the name of a file"),
        (("--log=",), "--log needs the name of a file"),
        (("--json",), "--json goes with --log"),
        (("expired", "--json"), "--json goes with --log"),
        (("expired", "--log", "x"), "not both"),
        (("--verbose",), "explain has no option --verbose"),
        (("--log", "absent.log"), "the log 'absent.log' cannot be read: No such file or directory"),
        (("pip.log",), "'pip.log' is a file, no cause: `pipsafe explain --log pip.log` reads it."),
        (("with space.log",), "`pipsafe explain --log 'with space.log'` reads it."),
        (("expired", "revoked"), "explain takes one cause at a time."),
        (("99",), "there is no cause '99'."),
    ],
)
def test_usage(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    for name in ("pip.log", "with space.log"):
        (tmp_path / "home" / name).write_text("Successfully installed orders-1.0\n")
    done = run_explain(tmp_path, *arguments)

    assert done.exit_code == 2
    assert not done.stdout
    assert done.stderr.decode().startswith("pipsafe: ")
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


# What pip saw


@pytest.mark.parametrize(
    ("said", "among", "not_among"),
    [
        ("CERTIFICATE_VERIFY_FAILED", {"tls-inspection", "expired", "clock-skew"}, {"tls-protocol"}),
        ("certificate_verify_failed", {"private-ca", "hostname-mismatch"}, {"unreachable"}),
        ("certificate verify failed", {"private-ca", "hostname-mismatch"}, {"unreachable"}),
        ("19", {"tls-inspection", "private-ca"}, {"incomplete-chain", "self-signed-server"}),
        ("verify code 20", {"private-ca", "incomplete-chain"}, {"self-signed-server", "expired"}),
        ("10", {"expired", "clock-skew"}, {"private-ca"}),
        ("62", {"hostname-mismatch"}, {"expired"}),
        ("85", {"strict-x509"}, {"private-ca"}),
        ("unable to get local issuer certificate", {"private-ca", "incomplete-chain"}, {"expired"}),
        ("Self-signed certificate in certificate chain", {"tls-inspection"}, {"incomplete-chain"}),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", {"proxy-problem"}, {"expired"}),
        ("UNEXPECTED_EOF_WHILE_READING", {"tls-protocol"}, {"private-ca"}),
        ("EE_KEY_TOO_SMALL", {"weak-crypto"}, {"tls-protocol"}),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1)",
            {"expired"},
            {"private-ca"},
        ),
        ("x509: certificate signed by unknown authority", {"private-ca"}, {"expired"}),
    ],
)
def test_the_causes_of_what_was_seen(said: str, among: set[str], not_among: set[str]) -> None:
    found = seen_words.causes_of(said)

    assert among <= set(found) <= set(CAUSES)
    assert not_among.isdisjoint(found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("said", ["", "0", "99", "999999", "expird", "tls", "hello world", "-", "cert"])
def test_what_nobody_saw(said: str) -> None:
    assert seen_words.causes_of(said) == ()


@pytest.mark.parametrize("code", sorted(verifier_words.OPENSSL))
def test_a_code_and_its_words_have_the_same_causes(code: int) -> None:
    words = re.sub(r"\(\?:([^()|]*)[^()]*\)\??|\[- \]\?|\|.*", r"\1", verifier_words.OPENSSL[code])
    by_code = seen_words.causes_of(str(code))

    assert not by_code or by_code == seen_words.causes_of(words)


@given(ANYTHING)
def test_any_words(said: str) -> None:
    assert set(seen_words.causes_of(said)) <= set(CAUSES)


@pytest.mark.parametrize(
    "arguments", [("Certificate_Verify_Failed",), ("19",), ("unable to get", "local issuer certificate")]
)
def test_what_pip_saw(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run_explain(tmp_path, *arguments)
    said = done.stdout.decode()

    assert done.exit_code == 0
    assert not done.stderr
    assert said.startswith("That is what pip saw; it has several causes:\n\n  tls-inspection ")
    assert said.endswith("\n\n`pipsafe doctor` finds out which. `pipsafe explain CAUSE` says more of each.\n")
    assert max(map(len, said.splitlines())) < 80


def test_what_has_one_cause(tmp_path: Path) -> None:
    said = run_explain(tmp_path, "23").stdout.decode()

    assert said.startswith("That is what pip saw; it has this cause:\n")
    assert " ".join(said.split()).endswith("`pipsafe explain revoked` says more.")


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("expired", "--help"), ("--help", "--log")])
def test_help(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run_explain(tmp_path, *arguments)

    assert done.exit_code == 0
    assert done.stdout.decode().startswith("Usage: pipsafe explain [CAUSE]\n")
    assert max(map(len, done.stdout.decode().splitlines())) < 80


def test_pips_own_words_are_left_to_pip(tmp_path: Path) -> None:
    """Only a first word that is exactly this is ours: pip may have a requirement of the name."""
    environment = clean_environment(tmp_path / "home")
    done = run(
        [sys.executable, "-m", "pipsafe", "install", "--dry-run", "explain", "--no-index"], environment
    )

    assert b"What this machine trusts" not in done.stdout
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["terminal", "NO_COLOR", "dumb"],
)
def test_on_a_terminal(
    variables: dict[str, str],
    coloured: bool,  # noqa: FBT001 a row of the table
    tmp_path: Path,
) -> None:
    environment = clean_environment(tmp_path / "home", **{"TERM": "xterm", **variables})
    done = run_on_pty([sys.executable, "-m", "pipsafe", "explain", "private-ca"], environment, columns=60)
    text = done.output.decode().replace("\r\n", "\n")

    assert done.exit_code == 0
    assert text == markdown_terminal.render(cause_pages.page("private-ca"), 59, coloured=coloured)
    assert ("\x1b" in text) is coloured


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path / "home")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipsafe", "explain", "private-ca"],
            check=False,
            env=environment,
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=60,
        )
    finally:
        os.close(writing)

    assert done.returncode == 0
    assert not done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    done = run_explain(tmp_path, "expired", env={"PYTHONIOENCODING": encoding})

    assert done.exit_code == 0
    assert "What it means" in done.stdout.decode(encoding)


def in_a_zip(folder: Path) -> Path:
    packed = folder / "pipsafe.zip"
    root = Path(pipsafe.__file__).parent
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".md"):
                archive.write(path, Path("pipsafe") / path.relative_to(root))
    return packed


def test_from_a_zip(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(in_a_zip(tmp_path))!r}); import pipsafe.explain as it; "
        "assert '.zip' in it.__file__; it.main(['weak-crypto']); it.main([])"
    )
    done = run([sys.executable, "-I", "-S", "-c", code], clean_environment(tmp_path / "home"))

    assert done.exit_code == 0, done.text
    assert done.stdout.decode().startswith("weak-crypto\n")
    assert "clock-skew" in done.stdout.decode()


def test_a_page_costs_little() -> None:
    """46 ms where Python alone takes 10; what would make it slow is not there."""
    code = "import sys; from pipsafe import explain; explain.main(['expired']); print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    loaded = set(done.stdout.splitlines()[-1].split())

    assert "pipsafe.messages.markdown_terminal" in loaded
    assert loaded.isdisjoint(
        ("ssl", "socket", "subprocess", "json", "difflib", "argparse", "packaging", "gettext")
    )
    assert {name for name in loaded if name.startswith("pipsafe.")} == {
        "pipsafe.messages",
        "pipsafe.messages.cause_pages",
        "pipsafe.messages.columns",
        "pipsafe.explain",
        "pipsafe.language",
        "pipsafe.language.catalogues",
        "pipsafe.language.reader",
        "pipsafe.language.text",
        "pipsafe.messages.markdown_terminal",
        "pipsafe.own_options",
        "pipsafe.messages.standard_output",
        "pipsafe.messages.terminal",
        "pipsafe.messages.typed",
    }


OPTIONS: Mapping[tuple[str, ...], explain.Question] = {
    (): explain.Question(),
    ("expired",): explain.Question("expired"),
    ("--log", "-"): explain.Question(log="-"),
    ("--log=-", "--json"): explain.Question(log="-", as_json=True),
    ("--json", "--log", "a b.log"): explain.Question(log="a b.log", as_json=True),
    ("--log", "--json"): explain.Question(log="--json"),
    ("--log=a=b",): explain.Question(log="a=b"),
    ("--log", "x", "-h"): explain.Question(wants_help=True),
}


@pytest.mark.parametrize("arguments", OPTIONS)
def test_the_command_line(arguments: tuple[str, ...]) -> None:
    assert explain.read(arguments) == OPTIONS[arguments]


@given(st.lists(st.sampled_from(["expired", "x", "--log", "--json", "-", "--", "-h", "--log=", "", "\0"])))
def test_any_command_line_is_read_or_refused(arguments: list[str]) -> None:
    try:
        question = explain.read(arguments)
    except UsageError:
        return
    assert not (question.cause and question.log)


def names() -> Iterator[str]:
    for group in cause_pages.GROUPS.values():
        yield from group


def test_the_groups_have_each_cause_once() -> None:
    assert sorted(names()) == sorted(diagnosis.CAUSES)
