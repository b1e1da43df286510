"""What persist tells: pure functions to lines, in the look of doctor's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipsafe.causes.case import Diagnosis
from pipsafe.messages import wording
from pipsafe.messages.terminal import Line
from pipsafe.persist import places
from pipsafe.persist.cure import Feature, NoCure
from pipsafe.persist.draft import Draft
from pipsafe.persist.edits import FileChange
from pipsafe.persist.needless import Exempt
from pipsafe.persist.note import Note
from pipsafe.persist.places import ScopePlace

BLANK = Line("", "")

OLDER_PIPS = (
    "A pip before 22.2, one before 23.3 that has no truststore beside it, and one on a Python before 3.10 "
    "stop at that word if they read this file, too; --site "
    "writes it for this Python only."
)
FOR_OTHERS = "`pipsafe env` prints the variables that give git, curl, npm, uv and others the same trust."
TAKEN_BACK_BY = "`pipsafe persist{}--undo` takes all of it back."
DROP = "--drop-trusted-host takes it out."
NEEDLESS = "trusted-host {} ({}) is not needed: pip would verify that server, and accept it."
EXEMPT_AGAIN = "A trusted-host that was taken out stands there again, so pip does not verify that server."
PROFILE = (
    "Where a shell's profile names those files (`pipsafe env`), take the lines out: `pipsafe env --unset`."
)


def of_draft(draft: Draft, *, dry_run: bool, writes: bool) -> list[Line]:
    """What was found, and the change, before it is made."""
    return [
        *_head(draft),
        BLANK,
        *_servers(draft, writes=writes),
        *(Line("note:", text, "note") for text in draft.checkup.trouble),
        *_grounds(draft),
        *(Line("note:", f"The bundle {text}.", "note") for text in draft.renewed if writes),
        *_dropped(draft, writes=writes),
        *_changes(draft, dry_run=dry_run) * writes,
        *_exempt(draft.exempt, is_dropped=_drops(draft)),
    ]


def _head(draft: Draft) -> list[Line]:
    around = draft.checkup.around
    hello = around.situation.hello
    return [Line("", f"pip {hello.pip_version}, Python {hello.python_version}, {hello.executable}")]


def _servers(draft: Draft, *, writes: bool) -> Iterator[Line]:
    how = "refused as it is, accepted with the change" if writes else "accepted by what is lasting already"
    stays = draft.stays_refused
    for item in draft.checkup.diagnoses:
        if item.is_healthy:
            yield Line("✓", f"{item.case.origin}: accepted as it is", "done")
        elif item in stays:
            yield from _refused(item)
        else:
            yield Line("✓", f"{item.case.origin}: {how}", "done")


def _refused(item: Diagnosis) -> Iterator[Line]:
    yield Line("×", f"{item.case.origin}: refused: {item.case.pip.message or 'no reason given'}", "error")
    yield Line("╰─>", f"{item.decisive.name}: {item.decisive.explanation}", "error")


def _grounds(draft: Draft) -> Iterator[Line]:
    """Why it may be trusted."""
    if draft.cure is None or isinstance(draft.cure, NoCure) or draft.reason:
        return
    remedy = draft.checkup.remedy
    if remedy is not None:
        yield Line("note:", f"{wording.grounds(remedy)} A trial connection proved it.", "note")


def _dropped(draft: Draft, *, writes: bool) -> Iterator[Line]:
    for item in draft.dropped if writes else ():
        where = f"{item.path} ({item.name})"
        text = f'The CA "{item.label}" leaves the bundle: {where} does not vouch for it any more.'
        yield Line("warning:", text, "warning")


def _changes(draft: Draft, *, dry_run: bool) -> list[Line]:
    lines = [BLANK, Line("", "What would change:" if dry_run else "What changes:")]
    for item in draft.changes:
        lines += of_change(item)
    if draft.files is not None and draft.note is not None and places.BUNDLE in draft.files:
        count = draft.files[places.BUNDLE].count(b"-----BEGIN CERTIFICATE-----")
        added = "".join(f', "{item.label}"' for item in draft.note.anchors)
        roots = f"certifi {draft.note.roots_version}".rstrip()
        lines.append(Line(" ", f"{draft.place.bundle}: {count} CAs: the public ones ({roots}){added}"))
    if draft.files is not None:
        lines.append(
            Line(" ", f"{draft.place.tools_bundle}: the same and the system's CAs, for `pipsafe env`")
        )
    lines.append(BLANK)
    if isinstance(draft.cure, Feature):
        lines.append(Line("note:", OLDER_PIPS, "note"))
    return lines


def of_change(item: FileChange) -> list[Line]:
    what = " (new)" if item.before is None else " (removed)" if item.after is None else ""
    return [
        Line(" ", f"{item.path}{what}:", verbatim=True),
        *(Line(f"   {mark}", line, verbatim=True) for mark, line in item.shown),
    ]


def _drops(draft: Draft) -> bool:
    words = [line for change in draft.changes for mark, line in change.shown if mark == "-"]
    return any("trusted" in word for word in words)


def _exempt(items: Sequence[Exempt], *, is_dropped: bool) -> Iterator[Line]:
    for item in items:
        text = NEEDLESS.format(item.host, item.set_in)
        yield Line("hint:", text if is_dropped else f"{text} {DROP}", "hint")


# How it ended


def written(draft: Draft, scope_word: str) -> list[Line]:
    lines = [Line("✓", "Written; pip reads it as it was meant. Verification stays on.", "done")]
    lines.append(Line("hint:", TAKEN_BACK_BY.format(scope_word), "hint"))
    if draft.files is not None:
        lines.append(Line("hint:", FOR_OTHERS, "hint"))
    return lines


def in_place(draft: Draft, present: Note | None) -> list[Line]:
    if not draft.checkup.diagnoses:
        return [
            Line(
                "✓", "There is no server that pip would verify, so there is nothing to make lasting.", "done"
            )
        ]
    if present is not None and present.cure != "none":
        return [Line("✓", f"This is lasting already, by {draft.place.config}. Nothing changes.", "done")]
    return [Line("✓", "pip accepts all of it as it is. There is nothing to make lasting.", "done")]


def only_shown() -> list[Line]:
    return [Line("✓", "Nothing was written: --dry-run.", "done")]


def refused(reason: str) -> list[Line]:
    return [Line("×", reason, "error")]


def of_undoing(changes: Sequence[FileChange], place: ScopePlace, found: Note, *, dry_run: bool) -> list[Line]:
    lines = [Line("", "What would change:" if dry_run else "What changes:")]
    for item in changes:
        lines += of_change(item)
    lines += [Line(" ", f"{place.folder}/{name} (removed)", verbatim=True) for name in found.files]
    if any(mark == "+" and "trusted" in line for item in changes for mark, line in item.shown):
        lines.append(Line("warning:", EXEMPT_AGAIN, "warning"))
    if dry_run:
        return [*lines, *only_shown()]
    done = Line("✓", "All that `pipsafe persist` made is taken back.", "done")
    return [*lines, done, *([Line("hint:", PROFILE, "hint")] if found.files else [])]


def nothing_to_undo(place: ScopePlace, others: Sequence[ScopePlace]) -> list[Line]:
    lines = [Line("✓", f"There is nothing to take back: {place.folder} holds no note.", "done")]
    return lines + [
        Line(
            "hint:",
            f"`pipsafe persist --{other.scope} --undo` takes back what {other.folder} tells of.",
            "hint",
        )
        for other in others
    ]
