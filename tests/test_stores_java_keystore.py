"""Key stores of Java: made by the real keytool, and byte by byte."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12 as theirs
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.stores import java_keystore
from pipsafe.trust import source_readers
from pipsafe.trust.ca_file import CaFile
from pipsafe.trust.sources import Source
from tests.certificates import KEY, loaded, make, name, oid, pem, public_roots, tlv

ONE, TWO = make(name("One")), make(name("Two"))
BARE = ("-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE")
KEY_TOLD = "holds a private key (not read)"
ENCRYPTED = "is encrypted: only its password opens it (not read)"
NOTHING = "holds no trusted certificate"


def number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, "big")


def trusted(der: bytes, *, version: int = 2, alias: bytes = b"corp") -> bytes:
    """A trustedCertEntry of JKS."""
    kind = b"\x00\x05X.509" if version == 2 else b""
    return number(2) + number(len(alias), 2) + alias + bytes(8) + kind + number(len(der)) + der


def private(*chain: bytes) -> bytes:
    """A private key entry of JKS, with the certificates of its owner."""
    certificates = b"".join(b"\x00\x05X.509" + number(len(der)) + der for der in chain)
    return (
        number(1) + number(2, 2) + b"me" + bytes(8) + number(3) + b"key" + number(len(chain)) + certificates
    )


def jks(
    *entries: bytes, version: int = 2, count: int | None = None, magic: bytes = b"\xfe\xed\xfe\xed"
) -> bytes:
    return (
        magic
        + number(version)
        + number(len(entries) if count is None else count)
        + b"".join(entries)
        + bytes(20)
    )


ANY, SERVERS, CLIENTS = oid("2.5.29.37.0"), oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2")
DATA, ENCRYPTED_DATA = oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.6")


def bag(der: bytes, *usages: bytes) -> bytes:
    """A certificate in PKCS #12, with Oracle's mark of trust for these usages."""
    content = tlv(0x30, oid("1.2.840.113549.1.9.22.1"), tlv(0xA0, tlv(0x04, der)))
    marks = tlv(0x31, tlv(0x30, oid("2.16.840.1.113894.746875.1.1"), tlv(0x31, *usages))) if usages else b""
    return tlv(0x30, oid("1.2.840.113549.1.12.10.1.3"), tlv(0xA0, content), marks)


def nested(*bags: bytes) -> bytes:
    return tlv(0x30, oid("1.2.840.113549.1.12.10.1.6"), tlv(0xA0, tlv(0x30, *bags)))


def plain(*bags: bytes) -> bytes:
    return tlv(0x30, DATA, tlv(0xA0, tlv(0x04, tlv(0x30, *bags))))


SECRET = tlv(0x30, ENCRYPTED_DATA, tlv(0xA0, tlv(0x30, tlv(0x02, b"\x00"))))


def p12(*parts: bytes) -> bytes:
    content = tlv(0x30, DATA, tlv(0xA0, tlv(0x04, tlv(0x30, *parts))))
    return tlv(0x30, tlv(0x02, b"\x03"), content)


