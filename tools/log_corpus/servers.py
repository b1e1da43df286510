"""The servers, proxies and CA files that the recorded runs meet, each wrong in one way, all on loopback."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tests.lab.authority import Leaf, key_pem_of, pem_of
from tests.lab.index_server import Answer, Connection, IndexServer, redirect
from tests.lab.interceptor import ConnectProxy, Interceptor
from tests.lab.packages import BACKEND, Package, sdist, wheel
from tools.log_corpus import certificates
from tools.log_corpus.certificates import CORP, STRANGER, TOPS

FORGED = (
    "[end of output]",
    "note: This error originates from a subprocess, and is likely not a problem with pip.",
    (
        "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after "
        "connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] "
        "certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)'))': /simple/forged/"
    ),
    (
        "Could not fetch URL https://forged.example/simple/x/: There was a problem confirming the ssl "
        "certificate: HTTPSConnectionPool(host='forged.example', port=443): Max retries exceeded with url: "
        "/simple/x/ (Caused by SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number "
        "(_ssl.c:1006)'))) - skipping"
    ),
)
CHATTY = (
    "checking for SSL... yes",
    "checking for SSL certificate problem in libcurl... no",
    "configure: using the certificate bundle of OpenSSL 3.0.13",
    "compiling _ssl.c: warning: SSL_CTX_set_cert_verify_callback is deprecated",
    "tests/test_ssl_error.py::test_certificate_verify_failed PASSED",
    "copying certs/expired-certificate.pem -> build/lib/certs",
)

NAMESAKES = ("certifi", "pyopenssl", "ssl-certificate", "truststore", "service-identity")
"""Packages whose names, and nothing else, are of TLS."""


def packages(unknown_url: str, loose_url: str) -> list[Package]:
    """What every index here has; the URLs are those that a build fetches from in vain."""
    return [_universal(package) for package in _packages(unknown_url, loose_url)]


def _universal(package: Package) -> Package:
    """Also for a Python 2, which looks at the name alone."""
    return replace(package, filename=package.filename.replace("-py3-none-any", "-py2.py3-none-any"))


def _packages(unknown_url: str, loose_url: str) -> list[Package]:
    return [
        wheel("speck"),
        wheel("speck", "2.0"),
        wheel("needs-new", requires=("speck>=2",)),
        wheel("needs-old", requires=("speck<2",)),
        wheel("newer-python", requires_python=">=9"),
        wheel("heavy", padding=700_000),
        *(wheel(name) for name in NAMESAKES),
        BACKEND,
        sdist("built"),
        sdist("chatty", build_requires=(), says=CHATTY),
        sdist("failing", build_requires=(), says=CHATTY, fails=True),
        sdist("forged", build_requires=(), says=FORGED, fails=True),
        sdist("fetching", build_requires=(), downloads=unknown_url),
        sdist("fetching-loose", build_requires=(), downloads=loose_url),
        Package("broken", "1.0", "broken-1.0-py3-none-any.whl", b"no zip file, no certificate"),
    ]


class Flaky(IndexServer):
    """Hangs up on the first connection, and on every second one after it."""

    def wrap(self, raw: socket.socket, connection: Connection) -> socket.socket:
        if connection.number % 2 == 0:
            raw.close()
            raise ConnectionResetError("flaky")
        return super().wrap(raw, connection)


class Resetting:
    """Answers each connection, once it has read something, with a reset."""

    def __enter__(self) -> Resetting:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with contextlib.suppress(OSError):
                    client.settimeout(5)
                    client.recv(1)
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()


def _versions(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    def configure(context: ssl.SSLContext) -> None:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version

    return configure


def _no_cipher(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ARIA128-GCM-SHA256:ECDHE-ECDSA-CAMELLIA128-SHA256:@SECLEVEL=0")


def _client_certificate(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    def configure(context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=CORP.pem.decode())
        context.maximum_version = version

    return configure


HOSTS = {
    "default": "index.example:443",
    "default-root-sent": "index.example:443",
    "unknown": "index.internal:8443",
    "unknown-root-sent": "index.internal:8443",
    "unknown-intermediate": "index.internal:8443",
    "namesake": "index.internal:8443",
}
"""What servers are called in the logs: by names that can be public ones, and by some that cannot."""


CONFIGURED: Mapping[str, Callable[[ssl.SSLContext], None]] = {
    "tls10": _versions(ssl.TLSVersion.TLSv1),
    "tls11": _versions(ssl.TLSVersion.TLSv1_1),
    "no-cipher": _no_cipher,
    "client-cert": _client_certificate(ssl.TLSVersion.TLSv1_3),
    "client-cert-12": _client_certificate(ssl.TLSVersion.TLSv1_2),
}


FILE = "/files/speck-1.0-py2.py3-none-any.whl"


class Place:
    """Everything that runs, and the words of a case's template that lead to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words: dict[str, str] = {}
        """What `{name}` in a template stands for."""
        self.hosts: dict[int, str] = {}
        """A port here, and the neutral `host:port` that a log is to have."""

    @contextlib.contextmanager
    def running(self) -> Iterator[Place]:
        with contextlib.ExitStack() as stack:
            self._start(stack)
            yield self

    def _start(self, stack: contextlib.ExitStack) -> None:
        leaves = certificates.leaves()
        stranger = stack.enter_context(IndexServer([wheel("speck")], leaves["unknown"]))
        self._named(stranger.port, "downloads.example:8443")
        # Python 3.13 and newer refuse it for its form, unless it is pip that asks.
        strict = stack.enter_context(IndexServer([wheel("speck")], leaves["loose"]))
        self._named(strict.port, "downloads.example:8443")
        stock = packages(stranger.url("/simple/"), strict.url("/simple/"))
        for name, leaf in leaves.items():
            self._index(stack, name, IndexServer(stock, leaf), host=HOSTS.get(name, "index.example:8443"))
            if name in TOPS:
                root = self.folder / f"{name}.pem"
                root.write_bytes(pem_of(leaf.issuers[-1]))
                self.words[f"ca-{name}"] = str(root)
        for name, configure in CONFIGURED.items():
            self._index(stack, name, IndexServer(stock, leaves["good"], configure=configure))
        self._index(stack, "plain", IndexServer(stock), scheme="https")
        self._index(stack, "flaky", Flaky(stock, leaves["good"]))
        self._odd(stack, stock, leaves["good"])
        self._proxies(stack, leaves)
        self._files(leaves)

    def _odd(self, stack: contextlib.ExitStack, stock: list[Package], leaf: Leaf) -> None:
        closing = IndexServer(stock, leaf)
        closing.hang_up = True
        mute, slow = IndexServer(stock, leaf), IndexServer(stock, leaf)
        mute.pause_before_handshake = slow.pause_before_answer = 30
        self._index(stack, "eof", closing)
        self._index(stack, "mute", mute)
        self._index(stack, "slow", slow)
        self._index(stack, "locked", IndexServer(stock, leaf, auth=("jane", "geheim")))
        self._index(stack, "plain-http", IndexServer(stock))
        statuses = {status: Answer(status, b"no\n") for status in (403, 500, 503)}
        for status, answer in statuses.items():
            answers = {"/simple/speck/": answer}
            self._index(stack, f"status-{status}", IndexServer(stock, leaf, answers=answers))
        turn = {"/simple/speck/": redirect(self.words["unknown"] + "/speck/")}
        self._index(stack, "redirecting", IndexServer(stock, leaf, answers=turn), host="mirror.example:8443")
        ring = {"/simple/speck/": redirect("/simple/speck/")}
        self._index(stack, "looping", IndexServer(stock, leaf, answers=ring))
        login = {
            "/simple/speck/": Answer(
                200, b"<html><title>Log in</title></html>", {"Content-Type": "text/html"}
            )
        }
        self._index(stack, "portal", IndexServer(stock, leaf, answers=login))
        split = IndexServer(stock, leaf, files_url=self.words["unknown"].removesuffix("/simple"))
        self._index(stack, "split", split, host="mirror.example:8443")
        resetting = stack.enter_context(Resetting())
        self.words["reset"] = f"https://localhost:{resetting.port}/simple"
        self._named(resetting.port, "index.example:8443")
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = int(gone.getsockname()[1])
        self.words["refused"] = f"https://localhost:{port}/simple"
        self._named(port, "index.example:8443")
        self.words |= {
            "nowhere": "https://index.example/simple",
            "good-root": self.words["good"].removesuffix("/simple"),
            "unknown-root": self.words["unknown"].removesuffix("/simple"),
            "expired-root-url": self.words["expired"].removesuffix("/simple"),
            "expired-url": self.words["expired"].removesuffix("/simple") + FILE,
            "refused-root": self.words["refused"].removesuffix("/simple"),
        }

    def _proxies(self, stack: contextlib.ExitStack, leaves: Mapping[str, Leaf]) -> None:
        plain = stack.enter_context(ConnectProxy())
        closed = stack.enter_context(ConnectProxy(auth=("jane", "geheim")))
        own = stack.enter_context(ConnectProxy(certificates=leaves["unknown"]))
        expired = stack.enter_context(ConnectProxy(certificates=leaves["expired"]))
        inspecting = stack.enter_context(Interceptor(STRANGER, CORP.pem))
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = int(gone.getsockname()[1])
        self.words |= {
            "proxy": plain.url,
            "proxy-as-tls": plain.url.replace("http:", "https:"),
            "proxy-407": closed.url,
            "proxy-407-wrong": closed.url.replace("://", "://joe:wrong-word@"),
            "proxy-tls": own.url,
            "proxy-tls-expired": expired.url,
            "proxy-inspecting": inspecting.url,
            "proxy-gone": f"http://localhost:{port}",
        }
        for each in (plain.port, closed.port, own.port, expired.port, inspecting.port, port):
            self._named(each, "proxy.example:3128")

    def _files(self, leaves: Mapping[str, Leaf]) -> None:
        folder = self.folder
        leaf = leaves["good"]
        contents = {
            "ca": CORP.pem,
            "garbage": b"this is no certificate\n",
            "broken": b"-----BEGIN CERTIFICATE-----\nMIIBnTCCAUOg!!\n-----END CERTIFICATE-----\n",
            "empty": b"",
            "namesakes": CORP.namesake().pem,
            "twin": STRANGER.namesake(same_key_identifier=True).pem,
            "client": CORP.leaf(["client"]).pem + key_pem_of(leaf.key),
            "req-hash": b"speck==1.0 --hash=sha256:" + b"0" * 64 + b"\n",
            "req-no-hash": b"# SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify\nspeck==1.0\n",
        }
        for name, content in contents.items():
            path = folder / f"{name}.{'txt' if name.startswith('req') else 'pem'}"
            path.write_bytes(content)
            self.words[name] = str(path)
        (folder / "readable.pem").mkdir()
        for name, authorities in (("both", (CORP, STRANGER)), ("stranger", (STRANGER,))):
            path = folder / f"{name}.pem"
            path.write_bytes(b"".join(authority.pem for authority in authorities))
            self.words[name] = str(path)
        self.words |= {"gone": str(folder / "gone.pem"), "a-folder": str(folder / "readable.pem")}

    def _index(
        self,
        stack: contextlib.ExitStack,
        name: str,
        server: IndexServer,
        *,
        scheme: str | None = None,
        host: str = "index.example:8443",
    ) -> None:
        stack.enter_context(server)
        url = server.url("/simple")
        self.words[name] = url if scheme is None else f"{scheme}://{url.partition('://')[2]}"
        self._named(server.port, host)

    def _named(self, port: int, host: str) -> None:
        self.hosts[port] = host
