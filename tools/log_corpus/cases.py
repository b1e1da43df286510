"""What is run on each pip: one row a case, in the words that servers.py gives meaning to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

PIPS = ("9.0.3", "10.0.1", "19.3.1", "20.3.4", "22.3.1", "23.2.1", "24.0", "24.2", "25.3", "26.3")

ALL = frozenset(PIPS)
MODERN = ALL - {"9.0.3", "10.0.1"}
"""Pips that build in isolation as PEP 517 has it."""
TWO_AGES = frozenset(("20.3.4", "26.3"))
FEW = frozenset(("9.0.3", "20.3.4", "24.0", "26.3"))
"""One of each age: those that are also asked to say more, or less."""

GET = "download --no-cache-dir --retries 0 -d {got} -i "
AGAIN = GET.replace("--retries 0", "--retries 1")
"""For what newer pips speak of only when they try again."""
WITH_CA: Mapping[str, str] = MappingProxyType({"PIP_CERT": "{ca}"})
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Case:
    """One command, and what is around it."""

    name: str
    arguments: str
    """pip's, divided by blanks, then filled in."""
    environment: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    flags: tuple[str, ...] = ("", "-v")
    """Each makes a run of its own."""
    pips: frozenset[str] = ALL
    keeps: str = "output"
    """What is kept: `output`, or the file that `--log` wrote."""
    columns: int = 0
    """Of the terminal that pip runs on; 0 for none."""
    before: str = ""
    """Python that runs before pip does."""
    has_small_disk: bool = False


NO_SSL = "import sys; sys.modules['_ssl'] = None"
DEFAULT_INDEX = """
from pip._internal.models.index import PyPI
PyPI.simple_url = '{default}'
"""
"""pip's own default index, moved to loopback. pip 9 and 10 have read it before anybody can do that."""

VERBOSITIES = ("", "-q --retries 1", "-v")
"""Quiet, pip speaks of what failed only when it tries again."""

