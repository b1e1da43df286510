r"""The certificate store of Windows, seen from the Windows Subsystem for Linux.

A Linux in WSL knows nothing of the roots that an administrator gave Windows. PowerShell is asked for those
in LocalMachine\Root, which only administrators write. Windows judges each of them for TLS servers by building
its chain on behalf of the machine, so purposes that an administrator took away count. What either Disallowed
store holds is left out.

Sources of facts: learn.microsoft.com, "Advanced settings configuration in WSL" (wsl.conf); microsoft/WSL,
doc/docs/technical-documentation (drvfs, interop); .NET, X509Store, X509Chain and StoreLocation. Nobody has
run this on WSL yet.
"""

from __future__ import annotations

import binascii
import configparser
import os
import re
from dataclasses import dataclass

from pipsafe.language.text import of_error, text
from pipsafe.stores import command, places
from pipsafe.trust import ownership
from pipsafe.trust.ca_file import CaFile, Refusal
from pipsafe.trust.sources import Source
from pipsafe.x509 import der

SECONDS = 4.0

_MOST_BYTES = 8 * 1024 * 1024
_MOST_LINES = 5_000
_LARGEST_CERTIFICATE = 65_536

_MARKS = ("/proc/sys/fs/binfmt_misc/WSLInterop", "/proc/sys/fs/binfmt_misc/WSLInterop-late")
_POWERSHELL = "Windows/System32/WindowsPowerShell/v1.0/powershell.exe"
_SOCKETS = "/run/WSL"

# Classes of .NET only: cmdlets can be replaced by modules in the user's own folders. No double quote and no
# line break, which the way of an argument from Linux to Windows might not leave as they are.
_LINES = """
$ErrorActionPreference = 'Stop';
$type = [Security.Cryptography.X509Certificates.StoreLocation];
foreach ($place in 'LocalMachine', 'CurrentUser') {
    $store = [Security.Cryptography.X509Certificates.X509Store]::new('Disallowed', ($place -as $type));
    $store.Open('ReadOnly');
    foreach ($one in $store.Certificates) {
        [Console]::Out.WriteLine('Disallowed ' + [Convert]::ToBase64String($one.RawData));
    };
};
$store = [Security.Cryptography.X509Certificates.X509Store]::new('Root', ('LocalMachine' -as $type));
$store.Open('ReadOnly');
foreach ($one in $store.Certificates) {
    $chain = [Security.Cryptography.X509Certificates.X509Chain]::new($true);
    $chain.ChainPolicy.RevocationMode = 'NoCheck';
    $servers = [Security.Cryptography.Oid]::new('1.3.6.1.5.5.7.3.1');
    [void]$chain.ChainPolicy.ApplicationPolicy.Add($servers);
    if ($chain.Build($one)) {
        [Console]::Out.WriteLine('Root ' + [Convert]::ToBase64String($one.RawData));
    };
};
[Console]::Out.WriteLine('end');
"""
SCRIPT = re.sub(r"\s+", " ", _LINES).strip()

