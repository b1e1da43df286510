"""Every cause, from a live server or a real defect, with pips of four ages: found, nothing false beside it,
and cured exactly where existing trust may cure it.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.lab.authority import (
    EXPIRED,
    NOT_YET_VALID,
    VALID,
    Authority,
    Chain,
    Leaf,
    der_of,
    new_key,
    self_signed,
    timestamps,
)
from tests.lab.index_server import Answer, IndexServer, redirect
from tests.lab.interceptor import ConnectProxy
from tests.lab.packages import wheel
from tests.lab.run import clean_environment, run_pipsafe
from tests.lab.ssl_less import with_lost_library, without_ssl
from tests.lab.system_store import system_store
from tests.lab.targets import Target, python_for, pythons, target
from tests.makers import policy
from tests.rescues import patient

pytestmark = pytest.mark.e2e

PIPS = ("20.3.4", "23.2.1", "24.0", "26.3")
SPECK = wheel("speck", "1.0")
ROOT = Authority("Example Corporate Root")
OTHER = Authority("Example Other Root")
ZSCALER = Authority("Zscaler Root CA", organization="Zscaler Inc.")
WRONG_HOST = ("files.example",)
OWN_HOST = ("index.example",)


@dataclass(slots=True)
class Stage:
    """Where a row sets up what it needs; all of it ends with the stack."""

    stack: ExitStack
    folder: Path
    pip: str
    env: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    prefix: tuple[str, ...] = ()
    servers: list[IndexServer] = field(default_factory=list)
    target: Target | None = None
    """None: an ordinary one."""

    @property
    def home(self) -> Path:
        """The user's home."""
        return self.folder.parent / "home"

    def serve(self, leaf: Leaf | None, **settings: Any) -> IndexServer:
        """A server with this certificate, which pip is told of."""
        server = self.stack.enter_context(IndexServer([SPECK], leaf, **settings))
        self.servers.append(server)
        self.arguments += ["--index-url", server.index_url]
        return server

    def file(self, content: bytes, name: str = "ca.pem") -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def told(self, *authorities: Authority) -> None:
        """Another tool of this machine is told of these CAs."""
        self.env["NODE_EXTRA_CA_CERTS"] = self.file(b"".join(item.pem for item in authorities), "node.pem")

    def trusting(self, *authorities: Authority) -> None:
        """pip itself is told of these CAs."""
        self.env["PIP_CERT"] = self.file(b"".join(item.pem for item in authorities), "pip.pem")


@dataclass(frozen=True, slots=True)
class Row:
    """One defect, and what has to be said of it."""

    name: str
    stage: Callable[[Stage], None]
    causes: tuple[str, ...]
    cured: str | None = None
    """The kind of the remedy, if it may be cured."""
    words: tuple[str, ...] = ()
    """What the report says."""
    pips: tuple[str, ...] = PIPS
    leg: str = "index"


# Certificates


def _private(stage: Stage) -> None:
    stage.serve(ROOT.leaf(chain=Chain.WITH_ROOT))


def _private_and_told(stage: Stage) -> None:
    stage.serve(ROOT.leaf())
    stage.told(ROOT)


def _inspected(stage: Stage) -> None:
    stage.serve(ZSCALER.leaf(chain=Chain.WITH_ROOT))


def _inspected_and_told(stage: Stage) -> None:
    stage.serve(ZSCALER.intermediate("Zscaler Intermediate Root CA").leaf())
    stage.told(ZSCALER)


def _self_signed(stage: Stage) -> None:
    stage.serve(self_signed())


def _self_signed_and_pinned(stage: Stage) -> None:
    leaf = self_signed()
    stage.serve(leaf)
    stage.env["PIPSAFE_PIN"] = leaf.sha256.upper()


def _private_and_pinned(stage: Stage) -> None:
    stage.serve(ROOT.leaf(chain=Chain.WITH_ROOT))
    stage.env["PIPSAFE_PIN"] = ROOT.sha256


def _leaf_pinned(stage: Stage) -> None:
    leaf = ROOT.leaf(chain=Chain.WITH_ROOT)
    stage.serve(leaf)
    stage.env["PIPSAFE_PIN"] = leaf.sha256


