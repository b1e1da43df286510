"""What an administrator distrusts, by whatever the distribution offers for it; p11-kit's own format."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.stores import anchor_folders, blocklists, denials, p11_kit
from pipsafe.trust import source_readers
from pipsafe.x509.certificate import parse
from tests.certificates import loaded, oid, pem, tlv
from tests.lab.authority import VALID, Authority
from tests.yardstick import takes_at_most

ROOT, OTHER = Authority("Root"), Authority("Other")
AGAIN = ROOT.reissued(validity=VALID)
"""Another certificate over the key of ROOT."""

HEADER = b"[p11-kit-object-v1]\n"
BASE = "etc/pki/ca-trust/source"
CLIENTS, SERVERS = oid("1.3.6.1.5.5.7.3.2"), oid("1.3.6.1.5.5.7.3.1")
REJECTED = pem(ROOT.der + tlv(0x30, tlv(0xA0, SERVERS)), "TRUSTED CERTIFICATE")
KEY = (
    loaded(ROOT.der)
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)


def quoted(data: bytes) -> bytes:
    """A string value as p11-kit writes it."""
    return b'"' + b"".join(b"%%%02x" % octet for octet in data) + b'"'


def stapled(kind: str, *purposes: bytes) -> bytes:
    """An object that staples an extension to ROOT's key."""
    value = tlv(0x30, oid(kind), tlv(0x04, tlv(0x30, *purposes)))
    return (
        HEADER
        + b"class: x-certificate-extension\nobject-id: %b\nvalue: %b\n" % (kind.encode(), quoted(value))
        + KEY
    )


def by_number(der: bytes) -> bytes:
    """An object that distrusts a certificate without holding it, as Mozilla's distrust is written."""
    number = denials.serial_number(der)
    assert number is not None
    return (
        HEADER
        + b'label: "Some CA"\nclass: certificate\ncertificate-type: x-509\nmodifiable: false\n'
        + b"issuer: %b\nserial-number: %b\n" % (quoted(parse(der).issuer_der), quoted(number))
        + b"x-distrusted: true\n"
    )


IN_ANCHORS = {"anchors/a.pem": ROOT.pem}
DISTRUSTED = HEADER + b"x-distrusted: true\n\n" + ROOT.pem
TRUSTED = HEADER + b"# a comment\n trusted : true \r\n\n" + ROOT.pem