_LINE = re.compile(rb"(Root|Disallowed) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What PowerShell said, as DER."""

    roots: tuple[bytes, ...]
    disallowed: tuple[bytes, ...]
    is_whole: bool
    """It came to its end."""


def is_wsl(root: str = "/") -> bool:
    """Whether this Linux runs in WSL, or in a container there."""
    if any(os.path.exists(places.below(root, mark)) for mark in _MARKS):
        return True
    release = places.read(places.below(root, "/proc/sys/kernel/osrelease"))
    return isinstance(release, bytes) and b"microsoft" in release.lower()


def sources(root: str = "/") -> tuple[Source, ...]:
    """The store as a source, where PowerShell can be asked for it."""
    path = powershell(root) if is_wsl(root) else None
    if path is None:
        return ()
    name = text(r"the Windows certificate store (LocalMachine\Root)")
    return (Source("provisioned", name, path, kind="wsl"),)


def powershell(root: str = "/") -> str | None:
    """Windows' own PowerShell on drive C, never one that PATH leads to; None if Windows may not be asked."""
    data = places.read(places.below(root, "/etc/wsl.conf"))
    configuration = _configuration(data if isinstance(data, bytes) else b"")
    if configuration.get("interop", "enabled", fallback="true").strip('"').lower() in (
        "false",
        "0",
        "no",
        "off",
    ):
        return None
    mounts = configuration.get("automount", "root", fallback="/mnt/").strip('"')
    if not mounts.startswith("/"):
        return None
    path = os.path.join(places.below(root, mounts), "c", _POWERSHELL)
    return path if os.path.isfile(path) else None


def read(path: str, refusal: Refusal | None) -> CaFile:  # noqa: ARG001 - what lies on a Windows drive has no mode
    """The roots of Windows, by the PowerShell at `path`. Never raises, and takes no longer than `SECONDS`."""
    problem = _mistrust(path)
    if problem:
        return CaFile(path, (), (problem,), key_inside=False)
    arguments = [path, "-NoProfile", "-NonInteractive", "-Command", SCRIPT]
    try:
        said = command.answer(
            arguments, seconds=SECONDS, most_bytes=_MOST_BYTES, folder=os.path.dirname(path)
        )
    except command.Unanswered as error:
        return CaFile(path, (), (of_error(error),), key_inside=False)
    return _as_file(path, decode(said))


def decode(said: bytes) -> Answer:
    """What a run of SCRIPT wrote. Never raises."""
    found: dict[bytes, dict[bytes, None]] = {b"Root": {}, b"Disallowed": {}}
    lines = [line.strip() for line in said.split(b"\n", _MOST_LINES)]
    for line in lines:
        match = _LINE.fullmatch(line)
        data = _certificate(match[2]) if match else None
        if match and data:
            found[match[1]][data] = None
    ended = [line for line in lines if line]
    return Answer(tuple(found[b"Root"]), tuple(found[b"Disallowed"]), ended[-1:] == [b"end"])


def _as_file(path: str, answer: Answer) -> CaFile:
    if not answer.is_whole:
        return CaFile(path, (), (text("does not tell of the whole store"),), key_inside=False)
    usable = tuple(one for one in answer.roots if one not in answer.disallowed)
    problems = () if usable else (text("tells of no root for TLS servers"),)
    return CaFile(path, usable, problems, key_inside=False, rejected=answer.disallowed)


def _certificate(text: bytes) -> bytes | None:
    if len(text) > _LARGEST_CERTIFICATE:
        return None
    try:
        data = binascii.a2b_base64(text)
        return data if der.whole(data).tag == der.SEQUENCE else None
    except (binascii.Error, der.MalformedDER):
        return None


def _configuration(data: bytes) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(data.decode("utf-8", "replace"))
    except configparser.Error:
        return configparser.ConfigParser()
    return parser


def _mistrust(path: str) -> str | None:
    """Why the program at `path` may not be run, as a clause.

    On a Windows drive every file looks as if everyone could write it, and access is Windows' affair. So the
    drive itself must be mounted, which only root can do in a folder of root's.
    """
    drive = path.removesuffix("/" + _POWERSHELL)
    asked = os.path.dirname(drive) if os.path.ismount(drive) else path
    complaint = ownership.others_can_write(asked, foreign_owner_allowed=False)
    if complaint:
        return text("is not run: {reason}", reason=complaint)
    if others_can_answer():
        return text("is not run: other users of this Linux could answer in its place")
    return None


def others_can_answer(root: str = "/") -> bool:
    """Whether the sockets that lead to Windows lie in a folder that other people can write.

    Some versions of WSL make it so. Most of these Linuxes have one user, and then there is nobody.
    """
    folder = places.below(root, _SOCKETS)
    if not os.path.isdir(folder) or not ownership.others_can_write(folder, foreign_owner_allowed=False):
        return False
    users = places.read(places.below(root, "/etc/passwd"))
    fields = [line.split(b":") for line in users.split(b"\n")] if isinstance(users, bytes) else []
    people = {
        line[2]
        for line in fields
        if len(line) > 2 and line[2].isdigit() and 1000 <= int(line[2][:9]) < 60_000
    }
    return len(people) > 1
