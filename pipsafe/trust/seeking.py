"""Seeks what accepts the servers that were refused: on this machine first, the quick places before the slow.

diagnoses -> search -> trial -> (what servers leave out, slow places, plain looks) -> diagnoses
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipsafe.causes.case import Case, Diagnosis
from pipsafe.diagnosis import diagnose
from pipsafe.observations import clock, looks, releases
from pipsafe.observations.completion import Completion
from pipsafe.observations.looks import Look
from pipsafe.origin import Origin
from pipsafe.pip_settings import pip_trust
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.answered import Facts
from pipsafe.probes.probe import Prober
from pipsafe.trust import anchors, ca_file, discovery, pins
from pipsafe.trust.anchors import Candidate, PassedOver, Search
from pipsafe.trust.denied import denial_by_name
from pipsafe.trust.stock import Reading
from pipsafe.trust.trials import MOST_TRIALS, Trials, variants
from pipsafe.x509.certificate import denial

NOTHING = Search()


@dataclass(frozen=True, slots=True)
class Sought:
    """What there is on this machine for the origins that were refused."""

    diagnoses: tuple[Diagnosis, ...] = ()
    """Judged again with all that was found out on the way."""
    search: Search = NOTHING
    accepted: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    """An origin's text to the candidates with which, alone, a handshake there went well."""

    def accepted_at(self, origin: Origin) -> tuple[Candidate, ...]:
        return self.accepted.get(str(origin), ())


