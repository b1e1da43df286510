"""One attempt, listened to and examined while it goes on."""

import re
import threading
from dataclasses import dataclass, replace

from pipsafe.attempts.attempt import Attempt
from pipsafe.attempts.scratch import Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.attempts.transcript import Transcript
from pipsafe.examination import examine
from pipsafe.findings import Findings
from pipsafe.probes.prober_process import ProberProcess
from pipsafe.statements import evidence
from pipsafe.statements.evidence import Evidence, Kind

# Kinds of evidence that a handshake can look into while pip goes on.
TLS_KINDS = frozenset(Kind) - {Kind.NOT_FOUND}


# Legs that pip skips when they fail ("Could not fetch URL ... - skipping"): it names their URLs.
LEFT_OUT_LEGS = ("index", "find-links")

# Words of a command line that ask for pip's own page, or for everything's that is installed.
NAMES_PIP = re.compile(r"pip(?![\w-])|-[a-z]*[ou]$|--outdated$|--uptodate$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that is over, and what was found out about it."""

    situation: Situation
    attempt: Attempt
    findings: Findings
    saw_tls_failure: bool
    """Whether pip's own words, or a build's, spoke of one."""
    left_out: tuple[str, ...] = ()
    """Servers that pip says it goes on without."""
    may_repeat: bool = False
    """Whether a success that left something out may be followed by another attempt."""

    @property
    def is_to_be_followed(self) -> bool:
        """Whether it failed, or was stopped, in a state that allows another."""
        attempt = self.attempt
        if attempt.installing or attempt.interrupted or attempt.signal:
            return False
        content_with_less = self.may_repeat and self.saw_tls_failure
        return attempt.stopped or bool(attempt.exit_code) or content_with_less


class Round:
    """Hears one attempt; a thread examines what it says, and stops it when a cure is proved."""

    def __init__(
        self,
        situation: Situation,
        scratch: Scratch,
        *,
        strict: bool,
        may_stop: bool,
        may_repeat: bool,
        prober: ProberProcess | None = None,
    ) -> None:
        """``prober``: started ahead, for the first examination."""
        self.situation, self.scratch, self.prober = situation, scratch, prober
        self.strict, self.may_stop, self.may_repeat = strict, may_stop, may_repeat
        self.asks_for_pip = any(NAMES_PIP.match(word) for word in situation.arguments)
        self.evidence: list[Evidence] = []
        self.findings: Findings | None = None
        self.fault: Exception | None = None
        self._examined = 0
        self._thread: threading.Thread | None = None
        self._looked = threading.Event()

    def hear(self, attempt: Attempt, transcript: Transcript) -> None:
        """There is something suspicious in the transcript: look, and begin to examine."""
        self._note(*transcript.unread())
        if self.evidence and self._thread is None and not attempt.installing:
            self._thread = threading.Thread(target=self._examine_and_stop, args=(attempt,), daemon=True)
            self._thread.start()

    def may_install(self, transcript: Transcript) -> bool:
        """Whether every origin that pip is configured for is verified, however quiet pip is.

        A fault in finding that out is a no: who is strict wants to know.
        """
        if self._thread is not None:
            self._looked.wait()  # not for the thread's end: it may be waiting for pip's
        self._note(*transcript.text())
        try:
            if self.findings is None or len(self.evidence) > self._examined:
                self._examine(silent=not self.evidence)
        except Exception as error:
            self.fault = error
        # pip's own words count even where a handshake of ours went well: it was not ours that failed.
        spoken = any(not item.inner for item in self.evidence)
        healthy = self.findings is not None and not self.findings.diagnoses
        return self.fault is None and healthy and not spoken

    def _note(self, own: str, of_builds: str) -> None:
        """New evidence. What a build said is never taken for pip's own words."""
        found = [*evidence.read(own)]
        found += [replace(item, inner=True, leg="build-dependency") for item in evidence.read(of_builds)]
        known = set(self.evidence)
        self.evidence += [
            item
            for item in found
            if item not in known
            and item.kind in TLS_KINDS
            and (self.asks_for_pip or not _is_self_check(item))
        ]

    def _examine_and_stop(self, attempt: Attempt) -> None:
        try:
            findings = self._examine(silent=False)
        except Exception as error:
            self.fault = error  # told at the end; pip goes on
            return
        finally:
            self._looked.set()
        if self.may_stop and (findings.remedy is not None or (self.strict and findings.diagnoses)):
            attempt.request_stop()

    def _examine(self, *, silent: bool) -> Findings:
        """Raises ProbeFailed where the target's interpreter could not be asked."""
        self._examined = len(self.evidence)
        process, self.prober = self.prober, None
        self.findings = examine(
            self.situation, tuple(self.evidence), self.scratch, silent=silent, process=process
        )
        return self.findings

    def conclude(self, attempt: Attempt, transcript: Transcript) -> Ended:
        """After pip has ended: finish the examination, or make one if pip's end calls for it.

        Raises whatever broke in the examination.
        """
        if self._thread is not None:
            self._thread.join()
        try:
            self._finish(attempt, transcript)
        finally:
            if self.prober is not None:
                self.prober.end()
        return self.ended(attempt)

    def _finish(self, attempt: Attempt, transcript: Transcript) -> None:
        if not attempt.stopped and not attempt.interrupted and self.fault is None:
            self._note(*transcript.text())
            self._examine_the_end(attempt, transcript)
        if self.fault is not None:
            raise self.fault

    def ended(self, attempt: Attempt) -> Ended:
        """The attempt with what is known of it now."""
        own = [item for item in self.evidence if item.url and not item.inner and item.leg in LEFT_OUT_LEGS]
        left_out = tuple(dict.fromkeys(str(item.origin or item.url) for item in own))
        findings = self.findings or Findings()
        return Ended(self.situation, attempt, findings, bool(self.evidence), left_out, self.may_repeat)

    def _examine_the_end(self, attempt: Attempt, transcript: Transcript) -> None:
        is_new = len(self.evidence) > self._examined
        if is_new and (attempt.exit_code or not attempt.installing):
            self._examine(silent=False)
        elif attempt.exit_code and not self.evidence and _failed_silently(transcript):
            self._examine(silent=True)


def _is_self_check(item: Evidence) -> bool:
    """Whether this is pip looking for a newer pip, which nobody asked for and nothing hangs on."""
    page = (item.url or item.path or "").partition("?")[0]
    return page.rstrip("/").endswith("/pip")


def _failed_silently(transcript: Transcript) -> bool:
    """pip found nothing, or said nothing at all: TLS may be behind it."""
    own, _ = transcript.text()
    return transcript.is_empty() or any(item.kind is Kind.NOT_FOUND for item in evidence.read(own))
