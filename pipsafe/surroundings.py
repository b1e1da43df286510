"""What pip goes by in one attempt, read as pip reads it."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from pipsafe import command_line, pip_config, requirements, settings, sources
from pipsafe.config_paths import TargetFacts, config_paths
from pipsafe.probe import Place
from pipsafe.proxy import choose
from pipsafe.settings import Contact, Settings
from pipsafe.situation import Situation
from pipsafe.sources import Source
from pipsafe.versions import release


class Surroundings(NamedTuple):
    """The command line, the settings, the requirement files, and whose they are."""

    situation: Situation
    line: command_line.CommandLine
    settings: Settings
    needs: requirements.Requirements
    target: TargetFacts

    def place(self, contact: Contact) -> Place:
        """An origin and pip's way to it."""
        proxy = choose(
            contact.origin,
            self.settings.proxy.value if self.settings.proxy else None,
            overrides=self.settings.proxy_overrides_environment,
            trust_env=self.settings.trust_env,
            environ=self.situation.environ,
        )
        return Place(contact.origin, proxy)

    def named_ca_files(self) -> Iterator[Source]:
        """CA files that pip's configuration names, in any scope and also where something overrides it."""
        for item in config_paths(self.situation.environ, self.target):
            configuration = pip_config.read({}, [item], self.target.pip_version, isolated=True)
            for section in configuration.sections.values():
                setting = section.get("cert")
                if setting is not None and sources.is_path(setting.value):
                    yield Source("configured", f"cert ({setting.set_in})", setting.value)
        cert = self.settings.cert
        if cert is not None and sources.is_path(cert.value):
            yield Source("configured", f"{cert.name} ({cert.set_in})", cert.value)


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
    found = settings.read(line, situation.environ, target)
    files = (*found.requirement_files, *found.constraint_files)
    needs = requirements.read(files, cwd=os.getcwd(), supplied=situation.supplied)
    return Surroundings(situation, line, found, needs, target)
