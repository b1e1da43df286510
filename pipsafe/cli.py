"""The command: options, target, pip's first attempt, and what follows if TLS failed.

This is the success path. It has 25 ms, so whatever is needed only after a failure is
imported only then.
"""

import os
import sys

from pipsafe import own_options
from pipsafe.attempts.attempt import Attempt, CannotStart
from pipsafe.attempts.launch import end_like, run
from pipsafe.attempts.suspicion import looks_suspicious
from pipsafe.attempts.target import Target, TargetError, find
from pipsafe.attempts.transcript import Transcript
from pipsafe.own_options import OwnOptions, UsageError
from pipsafe.pip_settings.trusted_hosts import may_be_named

TYPE_CHECKING = False  # importing typing for this takes too long
if TYPE_CHECKING:
    from pipsafe.attempts.captured_streams import CapturedStreams
    from pipsafe.rescue import Rescue

USAGE_EXIT_CODE = 2

# How pips of all versions end when every index failed.
NOTHING_FOUND = (b"No matching distribution", b"Could not find a version")

# Commands of pipsafe's own; all others are pip's.
OWN_COMMANDS = ("doctor", "explain", "persist", "env", "shell-init")

# After these, on a terminal, one line tells that there is more.
NAMING_DOCTOR = (["--help"], ["--version"])

# Words on the command line that name a stream: what pip reads from it is gone for a retry.
STREAM_NAMES = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def main(style: str = "script") -> int:
    """Run pip as pip, with ``sys.argv``. Returns the exit code.

    ``style`` is how pip shall believe it was started: "script" (as ``pip``) or "module" (as
    ``python -m pip``).
    """
    try:
        options, arguments = own_options.split(sys.argv[1:], os.environ)
        if arguments and arguments[0] in OWN_COMMANDS:
            return _own_command(options, arguments, style)
        _check_files(options)
        _check_interpreter(options, arguments)
        target = find(options.python, options.python_set_by, style, os.environ)
    except (UsageError, TargetError) as error:
        return _usage(error.args[0])
    return _drive(options, target, style, arguments)


def _own_command(options: OwnOptions, arguments: list[str], style: str) -> int:
    """Raises UsageError and TargetError."""
    if arguments[0] == "doctor":
        from pipsafe import doctor

        _check_files(options)
        return doctor.main(options, arguments[1:], style)
    if arguments[0] == "persist":
        from pipsafe.persist import command

        _check_files(options)
        return command.main(options, arguments[1:], style)
    if arguments[0] == "env":
        from pipsafe.tool_environment import command as env_command

        return env_command.main(options, arguments[1:], style)
    if arguments[0] == "shell-init":
        from pipsafe.shell_init import command as shell_command

        return shell_command.main(arguments[1:], OWN_COMMANDS)
    from pipsafe import explain

    return explain.main(arguments[1:])


def _usage(message: str) -> int:
    _say(message)
    return USAGE_EXIT_CODE


def _say(message: str) -> None:
    """One line on stderr. Where that is closed print would take stdout instead."""
    if sys.stderr is not None:
        from pipsafe.messages import columns

        # Names of folders and files are in it, which may come out of an archive or a clone.
        print(f"pipsafe: {columns.visible(_in_words(message))}", file=sys.stderr)


def _in_words(message: str) -> str:
    """In the reader's language, if stderr has letters for it."""
    from pipsafe.language import catalogues, reader
    from pipsafe.language.text import said

    if reader.language(os.environ) == reader.ENGLISH:
        return message
    from pipsafe.messages import terminal

    def told(language: str) -> str:
        return str(said(message, catalogues.look(language)))

    return terminal.legible(told, os.environ, terminal.encoding_of(sys.stderr))


def _check_files(options: OwnOptions) -> None:
    if options.strict and options.no_rescue:
        from pipsafe.language.text import text

        raise UsageError(text("--pipsafe-strict and --pipsafe-no-rescue contradict each other."))
    if options.ca:
        from pipsafe.trust.explicit import check_ca

        for path, named_by in options.ca:
            check_ca(path, named_by)
    if options.report:
        from pipsafe.messages.report_file import check_place

        check_place(options.report)


def _check_interpreter(options: OwnOptions, arguments: list[str]) -> None:
    """pip's own ``--python`` runs another pip, out of our sight: it is left alone."""
    if os.environ.get("PIP_PYTHON") or any(word.partition("=")[0] == "--python" for word in arguments):
        if options.strict:
            from pipsafe.language.text import text

            raise UsageError(
                text("--pipsafe-strict cannot watch pip's --python; use --pipsafe-python instead.")
            )
        options.no_rescue = True


def _drive(options: OwnOptions, target: Target, style: str, arguments: list[str]) -> int:
    streams = None
    if any(name in word for word in arguments for name in STREAM_NAMES):
        from pipsafe.attempts import captured_streams

        streams = captured_streams.capture(arguments)
    listener = _Listener(options, target, style, arguments, streams)
    try:
        return _run_and_conclude(listener, options, target, style, arguments, streams)
    except BaseException as error:
        if listener.rescue is not None:
            from pipsafe.attempts.interruption import end_if_interrupted

            end_if_interrupted(error)
        raise


