"""A proxy that opens TLS on its way: rescued where its CA is known, refused where it is not, secrets kept."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.authority import Authority, Chain
from tests.lab.index_server import IndexServer
from tests.lab.interceptor import Interceptor
from tests.lab.mitmproxy import Mitmproxy
from tests.lab.packages import wheel
from tests.lab.run import Run, clean_environment, run_pipsafe
from tests.lab.system_store import system_store
from tests.lab.targets import Target
from tests.processes import ProcessWatch

pytestmark = pytest.mark.e2e

PIPS = ("20.3.4", "24.0", "26.3")
USER, PASSWORD = "agent", "s3cr3t-W0rd"
INDEX_USER, INDEX_PASSWORD = "reader", "t0k3n-Of-Mine"
SECRETS = (PASSWORD, INDEX_PASSWORD)


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], authority.leaf()) as running:
        yield running


def _install(
    target: Target, url: str, env: Mapping[str, str], *options: str, prefix: tuple[str, ...] = ()
) -> Run:
    command = ["install", "--retries", "0", "--index-url", url, *options, "speck"]
    return run_pipsafe(target, command, env, prefix=prefix)


def _report(run: Run) -> dict[str, object]:
    assert run.report is not None, run.text
    return run.report


# mitmproxy


@dataclass(frozen=True, slots=True)
class Way:
    """How pip is told of the proxy; `{}` stands for its URL."""

    options: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


WAYS: Mapping[str, Way] = {
    "--proxy": Way(("--proxy", "{}")),
    "HTTPS_PROXY": Way((), (("HTTPS_PROXY", "{}"),)),
    "PIP_PROXY": Way((), (("PIP_PROXY", "{}"),)),
}


def _told(way: Way, url: str) -> tuple[tuple[str, ...], dict[str, str]]:
    variables = {name: value.format(url) for name, value in way.variables}
    return tuple(option.format(url) for option in way.options), variables


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(None, id="open", marks=pytest.mark.shows("products", "mitmproxy, explicit proxy")),
        pytest.param(
            (USER, PASSWORD),
            id="with credentials",
            marks=pytest.mark.shows("products", "mitmproxy with a password"),
        ),
    ],
)
def mitmproxy(request: pytest.FixtureRequest, authority: Authority) -> Iterator[Mitmproxy]:
    with Mitmproxy(authority.pem, auth=request.param) as proxy:
        yield proxy


def _url(proxy: Mitmproxy) -> str:
    return proxy.url if proxy.auth is None else proxy.url_with_credentials


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("pip", PIPS)
def test_mitmproxy(
    pip: str,
    way: str,
    mitmproxy: Mitmproxy,
    server: IndexServer,
    fresh: Callable[[str], Target],
    tmp_path: Path,
) -> None:
    """The CA unknown: not one request. The same with the CA known to another tool: rescued."""
    target = fresh(pip)
    options, variables = _told(WAYS[way], _url(mitmproxy))
    env = clean_environment(tmp_path / "home", **variables)
    refused = _install(target, server.index_url, env, *options)
    report = _report(refused)
    assert (report["outcome"], report["remedy"]) == ("unremedied", None), refused.text
    _check_failure(report)
    assert "Ask whoever runs this network" in refused.stderr.decode()
    # It presents its leaf alone, so the CA is known by name only.
    assert (
        "issued by O=mitmproxy, CN=mitmproxy" in refused.stderr.decode()
        or "issued by CN=mitmproxy, O=mitmproxy" in refused.stderr.decode()
    )
    server.settle()
    assert server.requests == []
    assert not target.installed("speck")

    known = tmp_path / "known.pem"
    known.write_bytes(mitmproxy.ca_pem)
    rescued = _install(target, server.index_url, env | {"NODE_EXTRA_CA_CERTS": str(known)}, *options)
    report = _report(rescued)
    assert report["outcome"] == "rescued", rescued.text
    _check_failure(report)
    assert _anchors(report) == [mitmproxy.sha256]
    assert target.installed("speck")
    for run in (refused, rescued):
        _check_secrets(run, tmp_path / "home")


@pytest.mark.parametrize("pip", PIPS)
def test_mitmproxy_in_the_system_store(
    pip: str, mitmproxy: Mitmproxy, server: IndexServer, fresh: Callable[[str], Target], tmp_path: Path
) -> None:
    """pip 24.2 and later needs nobody for that."""
    target = fresh(pip)
    env = clean_environment(tmp_path / "home", HTTPS_PROXY=_url(mitmproxy))
    done = _install(target, server.index_url, env, prefix=system_store(tmp_path, mitmproxy.ca_pem))
    report = _report(done)
    assert report["outcome"] == ("passed" if pip == "26.3" else "rescued"), done.text
    if pip != "26.3":
        assert _anchors(report) == [mitmproxy.sha256]
        _check_failure(report)
    assert target.installed("speck")


def _check_failure(report: dict[str, object]) -> None:
    (failure,) = _list(report["failures"])
    assert (failure["cause"], failure["inspector"]) == ("tls-inspection", "mitmproxy")
    assert failure["causes"] == ["tls-inspection"]


def _anchors(report: dict[str, object]) -> list[object]:
    remedy = report["remedy"]
    assert isinstance(remedy, dict)
    return [anchor["sha256"] for anchor in remedy["anchors"]]


def _list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def _check_secrets(run: Run, home: Path) -> None:
    """Nothing that pipsafe said, wrote or left holds a password."""
    for secret in SECRETS:
        assert secret not in json.dumps(run.report)
        assert secret not in run.stderr.decode()
    assert not [path for path in (home / "tmp").rglob("*") if path.name.startswith("pipsafe")]


# Products


ISSUERS = (
    ("Zscaler Intermediate Root CA (zscaler.net)", "Zscaler Inc.", "Zscaler"),
    ("ca.example.goskope.com", "Example Corp", "Netskope"),
    ("Gateway CA - Cloudflare Managed G1 0000", "Cloudflare, Inc.", "Cloudflare Gateway"),
    ("Cisco Umbrella Secondary SubCA", "Cisco", "Cisco Umbrella"),
    ("FG100E0000000000", "Fortinet", "Fortinet FortiGate"),
    ("Kaspersky Anti-Virus Personal Root Certificate", "AO Kaspersky Lab", "Kaspersky"),
    ("Avast Web/Mail Shield Root", "Avast Web/Mail Shield", "Avast"),
    ("Example Corp Root", "Example Corp", None),
    # Names that only resemble one.
    ("Example Squiddity CA", "Fortinetics Ltd", None),
)


@pytest.mark.parametrize(("name", "organization", "product"), ISSUERS, ids=[row[0] for row in ISSUERS])
def test_products(
    name: str,
    organization: str,
    product: str | None,
    authority: Authority,
    server: IndexServer,
    fresh: Callable[[str], Target],
    tmp_path: Path,
) -> None:
    """On a host of one's own an unrecognised issuer is a private CA, for all that can be known."""
    target, own = fresh("24.0"), Authority(name, organization=organization)
    with Interceptor(own, authority.pem) as proxy:
        env = clean_environment(tmp_path / "home", HTTPS_PROXY=proxy.url)
        refused = _install(target, server.index_url, env)
        assert proxy.completed == [] or not server.requests
        env["NODE_EXTRA_CA_CERTS"] = str(own.write(tmp_path / "ca.pem"))
        rescued = _install(target, server.index_url, env)
    for run, outcome in ((refused, "unremedied"), (rescued, "rescued")):
        report = _report(run)
        assert report["outcome"] == outcome, run.text
        (failure,) = _list(report["failures"])
        assert failure["inspector"] == product
        assert failure["causes"] == ["tls-inspection" if product else "private-ca"]
        assert (product or own.name) in run.stderr.decode()
    assert target.installed("speck")


