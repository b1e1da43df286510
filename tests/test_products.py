"""Real products between pip and the index: refused before, rescued by a CA that is known, refused by another.

What got through is read in the products' own logs, not only in the index's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.lab.authority import Authority, Chain, Leaf
from tests.lab.index_server import IndexServer
from tests.lab.mitmproxy import Mitmproxy
from tests.lab.namespaces import SERVER, Network
from tests.lab.nginx import Nginx, files_of, git_repositories_of, in_front_of
from tests.lab.odd_servers import write_identity
from tests.lab.packages import wheel
from tests.lab.pypiserver import PypiServer
from tests.lab.repository import bare_repository
from tests.lab.run import run_pip, run_pipsafe
from tests.lab.squid import Squid
from tests.lab.system_store import system_store
from tests.processes import ProcessWatch
from tests.rescues import Anchor, assert_refused, assert_rescued, patient, report_of

pytestmark = pytest.mark.e2e

BOTH = pytest.mark.parametrize("pip", ["20.3.4", "26.3"])
USER, PASSWORD = "agent", "s3cr3t/W0rd"
INDEX = "index.example"

SETTINGS = {
    "git": ("~/.gitconfig", "[http]\n\tsslCAInfo = {}\n"),
    "npm": ("~/.npmrc", "cafile={}\n"),
    "curl": ("~/.curlrc", "cacert = {}\n"),
}
"""How other tools are told of a CA: in which file, by which words."""


def told(tool: str, pem: bytes, env: dict[str, str]) -> None:
    """Have another tool's own configuration name a file with this CA."""
    home = Path(env["HOME"])
    (home / "known.pem").write_bytes(pem)
    place, words = SETTINGS[tool]
    Path(place.replace("~", str(home))).write_text(words.format(home / "known.pem"), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Scene:
    """A product between pip and an index."""

    url: str
    """Of the index."""
    ca: bytes
    """What would have to be trusted, PEM."""
    anchor: Anchor
    got_through: Callable[[], list[Any]]
    """The HTTP requests that the product's own log, or the server's behind it, has."""
    causes: list[str]
    """What the report names where the right CA is known."""
    variables: dict[str, str] = field(default_factory=dict)
    inspector: str | None = None
    prefix: tuple[str, ...] = ()
    wrong: Authority = field(default_factory=lambda: Authority("squid", organization="Example Corp"))
    tool: str = "git"
    kind: str = "bundle"
    requirement: str = "speck"
    causes_by_another: list[str] | None = None
    """What it names where another CA is known, if not the same."""

    @property
    def command(self) -> list[str]:
        where = ["--index-url", self.url] if self.requirement == "speck" else []
        return ["install", "--no-cache-dir", "--retries", "0", *where, self.requirement]


def show(scene: Scene, pip: str, env: dict[str, str]) -> dict[str, Any]:
    """pip alone fails, the wrong CA is refused, the right one rescues. The report of that."""
    env = {**env, **scene.variables}
    where = patient(pip, "speck")
    before = run_pip(where, scene.command, env, prefix=scene.prefix)
    assert before.exit_code != 0, before.text
    assert not where.installed("speck")

    told(scene.tool, scene.wrong.pem, env)
    refused = run_pipsafe(where, scene.command, env, prefix=scene.prefix)
    first = assert_refused(refused, where, env, exit_code=before.exit_code)
    assert scene.got_through() == []

    told(scene.tool, scene.ca, env)
    rescued = run_pipsafe(where, scene.command, env, prefix=scene.prefix)
    second = assert_rescued(rescued, where, env, scene.anchor, kind=scene.kind)
    assert scene.got_through() != []
    known = f"{env['HOME']}/known.pem"
    assert second["remedy"]["source"]["path"] == known
    assert known in rescued.stderr.decode()

    leg = "index" if scene.requirement == "speck" else "vcs"
    by_another = scene.causes_by_another or scene.causes
    for run, report, causes in ((refused, first, by_another), (rescued, second, scene.causes)):
        found = [(item["leg"], item["inspector"], item["causes"]) for item in report["failures"]]
        assert found == [(leg, scene.inspector, causes)], run.text
        assert causes[0] in run.stderr.decode()
        assert (scene.inspector or "") in run.stderr.decode()
    return second


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], authority.leaf()) as running:
        yield running


