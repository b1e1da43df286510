"""Three machines in network namespaces: one with pip, a gateway that its packets go through, and a server.

    client 10.77.1.2 -- 10.77.1.1 gateway 10.77.2.1 -- 10.77.2.2 server

Nothing else is on that network, and nothing outside of it can be reached.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import pytest

from .program import Program, installed

LONGEST = "600"
"""Seconds that a namespace is kept, should nobody end it."""

SERVER = "10.77.2.2"


class Network:
    """The three namespaces, there between `__enter__` and `__exit__`.

    What is to run in one is run by its prefix: `client`, `gateway` or `server`. Skips the test where they
    cannot be made.
    """

    def __enter__(self) -> Network:
        if sys.platform != "linux" or os.geteuid() != 0:
            pytest.skip("it takes root to make network namespaces")
        for program in ("unshare", "nsenter", "ip", "nft"):
            installed(program)
        with ExitStack() as stack:
            self._folder = Path(tempfile.mkdtemp(prefix="network-"))
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self.client, self.gateway, self.server = (self._namespace(stack) for _ in range(3))
            self._connect("client0", "10.77.1.1", self.client, "10.77.1.2")
            self._connect("server0", "10.77.2.1", self.server, SERVER)
            _run(*self.gateway, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def redirect(self, port: int, to: int) -> None:
        """Have the gateway hand connections to this port of any server to one of its own ports."""
        _run(*self.gateway, "nft", "add table ip lab")
        _run(*self.gateway, "nft", "add chain ip lab before { type nat hook prerouting priority dstnat; }")
        _run(*self.gateway, "nft", f"add rule ip lab before tcp dport {port} redirect to :{to}")

    def _namespace(self, stack: ExitStack) -> tuple[str, ...]:
        keeper = Program(["unshare", "--net", "sleep", LONGEST], self._folder)
        stack.callback(keeper.end)
        place = Path(f"/proc/{keeper.pid}/ns/net")
        own = Path("/proc/self/ns/net").readlink()
        keeper.wait(lambda: place.readlink() != own)
        prefix = ("nsenter", f"--net={place}")
        _run(*prefix, "ip", "link", "set", "lo", "up")
        return prefix

    def _connect(self, name: str, at_gateway: str, other: tuple[str, ...], there: str) -> None:
        """A cable from the gateway to another, whose packets all go that way."""
        pid = other[1].split("/")[2]
        _run(*self.gateway, *f"ip link add {name} type veth peer name eth0 netns {pid}".split())
        for prefix, link, address in ((self.gateway, name, at_gateway), (other, "eth0", there)):
            _run(*prefix, "ip", "address", "add", f"{address}/24", "dev", link)
            _run(*prefix, "ip", "link", "set", link, "up")
        _run(*other, "ip", "route", "add", "default", "via", at_gateway)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    if done.returncode:
        pytest.skip(f"{' '.join(command[2:])}: {done.stderr.strip()}")
