"""A run of pipsafe from the first suspicion to its end: attempts in rounds.

attempt -> findings -> remedy -> attempt -> ... -> account
"""

import os

from pipsafe.attempts import situation as situations
from pipsafe.attempts.attempt import Attempt, CannotStart, Hello
from pipsafe.attempts.captured_streams import CapturedStreams
from pipsafe.attempts.interruption import Interrupted, end_by, signals_raise
from pipsafe.attempts.launch import end_like, run
from pipsafe.attempts.scratch import Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.attempts.suspicion import looks_suspicious
from pipsafe.attempts.target import Target
from pipsafe.attempts.transcript import Transcript
from pipsafe.findings import Remedy
from pipsafe.language.text import of_error
from pipsafe.messages import cautions, wording
from pipsafe.messages.account import Account
from pipsafe.own_options import OwnOptions
from pipsafe.pip_settings import command_line
from pipsafe.pip_settings.versions import release
from pipsafe.probes.prober_process import ProbeFailed, ProberProcess
from pipsafe.rounds import Ended, Round

MOST_ATTEMPTS = 4

# Commands whose output is not yet out when an index fails TLS: they may be stopped.
STOPPABLE = ("install", "download", "wheel", "lock", "index", "search")

# Commands that may run again after pip was content with less: they only do what is left to do.
REPEATABLE = ("install", "download", "wheel", "lock")


class Rescue:
    """What follows when pip speaks of TLS, or fails in a way that TLS may be behind."""

    def __init__(
        self,
        hello: Hello,
        options: OwnOptions,
        target: Target,
        style: str,
        arguments: list[str],
        streams: CapturedStreams | None,
        prober: ProberProcess | None = None,
    ) -> None:
        """``prober``: the target's interpreter, started ahead while all of this is imported."""
        self.options, self.streams = options, streams
        self.scratch = Scratch()
        supplied = streams.contents if streams else {}
        self.situation = situations.first(hello, options, target, style, arguments, os.environ, supplied)
        self.account = Account(options, self.situation)
        line = command_line.parse(arguments, release(hello.pip_version))
        lists_newer = line.command == "list" and line.count("outdated") + line.count("uptodate") > 0
        self.may_stop = line.command in STOPPABLE or lists_newer
        self.may_repeat = line.command in REPEATABLE
        self.ended: list[Ended] = []
        self.remedies: list[Remedy] = []
        self.round = self._round(self.situation, prober)

    def _round(self, situation: Situation, prober: ProberProcess | None = None) -> Round:
        return Round(
            situation,
            self.scratch,
            strict=self.options.strict,
            # The last attempt is not to be stopped for a cure: its result is what there is.
            may_stop=self.may_stop and (self.options.strict or len(self.ended) < MOST_ATTEMPTS - 1),
            may_repeat=self.may_repeat,
            tried=self.remedies,
            prober=prober,
        )

    def hear(self, attempt: Attempt, transcript: Transcript) -> None:
        """Called while the first attempt goes on."""
        self.round.hear(attempt, transcript)

    def may_go_on(self, attempt: Attempt, transcript: Transcript) -> bool:
        """Called when the first attempt leaves out a page; where strict is on also before it installs."""
        return self.round.may_go_on(attempt, transcript)

    def conclude(self, attempt: Attempt, transcript: Transcript) -> int:
        """Everything that follows the first attempt. Returns the exit code."""
        number = 0
        try:
            with signals_raise():
                self._attempts_or_fault(attempt, transcript)
                exit_code = self.account.close(self.ended, self.remedies)
        except Interrupted as interrupted:
            number = interrupted.number
            ended = self.ended or [self.round.ended(attempt)]
            exit_code = self.account.close(ended, self.remedies, interrupted_by=number)
        finally:
            self.scratch.remove()
        if number:
            end_by(number)
        last = self.ended[-1].attempt
        return end_like(last) if last.signal else exit_code

    def _attempts_or_fault(self, attempt: Attempt, transcript: Transcript) -> None:
        """A fault of ours is told; what pip came to so far stands."""
        try:
            self._attempts(attempt, transcript)
        except CannotStart as error:
            self.account.warn([cautions.not_started_again(self.situation.python, of_error(error))])
        except Exception as error:
            self.account.warn([cautions.fault(error)])
            if not self.ended:
                self.ended.append(self.round.ended(attempt))

    def _attempts(self, attempt: Attempt, transcript: Transcript) -> None:
        self.ended.append(self._end(self.round, attempt, transcript))
        while len(self.ended) < MOST_ATTEMPTS and self.ended[-1].is_to_be_followed:
            last = self.ended[-1]
            remedy = last.findings.remedy
            if remedy is None or remedy.essence in [former.essence for former in self.remedies]:
                return
            self.account.say(wording.announcement(last.findings))
            situation = last.situation.changed(remedy.environment, remedy.arguments, remedy.bundle)
            self.remedies.append(remedy)
            self.ended.append(self._retry(situation))

    def _end(self, around: Round, attempt: Attempt, transcript: Transcript) -> Ended:
        """One attempt's end. A fault of ours is told, and never hides pip's result."""
        self.account.mid_line = transcript.ends_in_mid_line()
        if not self.options.no_rescue and not attempt.interrupted:
            try:
                return around.conclude(attempt, transcript)
            except ProbeFailed as error:
                self.account.warn([cautions.not_examined(of_error(error))])
            except Exception as error:
                self.account.warn([cautions.fault(error)])
        return around.ended(attempt)

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
            asked=lambda attempt: around.may_go_on(attempt, transcript),
            strict=self.options.strict,
            replacing=self.streams.replacing if self.streams else None,
        )
        return self._end(around, attempt, transcript)
