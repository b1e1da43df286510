"""INI files as Python's configparser reads them: what AWS tools, gcloud and dnf have.

Sources: botocore/configloader.py (raw_config_parse), gcloud's configurations/properties_file.py, dnf.conf(5).
"""

import re
from collections.abc import Iterator

from pipsafe.tool_settings.entry import Entry

_NEWLINE = re.compile(r"\r\n|\r|\n")
_SECTION = re.compile(r"\[(?P<name>.+)\]")
_SIGN = re.compile(r"[=:]")


def read(text: str) -> Iterator[Entry]:
    """(section, option), the option in lower case. A value of several lines keeps its line ends."""
    section, indent, begun = "", 0, 0
    pending: list[str] | None = None
    for number, line in enumerate(_NEWLINE.split(text), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        depth = len(line) - len(line.lstrip())
        if pending is not None and depth > indent:
            pending.append(stripped)
            continue
        if pending is not None:
            yield _entry(section, pending, begun)
        pending, indent, begun = None, depth, number
        if match := _SECTION.match(stripped):
            section = match["name"]
        elif match := _SIGN.search(stripped):
            name = stripped[: match.start()].strip().lower()
            pending = [name, stripped[match.end() :].strip()]
    if pending is not None:
        yield _entry(section, pending, begun)


def _entry(section: str, pending: list[str], line: int) -> Entry:
    return Entry((section, pending[0]), "\n".join(pending[1:]), line)
