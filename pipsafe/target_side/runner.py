"""Runs pip in this interpreter and tells pipsafe what it writes.

What goes over COPY is a sequence of frames, each one tag byte, the payload's length as four
bytes, big end first, and the payload:

    h  once, before pip starts: NUL-separated facts about this interpreter and its pip
    n  instead of h: there is no pip here; the payload says why
    o  pip wrote this to stdout         e  pip wrote this to stderr
    s  the pip of an isolated build said this; pip shows it only if that fails
    l  pip leaves out this page, for TLS: its own words, which -q keeps from its streams
    q  may pip go on? Asked where answers can come, when pip leaves out a page for TLS, and
       where it is strict before pip builds or installs: "y" is yes, "n" is no
    i  pip begins to install: where it left out a page, the names of what
    z  the end: the OpenSSL version if ssl was loaded, NUL, and "stopped" if pip was made
       to stop

A tee inside this process keeps terminals, order and Windows consoles whole: the streams
that pip writes to are pipsafe's own.
"""

# Python 3.7 syntax, stdlib only.
import os
import runpy
import sys
import time
from _thread import get_ident, interrupt_main, start_new_thread

OLDEST_PIP = (19, 3)

COMMANDS_TO_WATCH = frozenset(("install", "download", "wheel", "lock", "index", "list"))

# What a person would send with Ctrl-C: the pip that gets it cleans up.
INTERRUPT = 2

# The shell's cursor must come back even when a progress bar is cut off.
SHOW_CURSOR = "\x1b[?25h"

# After a stop was obeyed, how long before another one is: an exception that was raised
# inside a destructor is swallowed by Python, and has to be raised again.
SECONDS_BEFORE_ANOTHER_STOP = 1.0

# No longer frames: pipsafe holds a whole one, and pip may write megabytes in one go.
PAYLOAD_LIMIT = 32768


class Copy:
    """The way to pipsafe. Losing it must not disturb pip.

    The writer is the one of the standard library since it keeps what is left of a frame
    when an interrupt cuts a write short, locks out other threads, and raises rather than
    waits when a destructor prints in the middle of a write.
    """

    def __init__(self, descriptor):
        self.stream = open(descriptor, "wb", 2 * PAYLOAD_LIMIT, closefd=False)  # noqa: SIM115
        self.is_read = True

    def send(self, tag, text=""):
        payload = text.encode("utf-8", "backslashreplace")
        for start in range(0, len(payload) or 1, PAYLOAD_LIMIT):
            part = payload[start : start + PAYLOAD_LIMIT]
            if not self.is_read:
                return
            try:
                self.stream.write(tag + len(part).to_bytes(4, "big") + part)
                self.stream.flush()
            except RuntimeError:  # reentrant: this piece is lost, the frames stay whole
                pass
            except (OSError, ValueError):  # nobody listens any more
                self.is_read = False


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

    def __init__(self, copy, answers, strict, frames):
        self.copy = copy
        self.answers = answers
        self.strict = bool(strict)
        self.frames = frames
        self.stopped = 0.0  # monotonic seconds of the last stop that was obeyed
        self.installing = False
        self.left_out = set()  # servers whose pages pip leaves out for TLS
        self.main_thread = get_ident()

    def stop(self, frame):
        """Mute pip and say whether it may be interrupted where ``frame`` stands.

        Never once pip began to install, and not while it waits for a build: pipsafe asks
        again. A pip that fetches build dependencies is told to go instead, and takes this
        one with it.
        """
        now = time.monotonic()
        if self.installing or (self.stopped and now - self.stopped < SECONDS_BEFORE_ANOTHER_STOP):
            return False
        waiting = False
        while frame is not None:
            name = frame.f_globals.get("__name__")
            if name == self.frames.SUBPROCESS_MODULE and self.frames.is_pip_of_isolated_build(frame):
                process = frame.f_locals.get("proc")
                if process is not None:
                    self.stopped = now
                    process.send_signal(INTERRUPT)
                return False
            waiting = waiting or name in ("subprocess", self.frames.SUBPROCESS_MODULE)
            frame = frame.f_back
        if waiting:
            return False
        self.stopped = now
        return True

    def may_install(self):
        """Ask pipsafe, where it is strict; mute pip if the answer is no."""
        return not self.strict or self._ask()

    def leave_out(self, words):
        """Tell pipsafe of a page that is left out for TLS, and go on if it knows of no cure.

        The server's other pages wait for no other answer.
        """
        server = "/".join(words.split("/", 3)[:3])
        is_known = server in self.left_out
        self.left_out.add(server)
        self.copy.send(b"l", words + "\n")
        if is_known or self.installing or self.stopped or self._ask():
            return
        if get_ident() == self.main_thread:
            raise KeyboardInterrupt
        time.sleep(SECONDS_BEFORE_ANOTHER_STOP)  # the main thread is being told

    def _ask(self):
        if self.answers is None:
            return True
        self.copy.send(b"q")
        answer = os.read(self.answers, 1)
        # Without an answer pipsafe is gone.
        if answer == b"y" or (not answer and not self.strict):
            return True
        if get_ident() == self.main_thread:
            self.stopped = time.monotonic()
        return False

    def over(self):
        """pip is done: from here on a stop would only disturb the clean-up of this process."""
        self.installing = True
        if os.name != "nt":
            import _signal  # type: ignore[import-not-found]

            # Not left to Python: it puts the default back when it ends, which is to die.
            _signal.signal(_signal.SIGUSR1, _signal.SIG_IGN)


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


