"""Measures coverage of what runs in targets, and is ended there by force: it saves as it goes.

Imported by a `.pth` file out of a folder that has nothing but this and coverage in it (see the noxfile).
Nothing happens unless a measurement is on.
"""

import sys
import threading
import time

import coverage

INTERVAL = 0.05


def _save_again_and_again(measurement: coverage.Coverage) -> None:
    while True:
        time.sleep(INTERVAL)
        measurement.save()


coverage.process_startup()
_current = coverage.Coverage.current()
# The prober, which is killed once it has answered.
if _current is not None and getattr(sys, "argv", [])[:1] == ["-c"]:
    threading.Thread(target=_save_again_and_again, args=(_current,), daemon=True).start()
