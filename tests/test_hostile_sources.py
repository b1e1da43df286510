"""Hostile and broken sources of trust: never a crash, never a hang, never trust; and a good one beside them.

Each row is one source. It is read alone, where it has to be passed over for its reason (or, odd as it looks,
gives the root), and beside a good one, which has to count all the same.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID

import pipsafe
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import parse
from tests.certificates import loaded, oid, pem, raw, raw_name, tlv
from tests.handshake import refusal
from tests.lab import user_mount
from tests.lab.authority import EXPIRED, VALID, Authority, Chain, Leaf, der_of, pem_of
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run, clean_environment, run_pipsafe
from tests.lab.system_store import system_store
from tests.machine import (
    AS_ROOT,
    NOW,
    Machine,
    anchors,
    configured,
    made,
    needs_root,
    provisioned,
    reasons,
    rejected_pem,
    seen,
)
from tests.rescues import assert_refused, assert_rescued, patient
from tests.yardstick import takes_at_most

if sys.platform == "win32":
    pytest.skip("POSIX modes", allow_module_level=True)

ROOT = Authority("Example Corporate Root")
ISSUING = ROOT.intermediate("Example Issuing CA")
LEAF = ISSUING.leaf()
CHAIN = seen(LEAF)

LONGEST = 0.2
"""Seconds that one source may take."""

TRUSTED = None
"""In place of a reason: the root is found there."""


def subject(common_name: str) -> bytes:
    return raw_name(("2.5.4.10", 0x0C, b"Example Org"), ("2.5.4.3", 0x0C, common_name.encode()))


# What is in the file


def made_of_root(*extensions: tuple[x509.ExtensionType, bool]) -> bytes:
    """PEM of a certificate with the root's name and key, and just these extensions."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(ROOT.subject)
        .issuer_name(ROOT.subject)
        .public_key(ROOT.key.public_key())
        .serial_number(7)
        .not_valid_before(VALID.not_before)
        .not_valid_after(VALID.not_after)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return pem_of(builder.sign(ROOT.key, hashes.SHA256()))


def trusted_for(*purposes: str) -> bytes:
    """A TRUSTED CERTIFICATE that is trusted for these purposes alone."""
    return pem(ROOT.der + tlv(0x30, tlv(0x30, *map(oid, purposes))), "TRUSTED CERTIFICATE")


def keyless(authority: Authority) -> bytes:
    """PKCS #12 as Windows exports it."""
    return pkcs12.serialize_key_and_certificates(
        b"ca", authority.key, authority.certificate, None, serialization.NoEncryption()
    )


def p7(encoding: serialization.Encoding) -> bytes:
    return pkcs7.serialize_certificates([loaded(Authority("Other").der), ROOT.certificate], encoding)


POINT = bytes(
    ROOT.certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
)[-64:]
"""The root's public key as it stands in its certificate."""

CA_OF_CLIENTS = made_of_root(
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
)
THOUSANDS = b"".join(pem(raw(subject=subject(f"CA {n}"), issuer=subject(f"CA {n}"))) for n in range(5000))
LOGIN_PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"
UNTRUSTED = Authority("Example Untrusted CA", key=ROOT.key)

