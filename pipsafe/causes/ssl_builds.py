"""What to do about a Python without a working ssl module, by how that Python came to be.

Sources: the build instructions of pyenv (wiki, "Suggested build environment" and "Common build
problems"), CPython's `configure --with-openssl`, conda's notes on activation (Library\\bin has to be
in PATH on Windows), OpenWrt's split python3 packages.
"""

import ntpath
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

from pipsafe.language.text import Text, sentences, text

Build = Mapping[str, str | None]
"""`probe.Facts.build`: base_prefix, config_args, os_id, is_conda, ssl_error, platform, version."""

# Identity in os-release(5) -> the command that installs OpenSSL's headers.
HEADERS: Mapping[str, str] = {
    "debian": "apt install libssl-dev",
    "ubuntu": "apt install libssl-dev",
    "fedora": "dnf install openssl-devel",
    "rhel": "dnf install openssl-devel",
    "centos": "dnf install openssl-devel",
    "rocky": "dnf install openssl-devel",
    "almalinux": "dnf install openssl-devel",
    "amzn": "dnf install openssl-devel",
    "opensuse-leap": "zypper install libopenssl-devel",
    "opensuse-tumbleweed": "zypper install libopenssl-devel",
    "sles": "zypper install libopenssl-devel",
    "alpine": "apk add openssl-dev",
    "arch": "pacman -S openssl",
    "macos": "brew install openssl@3",
}

LOST_LIBRARY = re.compile(r"(lib(?:ssl|crypto)[\w.-]*): cannot open shared object file")
LIBRARY_TOO_OLD = re.compile(r"version `OPENSSL_\w+(?:\.\w+)*' not found|undefined symbol")


def advice(build: Build) -> tuple[Text, ...]:
    """What cures it, for that very build, as sentences."""
    return (next(words(build) for applies, words in ROWS if applies(build)),)


def _is_conda_on_windows(build: Build) -> bool:
    return bool(build.get("is_conda")) and build.get("platform") == "win32"


def _conda_on_windows(build: Build) -> Text:
    return text(
        "This is conda's Python, and Windows does not find its OpenSSL: the folder {folder} has to "
        "be in PATH. Activate the environment first (`conda activate`), or start it by `conda run`.",
        folder=ntpath.join(build.get("base_prefix") or "", "Library", "bin"),
    )


def _conda(build: Build) -> Text:
    return text(
        "This is conda's Python and its OpenSSL is damaged or missing: "
        "`conda install --prefix {prefix} --force-reinstall python openssl` puts both right.",
        prefix=build.get("base_prefix") or "",
    )


def _has_lost_its_library(build: Build) -> bool:
    error = build.get("ssl_error") or ""
    return bool(LOST_LIBRARY.search(error) or LIBRARY_TOO_OLD.search(error))


def _lost_library(build: Build) -> Text:
    found = LOST_LIBRARY.search(build.get("ssl_error") or "")
    if found:
        what = text(
            "This Python has an ssl module, but the library {library} that it was built with is gone, as "
            "happens when the system is upgraded below it.",
            library=found[1],
        )
    else:
        what = text(
            "This Python has an ssl module, but another OpenSSL is found now, as happens when the system is "
            "upgraded below it."
        )
    return sentences(what, _built_again(build))


def _built_again(build: Build) -> Text:
    if _is_of_pyenv(build):
        return text("Build this Python again: `pyenv install --force {version}`.", version=_version(build))
    return text("Install that OpenSSL again, or build this Python anew against the present one.")


def _version(build: Build) -> str:
    return build.get("version") or "VERSION"


def _is_of_pyenv(build: Build) -> bool:
    places = f"{build.get('base_prefix') or ''} {build.get('config_args') or ''}"
    return "/.pyenv/" in places or "/pyenv/versions/" in places


def _pyenv(build: Build) -> Text:
    command = _headers(build)
    if command is None:
        return text(
            "pyenv built this Python without OpenSSL. Install OpenSSL's headers, then build it "
            "again: `pyenv install --force {version}`.",
            version=_version(build),
        )
    return text(
        "pyenv built this Python without OpenSSL. Install OpenSSL's headers (`{command}`), then build it "
        "again: `pyenv install --force {version}`.",
        command=command,
        version=_version(build),
    )


def _is_windows(build: Build) -> bool:
    return build.get("platform") == "win32"


def _windows(build: Build) -> Text:
    del build
    return text(
        "Run the Python installer again and choose Repair: the files _ssl.pyd, libssl-3.dll and "
        "libcrypto-3.dll belong into the DLLs folder of this Python."
    )


def _is_of_openwrt(build: Build) -> bool:
    return build.get("os_id") == "openwrt"


def _openwrt(build: Build) -> Text:
    del build
    return text("OpenWrt has the ssl module in a package of its own: `opkg install python3-openssl`.")


def _is_the_systems(build: Build) -> bool:
    return posixpath.normpath(build.get("base_prefix") or "") == "/usr" and bool(build.get("os_id"))


def _the_systems(build: Build) -> Text:
    # For translators: {system} is a short name, as "debian"
    return text(
        "This is the Python of the operating system ({system}), and a part of it is missing: "
        "install its Python packages again, the whole of them and not a minimal one.",
        system=build.get("os_id"),
    )


def _source(build: Build) -> Text:
    command = _headers(build)
    if command is None:
        return text(
            "This Python was built without OpenSSL. Install OpenSSL's headers, then configure "
            "and build it again (`./configure --with-openssl=DIR` if OpenSSL lies in a place of its own)."
        )
    return text(
        "This Python was built without OpenSSL. Install OpenSSL's headers (`{command}`), then configure "
        "and build it again (`./configure --with-openssl=DIR` if OpenSSL lies in a place of its own).",
        command=command,
    )


def _headers(build: Build) -> str | None:
    """The command that installs them, if it is known."""
    identity = "macos" if build.get("platform") == "darwin" else build.get("os_id") or ""
    return HEADERS.get(identity)


def _always(build: Build) -> bool:
    del build
    return True


ROWS: Sequence[tuple[Callable[[Build], bool], Callable[[Build], Text]]] = (
    (_is_conda_on_windows, _conda_on_windows),
    (lambda build: bool(build.get("is_conda")), _conda),
    (_is_windows, _windows),
    (_has_lost_its_library, _lost_library),
    (_is_of_pyenv, _pyenv),
    (_is_of_openwrt, _openwrt),
    (_is_the_systems, _the_systems),
    (_always, _source),
)