def _incomplete(stage: Stage) -> None:
    _leaving_out(stage, ROOT.intermediate(), OWN_HOST)
    stage.trusting(ROOT)
    stage.told(ROOT)


def _incomplete_and_forged(stage: Stage) -> None:
    """Who is on the way offers one certificate more: by its name it stands between, and nobody signed it."""
    issuing = ROOT.intermediate(ca_issuers=(f"http://{OWN_HOST[0]}/root.cer",))
    plain = _leaving_out(stage, issuing, OWN_HOST)
    plain.answers["/root.cer"] = Answer(200, der_of(_in_between(issuing)))
    stage.trusting(ROOT)
    stage.told(ROOT)


def _in_between(below: Authority) -> x509.Certificate:
    """A CA of the root's name that says it is issued by the intermediate below; of a key of its own."""
    key = new_key(rsa_bits=2048)
    identifiers = ROOT.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    issuers = below.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateBuilder()
        .subject_name(ROOT.subject)
        .issuer_name(below.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(VALID.not_before)
        .not_valid_after(VALID.not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(identifiers, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuers), critical=False
        )
        .sign(key, hashes.SHA256())
    )


def _scoped_to_the_index(stage: Stage) -> None:
    """A CA that Docker was given for that one registry."""
    server = stage.serve(ROOT.leaf())
    folder = stage.home / ".docker" / "certs.d" / f"localhost:{server.port}"
    folder.mkdir(parents=True)
    ROOT.write(folder / "ca.crt")


def _scoped_and_another_index(stage: Stage) -> None:
    """pip takes a CA for all servers of a run, and one of them it was not given for."""
    _scoped_to_the_index(stage)
    other = stage.stack.enter_context(IndexServer([SPECK], ROOT.leaf()))
    stage.arguments += ["--extra-index-url", other.index_url.replace("localhost", "127.0.0.1")]
    stage.servers.append(other)


def _incomplete_and_untrusted(stage: Stage) -> None:
    _leaving_out(stage, ROOT.intermediate(), OWN_HOST)


def _incomplete_for_another_host(stage: Stage) -> None:
    _leaving_out(stage, ROOT.intermediate(), WRONG_HOST)
    stage.trusting(ROOT)
    stage.told(ROOT)


def _by_its_marks(stage: Stage) -> None:
    """Anybody's CA that took a public one's name and marks."""
    own = Authority("R11", organization="Let's Encrypt")
    _leaving_out(stage, own, OWN_HOST, timestamps(), policy("2.23.140.1.2.1"), served=None)


def _leaving_out(
    stage: Stage,
    issuing: Authority,
    names: tuple[str, ...],
    *marks: x509.ExtensionType,
    served: str | None = "/issuing.cer",
) -> IndexServer:
    """A server that sends its own certificate alone; the issuer's can be had from it over plain HTTP."""
    url = f"http://{OWN_HOST[0]}/issuing.cer"
    leaf = issuing.leaf(names, chain=Chain.LEAF_ONLY, ca_issuers=(url,), extensions=marks)
    plain = _behind_a_proxy(stage, leaf, OWN_HOST)
    if served is not None:
        plain.answers[served] = Answer(200, der_of(issuing.certificate))
    return plain


def _expired(stage: Stage) -> None:
    stage.serve(ROOT.leaf(validity=EXPIRED))
    stage.trusting(ROOT)


def _expired_and_unknown(stage: Stage) -> None:
    stage.serve(ROOT.leaf(validity=EXPIRED))
    stage.told(ROOT)


def _expired_intermediate(stage: Stage) -> None:
    stage.serve(ROOT.intermediate(validity=EXPIRED).leaf())
    stage.trusting(ROOT)


def _expired_root(stage: Stage) -> None:
    late = Authority("Example Late Root", validity=EXPIRED)
    stage.serve(late.leaf(chain=Chain.WITH_ROOT))
    stage.trusting(late)


def _not_yet_valid(stage: Stage) -> None:
    stage.serve(ROOT.leaf(validity=NOT_YET_VALID))
    stage.trusting(ROOT)


def _wrong_host(stage: Stage) -> None:
    stage.serve(ROOT.leaf(WRONG_HOST))
    stage.trusting(ROOT)


