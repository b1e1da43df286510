"""The certificate store of Windows, for pips that do not ask Windows itself.

`ssl.enum_certificates` tells of each certificate whether, or for which purposes, it is trusted (CPython,
Lib/ssl.py and Modules/_ssl.c; rustls/rustls-native-certs, src/windows.rs, decides alike). It does not leave
out what lies in the Disallowed store as well. Windows fetches public roots when it first needs them, so this
is never all that it trusts. Nobody has run this on Windows yet.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipsafe.language.text import text
from pipsafe.stores import denials
from pipsafe.trust.ca_file import CaFile
from pipsafe.trust.sources import Source
from pipsafe.x509 import der
from pipsafe.x509.certificate import ANY_EXTENDED_KEY_USAGE, SERVER_AUTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipsafe.stores.denials import Denied
    from pipsafe.trust.ca_file import Refusal

Entry = tuple[bytes, str, "Collection[str] | bool"]
"""DER, encoding, and True or the dotted purposes that it is trusted for."""

PLACE = text("Windows ROOT store")

_MOST_ENTRIES = 10_000


def sources(platform: str) -> tuple[Source, ...]:
    """The store as a source, on Windows."""
    if platform != "win32":
        return ()
    return (Source("system", text("the Windows certificate store"), PLACE, kind="windows-store"),)


def read(path: str, refusal: Refusal | None) -> CaFile:  # noqa: ARG001 - a store is no file to be forbidden
    """The roots for TLS servers that Windows has at hand. Never raises."""
    try:
        return usable(path, _enumerated("ROOT"), _enumerated("Disallowed"))
    except OSError as error:
        problem = text("cannot be read ({reason})", reason=error.strerror)
        return CaFile(path, (), (problem,), key_inside=False)


def denied(platform: str) -> Denied:
    """What Windows is told to distrust."""
    if platform != "win32":
        return denials.Denied()
    try:
        found = _certificates(_enumerated("Disallowed"))
    except OSError:
        return denials.Denied()
    return denials.of_certificates(found, text("in the Disallowed store of Windows"))


def usable(path: str, roots: Iterable[Entry], disallowed: Iterable[Entry]) -> CaFile:
    """Those of the enumerated roots that are trusted for TLS servers, without the disallowed ones."""
    rejected = dict.fromkeys(_certificates(disallowed))
    trusted = _certificates(entry for entry in roots if _is_for_servers(entry))
    certificates = tuple(one for one in dict.fromkeys(trusted) if one not in rejected)
    problems = () if certificates else (text("holds no certificate"),)
    return CaFile(path, certificates, problems, key_inside=False, rejected=tuple(rejected))


def _is_for_servers(entry: Entry) -> bool:
    trust = entry[2]
    if isinstance(trust, bool):
        return trust
    return SERVER_AUTH in trust or ANY_EXTENDED_KEY_USAGE in trust


def _certificates(entries: Iterable[Entry]) -> list[bytes]:
    return [data for data, encoding, _ in entries if encoding == "x509_asn" and _is_whole(data)]


def _is_whole(data: bytes) -> bool:
    try:
        return der.whole(data).tag == der.SEQUENCE
    except der.MalformedDER:
        return False


if sys.platform == "win32":

    def _enumerated(store: str) -> list[Entry]:
        import ssl

        return [(data, kind, trust) for data, kind, trust in ssl.enum_certificates(store)[:_MOST_ENTRIES]]

else:

    def _enumerated(store: str) -> list[Entry]:
        raise OSError(0, f"there is no store {store} on this system")
