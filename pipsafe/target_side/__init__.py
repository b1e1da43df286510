"""Two stdlib-only scripts (Python 3.7 syntax) that run under the target's interpreter.

``launcher.py`` runs pip, with ``runner.py``, ``frames.py`` and ``watch.py``; ``prober.py`` makes handshakes,
with the rest. None is imported by pipsafe: they are handed to the target's Python as files, or as source
when pipsafe lies in a zip.
"""
