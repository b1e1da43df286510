"""Faults: pip's result stands, one sentence says what happened, nothing is left behind, and it ends."""

from __future__ import annotations

import functools
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.authority import Authority, Leaf
from tests.lab.index_server import Connection, IndexServer
from tests.lab.packages import wheel
from tests.lab.run import Run, pip_command, run, run_pip, run_pipsafe
from tests.lab.run_watched import Watched, watched
from tests.lab.targets import Target
from tests.rescues import assert_rescued, leftovers, patient, report_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="signals, mounts, and processes as /proc has them"),
]

OLD, NEW = "20.3.4", "26.3"
SPECK = wheel("speck")
TOOL = "NODE_EXTRA_CA_CERTS"
KILL, TERM, SEGV = signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV
INT, HUP = signal.SIGINT, signal.SIGHUP


class Stage(IndexServer):
    """An index that does something, once, when a moment has come."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self.at_first_connection: Callable[[], object] | None = None
        self.seconds_for_probes = 0.0
        """How long connections other than the first one wait for a handshake."""

    def wrap(self, raw: socket.socket, connection: Connection) -> socket.socket:
        if connection is not self.connections[0]:
            self.pause(self.seconds_for_probes)
        action, self.at_first_connection = self.at_first_connection, None
        if action is not None:
            action()
        return super().wrap(raw, connection)


@pytest.fixture
def server(authority: Authority) -> Iterator[Stage]:
    stage = Stage([SPECK], authority.leaf())
    with stage:
        yield stage


@pytest.fixture
def ca(authority: Authority, tmp_path: Path) -> Path:
    """The file with the CA that the server needs."""
    return authority.write(tmp_path / "ca.pem")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the report goes."""
    return tmp_path / "report.json"


def install(server: IndexServer, *words: str, retries: int | None = 0) -> list[str]:
    given = () if retries is None else ("--retries", str(retries))
    return ["install", "--no-cache-dir", *given, "--index-url", server.index_url, *(words or ("speck",))]


def own(env: dict[str, str]) -> list[str]:
    """What pipsafe left; a pip that a signal ends leaves its own folders."""
    return [name for name in leftovers(env) if name.startswith("pipsafe")]


def own_words(stderr: bytes) -> list[str]:
    """The paragraphs that pipsafe begins with its name."""
    return [line for line in stderr.decode("utf-8", "replace").splitlines() if line.startswith("pipsafe: ")]


def sound(stderr: bytes) -> None:
    """No fault of ours, and no traceback of our own."""
    assert b"fault in pipsafe" not in stderr, stderr.decode()
    assert b"pipsafe/attempts/" not in stderr, stderr.decode()
    assert b"Interrupted" not in stderr, stderr.decode()


# --- pip is killed ------------------------------------------------------------------------------------------


def _in_its_retries(running: Watched, server: Stage) -> None:
    running.wait_for(lambda: len(server.connections) > 4, "an examination and a retry")


def _while_pipsafe_probes(running: Watched, server: Stage) -> None:
    running.wait_for(lambda: len(server.connections) > 1, "a probe")


def _in_the_second_attempt(running: Watched, server: Stage) -> None:
    running.wait_for(lambda: server.requests, "a request of the second attempt")


def _while_it_installs(running: Watched, _: Stage) -> None:
    assert running.process.stdout is not None
    for line in running.process.stdout:
        if line.startswith(b"Installing collected packages"):
            return
    raise AssertionError("it did not come to that")


MOMENTS = [
    ("in its retries", _in_its_retries, KILL),
    ("while pipsafe probes", _while_pipsafe_probes, SEGV),
    ("in the second attempt", _in_the_second_attempt, TERM),
    ("in the second attempt", _in_the_second_attempt, KILL),
    ("while it installs", _while_it_installs, KILL),
]


