"""Languages: who reads what, how a sentence is said in another one, and that the catalogues are whole."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from hypothesis import given
from hypothesis import strategies as st

from pipsafe.language import catalogues, reader
from pipsafe.language.text import (
    Text,
    as_it_is,
    both,
    counted,
    either,
    enumerated,
    joined,
    of_error,
    said,
    sentences,
    text,
)
from pipsafe.messages import ci_systems, columns, markdown_terminal, terminal
from pipsafe.messages.terminal import Line
from tests.lab.tool import by_path

if TYPE_CHECKING:
    from tools import catalogues as tool
else:
    tool = by_path("catalogues")

# Which language


READERS = [
    ({}, "en"),
    ({"LANG": "de_DE.UTF-8"}, "de"),
    ({"LANG": "de_AT"}, "de"),
    ({"LANG": "fr_CA.UTF-8@euro"}, "fr"),
    ({"LANG": "ru"}, "ru"),
    ({"LANG": "zh_CN.GB18030"}, "zh_CN"),
    ({"LANG": "zh_SG.UTF-8"}, "zh_CN"),
    ({"LANG": "zh-Hans-CN"}, "zh_CN"),
    ({"LANG": "zh_TW.UTF-8"}, "en"),
    ({"LANG": "zh_HK"}, "en"),
    ({"LANG": "pt_BR.UTF-8"}, "en"),
    ({"LANG": "C.UTF-8"}, "en"),
    ({"LANG": "POSIX"}, "en"),
    ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "fr"),
    ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8", "LC_ALL": "ru_RU.UTF-8"}, "ru"),
    ({"LANG": "de_DE.UTF-8", "LC_ALL": ""}, "de"),
    ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
    ({"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
    ({"LANG": "de_DE.UTF-8", "LANGUAGE": "pt:fr:ru"}, "fr"),
    ({"LANG": "de_DE.UTF-8", "LANGUAGE": "en_GB:fr"}, "en"),
    ({"LANG": "de_DE.UTF-8", "LANGUAGE": "pt:es"}, "de"),
    ({"LANG": "C", "LANGUAGE": "fr"}, "en"),
    ({"LANGUAGE": "fr"}, "en"),
    ({"LANG": "de_DE.UTF-8", "PIPSAFE_LANG": "ru"}, "ru"),
    ({"LANG": "de_DE.UTF-8", "PIPSAFE_LANG": "en"}, "en"),
    ({"LANG": "de_DE.UTF-8", "PIPSAFE_LANG": ""}, "de"),
    ({"LANG": "de_DE.UTF-8", "PIPSAFE_LANG": "zh-CN"}, "zh_CN"),
    ({"LANG": "C", "PIPSAFE_LANG": "fr_FR.UTF-8"}, "fr"),
    ({"LANG": "de_DE.UTF-8", "PIPSAFE_LANG": "../../etc"}, "de"),
]


@pytest.mark.parametrize(("environ", "language"), READERS, ids=str)
def test_who_reads_what(environ: dict[str, str], language: str) -> None:
    assert reader.language(environ) == language


@given(st.text())
def test_any_name_of_a_language(name: str) -> None:
    """What comes out is one of ours: it becomes part of a file's name."""
    assert reader.known(name) in (*reader.LANGUAGES, None)
    assert reader.language({"PIPSAFE_LANG": name, "LANG": name, "LANGUAGE": name}) in reader.LANGUAGES


# Sentences


def reversing(template: str, plural: str | None, number: int) -> str:
    """A language in which placeholders come in another order and words are capitals."""
    pieces = re.split(r"(\{[^}]*\})", as_it_is(template, plural, number))
    return "".join(piece if piece.startswith("{") else piece.upper() for piece in pieces)


def test_a_text_is_english_and_remembers() -> None:
    made = text("{origin} ends in {label!r}", origin="https://index.example", label="Corp {x} Root")

    assert made == "https://index.example ends in 'Corp {x} Root'"
    assert json.dumps([made]) == "[\"https://index.example ends in 'Corp {x} Root'\"]"
    assert made.said(reversing) == "https://index.example ENDS IN 'Corp {x} Root'"
    assert said("a plain str", reversing) == "a plain str"
    assert said(7, reversing) == 7


def test_texts_within_texts() -> None:
    inner = text("the system store")
    made = sentences(
        text("It is in {place}.", place=inner), "", counted("{count} file.", "{count} files.", 2)
    )

    assert made == "It is in the system store. 2 files."
    assert made.said(reversing) == "IT IS IN THE SYSTEM STORE. 2 FILES."
    assert text("braces {stay}").said(reversing) == "BRACES {stay}"
    assert text("of {x}").filled(x=inner).said(reversing) == "OF THE SYSTEM STORE"


@pytest.mark.parametrize(
    ("number", "english"),
    [(0, "0 servers are"), (1, "1 server is"), (2, "2 servers are"), (21, "21 servers are")],
)
def test_numbers(number: int, english: str) -> None:
    made = counted("{count} server is", "{count} servers are", number)

    assert made == english
    assert made.said(reversing) == english.upper()


