"""The keychains of macOS, for pips that do not ask macOS itself.

That a certificate lies in a keychain says nothing; trust settings do. They are asked as
rustls/rustls-native-certs (src/macos.rs) and golang/go (src/crypto/x509/root_darwin.go) ask: the user's go
over the administrator's, none at all in an entry mean "always trust", an entry for one host is no trust in
a root, and Deny wins. The roots that come with macOS are not among these; every public list has them.
The form of an export: Apple's Security, TrustSettings.cpp and TrustSettingsSchema.h; FiloSottile/mkcert,
truststore_darwin.go. Nobody has run this on macOS yet.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipsafe.language.text import counted, of_error, text
from pipsafe.stores import command, denials, places
from pipsafe.stores.denials import Denied
from pipsafe.trust.ca_file import CaFile
from pipsafe.trust.sources import Source
from pipsafe.x509 import bundle
from pipsafe.x509.certificate import MalformedCertificate, parse

if TYPE_CHECKING:
    from pipsafe.trust.ca_file import Refusal

_KEYCHAIN = "/Library/Keychains/System.keychain"
_PROGRAM = "/usr/bin/security"
_SECONDS = 2.0
_MOST_BYTES = 16 * 1024 * 1024

DOMAINS = (
    (text("never trusted, by the user's settings in the keychain"), ()),
    (text("never trusted, by the administrator's settings in the keychain"), ("-d",)),
)
"""What a denial is called, by whose settings it is, the strongest first; the option that asks for them."""

TRUST_ROOT, TRUST_AS_ROOT, DENY = 1, 2, 3
"""SecTrustSettingsResult: a root, something else that is trusted like one, and never."""

_SSL_POLICY = bytes.fromhex("2a864886f763640103")
"""1.2.840.113635.100.1.3, kSecPolicyAppleSSL, without its DER header."""

_SIGN_CERTIFICATES = 0x8
"""kSecTrustSettingsKeyUseSignCert; all bits set is any use."""

Settings = Mapping[str, int]
"""Lower-case SHA-1 of a certificate to what is said of it for TLS servers: TRUST_ROOT and so on."""


def sources(platform: str, root: str = "/") -> tuple[Source, ...]:
    """The keychains as a source, on macOS."""
    if platform != "darwin" or not os.path.isfile(places.below(root, _PROGRAM)):
        return ()
    return (Source("system", text("the keychain"), places.below(root, _KEYCHAIN), kind="keychain"),)


def read(path: str, refusal: Refusal | None) -> CaFile:  # noqa: ARG001 - a keychain is no file to be forbidden
    """The roots that the user or an administrator trusts for TLS servers. Never raises."""
    root = path.removesuffix(_KEYCHAIN) or "/"
    try:
        said = _security(root, "find-certificate", "-a", "-p")
        settings = [_settings(root, *options) for _, options in DOMAINS]
    except command.Unanswered as error:
        # For translators: "security" is a program, {problem} says of it "does not answer within 2 seconds".
        problem = text("cannot be read: security {problem}", problem=of_error(error))
        return CaFile(path, (), (problem,), key_inside=False)
    return trusted(path, bundle.contents(said).certificates, settings)


def denied(platform: str, root: str = "/") -> Denied:
    """What the user or an administrator told macOS never to trust."""
    if platform != "darwin":
        return Denied()
    parts: list[Denied] = []
    for reason, options in DOMAINS:
        try:
            settings = _settings(root, *options)
        except command.Unanswered:
            continue
        parts.append(Denied({name: reason for name, result in settings.items() if result == DENY}))
    return denials.together(parts)


def trusted(path: str, certificates: tuple[bytes, ...], domains: list[Settings]) -> CaFile:
    """Those of the certificates that the settings, the strongest first, make roots."""
    roots: list[bytes] = []
    rejected: list[bytes] = []
    as_roots = 0
    for data in certificates:
        name = denials.sha1(data)
        results = [settings[name] for settings in domains if name in settings]
        if DENY in results:
            rejected.append(data)
        elif results[:1] == [TRUST_ROOT] and _is_self_issued(data):
            roots.append(data)
        elif results[:1] == [TRUST_AS_ROOT]:
            as_roots += 1
    problems = [] if roots else [text("has no root that somebody here added and trusts for TLS servers")]
    if as_roots:
        told = counted(
            "trusts {count} certificate that is no root (not used)",
            "trusts {count} certificates that are no roots (not used)",
            as_roots,
        )
        problems.append(told)
    return CaFile(path, tuple(roots), tuple(problems), key_inside=False, rejected=tuple(rejected))


def settings_of(exported: bytes) -> Settings:
    """What an export of trust settings says of each certificate. Never raises."""
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        data = plistlib.loads(exported, fmt=plistlib.FMT_XML)
    except (ExpatError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    entries = data.get("trustList") if isinstance(data, dict) else None
    if not isinstance(entries, dict):
        return {}
    return {
        name.lower(): _result(entry)
        for name, entry in entries.items()
        if isinstance(name, str) and len(name) == 40 and isinstance(entry, dict)
    }


def _result(entry: Mapping[str, object]) -> int:
    """What one certificate's usage constraints come to for TLS servers; 0 for nothing."""
    constraints = entry.get("trustSettings", [])
    if not isinstance(constraints, list):
        return 0
    if not constraints:
        return TRUST_ROOT
    results = [found for one in constraints if isinstance(one, dict) for found in [_constraint(one)]]
    if DENY in results:
        return DENY
    return next((result for result in results if result in (TRUST_ROOT, TRUST_AS_ROOT)), 0)


def _constraint(one: Mapping[str, object]) -> int:
    policy = one.get("kSecTrustSettingsPolicy")
    for_tls = policy == _SSL_POLICY or one.get("kSecTrustSettingsPolicyName") == "sslServer"
    if (policy is not None or "kSecTrustSettingsPolicyName" in one) and not for_tls:
        return 0
    if "kSecTrustSettingsPolicyString" in one or "kSecTrustSettingsApplication" in one:
        return 0  # for one host, or for one program
    result = one.get("kSecTrustSettingsResult", TRUST_ROOT)
    usage = one.get("kSecTrustSettingsKeyUsage", -1)
    if result != DENY and not (isinstance(usage, int) and usage & _SIGN_CERTIFICATES):
        return 0
    return result if isinstance(result, int) else 0


def _is_self_issued(data: bytes) -> bool:
    try:
        return parse(data).is_self_issued
    except MalformedCertificate:
        return False


def _settings(root: str, *options: str) -> Settings:
    """The settings of one domain; none where there are none, which `security` says by its exit code."""
    with tempfile.TemporaryDirectory(prefix="pipsafe-", ignore_cleanup_errors=True) as folder:
        exported = os.path.join(folder, "trust.plist")
        try:
            _security(root, "trust-settings-export", *options, exported)
        except command.Failed:
            return {}
        data = places.read(exported)
        return settings_of(data) if isinstance(data, bytes) else {}


def _security(root: str, *arguments: str) -> bytes:
    program = places.below(root, _PROGRAM)
    return command.answer([program, *arguments], seconds=_SECONDS, most_bytes=_MOST_BYTES)
