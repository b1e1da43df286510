"""Signals, job control and closed pipes: pip and pipsafe end together, and as pip alone would."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.drop_in import FakePip, as_script, bash, is_alive, run_both, state_of
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import kill_group, run, start
from tests.lab.targets import Target, target
from tests.lab.terminal import Step, run_on_pty

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

WAITING = """
import os, sys, time
try:
    print("pid", os.getpid(), flush=True)
    time.sleep(30)
except KeyboardInterrupt:
    print("ERROR: Operation cancelled by user", file=sys.stderr)
    sys.exit(1)
"""
"""Ends at an interrupt as pip does, and at all else as any program does."""

STUBBORN = """
import os, signal, sys, time
count = []
signal.signal(signal.SIGINT, lambda *_: count.append(1))
signal.signal(signal.SIGTERM, lambda *_: count.append(1))
print("pid", os.getpid(), flush=True)
end = time.monotonic() + float(os.environ.get("SECONDS", "1"))
while time.monotonic() < end:
    time.sleep(0.02)
print("signals:", len(count), flush=True)
"""
"""Counts the interrupts that it gets."""

TICKING = """
import os, sys, time
print("pid", os.getpid(), flush=True)
for number in range(1000):
    print("tick", number, flush=True)
    if os.path.exists("enough"):
        print("enough", flush=True)
        sys.exit(3)
    time.sleep(0.05)
"""


def fake_pip(tmp_path: Path, source: str) -> FakePip:
    return FakePip(tmp_path / "fake", source)


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def pip_s_pid(process: subprocess.Popen[bytes]) -> int:
    """From its first line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith(b"pid "), (line, process.stderr and process.stderr.read())
    return int(line.split()[1])


@contextlib.contextmanager
def started(command: tuple[str, ...], env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A run of the fake pip, and the process that is the fake pip itself."""
    process = start(command, env)
    try:
        yield process, pip_s_pid(process)
    finally:
        kill_group(process)
        process.communicate()


def is_gone(leader: int) -> bool:
    """Whether nobody is left of what a command started."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    return False


SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


@pytest.mark.shows("faults", "pipsafe ended by a signal at any moment")
@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_to_pipsafe_alone_ends_both(tmp_path: Path, env: dict[str, str], name: str) -> None:
    fake = fake_pip(tmp_path, WAITING)
    ends = []
    for command in (fake.direct("list"), as_script(["list"])):
        with started(command, fake.environment(env)) as (process, pid):
            process.send_signal(getattr(signal, name))
            _, stderr = process.communicate(timeout=10)
            assert not is_alive(pid)
            ends.append((process.returncode, stderr))
    assert ends[1] == ends[0]


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_to_pip_alone_ends_both(tmp_path: Path, env: dict[str, str], name: str) -> None:
    fake = fake_pip(tmp_path, WAITING)
    ends = []
    for command in (fake.direct("list"), as_script(["list"])):
        with started(command, fake.environment(env)) as (process, pid):
            os.kill(pid, getattr(signal, name))
            process.communicate(timeout=10)
            ends.append(process.returncode)
    assert ends[1] == ends[0]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_comes_once(tmp_path: Path, env: dict[str, str], name: str) -> None:
    fake = fake_pip(tmp_path, STUBBORN)
    with started(as_script(["list"]), fake.environment(env)) as (process, _):
        process.send_signal(getattr(signal, name))
        stdout, _ = process.communicate(timeout=10)
        assert (process.returncode, stdout) == (0, b"signals: 1\n")


def test_two_signals_come_twice(tmp_path: Path, env: dict[str, str]) -> None:
    fake = fake_pip(tmp_path, STUBBORN)
    with started(as_script(["list"]), {**fake.environment(env), "SECONDS": "1.5"}) as (process, _):
        process.send_signal(signal.SIGINT)
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=10)
        assert stdout == b"signals: 2\n"


