"""Processor time in terms of this machine: seconds mean nothing where others work on the same processors.

A bound is told in seconds of a machine on which `_work` takes NOMINAL; where it takes longer, before or after
what is measured, the bound is as much higher. What is to be caught is work that grows with the square of its
input, and that is slower by far.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator

NOMINAL = 0.005
"""Seconds of one measure where the bounds hold as they are told; two to three times as long is usual."""

_TEXT = "".join(f"[section {number}]\nkey-{number} = value {number * number}\n" for number in range(4000))
_LINE = re.compile(r"^([\w-]+) = (.+)$", re.MULTILINE)


def _work() -> int:
    """What is measured elsewhere, too: patterns, slices, dictionaries and objects."""
    found = {name: value.split() for name, value in _LINE.findall(_TEXT)}
    again = json.loads(json.dumps(found))
    return sum(len(line[1:-1]) for line in _TEXT.splitlines()) + len(again)


def slowness() -> float:
    """How many times as long as on the machine of the bounds work takes now; at least 1."""
    began = time.process_time()
    _work()
    return max(1.0, (time.process_time() - began) / NOMINAL)


@contextlib.contextmanager
def takes_at_most(seconds: float) -> Iterator[None]:
    """Processor time of this process, all threads. Raises AssertionError."""
    before = slowness()
    began = time.process_time()
    yield
    took = time.process_time() - began
    bound = seconds * max(before, slowness())
    assert took < bound, f"{took:.2f} s of processor time; on this machine {bound:.2f} are the bound"
