"""What stands above a setting in one of pip's files, so that pip does not go by it, and what beneath.

pip's order: variables over files; of the files the user's over the global ones, that of the environment over
both, PIP_CONFIG_FILE over all; and in all of them a section for a command over [global]. requests' variables
stand above `cert` however it is set.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipsafe.persist import places
from pipsafe.persist.places import ScopePlace
from pipsafe.pip_settings import pip_config
from pipsafe.pip_settings.config_paths import config_paths
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.pip_options import INDEX_COMMANDS
from pipsafe.pip_settings.surroundings import Surroundings

NOT_READ = (
    "pip does not read {} here, since PIP_CONFIG_FILE names {}. Take that variable out of the environment, "
    "or put the setting there by hand."
)
HIDDEN = "{name} in {config} would have no effect: {hiding} hides it. Take that out first{more}."
OTHER_SCOPE = ", or type --{}"


def complaint(around: Surroundings, place: ScopePlace, name: str, value: str | None) -> str | None:
    """Why pip would not go by `name` in [global] of the place's file, as a sentence."""
    environ, target = around.situation.environ, around.target
    if not places.is_read(place, environ, target):
        return NOT_READ.format(place.config, environ.get("PIP_CONFIG_FILE", "another file"))
    hiding = next((item for item in _above(around, place, name) if item.value and item.value != value), None)
    if hiding is None:
        return None
    scope = next(
        (
            other.scope
            for other in places.every(environ, target)
            if hiding.set_in.startswith(f"{other.config}, line ") and hiding.set_in.endswith("[global]")
        ),
        None,
    )
    return HIDDEN.format(
        name=name,
        config=place.config,
        hiding=f"{hiding.name} ({hiding.set_in})",
        more=OTHER_SCOPE.format(scope) if scope and scope != place.scope else "",
    )


def beneath(around: Surroundings, setting: Setting) -> Setting | None:
    """What pip goes by once this setting is gone from its file."""
    environ, target = around.situation.environ, around.target
    files = [
        pip_config.read({}, [item], target.pip_version, isolated=True).sections
        for item in config_paths(environ, target)
    ]
    in_order = [
        sections[section][setting.name]
        for section in ("global", around.line.command or "")
        for sections in files
        if setting.name in sections.get(section, {})
    ]
    left = [item for item in in_order if item.value and item.set_in != setting.set_in]
    return left[-1] if left else None


def _above(around: Surroundings, place: ScopePlace, name: str) -> Iterator[Setting]:
    environ, target = around.situation.environ, around.target
    if name == "cert" and around.settings.ca_bundle_env is not None:
        yield around.settings.ca_bundle_env
    yield from (item for item in pip_config.environment(environ) if item.name == name)
    overrides = False
    for item in config_paths(environ, target):
        sections = pip_config.read({}, [item], target.pip_version, isolated=True).sections
        for section, settings in sections.items():
            if name in settings and (section in INDEX_COMMANDS or (overrides and section == "global")):
                yield settings[name]
        overrides = overrides or item[1] == place.config
