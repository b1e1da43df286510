"""The file that a CI system shows as a step's summary: one that is there already, and is only added to."""

import os
import stat

MOST_BYTES = 1_000_000
"""GitHub shows nothing of a file with more than 1 MiB."""


def append(path: str, text: str) -> bool:
    """Whether it was added. Never raises.

    Nothing is added to a link, to what is no ordinary file, or to a file of several names.
    """
    flags = os.O_WRONLY | os.O_APPEND
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    data = text.encode("utf-8", "replace")
    try:
        if os.path.islink(path) or not os.path.isabs(path):
            return False
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        return False
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_size + len(data) > MOST_BYTES:
            return False
        return os.write(descriptor, data) == len(data)
    except OSError:
        return False
    finally:
        os.close(descriptor)
