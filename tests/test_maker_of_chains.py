"""Whether a chain is a forgery: who is named as its issuer, by name and key, and did not sign it.

The verdicts are OpenSSL's; the handshakes that give them are in test_looks.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipsafe.causes import codes, maker
from pipsafe.probes.answered import Verdict
from pipsafe.trust.anchors import Candidate
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import Authority, Chain
from tests.test_diagnosis import ACCEPTED, COMPLETED, HOST, NO_ISSUER, refused, seen

BAD_SIGNATURE = refused(codes.NAMESAKE, "certificate signature failure")

ROOT = Authority("Example Root")
MIDDLE = ROOT.intermediate("Example Policy CA")
ISSUING = MIDDLE.intermediate("Example Issuing CA")
ANCHOR, POLICY_CA, ISSUING_CA = (parse(authority.der) for authority in (ROOT, MIDDLE, ISSUING))
LEAF = seen(ISSUING.leaf((HOST,), chain=Chain.LEAF_ONLY))


def disowned(
    *intermediates: Certificate,
    chain: tuple[Certificate, ...] = LEAF,
    anchor: Certificate = ANCHOR,
    verdict: Verdict = BAD_SIGNATURE,
) -> bool:
    return maker.disowns(chain, Candidate(anchor, COMPLETED.source, intermediates), verdict)


def test_a_chain_that_leads_by_names_and_keys_to_a_root_that_is_trusted() -> None:
    assert disowned(ISSUING_CA, POLICY_CA)
    assert disowned(POLICY_CA, ISSUING_CA)


def test_what_was_presented_need_not_be_found_again() -> None:
    """The way begins at the last certificate that was presented."""
    assert disowned(POLICY_CA, chain=(*LEAF, ISSUING_CA))
    assert disowned(chain=(*LEAF, ISSUING_CA, POLICY_CA))
    assert not disowned(ISSUING_CA, chain=(*LEAF, ISSUING_CA))


def test_certificates_that_the_way_does_not_need() -> None:
    stranger = parse(Authority("Example Stranger").der)
    assert disowned(stranger, ISSUING_CA, stranger, POLICY_CA)


@pytest.mark.parametrize("verdict", [ACCEPTED, NO_ISSUER, refused(None, "Connection refused", "unreachable")])
def test_only_a_signature_that_failed_tells(verdict: Verdict) -> None:
    assert not disowned(ISSUING_CA, POLICY_CA, verdict=verdict)


def test_without_a_chain_nobody_is_named() -> None:
    assert not disowned(ISSUING_CA, POLICY_CA, chain=())


@pytest.mark.parametrize("found", [(), (ISSUING_CA,), (POLICY_CA,)])
def test_a_way_with_a_gap(found: tuple[Certificate, ...]) -> None:
    assert not disowned(*found)


def test_a_namesake_with_another_key() -> None:
    """A CA that was given another key by now has signed what it signed before: that is no forgery."""
    renewed = parse(Authority("Example Issuing CA", parent=MIDDLE).der)
    assert not disowned(renewed, POLICY_CA)
    assert not disowned(ISSUING_CA, POLICY_CA, anchor=parse(Authority("Example Root").der))
    # Beside the one that is named it changes nothing.
    assert disowned(renewed, ISSUING_CA, POLICY_CA)


def test_a_key_under_another_name() -> None:
    renamed = replace(ISSUING_CA, subject_der=ANCHOR.subject_der)
    assert not disowned(renamed, POLICY_CA)


def test_keys_that_nobody_names() -> None:
    """No identifier on either side is no sign that it is the same key."""
    (leaf,) = LEAF
    silent = (replace(leaf, authority_key_id=None),)
    assert not disowned(ISSUING_CA, POLICY_CA, chain=silent)
    assert not disowned(replace(ISSUING_CA, subject_key_id=None), POLICY_CA)
    assert not disowned(replace(ISSUING_CA, subject_key_id=None), POLICY_CA, chain=silent)


def test_cas_that_vouch_for_each_other() -> None:
    """A circle leads to no root, and comes to an end."""
    one = replace(ISSUING_CA, issuer_der=POLICY_CA.subject_der, authority_key_id=POLICY_CA.subject_key_id)
    other = replace(POLICY_CA, issuer_der=one.subject_der, authority_key_id=one.subject_key_id)
    assert not disowned(one, other)
