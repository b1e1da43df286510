"""Finds out why TLS failed in one attempt, and what may cure it.

    evidence -> settings, origins -> survey -> diagnoses -> candidates -> plans -> proof

Runs while pip is still in its retries. It reads files and asks the prober; the judging is
done elsewhere.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from pipsafe import (
    ca_file,
    pip_trust,
    public_roots,
    remedy,
    settings,
    sources,
    surroundings,
    system_store,
    trust,
)
from pipsafe.diagnosis import Case, Diagnosis, diagnose
from pipsafe.evidence import Evidence
from pipsafe.findings import Findings
from pipsafe.probe import MOST_ORIGINS, Place, Prober, Survey, Trust
from pipsafe.proof import Proof
from pipsafe.remedy import PipTraits
from pipsafe.scratch import Scratch, truststore_can_be_lent
from pipsafe.settings import Contact
from pipsafe.situation import Situation
from pipsafe.sources import Source
from pipsafe.trust import Candidate, Search

# Seconds. pip itself waits 15 for one connection; a probe that has to be that patient has
# nothing to say that pip would not have said by then.
CONNECTION_SECONDS = 5.0
SILENT_CONNECTION_SECONDS = 3.0
WHOLE_SECONDS = 20.0

MOST_TRIALS = 24
"""Anchors tried at each origin."""

# Legs that pip asks one after the other for any one name.
ASKED_TOGETHER = ("index", "find-links", "build-dependency")


def examine(
    situation: Situation, evidence: Sequence[Evidence], scratch: Scratch, *, silent: bool
) -> Findings:
    """Everything there is to find out. ``silent``: pip named no TLS failure, look all the same.

    Raises ProbeFailed when the target's interpreter could not be asked.
    """
    python = situation.hello.executable or situation.python
    with Prober(python, situation.environ, seconds=WHOLE_SECONDS) as prober:
        return _Examination(situation, tuple(evidence), scratch, prober, silent=silent).findings()


class _Examination:
    """One examination's steps; each leaves a value for the next."""

    def __init__(
        self,
        situation: Situation,
        evidence: tuple[Evidence, ...],
        scratch: Scratch,
        prober: Prober,
        *,
        silent: bool,
    ) -> None:
        self.situation, self.evidence = situation, evidence
        self.scratch, self.prober = scratch, prober
        self.around = surroundings.read(situation)  # while the prober's Python starts
        self.seconds = min(
            self.around.settings.timeout, SILENT_CONNECTION_SECONDS if silent else CONNECTION_SECONDS
        )
        self.now = datetime.now(timezone.utc)
        self.facts = prober.facts(situation.hello.location)
        self.public, self.edited_certifi = public_roots.choose(self.facts.certifi)
        self.present = pip_trust.present(self.around)
        self.without = pip_trust.without_settings(self.around)

    def findings(self) -> Findings:
        contacts = self._contacts()
        surveys = self._survey(contacts) if contacts else ()
        every = [
            diagnose(self._case(contact, survey)) for contact, survey in zip(contacts, surveys, strict=True)
        ]
        failed, later = self._failed(contacts, every)
        found = Findings(tuple(failed), facts=self.facts)
        if not failed:
            return found
        search = self._search([*failed, *later])
        accepted = self._try([*failed, *later], search)
        # Nobody waits for the later ones yet: they are cured along with the first if they can be.
        failed += [item for item in later if accepted.get(str(item.case.origin))]
        found = replace(found, diagnoses=tuple(failed))
        proof = Proof(self.around, self.facts, self.public, self.scratch, self.seconds)
        legs = frozenset([*(item.case.leg for item in failed), *(item.leg for item in self.evidence)])
        proved = proof.first_proved(
            remedy.plans(failed, accepted, self._traits(), legs),
            self._places([*failed, *(item for item in every if item.is_healthy)]),
            self.prober,
            patience=WHOLE_SECONDS,
        )
        return replace(found, remedy=proved, search=search, accepted=accepted, trouble=tuple(proof.trouble))

    # What pip would reach, and how it fares

    def _contacts(self) -> tuple[Contact, ...]:
        """Origins that pip is configured for, and those that pip's own words name beside them.

        Words from inside a build name nothing that is probed: a package can print anything.
        """
        default = self.facts.default_index or ""
        around = self.around
        found = {
            contact.origin: contact
            for contact in settings.origins(around.settings, around.needs, around.line, default)
        }
        for item in self.evidence:
            if item.origin is not None and not item.inner and item.origin.scheme == "https":
                found.setdefault(item.origin, Contact(item.origin, item.leg, item.url or str(item.origin)))
        trusted = {setting.value.lower() for setting in around.settings.trusted_hosts}
        trusted |= {setting.value.lower() for setting in around.needs.of("trusted-host")}
        # pip verifies nothing there, so there is nothing to cure; those that pip named come first.
        named = {item.origin for item in self.evidence}
        asked = [
            contact
            for contact in found.values()
            if trusted.isdisjoint((contact.origin.host, f"{contact.origin.host}:{contact.origin.port}"))
        ]
        return tuple(sorted(asked, key=lambda contact: contact.origin not in named)[:MOST_ORIGINS])

    def _places(self, diagnoses: Sequence[Diagnosis]) -> list[Place]:
        return [self.around.place(Contact(item.case.origin, item.case.leg, "")) for item in diagnoses]

    def _survey(self, contacts: Sequence[Contact]) -> tuple[Survey, ...]:
        trusts = {"pip": self.present, "system": _system_trust()}
        if self.public:
            trusts["certifi"] = Trust(file=self.public, carried=False)
        if self.without != self.present:
            trusts["pip-without-setting"] = self.without
        places = [self.around.place(contact) for contact in contacts]
        return self.prober.survey(places, trusts, seconds=self.seconds)

    def _case(self, contact: Contact, survey: Survey) -> Case:
        setting = pip_trust.blamed_setting(self.around)
        problem = None
        if setting is not None and survey.verdicts["pip"].kind == "setting":
            problems = ca_file.read(setting.value).problems
            problem = problems[0] if problems else "holds no CA certificate in PEM form"
        return Case(
            origin=contact.origin,
            leg=self._leg(contact),
            survey=survey,
            evidence=next((item for item in self.evidence if item.origin == contact.origin), None),
            is_default_index=self._is_default(contact),
            setting=setting,
            setting_problem=problem,
            pip_roots=public_roots.count(self.facts.certifi),
            now=self.now,
        )

    def _leg(self, contact: Contact) -> str:
        """An index that only the pip of an isolated build complains of failed on that leg."""
        only_of_builds = {item.leg for item in self.evidence} == {"build-dependency"}
        return "build-dependency" if contact.leg == "index" and only_of_builds else contact.leg

    def _is_default(self, contact: Contact) -> bool:
        """Whether pip's own default index led here: the index itself, or the host that its pages name."""
        default = self.facts.default_index
        if default is None:
            return False
        if contact.url == default:
            return True
        around = self.around
        indexes = [item.value for item in settings.index_urls(around.settings, around.needs, default)]
        named_by_pip = any(item.origin == contact.origin and not item.inner for item in self.evidence)
        return contact.leg == "file" and named_by_pip and indexes == [default]

    def _failed(
        self, contacts: Sequence[Contact], diagnoses: Sequence[Diagnosis]
    ) -> tuple[list[Diagnosis], list[Diagnosis]]:
        """The unhealthy origins that pip's words speak of (all, if they name none), and those to come."""
        unhealthy = [item for item in diagnoses if not item.is_healthy]
        refused = [item for item in unhealthy if item.decisive.name != "unreachable"]
        named = {item.origin for item in self.evidence if item.origin is not None}
        paths = tuple(item.path for item in self.evidence if item.path)
        urls = {contact.origin: contact.url for contact in contacts}
        spoken_of = [
            item for item in refused if item.case.origin in named or _leads_to(urls[item.case.origin], paths)
        ]
        if not spoken_of:
            return refused or [item for item in unhealthy if item.case.origin in named], []
        # pip asks every index in turn: the next one is cured along with the first, if it can be.
        later = [item for item in refused if item not in spoken_of and item.is_curable]
        asked = any(item.case.leg in ASKED_TOGETHER for item in spoken_of)
        return spoken_of, [item for item in later if asked and item.case.leg in ASKED_TOGETHER]

    # What may cure it

    def _search(self, failed: Sequence[Diagnosis]) -> Search:
        chains = [item.case.survey.chain for item in failed if item.is_curable]
        if not any(chains):
            return Search()
        home = self.around.target.home
        return trust.search(self._sources(), chains, folder=os.getcwd(), home=home, now=self.now)

    def _sources(self) -> tuple[Source, ...]:
        found = [Source("explicit", named_by, path) for path, named_by in self.situation.explicit_ca]
        path = system_store.path()
        if path is not None:
            found.append(Source("system", system_store.NAME, path))
        if self.public is not None:
            found.append(Source("public", "certifi", self.public))
        found += self.around.named_ca_files()
        found += sources.in_environment(self.situation.environ)
        if self.edited_certifi is not None:
            found.append(Source("configured", "certifi, edited on this machine", self.edited_certifi))
        return sources.distinct(found)

    def _try(self, failed: Sequence[Diagnosis], search: Search) -> dict[str, tuple[Candidate, ...]]:
        """The candidates that a handshake with that anchor alone accepts, per origin."""
        candidates = search.candidates[:MOST_TRIALS]
        curable = [item for item in failed if item.is_curable]
        if not candidates or not curable:
            return {}
        anchors = [item.anchor for item in candidates]
        rows = self.prober.trial(self._places(curable), anchors, seconds=self.seconds)
        return {
            str(item.case.origin): tuple(
                candidate for candidate, verdict in zip(candidates, row, strict=True) if verdict.accepted
            )
            for item, row in zip(curable, rows, strict=True)
        }

    def _traits(self) -> PipTraits:
        around, target = self.around.settings, self.around.target
        cert = around.cert
        return PipTraits(
            version=target.pip_version,
            python_version=target.python_version,
            present=self.present,
            without_setting=self.without,
            truststore_at_hand=self.facts.truststore or truststore_can_be_lent(),
            isolated=around.isolated,
            trust_env=around.trust_env,
            typed_cert=bool(self.around.line.values("cert")),
            cert_in_file=cert is not None and not cert.set_in.startswith(("command line", "environment")),
            use_features=around.use_features,
        )


def _system_trust() -> Trust:
    if system_store.judged_by_the_system():
        return Trust(truststore=True, carried=False)
    return Trust(file=system_store.path() or "/nonexistent", carried=False)


def _leads_to(url: str, paths: Sequence[str]) -> bool:
    """Whether a request path that pip named may lie below this URL."""
    rest = url.partition("://")[2]
    base = "/" + rest.partition("/")[2].rstrip("/")
    return any(path.startswith(base) for path in paths)
