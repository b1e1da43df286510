"""Places where a person or an administrator has already put trust, as data.

Tiers as users meet them in the report: `system` (the operating system's store), `public`
(today's certifi), `configured` (a CA file given to pip or to another tool), `explicit`
(`--pipsafe-ca`). Nothing here reads a file.

Every variable was checked against the documentation or source of the tool it belongs to:
requests (docs, "SSL Cert Verification"), curl (docs/cmdline-opts/_ENVIRONMENT.md), OpenSSL
(SSL_CTX_set_default_verify_paths), Node (cli.md), git (Documentation/config/http), cargo
(reference/config), deno (cli/lib/args), httplib2 (certs.py), gcloud (properties), AWS
(config-vars), gRPC, nixpkgs (cacert), Hex, Composer, Bundler, Julia, conda, mamba, PDM, yarn, npm.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One place, and who speaks for it."""

    tier: str
    """system | public | configured | explicit"""
    name: str
    """What named it, for people: "SSL_CERT_FILE", "cert in /etc/pip.conf, line 3"."""
    path: str


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

# One per repository; with `_CLIENT_CERT` it is the user's own certificate.
POETRY_VARIABLE = re.compile(r"POETRY_CERTIFICATES_.+(?<!_CLIENT)_CERT")

# Values that tools take for something other than a path.
NO_PATHS = frozenset(
    [
        *("", "0", "1", "false", "true", "no", "yes", "off", "on", "none", "null"),
        *("truststore", "system", "<system>", "<false>", "<true>"),  # conda, mamba
    ]
)


def in_environment(environ: Mapping[str, str]) -> tuple[Source, ...]:
    """The sources that variables name, in the order of the table."""
    found: list[Source] = []
    for variable, (_, kind) in VARIABLES.items():
        value = environ.get(variable, "")
        paths = value.split(os.pathsep) if kind is FOLDERS else [value]
        found += [Source("configured", variable, path) for path in paths if is_path(path)]
    for variable, value in environ.items():
        if POETRY_VARIABLE.fullmatch(variable) and is_path(value):
            found.append(Source("configured", variable, value))
    return tuple(found)


def is_path(value: str) -> bool:
    """Whether a setting's value is meant as a path: "false" is not, nor an unexpanded "~/x"."""
    words = value.strip().lower()
    return words not in NO_PATHS and not words.startswith(("~", "$", "%", "-----begin"))


def distinct(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Each file once: under the first name that it is known by."""
    seen: dict[str, Source] = {}
    for source in sources:
        seen.setdefault(os.path.realpath(source.path), source)
    return tuple(seen.values())