FAILURES = (
    # The certificate
    Case("unknown-issuer", GET + "{unknown} speck", flags=VERBOSITIES),
    Case("unknown-issuer-retries", AGAIN + "{unknown} speck", flags=("",)),
    Case("unknown-issuer-log", GET + "{unknown} --log {log} speck", flags=("",), keeps="log", pips=FEW),
    Case(
        "unknown-issuer-tty80",
        GET + "{unknown} speck",
        flags=("",),
        columns=80,
        pips=ALL - {"9.0.3", "10.0.1"},
    ),
    Case("unknown-root-sent", GET + "{unknown-root-sent} speck", flags=VERBOSITIES),
    Case("unknown-intermediate", GET + "{unknown-intermediate} speck", flags=("",)),
    Case(
        "default-index",
        "download --no-cache-dir -d {got} speck",
        before=DEFAULT_INDEX,
        flags=("", "-q", "-v"),
        pips=MODERN,
    ),
    Case(
        "default-index-root-sent",
        "download --no-cache-dir -d {got} speck",
        before=DEFAULT_INDEX.replace("{default}", "{default-root-sent}"),
        flags=("", "-q", "-v"),
        pips=MODERN,
    ),
    Case("self-signed", GET + "{self-signed} speck", flags=VERBOSITIES),
    Case("self-signed-ca", GET + "{self-signed-ca} speck", flags=("",)),
    Case("expired", GET + "{expired} speck", WITH_CA, flags=VERBOSITIES),
    Case("expired-intermediate", GET + "{expired-intermediate} speck", WITH_CA, flags=("",)),
    Case("expired-root", GET + "{expired-root} speck", {"PIP_CERT": "{ca-expired-root}"}, flags=("",)),
    Case("expired-unknown", GET + "{expired-unknown} speck", flags=("",), pips=FEW),
    Case("not-yet", GET + "{not-yet} speck", WITH_CA, flags=VERBOSITIES),
    Case("wrong-host", GET + "{wrong-host} speck", WITH_CA, flags=VERBOSITIES),
    Case("wrong-hosts", GET + "{wrong-hosts} speck", WITH_CA, flags=("",)),
    Case("wrong-host-unknown", GET + "{wrong-host-unknown} speck", flags=("",), pips=FEW),
    Case("incomplete", GET + "{incomplete} speck", WITH_CA),
    Case("namesake", GET + "{namesake} speck", {"PIP_CERT": "{twin}"}, flags=("",)),
    Case("weak-key", GET + "{weak-key} speck", WITH_CA),
    Case("weak-ca", GET + "{weak-ca} speck", {"PIP_CERT": "{ca-weak-ca}"}, flags=("",)),
    # The protocol
    Case("tls10", GET + "{tls10} speck", WITH_CA),
    Case("tls11", GET + "{tls11} speck", WITH_CA, flags=("",)),
    Case("no-cipher", GET + "{no-cipher} speck", WITH_CA, flags=("",)),
    Case("client-cert", AGAIN + "{client-cert} speck", WITH_CA),
    Case("client-cert-12", AGAIN + "{client-cert-12} speck", WITH_CA, flags=("",)),
    Case("plain-server", GET + "{plain} speck"),
    Case("eof", GET + "{eof} speck"),
    # The proxy
    Case("proxy-407", AGAIN + "{good} --proxy {proxy-407} speck", WITH_CA, flags=VERBOSITIES),
    Case("proxy-407-wrong", AGAIN + "{good} --proxy {proxy-407-wrong} speck", WITH_CA, flags=("",)),
    Case("proxy-as-tls", AGAIN + "{good} --timeout 3 --proxy {proxy-as-tls} speck", WITH_CA),
    Case("proxy-tls", AGAIN + "{good} --proxy {proxy-tls} speck", WITH_CA, flags=("",)),
    Case("proxy-tls-expired", AGAIN + "{good} --proxy {proxy-tls-expired} speck", WITH_CA, flags=("",)),
    Case("proxy-gone", AGAIN + "{good} --proxy {proxy-gone} speck", WITH_CA),
    Case("proxy-inspecting", GET + "{good} --proxy {proxy-inspecting} speck", WITH_CA),
    # Settings
    Case("setting-gone", GET + "{good} speck", {"PIP_CERT": "{gone}"}),
    Case("setting-gone-requests", GET + "{good} speck", {"REQUESTS_CA_BUNDLE": "{gone}"}, flags=("",)),
    Case("setting-gone-option", GET + "{good} --cert {gone} speck", flags=("",)),
    Case("setting-garbage", GET + "{good} speck", {"PIP_CERT": "{garbage}"}),
    Case("setting-broken", GET + "{good} speck", {"REQUESTS_CA_BUNDLE": "{broken}"}, flags=("",)),
    Case("setting-empty", GET + "{good} speck", {"PIP_CERT": "{empty}"}, flags=("",)),
    Case("setting-client-gone", GET + "{good} --client-cert {gone} speck", WITH_CA, flags=("",)),
    Case("setting-client-garbage", GET + "{good} --client-cert {garbage} speck", WITH_CA, flags=("",)),
    Case("no-ssl", GET + "{good} speck", before=NO_SSL),
    Case(
        "no-ssl-file",
        GET + "{good} {good-root}/files/speck-1.0-py2.py3-none-any.whl",
        before=NO_SSL,
        flags=("",),
    ),
    # Legs
    Case(
        "find-links",
        "download --no-cache-dir --retries 0 -d {got} --no-index -f {unknown}/speck/ speck",
        flags=("",),
    ),
    Case("direct-file", GET + "{good} {unknown-root}/files/speck-1.0-py2.py3-none-any.whl", WITH_CA),
    Case("direct-file-expired", GET + "{good} {expired-url} ", WITH_CA, flags=("",)),
    Case("requirement-file", GET + "{good} -r {unknown-root}/req.txt", WITH_CA, flags=("",)),
    Case("file-host", GET + "{split} speck", WITH_CA),
    Case("redirected", GET + "{redirecting} speck", WITH_CA, flags=("",)),
    Case("extra-index", GET + "{good} --extra-index-url {unknown} speck", WITH_CA, flags=VERBOSITIES),
    Case("build-dependency", GET + "{expired} {good-root}/files/built-1.0.tar.gz", WITH_CA, pips=MODERN),
    Case("build-fetching", GET + "{good} fetching", WITH_CA, pips=MODERN - {"19.3.1"}),
    Case(
        "build-strict",
        GET + "{good} fetching-loose",
        {**WITH_CA, "SSL_CERT_FILE": "{ca-loose}"},
        pips=frozenset(("24.2", "25.3")),
    ),
    Case(
        "install",
        "install --no-cache-dir --retries 0 --target {got} -i {expired} speck",
        WITH_CA,
        flags=("",),
    ),
    Case("git", GET + "{good} git+{unknown-root}/r.git@main#egg=r", WITH_CA, flags=("",), pips=FEW),
    Case(
        "git-expired",
        GET + "{good} git+{expired-root-url}/r.git@main#egg=r",
        {"GIT_SSL_CAINFO": "{ca}"},
        flags=("",),
        pips=FEW,
    ),
    # Not of TLS, yet causes
    Case("refused", AGAIN + "{refused} speck"),
    Case("reset", AGAIN + "{reset} speck"),
    Case("no-such-host", AGAIN + "{nowhere} speck"),
    Case("mute", AGAIN + "{mute} --timeout 1 speck", WITH_CA, flags=("",)),
    Case("slow", AGAIN + "{slow} --timeout 1 speck", WITH_CA, flags=("",)),
)

