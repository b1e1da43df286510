"""nginx, Debian's, that ends TLS before an index or a folder of repositories."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from types import TracebackType

from .authority import Leaf
from .program import Program, free_port, installed, text_of

_SETTINGS = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 128; }}
http {{
    default_type application/octet-stream;
    log_format words '$scheme $status $request';
    access_log {folder}/access.log words;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address}:{port} ssl;
        {plainly}
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
        {more}
        location / {{ {place} }}
    }}
}}
"""


_LAST = "/is-all-logged"
"""What the laboratory asks for to know."""


def in_front_of(url: str) -> str:
    """What nginx does with a request: hand it on to a server over plain HTTP."""
    return f"proxy_pass {url}; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https;"


def files_of(folder: Path) -> str:
    """What nginx does with a request: answer with the files of a folder."""
    return f"root {folder};"


@contextmanager
def git_repositories_of(folder: Path) -> Iterator[str]:
    """What nginx does with a request: let git's own program answer it, which speaks git's newer protocol.

    Skips the test where there is no fcgiwrap.
    """
    program, git = installed("fcgiwrap"), installed("git-http-backend", "/usr/lib/git-core")
    with tempfile.TemporaryDirectory(prefix="fcgiwrap-") as place:
        socket = Path(place, "socket")
        wrap = Program([program, "-s", f"unix:{socket}"], Path(place))
        try:
            wrap.wait(socket.exists)
            variables = {
                "SCRIPT_FILENAME": git,
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": '""',
                "PATH_INFO": "$uri",
                "QUERY_STRING": "$query_string",
                "REQUEST_METHOD": "$request_method",
                "CONTENT_TYPE": "$content_type",
                "CONTENT_LENGTH": "$content_length",
                "REMOTE_ADDR": "$remote_addr",
                "HTTP_CONTENT_ENCODING": "$http_content_encoding",
                "HTTP_GIT_PROTOCOL": "$http_git_protocol",
            }
            params = " ".join(f"fastcgi_param {name} {value};" for name, value in variables.items())
            yield f"fastcgi_pass unix:{socket}; {params}"
        finally:
            wrap.end()


class Nginx:
    """nginx with TLS by a leaf, running between `__enter__` and `__exit__`.

    `place` is what it does with requests; `clients_ca` (PEM) has it ask for client certificates by that CA;
    `plainly` names a port for the same without TLS; `prefix` is what the command is run by, such as a network
    namespace's. Skips the test where it is not installed.
    """

    def __init__(
        self,
        leaf: Leaf,
        place: str,
        *,
        clients_ca: bytes | None = None,
        address: str = "127.0.0.1",
        port: int | None = None,
        plainly: int | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self._leaf = leaf
        self._place = place
        self._clients_ca = clients_ca
        self._address = address
        self._port = port
        self._plainly = plainly
        self._prefix = prefix

    def __enter__(self) -> Nginx:
        program = installed("nginx")
        self.folder = Path(tempfile.mkdtemp(prefix="nginx-"))
        self.port = self._port or free_port()
        self._write()
        # Said before it has read its settings, or it writes to the machine's own log.
        words = ("-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c")
        self._program = Program(
            [program, *words, self.folder / "nginx.conf"], self.folder, prefix=self._prefix
        )
        try:
            self._program.wait(lambda: bool(text_of(self.folder / "nginx.pid")))
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self) -> None:
        (self.folder / "server.pem").write_bytes(self._leaf.server_pem)
        more = ""
        if self._clients_ca is not None:
            (self.folder / "clients.pem").write_bytes(self._clients_ca)
            more = f"ssl_client_certificate {self.folder}/clients.pem; ssl_verify_client on;"
        settings = _SETTINGS.format(
            # Its worker has to read what only the user of the tests may.
            user="user root;" if os.geteuid() == 0 else "",
            folder=self.folder,
            address=self._address,
            port=self.port,
            plainly=f"listen {self._address}:{self._plainly};" if self._plainly else "",
            more=more,
            place=self._place,
        )
        (self.folder / "nginx.conf").write_text(settings, encoding="utf-8")

    def url(self, path: str = "", host: str = "localhost") -> str:
        """The URL of a path on this server, under any name that leads here."""
        return f"https://{host}:{self.port}{path}"

    def _rows(self, scheme: str) -> list[tuple[int, str]]:
        rows = [line.split(" ", 2) for line in text_of(self.folder / "access.log").splitlines()]
        return [(int(status), request) for how, status, request in rows if how == scheme]

    @property
    def index_url(self) -> str:
        """What `--index-url` takes."""
        return self.url("/simple/")

    @property
    def log(self) -> list[tuple[int, str]]:
        """Status and request line of all that was asked over TLS, from its access log."""
        return [row for row in self._rows("https") if _LAST not in row[1]]

    @property
    def plain_log(self) -> list[tuple[int, str]]:
        """The same of what was asked without TLS."""
        return self._rows("http")

    @property
    def handshakes_refused(self) -> list[str]:
        """What its error log says of clients that ended a handshake."""
        return [
            line for line in text_of(self.folder / "error.log").splitlines() if "SSL_do_handshake" in line
        ]

    def settle(self) -> None:
        """Wait until the log is complete, all clients being gone: its one worker logs in order."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        before = len(self._rows("https"))
        last = HTTPSConnection(self._address, self.port, context=context, timeout=20)
        last.request("GET", _LAST)
        last.getresponse().read()
        last.close()
        deadline = time.monotonic() + 20
        while not any(_LAST in request for _, request in self._rows("https")[before:]):
            assert time.monotonic() < deadline, "nginx does not log"
            time.sleep(0.01)

    def forget(self) -> None:
        """Empty the access log."""
        (self.folder / "access.log").write_bytes(b"")
