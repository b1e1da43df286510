"""The short words on each cause: what happened, and what would cure what pipsafe may not cure.

The long text on a cause is its page in `explanations/`.
"""

from collections.abc import Mapping

# What happened, in a clause; the cause's name follows in brackets.
HEADLINES: Mapping[str, str] = {
    "tls-inspection": "this network opens and inspects TLS connections",
    "private-ca": "the server's certificate comes from a CA that is not trusted here",
    "self-signed-server": "the server's certificate is signed by nobody but itself",
    "expired": "the server's certificate has expired",
    "not-yet-valid": "the server's certificate is not valid yet",
    "hostname-mismatch": "the server's certificate is for another host",
    "bad-ca-setting": "a CA setting is of no use",
    "missing-roots": "this pip has no list of trusted CAs",
    "outdated-roots": "this pip's list of trusted CAs is outdated",
    "incomplete-chain": "the server leaves out a certificate of its chain",
    "revoked": "the server's certificate has been revoked",
    "distrusted": "a certificate in the server's chain is distrusted",
    "clock-skew": "this machine's clock is wrong",
    "strict-x509": "a certificate breaks a formal rule that this Python insists on",
    "weak-crypto": "a key or a signature in the server's chain is too weak",
    "ssl-module-missing": "this Python cannot do TLS: its ssl module is missing",
    "tls-protocol": "this Python and the server found no common way to speak TLS",
    "client-cert-required": "the server demands a client certificate",
    "proxy-problem": "the proxy does not let the connection through",
    "captive-portal": "a login page answers in place of the index",
    "os-trust-unavailable": "the operating system's list of trusted CAs cannot be asked",
    "unreachable": "the server cannot be reached",
    "unknown": "TLS failed, and the cause is not known",
}

# What would cure each cause that pipsafe may not cure.
ADVICE: Mapping[str, str] = {
    "tls-inspection": (
        "Ask whoever runs this network for the inspecting proxy's root CA, and put it in the system store "
        "(or name its file with --pipsafe-ca, or its SHA-256 fingerprint with --pipsafe-pin). pipsafe then "
        "uses it by itself."
    ),
    "private-ca": (
        "Ask whoever runs this index for its root CA, and put it in the system store "
        "(or name its file with --pipsafe-ca, or its SHA-256 fingerprint with --pipsafe-pin). pipsafe then "
        "uses it by itself."
    ),
    "self-signed-server": (
        "Ask whoever runs this server for a certificate from a CA. Or have its present certificate sent to "
        "you another way, and name its SHA-256 fingerprint with --pipsafe-pin."
    ),
    "expired": "Whoever runs the server has to renew its certificate. Nothing on this machine can do that.",
    "not-yet-valid": (
        "Check this machine's date and time first. If they are right, whoever runs the server has to "
        "replace the certificate."
    ),
    "hostname-mismatch": (
        "Use a name that the certificate is for, or ask whoever runs the server for a certificate for this "
        "name. If neither makes sense, something else answers in the server's place."
    ),
    "bad-ca-setting": "Correct or remove that setting.",
    "missing-roots": "Install the system's CA certificates (package ca-certificates), or a whole pip.",
    "outdated-roots": "Upgrade pip; `pipsafe install --upgrade pip` does.",
    "incomplete-chain": (
        "Whoever runs the server has to send the whole chain: its own certificate and every intermediate "
        "after it, in the file that the server is given."
    ),
    "revoked": (
        "Whoever runs the server has to get a new certificate for a new key. Do not work around it here."
    ),
    "distrusted": (
        "Ask whoever runs the server for a certificate from another CA, or whoever keeps this machine's CAs "
        "why this one is distrusted."
    ),
    "clock-skew": (
        "Compare this machine's date and time with a watch. If they are wrong, set them (Linux: "
        "`sudo timedatectl set-ntp true`, WSL: `sudo hwclock -s`, macOS: `sudo sntp -sS time.apple.com`, "
        "Windows: `w32tm /resync`), then run the command again."
    ),
    "strict-x509": (
        "Ask whoever runs that CA to renew it as RFC 5280 has it. pip does not insist on that rule by "
        "itself: if it was given --use-deprecated=legacy-certs, take that away."
    ),
    "weak-crypto": (
        "Whoever runs the server (or the inspecting proxy) has to replace what is too weak. Usual are RSA "
        "keys of 2048 bits or elliptic curves of 256, and signatures with SHA-256."
    ),
    "ssl-module-missing": (
        "Use a Python that has its ssl module, or build this one again with the headers that the module "
        "needs."
    ),
    "tls-protocol": (
        "Check that this address and port speak TLS. If they do, whoever runs the server or the proxy has to "
        "offer TLS 1.2 or newer; an old Python has to give way to a newer one."
    ),
    "client-cert-required": (
        "Ask whoever runs the index for a client certificate, and name its file (private key and certificate "
        "in one PEM) with pip's --client-cert."
    ),
    "proxy-problem": (
        "Correct the proxy's address, name or password where it is set: HTTPS_PROXY, or `proxy` in pip's "
        "configuration. Most proxies are addressed with http, also for HTTPS."
    ),
    "captive-portal": "Open a browser, sign in to this network, and run the command again.",
    "os-trust-unavailable": (
        "Let this process reach the operating system's certificate service and files: outside of a sandbox, "
        "most often. Or name a CA file with --pipsafe-ca."
    ),
    "unreachable": "Check the address, the network and the proxy settings.",
    "unknown": "The note below has all that was seen.",
}
