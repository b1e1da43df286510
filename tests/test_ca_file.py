"""CA files in every state they are found in: what is taken, what is told of, and that nothing hangs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.trust import ca_file
from pipsafe.x509 import certificate
from tests.certificates import KEY, PLAIN_NAME, loaded, make, name, oid, pem, public_roots, raw, tlv
from tests.yardstick import takes_at_most

ONE, TWO, THREE = make(name("One")), make(name("Two")), make(name("Three"))
KEY_PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
SECRET_PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.BestAvailableEncryption(b"x"),
)
KEY_DER = KEY.private_bytes(
    serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
SERVERS, CLIENTS, ANYTHING = oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"), oid("2.5.29.37.0")
KEY_TOLD = "holds a private key (not read)"
NOTHING = "holds no certificate"


def trusted(der: bytes, *, trust: tuple[bytes, ...] | None = None, reject: tuple[bytes, ...] = ()) -> bytes:
    """A TRUSTED CERTIFICATE block with purposes it is trusted or rejected for, and a friendly name."""
    parts = [] if trust is None else [tlv(0x30, *trust)]
    parts += [tlv(0xA0, *reject)] if reject else []
    return pem(der + tlv(0x30, *parts, tlv(0x0C, b"alias")), "TRUSTED CERTIFICATE")


def p7(*ders: bytes, encoding: serialization.Encoding) -> bytes:
    return pkcs7.serialize_certificates([loaded(der) for der in ders], encoding)


def damaged(block: bytes) -> bytes:
    return block[:60] + block[61:]


ONE_PEM, TWO_PEM = pem(ONE), pem(TWO)
BOTH = (ONE, TWO)
# A SET OF is sorted by its bytes.
AS_SET = tuple(sorted(BOTH))
P7_DER = p7(ONE, TWO, encoding=serialization.Encoding.DER)

GOOD = {
    "PEM": (ONE_PEM, (ONE,)),
    "two": (ONE_PEM + TWO_PEM, BOTH),
    "the same twice": (ONE_PEM + TWO_PEM + ONE_PEM, BOTH),
    "CRLF": ((ONE_PEM + TWO_PEM).replace(b"\n", b"\r\n"), BOTH),
    "CR": ((ONE_PEM + TWO_PEM).replace(b"\n", b"\r"), BOTH),
    "no line end at the end": (ONE_PEM.rstrip(), (ONE,)),
    "joined without a line end": (ONE_PEM.rstrip() + TWO_PEM, BOTH),
    "blanks at line ends": (ONE_PEM.replace(b"\n", b"  \t\n"), (ONE,)),
    "blank lines": (ONE_PEM.replace(b"\n", b"\n\n"), (ONE,)),
    "indented": (b"  " + ONE_PEM.replace(b"\n", b"\n  "), (ONE,)),
    "comments": (
        b"# Zscaler Root CA\nsubject=CN=One\n\n" + ONE_PEM + b"\n# and\n" + TWO_PEM + b"# end",
        BOTH,
    ),
    "a comment beyond ASCII": ("# Prüfstelle 鍵\n".encode() + ONE_PEM, (ONE,)),
    "a long comment": (b"x" * 5000 + b"\n" + ONE_PEM, (ONE,)),
    "byte order mark": (b"\xef\xbb\xbf" + ONE_PEM, (ONE,)),
    "UTF-16, little end first": (b"\xff\xfe" + ONE_PEM.decode().encode("utf-16-le"), (ONE,)),
    "UTF-16, big end first": (b"\xfe\xff" + ("# ü\r\n" + ONE_PEM.decode()).encode("utf-16-be"), (ONE,)),
    "in one line": (ONE_PEM.replace(b"\n", b"").replace(b"E-----M", b"E-----\nM"), (ONE,)),
    "X509 CERTIFICATE": (pem(ONE, "X509 CERTIFICATE"), (ONE,)),
    "DER": (ONE, (ONE,)),
    "DER and a line end": (ONE + b"\n", (ONE,)),
    "DER after DER": (ONE + TWO, BOTH),
    "PKCS #7, PEM": (p7(ONE, TWO, encoding=serialization.Encoding.PEM), AS_SET),
    "PKCS #7, DER": (P7_DER, AS_SET),
    "PKCS #7 called certificate": (pem(P7_DER), AS_SET),
    "a revocation list beside it": (pem(tlv(0x30, b""), "X509 CRL") + ONE_PEM, (ONE,)),
    "a public key beside it": (pem(tlv(0x30, b""), "PUBLIC KEY") + ONE_PEM, (ONE,)),
    "trusted for anything": (pem(ONE, "TRUSTED CERTIFICATE"), (ONE,)),
    "trusted, with a name only": (trusted(ONE), (ONE,)),
    "trusted for servers": (trusted(ONE, trust=(CLIENTS, SERVERS)), (ONE,)),
    "trusted for any usage": (trusted(ONE, trust=(ANYTHING,)), (ONE,)),
    "rejected for clients": (trusted(ONE, reject=(CLIENTS,)), (ONE,)),
    "commented out": (b"#" + ONE_PEM.replace(b"\n", b"\n#") + b"\n" + TWO_PEM, (TWO,)),
    "quoted in a comment": (b"# as in -----BEGIN CERTIFICATE-----\n" + TWO_PEM, (TWO,)),
}


@pytest.mark.parametrize("kind", GOOD)
def test_good(kind: str) -> None:
    data, expected = GOOD[kind]
    assert ca_file.decode(data) == (expected, ())


REJECTED = "certificate 1 is marked as not trusted for TLS servers"

BAD: dict[str, tuple[bytes, tuple[bytes, ...], tuple[str, ...]]] = {
    "nothing": (b"", (), ("is empty",)),
    "blanks": (b" \r\n", (), ("is empty",)),
    "a login page": (b"<!DOCTYPE html><html></html>", (), (NOTHING,)),
    "noise": (bytes(range(256)) * 9, (), (NOTHING,)),
    "noise that begins as DER": (b"\x30\x82\x01\x00" + bytes(range(256)), (), (NOTHING,)),
    "DER cut short": (ONE[:-1], (), (NOTHING,)),
    "DER of something else": (tlv(0x30, tlv(0x02, b"\x05")), (), (NOTHING,)),
    "DER, then noise": (ONE + b"\x30\x30\x30", (ONE,), ("certificate 2 is damaged",)),
    "a character lost": (damaged(ONE_PEM) + TWO_PEM, (TWO,), ("certificate 1 is damaged",)),
    "no end": (ONE_PEM[:200] + b"\n" + TWO_PEM, (TWO,), ("certificate 1 is damaged",)),
    "another's end": (ONE_PEM.replace(b"END", b"END X509"), (), ("certificate 1 is damaged",)),
    "no base64": (pem(b"hello") + TWO_PEM, (TWO,), ("certificate 1 is damaged",)),
    "an empty block": (pem(b"") + TWO_PEM, (TWO,), ("certificate 1 is damaged",)),
    "PKCS #7 of nothing": (pem(b"\x30\x00", "PKCS7"), (), ("certificate 1 is damaged",)),
    "some damaged": (damaged(ONE_PEM) * 3 + TWO_PEM, (TWO,), ("certificates 1, 2 and 3 are damaged",)),
    "many damaged": (damaged(ONE_PEM) * 99, (), ("certificates 1, 2, 3 and 96 more are damaged",)),
    "key only": (KEY_PEM, (), (NOTHING, KEY_TOLD)),
    "key first": (KEY_PEM + ONE_PEM, (ONE,), (KEY_TOLD,)),
    "encrypted key": (ONE_PEM + SECRET_PEM, (ONE,), (KEY_TOLD,)),
    "key without end": (KEY_PEM[:80] + b"\n" + ONE_PEM, (ONE,), (KEY_TOLD,)),
    "key as DER": (KEY_DER, (), (NOTHING, KEY_TOLD)),
    "PKCS #12": (
        pkcs12.serialize_key_and_certificates(b"x", KEY, loaded(ONE), None, serialization.NoEncryption()),
        (),
        ("is a PKCS #12 file (not read)",),
    ),
    "Java": (b"\xfe\xed\xfe\xed\0\0\0\2", (), ("is a Java key store (not read)",)),
    "p11-kit": (
        b"[p11-kit-object-v1]\nx-distrusted: true\n" + ONE_PEM,
        (),
        ("is a p11-kit file (not read)",),
    ),
    "rejected for servers": (trusted(ONE, reject=(SERVERS,)), (), (REJECTED,)),
    "rejected for anything": (trusted(ONE, reject=(ANYTHING,)), (), (REJECTED,)),
    "trusted and rejected": (trusted(ONE, trust=(SERVERS,), reject=(SERVERS,)), (), (REJECTED,)),
    "trusted for clients only": (trusted(ONE, trust=(CLIENTS,)), (), (REJECTED,)),
    "trusted for nothing": (trusted(ONE, trust=()), (), (REJECTED,)),
    "rejected, and a plain copy after": (trusted(ONE, reject=(SERVERS,)) + ONE_PEM, (), (REJECTED,)),
    "a plain copy, and rejected after": (
        ONE_PEM + TWO_PEM + trusted(ONE, reject=(SERVERS,)),
        (TWO,),
        ("certificate 3 is marked as not trusted for TLS servers",),
    ),
    "too many blocks": (
        pem(b"") * 50_001,
        (),
        ("holds more than 50000 PEM blocks (not read)",),
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad(kind: str) -> None:
    data, expected, problems = BAD[kind]
    assert ca_file.decode(data) == (expected, problems)


TRUST_SETTINGS = {
    "none": trusted(ONE),
    "servers": trusted(ONE, trust=(SERVERS,)),
    "any": trusted(ONE, trust=(ANYTHING,)),
    "clients": trusted(ONE, trust=(CLIENTS,)),
    "nothing": trusted(ONE, trust=()),
    "not clients": trusted(ONE, reject=(CLIENTS,)),
    "not servers": trusted(ONE, reject=(SERVERS,)),
    "not any": trusted(ONE, reject=(ANYTHING,)),
    "servers and not servers": trusted(ONE, trust=(SERVERS,), reject=(SERVERS,)),
}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize("kind", TRUST_SETTINGS)
def test_trust_settings_are_judged_as_openssl_judges_them(kind: str, tmp_path: Path) -> None:
    bundle, leaf = tmp_path / "ca.pem", tmp_path / "leaf.pem"
    bundle.write_bytes(TRUST_SETTINGS[kind])
    leaf.write_bytes(pem(make(name("leaf"), issuer=name("One"), extensions=())))
    command = ("openssl", "verify", "-purpose", "sslserver", "-attime", "1748779200", "-no-CApath")
    run = subprocess.run(
        [*command, "-CAfile", bundle, leaf], check=False, capture_output=True, text=True, timeout=30
    )
    assert ("OK" in run.stdout) is (ca_file.decode(TRUST_SETTINGS[kind])[0] == (ONE,)), run.stderr


def test_what_is_rejected_is_handed_on(tmp_path: Path) -> None:
    """So that a plain copy in another file can be passed over too."""
    path = tmp_path / "ca.pem"
    path.write_bytes(trusted(ONE, reject=(SERVERS,)) + TWO_PEM)
    found = ca_file.read(str(path))
    assert (found.certificates, found.rejected) == ((TWO,), (ONE,))


def test_what_is_trusted_for_something_else_is_not_handed_on(tmp_path: Path) -> None:
    """Another file may hold it for servers: that is no distrust."""
    path = tmp_path / "ca.pem"
    path.write_bytes(trusted(ONE, trust=(CLIENTS,)) + TWO_PEM + ONE_PEM)
    found = ca_file.read(str(path))
    assert (found.certificates, found.rejected) == ((TWO,), ())
    assert found.problems == (REJECTED,)


@settings(max_examples=1000, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_never_raise(data: bytes) -> None:
    certificates, problems = ca_file.decode(data)
    assert certificates or problems


SAMPLES = tuple(
    data
    for data in (*(good[0] for good in GOOD.values()), *(bad[0] for bad in BAD.values()))
    if 0 < len(data) < 100_000
)


@settings(max_examples=1500, deadline=None)
@given(data=st.data())
def test_mutants_never_raise(data: st.DataObject) -> None:
    mutant = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(mutant)))
        mutant[place : place + data.draw(st.integers(0, 40))] = data.draw(
            st.sampled_from(
                (b"", b"-", b"-----", b"-----BEGIN ", b"\xff", b"\x30\x80", b"CERTIFICATE", b"\n")
            )
        )
    certificates, problems = ca_file.decode(bytes(mutant))
    assert certificates or problems
    assert all(one[:1] == b"\x30" for one in certificates)


HOSTILE = {
    "begins": b"-----BEGIN " * 3_000_000,
    "begins on lines": b"-----BEGIN CERTIFICATE-----\n" * 1_000_000,
    "dashes": b"-" * 30_000_000,
    "tiny values": b"\x30\x84\x01\xff\xff\xfe" + b"\x05\0" * 0xFFFFFF,
    "blanks": b" " * 30_000_000,
    "wide characters": b"\xff\xfe" + b"\x05\xd8" * 5_000_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_file_takes_little_time(kind: str) -> None:
    with takes_at_most(2):
        certificates, problems = ca_file.decode(HOSTILE[kind])
    assert certificates == ()
    assert problems


def test_certificates_are_found_by_the_name_of_an_issuer() -> None:
    namesake = make(name("Two"))
    bystander = make(name("Bystander"), issuer=name("Two"))
    broken = tlv(0x30, tlv(0x30, certificate.subject_of(TWO)))
    stock = (ONE, TWO, bystander, broken, namesake, THREE, *public_roots())
    leaf = certificate.parse(make(name("leaf"), issuer=name("Two")))
    assert ca_file.issued_by_name(stock, (leaf.issuer_der,)) == (TWO, namesake)
    assert ca_file.issued_by_name(stock, (leaf.issuer_der, certificate.subject_of(ONE))) == (
        ONE,
        TWO,
        namesake,
    )
    assert ca_file.issued_by_name(stock, (leaf.subject_der,)) == ()
    assert ca_file.issued_by_name(stock, ()) == ()
    # Whatever its case and its kind of string.
    respelt = bytes(certificate.subject_of(TWO)).replace(b"\x0c\x03Two", b"\x13\x03tWO")
    assert respelt != certificate.subject_of(TWO)
    assert ca_file.issued_by_name(stock, (respelt,)) == (TWO, namesake)
    nameless = make(x509.Name([]), issuer=name("Two"))
    assert ca_file.issued_by_name((*stock, nameless), (b"\x30\x00",)) == (nameless,)


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(ONE_PEM + KEY_PEM)
    assert ca_file.read(str(path)) == ca_file.CaFile(
        str(path), (ONE,), (KEY_TOLD,), key_inside=True, beside_a_key=(ONE,)
    )


def problem_of(path: Path | str) -> str:
    """The one problem of a path that gives nothing, which must be told at once."""
    begun = time.monotonic()
    found = ca_file.read(str(path))
    assert time.monotonic() - begun < 10
    assert (found.certificates, found.key_inside, len(found.problems)) == ((), False, 1)
    return found.problems[0]


def test_no_such_file(tmp_path: Path) -> None:
    assert problem_of(tmp_path / "missing.pem") == "does not exist"
    assert problem_of("") == "does not exist"
    (tmp_path / "dangling.pem").symlink_to("nowhere")
    assert problem_of(tmp_path / "dangling.pem") == "does not exist"
    (tmp_path / "file").touch()
    assert problem_of(tmp_path / "file" / "ca.pem") == "does not exist"
    assert problem_of(tmp_path / "file") == "is empty"
    assert problem_of("a\0b") == "is no file name"
    assert problem_of("x" * 5000).startswith("cannot be read (")


def test_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop.pem").symlink_to("loop.pem")
    assert problem_of(tmp_path / "loop.pem").startswith("cannot be read (")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_fifo_and_socket(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.pem")
    assert problem_of(tmp_path / "fifo.pem") == "is a FIFO"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert problem_of(tmp_path / "s") == "is a socket"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs devices")
def test_device() -> None:
    assert problem_of("/dev/zero") == "is a device"
    assert problem_of("/dev/null") == "is a device"


def test_sparse_file_of_3_gib(tmp_path: Path) -> None:
    path = tmp_path / "large.pem"
    with path.open("wb") as file:
        file.write(ONE_PEM)
        file.truncate(3 * 1024**3)
    assert problem_of(path) == "is larger than 64 MiB"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_file_whose_size_says_nothing() -> None:
    assert problem_of("/proc/self/environ") == NOTHING


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs users")
def test_permission_denied(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(ONE_PEM)
    path.chmod(0)
    was = os.geteuid()
    if was == 0:
        tmp_path.chmod(0o755)
        os.seteuid(65534)
    try:
        assert problem_of(path) == "may not be read (permission denied)"
    finally:
        os.seteuid(was)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As SSL_CERT_DIR: links by hash, beside what else lies about."""
    path = tmp_path / "certs"
    path.mkdir()
    (path / "Two.pem").write_bytes(TWO_PEM)
    (path / "0123abcd.0").symlink_to("Two.pem")
    (path / "89abcdef.0").write_bytes(ONE_PEM)
    (path / "89abcdef.1").write_bytes(pem(THREE))
    (path / "README").write_bytes(pem(make(name("not read"))))
    (path / "ABCDEF01.0").write_bytes(pem(make(name("not read either"))))
    (path / "sub.pem").mkdir()
    return path


