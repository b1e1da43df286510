"""The settings that pip works under, and who set each: found without asking pip.

pip's order: the command line, then `PIP_*` variables, then configuration files, and within each source a
section for the command over [global]. Beside its own settings pip obeys, through requests, some variables
that are not its own. Written from pip's sources, 19.3 to 26.3, and compared with what those pips answer.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from pipsafe import origin
from pipsafe.language.text import text
from pipsafe.origin import Origin
from pipsafe.pip_settings import pip_config
from pipsafe.pip_settings.command_line import CommandLine
from pipsafe.pip_settings.config_paths import TargetFacts, config_paths
from pipsafe.pip_settings.pip_config import Configuration, Setting
from pipsafe.pip_settings.pip_options import INDEX_COMMANDS, Kind, Option, spellings
from pipsafe.pip_settings.requirements import Requirements, url_of

__all__ = ["Contact", "Setting", "Settings", "TargetFacts", "config_paths", "index_urls", "origins", "read"]

COMMAND_LINE = text("command line")
DEFAULT_TIMEOUT = 15.0
DEFAULT_RETRIES = 5

# First pips to behave so.
PROXY_BEFORE_ENVIRONMENT = (22, 1)
NO_INDEX_LASTS = (22, 3)
EMPTY_CA_BUNDLE_IGNORED = (22, 2)
PROXY_ENDS_TRUST_ENV = (24, 1)
EMPTY_PROXY_COUNTS = (26, 2)

_Number = TypeVar("_Number", int, float)

_BOOLEANS = dict.fromkeys(("y", "yes", "t", "true", "on", "1"), True) | dict.fromkeys(
    ("n", "no", "f", "false", "off", "0"), False
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What pip goes by. Values may hold credentials."""

    index_url: Setting | None
    """None: pip's own default."""
    extra_index_urls: tuple[Setting, ...]
    find_links: tuple[Setting, ...]
    no_index: bool
    no_index_lasts: bool
    """Whether `--no-index`, once given, also holds for the indexes that requirements files name after it."""
    cert: Setting | None
    """`--cert`, `PIP_CERT` or `cert` in a file; see `verify` for what is in force."""
    ca_bundle_env: Setting | None
    """REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, if pip reads them in this run."""
    unverified: Setting | None
    """An empty CURL_CA_BUNDLE, with which pips before 22.2 verify nothing at all."""
    client_cert: Setting | None
    proxy: Setting | None
    """`--proxy` and the like. Its value is empty where it is to turn the environment's proxies off (26.2)."""
    proxy_overrides_environment: bool
    """Whether `proxy`, if given, is used rather than `https_proxy`: before 22.1 it is not."""
    no_proxy: str | None
    """`no_proxy` or `NO_PROXY`, if pip reads them in this run."""
    trust_env: bool
    """Whether pip heeds the variables for proxies and CA bundles and netrc."""
    trusted_hosts: tuple[Setting, ...]
    use_features: tuple[str, ...]
    legacy_certs: bool
    isolated: bool
    timeout: float
    """Seconds."""
    retries: int
    requirement_files: tuple[str, ...]
    constraint_files: tuple[str, ...]
    """Those for builds included."""
    config_files: tuple[str, ...]
    """Those that pip reads, the overriding last."""
    problems: tuple[str, ...]

    @property
    def verify(self) -> Setting | None:
        """The CA file or folder in force; the environment's wins even over a typed `--cert`."""
        return self.ca_bundle_env or self.cert


