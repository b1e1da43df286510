"""Java's key stores: where an administrator gave Java a CA, with keytool.

The format of JKS: openjdk/jdk, sun/security/provider/JavaKeyStore.java. No password is needed to read its
certificates; it is only asked for to see whether the file was changed. Where `cacerts` lies: the
documentation of keytool, FiloSottile/mkcert (truststore_java.go), Debian's ca-certificates-java, and
ca-certificates of RHEL and SUSE.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipsafe.language.text import of_error, text
from pipsafe.stores import pkcs12, places
from pipsafe.trust.ca_file import CaFile
from pipsafe.trust.sources import Source, distinct, is_path
from pipsafe.x509 import der

if TYPE_CHECKING:
    from pipsafe.trust.ca_file import Refusal

_JKS, _JCEKS = b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"
_PRIVATE_KEY, _TRUSTED, _SECRET_KEY = 1, 2, 3
_MOST_ENTRIES = 10_000
_MOST_IN_CHAIN = 100

_OPTION_VARIABLES = (
    "JAVA_TOOL_OPTIONS",  # read by every JVM
    "JDK_JAVA_OPTIONS",  # by `java` of JDK 9 and later
    "_JAVA_OPTIONS",
    "JAVA_OPTS",  # by start scripts
    "MAVEN_OPTS",
    "GRADLE_OPTS",
    "SBT_OPTS",
)
_TRUST_STORE = re.compile(
    r"""(?:^|\s)(?:"-Djavax\.net\.ssl\.trustStore=([^"]+)"|'-Djavax\.net\.ssl\.trustStore=([^']+)'"""
    r"""|-Djavax\.net\.ssl\.trustStore=(?:"([^"]+)"|'([^']+)'|([^\s"']+)))"""
)
_TRUST_STORE_IN = text("javax.net.ssl.trustStore in {variable}")
_NO_FILES = frozenset(["windows-root", "windows-my", "keychainstore"])

_HOMES = ("%JAVA_HOME%/lib/security", "%JAVA_HOME%/jre/lib/security")
_PLACES: Mapping[str, tuple[str, ...]] = {
    "linux": (
        "/etc/ssl/certs/java/cacerts",  # Debian, Ubuntu
        "/etc/pki/java/cacerts",  # RHEL, Fedora, Amazon
        "/var/lib/ca-certificates/java-cacerts",  # SUSE
        "/usr/lib/jvm/*/lib/security/cacerts",
        "/usr/lib/jvm/*/jre/lib/security/cacerts",
    ),
    "darwin": ("/Library/Java/JavaVirtualMachines/*/Contents/Home/lib/security/cacerts",),
    "win32": (
        "%ProgramFiles%/Java/*/lib/security/cacerts",
        "%ProgramFiles%/Eclipse Adoptium/*/lib/security/cacerts",
        "%ProgramFiles%/Microsoft/*/lib/security/cacerts",
    ),
    "freebsd": ("/usr/local/openjdk*/lib/security/cacerts",),
}


def sources(environ: Mapping[str, str], platform: str, root: str = "/") -> tuple[Source, ...]:
    """Key stores that a variable names, those of JAVA_HOME, and the machine's."""
    # Most of these lead to one file.
    return distinct([*named(environ, root), *installed(environ, platform, root)])


def installed(environ: Mapping[str, str], platform: str, root: str = "/") -> tuple[Source, ...]:
    """The machine's key stores."""
    return distinct(
        Source("configured", text("Java's key store"), path, kind="keystore")
        for system, templates in _PLACES.items()
        if platform.startswith(system)
        for template in templates
        for path in places.matching(template, environ, root)
    )


def named(environ: Mapping[str, str], root: str = "/") -> tuple[Source, ...]:
    """Key stores that a variable names, and those of JAVA_HOME."""
    found = [
        Source("configured", _TRUST_STORE_IN.filled(variable=name), path, kind="keystore")
        for name in _OPTION_VARIABLES
        for path in _in_options(environ.get(name, ""))
    ]
    for folder in _HOMES:
        # Where there is a jssecacerts, Java does not look at cacerts (its JSSE reference guide).
        stores = [
            path
            for name in ("jssecacerts", "cacerts")
            for path in places.matching(f"{folder}/{name}", environ, root)
        ]
        name = text("the key store of JAVA_HOME")
        found += [Source("configured", name, path, kind="keystore") for path in stores[:1]]
    return distinct(found)


