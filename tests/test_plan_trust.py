"""What each plan would have pip trust: what the proof is made with has to be what the retry has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipsafe.probes.asked import Trust
from pipsafe.remedy import BUNDLE, PipTraits, Plan, plans
from tests.test_remedy import (
    BY_FEATURE,
    IN_SYSTEM,
    MODERN,
    OLD,
    ONE,
    OTHER_ROOT,
    PIP_CERT,
    PRIVATE,
    ROOT,
    SOURCES,
    SSL_CERT_FILE,
    TWO,
    TYPED,
    at,
    bad,
    diagnosed,
    found,
)

INDEX = frozenset(("index",))
NO_VERIFIER = diagnosed("os-trust-unavailable", accepting=("certifi",))


def only(plan: tuple[Plan, ...]) -> Plan:
    (one,) = plan
    return one


def without_the_verifier(traits: PipTraits) -> Plan:
    return only(plans((NO_VERIFIER,), at(found("public")), traits, INDEX))


@pytest.mark.parametrize(("version", "is_strict"), [((24, 2), False), ((26, 3), True)])
def test_a_verifier_that_cannot_be_asked_is_left_out(version: tuple[int, ...], is_strict: bool) -> None:  # noqa: FBT001
    made = without_the_verifier(replace(MODERN, version=version, python_version=(3, 13)))
    assert made.trust == Trust(file=BUNDLE, carried=False, strict=is_strict)
    assert made.environment["PIP_USE_DEPRECATED"] == "legacy-certs"


@pytest.mark.parametrize(
    "traits",
    [
        replace(MODERN, version=(24, 1)),
        replace(MODERN, isolated=True),
        replace(MODERN, present=Trust()),
        replace(MODERN, version=(24, 1), isolated=True),
    ],
)
def test_who_does_not_know_that_word_is_not_told_it(traits: PipTraits) -> None:
    assert "PIP_USE_DEPRECATED" not in without_the_verifier(traits).environment


def test_what_hides_the_system_store_is_taken_away_and_nothing_else() -> None:
    present = Trust(truststore=True, file="/pip/own.pem", strict=True)
    hidden = bad(SSL_CERT_FILE, accepting=("system",))
    made = plans((hidden,), {}, replace(MODERN, present=present), INDEX)[0]
    assert (made.kind, made.anchors, made.intermediates, made.source) == ("drop-setting", (), (), None)
    assert made.trust == Trust(truststore=True, file="/pip/own.pem", strict=True)
    assert set(made.environment.values()) == {None}


def test_without_its_setting_pip_trusts_what_it_would_have_trusted() -> None:
    without = Trust(truststore=True, file="/without.pem")
    made = plans((bad(PIP_CERT),), {}, replace(OLD, without_setting=without), INDEX)[0]
    assert (made.kind, made.anchors, made.intermediates, made.base) == ("drop-setting", (), (), None)
    assert made.trust == without


def test_a_typed_setting_is_overruled_by_the_roots_that_pip_carries() -> None:
    made = plans((bad(TYPED),), {}, replace(OLD, typed_cert=True), INDEX)[0]
    assert (made.kind, made.anchors, made.intermediates, made.base) == ("drop-setting", (), (), "carried")
    assert made.trust.file == BUNDLE


@pytest.mark.parametrize("file", [None, "/corp/ca.pem"])
def test_truststore_keeps_the_file_that_pip_was_given(file: str | None) -> None:
    """With a file pip leaves out the roots that it carries; without one they count as well."""
    present = Trust(file=file, carried=file is None)
    made = plans((IN_SYSTEM,), at(found("system")), replace(BY_FEATURE, present=present), INDEX)[0]
    assert made.kind == "system-store"
    assert made.intermediates == ()
    assert made.trust == Trust(truststore=True, file=file, carried=file is None)


def test_truststore_drops_a_file_that_cannot_be_read() -> None:
    broken = bad(PIP_CERT, "private-ca", accepting=("system",))
    present = Trust(file="/corp/ca.pem", carried=False)
    made = plans((broken,), at(found("system")), replace(BY_FEATURE, present=present), INDEX)
    feature = next(plan for plan in made if plan.kind == "system-store")
    assert feature.trust == Trust(truststore=True, file=None, carried=True)


def test_a_bundle_says_where_each_anchor_lies() -> None:
    two = diagnosed("private-ca", origin=TWO)
    given = at(found("configured")) | at(found("explicit", OTHER_ROOT), origin=TWO)
    made = only(plans((PRIVATE, two), given, OLD, INDEX))
    assert made.anchors == (ROOT, OTHER_ROOT)
    assert made.anchor_sources == (SOURCES["configured"], SOURCES["explicit"])
    assert PRIVATE.case.origin == ONE
