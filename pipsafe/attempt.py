"""One run of pip: started, watched, stopped if need be, and ended like pip ends.

On the success path: imports are few on purpose. pip gets pipsafe's own stdin, stdout and
stderr; a copy of what it writes comes back in frames (see target_side/launcher.py).
"""

import os
import signal
import sys
import time
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Callable, Mapping

# Signals that end a pip. The terminal sends them to the whole process group, so pip has
# them already; what was sent to pipsafe alone is sent on.
ENDING_SIGNALS = frozenset(
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if (number := getattr(signal, name, None)) is not None
)

READ_BYTES = 65536

# Runs the launcher out of a zip. The working folder, which `-c` puts first, goes first.
BOOT_FROM_ZIP = """\
import sys
if sys.path[:1] == ['']: del sys.path[0]
import zipimport
source = zipimport.zipimporter(sys.argv.pop(1)).get_data(sys.argv.pop(1))
exec(compile(source, 'launcher.py', 'exec'), {'__name__': '__main__'})
"""

STOP_INTERVAL = 0.05  # seconds between two requests to stop


class Hello:
    """What the launcher says of its interpreter before pip starts."""

    __slots__ = (
        "executable",
        "implementation",
        "location",
        "pip_version",
        "platform",
        "prefix",
        "python_version",
    )

    def __init__(self, payload: bytes) -> None:
        fields = payload.decode("utf-8", "replace").split("\0")
        self.executable, self.python_version, self.pip_version, self.location = fields[:4]
        self.prefix, self.platform, self.implementation = fields[4:7]


class Attempt:
    """A run of pip, under way or over."""

    __slots__ = (
        "_lock",
        "_stop",
        "answer",
        "exit_code",
        "hello",
        "installing",
        "interrupted",
        "no_pip",
        "openssl",
        "seconds",
        "signal",
        "stopped",
    )

    def __init__(self) -> None:
        self.hello: Hello | None = None
        self.no_pip: str | None = None
        """Why there is no pip to drive: "PYTHON\\0REASON"."""
        self.openssl: str | None = None
        """The target's OpenSSL, if pip came to load it."""
        self.exit_code = 0
        """As a shell would see it: 128 + N after signal N."""
        self.signal = 0
        """The signal that ended pip, or 0."""
        self.seconds = 0.0
        self.installing = False
        """Whether pip began to install."""
        self.interrupted = False
        """Whether somebody asked pip to end."""
        self.stopped = False
        """Whether pipsafe ended it, and it obeyed."""
        self.answer: int | None = None
        """Where the launcher's questions are answered."""
        self._lock = allocate_lock()
        self._stop: Callable[[], None] | None = None

    def request_stop(self) -> None:
        """Ask pip to end, again and again until it has. From any thread; returns when pip is gone.

        The launcher refuses while pip installs or waits for a build.
        """
        while not self.installing:
            with self._lock:
                if self._stop is None:
                    return
                self._stop()
            time.sleep(STOP_INTERVAL)

    def started(self, stop: Callable[[], None]) -> None:
        """pip runs, and this is how to ask it to stop."""
        self._stop = stop

    def send(self, signalling: Callable[[], None]) -> None:
        """Signal pip, unless it is gone."""
        with self._lock:
            if self._stop is not None:
                signalling()

    def ending(self) -> None:
        """pip is gone. Its number may soon be another's, so nothing is sent to it any more."""
        with self._lock:
            self._stop = None


def run(
    python: str,
    style: str,
    arguments: list[str],
    environ: Mapping[str, str],
    *,
    heard: Callable[[Attempt, bytes, bytes], None],
    asked: Callable[[Attempt], bool] | None = None,
    replacing: Mapping[int, int] | None = None,
) -> Attempt:
    """Run pip and return when it has ended.

    ``heard(attempt, tag, payload)`` gets each piece that pip wrote: tag b"o" or b"e", or
    b"s" for what the pip of an isolated build said.
    ``asked(attempt)``, if given, decides whether pip may begin to install (not on Windows).
    ``replacing`` maps descriptors that pip shall have to the ones that take their place.
    Raises OSError when ``python`` cannot be started.
    """
    attempt = Attempt()
    began = time.monotonic()
    if os.name == "nt":
        from pipsafe import attempt_windows

        attempt_windows.run(attempt, _command(python, style), arguments, environ, heard)
    else:
        _run_posix(attempt, _command(python, style), arguments, environ, heard, asked, replacing or {})
    attempt.seconds = time.monotonic() - began
    return attempt


