"""What stands above a setting in one of pip's files, so that pip does not go by it, and what beneath.

pip's order: variables over files; of the files the user's over the global ones, that of the environment over
both, PIP_CONFIG_FILE over all; and in all of them a section for a command over [global]. requests' variables
stand above `cert` however it is set.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipsafe.language.text import Text, text
from pipsafe.persist import places
from pipsafe.persist.places import ScopePlace
from pipsafe.pip_settings import pip_config
from pipsafe.pip_settings.config_paths import config_paths
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.pip_options import INDEX_COMMANDS
from pipsafe.pip_settings.surroundings import Surroundings

# For translators: {named} is the file that the variable names; "there" is in that file.
NOT_READ = text(
    "pip does not read {config} here, since PIP_CONFIG_FILE names {named}. Take that variable out of the "
    "environment, or put the setting there by hand."
)
# For translators: {hiding} is a variable, or a setting in a file; {place} is where that is set.
HIDDEN = text("{name} in {config} would have no effect: {hiding} ({place}) hides it. Take that out first.")
# For translators: the same; {option} is --site, say.
OTHER_SCOPE = text(
    "{name} in {config} would have no effect: {hiding} ({place}) hides it. Take that out first, or type "
    "{option}."
)


def complaint(around: Surroundings, place: ScopePlace, name: str, value: str | None) -> Text | None:
    """Why pip would not go by `name` in [global] of the place's file, as a sentence."""
    environ, target = around.situation.environ, around.target
    if not places.is_read(place, environ, target):
        return NOT_READ.filled(config=place.config, named=environ["PIP_CONFIG_FILE"])
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
    template = OTHER_SCOPE if scope and scope != place.scope else HIDDEN
    return template.filled(
        name=name, config=place.config, hiding=hiding.name, place=hiding.set_in, option=f"--{scope}"
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
