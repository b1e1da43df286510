"""The short words on each cause: what happened, and what would cure what pipsafe may not cure.

The long text on a cause is its page in `explanations/`.
"""

from collections.abc import Mapping

from pipsafe.language.text import Text, text

# What happened, in a clause; the cause's name follows in brackets.
HEADLINES: Mapping[str, Text] = {
    "tls-inspection": text("this network opens and inspects TLS connections"),
    "private-ca": text("the server's certificate comes from a CA that is not trusted here"),
    "self-signed-server": text("the server's certificate is signed by nobody but itself"),
    "expired": text("the server's certificate has expired"),
    "not-yet-valid": text("the server's certificate is not valid yet"),
    "hostname-mismatch": text("the server's certificate is for another host"),
    "bad-ca-setting": text("a CA setting is of no use"),
    "missing-roots": text("this pip has no list of trusted CAs"),
    "outdated-roots": text("this pip's list of trusted CAs is outdated"),
    "incomplete-chain": text("the server leaves out a certificate of its chain"),
    "revoked": text("the server's certificate has been revoked"),
    "distrusted": text("a certificate in the server's chain is distrusted"),
    "clock-skew": text("this machine's clock is wrong"),
    "strict-x509": text("a certificate breaks a formal rule that this Python insists on"),
    "weak-crypto": text("a key or a signature in the server's chain is too weak"),
    "ssl-module-missing": text("this Python cannot do TLS: its ssl module is missing"),
    "tls-protocol": text("this Python and the server found no common way to speak TLS"),
    "client-cert-required": text("the server demands a client certificate"),
    "proxy-problem": text("the proxy does not let the connection through"),
    "captive-portal": text("a login page answers in place of the index"),
    "os-trust-unavailable": text("the operating system's list of trusted CAs cannot be asked"),
    "unreachable": text("the server cannot be reached"),
    "unknown": text("TLS failed, and the cause is not known"),
}

# What would cure each cause that pipsafe may not cure.
ADVICE: Mapping[str, Text] = {
    "tls-inspection": text(
        "Ask whoever runs this network for the inspecting proxy's root CA, and put it in the system store "
        "(or name its file with --pipsafe-ca, or its SHA-256 fingerprint with --pipsafe-pin). pipsafe then "
        "uses it by itself."
    ),
    "private-ca": text(
        "Ask whoever runs this index for its root CA, and put it in the system store "
        "(or name its file with --pipsafe-ca, or its SHA-256 fingerprint with --pipsafe-pin). pipsafe then "
        "uses it by itself."
    ),
    "self-signed-server": text(
        "Ask whoever runs this server for a certificate from a CA. Or have its present certificate sent to "
        "you another way, and name its SHA-256 fingerprint with --pipsafe-pin."
    ),
    "expired": text(
        "Whoever runs the server has to renew its certificate. Nothing on this machine can do that."
    ),
    "not-yet-valid": text(
        "Check this machine's date and time first. If they are right, whoever runs the server has to "
        "replace the certificate."
    ),
    "hostname-mismatch": text(
        "Use a name that the certificate is for, or ask whoever runs the server for a certificate for this "
        "name. If neither makes sense, something else answers in the server's place."
    ),
    "bad-ca-setting": text("Correct or remove that setting."),
    "missing-roots": text("Install the system's CA certificates (package ca-certificates), or a whole pip."),
    "outdated-roots": text("Upgrade pip; `pipsafe install --upgrade pip` does."),
    "incomplete-chain": text(
        "Whoever runs the server has to send the whole chain: its own certificate and every intermediate "
        "after it, in the file that the server is given."
    ),
    "revoked": text(
        "Whoever runs the server has to get a new certificate for a new key. Do not work around it here."
    ),
    "distrusted": text(
        "Ask whoever runs the server for a certificate from another CA, or whoever keeps this machine's CAs "
        "why this one is distrusted."
    ),
    "clock-skew": text(
        "Compare this machine's date and time with a watch. If they are wrong, set them (Linux: "
        "`sudo timedatectl set-ntp true`, WSL: `sudo hwclock -s`, macOS: `sudo sntp -sS time.apple.com`, "
        "Windows: `w32tm /resync`), then run the command again."
    ),
    "strict-x509": text(
        "Ask whoever runs that CA to renew it as RFC 5280 has it. pip does not insist on that rule by "
        "itself: if it was given --use-deprecated=legacy-certs, take that away."
    ),
    "weak-crypto": text(
        "Whoever runs the server (or the inspecting proxy) has to replace what is too weak. Usual are RSA "
        "keys of 2048 bits or elliptic curves of 256, and signatures with SHA-256."
    ),
    "ssl-module-missing": text(
        "Use a Python that has its ssl module, or build this one again with the headers that the module "
        "needs."
    ),
    "tls-protocol": text(
        "Check that this address and port speak TLS. If they do, whoever runs the server or the proxy has to "
        "offer TLS 1.2 or newer; an old Python has to give way to a newer one."
    ),
    "client-cert-required": text(
        "Ask whoever runs the index for a client certificate, and name its file (private key and certificate "
        "in one PEM) with pip's --client-cert."
    ),
    "proxy-problem": text(
        "Correct the proxy's address, name or password where it is set: HTTPS_PROXY, or `proxy` in pip's "
        "configuration. Most proxies are addressed with http, also for HTTPS."
    ),
    "captive-portal": text("Open a browser, sign in to this network, and run the command again."),
    "os-trust-unavailable": text(
        "Let this process reach the operating system's certificate service and files: outside of a sandbox, "
        "most often. Or name a CA file with --pipsafe-ca."
    ),
    "unreachable": text("Check the address, the network and the proxy settings."),
    "unknown": text("The note below has all that was seen."),
}


# Where no cause has a headline.
TLS_FAILED = text("TLS failed")


def headline(clause: str, cause: str) -> Text:
    """What happened, and the name of the cause."""
    # For translators: {clause} is what happened; {cause} is a name that stays in English.
    return text("{clause} ({cause})", clause=clause, cause=cause)


def with_code(words: str, code: int | None) -> str:
    """The words, and the verifier's number for them, if it has one."""
    return text("{words} (verify code {code})", words=words, code=code) if code else words
