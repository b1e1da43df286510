"""Places where a person or an administrator has already put trust, as data.

Tiers as users meet them in the report: `system` (the operating system's store), `public`
(today's certifi), `configured` (a CA file given to pip or to another tool), `provisioned` (a
well-known place that only an administrator can write), `explicit` (`--pipsafe-ca`). Nothing
here reads a file.

Every variable was checked against the documentation or source of the tool it belongs to:
requests (docs, "SSL Cert Verification"), curl (docs/cmdline-opts/_ENVIRONMENT.md), OpenSSL
(SSL_CTX_set_default_verify_paths), Node (cli.md), git (Documentation/config/http), cargo
(reference/config), deno (cli/lib/args), httplib2 (certs.py), gcloud (properties), AWS
(config-vars), gRPC, nixpkgs (cacert), Hex, Composer, Bundler, Julia, conda, mamba, PDM, yarn, npm.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipsafe.language.text import text
from pipsafe.pip_settings import proxy
from pipsafe.trust import host_scope


@dataclass(frozen=True, slots=True)
class Source:
    """One place, and who speaks for it."""

    tier: str
    """system | public | configured | provisioned | explicit"""
    name: str
    """What named it, for people: "SSL_CERT_FILE", "cert in /etc/pip.conf, line 3"."""
    path: str
    kind: str = "file"
    """How it is read: a name in `source_readers.READERS`."""
    host: str | None = None
    """The one server that it counts for: "host", "host:port" or "*.example.com"; None for all."""
    merge: str | None = None
    """The command that would put it into the system store, where there is one."""


FILES = "files"
FOLDERS = "folders"

# Variable -> (whose it is, whether it names a file or a list of folders).
VARIABLES: Mapping[str, tuple[str, str]] = {
    "PIP_CERT": ("pip", FILES),
    "REQUESTS_CA_BUNDLE": ("requests", FILES),
    "CURL_CA_BUNDLE": ("curl", FILES),
    "SSL_CERT_FILE": ("OpenSSL", FILES),
    "SSL_CERT_DIR": ("OpenSSL", FOLDERS),
    "NODE_EXTRA_CA_CERTS": ("Node", FILES),
    "AWS_CA_BUNDLE": ("AWS tools", FILES),
    "GIT_SSL_CAINFO": ("git", FILES),
    "GIT_SSL_CAPATH": ("git", FOLDERS),
    "GIT_PROXY_SSL_CAINFO": ("git", FILES),
    "CARGO_HTTP_CAINFO": ("cargo", FILES),
    "CARGO_HTTP_PROXY_CAINFO": ("cargo", FILES),
    "DENO_CERT": ("Deno", FILES),
    "NIX_SSL_CERT_FILE": ("Nix", FILES),
    "HTTPLIB2_CA_CERTS": ("httplib2", FILES),
    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": ("gcloud", FILES),
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": ("gRPC", FILES),
    "SYSTEM_CERTIFICATE_PATH": ("Haskell tools", FILES),
    "CONDA_SSL_VERIFY": ("conda", FILES),
    "MAMBA_SSL_VERIFY": ("mamba", FILES),
    "PDM_PUBLISH_CA_CERTS": ("PDM", FILES),
    "BUNDLE_SSL_CA_CERT": ("Bundler", FILES),
    "HEX_CACERTS_PATH": ("Hex", FILES),
    "COMPOSER_CAFILE": ("Composer", FILES),
    "JULIA_SSL_CA_ROOTS_PATH": ("Julia", FILES),
    "PERL_LWP_SSL_CA_FILE": ("Perl LWP", FILES),
    "MOJO_CA_FILE": ("Mojolicious", FILES),
    "OCI_CLI_CA_BUNDLE": ("Oracle Cloud CLI", FILES),
    "NETSKOPE_CA_BUNDLE": ("Netskope", FILES),
    "YARN_HTTPS_CA_FILE_PATH": ("yarn", FILES),
    "YARN_CA_FILE_PATH": ("yarn", FILES),
    "npm_config_cafile": ("npm", FILES),
    "NPM_CONFIG_CAFILE": ("npm", FILES),
}

FOR_PROXIES = frozenset(("GIT_PROXY_SSL_CAINFO", "CARGO_HTTP_PROXY_CAINFO"))
"""Those that count on the way to a https:// proxy, and at no other server."""

