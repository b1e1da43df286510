"""A second's worth of fuzzing, and what it once found; `nox -s fuzz` has more of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipsafe.x509.certificate import MalformedCertificate
from tests.fuzz import asn1, judge
from tests.fuzz.__main__ import by_chance
from tests.fuzz.readers import READERS, Reader
from tests.fuzz.seeds import bundles, certificates

FINDINGS = sorted(judge.FINDINGS.iterdir()) if judge.FINDINGS.is_dir() else []


@pytest.mark.parametrize("name", READERS)
def test_seeds_and_some_mutants(name: str) -> None:
    for seed in READERS[name].seeds():
        assert judge.judge(name, seed) is None

    _, findings = by_chance(name, 5, random.Random(1), most=60)

    assert findings == []


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.name)
def test_what_was_found_once(path: Path) -> None:
    name = path.name.rpartition("-")[0]

    found = judge.judge(name, path.read_bytes())

    assert found is None, found.problem


LARGE = (
    ("requirements", b" " * 100_000 + b"x"),
    ("command-line", b"-qiindex.example" * 3_000),
    ("command-line", b"::https://" * 7_000),
)
"""Once took time by the square of their length."""


@pytest.mark.parametrize(
    ("name", "data"), LARGE, ids=lambda it: it if isinstance(it, str) else it[:9].decode()
)
def test_what_once_took_long(name: str, data: bytes) -> None:
    found = judge.judge(name, data)

    assert found is None, found.problem


def slow(data: bytes) -> object:
    while data:
        pass
    return None


BROKEN: dict[str, tuple[Reader, str]] = {
    "raises": (Reader(lambda data: data[10_000], lambda: [b""]), "IndexError"),
    "makes much of little": (Reader(lambda _: "x" * 900_000, lambda: [b""]), "made 900002 characters"),
    "hangs": (Reader(slow, lambda: [b"x"]), "did not end in 0.2 seconds"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_judge_sees(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are wrong on purpose."""
    reader, problem = BROKEN[name]
    monkeypatch.setattr(judge, "READERS", {name: reader})
    monkeypatch.setattr(judge, "_PATIENCE", 0.2)

    found = judge.judge(name, b"data")

    assert found is not None
    assert problem in found.problem


def test_what_a_reader_may_raise() -> None:
    assert judge.judge("certificate", b"no certificate") is None


def ders() -> Iterator[bytes]:
    yield from certificates()
    yield from (seed for seed in bundles() if seed[:1] == b"\x30")


def test_trees_are_written_as_they_were_read() -> None:
    for data in ders():
        nodes = asn1.parsed(data)
        assert nodes is not None
        assert b"".join(node.encoded() for node in nodes) == data


def test_mutants_of_trees_get_far() -> None:
    """Most are still DER, and a part of them still certificates."""
    chance = random.Random(1)
    seeds = list(certificates())
    mutants = [asn1.mutant(chance.choice(seeds), chance) for _ in range(300)]

    whole = sum(asn1.parsed(data) is not None for data in mutants)
    assert whole > 250
    assert 10 < sum(_is_read(data) for data in mutants) < 290


def _is_read(data: bytes) -> bool:
    try:
        READERS["certificate"].read(data)
    except MalformedCertificate:
        return False
    return True
