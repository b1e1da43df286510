"""The probe's verdict, and what pip then does: for every setting, proxy and client certificate the same.

Real pips of every turn in how pip trusts, against real servers on loopback.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipsafe.attempts.attempt import Hello
from pipsafe.attempts.situation import Situation
from pipsafe.origin import Origin
from pipsafe.pip_settings import pip_trust, surroundings
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.answered import Verdict
from pipsafe.probes.probe import Prober
from tests.lab.authority import Authority, new_key
from tests.lab.index_server import IndexServer
from tests.lab.interceptor import ConnectProxy
from tests.lab.odd_servers import ciphers, client_certificate, write_identity
from tests.lab.packages import wheel
from tests.lab.run import clean_environment, run_pip
from tests.lab.targets import Target, pythons, target
from tests.probing import TLS_1_2, TLS_1_3


@dataclass(frozen=True, slots=True)
class Ground:
    """Two servers, one under a CA that pip carries among its own roots, and files to name in settings."""

    target: Target
    asked: IndexServer
    carried: IndexServer
    files: Mapping[str, str]
    folder: Path


@dataclass(frozen=True, slots=True)
class Setting:
    """Variables and options; `{right}`, `{wrong}`, ... stand for the files of the ground."""

    variables: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    config: str = ""


RIGHT = "{right}"
WRONG = "{wrong}"
SETTINGS: Mapping[str, Setting] = {
    "default": Setting(),
    "PIP_CERT right": Setting({"PIP_CERT": RIGHT}),
    "PIP_CERT wrong": Setting({"PIP_CERT": WRONG}),
    "PIP_CERT missing": Setting({"PIP_CERT": "{missing}"}),
    "PIP_CERT hashed folder": Setting({"PIP_CERT": "{hashed}"}),
    "PIP_CERT empty folder": Setting({"PIP_CERT": "{hollow}"}),
    "PIP_CERT no PEM": Setting({"PIP_CERT": "{garbage}"}),
    "PIP_CERT empty": Setting({"PIP_CERT": ""}),
    "REQUESTS_CA_BUNDLE right": Setting({"REQUESTS_CA_BUNDLE": RIGHT}),
    "REQUESTS_CA_BUNDLE wrong over PIP_CERT": Setting({"REQUESTS_CA_BUNDLE": WRONG, "PIP_CERT": RIGHT}),
    "REQUESTS_CA_BUNDLE right over PIP_CERT": Setting({"REQUESTS_CA_BUNDLE": RIGHT, "PIP_CERT": WRONG}),
    "REQUESTS_CA_BUNDLE missing": Setting({"REQUESTS_CA_BUNDLE": "{missing}", "PIP_CERT": RIGHT}),
    "REQUESTS_CA_BUNDLE empty": Setting({"REQUESTS_CA_BUNDLE": "", "PIP_CERT": RIGHT}),
    "CURL_CA_BUNDLE right": Setting({"CURL_CA_BUNDLE": RIGHT}),
    "CURL_CA_BUNDLE after REQUESTS_CA_BUNDLE": Setting(
        {"CURL_CA_BUNDLE": RIGHT, "REQUESTS_CA_BUNDLE": WRONG}
    ),
    "CURL_CA_BUNDLE hashed folder": Setting({"CURL_CA_BUNDLE": "{hashed}"}),
    "SSL_CERT_FILE right": Setting({"SSL_CERT_FILE": RIGHT}),
    "SSL_CERT_FILE missing": Setting({"SSL_CERT_FILE": "{missing}"}),
    "SSL_CERT_FILE garbage": Setting({"SSL_CERT_FILE": "{garbage}"}),
    "SSL_CERT_DIR right": Setting({"SSL_CERT_DIR": "{hashed}"}),
    "SSL_CERT_DIR and SSL_CERT_FILE": Setting({"SSL_CERT_DIR": "{hashed}", "SSL_CERT_FILE": WRONG}),
    "SSL_CERT_FILE and PIP_CERT": Setting({"SSL_CERT_FILE": RIGHT, "PIP_CERT": WRONG}),
    "truststore": Setting({}, ("--use-feature", "truststore")),
    "truststore, SSL_CERT_FILE": Setting({"SSL_CERT_FILE": RIGHT}, ("--use-feature", "truststore")),
    "truststore by variable": Setting({"SSL_CERT_FILE": RIGHT, "PIP_USE_FEATURE": "truststore"}),
    "truststore, PIP_CERT": Setting({"PIP_CERT": RIGHT}, ("--use-feature", "truststore")),
    "truststore, PIP_CERT wrong": Setting(
        {"PIP_CERT": WRONG, "SSL_CERT_FILE": RIGHT}, ("--use-feature", "truststore")
    ),
    "legacy-certs": Setting({"SSL_CERT_FILE": RIGHT}, ("--use-deprecated", "legacy-certs")),
    "legacy-certs by variable": Setting({"SSL_CERT_FILE": RIGHT, "PIP_USE_DEPRECATED": "legacy-certs"}),
    "legacy-certs, PIP_CERT right": Setting({"PIP_CERT": RIGHT}, ("--use-deprecated", "legacy-certs")),
    "--cert right": Setting({}, ("--cert", RIGHT)),
    "--cert wrong over PIP_CERT": Setting({"PIP_CERT": RIGHT}, ("--cert", WRONG)),
    "--cert under REQUESTS_CA_BUNDLE": Setting({"REQUESTS_CA_BUNDLE": WRONG}, ("--cert", RIGHT)),
    "--cert missing": Setting({}, ("--cert", "{missing}")),
    "--isolated, PIP_CERT": Setting({"PIP_CERT": RIGHT}, ("--isolated",)),
    "--isolated, REQUESTS_CA_BUNDLE": Setting({"REQUESTS_CA_BUNDLE": RIGHT}, ("--isolated",)),
    "--isolated, SSL_CERT_FILE": Setting({"SSL_CERT_FILE": RIGHT}, ("--isolated",)),
    "configuration": Setting({}, (), "[global]\ncert = {right}\n"),
    "configuration under PIP_CERT": Setting({"PIP_CERT": WRONG}, (), "[global]\ncert = {right}\n"),
    "configuration of the command": Setting({}, (), "[global]\ncert = {wrong}\n[download]\ncert = {right}\n"),
    "--proxy, REQUESTS_CA_BUNDLE": Setting({"REQUESTS_CA_BUNDLE": RIGHT}, ("--proxy", "{proxy}")),
    "--proxy, PIP_CERT": Setting({"PIP_CERT": RIGHT}, ("--proxy", "{proxy}")),
    "HTTPS_PROXY, REQUESTS_CA_BUNDLE": Setting({"REQUESTS_CA_BUNDLE": RIGHT, "HTTPS_PROXY": "{proxy}"}),
}

FIDELITY_PIPS = ("19.3.1", "20.3.4", "22.3.1", "23.2.1", "24.0", "24.1.2", "24.2", "25.3", "26.3")


@contextmanager
def ground(chosen: Target, folder: Path) -> Iterator[Ground]:
    root, carried = Authority("Example Asked Root"), Authority("Example Carried Root")
    roots = chosen.certifi_bundle
    roots.write_bytes(roots.read_bytes() + carried.pem)
    hashed, hollow, garbage = folder / "hashed", folder / "hollow", folder / "garbage.pem"
    for made in (hashed, hollow):
        made.mkdir()
    root.write(hashed / "root.pem")
    subprocess.run(["openssl", "rehash", str(hashed)], check=True, capture_output=True, timeout=60)
    garbage.write_text("no certificate\n", encoding="ascii")
    with (
        IndexServer([wheel("speck")], root.leaf()) as asked,
        IndexServer([wheel("speck")], carried.leaf()) as other,
        ConnectProxy() as proxy,
    ):
        files = {
            "right": str(root.write(folder / "right.pem")),
            "wrong": str(Authority("Other").write(folder / "wrong.pem")),
            "missing": str(folder / "missing.pem"),
            "hashed": str(hashed),
            "hollow": str(hollow),
            "garbage": str(garbage),
            "proxy": proxy.url,
        }
        yield Ground(chosen, asked, other, files, folder)


def _hello(chosen: Target) -> Hello:
    """What the launcher would say of this target."""
    version = ".".join(map(str, chosen.python_version))
    fields = (str(chosen.python), f"{version}.0", chosen.pip_version, str(chosen.site_packages))
    return Hello("\0".join((*fields, str(chosen.prefix), sys.platform, "cpython")).encode())


NOT_TAKEN = re.compile(r"invalid choice|invalid .* value|no such option|must be installed into pip's")
"""What pip says to a setting that is not for its version; then it does not run at all."""


def _by_pip(here: Ground, arguments: list[str], env: Mapping[str, str]) -> tuple[bool, bool] | None:
    """Whether pip itself goes to each of the servers; None where it does not take the settings."""
    for server in (here.asked, here.carried):
        server.forget()
    done = run_pip(here.target, arguments, env)
    for server in (here.asked, here.carried):
        server.settle()
    if NOT_TAKEN.search(done.text):
        return None
    return bool(here.asked.requests), bool(here.carried.requests)


def _surroundings(target: Target, arguments: list[str], env: Mapping[str, str]) -> Surroundings:
    situation = Situation(
        python=str(target.python),
        hello=_hello(target),
        style="module",
        arguments=tuple(arguments),
        environ=env,
        explicit_ca=(),
        supplied={},
    )
    return surroundings.read(situation)


def _by_probe(
    target: Target, arguments: list[str], env: Mapping[str, str], origins: Sequence[Origin]
) -> list[Verdict]:
    """What the probe takes for pip's verdict on each of them."""
    around = _surroundings(target, arguments, env)
    places = [around.place(Contact(origin, "index", "")) for origin in origins]
    with Prober(str(target.python), env, seconds=60) as prober:
        prober.facts(str(target.site_packages))
        surveys = prober.survey(places, {"pip": pip_trust.present(around)}, seconds=5.0)
    return [survey.verdicts["pip"] for survey in surveys]