def _command(python: str, style: str) -> tuple[list[str], list[str]]:
    """What stands before and after the descriptor's number on the launcher's command line."""
    folder = os.path.dirname(os.path.realpath(__file__))
    launcher = os.path.join(folder, "target_side", "launcher.py")
    archive = getattr(globals().get("__loader__"), "archive", None)
    # `python -I -m pipsafe` stands for `python -I -m pip`.
    interpreter = [python, *(_own_flags() if style == "module" and python == sys.executable else ())]
    if archive is None:
        return [*interpreter, launcher], [style]
    inside = os.path.relpath(os.path.join(os.path.dirname(__file__), "target_side", "launcher.py"), archive)
    return [*interpreter, "-c", BOOT_FROM_ZIP, os.path.abspath(archive), inside], [style]


# What a Python was started with, by its name in sys.flags; variables say the rest to pip as well.
INTERPRETER_FLAGS = {
    "isolated": "-I",
    "ignore_environment": "-E",
    "no_user_site": "-s",
    "safe_path": "-P",
    "dont_write_bytecode": "-B",
}


def _own_flags() -> list[str]:
    """The options that this interpreter was started with, as far as they change what pip does."""
    flags = [option for name, option in INTERPRETER_FLAGS.items() if getattr(sys.flags, name, False)]
    for name, value in sys._xoptions.items():  # noqa: SLF001 - documented, for all its name
        flags += ["-X", name if value is True else f"{name}={value}"]
    for warning in sys.warnoptions:
        flags += ["-W", warning]
    return flags


def _run_posix(
    attempt: Attempt,
    command: tuple[list[str], list[str]],
    arguments: list[str],
    environ: Mapping[str, str],
    heard: Callable[[Attempt, bytes, bytes], None],
    asked: Callable[[Attempt], bool] | None,
    replacing: Mapping[int, int],
) -> None:
    copy, given = _pipe()
    answers, attempt.answer = _pipe() if asked is not None else (None, None)
    inherited = [end for end in (given, answers) if end is not None]
    for end in inherited:
        os.set_inheritable(end, True)
    actions = [(os.POSIX_SPAWN_DUP2, source, number) for number, source in replacing.items()]
    before, after = command
    with _Signals(attempt) as signals:
        pid = os.posix_spawn(
            before[0],
            [*before, ",".join(map(str, inherited)), *after, *arguments],
            dict(environ),
            file_actions=actions,
            setsigmask=signals.mask,
            # Python ignores these two; a program that a shell starts does not.
            setsigdef=[number for name in ("SIGPIPE", "SIGXFSZ") if (number := getattr(signal, name, None))],
        )
        for end in inherited:
            os.close(end)
        attempt.started(lambda: os.kill(pid, signal.SIGUSR1))
        signals.follow(pid)
        try:
            listen(attempt, copy, heard, asked)
        finally:
            for own in (copy, attempt.answer):
                if own is not None:
                    os.close(own)
            status = _wait(attempt, pid)
    attempt.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    attempt.exit_code = 128 + attempt.signal if attempt.signal else os.WEXITSTATUS(status)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are no standard streams, even where those are closed."""
    copy, given = os.pipe()
    return _above_standard(copy), _above_standard(given)


def _above_standard(end: int) -> int:
    if end > 2:
        return end
    import fcntl

    moved = fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(end)
    return moved


def listen(
    attempt: Attempt,
    copy: int,
    heard: Callable[[Attempt, bytes, bytes], None],
    asked: Callable[[Attempt], bool] | None = None,
) -> None:
    """Read frames until pip's end of the pipe is closed."""
    pending = b""
    while data := os.read(copy, READ_BYTES):
        pending += data
        start = 0
        while len(pending) >= start + 5:
            end = start + 5 + int.from_bytes(pending[start + 1 : start + 5], "big")
            if len(pending) < end:
                break
            tag, payload = pending[start : start + 1], pending[start + 5 : end]
            if tag == b"q" and asked is not None and attempt.answer is not None:
                _answer(attempt.answer, asked(attempt))
            else:
                take_frame(attempt, tag, payload, heard)
            start = end
        pending = pending[start:]


