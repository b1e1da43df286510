"""One value of a configuration file, as every reader here returns it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and where it stands."""

    key: tuple[str, ...]
    """The way to it: ("http", "https://git.example/", "sslcainfo"). Lower case where the tool takes any."""
    value: str
    line: int
    """From 1."""
