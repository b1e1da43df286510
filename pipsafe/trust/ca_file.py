"""CA files: what a file or folder of certificates holds, whatever state it is in.

`read` touches the file system, never blocks and never raises; `decode` is pure. Neither judges a certificate:
one that they return is whole on the outside, and may still not parse. Private keys are seen and told of, and
neither decoded nor copied.
"""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipsafe.language.text import counted, of_error, text
from pipsafe.trust import regular_file
from pipsafe.x509 import name_key
from pipsafe.x509.bundle import Contents, contents
from pipsafe.x509.certificate import MalformedCertificate, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST = 64 * 1024 * 1024
"""Bytes read of one file, and of all files of one folder together."""

MOST_FILES = 2_000
"""Files read of one folder."""

_MOST_ENTRIES = 50_000
_MOST_PROBLEMS = 20
_FOLDER_ENTRY = re.compile(r"[0-9a-f]{8}\.\d{1,3}|.+\.(pem|crt)", re.DOTALL)
"""Names by subject hash, which OpenSSL looks for (X509_LOOKUP_hash_dir), and those that others take."""

_KINDS = (
    (stat.S_ISFIFO, text("is a FIFO")),
    (stat.S_ISSOCK, text("is a socket")),
    (stat.S_ISCHR, text("is a device")),
    (stat.S_ISBLK, text("is a device")),
)

_CERTIFICATE_FILE = re.compile(r"(?P<stem>.+?)(?P<certificate>[-_.]cert)?\.(pem|crt|cer|der|p12)", re.DOTALL)
_KEY_NAMES = (
    "{stem}.key",  # ca.crt: minikube, Caddy, HTTP Toolkit, and what most instructions say
    "{stem}-key.pem",  # rootCA.pem: mkcert; ca.pem: cfssl, Docker
    "{stem}-key.key",
    "{stem}_key.pem",
    "{stem}.key.pem",
    "private/{stem}.key",  # easy-rsa
    "private/{stem}.key.pem",
    "../private/{stem}.key",  # `openssl ca` with certs/ and private/ side by side
    "../private/{stem}.key.pem",
    "../secrets/{stem}_key",  # step-ca
)
_KEYS_BESIDE = {
    "cacert.pem": ("private/cakey.pem",),  # `openssl ca`, CA.pl
    "mitmproxy-ca-cert.pem": ("mitmproxy-ca.pem",),
    "mitmproxy-ca-cert.cer": ("mitmproxy-ca.pem",),
    "mitmproxy-ca-cert.p12": ("mitmproxy-ca.pem",),
}
"""Names of a CA certificate to the files beside it that hold the private key."""


Refusal = Callable[[str], str | None]
"""Says of a path why it may not be used, as a sentence, or None: `ownership.others_can_write`, for one."""


@dataclass(frozen=True, slots=True)
class CaFile:
    """What was read from one path."""

    path: str
    certificates: tuple[bytes, ...]
    """DER, without duplicates, in the order of the file."""
    problems: tuple[str, ...]
    """Clauses that go with the path as their subject: "holds no certificate"."""
    key_inside: bool
    """A private key was seen in it."""
    rejected: tuple[bytes, ...] = ()
    """DER of certificates that the file itself marks as not to be trusted for TLS servers."""
    beside_a_key: tuple[bytes, ...] = ()
    """DER of certificates that lie in one file with a private key."""


def read(path: str, *, refusal: Refusal | None = None) -> CaFile:
    """What the file, or the folder of certificates, at `path` holds. Never blocks on it, never raises.

    `refusal` is asked before a file is opened, also of each file of a folder, whose links may lead anywhere.
    """
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            return _read_folder(path, refusal)
        _ask(refusal, path)
        found = contents(_bytes(path, status, LARGEST))
    except (OSError, ValueError) as error:
        return CaFile(path, (), (_reason(error),), key_inside=False)
    keyed = found.certificates if found.key_inside else ()
    return CaFile(path, found.certificates, found.problems, found.key_inside, found.rejected, keyed)


