"""What the settings that decide whom pip trusts do.

That depends on the pip; the rules are those of `pip_trust`, which names their sources.
"""

from collections.abc import Iterator

from pipsafe.checkup.effect import Effect
from pipsafe.checkup.unverified import EVERY_HOST, GIT_VARIABLE, NAME, Unverified
from pipsafe.checkup.view import View
from pipsafe.pip_settings import pip_trust
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.trust import ca_file, system_store

TRUSTSTORE_BY_FEATURE = (22, 2)
TRUSTSTORE_BY_DEFAULT = (24, 2)
OLDEST_PYTHON_OF_TRUSTSTORE = (3, 10)

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
OPENSSL_VARIABLES = {"SSL_CERT_FILE": "file", "SSL_CERT_DIR": "folder"}


def _cert(view: View) -> Iterator[Effect]:
    around = view.around.settings
    if around.cert is None:
        return
    if around.ca_bundle_env is not None:
        yield Effect.of(around.cert, f"is ignored: {around.ca_bundle_env.name} wins")
    else:
        yield _ca_file(view, around.cert)


def _bundle_variables(view: View) -> Iterator[Effect]:
    around = view.around.settings
    for name in BUNDLE_VARIABLES:
        item = view.variable(name)
        if item is None:
            continue
        if view.left_out:
            yield Effect.of(item, view.left_out)
        elif around.ca_bundle_env is not None and around.ca_bundle_env.name != name:
            yield Effect.of(item, f"is ignored: {around.ca_bundle_env.name} wins")
        else:
            yield _ca_file(view, item)


def _ca_file(view: View, item: Setting) -> Effect:
    """The CA file or folder that is in force."""
    read = ca_file.read(item.value)
    if not read.certificates:
        problem = read.problems[0] if read.problems else "holds no certificate"
        return Effect.of(item, f"names what {problem}: no TLS connection of pip can succeed", "error")
    number = len(read.certificates)
    its = "its only certificate" if number == 1 else f"its {number} certificates"
    trust = pip_trust.present(view.around)
    if trust.truststore and trust.carried:
        return Effect.of(item, f"adds {its} to the system store and to the roots that pip carries")
    if trust.truststore:
        return Effect.of(item, f"pip trusts {its} and the system store, and not the roots that it carries")
    return Effect.of(item, f"pip trusts {its} in place of the roots that it carries")


def _openssl_variables(view: View) -> Iterator[Effect]:
    for name, what in OPENSSL_VARIABLES.items():
        item = view.variable(name)
        if item is None:
            continue
        if not pip_trust.uses_truststore(view.around):
            yield Effect.of(item, "is not read by this pip; what it builds and fetches by git may read it")
        elif system_store.judged_by_the_system():
            yield Effect.of(item, "is not read by this pip: the system itself judges")
        else:
            yield Effect.of(item, f"stands in for the system store's {what}, and so may hide that store")


def _client_cert(view: View) -> Iterator[Effect]:
    if (item := view.around.settings.client_cert) is not None:
        yield Effect.of(item, "is shown to servers that ask for a client certificate")


def _features(view: View) -> Iterator[Effect]:
    for item in view.values("use-feature"):
        if item.value == "truststore":
            yield Effect.of(item, _of_truststore(view))
    for item in view.values("use-deprecated"):
        if item.value == "legacy-certs":
            on_by_default = view.around.target.pip_version >= TRUSTSTORE_BY_DEFAULT
            effect = (
                "makes pip leave the system store out" if on_by_default else "is the only way of this pip"
            )
            yield Effect.of(item, effect)


def _of_truststore(view: View) -> str:
    target = view.around.target
    if target.pip_version < TRUSTSTORE_BY_FEATURE:
        return "is unknown to this pip, which stops at it"
    if target.python_version < OLDEST_PYTHON_OF_TRUSTSTORE:
        return "has no effect: it needs Python 3.10"
    if view.around.settings.legacy_certs:
        return "has no effect beside --use-deprecated=legacy-certs"
    if target.pip_version >= TRUSTSTORE_BY_DEFAULT:
        return "says what this pip does anyway: trust the system store"
    at_hand = view.facts.truststore
    return "makes pip trust the system store" + ("" if at_hand else "; but truststore is not installed there")


def _trusted_hosts(view: View) -> Iterator[Effect]:
    for item in view.hosts:
        if item.in_force:
            name = _name_of(item)
            value = item.host if name == NAME else view.around.situation.environ.get(name, "")
            yield Effect(name, value, item.set_in, f"turns verification off at {item.whom}", "error")


def _name_of(item: Unverified) -> str:
    """The setting's name: all but pip's own are variables."""
    variables = (GIT_VARIABLE, "CURL_CA_BUNDLE") if item.host == EVERY_HOST else ()
    return next((name for name in variables if name in item.set_in), NAME)


JUDGES = (_cert, _bundle_variables, _openssl_variables, _client_cert, _features, _trusted_hosts)
