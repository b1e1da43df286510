"""Where the operating system keeps the roots that it trusts.

Paths from truststore (src/truststore/_openssl.py), rustls/openssl-probe (src/lib.rs) and
golang/go (src/crypto/x509/root_linux.go), most specific first. On Windows and macOS the
system judges by itself (truststore), and there is no file to read.
"""

import os
import sys

from pipsafe.language.text import text

MERGED_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch, Gentoo, NixOS
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # RHEL, Fedora, Amazon
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL up to 10, Fedora up to 42
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/var/lib/ca-certificates/ca-bundle.pem",  # SUSE, where the link is missing
    "/etc/ca-certificates/extracted/tls-ca-bundle.pem",  # Arch
    "/etc/ssl/cert.pem",  # Alpine's bundle package, OpenBSD
    "/usr/local/etc/ssl/cert.pem",  # FreeBSD
    "/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD
    "/etc/openssl/certs/ca-certificates.crt",  # NetBSD
    "/etc/pki/tls/cacert.pem",  # OpenELEC
    "/etc/certs/ca-certificates.crt",  # illumos
    "/data/data/com.termux/files/usr/etc/tls/cert.pem",  # Termux
)

HASHED_FOLDERS = ("/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash", "/etc/pki/tls/certs")

NAME = text("the system store")


def judged_by_the_system() -> bool:
    """Whether the operating system verifies chains itself."""
    return sys.platform in ("win32", "darwin")


def path() -> str | None:
    """The file (or folder) with the system's roots, None where there is none."""
    for bundle in MERGED_BUNDLES:
        if os.path.isfile(bundle) and os.path.getsize(bundle):
            return bundle
    return next((folder for folder in HASHED_FOLDERS if _holds_certificates(folder)), None)


def _holds_certificates(folder: str) -> bool:
    try:
        # OpenSSL looks for names by hash, and for no others.
        return any(name.endswith(".0") for name in os.listdir(folder))
    except OSError:
        return False
