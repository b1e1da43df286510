"""Finds out why TLS failed in one attempt, and what may cure it.

    evidence -> contacts -> survey -> diagnoses -> search -> trial -> looks -> plans -> proof

Runs while pip is still in its retries. It reads files and asks the prober; the judging is
done elsewhere.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from pipsafe import remedy
from pipsafe.attempts.scratch import Scratch, truststore_can_be_lent
from pipsafe.attempts.situation import Situation
from pipsafe.causes.case import Case, Diagnosis
from pipsafe.diagnosis import diagnose
from pipsafe.findings import Checkup, Findings, Remedy
from pipsafe.language.text import counted, text
from pipsafe.observations import provenance
from pipsafe.observations.provenance import PublicNames, Seen
from pipsafe.origin import Origin
from pipsafe.pip_settings import pip_trust, surroundings
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import PROXY
from pipsafe.probes import contacts
from pipsafe.probes.answered import Survey
from pipsafe.probes.asked import Place, Trust
from pipsafe.probes.probe import Prober
from pipsafe.probes.prober_process import ProbeFailed, ProberProcess
from pipsafe.probes.proof import Proof
from pipsafe.remedy import PipTraits, Plan
from pipsafe.statements.evidence import Evidence, Kind
from pipsafe.trust import ca_file, public_roots, system_store
from pipsafe.trust.seeking import Seeker, Sought

# Seconds. pip itself waits 15 for one connection; a probe that has to be that patient has
# nothing to say that pip would not have said by then.
CONNECTION_SECONDS = 5.0
SILENT_CONNECTION_SECONDS = 3.0
WHOLE_SECONDS = 20.0
CHECKUP_SECONDS = 60.0

MOST_REDIRECTS = 5

SSL_SHADOWED = text(
    "pip found no ssl module, and its Python has one: something else of that name stands before it "
    "(in PYTHONPATH, or in the working folder)"
)


def examine(
    situation: Situation,
    evidence: Sequence[Evidence],
    scratch: Scratch,
    *,
    silent: bool,
    process: ProberProcess | None = None,
) -> Findings:
    """Everything there is to find out. ``silent``: pip named no TLS failure, look all the same.

    ``process``: the target's interpreter, where it was started ahead; it is ended here. Raises
    ProbeFailed when the target's interpreter could not be asked.
    """
    patience = SILENT_CONNECTION_SECONDS if silent else CONNECTION_SECONDS
    with _prober(situation, WHOLE_SECONDS, process) as prober:
        return _Examination(situation, tuple(evidence), scratch, prober, patience).findings()


def check(
    situation: Situation,
    asked: Sequence[Contact] | None,
    scratch: Scratch,
    progress: Callable[[str], None],
) -> Checkup:
    """The same without an attempt: every origin asked for, healthy or not.

    ``asked``: None for every origin that this pip is configured for. ``progress`` is told in a
    few words what takes its time. Raises ProbeFailed.
    """
    with _prober(situation, CHECKUP_SECONDS) as prober:
        examination = _Examination(situation, (), scratch, prober, CONNECTION_SECONDS)
        return examination.checkup(asked, progress)


def _prober(situation: Situation, seconds: float, process: ProberProcess | None = None) -> Prober:
    python = situation.hello.executable or situation.python
    return Prober(python, situation.environ, seconds=seconds, process=process)


class _Examination:
    """One examination's steps; each leaves a value for the next."""

    def __init__(
        self,
        situation: Situation,
        evidence: tuple[Evidence, ...],
        scratch: Scratch,
        prober: Prober,
        patience: float,
    ) -> None:
        """``patience``: seconds that one connection may take."""
        self.situation, self.evidence = situation, evidence
        self.scratch, self.prober = scratch, prober
        self.around = surroundings.read(situation)  # while the prober's Python starts
        self.seconds = min(self.around.settings.timeout, patience)
        self.now = datetime.now(timezone.utc)
        self.facts = prober.facts(situation.hello.location)
        self.public, self.edited_certifi = public_roots.choose(self.facts.certifi)
        self.present = pip_trust.present(self.around)
        self.without = pip_trust.without_settings(self.around)
        self.pip_roots = public_roots.count(self.facts.certifi)

    def findings(self) -> Findings:
        """Of the origins that pip's words speak of. Raises ProbeFailed."""
        said_missing = any(item.kind is Kind.SSL_MISSING for item in self.evidence)
        if said_missing and not self.facts.build.get("ssl_error"):
            raise ProbeFailed(SSL_SHADOWED)
        asked = contacts.of(self.around, self.evidence, self.facts.default_index or "")
        asked = contacts.with_proxies(self.around, asked)
        every = self._diagnoses(asked)
        failed, later = contacts.failed(asked, every, self.evidence)
        if not failed:
            further = self._led_to(asked, every)
            asked, every = (*asked, *further), [*every, *self._diagnoses(further)]
            failed, later = contacts.failed(asked, every, self.evidence)
        if not failed:
            return self._of_children([item for item in every if item.is_healthy])
        sought = self._seek([*failed, *later], [contact.origin for contact in asked if contact.leg != PROXY])
        now_known = {item.case.origin: item for item in sought.diagnoses}
        failed = [now_known[item.case.origin] for item in failed]
        # Nobody waits for the later ones yet: they are cured along with the first if they can be.
        failed += [now_known[item.case.origin] for item in later if sought.accepted_at(item.case.origin)]
        healthy = [item for item in every if item.is_healthy]
        proved, trouble = self._proved(failed, healthy, sought)
        well, refused = ([item.case.origin for item in items] for items in (healthy, failed))
        of_children = contacts.of_children(self.evidence, well, refused)
        told = {item.case.origin for item in failed}
        return Findings(
            tuple(failed),
            proved,
            sought.search,
            sought.accepted,
            facts=self.facts,
            trouble=trouble,
            of_children=of_children,
            others=tuple(now_known[item.case.origin] for item in later if item.case.origin not in told),
        )

    def _of_children(self, healthy: Sequence[Diagnosis]) -> Findings:
        """pip is refused nowhere, and a program that it started says that it is.

        Its words lead to no connection. All that is asked is whether pip's own servers, which pip accepts,
        are refused by what such programs trust: then they lack trust that pip has, and get it once.
        """
        found = contacts.of_children(self.evidence, [item.case.origin for item in healthy])
        had_it = bool(self.situation.bundles)
        if not found or had_it or not contacts.may_be_cured_in_children(self.evidence):
            return Findings(facts=self.facts, of_children=found)
        lacking = self._refused_by_children(healthy)
        if not lacking:
            return Findings(facts=self.facts, of_children=found)
        sought = self._seeker([item.case.origin for item in healthy]).at_hand(lacking)
        made = remedy.for_children(lacking, sought.accepted, self._traits())
        proved, trouble = self._first_proved(made, healthy)
        return Findings(
            (), proved, sought.search, sought.accepted, self.facts, trouble=trouble, of_children=found
        )

    def _refused_by_children(self, healthy: Sequence[Diagnosis]) -> list[Diagnosis]:
        environ = self.situation.environ
        trusts = {"openssl": Trust(carried=False, openssl_defaults=True)}
        for name in ("REQUESTS_CA_BUNDLE", *remedy.CHILD_VARIABLES):
            if environ.get(name):
                trusts[name] = Trust(file=environ[name], carried=False)
        if self.public and not (environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")):
            trusts["requests"] = Trust(file=self.public, carried=False)
        places, given = self._places(healthy), {"pip": self.present, **trusts}
        surveys = self.prober.survey(places, given, seconds=self.seconds) if places else ()
        return [
            item
            for item, survey in zip(healthy, surveys, strict=True)
            if survey.verdicts["pip"].accepted and not all(survey.verdicts[name].accepted for name in trusts)
        ]

    def checkup(self, asked: Sequence[Contact] | None, progress: Callable[[str], None]) -> Checkup:
        """Of every origin that was asked for."""
        if asked is None:
            asked = contacts.configured(self.around, self.facts.default_index or "")
        asked = contacts.with_proxies(self.around, asked)
        progress(counted("asking {count} server", "asking {count} servers", len(asked)))
        every = self._diagnoses(asked)
        failed = [item for item in every if not item.is_healthy]
        progress(text("looking through the CAs of this machine"))
        sought = self._seek(failed, ())
        now_known = {item.case.origin: item for item in sought.diagnoses}
        curable = [item for item in sought.diagnoses if item.is_curable]
        proved, trouble = self._proved(curable, [item for item in every if item.is_healthy], sought)
        return Checkup(
            self.around,
            self.facts,
            tuple(now_known.get(item.case.origin, item) for item in every),
            sought.search,
            sought.accepted,
            proved,
            trouble,
        )

    # What pip would reach, and how it fares

    def _diagnoses(self, asked: Sequence[Contact]) -> list[Diagnosis]:
        if not asked:
            return []
        surveys = self._survey(asked)
        is_refused = any(not survey.verdicts["pip"].accepted for survey in surveys)
        public = provenance.public_names(self._public_roots()) if is_refused else provenance.NO_NAMES
        seen = [
            Seen(contact.origin.host, survey.chain, self._is_default(contact))
            for contact, survey in zip(asked, surveys, strict=True)
        ]
        return [
            diagnose(self._case(contact, survey, seen, public))
            for contact, survey in zip(asked, surveys, strict=True)
        ]

    def _led_to(self, asked: Sequence[Contact], every: Sequence[Diagnosis]) -> tuple[Contact, ...]:
        """Servers that pages of servers which pip accepts redirect to."""
        pages = contacts.pages(asked, every, self.evidence)
        known = {contact.origin for contact in asked}
        found: dict[Origin, Contact] = {}
        for _ in range(MOST_REDIRECTS):
            if not pages:
                break
            places = [(self.around.place(page), contacts.path_of(page)) for page in pages]
            said = self.prober.redirects(places, self.present, seconds=self.seconds)
            led = (contacts.sent_on(page, location) for page, location in zip(pages, said, strict=True))
            pages = contacts.verified(self.around, [contact for contact in led if contact is not None])
            for contact in pages:
                if contact.origin not in known:
                    found.setdefault(contact.origin, contact)
        return tuple(found.values())

    def _public_roots(self) -> tuple[bytes, ...]:
        return ca_file.read(self.public).certificates if self.public else ()

    def _is_default(self, contact: Contact) -> bool:
        return contacts.is_default(contact, self.around, self.evidence, self.facts.default_index)

    def _survey(self, asked: Sequence[Contact]) -> tuple[Survey, ...]:
        trusts = {"pip": self.present, "system": _system_trust()}
        if self.public:
            trusts["certifi"] = Trust(file=self.public, carried=False)
        if self.without != self.present:
            trusts["pip-without-setting"] = self.without
        places = [self.around.place(contact) for contact in asked]
        return self.prober.survey(places, trusts, seconds=self.seconds)

    def _case(self, contact: Contact, survey: Survey, seen: Sequence[Seen], public: PublicNames) -> Case:
        setting = pip_trust.blamed_setting(self.around)
        problem = None
        refused = survey.verdicts["pip"]
        if setting is not None and refused.kind == "setting" and not refused.is_of_client_certificate:
            problems = ca_file.read(setting.value).problems
            problem = problems[0] if problems else text("holds no CA certificate in PEM form")
        is_default = self._is_default(contact)
        proxy = self.around.place(contact).proxy
        return Case(
            origin=contact.origin,
            leg=contacts.leg(contact, self.evidence),
            survey=survey,
            evidence=next((item for item in self.evidence if item.origin == contact.origin), None),
            is_default_index=is_default,
            setting=setting,
            setting_problem=problem,
            pip_roots=self.pip_roots,
            now=self.now,
            provenance=provenance.judge(
                survey.chain,
                host=contact.origin.host,
                is_default_index=is_default,
                now=self.now,
                public=public,
                others=[item for item in seen if item.host != contact.origin.host],
            ),
            build=self.facts.build,
            proxy=str(proxy) if proxy is not None else None,
            proxy_setting=self.around.proxy_setting(contact),
        )

    # What may cure it

    def _seek(self, failed: Sequence[Diagnosis], together: Sequence[Origin]) -> Sought:
        """``together``: every server that pip asks in this run."""
        return self._seeker(together).seek(failed)

    def _seeker(self, together: Sequence[Origin]) -> Seeker:
        public, edited = self.public, self.edited_certifi
        return Seeker(self.around, self.facts, self.prober, public, edited, self.seconds, together)

    def _proved(
        self, failed: Sequence[Diagnosis], healthy: Sequence[Diagnosis], sought: Sought
    ) -> tuple[Remedy | None, tuple[str, ...]]:
        legs = frozenset([*(item.case.leg for item in failed), *(item.leg for item in self.evidence)])
        plans = remedy.plans(failed, sought.accepted, self._traits(), legs)
        return self._first_proved(plans, [*failed, *healthy])

    def _first_proved(
        self, plans: Sequence[Plan], everywhere: Sequence[Diagnosis]
    ) -> tuple[Remedy | None, tuple[str, ...]]:
        proof = Proof(self.around, self.facts, self.public, self.scratch, self.seconds)
        proved = proof.first_proved(plans, self._places(everywhere), self.prober, patience=WHOLE_SECONDS)
        return proved, tuple(proof.trouble)

    def _places(self, diagnoses: Sequence[Diagnosis]) -> list[Place]:
        return [self.around.place(Contact(item.case.origin, item.case.leg, "")) for item in diagnoses]

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