def asked(server: IndexServer) -> list[str]:
    server.settle()
    return server.paths


# mitmproxy; as an explicit proxy it is in test_interception


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another machine with an index in a folder, which nginx serves at `https://index.example/simple/`."""

    network: Network
    folder: Path
    prefix: tuple[str, ...]
    """What pip's machine runs commands by."""

    def nginx(self, leaf: Leaf, *, plainly: int | None = None) -> Nginx:
        at_server = self.network.server
        place = files_of(self.folder)
        return Nginx(leaf, place, address=SERVER, port=443, plainly=plainly, prefix=at_server)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    package, page = wheel("speck"), tmp_path / "index" / "simple" / "speck"
    page.mkdir(parents=True)
    (page / package.filename).write_bytes(package.data)
    link = f'<a href="{package.filename}">{package.filename}</a>'
    (page / "index.html").write_text(link, encoding="utf-8")
    with Network() as network:
        prefix = (*network.client, *system_store(tmp_path, hosts={INDEX: SERVER}))
        yield Elsewhere(network, tmp_path / "index", prefix)


@pytest.mark.shows("products", "mitmproxy, transparent on the gateway")
@BOTH
def test_transparent_mitmproxy(
    pip: str, elsewhere: Elsewhere, authority: Authority, env: dict[str, str]
) -> None:
    """The gateway hands every connection to port 443 to it, and pip knows of nothing."""
    gateway = elsewhere.network.gateway
    with (
        elsewhere.nginx(authority.leaf([INDEX])) as nginx,
        Mitmproxy(authority.pem, mode="transparent", host="0.0.0.0", prefix=gateway) as proxy,
    ):
        elsewhere.network.redirect(443, proxy.port)
        scene = Scene(
            f"https://{INDEX}/simple/",
            proxy.ca_pem,
            proxy,
            lambda: [*proxy.requests, *nginx.log],
            ["tls-inspection"],
            inspector="mitmproxy",
            prefix=elsewhere.prefix,
        )
        show(scene, pip, env)
        assert any("does not trust the proxy's certificate" in line for line in proxy.output)
        assert (200, "GET /simple/speck/ HTTP/1.1") in nginx.log


@pytest.mark.shows("products", "mitmproxy before another proxy (Squid)")
@BOTH
def test_mitmproxy_before_another_proxy(
    pip: str, authority: Authority, server: IndexServer, env: dict[str, str]
) -> None:
    with Squid() as second, Mitmproxy(authority.pem, mode=f"upstream:{second.url}") as proxy:
        scene = Scene(
            server.index_url,
            proxy.ca_pem,
            proxy,
            lambda: [*proxy.requests, *asked(server)],
            ["tls-inspection"],
            variables={"HTTPS_PROXY": proxy.url},
            inspector="mitmproxy",
            tool="npm",
        )
        show(scene, pip, env)
        # It opens no way that nobody asked it for, and what went by it is what was asked of the index.
        assert {(method, url) for _, method, url in second.log} == {("CONNECT", f"localhost:{server.port}")}


# Squid


@pytest.fixture
def squids_ca() -> Authority:
    """Named as the instructions for Squid have it."""
    return Authority("squid", organization="Example Corp")