def version_numbers(version):
    parts = ("".join(filter(str.isdigit, part)) for part in version.split(".")[:3])
    return tuple(int(digits or 0) for digits in parts)


def greet(copy):
    """Say who we are. Returns False when there is no pip that can be driven here."""
    try:
        import pip

        version = pip.__version__
        numbers = version_numbers(version)
    except Exception as error:  # a pip that is damaged cannot be driven either
        copy.send(b"n", "%s\0%s" % (sys.executable, error))
        return False
    if numbers < OLDEST_PIP:
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


def keep_first_place():
    """pip's __main__ takes the working folder out of the first place: that of ``python -m``.

    Here that one never was in, so what stands there is the user's own PYTHONPATH.
    """
    try:
        if sys.path and sys.path[0] in ("", os.getcwd()):
            sys.path.insert(0, sys.path[0])
    except OSError:  # the working folder is gone
        pass


def run_pip(style):
    if style == "script" or not getattr(sys.flags, "safe_path", False):
        keep_first_place()
    if style == "module":
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
        return
    # pip reads its name from argv[0]. The pip script lies beside the interpreter.
    sys.argv[0] = os.path.join(os.path.dirname(sys.executable or ""), "pip")
    runpy.run_module("pip", run_name="__main__", alter_sys=False)


def main(part):
    """``part`` makes a module of a file that lies beside this one."""
    where, style = sys.argv[1:3]
    del sys.argv[1:3]
    handles = [int(number) for number in where.split(",")]
    if sys.platform == "win32":
        import msvcrt

        descriptors = [
            msvcrt.open_osfhandle(handle, flags) for handle, flags in zip(handles, (os.O_WRONLY, 0))
        ]
    else:
        descriptors = handles
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    copy = Copy(descriptors[0])
    style, _, strict = style.partition("-")
    state = State(
        copy, descriptors[1] if descriptors[1:] and os.name != "nt" else None, strict, part("frames")
    )
    if not greet(copy):
        sys.exit(2)
    if os.name == "nt":
        obey_control(state, descriptors[1])
    else:
        obey_stop_signal(state)
    if not COMMANDS_TO_WATCH.isdisjoint(sys.argv):
        sys.meta_path.insert(0, part("watch").Watch(state))
    if sys.stdout is not None:
        sys.stdout = Tee(sys.stdout, b"o", state)
    if sys.stderr is not None:
        sys.stderr = Tee(sys.stderr, b"e", state)
    try:
        run_pip(style)
    finally:
        state.over()
        ssl = sys.modules.get("ssl")
        ending = "stopped" if state.stopped else ""
        copy.send(b"z", getattr(ssl, "OPENSSL_VERSION", "") + "\0" + ending)
