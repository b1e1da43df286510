"""All of these stores at once: those that cost next to nothing, those that run a program, what is denied."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipsafe.language.text import text
from pipsafe.stores import agents, anchor_folders, blocklists, denials, java_keystore, keychain, windows, wsl
from pipsafe.trust import patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pipsafe.stores.denials import Denied
    from pipsafe.trust.sources import Source

QUIET_SECONDS = 1.0
"""How long nothing at all may come of any cheap one before those that have not answered are left out."""

SECONDS_IN_ALL = 3.0

SLOW_SECONDS = 6.0
"""How long one of the slow ones may say nothing: the bounds of the programs that they run, added up."""


class Cheap(NamedTuple):
    """What there is of them."""

    sources: tuple[Source, ...]
    unanswered: tuple[str, ...] = ()
    """Those that did not say in time what they have."""


def cheap(environ: Mapping[str, str], *, platform: str, root: str = "/") -> Cheap:
    """Files that are there: the anchors to be merged, those of agents, Java's key stores. Never hangs."""
    calls = {
        text("the anchors to be merged"): lambda: anchor_folders.sources(platform, root),
        text("the files of agents"): lambda: agents.sources(environ, platform, root),
        text("the key stores that variables name"): lambda: java_keystore.named(environ, root),
        text("Java's key stores"): lambda: java_keystore.installed(environ, platform, root),
    }
    answers = patience.results(list(calls.values()), quiet=QUIET_SECONDS, in_all=SECONDS_IN_ALL)
    found = [source for answer in answers for source in answer or ()]
    late = [name for name, answer in zip(calls, answers, strict=True) if answer is None]
    return Cheap(tuple(found), tuple(late))


def slow(*, platform: str, root: str = "/") -> tuple[Source, ...]:
    """Stores that only the OS or a program of its can tell of; to read one can take seconds."""
    return (
        *windows.sources(platform),
        *keychain.sources(platform, root),
        *(wsl.sources(root) if platform == "linux" else ()),
    )


def denied(*, platform: str, root: str = "/") -> Denied:
    """What the administrator or the OS distrusts here."""
    return denials.together(
        (
            *_in_time(blocklists.lookups(platform, root)),
            windows.denied(platform),
            keychain.denied(platform, root),
        )
    )


def _in_time(lookups: Sequence[Callable[[], Denied]]) -> Iterator[Denied]:
    """What comes back; a folder that does not answer is closed to the system's own command too."""
    answers = patience.results(lookups, quiet=QUIET_SECONDS, in_all=SECONDS_IN_ALL)
    return (answer for answer in answers if answer is not None)
