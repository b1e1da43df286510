"""Formats with one setting a line: .curlrc, wgetrc, .yarnrc of yarn 1, Hex, .properties, and JVM options.

Sources: curl (src/tool_parsecfg.c), wget 1.21 (measured: names without case, hyphens and underscores; the
rest of the line is the value, quotes and `#` included), yarn 1 (src/lockfile/parse.js), Hex
(lib/hex/config.ex), java.util.Properties.load.
"""

import re
from collections.abc import Iterator

from pipsafe.tool_settings.entry import Entry

_NEWLINE = re.compile(r"\r\n|\r|\n")

_CURL = re.compile(
    r"[ \t]*(?P<dashes>--)?(?P<name>[a-z][a-z0-9-]*)(?P<between>[ \t:=]+)"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)(?:"|\\?$)|(?P<bare>[^\s"]\S*))'
)
_CURL_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "v": "\v"}

_WGET = re.compile(r"\s*(?P<name>[A-Za-z_-]+)\s*=\s*(?P<value>.*)")

_YARN = re.compile(
    r"""(?:"(?P<quoted_name>(?:[^"\\]|\\.)*)"|(?P<name>[A-Za-z/.-][^:\s,]*))[ :]+"""
    r"""(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[A-Za-z/.-][^:\s,]*)(?![:,]))"""
)

_HEX = re.compile(r'\{\s*(?P<name>[a-z_]+)\s*,\s*(?:<<)?"(?P<value>(?:[^"\\]|\\.)*)"')

_PROPERTY = re.compile(r"\s*(?P<name>(?:[^\s:=\\#!]|\\.)+)(?:\s*[=:]\s*|\s+)(?P<value>.*)")

_TRUST_STORE = re.compile(
    r"""-Djavax\.net\.ssl\.trustStore=(?:"(?P<double>[^"]+)"|'(?P<single>[^']+)'|(?P<bare>[^\s"']+))"""
)

TRUST_STORE = "javax.net.ssl.trustStore"

_ESCAPE = re.compile(r"\\(.)")


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line and its number."""
    return enumerate(_NEWLINE.split(text), start=1)


def curl(text: str) -> Iterator[Entry]:
    """`cacert = x`, `cacert: "x"`, `--cacert x`. A name with dashes takes no other sign than a blank."""
    for number, line in lines(text):
        match = _CURL.match(line)
        if match is None or (match["dashes"] and match["between"].strip()):
            continue
        if match["quoted"] is None:
            yield Entry((match["name"],), match["bare"], number)
        else:
            value = _ESCAPE.sub(lambda found: _CURL_ESCAPED.get(found[1], found[1]), match["quoted"])
            yield Entry((match["name"],), value, number)


def wget(text: str) -> Iterator[Entry]:
    """Names in lower case without hyphens and underscores."""
    for number, line in lines(text):
        if match := _WGET.match(line):
            name = match["name"].lower().replace("_", "").replace("-", "")
            yield Entry((name,), match["value"].rstrip(), number)


def yarn(text: str) -> Iterator[Entry]:
    """Names without what restricts them to a command: `--install.cafile` is `cafile`."""
    for number, line in lines(text):
        if match := _YARN.match(line):
            name = match["name"] if match["quoted_name"] is None else match["quoted_name"]
            value = match["bare"] if match["quoted"] is None else _ESCAPE.sub(r"\1", match["quoted"])
            yield Entry((re.sub(r"^(?:--(?:[^.]+\.)?)?", "", name),), value, number)


def hex_terms(text: str) -> Iterator[Entry]:
    """Erlang terms: `{cacerts_path,<<"x">>}.`"""
    for number, line in lines(text):
        if match := _HEX.match(line):
            yield Entry((match["name"],), _ESCAPE.sub(r"\1", match["value"]), number)


def properties(text: str) -> Iterator[Entry]:
    """Java properties; of JVM options in a value, the trust store."""
    for number, line in lines(text):
        if not line.lstrip().startswith(("#", "!")) and (match := _PROPERTY.match(line)):
            value = _ESCAPE.sub(r"\1", match["value"])
            yield Entry((_ESCAPE.sub(r"\1", match["name"]),), value, number)
            yield from (Entry(entry.key, entry.value, number) for entry in jvm_options(value))


def jvm_options(text: str) -> Iterator[Entry]:
    """The trust stores in JVM options, also of a shell script that sets them."""
    for number, line in lines(text):
        if not line.lstrip().startswith("#"):
            for match in _TRUST_STORE.finditer(line):
                yield Entry((TRUST_STORE,), match["double"] or match["single"] or match["bare"], number)