# Files of a folder of p11-kit, and whether ROOT is then an anchor for TLS servers. This is what
# `trust extract --filter=ca-anchors --purpose=server-auth` of p11-kit 0.24.1 said of the very same files.
AS_P11_KIT: dict[str, tuple[dict[str, bytes], bool]] = {
    "an anchor": (IN_ANCHORS, True),
    "an anchor in DER, of any name": ({"anchors/a.whatever": ROOT.der}, True),
    "the same in the blocklist": (IN_ANCHORS | {"blocklist/b.pem": ROOT.pem}, False),
    "the same in DER": (IN_ANCHORS | {"blocklist/b.der": ROOT.der}, False),
    "another certificate over its key": (IN_ANCHORS | {"blocklist/b.pem": AGAIN.pem}, False),
    "an unrelated one": (IN_ANCHORS | {"blocklist/b.pem": OTHER.pem}, True),
    "in the blocklist as trusted": (IN_ANCHORS | {"blocklist/b.p11-kit": TRUSTED}, False),
    "in a folder of the blocklist": (IN_ANCHORS | {"blocklist/sub/b.pem": ROOT.pem}, True),
    "marked as distrusted": (IN_ANCHORS | {"b.p11-kit": DISTRUSTED}, False),
    "marked after the certificate": (
        IN_ANCHORS | {"b.p11-kit": HEADER + ROOT.pem + b"x-distrusted: true"},
        False,
    ),
    "by issuer and number": (IN_ANCHORS | {"b.p11-kit": by_number(ROOT.der)}, False),
    "another by issuer and number": (IN_ANCHORS | {"b.p11-kit": by_number(OTHER.der)}, True),
    "stored as trusted": ({"b.p11-kit": TRUSTED}, True),
    "stored and nothing said": ({"b.p11-kit": HEADER + ROOT.pem}, False),
    "a loose file": ({"b.pem": ROOT.pem}, False),
    "in anchors, nothing said": ({"anchors/a.p11-kit": HEADER + ROOT.pem}, True),
    "in anchors, distrusted": ({"anchors/a.p11-kit": DISTRUSTED}, False),
    "in a folder of the anchors": ({"anchors/sub/a.pem": ROOT.pem}, False),
    "for clients only": ({"b.p11-kit": TRUSTED + stapled("2.5.29.37", CLIENTS)}, False),
    "for servers": ({"b.p11-kit": TRUSTED + stapled("2.5.29.37", CLIENTS, SERVERS)}, True),
    "as a field": (
        {
            "b.p11-kit": HEADER
            + b"class: certificate\ntrusted: true\ncertificate-type: x-509\nvalue: "
            + quoted(ROOT.der)
        },
        True,
    ),
    "rejected in OpenSSL's words": (IN_ANCHORS | {"b.pem": REJECTED}, False),
    "broken": ({"b.p11-kit": HEADER + b"trusted: true\nno colon\n" + ROOT.pem}, False),
}
STRICTER: dict[str, tuple[dict[str, bytes], bool]] = {
    # The others say nothing of these when they extract a bundle, or cannot load the file.
    "in the older blacklist": (IN_ANCHORS | {"blacklist/b.pem": ROOT.pem}, False),
    "by the key alone": (IN_ANCHORS | {"b.p11-kit": HEADER + b"x-distrusted: true\n" + KEY}, False),
    "limited to names": ({"b.p11-kit": TRUSTED + stapled("2.5.29.30", CLIENTS)}, False),
    "rejected for servers": (
        {"b.p11-kit": TRUSTED + stapled("1.3.6.1.4.1.3319.6.10.1", SERVERS)},
        False,
    ),
}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def anchors(root: Path) -> set[bytes]:
    """What is left of the anchors of a machine when its blocklists are heeded."""
    denied = blocklists.denied("linux", str(root))
    read = [source_readers.read(source, None) for source in anchor_folders.sources("linux", str(root))]
    rejected = {der for file in read for der in file.rejected}
    return {
        der
        for file in read
        for der in file.certificates
        if der not in rejected and not denied.reason(parse(der))
    }


@pytest.mark.parametrize("base", [BASE, "etc/pki/trust", "etc/ca-certificates/trust-source"])
@pytest.mark.parametrize(("files", "is_anchor"), (AS_P11_KIT | STRICTER).values(), ids=AS_P11_KIT | STRICTER)
def test_p11_kit(tmp_path: Path, files: dict[str, bytes], is_anchor: bool, base: str) -> None:  # noqa: FBT001
    write(tmp_path / base, files)

    assert anchors(tmp_path) == ({ROOT.der} if is_anchor else set())


def test_reasons_name_the_file(tmp_path: Path) -> None:
    write(tmp_path / BASE, {"blocklist/no\x1b[31m.pem": ROOT.pem, "x.p11-kit": by_number(OTHER.der)})
    denied = blocklists.denied("linux", str(tmp_path))

    assert denied.reason(parse(ROOT.der)) == f"distrusted by {tmp_path}/{BASE}/blocklist/no\\x1b[31m.pem"
    assert denied.reason(parse(AGAIN.der)) == denied.reason(parse(ROOT.der))
    assert denied.reason(parse(OTHER.der)) == f"distrusted in {tmp_path}/{BASE}/x.p11-kit"
    assert denied.reason(parse(Authority("Third").der)) is None


def test_what_is_not_for_servers_is_not_taken_from_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, {"b.p11-kit": TRUSTED + stapled("2.5.29.37", CLIENTS)})

    assert p11_kit.read(str(tmp_path / "b.p11-kit"), None).rejected == (ROOT.der,)


def test_limits_are_told_of(tmp_path: Path) -> None:
    write(tmp_path, {"b.p11-kit": TRUSTED + stapled("2.5.29.30", CLIENTS)})

    read = p11_kit.read(str(tmp_path / "b.p11-kit"), None)

    assert read.problems == (
        "holds no trusted certificate",
        "limits a CA by an extension of its own (2.5.29.30), which is not supported",
    )


def test_a_refused_file_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"b.p11-kit": TRUSTED})

    assert p11_kit.read(str(tmp_path / "b.p11-kit"), lambda _: "it is bad").problems == (
        "is not used: it is bad",
    )
    assert p11_kit.read(str(tmp_path / "c.p11-kit"), None).problems == ("does not exist",)


