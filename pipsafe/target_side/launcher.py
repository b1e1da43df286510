"""Runs pip in this interpreter and hands a copy of what it writes to pipsafe.

    python launcher.py COPY STYLE [PIP ARGUMENTS...]

COPY is the number of an inherited descriptor (on Windows: of two handles, ``copy,control``)
and STYLE says how pip shall believe it was started: ``script`` (as ``pip``) or ``module``
(as ``python -m pip``).

What goes over COPY is a sequence of frames, each one tag byte, the payload's length as four
bytes, big end first, and the payload:

    h  once, before pip starts: NUL-separated facts about this interpreter and its pip
    n  instead of h: there is no pip here; the payload says why
    o  pip wrote this to stdout         e  pip wrote this to stderr
    i  pip begins to install            z  the end: the OpenSSL version if ssl was loaded,
                                           NUL, and "stopped" if pip was made to stop

A tee inside this process keeps terminals, order and Windows consoles whole: the streams
that pip writes to are pipsafe's own.
"""

# Python 3.7 syntax, stdlib only. Nothing may be imported before the next lines have run:
# until then the folder of this file is the first place that imports look in. (Where safe
# paths are on it is not there, and another folder must not be taken out for it.)
import sys

if "__file__" in globals() and sys.path[:1] == [__file__[: max(__file__.rfind("/"), __file__.rfind("\\"))]]:
    del sys.path[0]

import os  # noqa: E402
import runpy  # noqa: E402
import time  # noqa: E402
from _thread import allocate_lock, get_ident, interrupt_main, start_new_thread  # noqa: E402

OLDEST_PIP = (19, 3)

# The shell's cursor must come back even when a progress bar is cut off.
SHOW_CURSOR = "\x1b[?25h"

# After a stop was obeyed, how long before another one is: an exception that was raised
# inside a destructor is swallowed by Python, and has to be raised again.
SECONDS_BEFORE_ANOTHER_STOP = 1.0


class Copy:
    """The way to pipsafe. Losing it must not disturb pip."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.lock = allocate_lock()

    def send(self, tag, text=""):
        if self.descriptor is None:
            return
        payload = text.encode("utf-8", "backslashreplace")
        frame = memoryview(tag + len(payload).to_bytes(4, "big") + payload)
        try:
            with self.lock:
                while frame:
                    frame = frame[os.write(self.descriptor, frame) :]
        except OSError:
            self.descriptor = None


class Tee:
    """A standard stream that writes through, then copies. All else is the stream's own."""

    def __init__(self, stream, tag, state):
        self._stream = stream
        self._tag = tag
        self._state = state

    def write(self, text):
        state = self._state
        if state.stopped:
            if SHOW_CURSOR in text:
                self._stream.write(SHOW_CURSOR)
            return len(text)
        written = self._stream.write(text)
        state.copy.send(self._tag, text)
        return written

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def __iter__(self):
        return iter(self._stream)

    def __repr__(self):
        return repr(self._stream)


class State:
    """What the streams, the stop signal and the watch on pip's install step share."""

    def __init__(self, copy):
        self.copy = copy
        self.stopped = 0.0  # monotonic seconds of the last stop that was obeyed
        self.installing = False

    def stop(self, frame):
        """Mute pip and say whether it may be interrupted where ``frame`` stands.

        Never once pip began to install, and not while it waits for a child process (a
        build): pipsafe asks again.
        """
        now = time.monotonic()
        if self.installing or (self.stopped and now - self.stopped < SECONDS_BEFORE_ANOTHER_STOP):
            return False
        while frame is not None:
            if frame.f_globals.get("__name__") in ("subprocess", "pip._internal.utils.subprocess"):
                return False
            frame = frame.f_back
        self.stopped = now
        return True


def obey_stop_signal(state):
    """KeyboardInterrupt is the one exception on which every pip cleans up and goes."""
    import _signal

    def stop(number, frame):
        if state.stop(frame):
            raise KeyboardInterrupt

    _signal.signal(_signal.SIGUSR1, stop)


def obey_control(state, control):
    """Windows has no signal to spare: a thread waits for one byte per request to stop."""
    main_thread = get_ident()

    def listen():
        while os.read(control, 1):
            if state.stop(sys._current_frames().get(main_thread)):
                interrupt_main()

    start_new_thread(listen, ())


class InstallWatch:
    """Notes the moment pip begins to install: a quiet pip does not say so.

    A finder that waits for one module, wraps one function of it and is gone.
    """

    module = "pip._internal.commands.install"

    def __init__(self, state):
        self.state = state

    def find_spec(self, name, path=None, target=None):
        if name != self.module:
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self._wrap(spec.loader)
                return spec
        return None

    def _wrap(self, loader):
        execute = loader.exec_module
        state = self.state

        def execute_and_watch(module):
            execute(module)
            install = module.install_given_reqs

            def install_given_reqs(*arguments, **named):
                state.installing = True
                state.copy.send(b"i")
                return install(*arguments, **named)

            module.install_given_reqs = install_given_reqs

        try:
            loader.exec_module = execute_and_watch
        except AttributeError:  # a loader without a __dict__: pip's own words must do
            pass


def version_numbers(version):
    numbers = []
    for part in version.split(".")[:3]:
        digits = "".join(character for character in part if character.isdigit())
        numbers.append(int(digits or 0))
    return tuple(numbers)


def greet(copy):
    """Say who we are. Returns False when there is no pip that can be driven here."""
    try:
        import pip

        version = pip.__version__
    except (ImportError, AttributeError) as error:
        copy.send(b"n", "%s\0%s" % (sys.executable, error))
        return False
    if version_numbers(version) < OLDEST_PIP:
        copy.send(b"n", "%s\0pip %s" % (sys.executable, version))
        return False
    facts = (
        sys.executable or "",
        sys.version.split()[0],
        version,
        os.path.dirname(os.path.dirname(os.path.abspath(pip.__file__))),
        sys.prefix,
        sys.platform,
        sys.implementation.name,
    )
    copy.send(b"h", "\0".join(facts))
    return True


def run_pip(style):
    if style == "module":
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
        return
    # pip reads its name from argv[0]. The pip script lies beside the interpreter.
    sys.argv[0] = os.path.join(os.path.dirname(sys.executable or ""), "pip")
    runpy.run_module("pip", run_name="__main__", alter_sys=False)


def main():
    where, style = sys.argv[1:3]
    del sys.argv[1:3]
    handles = [int(number) for number in where.split(",")]
    if os.name == "nt":
        import msvcrt

        descriptors = [
            msvcrt.open_osfhandle(handle, flags) for handle, flags in zip(handles, (os.O_WRONLY, 0))
        ]
    else:
        descriptors = handles
    os.set_inheritable(descriptors[0], False)
    copy = Copy(descriptors[0])
    state = State(copy)
    if not greet(copy):
        sys.exit(2)
    if os.name == "nt":
        obey_control(state, descriptors[1])
    else:
        obey_stop_signal(state)
    if "install" in sys.argv:
        sys.meta_path.insert(0, InstallWatch(state))
    if sys.stdout is not None:
        sys.stdout = Tee(sys.stdout, b"o", state)
    if sys.stderr is not None:
        sys.stderr = Tee(sys.stderr, b"e", state)
    try:
        run_pip(style)
    finally:
        ssl = sys.modules.get("ssl")
        ending = "stopped" if state.stopped else ""
        copy.send(b"z", getattr(ssl, "OPENSSL_VERSION", "") + "\0" + ending)


if __name__ == "__main__":
    main()
