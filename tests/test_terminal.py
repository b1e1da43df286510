"""Lines on the user's terminal: width, colours, characters, and a reader that goes away."""

from __future__ import annotations

import fcntl
import io
import os
import select
import struct
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipsafe.messages import columns, terminal
from pipsafe.messages.terminal import COLOURS, NARROWEST, WIDEST, Line, printable

LONG = "The certificate of https://index.example:443 comes from a private CA that no public list has. " * 4
LINES = (
    Line("pipsafe:", "private-ca", "error"),
    Line("×", LONG, "error"),
    Line("│", "and more", "error"),
    Line("╰─>", "the end", "error"),
    Line("   ", "SHA-256 " + "ab" * 80, verbatim=True),
    Line("", "no lead"),
)


def to_pipe(
    *lines: Line, encoding: str = "utf-8", environ: Mapping[str, str] | None = None, mid_line: bool = False
) -> str:
    """What is written where nobody looks."""
    kept = io.BytesIO()
    stream = io.TextIOWrapper(kept, encoding=encoding)
    terminal.write(lines, stream, environ or {}, mid_line=mid_line)
    return kept.getvalue().decode(encoding)


@contextmanager
def pseudo_terminal(columns: int, encoding: str = "utf-8") -> Iterator[tuple[int, TextIO]]:
    master, slave = os.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with os.fdopen(slave, "w", encoding=encoding, newline="") as stream:
            yield master, stream
    finally:
        os.close(master)


def to_terminal(
    *lines: Line, columns: int = 80, environ: Mapping[str, str] | None = None, encoding: str = "utf-8"
) -> str:
    """What is written on a terminal of so many columns."""
    with pseudo_terminal(columns, encoding) as (master, stream):
        terminal.write(lines, stream, environ or {"TERM": "xterm"})
        print(end="\0", file=stream, flush=True)
        written = b""
        # The kernel hands over what it has so far.
        while not written.endswith(b"\0"):
            assert select.select([master], [], [], 30)[0], written
            written += os.read(master, 1 << 16)
        return written[:-1].decode(encoding).replace("\r\n", "\n")


def bare(text: str) -> str:
    for colour in COLOURS.values():
        text = text.replace(f"\x1b[{colour}m", "")
    return text.replace("\x1b[0m", "")


# Width


def test_a_log_is_not_wrapped() -> None:
    assert to_pipe(Line("×", LONG, "error")) == f"× {LONG.rstrip()}\n"


@pytest.mark.parametrize("columns", [40, 60, 80, 101, 200, 500])
def test_a_terminal_is_wrapped(columns: int) -> None:
    rows = bare(to_terminal(Line("hint:", LONG, "hint"), columns=columns)).splitlines()

    assert max(map(len, rows)) <= min(columns - 1, WIDEST)
    assert rows[0].startswith("hint: The certificate")
    assert all(row.startswith("      ") and row[6] != " " for row in rows[1:])
    assert " ".join(" ".join(rows).split()) == f"hint: {LONG.strip()}"


def test_a_terminal_too_narrow_to_wrap_for() -> None:
    rows = bare(to_terminal(Line("×", LONG), columns=5)).splitlines()

    assert NARROWEST - 12 < max(map(len, rows)) <= NARROWEST


def test_a_terminal_that_does_not_know_its_width() -> None:
    rows = bare(to_terminal(Line("×", LONG), columns=0)).splitlines()

    assert NARROWEST < max(map(len, rows)) <= WIDEST


def test_long_words_stay_whole() -> None:
    """A path or a URL is there to be copied."""
    url = "https://index.example/" + "x" * 150

    assert url in bare(to_terminal(Line("hint:", f"look at {url} now"), columns=60))


def test_hyphens_are_no_place_to_break() -> None:
    text = bare(to_terminal(Line("hint:", "name the file with --pipsafe-ca " * 5), columns=44))

    assert text.count("--pipsafe-ca") == 5


