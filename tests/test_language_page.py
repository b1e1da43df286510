"""Doctor's page and note in languages with longer words, and with wide ones: their columns are columns."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from babel.messages.extract import extract

from pipsafe import doctor
from pipsafe.checkup import grid, page, ticket
from pipsafe.checkup.result import Result
from pipsafe.checkup.waiting import Waiting
from pipsafe.findings import Remedy
from pipsafe.language import catalogues, reader
from pipsafe.language.text import Look, as_it_is, said, text
from pipsafe.messages import terminal
from pipsafe.messages.columns import joined, units, width_of
from pipsafe.messages.terminal import Line
from pipsafe.origin import Origin
from pipsafe.pip_settings.settings import Contact
from pipsafe.probes.asked import Trust
from pipsafe.remedy import Plan
from pipsafe.trust.anchors import Candidate, PassedOver, Search, Store
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import parse
from tests.checkups import FILES, INDEX, ROOT, UNKNOWN, diagnosed, looked_at, refused, result_of
from tests.lab.tool import by_path
from tests.test_terminal import to_pipe

KEYWORDS: Mapping[str, tuple[int, ...] | None] = by_path("catalogues").KEYWORDS

# Languages


def _changed(template: str, change: Callable[[str], str]) -> str:
    """All of it but its placeholders."""
    pieces = re.split(r"(\{[^}]*\})", template)
    return "".join(piece if piece.startswith("{") else change(piece) for piece in pieces)


def longer(template: str, plural: str | None, number: int) -> str:
    """Every word twice."""
    return _changed(
        as_it_is(template, plural, number), lambda piece: re.sub(r"[A-Za-z]+", r"\g<0>\g<0>", piece)
    )


def wide(template: str, plural: str | None, number: int) -> str:
    """Wide letters, and no blanks between words."""

    def changed(piece: str) -> str:
        return re.sub(r"[!-~]", lambda found: chr(ord(found[0]) + 0xFEE0), piece).replace(" ", "")

    return _changed(as_it_is(template, plural, number), changed)


of_each = pytest.mark.parametrize("look", [as_it_is, longer, wide])

# Pages

SYSTEM = Source("system", "the system store", "/etc/ssl/certs/ca-certificates.crt")
NODE = Source("configured", "NODE_EXTRA_CA_CERTS", "/corp/node.pem")
OPEN = Source("configured", "CURL_CA_BUNDLE", "/corp/open.pem")
FOUND = Candidate(parse(ROOT.der), NODE)
PLAN = Plan(
    "bundle", (FOUND.anchor,), (), NODE, Trust(file="<bundle>"), {"PIP_CERT": "<bundle>"}, base="present"
)
CURE = Remedy(PLAN, {"PIP_CERT": "/gone/ca.pem"}, ("install",), "/gone/ca.pem")
LONG = Origin("https", "a-name-that-is-much-too-long-for-the-table.example", 443)
PLAIN = Contact(Origin("http", "plain.example", 80), "index", "http://plain.example/")
UNASKED = Contact(Origin("https", "last.example", 443), "index", "https://last.example/")


def cured(env: Mapping[str, str]) -> Result:
    return result_of(
        looked_at(
            {
                **env,
                "NODE_EXTRA_CA_CERTS": NODE.path,
                "PIP_EXTRA_INDEX_URL": "http://plain.example/",
                "PIP_TIMEOUT": "20",
                "https_proxy": "http://proxy.example:3128",
                "PIPSAFE_STRIKT": "1",
            }
        ),
        refused(),
        diagnosed(FILES, leg="file", proxy="http://proxy.example:3128"),
        refused(LONG),
        search=Search(
            candidates=(FOUND,),
            passed_over=(PassedOver(OPEN, text("others can write it")),),
            stores=(Store(SYSTEM, 140, ()), Store(NODE, 1, (text("has a damaged certificate"),))),
        ),
        accepted={str(INDEX): (FOUND,)},
        remedy=CURE,
        unasked=(UNASKED,),
        waiting=(Waiting("Waiting Root", Source("provisioned", "x", "/corp/ca.crt", merge="/sbin/merge")),),
    )


def opened(env: Mapping[str, str]) -> Result:
    around = looked_at({**env, "PIP_TRUSTED_HOST": "index.example", "GIT_SSL_NO_VERIFY": "1"})
    return result_of(around, refused(), diagnosed(FILES, leg="file", system=UNKNOWN))


def named(env: Mapping[str, str]) -> Result:
    return result_of(looked_at(env), diagnosed(), typed=(PLAIN,))


PAGES = (cured, opened, named)


def rendered(lines: Iterable[Line], look: Look, columns: int) -> list[str]:
    return [row for line in lines for row in _rows(line, look, columns)]


def _rows(line: Line, look: Look, columns: int) -> list[str]:
    return terminal._render(line, look, columns, coloured=False).split("\n")


# Columns


def starts(row: str) -> list[int]:
    """Where the cells of a row begin."""
    return [width_of(row[: found.start()]) for found in re.finditer(r"(?:(?<=  )|^)(?! )", row)]


@of_each
def test_the_table_has_columns(look: Look, env: dict[str, str]) -> None:
    result = cured(env)
    rows = [str(said(line.text, look)) for line in grid.lines(result)]
    head, index, files, name, *_ = rows
    unlabelled = rows[4]

    assert name == LONG.host
    assert starts(head) == starts(index) == starts(files)
    assert starts(head)[1:] == starts(unlabelled)
    assert len(starts(head)) == 1 + len(result.stores) + 1
    assert max(map(width_of, rows[:5])) < terminal.WIDEST


@of_each
@pytest.mark.parametrize("columns", [60, 99])
def test_settings_stand_beside_their_names(look: Look, columns: int, env: dict[str, str]) -> None:
    result = cured(env)
    lines = page.lines(result)
    begin = next(at for at, line in enumerate(lines) if line.text.startswith("Settings in force")) + 1
    pairs = lines[begin : begin + 2 * len(result.effects)]
    short = [line for line in pairs if width_of(line.lead) <= 2 + page.WIDEST_NAME]
    (column,) = {width_of(line.lead) + 1 for line in short}

    assert len(short) > len(result.effects)
    for line in short:
        first, *others = _rows(line, look, columns)
        beside = first.removeprefix(line.lead).removeprefix(" ")
        assert width_of(first) - width_of(beside) == column
        assert beside[0] != " "
        assert all(row[:column].isspace() and row[column] != " " for row in others)


@of_each
@pytest.mark.parametrize("shown", PAGES)
@pytest.mark.parametrize("columns", [60, 99])
def test_no_row_is_wider_than_the_page(
    look: Look, shown: Callable[[Mapping[str, str]], Result], columns: int, env: dict[str, str]
) -> None:
    """But for what has no blank at which it could be broken."""
    for line in page.lines(shown(env)):
        if line.verbatim:
            continue
        whole = str(said(line.text, look))
        longest = max([width_of(part.text) for part in joined(units(whole))], default=0)
        lead = str(said(terminal.LEADS.get(line.lead, line.lead), look))
        limit = max(columns, width_of(lead) + 1 + longest)
        assert [row for row in _rows(line, look, columns) if width_of(row) > limit] == []


@of_each
def test_the_note_has_columns(look: Look, env: dict[str, str]) -> None:
    result = cured(env)
    rows = ticket.note(result, look).splitlines()
    values = {
        "2025-06-01 12:30 UTC": (ticket.SEEN, ticket.BY, ticket.WITH),
        str(INDEX): (ticket.SERVER, ticket.WAY, ticket.CAUSE, ticket.PRODUCT),
    }

    for value, labels in values.items():
        row = next(row for row in rows if row.endswith(f" {value}"))
        at = width_of(row.removesuffix(value))
        assert at - max(width_of(label.said(look)) for label in labels) in (1, 2)
        below = rows[rows.index(row) + 1]
        assert below.split()[0] in [label.said(look) for label in labels]
        assert cut(below, at)[0].endswith(" ")
        assert not cut(below, at)[1].startswith(" ")
    names = [name.said(look) for name in ticket.STORES.values()]
    verdicts = [row for row in rows if row.startswith(tuple(names))]
    assert len(verdicts) >= 3
    for row in verdicts:
        before, after = cut(row, max(map(width_of, names)) + 2)
        assert before.rstrip() in names
        assert not after.startswith(" ")


def cut(row: str, column: int) -> tuple[str, str]:
    """What stands before that column, and what begins there."""
    at = next(at for at in range(len(row) + 1) if width_of(row[:at]) >= column)
    return row[:at], row[at:]


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", wide), ("ascii", as_it_is)])
def test_a_stream_that_lacks_the_letters_has_english_columns(
    encoding: str, expected: Look, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = grid.lines(cured(env))
    monkeypatch.setattr(catalogues, "look", lambda name, _=None: as_it_is if name == reader.ENGLISH else wide)
    shown = to_pipe(*lines, encoding=encoding, environ={"PIPSAFE_LANG": "zh_CN"})

    assert shown.splitlines() == [str(said(line.text, expected)) for line in lines]


# Nothing is left in English

OTHERS_WORDS = re.compile(
    r"`[^`]*`|[!-~]*[/.=@:][!-~]*|[0-9a-f]{64}|SHA-256|\b[A-Z0-9_]{2,}\b|--[\w-]+", re.ASCII
)
"""Commands, paths, hosts, variables, options."""

NAMES = frozenset(
    [
        *("pip", "Python", "pipsafe", "certifi", "system", "linux", "private-ca", "find-links"),
        *("index-url", "extra-index-url", "trusted-host", "timeout", "text", "30 Jan"),
        *("OpenSSL", "Waiting Root", "Example Corporate Root", "Example Org"),
        # What the values of tests.checkups have as it is.
        *("unable to get local issuer certificate", "named by", "today's public CAs", "the system store"),
    ]
)
"""What stays as it is in every language."""


def left(words: str) -> list[str]:
    """What is left of English when names and others' words are gone."""
    for name in sorted(NAMES, key=len, reverse=True):
        words = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", words, flags=re.ASCII)
    return re.findall("[A-Za-z]{2,}", OTHERS_WORDS.sub(" ", words))


