"""Words that several explanations share; what strangers wrote stands in quotation marks, and short."""

from collections.abc import Sequence

from pipsafe.causes.case import Case
from pipsafe.observations import host_names
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.probes.probe import Verdict
from pipsafe.x509 import distinguished_name
from pipsafe.x509.certificate import Certificate

MOST_NAMES = 5
LONGEST_MESSAGE = 200
"""Characters of a system's words about a certificate."""

_HIGHEST_OF_OPENSSL = 1000
"""Systems that verify by themselves have numbers far from OpenSSL's, and quote certificates."""


def quoted(certificate: Certificate) -> str:
    """The name of a certificate."""
    return f'"{certificate.label}"'


def whose(case: Case, certificate: Certificate) -> str:
    """A certificate of the chain, as the subject of a sentence."""
    if certificate is case.leaf:
        return f"The certificate of {case.origin}, {quoted(certificate)},"
    return f"The CA certificate {quoted(certificate)} in the chain of {case.origin}"


def issuer(case: Case) -> str:
    """The CA that the presented chain leads to."""
    top = case.top
    if top is None:
        return "an unknown CA"
    if top.is_self_issued:
        return quoted(top)
    return distinguished_name.quoted(top.issuer_common_name or top.issuer_organization or top.issuer)


def names_in(certificate: Certificate | None) -> str:
    """The hosts that a certificate is for, as far as they can be hosts: anything may stand there."""
    if certificate is None:
        return "no host"
    names = (*certificate.dns_names, *certificate.ip_addresses)
    hosts = [name for name in names if host_names.is_shaped(name)]
    shown = [", ".join(hosts[:MOST_NAMES])] if hosts else []
    if len(hosts) > MOST_NAMES:
        shown.append(f"{len(hosts) - MOST_NAMES} more")
    if len(hosts) < len(names):
        odd = len(names) - len(hosts)
        shown.append("1 name that is no host name" if odd == 1 else f"{odd} names that are no host names")
    return " and ".join(shown) or "no host"


def said(verdict: Verdict) -> str:
    """A verifier's words: OpenSSL's as they are, those of others in quotation marks."""
    if verdict.code is not None and 0 <= verdict.code < _HIGHEST_OF_OPENSSL:
        return verdict.message
    is_of_system = verdict.kind == "certificate"
    return distinguished_name.quoted(verdict.message, LONGEST_MESSAGE) if is_of_system else verdict.message


def listed(words: Sequence[str]) -> str:
    """ "one", "one and another", "one, another and a third"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def setting_words(setting: Setting) -> str:
    """A setting as people speak of it: "the environment variable X", "cert (/etc/pip.conf, line 3)"."""
    if setting.set_in.startswith("environment variable"):
        return f"the {setting.set_in}"
    if setting.set_in == "command line":
        return f"the option --{setting.name}"
    return f"{setting.name} ({setting.set_in})"


def capital(words: str) -> str:
    """The same, to begin a sentence with."""
    return words[:1].upper() + words[1:]