@pytest.mark.shows("faults", "pip killed at any moment")
def test_a_kill_of_pip_is_a_kill_of_pipsafe(tmp_path: Path, env: dict[str, str]) -> None:
    fake = fake_pip(tmp_path, WAITING)
    with started(as_script(["list"]), fake.environment(env)) as (process, pid):
        os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=10)
        assert process.returncode == -signal.SIGKILL


@pytest.mark.shows("faults", "pipsafe killed outright")
def test_pip_goes_on_when_pipsafe_is_killed(tmp_path: Path, env: dict[str, str]) -> None:
    """Nobody can catch a kill; an installation must not break for it."""
    fake = fake_pip(tmp_path, TICKING)
    with started(as_script(["list"]), fake.environment(env)) as (process, pid):
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline().startswith(b"tick")
        assert is_alive(pid)


def test_an_ignored_hangup_stays_ignored(tmp_path: Path, env: dict[str, str]) -> None:
    """As under nohup."""
    fake = fake_pip(tmp_path, STUBBORN)
    command = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh", *as_script(["list"]))
    with started(command, fake.environment(env)) as (process, _):
        os.killpg(process.pid, signal.SIGHUP)
        stdout, stderr = process.communicate(timeout=10)
        assert (process.returncode, stdout, stderr) == (0, b"signals: 0\n", b"")


def test_an_ignored_interrupt_stays_ignored(tmp_path: Path, env: dict[str, str]) -> None:
    """As of a job that a shell without job control runs in the background."""
    source = WAITING.replace("time.sleep(30)", "time.sleep(1)")
    fake = fake_pip(tmp_path, source)
    command = ("sh", "-c", 'trap "" INT; exec "$@"', "sh", *as_script(["list"]))
    with started(command, fake.environment(env)) as (process, _):
        os.killpg(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=10)
        assert (process.returncode, stderr) == (0, b"")


# Stop and continue