@pytest.mark.e2e
@pytest.mark.parametrize("pip", FIDELITY_PIPS)
def test_asks_as_pip_asks(pip: str, fresh: Callable[[str], Target], tmp_path: Path) -> None:
    """For each setting the probe's verdict is what pip then does, at both servers."""
    wrong: dict[str, object] = {}
    outcomes: set[tuple[bool, bool]] = set()
    with ground(fresh(pip), tmp_path) as here:
        for name, setting in SETTINGS.items():
            arguments, env = _given(setting, here, tmp_path / "home")
            really = _by_pip(here, arguments, env)
            if really is None:
                continue
            origins = [Origin("https", "localhost", server.port) for server in (here.asked, here.carried)]
            first, second = (verdict.accepted for verdict in _by_probe(here.target, arguments, env, origins))
            supposed = first, second
            outcomes.add(really)
            if really != supposed:
                wrong[name] = {"pip": really, "probe": supposed}
    assert not wrong
    assert len(outcomes) > 2, "the settings make no difference"


def _given(setting: Setting, here: Ground, home: Path) -> tuple[list[str], dict[str, str]]:
    filled = {name: value.format(**here.files) for name, value in setting.variables.items()}
    env = clean_environment(home, **filled)
    if setting.config:
        config = here.folder / "pip.conf"
        config.write_text(setting.config.format(**here.files), encoding="utf-8")
        env["PIP_CONFIG_FILE"] = str(config)
    options = [option.format(**here.files) for option in setting.options]
    indexes = ["--index-url", here.asked.index_url, "--extra-index-url", here.carried.index_url]
    command = ["download", "--retries", "0", "--no-deps", "-d", str(here.folder / "got"), *indexes]
    return [*options, *command, "speck"], env


