"""What to do about a Python without ssl, for each way that Pythons come to be."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from pipsafe.causes.ssl_builds import advice
from pipsafe.language import catalogues, reader

NONE = "No module named '_ssl'"
LOST = "libssl.so.1.1: cannot open shared object file: No such file or directory"
DLL = "DLL load failed while importing _ssl: The specified module could not be found."


def built(**facts: str | None) -> Mapping[str, str | None]:
    plain: dict[str, str | None] = {
        "executable": "/opt/python/bin/python3",
        "base_prefix": "/opt/python",
        "version": "3.11.7",
        "config_args": "'--prefix=/opt/python'",
        "os_id": "debian",
        "is_conda": None,
        "ssl_error": NONE,
        "platform": "linux",
    }
    return plain | facts


NO_OPENSSL = "This Python was built without OpenSSL. Install OpenSSL's headers"
CONFIGURE = "(`./configure --with-openssl=DIR` if OpenSSL lies in a place of its own)."
PYENV = "/home/u/.pyenv/versions/3.11.7"
PYENV_HAS_NONE = "pyenv built this Python without OpenSSL. Install OpenSSL's headers"
GONE = (
    "This Python has an ssl module, but the library libssl.so.1.1 that it was built with is gone, as happens "
    "when the system is upgraded below it."
)
ANOTHER = (
    "This Python has an ssl module, but another OpenSSL is found now, as happens when the system is upgraded "
    "below it."
)
ANEW = "Install that OpenSSL again, or build this Python anew against the present one."
CONDA = (
    "This is conda's Python and its OpenSSL is damaged or missing: `conda install --prefix /opt/conda "
    "--force-reinstall python openssl` puts both right."
)
CONDA_ON_WINDOWS = (
    "This is conda's Python, and Windows does not find its OpenSSL: the folder C:\\miniconda3\\Library\\bin "
    "has to be in PATH. Activate the environment first (`conda activate`), or start it by `conda run`."
)
REPAIR = (
    "Run the Python installer again and choose Repair: the files _ssl.pyd, libssl-3.dll and libcrypto-3.dll "
    "belong into the DLLs folder of this Python."
)
THE_SYSTEMS = (
    "This is the Python of the operating system (debian), and a part of it is missing: install its Python "
    "packages again, the whole of them and not a minimal one."
)
OPENWRT = "OpenWrt has the ssl module in a package of its own: `opkg install python3-openssl`."


def by_source(command: str | None) -> str:
    shown = f" (`{command}`)" if command else ""
    return f"{NO_OPENSSL}{shown}, then configure and build it again {CONFIGURE}"


def by_pyenv(command: str | None, version: str = "3.11.7") -> str:
    shown = f" (`{command}`)" if command else ""
    return f"{PYENV_HAS_NONE}{shown}, then build it again: `pyenv install --force {version}`."


TABLE: dict[str, tuple[Mapping[str, str | None], str]] = {
    "source build on Debian": (built(), by_source("apt install libssl-dev")),
    "source build on Fedora": (built(os_id="fedora"), by_source("dnf install openssl-devel")),
    "source build on Alpine": (built(os_id="alpine"), by_source("apk add openssl-dev")),
    "source build on a system of its own": (built(os_id="hannah-montana"), by_source(None)),
    "source build on macOS": (built(os_id=None, platform="darwin"), by_source("brew install openssl@3")),
    "nothing known": ({}, by_source(None)),
    "pyenv": (built(base_prefix=PYENV), by_pyenv("apt install libssl-dev")),
    "pyenv on a system of its own": (built(base_prefix=PYENV, os_id="hannah-montana"), by_pyenv(None)),
    "pyenv, no version known": (
        built(base_prefix=PYENV, version=None),
        by_pyenv("apt install libssl-dev", "VERSION"),
    ),
    "pyenv of all users": (
        built(base_prefix="/opt/pyenv/versions/3.11.7"),
        by_pyenv("apt install libssl-dev"),
    ),
    "pyenv by what it was configured with": (
        built(base_prefix="/srv/moved", config_args=f"'--prefix={PYENV}' '--enable-shared'"),
        by_pyenv("apt install libssl-dev"),
    ),
    "pyenv, after an upgrade of the system": (
        built(base_prefix=PYENV, ssl_error=LOST),
        f"{GONE} Build this Python again: `pyenv install --force 3.11.7`.",
    ),
    "source build, after an upgrade of the system": (built(ssl_error=LOST), f"{GONE} {ANEW}"),
    "source build, another OpenSSL": (
        built(ssl_error="/lib/libssl.so.3: version `OPENSSL_3.2.0' not found"),
        f"{ANOTHER} {ANEW}",
    ),
    "source build, an OpenSSL of other symbols": (
        built(ssl_error="_ssl.so: undefined symbol: SSL_get1_peer_certificate"),
        f"{ANOTHER} {ANEW}",
    ),
    "conda on Windows": (
        built(is_conda="yes", platform="win32", base_prefix=r"C:\miniconda3", ssl_error=DLL, os_id=None),
        CONDA_ON_WINDOWS,
    ),
    "conda": (built(is_conda="yes", base_prefix="/opt/conda"), CONDA),
    "Windows": (built(platform="win32", os_id=None, ssl_error=DLL), REPAIR),
    "the system's": (built(base_prefix="/usr"), THE_SYSTEMS),
    "OpenWrt": (built(base_prefix="/usr", os_id="openwrt"), OPENWRT),
}


@pytest.mark.parametrize("name", TABLE)
def test_advice(name: str) -> None:
    build, said = TABLE[name]

    assert " ".join(advice(build)) == said


@pytest.mark.parametrize("name", TABLE)
def test_advice_in_other_languages(name: str) -> None:
    """The sentence is another, what is to be typed is the same."""
    build, said = TABLE[name]
    typed = {command.replace("DIR", "") for command in re.findall("`([^`]+)`", said)}

    for language in reader.LANGUAGES:
        told = " ".join(text.said(catalogues.look(language)) for text in advice(build))
        assert (told == said) is (language == reader.ENGLISH)
        assert [part for part in typed if part not in told] == []
