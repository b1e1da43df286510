"""Trial handshakes: which candidates a server's chain ends in, and with what between."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipsafe.causes import maker
from pipsafe.causes.case import Case
from pipsafe.language.text import enumerated, text
from pipsafe.origin import Origin
from pipsafe.pip_settings import pip_trust
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.answered import UNREACHABLE, Verdict
from pipsafe.probes.asked import Place
from pipsafe.probes.once_more import once_more
from pipsafe.probes.probe import Prober
from pipsafe.trust.anchors import Candidate, PassedOver
from pipsafe.x509.certificate import Certificate

MOST_TRIALS = 48
"""Handshakes made at each origin: each anchor alone, and with what its chain may need."""


class Trials:
    """Handshakes by the target's interpreter, each with one candidate as the only trust."""

    def __init__(
        self, around: Surroundings, prober: Prober, seconds: float, together: Sequence[Origin]
    ) -> None:
        """``together``: every server that pip asks in this run, since it trusts one set of CAs for all."""
        self.around, self.prober, self.seconds = around, prober, seconds
        self.together = together
        self.present = pip_trust.present(around)
        self.made: set[object] = set()
        self.disowned: dict[Origin, Candidate] = {}
        """Per origin, what leads from it to a root by names and keys, and by a signature did not issue it."""
        self.unanswered: set[str] = set()
        """SHA-256 of anchors of which some server did not answer in time, twice."""

    def new(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """What was not tried yet: each anchor alone, then with what lies between."""
        trials = [trial for candidate in candidates for trial in variants(candidate)]
        new = [trial for trial in trials if _identity(trial) not in self.made][:MOST_TRIALS]
        self.made.update(map(_identity, new))
        return new

    def accepted(
        self, cases: Sequence[Case], trials: Sequence[Candidate], *, issuer_only: bool = False
    ) -> Iterator[tuple[Case, tuple[Candidate, ...]]]:
        """Each origin and the trials that went well there, of each anchor the one that needed least.

        ``issuer_only``: names and dates are not asked for; for a diagnosis.
        """
        if not trials:
            return
        places = [self._place(case) for case in cases]
        rows = self._handshakes(places, trials, issuer_only=issuer_only)
        for case, place, row in zip(cases, places, rows, strict=True):
            fitting = [
                trial
                for trial, verdict in zip(trials, row, strict=True)
                if verdict.accepted and trial.counts_for(case.origin) and self.counts(trial)
            ]
            for trial, verdict in zip(trials, row, strict=True):
                if maker.disowns(case.survey.chain, trial, verdict):
                    self.disowned.setdefault(case.origin, trial)
                if verdict.kind == UNREACHABLE:
                    self.unanswered.add(trial.anchor.sha256)
            yield (
                case,
                tuple(self._proved(place, trial, issuer_only=issuer_only) for trial in _least(fitting)),
            )

    def counts(self, candidate: Candidate) -> bool:
        """Whether its source vouches for every server of this run: pip takes a CA for all of them."""
        return all(candidate.counts_for(origin) for origin in self.together)

    def out_of_scope(self, candidates: Sequence[Candidate]) -> tuple[PassedOver, ...]:
        """Those that would do for one server, and pip asks others, too."""
        return tuple(
            PassedOver(item.source, self._limits(item))
            for item in candidates
            if not self.counts(item) and any(item.counts_for(origin) for origin in self.together)
        )

    def _limits(self, candidate: Candidate) -> str:
        others = [str(origin) for origin in self.together if not candidate.counts_for(origin)]
        return text(
            "counts for {host} only, and pip is also to ask {others}",
            host=candidate.source.host,
            others=enumerated(others[:3]),
        )

    def _proved(self, place: Place, trial: Candidate, *, issuer_only: bool) -> Candidate:
        """The trial with those intermediates only that its chain cannot do without.

        What is needed has been verified up to the anchor. What is not may be anything: it came from a file,
        or over plain HTTP, by its name; and where partial chains count it would be an anchor itself.
        """
        kept = trial.intermediates
        for item in trial.intermediates:
            less = replace(trial, intermediates=tuple(other for other in kept if other is not item))
            ((verdict,),) = self._handshakes([place], [less], issuer_only=issuer_only)
            if verdict.accepted:
                kept = less.intermediates
        return replace(trial, intermediates=kept)

    def _handshakes(
        self, places: Sequence[Place], trials: Sequence[Candidate], *, issuer_only: bool
    ) -> tuple[tuple[Verdict, ...], ...]:
        """A verdict per trial, per place.

        These servers did answer a moment ago. One that is late, since it or this machine has much to do, is
        asked once more: that says nothing of its certificate.
        """
        rows = once_more(
            self._asked(places, trials, issuer_only=issuer_only),
            lambda row: UNREACHABLE in {verdict.kind for verdict in row},
            lambda late: self._asked([places[number] for number in late], trials, issuer_only=issuer_only),
        )
        return tuple(
            tuple(second if first.kind == UNREACHABLE else first for first, second in zip(*row, strict=True))
            for row in rows
        )

    def _asked(
        self, places: Sequence[Place], trials: Sequence[Candidate], *, issuer_only: bool
    ) -> tuple[tuple[Verdict, ...], ...]:
        return self.prober.trial(
            places,
            [_given(trial) for trial in trials],
            seconds=self.seconds,
            at_proxy=self.present,
            issuer_only=issuer_only,
        )

    def _place(self, case: Case) -> Place:
        return self.around.place(Contact(case.origin, case.leg, ""))


def variants(candidate: Candidate) -> Iterator[Candidate]:
    """The anchor alone, then with what lies between: what is not needed is not given."""
    yield replace(candidate, intermediates=())
    if candidate.intermediates:
        yield candidate


def _given(trial: Candidate) -> tuple[Certificate, ...]:
    return (trial.anchor, *trial.intermediates)


def _identity(trial: Candidate) -> object:
    return _given(trial), trial.source.host, trial.source.kind == "pin"


def _least(fitting: Sequence[Candidate]) -> Iterator[Candidate]:
    """Of each anchor the trial that needed least."""
    for _, same in itertools.groupby(fitting, key=lambda trial: (trial.anchor.sha256, trial.source)):
        yield next(same)