WHOLE = {
    "one": (jks(trusted(ONE)), (ONE,), ()),
    "two": (jks(trusted(ONE), trusted(TWO)), (ONE, TWO), ()),
    "twice": (jks(trusted(ONE), trusted(ONE)), (ONE,), ()),
    "version 1": (jks(trusted(ONE, version=1), version=1), (ONE,), ()),
    "JCEKS": (jks(trusted(ONE), magic=b"\xce\xce\xce\xce"), (ONE,), ()),
    "a key's own chain is not trusted": (jks(private(TWO), trusted(ONE)), (ONE,), (KEY_TOLD,)),
    "empty": (jks(), (), (NOTHING,)),
    "cut short": (jks(trusted(ONE), trusted(TWO))[:-100], (ONE,), ("is cut short",)),
    "more announced": (jks(trusted(ONE), count=9), (ONE,), ("is damaged",)),
    "endless": (jks(count=2**32 - 1), (), ("holds more than 10000 entries (not read)",)),
    "version 3": (jks(version=3), (), ("is a key store of an unknown version",)),
    "secret": (
        jks(trusted(ONE), number(3) + b"\x00\x01s" + bytes(8)),
        (ONE,),
        ("holds a secret key; what comes after it is not read",),
    ),
    "no certificate": (jks(trusted(b"PEM?")), (), ("is damaged",)),
    "PKCS 12": (p12(plain(bag(ONE, ANY))), (ONE,), ()),
    "for servers": (p12(plain(bag(ONE, CLIENTS, SERVERS), bag(TWO, CLIENTS))), (ONE,), ()),
    "unmarked": (p12(plain(bag(ONE))), (), (NOTHING,)),
    "in a bag in a bag": (p12(plain(nested(nested(bag(ONE, ANY))))), (ONE,), ()),
    "too deep": (p12(plain(nested(nested(nested(nested(nested(bag(ONE, ANY)))))))), (), (NOTHING,)),
    "encrypted": (p12(SECRET), (), (ENCRYPTED,)),
    "half encrypted": (p12(SECRET, plain(bag(ONE, ANY))), (ONE,), ("is encrypted in part",)),
    "PEM": (pem(ONE), (), ("is no Java key store",)),
    "DER": (ONE, (), ("is no Java key store, or a damaged one",)),
    "nothing": (b"", (), ("is no Java key store",)),
}


@pytest.mark.parametrize(("data", "certificates", "problems"), WHOLE.values(), ids=WHOLE)
def test_what_is_in_it(data: bytes, certificates: tuple[bytes, ...], problems: tuple[str, ...]) -> None:
    read = java_keystore.decode("x", data)

    assert (read.certificates, read.problems) == (certificates, problems)
    assert read.key_inside is (KEY_TOLD in problems)


@given(st.binary(max_size=60), st.integers(0, 700), st.sampled_from([data for data, _, _ in WHOLE.values()]))
@settings(max_examples=400, deadline=None)
def test_nothing_raises(junk: bytes, place: int, data: bytes) -> None:
    java_keystore.decode("x", data[:place] + junk + data[place + len(junk) :])
    java_keystore.decode("x", data[:place])


def test_what_others_make() -> None:
    """OpenSSL's files, here by `cryptography`, name no trust; Java trusts nothing in them either."""
    for encryption in (serialization.NoEncryption(), serialization.BestAvailableEncryption(b"changeit")):
        data = theirs.serialize_key_and_certificates(b"me", KEY, loaded(ONE), [loaded(TWO)], encryption)

        assert java_keystore.decode("x", data).certificates == ()


# keytool

keytool = pytest.mark.skipif(not shutil.which("keytool"), reason="no keytool here")


def run_keytool(folder: Path, *arguments: str) -> None:
    """Run keytool on store.ks of a folder."""
    common = ("-keystore", str(folder / "store.ks"), "-storepass", "changeit", "-noprompt")
    subprocess.run(["keytool", *arguments, *common], check=True, capture_output=True, timeout=60)


def imported(folder: Path, *options: str, ders: tuple[bytes, ...] = (ONE, TWO)) -> CaFile:
    """What a store holds into which keytool imported certificates."""
    for place, der in enumerate(ders):
        file = folder / f"{place}.pem"
        file.write_bytes(pem(der))
        run_keytool(folder, "-importcert", "-file", str(file), "-alias", f"corp {place}", *options)
    return source_readers.read(Source("configured", "x", str(folder / "store.ks"), kind="keystore"), None)


@keytool
@pytest.mark.parametrize(
    "options",
    [("-storetype", "JKS"), ("-storetype", "JCEKS"), ("-storetype", "PKCS12", *BARE)],
    ids=lambda item: item[1],
)
def test_a_store_of_the_real_keytool(tmp_path: Path, options: tuple[str, ...]) -> None:
    read = imported(tmp_path, *options)

    assert set(read.certificates) == {ONE, TWO}
    assert read.problems == ()


@keytool
def test_an_encrypted_store(tmp_path: Path) -> None:
    read = imported(tmp_path, "-storetype", "PKCS12", ders=(ONE,))

    assert (read.certificates, read.problems) == ((), (ENCRYPTED,))


