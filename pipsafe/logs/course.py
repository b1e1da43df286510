"""How what a log tells of went: whether it failed in the end, and which index pip was told to use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipsafe.logs import own_words
from pipsafe.origin import Origin, parse
from pipsafe.statements.captured import Block, blocks
from pipsafe.statements.printed import Line, Printed

# How a line begins that tells of a failure of the whole, in a text without blanks. Old pips complain of
# versions that do not fit together and install them all the same.
FAILED = re.compile(
    r"ERROR:(?!pip'sdependencyresolver|\S{1,200}?hasrequirement|Ignoredthefollowing|Cannotuninstall)"
    r"|error:|fatal:|nosuchoption:|Traceback\(|Exception:|×|[\w.]{1,120}(?:Error|Exception|NotFound):"
    r"|Nomatchingdistributionfound|Couldnotfindaversion|Couldnotinstallpackages"
    r"|Command.{0,300}?failedwitherrorcode|Command.{0,200}?returnednon-zero|\S{0,80}didnotcomplete"
    r"|npm(?:ERR!|error)|curl:\(|Conda\w{1,20}Error|(?:critical|error)libmamba|make(?:\[\d+\])?:\*\*\*"
    r"|Allattemptstoconnectto|Processcompletedwithexitcode[1-9]|\S{0,80}exited?withcode[1-9]"
)
PASSED = re.compile(r"Success(?:fully(?:installed|downloaded|built)|:)|Requirementalreadysatisfied")

INDEXES = re.compile(r"Looking in indexes: (?P<urls>.+)")
LINKS = "Looking in links:"
OF_UV = re.compile(r"\[std(?:out|err)\]")

# Where a log shows the beginning of a run of pip's: before it names the indexes that are not its default.
COMMAND = re.compile(
    r"(?:[$+>#] |Run |RUN )?(?:\S{0,200}[/\\])?(?:py(?:thon)?[\d.]{0,5}(?:\.exe)? -m )?"
    r"pip[\d.]{0,4}(?:\.exe)? "
    r"(?:--?\S+ ){0,9}(?:install|download|wheel)\b"
)
FIRST = re.compile(r"Collecting|Obtaining|Defaultingtouser|Usingpip|Createdtemporary")
# By default pip tries again as often as four times more; --retries says how often.
TRIES_LEFT = re.compile(r"WARNING:Retrying\(Retry\(total=(?P<left>\d{1,4}),")
# What pip says as long as it is not told to be quiet, and so would name its indexes.
SPOKEN = re.compile(r"CouldnotfetchURL|Collecting|Obtaining|Processing|Defaultingtouser|Usingpip|Createdtemp")
# pips below 19, of which the oldest never name an index.
OLD = re.compile(r"Retrying\(Retry\(")


@dataclass(frozen=True, slots=True)
class Course:
    """What happened besides the failures."""

    has_failed: bool
    has_passed: bool
    """Whether something is said to have gone well."""
    captured: Mapping[int, str]
    """Lines that stand in the output of a child of pip's, and the leg that the child went."""
    indexes: tuple[str, ...]
    """URLs that pip says it looks in; it does not say so of its own default."""
    is_default_index: bool
    """Whether pip spoke from its beginning, and named no index: then it asked its own default one."""


def course(page: Printed) -> Course:
    """Read once, line by line."""
    captured: dict[int, str] = {}
    indexes: dict[str, None] = {}
    said = {"failed": False, "passed": False, "spoken": False, "old": False, "links": False}
    started = _begins(page)
    of_uv = 0
    for line, block in blocks(page.lines, page.squeezed):
        named = INDEXES.match(line.text)
        if named:
            indexes.update(dict.fromkeys(re.split(r",\s*", named["urls"].strip())))
        leg = _leg(line, block, page, of_uv)
        of_uv = line.indent if OF_UV.fullmatch(line.text) and line.indent else of_uv if leg else 0
        if leg is not None:
            captured[line.number] = leg
            continue
        started = started or COMMAND.match(line.text) is not None
        said["links"] = said["links"] or line.text.startswith(LINKS)
        for name, pattern in SIGNS:
            if pattern.match(page.squeezed, line.start):
                said[name] = True
                break
        if own_words.tells_of_success(page, line):
            said["failed"], said["passed"] = False, True
    is_default = started and said["spoken"] and not (indexes or said["old"] or said["links"])
    return Course(said["failed"], said["passed"], captured, tuple(indexes), is_default)


SIGNS = (("failed", FAILED), ("passed", PASSED), ("spoken", SPOKEN), ("old", OLD))


def _begins(page: Printed) -> bool:
    """Whether the first line is what pip may say first: the first try of a request, not a later one."""
    if FIRST.match(page.squeezed):
        return True
    first, *later = [int(found["left"]) for found in TRIES_LEFT.finditer(page.squeezed)] or [0]
    if TRIES_LEFT.match(page.squeezed):
        return all(left <= first for left in later)
    # With --retries 0 pip gives up at once.
    return page.squeezed.startswith("CouldnotfetchURL") and "Retrying(Retry(" not in page.squeezed


def _leg(line: Line, block: Block | None, page: Printed, of_uv: int) -> str | None:
    """Of the child whose output a line stands in."""
    if block is not None:
        # What is at the margin is pip's, also where it may be the rest of a line that a console broke.
        is_pips = line.indent < block.indent and FAILED.match(page.squeezed, line.start)
        return None if is_pips else block.leg
    # uv shows a build's output as deep as its heading, or deeper.
    return "build-backend" if of_uv and line.indent >= of_uv else None


def index_of(path: str, indexes: tuple[str, ...]) -> Origin | None:
    """The origin of the only index that a request's path can belong to."""
    found = {where for url in indexes if (where := parse(url)) is not None and path.startswith(_path_of(url))}
    return found.pop() if len(found) == 1 else None


def _path_of(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2].rstrip("/")
