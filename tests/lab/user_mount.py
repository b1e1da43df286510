"""A file system in user space of the test's own, in a mount namespace (Linux, as root).

It says of its one file and its folder that they are root's and nobody else's to write, whoever mounted it; or
it never answers at all, as a network drive whose server is gone. Spoken is FUSE 7.31 (linux/fuse.h).

    python user_mount.py FOLDER UID CONTENTS|- COMMAND...
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

NAME = "ca.pem"

_FILE = 2
"""Its node; the folder's is 1."""

_WITHOUT_ANSWER = (2, 36, 42)
"""FORGET, INTERRUPT and BATCH_FORGET."""


def prefix(folder: Path, *, uid: int, contents: Path | None) -> tuple[str, ...]:
    """For commands that see in `folder` what the user `uid` has mounted; silence if there are no `contents`.

    Skips the test where that is not to be had.
    """
    import pytest

    if not _can_mount():
        pytest.skip("no file systems in user space here")
    script = (sys.executable, __file__, str(folder), str(uid), str(contents or "-"))
    return ("unshare", "--mount", *script)


@functools.cache
def _can_mount() -> bool:
    if sys.platform != "linux" or os.geteuid() != 0 or not Path("/dev/fuse").exists():
        return False
    try:
        trial = ("unshare", "--mount", sys.executable, __file__, "/mnt", "0", "-", "true")
        return not subprocess.run(trial, check=False, capture_output=True, timeout=30).returncode
    except FileNotFoundError:
        return False


def main(folder: str, uid: str, contents: str, *command: str) -> int:
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id={uid},group_id=0,allow_other"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"test", os.fsencode(folder), b"fuse", 0, options.encode()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), folder)
    if contents != "-":
        data = Path(contents).read_bytes()
        threading.Thread(target=_serve, args=(device, data), daemon=True).start()
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        os.close(device)


def _serve(device: int, data: bytes) -> None:
    while True:
        request = os.read(device, 1 << 20)
        _, code, number, node = struct.unpack_from("=IIQQ", request)
        if code in _WITHOUT_ANSWER:
            continue
        error, body = _answer(code, node, request[40:], data)
        os.write(device, struct.pack("=IiQ", 16 + len(body), -error, number) + body)


def _answer(code: int, node: int, body: bytes, data: bytes) -> tuple[int, bytes]:
    match code:
        case 26:  # INIT
            return 0, struct.pack("=IIIIHHIIHHI28x", 7, 31, 0, 0, 0, 0, 1 << 17, 1, 0, 0, 0)
        case 3:  # GETATTR
            return 0, struct.pack("=QII", 0, 0, 0) + _attributes(node, data)
        case 1 if body == NAME.encode() + b"\0":  # LOOKUP
            return 0, struct.pack("=QQQQII", _FILE, 0, 0, 0, 0, 0) + _attributes(_FILE, data)
        case 1:
            return errno.ENOENT, b""
        case 14:  # OPEN
            return 0, struct.pack("=QII", 0, 0, 0)
        case 15:  # READ
            _, start, size = struct.unpack_from("=QQI", body)
            return 0, data[start : start + size]
        case 18 | 25:  # RELEASE, FLUSH
            return 0, b""
        case _:
            return errno.ENOSYS, b""


def _attributes(node: int, data: bytes) -> bytes:
    """Of root, and only root may write it: so it says."""
    mode, size = (0o100644, len(data)) if node == _FILE else (0o40755, 0)
    return struct.pack("=6Q10I", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
