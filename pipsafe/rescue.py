"""Attempts in rounds: what each came to, what it is followed by, and what the user is told.

attempt -> findings -> remedy -> attempt -> ... -> words, report, exit code
"""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipsafe import __version__, command_line, evidence, report, terminal, wording
from pipsafe.attempt import Attempt, run
from pipsafe.captured_streams import CapturedStreams, supplied
from pipsafe.evidence import Evidence, Kind
from pipsafe.examination import Findings, examine, surroundings
from pipsafe.own_options import OwnOptions
from pipsafe.scratch import Scratch
from pipsafe.situation import Situation
from pipsafe.suspicion import looks_suspicious
from pipsafe.target import Target
from pipsafe.terminal import Line
from pipsafe.transcript import Transcript

MOST_ATTEMPTS = 4

# Kinds of evidence that a handshake can look into while pip goes on.
TLS_KINDS = frozenset(Kind) - {Kind.NOT_FOUND}

# Commands whose output is not yet out when an index fails TLS: they may be stopped.
STOPPABLE = ("install", "download", "wheel", "lock", "index", "search")

# The exit code where --pipsafe-strict stops the run: pip's own for an error.
REFUSED_EXIT_CODE = 1


@dataclass(frozen=True, slots=True)
class Ended:
    """One attempt and what was found out about it."""

    situation: Situation
    attempt: Attempt
    findings: Findings
    saw_tls_failure: bool


class Round:
    """Listens to one attempt, and examines what it says while it goes on."""

    def __init__(self, situation: Situation, scratch: Scratch, *, strict: bool, may_stop: bool) -> None:
        self.situation, self.scratch = situation, scratch
        self.strict, self.may_stop = strict, may_stop
        self.evidence: list[Evidence] = []
        self.findings: Findings | None = None
        self.fault: Exception | None = None
        self._examined = 0
        self._thread: threading.Thread | None = None

    def hear(self, attempt: Attempt, transcript: Transcript) -> None:
        """There is something suspicious in the transcript: look, and begin to examine."""
        self._note(*transcript.unread())
        if self.evidence and self._thread is None and not attempt.installing and attempt.hello is not None:
            self._thread = threading.Thread(target=self._examine_and_stop, args=(attempt,), daemon=True)
            self._thread.start()

    def _note(self, own: str, of_builds: str) -> None:
        """New evidence. What a build said is never taken for pip's own words."""
        found = [*evidence.read(own)]
        found += [replace(item, inner=True, leg="build-dependency") for item in evidence.read(of_builds)]
        known = set(self.evidence)
        self.evidence += [item for item in found if item not in known and item.kind in TLS_KINDS]

    def _examine_and_stop(self, attempt: Attempt) -> None:
        try:
            self._examine(attempt, silent=False)
        except Exception as error:  # told at the end; pip goes on
            self.fault = error
            return
        findings = self.findings
        if findings is None or not self.may_stop:
            return
        if findings.remedy is not None or (self.strict and findings.diagnoses):
            attempt.request_stop()

    def _examine(self, attempt: Attempt, *, silent: bool) -> None:
        assert attempt.hello is not None
        self._examined = len(self.evidence)
        self.findings = examine(self.situation, attempt.hello, self.evidence, self.scratch, silent=silent)

    def conclude(self, attempt: Attempt, transcript: Transcript) -> Ended:
        """After pip has ended: finish the examination, or make one if pip's end calls for it."""
        if self._thread is not None:
            self._thread.join()
        if not attempt.stopped and not attempt.interrupted and self.fault is None:
            self._note(*transcript.text())
            self._examine_the_end(attempt, transcript)
        if self.fault is not None:
            raise self.fault
        return Ended(self.situation, attempt, self.findings or Findings(), bool(self.evidence))

    def _examine_the_end(self, attempt: Attempt, transcript: Transcript) -> None:
        new = len(self.evidence) > self._examined
        if new and (attempt.exit_code or not attempt.installing):
            self._examine(attempt, silent=False)
        elif attempt.exit_code and not self.evidence and self._is_silent_failure(transcript):
            self._examine(attempt, silent=True)

    def _is_silent_failure(self, transcript: Transcript) -> bool:
        """pip found nothing, or said nothing at all: TLS may be behind it."""
        if transcript.is_empty():
            return True
        return any(item.kind is Kind.NOT_FOUND for item in evidence.read(transcript.text()[0]))