def read(command_line: CommandLine, environ: Mapping[str, str], facts: TargetFacts) -> Settings:
    """pip's settings for this command line in this environment. Reads pip's configuration files.

    Never raises; what pip would stop at is left out and listed in `problems`.
    """
    paths = config_paths(environ, facts, isolated=command_line.isolated)
    configuration = pip_config.read(environ, paths, facts.pip_version, isolated=command_line.isolated)
    values = _Values(command_line, configuration, facts)
    proxy = values.last("proxy")
    if proxy is not None and not proxy.value and facts.pip_version < EMPTY_PROXY_COUNTS:
        proxy = None
    no_proxy = _variable(environ, "no_proxy", "NO_PROXY")
    trust_env = _trust_env(proxy, facts, no_proxy_env=values.flag("no-proxy-env"))
    return Settings(
        index_url=values.last("index-url"),
        extra_index_urls=values.all("extra-index-url"),
        find_links=values.all("find-links"),
        no_index=values.flag("no-index"),
        no_index_lasts=facts.pip_version >= NO_INDEX_LASTS,
        cert=_expanded(values.last("cert"), facts),
        ca_bundle_env=_variable(environ, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if trust_env else None,
        unverified=_unverified(environ, facts) if trust_env else None,
        client_cert=_expanded(values.last("client-cert"), facts),
        proxy=proxy,
        proxy_overrides_environment=facts.pip_version >= PROXY_BEFORE_ENVIRONMENT,
        no_proxy=no_proxy.value if trust_env and no_proxy else None,
        trust_env=trust_env,
        trusted_hosts=values.all("trusted-host"),
        use_features=values.words("use-feature"),
        legacy_certs="legacy-certs" in values.words("use-deprecated"),
        isolated=command_line.isolated,
        timeout=values.number("timeout", DEFAULT_TIMEOUT, float),
        retries=values.number("retries", DEFAULT_RETRIES, int),
        requirement_files=values.words("requirement"),
        constraint_files=values.words("constraint") + values.words("build-constraint"),
        config_files=configuration.files,
        problems=(*configuration.problems, *values.problems),
    )


def in_force(
    command_line: CommandLine, environ: Mapping[str, str], facts: TargetFacts, name: str
) -> tuple[Setting, ...]:
    """Every value of one option that counts, with who set it. Never raises."""
    paths = config_paths(environ, facts, isolated=command_line.isolated)
    configuration = pip_config.read(environ, paths, facts.pip_version, isolated=command_line.isolated)
    return _Values(command_line, configuration, facts).all(name)


def _trust_env(proxy: Setting | None, facts: TargetFacts, *, no_proxy_env: bool) -> bool:
    """From 24.1 a proxy given to pip makes it ignore the environment; 26.2 brought `--no-proxy-env`."""
    if facts.pip_version < PROXY_ENDS_TRUST_ENV:
        return True
    return proxy is None and not no_proxy_env


def _variable(environ: Mapping[str, str], *names: str) -> Setting | None:
    """The first of the variables that is set and not empty."""
    for name in names:
        if value := environ.get(name):
            return Setting(name, value, pip_config.in_variable(name))
    return None


def _unverified(environ: Mapping[str, str], facts: TargetFacts) -> Setting | None:
    """requests before 2.28 took an empty CURL_CA_BUNDLE for `verify=""`, which is false."""
    off = environ.get("CURL_CA_BUNDLE") == "" and not environ.get("REQUESTS_CA_BUNDLE")
    if not off or facts.pip_version >= EMPTY_CA_BUNDLE_IGNORED:
        return None
    return Setting("CURL_CA_BUNDLE", "", pip_config.in_variable("CURL_CA_BUNDLE"))


def _expanded(setting: Setting | None, facts: TargetFacts) -> Setting | None:
    """A path with its `~` expanded, as pip does from 20.0 on. An empty one counts as none."""
    if setting is None or not setting.value:
        return None
    if facts.pip_version < (20,) or not setting.value.startswith("~"):
        return setting
    rest = setting.value[1:]
    if not rest or rest[0] in "/\\":
        return replace(setting, value=facts.home + rest)
    return replace(setting, value=posixpath.expanduser(setting.value))


class _Values:
    """The values of every option that the command takes, the one that counts last."""

    def __init__(self, command_line: CommandLine, configuration: Configuration, facts: TargetFacts) -> None:
        self.problems: list[str] = []
        self._values: dict[str, list[Setting]] = {}
        table = spellings(command_line.command, facts.pip_version)
        for section in ("global", command_line.command, pip_config.ENVIRONMENT):
            for key, setting in configuration.sections.get(section or "", {}).items():
                # An empty value counts as none. Configuration takes no abbreviations.
                if setting.value and (option := table.get(f"--{key}")) is not None:
                    self._configure(option, setting)
        known = {option.name: option for option in table.values()}
        for name, value in command_line.options:
            typed = Setting(name, "1" if value is None else value, COMMAND_LINE)
            if name in known and known[name].kind is Kind.LIST:
                self._values.setdefault(name, []).append(typed)
            elif name in known:
                self._values[name] = [typed]

    def _configure(self, option: Option, setting: Setting) -> None:
        if option.kind is Kind.LIST:
            items = setting.value.split()
            self._values[option.name] = [replace(setting, name=option.name, value=item) for item in items]
        elif option.kind is Kind.FLAG and setting.value.lower() not in _BOOLEANS:
            told = text("{where}: {option} is neither yes nor no: {value}")
            self.problems.append(told.filled(where=setting.set_in, option=option.name, value=setting.value))
        else:
            self._values[option.name] = [replace(setting, name=option.name)]

    def all(self, name: str) -> tuple[Setting, ...]:
        return tuple(self._values.get(name, ()))

    def last(self, name: str) -> Setting | None:
        return next(iter(self._values.get(name, ())), None)

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(setting.value for setting in self.all(name))

    def flag(self, name: str) -> bool:
        setting = self.last(name)
        return setting is not None and _BOOLEANS[setting.value.lower()]

    def number(self, name: str, default: _Number, kind: Callable[[str], _Number]) -> _Number:
        setting = self.last(name)
        if setting is None:
            return default
        try:
            return kind(setting.value)
        except ValueError:
            told = text("{where}: {option} is no number: {value}")
            self.problems.append(told.filled(where=setting.set_in, option=name, value=setting.value))
            return default


# --- whom pip may talk to ------------------------------------------------------------------------------


class Contact(NamedTuple):
    """An origin that pip may contact, on which leg, and by which URL (which may hold credentials)."""

    origin: Origin
    leg: str
    url: str


def index_urls(settings: Settings, requirements: Requirements, default_index: str) -> tuple[Setting, ...]:
    """The indexes that pip asks in the end: `--index-url` in a requirements file replaces all before it.

    `--no-index` in a file holds from there on, in pips before 22.3 until the next index that a file names.
    """
    index = settings.index_url or Setting("index-url", default_index, text("pip's default"))
    urls = [] if settings.no_index else [index, *settings.extra_index_urls]
    no_index = settings.no_index and settings.no_index_lasts
    for setting in requirements.settings:
        if setting.name == "no-index":
            no_index, urls = settings.no_index_lasts, []
        elif setting.name == "index-url" and not no_index:
            urls = [setting]
        elif setting.name == "extra-index-url" and not no_index:
            urls.append(setting)
    return tuple(urls)


def origins(
    settings: Settings, requirements: Requirements, command_line: CommandLine, default_index: str
) -> tuple[Contact, ...]:
    """Every https origin that this run may contact, each once, indexes first.

    requirements: what `requirements.read` found in the files that *settings* name. default_index: the
    URL of pip's own default. A run of a command that asks no index has no origins but those of
    requirements files that lie on the network.
    """
    found: dict[Origin, Contact] = {}
    for leg, url in _urls(settings, requirements, command_line, default_index):
        place = origin.parse(url)
        if place is not None and place.scheme == "https":
            found.setdefault(place, Contact(place, leg, url))
    return tuple(found.values())


def _urls(
    settings: Settings, requirements: Requirements, command_line: CommandLine, default_index: str
) -> Iterator[tuple[str, str]]:
    if _asks_index(command_line):
        typed = command_line.values("index") if command_line.command == "search" else ()
        indexes = index_urls(settings, requirements, default_index)
        yield from (("index", url) for url in typed or (setting.value for setting in indexes))
        links = (*settings.find_links, *requirements.of("find-links"))
        yield from (("find-links", link.value) for link in links)
        given = [url_of(word) for word in (*command_line.arguments, *command_line.values("editable"))]
        yield from ((_leg(url), url) for url in given if url)
    for setting in requirements.urls:
        if setting.name == "requirement-file" or _asks_index(command_line):
            yield _leg(setting.value), setting.value


def _asks_index(command_line: CommandLine) -> bool:
    if command_line.command == "list":
        return command_line.count("outdated") + command_line.count("uptodate") > 0
    return command_line.command in INDEX_COMMANDS


def _leg(url: str) -> str:
    return "vcs" if "+" in url.partition(":")[0] else "file"
