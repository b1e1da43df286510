"""How pipsafe is typed: where it runs out of its one file there may be no command of that name."""

import os
import shlex
import sys

NAME = "`pipsafe "
"""How a sentence begins to tell of a command of ours."""

ONE_FILE = ".pyz"


def as_started(words: str) -> str:
    """The words, with every such command as it works here."""
    started = sys.argv[0] if sys.argv else ""
    if NAME not in words or not started.endswith(ONE_FILE):
        return words
    python = os.path.basename(sys.executable).removesuffix(".exe") or "python"
    return words.replace(NAME, f"`{python} {shlex.quote(started)} ")
