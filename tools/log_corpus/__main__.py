"""``python -m tools.log_corpus``: record again what pips and other tools say, and keep it in tests/logs.

``--only GLOB`` records the cases of that name alone, ``--tools FOLDER`` also what is not pip, from virtual
environments in that folder (others.py names them). What was recorded before is replaced, not removed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.log_corpus.cases import FAILURES, HARMLESS, PIPS, TOLD_APART
from tools.log_corpus.others import OTHERS
from tools.log_corpus.record import record, record_others

LOGS = Path(__file__).parents[2] / "tests" / "logs"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--into", type=Path, default=LOGS, help="folder (tests/logs)")
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of cases")
    parser.add_argument("--tools", type=Path, metavar="FOLDER", help="record those instead of pips")
    parser.add_argument("pips", nargs="*", default=PIPS, help="versions")
    chosen = parser.parse_args()
    if chosen.tools is None:
        cases = (*FAILURES, *HARMLESS, *TOLD_APART)
        count = record(cases, chosen.pips, chosen.into / "pip", chosen.only)
    else:
        count = record_others(OTHERS, chosen.tools.resolve(), chosen.into / "tools", chosen.only)
    print(f"{count} logs in {chosen.into}")


if __name__ == "__main__":
    main()
