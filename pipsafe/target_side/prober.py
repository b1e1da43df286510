"""Makes TLS handshakes under the target's interpreter, with its OpenSSL, as its pip would.

Reads one JSON object per line from stdin and answers each with one line on stdout, which
begins with "pipsafe ": what else stands there was printed at this interpreter's start.

    {"op": "facts", "location": DIR}
        -> {"default_index": URL|null, "certifi": PATH|null, "truststore": bool, "openssl": str,
            "defaults": {"file": PATH|null, "folder": PATH|null}}
    {"op": "survey", "origins": [ORIGIN], "trusts": {NAME: TRUST}, "seconds": S}
        -> {"origins": [{"chain": [base64 DER], "whole": bool, "error": VERDICT|null,
                         "verdicts": {NAME: VERDICT}, "unmasked": {"time"|"name": VERDICT}}]}
    {"op": "trial", "origins": [ORIGIN], "anchors": [PEM], "seconds": S}
        -> {"origins": [[VERDICT per anchor]]}
    {"op": "prove", "origins": [ORIGIN], "trust": TRUST, "environ": {NAME: str|null}, "seconds": S}
        -> {"origins": [VERDICT]}

ORIGIN   {"host": str, "port": int, "proxy": null | {"scheme", "host", "port", "authorization"}}
TRUST    {"truststore": bool, "file": PATH|null, "pem": str|null, "carried": bool, "strict": bool,
          "openssl_defaults": bool, "through_proxy": TRUST|null}
         carried: the roots that pip carries; truststore: what the system trusts. All that is
         named adds up. through_proxy stands in for the rest where the origin has a proxy.
VERDICT  {"accepted": bool, "code": int|null, "message": str,
          "kind": "accepted" | "certificate" | "protocol" | "unreachable" | "proxy" | "setting"}

No HTTP request is ever sent to an origin. A connection that is not verified serves only to
read the chain that the server presents, and is closed at once.
"""

# Python 3.7 syntax, stdlib only.
import base64
import json
import os
import re
import socket
import ssl
import sys
import threading
import time

MOST_AT_ONCE = 24
PROXY_ANSWER_LIMIT = 65536

# OpenSSL's X509_V_FLAG_*; the ssl module does not name all of them.
NO_CHECK_TIME = 0x200000
PARTIAL_CHAIN = 0x80000
STRICT = 0x20

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


class Location:
    """Where the target's pip lies."""

    path = ""


def import_from_pip(name):
    """A module of the target's pip. Its folder is on the path for that import only."""
    added = Location.path and Location.path not in sys.path
    if added:
        sys.path.insert(0, Location.path)
    try:
        return __import__(name, fromlist=["_"])
    finally:
        if added:
            sys.path.remove(Location.path)


def certifi_of_pip():
    for name in ("pip._vendor.certifi", "certifi"):
        try:
            return import_from_pip(name).where()
        except Exception:  # a debundled or damaged pip: there is nothing to say about it here
            continue
    return None


def truststore_of_pip():
    for name in ("pip._vendor.truststore", "truststore"):
        try:
            return import_from_pip(name)
        except Exception:
            continue
    return None


def facts(request):
    Location.path = request["location"]
    try:
        default_index = import_from_pip("pip._internal.models.index").PyPI.simple_url
    except Exception:
        default_index = None
    paths = ssl.get_default_verify_paths()
    return {
        "default_index": default_index,
        "certifi": certifi_of_pip(),
        "truststore": sys.version_info >= (3, 10) and truststore_of_pip() is not None,
        "openssl": ssl.OPENSSL_VERSION,
        "defaults": {"file": paths.cafile, "folder": paths.capath},
    }


# Contexts