@pytest.mark.parametrize("shown", PAGES)
def test_all_of_a_page_is_translated(
    shown: Callable[[Mapping[str, str]], Result], env: dict[str, str]
) -> None:
    told = [str(said(line.text, wide)) for line in page.lines(shown(env))]
    assert [words for words in told if left(words)] == []


@pytest.mark.parametrize("shown", PAGES)
def test_all_of_a_note_is_translated(
    shown: Callable[[Mapping[str, str]], Result], env: dict[str, str]
) -> None:
    note, *_ = ticket.note(shown(env), wide).partition("<details>")
    assert [words for words in note.splitlines() if left(words)] == []


# A sentence of three words is one that somebody reads.
SENTENCE = re.compile(r"[A-Za-z]+ [a-z]+ [a-z]+")

UNREAD = frozenset({"holds no certificate", "is not there"})
"""What only the report has."""


def plain_sentences(source: str) -> Iterator[str]:
    """Literals that nobody can translate: in no call of `text` or `counted`, and no docstrings."""
    tree = ast.parse(source)
    taken = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS
        for argument in node.args
        for inner in ast.walk(argument)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            taken.update(id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Constant))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in taken:
            yield from [node.value] * bool(SENTENCE.search(node.value))


SOURCES = [Path(doctor.__file__), *sorted(Path(page.__file__).parent.glob("*.py"))]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_sentence_can_be_translated(source: Path) -> None:
    assert set(plain_sentences(source.read_text(encoding="utf-8"))) - UNREAD == set()


def templates(source: str) -> Iterator[str | tuple[str, ...]]:
    """Those of all calls that there are."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            literals = [item.value for item in node.args if isinstance(item, ast.Constant)]
            words = tuple(literal for literal in literals if isinstance(literal, str))
            yield words[:2] if node.func.id == "counted" else words[0]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_template_is_in_the_catalogue(source: Path) -> None:
    """The extraction reads tokens: it sees no call within an f-string."""
    with source.open("rb") as stream:
        found = {words for _, words, *_ in extract("python", stream, keywords=KEYWORDS)}
    assert found == set(templates(source.read_text(encoding="utf-8")))