@pytest.mark.shows("faults", "pip killed at any moment")
@pytest.mark.parametrize(
    ("moment", "comes", "number"), MOMENTS, ids=[f"{moment}, {number.name}" for moment, _, number in MOMENTS]
)
def test_pip_is_killed(
    moment: str,
    comes: Callable[[Watched, Stage], None],
    number: signal.Signals,
    server: Stage,
    ca: Path,
    env: dict[str, str],
    path: Path,
) -> None:
    where = patient(NEW, "speck", "bulk")
    retries, project = None if comes is _in_its_retries else 0, "speck"
    if comes is not _in_its_retries:
        env[TOOL] = str(ca)
    if comes is _while_pipsafe_probes:
        server.seconds_for_probes = 1.5
    if comes is _in_the_second_attempt:
        server.pause_before_answer = 30
    if comes is _while_it_installs:
        project = "bulk"
        server.add(wheel("bulk", files={f"bulk/{number}.py": b"x = 1\n" for number in range(4000)}))
    with watched(where, install(server, project, retries=retries), env, path) as running:
        comes(running, server)
        running.kill_pip(number)
        _, errors = running.process.communicate(timeout=20)
        assert running.process.returncode == -number, (moment, errors.decode())
        running.wait_for_nobody()
        report = running.report()
    sound(errors)
    assert report is not None
    assert (report["outcome"], report["exit_code"]) == ("interrupted", 128 + number)
    assert own(env) == []


@pytest.mark.shows("faults", "pip killed before it says anything")
@pytest.mark.parametrize("number", [KILL, SEGV], ids=lambda number: number.name)
def test_pip_is_killed_before_it_says_anything(
    number: signal.Signals, fresh: Callable[[str], Target], env: dict[str, str]
) -> None:
    where = fresh(NEW)
    (where.site_packages / "early.pth").write_text(
        f"import os; os.kill(os.getpid(), {int(number)})\n", encoding="utf-8"
    )
    plain = run_pip(where, ["list"], env)
    done = run_pipsafe(where, ["list"], env)
    assert (done.exit_code, done.stdout, done.stderr) == (plain.exit_code, plain.stdout, plain.stderr)
    assert done.exit_code == -number
    assert leftovers(env) == []


@pytest.mark.shows("faults", "pip killed at any moment")
def test_pip_is_killed_at_random_moments(server: Stage, ca: Path, env: dict[str, str], path: Path) -> None:
    env[TOOL] = str(ca)
    chance = random.Random(7)
    ends = set()
    for number in (KILL, SEGV, TERM, KILL):
        where = patient(NEW, "speck")
        path.unlink(missing_ok=True)
        with watched(where, install(server), env, path) as running:
            running.wait_for_pip()
            time.sleep(chance.uniform(0, 2))
            running.kill_pip(number)
            _, errors = running.process.communicate(timeout=20)
            running.wait_for_nobody()
        sound(errors)
        # pipsafe may have been between two pips, which then go their way.
        assert running.process.returncode in (-number, 0), errors.decode()
        ends.add(running.process.returncode)
        assert own(env) == []
    assert ends - {0}


# --- pipsafe is killed --------------------------------------------------------------------------------------


@pytest.mark.shows("faults", "pipsafe ended by a signal at any moment")
@pytest.mark.parametrize(
    ("comes", "number"),
    [
        (_while_pipsafe_probes, TERM),
        (_while_pipsafe_probes, INT),
        (_in_the_second_attempt, HUP),
        (_in_the_second_attempt, TERM),
    ],
    ids=["probe, SIGTERM", "probe, SIGINT", "second attempt, SIGHUP", "second attempt, SIGTERM"],
)
def test_pipsafe_is_ended(
    comes: Callable[[Watched, Stage], None],
    number: signal.Signals,
    server: Stage,
    ca: Path,
    env: dict[str, str],
    path: Path,
) -> None:
    env[TOOL] = str(ca)
    server.seconds_for_probes = 30 if comes is _while_pipsafe_probes else 0
    server.pause_before_answer = 30
    with watched(patient(NEW, "speck"), install(server), env, path) as running:
        comes(running, server)
        running.process.send_signal(number)
        _, errors = running.process.communicate(timeout=10)
        running.wait_for_nobody(3)
    sound(errors)
    assert running.process.returncode in (-number, 1), errors.decode()
    assert own(env) == []