@keytool
@pytest.mark.parametrize(
    "options", [("-storetype", "JKS"), ("-storetype", "PKCS12", *BARE)], ids=lambda item: item[1]
)
def test_a_key_of_the_real_keytool(tmp_path: Path, options: tuple[str, ...]) -> None:
    run_keytool(tmp_path, "-genkeypair", "-keyalg", "EC", "-dname", "CN=me", "-alias", "me", *options)
    read = imported(tmp_path, *options, ders=(ONE,))

    assert read.certificates == (ONE,)
    assert read.problems == (KEY_TOLD,)
    assert read.key_inside


def test_this_machines_key_store() -> None:
    path = Path("/etc/ssl/certs/java/cacerts")
    if not path.is_file():
        pytest.skip("no key store of Java here")
    read = java_keystore.read(str(path), None)

    assert read.problems == ()
    assert set(read.certificates) & set(public_roots())


def test_a_store_that_may_not_be_used(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(jks(trusted(ONE)))

    assert java_keystore.read(str(tmp_path / "store"), lambda _: "no").problems == ("is not used: no",)
    assert java_keystore.read(str(tmp_path / "none"), None).problems == ("does not exist",)
    assert java_keystore.read(str(tmp_path), None).problems == ("cannot be read (Is a directory)",)


# Where they are


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ("-Djavax.net.ssl.trustStore=/etc/corp.jks", "/etc/corp.jks"),
        (
            "-Xmx1g -Djavax.net.ssl.trustStore=/etc/corp.jks -Djavax.net.ssl.trustStorePassword=x",
            "/etc/corp.jks",
        ),
        ('-Djavax.net.ssl.trustStore="/etc/a b.jks"', "/etc/a b.jks"),
        ("'-Djavax.net.ssl.trustStore=/etc/a b.jks' -ea", "/etc/a b.jks"),
        ('"-Djavax.net.ssl.trustStore=/etc/a b.jks"', "/etc/a b.jks"),
        (r"-Djavax.net.ssl.trustStore=C:\corp\ca.jks", r"C:\corp\ca.jks"),
        ("-Djavax.net.ssl.trustStore=/a -Djavax.net.ssl.trustStore=/b", "/b"),
        ("-Djavax.net.ssl.trustStore=NONE -Djavax.net.ssl.trustStoreType=Windows-ROOT", None),
        ("-Djavax.net.ssl.trustStore=Windows-ROOT", None),
        ("-Djavax.net.ssl.trustStore=$HOME/x", None),
        ("-Djavax.net.ssl.trustStoreType=KeychainStore", None),
        ("-Dmy.javax.net.ssl.trustStore=/x", None),
        ("", None),
    ],
)
def test_options(tmp_path: Path, options: str, path: str | None) -> None:
    sources = java_keystore.sources({"MAVEN_OPTS": options}, "linux", str(tmp_path))

    assert [source.path for source in sources] == ([path] if path else [])
    assert all(source.name == "javax.net.ssl.trustStore in MAVEN_OPTS" for source in sources)


def test_places(tmp_path: Path) -> None:
    paths = {
        "etc/pki/java/cacerts": "Java's key store",
        "usr/lib/jvm/java-8/jre/lib/security/cacerts": "Java's key store",
        "home/jdk/lib/security/jssecacerts": "the key store of JAVA_HOME",
    }
    for path in (
        *paths,
        "home/jdk/lib/security/cacerts",
        "Library/Java/JavaVirtualMachines/x/lib/security/cacerts",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "usr/lib/jvm/default").symlink_to(tmp_path / "usr/lib/jvm/java-8")

    sources = java_keystore.sources({"JAVA_HOME": str(tmp_path / "home/jdk")}, "linux", str(tmp_path))

    assert {source.tier for source in sources} == {"configured"}
    assert len(sources) == len(paths)
    assert {
        str(Path(source.path).resolve().relative_to(tmp_path)): source.name for source in sources
    } == paths