def test_wrong_ca_behind_a_product_name(
    authority: Authority, server: IndexServer, fresh: Callable[[str], Target], tmp_path: Path
) -> None:
    """A product's name in a certificate buys nothing: another key is another CA."""
    genuine = Authority("Zscaler Root CA", organization="Zscaler Inc.")
    env = clean_environment(tmp_path / "home", NODE_EXTRA_CA_CERTS=str(genuine.write(tmp_path / "ca.pem")))
    with Interceptor(genuine.namesake(same_key_identifier=True), authority.pem) as proxy:
        env["HTTPS_PROXY"] = proxy.url
        done = _install(fresh("24.0"), server.index_url, env)
    assert _report(done)["outcome"] == "unremedied", done.text
    server.settle()
    assert server.requests == []


def test_expired_upstream_is_not_cured_by_the_interceptor(
    server: IndexServer, fresh: Callable[[str], Target], tmp_path: Path
) -> None:
    """The proxy does not get through to a server that it cannot verify, and pipsafe does not go round it."""
    own = Authority("Zscaler Root CA", organization="Zscaler Inc.")
    with Interceptor(own, Authority("Not the server's").pem) as proxy:
        env = clean_environment(tmp_path / "home", HTTPS_PROXY=proxy.url)
        env["NODE_EXTRA_CA_CERTS"] = str(own.write(tmp_path / "ca.pem"))
        done = _install(fresh("24.0"), server.index_url, env)
    assert done.exit_code
    server.settle()
    assert server.requests == []


