"""Handshakes under the target's interpreter: what they show, and whom they accept."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pipsafe.attempts import launch
from pipsafe.probes.asked import Trust
from pipsafe.probes.probe import Prober
from pipsafe.probes.prober_process import ProbeFailed
from pipsafe.x509.certificate import parse
from tests.drop_in import zip_of_pipsafe
from tests.lab.authority import (
    EXPIRED,
    NOT_YET_VALID,
    Authority,
    Chain,
    Leaf,
    der_of,
    new_key,
    self_signed,
)
from tests.lab.index_server import IndexServer
from tests.lab.odd_servers import Rogue, ciphers, hang, versions
from tests.probing import INTERPRETERS, NO_TRUST, SECONDS, VERSIONS, at, one, trusting


@pytest.fixture
def prober(env: dict[str, str]) -> Iterator[Prober]:
    with Prober(sys.executable, env, seconds=60) as running:
        yield running


# Under every interpreter


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_sees_what_is_presented(
    python: Path, version: str, authority: Authority, env: dict[str, str]
) -> None:
    """Python 3.7 shows the leaf only, and says so."""
    middle = authority.intermediate()
    with IndexServer([], middle.leaf(), configure=versions(VERSIONS[version], VERSIONS[version])) as server:
        with Prober(str(python), env, seconds=60) as prober:
            for presented in Chain:
                server.certificates = leaf = middle.leaf(chain=presented)
                survey = one(prober, at(server.port), trusting(authority))
                shown = [der_of(certificate) for certificate in leaf.presented]
                if not survey.whole:
                    assert python.name == "python3.7"
                    shown = shown[:1]
                assert [certificate.der for certificate in survey.chain] == shown
                complete = presented is not Chain.LEAF_ONLY
                assert survey.verdicts["pip"].accepted is complete
                assert survey.verdicts["pip"].code == (0 if complete else 20)
        server.settle()
        assert server.requests == []


FAULTS: Mapping[str, tuple[Callable[[Authority], Leaf], int, Mapping[str, int]]] = {
    "unknown CA": (lambda _: Authority().leaf(), 20, {"time": 0, "name": 0}),
    "unknown CA, root presented": (
        lambda _: Authority().leaf(chain=Chain.WITH_ROOT),
        19,
        {"time": 0, "name": 0},
    ),
    "namesake": (
        lambda root: root.namesake(same_key_identifier=True).leaf(),
        7,
        {"time": 0, "name": 0},
    ),
    "expired": (lambda root: root.leaf(validity=EXPIRED), 10, {"time": 10, "name": 0}),
    "masked expired": (lambda _: Authority().leaf(validity=EXPIRED), 20, {"time": 10, "name": 0}),
    "not yet valid": (lambda root: root.leaf(validity=NOT_YET_VALID), 9, {"time": 9, "name": 0}),
    "wrong name": (lambda root: root.leaf(["files.example"]), 62, {"time": 0, "name": 62}),
    "masked wrong name": (lambda _: Authority().leaf(["files.example"]), 20, {"time": 0, "name": 62}),
    "masked both": (
        lambda _: Authority().leaf(["files.example"], validity=EXPIRED),
        20,
        {"time": 10, "name": 62},
    ),
    "self-signed": (lambda _: self_signed(), 18, {"time": 0, "name": 0}),
    "self-signed CA": (lambda _: self_signed(ca=True), 18, {"time": 0, "name": 0}),
    "masked expired root": (
        lambda _: Authority("Example Old Root", validity=EXPIRED).leaf(chain=Chain.WITH_ROOT),
        19,
        {"time": 10, "name": 0},
    ),
}


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_verify_codes_and_unmasking(python: Path, authority: Authority, env: dict[str, str]) -> None:
    with IndexServer([], authority.leaf()) as server, Prober(str(python), env, seconds=60) as prober:
        for name, (leaf, code, unmasked) in FAULTS.items():
            server.certificates = leaf(authority)
            survey = one(prober, at(server.port), trusting(authority))
            verdict = survey.verdicts["pip"]
            assert (verdict.accepted, verdict.kind) == (False, "certificate"), name
            assert verdict.message, name
            if name == "masked expired root" and python.name == "python3.7":
                continue  # it cannot see what would have to be trusted
            assert verdict.code == code, (name, verdict)
            assert {check: item.code for check, item in survey.unmasked.items()} == unmasked, name
        server.settle()
        assert server.requests == []


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_trial_and_proof(python: Path, authority: Authority, env: dict[str, str], tmp_path: Path) -> None:
    """A trial takes one anchor at a time; a proof is made in the environment that a retry would have."""
    other, bundle = Authority("Other"), authority.write(tmp_path / "ca.pem")
    anchors = [(parse(item.der),) for item in (other, authority, authority.namesake())]
    with IndexServer([], authority.leaf()) as server, Prober(str(python), env, seconds=60) as prober:
        (row,) = prober.trial([at(server.port)], anchors, seconds=SECONDS)
        assert [verdict.accepted for verdict in row] == [False, True, False]
        (proof,) = prober.prove([at(server.port)], Trust(file=str(bundle)), {}, seconds=SECONDS)
        assert proof.accepted
        (proof,) = prober.prove([at(server.port)], Trust(file=f"{bundle}.gone"), {}, seconds=SECONDS)
        assert (proof.accepted, proof.kind) == (False, "setting")
        environ = {"SSL_CERT_FILE": str(bundle)}
        (proof,) = prober.prove([at(server.port)], Trust(truststore=True), environ, seconds=SECONDS)
        assert proof.accepted, proof
        gone = dict.fromkeys(environ)
        (proof,) = prober.prove([at(server.port)], Trust(truststore=True), gone, seconds=SECONDS)
        assert (proof.accepted, proof.code) == (False, 20)
        server.settle()
        assert server.requests == []


def test_an_intermediate_is_no_anchor(prober: Prober, authority: Authority) -> None:
    """Accepted as an anchor it would pass the probe and then fail in pip."""
    middle = authority.intermediate()
    with IndexServer([], middle.leaf()) as server:
        (row,) = prober.trial(
            [at(server.port)], [[parse(middle.der)], [parse(authority.der)]], seconds=SECONDS
        )
    assert [verdict.accepted for verdict in row] == [False, True]


def test_intermediates_help_and_vouch_for_nobody(prober: Prober, authority: Authority) -> None:
    """They make up for what the server leaves out; alone, or under another root, they are worth nothing."""
    upper = authority.intermediate("Example Upper CA")
    lower = upper.intermediate("Example Lower CA")
    stranger = Authority("Example Stranger").intermediate("Example Lower CA")
    root, above, below, other = (parse(item.der) for item in (authority, upper, lower, stranger))
    candidates = {
        (root,): False,
        (root, below): False,
        (root, below, above): True,
        (above, below, root): True,
        (above, below): False,
        (below,): False,
        (): False,
        (root, other, above): False,
    }
    with IndexServer([], lower.leaf(chain=Chain.LEAF_ONLY)) as server:
        (row,) = prober.trial([at(server.port)], tuple(candidates), seconds=SECONDS)
    assert [verdict.accepted for verdict in row] == list(candidates.values())
    assert {verdict.kind for verdict in row} == {"accepted", "certificate"}


LAX: Mapping[str, Callable[[], Authority]] = {
    "constraints not critical": lambda: Authority("Example Lax Root", basic_constraints_critical=False),
    "no key identifier": lambda: Authority("Example Lax Root", subject_key_identifier=False),
}


@pytest.mark.parametrize("name", LAX)
@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_without_strictness(name: str, python: Path, authority: Authority, env: dict[str, str]) -> None:
    """Asked only where pip is strict and refuses: whether strictness alone is to blame."""
    lax = LAX[name]()
    with (
        IndexServer([], lax.leaf()) as server,
        IndexServer([], authority.leaf()) as good,
        Prober(str(python), env, seconds=60) as prober,
    ):
        place = at(server.port)
        strict = one(prober, place, trusting(lax, strict=True))
        assert strict.verdicts["pip"].code not in (0, 20, None)
        assert strict.unmasked["lenient"].accepted
        server.certificates = lax.leaf(["files.example"])
        assert one(prober, place, trusting(lax, strict=True)).unmasked["lenient"].code == 62
        unknown = one(prober, place, trusting(authority, strict=True))
        assert unknown.unmasked["lenient"].code == 20
        assert "lenient" not in one(prober, place, trusting(authority)).unmasked
        assert one(prober, at(good.port), trusting(authority, strict=True)).unmasked == {}


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_ciphers_of_the_pip(python: Path, authority: Authority, env: dict[str, str]) -> None:
    """urllib3 1 names ciphers that Python has left since: such a server is refused only without them."""
    leaf = authority.leaf(key=new_key(rsa_bits=2048))
    with (
        IndexServer([], leaf, configure=ciphers("AES128-SHA")) as server,
        Prober(str(python), env, seconds=60) as prober,
    ):
        place = replace(at(server.port), ciphers="RSA+AES:!aNULL")
        assert one(prober, place, trusting(authority)).verdicts["pip"].accepted
        verdict = one(prober, at(server.port), trusting(authority)).verdicts["pip"]
        assert verdict.accepted is (int(python.name.partition(".")[2]) < 10), verdict


def test_weak_certificates(prober: Prober, authority: Authority) -> None:
    """By the level of security that OpenSSL is set to; under an unknown CA as well."""
    with IndexServer([], authority.leaf(key=new_key(rsa_bits=1024))) as server:
        survey = one(prober, at(server.port), trusting(authority))
        assert (survey.verdicts["pip"].kind, survey.verdicts["pip"].code) == ("certificate", 66)
        unknown = one(prober, at(server.port), NO_TRUST)
        assert {verdict.code for verdict in unknown.unmasked.values()} == {66}


@pytest.mark.parametrize(
    ("hosts", "host", "code"),
    [
        (["localhost"], "localhost", 0),
        (["localhost"], "127.0.0.1", 64),
        (["127.0.0.1"], "127.0.0.1", 0),
        (["127.0.0.1"], "localhost", 62),
    ],
)
def test_names_and_addresses(
    hosts: list[str], host: str, code: int, prober: Prober, authority: Authority
) -> None:
    with IndexServer([], authority.leaf(hosts)) as server:
        verdict = one(prober, at(server.port, host), trusting(authority)).verdicts["pip"]
        server.settle()
        shown = {connection.server_name for connection in server.connections}
    assert verdict.code == code
    # RFC 6066 section 3 has no addresses in SNI.
    assert shown == {host if host == "localhost" else None}


def test_ipv6(prober: Prober, authority: Authority) -> None:
    try:
        with IndexServer([], authority.leaf(["::1"]), address="::1") as server:
            verdict = one(prober, at(server.port, "::1"), trusting(authority)).verdicts["pip"]
    except OSError as error:
        pytest.skip(f"no IPv6 on loopback: {error}")
    assert verdict.accepted


def test_no_bytecode_is_written(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may run under another Python than pipsafe is installed for, and as another user."""
    ignored = shutil.ignore_patterns("__pycache__")
    copy = shutil.copytree(launch.FOLDER, tmp_path / "target_side", ignore=ignored)
    monkeypatch.setattr(launch, "FOLDER", str(copy))
    with Prober(sys.executable, env, seconds=60) as prober:
        assert prober.facts("").openssl
    assert list(copy.rglob("*.pyc")) == []


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.name)
def test_out_of_a_zip(
    python: Path, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    """The same boot as the launcher's, and no file of pipsafe's but the zip."""
    archive = zip_of_pipsafe(tmp_path / "a b" / "pipsafe.pyz")
    monkeypatch.setattr(launch, "ARCHIVE", str(archive))
    monkeypatch.setattr(launch, "FOLDER", str(archive / "pipsafe" / "target_side"))
    with IndexServer([], authority.leaf()) as server, Prober(str(python), env, seconds=60) as prober:
        assert prober.facts("").openssl
        assert one(prober, at(server.port), trusting(authority)).verdicts["pip"].accepted


# Files that a setting may name


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(3 << 30)


UNUSABLE: Mapping[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "no such file: {path}"),
    "empty": (lambda path: path.write_bytes(b""), "NO_CERTIFICATE_OR_CRL_FOUND"),
    "not PEM": (lambda path: path.write_bytes(b"no certificate\n"), "NO_CERTIFICATE_OR_CRL_FOUND"),
    "a pipe": (_fifo, "not a file: {path}"),
    "3 GiB": (_sparse, "too large: {path}"),
}