class Rescue:
    """A run of pipsafe from the first suspicion to its end."""

    def __init__(
        self,
        options: OwnOptions,
        target: Target,
        style: str,
        arguments: list[str],
        streams: CapturedStreams | None,
    ) -> None:
        self.options, self.target, self.streams = options, target, streams
        self.line = command_line.parse(arguments)
        self.scratch = Scratch()
        self.situation = Situation(
            python=target.python,
            why=target.reason,
            style=style,
            arguments=tuple(arguments),
            environ=dict(os.environ),
            explicit_ca=tuple(
                (os.path.abspath(os.path.expanduser(path)), named_by) for path, named_by in options.ca
            ),
            supplied=supplied(streams),
        )
        self.round = self._round(self.situation)
        self.mid_line = False
        self.warnings: list[str] = []

    def _round(self, situation: Situation) -> Round:
        outdated = self.line.count("outdated") + self.line.count("uptodate") > 0
        may_stop = self.line.command in STOPPABLE or (self.line.command == "list" and outdated)
        return Round(situation, self.scratch, strict=self.options.strict, may_stop=may_stop)

    def hear(self, attempt: Attempt, transcript: Transcript) -> None:
        """Called while the first attempt goes on."""
        self.round.hear(attempt, transcript)

    def conclude(self, attempt: Attempt, transcript: Transcript) -> int:
        """Everything that follows the first attempt. Returns the exit code."""
        with _ending_signals_raise():
            try:
                return self._conclude(attempt, transcript)
            finally:
                self.scratch.remove()

    def _conclude(self, attempt: Attempt, transcript: Transcript) -> int:
        ended = [self._end(self.round, attempt, transcript)]
        remedy = None
        tried: list[Any] = []
        while (next_remedy := self._next_remedy(ended[-1], tried)) is not None:
            remedy = next_remedy
            tried.append(_essence(remedy))
            self._say(wording.announcement(ended[-1].findings))
            situation = ended[-1].situation.changed(remedy.environment, remedy.arguments)
            ended.append(self._retry(situation))
            if len(ended) == MOST_ATTEMPTS:
                break
        return self._finish(ended, remedy)

    def _end(self, around: Round, attempt: Attempt, transcript: Transcript) -> Ended:
        """One attempt's end. A fault of ours is told, and never hides pip's result."""
        self.mid_line = transcript.ends_in_mid_line()
        if self.options.no_rescue or attempt.interrupted:
            return Ended(around.situation, attempt, Findings(), bool(around.evidence))
        try:
            return around.conclude(attempt, transcript)
        except Exception as error:
            self._say([wording.fault(error)])
            self.warnings.append(wording.fault(error).text)
            return Ended(around.situation, attempt, Findings(), bool(around.evidence))

    def _next_remedy(self, last: Ended, tried: list[Any]) -> Any:
        """What the next attempt would be given; None if there is to be none."""
        attempt, remedy = last.attempt, last.findings.remedy
        over = attempt.installing or attempt.interrupted or not (attempt.stopped or attempt.exit_code)
        if over or remedy is None or _essence(remedy) in tried:
            return None
        return remedy

    def _retry(self, situation: Situation) -> Ended:
        around = self._round(situation)
        transcript = Transcript(looks_suspicious)

        def heard(attempt: Attempt, stream: bytes, payload: bytes) -> None:
            if transcript.add(stream, payload) and around.fault is None:
                try:
                    around.hear(attempt, transcript)
                except Exception as error:
                    around.fault = error

        if self.streams is not None:
            self.streams.rewind()
        attempt = run(
            situation.python,
            situation.style,
            list(situation.arguments),
            situation.environ,
            heard=heard,
            replacing=self.streams.replacing if self.streams else None,
        )
        return self._end(around, attempt, transcript)

    # The end

    def _finish(self, ended: list[Ended], remedy: Any) -> int:
        last = ended[-1]
        outcome = _outcome(last, remedy, strict=self.options.strict)
        exit_code = last.attempt.exit_code
        if outcome == "refused":
            exit_code = REFUSED_EXIT_CODE
        self._say(self._closing(outcome, last, remedy))
        self._warn_of_trusted_hosts(last)
        self._report(outcome, exit_code, ended, remedy)
        self.scratch.remove()
        if outcome == "interrupted":
            from pipsafe.attempt import end_like

            return end_like(last.attempt)
        return exit_code

    def _closing(self, outcome: str, last: Ended, remedy: Any) -> list[Line]:
        findings = last.findings
        if outcome == "rescued":
            return wording.success(remedy)
        if outcome == "retried":
            return wording.retry_failed()
        if outcome == "refused":
            return [*wording.unremedied(findings, self._about(last)), wording.refused(findings)]
        if outcome == "skipped" and findings.diagnoses:
            return wording.skipped(findings)
        if outcome == "unremedied" and findings.diagnoses:
            return wording.unremedied(findings, self._about(last))
        return []

    def _about(self, last: Ended) -> list[str]:
        hello, facts = last.attempt.hello, last.findings.facts
        assert hello is not None
        openssl = facts.openssl if facts else last.attempt.openssl
        return [
            f"seen by  pipsafe {__version__} with pip {hello.pip_version}, Python {hello.python_version}, {openssl}"
        ]

    def _warn_of_trusted_hosts(self, last: Ended) -> None:
        from pipsafe.trusted_hosts import may_be_named

        hello = last.attempt.hello
        if hello is None or not may_be_named(last.situation.arguments, last.situation.environ, hello.prefix):
            return
        around = surroundings(last.situation, hello)
        hosts = [
            (item.value, item.set_in)
            for item in (*around.settings.trusted_hosts, *around.needs.of("trusted-host"))
        ]
        if hosts:
            lines = wording.trusted_hosts(hosts)
            self.warnings += [line.text for line in lines]
            self._say(lines)

    def _say(self, lines: list[Line]) -> None:
        if lines and not self.options.quiet and sys.stderr is not None:
            terminal.write(lines, sys.stderr, self.situation.environ, mid_line=self.mid_line)
            self.mid_line = False

    def _report(self, outcome: str, exit_code: int, ended: list[Ended], remedy: Any) -> None:
        if not self.options.report:
            return
        telling = next((item for item in reversed(ended) if item.findings.diagnoses), ended[-1])
        failures = telling.findings.diagnoses
        hello = ended[0].attempt.hello
        openssl = next(
            (item.findings.facts.openssl for item in ended if item.findings.facts), ended[-1].attempt.openssl
        )
        fields: Mapping[str, Any] = {
            "command": list(command_line.redact(self.situation.arguments)),
            "target": report.target(self.target.python, hello, openssl),
            "outcome": outcome,
            "exit_code": exit_code,
            "failures": [report.failure(item, telling.findings, wording.advice(item)) for item in failures],
            "remedy": report.remedy(remedy),
            "attempts": [
                {
                    "exit_code": item.attempt.exit_code,
                    "seconds": round(item.attempt.seconds, 3),
                    "stopped_early": item.attempt.stopped,
                }
                for item in ended
            ],
            "skipped": [str(item.case.origin) for item in failures] if outcome == "skipped" else [],
            "warnings": self.warnings,
        }
        try:
            report.write(self.options.report, report.whole(fields))
        except OSError as error:
            self._say(
                [Line("pipsafe:", f"the report could not be written: {error.strerror or error}.", "warning")]
            )