@pytest.mark.shows("products", "Squid (ssl-bump), explicit proxy")
@BOTH
def test_squid(
    pip: str, authority: Authority, squids_ca: Authority, server: IndexServer, env: dict[str, str]
) -> None:
    with Squid(squids_ca, authority.pem) as proxy:
        scene = Scene(
            server.index_url,
            squids_ca.pem,
            squids_ca,
            lambda: [*proxy.requests, *asked(server)],
            ["tls-inspection"],
            variables={"HTTPS_PROXY": proxy.url},
            inspector="Squid",
            wrong=squids_ca.namesake(same_key_identifier=True),
            tool="npm",
        )
        show(scene, pip, env)
        assert f"https://localhost:{server.port}/simple/speck/" in proxy.requests


@pytest.mark.shows("products", "Squid (ssl-bump) with a password")
@BOTH
def test_squid_with_a_password(
    pip: str, authority: Authority, squids_ca: Authority, server: IndexServer, env: dict[str, str]
) -> None:
    """It is in nothing that pipsafe says, writes, leaves or starts."""
    home = Path(env["HOME"])
    told("curl", squids_ca.pem, env)
    with Squid(squids_ca, authority.pem, auth=(USER, PASSWORD)) as proxy, ProcessWatch(home) as watch:
        env = {**env, "HTTPS_PROXY": proxy.url_with_credentials}
        where = patient(pip, "speck")
        command = ["install", "--retries", "0", "--index-url", server.index_url, "speck"]
        before = run_pip(where, command, env)
        assert before.exit_code != 0
        assert asked(server) == []
        done = run_pipsafe(where, command, env)
        report = assert_rescued(done, where, env, squids_ca, kind="bundle")
        assert [(item["cause"], item["inspector"]) for item in report["failures"]] == [
            ("tls-inspection", "Squid")
        ]
        results = {result for result, _, _ in proxy.log}
        assert not any(result.endswith("/407") for result in results), results
    secrets = (PASSWORD, proxy.url_with_credentials.rpartition("@")[0].rpartition(":")[2])
    for secret in secrets:
        assert secret not in json.dumps(report)
        assert secret not in done.text
        assert not any(secret in word for words in watch.commands for word in words)
        for path in (path for path in home.rglob("*") if path.is_file()):
            assert secret.encode() not in path.read_bytes(), path
    assert len(watch.commands) > 2


@pytest.mark.shows("products", "Squid that is not told the right password")
@pytest.mark.parametrize("pip", ["26.3"])
def test_squid_with_a_wrong_password(
    pip: str, authority: Authority, squids_ca: Authority, server: IndexServer, env: dict[str, str]
) -> None:
    told("curl", squids_ca.pem, env)
    with Squid(squids_ca, authority.pem, auth=(USER, PASSWORD)) as proxy:
        env = {**env, "HTTPS_PROXY": proxy.url_with_credentials.replace(USER, "stranger")}
        where = patient(pip, "speck")
        done = run_pipsafe(where, ["install", "--retries", "0", "-i", server.index_url, "speck"], env)
        report = assert_refused(done, where, env, server)
        assert [item["causes"] for item in report["failures"]] == [["proxy-problem"]]
        assert {result.rpartition("/")[2] for result, _, _ in proxy.log} == {"407"}


@pytest.mark.shows("products", "Squid before a server that it does not trust, in silence")
@pytest.mark.parametrize("pip", ["26.3"])
def test_squid_before_a_server_that_it_does_not_trust(
    pip: str, squids_ca: Authority, server: IndexServer, env: dict[str, str]
) -> None:
    """It answers in the server's place, with an error that pip shows under -vv only: that is what is said."""
    told("npm", squids_ca.pem, env)
    with Squid(squids_ca, Authority("Somebody Else").pem) as proxy:
        env = {**env, "HTTPS_PROXY": proxy.url}
        where = patient(pip, "speck")
        done = run_pipsafe(where, ["install", "--retries", "0", "-i", server.index_url, "speck"], env)
        assert (report_of(done)["outcome"], done.exit_code) == ("retried", 1), done.text
        assert "-vv" in done.stderr.decode()
        assert {result for result, method, _ in proxy.log if method != "CONNECT"} == {"NONE_NONE/503"}
        assert asked(server) == []
        assert not where.installed("speck")


