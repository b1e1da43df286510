"""One setting, as doctor tells of it."""

from dataclasses import dataclass

from pipsafe.origin import HIDDEN
from pipsafe.pip_settings import command_line, proxy
from pipsafe.pip_settings.pip_config import Setting


@dataclass(frozen=True, slots=True)
class Effect:
    """A setting and what it does. Without credentials."""

    name: str
    value: str
    set_in: str
    effect: str
    """A clause whose subject is the setting."""
    tone: str = ""
    """"", "warning" or "error"."""

    @classmethod
    def of(cls, setting: Setting, effect: str, tone: str = "") -> "Effect":
        """Of a setting that pip, or another program, goes by."""
        return cls(setting.name, command_line.redact_text(setting.value), setting.set_in, effect, tone)

    @classmethod
    def of_proxy(cls, setting: Setting, effect: str) -> "Effect":
        """Of a proxy's URL, which people also write without a scheme."""
        return cls(setting.name, _proxy_shown(setting.value), setting.set_in, effect)


def _proxy_shown(url: str) -> str:
    if "@" not in url:
        return url
    found = proxy.parse(url)
    if found is None:
        return HIDDEN
    return str(found).replace("://", f"://{HIDDEN}@", 1)
