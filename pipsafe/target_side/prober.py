"""Makes TLS handshakes under the target's interpreter, with its OpenSSL, as its pip would.

Reads one JSON object per line from stdin and answers each with one line on stdout, which
begins with "pipsafe ": what else stands there was printed at this interpreter's start.

    {"op": "facts", "location": DIR}
        -> {"default_index": URL|null, "certifi": PATH|null, "truststore": bool, "openssl": str|null,
            "defaults": {"file": PATH|null, "folder": PATH|null}, "build": {NAME: str|null}}
    {"op": "survey", "origins": [ORIGIN], "trusts": {NAME: TRUST}, "seconds": S, "begin_within": S}
        -> {"origins": [{"chain": [base64 DER], "whole": bool, "error": VERDICT|null,
                         "verdicts": {NAME: VERDICT}, "unmasked": {"time"|"name"|"lenient": VERDICT},
                         "spoken": str|null, "asks": bool}]}
    {"op": "trial", "origins": [ORIGIN], "candidates": [PEM], "at_proxy": TRUST|null, "seconds": S}
        -> {"origins": [[VERDICT per candidate]]}
    {"op": "prove", "origins": [ORIGIN], "trust": TRUST, "environ": {NAME: str|null}, "seconds": S}
        -> {"origins": [VERDICT]}
    {"op": "redirects", "pages": [{"origin": ORIGIN, "path": str}], "trust": TRUST, "seconds": S}
        -> {"locations": [str|null]}

ORIGIN   {"host": str, "port": int, "client_certificate": PATH|null, "ciphers": str|null,
          "is_proxy": bool,
          "proxy": null | {"scheme", "host", "port", "authorization", "plainly": bool}}
         plainly: spoken to without TLS, whatever its scheme. is_proxy: this is a TLS proxy itself.
TRUST    {"truststore": bool, "file": PATH|null, "pem": str|null, "carried": bool, "strict": bool,
          "openssl_defaults": bool, "through_proxy": TRUST|null, "at_proxy": TRUST|null}
         carried: the roots that pip carries; truststore: what the system trusts. All that is
         named adds up. through_proxy stands in for the rest where the origin has a proxy,
         at_proxy for the certificate of a proxy that is spoken to over TLS. Without at_proxy the
         trusts of a survey vouch for such a proxy together, and elsewhere the trust itself does.
VERDICT  {"accepted": bool, "code": int|null, "message": str,
          "kind": "accepted" | "certificate" | "client-certificate" | "protocol" | "unreachable" |
                  "proxy" | "proxy-tls" | "proxy-certificate" | "setting" | "ssl-missing"}

A candidate is an anchor, and intermediates that help to build a chain; only what issued itself
ends one. An HTTP request is sent for "redirects" only, for a page that pip asks for as well, without
credentials, and over a connection that pip's own trust accepts. A connection that is not verified
serves only to read the chain that the server presents, and is closed at once.
"""

# Python 3.7 syntax, stdlib only.
import json
import os
import queue
import sys
import threading
import time

from pipsafe.target_side import build, pip_parts

SECONDS_TO_FINISH = 1.0
"""For the clean-up of this interpreter, or an answer that nobody waits for any more."""

SSL_ERROR = None
try:
    import ssl
except ImportError as error:
    SSL_ERROR = str(error) or "ImportError"


def facts(request):
    pip_parts.Location.path = request["location"]
    paths = ssl.get_default_verify_paths() if not SSL_ERROR else None
    return {
        "default_index": pip_parts.default_index_of_pip(),
        "certifi": pip_parts.certifi_of_pip(),
        "truststore": sys.version_info >= (3, 10) and pip_parts.truststore_of_pip() is not None,
        "openssl": ssl.OPENSSL_VERSION if not SSL_ERROR else None,
        "defaults": {"file": paths and paths.cafile, "folder": paths and paths.capath},
        "build": build.describe(SSL_ERROR),
    }


# Without ssl


def missing():
    return {"accepted": False, "code": None, "message": SSL_ERROR, "kind": "ssl-missing"}


def survey_nothing(request):
    answer = {
        "chain": [],
        "whole": True,
        "error": missing(),
        "verdicts": {name: missing() for name in request["trusts"]},
        "unmasked": {},
        "spoken": None,
        "asks": False,
    }
    return {"origins": [answer for _ in request["origins"]]}


def try_nothing(request):
    return {"origins": [[missing() for _ in request["candidates"]] for _ in request["origins"]]}


def prove_nothing(request):
    return {"origins": [missing() for _ in request["origins"]]}


def follow_nothing(request):
    return {"locations": [None for _ in request["pages"]]}


OPERATIONS = {
    "facts": facts,
    "survey": survey_nothing,
    "trial": try_nothing,
    "prove": prove_nothing,
    "redirects": follow_nothing,
}
if not SSL_ERROR:
    from pipsafe.target_side import redirects, surveys

    OPERATIONS.update(
        survey=surveys.survey, trial=surveys.trial, prove=surveys.prove, redirects=redirects.redirects
    )


class Questions:
    """The lines of stdin, as they come. Nobody works on for an asker who is gone."""

    def __init__(self):
        self.lines = queue.SimpleQueue()  # type: queue.SimpleQueue[str]
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in sys.stdin:
            self.lines.put(line)
        self.lines.put("")
        time.sleep(SECONDS_TO_FINISH)
        os._exit(1)


def main():
    # Probing many origins is bounded by file descriptors and by the caller's patience.
    questions = Questions()
    for line in iter(questions.lines.get, ""):
        request = json.loads(line)
        answer = OPERATIONS[request["op"]](request)
        sys.stdout.write("pipsafe " + json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
