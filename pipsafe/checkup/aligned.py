"""Words in columns, by what they take on a screen: labels have other lengths in other languages."""

from collections.abc import Iterable

from pipsafe.messages.columns import width_of


def widest(words: Iterable[str]) -> int:
    """Columns that the widest of them takes."""
    return max(map(width_of, words), default=0)


def padded(words: str, width: int) -> str:
    """With blanks behind it, up to so many columns."""
    return words + " " * (width - width_of(words))