def test_the_language_decides_on_the_plural() -> None:
    asked: list[tuple[str, str | None, int]] = []

    def look(template: str, plural: str | None, number: int) -> str:
        asked.append((template, plural, number))
        return "{count} X"

    assert counted("{count} a", "{count} b", 21).said(look) == "21 X"
    assert asked == [("{count} a", "{count} b", 21)]


def test_things_in_a_row() -> None:
    things = ["a", text("the b"), "c"]

    assert enumerated(things) == "a, the b, c"
    assert both(things) == "a, the b and c"
    assert both(["a"]) == "a"
    assert either(iter(things)) == "a, the b or c"
    assert either(["a"]) == "a"
    assert both(things).said(reversing) == "a, THE B AND c"
    assert joined(things, "/").said(reversing) == "a/THE B/c"


def test_what_an_error_was_raised_with() -> None:
    assert of_error(ValueError(text("no {x}", x=1))).__class__ is Text
    assert of_error(OSError(2, "gone")) == "[Errno 2] gone"
    assert of_error(ValueError()) == ""


# Catalogues


TRANSLATED = [(language, domain) for language in tool.TRANSLATED for domain in tool.DOMAINS]
of_each = pytest.mark.parametrize(("language", "domain"), TRANSLATED, ids=str)


@cache
def template(domain: str) -> Catalog:
    return tool.extracted(domain)


@cache
def translations(language: str, domain: str) -> Catalog:
    return tool.read(language, domain)


def forms(message: Message) -> Iterator[tuple[str, str]]:
    """Each translation, with the template that it is of: of plurals with the one that is for many."""
    english = message.id if isinstance(message.id, str) else message.id[-1]
    told = (message.string,) if isinstance(message.string, str) else message.string or ()
    yield from ((english, form) for form in told)


@of_each
def test_a_catalogue_is_complete(language: str, domain: str) -> None:
    """`python -m tools.catalogues` brings it up to date; the translations are people's work."""
    wanted = {message.id for message in tool.messages(template(domain))}
    found = {message.id for message in tool.messages(translations(language, domain))}

    assert found == wanted
    left = [item.id for item in tool.messages(translations(language, domain)) if not tool.is_translated(item)]
    assert left == []


@of_each
def test_what_has_to_stay_stays(language: str, domain: str) -> None:
    """Placeholders, code, options, variables and links are the same in every language."""
    for message in tool.messages(translations(language, domain)):
        for english, form in forms(message):
            if domain == catalogues.MESSAGES:
                names = tool.placeholders(english)
                missing = names - tool.placeholders(form)
                # "one" may do without its number
                assert tool.placeholders(form) <= names, form
                assert missing <= ({"count!:"} if isinstance(message.id, tuple) else set()), form
            assert tool.fixed(form) == tool.fixed(english), form
            assert english.startswith(" ") == form.startswith(" ") or language == "zh_CN", form


@pytest.mark.parametrize("language", tool.TRANSLATED)
def test_code_is_not_translated(language: str) -> None:
    """But its comments are."""
    for message in tool.messages(translations(language, catalogues.EXPLANATIONS)):
        assert isinstance(message.id, str)
        if "\n" not in message.id:
            continue
        assert isinstance(message.string, str)
        pairs = list(zip(message.id.splitlines(), message.string.splitlines(), strict=True))
        for english, other in pairs:
            if english.lstrip().startswith(markdown_terminal.COMMENTS):
                assert other.split()[0] == english.split()[0]
            else:
                assert other == english


@of_each
def test_what_runs_is_what_was_translated(language: str, domain: str) -> None:
    data = tool.compiled(language, domain).read_bytes()

    assert data == tool.mo(translations(language, domain))
    assert len(read_mo(io.BytesIO(data))) == len(translations(language, domain))


LETTERS = {"fr": "[éèàçêîôû]", "de": "[äöüß]", "ru": "[а-я]", "zh_CN": "[\u4e00-\u9fff]"}


@of_each
def test_it_is_that_language(language: str, domain: str) -> None:
    """A catalogue under a wrong name would be complete all the same."""
    catalogue = translations(language, domain)
    every = " ".join(form for message in tool.messages(catalogue) for _, form in forms(message))
    of_others = [name for name, letters in LETTERS.items() if name != language and name in ("ru", "zh_CN")]

    assert len(re.findall(LETTERS[language], every)) > 100
    assert not [name for name in of_others if re.search(LETTERS[name], every)]


def test_a_damaged_catalogue_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = [b"", b"no catalogue", b"\xde\x12\x04\x95" + b"\xff" * 40, b"\xde\x12\x04\x95" + b"\0" * 40]
    for data in damaged:
        monkeypatch.setattr("pkgutil.get_data", lambda *_, data=data: data)
        assert catalogues.look.__wrapped__("de")("note:", None, 0) == "note:"


# On a terminal