# Proxies that are spoken to over TLS

PROXY_PIPS = ("20.2.4", "20.3.4", "24.1.2", "24.2", "25.2", "25.3", "26.2", "26.3")
"""The turns in whose certificate counts, and by what."""

MODES: Mapping[str, tuple[str, ...]] = {
    "as it is": (),
    "truststore": ("--use-feature", "truststore"),
    "legacy": ("--use-deprecated", "legacy-certs"),
}
"""Where another mode makes a difference."""

HAS_MODES = {
    "24.1.2": ("as it is", "truststore"),
    "24.2": ("as it is", "legacy"),
    "26.3": ("as it is", "legacy"),
}

CA_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "SSL_CERT_FILE": ("SSL_CERT_FILE",),
    "PIP_CERT": ("PIP_CERT",),
    "both": ("SSL_CERT_FILE", "PIP_CERT"),
}

# Roots that vouch for the proxy, and for the index.
PAIRS = (("carried", "named"), ("named", "system"), ("system", "carried"))


def _speak(verdict: Verdict) -> tuple[bool, bool]:
    """Whether the proxy is asked for a way, and the index for a page."""
    return verdict.kind in ("accepted", "certificate"), verdict.accepted


@pytest.mark.e2e
@pytest.mark.parametrize("pip", PROXY_PIPS)
def test_asks_tls_proxies_as_pip_asks(pip: str, fresh: Callable[[str], Target], tmp_path: Path) -> None:
    """Whose certificate is refused, the proxy's or the index's, by which pip and by which setting."""
    roots = {name: Authority(f"Example {name} root") for name in ("carried", "named", "system")}
    chosen = fresh(pip)
    bundle = chosen.certifi_bundle
    bundle.write_bytes(bundle.read_bytes() + roots["carried"].pem)
    files = {
        "PIP_CERT": str(roots["named"].write(tmp_path / "named.pem")),
        "SSL_CERT_FILE": str(roots["system"].write(tmp_path / "system.pem")),
    }
    wrong: dict[object, object] = {}
    outcomes: set[tuple[bool, bool]] = set()
    for at_proxy, at_index in PAIRS:
        with (
            IndexServer([wheel("speck")], roots[at_index].leaf()) as index,
            ConnectProxy(certificates=roots[at_proxy].leaf()) as proxy,
        ):
            for mode in HAS_MODES.get(pip, ("as it is",)):
                for name, variables in CA_SETTINGS.items():
                    env = clean_environment(tmp_path / "home", **{item: files[item] for item in variables})
                    arguments = _download(index, tmp_path, "--proxy", proxy.url, *MODES[mode])
                    really = _through_proxy(chosen, index, proxy, arguments, env)
                    origin = Origin("https", "localhost", index.port)
                    (verdict,) = _by_probe(chosen, arguments, env, [origin])
                    outcomes.add(really)
                    if really != _speak(verdict):
                        wrong[at_proxy, at_index, mode, name] = {"pip": really, "probe": verdict}
    assert not wrong
    assert (len(outcomes) > 1) is (pip != "20.2.4"), "the settings make no difference"