@pytest.mark.shows("faults", "pipsafe killed outright")
@pytest.mark.parametrize("comes", [_while_pipsafe_probes, _in_the_second_attempt], ids=["probe", "second"])
def test_pipsafe_is_killed_outright(
    comes: Callable[[Watched, Stage], None], server: Stage, ca: Path, env: dict[str, str], path: Path
) -> None:
    """pip runs to its end, the prober ends at once, and the next run takes away what is left."""
    env[TOOL] = str(ca)
    server.seconds_for_probes = 30 if comes is _while_pipsafe_probes else 0
    server.pause_before_answer = 1.5
    with watched(patient(NEW, "speck"), install(server), env, path) as running:
        comes(running, server)
        running.process.kill()
        running.process.wait(10)
        running.wait_for(lambda: not running.processes("target_side\0"), "the prober's end", 4)
        running.wait_for_nobody()
    server.seconds_for_probes = server.pause_before_answer = 0
    where = patient(NEW, "speck")
    done = run_pipsafe(where, install(server), env)
    assert done.exit_code == 0, done.text
    assert own(env) == []


@pytest.mark.shows("faults", "pipsafe ended by a signal at any moment")
def test_pipsafe_is_ended_at_random_moments(server: Stage, ca: Path, env: dict[str, str], path: Path) -> None:
    env[TOOL] = str(ca)
    chance = random.Random(11)
    for number in (TERM, INT, HUP) * 2:
        where = patient(NEW, "speck")
        with watched(where, install(server), env, path) as running:
            running.wait_for_pip()
            time.sleep(chance.uniform(0.1, 2.5))
            running.process.send_signal(number)
            _, errors = running.process.communicate(timeout=20)
            running.wait_for_nobody(5)
        sound(errors)
        assert running.process.returncode in (-number, 0, 1), errors.decode()
        assert own(env) == []


HANGS = "import sys, time; sys.flags.isolated and time.sleep(600)\n"


@pytest.mark.shows("faults", "pipsafe ended by a signal at any moment")
@pytest.mark.parametrize("number", [TERM, INT], ids=lambda number: number.name)
def test_a_prober_that_hangs_goes_with_pipsafe(
    number: signal.Signals, server: Stage, fresh: Callable[[str], Target], env: dict[str, str], path: Path
) -> None:
    where = fresh(NEW)
    (where.site_packages / "slow.pth").write_text(HANGS, encoding="utf-8")
    with watched(where, install(server, retries=None), env, path) as running:
        running.wait_for(lambda: running.processes("target_side\0"), "a prober")
        time.sleep(0.3)
        running.process.send_signal(number)
        _, errors = running.process.communicate(timeout=10)
        running.wait_for_nobody(3)
    sound(errors)
    assert running.process.returncode == (1 if number == INT else -number), errors.decode()


# --- the target's interpreter does not do as it is asked ----------------------------------------------------

PROBERS = {
    "crashes": ("os.kill(os.getpid(), 11)", "was ended by SIGSEGV"),
    "ends": ("os._exit(3)", "ended with exit code 3"),
    "says half a line": ("(os.write(1, b'pipsafe {'), os._exit(0))", "ended with exit code 0"),
    "says nonsense": ("(os.write(1, b'pipsafe {\\n'), time.sleep(600))", "cannot be read"),
    "chatters without end": ("[os.write(1, b'hello\\n') for _ in iter(int, 1)]", "which was to look into it"),
}


@pytest.mark.shows("faults", "the target's Python crashes, chatters or hangs when asked")
@pytest.mark.parametrize("how", PROBERS)
def test_the_prober_fails(
    how: str, server: Stage, ca: Path, fresh: Callable[[str], Target], env: dict[str, str]
) -> None:
    code, words = PROBERS[how]
    where = fresh(NEW)
    (where.site_packages / "odd.pth").write_text(
        f"import os, sys, time; sys.flags.isolated and {code}\n", encoding="utf-8"
    )
    plain = run_pip(where, install(server), env)
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)}, timeout=30)
    _stands(done, plain, env)
    (said,) = own_words(done.stderr)
    assert "could not be looked into" in said
    assert words in said
    assert str(where.python) in said


