"""Measures coverage of what runs in targets, and is ended there by force: it saves as it goes.

Imported by a `.pth` file out of a folder that has nothing but this and coverage in it (see the noxfile).
Nothing happens unless a measurement is on.
"""

import sys
import threading
import time

import coverage

INTERVAL = 0.05


class Saving:
    """stdout, before whose next words all is saved that was run until then."""

    def __init__(self, stream: object, measurement: coverage.Coverage, one_at_a_time: threading.Lock) -> None:
        self._stream = stream
        self._measurement = measurement
        self._one_at_a_time = one_at_a_time

    def write(self, text: str) -> object:
        with self._one_at_a_time:  # coverage has one connection, and another thread would close it
            self._measurement.save()
        return self._stream.write(text)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _save_again_and_again(measurement: coverage.Coverage, one_at_a_time: threading.Lock) -> None:
    while True:
        time.sleep(INTERVAL)
        with one_at_a_time:
            measurement.save()


coverage.process_startup()
_current = coverage.Coverage.current()
# The prober, which is killed once it has answered.
if _current is not None and getattr(sys, "argv", [""])[0].endswith("modules.py"):
    _lock = threading.Lock()
    sys.stdout = Saving(sys.stdout, _current, _lock)
    threading.Thread(target=_save_again_and_again, args=(_current, _lock), daemon=True).start()
