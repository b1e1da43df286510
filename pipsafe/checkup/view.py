"""What the effects of settings are read from."""

from dataclasses import dataclass

from pipsafe.checkup.unverified import Unverified
from pipsafe.language.text import text
from pipsafe.own_options import OwnOptions
from pipsafe.pip_settings import settings
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.answered import Facts


@dataclass(frozen=True, slots=True)
class View:
    """What the rows below look at."""

    around: Surroundings
    facts: Facts
    hosts: tuple[Unverified, ...]
    options: OwnOptions

    def values(self, name: str) -> tuple[Setting, ...]:
        """Every value of an option that counts."""
        return settings.in_force(self.around.line, self.around.situation.environ, self.around.target, name)

    @property
    def left_out(self) -> str:
        """Why pip reads no variables for proxies and CA files; "" if it does."""
        if self.around.settings.trust_env:
            return ""
        if self.around.settings.proxy is not None:
            # For translators: a clause whose subject is a variable, which stands above it.
            return text("is ignored: this pip leaves the environment out once a proxy is given to it")
        return text("is ignored: --no-proxy-env")

    def variable(self, name: str) -> Setting | None:
        """An environment variable that is set and not empty."""
        value = self.around.situation.environ.get(name)
        return Setting(name, value, text("environment variable {name}", name=name)) if value else None