def in_own_group(command: tuple[str, ...]) -> tuple[str, ...]:
    """In a group of its own, with its parent in the same session: only such a group can be stopped."""
    code = "import os, sys; os.setpgid(0, 0); os.execvp(sys.argv[1], sys.argv[1:])"
    return (sys.executable, "-c", code, *command)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_stop_and_continue(tmp_path: Path, env: dict[str, str]) -> None:
    fake = fake_pip(tmp_path, TICKING)
    process = subprocess.Popen(
        in_own_group(as_script(["list"])),
        env=fake.environment(env),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        pid = pip_s_pid(process)
        for _ in range(3):
            process.send_signal(signal.SIGTSTP)
            wait_until(lambda: state_of(process.pid) == "T" and state_of(pid) == "T")
            process.send_signal(signal.SIGCONT)
            wait_until(lambda: "T" not in (state_of(process.pid), state_of(pid)))
        (tmp_path / "enough").touch()
        assert process.wait(10) == 3
        assert not is_alive(pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_the_terminal_s_stop_key_and_fg(tmp_path: Path, env: dict[str, str]) -> None:
    shell = bash()
    if shell is None:
        pytest.skip("no bash")
    fake = fake_pip(tmp_path, TICKING)
    command = shlex.join(as_script(["list"]))
    steps = (
        Step(rb"\$ ", f"set +o notify; {command}\n".encode()),
        Step(rb"tick 3\r\n", b"\x1a"),
        Step(rb"\[1\]\+  Stopped", b"echo still $((40 + 2)); jobs -s | wc -l\n"),
        Step(rb"still 42\r\n1\r\n", b"fg\n"),
        Step(rb"tick \d+\r\n(?s:.*)tick \d+\r\n", b"\x1a"),
        Step(rb"\[1\]\+  Stopped", b"touch enough; fg\n"),
        Step(rb"enough\r\n", b"echo code $?\n"),
        Step(rb"code 3\r\n", b"exit\n"),
    )
    full = {**fake.environment(env), "PS1": "$ "}
    done = run_on_pty([shell, "--norc", "--noprofile", "-i"], full, steps=steps, cwd=tmp_path)
    assert done.exit_code == 0, done.output


def test_the_interrupt_key_in_a_shell(tmp_path: Path, env: dict[str, str]) -> None:
    """A shell goes on with its list after a command that an interrupt did not end by its signal."""
    shell = bash()
    if shell is None:
        pytest.skip("no bash")
    fake = fake_pip(tmp_path, WAITING)
    outputs = []
    for command in (fake.direct("list"), as_script(["list"])):
        steps = (
            Step(rb"\$ ", f"{shlex.join(command)}; echo code $((0 + $?))\n".encode()),
            Step(rb"pid \d+\r\n", b"\x03", after=0.1),
            Step(rb"code \d+\r\n(?s:.*)\$ ", b"exit\n"),
        )
        full = {**fake.environment(env), "PS1": "$ "}
        done = run_on_pty([shell, "--norc", "--noprofile", "-i"], full, steps=steps, columns=2000)
        outputs.append(re.sub(rb"pid \d+", b"pid", done.output).split(b"pid\r\n")[1])
    assert outputs[1] == outputs[0]


def test_the_interrupt_key_comes_once(tmp_path: Path, env: dict[str, str]) -> None:
    fake = fake_pip(tmp_path, STUBBORN)
    steps = (Step(rb"pid \d+", b"\x03", after=0.1),)
    done = run_on_pty(as_script(["list"]), fake.environment(env), steps=steps)
    assert b"signals: 1" in done.output


def test_the_quit_key(tmp_path: Path, env: dict[str, str]) -> None:
    fake = fake_pip(tmp_path, WAITING)
    steps = (Step(rb"pid \d+", b"\x1c", after=0.1),)
    direct = run_on_pty(fake.direct("list"), fake.environment(env), steps=steps)
    assert direct.exit_code == -signal.SIGQUIT
    assert run_on_pty(as_script(["list"]), fake.environment(env), steps=steps).exit_code == -signal.SIGQUIT


def test_an_interrupt_that_ends_pip_by_its_signal(tmp_path: Path, env: dict[str, str]) -> None:
    """A pip in its first moments, which has not yet come to where it catches an interrupt."""
    source = "import os, time; print('pid', os.getpid(), flush=True); time.sleep(30)"
    fake = fake_pip(tmp_path, source)
    steps = (Step(rb"pid \d+", b"\x03", after=0.1),)
    direct = run_on_pty(fake.direct("list"), fake.environment(env), steps=steps)
    got = run_on_pty(as_script(["list"]), fake.environment(env), steps=steps)
    assert got.exit_code == direct.exit_code == -signal.SIGINT
    assert got.output.endswith(b"KeyboardInterrupt\r\n")


# Closed pipes and closed streams


MUCH = "for number in range(100_000): print('line', number)"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    "source", ["print('x')", "import sys; print('x', file=sys.stderr)", "import sys; sys.exit(4)"]
)
def test_closed_streams(tmp_path: Path, env: dict[str, str], closed: str, source: str) -> None:
    fake = fake_pip(tmp_path, source)
    shell = ("sh", "-c", f'exec "$@" {closed}', "sh")
    expected, got = (*shell, *fake.direct("list")), (*shell, *as_script(["list"]))
    assert run_both(expected, got, fake.environment(env)) == []


def test_a_reader_that_goes_away(tmp_path: Path, env: dict[str, str]) -> None:
    shell = bash()
    if shell is None:
        pytest.skip("no bash")
    fake = fake_pip(tmp_path, MUCH)
    words = '"$@" | head -1; echo ${PIPESTATUS[0]}'
    direct = run([shell, "-c", words, "bash", *fake.direct("list")], fake.environment(env))
    got = run([shell, "-c", words, "bash", *as_script(["list"])], fake.environment(env))
    assert got.stdout == direct.stdout
    assert got.stderr.splitlines()[-1] == direct.stderr.splitlines()[-1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_a_full_disk(tmp_path: Path, env: dict[str, str]) -> None:
    fake = fake_pip(tmp_path, "print('x')")
    shell = ("sh", "-c", 'exec "$@" > /dev/full', "sh")
    expected, got = (*shell, *fake.direct("list")), (*shell, *as_script(["list"]))
    assert run_both(expected, got, fake.environment(env)) == []


# Real pips


@pytest.fixture
def hanging(authority: Authority) -> Iterator[IndexServer]:
    """An index whose answers never come."""
    with IndexServer([wheel("mote")], authority.leaf()) as server:
        server.pause_before_answer = math.inf
        yield server


def settings(server: IndexServer, authority: Authority, place: Target, tmp_path: Path) -> dict[str, str]:
    cert = authority.write(tmp_path / "root.pem")
    return {"PIP_INDEX_URL": server.index_url, "PIP_CERT": str(cert), "PIPSAFE_PYTHON": str(place.python)}


@pytest.mark.e2e
@pytest.mark.parametrize("pip_version", ["20.3.4", "24.0", "26.3"])
def test_the_interrupt_key_in_a_hanging_download(
    hanging: IndexServer, authority: Authority, tmp_path: Path, env: dict[str, str], pip_version: str
) -> None:
    place = target(pip_version)
    env |= settings(hanging, authority, place, tmp_path)
    steps = (Step(rb"Looking in indexes[^\n]*\n", b"\x03", after=1.0),)
    ends = []
    for command in ((place.pip,), as_script()):
        done = run_on_pty([*command, "install", "mote"], env, steps=steps)
        ends.append((done.exit_code, done.output))
    assert ends[1] == ends[0]
    assert b"cancelled by user" in ends[1][1]


@pytest.mark.e2e
@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_to_pipsafe_in_a_hanging_download(
    hanging: IndexServer, authority: Authority, tmp_path: Path, env: dict[str, str], name: str
) -> None:
    place = target("26.3")
    env |= settings(hanging, authority, place, tmp_path)
    ends = []
    for command in ((str(place.pip),), as_script()):
        hanging.forget()
        process = start([*command, "install", "mote"], env)
        wait_until(lambda: bool(hanging.handshakes))
        time.sleep(0.2)
        process.send_signal(getattr(signal, name))
        stdout, stderr = process.communicate(timeout=20)
        ends.append((process.returncode, stdout, stderr))
        wait_until(partial(is_gone, process.pid))
    assert ends[1] == ends[0]


@pytest.mark.e2e
@pytest.mark.parametrize("pip_version", ["20.3.4", "24.0", "26.3"])
@pytest.mark.parametrize("words", ["list >&-", "list <&-", "frob 2>&-"])
def test_closed_streams_of_a_real_pip(env: dict[str, str], pip_version: str, words: str) -> None:
    place = target(pip_version)
    env["PIPSAFE_PYTHON"] = str(place.python)
    prefix = ("sh", "-c", f'exec "$@" {words}', "sh")
    assert run_both((*prefix, str(place.pip)), (*prefix, *as_script()), env) == []


@pytest.mark.e2e
@pytest.mark.parametrize("pip_version", ["20.3.4", "24.0", "26.3"])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("words", ["list", "help"])
def test_nobody_reads_what_a_real_pip_says(
    env: dict[str, str],
    pip_version: str,
    words: str,
    full: bool,  # noqa: FBT001
) -> None:
    """stdout is a pipe whose other end is closed, or a device without room."""
    place = target(pip_version)
    env["PIPSAFE_PYTHON"] = str(place.python)
    ends = []
    for command in ((str(place.pip),), as_script()):
        reading, writing = os.pipe()
        os.close(reading)
        if full:
            os.close(writing)
            writing = os.open("/dev/full", os.O_WRONLY)
        try:
            done = subprocess.run(
                [*command, words], env=env, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
            )
        finally:
            os.close(writing)
        # A traceback names the files that it came through, and these are not the same.
        lines = [line for line in done.stderr.splitlines() if not line.startswith(b"  ")]
        ends.append((done.returncode, lines))
    assert ends[1] == ends[0]