CONTENTS: dict[str, tuple[bytes, str | None]] = {
    "empty": (b"", "is empty"),
    "blanks": (b" \r\n\t" * 1000, "is empty"),
    "binary noise": (bytes(range(1, 256)) * 5000, "holds no certificate"),
    "noise that begins as DER": (b"\x30\x82\x10\x00" + bytes(range(256)) * 20, "holds no certificate"),
    "a login page": (LOGIN_PAGE, "holds no certificate"),
    "a login page in a certificate": (pem(LOGIN_PAGE), "certificate 1 is damaged"),
    "JSON": (json.dumps({"ca": ROOT.pem.decode()}).encode(), "holds no certificate"),
    "cut short": (ROOT.pem[:-60], "certificate 1 is damaged"),
    "a letter lost": (ROOT.pem[:90] + ROOT.pem[91:], "certificate 1 is damaged"),
    "a key that is none": (pem(ROOT.der.replace(POINT, POINT[:-1] + bytes([POINT[-1] ^ 1]))), "refused"),
    "private key only": (ROOT.key_pem, "holds a private key"),
    "private key inside": (ROOT.key_pem + ROOT.pem, TRUSTED),
    "PKCS #12": (keyless(ROOT), "is a PKCS #12 file"),
    "Java": (b"\xfe\xed\xfe\xed" + bytes(100), "is a Java key store"),
    "a database": (b"SQLite format 3\0" + bytes(4000), "is a database"),
    "p11-kit that distrusts": (
        b"[p11-kit-object-v1]\nx-distrusted: true\n" + ROOT.pem,
        "is a p11-kit file",
    ),
    "DER": (ROOT.der, TRUSTED),
    "PKCS #7, DER": (p7(serialization.Encoding.DER), TRUSTED),
    "PKCS #7, PEM": (p7(serialization.Encoding.PEM), TRUSTED),
    "CRLF": (ROOT.pem.replace(b"\n", b"\r\n"), TRUSTED),
    "byte order mark": (b"\xef\xbb\xbf" + ROOT.pem, TRUSTED),
    "UTF-16": (ROOT.pem.decode().encode("utf-16"), TRUSTED),
    "UTF-16 without its mark": (ROOT.pem.decode().encode("utf-16-le"), "holds no certificate"),
    "comments": ("# Prüfstelle\n".encode() + b"x" * 9999 + b"\n" + ROOT.pem + b"# end", TRUSTED),
    "commented out": (b"#" + ROOT.pem.replace(b"\n", b"\n#"), "holds no certificate"),
    "trusted for servers": (trusted_for("1.3.6.1.5.5.7.3.1"), TRUSTED),
    "trusted for clients only": (trusted_for("1.3.6.1.5.5.7.3.2"), "marked as not trusted for TLS servers"),
    "rejected": (rejected_pem(ROOT.der), "marked as not trusted for TLS servers"),
    "rejected, and a plain copy": (
        ROOT.pem + rejected_pem(ROOT.der) + ROOT.pem,
        "marked as not trusted for TLS servers",
    ),
    "thousands of others": (THOUSANDS, "does not have it"),
    "thousands, and the root": (THOUSANDS + ROOT.pem, TRUSTED),
    "thousands of copies": (ROOT.pem * 3000, TRUSTED),
    "too many blocks": (b"-----BEGIN CERTIFICATE-----\n" * 60_000, "holds more than 50000 PEM blocks"),
    "begins without end": (b"-----BEGIN " * 49_000, "holds no certificate"),
    "a namesake": (ROOT.namesake(same_key_identifier=True).pem, "refused"),
    "namesakes before the root": (b"".join(ROOT.namesake().pem for _ in range(12)) + ROOT.pem, TRUSTED),
    "an expired copy": (ROOT.reissued(validity=EXPIRED).pem, "expired on"),
    "an expired copy before the root": (ROOT.reissued(validity=EXPIRED).pem + ROOT.pem, TRUSTED),
    "no CA": (made_of_root((x509.BasicConstraints(ca=False, path_length=None), True)), "not a CA"),
    "no CA for want of extensions": (made_of_root(), "not a CA"),
    "a CA of clients": (CA_OF_CLIENTS, "does not allow TLS servers"),
    "the intermediate only": (ISSUING.pem, "its root is not there"),
    "the server's own": (LEAF.pem, "does not have it"),
    "may vouch for others only": (
        made_of_root(
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.NameConstraints([x509.DNSName("corp.example")], None), True),
        ),
        "refused",
    ),
    "may not vouch for this one": (
        made_of_root(
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.NameConstraints(None, [x509.DNSName("localhost")]), True),
        ),
        "refused",
    ),
    "may vouch for this one": (
        made_of_root(
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.NameConstraints([x509.DNSName("localhost")], [x509.DNSName("corp.example")]), True),
        ),
        "accepted",
    ),
    "allows no CA below itself": (
        made_of_root((x509.BasicConstraints(ca=True, path_length=0), True)),
        "refused",
    ),
}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return made(tmp_path, CHAIN)