@pytest.mark.skipif(os.name == "nt", reason="named pipes are other things there")
@pytest.mark.parametrize("name", UNUSABLE)
def test_a_ca_file_of_no_use(name: str, prober: Prober, authority: Authority, tmp_path: Path) -> None:
    make, message = UNUSABLE[name]
    path = tmp_path / "ca.pem"
    make(path)
    with IndexServer([], authority.leaf()) as server:
        verdict = one(prober, at(server.port), Trust(file=str(path), carried=False)).verdicts["pip"]
    assert (verdict.kind, verdict.message) == ("setting", message.format(path=path))


# Bounds


def test_nobody_listens(prober: Prober) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert one(prober, at(port), NO_TRUST).verdicts["pip"].kind == "unreachable"


def test_hundred_certificates(prober: Prober, authority: Authority) -> None:
    leaf = authority.leaf()
    long = Leaf(
        leaf.certificate,
        leaf.key,
        tuple(Authority(f"Example {number}").certificate for number in range(100)),
        Chain.WITH_ROOT,
    )
    with IndexServer([], long) as server:
        survey = one(prober, at(server.port), NO_TRUST)
    assert not survey.verdicts["pip"].accepted
    # OpenSSL takes no more than 100 KiB of certificates by itself.
    assert len(survey.chain) in (0, 101)


def test_watchdog(env: dict[str, str]) -> None:
    """A prober that hangs for whatever reason is ended."""
    with Rogue(hang) as server:
        begin = time.monotonic()
        with Prober(sys.executable, env, seconds=1.5) as prober, pytest.raises(ProbeFailed):
            one(prober, at(server.port), NO_TRUST, seconds=60)
        assert time.monotonic() - begin < 30


def test_many_origins_at_once(prober: Prober, authority: Authority) -> None:
    """As long as the slowest, not as long as all."""
    with IndexServer([], authority.leaf()) as server:
        server.pause_before_handshake = 0.3
        begin = time.monotonic()
        surveys = prober.survey([at(server.port)] * 8, {"pip": trusting(authority)}, seconds=SECONDS)
        assert time.monotonic() - begin < 2.5
    assert all(survey.verdicts["pip"].accepted for survey in surveys)


def test_facts(prober: Prober) -> None:
    facts = prober.facts("")

    assert facts.openssl
    assert facts.openssl.startswith(("OpenSSL", "LibreSSL"))
    assert facts.build["ssl_error"] is None
    assert facts.build["version"] == "{}.{}.{}".format(*sys.version_info)
    assert facts.build["platform"] == sys.platform
