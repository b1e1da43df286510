"""How each kind of source is read, by its name in `Source.kind`."""

from collections.abc import Callable, Mapping

from pipsafe.trust import ca_file
from pipsafe.trust.ca_file import CaFile, Refusal
from pipsafe.trust.sources import Source

Reader = Callable[[str, Refusal | None], CaFile]
"""Of a path, and what may forbid to read it; never raises, never blocks."""


def _file(path: str, refusal: Refusal | None) -> CaFile:
    return ca_file.read(path, refusal=refusal)


def _p11_kit(path: str, refusal: Refusal | None) -> CaFile:
    from pipsafe.stores import p11_kit

    return p11_kit.read(path, refusal)


def _keystore(path: str, refusal: Refusal | None) -> CaFile:
    from pipsafe.stores import java_keystore

    return java_keystore.read(path, refusal)


def _windows_store(path: str, refusal: Refusal | None) -> CaFile:
    from pipsafe.stores import windows

    return windows.read(path, refusal)


def _wsl(path: str, refusal: Refusal | None) -> CaFile:
    from pipsafe.stores import wsl

    return wsl.read(path, refusal)


def _keychain(path: str, refusal: Refusal | None) -> CaFile:
    from pipsafe.stores import keychain

    return keychain.read(path, refusal)


def _npmrc(path: str, refusal: Refusal | None) -> CaFile:
    from pipsafe.tool_settings import npmrc

    return npmrc.certificates(path, refusal)


READERS: Mapping[str, Reader] = {
    "file": _file,
    "p11-kit": _p11_kit,
    "keystore": _keystore,
    "windows-store": _windows_store,
    "wsl": _wsl,
    "keychain": _keychain,
    "npmrc": _npmrc,
}


def read(source: Source, refusal: Refusal | None) -> CaFile:
    """What the source holds."""
    return READERS[source.kind](source.path, refusal)
