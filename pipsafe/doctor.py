"""`pipsafe doctor`: the diagnosis without an installation.

options -> target -> greeting -> checkup -> result -> page | document | ticket
"""

import json
import os
import sys
from datetime import datetime, timezone

from pipsafe import examination
from pipsafe.attempts.scratch import Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.attempts.target import Target
from pipsafe.checkup import (
    asked,
    consultation,
    document,
    effects,
    inspection,
    lasting,
    page,
    ticket,
    unencrypted,
    unverified,
    waiting,
)
from pipsafe.checkup.asked import Asked
from pipsafe.checkup.progress import Progress
from pipsafe.checkup.result import Result
from pipsafe.language import catalogues
from pipsafe.language.text import of_error, text
from pipsafe.messages import report_file, standard_output
from pipsafe.own_options import OwnOptions
from pipsafe.pip_settings import settings
from pipsafe.trust import public_roots

# For translators: in rows of at most 80 columns.
HELP = text(
    """\
Usage: pipsafe doctor [options] [URL ...]

Looks at every server that this pip is configured for, or at those named, such
as https://index.example/simple/ or index.example:8443: whether pip accepts it,
which stores do, and why not; which settings are in force, who set them, and
what turns verification off. Installs nothing and changes nothing.

  --json         one JSON object
  --markdown     a note for whoever runs the network or the server
  -r, --requirement FILE
                 looks at the servers and settings that are named there, too
  -h, --help     this text

Of pip's options it takes those that decide whom pip asks and what pip trusts:
--index-url, --extra-index-url, --find-links, --no-index, --constraint, --cert,
--client-cert, --proxy, --trusted-host, --isolated, --timeout, --retries,
--use-feature and --use-deprecated. Of pipsafe's own: --pipsafe-python, -ca,
-pin, -report and -quiet (no word on what goes on).

Exit code: 0 if pip would verify everything and accept it; 1 if something is
refused or not verified; 2 if the command line makes no sense; 3 if nothing
could be looked into.
"""
)


def main(options: OwnOptions, arguments: list[str], style: str) -> int:
    """Everything behind the word `doctor`. Returns the exit code. Raises UsageError and TargetError."""
    question = asked.read(arguments)
    if question.wants_help:
        standard_output.tell(lambda language: HELP.said(catalogues.look(language)))
        return 0

    def answer(target: Target, situation: Situation, scratch: Scratch) -> int:
        result = _look(options, question, target, situation, scratch)
        _tell(question, result)
        _report(options, result)
        return result.exit_code

    return consultation.hold(options, question.arguments, style, answer)


def _look(
    options: OwnOptions, question: Asked, target: Target, situation: Situation, scratch: Scratch
) -> Result:
    """Raises ProbeFailed."""
    named = [contact for contact in question.contacts if contact.origin.scheme == "https"]
    with Progress(None if options.quiet else sys.stderr, os.environ) as progress:
        checkup = examination.check(situation, named if question.contacts else None, scratch, progress)
    around, facts = checkup.around, checkup.facts
    default = facts.default_index or ""
    hosts = unverified.find(around)
    wanted = (
        named if question.contacts else settings.origins(around.settings, around.needs, around.line, default)
    )
    seen = {item.case.origin for item in checkup.diagnoses}
    now = datetime.now(timezone.utc)
    return Result(
        hello=situation.hello,
        chosen=target.reason,
        checkup=checkup,
        effects=effects.find(around, facts, hosts, options),
        hosts=hosts,
        unencrypted=unencrypted.find(around, default, hosts, question.contacts),
        unasked=tuple(contact for contact in wanted if contact.origin not in seen),
        problems=effects.problems(around),
        was_named=bool(question.contacts),
        now=now,
        certifi=public_roots.described(facts.certifi),
        inspection=inspection.find(checkup.diagnoses),
        waiting=waiting.find(around.target.platform),
        lasting=lasting.find(around, facts.certifi, now),
    )


# Telling


def _tell(question: Asked, result: Result) -> None:
    if question.form == "json":
        standard_output.write(json.dumps(document.build(result), indent=2) + "\n")
    elif question.form == "markdown":
        standard_output.tell(lambda language: ticket.note(result, catalogues.look(language)))
    else:
        standard_output.write_lines(page.lines(result))


def _report(options: OwnOptions, result: Result) -> None:
    if not options.report:
        return
    try:
        report_file.write(options.report, document.build(result))
    except OSError as error:
        consultation.say(
            text("the report could not be written: {reason}.", reason=error.strerror or of_error(error))
        )
