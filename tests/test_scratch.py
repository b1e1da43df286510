"""The private folder of a retry: who can look in, what is in it, and that it goes."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipsafe.attempts.scratch import PREFIX, NoScratch, Scratch, truststore_can_be_lent
from pipsafe.trust.ca_file import decode
from tests.lab.authority import Authority

ONE, TWO = Authority("One").der, Authority("Two").der


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def names(folder: Path | str) -> list[str]:
    return [path.name for path in Path(folder).iterdir()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nothing_is_made_before_it_is_needed(temporary: Path) -> None:
    Scratch().remove()

    assert names(temporary) == []


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_can_look_in(temporary: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        bundle = Path(Scratch().write_bundle([ONE]))
    finally:
        os.umask(before)

    assert bundle.parent.parent == temporary
    assert mode(bundle.parent) == 0o700
    assert mode(bundle) == 0o600


def test_the_name_cannot_be_guessed(temporary: Path) -> None:
    made = {Scratch().folder().name for _ in range(5)}

    assert len(made) == 5
    assert all(re.fullmatch(rf"{PREFIX}{os.getpid()}-\d+-\w{{8}}", name) for name in made)
    assert len(names(temporary)) == 5


def test_a_bundle(temporary: Path) -> None:
    scratch = Scratch()
    path = Path(scratch.write_bundle([ONE, TWO]))

    assert decode(path.read_bytes()) == ((ONE, TWO), ())
    assert max(map(len, path.read_text(encoding="ascii").splitlines())) <= 64
    assert names(path.parent) == [path.name]
    assert names(temporary) == [path.parent.name]


def test_bundles_do_not_overwrite_each_other(temporary: Path) -> None:
    scratch = Scratch()

    first, second = scratch.write_bundle([ONE]), scratch.write_bundle([TWO])

    assert first != second
    assert decode(Path(first).read_bytes())[0] == (ONE,)
    assert names(temporary) == [Path(first).parent.name]


def test_it_is_removed(temporary: Path) -> None:
    scratch = Scratch()
    scratch.write_bundle([ONE])
    (scratch.folder() / "more").mkdir()

    scratch.remove()
    scratch.remove()

    assert names(temporary) == []


@pytest.mark.usefixtures("temporary")
def test_it_can_be_used_again() -> None:
    scratch = Scratch()
    scratch.write_bundle([ONE])
    scratch.remove()

    assert Path(scratch.write_bundle([TWO])).is_file()


# What cannot be written


def test_no_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(NoScratch, match="no temporary folder can be made: No such file"):
        Scratch().folder()


def test_a_folder_that_went_away(temporary: Path) -> None:
    scratch = Scratch()
    scratch.folder().rmdir()

    with pytest.raises(NoScratch, match="the CA bundle cannot be written"):
        scratch.write_bundle([ONE])
    assert names(temporary) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_bundle_is_whole_or_not_there(temporary: Path) -> None:
    """What stands where the bundle would be written is neither followed nor taken over."""
    scratch = Scratch()
    (scratch.folder() / "ca-bundle-1.partial").symlink_to("/dev/full")

    with pytest.raises(NoScratch, match="the CA bundle cannot be written"):
        scratch.write_bundle([ONE])
    assert not (scratch.folder() / "ca-bundle-1.pem").exists()
    assert temporary.is_dir()


# What killed runs left


def namespace() -> str:
    """Whose process numbers a folder's name counts by."""
    return Scratch().folder().name.split("-")[2]


def left(temporary: Path, name: str) -> Path:
    folder = temporary / name
    folder.mkdir(mode=0o700)
    (folder / "ca-bundle-1.pem").touch()
    return folder


@pytest.mark.shows("faults", "pipsafe killed outright")
@pytest.mark.skipif(os.name == "nt", reason="not swept there")
def test_what_a_killed_run_left_is_swept(temporary: Path, dead: int) -> None:
    folder = left(temporary, f"{PREFIX}{dead}-{namespace()}-abcdefgh")

    Scratch().folder()

    assert not folder.exists()


@pytest.mark.parametrize(
    "name",
    [
        "pipsafe-{living}-{here}-abcdefgh",
        "pipsafe-1-{here}-abcdefgh",
        "pipsafe-{dead}-abcdefgh",
        "pipsafe-{dead}-12-of-another-container",
        "pipsafe-x-y",
        "pipsafe-",
        "pipsafe-²-x",
        "other-{dead}-x",
        "pipsafe-report-x",
        "pipsafe{dead}-x",
        "pipsafe-99999999999999999999999-{here}-x",
    ],
)
def test_what_is_not_swept(temporary: Path, dead: int, name: str) -> None:
    folder = left(temporary, name.format(living=os.getpid(), dead=dead, here=namespace()))

    Scratch().folder()

    assert folder.is_dir()


def test_a_file_and_a_link_are_not_swept(temporary: Path, tmp_path: Path, dead: int) -> None:
    file, link, precious = (
        temporary / f"pipsafe-{dead}-{namespace()}-file",
        temporary / f"pipsafe-{dead}-{namespace()}-link",
        tmp_path / "precious",
    )
    file.touch()
    (precious / "inner").mkdir(parents=True)
    link.symlink_to(precious)

    Scratch().folder()

    assert file.exists()
    assert link.is_symlink()
    assert (precious / "inner").is_dir()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away"
)
def test_what_others_left_is_theirs(temporary: Path, dead: int) -> None:
    folder = left(temporary, f"pipsafe-{dead}-{namespace()}-abcdefgh")
    os.chown(folder, 12345, 12345)

    Scratch().folder()

    assert folder.is_dir()


# Lending truststore


def test_a_lent_truststore_can_be_imported(temporary: Path) -> None:
    pytest.importorskip("truststore")
    scratch = Scratch()

    lent = scratch.lend_truststore()

    code = "import sys; sys.path.insert(0, sys.argv[1]); import truststore; print(truststore.__file__)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, lent], check=True, capture_output=True, text=True, timeout=60
    )
    assert Path(done.stdout.strip()) == Path(lent) / "truststore" / "__init__.py"
    assert names(lent) == ["truststore"]
    assert scratch.lend_truststore() == lent
    scratch.remove()
    assert names(temporary) == []


def test_whether_truststore_can_be_lent() -> None:
    code = "import pipsafe.attempts.scratch as s; print(s.truststore_can_be_lent())"
    root = Path(__file__).parents[1]
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"]

    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == "False"
    assert truststore_can_be_lent() in (True, False)