INSTALL = "install --no-cache-dir --retries 0 --target {got} -i "

HARMLESS = (
    Case("ok", GET + "{good} speck", WITH_CA, flags=VERBOSITIES),
    Case("ok-install", INSTALL + "{good} speck", WITH_CA),
    Case("ok-tty80", INSTALL + "{good} heavy", WITH_CA, flags=("",), columns=80, pips=MODERN),
    Case("ok-log", INSTALL + "{good} --log {log} speck", WITH_CA, flags=("",), keeps="log", pips=FEW),
    Case(
        "ok-namesakes",
        INSTALL + "{good} certifi pyopenssl ssl-certificate truststore service-identity",
        WITH_CA,
    ),
    Case("ok-proxy", GET + "{good} --proxy {proxy} speck", WITH_CA),
    Case("ok-inspected", GET + "{good} --proxy {proxy-inspecting} speck", {"PIP_CERT": "{stranger}"}),
    Case("ok-redirected", GET + "{redirecting} speck", {"PIP_CERT": "{both}"}, flags=("-v",)),
    Case("ok-split", GET + "{split} speck", {"PIP_CERT": "{both}"}, flags=("-v",)),
    Case("ok-chatty", GET + "{good} chatty", WITH_CA, pips=MODERN - {"19.3.1"}),
    Case("ok-wheel", "wheel --no-cache-dir -w {got} -i {good} chatty", WITH_CA, pips=MODERN - {"19.3.1"}),
    Case("ok-retried", "download --no-cache-dir --retries 2 -d {got} -i {flaky} speck", WITH_CA),
    Case("ok-trusted-host", GET + "{unknown} --trusted-host localhost speck"),
    Case("ok-find-links", "download --no-cache-dir -d {got} --no-index -f {good}/speck/ speck", WITH_CA),
    Case(
        "ok-truststore",
        GET + "{good} --use-feature=truststore speck",
        WITH_CA,
        pips=frozenset(("22.3.1", "23.2.1", "24.0", "24.2", "26.3")),
    ),
    Case(
        "ok-legacy-certs",
        GET + "{good} --use-deprecated=legacy-certs speck",
        WITH_CA,
        pips=frozenset(("24.2", "25.3", "26.3")),
    ),
    Case(
        "ok-dry-run",
        INSTALL + "{good} --dry-run --ignore-installed certifi pyopenssl",
        WITH_CA,
        pips=frozenset(("22.3.1", "24.0", "26.3")),
    ),
    Case("list", "list", flags=("", "-v")),
    Case("show", "show -v pip", flags=("",)),
    Case("check", "check", flags=("",)),
    Case("debug", "debug", {"PIP_CERT": "{ca}", "REQUESTS_CA_BUNDLE": "{ca}"}, flags=("",), pips=MODERN),
    Case("config", "config list", {"PIP_CERT": "{ca}", "PIP_CLIENT_CERT": "{client}"}, pips=MODERN),
    Case("help", "install --help", flags=("",), pips=FEW),
    Case(
        "index-versions",
        "index versions -i {good} speck",
        WITH_CA,
        flags=("",),
        pips=frozenset(("22.3.1", "24.0", "26.3")),
    ),
    Case("no-such-package", GET + "{good} ssl-error", WITH_CA, flags=VERBOSITIES),
    Case("no-such-version", GET + "{good} pyopenssl==99", WITH_CA),
    Case("no-such-page", GET + "{good}/nope certifi", WITH_CA),
    Case("no-such-file", GET + "{good} {good-root}/files/ssl-certificate-9.whl", WITH_CA),
    Case("conflict", INSTALL + "{good} needs-new needs-old", WITH_CA),
    Case("newer-python", GET + "{good} newer-python", WITH_CA),
    Case("hash-mismatch", GET + "{good} --require-hashes -r {req-hash}", WITH_CA),
    Case("hash-missing", GET + "{good} --require-hashes -r {req-no-hash}", WITH_CA, flags=("",)),
    Case("requirements", GET + "{good} -r {req-no-hash}", WITH_CA, flags=("",)),
    Case("broken-wheel", GET + "{good} broken", WITH_CA, flags=("",)),
    Case("build-fails", GET + "{good} failing", WITH_CA, pips=MODERN - {"19.3.1"}),
    Case("permission", "install --no-cache-dir --retries 0 --target /proc/certifi -i {good} speck", WITH_CA),
    Case(
        "disk-full",
        "download --no-cache-dir --retries 0 -d {small} -i {good} heavy",
        WITH_CA,
        has_small_disk=True,
    ),
    Case("unauthorized", GET + "{locked} --no-input speck", WITH_CA),
    Case("forbidden", GET + "{status-403} speck", WITH_CA),
    Case("server-error", GET + "{status-500} speck", WITH_CA),
    Case("unavailable", "download --no-cache-dir --retries 1 -d {got} -i {status-503} speck", WITH_CA),
    Case("looping", GET + "{looping} speck", WITH_CA, flags=("",)),
    Case("portal", GET + "{portal} speck", WITH_CA),
    Case("insecure-index", GET + "http://index.example/simple speck", flags=("",)),
    Case("no-such-option", GET + "{good} --certificate {ca} speck", WITH_CA, flags=("",)),
    Case("invalid-requirement", GET + "{good} ssl==certificate==1", WITH_CA, flags=("",)),
    Case("no-requirements-file", GET + "{good} -r {gone}", WITH_CA, flags=("",)),
    Case("no-index", "download --no-index -d {got} certifi", flags=("",)),
    Case("uninstall", "uninstall -y pyopenssl", flags=("",)),
    Case(
        "git-gone",
        GET + "{good} git+{good-root}/ssl.git@main#egg=ssl",
        {"PIP_CERT": "{ca}", "GIT_SSL_CAINFO": "{ca}"},
        flags=("",),
        pips=FEW,
    ),
    Case(
        "git-no-host",
        GET + "{good} git+https://certificate.example/ssl.git@main#egg=ssl",
        WITH_CA,
        flags=("",),
        pips=FEW,
    ),
    Case("git-refused", GET + "{good} git+{refused-root}/r.git@main#egg=r", WITH_CA, flags=("",), pips=FEW),
)

TOLD_APART = (
    # A build that pretends to be pip.
    Case("forged", GET + "{good} forged", WITH_CA, pips=MODERN - {"19.3.1"}),
)