def _download(index: IndexServer, folder: Path, *options: str) -> list[str]:
    got = str(folder / "got")
    plain = ["download", "--retries", "0", "--no-deps", "--no-cache-dir", "-d", got]
    return [*options, *plain, "--index-url", index.index_url, "speck"]


def _through_proxy(
    chosen: Target, index: IndexServer, proxy: ConnectProxy, arguments: list[str], env: Mapping[str, str]
) -> tuple[bool, bool]:
    index.forget()
    proxy.requests.clear()
    run_pip(chosen, arguments, env)
    index.settle()
    return bool(proxy.connects), bool(index.requests)


@pytest.mark.e2e
@pytest.mark.parametrize("pip", ["25.3", "26.1", "26.3"])
def test_strictness_as_pip_has_it(pip: str, tmp_path: Path) -> None:
    """urllib3 2 is strict on Python 3.13, with the proxy also where truststore judges the index."""
    python = pythons().get("3.13")
    if python is None:
        pytest.skip("no Python 3.13 here")
    chosen = target(pip, python)
    lax = Authority("Example lax root", basic_constraints_critical=False)
    env = clean_environment(tmp_path / "home", PIP_CERT=str(lax.write(tmp_path / "lax.pem")))
    with (
        IndexServer([wheel("speck")], lax.leaf()) as index,
        ConnectProxy(certificates=lax.leaf()) as proxy,
    ):
        origin = Origin("https", "localhost", index.port)
        for mode in ("as it is", "legacy"):
            arguments = _download(index, tmp_path, "--proxy", proxy.url, *MODES[mode])
            really = _through_proxy(chosen, index, proxy, arguments, env)
            (verdict,) = _by_probe(chosen, arguments, env, [origin])
            assert really == _speak(verdict), mode
            assert really[0] is (pip == "25.3"), mode
            direct = _download(index, tmp_path, *MODES[mode])
            asked = _direct(chosen, index, direct, env)
            (verdict,) = _by_probe(chosen, direct, env, [origin])
            assert asked is verdict.accepted is (pip == "25.3" or mode == "as it is"), mode