def test_a_distributions_list_costs_little() -> None:
    """Fedora's holds some hundreds of objects, a few of them distrusted."""
    public = b"".join(HEADER + b"trusted: true\n" + b"x: 1\n" * 60 + ROOT.pem for _ in range(1_000))

    with takes_at_most(0.5):
        found = p11_kit.distrusted(public + by_number(OTHER.der))

    assert len(found) == 1


@given(st.binary(max_size=400), st.integers(0, 900))
@settings(max_examples=300, deadline=None)
def test_p11_kit_never_raises(junk: bytes, place: int) -> None:
    text = TRUSTED + stapled("2.5.29.37", CLIENTS) + by_number(OTHER.der)
    for data in (junk, HEADER + junk, text[:place] + junk + text[place + len(junk) :]):
        p11_kit.denied(p11_kit.objects(data), "x")
        p11_kit.distrusted(data)
        p11_kit._anchors("x", p11_kit.objects(data), in_anchors=True)


# Debian


def test_debian(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "etc/ca-certificates.conf": b"# x\n\nmozilla/Other.crt\n!mozilla/Root.crt \n!mozilla/Gone.crt\n",
            "usr/share/ca-certificates/mozilla/Root.crt": ROOT.pem,
            "usr/share/ca-certificates/mozilla/Other.crt": OTHER.pem,
        },
    )
    denied = blocklists.denied("linux", str(tmp_path))

    assert denied.reason(parse(ROOT.der)) == f"distrusted in {tmp_path}/etc/ca-certificates.conf, line 4"
    assert denied.reason(parse(OTHER.der)) is None
    # The line is about this certificate; another of the same CA is another line.
    assert denied.reason(parse(AGAIN.der)) is None


def test_a_local_copy_overrides_debians_line(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "etc/ca-certificates.conf": b"!mozilla/Root.crt\n",
            "usr/share/ca-certificates/mozilla/Root.crt": ROOT.pem,
            "usr/local/share/ca-certificates/root.crt": ROOT.pem,
        },
    )

    assert blocklists.denied("linux", str(tmp_path)).certificates == {}


@pytest.mark.parametrize(
    "folder", ["usr/share/certs/untrusted", "usr/local/etc/ssl/blacklisted", "etc/ssl/untrusted"]
)
def test_freebsd(tmp_path: Path, folder: str) -> None:
    write(tmp_path / folder, {"abcd1234.0": ROOT.pem})
    denied = blocklists.denied("freebsd14", str(tmp_path))

    assert denied.reason(parse(ROOT.der)) == f"distrusted by {tmp_path}/{folder}/abcd1234.0"
    assert denied.reason(parse(AGAIN.der)) is None
    assert blocklists.denied("linux", str(tmp_path)) == denials.Denied()


def test_nothing_there_and_strange_things_there(tmp_path: Path) -> None:
    assert blocklists.denied("linux", str(tmp_path)) == denials.Denied()

    (tmp_path / BASE / "blocklist").mkdir(parents=True)
    os.mkfifo(tmp_path / BASE / "blocklist/fifo")
    os.mkfifo(tmp_path / "etc/ca-certificates.conf")
    write(
        tmp_path / BASE,
        {"blocklist/empty": b"", "blocklist/junk": os.urandom(300), "blocklist/half": ROOT.pem[:90]},
    )

    assert blocklists.denied("linux", str(tmp_path)) == denials.Denied()


# What all of them come to


def test_by_sha1_as_macos_names_certificates() -> None:
    denied = denials.Denied({denials.sha1(ROOT.der): "never trusted"})

    assert denied.reason(parse(ROOT.der)) == "never trusted"
    assert denied.reason(parse(AGAIN.der)) is None


def test_the_first_reason_stands() -> None:
    denied = denials.together(
        [denials.of_certificates([ROOT.der], "one"), denials.of_keys([ROOT.der], "two")]
    )

    assert denied.reason(parse(ROOT.der)) == "one"
    assert denied.reason(parse(AGAIN.der)) == "two"


@given(st.binary(max_size=200))
def test_a_serial_number_of_anything(data: bytes) -> None:
    assert denials.serial_number(data) is None or data


def test_a_serial_number() -> None:
    number = denials.serial_number(ROOT.der)

    assert number is not None
    assert int.from_bytes(number[2:], "big") == loaded(ROOT.der).serial_number
