"""The text of a configuration file, whatever encoding an editor gave it."""

import codecs

from pipsafe.language.text import text

LARGEST = 1 << 20
"""Bytes read of one file."""


def decoded(contents: bytes) -> str:
    """The text; what is no UTF-8 is as `os.fsdecode` has it, so that a path in it leads where it should."""
    if contents.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return contents.decode("utf-16", "replace")
    return contents.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def reason(error: OSError) -> str:
    """Why a file could not be read, as a clause that goes with its path."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return text("does not exist")
        case PermissionError():
            return text("may not be read (permission denied)")
        case _:
            return text("cannot be read ({reason})", reason=error.strerror)
