"""Where trust has been put already: variables, what is a path, and each file once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipsafe.trust.sources import FOLDERS, FOR_PROXIES, VARIABLES, Source, distinct, in_environment, is_path

# What the contract names; the table may hold more.
PROMISED = (
    *(
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "PIP_CERT",
        "NODE_EXTRA_CA_CERTS",
    ),
    *("AWS_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "DENO_CERT", "NIX_SSL_CERT_FILE"),
    *("HTTPLIB2_CA_CERTS", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"),
)


def test_what_is_promised() -> None:
    assert set(PROMISED) <= set(VARIABLES)


@pytest.mark.parametrize("variable", [name for name in VARIABLES if name not in FOR_PROXIES])
def test_each_variable(variable: str) -> None:
    found = in_environment({"HOME": "/home/u", variable: "/corp/ca.pem", "PATH": "/bin"})

    assert found == (Source("configured", variable, "/corp/ca.pem"),)


@pytest.mark.parametrize("variable", [name for name, (_, kind) in VARIABLES.items() if kind is FOLDERS])
def test_lists_of_folders(variable: str) -> None:
    value = os.pathsep.join(["/corp/certs", "", "/etc/ssl/certs"])

    assert [source.path for source in in_environment({variable: value})] == ["/corp/certs", "/etc/ssl/certs"]


@pytest.mark.parametrize(
    "variable",
    [name for name, (_, kind) in VARIABLES.items() if kind is not FOLDERS and name not in FOR_PROXIES],
)
def test_a_file_is_no_list(variable: str) -> None:
    path = f"/corp/odd{os.pathsep}name.pem"

    assert [source.path for source in in_environment({variable: path})] == [path]


@pytest.mark.parametrize(
    ("variable", "is_one"),
    [
        ("POETRY_CERTIFICATES_CORP_CERT", True),
        ("POETRY_CERTIFICATES_MY_CORP_CERT", True),
        ("POETRY_CERTIFICATES_CORP_CLIENT_CERT", False),  # the user's own certificate, no CA
        ("POETRY_CERTIFICATES_CERT", False),
        ("POETRY_CERTIFICATES_CORP", False),
        ("MY_POETRY_CERTIFICATES_CORP_CERT", False),
    ],
)
def test_poetrys_repositories(variable: str, is_one: bool) -> None:  # noqa: FBT001
    environ = {
        variable: "/corp/ca.pem",
        "POETRY_REPOSITORIES_CORP_URL": "https://index.example/simple/",
        "POETRY_REPOSITORIES_MY_CORP_URL": "https://index.example/simple/",
    }
    assert [item.host for item in in_environment(environ)] == ["index.example:443"] * is_one


@pytest.mark.skipif(os.name == "nt", reason="variables have no case there")
@pytest.mark.parametrize("variable", ["npm_config_cafile", "NPM_CONFIG_CAFILE"])
def test_npm_takes_either_case(variable: str) -> None:
    assert in_environment({variable: "/corp/ca.pem"}) == (Source("configured", variable, "/corp/ca.pem"),)


@pytest.mark.parametrize("variable", ["pip_cert", "Ssl_Cert_File", "git_ssl_cainfo"])
def test_other_variables_have_one_case(variable: str) -> None:
    assert in_environment({variable: "/corp/ca.pem"}) == ()


@pytest.mark.parametrize(
    "variable", ["SSL_CLIENT_CERT", "PIP_CLIENT_CERT", "GIT_SSL_CERT", "NPM_CONFIG_CERT", "SSLKEYLOGFILE"]
)
def test_client_certificates_are_no_trust(variable: str) -> None:
    assert in_environment({variable: "/corp/me.pem"}) == ()


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            "0",
            "1",
            "false",
            "False",
            "FALSE",
            " true ",
            "no",
            "yes",
            "off",
            "on",
            "none",
            "None",
            "null",
        ),
        *("truststore", "system", "<system>", "<false>", "<true>"),
        *("~/ca.pem", "~", "~user/ca.pem", "$HOME/ca.pem", "${CA}", "%USERPROFILE%\\ca.pem"),
        *(" ~/ca.pem", " $HOME/ca.pem"),
        "-----BEGIN CERTIFICATE-----\nMIIB",
    ],
)
def test_no_paths(value: str) -> None:
    assert not is_path(value)
    assert in_environment(dict.fromkeys([*VARIABLES, "POETRY_CERTIFICATES_CORP_CERT"], value)) == ()


@pytest.mark.parametrize(
    "value", ["/corp/ca.pem", "ca.pem", "C:\\corp\\ca.pem", "/corp/a b.pem", "/corp/~ca$.pem", "/false"]
)
def test_paths(value: str) -> None:
    assert is_path(value)


def test_the_order_is_that_of_the_table() -> None:
    environ = {
        "GIT_SSL_CAINFO": "/git",
        "PIP_CERT": "/pip",
        "SSL_CERT_FILE": "/ssl",
        "REQUESTS_CA_BUNDLE": "/requests",
    }

    assert [source.path for source in in_environment(environ)] == ["/pip", "/requests", "/ssl", "/git"]


def test_verification_off_is_never_copied() -> None:
    off: Mapping[str, str] = {
        "NODE_TLS_REJECT_UNAUTHORIZED": "0",
        "GIT_SSL_NO_VERIFY": "1",
        "PYTHONHTTPSVERIFY": "0",
        "CONDA_SSL_VERIFY": "false",
        "PIP_TRUSTED_HOST": "/corp",
    }

    assert in_environment(off) == ()


def test_each_file_once(tmp_path: Path) -> None:
    path, link = tmp_path / "ca.pem", tmp_path / "link.pem"
    path.touch()
    link.symlink_to(path)
    sources = [
        Source("explicit", "--pipsafe-ca", str(link)),
        Source("configured", "PIP_CERT", str(path)),
        Source("configured", "SSL_CERT_FILE", str(tmp_path / "." / "ca.pem")),
        Source("configured", "GIT_SSL_CAINFO", str(tmp_path / "other.pem")),
    ]

    assert distinct(sources) == (sources[0], sources[3])
