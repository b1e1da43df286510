"""The private folder that holds what a retry needs, and is gone afterwards."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipsafe.attempts import launch, private_place
from pipsafe.language.text import of_error, text
from pipsafe.x509.pem import to_pem

# Folders of runs that were killed are swept by a later run of the same user.
PREFIX = "pipsafe-"


class NoScratch(Exception):
    """No private folder could be made, or it could not be written. The message says why."""


class Scratch:
    """Made when first needed: mode 0700, files 0600, name not to be guessed."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._number = 0
        self._closed = False

    def folder(self) -> Path:
        """Raises NoScratch."""
        if self._closed:
            raise NoScratch(text("this run is over"))
        if self._folder is None:
            try:
                place = private_place.find()
                if sys.platform != "win32":
                    _sweep(place)
                made = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-{_namespace()}-", dir=place)
                self._folder = Path(made)
                launch.call_at_the_end(self._close)
            except private_place.NoPrivatePlace as error:
                template = text("no private folder can be made: {reason}")
                raise NoScratch(template.filled(reason=of_error(error))) from error
            except OSError as error:
                template = text("no temporary folder can be made: {reason}")
                raise NoScratch(template.filled(reason=error.strerror or str(error))) from error
        return self._folder

    def write_bundle(self, certificates: Iterable[bytes]) -> str:
        """The path of a new PEM file of the DER ``certificates``, whole from the moment it is there."""
        self._number += 1
        path = self.folder() / f"ca-bundle-{self._number}.pem"
        partial = path.with_suffix(".partial")
        try:
            descriptor = os.open(
                partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600
            )
            with open(descriptor, "w", encoding="ascii") as file:
                file.writelines(to_pem(der) for der in certificates)
            os.replace(partial, path)
        except OSError as error:
            words = error.strerror or str(error)
            raise NoScratch(text("the CA bundle cannot be written: {reason}", reason=words)) from error
        return str(path)

    def lend_truststore(self) -> str:
        """A folder that holds a copy of truststore and nothing else, for the target's path."""
        from importlib.resources import files

        lent = self.folder() / "lent"
        try:
            package = lent / "truststore"
            package.mkdir(parents=True, exist_ok=True)
            for entry in files("truststore").iterdir():
                if entry.name.endswith(".py"):
                    (package / entry.name).write_bytes(entry.read_bytes())
        except Exception as error:  # to find its files is to import it
            words = getattr(error, "strerror", None) or of_error(error)
            raise NoScratch(text("truststore cannot be lent: {reason}", reason=words)) from error
        return str(lent)

    def remove(self) -> None:
        """Leave nothing behind."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _close(self) -> None:
        """A thread that is still at work when all is over finds no place."""
        self._closed = True
        self.remove()


def truststore_can_be_lent() -> bool:
    """Whether pipsafe's own environment has truststore: it may run from a bare checkout."""
    from importlib.util import find_spec

    return find_spec("truststore") is not None


def _sweep(place: str) -> None:
    """Remove what killed runs of this user left. Not on Windows, where no process can be asked for."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(place):
            number, _, rest = entry.name.removeprefix(PREFIX).partition("-")
            if not entry.name.startswith(PREFIX) or not number.isdecimal():
                continue
            if rest.partition("-")[0] != _namespace():
                continue
            owner = entry.stat(follow_symlinks=False).st_uid
            ours = entry.is_dir(follow_symlinks=False) and owner == os.geteuid()  # type: ignore[attr-defined, unused-ignore]
            if ours and not _is_alive(int(number)):
                shutil.rmtree(entry.path, ignore_errors=True)


def _namespace() -> str:
    """Which process numbers these are: containers may share a temporary folder, and count on their own."""
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return "0"


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
