"""One reader under atheris, which finds its way by what of the code an input reaches.

    python -m tests.fuzz.guided READER FINDINGS [options of libFuzzer] FOLDER...

Ends at the first finding, which it keeps.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

atheris = importlib.import_module("atheris")  # not installed everywhere

with atheris.instrument_imports(include=["pipsafe"]):
    from tests.fuzz.judge import judge


def main(argv: list[str]) -> None:
    program, name, findings, *options = argv

    def look(data: bytes) -> None:
        found = judge(name, data)
        if found is not None:
            Path(findings, found.name).write_bytes(data)
            print(found.problem, file=sys.stderr)
            raise SystemExit(77)

    atheris.Setup([program, *options], look)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
