"""The places where trust may already be, in the order in which they are looked at.

What takes a process to read (`slow`) is asked only when nothing else accepts the server.
"""

import os
from collections.abc import Mapping, Sequence

from pipsafe.language.text import text
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.stores import found as stores
from pipsafe.tool_settings import found as tool_settings
from pipsafe.trust import patience, public_roots, sources, stock, system_store
from pipsafe.trust.anchors import PassedOver
from pipsafe.trust.shelf import Denied
from pipsafe.trust.sources import Source
from pipsafe.trust.stock import Reading

EDITED = text("certifi, edited on this machine")


def quick(
    around: Surroundings, public: str | None, edited: str | None
) -> tuple[tuple[Source, ...], tuple[PassedOver, ...]]:
    """The sources that are files, and what was found and is not to be believed.

    ``public`` is the file of today's public roots, ``edited`` a certifi that somebody changed.
    """
    situation, target = around.situation, around.target
    listed = [Source("explicit", named_by, path) for path, named_by in situation.explicit_ca]
    path = system_store.path()
    if path is not None:
        listed.append(Source("system", system_store.NAME, path))
    if public is not None:
        listed.append(Source("public", public_roots.name_of(public), public))
    late: list[PassedOver] = []
    of_pip = patience.results([lambda: list(around.named_ca_files())], quiet=1.0, in_all=1.0)[0]
    if of_pip is None:
        late.append(_late(text("pip's configuration")))
    listed += of_pip or ()
    environ = _with_pips_proxy(around)
    listed += sources.in_environment(environ)
    told = tool_settings.sources(environ, home=target.home, platform=target.platform)
    listed += told.sources
    cheap = stores.cheap(environ, platform=target.platform)
    listed += cheap.sources
    if edited is not None:
        listed.append(Source("configured", EDITED, edited))
    aside = {os.path.realpath(path) for path in situation.set_aside}
    if aside:
        listed = [source for source in listed if os.path.realpath(source.path) not in aside]
    return tuple(listed), (
        *late,
        *(PassedOver(source, reason) for source, reason in sources.out_of_scope(environ)),
        *(PassedOver(Source("configured", name, path), reason) for name, path, reason in told.passed_over),
        *map(_late, cheap.unanswered),
    )


def _late(name: str) -> PassedOver:
    return PassedOver(Source("configured", name, ""), tool_settings.TOO_LATE)


def _with_pips_proxy(around: Surroundings) -> Mapping[str, str]:
    """The user's environment as if pip's proxy were set there, wherever it is set."""
    given = around.settings.proxy
    environ = around.situation.environ_of_user
    return environ if given is None else {**environ, "PIP_PROXY": given.value}


def slow(around: Surroundings) -> tuple[Source, ...]:
    """The sources that another program has to be asked for."""
    return stores.slow(platform=around.target.platform)


def read(around: Surroundings, listed: Sequence[Source]) -> tuple[Reading, ...]:
    """What the sources hold, under the rules of who may have written them."""
    return stock.read(listed, folder=stock.working_folder(), home=around.target.home)


def read_slowly(around: Surroundings, listed: Sequence[Source]) -> tuple[Reading, ...]:
    """The same for sources that another program has to be asked for."""
    return stock.read(
        listed,
        folder=stock.working_folder(),
        home=around.target.home,
        quiet=stores.SLOW_SECONDS,
        in_all=2 * stores.SLOW_SECONDS,
    )


def denied(around: Surroundings) -> Denied:
    """What the administrator, or the operating system, distrusts here."""
    return stores.denied(platform=around.target.platform)
