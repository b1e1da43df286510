"""Many servers in a message: each cause is told once and the rest is counted; a few are all told of."""

from __future__ import annotations

import pytest

from pipsafe.causes.case import Cause, Diagnosis
from pipsafe.messages import several
from pipsafe.origin import Origin
from tests.checkups import refused


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, ""), (1, "a0"), (3, "a0, a1, a2"), (4, "a0, a1, a2 and 1 more"), (200, "a0, a1, a2 and 197 more")],
)
def test_listed(count: int, words: str) -> None:
    assert several.listed([f"a{number}" for number in range(count)], 3) == words


def diagnoses(*causes: str) -> list[Diagnosis]:
    """One for each cause, each at a server of its own."""
    made = []
    for number, name in enumerate(causes):
        case = refused(Origin("https", f"a{number}.example", 443)).case
        made.append(Diagnosis(case, (Cause(name, name, False),), None))
    return made


def test_a_few_are_all_told_of() -> None:
    few = diagnoses("expired", "expired", "private-ca", "expired")

    assert several.told(few) == (tuple(few), ())


def test_of_many_the_first_of_each_cause_is_told_of() -> None:
    many = diagnoses("expired", "expired", "private-ca", "expired", "unknown", "private-ca")

    shown, rest = several.told(many)

    assert shown == (many[0], many[2], many[4])
    assert rest == (many[1], many[3], many[5])


def test_the_rest_is_counted_and_named() -> None:
    words = several.rest_in_words(diagnoses(*["expired"] * 10))

    assert words.startswith("10 more servers are refused for the same: https://a0.example:443, ")
    assert "https://a7.example:443 and 2 more." in words
    assert several.rest_in_words(diagnoses("expired")).startswith("1 more server is refused for the same: ")
