"""CA files that are named on purpose: what is taken, and one clear sentence on what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipsafe.own_options import UsageError
from pipsafe.trust import ownership
from pipsafe.trust.explicit import check_ca
from tests.certificates import make, name, pem
from tests.lab.authority import EXPIRED, NOT_YET_VALID, Authority, self_signed

ROOT = Authority("Example Corporate Root")
OPTION = "--pipsafe-ca"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is this user's alone."""
    tmp_path.chmod(0o755)
    complaint = ownership.others_can_write(str(tmp_path), foreign_owner_allowed=False)
    if complaint:
        pytest.skip(f"no folder here that is this user's alone: {complaint}")
    return tmp_path


TAKEN = {
    "a root": ROOT.pem,
    "a root as DER": ROOT.der,
    "a root beside an expired one": ROOT.reissued(validity=EXPIRED).pem + ROOT.pem,
    "a root with its chain": ROOT.intermediate().pem + ROOT.pem,
    "a root beside a damaged one": ROOT.pem[:200] + b"\n" + ROOT.pem,
    "a root with its key": ROOT.key_pem + ROOT.pem,
    "a server's own certificate": self_signed().pem,
}
REFUSED = {
    "nothing": (b"", "which is empty."),
    "no certificate": (b"words\n", "which holds no certificate."),
    "a key": (ROOT.key_pem, "which holds no certificate."),
    "damage": (ROOT.pem[:200], "which certificate 1 is damaged."),
    "expired": (ROOT.reissued(validity=EXPIRED).pem, "Example Corporate Root is expired on"),
    "not yet valid": (
        ROOT.reissued(validity=NOT_YET_VALID).pem,
        "Example Corporate Root is not valid before",
    ),
    "an intermediate": (ROOT.intermediate("Issuing").pem, "Issuing is an intermediate, not a root."),
    "a server of a CA": (ROOT.leaf().pem, "localhost is not a CA."),
    "an expired server": (self_signed(validity=EXPIRED).pem, "localhost is not a CA."),
    "a denied CA": (Authority("Untrusted CA").pem, "Untrusted CA is an interceptor's CA"),
    "a certificate that makes no sense": (
        pem(b"\x30\x82\x01\x00\x30" + bytes(255)),
        "a damaged certificate (",
    ),
    "an old one": (pem(make(name("Old"), extensions=[])), "Old is not a CA."),
}


@pytest.mark.parametrize("what", TAKEN)
def test_taken(folder: Path, what: str) -> None:
    path = folder / "ca.pem"
    path.write_bytes(TAKEN[what])

    check_ca(str(path), OPTION)


@pytest.mark.parametrize("what", REFUSED)
def test_refused(folder: Path, what: str) -> None:
    contents, words = REFUSED[what]
    path = folder / "ca.pem"
    path.write_bytes(contents)

    with pytest.raises(UsageError) as caught:
        check_ca(str(path), OPTION)

    said = str(caught.value)
    assert words in said
    assert said.startswith(f"{OPTION} names {str(path)!r}, ")
    assert said.endswith(".")
    assert "\n" not in said


def test_a_file_that_is_not_there(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"PIPSAFE_CA names '.*gone.pem', which does not exist\."):
        check_ca(str(folder / "gone.pem"), "PIPSAFE_CA")


def test_a_fifo_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "fifo")

    with pytest.raises(UsageError, match="which is a FIFO"):
        check_ca(str(folder / "fifo"), OPTION)


def test_a_folder_of_certificates(folder: Path) -> None:
    (folder / "ca.pem").write_bytes(ROOT.pem)

    check_ca(str(folder), OPTION)


def test_an_empty_folder(folder: Path) -> None:
    with pytest.raises(UsageError, match="which holds no certificate"):
        check_ca(str(folder), OPTION)


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_a_file_that_others_can_write(folder: Path) -> None:
    path = folder / "ca.pem"
    path.write_bytes(ROOT.pem)
    check_ca(str(path), OPTION)
    path.chmod(0o666)

    with pytest.raises(UsageError, match=r"which others could have changed: .* can be written by everyone"):
        check_ca(str(path), OPTION)


def test_a_file_in_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named on purpose, so it counts, also by a relative name."""
    (folder / "ca.pem").write_bytes(ROOT.pem)
    monkeypatch.chdir(folder)

    check_ca("ca.pem", OPTION)


def test_a_file_in_the_home_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ca.pem").write_bytes(ROOT.pem)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))

    check_ca("~/ca.pem", OPTION)
