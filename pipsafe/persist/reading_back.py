"""Asks pip itself, by its own `config`, whether it reads what was written as it was meant."""

from __future__ import annotations

from collections.abc import Mapping

from pipsafe.attempts.attempt import CannotStart
from pipsafe.attempts.target import Target
from pipsafe.checkup import greeting
from pipsafe.language.text import of_error, text


def complaint(
    target: Target, style: str, environ: Mapping[str, str], wanted: Mapping[str, str]
) -> str | None:
    """Why it does not, as a clause. `wanted`: option -> value, in [global].

    A pip that is configured to be quiet says nothing, and then its exit code has to do.
    """
    try:
        exit_code, said = greeting.listen(target, style, environ, ["config", "list"])
    except CannotStart as error:
        return text("pip cannot be started: {reason}", reason=of_error(error))
    if exit_code:
        return text("`pip config list` ends with exit code {code}", code=exit_code)
    lines = said.decode("utf-8", "replace").splitlines()
    for name, value in wanted.items():
        read = [line for line in lines if line.startswith(f"global.{name}=")]
        # In which encoding pip writes what is not ASCII is its own business.
        if value.isascii() and read and f"global.{name}={value!r}" not in read:
            # For translators: {setting} is what pip read, such as "global.cert=...".
            return text("pip reads {setting}", setting=read[0])
    return None
