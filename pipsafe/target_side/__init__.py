"""Two stdlib-only scripts (Python 3.7 syntax) that run under the target's interpreter.

``launcher.py`` runs pip, with ``runner.py``, ``frames.py`` and ``watch.py``; ``prober.py`` makes handshakes,
with the rest. None is imported by pipsafe: the target's Python runs them where they lie, also in a zip.
"""
