"""The prober's own words, which are translated by their English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipsafe.target_side
from pipsafe.language.text import Text
from pipsafe.probes import answered, prober_words
from pipsafe.probes.prober_words import translatable

TARGET_SIDE = Path(next(iter(pipsafe.target_side.__path__)))
WORDS = (*prober_words._WHOLE, *prober_words._AROUND)


def literals() -> Iterator[str]:
    for path in TARGET_SIDE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("words", WORDS)
def test_the_prober_still_says_them(words: Text) -> None:
    assert re.sub(r"\{\w+\}", "%s", words) in set(literals())


def test_what_is_asked_once_more() -> None:
    assert answered.TIMED_OUT_IN_HANDSHAKE in set(literals())


def test_words_within_words() -> None:
    found = translatable("the proxy cannot be reached: timed out")

    assert isinstance(found, Text)
    assert isinstance(found._values["reason"], Text)
    assert found == "the proxy cannot be reached: timed out"


def test_words_of_others() -> None:
    assert type(translatable("self-signed certificate in certificate chain")) is str
