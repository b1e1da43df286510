"""Settings that variables hold: JVM options, and what git takes from GIT_CONFIG_KEY_n (git-config(1))."""

from collections.abc import Iterator

from pipsafe.language.text import text
from pipsafe.tool_settings import expansion, named_by, one_line
from pipsafe.tool_settings.entry import Entry
from pipsafe.tool_settings.named_by import PassedOver
from pipsafe.tool_settings.tools import GIT
from pipsafe.trust.sources import Source

JVM = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "MAVEN_OPTS", "GRADLE_OPTS")
"""Variables that hold JVM options."""

_MOST_OF_GIT = 100
"""Settings that git takes from variables."""


def sources(around: expansion.Surroundings) -> Iterator[Source | PassedOver]:
    """Every CA file that they name."""
    for variable in JVM:
        for entry in one_line.jvm_options(around.environ.get(variable, "")):
            path = expansion.path(entry.value, None, around)
            if path is not None:
                name = text("{setting} ({where})", setting=one_line.TRUST_STORE, where=variable)
                yield Source("configured", name, path, kind="keystore")
    count = around.environ.get("GIT_CONFIG_COUNT", "")
    number = int(count) if count.isdecimal() and len(count) < 9 else 0
    for index in range(min(number, _MOST_OF_GIT)):
        yield from _of_git(index, around)


def _of_git(index: int, around: expansion.Surroundings) -> Iterator[Source | PassedOver]:
    section, _, rest = around.environ.get(f"GIT_CONFIG_KEY_{index}", "").partition(".")
    subsection, _, name = rest.rpartition(".")
    key = (section.lower(), subsection, name.lower()) if subsection else (section.lower(), name.lower())
    variable = f"GIT_CONFIG_VALUE_{index}"
    entry = Entry(key, around.environ.get(variable, ""), 0)
    return named_by.sources(GIT, entry, {}, where=variable, file=None, around=around)
