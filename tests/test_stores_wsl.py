"""Windows' store seen from WSL. No Windows is here: a script is asked in PowerShell's place."""

from __future__ import annotations

import base64
import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipsafe.stores import command, wsl
from pipsafe.trust import source_readers
from pipsafe.trust.ca_file import CaFile
from tests.certificates import make, name

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="WSL is a Linux")

CORP, PUBLIC, DENIED = make(name("Corp")), make(name("Public")), make(name("Denied"))
PLACE = "Windows/System32/WindowsPowerShell/v1.0/powershell.exe"


def line(kind: str, der: bytes) -> bytes:
    """As the script writes it, and Windows ends a line."""
    return b"%b %b\r\n" % (kind.encode(), base64.b64encode(der))


SAID = (
    line("Disallowed", DENIED) + line("Root", CORP) + line("Root", PUBLIC) + line("Root", DENIED) + b"end\r\n"
)


def linux(
    root: Path, *, release: str = "5.15.167.4-microsoft-standard-WSL2", configuration: str = ""
) -> Path:
    """The root of a Linux with this kernel and this /etc/wsl.conf."""
    for path, text in {"proc/sys/kernel/osrelease": release + "\n", "etc/wsl.conf": configuration}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def windows(drive: Path, *commands: str, said: bytes = SAID) -> Path:
    """The drive of a Windows whose PowerShell is a script: it runs the commands, then says something."""
    program = drive / PLACE
    program.parent.mkdir(parents=True)
    (program.parent / "said").write_bytes(said)
    program.write_text("\n".join(["#!/bin/sh", *commands, "cat said", ""]))
    program.chmod(0o755)
    return program


def asked(root: Path) -> CaFile:
    """What the one source of a machine holds."""
    (source,) = wsl.sources(str(root))
    return source_readers.read(source, lambda _: "never asked for a program")


# Is it WSL, and where is PowerShell


@pytest.mark.parametrize(
    ("release", "is_wsl"),
    [
        ("5.15.167.4-microsoft-standard-WSL2", True),
        ("4.4.0-19041-Microsoft", True),
        ("6.8.0-49-generic", False),
    ],
)
def test_by_its_kernel(tmp_path: Path, release: str, is_wsl: bool) -> None:  # noqa: FBT001
    linux(tmp_path, release=release)
    windows(tmp_path / "mnt/c")

    assert wsl.is_wsl(str(tmp_path)) is is_wsl
    assert bool(wsl.sources(str(tmp_path))) is is_wsl


@pytest.mark.parametrize("mark", ["WSLInterop", "WSLInterop-late"])
def test_by_its_interoperability(tmp_path: Path, mark: str) -> None:
    (tmp_path / "proc/sys/fs/binfmt_misc").mkdir(parents=True)
    (tmp_path / "proc/sys/fs/binfmt_misc" / mark).touch()

    assert wsl.is_wsl(str(tmp_path))
    assert wsl.sources(str(tmp_path)) == ()  # no Windows drive, as in a container


def test_the_source(tmp_path: Path) -> None:
    program = windows(linux(tmp_path) / "mnt/c")
    (source,) = wsl.sources(str(tmp_path))

    assert (source.tier, source.kind, source.path) == ("provisioned", "wsl", str(program))


@pytest.mark.parametrize(
    ("configuration", "drive"),
    [
        ("", "mnt/c"),
        ("[automount]\nroot = /\n", "c"),
        ('[automount]\nroot = "/windir/"\nroot = "/windir/"\n', "windir/c"),
        ("[boot]\nsystemd=true\n[interop]\nappendWindowsPath=false\n", "mnt/c"),
        ("this is no configuration", "mnt/c"),
        ("[interop]\nenabled = false\n", None),
        ("[interop]\nenabled=0\n", None),
        ("[automount]\nroot = relative/\n", None),
    ],
)
def test_wsl_conf(tmp_path: Path, configuration: str, drive: str | None) -> None:
    linux(tmp_path, configuration=configuration)
    for place in ("/mnt/c", "/c", "/windir/c", "relative/c"):
        windows(Path(f"{tmp_path}{place}"))

    expected = str(tmp_path / drive / PLACE) if drive else None

    assert wsl.powershell(str(tmp_path)) == expected


def test_path_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = windows(tmp_path / "mine")
    linux(tmp_path)
    monkeypatch.setenv("PATH", str(program.parent))

    assert wsl.sources(str(tmp_path)) == ()


# The answer


def test_the_roots(tmp_path: Path) -> None:
    windows(linux(tmp_path) / "mnt/c", 'printf "%s\\n" "$PWD" "$@" >arguments')
    read = asked(tmp_path)
    arguments = (tmp_path / "mnt/c" / PLACE).with_name("arguments").read_text().splitlines()

    assert read.certificates == (CORP, PUBLIC)
    assert read.rejected == (DENIED,)
    assert read.problems == ()
    assert arguments[0] == str((tmp_path / "mnt/c" / PLACE).parent)
    assert arguments[1:] == ["-NoProfile", "-NonInteractive", "-Command", wsl.SCRIPT]