NO_PROXY = text("counts for https:// proxies only, and none is set")
NO_SERVER = text("counts for the repository {repository} only, and nothing here says where that is")

# One per repository; with `_CLIENT_CERT` it is the user's own certificate.
POETRY_VARIABLE = re.compile(r"POETRY_CERTIFICATES_(.+)(?<!_CLIENT)_CERT")

_MOST_PROXIES = 10

# Values that tools take for something other than a path.
NO_PATHS = frozenset(
    [
        *("", "0", "1", "false", "true", "no", "yes", "off", "on", "none", "null"),
        *("truststore", "system", "<system>", "<false>", "<true>"),  # conda, mamba
    ]
)


def in_environment(environ: Mapping[str, str]) -> tuple[Source, ...]:
    """The sources that variables name, in the order of the table."""
    return tuple(source for source, reason in _named(environ) if reason is None)


def out_of_scope(environ: Mapping[str, str]) -> tuple[tuple[Source, str], ...]:
    """The sources that variables name and that count for no known server, and why."""
    return tuple((source, reason) for source, reason in _named(environ) if reason is not None)


def https_proxies(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The proxies that are spoken to over TLS, as `Source.host` has servers."""
    values = (
        value
        for name, value in environ.items()
        if name[-6:].lower() == "_proxy" and name.lower() != "no_proxy"
    )
    named = (proxy.parse(value) for value in values if value)
    hosts = (host_scope.naming(str(one)) for one in named if one is not None)
    return tuple(dict.fromkeys(host for host in hosts if host is not None))[:_MOST_PROXIES]


def _named(environ: Mapping[str, str]) -> Iterator[tuple[Source, str | None]]:
    for variable, (_, kind) in VARIABLES.items():
        value = environ.get(variable, "")
        paths = value.split(os.pathsep) if kind is FOLDERS else [value]
        for path in filter(is_path, paths):
            if variable in FOR_PROXIES:
                yield from _scoped(variable, path, https_proxies(environ), NO_PROXY)
            else:
                yield Source("configured", variable, path), None
    for variable, value in environ.items():
        match = POETRY_VARIABLE.fullmatch(variable)
        if match is not None and is_path(value):
            host = host_scope.naming(environ.get(f"POETRY_REPOSITORIES_{match[1]}_URL", ""))
            yield from _scoped(variable, value, [host] if host else [], NO_SERVER.filled(repository=match[1]))


def _scoped(
    variable: str, path: str, hosts: Iterable[str], without: str
) -> Iterator[tuple[Source, str | None]]:
    """The file for these servers; if there are none, the reason."""
    # For translators: a variable, and the only server that it counts for.
    name = text("{variable} for {host}")
    found = [
        Source("configured", name.filled(variable=variable, host=host), path, host=host) for host in hosts
    ]
    yield from ((source, None) for source in found)
    if not found:
        yield Source("configured", variable, path), without


def is_path(value: str) -> bool:
    """Whether a setting's value is meant as a path: "false" is not, nor an unexpanded "~/x"."""
    words = value.strip().lower()
    return words not in NO_PATHS and not words.startswith(("~", "$", "%", "-----begin"))


def distinct(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Each file once for each server that it counts for: under the first name that it is known by."""
    seen: dict[tuple[str, str, str | None], Source] = {}
    for source in sources:
        seen.setdefault((os.path.realpath(source.path), source.kind, source.host), source)
    return tuple(seen.values())