def test_what_is_to_be_copied_is_not_wrapped() -> None:
    verbatim = "chain     0: CN=index.example,  O=Example    Org " + "x" * 150

    assert to_terminal(Line("   ", verbatim, verbatim=True), columns=60) == f"    {verbatim}\n"


# Colours


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_on_a_terminal(environ: Mapping[str, str], coloured: bool) -> None:  # noqa: FBT001
    assert ("\x1b[" in to_terminal(*LINES, environ=environ or {"X": ""})) is coloured


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [({}, False), ({"TERM": "xterm"}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": ""}, False)],
)
def test_colours_in_a_log(environ: Mapping[str, str], coloured: bool) -> None:  # noqa: FBT001
    assert ("\x1b[" in to_pipe(*LINES, environ=environ)) is coloured


@pytest.mark.parametrize("tone", COLOURS)
def test_only_the_lead_is_coloured(tone: str) -> None:
    text = to_pipe(Line("note:", "some words", tone), environ={"FORCE_COLOR": "1"})

    lead = f"\x1b[{COLOURS[tone]}m" + "note:" + "\x1b[0m" if tone else "note:"
    assert text == f"{lead} some words\n"


# Characters


def test_marks() -> None:
    assert to_pipe(*LINES[1:4]).splitlines()[1:] == ["│ and more", "╰─> the end"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_marks_where_there_are_none(encoding: str) -> None:
    text = to_pipe(*LINES, Line("✓", "done"), encoding=encoding)

    assert text.isascii()
    assert text.splitlines()[2:4] == ["| and more", "-> the end"]
    assert text.splitlines()[-1] == "ok done"


def test_marks_that_a_code_page_has() -> None:
    assert "│ and more" in to_pipe(LINES[2], encoding="utf-16")


def test_words_that_the_encoding_has_not() -> None:
    assert to_pipe(Line("note:", "Prüfstelle 日本"), encoding="ascii") == "note: Pr?fstelle ??\n"


HOSTILE = "\x1b]0;title\x07\x1b[2J\r\n\x00\x08\x7f\x9b31m\u202e\u2028\ud800end"


def test_hostile_words() -> None:
    for text in (
        to_pipe(Line("note:", HOSTILE)),
        to_pipe(Line("note:", HOSTILE, verbatim=True)),
        to_terminal(Line("", HOSTILE), environ={"NO_COLOR": "1"}),
    ):
        assert text.endswith("end\n")
        assert text[:-1].isprintable()


@given(st.text())
def test_whatever_others_wrote_is_one_printable_line(text: str) -> None:
    assert printable(text).translate(dict.fromkeys(map(ord, columns.UNBROKEN_BLANKS), " ")).isprintable()
    assert len(printable(text)) == len(text)
    assert to_pipe(Line("note:", text, verbatim=True)).count("\n") == 1


def test_printable_leaves_the_rest() -> None:
    assert printable("CN=Prüfstelle 日本, O=Example") == "CN=Prüfstelle 日本, O=Example"


def test_an_encoding_that_python_does_not_know() -> None:
    stream = io.StringIO()
    # The stream of an embedding program may say anything.
    odd = type("Odd", (io.StringIO,), {"encoding": "x-unknown"})()

    terminal.write(LINES, odd, {})
    terminal.write(LINES, stream, {})

    assert "| and more" in odd.getvalue()
    assert "| and more" in stream.getvalue()


# The stream


def test_in_the_middle_of_a_line() -> None:
    assert to_pipe(Line("note:", "words"), mid_line=True) == "\nnote: words\n"


def test_all_at_once() -> None:
    """pip's own words must not come between two lines."""
    pieces: list[str] = []

    class Pieces(io.StringIO):
        def write(self, text: str) -> int:
            pieces.append(text)
            return len(text)

    terminal.write(LINES, Pieces(), {})

    assert len(pieces) == 1


def test_a_reader_that_went_away(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", encoding="utf-8")
    monkeypatch.setattr(sys, "stderr", stream)

    terminal.write(LINES, stream, {})

    assert sys.stderr is None
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_a_closed_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)

    terminal.write(LINES, stream, {})


def test_no_lines() -> None:
    assert to_pipe() == ""
