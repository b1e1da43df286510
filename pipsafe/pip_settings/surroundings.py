"""What pip goes by in one attempt, read as pip reads it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pipsafe.attempts.situation import Situation
from pipsafe.language.text import text
from pipsafe.pip_settings import command_line, pip_config, pip_tls, requirements, settings
from pipsafe.pip_settings.config_paths import TargetFacts, config_paths
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.proxy import choose, parse
from pipsafe.pip_settings.settings import Contact, Settings
from pipsafe.pip_settings.versions import release
from pipsafe.probes.asked import Place
from pipsafe.trust import ownership, sources, stock
from pipsafe.trust.sources import Source

PROXY = "proxy"
"""The leg of a proxy that is itself spoken to over TLS."""

# As urllib.request.getproxies looks for them on the way to an https server.
PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


class Surroundings(NamedTuple):
    """The command line, the settings, the requirement files, and whose they are."""

    situation: Situation
    line: command_line.CommandLine
    settings: Settings
    needs: requirements.Requirements
    target: TargetFacts

    def place(self, contact: Contact) -> Place:
        """An origin and pip's way to it. There is no proxy on the way to a proxy."""
        ciphers = pip_tls.ciphers(self.target, self.settings)
        if contact.leg == PROXY:
            return Place(contact.origin, None, ciphers=ciphers, is_proxy=True)
        proxy = choose(
            contact.origin,
            self.settings.proxy.value if self.settings.proxy else None,
            overrides=self.settings.proxy_overrides_environment,
            trust_env=self.settings.trust_env,
            environ=self.situation.environ,
        )
        client = self.settings.client_cert
        if proxy is not None and pip_tls.speaks_plainly_with_proxies(self.target):
            proxy = replace(proxy, plainly=True)
        return Place(
            contact.origin,
            proxy,
            client_certificate=client.value if client else None,
            ciphers=ciphers,
        )

    def proxy_setting(self, contact: Contact) -> Setting | None:
        """What names the proxy on the way; its value without credentials."""
        proxy = self.place(contact).proxy
        if proxy is None:
            return None
        environ = self.situation.environ
        by_variable = [
            Setting(name, environ[name], pip_config.in_variable(name))
            for name in PROXY_VARIABLES
            if environ.get(name)
        ]
        given = self.settings.proxy
        known = [given, *by_variable] if self.settings.proxy_overrides_environment else [*by_variable, given]
        named = next((item for item in known if item is not None and parse(item.value) == proxy), None)
        return replace(named, value=str(proxy)) if named is not None else None

    def named_ca_files(self) -> Iterator[Source]:
        """CA files that pip's configuration names, in any scope and also where something overrides it."""
        project = stock.WorkingFolder(stock.working_folder(), self.target.home)
        for item in config_paths(self.situation.environ, self.target):
            # pip may well read it there; to look for CAs in it, it has to be the user's or the system's.
            if project.holds(item[1]) or ownership.others_can_write(item[1], foreign_owner_allowed=True):
                continue
            configuration = pip_config.read({}, [item], self.target.pip_version, isolated=True)
            for section in configuration.sections.values():
                setting = section.get("cert")
                if setting is None or setting.value in self.situation.set_aside:
                    continue
                if sources.is_path(setting.value):
                    yield Source("configured", _named("cert", setting), setting.value)
        cert = self.settings.cert
        if cert is not None and sources.is_path(cert.value) and ", line " not in cert.set_in:
            yield Source("configured", _named(cert.name, cert), cert.value)


def _named(name: str, setting: Setting) -> str:
    return text("{setting} ({where})", setting=name, where=setting.set_in)


def read(situation: Situation) -> Surroundings:
    """Read the command line, the environment, pip's configuration and the requirement files."""
    hello = situation.hello
    target = TargetFacts(
        prefix=hello.prefix,
        home=os.path.expanduser("~"),
        platform=hello.platform,
        python_version=release(hello.python_version),
        pip_version=release(hello.pip_version),
    )
    line = command_line.parse(situation.arguments, target.pip_version)
    found = _looking_past(settings.read(line, situation.environ, target), situation)
    files = (*found.requirement_files, *found.constraint_files)
    needs = requirements.read(files, cwd=stock.working_folder(), supplied=situation.supplied)
    return Surroundings(situation, line, found, needs, target)


def _looking_past(found: Settings, situation: Situation) -> Settings:
    """The settings as they are without a CA file that stands aside."""
    if found.cert is None or found.cert.value not in situation.set_aside:
        return found
    beneath = situation.set_aside[found.cert.value]
    return replace(found, cert=replace(found.cert, value=beneath) if beneath else None)
