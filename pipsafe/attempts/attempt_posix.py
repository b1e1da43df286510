"""Starting pip on a POSIX system, and sharing signals and job control with it."""

from __future__ import annotations

import os
import sys
import time
from _thread import get_ident, start_new_thread

from pipsafe.attempts.attempt import Attempt, CannotStart, listen

TYPE_CHECKING = False  # see cli.py
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping

    from pipsafe.attempts.attempt import Asked, Heard
else:
    # What the standard library's module wraps into enumerations, which take longer to import than all of
    # pipsafe. Signals and handlers are plain numbers here.
    import _signal as signal

assert sys.platform != "win32"

# Signals that end a pip. The terminal sends them to the whole process group, so pip has
# them already; what was sent to pipsafe alone is sent on.
ENDING_SIGNALS = frozenset(
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if (number := getattr(signal, name, None)) is not None
)


def run(
    attempt: Attempt,
    command: tuple[list[str], list[str]],
    arguments: list[str],
    environ: Mapping[str, str],
    heard: Heard,
    asked: Asked | None,
    replacing: Mapping[int, int],
) -> None:
    """As ``launch.run``. Raises CannotStart."""
    copy, given = _pipe()
    answers, attempt.answer = _pipe() if asked is not None else (None, None)
    inherited = [end for end in (given, answers) if end is not None]
    for end in inherited:
        os.set_inheritable(end, True)
    actions = [(os.POSIX_SPAWN_DUP2, source, number) for number, source in replacing.items()]
    before, after = command
    with _Signals(attempt) as signals:
        pid = _spawn([*before, ",".join(map(str, inherited)), *after, *arguments], environ, actions, signals)
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
            attempt.answer = None
            status = _wait(attempt, pid)
    attempt.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    attempt.exit_code = 128 + attempt.signal if attempt.signal else os.WEXITSTATUS(status)


def _spawn(
    command: list[str], environ: Mapping[str, str], actions: list[tuple[int, int, int]], signals: _Signals
) -> int:
    """The process number. Raises CannotStart."""
    # Python ignores these two; a program that a shell starts does not.
    defaults = [number for name in ("SIGPIPE", "SIGXFSZ") if (number := getattr(signal, name, None))]
    try:
        return os.posix_spawn(
            command[0],
            command,
            dict(environ),
            file_actions=actions,
            setsigmask=signals.mask,
            setsigdef=defaults,
        )
    except OSError as error:
        raise CannotStart(error.strerror or str(error)) from error


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
    current: tuple[Attempt, int] | None = None
    listening = False
    starting = False
    """Whether it will be known in a moment which pip they are for."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.suspend_before: signal._HANDLER = None

    def __enter__(self) -> _Signals:
        self.mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        _Signals.starting = True
        return self

    def follow(self, pid: int) -> None:
        _Signals.current = (self.attempt, pid)
        _Signals.starting = False
        if sys.platform != "darwin":
            if not _Signals.listening:
                _Signals.listening = True
                start_new_thread(_relay, (get_ident(),))
        else:
            _relay_unasked()
        self.suspend_before = signal.getsignal(signal.SIGTSTP)
        if self.suspend_before != signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, _suspend_together)

    def __exit__(self, *_: object) -> None:
        _Signals.current = None
        _Signals.starting = False
        if self.suspend_before is not None and self.suspend_before != signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, self.suspend_before)
        signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)


if sys.platform != "darwin":

    def _relay(main_thread: int) -> None:
        while True:
            info = signal.sigwaitinfo(ENDING_SIGNALS)
            if signal.getsignal(info.si_signo) == signal.SIG_IGN:
                continue  # as under nohup; pip ignores it as well
            while _Signals.starting:
                time.sleep(0.001)
            current = _Signals.current
            if current is None:
                signal.pthread_kill(main_thread, info.si_signo)
                continue
            attempt, pid = current
            attempt.interrupted = True
            if info.si_code <= 0:
                attempt.send(_killing(pid, info.si_signo))


def _killing(pid: int, number: int) -> Callable[[], None]:
    return lambda: os.kill(pid, number)


def _relay_unasked() -> None:
    def relay(number: int, _: object) -> None:
        if _Signals.current is not None:
            attempt, pid = _Signals.current
            attempt.interrupted = True
            if number not in (signal.SIGINT, signal.SIGQUIT):
                attempt.send(_killing(pid, number))

    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
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
