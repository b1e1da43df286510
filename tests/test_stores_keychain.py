"""macOS: what its exports of trust settings say. No macOS is here: scripts answer for `security`."""

from __future__ import annotations

import plistlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.stores import denials, keychain
from pipsafe.trust import source_readers
from pipsafe.x509.certificate import parse
from tests.certificates import make, name, pem

CORP, OTHER, BELOW = make(name("Corp")), make(name("Other")), make(name("Issuing"), name("Corp"))
NAMED = denials.sha1(CORP)

ROOT, AS_ROOT, DENY = keychain.TRUST_ROOT, keychain.TRUST_AS_ROOT, keychain.DENY

SSL, BASIC = bytes.fromhex("2a864886f763640103"), bytes.fromhex("2a864886f763640102")
SERVER: dict[str, Any] = {"kSecTrustSettingsPolicy": SSL, "kSecTrustSettingsPolicyName": "sslServer"}
X509: dict[str, Any] = {"kSecTrustSettingsPolicy": BASIC, "kSecTrustSettingsPolicyName": "basicX509"}
HOST = {"kSecTrustSettingsPolicyString": "index.example"}

# As mkcert writes it (FiloSottile/mkcert, truststore_darwin.go), in the frame of an export.
RECORDED = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>trustList</key>
	<dict>
		<key>%s</key>
		<dict>
			<key>issuerName</key>
			<data>MA8xDTALBgNVBAMTBENvcnA=</data>
			<key>modDate</key>
			<date>2024-02-29T12:00:00Z</date>
			<key>serialNumber</key>
			<data>AQ==</data>
			<key>trustSettings</key>
			<array>
				<dict>
					<key>kSecTrustSettingsPolicy</key>
					<data>
					KoZIhvdjZAED
					</data>
					<key>kSecTrustSettingsPolicyName</key>
					<string>sslServer</string>
					<key>kSecTrustSettingsResult</key>
					<integer>1</integer>
				</dict>
				<dict>
					<key>kSecTrustSettingsPolicy</key>
					<data>
					KoZIhvdjZAEC
					</data>
					<key>kSecTrustSettingsPolicyName</key>
					<string>basicX509</string>
					<key>kSecTrustSettingsResult</key>
					<integer>1</integer>
				</dict>
			</array>
		</dict>
		<key>kSecTrustRecordDefaultRootCert</key>
		<dict/>
	</dict>
	<key>trustVersion</key>
	<integer>1</integer>
