"""Squid, Debian's, that opens TLS on its way (ssl-bump) or only passes it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import pytest

from .authority import Authority
from .program import Program, free_port, installed, text_of

_PROGRAMS = "/usr/lib/squid"

_PLAIN = "http_port 127.0.0.1:{port}\n"

_BUMPING = """\
http_port 127.0.0.1:{port} ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB \
tls-cert={folder}/ca.pem
sslcrtd_program {certgen} -s {folder}/made -M 4MB
sslcrtd_children 2 startup=1
tls_outgoing_options cafile={folder}/upstream.pem
acl first at_step SslBump1
ssl_bump peek first
ssl_bump bump all
"""

_LENIENT = """\
sslproxy_cert_error allow all
"""

_WITH_USERS = """\
auth_param basic program {ncsa} {folder}/users
auth_param basic children 1 startup=1
acl known proxy_auth REQUIRED
http_access deny !known
"""

_REST = """\
http_access allow all
visible_hostname proxy.example
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
pid_filename {folder}/squid.pid
coredump_dir {folder}
dns_nameservers 127.0.0.1
cache deny all
cache_mem 8 MB
max_filedescriptors 1024
pinger_enable off
shutdown_lifetime 0 seconds
"""


class Squid:
    """Squid as an explicit proxy, running between `__enter__` and `__exit__`.

    With `own` it makes certificates by that CA for all that it opens, and trusts the real servers by
    `upstream_ca` (PEM); without it passes TLS on. Skips the test where Debian's squid-openssl is not
    installed.
    """

    def __init__(
        self,
        own: Authority | None = None,
        upstream_ca: bytes = b"",
        *,
        auth: tuple[str, str] | None = None,
        lenient: bool = False,
    ) -> None:
        """`lenient`: what it does not trust it passes on all the same, with another certificate."""
        self.own = own
        self._lenient = lenient
        self.auth = auth
        self._upstream_ca = upstream_ca

    def __enter__(self) -> Squid:
        program = installed("squid")
        if not Path(_PROGRAMS, "security_file_certgen").exists():
            pytest.skip("this Squid makes no certificates")
        self.folder = Path(tempfile.mkdtemp(prefix="squid-"))
        self.port = free_port()
        try:
            self._write()
            self._program = Program([program, "-N", "-f", self.folder / "squid.conf"], self.folder)
            self._program.wait(lambda: "Accepting " in text_of(self.folder / "cache.log"))
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """The proxy's URL, without credentials."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url_with_credentials(self) -> str:
        """The proxy's URL with the user and password of `auth`."""
        assert self.auth is not None
        user, password = (quote(part, safe="") for part in self.auth)
        return self.url.replace("://", f"://{user}:{password}@")

    @property
    def log(self) -> list[tuple[str, str, str]]:
        """What it was asked: result (such as TCP_MISS/200), method and URL, from its access log."""
        rows = [line.split() for line in text_of(self.folder / "access.log").splitlines()]
        return [(row[3], row[5], row[6]) for row in rows]

    @property
    def requests(self) -> list[str]:
        """The URLs of the requests that went through it, ways that it was only asked to open left aside."""
        return [url for _, method, url in self.log if method != "CONNECT"]

    def _write(self) -> None:
        parts = [_PLAIN if self.own is None else _BUMPING]
        if self.own is not None:
            (self.folder / "ca.pem").write_bytes(self.own.pem + self.own.key_pem)
            (self.folder / "upstream.pem").write_bytes(self._upstream_ca)
            _succeed(f"{_PROGRAMS}/security_file_certgen", "-c", "-s", f"{self.folder}/made", "-M", "4MB")
        if self._lenient:
            parts.append(_LENIENT)
        if self.auth is not None:
            user, password = self.auth
            hashed = _succeed("openssl", "passwd", "-apr1", "-stdin", given=password).strip()
            (self.folder / "users").write_text(f"{user}:{hashed}\n", encoding="utf-8")
            parts.append(_WITH_USERS)
        settings = "".join((*parts, _REST)).format(
            port=self.port,
            folder=self.folder,
            certgen=f"{_PROGRAMS}/security_file_certgen",
            ncsa=f"{_PROGRAMS}/basic_ncsa_auth",
        )
        (self.folder / "squid.conf").write_text(settings, encoding="utf-8")
        self._give_away()

    def _give_away(self) -> None:
        """Started by root it becomes a user of its own, who has to read and write all this."""
        if os.geteuid() != 0:
            return
        import pwd

        user = pwd.getpwnam("proxy")
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)


def _succeed(*command: str, given: str = "") -> str:
    done = subprocess.run(command, input=given, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
