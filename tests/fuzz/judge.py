"""What is wrong with how a reader took an input."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.fuzz.readers import READERS, Reader
from tests.yardstick import slowness

LONGEST = 1.0
"""Seconds of computing that an input of at most 200 kB may take, on a machine as quick as the yardstick's."""

_PATIENCE = 20
"""Seconds after which a reader is stopped."""

_MOST_CHARACTERS = 200_000, 60
"""Of what `repr` says of the result: so many, and so many for each byte of the input."""

FINDINGS = Path(__file__).parent / "findings"
"""Inputs that once were findings, and are read at each run of the tests."""


class StillReading(BaseException):
    """Raised inside a reader that has no end. No `Exception`, so that none catches it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An input, and what is wrong."""

    reader: str
    data: bytes
    problem: str

    @property
    def name(self) -> str:
        """Of the file that keeps it."""
        return f"{self.reader}-{hashlib.sha256(self.data).hexdigest()[:8]}"

    @property
    def kind(self) -> str:
        """The same for findings that are probably the same."""
        lines = self.problem.strip().splitlines()
        where = [line.strip() for line in lines if line.startswith('  File "')]
        return f"{self.reader} {where[-1] if where else ''} {lines[-1].partition(':')[0]}"


def judge(name: str, data: bytes) -> Finding | None:
    """What is wrong, or None."""
    reader = READERS[name]
    problem = _problem(reader, data)
    return None if problem is None else Finding(name, data, problem)


def _problem(reader: Reader, data: bytes) -> str | None:
    began = time.process_time()
    try:
        with _stopped(_PATIENCE):
            found = reader.read(data)
    except reader.raises:
        found = None
    except StillReading:
        return f"did not end in {_PATIENCE} seconds"
    except Exception:  # noqa: BLE001 - that is what is looked for
        return traceback.format_exc()
    took = time.process_time() - began
    if took > LONGEST and took > LONGEST * slowness():
        return f"took {took:.1f} seconds for {len(data)} bytes"
    fixed, each = _MOST_CHARACTERS
    size = len(repr(found))
    if size > fixed + each * len(data):
        return f"made {size} characters of {len(data)} bytes"
    return None


@contextlib.contextmanager
def _stopped(seconds: float) -> Iterator[None]:
    """Raise StillReading inside, where this system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StillReading

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
