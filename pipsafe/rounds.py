"""One attempt, listened to and examined while it goes on."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipsafe import left_out, origin
from pipsafe.attempts.attempt import Attempt
from pipsafe.attempts.scratch import Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.attempts.transcript import Transcript
from pipsafe.examination import examine
from pipsafe.findings import Findings, Remedy
from pipsafe.pip_settings import surroundings
from pipsafe.probes.prober_process import ProberProcess
from pipsafe.statements import evidence
from pipsafe.statements.evidence import Evidence, Kind

# Kinds of evidence that a handshake can look into while pip goes on.
TLS_KINDS = frozenset(Kind) - {Kind.NOT_FOUND}


# Words of a command line that ask for pip's own page, or for everything's that is installed.
NAMES_PIP = re.compile(r"(?i:pip)(?![\w-])|-[a-z]*[ou]$|--outdated$|--uptodate$")

INTERVAL = 0.05
"""Seconds between two looks at whether somebody interrupts the wait for an examination."""


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
    projects: tuple[str, ...] = ()
    """Names whose pages were on those servers, in pip's order; of what it installed, where it did."""
    may_repeat: bool = False
    """Whether a success that left something out may be followed by another attempt."""

    @property
    def is_to_be_followed(self) -> bool:
        """Whether it failed, or was stopped, in a state that allows another."""
        attempt = self.attempt
        if attempt.installing or attempt.interrupted or attempt.signal:
            return False
        # Where only a child was refused, and pip made do with that, nothing is missing.
        content_with_less = self.may_repeat and self.saw_tls_failure and self.findings.is_worth_a_stop
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
        tried: Sequence[Remedy] = (),
        prober: ProberProcess | None = None,
    ) -> None:
        """``tried``: remedies of former rounds. ``prober``: started ahead, for the first examination."""
        self.situation, self.scratch, self.prober = situation, scratch, prober
        self.tried = frozenset(remedy.essence for remedy in tried)
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

    def may_go_on(self, attempt: Attempt, transcript: Transcript) -> bool:
        """Whether pip, which waits for the answer, may go on with what it has."""
        while self._thread is not None and not self._looked.wait(INTERVAL):
            if attempt.interrupted:
                return True
        # Not for the thread's end: it may be waiting for pip's.
        if not self.strict:
            return not self._is_to_be_cured_first()
        self._note(*transcript.text())
        return self._all_is_verified()

    def _is_to_be_cured_first(self) -> bool:
        """Whether a cure for what pip leaves out is proved."""
        try:
            if self.fault is None and self._has_news():
                self._examine(silent=False)
        except Exception as error:
            self.fault = error
        return self.fault is None and self.may_stop and self._is_curable()

    def _is_curable(self) -> bool:
        """Whether there is a remedy that was not tried yet."""
        remedy = self.findings.remedy if self.findings and self.findings.is_worth_a_stop else None
        return remedy is not None and remedy.essence not in self.tried

    def _has_news(self) -> bool:
        """Whether there is evidence of a server that nobody has looked at yet."""
        news = self.evidence[self._examined :]
        if self.findings is None:
            return bool(news)
        # What was looked at already, and is spoken of only now, needs no other look: pip waits meanwhile.
        self.findings = self.findings.speaking_of({item.origin for item in news})
        known = {item.case.origin for item in self.findings.diagnoses}
        return any(item.origin is None or item.origin not in known for item in news)

    def _all_is_verified(self) -> bool:
        """Whether every origin that pip is configured for is verified, however quiet pip is.

        A fault in finding that out is a no: who is strict wants to know.
        """
        try:
            if self.findings is None or self._has_news():
                self._examine(silent=not self.evidence)
        except Exception as error:
            self.fault = error
        # pip's own words count even where a handshake of ours went well: it was not ours that failed.
        spoken = any(not item.inner for item in self.evidence)
        healthy = self.findings is not None and not self.findings.diagnoses
        return self.fault is None and healthy and not spoken

    def _note(self, own: str, of_builds: str, of_pages: str) -> None:
        """New evidence. What a build said is never taken for pip's own words."""
        found = [item for item in evidence.read(own) if self.asks_for_pip or not _is_self_check(item)]
        found += [replace(item, inner=True, leg="build-dependency") for item in evidence.read(of_builds)]
        found += evidence.read(of_pages)
        known = set(self.evidence)
        new = [item for item in found if item not in known and item.kind in TLS_KINDS]
        self.evidence += dict.fromkeys(new)

    def _examine_and_stop(self, attempt: Attempt) -> None:
        try:
            findings = self._examine(silent=False)
        except Exception as error:
            self.fault = error  # told at the end; pip goes on
            return
        finally:
            self._looked.set()
        if self.may_stop and (self._is_curable() or (self.strict and findings.diagnoses)):
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
        pages = left_out.pages(self.evidence)
        return Ended(
            self.situation,
            attempt,
            self.findings or Findings(),
            bool(self.evidence),
            left_out.servers(pages),
            left_out.projects(pages, self._links() if pages else (), attempt.installs),
            self.may_repeat,
        )

    def _links(self) -> frozenset[str]:
        """The pages of links that pip is configured for."""
        around = surroundings.read(self.situation)
        named = (*around.settings.find_links, *around.needs.of("find-links"))
        return left_out.as_named([origin.redact(item.value) for item in named])

    def _examine_the_end(self, attempt: Attempt, transcript: Transcript) -> None:
        if self._has_news() and (attempt.exit_code or not attempt.installing):
            self._examine(silent=False)
        elif attempt.exit_code and not self.evidence and _failed_silently(transcript):
            self._examine(silent=True)


def _is_self_check(item: Evidence) -> bool:
    """Whether this is pip looking for a newer pip, which nobody asked for and nothing hangs on."""
    page = (item.url or item.path or "").partition("?")[0]
    return page.rstrip("/").endswith("/pip")


def _failed_silently(transcript: Transcript) -> bool:
    """pip found nothing, or said nothing at all: TLS may be behind it."""
    own, *_ = transcript.text()
    return transcript.is_empty() or any(item.kind is Kind.NOT_FOUND for item in evidence.read(own))
