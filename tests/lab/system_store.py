"""A system trust store of the test's own, by a mount namespace: the machine's store is never written to.

Only the commands that run with the prefix see it, and it goes with them.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

STORE = Path("/etc/ssl/certs")
BUNDLE = STORE / "ca-certificates.crt"
"""Where Debian's OpenSSL, and a Python built against it, looks."""

_MASKED = (Path("/etc/pip.conf"), Path("/etc/gitconfig"))
"""Settings of this machine that no variable switches off; their place is taken by an empty file."""

_BIND_AND_RUN = """
while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 125; shift 2; done
shift
exec "$@"
"""


def system_store(
    folder: Path,
    *anchors: bytes,
    public: bool = True,
    hosts: Mapping[str, str] | None = None,
    mounts: Mapping[Path, Path] | None = None,
) -> tuple[str, ...]:
    """The prefix for commands that see a system store with these anchors (PEM) in it.

    `public=False` leaves the machine's own roots out: with no anchors either there is then no store at all,
    as in a slim image.  `hosts` maps host names to addresses for these commands; `mounts` puts files or
    folders in the place of existing ones.  `folder` must be there until the commands have ended.  The
    commands also see an empty `/etc/pip.conf`.  Skips the test where mount namespaces or this layout are not
    to be had.
    """
    unshare = _unshare()
    copy = folder / "certs"
    if public:
        shutil.copytree(STORE, copy, symlinks=True)
    else:
        copy.mkdir(parents=True)
    _write_store(copy, anchors)
    binds = {STORE: copy, **(mounts or {})}
    empty = folder / "empty"
    empty.touch()
    binds |= {path: empty for path in _MASKED if path.exists() and path not in binds}
    if hosts:
        names = folder / "hosts"
        lines = [f"{address} {name}\n" for name, address in hosts.items()]
        names.write_text(Path("/etc/hosts").read_text(encoding="utf-8") + "".join(lines), encoding="utf-8")
        binds[Path("/etc/hosts")] = names
    pairs = [str(path) for place, content in binds.items() for path in (content, place)]
    return (*unshare, "sh", "-c", _BIND_AND_RUN, "sh", *pairs, "--")


def _write_store(copy: Path, anchors: tuple[bytes, ...]) -> None:
    """Do as update-ca-certificates does: one bundle, one file for each anchor, links by subject hash."""
    bundle = copy / BUNDLE.name
    public = bundle.read_bytes() if bundle.exists() else b""
    for number, anchor in enumerate(anchors):
        (copy / f"test-{number}.pem").write_bytes(anchor)
    if public or anchors:
        bundle.unlink(missing_ok=True)
        bundle.write_bytes(public + b"".join(anchors))
    if anchors:
        subprocess.run(["openssl", "rehash", str(copy)], check=True, capture_output=True, timeout=60)


@functools.cache
def _unshare() -> tuple[str, ...]:
    if sys.platform != "linux" or not BUNDLE.exists() or not shutil.which("openssl"):
        pytest.skip("no system store in the layout of Debian here")
    command = ["unshare", "--mount"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    try:
        trial = [*command, "mount", "--bind", str(STORE), str(STORE)]
        done = subprocess.run(trial, check=False, capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode:
        pytest.skip(f"no mount namespaces here: {done.stderr.strip()}")
    return tuple(command)
