"""Words that several explanations share; what strangers wrote stands in quotation marks, and short."""

from collections.abc import Sequence

from pipsafe.causes.case import Case
from pipsafe.language.text import Text, both, counted, enumerated, text
from pipsafe.observations import host_names
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.probes.answered import Verdict
from pipsafe.x509 import distinguished_name
from pipsafe.x509.certificate import Certificate

MOST_NAMES = 5
LONGEST_MESSAGE = 200
"""Characters of a system's words about a certificate."""

OF_THE_ENVIRONMENT = "environment variable "
"""How it is said that a setting was set there (pipsafe/pip_settings/pip_config.py)."""

_HIGHEST_OF_OPENSSL = 1000
"""Systems that verify by themselves have numbers far from OpenSSL's, and quote certificates."""


def quoted(certificate: Certificate) -> Text:
    """The name of a certificate."""
    return text('"{name}"', name=certificate.label)


def whose(case: Case, certificate: Certificate) -> Text:
    """A certificate of the chain, as the subject of a sentence."""
    name = quoted(certificate)
    if certificate is case.leaf:
        # For translators: always the subject of a sentence, which begins with it
        return text("The certificate of {origin}, {name},", origin=case.origin, name=name)
    # For translators: always the subject of a sentence, which begins with it
    return text("The CA certificate {name} in the chain of {origin}", name=name, origin=case.origin)


def issuer(case: Case) -> str:
    """The CA that the presented chain leads to."""
    top = case.top
    if top is None:
        # For translators: stands in place of a CA's name
        return text("an unknown CA")
    if top.is_self_issued:
        return quoted(top)
    return distinguished_name.quoted(top.issuer_common_name or top.issuer_organization or top.issuer)


def names_in(certificate: Certificate | None) -> Text:
    """The hosts that a certificate is for, as far as they can be hosts: anything may stand there."""
    if certificate is None:
        return _first(())
    names = (*certificate.dns_names, *certificate.ip_addresses)
    hosts = [name for name in names if host_names.is_shaped(name)]
    shown = _first(hosts)
    odd = len(names) - len(hosts)
    if not odd:
        return shown
    if not hosts:
        # For translators: of the names in a certificate
        return counted("{count} name that is no host name", "{count} names that are no host names", odd)
    # For translators: of the names in a certificate; {hosts} is a list
    return counted(
        "{hosts} and {count} name that is no host name",
        "{hosts} and {count} names that are no host names",
        odd,
        hosts=shown,
    )


def _first(hosts: Sequence[str]) -> Text:
    """Not too many of them."""
    if not hosts:
        return text("no host")
    shown = enumerated(hosts[:MOST_NAMES])
    more = len(hosts) - MOST_NAMES
    if more <= 0:
        return shown
    # For translators: {hosts} is a list
    return counted("{hosts} and {count} more", "{hosts} and {count} more", more, hosts=shown)


def said(verdict: Verdict) -> str:
    """A verifier's words: OpenSSL's as they are, those of others in quotation marks."""
    if verdict.code is not None and 0 <= verdict.code < _HIGHEST_OF_OPENSSL:
        return verdict.message
    if verdict.kind == "certificate":
        return distinguished_name.quoted(verdict.message, LONGEST_MESSAGE)
    return verdict.message


def listed(words: Sequence[str]) -> str:
    """ "one", "one and another", "one, another and a third"."""
    return both(words) if words else ""


def setting_words(setting: Setting) -> Text:
    """A setting as people speak of it: "the environment variable X", "cert (/etc/pip.conf, line 3)"."""
    if setting.set_in.startswith(OF_THE_ENVIRONMENT):
        # For translators: not at the begin of a sentence; put it behind a colon or into brackets if it would
        # have to be declined
        return text("the environment variable {name}", name=_variable(setting))
    if setting.set_in == "command line":
        # For translators: not at the begin of a sentence; put it behind a colon or into brackets if it would
        # have to be declined
        return text("the option --{name}", name=setting.name)
    # For translators: a setting in a file, as "cert (/etc/pip.conf, line 3)"
    return text("{name} ({place})", name=setting.name, place=setting.set_in)


def setting_as_subject(setting: Setting) -> Text:
    """The same, to begin a sentence with."""
    if setting.set_in.startswith(OF_THE_ENVIRONMENT):
        # For translators: always the subject of a sentence, which begins with it
        return text("The environment variable {name}", name=_variable(setting))
    if setting.set_in == "command line":
        # For translators: always the subject of a sentence, which begins with it
        return text("The option --{name}", name=setting.name)
    name = setting.name[:1].upper() + setting.name[1:]
    return text("{name} ({place})", name=name, place=setting.set_in)


def _variable(setting: Setting) -> str:
    return setting.set_in.removeprefix(OF_THE_ENVIRONMENT)