def plain_context():
    """As urllib3 makes it for pip: no strictness beyond OpenSSL's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
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
    if not os.path.exists(path):
        raise OSError("no such file: %s" % path)
    if os.path.isdir(path):
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)


def context_for(trust):
    """Raises OSError (ssl.SSLError is one) when a file that the trust names is of no use."""
    by_os = trust.get("truststore") and sys.platform in ("win32", "darwin")
    if by_os:
        context = truststore_of_pip().SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        offer_what_pip_offers(context)
    else:
        context = plain_context()
        if trust.get("truststore"):
            load_system_as_truststore(context)
    if trust.get("openssl_defaults"):
        context.load_default_certs()
    if trust.get("strict"):
        context.verify_flags |= STRICT | PARTIAL_CHAIN
    if trust.get("pem"):
        context.load_verify_locations(cadata=trust["pem"])
    elif trust.get("file"):
        load_file(context, trust["file"])
    if trust.get("carried", True):
        carried = certifi_of_pip()
        if carried and os.path.exists(carried):
            context.load_verify_locations(cafile=carried)
    return context


def reading_context(heard):
    """Accepts anything: to read the chain, never to send a byte after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    offer_what_pip_offers(context)
    if not (3, 8) <= sys.version_info < (3, 10):
        return context

    def listen(connection, direction, version, content_type, message_type, data):
        if direction == "read" and int(message_type) == 11:
            heard.append(bytes(data))

    setattr(context, "_msg_callback", listen)  # noqa: B010 - private, and all there is in 3.8 and 3.9
    return context


def unmasking_context(top, check):
    """The chain's own top as if it were trusted: for the diagnosis only."""
    context = plain_context()
    context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(top))
    context.verify_flags |= PARTIAL_CHAIN
    if check == "name":
        context.verify_flags |= NO_CHECK_TIME
    else:
        context.check_hostname = False
    return context


# Connections


class ProxyRefused(Exception):
    pass


def connect(origin, seconds):
    proxy = origin.get("proxy")
    if proxy is None:
        return socket.create_connection((origin["host"], origin["port"]), timeout=seconds)
    if proxy.get("scheme", "http") != "http":
        raise ProxyRefused(
            "it is a proxy of the kind %s://, through which pipsafe cannot look" % proxy["scheme"]
        )
    connection = socket.create_connection((proxy["host"], proxy["port"]), timeout=seconds)
    try:
        ask_proxy(connection, origin, proxy, time.monotonic() + seconds)
    except BaseException:
        connection.close()
        raise
    return connection


def ask_proxy(connection, origin, proxy, deadline):
    host = origin["host"]
    where = "%s:%d" % ("[%s]" % host if ":" in host else host, origin["port"])
    lines = ["CONNECT %s HTTP/1.0" % where, "Host: %s" % where]
    if proxy.get("authorization"):
        lines.append("Proxy-Authorization: %s" % proxy["authorization"])
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    answer = b""
    # A byte at a time: what follows the headers belongs to the handshake.
    while not answer.endswith(b"\r\n\r\n"):
        if time.monotonic() > deadline:
            raise socket.timeout("timed out")
        byte = connection.recv(1)
        if not byte or len(answer) > PROXY_ANSWER_LIMIT:
            raise ProxyRefused("the proxy closed the connection")
        answer += byte
    status = answer.split(b"\r\n")[0].decode("latin-1")
    words = status.split(None, 2)
    if len(words) < 2 or words[1] != "200":
        raise ProxyRefused(" ".join(words[1:]) or "no HTTP answer")


def handshake(origin, context, seconds):
    """The connected TLS socket; the caller closes it."""
    connection = connect(origin, seconds)
    try:
        connection.settimeout(seconds)
        return context.wrap_socket(connection, server_hostname=origin["host"])
    except BaseException:
        connection.close()
        raise


def verdict(origin, context, seconds):
    try:
        handshake(origin, context, seconds).close()
    except Exception as error:
        return refusal(error)
    return {"accepted": True, "code": 0, "message": "", "kind": "accepted"}


def refusal(error):
    kind, code, message = "unreachable", None, str(error) or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        kind, code, message = "certificate", error.verify_code, error.verify_message
    elif isinstance(error, ssl.CertificateError):
        kind = "certificate"
    elif isinstance(error, ssl.SSLError):
        kind, message = "protocol", error.reason or message
    elif isinstance(error, ProxyRefused):
        kind = "proxy"
    elif isinstance(error, OSError):
        message = error.strerror or message
    return {"accepted": False, "code": code, "message": message, "kind": kind}