def test_folder(folder: Path) -> None:
    assert ca_file.read(str(folder)) == ca_file.CaFile(str(folder), (TWO, ONE, THREE), (), key_inside=False)


def test_folder_with_something_bad(folder: Path) -> None:
    os.mkfifo(folder / "fifo.pem")
    (folder / "dangling.crt").symlink_to("nowhere")
    (folder / "key.pem").write_bytes(KEY_PEM + ONE_PEM)
    (folder / "junk.crt").write_bytes(b"junk")
    (folder / "reject.pem").write_bytes(trusted(THREE, reject=(SERVERS,)))
    with (folder / "large.pem").open("wb") as file:
        file.truncate(3 * 1024**3)
    found = ca_file.read(str(folder))
    assert (found.certificates, found.key_inside, found.rejected) == ((TWO, ONE), True, (THREE,))
    assert found.beside_a_key == (ONE,)
    assert sorted(found.problems) == [
        "dangling.crt does not exist",
        "fifo.pem is a FIFO",
        f"junk.crt {NOTHING}",
        f"key.pem {KEY_TOLD}",
        "large.pem is larger than 64 MiB",
        f"reject.pem {REJECTED}",
    ]


def test_folder_that_is_too_large_in_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ca_file, "LARGEST", len(TWO_PEM) + len(ONE_PEM) + 10)
    found = ca_file.read(str(folder))
    assert found.certificates == (TWO, ONE)
    assert found.problems == ("89abcdef.1 is not read: with it the folder holds more than 0 MiB",)