class Seeker:
    """One search, continued as long as something is left to be cured."""

    def __init__(
        self,
        around: Surroundings,
        facts: Facts,
        prober: Prober,
        public: str | None,
        edited: str | None,
        seconds: float,
        together: Sequence[Origin],
    ) -> None:
        """``public``: file of today's public roots; ``edited``: a certifi that somebody changed.

        ``together``: every server that pip asks in this run.
        """
        self.around, self.facts = around, facts
        self.public, self.edited = public, edited
        self.denied = discovery.denied(around)
        self.present = pip_trust.present(around)
        self.trials = Trials(around, prober, seconds, together)
        self.readings: tuple[Reading, ...] = ()
        self.not_believed: tuple[PassedOver, ...] = ()
        self.search = NOTHING
        self.accepted: dict[str, tuple[Candidate, ...]] = {}
        self.behind: dict[Origin, tuple[Candidate, ...]] = {}
        self.completions: Mapping[Origin, Completion] = {}

    def seek(self, failed: Sequence[Diagnosis]) -> Sought:
        """Look until every curable origin is accepted with something, or nothing is left to look at."""
        if not failed:
            return Sought()
        diagnoses = self._knowing_what_is_denied(failed)
        curable = [item.case for item in diagnoses if item.is_curable and item.case.survey.chain]
        masked = [item.case for item in diagnoses if not item.is_curable]
        incomplete = [case for case in masked if looks.asks_for_completion(case)]
        if curable or incomplete:
            listed, self.not_believed = discovery.quick(self.around, self.public, self.edited)
            self.readings = discovery.read(self.around, listed)
        if curable:
            self._look(curable)
            self._look_further(curable)
        if incomplete:
            self._look_behind(incomplete)
        if self.search is NOTHING:
            chains = [item.case.survey.chain for item in diagnoses]
            pinned = self.around.situation.pins
            self.search = pins.search(pinned, chains, self.denied, now=diagnoses[0].case.now)
        return Sought(tuple(self._judged_again(diagnoses)), self.search, self.accepted)

    def at_hand(self, verified: Sequence[Diagnosis]) -> Sought:
        """What servers that pip accepts are accepted with, as far as the quick places tell."""
        cases = [item.case for item in verified if item.case.survey.chain]
        if cases:
            listed, self.not_believed = discovery.quick(self.around, self.public, self.edited)
            self.readings = discovery.read(self.around, listed)
            self._look(cases)
        return Sought(tuple(verified), self.search, self.accepted)

    def _look_further(self, curable: Sequence[Case]) -> None:
        """What costs time, for those that nothing accepts yet."""
        incomplete = [case for case in self._left(curable) if looks.asks_for_completion(case)]
        if incomplete:
            self.completions = looks.completions([self._plain_look(case) for case in incomplete])
            if any(got.intermediates for got in self.completions.values()):
                self._look(incomplete)
        left = self._left(curable)
        slow = discovery.slow(self.around) if left else ()
        if slow:
            self.readings += discovery.read_slowly(self.around, slow)
            self._look(left)

    def _look_behind(self, incomplete: Sequence[Case]) -> None:
        """What chains take that nothing may cure: for the words only."""
        self.completions = {
            **self.completions,
            **looks.completions([self._plain_look(c) for c in incomplete]),
        }
        found = self._search(incomplete)
        tried = [trial for candidate in found.candidates for trial in variants(candidate)][:MOST_TRIALS]
        self.search = found if self.search is NOTHING else self.search
        for case, fitting in self.trials.accepted(incomplete, tried, issuer_only=True):
            self.behind[case.origin] = fitting

    def _look(self, cases: Sequence[Case]) -> None:
        """Search all that was read for these origins, and try what was not tried yet."""
        self.search = self._search(cases)
        self._try(cases, self.search.candidates)

    def _search(self, cases: Sequence[Case]) -> Search:
        chains = [case.survey.chain for case in cases]
        now = cases[0].now
        between = [item for got in self.completions.values() for item in got.intermediates]
        found = anchors.among(self.readings, chains, now=now, denied=self.denied, between=between)
        pinned = pins.search(self.around.situation.pins, chains, self.denied, now=now)
        return Search(
            (*pinned.candidates, *found.candidates),
            (
                *self.not_believed,
                *pinned.passed_over,
                *found.passed_over,
                *self.trials.out_of_scope(found.candidates),
            ),
            found.stores,
        )

    def _try(self, cases: Sequence[Case], candidates: Sequence[Candidate]) -> None:
        for case, fitting in self.trials.accepted(cases, self.trials.new(candidates)):
            known = self.accepted.get(str(case.origin), ())
            self.accepted[str(case.origin)] = (*known, *fitting)
        self.search = replace(self.search, unanswered=frozenset(self.trials.unanswered))

    # What is judged again

    def _knowing_what_is_denied(self, failed: Sequence[Diagnosis]) -> list[Diagnosis]:
        """Diagnoses that know of CAs that this machine's owners, or everybody, have ruled out."""
        found: list[Diagnosis] = []
        for item in failed:
            issuers = [certificate for certificate in item.case.survey.chain if certificate.is_ca]
            reasons = [self.denied.reason(issuer) or denial(issuer) for issuer in issuers]
            if (top := item.case.top) is not None and not top.is_self_issued:
                reasons.append(denial_by_name(top.issuer_common_name or ""))
            reason = next((reason for reason in reasons if reason), None)
            found.append(diagnose(replace(item.case, denied=reason)) if reason else item)
        return found

    def _judged_again(self, diagnoses: Sequence[Diagnosis]) -> Iterator[Diagnosis]:
        """Every diagnosis with what the search and plain looks brought."""
        asked = [self._plain_look(item.case) for item in diagnoses if self._leaves_a_question(item.case)]
        pages = looks.front_pages(asked)
        portals = looks.portals(asked, pages)
        in_doubt = [look for look in asked if looks.asks_for_the_time(look.case)]
        skew = looks.skew(in_doubt, pages, self._installed()) if in_doubt else None
        trusted = self._trusted_already() if any(self._completed_by(item.case) for item in diagnoses) else ()
        for item in diagnoses:
            case = item.case
            completed_by = self._completed_by(case)
            yield diagnose(
                replace(
                    case,
                    skew=skew if looks.asks_for_the_time(case) else None,
                    portal=portals.get(case.origin),
                    completion=self.completions.get(case.origin),
                    completed_by=completed_by,
                    disowned_by=None if completed_by else self.trials.disowned.get(case.origin),
                    root_is_trusted=completed_by is not None and completed_by.anchor.der in trusted,
                )
            )

    def _trusted_already(self) -> frozenset[bytes]:
        """The roots that pip trusts as it is, and today's public ones."""
        files = (self.public, *pip_trust.files(self.present, self.facts.certifi))
        return frozenset(der for path in files if path for der in ca_file.read(path).certificates)

    def _leaves_a_question(self, case: Case) -> bool:
        if self.accepted.get(str(case.origin)):
            return False
        return looks.asks_for_the_time(case) or looks.asks_for_a_portal(case)

    def _installed(self) -> tuple[clock.Observation, ...]:
        hello = self.around.situation.hello
        versions = (releases.certifi_version(path) for path in (self.public, self.facts.certifi))
        return clock.from_builds(
            self.facts.build.get("words"),
            openssl=self.facts.openssl,
            certifi_versions=[version for version in versions if version],
            pip_version=hello.pip_version,
        )

    def _completed_by(self, case: Case) -> Candidate | None:
        """What accepts the server only with certificates that it leaves out."""
        accepted = self.accepted.get(str(case.origin)) or self.behind.get(case.origin, ())
        if not accepted or any(not item.intermediates for item in accepted):
            return None
        return accepted[0]

    def _left(self, cases: Sequence[Case]) -> list[Case]:
        return [case for case in cases if not self.accepted.get(str(case.origin))]

    def _plain_look(self, case: Case) -> Look:
        plain = Origin("http", case.origin.host, 80)
        return Look(case, self.around.place(Contact(plain, case.leg, "")).proxy)
