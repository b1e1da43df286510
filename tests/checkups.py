"""What tests of doctor share: what it looks at, and what it may come to, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from pipsafe.attempts.attempt import Hello
from pipsafe.attempts.situation import Situation
from pipsafe.causes.case import Case, Diagnosis
from pipsafe.checkup import effects, inspection, ticket, unencrypted, unverified
from pipsafe.checkup.effect import Effect
from pipsafe.checkup.result import Result
from pipsafe.checkup.waiting import Waiting
from pipsafe.diagnosis import diagnose
from pipsafe.findings import Checkup, Remedy
from pipsafe.language.text import as_it_is
from pipsafe.observations.provenance import Provenance
from pipsafe.origin import Origin
from pipsafe.own_options import OwnOptions, split
from pipsafe.pip_settings import surroundings
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.answered import Facts, Survey, Verdict
from pipsafe.trust.anchors import Candidate, Search
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import Authority, Chain, Leaf, der_of

DEFAULT_INDEX = "https://default.example/simple/"
PUBLIC = "today's public CAs"
OPENSSL = "OpenSSL 3.0.13 30 Jan 2024"
INDEX = Origin("https", "index.example", 443)
FILES = Origin("https", "files.example", 8443)

ROOT = Authority("Example Corporate Root")
ACCEPTED = Verdict(accepted=True, code=0, message="", kind="accepted")
UNKNOWN = Verdict(
    accepted=False, code=20, message="unable to get local issuer certificate", kind="certificate"
)


def hello(pip: str = "24.0", python: str = "3.12.3", prefix: str = "/opt/python") -> Hello:
    fields = (f"{prefix}/bin/python", python, pip, f"{prefix}/lib", prefix, "linux", "cpython")
    return Hello("\0".join(fields).encode())


def looked_at(
    environ: Mapping[str, str], *words: str, pip: str = "24.0", python: str = "3.12.3"
) -> Surroundings:
    """What a pip of this version goes by; `environ` has to say where its home is."""
    prefix = str(Path(environ["HOME"]) / "prefix")
    return surroundings.read(
        Situation(
            python=f"{prefix}/bin/python",
            hello=hello(pip, python, prefix),
            style="script",
            arguments=("install", *words),
            environ=dict(environ),
            explicit_ca=(),
            pins=(),
            supplied={},
        )
    )


def facts(*, truststore: bool = True, certifi: str | None = None) -> Facts:
    """What that pip says of itself."""
    return Facts(
        default_index=DEFAULT_INDEX,
        certifi=certifi,
        truststore=truststore,
        openssl=OPENSSL,
        default_file=None,
        default_folder=None,
        build={},
    )


def effects_of(
    environ: Mapping[str, str], *words: str, pip: str = "24.0", python: str = "3.12.3"
) -> list[Effect]:
    """What the settings do; words of pipsafe's own among them."""
    options, rest = split(words, environ)
    around = looked_at(environ, *rest, pip=pip, python=python)
    return list(effects.find(around, facts(), unverified.find(around), options))


def chain_of(leaf: Leaf | None = None, host: str = "index.example") -> tuple[Certificate, ...]:
    shown = leaf or ROOT.leaf((host,), chain=Chain.WITH_ROOT)
    return tuple(parse(der_of(item)) for item in shown.presented)


def diagnosed(
    place: Origin = INDEX,
    *,
    leg: str = "index",
    chain: Sequence[Certificate] | None = None,
    proxy: str | None = None,
    **verdicts: Verdict,
) -> Diagnosis:
    """One origin: accepted, unless a verdict for `pip` says otherwise."""
    given = {"pip": ACCEPTED, "certifi": ACCEPTED, "system": ACCEPTED, **verdicts}
    presented = chain_of(host=place.host) if chain is None else tuple(chain)
    survey = Survey(place, presented, True, None, given, {"time": ACCEPTED, "name": ACCEPTED})
    now = datetime.now(timezone.utc)
    provenance = Provenance("private-ca")
    return diagnose(Case(place, leg, survey, None, False, None, None, 140, now, provenance, proxy=proxy))


def refused(place: Origin = INDEX) -> Diagnosis:
    """One origin with a private CA that nobody knows."""
    return diagnosed(place, pip=UNKNOWN, certifi=UNKNOWN, system=UNKNOWN)


def result_of(
    around: Surroundings,
    *diagnoses: Diagnosis,
    search: Search | None = None,
    accepted: Mapping[str, tuple[Candidate, ...]] | None = None,
    remedy: Remedy | None = None,
    trouble: tuple[str, ...] = (),
    typed: Sequence[Contact] = (),
    unasked: Sequence[Contact] = (),
    options: OwnOptions | None = None,
    certifi: str = PUBLIC,
    waiting: Sequence[Waiting] = (),
) -> Result:
    """What doctor makes of it."""
    hosts = unverified.find(around)
    return Result(
        hello=around.situation.hello,
        chosen="named by --pipsafe-python",
        checkup=Checkup(around, facts(), diagnoses, search or Search(), accepted or {}, remedy, trouble),
        effects=effects.find(around, facts(), hosts, options or OwnOptions()),
        hosts=hosts,
        unencrypted=unencrypted.find(around, DEFAULT_INDEX, hosts, typed),
        unasked=tuple(unasked),
        problems=effects.problems(around),
        was_named=bool(typed),
        now=datetime(2025, 6, 1, 12, 30, tzinfo=timezone.utc),
        certifi=certifi,
        inspection=inspection.find(diagnoses),
        waiting=tuple(waiting),
    )


def note_of(result: Result) -> str:
    """The note for the network's owners, in English."""
    return ticket.note(result, as_it_is)
