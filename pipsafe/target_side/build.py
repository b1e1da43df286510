"""How the Python that runs this was built and installed, for when it has no ssl.

Sources: sysconfig's documentation, os-release(5), conda's `conda-meta` folder.
"""

# Python 3.7 syntax, stdlib only.
import os
import re
import sys

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
OS_RELEASE_LIMIT = 65536
IDENTITY = re.compile(r"""^ID=["']?([\w.-]+)""", re.MULTILINE)

# As configure left them in the Makefile, from 3.8 or so on.
VARIABLES = ("CONFIG_ARGS", "OPENSSL_LIBS", "OPENSSL_INCLUDES", "OPENSSL_LDFLAGS")


def describe(ssl_error):
    """Facts as text. What the build was told is of interest, and looked up, only where ssl is missing."""
    told = variables() if ssl_error else dict.fromkeys(VARIABLES)
    found = {
        "executable": sys.executable or None,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "version": "%d.%d.%d" % sys.version_info[:3],
        "words": " ".join(sys.version.split()),
        "platform": sys.platform,
        "os_id": os_id(),
        "is_conda": "yes" if os.path.isdir(os.path.join(sys.base_prefix, "conda-meta")) else None,
        "ssl_error": ssl_error,
    }
    found.update((name.lower(), told[name]) for name in VARIABLES)
    return found


def variables():
    try:
        import sysconfig

        known = sysconfig.get_config_vars()
    except Exception:  # a damaged or hand-made installation
        known = {}
    return {name: str(known[name]) if known.get(name) else None for name in VARIABLES}


def os_id():
    """Which distribution of Linux this is, None if it is none."""
    for path in OS_RELEASE:
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                found = IDENTITY.search(stream.read(OS_RELEASE_LIMIT))
        except OSError:
            continue
        return found.group(1).lower() if found else None
    return None
