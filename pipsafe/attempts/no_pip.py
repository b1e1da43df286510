"""Why there is no pip to drive, in a sentence."""

from pipsafe.attempts.attempt import Attempt
from pipsafe.attempts.target import Target


def reason(attempt: Attempt, target: Target) -> str:
    """What the launcher said instead of a greeting; it may have said nothing that is understood."""
    if attempt.no_pip is None:
        return f"{target.python} ({target.reason}) did not answer as a Python does."
    python, _, words = attempt.no_pip.partition("\0")
    where = f"{python or target.python} ({target.reason})"
    if words.startswith("pip "):
        return f"{where} has {words}; pipsafe drives pip 19.3 and newer."
    return f"{where} has no pip. `{python} -m ensurepip` installs one where the Python allows it."
