"""What the user is told, on the terminal and in the report."""

import re
import shlex
import sys
from collections.abc import Sequence

from pipsafe import __version__
from pipsafe.attempts.situation import Situation
from pipsafe.causes.case import Diagnosis
from pipsafe.findings import Remedy
from pipsafe.language import catalogues
from pipsafe.language.text import of_error, text
from pipsafe.messages import advice, cautions, child_words, handover, report, report_file, terminal, wording
from pipsafe.messages.advice import Driven
from pipsafe.messages.terminal import Line
from pipsafe.own_options import OwnOptions
from pipsafe.pip_settings import command_line, surroundings
from pipsafe.pip_settings.versions import release
from pipsafe.rounds import Ended
from pipsafe.trust import ca_file

# The exit code where --pipsafe-strict stops the run: pip's own for an error.
REFUSED_EXIT_CODE = 1

# For translators: {pin} is the option or the variable that names the fingerprint.
NOT_NEEDED = text("{pin} ({fingerprint}) was not needed.")
# For translators: {pin} is the option or the variable that names the fingerprint.
NOT_NEEDED_AS = text("{pin} ({fingerprint}) was not needed: {reason}.")

PIP_ITSELF = re.compile(r"pip(?:[=<>!~\[ ].*)?")
"""A requirement of pip itself."""


class Account:
    """Tells of one run of pipsafe."""

    def __init__(self, options: OwnOptions, situation: Situation) -> None:
        self.options, self.situation = options, situation
        self.mid_line = False
        """Whether pip left the terminal's cursor behind text."""
        self.warnings: list[str] = []
        self.said: list[Line] = []

    def say(self, lines: Sequence[Line]) -> None:
        """On stderr, unless pipsafe was told to be quiet."""
        if lines and not self.options.quiet and sys.stderr is not None:
            terminal.write(lines, sys.stderr, self.situation.environ, mid_line=self.mid_line)
            self.mid_line = False
            self.said += lines

    def warn(self, lines: Sequence[Line]) -> None:
        """On stderr and, the sentences of it, in the report."""
        self.warnings += [line.text for line in lines if line.tone == "warning"]
        self.say(lines)

    def close(self, ended: Sequence[Ended], remedies: Sequence[Remedy], *, interrupted_by: int = 0) -> int:
        """The last words and the report. Returns the exit code.

        ``interrupted_by``: the signal that ended pipsafe while no pip was running, or 0.
        """
        last = ended[-1]
        outcome = outcome_of(last, retried=bool(remedies), strict=self.options.strict)
        exit_code = REFUSED_EXIT_CODE if outcome == "refused" else last.attempt.exit_code
        if interrupted_by:
            outcome, exit_code = "interrupted", 128 + interrupted_by
        self._last_words(outcome, ended, remedies)
        self._warn_of_unverified(last)
        if self.said:
            self._tell_ci(outcome)
        if self.options.report:
            self._write_report(outcome, exit_code, ended, remedies)
        return exit_code

    def _tell_ci(self, outcome: str) -> None:
        """What was said, once more where a CI system shows it beside the log."""
        from pipsafe.messages import ci_systems, step_summary

        environ = self.situation.environ
        system = ci_systems.around(environ)
        if system is None or outcome not in ci_systems.TITLES:
            return
        # What is to be copied, and the line that leads to it, would be no sentences.
        after = [*self.said[1:], Line("", "")]
        sentences = [
            line.text
            for line, following in zip(self.said, after, strict=True)
            if not line.verbatim and not following.verbatim
        ]
        terminal.write_command(
            lambda language: ci_systems.annotation(system, outcome, sentences, catalogues.look(language)),
            sys.stderr,
            environ,
        )
        path = environ.get(system.summary)
        if path:
            look = catalogues.look_for(environ)
            lines = [terminal.in_a_row(line, look) for line in self.said]
            step_summary.append(path, ci_systems.markdown(outcome, lines, look))

    def _last_words(self, outcome: str, ended: Sequence[Ended], remedies: Sequence[Remedy]) -> None:
        last = ended[-1]
        findings = last.findings
        diagnoses = [item for around in ended for item in around.findings.diagnoses]
        if outcome == "rescued":
            self.say(wording.success(remedies, diagnoses, self._driven(last), _unneeded(ended, remedies)))
            self._warn_of_keys(remedies)
        elif outcome == "retried":
            self.say(wording.retry_failed())
            self._warn_of_client_certificates(last, diagnoses)
        elif outcome == "skipped":
            self.warn(wording.skipped(findings, last.left_out, last.projects, installs=self._installs()))
        elif outcome in ("unremedied", "refused") and (findings.diagnoses or findings.of_children):
            self.say(wording.unremedied(findings, self._about(last)))
        if outcome == "refused":
            self.say([wording.refused(findings, last.left_out, installed=last.attempt.installing)])

    def _installs(self) -> bool:
        """Whether the command fetches packages, rather than tells of them."""
        line = command_line.parse(self.situation.arguments, release(self.situation.hello.pip_version))
        return line.command not in ("index", "list", "search")

    def _driven(self, last: Ended) -> Driven:
        hello, options = self.situation.hello, self.options
        command = f"pipsafe --pipsafe-python {shlex.quote(options.python)}" if options.python else "pipsafe"
        return Driven(
            pip_version=release(hello.pip_version),
            python_version=release(hello.python_version),
            command=command,
            upgrades_pip=any(PIP_ITSELF.fullmatch(word) for word in last.situation.arguments),
        )

    def _warn_of_client_certificates(self, last: Ended, diagnoses: Sequence[Diagnosis]) -> None:
        """Who asked for one may let pip in without it and answer with errors only, as nginx does."""
        if surroundings.read(last.situation).settings.client_cert is None:
            asking = [str(item.case.origin) for item in diagnoses if item.case.survey.asks_for_certificate]
            self.warn([cautions.asks_for_certificate(origin) for origin in dict.fromkeys(asking)])

    def _warn_of_keys(self, remedies: Sequence[Remedy]) -> None:
        """A CA whose private key lies beside it is only as good as the keeping of that key."""
        for path in dict.fromkeys(place.path for item in remedies for place in item.plan.anchor_sources):
            key = ca_file.private_key_beside(path)
            if key is not None:
                self.warn([cautions.key_beside(path, key)])

    def _about(self, last: Ended) -> list[str]:
        hello, facts = self.situation.hello, last.findings.facts
        openssl = facts.openssl if facts else last.attempt.openssl
        seen = text(
            "pipsafe {version} with pip {pip}, Python {python}, {openssl}",
            version=__version__,
            pip=hello.pip_version,
            python=hello.python_version,
            openssl=openssl or text("no OpenSSL"),
        )
        return [handover.row(handover.SEEN_BY, seen)]

    def _warn_of_unverified(self, last: Ended) -> None:
        """Hosts that pip was told not to verify: its business, but not to be kept silent about."""
        situation = last.situation
        around = surroundings.read(situation)
        named = [*around.settings.trusted_hosts, *around.needs.of("trusted-host")]
        hosts = [(item.value, item.set_in) for item in named]
        if around.settings.unverified is not None:
            hosts.append((text("every host"), text("an empty CURL_CA_BUNDLE")))
        if hosts:
            self.warn(cautions.trusted_hosts(hosts))

    def _write_report(
        self, outcome: str, exit_code: int, ended: Sequence[Ended], remedies: Sequence[Remedy]
    ) -> None:
        found = [(item, around.findings) for around in ended for item in around.findings.diagnoses]
        # A server that failed twice is told of once, as it was last.
        failures = {(item.case.leg, item.case.origin): (item, findings) for item, findings in found}
        of_children = dict.fromkeys(item for around in ended for item in around.findings.of_children)
        asked = next((item.findings.facts for item in ended if item.findings.facts), None)
        openssl = asked.openssl if asked else ended[-1].attempt.openssl
        left_out = wording.servers(ended[-1].findings, ended[-1].left_out)
        whole = report.whole(
            command=list(command_line.redact(self.situation.arguments)),
            target=report.target(self.situation.hello, openssl),
            outcome=outcome,
            exit_code=exit_code,
            failures=[
                *(report.failure(item, findings, advice.of(item)) for item, findings in failures.values()),
                *(
                    report.failure_of_child(item, child_words.said(item), child_words.advice(item))
                    for item in of_children
                ),
            ],
            remedy=report.remedy(remedies),
            attempts=[report.attempt(item.attempt) for item in ended],
            skipped=list(left_out) if outcome == "skipped" else [],
            stores=report.stores([item.findings.search for item in ended]),
            passed_over=report.passed_over([item.findings.search for item in ended]),
            warnings=self.warnings,
        )
        try:
            report_file.write(self.options.report or "", whole)
        except OSError as error:
            self.say([cautions.not_reported(error.strerror or of_error(error))])


