"""A lasting cure as it would be written: looked for, proved, and not written yet.

situation -> checkup -> cure -> files and changes -> proof
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from pipsafe import examination
from pipsafe.attempts.scratch import NoScratch, Scratch
from pipsafe.attempts.situation import Situation
from pipsafe.causes.case import Diagnosis
from pipsafe.findings import Checkup
from pipsafe.language.text import of_error, text
from pipsafe.persist import bundle, conf_text, cure, layers, needless, places, staleness
from pipsafe.persist.bundle import CannotMake
from pipsafe.persist.cure import Bundle, Cure, Feature, NoCure, Removal
from pipsafe.persist.edits import Drafts, FileChange
from pipsafe.persist.needless import Exempt
from pipsafe.persist.note import KeptAnchor, Note, digest
from pipsafe.persist.places import ScopePlace
from pipsafe.persist.request import Request
from pipsafe.pip_settings import pip_trust
from pipsafe.pip_settings.settings import Contact
from pipsafe.probes.answered import Verdict
from pipsafe.probes.probe import Prober
from pipsafe.trust import discovery
from pipsafe.x509.certificate import Certificate

PROOF_SECONDS = 20.0
CONNECTION_SECONDS = 5.0

# For translators: {words} are those of whoever verified the certificate, or "no reason given".
STILL_REFUSED = text(
    "With what would be written pip would not accept {origin}: {words}. Nothing is written; type `pipsafe` "
    "for `pip`."
)
# For translators: {newer} and {older} are versions.
NEWER_ROOTS = text(
    "The bundle that is there has the public roots of certifi {newer}, and here is only {older}, so it is "
    "left alone: upgrade certifi beside pipsafe."
)
NOT_PREPARED = text("A cure could not be prepared: {reason}. Nothing is written.")


@dataclass(frozen=True, slots=True)
class Draft:
    """What there is to write, and why."""

    checkup: Checkup
    """Of pip as it is without what persist made."""
    place: ScopePlace
    cure: Cure | NoCure | None
    """None: there is nothing to cure."""
    changes: tuple[FileChange, ...] = ()
    """To configuration files."""
    files: Mapping[str, bytes] | None = None
    """Name and contents of what goes into the place's folder; None: what is there stays."""
    note: Note | None = None
    """As it will be, but for the changes."""
    dropped: tuple[KeptAnchor, ...] = ()
    """CAs that the bundle held and will not hold any more."""
    exempt: tuple[Exempt, ...] = ()
    """Hosts exempt from verification for no reason."""
    reason: str = ""
    """Why nothing may be written though something would cure it, as a sentence."""
    renewed: tuple[str, ...] = ()
    """What was no longer so of the bundle that is there, as clauses."""

    @property
    def refused(self) -> tuple[Diagnosis, ...]:
        """What pip refuses without what persist made."""
        return tuple(item for item in self.checkup.diagnoses if not item.is_healthy)

    @property
    def stays_refused(self) -> tuple[Diagnosis, ...]:
        """What pip would refuse all the same."""
        if self.reason or isinstance(self.cure, NoCure):
            return self.refused
        return tuple(item for item in self.refused if not item.is_curable)


def make(
    request: Request,
    situation: Situation,
    place: ScopePlace,
    present: Note | None,
    scratch: Scratch,
    progress: Callable[[str], None],
) -> Draft:
    """`present`: what persist made before. Raises ProbeFailed and CannotWrite."""
    situation = _without(situation, place, present)
    checkup = examination.check(situation, request.contacts or None, scratch, progress)
    chosen = cure.choose(checkup, place.config)
    draft = Draft(checkup, place, chosen)
    if not isinstance(chosen, NoCure):
        draft = _Drafting(draft, present, scratch, progress).done(chosen)
    return _with_exempt(draft, request, situation, scratch, progress)


def _without(situation: Situation, place: ScopePlace, present: Note | None) -> Situation:
    """The situation as it is without what persist made: what that rests on is to be found anew."""
    if present is None:
        return situation
    ours = {place.bundle: present.replaced, place.tools_bundle: ""}
    real = {os.path.realpath(path) for path in ours}
    environ = {
        name: value
        for name, value in situation.environ.items()
        if not os.path.isabs(value) or os.path.realpath(value) not in real
    }
    return replace(situation, environ=environ, set_aside=ours)


