"""What tools other than pip are run with: one row a command, run against several servers.

Tools that come from PyPI are each in a virtual environment of their own, `<folder>/<tool>`; the others
are the system's. `nox -s logs -- --record --tools FOLDER` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})

CERTIFICATES = (
    "unknown",
    "unknown-root-sent",
    "incomplete",
    "self-signed",
    "expired",
    "not-yet",
    "wrong-host",
)
PROTOCOLS = ("plain", "eof", "tls10", "client-cert", "refused", "reset")
SOME = ("unknown", "expired", "wrong-host")


@dataclass(frozen=True, slots=True)
class Other:
    """One command of a shell, in the words of servers.py; `{index}` is the server's index."""

    tool: str
    script: str
    servers: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    suffix: str = ""
    needs: str = ""
    """The virtual environment that has to be there."""


UV = "{tools}/{uv}/bin/uv pip install --python {tools}/base/bin/python --target got --index-url {index} speck"
UV_ENVIRONMENT = {"SSL_CERT_FILE": "{ca}", "UV_HTTP_RETRIES": "1"}

PROJECT = """printf '[project]
name = "app"
version = "1"
requires-python = ">=3.9"
dependencies = ["speck"]
[[tool.poetry.source]]
name = "corp"
url = "{index}/"
priority = "primary"
' > pyproject.toml; """
PIPFILE = """printf '[[source]]
url = "{index}"
verify_ssl = true
name = "corp"
[packages]
speck = "*"
' > Pipfile; """

PYTHON = "{tools}/base/bin/python -c "
AIOHTTP = """'import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession() as session:
        await session.get("{index}/x/")
asyncio.run(main())'"""

OTHERS = (
    Other(
        "uv",
        UV,
        (*CERTIFICATES, "self-signed-ca", *PROTOCOLS, "nowhere", "weak-key"),
        UV_ENVIRONMENT,
        needs="uv",
    ),
    Other(
        "uv",
        UV.replace("{uv}", "uv-old"),
        (*SOME, "plain", "not-yet"),
        UV_ENVIRONMENT,
        "-old",
        needs="uv-old",
    ),
    Other("uv", UV, ("good",), {**UV_ENVIRONMENT, "ALL_PROXY": "{proxy-407}"}, "-proxy-407", needs="uv"),
    Other("uv", UV, ("good",), {**UV_ENVIRONMENT, "SSL_CERT_FILE": "{gone}"}, "-setting-gone", needs="uv"),
    Other(
        "uv", UV, ("good",), {**UV_ENVIRONMENT, "SSL_CERT_FILE": "{garbage}"}, "-setting-garbage", needs="uv"
    ),
    Other("uv", UV, ("split",), UV_ENVIRONMENT, "-file", needs="uv"),
    Other("uv", UV.replace("speck", "fetching"), ("good",), UV_ENVIRONMENT, "-build-fetching", needs="uv"),
    Other("uv", UV, ("good",), UV_ENVIRONMENT, "-ok", needs="uv"),
    Other("uv", UV.replace("speck", "ssl-error"), ("good",), UV_ENVIRONMENT, "-no-such-package", needs="uv"),
    Other("uv", UV + " -v 2>&1", ("good",), UV_ENVIRONMENT, "-ok-v", needs="uv"),
    Other(
        "poetry",
        PROJECT + "{tools}/poetry/bin/poetry lock -n",
        (*SOME, "refused"),
        {"REQUESTS_CA_BUNDLE": "{ca}"},
        needs="poetry",
    ),
    Other(
        "poetry",
        PROJECT + "{tools}/poetry/bin/poetry lock -n -v",
        (*CERTIFICATES, "plain", "eof", "refused"),
        {"REQUESTS_CA_BUNDLE": "{ca}"},
        "-v",
        needs="poetry",
    ),
    Other(
        "poetry",
        PROJECT + "{tools}/poetry/bin/poetry lock -n",
        ("good",),
        {"REQUESTS_CA_BUNDLE": "{gone}"},
        "-setting-gone",
        needs="poetry",
    ),
    Other(
        "poetry",
        PROJECT + "{tools}/poetry/bin/poetry lock -n",
        ("good",),
        {"REQUESTS_CA_BUNDLE": "{ca}"},
        "-ok",
        needs="poetry",
    ),
    Other(
        "pipenv",
        PIPFILE + "{tools}/pipenv/bin/pipenv lock -v",
        SOME,
        {"PIP_CERT": "{ca}", "PIPENV_NOSPIN": "1", "COLUMNS": "200"},
        needs="pipenv",
    ),
    Other(
        "pipx",
        "{tools}/pipx/bin/pipx install -v --index-url {index} speck",
        SOME,
        {"PIP_CERT": "{ca}", "PIP_RETRIES": "0"},
        needs="pipx",
    ),
    Other(
        "requests",
        PYTHON + "'import requests; requests.get(\"{index}/x/\")'",
        (*CERTIFICATES, *PROTOCOLS),
        {"REQUESTS_CA_BUNDLE": "{ca}"},
        needs="base",
    ),
    Other(
        "httpx",
        PYTHON + "'import httpx; httpx.get(\"{index}/x/\")'",
        (*SOME, "plain", "refused"),
        {"SSL_CERT_FILE": "{ca}"},
        needs="base",
    ),
    Other("aiohttp", PYTHON + AIOHTTP, (*SOME, "plain", "refused"), {"SSL_CERT_FILE": "{ca}"}, needs="base"),
    Other(
        "urllib",
        PYTHON + "'import urllib.request as r; r.urlopen(\"{index}/x/\")'",
        (*SOME, "plain", "refused"),
        {"SSL_CERT_FILE": "{ca}"},
        needs="base",
    ),
    Other("curl", "curl -sS {index}/x/", (*CERTIFICATES, *PROTOCOLS), {"CURL_CA_BUNDLE": "{ca}"}),
    Other("curl", "curl -sS {index}/x/", ("good",), {"CURL_CA_BUNDLE": "{gone}"}, "-setting-gone"),
    Other("curl", "curl -sSv {index}/", ("good",), {"CURL_CA_BUNDLE": "{ca}"}, "-ok-v"),
    Other("wget", "wget -t 1 --ca-certificate={ca} {index}/x/", (*CERTIFICATES, *PROTOCOLS)),
    Other("wget", "wget --ca-certificate={ca} -O - {index}/", ("good",), NOTHING, "-ok"),
    Other("git", "git clone {index}/x", (*SOME, "plain", "refused"), {"GIT_SSL_CAINFO": "{ca}"}),
    Other(
        "npm",
        "npm install --registry {index} --fetch-retries 0 left-pad",
        (*CERTIFICATES, "plain", "eof", "refused"),
        {"npm_config_cafile": "{ca}"},
    ),
    Other(
        "npm",
        "npm install --registry {index} --fetch-retries 0 left-pad",
        ("good",),
        {"npm_config_cafile": "{ca}"},
        "-no-such-package",
    ),
    Other(
        "cargo",
        "cargo install --index sparse+{index}/ speck",
        (*SOME, "plain", "refused"),
        {"CARGO_HTTP_CAINFO": "{ca}", "CARGO_NET_RETRY": "0"},
    ),
)