def decode(data: bytes) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The DER certificates in the bytes of a CA file, and what is wrong with the rest. Never raises."""
    found = contents(data)
    return found.certificates, found.problems


def issued_by_name(certificates: Iterable[bytes], names: Iterable[bytes]) -> tuple[bytes, ...]:
    """Those certificates whose subject is one of `names`: raw DER of Names, as an issuer field has it."""
    wanted = frozenset(name_key.of_name(name) for name in names)
    return tuple(der for der in certificates if name_key.of_subject(der) in wanted and _is_of(der, wanted))


def private_key_beside(path: str) -> str | None:
    """The path of a file that by its well-known name holds the private key of the CA at `path`, if any."""
    for place in dict.fromkeys((path, os.path.realpath(path))):
        folder, name = os.path.split(place)
        for key in _key_names(name):
            candidate = os.path.join(folder, key)
            if os.path.isfile(candidate):
                return candidate
    return None


def _key_names(name: str) -> Iterator[str]:
    yield from _KEYS_BESIDE.get(name, ())
    match = _CERTIFICATE_FILE.fullmatch(name)
    if match is None:
        return
    stems = dict.fromkeys((match["stem"], match["stem"] + (match["certificate"] or "")))
    for stem in stems:
        for pattern in _KEY_NAMES:
            yield pattern.format(stem=stem)


def _is_of(certificate: bytes, subjects: frozenset[bytes]) -> bool:
    try:
        return name_key.of_name(subject_of(certificate)) in subjects
    except MalformedCertificate:
        return False


def _bytes(path: str, status: os.stat_result, limit: int) -> bytes:
    # Asked before opening: to open some devices does something, and a sparse file is refused unread.
    for is_kind, problem in _KINDS:
        if is_kind(status.st_mode):
            raise _Refused(problem)
    if status.st_size > LARGEST:
        raise _Refused(text("is larger than {size} MiB", size=LARGEST // 1024**2))
    if status.st_size > limit:
        size = LARGEST // 1024**2
        raise _Refused(text("is not read: with it the folder holds more than {size} MiB", size=size))
    return regular_file.read(path, limit)


def _ask(refusal: Refusal | None, path: str) -> None:
    complaint = refusal(path) if refusal is not None else None
    if complaint:
        raise _Refused(text("is not used: {reason}", reason=complaint))


class _Refused(ValueError):
    """A file that is not read, with the clause that says why."""


def _reason(error: OSError | ValueError) -> str:
    match error:
        case _Refused():
            return of_error(error)
        case FileNotFoundError() | NotADirectoryError():
            return text("does not exist")
        case PermissionError():
            return text("may not be read (permission denied)")
        case OSError():
            return text("cannot be read ({reason})", reason=error.strerror)
        case _:
            return text("is no file name")


def _read_folder(path: str, refusal: Refusal | None) -> CaFile:
    """A folder as SSL_CERT_DIR names it. Links by hash stand beside the files: each file is read once."""
    parts: list[tuple[str, Contents]] = []
    problems: list[str] = []
    seen: set[tuple[int, int]] = set()
    left = LARGEST
    for name in _entries(path, problems):
        place = os.path.join(path, name)
        try:
            status = os.stat(place)
            if stat.S_ISDIR(status.st_mode) or (status.st_dev, status.st_ino) in seen:
                continue
            _ask(refusal, place)
            seen.add((status.st_dev, status.st_ino))
            data = _bytes(place, status, left)
        except (OSError, ValueError) as error:
            problems.append(_in_folder(name, _reason(error)))
            continue
        left -= len(data)
        parts.append((name, contents(data)))
    return _together(path, parts, problems)


def _entries(path: str, problems: list[str]) -> list[str]:
    with os.scandir(path) as folder:
        entries = itertools.islice(folder, _MOST_ENTRIES)
        names = [entry.name for entry in entries if _FOLDER_ENTRY.fullmatch(entry.name)]
    names.sort()
    if len(names) > MOST_FILES:
        problems.append(text("holds more than {number} files; the rest is not read", number=MOST_FILES))
    return names[:MOST_FILES]


def _in_folder(name: str, problem: str) -> str:
    # For translators: a file of a folder, and what is wrong with it: "root.pem does not exist".
    return text("{file} {problem}", file=name, problem=problem)


def _together(path: str, parts: list[tuple[str, Contents]], problems: list[str]) -> CaFile:
    problems += [_in_folder(name, problem) for name, part in parts for problem in part.problems]
    rejected = dict.fromkeys(der for _, part in parts for der in part.rejected)
    certificates = dict.fromkeys(der for _, part in parts for der in part.certificates if der not in rejected)
    if not certificates:
        problems.insert(0, text("holds no certificate"))
    if len(problems) > _MOST_PROBLEMS:
        problems[_MOST_PROBLEMS:] = [
            counted(
                "has {count} more problem like these",
                "has {count} more problems like these",
                len(problems) - _MOST_PROBLEMS,
            )
        ]
    key_inside = any(part.key_inside for _, part in parts)
    keyed = dict.fromkeys(der for _, part in parts if part.key_inside for der in part.certificates)
    return CaFile(path, tuple(certificates), tuple(problems), key_inside, tuple(rejected), tuple(keyed))