def _wrong_host_and_unknown(stage: Stage) -> None:
    stage.serve(ROOT.leaf(WRONG_HOST))
    stage.told(ROOT)


def _weak(stage: Stage) -> None:
    stage.serve(ROOT.leaf(key=new_key(rsa_bits=1024)), configure=_allow_weak_keys)
    stage.trusting(ROOT)


def _allow_weak_keys(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")


def _for_clients_only(stage: Stage) -> None:
    stage.serve(ROOT.leaf(usage=ExtendedKeyUsageOID.CLIENT_AUTH))
    stage.trusting(ROOT)


def _rejected(stage: Stage) -> None:
    """As administrators do with `openssl x509 -addreject serverAuth`."""
    stage.serve(ROOT.leaf(chain=Chain.WITH_ROOT))
    command = ("openssl", "x509", "-addreject", "serverAuth", "-trustout")
    marked = subprocess.run(command, input=ROOT.pem, check=True, capture_output=True, timeout=60).stdout
    stage.env["PIP_CERT"] = stage.file(marked)
    stage.told(ROOT)


REVOKING = """
import ssl
made = ssl.SSLContext.__new__
def hardened(cls, *arguments, **settings):
    context = made(cls, *arguments, **settings)
    if cls is not ssl.SSLContext:
        return context
    context.load_verify_locations({crl!r})
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context
ssl.SSLContext.__new__ = hardened
"""


def _revoked(stage: Stage) -> None:
    """A Python that its administrator made to look at revocation lists."""
    leaf = ROOT.leaf()
    stage.serve(leaf)
    crl = stage.file(ROOT.revocation_list(leaf), "crl.pem")
    stage.target = patient(stage.pip, "speck")
    hardening = stage.target.site_packages / "sitecustomize.py"
    hardening.write_text(REVOKING.format(crl=crl), encoding="utf-8")
    stage.stack.callback(hardening.unlink)
    stage.trusting(ROOT)


# What this machine, or this pip, has


def _missing_file(stage: Stage) -> None:
    stage.serve(ROOT.leaf())
    stage.env["PIP_CERT"] = str(stage.folder / "gone.pem")
    stage.told(ROOT)


def _clock_behind(stage: Stage) -> None:
    _wrong_clock(stage, "-4000d")


def _clock_ahead(stage: Stage) -> None:
    _wrong_clock(stage, "+900d")


def _wrong_clock(stage: Stage, off: str) -> None:
    """pip and pipsafe are told another time than the servers, of which two say what time it is."""
    if not shutil.which("faketime"):
        pytest.skip("no faketime here")
    hosts = ("index.example", "files.example")
    _behind_a_proxy(stage, ROOT.leaf(hosts), hosts)
    stage.trusting(ROOT)
    stage.prefix = ("faketime", "-f", off)


def _behind_a_proxy(
    stage: Stage, leaf: Leaf, hosts: tuple[str, ...], front: Answer | None = None
) -> IndexServer:
    """Servers by names that only the proxy knows, with and without TLS."""
    secure = stage.stack.enter_context(IndexServer([SPECK], leaf))
    plain = stage.stack.enter_context(IndexServer(answers={"/": front or Answer()}))
    stage.servers.append(secure)
    routes = {f"{host}:443": secure.port for host in hosts} | {f"{host}:80": plain.port for host in hosts}
    proxy = stage.stack.enter_context(ConnectProxy(routes=routes))
    stage.env |= {"http_proxy": proxy.url, "https_proxy": proxy.url}
    stage.arguments += ["--index-url", f"https://{hosts[0]}/simple/"]
    for host in hosts[1:]:
        stage.arguments += ["--extra-index-url", f"https://{host}/simple/"]
    return plain


def _no_ssl(stage: Stage) -> None:
    stage.target = target(stage.pip, without_ssl(_python_for(stage)))
    stage.serve(ROOT.leaf())


def _lost_library(stage: Stage) -> None:
    stage.target = target(stage.pip, with_lost_library(_python_for(stage)))
    stage.serve(ROOT.leaf())


def _python_for(stage: Stage) -> Path:
    found = python_for(stage.pip)
    if found is None:
        pytest.skip(f"no Python here for pip {stage.pip}")
    return found


def _strict(stage: Stage) -> None:
    """Python 3.13, and a pip that leaves strictness to it."""
    python = pythons().get("3.13")
    if python is None:
        pytest.skip("no Python 3.13 here")
    stage.target = target(stage.pip, python).fresh(stage.folder)
    stage.target.remove("speck")
    stage.serve(ROOT.leaf(authority_key_identifier=False))
    stage.arguments += ["--use-deprecated", "legacy-certs"]
    stage.trusting(ROOT)


def _broken_store(stage: Stage) -> None:
    """A system store that nobody can read, and a pip that asks it for everything."""
    stage.serve(ROOT.leaf())
    nothing = stage.folder / "nothing"
    nothing.mkdir()
    stage.prefix = system_store(stage.folder / "store", public=False, mounts={Path("/usr/lib/ssl"): nothing})
    (stage.folder / "store" / "certs" / "ca-certificates.crt").write_bytes(b"\0garbage\n" * 100)
    stage.told(ROOT)


# The connection


def _plain_http(stage: Stage) -> None:
    server = stage.serve(None)
    stage.arguments[-1] = server.index_url.replace("http://", "https://")


def _old_versions_only(stage: Stage) -> None:
    stage.serve(ROOT.leaf(), configure=_speak_old_versions)
    stage.trusting(ROOT)


def _speak_old_versions(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def _client_certificate(stage: Stage) -> None:
    ca = stage.file(ROOT.pem, "clients.pem")

    def demand(context: ssl.SSLContext) -> None:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED

    stage.serve(ROOT.leaf(), configure=demand)
    stage.trusting(ROOT)


def _proxy_wants_a_password(stage: Stage) -> None:
    stage.serve(ROOT.leaf())
    stage.trusting(ROOT)
    stage.env["https_proxy"] = stage.stack.enter_context(ConnectProxy(auth=("user", "secret"))).url


def _plain_proxy_by_https(stage: Stage) -> None:
    stage.serve(ROOT.leaf())
    stage.trusting(ROOT)
    proxy = stage.stack.enter_context(ConnectProxy())
    stage.env["https_proxy"] = proxy.url.replace("http://", "https://")


def _proxy_with_a_certificate(stage: Stage) -> None:
    stage.serve(ROOT.leaf())
    stage.trusting(ROOT)
    proxy = stage.stack.enter_context(ConnectProxy(certificates=OTHER.leaf()))
    stage.env["https_proxy"] = proxy.url
    stage.told(OTHER)


def _login_page(stage: Stage) -> None:
    """A network that answers everything by its own login page until somebody has logged in."""
    leaf = Authority("Example Hotel CA").leaf(("login.hotel.example",))
    login = redirect("http://login.hotel.example/?from=index")
    _behind_a_proxy(stage, leaf, ("index.example",), login)


ROWS = (
    Row("private CA", _private, ("private-ca",)),
    Row("private CA that another tool knows", _private_and_told, ("private-ca",), "bundle"),
    Row("private CA, pinned", _private_and_pinned, ("private-ca",), "pin"),
    Row("private CA, the leaf pinned", _leaf_pinned, ("private-ca",), words=("name the root above it",)),
    Row("inspection", _inspected, ("tls-inspection",)),
    Row("inspection that another tool knows", _inspected_and_told, ("tls-inspection",), "bundle"),
    Row("self-signed", _self_signed, ("self-signed-server",)),
    Row("self-signed, pinned", _self_signed_and_pinned, ("self-signed-server",), "pin"),
    Row("a certificate left out", _incomplete, ("incomplete-chain",), "completed-chain"),
    Row(
        "a certificate left out, and a forged one offered",
        _incomplete_and_forged,
        ("incomplete-chain",),
        "completed-chain",
    ),
    Row("a CA for that host only", _scoped_to_the_index, ("private-ca",), "bundle"),
    Row(
        "a CA for one host of two",
        _scoped_and_another_index,
        ("private-ca",),
        words=("only, and pip is also",),
    ),
    Row("a certificate left out, unknown root", _incomplete_and_untrusted, ("private-ca",)),
    Row(
        "a certificate left out, wrong host",
        _incomplete_for_another_host,
        ("hostname-mismatch", "incomplete-chain"),
    ),
    Row("the marks of a public CA", _by_its_marks, ("private-ca",), words=("which anybody can write",)),
    Row("expired", _expired, ("expired",)),
    Row("expired, unknown CA", _expired_and_unknown, ("expired", "private-ca")),
    Row("expired intermediate", _expired_intermediate, ("expired",)),
    Row("expired root", _expired_root, ("expired",)),
    Row("not yet valid", _not_yet_valid, ("not-yet-valid",)),
    Row("wrong host", _wrong_host, ("hostname-mismatch",)),
    Row("wrong host, unknown CA", _wrong_host_and_unknown, ("hostname-mismatch", "private-ca")),
    Row("weak key", _weak, ("weak-crypto",)),
    Row("a certificate for clients only", _for_clients_only, ("unknown",)),
    Row("rejected by whoever keeps the CAs", _rejected, ("distrusted",)),
    Row("revoked", _revoked, ("revoked",)),
    Row("a setting that names nothing", _missing_file, ("bad-ca-setting", "private-ca"), "bundle"),
    Row("clock behind", _clock_behind, ("clock-skew",), words=("behind",)),
    Row(
        "clock ahead",
        _clock_ahead,
        ("clock-skew", "expired"),
        words=("ahead", "By what index.example and files.example say over plain HTTP", "right by a watch"),
    ),
    Row("no ssl module", _no_ssl, ("ssl-module-missing",), words=("without OpenSSL",)),
    Row("OpenSSL gone", _lost_library, ("ssl-module-missing",), words=(".so.9",)),
    Row("strictness", _strict, ("strict-x509",), pips=("26.3",)),
    Row(
        "a system store that cannot be read",
        _broken_store,
        ("os-trust-unavailable", "private-ca"),
        "bundle",
        pips=("26.3",),
    ),
    Row("plain HTTP", _plain_http, ("tls-protocol",), words=("does not speak TLS",)),
    Row("old versions only", _old_versions_only, ("tls-protocol",)),
    Row("client certificate", _client_certificate, ("client-cert-required",)),
    Row("the proxy wants a password", _proxy_wants_a_password, ("proxy-problem",), words=("407",)),
    Row("a plain proxy by https://", _plain_proxy_by_https, ("proxy-problem",)),
    Row(
        "the proxy's own certificate",
        _proxy_with_a_certificate,
        ("proxy-problem", "private-ca"),
        "bundle",
        leg="proxy",
    ),
    Row("a login page", _login_page, ("captive-portal", "hostname-mismatch")),
)


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    folder = tmp_path / "safe"
    folder.mkdir(mode=0o755)
    with ExitStack() as stack:
        yield Stage(stack, folder, request.getfixturevalue("pip"))


LEGS = {"proxy": pytest.mark.shows("legs", "the HTTPS proxy's own certificate")}
CELLS = [
    pytest.param(row, pip, id=f"{row.name}-{pip}", marks=LEGS.get(row.leg, ()))
    for row in ROWS
    for pip in row.pips
]


@pytest.mark.parametrize(("row", "pip"), CELLS)
def test_cause(row: Row, pip: str, stage: Stage, tmp_path: Path) -> None:
    row.stage(stage)
    where = stage.target or patient(pip, "speck")
    env = clean_environment(tmp_path / "home", **stage.env)

    run = run_pipsafe(
        where, ["install", "--retries", "0", *stage.arguments, "speck"], env, prefix=stage.prefix, timeout=90
    )

    report = run.report
    assert report is not None, run.text
    assert {tuple(item["causes"]) for item in report["failures"]} == {row.causes}, run.text
    assert {item["cause"] for item in report["failures"]} == {row.causes[0]}
    assert {item["leg"] for item in report["failures"]} == {row.leg}
    assert [words for words in row.words if words not in run.text and words not in str(report)] == []
    if row.cured is None:
        assert report["outcome"] == "unremedied", run.text
        assert [path for server in stage.servers if server.certificates for path in server.paths] == []
        assert not where.installed("speck")
    else:
        assert report["outcome"] == "rescued", run.text
        assert report["remedy"]["kind"] == row.cured
        assert len(report["remedy"]["intermediates"]) == (row.cured == "completed-chain")
        assert where.installed("speck")
