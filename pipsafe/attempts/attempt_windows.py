"""Starting and stopping pip on Windows. Thin, and not run by anybody yet: see docs/platforms.md.

There are no signals to relay: Ctrl-C goes to every process of the console. Stopping pip is
asked for by a byte on a pipe that the launcher reads in a thread.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping

from pipsafe.attempts.attempt import Attempt, CannotStart, listen

TYPE_CHECKING = False  # see cli.py
if TYPE_CHECKING:
    from pipsafe.attempts.attempt import Heard

assert sys.platform == "win32"


def run(
    attempt: Attempt,
    command: tuple[list[str], list[str]],
    arguments: list[str],
    environ: Mapping[str, str],
    heard: "Heard",
) -> None:
    """As ``launch.run``. Raises CannotStart."""
    import msvcrt

    copy, given = os.pipe()
    told, control = os.pipe()
    handles = [msvcrt.get_osfhandle(end) for end in (given, told)]
    for handle in handles:
        os.set_handle_inheritable(handle, True)
    before, after = command
    former = signal.signal(signal.SIGINT, lambda *_: setattr(attempt, "interrupted", True))
    try:
        process = _spawn([*before, ",".join(map(str, handles)), *after, *arguments], environ, handles)
        os.close(given)
        os.close(told)
        attempt.started(lambda: _tell(control))
        listen(attempt, copy, heard)
        attempt.exit_code = process.wait()
    finally:
        attempt.ending()
        os.close(copy)
        os.close(control)
        signal.signal(signal.SIGINT, former)


def _tell(control: int) -> None:
    os.write(control, b"s")


def _spawn(command: list[str], environ: Mapping[str, str], handles: list[int]) -> "subprocess.Popen[bytes]":
    """Raises CannotStart."""
    try:
        return subprocess.Popen(
            command,
            env=dict(environ),
            close_fds=True,
            startupinfo=subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles}),
        )
    except OSError as error:
        raise CannotStart(error.strerror or str(error)) from error