@pytest.mark.shows("products", "Squid before a server that it does not trust, passing it on")
@BOTH
def test_squid_passes_on_a_server_that_it_does_not_trust(
    pip: str, squids_ca: Authority, server: IndexServer, env: dict[str, str]
) -> None:
    """It says so by the CA that it signs with then, which nobody is to trust or to ask for."""
    told("npm", squids_ca.pem, env)
    with Squid(squids_ca, Authority("Somebody Else").pem, lenient=True) as proxy:
        env = {**env, "HTTPS_PROXY": proxy.url}
        where = patient(pip, "speck")
        done = run_pipsafe(where, ["install", "--retries", "0", "-i", server.index_url, "speck"], env)
        report = assert_refused(done, where, env, server)
        assert proxy.requests == []
    (failure,) = report["failures"]
    assert (failure["cause"], failure["inspector"]) == ("distrusted", "Squid")
    assert "an interceptor's CA for bad certificates" in failure["explanation"]
    assert "never trust it" in done.stderr.decode()
    assert not re.search(r"--pipsafe-ca|please send the root CA", done.stderr.decode())


# nginx before an index


@pytest.fixture(scope="module")
def pypiserver() -> Iterator[PypiServer]:
    with PypiServer([wheel("speck")]) as running:
        yield running


def nginx_scene(nginx: Nginx, root: Authority, causes: list[str], *, kind: str = "bundle") -> Scene:
    def log() -> list[tuple[int, str]]:
        nginx.settle()
        return nginx.log

    return Scene(nginx.index_url, root.pem, root, log, causes, wrong=root.namesake(), kind=kind)


@pytest.mark.shows("products", "nginx before pypiserver, with an internal CA")
@BOTH
def test_nginx(pip: str, pypiserver: PypiServer, authority: Authority, env: dict[str, str]) -> None:
    leaf = authority.intermediate().leaf()
    with Nginx(leaf, in_front_of(pypiserver.url)) as nginx:
        show(nginx_scene(nginx, authority, ["private-ca"]), pip, env)
        assert nginx.handshakes_refused
        assert [status for status, _ in nginx.log] == [200, 200]


@pytest.mark.shows("products", "nginx that leaves out the intermediate")
@BOTH
def test_nginx_without_the_intermediate(
    pip: str, elsewhere: Elsewhere, authority: Authority, env: dict[str, str]
) -> None:
    """It is fetched from where the certificate says, and leads to a root that is known here."""
    issuing = authority.intermediate()
    (elsewhere.folder / "issuing.cer").write_bytes(issuing.der)
    url = f"http://{INDEX}/issuing.cer"
    leaf = issuing.leaf([INDEX], ca_issuers=[url], chain=Chain.LEAF_ONLY)
    with elsewhere.nginx(leaf, plainly=80) as nginx:
        scene = Scene(
            f"https://{INDEX}/simple/",
            authority.pem,
            authority,
            lambda: nginx.log,
            ["incomplete-chain", "private-ca"],
            prefix=elsewhere.prefix,
            wrong=authority.namesake(),
            kind="completed-chain",
            # By a root that nobody knows it cannot be told from any other private CA.
            causes_by_another=["private-ca"],
        )
        second = show(scene, pip, env)
        assert (200, "GET /issuing.cer HTTP/1.1") in nginx.plain_log
    assert [item["subject"] for item in second["remedy"]["intermediates"]] == [
        "CN=Example Test Issuing CA, O=Example Org"
    ]


@dataclass(frozen=True, slots=True)
class Mutual:
    """nginx that asks for a client certificate, and one that it takes."""

    nginx: Nginx
    identity: str