def test_empty_folder(tmp_path: Path) -> None:
    assert problem_of(tmp_path) == NOTHING


def test_folder_of_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ca_file, "MOST_FILES", 20)
    for number in range(30):
        (tmp_path / f"{number:08x}.0").write_bytes(b"junk")
    (tmp_path / "00000001.0").write_bytes(ONE_PEM)
    found = ca_file.read(str(tmp_path))
    assert found.certificates == (ONE,)
    assert found.problems[0] == "holds more than 20 files; the rest is not read"


def test_folder_problems_are_bounded(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:08x}.0").write_bytes(b"junk")
    problems = ca_file.read(str(tmp_path)).problems
    assert (len(problems), problems[0], problems[-1]) == (21, NOTHING, "has 11 more problems like these")


def test_refusal_is_asked_of_each_file(folder: Path) -> None:
    """A link in a good folder may lead to a bad place."""

    def refusal(path: str) -> str | None:
        return f"{path} is not liked" if path.endswith("89abcdef.0") else None

    found = ca_file.read(str(folder), refusal=refusal)
    assert found.certificates == (TWO, THREE)
    assert found.problems == (f"89abcdef.0 is not used: {folder}/89abcdef.0 is not liked",)
    single = ca_file.read(str(folder / "89abcdef.0"), refusal=refusal)
    assert (single.certificates, single.problems) == (
        (),
        (f"is not used: {folder}/89abcdef.0 is not liked",),
    )