def _unneeded(ended: Sequence[Ended], remedies: Sequence[Remedy]) -> list[str]:
    """What was named on purpose and did not help, as sentences."""
    helped = {source for remedy in remedies for source in remedy.plan.anchor_sources}
    over = {item.source: item.reason for around in ended for item in around.findings.search.passed_over}
    tried = dict.fromkeys(item.source for around in ended for item in around.findings.search.candidates)
    pins = [source for source in (*over, *tried) if source.kind == "pin" and source not in helped]
    return [
        NOT_NEEDED_AS.filled(pin=source.name, fingerprint=source.path, reason=over[source])
        if source in over
        else NOT_NEEDED.filled(pin=source.name, fingerprint=source.path)
        for source in dict.fromkeys(pins)
    ]


def outcome_of(last: Ended, *, retried: bool, strict: bool) -> str:
    """A name of the report's `outcome`; ``retried``: whether the last attempt ran with a remedy."""
    attempt, failed = last.attempt, bool(last.findings.diagnoses)
    succeeded = attempt.exit_code == 0 and not attempt.stopped
    left_out = bool(last.left_out) or (failed and last.saw_tls_failure)
    table = (
        (attempt.interrupted or bool(attempt.signal), "interrupted"),
        (strict and attempt.stopped and last.findings.remedy is None, "refused"),
        (succeeded and left_out, "refused" if strict else "skipped"),
        (succeeded and retried, "rescued"),
        (succeeded, "passed"),
        (failed or last.saw_tls_failure, "unremedied"),
        (retried, "retried"),
    )
    return next((name for applies, name in table if applies), "failed")