def _answer(end: int, yes: bool) -> None:  # noqa: FBT001 - what was asked can only be answered so
    try:
        os.write(end, b"y" if yes else b"n")
    except OSError:  # pip is gone
        pass


def take_frame(
    attempt: Attempt, tag: bytes, payload: bytes, heard: Callable[[Attempt, bytes, bytes], None]
) -> None:
    """One frame from the launcher, taken into ``attempt`` or passed on to ``heard``."""
    if tag in (b"o", b"e", b"s"):
        heard(attempt, tag, payload)
    elif tag == b"h":
        attempt.hello = Hello(payload)
    elif tag == b"i":
        attempt.installing = True
    elif tag == b"z":
        openssl, _, ending = payload.decode("utf-8", "replace").partition("\0")
        attempt.openssl = openssl or None
        attempt.stopped = ending == "stopped"
    elif tag == b"n":
        attempt.no_pip = payload.decode("utf-8", "replace")


def _wait(attempt: Attempt, pid: int) -> int:
    """The wait status."""
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    attempt.ending()
    return os.waitpid(pid, 0)[1]


class _Signals:
    """What is sent to pipsafe while pip runs reaches pip, once.

    The kernel says who sent a signal: a terminal's (si_code above 0) went to the whole
    process group and so to pip; what somebody sent to pipsafe alone is sent on. macOS does
    not tell, so there an interrupt is taken for the terminal's.
    """

    # One thread takes the signals, for however many attempts there are.
    current: "tuple[Attempt, int] | None" = None
    listening = False

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.suspend_before: signal._HANDLER = None

    def __enter__(self) -> "_Signals":
        self.mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        return self

    def follow(self, pid: int) -> None:
        _Signals.current = (self.attempt, pid)
        if hasattr(signal, "sigwaitinfo"):
            if not _Signals.listening:
                _Signals.listening = True
                start_new_thread(_relay, (get_ident(),))
        else:
            _relay_unasked()
        self.suspend_before = signal.getsignal(signal.SIGTSTP)
        if self.suspend_before is not signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, _suspend_together)

    def __exit__(self, *_: object) -> None:
        _Signals.current = None
        if self.suspend_before is not None and self.suspend_before is not signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, self.suspend_before)
        signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)


def _relay(main_thread: int) -> None:
    from functools import partial

    while True:
        info = signal.sigwaitinfo(ENDING_SIGNALS)
        if signal.getsignal(info.si_signo) is signal.SIG_IGN:
            continue  # as under nohup; pip ignores it as well
        current = _Signals.current
        if current is None:
            signal.pthread_kill(main_thread, info.si_signo)
            continue
        attempt, pid = current
        attempt.interrupted = True
        if info.si_code <= 0:
            attempt.send(partial(os.kill, pid, info.si_signo))


def _relay_unasked() -> None:
    def relay(number: int, _: object) -> None:
        if _Signals.current is not None:
            attempt, pid = _Signals.current
            attempt.interrupted = True
            if number not in (signal.SIGINT, signal.SIGQUIT):
                attempt.send(lambda: os.kill(pid, number))

    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, relay)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)


def _suspend_together(_number: int, _frame: object) -> None:
    """Stop and continue with pip, also when only pipsafe was told to stop."""
    if _Signals.current is None:
        return
    pid = _Signals.current[1]
    # Harmless where the terminal stopped pip already: a second stop that is still pending
    # is dropped by the kernel when pip is continued.
    os.kill(pid, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, _suspend_together)
    os.kill(pid, signal.SIGCONT)


def end_like(attempt: Attempt) -> int:
    """The exit code, or no return at all: a pip that a signal ended ends pipsafe by it too."""
    if attempt.signal and os.name != "nt":
        import resource

        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # pip's core, if any, is the one to keep
        if attempt.signal not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(attempt.signal, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [attempt.signal])
        os.kill(os.getpid(), attempt.signal)
    return attempt.exit_code
