"""Why there is no pip to drive, in a sentence."""

from pipsafe.attempts.attempt import Attempt
from pipsafe.attempts.target import Target
from pipsafe.language.text import text


def reason(attempt: Attempt, target: Target) -> str:
    """What the launcher said instead of a greeting; it may have said nothing that is understood."""
    if attempt.no_pip is None:
        # For translators: {why}, also below, is why this Python was chosen: "named by --pipsafe-python".
        silent = text("{python} ({why}) did not answer as a Python does.")
        return silent.filled(python=target.python, why=target.reason)
    python, _, words = attempt.no_pip.partition("\0")
    where = python or target.python
    if words.startswith("pip "):
        # For translators: {pip} is "pip 19.2.3".
        old = text("{python} ({why}) has {pip}; pipsafe drives pip 19.3 and newer.")
        return old.filled(python=where, why=target.reason, pip=words)
    none = text(
        "{python} ({why}) has no pip. `{program} -m ensurepip` installs one where the Python allows it."
    )
    return none.filled(python=where, why=target.reason, program=python)
