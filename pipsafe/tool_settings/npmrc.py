"""npm's and pnpm's .npmrc: its values, and the certificates that stand in it.

Sources: npm/ini (lib/ini.js), npm/cli (workspaces/config/lib: env-replace.js, definitions.js: "ca" and
"cafile"), pnpm/pnpm (config/reader: loadNpmrcFiles.ts, getNetworkConfigs.ts: `\\n` for a line end).
"""

import json
import re
from collections.abc import Iterator

from pipsafe.language.text import text
from pipsafe.tool_settings import config_text
from pipsafe.tool_settings.entry import Entry
from pipsafe.trust import regular_file
from pipsafe.trust.ca_file import CaFile, Refusal
from pipsafe.x509 import bundle

KIND = "npmrc"
"""Of a source whose certificates stand in the file itself, by its name in `source_readers`."""

_NEWLINE = re.compile(r"\r\n|\r|\n")
_SECTION = re.compile(r"\[[^\]]*\]")
_LINE = re.compile(r"(?P<name>[^=]+)=(?P<value>.*)")
_UNQUOTED = re.compile(r"((?:\\[\\;#])+)|[;#].*|((?:[^\\;#]|\\(?![\\;#]))+)", re.DOTALL)


def read(text: str) -> Iterator[Entry]:
    """(name,), or (registry, name) for `//registry.example/:name`. `ca[]` is `ca`; npm has no sections."""
    for number, line in enumerate(_NEWLINE.split(text), start=1):
        content = line.strip()
        if _SECTION.fullmatch(content):
            return
        match = _LINE.match(content)
        if match is None or content.startswith((";", "#")):
            continue
        name = _value(match["name"]).removesuffix("[]")
        registry, colon, scoped = name.rpartition(":")
        key = (registry, scoped) if colon and name.startswith("//") else (name,)
        yield Entry(key, _value(match["value"]), number)


def _value(text: str) -> str:
    text = text.strip()
    if text[:1] in ("'", '"') and text.endswith(text[0]):
        inside = text[1:-1] if text[0] == "'" else text
        try:
            value = json.loads(inside, parse_int=float)  # an int of many digits takes long
        except (ValueError, RecursionError):
            return inside
        return value if isinstance(value, str) else inside
    return "".join((match[1] or "")[1::2] or match[2] or "" for match in _UNQUOTED.finditer(text)).strip()


def certificates(path: str, refusal: Refusal | None) -> CaFile:
    """What the file's own `ca` values hold for every registry. Never raises, never blocks."""
    complaint = refusal(path) if refusal is not None else None
    if complaint:
        problem = text("is not used: {reason}", reason=complaint)
        return CaFile(path, (), (problem,), key_inside=False)
    try:
        lines = config_text.decoded(regular_file.read(path, config_text.LARGEST))
    except OSError as error:
        return CaFile(path, (), (config_text.reason(error),), key_inside=False)
    values = [entry.value.replace("\\n", "\n") for entry in read(lines) if entry.key == ("ca",)]
    found = bundle.contents("\n".join(values).encode("utf-8", "replace"))
    keyed = found.certificates if found.key_inside else ()
    return CaFile(path, found.certificates, found.problems, found.key_inside, found.rejected, keyed)
