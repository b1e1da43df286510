"""What one attempt is run with."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipsafe.attempts.attempt import Hello
from pipsafe.attempts.target import Target
from pipsafe.own_options import OwnOptions


@dataclass(frozen=True, slots=True)
class Situation:
    """A pip to run, and how."""

    python: str
    """The target's interpreter, as it was found."""
    hello: Hello
    """What its launcher said of it."""
    style: str
    """How pip believes it was started: "script" or "module"."""
    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    explicit_ca: tuple[tuple[str, str], ...]
    """(path, what named it)"""
    supplied: Mapping[str, bytes]
    """Contents of streams that pip reads as files, by name."""
    bundles: tuple[str, ...] = ()
    """CA files that earlier rounds made."""
    pins: tuple[tuple[str, str], ...] = ()
    """(SHA-256 of a certificate in lower-case hex, what named it)"""
    outset: Mapping[str, str] | None = None
    """The environment before any remedy, in which the user's own settings stand; None if it is the same."""
    set_aside: Mapping[str, str] = field(default_factory=dict)
    """CA files of pipsafe's own making that are looked past, and the CA file that each stands for, or ""."""

    @property
    def environ_of_user(self) -> Mapping[str, str]:
        return self.environ if self.outset is None else self.outset

    def changed(
        self, changes: Mapping[str, str | None], arguments: tuple[str, ...], bundle: str | None
    ) -> "Situation":
        """The same with a remedy's changes."""
        environ = dict(self.environ)
        for name, value in changes.items():
            if value is None:
                environ.pop(name, None)
            else:
                environ[name] = value
        bundles = self.bundles if bundle is None else (*self.bundles, bundle)
        outset = self.environ_of_user
        return replace(self, environ=environ, arguments=arguments, bundles=bundles, outset=outset)


def first(
    hello: Hello,
    options: OwnOptions,
    target: Target,
    style: str,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    supplied: Mapping[str, bytes] | None = None,
) -> Situation:
    """What pip is run with before anything is known to be wrong."""
    return Situation(
        python=target.python,
        hello=hello,
        style=style,
        arguments=tuple(arguments),
        environ=dict(environ),
        explicit_ca=tuple((os.path.abspath(os.path.expanduser(path)), by) for path, by in options.ca),
        pins=tuple(options.pins),
        supplied=supplied or {},
    )
