"""Notes what a pip that is not verbose does not say: see runner.py for what is told of it."""

# Python 3.7 syntax, stdlib only.
import sys

INSTALL_MODULE = "pip._internal.commands.install"

# Where pip fetches pages of links: since 20.0, and before.
COLLECTOR_MODULES = ("pip._internal.index.collector", "pip._internal.collector")

# How its words on a page that it leaves out end (19.3 to 26.3), and what they have in them if that
# was for TLS. A page that is not there is left out as well.
LEAVES_OUT = "- skipping"
FOR_TLS = (
    "confirming the ssl certificate",
    "SSLError",
    "CertificateError",
    "ProxyError",
    "proxy connection error",
)

# What call_subprocess logs before it runs a child: a build is code of the package's already.
BEFORE_CHILD = "Running command %s"


class Watch:
    """Notes what a pip that is not verbose does not say.

    A finder that waits for three modules of pip, wraps one name in each, and leaves all else
    alone. A pip of another make, without those names, goes unwatched: its words must do.
    """

    def __init__(self, state):
        self.state = state
        self.wraps = {INSTALL_MODULE: self._watch_install, state.frames.SUBPROCESS_MODULE: self._overhear}
        self.wraps.update(dict.fromkeys(COLLECTOR_MODULES, self._watch_pages))

    def find_spec(self, name, path=None, target=None):
        wrap = self.wraps.pop(name, None)
        if wrap is None:
            return None
        if not self.wraps:
            sys.meta_path.remove(self)
        for finder in list(sys.meta_path):
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                self._after_loading(spec.loader, wrap)
                return spec
        return None

    def _after_loading(self, loader, wrap):
        execute = loader.exec_module

        def execute_and_wrap(module):
            execute(module)
            wrap(module)

        try:
            loader.exec_module = execute_and_wrap
        except AttributeError:  # a loader without a __dict__
            pass

    def _watch_install(self, module):
        """The moment pip begins to install."""
        state = self.state
        install = getattr(module, "install_given_reqs", None)
        if install is None:
            return

        def install_given_reqs(*arguments, **named):
            if arguments and not arguments[0]:  # all is there already: nothing begins
                return install(*arguments, **named)
            if not state.may_install():
                raise KeyboardInterrupt
            state.installing = True
            state.copy.send(b"i", names_of(arguments) if state.left_out else "")
            return install(*arguments, **named)

        module.install_given_reqs = install_given_reqs

    def _watch_pages(self, module):
        """The pages that pip leaves out: it says so too softly for -q."""
        for name in COLLECTOR_MODULES:
            self.wraps.pop(name, None)
        if hasattr(module, "logger"):
            module.logger = PageLog(module.logger, self.state)

    def _overhear(self, module):
        """What the pip of an isolated build says: pip keeps it until that one has failed."""
        if hasattr(module, "subprocess_logger"):
            module.subprocess_logger = Overheard(module.subprocess_logger, self.state)


class Overheard:
    """pip's logger for the output of its children, with a copy of those lines for pipsafe."""

    def __init__(self, logger, state):
        self._logger = logger
        self._state = state
        self._copy = state.copy

    def __getattr__(self, name):
        log = getattr(self._logger, name)
        if name not in ("debug", "verbose", "info"):
            return log

        def log_and_copy(message, *arguments, **named):
            if message == BEFORE_CHILD and not self._state.may_install():
                raise KeyboardInterrupt
            if not arguments and self._state.frames.is_pip_of_isolated_build(sys._getframe(1)):
                self._copy.send(b"s", "%s\n" % message)
            return log(message, *arguments, **named)

        return log_and_copy


class PageLog:
    """pip's logger for the pages that it fetches. What it logs, and at which level, stays as it is."""

    def __init__(self, logger, state):
        self._logger = logger
        self._state = state

    def __getattr__(self, name):
        log = getattr(self._logger, name)
        if name not in ("debug", "info"):
            return log

        def log_and_tell(message, *arguments, **named):
            log(message, *arguments, **named)
            if isinstance(message, str) and message.endswith(LEAVES_OUT):
                self._tell(message, arguments)

        return log_and_tell

    def _tell(self, message, arguments):
        # On one line: what a server says must not look like more words of pip's.
        try:
            words = " ".join((message % arguments).split())
        except (TypeError, ValueError):  # logging tells of that by itself
            return
        if any(sign in words for sign in FOR_TLS) and not self._state.frames.is_self_check(sys._getframe(1)):
            self._state.leave_out(words)


def names_of(arguments):
    """The projects among the requirements that pip is to install."""
    named = [getattr(item, "name", None) for item in arguments[0]] if arguments else []
    return " ".join(str(name) for name in named if name)