@pytest.mark.parametrize("kind", CONTENTS)
def test_contents(machine: Machine, kind: str) -> None:
    contents, reason = CONTENTS[kind]
    path = machine.file(contents, name="odd.pem")

    with takes_at_most(LONGEST):
        found = machine.search(path)

    if reason is TRUSTED:
        assert ROOT.sha256 in anchors(found)
    elif reason in ("refused", "accepted"):
        (candidate,) = found.candidates
        words = refusal(LEAF, pem(candidate.anchor.der), "localhost")
        assert bool(words) is (reason == "refused")
    else:
        assert found.candidates == ()
        assert reason in (reasons(found) or "does not have it")
    assert [store.source.path for store in found.stores] == [path]
    good = machine.file(ROOT.pem, name="good.pem")
    if not kind.startswith("rejected"):
        for order in ((path, good), (good, path)):
            assert ROOT.sha256 in anchors(machine.search(*order))


def test_what_a_refused_ca_says_itself(machine: Machine) -> None:
    """So that people can be told why."""
    limits = {
        kind: machine.search(machine.file(CONTENTS[kind][0])).candidates[0].limits
        for kind in ("may vouch for others only", "may not vouch for this one", "allows no CA below itself")
    }

    assert limits == {
        "may vouch for others only": ("may only vouch for names in corp.example",),
        "may not vouch for this one": ("may not vouch for names in localhost",),
        "allows no CA below itself": ("allows no CA below itself",),
    }


def test_the_intermediate_here_and_its_root_there(machine: Machine) -> None:
    leaf = ISSUING.leaf(chain=Chain.LEAF_ONLY)
    sources = machine.file(ISSUING.pem, name="middle.pem"), machine.file(ROOT.pem, name="root.pem")

    (candidate,) = machine.search(*sources, chains=[seen(leaf)]).candidates

    assert refusal(leaf, ROOT.pem)
    together = [candidate.anchor, *candidate.intermediates]
    assert refusal(leaf, b"".join(pem(item.der) for item in together)) == ""


def test_an_interceptors_ca_for_bad_certificates(machine: Machine) -> None:
    found = machine.search(machine.file(UNTRUSTED.pem), chains=[seen(UNTRUSTED.leaf())])

    assert found.candidates == ()
    assert "an interceptor's CA for bad certificates" in reasons(found)


@dataclass(frozen=True, slots=True)
class Leaked:
    """A key that anybody can download, whatever certificate it is in."""

    key: str

    def reason(self, certificate: object) -> str | None:
        return "its private key is public" if getattr(certificate, "spki_sha256", None) == self.key else None


def test_a_leaked_key_in_another_certificate(machine: Machine) -> None:
    from pipsafe.trust.anchors import search

    again = ROOT.reissued(validity=VALID)
    path = machine.file(ROOT.pem, again.pem)

    found = search(
        [configured(path)], [CHAIN], folder="/", home="/", now=NOW, denied=Leaked(parse(ROOT.der).spki_sha256)
    )

    assert found.candidates == ()
    assert reasons(found) == "Example Corporate Root: its private key is public"