def _direct(chosen: Target, index: IndexServer, arguments: list[str], env: Mapping[str, str]) -> bool:
    index.forget()
    run_pip(chosen, arguments, env)
    index.settle()
    return bool(index.requests)


# Servers that not every pip can talk to

SERVER_PIPS = ("19.3.1", "20.3.4", "23.2.1", "24.0", "24.2", "26.3")


@pytest.mark.e2e
@pytest.mark.parametrize("pip", SERVER_PIPS)
def test_presents_what_pip_presents(pip: str, authority: Authority, tmp_path: Path) -> None:
    """Client certificates, wanted or not, there or not."""
    chosen = target(pip)
    own = str(write_identity(authority, tmp_path / "own.pem"))
    other = str(write_identity(Authority(), tmp_path / "other.pem"))
    cert = str(authority.write(tmp_path / "ca.pem"))
    outcomes = set()
    for version in (TLS_1_2, TLS_1_3):
        for required in (True, False):
            configure = client_certificate(authority, version=version, required=required)
            with IndexServer([wheel("speck")], authority.leaf(), configure=configure) as index:
                for given in (None, own, other, str(tmp_path / "missing.pem")):
                    env = clean_environment(tmp_path / "home", PIP_CERT=cert, PIP_CLIENT_CERT=given)
                    arguments = _download(index, tmp_path)
                    really = _direct(chosen, index, arguments, env)
                    origin = Origin("https", "localhost", index.port)
                    (verdict,) = _by_probe(chosen, arguments, env, [origin])
                    heard = chosen.python_version >= (3, 8)
                    assert really is verdict.accepted, (version, required, given, verdict)
                    outcomes.add(
                        verdict.kind if heard or verdict.kind != "protocol" else "client-certificate"
                    )
    assert outcomes == {"accepted", "client-certificate", "setting"}


@pytest.mark.e2e
@pytest.mark.parametrize("pip", SERVER_PIPS)
def test_offers_what_pip_offers(pip: str, authority: Authority, tmp_path: Path) -> None:
    """Ciphers and versions: a server that Python has left and urllib3 1 had not, and the like."""
    chosen = target(pip)
    leaf = authority.leaf(key=new_key(rsa_bits=2048))
    env = clean_environment(tmp_path / "home", PIP_CERT=str(authority.write(tmp_path / "ca.pem")))
    for names in (
        "AES128-SHA",
        "AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-SHA",
        "CAMELLIA128-SHA",
        "NULL-SHA256",
    ):
        with IndexServer([wheel("speck")], leaf, configure=ciphers(names)) as index:
            arguments = _download(index, tmp_path)
            really = _direct(chosen, index, arguments, env)
            origin = Origin("https", "localhost", index.port)
            (verdict,) = _by_probe(chosen, arguments, env, [origin])
            assert really is verdict.accepted, (names, verdict)
            assert verdict.kind in ("accepted", "protocol")
