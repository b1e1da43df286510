"""What persist tells: pure functions to lines, in the look of doctor's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipsafe.causes.case import Diagnosis
from pipsafe.language.text import Text, counted, enumerated, sentences, text
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

OLDER_PIPS = text(
    "A pip before 22.2, one before 23.3 that has no truststore beside it, and one on a Python before 3.10 "
    "stop at that word if they read this file, too; --site "
    "writes it for this Python only."
)
FOR_OTHERS = text(
    "`pipsafe env` prints the variables that give git, curl, npm, uv and others the same trust."
)
TAKEN_BACK_BY = text("`{command}` takes all of it back.")
# For translators: "it" is the setting trusted-host.
DROP = text("--drop-trusted-host takes it out.")
# For translators: {place} is where that is set, a file and a line.
NEEDLESS = text("trusted-host {host} ({place}) is not needed: pip would verify that server, and accept it.")
EXEMPT_AGAIN = text(
    "A trusted-host that was taken out stands there again, so pip does not verify that server."
)
PROFILE = text(
    "Where a shell's profile names those files (`pipsafe env`), take the lines out: `pipsafe env --unset`."
)

# For translators: {server} is a URL.
ACCEPTED = text("{server}: accepted as it is")
# For translators: {server} is a URL.
WILL_BE_ACCEPTED = text("{server}: refused as it is, accepted with the change")
# For translators: {server} is a URL; what is lasting is what an earlier `pipsafe persist` wrote.
ACCEPTED_ALREADY = text("{server}: accepted by what is lasting already")

WOULD_CHANGE = text("What would change:")
CHANGES = text("What changes:")


def of_draft(draft: Draft, *, dry_run: bool, writes: bool) -> list[Line]:
    """What was found, and the change, before it is made."""
    return [
        *_head(draft),
        BLANK,
        *_servers(draft, writes=writes),
        *(Line("note:", sentence, "note") for sentence in draft.checkup.trouble),
        *_grounds(draft),
        *(Line("note:", stale(clause), "note") for clause in draft.renewed if writes),
        *_dropped(draft, writes=writes),
        *_changes(draft, dry_run=dry_run) * writes,
        *_exempt(draft.exempt, is_dropped=_drops(draft)),
    ]


def _head(draft: Draft) -> list[Line]:
    around = draft.checkup.around
    hello = around.situation.hello
    versions = [f"pip {hello.pip_version}", f"Python {hello.python_version}"]
    return [Line("", enumerated([*versions, hello.executable]))]


def _servers(draft: Draft, *, writes: bool) -> Iterator[Line]:
    cured = WILL_BE_ACCEPTED if writes else ACCEPTED_ALREADY
    stays = draft.stays_refused
    for item in draft.checkup.diagnoses:
        if item.is_healthy:
            yield Line("✓", ACCEPTED.filled(server=item.case.origin), "done")
        elif item in stays:
            yield from _refused(item)
        else:
            yield Line("✓", cured.filled(server=item.case.origin), "done")


def _refused(item: Diagnosis) -> Iterator[Line]:
    reason = item.case.pip.message or text("no reason given")
    # For translators: {server} is a URL.
    refusal = text("{server}: refused: {reason}", server=item.case.origin, reason=reason)
    yield Line("×", refusal, "error")
    cause = item.decisive
    why = text("{cause}: {explanation}", cause=cause.name, explanation=cause.explanation)
    yield Line("╰─>", why, "error")


def _grounds(draft: Draft) -> Iterator[Line]:
    """Why it may be trusted."""
    if draft.cure is None or isinstance(draft.cure, NoCure) or draft.reason:
        return
    remedy = draft.checkup.remedy
    if remedy is not None:
        yield Line("note:", sentences(wording.grounds(remedy), wording.PROVED), "note")


def _dropped(draft: Draft, *, writes: bool) -> Iterator[Line]:
    for item in draft.dropped if writes else ():
        # For translators: {source} is a variable, a setting, a program or "the system store"; {path} is its
        # file.
        told = text(
            'The CA "{name}" leaves the bundle: {path} ({source}) does not vouch for it any more.',
            name=item.label,
            path=item.path,
            source=item.source,
        )
        yield Line("warning:", told, "warning")


def _changes(draft: Draft, *, dry_run: bool) -> list[Line]:
    lines = [BLANK, Line("", WOULD_CHANGE if dry_run else CHANGES)]
    for item in draft.changes:
        lines += of_change(item)
    if draft.files is not None and draft.note is not None and places.BUNDLE in draft.files:
        lines.append(Line(" ", _of_bundle(draft.place.bundle, draft.files[places.BUNDLE], draft.note)))
    if draft.files is not None:
        # For translators: "the same" are CAs in a bundle of which the line before tells.
        tools = text("{path}: the same and the system's CAs, for `pipsafe env`")
        lines.append(Line(" ", tools.filled(path=draft.place.tools_bundle)))
    lines.append(BLANK)
    if isinstance(draft.cure, Feature):
        lines.append(Line("note:", OLDER_PIPS, "note"))
    return lines


def _of_bundle(path: str, contents: bytes, note: Note) -> Text:
    """What is in it."""
    number = contents.count(b"-----BEGIN CERTIFICATE-----")
    roots = f"certifi {note.roots_version}".rstrip()
    if not note.anchors:
        # For translators: {roots} is the list of public CAs, "certifi 2026.1.4".
        return counted(
            "{path}: {count} CA: the public ones ({roots})",
            "{path}: {count} CAs: the public ones ({roots})",
            number,
            path=path,
            roots=roots,
        )
    others = enumerated([text('"{name}"', name=item.label) for item in note.anchors])
    # For translators: {roots} is the list of public CAs, "certifi 2026.1.4"; {others} are names of CAs.
    return counted(
        "{path}: {count} CA: the public ones ({roots}), {others}",
        "{path}: {count} CAs: the public ones ({roots}), {others}",
        number,
        path=path,
        roots=roots,
        others=others,
    )


def of_change(item: FileChange) -> list[Line]:
    template = text("{path}:")
    if item.before is None:
        # For translators: the file is new.
        template = text("{path} (new):")
    elif item.after is None:
        # For translators: the file is removed.
        template = text("{path} (removed):")
    return [
        Line(" ", template.filled(path=item.path), verbatim=True),
        *(Line(f"   {mark}", line, verbatim=True) for mark, line in item.shown),
    ]


def _drops(draft: Draft) -> bool:
    words = [line for change in draft.changes for mark, line in change.shown if mark == "-"]
    return any("trusted" in word for word in words)


def _exempt(items: Sequence[Exempt], *, is_dropped: bool) -> Iterator[Line]:
    for item in items:
        told = NEEDLESS.filled(host=item.host, place=item.set_in)
        yield Line("hint:", told if is_dropped else sentences(told, DROP), "hint")


def stale(clause: str) -> Text:
    """What is no longer so of a bundle, as a sentence."""
    # For translators: the bundle is the subject of {clause}, such as "is not whole: ...".
    return text("The bundle {clause}.", clause=clause)


# How it ended


def written(draft: Draft) -> list[Line]:
    lines = [Line("✓", text("Written; pip reads it as it was meant. Verification stays on."), "done")]
    undo = TAKEN_BACK_BY.filled(command=f"{draft.place.command} --undo")
    lines.append(Line("hint:", undo, "hint"))
    if draft.files is not None:
        lines.append(Line("hint:", FOR_OTHERS, "hint"))
    return lines


def in_place(draft: Draft, present: Note | None) -> list[Line]:
    if not draft.checkup.diagnoses:
        nobody = text("There is no server that pip would verify, so there is nothing to make lasting.")
        return [Line("✓", nobody, "done")]
    if present is not None and present.cure != "none":
        # For translators: {file} is pip's configuration.
        already = text("This is lasting already, by {file}. Nothing changes.", file=draft.place.config)
        return [Line("✓", already, "done")]
    # For translators: "it" is what pip was asked about, all its servers.
    return [Line("✓", text("pip accepts all of it as it is. There is nothing to make lasting."), "done")]


def only_shown() -> list[Line]:
    return [Line("✓", text("Nothing was written: --dry-run."), "done")]


def refused(reason: str) -> list[Line]:
    return [Line("×", reason, "error")]


def of_undoing(changes: Sequence[FileChange], place: ScopePlace, found: Note, *, dry_run: bool) -> list[Line]:
    lines = [Line("", WOULD_CHANGE if dry_run else CHANGES)]
    for item in changes:
        lines += of_change(item)
    # For translators: the file is removed.
    removed = text("{path} (removed)")
    paths = [f"{place.folder}/{name}" for name in found.files]
    lines += [Line(" ", removed.filled(path=path), verbatim=True) for path in paths]
    if any(mark == "+" and "trusted" in line for item in changes for mark, line in item.shown):
        lines.append(Line("warning:", EXEMPT_AGAIN, "warning"))
    if dry_run:
        return [*lines, *only_shown()]
    done = Line("✓", text("All that `pipsafe persist` made is taken back."), "done")
    return [*lines, done, *([Line("hint:", PROFILE, "hint")] if found.files else [])]


def nothing_to_undo(place: ScopePlace, others: Sequence[ScopePlace]) -> list[Line]:
    # For translators: {folder} would hold a note of what persist did.
    nothing = text("There is nothing to take back: {folder} holds no note.", folder=place.folder)
    # For translators: {folder} holds a note of what persist did.
    elsewhere = text("`{command}` takes back what {folder} tells of.")
    hints = [
        elsewhere.filled(command=f"pipsafe persist --{other.scope} --undo", folder=other.folder)
        for other in others
    ]
    return [Line("✓", nothing, "done"), *(Line("hint:", hint, "hint") for hint in hints)]