def _stands(done: Run, plain: Run, env: dict[str, str]) -> None:
    """pip's own result and words, and no more than words of pipsafe's."""
    assert done.exit_code == plain.exit_code != 0, done.text
    assert done.stdout == plain.stdout
    assert done.stderr.startswith(plain.stderr), done.text
    assert b"Traceback" not in done.stderr
    sound(done.stderr)
    assert report_of(done)["exit_code"] == plain.exit_code
    assert own(env) == []


@pytest.mark.shows("faults", "the target's Python crashes, chatters or hangs when asked")
def test_the_prober_hangs(
    server: Stage, ca: Path, fresh: Callable[[str], Target], env: dict[str, str], path: Path
) -> None:
    """It is waited for, though not for ever; what it started itself goes, too."""
    where = fresh(NEW)
    code = "import subprocess, sys, time; sys.flags.isolated and subprocess.run(['sleep', '600'])\n"
    (where.site_packages / "slow.pth").write_text(code, encoding="utf-8")
    began = time.monotonic()
    with watched(where, install(server), {**env, TOOL: str(ca)}, path) as running:
        _, errors = running.process.communicate(timeout=40)
        assert running.process.returncode == 1
        running.wait_for_nobody(3)
    assert time.monotonic() - began < 35
    (said,) = own_words(errors)
    assert "20 seconds" in said
    sound(errors)
    assert own(env) == []


@pytest.mark.shows("faults", "noise before the prober's answers")
def test_the_prober_is_heard_through_noise(
    server: Stage, authority: Authority, ca: Path, fresh: Callable[[str], Target], env: dict[str, str]
) -> None:
    where = fresh(OLD)
    code = "import os, sys; sys.flags.isolated and os.write(1, b'hello\\n\\xff\\n' * 100)\n"
    (where.site_packages / "noise.pth").write_text(code, encoding="utf-8")
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)})
    assert_rescued(done, where, env, authority)


# --- no room, no permission ---------------------------------------------------------------------------------


@functools.cache
def _mounting() -> tuple[str, ...]:
    """The prefix under which a command's mounts are its own."""
    command = ["unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",))]
    trial = [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        done = subprocess.run(trial, check=False, capture_output=True, timeout=30)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode:
        pytest.skip("no mount namespaces here")
    return tuple(command)


def _with_tmpfs(folder: str, options: str) -> tuple[str, ...]:
    script = 'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"'
    return (*_mounting(), "sh", "-c", script, "sh", options, folder)


@pytest.mark.shows("faults", "a temporary folder without room")
def test_a_temporary_folder_without_room(
    server: Stage, authority: Authority, ca: Path, env: dict[str, str]
) -> None:
    """There is another one."""
    where = patient(NEW, "speck")
    prefix = _with_tmpfs(env["TMPDIR"], "size=128k,mode=0700")
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)}, prefix=prefix)
    assert_rescued(done, where, env, authority)


@pytest.mark.shows("faults", "no room for the CA bundle")
@pytest.mark.parametrize("pip", [NEW])
def test_no_room_for_the_bundle(pip: str, server: Stage, ca: Path, env: dict[str, str]) -> None:
    """It ends in the middle of it, as on a disk that is full by then."""
    where = patient(pip, "speck")
    prefix = ("sh", "-c", 'ulimit -f 100; exec "$@"', "sh")
    plain = run(pip_command(where, install(server)), env, prefix=prefix)
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)}, prefix=prefix)
    _stands(done, plain, env)
    assert b"the CA bundle cannot be written: File too large" in re.sub(rb"\s+", b" ", done.stderr)
    assert not where.installed("speck")
    server.settle()
    assert server.requests == []


@pytest.mark.shows("faults", "a temporary folder that cannot be written")
def test_a_temporary_folder_that_cannot_be_written(
    server: Stage, authority: Authority, ca: Path, env: dict[str, str]
) -> None:
    """Python goes to the next one, as for pip."""
    where = patient(NEW, "speck")
    prefix = _with_tmpfs(env["TMPDIR"], "ro")
    before = set(Path("/tmp").glob("pipsafe-*"))
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)}, prefix=prefix)
    assert_rescued(done, where, env, authority)
    mine = [folder for folder in set(Path("/tmp").glob("pipsafe-*")) - before if _is_left(folder)]
    assert mine == []