def presented_chain(tls, heard):
    """(DER certificates leaf first, whether these are all that were presented)."""
    inner = tls if hasattr(tls, "get_unverified_chain") else getattr(tls, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        chain = inner.get_unverified_chain() or ()
        return [item if isinstance(item, bytes) else item.public_bytes(2) for item in chain], True
    if heard:
        return certificate_message(heard[-1], tls.version() == "TLSv1.3"), True
    leaf = tls.getpeercert(binary_form=True)
    return [leaf] if leaf else [], False


def certificate_message(message, is_tls13):
    """RFC 5246 section 7.4.2, RFC 8446 section 4.4.2."""
    at = 4
    if is_tls13:
        at += 1 + message[at]
    end = min(len(message), at + 3 + int.from_bytes(message[at : at + 3], "big"))
    at += 3
    chain = []
    while at + 3 <= end:
        length = int.from_bytes(message[at : at + 3], "big")
        chain.append(message[at + 3 : at + 3 + length])
        at += 3 + length
        if is_tls13:
            at += 2 + int.from_bytes(message[at : at + 2], "big")
    return chain


# Operations


def all_at_once(tasks):
    """Run the functions in threads and return their results in order."""
    results = [None] * len(tasks)
    room = threading.Semaphore(MOST_AT_ONCE)

    def run(number, task):
        with room:
            results[number] = task()

    threads = [threading.Thread(target=run, args=item, daemon=True) for item in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def read_chain(origin, seconds):
    heard = []  # type: list[bytes]
    try:
        tls = handshake(origin, reading_context(heard), seconds)
    except Exception as error:
        return [], True, refusal(error)
    with tls:
        chain, whole = presented_chain(tls, heard)
    return chain, whole, None


def survey_origin(origin, contexts, seconds):
    names = sorted(contexts)

    def under(name):
        return judged(origin, contexts[name], seconds)

    tasks = [lambda: read_chain(origin, seconds)] + [lambda name=name: under(name) for name in names]
    results = all_at_once(tasks)
    chain, whole, error = results[0]
    verdicts = dict(zip(names, results[1:]))
    unmasked = {}
    if chain and not all(item["accepted"] for item in verdicts.values()):
        checks = ("time", "name")
        answers = all_at_once(
            [
                lambda check=check: verdict(origin, unmasking_context(chain[-1], check), seconds)
                for check in checks
            ]
        )
        unmasked = dict(zip(checks, answers))
    return {
        "chain": [base64.b64encode(der).decode("ascii") for der in chain],
        "whole": whole,
        "error": error,
        "verdicts": verdicts,
        "unmasked": unmasked,
    }


def context_or_refusal(trust):
    try:
        return context_for(trust)
    except Exception as error:
        return dict(refusal(error), kind="setting", code=None)


def contexts_of(trusts):
    """Per trust: what holds for direct origins and what holds behind a proxy.

    Each is a context, or the verdict that stands for one that cannot be made.
    """
    contexts = {}
    for name, trust in trusts.items():
        direct = context_or_refusal(trust)
        behind = trust.get("through_proxy")
        contexts[name] = (direct, context_or_refusal(behind) if behind else direct)
    return contexts


def judged(origin, pair, seconds):
    """The verdict on an origin under one of contexts_of."""
    context = pair[1 if origin.get("proxy") else 0]
    return context if isinstance(context, dict) else verdict(origin, context, seconds)


def survey(request):
    contexts = contexts_of(request["trusts"])
    seconds = request["seconds"]
    tasks = [lambda origin=origin: survey_origin(origin, contexts, seconds) for origin in request["origins"]]
    return {"origins": all_at_once(tasks)}


def trial(request):
    contexts = contexts_of({pem: {"pem": pem, "carried": False} for pem in request["anchors"]})
    tasks = [
        lambda origin=origin, pem=pem: judged(origin, contexts[pem], request["seconds"])
        for origin in request["origins"]
        for pem in request["anchors"]
    ]
    results = all_at_once(tasks)
    width = len(request["anchors"])
    return {"origins": [results[start : start + width] for start in range(0, len(results), width or 1)]}


def prove(request):
    for name, value in request["environ"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    contexts = contexts_of({"remedy": request["trust"]})["remedy"]
    return {
        "origins": all_at_once(
            [
                lambda origin=origin: judged(origin, contexts, request["seconds"])
                for origin in request["origins"]
            ]
        )
    }


OPERATIONS = {"facts": facts, "survey": survey, "trial": trial, "prove": prove}


def main():
    # Probing many origins is bounded by file descriptors and by the caller's patience.
    for line in sys.stdin:
        request = json.loads(line)
        answer = OPERATIONS[request["op"]](request)
        sys.stdout.write("pipsafe " + json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
