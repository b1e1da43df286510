"""What programs that pip starts trust by themselves: not to be lost when one of their variables is set.

Each of these variables names a file that the tool takes in place of all else. Sources: CPython's ssl and
OpenSSL's SSL_CTX_set_default_verify_paths, requests (`merge_environment_settings`), curl
(docs/cmdline-opts/_ENVIRONMENT.md), git (http.c, where the variable wins over `http.sslCAInfo`), cargo
(reference/config, and openssl-probe, which heeds OpenSSL's variables).
"""

from collections.abc import Iterator, Mapping

from pipsafe.tool_settings import found as tool_settings
from pipsafe.trust import ca_file, sources, system_store

# A tool's variable, then those that it heeds where that one is not set.
VARIABLES: Mapping[str, tuple[str, ...]] = {
    "SSL_CERT_FILE": ("SSL_CERT_FILE",),
    "REQUESTS_CA_BUNDLE": ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "CURL_CA_BUNDLE": ("CURL_CA_BUNDLE", "SSL_CERT_FILE"),
    "GIT_SSL_CAINFO": ("GIT_SSL_CAINFO",),
    "CARGO_HTTP_CAINFO": ("CARGO_HTTP_CAINFO", "SSL_CERT_FILE"),
}

# What stands for it in the tool's own configuration, as `tool_settings` names it.
SETTINGS: Mapping[str, str] = {"GIT_SSL_CAINFO": "http.sslCAInfo (", "CARGO_HTTP_CAINFO": "http.cainfo ("}


class Children:
    """The roots of pip's children in one environment. Reads files; never raises."""

    def __init__(self, environ: Mapping[str, str], *, home: str, platform: str) -> None:
        self.environ, self.home, self.platform = environ, home, platform
        self._configured: tuple[sources.Source, ...] | None = None

    def roots(self, variable: str) -> tuple[bytes, ...]:
        """DER of what the tool trusts that heeds this variable: as it was told, else the system's roots."""
        for path in self._files(variable):
            certificates = ca_file.read(path).certificates
            if certificates:
                return certificates
        return ()

    def has_scoped(self, variable: str) -> bool:
        """Whether the tool's own configuration names CAs for single servers, which the variable overrules."""
        label = SETTINGS.get(variable, "").removesuffix("(")
        return bool(label) and any(
            item.host is not None and item.name.startswith(f"{label}for ") for item in self._of_tools()
        )

    def _files(self, variable: str) -> Iterator[str]:
        own, *others = VARIABLES[variable]
        yield from self._named(own)
        if variable in SETTINGS:
            yield from self._set(SETTINGS[variable])
        for name in others:
            yield from self._named(name)
        system = system_store.path()
        if system is not None:
            yield system

    def _named(self, variable: str) -> Iterator[str]:
        value = self.environ.get(variable)
        if value:
            yield value

    def _set(self, label: str) -> Iterator[str]:
        named = [item.path for item in self._of_tools() if item.name.startswith(label) and item.host is None]
        yield from reversed(named)  # the last one counts, as with git

    def _of_tools(self) -> tuple[sources.Source, ...]:
        if self._configured is None:
            told = tool_settings.sources(self.environ, home=self.home, platform=self.platform)
            self._configured = told.sources
        return self._configured
