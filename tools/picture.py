"""Draw a real rescue as it looks on a terminal: ``python -m tools.picture docs/rescue.svg``.

An index under an internal CA is served on loopback, pipsafe runs on a pseudo-terminal, and what it and pip
wrote goes through a terminal emulator into SVG. Only the prompt and the command are written by hand.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

import pyte
from pyte.screens import Char

from tests.lab import packages, targets
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.run import clean_environment, pipsafe_command
from tests.lab.terminal import run_on_pty

PROJECT = "acme-orders"
COMMAND = ("install", PROJECT)
COLUMNS, ROWS = 100, 60
FONTS = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'
CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN = 8.4, 19, 14, 18

BACKGROUND, FOREGROUND = "#1b1f27", "#d6dae1"
COLOURS = {
    "black": "#4c5563",
    "red": "#f07178",
    "green": "#a6d189",
    "brown": "#e5c07b",  # what the emulator calls yellow
    "blue": "#82aaff",
    "magenta": "#c792ea",
    "cyan": "#7fd5e6",
    "white": FOREGROUND,
}


class NoRescue(Exception):
    """There is nothing to draw: pipsafe did not end as it should."""


def main() -> int:
    path = Path(sys.argv[1])
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    stream.feed(f"\x1b[32m$\x1b[0m \x1b[1m{shlex.join(('pipsafe', *COMMAND))}\x1b[0m\r\n".encode())
    stream.feed(rescue())
    path.parent.mkdir(exist_ok=True)
    path.write_text(svg(screen), encoding="utf-8")
    print("\n".join(line.rstrip() for line in screen.display).rstrip())
    return 0


def rescue() -> bytes:
    """What a terminal got while pipsafe installed from an index that pip refuses. Raises `NoRescue`."""
    authority = Authority("Acme Internal Root", organization="Acme Corporation")
    with (
        _folder() as folder,
        IndexServer((packages.wheel(PROJECT, "2.1.0"),), authority.leaf()) as server,
    ):
        ca_file = authority.write(folder / "acme-root.pem")
        report = folder / "report.json"
        environ = clean_environment(
            folder / "home",
            PIP_INDEX_URL=server.index_url,
            NODE_EXTRA_CA_CERTS=str(ca_file),
            PIPSAFE_PYTHON=str(targets.target(targets.PIPS[-1]).fresh(folder).python),
            PIPSAFE_REPORT=str(report),
        )
        run = run_on_pty(pipsafe_command(COMMAND), environ, rows=ROWS, columns=COLUMNS)
        outcome = (
            json.loads(report.read_text(encoding="utf-8"))["outcome"] if report.exists() else "no report"
        )
    if (run.exit_code, outcome) != (0, "rescued"):
        raise NoRescue(f"exit code {run.exit_code}, {outcome}:\n{run.output.decode(errors='replace')}")
    return run.output


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A private folder whose path looks well in a picture. Raises FileExistsError if somebody has it."""
    folder = Path(tempfile.gettempdir(), "acme")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def svg(screen: pyte.Screen) -> str:
    """The screen's used lines as a picture."""
    lines = [[screen.buffer[row][column] for column in range(COLUMNS)] for row in range(ROWS)]
    while lines and all(cell.data == " " for cell in lines[-1]):
        lines.pop()
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * LINE_HEIGHT + 2 * MARGIN
    body = "\n".join(text for row, line in enumerate(lines) for text in _texts(row, line))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"
     width="{width:g}" height="{height:g}">
<title>pipsafe installs from an index whose certificate pip refuses</title>
<style>text {{ font: {FONT_SIZE}px {FONTS}; white-space: pre }}</style>
<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>
{body}
</svg>
"""


def _texts(row: int, line: list[Char]) -> Iterator[str]:
    """One element for each run of cells that look alike; its length is fixed, whatever font is found."""
    column = 0
    for _, group in groupby(line, key=lambda cell: (cell.fg, cell.bold)):
        cells = list(group)
        text = "".join(cell.data for cell in cells)
        if stripped := text.strip():
            at = column + len(text) - len(text.lstrip())
            yield _text(row, at, stripped, cells[0])
        column += len(text)


def _text(row: int, column: int, text: str, look: Char) -> str:
    x = MARGIN + column * CELL_WIDTH
    y = MARGIN + (row + 0.75) * LINE_HEIGHT
    weight = ' font-weight="bold"' if look.bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" textLength="{len(text) * CELL_WIDTH:g}" lengthAdjust="spacingAndGlyphs"'
        f' fill="{_fill(look.fg)}"{weight}>{escape(text)}</text>'
    )


def _fill(colour: str) -> str:
    """SVG's colour for one of the emulator's: a name, "bright" and a name, "default", or six hex digits."""
    if colour == "default":
        return FOREGROUND
    return COLOURS.get(colour.removeprefix("bright"), f"#{colour}")


if __name__ == "__main__":
    sys.exit(main())