def test_the_script_survives_the_way_to_windows() -> None:
    assert wsl.SCRIPT.isascii()
    assert wsl.SCRIPT.isprintable()
    assert not set('"%`\\&|<>^') & set(wsl.SCRIPT)
    assert len(wsl.SCRIPT) < 2_000
    # What an ordinary user can write is not trusted, and what he distrusts is heeded.
    assert "('Root', ('LocalMachine'" in wsl.SCRIPT
    assert "'CurrentUser'" in wsl.SCRIPT.partition("'Disallowed'")[0]


@pytest.mark.parametrize(
    ("commands", "said", "problem"),
    [
        (("exit 1",), SAID, "failed (exit code 1)"),
        ((), SAID[:-5], "does not tell of the whole store"),
        ((), b"", "does not tell of the whole store"),
        ((), b"end\r\n", "tells of no root for TLS servers"),
        ((), line("Root", DENIED) + line("Disallowed", DENIED) + b"end", "tells of no root for TLS servers"),
        (("cat /dev/zero",), SAID, "says more than 8388608 bytes"),
    ],
)
def test_no_answer(tmp_path: Path, commands: tuple[str, ...], said: bytes, problem: str) -> None:
    windows(linux(tmp_path) / "mnt/c", *commands, said=said)
    read = asked(tmp_path)

    assert read.certificates == ()
    assert read.problems == (problem,)


def test_what_cannot_be_run(tmp_path: Path) -> None:
    program = windows(linux(tmp_path) / "mnt/c")
    program.write_bytes(b"MZ\x90\x00")

    assert asked(tmp_path).problems == ("cannot be run (Exec format error)",)


@pytest.mark.parametrize("place", [PLACE, "Windows"])
def test_a_program_that_others_can_write_is_not_run(tmp_path: Path, place: str) -> None:
    windows(linux(tmp_path) / "mnt/c", "touch /dev/null", "touch ran")
    (tmp_path / "mnt/c" / place).chmod(0o777)
    read = asked(tmp_path)

    assert read.certificates == ()
    assert read.problems == (f"is not run: {tmp_path}/mnt/c/{place} can be written by everyone",)
    assert not (tmp_path / "mnt/c" / PLACE).with_name("ran").exists()


@pytest.mark.parametrize(
    ("people", "mode", "could"),
    [
        ((1000,), 0o777, False),
        ((1000, 1001), 0o777, True),
        ((1000, 1001), 0o755, False),
        ((1000, 65534), 0o777, False),
    ],
)
def test_others_could_answer(tmp_path: Path, people: tuple[int, ...], mode: int, could: bool) -> None:  # noqa: FBT001
    folder = linux(tmp_path) / "run/WSL"
    folder.mkdir(parents=True)
    folder.chmod(mode)
    lines = ["root:x:0:0::/root:/bin/sh", *[f"u{uid}:x:{uid}:{uid}::/home:/bin/sh" for uid in people], "odd"]
    (tmp_path / "etc/passwd").write_text("\n".join(lines))

    assert wsl.others_can_answer(str(tmp_path)) is could


@pytest.mark.parametrize(
    ("said", "roots"),
    [
        (SAID.replace(b"\r\n", b"\n"), 3),
        (SAID.replace(b"Root", b"root"), 0),
        (b"\xef\xbb\xbf\r\n" + SAID, 3),
        (b"Root AAAA\r\nRoot =\r\nRoot \r\nRoot MAA= x\r\nend\r\n", 0),
        (line("Root", CORP + b"x") + b"end", 0),
    ],
)
def test_lines(said: bytes, roots: int) -> None:
    answer = wsl.decode(said)

    assert len(answer.roots) == roots
    assert answer.is_whole


@given(st.binary(max_size=300), st.integers(0, 600))
def test_no_answer_raises(junk: bytes, place: int) -> None:
    wsl.decode(junk)
    wsl.decode(SAID[:place] + junk + SAID[place + len(junk) :])


# Any program


def test_a_program_that_says_nothing_is_ended(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(command.Unanswered, match=r"^does not answer within 0.3 seconds$"):
        command.answer(
            ["/bin/sh", "-c", "echo $$ >pid; exec sleep 60"], seconds=0.3, most_bytes=9, folder=str(tmp_path)
        )

    assert time.monotonic() - start < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_that_does_not_end() -> None:
    with pytest.raises(command.Unanswered, match="does not end within"):
        command.answer(["/bin/sh", "-c", "exec >&-; exec sleep 60"], seconds=0.3, most_bytes=9)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(command.Unanswered, match="cannot be run"):
        command.answer([str(tmp_path / "no")], seconds=1, most_bytes=9)
    with pytest.raises(command.Unanswered, match="cannot be run"):
        command.answer(["a\0b"], seconds=1, most_bytes=9)


def test_a_program_gets_no_input() -> None:
    assert command.answer(["/bin/cat"], seconds=5, most_bytes=9) == b""