def test_names_in_another_spelling_are_one_to_openssl() -> None:
    """The search goes by the same rule: PrintableString or UTF8String, capitals or not."""
    root, server = Authority("Example Root"), Authority("localhost").leaf()
    respelt = x509.Name(
        [x509.NameAttribute(item.oid, item.value.upper(), _ASN1Type.PrintableString) for item in root.subject]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(server.certificate.subject)
        .issuer_name(respelt)
        .public_key(server.key.public_key())
        .serial_number(9)
        .not_valid_before(VALID.not_before)
        .not_valid_after(VALID.not_after)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    leaf = Leaf(builder.sign(root.key, hashes.SHA256()), server.key, (root.certificate,))

    assert parse(der_of(leaf.certificate)).issuer_der != parse(root.der).subject_der
    assert refusal(leaf, root.pem) == ""
    assert refusal(leaf, root.namesake().pem)


# Where and what it is


def loose(path: Path | str, mode: int = 0o666) -> str:
    Path(path).chmod(mode)
    return str(path)


def root_in(folder: Path, mode: int = 0o755) -> str:
    """The root in a new folder of that mode."""
    folder.mkdir()
    path = ROOT.write(folder / "ca.pem")
    folder.chmod(mode)
    return str(path)


def linked(link: Path, target: Path | str) -> str:
    link.symlink_to(target)
    return str(link)


def of_another(path: Path | str, *, user: int = 12345, group: int = 12345) -> str:
    os.chown(path, user, group, follow_symlinks=False)
    return str(path)


def made_node(path: Path, kind: int) -> str:
    """A FIFO or a device of the user's own."""
    os.mknod(path, kind | 0o600, os.makedev(1, 5))
    return str(path)


def bound(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    return str(path)


def sparse(path: Path, *, begins: bytes = b"") -> str:
    with path.open("wb") as file:
        file.write(begins)
        file.truncate(3 * 1024**3)
    return str(path)


def in_a_circle(folder: Path) -> str:
    (folder / "ping.pem").symlink_to("pong.pem")
    return linked(folder / "pong.pem", "ping.pem")


def in_a_row(folder: Path, *, links: int) -> str:
    for number in range(links):
        (folder / f"{number}.pem").symlink_to(f"{number + 1}.pem")
    ROOT.write(folder / f"{links}.pem")
    return str(folder / "0.pem")


OPEN: list[int] = []
"""Descriptors that a row needs as long as its test runs."""


def pipe(link: Path) -> str:
    """As a shell's <(...) names one."""
    OPEN.extend(os.pipe())
    return linked(link, f"/proc/self/fd/{OPEN[0]}")


def deleted(link: Path, path: str) -> str:
    OPEN.append(os.open(path, os.O_RDONLY))
    Path(path).unlink()
    return linked(link, f"/proc/self/fd/{OPEN[0]}")


def crowd(folder: Path, entry: Callable[[Path], object], *, count: int, and_the_root: bool = True) -> str:
    """A folder full of odd things, and the root as the last of them."""
    folder.mkdir()
    for number in range(count):
        entry(folder / f"{number:08x}.0")
    if and_the_root:
        ROOT.write(folder / "zz.pem")
    return str(folder)


EVERYONE, NOT_EXAMINED = "can be written by everyone", "cannot be examined"

Make = Callable[[Machine], "Source | str"]

PLACES: dict[str, tuple[Make, str | None]] = {
    "nothing wrong": (lambda m: m.file(ROOT.pem), TRUSTED),
    "everyone can write the file": (lambda m: loose(m.file(ROOT.pem)), EVERYONE),
    "everyone can write its folder": (lambda m: root_in(m.corp / "a", 0o777), EVERYONE),
    "everyone can write a folder above": (
        lambda m: str(Path(loose(m.corp, 0o777)) / Path(root_in(m.corp / "a")).relative_to(m.corp)),
        EVERYONE,
    ),
    "a sticky folder": (lambda m: root_in(m.corp / "a", 0o1777), TRUSTED),
    "a folder of certificates that everyone can write": (
        lambda m: str(Path(root_in(m.corp / "a", 0o777)).parent),
        EVERYONE,
    ),
    "a link in a folder that everyone can write": (
        lambda m: linked(
            Path(loose(crowd(m.corp / "a", Path.touch, count=0), 0o777)) / "l", m.file(ROOT.pem)
        ),
        EVERYONE,
    ),
    "a link to what everyone can write": (
        lambda m: linked(m.corp / "link", loose(m.file(ROOT.pem))),
        EVERYONE,
    ),
    "a link in order": (lambda m: linked(m.corp / "link", m.file(ROOT.pem)), TRUSTED),
    "a link to itself": (lambda m: linked(m.corp / "loop", "loop"), "cannot be read"),
    "links in a circle": (lambda m: in_a_circle(m.corp), "cannot be read"),
    "sixty links in a row": (lambda m: in_a_row(m.corp, links=60), "cannot be read"),
    "thirty links in a row": (lambda m: in_a_row(m.corp, links=30), TRUSTED),
    "a link to nowhere": (lambda m: linked(m.corp / "link", "nowhere"), "does not exist"),
    "a link to a pipe": (lambda m: pipe(m.corp / "link"), NOT_EXAMINED),
    "a link to what was deleted": (lambda m: deleted(m.corp / "link", m.file(ROOT.pem)), NOT_EXAMINED),
    "in the working folder": (lambda m: m.file(ROOT.pem, folder=m.project), "working folder"),
    "a link into the working folder": (
        lambda m: linked(m.corp / "link", m.file(ROOT.pem, folder=m.project)),
        "working folder",
    ),
    "a link in the working folder": (
        lambda m: linked(m.project / "link", m.file(ROOT.pem)),
        "working folder",
    ),
    "a relative path": (lambda _: "ca.pem", "does not exist"),
    "no such file": (lambda m: str(m.corp / "missing.pem"), "does not exist"),
    "a file for a folder": (lambda m: m.file(ROOT.pem) + "/ca.pem", "does not exist"),
    "no name": (lambda _: "", "does not exist"),
    "a null character": (lambda m: m.file(ROOT.pem) + "\0", "is no file name"),
    "a long name": (lambda m: str(m.corp / ("x" * 5000)), "cannot be read"),
    "a name that is not UTF-8": (lambda m: m.file(ROOT.pem, name=os.fsdecode(b"\xff.pem")), TRUSTED),
    "a name of control characters": (lambda m: loose(m.file(ROOT.pem, name="\x1b[2J\n.pem")), EVERYONE),
    "a FIFO": (lambda m: made_node(m.corp / "fifo", stat.S_IFIFO), "is a FIFO"),
    "a socket": (lambda m: bound(m.home / "s"), "is a socket"),
    "a device that everyone can write": (lambda _: "/dev/zero", EVERYONE),
    "3 GiB of nothing": (lambda m: sparse(m.corp / "large"), "is larger than 64 MiB"),
    "the root and 3 GiB": (
        lambda m: sparse(m.corp / "large", begins=ROOT.pem),
        "is larger than 64 MiB",
    ),
    "an empty folder": (lambda m: str(m.project), "holds no certificate"),
    "a folder of FIFOs": (
        lambda m: crowd(m.corp / "a", lambda path: os.mkfifo(path, 0o600), count=300),
        TRUSTED,
    ),
    "a folder of links to nowhere": (
        lambda m: crowd(m.corp / "a", lambda path: path.symlink_to("nowhere"), count=1500),
        TRUSTED,
    ),
    "a folder of noise": (
        lambda m: crowd(m.corp / "a", lambda path: path.write_bytes(b"noise"), count=1000),
        TRUSTED,
    ),
    "a folder of more than is read": (
        lambda m: crowd(m.corp / "a", Path.touch, count=2100, and_the_root=False),
        "holds more than 2000 files",
    ),
}

PLACES_OF_ROOT: dict[str, tuple[Make, str | None]] = {
    "a group can write the file": (
        lambda m: loose(of_another(m.file(ROOT.pem), user=0), 0o664),
        "can be written by the group",
    ),
    "another's in a sticky folder": (
        lambda m: of_another(root_in(m.corp / "a", 0o1777)),
        "in a folder that others can write",
    ),
    "another's folder in a sticky folder": (
        lambda m: str(Path(of_another(Path(root_in(Path(loose(m.corp, 0o1777)) / "a")).parent)) / "ca.pem"),
        "in a folder that others can write",
    ),
    "another's link in a sticky folder": (
        lambda m: of_another(
            linked(Path(loose(crowd(m.corp / "a", Path.touch, count=0), 0o1777)) / "l", m.file(ROOT.pem))
        ),
        "in a folder that others can write",
    ),
    "another's, as a CI system mounts it": (lambda m: of_another(m.file(ROOT.pem)), TRUSTED),
    "another's, as the system's": (
        lambda m: Source("system", "it", of_another(m.file(ROOT.pem))),
        "belongs to the user 12345",
    ),
    "another's, in a place of the administrator": (
        lambda m: provisioned(of_another(m.file(ROOT.pem))),
        "belongs to the user 12345",
    ),
    "in a place of the administrator": (lambda m: provisioned(m.file(ROOT.pem)), TRUSTED),
    "a key inside, in a place of the administrator": (
        lambda m: provisioned(m.file(ROOT.pem, ROOT.key_pem)),
        "its private key lies in the same file",
    ),
    "a key beside it, in a place of the administrator": (
        lambda m: provisioned(
            str(Path(m.file(ROOT.key_pem, name="ca.key")).with_name(Path(m.file(ROOT.pem)).name))
        ),
        "the private key of this CA lies beside it",
    ),
    "a character device": (lambda m: made_node(m.corp / "device", stat.S_IFCHR), "is a device"),
    "a block device": (lambda m: made_node(m.corp / "device", stat.S_IFBLK), "is a device"),
    "the kernel's log, which waits for more": (lambda _: "/proc/kmsg", "holds no certificate|is empty"),
}


@pytest.fixture
def descriptors() -> Iterator[None]:
    """What a row leaves open is closed."""
    yield
    while OPEN:
        os.close(OPEN.pop())


@pytest.mark.usefixtures("descriptors")
@pytest.mark.parametrize(
    "kind", [*PLACES, *(pytest.param(kind, marks=needs_root) for kind in PLACES_OF_ROOT)]
)
def test_places(machine: Machine, kind: str) -> None:
    make, reason = {**PLACES, **PLACES_OF_ROOT}[kind]
    source = make(machine)

    with takes_at_most(LONGEST):
        found = machine.search(source)

    if reason is TRUSTED:
        assert anchors(found) == [ROOT.sha256]
    else:
        assert found.candidates == ()
        assert any(words in reasons(found) for words in reason.split("|"))
    assert len(found.stores) == 1
    good = machine.home / "good"
    good.mkdir()
    assert anchors(machine.search(source, machine.file(ROOT.pem, folder=good))) == [ROOT.sha256]


@needs_root
def test_permission_denied() -> None:
    """As another user: root may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = loose(ROOT.write(Path(folder) / "ca.pem"), 0o600)
        good = loose(ROOT.write(Path(folder) / "good.pem"), 0o644)
        machine = Machine(Path("/nowhere"), Path("/nowhere/project"), Path(folder), CHAIN)
        os.seteuid(12345)
        try:
            alone, beside = machine.search(path), machine.search(path, good)
        finally:
            os.seteuid(0)

    assert reasons(alone) == "may not be read (permission denied)"
    assert anchors(beside) == [ROOT.sha256]


SEARCH = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from pipsafe.trust import stock
from pipsafe.trust.sources import Source
sources = [Source(sys.argv[2], "it", path) for path in sys.argv[3:]]
began = time.monotonic()
found = stock.read(sources, folder="/nowhere", home="/nowhere")
took = time.monotonic() - began
print(json.dumps([took, [[len(item.file.certificates), *item.file.problems] for item in found]]))
"""


def readings(
    prefix: tuple[str, ...], *paths: Path, tier: str = "configured"
) -> tuple[float, list[list[object]]]:
    """Seconds, and of each source the number of certificates and its problems, seen with the prefix."""
    package = str(Path(pipsafe.__file__).parents[1])
    command = [*prefix, sys.executable, "-c", SEARCH, package, tier, *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    took, found = json.loads(done.stdout)
    return took, found


def test_a_drive_whose_server_is_gone(machine: Machine) -> None:
    mount = machine.corp / "mount"
    mount.mkdir()
    good = Path(machine.file(ROOT.pem, name="good.pem"))
    prefix = user_mount.prefix(mount, uid=0, contents=None)

    took, found = readings(prefix, mount / "ca.pem", good, mount, mount / "more")

    late = [0, "could not be read in time"]
    assert found == [late, [1], late, late]
    assert took < 2


def test_a_drive_that_another_user_has_mounted(machine: Machine) -> None:
    """Where he may put things himself: it says that all is root's."""
    mount = machine.corp / "mount"
    mount.mkdir()
    loose(machine.corp, 0o1777)
    contents = ROOT.write(machine.home / "contents.pem")

    for uid, expected in ((12345, "belongs to the user 12345, in a folder that others can write"), (0, None)):
        prefix = user_mount.prefix(mount, uid=uid, contents=contents)
        _, found = readings(prefix, mount / user_mount.NAME)
        assert found == [[0, f"is not used: {mount} {expected}"] if expected else [1]]


def test_another_users_file_on_a_path_of_the_system(machine: Machine) -> None:
    """By a mount, which leaves the folders above in order."""
    theirs = Path(of_another(machine.file(ROOT.pem, name="theirs.pem")))
    system = Path("/etc/passwd")
    prefix = system_store(machine.home / "store", mounts={system: theirs})

    _, found = readings(prefix, system, tier="system")

    assert found == [[0, f"is not used: {system} belongs to the user 12345"]]


# Through a whole rescue

PIP = "26.3"

NOT_NAMED = frozenset({"a relative path", "no name", "a null character"})
"""Places that a variable cannot name so."""


def named(machine: Machine, url: str) -> dict[str, str]:
    """A variable for each odd source: poetry has one for every repository, here always the same."""
    paths: list[str] = []
    for kind, (contents, reason) in CONTENTS.items():
        # What one file rejects, no other lends.
        if reason not in (TRUSTED, "accepted") and not kind.startswith("rejected"):
            paths.append(machine.file(contents, name=f"{kind.replace(' ', '-').replace(',', '')}.pem"))
    rows = {**PLACES, **(PLACES_OF_ROOT if AS_ROOT else {})}
    for kind, (make, reason) in rows.items():
        if reason is not TRUSTED and kind not in NOT_NAMED:
            own = machine.home / kind.replace(" ", "-")
            own.mkdir()
            source = make(Machine(own, machine.project, own, CHAIN))
            if isinstance(source, str):
                paths.append(source)
    files = {f"POETRY_CERTIFICATES_R{number}_CERT": path for number, path in enumerate(paths)}
    return files | {f"POETRY_REPOSITORIES_R{number}_URL": url for number in range(len(paths))}


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], ISSUING.leaf()) as running:
        yield running


def install(server: IndexServer, machine: Machine, env: dict[str, str]) -> Run:
    command = ["install", "--retries", "0", "--index-url", server.index_url, "speck"]
    return run_pipsafe(patient(PIP, "speck"), command, env, cwd=machine.project)


def own_seconds(run: Run) -> float:
    """What is left of the run without pip's attempts."""
    assert run.report is not None
    return run.seconds - sum(float(attempt["seconds"]) for attempt in run.report["attempts"])


@pytest.mark.e2e
@pytest.mark.usefixtures("descriptors")
def test_a_good_source_among_bad_ones(server: IndexServer, machine: Machine, tmp_path: Path) -> None:
    odd = named(machine, server.index_url)
    good = tmp_path / "good"
    good.mkdir(mode=0o755)
    plain = clean_environment(tmp_path / "home", NODE_EXTRA_CA_CERTS=str(ROOT.write(good / "good.pem")))
    alone = install(server, machine, plain)
    assert_rescued(alone, patient(PIP), plain, ROOT)

    run = install(server, machine, {**plain, **odd})

    report = assert_rescued(run, patient(PIP), plain, ROOT)
    assert own_seconds(run) - own_seconds(alone) < 2
    stores = {item["path"]: item for item in report["stores"]}
    # Some are links to the same file, which counts once.
    paths = [path for name, path in odd.items() if name.endswith("_CERT")]
    missing = set(map(os.path.realpath, paths)) - set(map(os.path.realpath, stores))
    assert missing == set()
    assert b"\x1b[2J" not in run.stderr


@pytest.mark.e2e
@pytest.mark.usefixtures("descriptors")
def test_bad_sources_alone(server: IndexServer, machine: Machine, tmp_path: Path) -> None:
    env = clean_environment(tmp_path / "home", **named(machine, server.index_url))

    run = install(server, machine, env)

    report = assert_refused(run, patient(PIP), env, server)
    assert len(report["passed_over"]) > 40
    assert b"\x1b[2J" not in run.stderr
    assert own_seconds(run) < 4


@pytest.mark.e2e
def test_a_rescue_beside_a_drive_whose_server_is_gone(
    server: IndexServer, machine: Machine, tmp_path: Path
) -> None:
    mount = machine.corp / "mount"
    mount.mkdir()
    good = machine.file(ROOT.pem, name="good.pem")
    env = clean_environment(
        tmp_path / "home",
        NODE_EXTRA_CA_CERTS=str(mount / "ca.pem"),
        GIT_SSL_CAPATH=str(mount),
        CARGO_HTTP_CAINFO=good,
    )
    prefix = user_mount.prefix(mount, uid=0, contents=None)
    command = ["install", "--retries", "0", "--index-url", server.index_url, "speck"]

    run = run_pipsafe(patient(PIP, "speck"), command, env, cwd=machine.project, prefix=prefix)

    report = assert_rescued(run, patient(PIP), env, ROOT)
    late = {item["path"] for item in report["passed_over"] if "in time" in item["reason"]}
    assert late == {str(mount / "ca.pem"), str(mount)}
    assert own_seconds(run) < 6