def _essence(remedy: Any) -> tuple[object, ...]:
    """What makes a remedy the same as one before."""
    plan = remedy.plan
    return (plan.kind, tuple(anchor.sha256 for anchor in plan.anchors), plan.base)


def _outcome(last: Ended, remedy: Any, *, strict: bool) -> str:
    """A name of the report's `outcome`."""
    attempt, failed = last.attempt, bool(last.findings.diagnoses)
    table: list[tuple[bool, str]] = [
        (attempt.interrupted or bool(attempt.signal), "interrupted"),
        (strict and attempt.stopped and last.findings.remedy is None, "refused"),
        (attempt.exit_code == 0 and failed and not attempt.installing, "skipped"),
        (attempt.exit_code == 0 and failed and last.saw_tls_failure, "skipped"),
        (attempt.exit_code == 0, "rescued" if remedy is not None else "passed"),
        (failed, "unremedied"),
        (last.saw_tls_failure, "unremedied"),
        (remedy is not None, "retried"),
    ]
    return next((name for applies, name in table if applies), "failed")


class Interrupted(BaseException):
    """A signal asked pipsafe to end between two attempts."""


@contextlib.contextmanager
def _ending_signals_raise() -> Iterator[None]:
    """Between attempts a signal must find the way through the clean-up."""
    import signal

    def end(number: int, frame: object) -> None:
        raise Interrupted(number)

    before: dict[int, Any] = {}
    for name in ("SIGTERM", "SIGHUP"):
        number: int | None = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, end)
    try:
        yield
    except Interrupted as interrupted:
        (number,) = interrupted.args
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    finally:
        for number, former in before.items():
            signal.signal(number, former)