def _is_left(folder: Path) -> bool:
    """Whether no running process made it: other runs may be under way on this machine."""
    return not Path("/proc", folder.name.split("-")[1]).exists() and folder.exists()


# --- what pipsafe itself stands on is broken ----------------------------------------------------------------


@pytest.mark.shows("faults", "certifi and truststore broken or gone")
@pytest.mark.parametrize(("pip", "roots"), [(OLD, None), (NEW, b"")], ids=["no file", "empty file"])
def test_broken_dependencies(
    pip: str,
    roots: bytes | None,
    server: Stage,
    authority: Authority,
    ca: Path,
    env: dict[str, str],
    tmp_path: Path,
) -> None:
    where = patient(pip, "speck")
    for name in ("certifi", "truststore"):
        package = tmp_path / "broken" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('broken')\n", encoding="utf-8")
        if roots is not None:
            (package / "cacert.pem").write_bytes(roots)
    given = {**env, TOOL: str(ca), "PYTHONPATH": str(tmp_path / "broken")}
    done = run_pipsafe(where, install(server), given)
    assert_rescued(done, where, env, authority)


def test_a_truststore_that_cannot_be_lent(tmp_path: Path, env: dict[str, str]) -> None:
    from tests.drop_in import package_folder

    package = tmp_path / "broken" / "truststore"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('broken')\n", encoding="utf-8")
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from pipsafe.attempts.scratch import NoScratch, Scratch\n"
        "try: Scratch().lend_truststore()\n"
        "except NoScratch as error: print(error)\n"
    )
    paths = (str(tmp_path / "broken"), str(package_folder().parent))
    done = run([sys.executable, "-c", code, *paths], env)
    assert done.text.strip() == "truststore cannot be lent: broken"
    assert leftovers(env) == []


def with_the_bundle(
    server: Stage, env: dict[str, str], action: Callable[[], object], *, later: int = 0
) -> None:
    """Act once at the first connection for which a CA bundle is there: the proof, or one so much later."""
    leaf = server.certificates
    seen: list[int] = []

    def pick(connection: Connection) -> Leaf:
        if any(Path(env["TMPDIR"]).glob("pipsafe-*/ca-bundle-*.pem")):
            seen.append(connection.number)
            if len(seen) == later + 1:
                action()
        assert isinstance(leaf, Leaf)
        return leaf

    server.certificates = pick


# --- things that go away meanwhile --------------------------------------------------------------------------


@pytest.mark.shows("faults", "a CA file that goes away, or is replaced, after it was proved")
@pytest.mark.parametrize(("pip", "how"), [(OLD, "gone"), (NEW, "replaced")])
def test_a_ca_file_that_changes_after_the_proof(
    pip: str, how: str, server: Stage, authority: Authority, ca: Path, env: dict[str, str]
) -> None:
    """The retry has a copy of the very certificate that was proved."""
    where = patient(pip, "speck")
    other = Authority("Another Root")
    changes: dict[str, Callable[[], object]] = {
        "gone": ca.unlink,
        "replaced": functools.partial(other.write, ca),
    }
    with_the_bundle(server, env, changes[how])
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)})
    assert_rescued(done, where, env, authority)


@pytest.mark.shows("faults", "the CA bundle taken away before pip reads it")
@pytest.mark.parametrize("pip", [NEW])
def test_the_bundle_is_taken_away(pip: str, server: Stage, ca: Path, env: dict[str, str]) -> None:
    """As by somebody who tidies the folder for temporary files: pip fails, nobody trusts anything else."""
    where = patient(pip, "speck")

    def tidy() -> None:
        for folder in Path(env["TMPDIR"]).glob("pipsafe-*"):
            shutil.rmtree(folder, ignore_errors=True)

    with_the_bundle(server, env, tidy)
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)})
    sound(done.stderr)
    assert not list(Path(env["TMPDIR"]).glob("pipsafe-*"))
    assert report_of(done)["exit_code"] == done.exit_code
    assert (done.exit_code == 0) == where.installed("speck"), done.text
    assert own(env) == []


