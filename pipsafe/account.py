"""What the user is told, on the terminal and in the report."""

import sys
from collections.abc import Sequence

from pipsafe import (
    __version__,
    command_line,
    report,
    report_file,
    surroundings,
    terminal,
    trusted_hosts,
    wording,
)
from pipsafe.findings import Remedy
from pipsafe.own_options import OwnOptions
from pipsafe.rounds import Ended
from pipsafe.situation import Situation
from pipsafe.terminal import Line

# The exit code where --pipsafe-strict stops the run: pip's own for an error.
REFUSED_EXIT_CODE = 1


class Account:
    """Tells of one run of pipsafe."""

    def __init__(self, options: OwnOptions, situation: Situation) -> None:
        self.options, self.situation = options, situation
        self.mid_line = False
        """Whether pip left the terminal's cursor behind text."""
        self.warnings: list[str] = []

    def say(self, lines: Sequence[Line]) -> None:
        """On stderr, unless pipsafe was told to be quiet."""
        if lines and not self.options.quiet and sys.stderr is not None:
            terminal.write(lines, sys.stderr, self.situation.environ, mid_line=self.mid_line)
            self.mid_line = False

    def warn(self, lines: Sequence[Line]) -> None:
        """On stderr and in the report."""
        self.warnings += [line.text for line in lines]
        self.say(lines)

    def close(self, ended: Sequence[Ended], remedy: Remedy | None) -> int:
        """The last words and the report. Returns the exit code."""
        last = ended[-1]
        outcome = outcome_of(last, remedy, strict=self.options.strict)
        exit_code = REFUSED_EXIT_CODE if outcome == "refused" else last.attempt.exit_code
        self._last_words(outcome, last, remedy)
        self._warn_of_unverified(last)
        if self.options.report:
            self._write_report(outcome, exit_code, ended, remedy)
        return exit_code

    def _last_words(self, outcome: str, last: Ended, remedy: Remedy | None) -> None:
        findings = last.findings
        if outcome == "rescued" and remedy is not None:
            self.say(wording.success(remedy))
        elif outcome == "retried":
            self.say(wording.retry_failed())
        elif outcome == "skipped" and findings.diagnoses:
            self.warn(wording.skipped(findings))
        elif outcome in ("unremedied", "refused") and findings.diagnoses:
            self.say(wording.unremedied(findings, self._about(last)))
            self.say([wording.refused(findings)] if outcome == "refused" else [])

    def _about(self, last: Ended) -> list[str]:
        hello, facts = self.situation.hello, last.findings.facts
        openssl = facts.openssl if facts else last.attempt.openssl
        versions = f"pip {hello.pip_version}, Python {hello.python_version}, {openssl}"
        return [f"seen by   pipsafe {__version__} with {versions}"]

    def _warn_of_unverified(self, last: Ended) -> None:
        """Hosts that pip was told not to verify: its business, but not to be kept silent about."""
        situation = last.situation
        if not trusted_hosts.may_be_named(situation.arguments, situation.environ, situation.hello.prefix):
            return
        around = surroundings.read(situation)
        named = [*around.settings.trusted_hosts, *around.needs.of("trusted-host")]
        hosts = [(item.value, item.set_in) for item in named]
        if around.settings.unverified is not None:
            hosts.append(("every host", "an empty CURL_CA_BUNDLE"))
        if hosts:
            self.warn(wording.trusted_hosts(hosts))

    def _write_report(
        self, outcome: str, exit_code: int, ended: Sequence[Ended], remedy: Remedy | None
    ) -> None:
        telling = next((item for item in reversed(ended) if item.findings.diagnoses), ended[-1])
        failures = telling.findings.diagnoses
        asked = next((item.findings.facts for item in ended if item.findings.facts), None)
        openssl = asked.openssl if asked else ended[-1].attempt.openssl
        whole = report.whole(
            command=list(command_line.redact(self.situation.arguments)),
            target=report.target(self.situation.hello, openssl),
            outcome=outcome,
            exit_code=exit_code,
            failures=[report.failure(item, telling.findings, wording.advice(item)) for item in failures],
            remedy=report.remedy(remedy),
            attempts=[report.attempt(item.attempt) for item in ended],
            skipped=[str(item.case.origin) for item in failures] if outcome == "skipped" else [],
            warnings=self.warnings,
        )
        try:
            report_file.write(self.options.report or "", whole)
        except OSError as error:
            words = f"the report could not be written: {error.strerror or error}."
            self.say([Line("pipsafe:", words, "warning")])


def outcome_of(last: Ended, remedy: Remedy | None, *, strict: bool) -> str:
    """A name of the report's `outcome`; ``remedy`` is the one that the last attempt ran with."""
    attempt, failed = last.attempt, bool(last.findings.diagnoses)
    succeeded = attempt.exit_code == 0 and not attempt.stopped
    table = (
        (attempt.interrupted or bool(attempt.signal), "interrupted"),
        (strict and attempt.stopped and last.findings.remedy is None, "refused"),
        (succeeded and failed and last.saw_tls_failure, "skipped"),
        (succeeded and remedy is not None, "rescued"),
        (succeeded, "passed"),
        (failed or last.saw_tls_failure, "unremedied"),
        (remedy is not None, "retried"),
    )
    return next((name for applies, name in table if applies), "failed")