class _Drafting:
    """From a cure to bytes."""

    def __init__(
        self, draft: Draft, present: Note | None, scratch: Scratch, progress: Callable[[str], None]
    ) -> None:
        self.draft, self.present, self.scratch, self.progress = draft, present, scratch, progress
        self.checkup, self.place = draft.checkup, draft.place
        self.now = datetime.now(timezone.utc)
        self.drafts = Drafts()

    def done(self, chosen: Cure | None) -> Draft:
        """Raises ProbeFailed and CannotWrite."""
        try:
            match chosen:
                case None:
                    return self._renewed()
                case Bundle():
                    return self._with_bundle(chosen)
                case Feature():
                    return self._with_feature(chosen)
                case Removal():
                    return self._with_removal(chosen)
        except (CannotMake, NoScratch) as error:
            return replace(self.draft, reason=NOT_PREPARED.filled(reason=of_error(error)))

    def _renewed(self) -> Draft:
        """There is nothing to cure; what was made may be stale all the same."""
        if self.present is None or places.TOOLS_BUNDLE not in self.present.files:
            return self.draft
        if places.BUNDLE in self.present.files:
            return self._with_bundle(Bundle((), (), (), self.present.replaced or None))
        public = bundle.roots(self.checkup.facts.certifi)
        files = self._for_tools(public.certificates, (), self.place.tools_bundle)
        return replace(self.draft, files=files, note=self.present, renewed=self._stale())

    def _with_bundle(self, chosen: Bundle) -> Draft:
        public = bundle.roots(self.checkup.facts.certifi)
        recorded = self.present.anchors if self.present is not None else ()
        new = bundle.record(chosen.anchors, chosen.sources)
        known = {item.sha256 for item in new}
        if self.present is not None and staleness.are_newer(self.present, public):
            if known <= {item.sha256 for item in recorded}:
                return self.draft
            newer = self.present.roots_version
            return replace(self.draft, reason=NEWER_ROOTS.filled(newer=newer, older=public.version))
        denied = discovery.denied(self.checkup.around)
        kept = [
            (item, certificate)
            for item, certificate in bundle.kept_certificates(recorded, self.place.bundle, self.now)
            if item.sha256 not in known and denied.reason(certificate) is None
        ]
        certificates = [certificate for _, certificate in kept]
        contents = bundle.contents(public, chosen, certificates)
        anchors = [*chosen.anchors, *certificates]
        held = (*new, *(item for item, _ in kept))
        written = self._hidden_or_refused(
            chosen, "cert", self.place.bundle, self.scratch.write_bundle(contents)
        )
        if written is not None:
            return replace(self.draft, reason=written)
        self.drafts.change(self.place.config, lambda conf: conf_text.setting(conf, "cert", self.place.bundle))
        files = {places.BUNDLE: bundle.pem(contents), **self._for_tools(contents, anchors, self.place.bundle)}
        note = replace(
            self.present or Note("bundle"),
            cure="bundle",
            anchors=held,
            replaced=chosen.replaces or "",
            roots=public.sha256,
            roots_version=public.version,
        )
        digests = {item.sha256 for item in held}
        return replace(
            self.draft,
            changes=self.drafts.changes(),
            files=files,
            note=note,
            dropped=tuple(item for item in recorded if item.sha256 not in digests),
            renewed=self._stale(),
        )

    def _stale(self) -> tuple[str, ...]:
        if self.present is None:
            return ()
        found = staleness.look(self.place, self.checkup.facts.certifi, self.now)
        return found.complaints if found is not None else ()

    def _for_tools(
        self, of_pip: Sequence[bytes], anchors: Sequence[Certificate], named: str
    ) -> dict[str, bytes]:
        """What only other tools read."""
        tools = bundle.for_tools(of_pip, anchors)
        files = {places.TOOLS_BUNDLE: bundle.pem(tools)}
        if named.isprintable():  # there is no way to quote
            files[places.WGETRC] = f"ca_certificate = {named}\n".encode()
        return files

    def _with_feature(self, chosen: Feature) -> Draft:
        written = self._hidden_or_refused(chosen, cure.USE_FEATURE, chosen.words, None)
        if written is not None:
            return replace(self.draft, reason=written)
        self.drafts.change(
            self.place.config, lambda conf: conf_text.setting(conf, cure.USE_FEATURE, chosen.words)
        )
        public = bundle.roots(self.checkup.facts.certifi)
        note = replace(self.present or Note("feature"), cure="feature")
        held = places.BUNDLE in note.files
        files = None if held else self._for_tools(public.certificates, (), self.place.tools_bundle)
        return replace(self.draft, changes=self.drafts.changes(), files=files, note=note)

    def _with_removal(self, chosen: Removal) -> Draft:
        refused = self._refused(chosen, None)
        if refused is not None:
            return replace(self.draft, reason=refused)
        section = chosen.setting.set_in.rpartition("[")[2].rstrip("]")
        self.drafts.change(
            self.place.config, lambda conf: conf_text.removing(conf, section, chosen.setting.name)
        )
        note = replace(self.present or Note("removal"), cure="removal")
        return replace(self.draft, changes=self.drafts.changes(), note=note)

    def _hidden_or_refused(self, chosen: Cure, name: str, value: str, file: str | None) -> str | None:
        """Why what would be written would be of no use, as a sentence."""
        return layers.complaint(self.checkup.around, self.place, name, value) or self._refused(chosen, file)

    def _refused(self, chosen: Cure, file: str | None) -> str | None:
        """Proves the very trust that pip would have then, at every server that it is to accept."""
        around = self.checkup.around
        trust = pip_trust.present(around._replace(settings=cure.settings_with(around.settings, chosen, file)))
        asked = [item for item in self.checkup.diagnoses if item.is_healthy or item.is_curable]
        if not asked:
            return None
        # For translators: what goes on now.
        self.progress(text("proving what would be written"))
        hello = around.situation.hello
        python = hello.executable or around.situation.python
        with Prober(python, around.situation.environ, seconds=PROOF_SECONDS) as prober:
            prober.facts(hello.location)
            found = [around.place(Contact(item.case.origin, item.case.leg, "")) for item in asked]
            verdicts: Sequence[Verdict] = prober.prove(found, trust, {}, seconds=CONNECTION_SECONDS)
        for item, verdict in zip(asked, verdicts, strict=True):
            if not verdict.accepted:
                words = verdict.message or text("no reason given")
                return STILL_REFUSED.filled(origin=item.case.origin, words=words)
        return None


# Hosts that are exempt


def _with_exempt(
    draft: Draft,
    request: Request,
    situation: Situation,
    scratch: Scratch,
    progress: Callable[[str], None],
) -> Draft:
    """The draft with the hosts that need not be exempt; their words taken out, where that was asked for."""
    found = needless.find(draft.checkup, draft.stays_refused, situation, scratch, progress)
    if not found or not request.drops_trusted_hosts:
        return replace(draft, exempt=found)
    return replace(draft, exempt=found, changes=needless.taken_out(found, draft.changes))


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: digest(data) for name, data in files.items()}
