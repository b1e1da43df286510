"""Agents' files, Windows' own store, and all the stores of a machine at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipsafe.stores import agents, denials, found, places, windows
from pipsafe.trust import source_readers, sources
from tests.certificates import make, name, pem
from tests.yardstick import takes_at_most

ONE, TWO, THREE = make(name("One")), make(name("Two")), make(name("Three"))
SERVERS, CODE, ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3", "2.5.29.37.0"


def put(root: Path, path: str, content: bytes = pem(ONE)) -> Path:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


# Agents


@pytest.mark.parametrize(
    ("platform", "path", "product"),
    [
        ("linux", "opt/netskope/stagent/data/nscacert.pem", "Netskope client"),
        ("linux", "var/lib/cloudflare-warp/installed_cert.pem", "Cloudflare WARP client"),
        ("linux", "var/lib/cloudflare-warp/installed_certs/0f3a.pem", "Cloudflare WARP client"),
        (
            "darwin",
            "Library/Application Support/Netskope/STAgent/data/nscacert_combined.pem",
            "Netskope client",
        ),
        (
            "darwin",
            "Applications/Zscaler/cert/ZscalerRootCertificate-2048-SHA256.crt",
            "Zscaler Client Connector",
        ),
        ("win32", "ProgramData/Avast Software/Avast/wscert.pem", "Avast"),
        (
            "win32",
            "ProgramData/Kaspersky Lab/AVP21.3/Data/Cert/(fake)Kaspersky personal root certificate.cer",
            "Kaspersky",
        ),
    ],
)
def test_agents(tmp_path: Path, platform: str, path: str, product: str) -> None:
    place = put(tmp_path, path)
    environ = {"PROGRAMDATA": str(tmp_path / "ProgramData")}
    others = {"linux", "darwin", "win32"} - {platform}

    assert agents.sources(environ, platform, str(tmp_path)) == (
        sources.Source("provisioned", product, str(place)),
    )
    assert [agents.sources(environ, other, str(tmp_path)) for other in others] == [(), ()]


def test_agents_are_named_in_order_and_once() -> None:
    assert len(set(agents.AGENTS)) == len(agents.AGENTS)
    assert {agent.platform for agent in agents.AGENTS} == {"linux", "darwin", "win32"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("/a/*/c.pem", ["a/[b]/c.pem", "a/b/c.pem"]),
        ("%X%/b/*.pem", ["a/b/c.pem"]),
        ("%x%/b/c.pem", ["a/b/c.pem"]),
        ("%NONE%/b/c.pem", []),
        ("%STAR%/c.pem", []),  # what a variable says is no pattern
        ("/a/b", []),
        ("/a/b/fifo", []),
    ],
)
def test_templates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, expected: list[str]
) -> None:
    monkeypatch.chdir(put(tmp_path, "a/b/c.pem").parents[1])  # with %NONE% it must not begin here
    for path in ("a/b/c.pem", "a/[b]/c.pem", "a/b/d.crt"):
        put(tmp_path, path)
    environ = {"X": f"{tmp_path}/a", "STAR": f"{tmp_path}/a/*"}

    assert places.matching(template, environ, str(tmp_path)) == [str(tmp_path / path) for path in expected]


# Windows

RECORDED: list[windows.Entry] = [
    (ONE, "x509_asn", True),
    (TWO, "x509_asn", frozenset({SERVERS, CODE})),
    (THREE, "x509_asn", frozenset({CODE})),
    (TWO, "x509_asn", frozenset({ANY})),
    (THREE, "pkcs_7_asn", True),
    (b"junk", "x509_asn", True),
    (THREE, "x509_asn", False),
    (THREE, "x509_asn", frozenset()),
]


def test_roots_for_servers() -> None:
    read = windows.usable("x", RECORDED, [])

    assert (read.certificates, read.rejected, read.problems) == ((ONE, TWO), (), ())


def test_the_disallowed_store() -> None:
    read = windows.usable("x", RECORDED, [(ONE, "x509_asn", True), (TWO, "x509_asn", frozenset())])

    assert (read.certificates, read.problems) == ((), ("holds no certificate",))
    assert set(read.rejected) == {ONE, TWO}


@pytest.mark.skipif(sys.platform == "win32", reason="this is Windows")
def test_there_is_no_such_store_elsewhere() -> None:
    (source,) = windows.sources("win32")

    assert source_readers.read(source, None).problems == (
        "cannot be read (there is no store ROOT on this system)",
    )
    assert windows.denied("win32") == denials.Denied()
    assert windows.sources("linux") == ()


@pytest.mark.skipif(sys.platform != "win32", reason="Windows has that store")
def test_this_windows() -> None:
    (source,) = windows.sources("win32")

    assert source_readers.read(source, None).certificates


# All at once


def test_a_machine(tmp_path: Path) -> None:
    put(tmp_path, "usr/local/share/ca-certificates/corp.crt")
    put(tmp_path, "opt/netskope/stagent/data/nscacert.pem")
    put(tmp_path, "etc/ssl/certs/java/cacerts")
    put(tmp_path, "etc/ca-certificates.conf", b"!x.crt\n")
    put(tmp_path, "usr/share/ca-certificates/x.crt", pem(TWO))

    cheap = found.cheap({}, platform="linux", root=str(tmp_path))

    assert [(source.tier, source.kind) for source in cheap.sources] == [
        ("provisioned", "file"),
        ("provisioned", "file"),
        ("configured", "keystore"),
    ]
    assert all(source.kind in source_readers.READERS for source in cheap.sources)
    assert found.slow(platform="linux", root=str(tmp_path)) == ()
    assert list(found.denied(platform="linux", root=str(tmp_path)).certificates) == [denials.sha256(TWO)]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14", "aix"])
def test_an_empty_machine(tmp_path: Path, platform: str) -> None:
    assert found.cheap({}, platform=platform, root=str(tmp_path)) == found.Cheap(())
    assert found.denied(platform=platform, root=str(tmp_path)) == denials.Denied()
    assert len(found.slow(platform=platform, root=str(tmp_path))) == (platform == "win32")


def test_this_machine_is_asked_quickly() -> None:
    with takes_at_most(1):
        cheap = found.cheap({}, platform=sys.platform)
        found.denied(platform=sys.platform)

    assert all(Path(source.path).is_file() for source in cheap.sources)
