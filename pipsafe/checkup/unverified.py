"""Settings that turn verification off, wherever they hide.

pip's own: `trusted-host` in any section of any configuration file, in a variable, on the command line,
in requirements files. Others': an empty CURL_CA_BUNDLE with the requests of old pips, and git's
GIT_SSL_NO_VERIFY, whose presence is enough (git, http.c: `getenv("GIT_SSL_NO_VERIFY")`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipsafe.language.text import text
from pipsafe.origin import Origin
from pipsafe.pip_settings import command_line, pip_config, settings
from pipsafe.pip_settings.config_paths import config_paths
from pipsafe.pip_settings.pip_options import INDEX_COMMANDS
from pipsafe.pip_settings.surroundings import Surroundings

EVERY_HOST = "*"
NAME = "trusted-host"
GIT_VARIABLE = "GIT_SSL_NO_VERIFY"


@dataclass(frozen=True, slots=True)
class Unverified:
    """A host that is not verified, and whose word that is."""

    host: str
    """As it was written; "*" for all."""
    set_in: str
    in_force: bool
    """Whether some command of this pip goes by it; what is overridden may be in force tomorrow."""
    by_git: bool = False
    """Whether it is what git fetches for pip that is not verified."""

    @property
    def whom(self) -> str:
        """The host, for people."""
        if self.host != EVERY_HOST:
            return self.host
        return text("every server that git asks") if self.by_git else text("every server")


def find(around: Surroundings) -> tuple[Unverified, ...]:
    """All of them, those in force first, each place once."""
    found: dict[tuple[str, str], Unverified] = {}
    for item in (*_in_force(around), *_dormant(around)):
        found.setdefault((item.host, item.set_in), item)
    return tuple(found.values())


def _in_force(around: Surroundings) -> Iterator[Unverified]:
    for setting in (*_of_commands(around), *around.needs.of(NAME)):
        yield Unverified(setting.value, setting.set_in, in_force=True)
    if around.settings.unverified is not None:
        place = text("{place}, which is empty", place=around.settings.unverified.set_in)
        yield Unverified(EVERY_HOST, place, in_force=True)
    if GIT_VARIABLE in around.situation.environ:
        place = text("environment variable {name}", name=GIT_VARIABLE)
        yield Unverified(EVERY_HOST, place, in_force=True, by_git=True)


def _of_commands(around: Surroundings) -> Iterator[pip_config.Setting]:
    """What each command goes by: a section of a configuration file may be for one of them only."""
    yield from around.settings.trusted_hosts
    flags = ("--isolated",) * around.line.isolated
    for command in sorted(INDEX_COMMANDS):
        line = command_line.parse((command, *flags), around.target.pip_version)
        yield from settings.read(line, around.situation.environ, around.target).trusted_hosts


def _dormant(around: Surroundings) -> Iterator[Unverified]:
    """What stands somewhere and something else overrides."""
    environ = around.situation.environ
    without_choice = {name: value for name, value in environ.items() if name != "PIP_CONFIG_FILE"}
    paths = dict.fromkeys(
        [*config_paths(environ, around.target), *config_paths(without_choice, around.target)]
    )
    for item in paths:
        # Alone, since one file's words hide another's.
        alone = pip_config.read({}, [item], around.target.pip_version, isolated=True)
        yield from _in_sections(alone.sections)
    yield from _in_sections({"": {item.name: item for item in pip_config.environment(environ)}})


def _in_sections(sections: Mapping[str, Mapping[str, pip_config.Setting]]) -> Iterator[Unverified]:
    for section in sections.values():
        if (setting := section.get(NAME)) is not None:
            for host in setting.value.split():
                yield Unverified(host, setting.set_in, in_force=False)


def of_origin(items: tuple[Unverified, ...], place: Origin) -> Unverified | None:
    """What keeps pip from verifying this origin, if anything does."""
    hosts = (place.host, f"[{place.host}]")
    names = {EVERY_HOST, *hosts, *(f"{host}:{place.port}" for host in hosts)}
    in_force = (item for item in items if item.in_force and not item.by_git)
    return next((item for item in in_force if item.host.lower() in names), None)
