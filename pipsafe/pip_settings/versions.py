"""Version numbers, as far as they decide something here."""

_LONGEST = 100
"""Characters; int() raises ValueError for a number of thousands of digits."""


def release(text: str) -> tuple[int, ...]:
    """ "24.1b2" -> (24, 1). What cannot be read is (): older than anything.

    By packaging where it is installed; a bare checkout has it not yet, and for the versions of
    pip and Python that there are, digits and dots say the same.
    """
    text = text[:_LONGEST]
    try:
        from packaging.version import InvalidVersion, Version
    except ImportError:
        return _by_digits(text)
    try:
        return Version(text).release
    except InvalidVersion:  # Debian's "3.13.0+" and the like
        return _by_digits(text)


def _by_digits(text: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in text.split(".")[:3]:
        at = (
            at for at, character in enumerate(part) if not character.isdecimal()
        )  # "²" is a digit, no decimal
        digits = part[: next(at, len(part))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)
