"""What the settings that decide whom pip trusts do.

That depends on the pip; the rules are those of `pip_trust`, which names their sources.
"""

from collections.abc import Iterator

from pipsafe.checkup.effect import Effect
from pipsafe.checkup.unverified import EVERY_HOST, GIT_VARIABLE, NAME, Unverified
from pipsafe.checkup.view import View
from pipsafe.language.text import counted, text
from pipsafe.pip_settings import pip_trust
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.trust import ca_file, system_store

TRUSTSTORE_BY_FEATURE = (22, 2)
TRUSTSTORE_BY_DEFAULT = (24, 2)
OLDEST_PYTHON_OF_TRUSTSTORE = (3, 10)

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
OPENSSL_VARIABLES = {
    # For translators: a clause whose subject is a setting, which stands above it; so are the others here.
    "SSL_CERT_FILE": text("stands in for the system store's file, and so may hide that store"),
    "SSL_CERT_DIR": text("stands in for the system store's folder, and so may hide that store"),
}
"""What they do where truststore reads the system store by OpenSSL."""


def _cert(view: View) -> Iterator[Effect]:
    around = view.around.settings
    if around.cert is None:
        return
    if around.ca_bundle_env is not None:
        yield Effect.of(around.cert, _ignored(around.ca_bundle_env))
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
            yield Effect.of(item, _ignored(around.ca_bundle_env))
        else:
            yield _ca_file(view, item)


def _ignored(winner: Setting) -> str:
    return text("is ignored: {variable} wins", variable=winner.name)


def _ca_file(view: View, item: Setting) -> Effect:
    """The CA file or folder that is in force."""
    read = ca_file.read(item.value)
    if not read.certificates:
        problem = read.problems[0] if read.problems else text("holds no certificate")
        # For translators: {problem} is a clause whose subject is a file, such as "holds no certificate".
        effect = text("names what {problem}: no TLS connection of pip can succeed", problem=problem)
        return Effect.of(item, effect, "error")
    number = len(read.certificates)
    trust = pip_trust.present(view.around)
    if trust.truststore and trust.carried:
        return Effect.of(item, _adding(number))
    return Effect.of(item, _beside_the_store(number) if trust.truststore else _alone(number))


def _adding(number: int) -> str:
    if number == 1:
        return text("adds its only certificate to the system store and to the roots that pip carries")
    return counted(
        "adds its {count} certificate to the system store and to the roots that pip carries",
        "adds its {count} certificates to the system store and to the roots that pip carries",
        number,
    )


def _beside_the_store(number: int) -> str:
    if number == 1:
        return text("pip trusts its only certificate and the system store, and not the roots that it carries")
    return counted(
        "pip trusts its {count} certificate and the system store, and not the roots that it carries",
        "pip trusts its {count} certificates and the system store, and not the roots that it carries",
        number,
    )


def _alone(number: int) -> str:
    if number == 1:
        return text("pip trusts its only certificate in place of the roots that it carries")
    return counted(
        "pip trusts its {count} certificate in place of the roots that it carries",
        "pip trusts its {count} certificates in place of the roots that it carries",
        number,
    )


def _openssl_variables(view: View) -> Iterator[Effect]:
    for name, effect in OPENSSL_VARIABLES.items():
        item = view.variable(name)
        if item is None:
            continue
        if not pip_trust.uses_truststore(view.around):
            unread = text("is not read by this pip; what it builds and fetches by git may read it")
            yield Effect.of(item, unread)
        elif system_store.judged_by_the_system():
            yield Effect.of(item, text("is not read by this pip: the system itself judges"))
        else:
            yield Effect.of(item, effect)


def _client_cert(view: View) -> Iterator[Effect]:
    if (item := view.around.settings.client_cert) is not None:
        yield Effect.of(item, text("is shown to servers that ask for a client certificate"))


def _features(view: View) -> Iterator[Effect]:
    for item in view.values("use-feature"):
        if item.value == "truststore":
            yield Effect.of(item, _of_truststore(view))
    for item in view.values("use-deprecated"):
        if item.value == "legacy-certs":
            on_by_default = view.around.target.pip_version >= TRUSTSTORE_BY_DEFAULT
            effect = (
                text("makes pip leave the system store out")
                if on_by_default
                else text("is the only way of this pip")
            )
            yield Effect.of(item, effect)


def _of_truststore(view: View) -> str:
    target = view.around.target
    if target.pip_version < TRUSTSTORE_BY_FEATURE:
        return text("is unknown to this pip, which stops at it")
    if target.python_version < OLDEST_PYTHON_OF_TRUSTSTORE:
        return text("has no effect: it needs Python 3.10")
    if view.around.settings.legacy_certs:
        return text("has no effect beside --use-deprecated=legacy-certs")
    if target.pip_version >= TRUSTSTORE_BY_DEFAULT:
        return text("says what this pip does anyway: trust the system store")
    if view.facts.truststore:
        return text("makes pip trust the system store")
    return text("makes pip trust the system store; but truststore is not installed there")


def _trusted_hosts(view: View) -> Iterator[Effect]:
    for item in view.hosts:
        if item.in_force:
            name = _name_of(item)
            value = item.host if name == NAME else view.around.situation.environ.get(name, "")
            yield Effect(name, value, item.set_in, _unverified(item), "error")


def _unverified(item: Unverified) -> str:
    if item.host != EVERY_HOST:
        return text("turns verification off at {host}", host=item.host)
    if item.by_git:
        return text("turns verification off at every server that git asks")
    return text("turns verification off at every server")


def _name_of(item: Unverified) -> str:
    """The setting's name: all but pip's own are variables."""
    variables = (GIT_VARIABLE, "CURL_CA_BUNDLE") if item.host == EVERY_HOST else ()
    return next((name for name in variables if name in item.set_in), NAME)


JUDGES = (_cert, _bundle_variables, _openssl_variables, _client_cert, _features, _trusted_hosts)