@pytest.fixture
def mutual(pypiserver: PypiServer, authority: Authority, tmp_path: Path) -> Iterator[Mutual]:
    clients = Authority("Example Clients")
    with Nginx(authority.leaf(), in_front_of(pypiserver.url), clients_ca=clients.pem) as nginx:
        yield Mutual(nginx, str(write_identity(clients, tmp_path / "client.pem")))


@pytest.mark.shows("products", "nginx that asks for a client certificate")
@BOTH
def test_nginx_asks_for_a_client_certificate(
    pip: str, mutual: Mutual, authority: Authority, env: dict[str, str]
) -> None:
    """nginx lets the handshake pass and answers with an error, which pip does not show."""
    told("git", authority.pem, env)
    nginx = mutual.nginx
    where = patient(pip, "speck")
    command = ["install", "--no-cache-dir", "--retries", "0", "--index-url", nginx.index_url, "speck"]
    done = run_pipsafe(where, command, env)
    report = report_of(done)
    assert (report["outcome"], done.exit_code) == ("retried", 1), done.text
    assert not where.installed("speck")
    nginx.settle()
    assert {status for status, _ in nginx.log} == {400}
    assert "asks for a client certificate" in done.stderr.decode()
    assert "pipsafe explain client-cert-required" in done.stderr.decode()
    assert any("asks for a client certificate" in warning for warning in report["warnings"])

    nginx.forget()
    done = run_pipsafe(where, command, {**env, "PIP_CLIENT_CERT": mutual.identity})
    assert_rescued(done, where, env, authority)
    assert "asks for a client certificate" not in done.text
    nginx.settle()
    assert {status for status, _ in nginx.log} == {200}


@pytest.mark.shows("products", "nginx that asks for a client certificate, by a CA that is not known")
@BOTH
def test_nginx_of_an_unknown_ca_asks_for_a_client_certificate(
    pip: str, mutual: Mutual, authority: Authority, env: dict[str, str]
) -> None:
    """It is told nothing, and shown no client certificate."""
    told("git", authority.namesake().pem, env)
    where = patient(pip, "speck")
    command = ["install", "--retries", "0", "--index-url", mutual.nginx.index_url, "speck"]
    done = run_pipsafe(where, command, {**env, "PIP_CLIENT_CERT": mutual.identity})
    report = assert_refused(done, where, env)
    assert [item["causes"] for item in report["failures"]] == [["private-ca"]]
    mutual.nginx.settle()
    assert mutual.nginx.log == []


# git


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_repository(tmp_path_factory.mktemp("git")).parent


def git_scene(nginx: Nginx, root: Authority) -> Scene:
    def log() -> list[tuple[int, str]]:
        nginx.settle()
        return nginx.log

    requirement = f"speck @ git+{nginx.url('/speck.git')}"
    variables = {"GIT_CONFIG_GLOBAL": "/dev/null"}
    return Scene(
        "",
        root.pem,
        root,
        log,
        ["private-ca"],
        variables,
        wrong=root.namesake(),
        tool="npm",
        requirement=requirement,
    )


@pytest.mark.shows("products", "git over HTTPS from nginx, files only")
@pytest.mark.parametrize("pip", ["26.3"])
def test_git_from_files(pip: str, repositories: Path, authority: Authority, env: dict[str, str]) -> None:
    with Nginx(authority.leaf(), files_of(repositories)) as nginx:
        show(git_scene(nginx, authority), pip, env)
        assert (200, "GET /speck.git/HEAD HTTP/1.1") in [
            (status, words.replace("HTTP/2.0", "HTTP/1.1")) for status, words in nginx.log
        ]


@pytest.mark.shows("products", "git over HTTPS from nginx, git's own protocol")
@BOTH
def test_git_from_its_own_program(
    pip: str, repositories: Path, authority: Authority, env: dict[str, str]
) -> None:
    with git_repositories_of(repositories) as place, Nginx(authority.leaf(), place) as nginx:
        show(git_scene(nginx, authority), pip, env)
        assert any("git-upload-pack" in words for _, words in nginx.log)
