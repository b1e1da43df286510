"""Reading a file that somebody else named: never blocks, never reads without end."""

from __future__ import annotations

import errno
import os
import stat

from pipsafe.language.text import text


def read(path: str, limit: int) -> bytes:
    """The contents of the regular file *path*, of at most *limit* bytes.

    Raises OSError: besides the usual, if it is a FIFO, socket, device or folder, or larger than *limit*.
    """
    # Without O_NONBLOCK, opening a FIFO waits for its writer. The kind is asked of what was opened.
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
    except ValueError as error:  # a null character in the name
        raise OSError(errno.EINVAL, text("not a file name"), path) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, text("not a regular file"), path)
        # In two goes: room for all that is allowed would have to be made first.
        contents = file.read(min(limit, status.st_size) + 1) or b""  # None if it would wait, as /proc/kmsg
        if len(contents) > status.st_size:  # files of /proc have no size
            contents += file.read(limit + 1 - len(contents)) or b""
    if len(contents) > limit:
        raise OSError(errno.EFBIG, text("larger than {number} bytes", number=limit), path)
    return contents