</dict>
</plist>
"""


def exported(*constraints: dict[str, Any], of: bytes = CORP, more: dict[str, Any] | None = None) -> bytes:
    """An export with these usage constraints of one certificate."""
    entry = {"issuerName": b"x", "trustSettings": list(constraints)} if more is None else more
    return plistlib.dumps({"trustVersion": 1, "trustList": {denials.sha1(of).upper(): entry}})


def result(value: int) -> dict[str, Any]:
    return {"kSecTrustSettingsResult": value}


def test_as_recorded() -> None:
    assert keychain.settings_of(RECORDED % NAMED.upper().encode()) == {NAMED: ROOT}


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ((), ROOT),  # "an empty array means always trust"
        (({},), ROOT),
        ((result(ROOT),), ROOT),
        ((SERVER,), ROOT),
        ((SERVER | result(AS_ROOT),), AS_ROOT),
        ((SERVER | result(DENY),), DENY),
        ((SERVER | result(4),), 0),
        ((SERVER | result(0),), 0),
        # "Always Trust" of Keychain Access: one of each error that may be overlooked.
        ((SERVER | result(ROOT) | {"kSecTrustSettingsAllowedError": -2147408896},), ROOT),
        ((SERVER | result(ROOT), SERVER | result(DENY)), DENY),
        ((X509 | result(ROOT),), 0),
        ((X509 | result(DENY),), 0),
        (({"kSecTrustSettingsPolicyName": "eapServer"},), 0),
        (({"kSecTrustSettingsPolicyName": "sslServer"} | result(ROOT),), ROOT),
        ((SERVER | HOST | result(ROOT),), 0),
        ((HOST | result(ROOT),), 0),
        ((SERVER | HOST | result(ROOT), SERVER | result(ROOT)), ROOT),
        ((SERVER | {"kSecTrustSettingsApplication": "/Applications/Mail.app"},), 0),
        ((SERVER | {"kSecTrustSettingsKeyUsage": 1},), 0),
        ((SERVER | {"kSecTrustSettingsKeyUsage": 9},), ROOT),
        ((SERVER | {"kSecTrustSettingsKeyUsage": -1},), ROOT),
        ((SERVER | {"kSecTrustSettingsKeyUsage": 1} | result(DENY),), DENY),
        ((SERVER | {"kSecTrustSettingsResult": "1"},), 0),
    ],
)
def test_constraints(constraints: tuple[dict[str, Any], ...], expected: int) -> None:
    assert keychain.settings_of(exported(*constraints)) == {NAMED: expected}


@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, {NAMED: ROOT}), ({"trustSettings": "x"}, {NAMED: 0}), ({"trustSettings": ["x"]}, {NAMED: 0})],
)
def test_odd_entries(more: dict[str, Any], expected: dict[str, int]) -> None:
    assert keychain.settings_of(exported(more=more)) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"bplist00",
        plistlib.dumps([1]),
        plistlib.dumps({"trustList": []}),
        plistlib.dumps({"trustList": {"x": {}, NAMED: 1}}),
        b'<!DOCTYPE p [<!ENTITY a "b">]><plist><string>&a;</string></plist>',
        b"<plist><date>x</date></plist>",
        b"<plist>" + b"<array>" * 100_000,
    ],
    ids=range(8),
)
def test_what_is_no_export(data: bytes) -> None:
    assert keychain.settings_of(data) == {}


@given(st.binary(max_size=100), st.integers(0, 1_800))
@settings(max_examples=300, deadline=None)
def test_no_export_raises(junk: bytes, place: int) -> None:
    keychain.settings_of(RECORDED[:place] + junk + RECORDED[place + len(junk) :])


_TAGS = "<dict> </dict> <key> </key> trustList <integer> </integer> <data> </data> <date> </date> <array>"
TAGS = [*_TAGS.encode().split(), b"</array>", b"<true/>", b"<string/>", b"9" * 5000]


@given(st.lists(st.sampled_from(TAGS), max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_tags_raise(tags: list[bytes]) -> None:
    keychain.settings_of(b"<plist>" + b"".join(tags) + b"</plist>")


@pytest.mark.parametrize(
    ("user", "admin", "roots", "rejected"),
    [
        ({}, {}, (), ()),
        ({NAMED: ROOT}, {}, (CORP,), ()),
        ({}, {NAMED: ROOT}, (CORP,), ()),
        ({NAMED: 0}, {NAMED: ROOT}, (), ()),  # the user's go over the administrator's
        ({NAMED: DENY}, {NAMED: ROOT}, (), (CORP,)),
        ({NAMED: ROOT}, {NAMED: DENY}, (), (CORP,)),  # and yet Deny wins
        ({NAMED: AS_ROOT}, {}, (), ()),
        ({denials.sha1(BELOW): ROOT}, {}, (), ()),  # no root
    ],
)
def test_domains(
    user: dict[str, int], admin: dict[str, int], roots: tuple[bytes, ...], rejected: tuple[bytes, ...]
) -> None:
    read = keychain.trusted("x", (CORP, OTHER, BELOW), [user, admin])

    assert (read.certificates, read.rejected) == (roots, rejected)
    assert bool(read.problems) is not bool(roots)


# As a process

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="a script with a first line")


def mac(
    root: Path, *, user: bytes | None, admin: bytes | None, certificates: bytes = pem(CORP) + pem(OTHER)
) -> Path:
    """A root whose `security` is a script with the options of the real one."""
    program = root / "usr/bin/security"
    program.parent.mkdir(parents=True)
    for file, content in {"user": user, "admin": admin, "certificates": certificates}.items():
        if content is not None:
            (root / file).write_bytes(content)
    program.write_text(
        f"""#!/bin/sh
cd '{root}' || exit 9
case "$*" in
"find-certificate -a -p") cat certificates ;;
"trust-settings-export -d "*) cp admin "$3" 2>/dev/null && echo "...Trust Settings exported successfully." ;;
"trust-settings-export /"*) cp user "$2" 2>/dev/null && echo "...Trust Settings exported successfully." ;;
*) exit 2 ;;
esac
"""
    )
    program.chmod(0o755)
    return root


@needs_posix
def test_the_keychain(tmp_path: Path) -> None:
    mac(tmp_path, user=exported(SERVER | result(DENY), of=OTHER), admin=exported(SERVER))
    (source,) = keychain.sources("darwin", str(tmp_path))
    read = source_readers.read(source, None)
    denied = keychain.denied("darwin", str(tmp_path))

    assert (source.tier, source.kind) == ("system", "keychain")
    assert read.certificates == (CORP,)
    assert read.rejected == (OTHER,)
    assert denied.reason(parse(OTHER)) == "never trusted, by the user's settings in the keychain"
    assert denied.reason(parse(CORP)) is None


@needs_posix
def test_nobody_set_anything(tmp_path: Path) -> None:
    mac(tmp_path, user=None, admin=None)
    (source,) = keychain.sources("darwin", str(tmp_path))
    read = source_readers.read(source, None)

    assert read.certificates == ()
    assert read.problems == ("has no root that somebody here added and trusts for TLS servers",)
    assert keychain.denied("darwin", str(tmp_path)) == denials.Denied()


@needs_posix
def test_a_program_that_fails(tmp_path: Path) -> None:
    mac(tmp_path, user=None, admin=None)
    (tmp_path / "certificates").unlink()
    (source,) = keychain.sources("darwin", str(tmp_path))

    assert source_readers.read(source, None).problems == ("cannot be read: security failed (exit code 1)",)


def test_elsewhere_there_is_none(tmp_path: Path) -> None:
    assert keychain.sources("linux", "/") == ()
    assert keychain.sources("darwin", str(tmp_path)) == ()
    assert keychain.denied("linux", "/") == denials.Denied()