# Secrets


@pytest.mark.parametrize("known", [False, True], ids=["unknown CA", "known CA"])
@pytest.mark.parametrize("pip", PIPS)
@pytest.mark.parametrize("by", ["typed", "variables", "requirements"])
def test_credentials_are_kept(
    by: str,
    pip: str,
    known: bool,  # noqa: FBT001 a row of the table
    authority: Authority,
    fresh: Callable[[str], Target],
    tmp_path: Path,
) -> None:
    """Passwords of the proxy and the index are in no report, message, file or process of pipsafe's."""
    own = Authority("Example Corp Root")
    leaf = authority.leaf(chain=Chain.WITH_ROOT)
    home = tmp_path / "home"
    with (
        IndexServer([wheel("speck")], leaf, auth=(INDEX_USER, INDEX_PASSWORD)) as server,
        Interceptor(own, authority.pem, auth=(USER, PASSWORD)) as proxy,
        ProcessWatch(home) as watch,
    ):
        url, through = server.index_url_with_credentials, proxy.url_with_credentials
        env = clean_environment(home)
        command = ["install", "--retries", "0"]
        if by == "typed":
            command += ["--proxy", through, "--index-url", url]
        elif by == "variables":
            env |= {"HTTPS_PROXY": through, "PIP_INDEX_URL": url}
        else:
            listed = tmp_path / "requirements.txt"
            listed.write_text(f"--index-url {url}\nspeck\n", encoding="utf-8")
            command += ["-r", str(listed)]
            env |= {"PIP_PROXY": through}
        if known:
            env["NODE_EXTRA_CA_CERTS"] = str(own.write(tmp_path / "ca.pem"))
        target = fresh(pip)
        done = run_pipsafe(target, [*command, *(["speck"] if by != "requirements" else [])], env)
    assert _report(done)["outcome"] == ("rescued" if known else "unremedied"), done.text
    assert target.installed("speck") is known
    assert bool(server.requests) is known
    assert {request.status for request in proxy.requests} == {200}
    _check_secrets(done, home)
    for secret in SECRETS:
        assert secret not in done.stdout.decode()
        for path in (path for path in home.rglob("*") if path.is_file()):
            # pip's own cache of what the server sent may be there; neither may hold a password.
            assert secret.encode() not in path.read_bytes(), path
    _check_processes(watch, typed=by == "typed")


def _check_processes(watch: ProcessWatch, *, typed: bool) -> None:
    """Only the command that the user typed, and pip run with the same words, may show what was typed."""
    holding = [
        words for words in watch.commands if any(secret in word for secret in SECRETS for word in words)
    ]
    if not typed:
        assert holding == []
    assert all("install" in words for words in holding), holding
    if sys.platform == "linux":
        assert len(watch.commands) > 1


def test_nothing_secret_in_a_redacted_command(
    fresh: Callable[[str], Target], authority: Authority, tmp_path: Path
) -> None:
    """The report repeats the command line: every URL in it without its user and password."""
    with IndexServer([wheel("speck")], authority.leaf(), auth=(INDEX_USER, INDEX_PASSWORD)) as server:
        url = server.index_url_with_credentials
        env = clean_environment(tmp_path / "home")
        words = [
            "-i",
            url,
            f"--extra-index-url={url}",
            "-f",
            url,
            f"speck @ {url}speck.whl",
            f"--find-links={url}",
        ]
        done = run_pipsafe(fresh("24.0"), ["download", "--retries", "0", *words], env)
    text = json.dumps(_report(done)["command"])
    assert INDEX_PASSWORD not in json.dumps(done.report)
    assert len(re.findall("localhost", text)) == 5
