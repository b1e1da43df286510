"""What a child process of pip printed, where pip shows it: the pip of an isolated build, a backend, git.

pip logs a child's lines with the indentation of its own header, or further; so the block ends
where a line stands less indented than that, and a package cannot forge that end. Where a box or
a divider ends the block at the same indentation, the number of lines that pip told beforehand
has to be over. Under `-v` there is neither: what follows a "Running command" is the child's up
to pip's next line at the margin, which may be too much, never too little.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipsafe.statements.printed import Line

OPENINGS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<box>╰─>)?(?:->)?\[(?P<lines>\d+)linesofoutput\]$",
        r"(?:ERROR:)?Completeoutput(?:\((?P<lines>\d+)lines\)|fromcommand)",
        # A spinner may stand on the line before it.
        r"(?:[A-Z][\w().-]{1,80}?\.\.\.)?(?P<command>Runningcommand)",
    )
)
CLOSING = re.compile(r"\[endofoutput\]$|-{20,}$")
OF_PIP = re.compile(
    r"pipsubprocesstoinstall|installing(?:build|backend)dependencies|Installing(?:build|backend)dependencies"
    r"|install--ignore-installed|pip-build-env-"
)
OF_VCS = re.compile(r"Running command '?(?:\S{0,200}[/\\])?(?:git|hg|svn|bzr)(?:\.exe)?'? ")
HEADING = 12
"""Lines before the output in which pip says whose it is, wrapped ones included."""


@dataclass(frozen=True, slots=True)
class Block:
    """Captured output that is going on."""

    leg: str
    """build-dependency | build-backend | vcs"""
    indent: int
    """Of the line that opened it."""
    has_box: bool
    """Whether its lines are indented further than that."""
    has_end: bool
    """Whether a closing line ends it, or only the margin."""
    last: int
    """Number of the last line that pip said it has; 0 if pip said nothing."""

    @property
    def is_of_package(self) -> bool:
        """Whether a package may have printed it. Around git's words pip goes on speaking itself."""
        return self.leg != "vcs"


def blocks(lines: Iterable[Line], squeezed: str) -> Iterator[tuple[Line, Block | None]]:
    """Each line with the block that it stands in; a line that opens or closes one stands outside."""
    block: Block | None = None
    outer: Block | None = None
    heading: list[str] = []
    for line in lines:
        text = squeezed[line.start : line.end]
        if outer is not None and _is_over(outer, line):
            outer = None
        if block is not None and _is_over(block, line):
            block = outer
        opened = _opened(line, text, heading) if block is None or not block.has_end else None
        closed = block is not None and block.has_end and line.number > block.last and CLOSING.match(text)
        if opened:
            outer, opened = _nested(outer or block, opened)
        block = opened or (outer if closed else block)
        yield line, None if opened else block
        heading = [*heading[1 - HEADING :], text[:400]]


def _nested(outer: Block | None, opened: Block) -> tuple[Block | None, Block]:
    """What a package prints it prints in its own name, an opening as well: only the margin ends its block."""
    if outer is None or not outer.is_of_package:
        return None, opened
    return outer, opened if opened.is_of_package else replace(opened, leg=outer.leg)


def _is_over(block: Block, line: Line) -> bool:
    if line.is_rest:
        return False
    return line.indent <= block.indent if block.has_box else line.indent < block.indent


def _opened(line: Line, text: str, heading: list[str]) -> Block | None:
    for pattern in OPENINGS:
        match = pattern.match(text)
        if match:
            groups = match.groupdict()
            is_command = groups.get("command") is not None
            leg = _leg(text if is_command else _heading(heading), line.text)
            last = line.number + int(groups.get("lines") or 0)
            return Block(leg, line.indent, groups.get("box") is not None, not is_command, last)
    return None


def _leg(about: str, line: str) -> str:
    if OF_VCS.search(line):
        return "vcs"
    return "build-dependency" if OF_PIP.search(about) else "build-backend"


def _heading(heading: list[str]) -> str:
    """From the last line that begins an error of pip's."""
    for number in range(len(heading) - 1, -1, -1):
        if re.match(r"error:|ERROR:", heading[number]):
            return "".join(heading[number:])
    return "".join(heading)
