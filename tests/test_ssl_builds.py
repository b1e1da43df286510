"""What to do about a Python without ssl, for each way that Pythons come to be."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipsafe.causes.ssl_builds import advice

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


TABLE: dict[str, tuple[Mapping[str, str | None], tuple[str, ...]]] = {
    "source build on Debian": (built(), ("apt install libssl-dev", "--with-openssl")),
    "source build on Fedora": (built(os_id="fedora"), ("dnf install openssl-devel",)),
    "source build on Alpine": (built(os_id="alpine"), ("apk add openssl-dev",)),
    "source build on a system of its own": (built(os_id="hannah-montana"), ("OpenSSL's headers, then",)),
    "source build on macOS": (built(os_id=None, platform="darwin"), ("brew install openssl@3",)),
    "nothing known": ({}, ("built without OpenSSL",)),
    "pyenv": (
        built(base_prefix="/home/u/.pyenv/versions/3.11.7"),
        ("pyenv install --force 3.11.7", "libssl-dev"),
    ),
    "pyenv, after an upgrade of the system": (
        built(base_prefix="/home/u/.pyenv/versions/3.11.7", ssl_error=LOST),
        ("libssl.so.1.1", "pyenv install --force 3.11.7"),
    ),
    "source build, after an upgrade of the system": (built(ssl_error=LOST), ("libssl.so.1.1", "anew")),
    "source build, another OpenSSL": (
        built(ssl_error="/lib/libssl.so.3: version `OPENSSL_3.2.0' not found"),
        ("another OpenSSL",),
    ),
    "conda on Windows": (
        built(is_conda="yes", platform="win32", base_prefix=r"C:\miniconda3", ssl_error=DLL, os_id=None),
        (r"C:\miniconda3\Library\bin", "conda activate"),
    ),
    "conda": (built(is_conda="yes", base_prefix="/opt/conda"), ("conda install --prefix /opt/conda",)),
    "Windows": (built(platform="win32", os_id=None, ssl_error=DLL), ("Repair",)),
    "the system's": (built(base_prefix="/usr"), ("operating system (debian)",)),
    "OpenWrt": (built(base_prefix="/usr", os_id="openwrt"), ("opkg install python3-openssl",)),
}


@pytest.mark.parametrize("name", TABLE)
def test_advice(name: str) -> None:
    build, words = TABLE[name]

    said = " ".join(advice(build))

    assert [part for part in words if part not in said] == []
    assert said.endswith(".")
