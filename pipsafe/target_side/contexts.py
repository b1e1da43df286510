"""TLS contexts as the target's pip makes them, out of what a TRUST names (see prober.py).

Sources: urllib3 `util/ssl_.py` and truststore `_api.py`, `_openssl.py`, as pip vendors them;
OpenSSL's include/openssl/x509_vfy.h.
"""

# Python 3.7 syntax, stdlib only.
import json
import os
import re
import ssl
import stat
import sys
import threading

from pipsafe.target_side.pip_parts import certifi_of_pip, truststore_of_pip
from pipsafe.target_side.verdicts import Refused, words

# OpenSSL's X509_V_FLAG_*; the ssl module does not name all of them.
NO_CHECK_TIME = 0x200000
PARTIAL_CHAIN = 0x80000
STRICT = 0x20

LARGEST_FILE = 64 << 20

# What pip's truststore falls back to on Linux when OpenSSL's own paths hold nothing
# (truststore, src/truststore/_openssl.py).
SYSTEM_CA_FILES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
)
HASHED_NAME = re.compile(r"^[0-9a-f]{8}\.[0-9]$")


# Judges


class Judge:
    """What decides on an origin: the context for it, and those for the TLS proxy before it."""

    def __init__(self, context, at_proxy, unpresented):
        self.context = context
        self.at_proxy = at_proxy
        """Tried one after the other, as far as the proxy's own certificate is concerned."""
        self.unpresented = unpresented
        """Why the client certificate that is set is not presented."""


class Judges:
    """The judges of one request. A context is made once, whoever needs it."""

    def __init__(self):
        self._made = {}
        self._lock = threading.Lock()

    def judge(self, trust, origin):
        """Raises Refused when a file that the trust names is of no use."""
        context, unpresented = self._context(
            variant(trust, origin), origin.get("client_certificate"), origin.get("ciphers")
        )
        at_proxy = [self.at_proxy(trust, origin)] if speaks_tls(origin.get("proxy")) else []
        return Judge(context, at_proxy, unpresented)

    def at_proxy(self, trust, origin):
        """The context for the proxy's own certificate; pip presents no client certificate there."""
        return self._context(trust.get("at_proxy") or trust, None, origin.get("ciphers"))[0]

    def _context(self, trust, client_certificate, ciphers):
        key = (json.dumps(trust, sort_keys=True), client_certificate, ciphers)
        with self._lock:
            if key not in self._made:
                self._made[key] = made_or_refused(trust, client_certificate, ciphers)
            made = self._made[key]
        if isinstance(made, Refused):
            raise made
        return made


def made_or_refused(trust, client_certificate, ciphers):
    try:
        context = context_for(trust, ciphers)
        return context, present(context, client_certificate) if client_certificate else None
    except Exception as error:
        return error if isinstance(error, Refused) else Refused("setting", words(error))


def speaks_tls(proxy):
    """Whether pip speaks TLS with the proxy itself."""
    return bool(proxy) and proxy["scheme"] == "https" and not proxy.get("plainly")


# Contexts


def plain_context(ciphers=None):
    """As urllib3 makes it for pip: no strictness beyond OpenSSL's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
    if ciphers:
        context.set_ciphers(ciphers)
    offer_what_pip_offers(context)
    return context


def offer_what_pip_offers(context):
    """The protocol that urllib3 names (ALPN): a server may tell clients apart by it."""
    if ssl.HAS_ALPN:
        context.set_alpn_protocols(["http/1.1"])


def load_system_as_truststore(context):
    """What truststore does on Linux and the like, in the environment as it is now."""
    defaults = ssl.get_default_verify_paths()
    if defaults.cafile or (defaults.capath and holds_hashed(defaults.capath)):
        context.set_default_verify_paths()
        return
    for path in SYSTEM_CA_FILES:
        if os.path.isfile(path):
            context.load_verify_locations(cafile=path)
            return


def holds_hashed(folder):
    try:
        return any(HASHED_NAME.match(name) for name in os.listdir(folder))
    except OSError:
        return False


def load_file(context, path):
    if is_folder(path):
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)


def is_folder(path):
    """Raises Refused if it is neither a folder nor a file that can be read in good time."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        raise Refused("setting", "no such file: %s" % path) from None
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise Refused("setting", "not a file: %s" % path)
    if found.st_size > LARGEST_FILE and stat.S_ISREG(found.st_mode):
        raise Refused("setting", "too large: %s" % path)
    return stat.S_ISDIR(found.st_mode)


def context_for(trust, ciphers=None):
    """Raises OSError (ssl.SSLError is one) when a file that the trust names is of no use."""
    by_os = trust.get("truststore") and sys.platform in ("win32", "darwin")
    if by_os:
        context = truststore_of_pip().SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        offer_what_pip_offers(context)
    else:
        # pip hands truststore's context to urllib3, which then names no ciphers of its own.
        context = plain_context(None if trust.get("truststore") else ciphers)
        if trust.get("truststore"):
            load_system_as_truststore(context)
    if trust.get("openssl_defaults"):
        context.load_default_certs()
    if trust.get("strict"):
        context.verify_flags |= PARTIAL_CHAIN | (0 if trust.get("lenient") else STRICT)
    if trust.get("issuer_only"):
        context.check_hostname = False
        context.verify_flags |= NO_CHECK_TIME
    if trust.get("pem"):
        context.load_verify_locations(cadata=trust["pem"])
    elif trust.get("file"):
        load_file(context, trust["file"])
    if trust.get("carried", True):
        carried = certifi_of_pip()
        if carried and os.path.exists(carried):
            context.load_verify_locations(cafile=carried)
    return context


def variant(trust, origin):
    """The part of a trust that judges this origin's certificate."""
    name = "at_proxy" if origin.get("is_proxy") else "through_proxy" if origin.get("proxy") else ""
    return trust.get(name) or trust


def lenient(trust):
    """The same trust without RFC 5280 strictness."""
    parts = {name: lenient(trust[name]) for name in ("through_proxy", "at_proxy") if trust.get(name)}
    return dict(trust, lenient=True, **parts)


def unmasking_context(top, check, ciphers=None):
    """The chain's own top as if it were trusted: for the diagnosis only."""
    context = plain_context(ciphers)
    context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(top))
    context.verify_flags |= PARTIAL_CHAIN
    if check == "name":
        context.verify_flags |= NO_CHECK_TIME
    else:
        context.check_hostname = False
    return context


# Client certificates


def present(context, path):
    """Load the client certificate that pip presents; if that cannot be done here, say why.

    Raises Refused where pip itself cannot use the file. A passphrase is asked for by pip only:
    whoever can type it is not here.
    """
    asked = []

    def have_none():
        # An exception from here is not safe: OpenSSL 3 may call a second time.
        asked.append(True)
        return b""

    try:
        if is_folder(path):
            raise Refused("setting", "not a file: %s" % path)
        context.load_cert_chain(path, password=have_none)
    except (Refused, OSError) as error:
        if asked:
            return "its key has a passphrase, so it was not presented here"
        told = error.message if isinstance(error, Refused) else "%s: %s" % (words(error), path)
        raise Refused("setting", "the client certificate cannot be used: %s" % told) from None
    return None
