"""What a retry may be given: plans over diagnoses, candidates and traits of a pip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe.causes.case import Case, Cause, Diagnosis
from pipsafe.diagnosis import ROWS
from pipsafe.observations.provenance import Provenance
from pipsafe.origin import Origin
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.probes.answered import Survey, Verdict
from pipsafe.probes.asked import Trust
from pipsafe.remedy import ADDED, BUNDLE, PipTraits, Plan, for_children, plans
from pipsafe.trust.anchors import Candidate
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import Authority

NOW = datetime.now(timezone.utc)
ONE, TWO = Origin("https", "index.example", 443), Origin("https", "files.example", 8443)
NO_ISSUER = Verdict(
    accepted=False, code=20, message="unable to get local issuer certificate", kind="certificate"
)
ACCEPTED = Verdict(accepted=True, code=0, message="", kind="accepted")
CURABLE = {name: curable for name, curable, _ in ROWS} | {"unknown": False}

ROOT = parse(Authority("Example Corporate Root").der)
OTHER_ROOT = parse(Authority("Example Other Root").der)
BETWEEN = parse(Authority("Example Corporate Root").intermediate().der)

SOURCES = {
    "system": Source("system", "the system store", "/etc/ssl/certs/ca-certificates.crt"),
    "public": Source("public", "certifi", "/site-packages/certifi/cacert.pem"),
    "configured": Source("configured", "GIT_SSL_CAINFO", "/corp/git.pem"),
    "explicit": Source("explicit", "--pipsafe-ca", "/corp/given.pem"),
    "provisioned": Source("provisioned", "the Netskope client", "/opt/netskope/stagent/data/nscacert.pem"),
    "pin": Source("explicit", "--pipsafe-pin", ROOT.sha256, kind="pin"),
}

PIP_CERT = Setting("cert", "/corp/ca.pem", "environment variable PIP_CERT")
TYPED = Setting("cert", "/corp/ca.pem", "command line")
IN_FILE = Setting("cert", "/corp/ca.pem", "/etc/pip.conf, line 2, [global]")
REQUESTS = Setting("REQUESTS_CA_BUNDLE", "/corp/ca.pem", "environment variable REQUESTS_CA_BUNDLE")
SSL_CERT_FILE = Setting("SSL_CERT_FILE", "/corp/ca.pem", "environment variable SSL_CERT_FILE")
MISSING = "does not exist"


def found(tier: str, anchor: Certificate = ROOT, *between: Certificate) -> Candidate:
    return Candidate(anchor, SOURCES[tier], between)


def diagnosed(
    *causes: str,
    origin: Origin = ONE,
    accepting: tuple[str, ...] = (),
    setting: Setting | None = None,
    problem: str | None = None,
) -> Diagnosis:
    """A diagnosis of these causes, at an origin that these stores accept."""
    verdicts = {"pip": NO_ISSUER, **dict.fromkeys(accepting, ACCEPTED)}
    survey = Survey(origin, (), True, None, verdicts, {})
    case = Case(origin, "index", survey, None, False, setting, problem, 140, NOW, Provenance("private-ca"))
    return Diagnosis(case, tuple(Cause(name, name, CURABLE[name]) for name in causes), None)


OLD = PipTraits(
    version=(20, 3, 4),
    python_version=(3, 9),
    present=Trust(),
    without_setting=Trust(),
    truststore_at_hand=True,
    isolated=False,
    trust_env=True,
    typed_cert=False,
    cert_in_file=False,
    use_features=(),
)
BY_FEATURE = replace(OLD, version=(23, 2, 1), python_version=(3, 11))
MODERN = replace(
    OLD,
    version=(26, 3),
    python_version=(3, 11),
    present=Trust(truststore=True),
    without_setting=Trust(truststore=True),
)

OF_CHILDREN = dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO"), ADDED)
WITH_BUNDLE = {"PIP_CERT": BUNDLE, "REQUESTS_CA_BUNDLE": BUNDLE, **OF_CHILDREN}
NONE_OF_THREE = dict.fromkeys(("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
PRIVATE = diagnosed("private-ca")
IN_SYSTEM = diagnosed("private-ca", accepting=("system",))
OUTDATED = diagnosed("outdated-roots", accepting=("certifi",))


@dataclass(frozen=True, slots=True)
class Row:
    """What is given, and the plans that come of it as (kind, base of the bundle, changes)."""

    diagnoses: tuple[Diagnosis, ...]
    accepted: Mapping[str, tuple[Candidate, ...]]
    traits: PipTraits
    plans: tuple[tuple[str, str | None, Mapping[str, str | None]], ...]
    legs: frozenset[str] = field(default_factory=lambda: frozenset(("index",)))


def at(*candidates: Candidate, origin: Origin = ONE) -> dict[str, tuple[Candidate, ...]]:
    return {str(origin): candidates}


def bad(setting: Setting, *more: str, accepting: tuple[str, ...] = ("pip-without-setting",)) -> Diagnosis:
    return diagnosed("bad-ca-setting", *more, accepting=accepting, setting=setting, problem=MISSING)


WITH_CERT = Trust(file="/corp/ca.pem", carried=False)
BOTH_SYSTEM = (IN_SYSTEM, diagnosed("private-ca", origin=TWO, accepting=("system",)))
FEATURE: Mapping[str, str | None] = {"PIP_USE_FEATURE": "truststore"}

TABLE: dict[str, Row] = {
    "nothing failed": Row((), {}, OLD, ()),
    "nothing accepts": Row((PRIVATE,), {}, OLD, ()),
    "nothing accepts one of two": Row(
        (PRIVATE, diagnosed("private-ca", origin=TWO)), at(found("configured")), OLD, ()
    ),
    "incurable": Row((diagnosed("expired", "private-ca"),), at(found("configured")), OLD, ()),
    "incurable beside a curable one": Row(
        (PRIVATE, diagnosed("unknown", origin=TWO)),
        at(found("configured")) | at(found("configured"), origin=TWO),
        OLD,
        (),
    ),
    # A bundle of pip's roots and the anchor.
    "configured": Row((PRIVATE,), at(found("configured")), OLD, (("bundle", "present", WITH_BUNDLE),)),
    "configured, modern pip": Row(
        (PRIVATE,), at(found("configured")), MODERN, (("bundle", "present", WITH_BUNDLE),)
    ),
    "explicit": Row((PRIVATE,), at(found("explicit")), OLD, (("bundle", "present", WITH_BUNDLE),)),
    "system, old pip": Row(
        (IN_SYSTEM,), at(found("system")), OLD, (("system-store", "present", WITH_BUNDLE),)
    ),
    "certifi": Row((OUTDATED,), at(found("public")), OLD, (("certifi", "present", WITH_BUNDLE),)),
    "missing roots": Row(
        (diagnosed("missing-roots", accepting=("certifi",)),),
        at(found("public")),
        OLD,
        (("certifi", "certifi", WITH_BUNDLE),),
    ),
    "certifi and configured": Row(
        (OUTDATED, diagnosed("private-ca", origin=TWO)),
        at(found("public")) | at(found("configured", OTHER_ROOT), origin=TWO),
        OLD,
        (("bundle", "present", WITH_BUNDLE),),
    ),
    "system before configured": Row(
        (IN_SYSTEM,),
        at(found("explicit"), found("configured"), found("system")),
        OLD,
        (("system-store", "present", WITH_BUNDLE),),
    ),
    "provisioned": Row((PRIVATE,), at(found("provisioned")), OLD, (("bundle", "present", WITH_BUNDLE),)),
    "pinned": Row((PRIVATE,), at(found("pin")), OLD, (("pin", "present", WITH_BUNDLE),)),
    "pinned, and another found": Row(
        (PRIVATE, diagnosed("private-ca", origin=TWO)),
        at(found("pin")) | at(found("configured", OTHER_ROOT), origin=TWO),
        OLD,
        (("bundle", "present", WITH_BUNDLE),),
    ),
    "a chain completed": Row(
        (diagnosed("incomplete-chain"),),
        at(found("public", ROOT, BETWEEN)),
        MODERN,
        (("completed-chain", "present", WITH_BUNDLE),),
    ),
    "an intermediate beside the anchor completes nothing": Row(
        (PRIVATE,), at(found("configured", ROOT, BETWEEN)), MODERN, (("bundle", "present", WITH_BUNDLE),)
    ),
    "the system's verifier cannot be asked": Row(
        (diagnosed("os-trust-unavailable", accepting=("certifi",)),),
        at(found("public")),
        MODERN,
        (("certifi", "certifi", {**WITH_BUNDLE, "PIP_USE_DEPRECATED": "legacy-certs"}),),
    ),
    "nor in an old pip, which does not ask it": Row(
        (diagnosed("os-trust-unavailable", accepting=("certifi",)),),
        at(found("public")),
        OLD,
        (("certifi", "certifi", WITH_BUNDLE),),
    ),
    "the proxy's own CA": Row(
        (diagnosed("proxy-problem", "private-ca"),),
        at(found("configured")),
        MODERN,
        (("bundle", "present", WITH_BUNDLE),),
    ),
    # The system store by truststore.
    "system, truststore by feature": Row(
        (IN_SYSTEM,),
        at(found("system")),
        BY_FEATURE,
        (("system-store", None, FEATURE), ("system-store", "present", WITH_BUNDLE)),
    ),
    "system's verdict without a candidate": Row(
        (IN_SYSTEM,), {}, BY_FEATURE, (("system-store", None, FEATURE),)
    ),
    "other features stay": Row(
        (IN_SYSTEM,),
        {},
        replace(BY_FEATURE, use_features=("fast-deps", "truststore")),
        (("system-store", None, {"PIP_USE_FEATURE": "fast-deps truststore"}),),
    ),
    "the system accepts one of two": Row(
        (IN_SYSTEM, diagnosed("private-ca", origin=TWO)),
        at(found("system")) | at(found("configured", OTHER_ROOT), origin=TWO),
        BY_FEATURE,
        (("bundle", "present", WITH_BUNDLE),),
    ),
    "the system accepts both": Row(BOTH_SYSTEM, {}, BY_FEATURE, (("system-store", None, FEATURE),)),
    "no truststore at hand": Row((IN_SYSTEM,), {}, replace(BY_FEATURE, truststore_at_hand=False), ()),
    "truststore, but isolated": Row((IN_SYSTEM,), {}, replace(BY_FEATURE, isolated=True), ()),
    "truststore, but Python 3.9": Row((IN_SYSTEM,), {}, replace(BY_FEATURE, python_version=(3, 9)), ()),
    "truststore from 22.2": Row(
        (IN_SYSTEM,), {}, replace(BY_FEATURE, version=(22, 2)), (("system-store", None, FEATURE),)
    ),
    "no truststore in 22.1": Row((IN_SYSTEM,), {}, replace(BY_FEATURE, version=(22, 1, 2)), ()),
    "truststore is on already": Row((IN_SYSTEM,), {}, MODERN, ()),
    "git knows no truststore": Row(
        (IN_SYSTEM,),
        at(found("system")),
        BY_FEATURE,
        (("system-store", "present", WITH_BUNDLE),),
        frozenset(("vcs",)),
    ),
    "nor does a build": Row(
        (IN_SYSTEM,),
        at(found("system")),
        BY_FEATURE,
        (("system-store", "present", WITH_BUNDLE),),
        frozenset(("index", "build-backend")),
    ),
    # Settings that are in the way.
    "bad PIP_CERT": Row(
        (bad(PIP_CERT),),
        {},
        replace(OLD, present=WITH_CERT),
        (("drop-setting", None, NONE_OF_THREE), ("bundle", "completed", WITH_BUNDLE)),
    ),
    "bad REQUESTS_CA_BUNDLE": Row(
        (bad(REQUESTS),),
        {},
        replace(OLD, present=WITH_CERT),
        (
            ("drop-setting", None, NONE_OF_THREE),
            ("bundle", "completed", WITH_BUNDLE),
        ),
    ),
    "bad typed --cert": Row(
        (bad(TYPED),),
        {},
        replace(OLD, present=WITH_CERT, typed_cert=True),
        (("drop-setting", "carried", WITH_BUNDLE), ("bundle", "completed", WITH_BUNDLE)),
    ),
    "bad cert in a file": Row(
        (bad(IN_FILE),),
        {},
        replace(OLD, present=WITH_CERT, cert_in_file=True),
        (("drop-setting", "carried", WITH_BUNDLE), ("bundle", "completed", WITH_BUNDLE)),
    ),
    "a setting that lacks roots is completed": Row(
        (diagnosed("bad-ca-setting", accepting=("pip-without-setting",), setting=REQUESTS),),
        {},
        replace(OLD, present=WITH_CERT),
        (("bundle", "completed", WITH_BUNDLE),),
    ),
    "SSL_CERT_FILE hides the system store": Row(
        (diagnosed("bad-ca-setting", "private-ca", accepting=("system",), setting=SSL_CERT_FILE),),
        at(found("system")),
        MODERN,
        (
            ("drop-setting", None, {"SSL_CERT_FILE": None, "SSL_CERT_DIR": None}),
            ("system-store", "completed", WITH_BUNDLE),
        ),
    ),
    "bad PIP_CERT, CA in the system": Row(
        (bad(PIP_CERT, "private-ca", accepting=("system",)),),
        at(found("system")),
        replace(BY_FEATURE, present=WITH_CERT),
        (
            ("system-store", None, {**FEATURE, **NONE_OF_THREE}),
            ("system-store", "completed", WITH_BUNDLE),
        ),
    ),
    "bad typed --cert, CA in the system": Row(
        (bad(TYPED, "private-ca", accepting=("system",)),),
        at(found("system")),
        replace(BY_FEATURE, present=WITH_CERT, typed_cert=True),
        (("system-store", "completed", WITH_BUNDLE),),
    ),
    "bad setting at one origin, private CA at another": Row(
        (bad(PIP_CERT), bad(PIP_CERT, "private-ca", accepting=())),
        at(found("configured")),
        replace(OLD, present=WITH_CERT),
        (("bundle", "completed", WITH_BUNDLE),),
    ),
    "sound setting, private CA": Row(
        (diagnosed("private-ca", setting=PIP_CERT),),
        at(found("configured")),
        replace(OLD, present=WITH_CERT),
        (("bundle", "present", WITH_BUNDLE),),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_plans(name: str) -> None:
    row = TABLE[name]

    made = plans(row.diagnoses, row.accepted, row.traits, row.legs)

    assert [(plan.kind, plan.base, dict(plan.environment)) for plan in made] == [
        (kind, base, dict(changes)) for kind, base, changes in row.plans
    ]


def test_only_the_anchors_that_are_needed() -> None:
    diagnoses = (PRIVATE, diagnosed("private-ca", origin=TWO))
    accepted = at(found("configured", ROOT, BETWEEN), found("explicit", OTHER_ROOT))
    accepted |= at(found("configured", ROOT, BETWEEN), origin=TWO)

    (plan,) = plans(diagnoses, accepted, OLD, frozenset())

    assert plan.anchors == (ROOT,)
    assert plan.intermediates == (BETWEEN,)
    assert plan.source == SOURCES["configured"]
    assert plan.trust == Trust(file=BUNDLE, carried=False)


def test_an_anchor_for_each_origin() -> None:
    accepted = at(found("configured")) | at(found("explicit", OTHER_ROOT), origin=TWO)

    (plan,) = plans((PRIVATE, diagnosed("private-ca", origin=TWO)), accepted, OLD, frozenset())

    assert plan.anchors == (ROOT, OTHER_ROOT)
    assert plan.anchor_sources == (SOURCES["configured"], SOURCES["explicit"])


def test_an_anchor_that_two_origins_need_lies_where_the_first_has_it() -> None:
    accepted = at(found("configured")) | at(found("explicit"), origin=TWO)

    (plan,) = plans((PRIVATE, diagnosed("private-ca", origin=TWO)), accepted, OLD, frozenset())

    assert plan.anchors == (ROOT,)
    assert plan.anchor_sources == (SOURCES["configured"],)


@pytest.mark.parametrize(
    ("legs", "is_needed"),
    [
        ((), False),
        (("index", "file", "build-dependency"), False),
        (("vcs",), True),
        (("index", "build-backend"), True),
    ],
)
def test_whether_a_child_is_known_to_need_the_bundle(legs: tuple[str, ...], is_needed: bool) -> None:  # noqa: FBT001
    (plan,) = plans((PRIVATE,), at(found("configured")), OLD, frozenset(legs))

    assert plan.children_need_it is is_needed
    assert not plan.is_for_children


def test_truststore_names_the_anchors() -> None:
    plan, _ = plans((IN_SYSTEM,), at(found("configured"), found("system")), BY_FEATURE, frozenset())

    assert plan.anchors == (ROOT,)
    assert plan.source == SOURCES["system"]
    assert plan.trust.truststore


@pytest.mark.parametrize(
    ("version", "lent"), [((22, 2), True), ((23, 2, 1), True), ((23, 3), False), ((24, 0), False)]
)
def test_truststore_is_lent_to_pips_that_do_not_carry_it(version: tuple[int, ...], lent: bool) -> None:  # noqa: FBT001
    (plan,) = plans((IN_SYSTEM,), {}, replace(BY_FEATURE, version=version), frozenset())

    assert plan.lends_truststore is lent


def test_a_modern_pip_adds_the_bundle_to_its_own_roots() -> None:
    strict = replace(MODERN, present=replace(MODERN.present, strict=True))

    (plan,) = plans((PRIVATE,), at(found("configured")), strict, frozenset())

    assert plan.trust == Trust(truststore=True, file=BUNDLE, carried=True, strict=True)


@pytest.mark.parametrize(
    ("traits", "argument"),
    [
        (OLD, None),
        (replace(OLD, typed_cert=True), BUNDLE),
        (replace(OLD, cert_in_file=True), None),
        (replace(OLD, isolated=True), None),  # requests' variables are read all the same
        (replace(OLD, isolated=True, trust_env=False), BUNDLE),  # with --proxy they are not
        (replace(OLD, trust_env=False), None),  # PIP_CERT is
    ],
)
def test_the_bundle_reaches_pip(traits: PipTraits, argument: str | None) -> None:
    (plan,) = plans((PRIVATE,), at(found("configured")), traits, frozenset())

    assert plan.cert_argument == argument


# What the proof is made with: pip's trust as it would be then.


def test_without_a_variable_that_hides_the_system_pip_trusts_what_else_it_trusts() -> None:
    present = Trust(truststore=True, file="/corp/pip.pem", strict=True)
    hidden = diagnosed("bad-ca-setting", "private-ca", accepting=("system",), setting=SSL_CERT_FILE)

    plan, _ = plans((hidden,), at(found("system")), replace(MODERN, present=present), frozenset())

    assert plan.trust == present
    assert (plan.anchors, plan.intermediates, plan.source) == ((), (), None)


def test_without_a_bad_setting_pip_trusts_what_it_has_without_it() -> None:
    roots = Trust(truststore=True, strict=True)

    plan, _ = plans((bad(PIP_CERT),), {}, replace(OLD, present=WITH_CERT, without_setting=roots), frozenset())

    assert plan.trust == roots
    assert (plan.anchors, plan.intermediates, plan.source) == ((), (), None)


def test_the_same_where_the_setting_can_only_be_overruled() -> None:
    traits = replace(OLD, present=WITH_CERT, without_setting=Trust(strict=True), typed_cert=True)

    plan, _ = plans((bad(TYPED),), {}, traits, frozenset())

    assert plan.trust == Trust(file=BUNDLE, carried=False, strict=True)
    assert (plan.anchors, plan.intermediates, plan.source) == ((), (), None)


UNASKABLE = diagnosed("os-trust-unavailable", accepting=("certifi",))
LEGACY = {**WITH_BUNDLE, "PIP_USE_DEPRECATED": "legacy-certs"}


@pytest.mark.parametrize(
    ("changes", "environment"),
    [
        ({}, LEGACY),
        ({"version": (24, 2)}, LEGACY),
        ({"version": (25, 0)}, LEGACY),
        # Where truststore is a feature, no option turns it off.
        ({"version": (24, 1, 2)}, WITH_BUNDLE),
        ({"version": (24, 1, 2), "isolated": True}, WITH_BUNDLE),
        # An isolated pip is told nothing by variables, and one without truststore needs not be told.
        ({"isolated": True}, WITH_BUNDLE),
        ({"present": Trust()}, WITH_BUNDLE),
    ],
)
def test_which_pips_leave_out_a_system_that_cannot_be_asked(
    changes: Mapping[str, Any], environment: Mapping[str, str | None]
) -> None:
    (plan,) = plans((UNASKABLE,), at(found("public")), replace(MODERN, **changes), frozenset())

    assert plan.environment == environment


@pytest.mark.parametrize(
    ("version", "python_version", "is_strict"),
    [
        ((24, 2), (3, 13), False),
        ((26, 0), (3, 13), False),
        ((26, 1), (3, 13), True),
        ((26, 1), (3, 12), False),
        ((26, 3), (3, 14), True),
    ],
)
def test_a_pip_that_leaves_out_the_system_trusts_the_bundle_alone(
    version: tuple[int, ...],
    python_version: tuple[int, ...],
    is_strict: bool,  # noqa: FBT001
) -> None:
    traits = replace(MODERN, version=version, python_version=python_version)

    (plan,) = plans((UNASKABLE,), at(found("public")), traits, frozenset())

    assert plan.trust == Trust(truststore=False, file=BUNDLE, carried=False, strict=is_strict)


@pytest.mark.parametrize(
    ("diagnosis", "trust"),
    [
        (IN_SYSTEM, Trust(truststore=True)),
        # A sound setting stays, and a bad one goes.
        (
            diagnosed("private-ca", accepting=("system",), setting=PIP_CERT),
            Trust(truststore=True, file="/corp/ca.pem", carried=False),
        ),
        (bad(PIP_CERT, accepting=("system",)), Trust(truststore=True)),
    ],
)
def test_truststore_adds_the_system_to_the_setting_in_force(diagnosis: Diagnosis, trust: Trust) -> None:
    present = Trust() if diagnosis.case.setting is None else WITH_CERT

    (plan,) = plans((diagnosis,), {}, replace(BY_FEATURE, present=present), frozenset())

    assert plan.trust == trust
    assert (plan.anchors, plan.intermediates, plan.source) == ((), (), None)


TIERS = st.sampled_from(list(SOURCES))
CANDIDATES = st.lists(st.builds(found, TIERS, st.sampled_from([ROOT, OTHER_ROOT])), max_size=3).map(tuple)
STORES = ("certifi", "system", "pip-without-setting")
CASES = st.tuples(
    st.lists(st.sampled_from(sorted(CURABLE)), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(STORES), max_size=3, unique=True),
)
SETTINGS = st.sampled_from([None, PIP_CERT, TYPED, IN_FILE, REQUESTS, SSL_CERT_FILE])
TRUSTS = st.builds(Trust, truststore=st.booleans(), carried=st.booleans(), strict=st.booleans())
TRAITS = st.builds(
    PipTraits,
    version=st.sampled_from([(19, 3), (22, 2), (23, 3), (24, 1), (24, 2), (26, 3)]),
    python_version=st.sampled_from([(3, 7), (3, 9), (3, 10), (3, 13)]),
    present=TRUSTS,
    without_setting=TRUSTS,
    truststore_at_hand=st.booleans(),
    isolated=st.booleans(),
    trust_env=st.booleans(),
    typed_cert=st.booleans(),
    cert_in_file=st.booleans(),
    use_features=st.sampled_from([(), ("fast-deps",), ("truststore",)]),
)
LEGS = st.frozensets(st.sampled_from(["index", "file", "vcs", "build-backend", "build-dependency"]))
KINDS = {"system-store", "certifi", "bundle", "pin", "completed-chain", "drop-setting"}
CHANGED = {
    *WITH_BUNDLE,
    *("PIP_USE_FEATURE", "PIP_USE_DEPRECATED", "SSL_CERT_DIR"),
}


def _is_safe(plan: Plan, traits: PipTraits) -> None:
    """What holds of every plan, whatever it was made of."""
    assert plan.kind in KINDS
    assert set(plan.environment) <= CHANGED
    features = " ".join(dict.fromkeys((*traits.use_features, "truststore")))
    for name, value in plan.environment.items():
        given = {"PIP_USE_FEATURE": (features,), "PIP_USE_DEPRECATED": ("legacy-certs",)}
        assert value in given.get(name, (None, BUNDLE, ADDED))
    assert plan.cert_argument in (None, BUNDLE)
    assert plan.lends_truststore <= (plan.environment.get("PIP_USE_FEATURE") is not None)
    assert plan.trust.pem is None
    if plan.base is None:
        assert BUNDLE not in (*plan.environment.values(), plan.cert_argument, plan.trust.file)
        return
    told = WITH_BUNDLE if traits.trust_env else {**WITH_BUNDLE, "REQUESTS_CA_BUNDLE": ADDED}
    assert plan.environment.items() >= told.items()
    assert plan.trust.file == BUNDLE
    assert plan.base in ("present", "completed", "carried", "certifi")
    reached = traits.trust_env or not traits.isolated
    assert plan.cert_argument == BUNDLE or (reached and not traits.typed_cert)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(CASES, min_size=1, max_size=2),
    SETTINGS,
    st.booleans(),
    st.tuples(CANDIDATES, CANDIDATES),
    TRAITS,
    LEGS,
)
def test_every_plan_is_safe(
    cases: list[tuple[list[str], list[str]]],
    setting: Setting | None,
    has_problem: bool,  # noqa: FBT001
    candidates: tuple[tuple[Candidate, ...], tuple[Candidate, ...]],
    traits: PipTraits,
    legs: frozenset[str],
) -> None:
    diagnoses = [
        diagnosed(
            *causes,
            origin=origin,
            accepting=tuple(accepting),
            setting=setting,
            problem=MISSING if setting and has_problem else None,
        )
        for origin, (causes, accepting) in zip((ONE, TWO), cases, strict=False)
    ]

    made = plans(diagnoses, dict(zip((str(ONE), str(TWO)), candidates, strict=True)), traits, legs)

    if not all(CURABLE[cause] for causes, _ in cases for cause in causes):
        assert made == ()
    usable = {candidate.anchor for found_there in candidates for candidate in found_there}
    for plan in made:
        _is_safe(plan, traits)
        assert set(plan.anchors) <= usable
        assert len(set(plan.anchors)) == len(plan.anchors)


def test_what_pip_trusts_is_handed_on_without_what_counts_for_one_server() -> None:
    scoped = replace(
        found("configured", OTHER_ROOT), source=replace(SOURCES["configured"], host="index.example")
    )
    accepted = {str(ONE): (found("system"),), str(TWO): (scoped,)}
    healthy = [diagnosed(origin=origin, accepting=("pip",)) for origin in (ONE, TWO)]

    (plan,) = for_children(healthy, accepted, MODERN)

    assert (plan.kind, plan.base, plan.anchors) == ("system-store", "present", (ROOT,))
    assert plan.environment == WITH_BUNDLE
    assert plan.is_for_children
    assert plan.children_need_it


def test_what_pip_trusts_is_handed_on_where_its_anchors_are_not_known() -> None:
    (plan,) = for_children([diagnosed(accepting=("pip",))], {}, OLD)

    assert (plan.kind, plan.base, plan.anchors) == ("bundle", "present", ())


def test_requests_variable_is_for_children_where_pip_does_not_read_it() -> None:
    (plan,) = plans([PRIVATE], at(found("configured")), replace(MODERN, trust_env=False), frozenset())

    assert plan.environment == {**WITH_BUNDLE, "REQUESTS_CA_BUNDLE": ADDED}
