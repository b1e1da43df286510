"""Finds out why TLS failed in one attempt, and what may cure it.

    evidence -> settings, origins -> survey -> diagnoses -> candidates -> plans -> proof

Runs while pip is still in its retries. It reads files and asks the prober; the judging is
done elsewhere.
"""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import NamedTuple

from pipsafe import (
    ca_file,
    command_line,
    pip_config,
    remedy,
    requirements,
    settings,
    sources,
    system_store,
    trust,
)
from pipsafe.config_paths import TargetFacts, config_paths
from pipsafe.diagnosis import HIDING_VARIABLES, Case, Diagnosis, diagnose
from pipsafe.evidence import Evidence
from pipsafe.pip_config import Setting
from pipsafe.probe import Facts, Place, ProbeFailed, Prober, Survey, Trust
from pipsafe.proxy import choose
from pipsafe.remedy import PipTraits, Plan
from pipsafe.scratch import NoScratch, Scratch, truststore_can_be_lent
from pipsafe.settings import Contact, Settings
from pipsafe.situation import Situation
from pipsafe.sources import Source
from pipsafe.trust import Candidate, Search
from pipsafe.versions import release

# Seconds. pip itself waits 15 for one connection; a probe that has to be that patient has
# nothing to say that pip would not have said by then.
CONNECTION_SECONDS = 5.0
SILENT_CONNECTION_SECONDS = 3.0
WHOLE_SECONDS = 20.0

MOST_TRIALS = 24
"""Anchors tried at each origin."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A plan that a handshake has proved, and what to run pip with."""

    plan: Plan
    environment: Mapping[str, str | None]
    """Changes to the environment; None takes a variable away."""
    arguments: tuple[str, ...]
    """pip's whole command line."""
    bundle: str | None

    @property
    def essence(self) -> tuple[object, ...]:
        """What makes it the same remedy as one before."""
        return self.plan.kind, tuple(anchor.sha256 for anchor in self.plan.anchors), self.plan.base


NOTHING_SOUGHT = Search()


@dataclass(frozen=True, slots=True)
class Findings:
    """What the examination of one attempt came to."""

    diagnoses: tuple[Diagnosis, ...] = ()
    """Of the origins that failed, in pip's order."""
    remedy: Remedy | None = None
    search: Search = NOTHING_SOUGHT
    accepted: Mapping[str, tuple[Candidate, ...]] | None = None
    facts: Facts | None = None
    trouble: tuple[str, ...] = ()
    """Sentences on what could not be done."""
    legs: Mapping[str, str] | None = None


class Surroundings(NamedTuple):
    """What pip goes by in this attempt."""

    line: command_line.CommandLine
    settings: Settings
    needs: requirements.Requirements
    target: TargetFacts


