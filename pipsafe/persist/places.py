"""Which of pip's configuration files a scope is, and where what it names is kept."""

from __future__ import annotations

import ntpath
import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from pipsafe.pip_settings.config_paths import TargetFacts, config_paths

SCOPES = ("user", "site", "global")

NOTE = "persisted.json"
BUNDLE = "ca-bundle.pem"
TOOLS_BUNDLE = "tools-ca-bundle.pem"
WGETRC = "wgetrc"


@dataclass(frozen=True, slots=True)
class ScopePlace:
    """One scope of this pip."""

    scope: str
    """user | site | global"""
    config: str
    """The file that pip's own `config --SCOPE` writes: of several the one that overrides the others."""
    folder: str
    """Where the CA bundle and the note for the way back are kept."""

    @property
    def command(self) -> str:
        """What is typed for this scope."""
        return "pipsafe persist" if self.scope == "user" else f"pipsafe persist --{self.scope}"

    @property
    def note(self) -> str:
        return os.path.join(self.folder, NOTE)

    @property
    def bundle(self) -> str:
        return os.path.join(self.folder, BUNDLE)

    @property
    def tools_bundle(self) -> str:
        return os.path.join(self.folder, TOOLS_BUNDLE)

    @property
    def wgetrc(self) -> str:
        return os.path.join(self.folder, WGETRC)


def of(scope: str, environ: Mapping[str, str], target: TargetFacts) -> ScopePlace:
    """The place of a scope, whether pip reads it here and now or not."""
    usual = {name: value for name, value in environ.items() if name != "PIP_CONFIG_FILE"}
    config = [path for kind, path in config_paths(usual, target) if kind == scope][-1]
    path = ntpath if target.platform == "win32" else posixpath
    beside = path.dirname(config)
    if scope == "user" and path.basename(beside) == "pip":
        beside = path.dirname(beside)  # ~/.config/pip/pip.conf
    return ScopePlace(scope, config, path.join(beside, "pipsafe"))


def every(environ: Mapping[str, str], target: TargetFacts) -> tuple[ScopePlace, ...]:
    """Of all scopes."""
    return tuple(of(scope, environ, target) for scope in SCOPES)


def is_read(place: ScopePlace, environ: Mapping[str, str], target: TargetFacts) -> bool:
    """Whether pip reads that file in this environment."""
    return any(path == place.config for _, path in config_paths(environ, target))
