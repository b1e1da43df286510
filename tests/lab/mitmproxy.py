"""mitmproxy in front of an index: an inspecting proxy as people have it."""

from __future__ import annotations

import queue
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from cryptography import x509

from .authority import sha256_of
from .program import from_pypi
from .run import kill_group


class Mitmproxy:
    """`mitmdump` with a CA of its own, running between `__enter__` and `__exit__`.

    It trusts the real servers by `upstream_ca` (PEM).  `mode` is as mitmproxy has it: "regular" for an
    explicit proxy, "transparent", "upstream:" with the URL of another proxy; `prefix` is what the command is
    run by, such as a network namespace's, and `host` where it listens.  Skips the test where mitmproxy cannot
    be had.
    """

    def __init__(
        self,
        upstream_ca: bytes,
        *,
        auth: tuple[str, str] | None = None,
        mode: str = "regular",
        host: str = "127.0.0.1",
        prefix: Sequence[str] = (),
    ) -> None:
        self.auth = auth
        self._mode = mode
        self._host = host
        self._prefix = prefix
        self.output: list[str] = []
        """The lines it has written: one or two for each request."""
        self._upstream_ca = upstream_ca
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Mitmproxy:
        program = mitmdump()
        self.folder = Path(tempfile.mkdtemp(prefix="mitmproxy-"))
        trusted = self.folder / "upstream.pem"
        trusted.write_bytes(self._upstream_ca)
        settings = [
            f"confdir={self.folder}",
            f"ssl_verify_upstream_trusted_ca={trusted}",
            "termlog_verbosity=info",
        ]
        if self.auth is not None:
            settings.append(f"proxyauth={':'.join(self.auth)}")
        command = [*self._prefix, str(program), "--mode", self._mode]
        command += ["--listen-host", self._host, "--listen-port", "0"]
        for setting in settings:
            command += ["--set", setting]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        listening: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(self._process, listening), daemon=True)
        self._reader.start()
        try:
            self._port = listening.get(timeout=60)
        except queue.Empty:
            self.__exit__(None, None, None)
            raise AssertionError(f"mitmdump does not listen: {self.output}") from None
        if not self._port:
            self.__exit__(None, None, None)
            raise AssertionError(f"mitmdump ended: {self.output}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        kill_group(self._process)
        self._process.wait()
        self._reader.join(10)
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, process: subprocess.Popen[bytes], listening: queue.SimpleQueue[int]) -> None:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            self.output.append(line)
            if found := re.search(r"listening at .*:(\d+)", line):
                listening.put(int(found[1]))
        listening.put(0)

    @property
    def port(self) -> int:
        return self._port

    @property
    def requests(self) -> list[str]:
        """The lines on HTTP requests that it opened, such as `127.0.0.1:40000: GET https://localhost:41000/`."""
        return [line for line in self.output if re.search(r": (?:GET|HEAD|POST) https?://", line)]

    @property
    def url(self) -> str:
        """The proxy's URL, without credentials."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def url_with_credentials(self) -> str:
        """The proxy's URL with the user and password of `auth`."""
        assert self.auth is not None
        user, password = (quote(part, safe="") for part in self.auth)
        return self.url.replace("://", f"://{user}:{password}@")

    @property
    def ca_pem(self) -> bytes:
        """The certificate of the CA that it made for itself."""
        return (self.folder / "mitmproxy-ca-cert.pem").read_bytes()

    @property
    def sha256(self) -> str:
        """The fingerprint of that certificate: 64 lower-case hex digits."""
        return sha256_of(x509.load_pem_x509_certificate(self.ca_pem))


def mitmdump() -> Path:
    """The program; see `from_pypi`."""
    return from_pypi("mitmproxy", "mitmdump")