def _run_and_conclude(
    listener: "_Listener",
    options: OwnOptions,
    target: Target,
    style: str,
    arguments: list[str],
    streams: "CapturedStreams | None",
) -> int:
    try:
        attempt = run(
            target.python,
            style,
            arguments,
            os.environ,
            heard=listener.heard,
            asked=None if options.no_rescue else listener.asked,
            strict=options.strict,
            replacing=streams.replacing if streams else None,
        )
    except CannotStart as error:
        from pipsafe.language.text import of_error, text

        return _usage(
            text(
                "{python} ({reason}) cannot be started: {error}.",
                python=target.python,
                reason=target.reason,
                error=of_error(error),
            )
        )
    if attempt.hello is None:
        return _no_pip(attempt, target)
    quiet = listener.has_nothing_to_say(attempt)
    exit_code = end_like(attempt) if quiet else listener.conclude(attempt)
    if arguments in NAMING_DOCTOR:
        _name_doctor(options)
    return exit_code


def _no_pip(attempt: Attempt, target: Target) -> int:
    """The launcher found no pip that it can drive, or nobody that understands it."""
    if attempt.signal or attempt.interrupted:
        return end_like(attempt)
    from pipsafe.attempts.no_pip import reason

    return _usage(reason(attempt, target))


def _name_doctor(options: OwnOptions) -> None:
    """Only where somebody looks: pip's own output stays what it is for those who read it by a program."""
    streams = (sys.stdout, sys.stderr)
    if not options.quiet and all(stream is not None and stream.isatty() for stream in streams):
        from pipsafe.language.text import text

        told = text("pipsafe runs this pip; `pipsafe doctor` checks its TLS and installs nothing.")
        print(_in_words(told), file=sys.stderr)


class _Listener:
    """Hears what pip writes, and sends for the rescue when it speaks of TLS."""

    def __init__(
        self,
        options: OwnOptions,
        target: Target,
        style: str,
        arguments: list[str],
        streams: "CapturedStreams | None",
    ) -> None:
        self.transcript = Transcript(looks_suspicious)
        self.given = (options, target, style, arguments, streams)
        self.options = options
        self.rescue: Rescue | None = None
        self.fault: Exception | None = None

    def heard(self, attempt: Attempt, stream: bytes, payload: bytes) -> None:
        if not self.transcript.add(stream, payload) or self.fault or self.options.no_rescue:
            return
        try:
            self._rescue(attempt, probes=True).hear(attempt, self.transcript)
        except Exception as error:  # a fault here must not keep pip waiting; it is told at the end
            self.fault = error

    def asked(self, attempt: Attempt) -> bool:
        """Whether pip may go on; a fault of ours is no reason to stop it, save where it is strict."""
        try:
            if not self.fault:
                return self._rescue(attempt, probes=True).may_go_on(attempt, self.transcript)
        except Exception as error:
            self.fault = error
        return not self.options.strict

    def has_nothing_to_say(self, attempt: Attempt) -> bool:
        """Whether pip's end is all there is to it."""
        if self.options.report or self.rescue is not None or self.fault:
            return False
        if attempt.exit_code and not self.options.no_rescue and not attempt.interrupted:
            # A pip that found nothing, or said nothing, may have failed for TLS all the same.
            return not self.transcript.is_empty() and not self.transcript.mentions(NOTHING_FOUND)
        assert attempt.hello is not None
        return not may_be_named(self.given[3], os.environ, attempt.hello.prefix)

    def conclude(self, attempt: Attempt) -> int:
        try:
            if self.fault:
                raise self.fault
            return self._rescue(attempt).conclude(attempt, self.transcript)
        except Exception as error:
            _tell_of_fault(error)
            return end_like(attempt)

    def _rescue(self, attempt: Attempt, *, probes: bool = False) -> "Rescue":
        """``probes``: the target's interpreter will be needed; it starts while we import the rest."""
        if self.rescue is None:
            assert attempt.hello is not None  # the launcher speaks before pip does
            prober = None
            if probes:
                from pipsafe.attempts import interruption
                from pipsafe.probes import prober_process

                interruption.raise_once_pip_has_ended()
                prober = prober_process.ahead(attempt.hello, self.given[1].python, os.environ)
            try:
                from pipsafe.rescue import Rescue

                self.rescue = Rescue(attempt.hello, *self.given, prober=prober)
            finally:
                if self.rescue is None and prober is not None:
                    prober.end()
        return self.rescue


def _tell_of_fault(error: Exception) -> None:
    """One line, whatever broke: pip's result stands."""
    from pipsafe.language.text import text

    name = type(error).__name__
    _say(text("a fault in pipsafe ({name}); pip's result stands. Please report it.", name=name))
