"""That many CA files cost little. The bounds are several times what it takes; `benchmarks/` measures."""

from __future__ import annotations

import operator
import time
from pathlib import Path

from pipsafe.trust import stock
from tests.lab.authority import Authority
from tests.lab.many_files import many_files
from tests.machine import anchors, configured, made, seen

ROOT = Authority("Example Corporate Root")
CHAIN = seen(ROOT.leaf())


def test_five_hundred_files_of_ten_thousand_certificates(tmp_path: Path) -> None:
    machine = made(tmp_path, CHAIN)
    sources = [configured(str(path)) for path in many_files(machine.corp)]
    sources.append(configured(machine.file(ROOT.pem)))
    began = time.process_time()

    found = machine.search(*sources)

    assert time.process_time() - began < 1
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
    began = time.process_time()

    first, *_, last = stock.read(sources, folder=str(machine.project), home=str(machine.home))

    assert time.process_time() - began < 3
    assert len(first.file.certificates) == 100
    assert all(map(operator.is_, first.file.certificates, last.file.certificates))
