"""Folders for extra anchors, which a command of the distribution merges into the system store.

A file lies there, and nobody has run the command: the commonest half-done thing of all. Sources of facts:
Debian's update-ca-certificates(8) and its script, p11-glue/p11-kit (trust/token.c, doc/manual/trust.xml),
openSUSE/ca-certificates (README), FiloSottile/mkcert (truststore_linux.go), freebsd/freebsd-src
(usr.sbin/certctl).
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pipsafe.language.text import text
from pipsafe.stores import p11_kit, places
from pipsafe.trust import ca_file
from pipsafe.trust.sources import Source

_MOST_FILES = 200
"""Files taken from one folder; an organization has a handful."""

_FOLDERS_OF_COMMANDS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin")

_DISTRIBUTIONS = (
    # A mark of the distribution, and what installs the command; installing it merges as well.
    ("/etc/alpine-release", "apk add ca-certificates"),
    ("/etc/debian_version", "apt-get install ca-certificates"),
)


# For translators: anchors are root certificates; {command} merges them, "update-ca-certificates" say.
_OF_COMMAND = text("the anchors for {command}")
_OF_COMMAND_WANTING_PEM = text("the anchors for {command}, which wants PEM and not DER")
_OF_COMMAND_WANTING_CRT = text("the anchors for {command}, which ignores names that do not end in .crt")


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of extra anchors."""

    path: str
    command: str
    """Merges what lies there."""
    accepted: re.Pattern[str]
    """Names that the command takes."""
    ignored: re.Pattern[str] | None = None
    """Names of certificates that it passes over."""
    deep: bool = False
    """It looks into the folders of the folder too."""
    platform: str = "linux"


_P11_KIT = re.compile(r"(?!\.|README).*", re.DOTALL)
_CRT = re.compile(r".*\.crt", re.DOTALL)
_NOT_CRT = re.compile(r".*\.(pem|cer|der|cert)", re.DOTALL)
_FREEBSD = re.compile(r"(?!ca-root-nss\.crt).*\.(pem|crt|cer)", re.DOTALL)
_STORED = re.compile(r".*\.p11-kit", re.DOTALL)

FOLDERS = (
    # Debian, Ubuntu, Alpine, Gentoo
    Folder("/usr/local/share/ca-certificates", "update-ca-certificates", _CRT, _NOT_CRT, deep=True),
    # RHEL, Fedora, Amazon
    Folder("/etc/pki/ca-trust/source/anchors", "update-ca-trust", _P11_KIT),
    Folder("/etc/pki/ca-trust/source", "update-ca-trust", _STORED),
    Folder("/usr/share/pki/ca-trust-source/anchors", "update-ca-trust", _P11_KIT),
    # SUSE
    Folder("/etc/pki/trust/anchors", "update-ca-certificates", _P11_KIT),
    Folder("/etc/pki/trust", "update-ca-certificates", _STORED),
    Folder("/usr/share/pki/trust/anchors", "update-ca-certificates", _P11_KIT),
    # Arch
    Folder("/etc/ca-certificates/trust-source/anchors", "trust extract-compat", _P11_KIT),
    Folder("/etc/ca-certificates/trust-source", "trust extract-compat", _STORED),
    Folder("/usr/share/ca-certificates/trust-source/anchors", "trust extract-compat", _P11_KIT),
    Folder("/usr/local/share/certs", "certctl rehash", _FREEBSD, platform="freebsd"),
    Folder("/usr/local/etc/ssl/certs", "certctl rehash", _FREEBSD, platform="freebsd"),
)
"""A folder above `anchors` holds anchors only where its files say so: those that `trust anchor` stored."""


def sources(platform: str, root: str = "/") -> tuple[Source, ...]:
    """One source for each file, in the order of the table and of the names."""
    return tuple(
        source
        for folder in FOLDERS
        if platform.startswith(folder.platform)
        for source in _in_folder(folder, root)
    )


def local_anchors(root: str) -> list[str]:
    """The files that Debian's command adds to the store whatever its configuration says."""
    folder = FOLDERS[0]
    found = places.files_below(places.below(root, folder.path), most=_MOST_FILES)
    return [path for path in found if folder.accepted.fullmatch(os.path.basename(path))]


def waiting(found: Iterable[Source], merged: Collection[bytes]) -> tuple[Source, ...]:
    """Those that hold a certificate (DER) which is not among the merged ones: nobody has run the command."""
    return tuple(source for source in found if any(der not in merged for der in _certificates(source)))


def _certificates(source: Source) -> tuple[bytes, ...]:
    read = p11_kit.read(source.path, None) if source.kind == "p11-kit" else ca_file.read(source.path)
    return read.certificates


def _in_folder(folder: Folder, root: str) -> list[Source]:
    place = places.below(root, folder.path)
    found = places.files_below(place, most=_MOST_FILES) if folder.deep else places.files(place)[:_MOST_FILES]
    accepted = [path for path in found if folder.accepted.fullmatch(os.path.basename(path))]
    seen = {os.path.realpath(path) for path in accepted}
    ignored = folder.ignored
    passed_over = [
        path
        for path in found
        if ignored is not None
        and ignored.fullmatch(os.path.basename(path))
        and os.path.realpath(path) not in seen
    ]
    merge = _merge(folder, root) if accepted or passed_over else None
    return [_source(folder, path, merge) for path in accepted] + [
        _passed_over(folder, path, merge) for path in passed_over
    ]


def _source(folder: Folder, path: str, merge: str | None) -> Source:
    if path.endswith(".p11-kit") and folder.accepted is not _CRT:
        return Source("provisioned", _name(folder), path, kind="p11-kit", merge=merge)
    if folder.accepted is _CRT and _is_binary(path):
        # It would go into the bundle as it is, and nobody finds a certificate in that.
        converted = f"openssl x509 -inform der -in {shlex.quote(path)} -out {shlex.quote(path)}"
        name = _OF_COMMAND_WANTING_PEM.filled(command=_program(folder))
        return Source("provisioned", name, path, merge=f"{converted} && {merge}" if merge else None)
    return Source("provisioned", _name(folder), path, merge=merge)


def _passed_over(folder: Folder, path: str, merge: str | None) -> Source:
    """A certificate whose name the command ignores: it counts here, with the way to make it count there."""
    renamed = os.path.splitext(path)[0] + ".crt"
    if _is_binary(path):
        rename = f"openssl x509 -inform der -in {shlex.quote(path)} -out {shlex.quote(renamed)}"
    else:
        rename = f"mv {shlex.quote(path)} {shlex.quote(renamed)}"
    name = _OF_COMMAND_WANTING_CRT.filled(command=_program(folder))
    return Source("provisioned", name, path, merge=f"{rename} && {merge}" if merge else None)


def _name(folder: Folder) -> str:
    return _OF_COMMAND.filled(command=_program(folder))


def _program(folder: Folder) -> str:
    return folder.command.partition(" ")[0]


def _is_binary(path: str) -> bool:
    data = places.read(path)
    return isinstance(data, bytes) and data[:1] == b"\x30"


def _merge(folder: Folder, root: str) -> str | None:
    """The command, or what brings it where it is missing, as in slim images."""
    name = _program(folder)
    if any(os.path.isfile(places.below(root, f"{place}/{name}")) for place in _FOLDERS_OF_COMMANDS):
        return folder.command
    marks = (install for mark, install in _DISTRIBUTIONS if os.path.isfile(places.below(root, mark)))
    return next(marks, None) if name == "update-ca-certificates" else None