class Stream(io.StringIO):
    """A stream with an encoding, and a terminal's width or none."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


@pytest.mark.parametrize(
    ("language", "encoding", "is_english"),
    [
        ("de", "utf-8", False),
        ("ru", "utf-8", False),
        ("ru", "koi8-r", False),
        ("ru", "ascii", True),
        ("ru", "cp1252", True),
        ("zh_CN", "gbk", False),
        ("zh_CN", "latin-1", True),
        ("en", "ascii", True),
    ],
)
def test_letters_that_the_encoding_lacks(language: str, encoding: str, *, is_english: bool) -> None:
    """Better English than a row of question marks."""
    stream = Stream(encoding)
    sentence = text("pip succeeded with that. Verification stayed on.")
    terminal.write([Line("note:", sentence, "note")], stream, {"PIPSAFE_LANG": language})

    shown = stream.getvalue()
    assert (shown == f"note: {sentence}\n") is is_english
    assert is_english or sentence.said(catalogues.look(language)) in shown
    assert "?" not in shown


@pytest.mark.parametrize(
    ("language", "encoding", "shown"),
    [("de", "latin-1", '"X"'), ("de", "utf-8", "„X“"), ("ru", "koi8-r", '"X"'), ("ru", "cp866", '"X"')],
)
def test_signs_that_the_encoding_lacks(language: str, encoding: str, shown: str) -> None:
    """Quotation marks and dashes are no reason for another language."""
    stream = Stream(encoding)
    terminal.write([Line("note:", text('"{name}"', name="X"), "note")], stream, {"PIPSAFE_LANG": language})

    lead = text("note:").said(catalogues.look(language))
    assert stream.getvalue() == f"{lead} {shown}\n"


def test_an_annotation_that_the_encoding_lacks() -> None:
    stream = Stream("ascii")
    title = ci_systems.TITLES["unremedied"]
    terminal.write_command(
        lambda language: title.said(catalogues.look(language)), stream, {"PIPSAFE_LANG": "ru"}
    )

    assert stream.getvalue() == f"{title}\n"


def test_what_strangers_wrote_is_changed_and_nothing_else() -> None:
    made = text("{where}: {url} is odd", where=text("the file {name}", name="a"), url="https://u:p@h/")
    hidden = made.changed(lambda value: value.replace("u:p", "****"))

    assert hidden == "the file a: https://****@h/ is odd"
    assert hidden.said(reversing) == "THE FILE a: https://****@h/ IS ODD"


def test_a_name_that_the_encoding_lacks_is_no_reason_for_english() -> None:
    stream = Stream("latin-1")
    told = text("{name}: a fault", name="证书")
    terminal.write([Line("", told)], stream, {"PIPSAFE_LANG": "fr"})

    assert stream.getvalue().startswith("??")


@given(st.text(st.characters(blacklist_categories=["Cs"])), st.integers(30, 99))
def test_no_row_is_wider_than_the_terminal(words: str, width: int) -> None:
    rows = terminal._render(Line("note:", words), as_it_is, width, coloured=False).splitlines()
    parts = columns.joined(columns.units(terminal.printable(words)))
    longest = max([part.width for part in parts], default=0)

    assert all(columns.width_of(row) <= max(width, longest + len("note: ")) for row in rows)


# The whole


def _said(language: str, *arguments: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipsafe", *arguments],
        env={**os.environ, "PIPSAFE_LANG": language, "PYTHONIOENCODING": "utf-8", **environ},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("language", tool.TRANSLATED)
@pytest.mark.parametrize(
    "arguments",
    [
        ("explain",),
        ("explain", "private-ca"),
        ("explain", "--help"),
        ("doctor", "--help"),
        ("persist", "--help"),
    ],
    ids=" ".join,
)
def test_a_page_is_in_the_language(language: str, arguments: tuple[str, ...]) -> None:
    shown, english = _said(language, *arguments), _said("en", *arguments)

    assert len(re.findall(LETTERS[language], shown)) > 5
    assert not re.search(r"\b(?:the|which|says|means)\b", shown.replace("`", ""))
    assert re.search(r"\b(?:the|which|says|means)\b", english)


@pytest.mark.parametrize("language", tool.TRANSLATED)
def test_an_error_on_the_command_line(language: str) -> None:
    shown = _said(language, "explain", "qqqq")

    assert "`pipsafe explain`" in shown
    assert "there is no cause" not in shown


def test_the_report_stays_english(tmp_path: Path) -> None:
    log = tmp_path / "pip.log"
    log.write_text(
        "WARNING: Retrying after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: "
        "CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate in certificate chain "
        "(_ssl.c:1129)'))': /simple/orders/\n"
        "ERROR: Could not find a version that satisfies the requirement orders (from versions: none)\n",
        encoding="utf-8",
    )

    asked = ("explain", "--log", str(log))
    assert _said("ru", *asked, "--json") == _said("en", *asked, "--json")
    assert _said("ru", *asked) != _said("en", *asked)
