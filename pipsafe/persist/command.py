"""`pipsafe persist`: makes a verified cure lasting, and takes it back.

options -> target -> greeting -> draft -> shown -> written
"""

import os
import sys

from pipsafe.attempts.scratch import Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.attempts.target import Target
from pipsafe.checkup import consultation
from pipsafe.checkup.progress import Progress
from pipsafe.language import catalogues
from pipsafe.language.text import of_error, text
from pipsafe.messages import standard_output
from pipsafe.own_options import OwnOptions
from pipsafe.persist import carrying_out, draft, note, places, reading_back, request, telling
from pipsafe.persist.cure import CERT, USE_FEATURE, Bundle, Feature, NoCure
from pipsafe.persist.draft import Draft
from pipsafe.persist.note import Damaged, Note
from pipsafe.persist.places import ScopePlace
from pipsafe.persist.request import Request
from pipsafe.persist.writing import CannotWrite
from pipsafe.pip_settings import surroundings

DONE = 0
NOT_ALL = 1

HELP = text(
    """\
Usage: pipsafe persist [options] [URL ...]

Looks at every server that this pip is configured for, or at those named, as
`pipsafe doctor` does. Where pip refuses one and trust on this machine proves
to accept it, that cure is made lasting in pip's own configuration, with
use-feature = truststore where that cures it, else with cert and a bundle: the
public CAs and those that are needed. The change is shown, then made. Run again
it renews a bundle that has become stale, and otherwise changes nothing.

  --user         pip's configuration of this user (as without any of the three)
  --site         that of this Python or virtual environment
  --global       that of the whole machine
  --dry-run      shows the change and writes nothing
  --undo         takes everything back: each file is again, byte for byte, what
                 it was, and what was made is removed
  --drop-trusted-host
                 takes out each trusted-host that is not needed: the server is
                 verified, and accepted
  -r, --requirement FILE
                 looks at the servers that are named there, too
  -h, --help     this text

It takes those of pip's options that decide whom pip asks (--index-url,
--extra-index-url, --find-links, --proxy, ...), and of pipsafe's own
--pipsafe-python, -ca, -pin and -quiet. Verification is never turned off, and
trusted-host never written.

Exit code: 0 if pip accepts every server, now or with the change; 1 if nothing
was verified, or a server stays refused; 2 if the command line makes no sense;
3 if nothing could be looked into, or written.
"""
)


def main(options: OwnOptions, arguments: list[str], style: str) -> int:
    """Everything behind the word `persist`. Returns the exit code. Raises UsageError and TargetError."""
    asked = request.read(arguments)
    if asked.wants_help:
        standard_output.tell(lambda language: HELP.said(catalogues.look(language)))
        return DONE

    def answer(target: Target, situation: Situation, scratch: Scratch) -> int:
        try:
            return _answer(options, asked, target, situation, scratch)
        except Damaged as error:
            # For translators: {problem} is a clause on the file in which it is kept what persist did.
            return consultation.failed(text("{problem}. Nothing is changed.", problem=of_error(error)))
        except CannotWrite as error:
            return consultation.failed(text("{problem}.", problem=of_error(error)))

    return consultation.hold(options, asked.arguments, style, answer)


def _answer(
    options: OwnOptions, asked: Request, target: Target, situation: Situation, scratch: Scratch
) -> int:
    scopes = places.every(situation.environ, surroundings.read(situation).target)
    place = next(item for item in scopes if item.scope == asked.scope)
    found = note.read(place.note)
    if asked.undo:
        return _undo(asked, place, found, scopes)
    with Progress(None if options.quiet else sys.stderr, os.environ) as progress:
        drafted = draft.make(asked, situation, place, found, scratch, progress)
    return _carry_out(asked, drafted, found, target, situation.style)


def _carry_out(asked: Request, drafted: Draft, present: Note | None, target: Target, style: str) -> int:
    writes = carrying_out.has_anything_to_write(drafted, present)
    if writes:
        carrying_out.check(drafted)
    lines = telling.of_draft(drafted, dry_run=asked.dry_run, writes=writes)
    reason = drafted.reason or (drafted.cure.reason if isinstance(drafted.cure, NoCure) else "")
    standard_output.write_lines(lines)
    if writes and not asked.dry_run:
        environ = dict(os.environ)
        carrying_out.write(
            drafted, present, lambda: reading_back.complaint(target, style, environ, _wanted(drafted))
        )
        standard_output.write_lines(telling.written(drafted))
    elif writes:
        standard_output.write_lines(telling.only_shown())
    elif not reason and not drafted.stays_refused:
        standard_output.write_lines(telling.in_place(drafted, present))
    if reason:
        standard_output.write_lines(telling.refused(reason))
    return NOT_ALL if reason or drafted.stays_refused else DONE


def _wanted(drafted: Draft) -> dict[str, str]:
    """What pip has to read then."""
    match drafted.cure:
        case Bundle():
            return {CERT: drafted.place.bundle}
        case Feature(words):
            return {USE_FEATURE: words}
        case _:
            return {}


def _undo(asked: Request, place: ScopePlace, found: Note | None, every: tuple[ScopePlace, ...]) -> int:
    if found is None:
        others = [other for other in every if other.folder != place.folder and os.path.exists(other.note)]
        standard_output.write_lines(telling.nothing_to_undo(place, others))
        return DONE
    changes = carrying_out.take_back(place, found)
    if not asked.dry_run:
        carrying_out.undo(place, found, changes)
    standard_output.write_lines(telling.of_undoing(changes, place, found, dry_run=asked.dry_run))
    return DONE
