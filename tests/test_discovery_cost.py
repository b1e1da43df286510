"""That many CA files cost little. The bounds are several times what it takes; `benchmarks/` measures."""

from __future__ import annotations

import operator
from pathlib import Path

from pipsafe.trust import stock
from tests.lab.authority import Authority
from tests.lab.many_files import many_files
from tests.machine import anchors, configured, made, seen
from tests.yardstick import takes_at_most

ROOT = Authority("Example Corporate Root")
CHAIN = seen(ROOT.leaf())


def test_five_hundred_files_of_ten_thousand_certificates(tmp_path: Path) -> None:
    machine = made(tmp_path, CHAIN)
    sources = [configured(str(path)) for path in many_files(machine.corp)]
    sources.append(configured(machine.file(ROOT.pem)))

    with takes_at_most(1):
        found = machine.search(*sources)

    assert anchors(found) == [ROOT.sha256]
    assert sum(store.certificates for store in found.stores) == 10_001


def test_the_same_bundle_five_hundred_times(tmp_path: Path) -> None:
    """Its certificates are kept once."""
    machine = made(tmp_path, CHAIN)
    (path,) = many_files(machine.corp, files=1, certificates=100)
    copies = [machine.corp / f"copy-{number}.pem" for number in range(500)]
    for copy in copies:
        copy.write_bytes(path.read_bytes())
    sources = [configured(str(copy)) for copy in copies]

    with takes_at_most(3):
        first, *_, last = stock.read(sources, folder=str(machine.project), home=str(machine.home))

    assert len(first.file.certificates) == 100
    assert all(map(operator.is_, first.file.certificates, last.file.certificates))
