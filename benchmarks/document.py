"""Tables of Markdown, and how numbers are written in them."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One table with its heading and what a reader has to know to read it."""

    title: str
    introduction: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        return f"## {self.title}\n\n{self.introduction}\n\n{_table(self.header, self.rows)}\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def ratio(number: float) -> str:
    return f"{number:.2f} x"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:+.0f} ms"


def duration(seconds: float) -> str:
    """Without a sign: "0.79 s"."""
    return f"{seconds:.2f} s"


def mebibytes(octets: int) -> str:
    return f"{octets / 2**20:.1f} MiB"


def document(sections: Iterable[Section], *, rounds_note: str) -> str:
    """The whole page."""
    machine = f"{platform.system()}, {os.cpu_count()} processors, CPython {platform.python_version()}"
    head = f"""\
# Benchmarks

Written by `python -m nox -s benchmarks`; do not edit. Two programs are run in pairs, one right after the
other and in alternating order; the ratios and differences are medians over the pairs. {rounds_note}
Seconds are medians on one machine ({machine}) and
mean nothing on another: read the ratios.
"""
    return "\n".join((head, *(section.markdown() for section in sections)))