def surroundings(situation: Situation) -> Surroundings:
    """Read what pip would read: its command line, environment, configuration and requirement files."""
    hello = situation.hello
    target = TargetFacts(
        prefix=hello.prefix,
        home=os.path.expanduser("~"),
        platform=hello.platform,
        python_version=release(hello.python_version),
        pip_version=release(hello.pip_version),
    )
    line = command_line.parse(situation.arguments, target.pip_version)
    found = settings.read(line, situation.environ, target)
    files = (*found.requirement_files, *found.constraint_files)
    needs = requirements.read(files, cwd=os.getcwd(), supplied=situation.supplied)
    return Surroundings(line, found, needs, target)


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
        self.situation, self.hello, self.evidence = situation, situation.hello, evidence
        self.scratch, self.prober = scratch, prober
        self.around = surroundings(situation)  # while the prober's Python starts
        self.seconds = min(
            self.around.settings.timeout, SILENT_CONNECTION_SECONDS if silent else CONNECTION_SECONDS
        )
        self.now = datetime.now(timezone.utc)
        self.trouble: list[str] = []

    def findings(self) -> Findings:
        self.facts = self.prober.facts(self.hello.location)
        contacts = self._contacts()
        if not contacts:
            return Findings(facts=self.facts)
        self.present, self.without = self._trusts()
        surveys = self._survey(contacts)
        every = [
            diagnose(self._case(contact, survey)) for contact, survey in zip(contacts, surveys, strict=True)
        ]
        failed = self._failed(contacts, every)
        legs = {str(contact.origin): contact.leg for contact in contacts}
        found = Findings(tuple(failed), facts=self.facts, legs=legs)
        if not failed:
            return found
        search = self._search(failed)
        accepted = self._try(failed, search)
        proved = self._prove(failed, every, accepted, legs)
        return replace(found, remedy=proved, search=search, accepted=accepted, trouble=tuple(self.trouble))

    # Where pip goes

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
        return tuple(found.values())

    def _place(self, contact: Contact) -> Place:
        around = self.around.settings
        proxy = choose(
            contact.origin,
            around.proxy.value if around.proxy else None,
            overrides=around.proxy_overrides_environment,
            trust_env=around.trust_env,
            environ=self.situation.environ,
        )
        return Place(contact.origin, proxy)

    # What pip trusts

    def _trusts(self) -> tuple[Trust, Trust]:
        """pip's present trust, and the same without any CA setting: one may hide another.

        Rules read in pip's sources: truststore is on from 24.2 (unless `legacy-certs`), by
        `--use-feature` from 22.2; with it on, from 24.2, a CA file adds to pip's own roots,
        else it replaces them. From 26.1 urllib3 2 is strict where pip leaves the context to it.
        """
        around, target = self.around.settings, self.around.target
        modern = target.python_version >= (3, 10)
        by_default = target.pip_version >= (24, 2) and not around.legacy_certs
        by_feature = target.pip_version >= (22, 2) and "truststore" in around.use_features
        truststore = modern and (by_default or by_feature) and not around.legacy_certs
        adds = truststore and target.pip_version >= (24, 2)
        strict = not truststore and target.pip_version >= (26, 1) and target.python_version >= (3, 13)

        def with_file(path: str | None) -> Trust:
            carried = adds or path is None
            return self._applied(Trust(truststore=truststore, file=path, carried=carried, strict=strict))

        verify = around.verify
        return with_file(verify.value if verify else None), with_file(None)

    def _applied(self, trust: Trust) -> Trust:
        """The trust as this pip makes it, behind a proxy too.

        Under truststore 24.1 leaves out the roots that it carries: requests 2.32 no longer loads them, and
        24.2 is the first to do so itself. Before 25.2 truststore does not reach proxied connections (pip
        issue 13288): a CA file is all there is, and without one the roots that pip carries or, since
        requests 2.32 in 24.1, OpenSSL's defaults.
        """
        version = self.around.target.pip_version
        if not trust.truststore or version >= (25, 2):
            return trust
        if (24, 1) <= version < (24, 2):
            trust = replace(trust, carried=False)
        if trust.file is not None:
            return replace(trust, through_proxy=Trust(file=trust.file, carried=False))
        if version < (24, 1):
            return replace(trust, through_proxy=Trust())
        return replace(trust, through_proxy=Trust(carried=False, openssl_defaults=True))

    def _setting(self) -> Setting | None:
        """The CA setting to blame, if any: what pip was told, else what hides the system store."""
        around, environ = self.around.settings, self.situation.environ
        if around.verify is not None or not self.present.truststore or system_store.judged_by_the_system():
            return around.verify
        for name in HIDING_VARIABLES:
            if environ.get(name):
                return Setting(name, environ[name], f"environment variable {name}")
        return None

    def _survey(self, contacts: Sequence[Contact]) -> tuple[Survey, ...]:
        trusts = {"pip": self.present, "system": _system_trust()}
        certifi = certifi_path()
        if certifi or self.facts.certifi:
            trusts["certifi"] = Trust(file=certifi or self.facts.certifi, carried=False)
        if self.without != self.present:
            trusts["pip-without-setting"] = self.without
        places = [self._place(contact) for contact in contacts]
        return self.prober.survey(places, trusts, seconds=self.seconds)

    def _case(self, contact: Contact, survey: Survey) -> Case:
        setting = self._setting()
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
            pip_roots=_count_roots(self.facts.certifi),
            now=self.now,
        )

    def _leg(self, contact: Contact) -> str:
        """An index that only the pip of an isolated build complains of failed on that leg."""
        of_builds = {item.leg for item in self.evidence}
        return (
            "build-dependency"
            if contact.leg == "index" and of_builds == {"build-dependency"}
            else contact.leg
        )

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

    def _failed(self, contacts: Sequence[Contact], diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
        """The unhealthy origins that pip's words speak of; all of them where the words name none."""
        unhealthy = [item for item in diagnoses if not item.is_healthy]
        refused = [item for item in unhealthy if item.decisive.name != "unreachable"]
        named = {item.origin for item in self.evidence if item.origin is not None}
        paths = tuple(item.path for item in self.evidence if item.path)
        urls = {contact.origin: contact.url for contact in contacts}
        spoken_of = [
            item for item in refused if item.case.origin in named or _leads_to(urls[item.case.origin], paths)
        ]
        # An origin that pip would come to next is cured along with them, if it can be.
        later = [item for item in refused if item not in spoken_of and item.is_curable]
        if spoken_of:
            return spoken_of + later
        return refused or [item for item in unhealthy if item.case.origin in named]

    # What may cure it

    def _search(self, failed: Sequence[Diagnosis]) -> Search:
        chains = [item.case.survey.chain for item in failed if item.is_curable]
        if not any(chains):
            return Search()
        return trust.search(
            self._sources(), chains, folder=os.getcwd(), home=self.around.target.home, now=self.now
        )

    def _sources(self) -> tuple[Source, ...]:
        found = [Source("explicit", named_by, path) for path, named_by in self.situation.explicit_ca]
        path = system_store.path()
        if path is not None:
            found.append(Source("system", system_store.NAME, path))
        certifi = certifi_path()
        if certifi:
            found.append(Source("public", "certifi", certifi))
        found += _in_pip_config(self.situation.environ, self.around.target)
        if self.around.settings.cert is not None and sources.is_path(self.around.settings.cert.value):
            setting = self.around.settings.cert
            found.append(Source("configured", f"{setting.name} ({setting.set_in})", setting.value))
        found += sources.in_environment(self.situation.environ)
        return sources.distinct(found)

    def _try(self, failed: Sequence[Diagnosis], search: Search) -> dict[str, tuple[Candidate, ...]]:
        """The candidates that a handshake with that anchor alone accepts, per origin."""
        candidates = search.candidates[:MOST_TRIALS]
        curable = [item for item in failed if item.is_curable]
        if not candidates or not curable:
            return {}
        places = [self._place(Contact(item.case.origin, item.case.leg, "")) for item in curable]
        rows = self.prober.trial(places, [item.anchor for item in candidates], seconds=self.seconds)
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

    def _prove(
        self,
        failed: Sequence[Diagnosis],
        every: Sequence[Diagnosis],
        accepted: Mapping[str, Sequence[Candidate]],
        legs: Mapping[str, str],
    ) -> Remedy | None:
        """The first plan under which every origin that failed, or worked before, is accepted."""
        healthy = [item for item in every if item.is_healthy]
        contacts = [Contact(item.case.origin, item.case.leg, "") for item in (*failed, *healthy)]
        places = [self._place(contact) for contact in contacts]
        failed_legs = frozenset(legs[str(item.case.origin)] for item in failed) | frozenset(
            item.leg for item in self.evidence
        )
        prober = self.prober
        for number, plan in enumerate(remedy.plans(failed, accepted, self._traits(), failed_legs)):
            try:
                candidate = self._realise(plan)
                if number:
                    # The first proof changed that prober's environment for good.
                    prober = Prober(self.hello.executable, self.situation.environ, seconds=WHOLE_SECONDS)
                with prober if number else _Borrowed():
                    if number:
                        prober.facts(self.hello.location)
                    proof = self._applied(replace(plan.trust, file=candidate.bundle or plan.trust.file))
                    verdicts = prober.prove(places, proof, candidate.environment, seconds=self.seconds)
            except (NoScratch, ProbeFailed) as error:
                self.trouble.append(f"A cure could not be prepared: {error}.")
                continue
            if all(verdict.accepted for verdict in verdicts):
                return candidate
        return None

    def _realise(self, plan: Plan) -> Remedy:
        """The plan with its files made. Raises NoScratch."""
        bundle = None
        if plan.base is not None:
            bundle = self.scratch.write_bundle(self._bundle_of(plan))
        changes = {
            name: bundle if value == remedy.BUNDLE else value for name, value in plan.environment.items()
        }
        if plan.lends_truststore and not self.facts.truststore:
            lent = self.scratch.lend_truststore()
            existing = self.situation.environ.get("PYTHONPATH")
            changes["PYTHONPATH"] = f"{lent}{os.pathsep}{existing}" if existing else lent
        arguments = self.situation.arguments
        if plan.cert_argument is not None and bundle is not None:
            if self.around.line.values("cert"):
                arguments = command_line.replace_option(
                    arguments, "cert", bundle, self.around.target.pip_version
                )
            else:
                arguments = ("--cert", bundle, *arguments)
        return Remedy(plan, changes, tuple(arguments), bundle)

    def _bundle_of(self, plan: Plan) -> list[bytes]:
        """The roots that pip has, or today's, and the anchors: no namesake of an anchor stays.

        OpenSSL takes the first issuer whose name fits and does not come back from it.
        """
        added = (*plan.anchors, *plan.intermediates)
        base: list[bytes] = []
        if plan.base == "certifi":
            base += ca_file.read(certifi_path() or self.facts.certifi or "").certificates
        file = None if plan.base == "carried" else self.present.file
        if file is not None:
            base += ca_file.read(file).certificates
        carried_needed = plan.base in ("carried", "completed") or (
            plan.base == "present" and self._completes(file)
        )
        if carried_needed and self.facts.certifi:
            base += ca_file.read(self.facts.certifi).certificates
        names = {certificate.subject_der for certificate in plan.anchors}
        namesakes = set(ca_file.issued_by_name(base, names)) if names else set()
        return list(
            dict.fromkeys([item.der for item in added] + [der for der in base if der not in namesakes])
        )

    def _completes(self, file: str | None) -> bool:
        """Whether the roots that pip carries go into the bundle beside those of the setting's file.

        They do where there is no such file, and where it adds to them anyway.
        """
        return file is None or self.present.carried


class _Borrowed:
    """A context that leaves the prober to who opened it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def certifi_path() -> str | None:
    """The roots of pipsafe's own certifi, if it is installed: found without importing it."""
    spec = importlib.util.find_spec("certifi")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = os.path.join(spec.submodule_search_locations[0], "cacert.pem")
    return path if os.path.isfile(path) else None


def _system_trust() -> Trust:
    if system_store.judged_by_the_system():
        return Trust(truststore=True, carried=False)
    return Trust(file=system_store.path() or "/nonexistent", carried=False)


def _in_pip_config(environ: Mapping[str, str], target: TargetFacts) -> list[Source]:
    """`cert` wherever a configuration file of pip sets it, also where something overrides it."""
    found = []
    for item in config_paths(environ, target):
        configuration = pip_config.read({}, [item], target.pip_version, isolated=True)
        for section in configuration.sections.values():
            setting = section.get("cert")
            if setting is not None and sources.is_path(setting.value):
                found.append(Source("configured", f"cert ({setting.set_in})", setting.value))
    return found


def _count_roots(path: str | None) -> int:
    try:
        with open(path or "", "rb") as file:
            return file.read().count(b"-----BEGIN CERTIFICATE-----")
    except OSError:
        return 0


def _leads_to(url: str, paths: Sequence[str]) -> bool:
    """Whether a request path that pip named may lie below this URL."""
    rest = url.partition("://")[2]
    base = "/" + rest.partition("/")[2].rstrip("/")
    return any(path.startswith(base) for path in paths)
