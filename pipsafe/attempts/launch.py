"""pip started under the target's interpreter by the launcher, and ended like pip ends."""

from __future__ import annotations

import os
import sys
import time

from pipsafe.attempts.attempt import Attempt

TYPE_CHECKING = False  # see cli.py
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipsafe.attempts.attempt import Asked, Heard

last_calls: list[Callable[[], None]] = []
"""What has to be done before this process ends, even by a signal, when nothing else is cleaned up."""

ARCHIVE = getattr(globals().get("__loader__"), "archive", None)
"""The zip that pipsafe lies in, if it does."""

FOLDER = os.path.join(
    os.path.dirname(os.path.dirname((os.path.abspath if ARCHIVE else os.path.realpath)(__file__))),
    "target_side",
)
"""What runs in targets, inside the zip if there is one."""

# Runs a script out of a zip. The working folder, which `-c` puts first, goes first.
BOOT_FROM_ZIP = """\
import sys
if sys.path[:1] == ['']: del sys.path[0]
import zipimport
archive, folder = zipimport.zipimporter(sys.argv.pop(1)), sys.argv.pop(1)
def read_source(name): return archive.get_data(folder + name)
script, given = sys.argv.pop(1), {'__name__': '__main__', 'read_source': read_source}
exec(compile(read_source(script), script, 'exec'), given)
"""


def run(
    python: str,
    style: str,
    arguments: list[str],
    environ: Mapping[str, str],
    *,
    heard: Heard,
    asked: Asked | None = None,
    strict: bool = False,
    replacing: Mapping[int, int] | None = None,
) -> Attempt:
    """Run pip and return when it has ended.

    ``heard(attempt, tag, payload)`` gets each piece that pip wrote: tag b"o" or b"e",
    b"s" for what the pip of an isolated build said, or b"l" for a page that pip left out for TLS.
    ``asked(attempt)``, if given, decides whether pip may go on when it leaves out a page for TLS
    and, with ``strict``, before it builds or installs (not on Windows).
    ``replacing`` maps descriptors that pip shall have to the ones that take their place.
    Raises CannotStart.
    """
    attempt = Attempt()
    began = time.monotonic()
    command = _command(python, f"{style}-strict" if strict else style)
    if sys.platform == "win32":
        from pipsafe.attempts import attempt_windows

        attempt_windows.run(attempt, command, arguments, environ, heard)
    else:
        from pipsafe.attempts import attempt_posix

        attempt_posix.run(attempt, command, arguments, environ, heard, asked, replacing or {})
    attempt.seconds = time.monotonic() - began
    return attempt


def _command(python: str, style: str) -> tuple[list[str], list[str]]:
    """What stands before and after the descriptor's number on the launcher's command line."""
    # `python -I -m pipsafe` stands for `python -I -m pip`.
    flags = _own_flags() if style.startswith("module") and python == sys.executable else []
    return [python, *flags, *script("launcher.py")], [style]


def script(name: str) -> list[str]:
    """The arguments that have any Python run what has this name in target_side."""
    if not ARCHIVE:
        return [os.path.join(FOLDER, name)]
    archive = os.path.abspath(ARCHIVE)
    return ["-c", BOOT_FROM_ZIP, archive, os.path.join(os.path.relpath(FOLDER, archive), ""), name]


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


def call_at_the_end(call: Callable[[], None]) -> None:
    """However this process ends, short of a kill."""
    if not last_calls:
        import atexit

        atexit.register(make_last_calls)
    last_calls.append(call)


def make_last_calls() -> None:
    """Each once, the latest first."""
    while last_calls:
        last_calls.pop()()


def end_like(attempt: Attempt) -> int:
    """The exit code, or no return at all: a pip that a signal ended ends pipsafe by it too."""
    if attempt.signal and sys.platform != "win32":
        make_last_calls()
        import resource
        import signal

        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # pip's core, if any, is the one to keep
        if attempt.signal not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(attempt.signal, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [attempt.signal])
        os.kill(os.getpid(), attempt.signal)
    return attempt.exit_code
