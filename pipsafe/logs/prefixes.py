"""Lines of a log without what those that keep logs put before them.

Seen in raw logs of GitHub Actions (also through `gh run view --log`), GitLab (`00O `, `section_start`),
Azure Pipelines (`##[error]`), Jenkins' Timestamper, TeamCity, Bamboo, CodeBuild, Cloud Build, BuildKit
(`#12 3.456 `, and its summary's bare seconds), Compose, Kubernetes' CRI, Heroku, Vagrant, Packer,
Terraform, syslog, Buildkite, Travis, pip's own `--log`, and PowerShell's wrapping of stderr. The blanks
that a line itself begins with are kept: they tell whose words it holds.
"""

import re
from collections.abc import Iterator

from pipsafe.statements.printed import ESCAPE

MOST_CHARACTERS = 16_000_000
"""Looked at, the last ones of a longer log: what it came to stands at its end."""
MOST_LINES = 400_000
LONGEST_LINE = 20_000
DEEPEST = 4
"""Prefixes before one line: a runner's, then BuildKit's, then Compose's, then a logger's."""

TIME = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
DATE = r"\d{4}[-/]\d\d[-/]\d\d"

MOMENT = (
    rf"(?:\[Container\] )?\[?{DATE}[T ]{TIME}(?: ?(?:Z|[+-]\d\d:?\d\d))?\]?"
    r"(?: (?:\d\d[OE]\+?|std(?:out|err) [FP])(?= |$))?[ \t]?"
)

PREFIXES = (
    # GitHub by way of `gh`: job and step before the moment.
    rf"[^\t\n]{{1,120}}\t[^\t\n]{{1,120}}\t(?={DATE}T)",
    # A moment in any of its forms, and the stream that GitLab or Kubernetes put behind it.
    MOMENT,
    rf"\[{TIME}\](?:[WEF]?:[ \t]*(?:\[[^\]]{{1,60}}\])?)?[ \t]?",
    rf"{TIME} {{2}}",
    rf"(?:build|error|simple|command)\t\d\d-\w{{3}}-\d{{4}} {TIME}\t",
    rf"[A-Z][a-z]{{2}} [ \d]\d {TIME} [\w.-]{{1,64}} [\w./-]{{1,64}}(?:\[\d{{1,9}}\])?: ",
    # Levels of loggers, behind a moment or not.
    r"(?:- )?(?:[\w.]{1,60} )?[-|] (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) [-|] ",
    r"\[(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\] ",
    # BuildKit, and the summary of a failed step.
    r"#\d{1,4} (?:\d{1,6}\.\d{1,4} )?",
    r"\d{1,6}\.\d{3,4} ",
    # Names of those whose output is woven into one.
    r"[\w.-]{1,60} {1,40}\| ",
    r"==> [\w.-]{1,60}: | {4}default: ",
    r"[\w.\[\]\"-]{1,80} \((?:local|remote)-exec\): ",
    r"Step #\d{1,4}(?: - \"[^\"]{1,80}\")?: ",
    r"remote:(?: {8}| )",
    r"\[pipenv\.exceptions\.\w{1,40}\]: ",
    r":?(?:\[std(?:err|out)\]|std(?:err|out):|std(?:err|out) \|) ",
    # Marks of runners.
    r"##\[(?:error|warning|section|debug|command|group|endgroup)\]",
    r"::(?:error|warning|notice|debug)(?: [^:\n]{0,200})?::",
    r"section_(?:start|end):\d{1,12}:[\w.-]{1,100}(?:\[[^\]\n]{0,100}\])?\r?",
    r"travis_(?:fold|time):[\w:.=,-]{1,200}\r?",
    r"bk;t=\d{6,20}\x07?",
    r"ha:/{4}[\w+/=]{1,2000}",
    # Windows PowerShell 5 makes an error of what a program writes to stderr.
    r"(?:pip3?|py|python3?|uv|poetry|conda)(?:\.exe)? : ",
    # pytest's
    r"E {3,9}(?=[\w.]{1,120}(?:Error|Exception)\b)",
)
PREFIX = re.compile("|".join(PREFIXES))
BEGINS = re.compile(r"[\[\w#=\-|: ]")

# A whole output as one string, as Ansible and JSON lines have it.
QUOTED_LINE_END = re.compile(r"(?:\\r)?\\n")
IN_QUOTES = re.compile(r"\\n *(?:WARNING: |ERROR: |error: |Could not fetch URL|Collecting |Looking in )")


def unprefixed(text: str) -> list[tuple[int, str]]:
    """Each line with its number, counted from 1. One line may hold several: they share its number."""
    missing = 0
    if len(text) > MOST_CHARACTERS:
        missing = text.count("\n", 0, len(text) - MOST_CHARACTERS)
        text = text[-MOST_CHARACTERS:]
    # Without this it would be one line: UTF-16 that was read as something else.
    text = text.replace("\x00", "") if "\x00" in text else text
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    plain = ESCAPE.sub("", text) if "\x1b" in text else text
    lines = plain.split("\n")
    first = max(len(lines) - MOST_LINES, 0)
    return [
        (missing + number, said)
        for number, line in enumerate(lines[first:], first + 1)
        for said in _lines_in(line[:LONGEST_LINE])
    ]


def _lines_in(line: str) -> Iterator[str]:
    body = _bare(line)
    if "\\n" in body and IN_QUOTES.search(body):
        for part in QUOTED_LINE_END.split(body):
            # What quotes the words quotes the quotes in them.
            yield _bare(part.replace('\\"', '"').replace("\\\\", "\\").lstrip('"'))
    else:
        yield body


def _bare(line: str) -> str:
    for _ in range(DEEPEST):
        found = PREFIX.match(line) if BEGINS.match(line) else None
        if found is None or not found.end():
            break
        line = line[found.end() :]
    return line.expandtabs(8)
