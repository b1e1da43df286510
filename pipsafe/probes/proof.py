"""Makes plans real, and proves them: a handshake with the very trust that a retry would have."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipsafe import remedy
from pipsafe.attempts.scratch import NoScratch, Scratch
from pipsafe.findings import Remedy
from pipsafe.language.text import of_error, text
from pipsafe.pip_settings import command_line, pip_trust
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.answered import UNREACHABLE, Facts, Verdict
from pipsafe.probes.asked import Place, Trust
from pipsafe.probes.once_more import once_more
from pipsafe.probes.probe import Prober
from pipsafe.probes.prober_process import ProbeFailed
from pipsafe.remedy import Plan
from pipsafe.trust import ca_file, system_store
from pipsafe.trust.of_children import Children

LATE = text(
    "{origin} did not answer in time when the cure was to be proved. Run the command again: this machine, or "
    "that server, has much to do."
)


class Proof:
    """What it takes to turn a plan into a remedy."""

    def __init__(
        self, around: Surroundings, facts: Facts, public: str | None, scratch: Scratch, seconds: float
    ) -> None:
        """``public``: file of today's public roots. ``seconds`` bounds one connection."""
        self.around, self.facts, self.public = around, facts, public
        self.scratch, self.seconds = scratch, seconds
        self.present = pip_trust.present(around)
        self.trouble: list[str] = []
        """Sentences on plans that could not be tried."""

    def first_proved(
        self, plans: Sequence[Plan], places: Sequence[Place], prober: Prober, *, patience: float
    ) -> Remedy | None:
        """The first plan under which every place is accepted.

        ``prober`` proves the first plan and is of no use afterwards: its environment is
        changed for good. ``patience`` is the whole life of each further one, in seconds.
        """
        for number, plan in enumerate(plans):
            try:
                candidate = self._realise(plan)
                trust = replace(plan.trust, file=candidate.bundle or plan.trust.file)
                trust = pip_trust.applied(trust, self.around.target)
                trusts = [trust, *self._of_children(candidate)]
                with self._another(patience) if number else contextlib.nullcontext(prober) as asked:
                    refused = [
                        (place.origin, verdict)
                        for given in trusts
                        for place, verdict in self._judged(asked, places, given, candidate)
                        if not verdict.accepted
                    ]
            except (NoScratch, ProbeFailed) as error:
                self.trouble.append(text("A cure could not be prepared: {reason}.", reason=of_error(error)))
                continue
            if not refused:
                return candidate
            if all(verdict.kind == UNREACHABLE for _, verdict in refused):
                self.trouble += (LATE.filled(origin=origin) for origin in dict(refused))
        self.trouble = list(dict.fromkeys(self.trouble))
        return None

    def _judged(
        self, asked: Prober, places: Sequence[Place], trust: Trust, candidate: Remedy
    ) -> Iterator[tuple[Place, Verdict]]:
        """Each place with its verdict. One that is late, and did answer a moment ago, is asked once more."""

        def prove(numbers: Sequence[int]) -> tuple[Verdict, ...]:
            chosen = [places[number] for number in numbers]
            return asked.prove(chosen, trust, candidate.environment, seconds=self.seconds)

        answers = once_more(prove(range(len(places))), lambda verdict: verdict.kind == UNREACHABLE, prove)
        return zip(places, (second for _, second in answers), strict=True)

    @contextlib.contextmanager
    def _another(self, patience: float) -> Iterator[Prober]:
        hello, environ = self.around.situation.hello, self.around.situation.environ
        with Prober(hello.executable, environ, seconds=patience) as prober:
            prober.facts(hello.location)
            yield prober

    def _realise(self, plan: Plan) -> Remedy:
        """The plan with its files made. Raises NoScratch."""
        situation = self.around.situation
        contents = self._bundle_of(plan) if plan.base is not None else None
        bundle = self.scratch.write_bundle(contents) if contents is not None else None
        changes = {
            name: bundle if value == remedy.BUNDLE else value
            for name, value in plan.environment.items()
            if value != remedy.ADDED
        }
        changes |= self._for_children(plan, contents or [])
        if plan.lends_truststore and not self.facts.truststore:
            lent = self.scratch.lend_truststore()
            existing = situation.environ.get("PYTHONPATH")
            changes["PYTHONPATH"] = f"{lent}{os.pathsep}{existing}" if existing else lent
        return Remedy(plan, changes, self._arguments(plan, bundle), bundle)

    def _for_children(self, plan: Plan, bundle: Sequence[bytes]) -> dict[str, str]:
        """The variables of pip's children, each naming what its tool trusts now and the bundle's roots.

        Raises NoScratch.
        """
        situation, target = self.around.situation, self.around.target
        children = Children(situation.environ, home=target.home, platform=target.platform)
        names = {certificate.subject_der for certificate in plan.anchors}
        # Who counts for one server only is not for programs that may ask any, unless they have to.
        is_scoped = any(source.host is not None for source in plan.anchor_sources)
        paths: dict[tuple[bytes, ...], str] = {}
        changes: dict[str, str] = {}
        for name, value in plan.environment.items():
            spared = is_scoped or self._is_left_alone(name, children)
            if value != remedy.ADDED or (spared and not plan.children_need_it):
                continue
            own = children.roots(name)
            namesakes = set(ca_file.issued_by_name(own, names)) if names else set()
            roots = tuple(dict.fromkeys([*bundle, *(der for der in own if der not in namesakes)]))
            if roots not in paths:
                paths[roots] = self.scratch.write_bundle(roots)
            changes[name] = paths[roots]
        return changes

    def _is_left_alone(self, name: str, children: Children) -> bool:
        """Whether no file could stand for what the tool trusts now."""
        if children.has_scoped(name):
            return True
        return system_store.judged_by_the_system() and not self.around.situation.environ.get(name)

    def _of_children(self, candidate: Remedy) -> list[Trust]:
        """What the children would trust then, to be proved as well where the remedy is theirs."""
        if not candidate.plan.is_for_children:
            return []
        given = (candidate.environment.get(name) for name in remedy.CHILD_VARIABLES)
        return [Trust(file=path, carried=False) for path in dict.fromkeys(given) if path is not None]

    def _arguments(self, plan: Plan, bundle: str | None) -> tuple[str, ...]:
        """pip's command line, its ``--cert`` overruled where the plan says so."""
        arguments = self.around.situation.arguments
        if plan.cert_argument is None or bundle is None:
            return arguments
        if not self.around.line.values("cert"):
            return ("--cert", bundle, *arguments)
        return command_line.replace_option(arguments, "cert", bundle, self.around.target.pip_version)

    def _bundle_of(self, plan: Plan) -> list[bytes]:
        """The roots that pip has, or today's, and the anchors: no namesake of an anchor stays.

        OpenSSL takes the first issuer whose name fits and does not come back from it.
        """
        base = [der for file in self._base_of(plan) for der in ca_file.read(file).certificates]
        names = {certificate.subject_der for certificate in plan.anchors}
        namesakes = set(ca_file.issued_by_name(base, names)) if names else set()
        added = [item.der for item in (*plan.anchors, *plan.intermediates)]
        return list(dict.fromkeys([*added, *(der for der in base if der not in namesakes)]))

    def _base_of(self, plan: Plan) -> list[str]:
        """The files that the bundle begins with.

        The roots that pip carries are among them where no file stands in for them, where a file
        adds to them anyway, and where it is at fault for lacking them.
        """
        set_file = None if plan.base == "carried" else self.present.file
        carried_too = plan.base in ("carried", "completed") or set_file is None or self.present.carried
        files = (
            self.public if plan.base == "certifi" else None,
            set_file,
            self.facts.certifi if carried_too and plan.base != "certifi" else None,
        )
        return [file for file in files if file is not None]
