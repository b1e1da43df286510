"""The certificates that the servers of the corpus present, each wrong in one way."""

from __future__ import annotations

from tests.lab.authority import EXPIRED, NOT_YET_VALID, Authority, Chain, Leaf, new_key, self_signed

CORP = Authority("Example Corp Root CA")
"""What `{ca}` holds."""
STRANGER = Authority("Example Unknown Root CA")

TOPS = ("expired-root", "weak-ca", "loose")
"""Servers whose own root is what their case trusts."""


def leaves() -> dict[str, Leaf]:
    """Certificates by the name of the server that presents them."""
    middle = CORP.intermediate()
    late = CORP.intermediate("Example Late Issuing CA", validity=EXPIRED)
    old_root = Authority("Example Old Root CA", validity=EXPIRED)
    weak_ca = Authority("Example Weak CA", key=new_key(rsa_bits=1024))
    loose = Authority(
        "Example Loose CA",
        basic_constraints_critical=False,
        subject_key_identifier=False,
        key_usage=False,
    )
    return {
        "good": CORP.leaf(),
        "unknown": STRANGER.leaf(),
        "unknown-root-sent": STRANGER.leaf(chain=Chain.WITH_ROOT),
        "default": STRANGER.leaf(),
        "default-root-sent": STRANGER.leaf(chain=Chain.WITH_ROOT),
        "unknown-intermediate": STRANGER.intermediate().leaf(),
        "incomplete": middle.leaf(chain=Chain.LEAF_ONLY),
        "self-signed": self_signed(),
        "self-signed-ca": self_signed(ca=True),
        "expired": CORP.leaf(validity=EXPIRED),
        "expired-intermediate": late.leaf(),
        "expired-root": old_root.leaf(),
        "not-yet": CORP.leaf(validity=NOT_YET_VALID),
        "wrong-host": CORP.leaf(["other.example"]),
        "wrong-hosts": CORP.leaf(["a.example", "b.example", "*.c.example"]),
        "wrong-address": CORP.leaf(["192.0.2.7"]),
        "namesake": STRANGER.leaf(),
        "weak-key": CORP.leaf(key=new_key(rsa_bits=1024)),
        "weak-ca": weak_ca.leaf(),
        "loose": loose.leaf(authority_key_identifier=False),
        "expired-unknown": STRANGER.leaf(validity=EXPIRED),
        "wrong-host-unknown": STRANGER.leaf(["other.example"]),
    }
