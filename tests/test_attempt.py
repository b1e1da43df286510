"""The way back from pip: frames cut anywhere, what is kept of them, and how an attempt ends."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipsafe.attempts.attempt import Attempt, Hello, listen
from pipsafe.attempts.transcript import LIMIT, Transcript
from tests.drop_in import FakePip, as_script
from tests.lab.run import ROOT, run

HELLO = b"/v/bin/python\x003.11.7\x0024.0\x00/v/lib\x00/v\x00linux\x00cpython"


def frame(tag: bytes, payload: bytes) -> bytes:
    return tag + len(payload).to_bytes(4, "big") + payload


def hear(*pieces: bytes) -> tuple[Attempt, list[tuple[bytes, bytes]]]:
    """What comes out when the pieces come in, each by a write of its own."""
    attempt, heard = Attempt(), list[tuple[bytes, bytes]]()
    reading, writing = os.pipe()
    writer = os.fork() if sys.platform != "win32" else 0
    if writer == 0:
        try:
            os.close(reading)
            for piece in pieces:
                os.write(writing, piece)
        finally:
            # Nothing may run at the end of a child of threads, a measurement's own end neither.
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(writing)
    try:
        listen(attempt, reading, lambda _, tag, payload: heard.append((tag, payload)))
    finally:
        os.close(reading)
        os.waitpid(writer, 0)
    return attempt, heard


ALL = (
    frame(b"h", HELLO)
    + frame(b"o", b"one\n")
    + frame(b"e", "zwei \U0001f40d\n".encode())
    + frame(b"o", b"")
    + frame(b"i", b"")
    + frame(b"z", b"OpenSSL 3.0\0stopped")
)


@pytest.mark.skipif(os.name == "nt", reason="forks")
@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 64, 1000])
def test_frames_may_be_cut_anywhere(step: int) -> None:
    pieces = [ALL[start : start + step] for start in range(0, len(ALL), step)]
    attempt, heard = hear(*pieces)
    assert heard == [(b"o", b"one\n"), (b"e", "zwei \U0001f40d\n".encode()), (b"o", b"")]
    assert attempt.hello is not None
    assert (attempt.hello.executable, attempt.hello.pip_version) == ("/v/bin/python", "24.0")
    assert (attempt.installing, attempt.openssl, attempt.stopped) == (True, "OpenSSL 3.0", True)


@pytest.mark.skipif(os.name == "nt", reason="forks")
@pytest.mark.parametrize("cut", range(0, len(ALL), 11))
def test_an_end_in_the_middle_is_an_end(cut: int) -> None:
    """pip was killed: what came whole counts."""
    attempt, heard = hear(ALL[:cut])
    assert len(heard) <= 3
    assert not attempt.stopped


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_a_missing_pip_is_told() -> None:
    attempt, _ = hear(frame(b"n", b"/v/bin/python\0No module named 'pip'"))
    assert (attempt.hello, attempt.no_pip) == (None, "/v/bin/python\0No module named 'pip'")


def test_hello() -> None:
    hello = Hello(HELLO)
    assert [getattr(hello, name) for name in ("prefix", "platform", "implementation", "location")] == [
        "/v",
        "linux",
        "cpython",
        "/v/lib",
    ]


# Transcript


def suspicious(chunk: bytes) -> bool:
    return b"SSL" in chunk


def test_a_word_that_came_in_two_pieces_is_seen() -> None:
    transcript = Transcript(suspicious)
    assert not transcript.add(b"e", b"an S")
    assert transcript.add(b"e", b"SL error")
    assert "an SSL error" in transcript.unread()[0]


def test_the_streams_do_not_mix() -> None:
    transcript = Transcript(suspicious)
    assert not transcript.add(b"e", b"an S")
    assert not transcript.add(b"o", b"SL error")


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_what_is_kept_is_what_was_said(pieces: list[bytes]) -> None:
    transcript = Transcript(suspicious)
    for piece in pieces:
        transcript.add(b"o", piece)
    assert bytes(transcript.streams[b"o"]) == b"".join(pieces)
    assert transcript.is_empty() == (not b"".join(pieces))


def test_much_is_kept_in_part() -> None:
    transcript = Transcript(suspicious)
    for number in range(3 * LIMIT // 1000):
        transcript.add(b"o", b"%0999d\n" % number)
    kept = transcript.streams[b"o"]
    assert LIMIT <= len(kept) <= 2 * LIMIT
    assert kept.endswith(b"%0999d\n" % (3 * LIMIT // 1000 - 1))


# Ends of real attempts

MANY = """
import sys
for number in range({lines}):
    sys.stdout.write("%07d %s\\n" % (number, "x" * 71))
"""

AT_ONCE = "import sys; sys.stdout.write('y' * 20_000_000 + '\\n')"

IN_THREADS = """
import sys, threading
lock = threading.Lock()  # as logging has one; text streams have none before Python 3.12.4
def write(name):
    for number in range(20_000):
        with lock:
            sys.stdout.write("%s%05d\\n" % (name, number))
            if not number % 100:
                sys.stderr.write("%s%05d\\n" % (name, number))
threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def peak_memory_command(command: tuple[str, ...]) -> list[str]:
    """Runs a command of pipsafe's in this very process, which then tells its peak memory on descriptor 9."""
    assert command[1] == "-c", command
    tell = (
        "import atexit; atexit.register(lambda: __import__('os').write(9, "
        "[l for l in open('/proc/self/status', 'rb') if l.startswith(b'VmHWM')][0])); "
    )
    return [command[0], "-c", tell + command[2], *command[3:]]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("print('pip 24.0')", 9),
        (MANY.format(lines=250_000), 20_000_000),
        (AT_ONCE, 20_000_001),
    ],
    ids=["little", "many lines", "at once"],
)
def test_nothing_is_lost_and_memory_stays_small(
    tmp_path: Path, env: dict[str, str], source: str, size: int
) -> None:
    fake = FakePip(tmp_path / "fake", source)
    command = as_script(["list"])
    if command[1] != "-c":
        pytest.skip("measured from the checkout")
    told = tmp_path / "told"
    shell = ["sh", "-c", 'exec "$@" 9>"$TOLD"', "sh", *peak_memory_command(command)]
    # A coverage hook has a memory of its own.
    done = run(shell, {**fake.environment(env), "TOLD": str(told)})
    assert (done.exit_code, len(done.stdout), done.stderr) == (0, size, b"")
    if "COVERAGE_PROCESS_START" not in env and "COVERAGE_PROCESS_CONFIG" not in env:
        assert int(told.read_text().split()[1]) < 16 * 1024, "KiB"


def test_threads_write_whole_lines(tmp_path: Path, env: dict[str, str]) -> None:
    fake = FakePip(tmp_path / "fake", IN_THREADS)
    done = run(as_script(["list"]), fake.environment(env))
    assert done.exit_code == 0, done.stderr
    expected = sorted(f"{name}{number:05}" for name in "abcd" for number in range(20_000))
    assert sorted(done.stdout.decode().split()) == expected
    assert len(done.stderr.split()) == 800


@pytest.mark.parametrize("code", [0, 1, 2, 3, 23, 120, 130, 255])
def test_exit_codes(tmp_path: Path, env: dict[str, str], code: int) -> None:
    fake = FakePip(tmp_path / "fake", f"import sys; print('.'); sys.exit({code})")
    assert run(as_script(["list"]), fake.environment(env)).exit_code == code


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV", "SIGABRT", "SIGPIPE", "SIGUSR2"])
def test_a_signal_that_ends_pip_ends_pipsafe(tmp_path: Path, env: dict[str, str], name: str) -> None:
    number = getattr(signal, name)
    # Python ignores SIGPIPE; a child of pip's that it takes after does not.
    default = "" if number == signal.SIGKILL else f"signal.signal({int(number)}, signal.SIG_DFL); "
    source = f"import os, signal; {default}os.kill(os.getpid(), {int(number)})"
    fake = FakePip(tmp_path / "fake", source)
    assert run(fake.direct("list"), fake.environment(env)).exit_code == -number
    assert run(as_script(["list"]), fake.environment(env)).exit_code == -number
    shell = run(["sh", "-c", '"$@"; echo $?', "sh", *as_script(["list"])], fake.environment(env))
    assert shell.stdout == b"%d\n" % (128 + number)


def test_no_core_of_its_own(tmp_path: Path, env: dict[str, str]) -> None:
    """Only pip's own core, if any, is of use to somebody."""
    if os.name == "nt" or resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("no cores here")
    fake = FakePip(tmp_path / "fake", "import os; os.abort()")
    status = subprocess.run(
        ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", *as_script(["list"])],
        env=fake.environment(env),
        cwd=tmp_path,
        check=False,
        capture_output=True,
        timeout=30,
    )
    assert status.returncode == -signal.SIGABRT


def test_an_attempt_that_cannot_be_started(tmp_path: Path, env: dict[str, str]) -> None:
    """The interpreter that a program was to be run by is not there."""
    python = tmp_path / "python"
    python.write_text("#!/nowhere/at/all\n", encoding="ascii")
    python.chmod(0o755)
    done = run(as_script(["list"]), {**env, "PIPSAFE_PYTHON": str(python)})
    assert (done.exit_code, done.stdout) == (2, b"")
    assert b"cannot be started" in done.stderr


def test_what_is_imported_when_all_goes_well(tmp_path: Path, env: dict[str, str]) -> None:
    """The success path has 25 ms: no module that costs a part of that."""
    fake = FakePip(tmp_path / "fake", "print('fine')")
    code = textwrap.dedent(
        f"""
        import os, sys
        sys.path[0] = {str(ROOT)!r}
        sys.argv[1:] = ["list"]
        before = set(sys.modules)
        from pipsafe.cli import main
        code = main()
        heavy = set("ssl typing re json subprocess dataclasses pathlib threading tempfile inspect truststore "
                    "certifi packaging socket logging".split())
        if os.name != "nt":
            heavy |= {{"collections", "enum", "functools", "signal"}}
        print(sorted((set(sys.modules) - before) & heavy))
        """
    )
    done = run([sys.executable, "-S", "-c", code], fake.environment(env))
    assert done.stdout.split(b"\n")[-2] == b"[]", done.text