def read(path: str, refusal: Refusal | None) -> CaFile:
    """The trusted certificates of a key store. Never raises, never blocks."""
    data = places.read(path, refusal)
    return CaFile(path, (), (data,), key_inside=False) if isinstance(data, str) else decode(path, data)


def decode(path: str, data: bytes) -> CaFile:
    """The trusted certificates in the bytes of a key store: JKS, JCEKS or PKCS #12. Never raises."""
    if data[:4] in (_JKS, _JCEKS):
        return _jks(path, data)
    if data[:1] != b"\x30":
        return CaFile(path, (), (text("is no Java key store"),), key_inside=False)
    try:
        bags = pkcs12.read(data)
    except der.MalformedDER:
        return CaFile(path, (), (text("is no Java key store, or a damaged one"),), key_inside=False)
    return _file(path, bags.trusted, key_inside=bags.key_inside, encrypted=bool(bags.encrypted))


def _file(
    path: str, trusted: tuple[bytes, ...], *, key_inside: bool, problem: str = "", encrypted: bool = False
) -> CaFile:
    rules = (
        (not trusted and not encrypted and not problem, text("holds no trusted certificate")),
        (encrypted and not trusted, text("is encrypted: only its password opens it (not read)")),
        (encrypted and bool(trusted), text("is encrypted in part")),
        (bool(problem), problem),
        (key_inside, text("holds a private key (not read)")),
    )
    return CaFile(path, trusted, tuple(said for applies, said in rules if applies), key_inside)


def _in_options(options: str) -> list[str]:
    """The file that Java options name as the trust store: the last one counts."""
    found = ["".join(match.groups(default="")) for match in _TRUST_STORE.finditer(options[:100_000])]
    return [path for path in found[-1:] if is_path(path) and path.lower() not in _NO_FILES]


def _jks(path: str, data: bytes) -> CaFile:
    entries = _Entries(data)
    problem = ""
    try:
        entries.read()
    except _Damaged as error:
        problem = of_error(error)
    trusted = tuple(dict.fromkeys(entries.trusted))
    return _file(path, trusted, key_inside=entries.key_inside, problem=problem)


class _Damaged(ValueError):
    """The bytes end too early, or are something else."""


class _Entries:
    """The entries of a JKS file, read from its beginning to its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 4
        self.trusted: list[bytes] = []
        self.key_inside = False

    def read(self) -> None:
        """Raises _Damaged; what came before is there."""
        version, count = self._number(4), self._number(4)
        if version not in (1, 2):
            raise _Damaged(text("is a key store of an unknown version"))
        if count > _MOST_ENTRIES:
            raise _Damaged(text("holds more than {number} entries (not read)", number=_MOST_ENTRIES))
        for _ in range(count):
            kind = self._number(4)
            self._text()
            self._take(8)  # when it was made
            self._entry(kind, version)

    def _entry(self, kind: int, version: int) -> None:
        if kind == _TRUSTED:
            certificate = self._certificate(version)
            if certificate[:1] != b"\x30":
                raise _Damaged(text("is damaged"))
            self.trusted.append(certificate)
        elif kind == _PRIVATE_KEY:
            self.key_inside = True
            self._take(self._number(4))
            count = self._number(4)
            if count > _MOST_IN_CHAIN:
                raise _Damaged(text("is damaged"))
            for _ in range(count):
                self._certificate(version)
        elif kind == _SECRET_KEY:
            raise _Damaged(text("holds a secret key; what comes after it is not read"))
        else:
            raise _Damaged(text("is damaged"))

    def _certificate(self, version: int) -> bytes:
        if version == 2:
            self._text()  # "X.509"
        return self._take(self._number(4))

    def _text(self) -> bytes:
        return self._take(self._number(2))

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _take(self, size: int) -> bytes:
        stop = self._place + size
        if stop > len(self._data):
            raise _Damaged(text("is cut short"))
        taken = self._data[self._place : stop]
        self._place = stop
        return taken