@pytest.mark.parametrize(
    ("certificate_name", "key_name"),
    [
        ("rootCA.pem", "rootCA-key.pem"),
        ("mitmproxy-ca-cert.pem", "mitmproxy-ca.pem"),
        ("mitmproxy-ca-cert.cer", "mitmproxy-ca.pem"),
        ("ca.pem", "ca.key"),
        ("ca.pem", "ca-key.pem"),
        ("ca.crt", "ca.key"),
        ("ca.crt", "private/ca.key"),
        ("ca-cert.pem", "ca-key.pem"),
        ("ca.cert.pem", "ca.key.pem"),
        ("cacert.pem", "private/cakey.pem"),
        ("certs/ca.cert.pem", "private/ca.key.pem"),
        ("certs/root_ca.crt", "secrets/root_ca_key"),
        ("root.crt", "root.key"),
    ],
)
def test_private_key_beside(certificate_name: str, key_name: str, tmp_path: Path) -> None:
    path, key = tmp_path / certificate_name, tmp_path / key_name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(ONE_PEM)
    assert ca_file.private_key_beside(str(path)) is None
    key.parent.mkdir(exist_ok=True)
    key.touch()
    found = ca_file.private_key_beside(str(path))
    assert found is not None
    assert Path(found).samefile(key)
    link = tmp_path / "elsewhere.pem"
    link.symlink_to(path)
    found = ca_file.private_key_beside(str(link))
    assert found is not None
    assert Path(found).samefile(key)