@pytest.mark.shows("faults", "the target's Python taken away while it runs")
@pytest.mark.parametrize("pip", [NEW])
def test_the_python_is_taken_away(
    pip: str, server: Stage, ca: Path, fresh: Callable[[str], Target], env: dict[str, str]
) -> None:
    where = fresh(pip)
    server.at_first_connection = where.python.unlink
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)})
    assert done.exit_code == 1, done.text
    assert b"No matching distribution found for speck" in done.stderr
    (said,) = own_words(done.stderr)
    assert "could not be looked into" in said
    assert "cannot be started: No such file or directory" in said
    sound(done.stderr)
    assert own(env) == []


@pytest.mark.shows("faults", "stderr closed")
@pytest.mark.parametrize("pip", [OLD])
def test_stderr_is_closed(
    pip: str, server: Stage, authority: Authority, ca: Path, env: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    prefix = ("sh", "-c", 'exec "$@" 2>&-', "sh")
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)}, prefix=prefix)
    assert_rescued(done, where, env, authority)
    assert done.stderr == b""


@pytest.mark.shows("faults", "the report's folder taken away meanwhile")
def test_the_report_s_folder_is_taken_away(
    server: Stage, ca: Path, env: dict[str, str], tmp_path: Path
) -> None:
    where, folder = patient(NEW, "speck"), tmp_path / "reports"
    folder.mkdir()
    server.at_first_connection = folder.rmdir
    with watched(where, install(server), {**env, TOOL: str(ca)}, folder / "report.json") as running:
        _, errors = running.process.communicate(timeout=30)
    assert running.process.returncode == 0, errors.decode()
    assert where.installed("speck")
    assert b"the report could not be written: No such file or directory." in errors
    sound(errors)
    assert own(env) == []


@pytest.mark.shows("faults", "the clock jumps between two attempts")
@pytest.mark.parametrize("years", [20])
def test_the_clock_jumps(
    years: int,
    server: Stage,
    ca: Path,
    fresh: Callable[[str], Target],
    env: dict[str, str],
    tmp_path: Path,
) -> None:
    """What was proved is out of date in the retry: pip fails, and verification stays on."""
    library = next(iter([*Path("/usr/lib").glob("*/faketime/libfaketime.so.1")]), None)
    if library is None:
        pytest.skip("no faketime here")
    where, moment = fresh(NEW), tmp_path / "moment"
    moment.write_text("+0", encoding="ascii")
    given = {**env, TOOL: str(ca), "FAKETIME_TIMESTAMP_FILE": str(moment), "FAKETIME_NO_CACHE": "1"}
    # The target's Python alone has another clock: a sleep of pipsafe's own would fail under that library.
    real = where.python.resolve()
    where.python.unlink()
    preloading = f'#!/bin/bash\nexport LD_PRELOAD="{library}"\nexec -a "$0" "{real}" "$@"\n'
    where.python.write_text(preloading, encoding="utf-8")
    where.python.chmod(0o755)
    with_the_bundle(server, env, lambda: moment.write_text(f"{years:+}y", encoding="ascii"), later=1)
    done = run_pipsafe(where, install(server), given)
    sound(done.stderr)
    assert moment.read_text(encoding="ascii") != "+0"
    assert done.exit_code == 1, done.text
    assert not where.installed("speck")
    assert report_of(done)["outcome"] == "unremedied", done.text
    assert own(env) == []


@pytest.mark.shows("faults", "the target's Python taken away between two attempts")
def test_the_python_is_taken_away_before_the_retry(
    server: Stage, ca: Path, fresh: Callable[[str], Target], env: dict[str, str]
) -> None:
    where = fresh(NEW)
    with_the_bundle(server, env, where.python.unlink)
    done = run_pipsafe(where, install(server), {**env, TOOL: str(ca)})
    assert done.exit_code == 1, done.text
    assert own(env) == []
    assert b"cannot be started" in done.stderr, done.text
    sound(done.stderr)