@pytest.mark.parametrize("other", ["server.key", "ca.txt", "mitmproxy-ca.pem", "key.pem", "ca.crt.key"])
def test_key_of_something_else(other: str, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(ONE_PEM)
    (tmp_path / other).touch()
    assert ca_file.private_key_beside(str(tmp_path / "ca.crt")) is None


def test_discovery_of_10000_certificates_is_quick(tmp_path: Path) -> None:
    """500 files of 20. The promise is half a second for all of discovery; the bound is for slow machines."""
    roots = public_roots()
    for number in range(500):
        copies = [one[:-4] + (number * 20 + index).to_bytes(4, "big") for index, one in enumerate(roots[:20])]
        (tmp_path / f"{number}.pem").write_bytes(b"".join(map(pem, copies)))
    wanted = (certificate.subject_of(roots[3]), PLAIN_NAME)
    with takes_at_most(1):
        files = [ca_file.read(str(tmp_path / f"{number}.pem")) for number in range(500)]
        found = [ca_file.issued_by_name(file.certificates, wanted) for file in files]
    assert len({one for file in files for one in file.certificates}) == 10_000
    assert [len(each) for each in found] == [1] * 500


def test_raw_certificate_is_decoded() -> None:
    assert ca_file.decode(pem(raw())) == ((raw(),), ())
