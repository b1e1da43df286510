"""What a pip trusts, by its version and settings: the rules, read in the sources of pip 19.3 to 26.3.

- truststore is on from 24.2 (unless `legacy-certs`), by `--use-feature` from 22.2; with it on,
  from 24.2, a CA file adds to pip's own roots, else it replaces them.
- From 26.1 urllib3 2 is strict where pip leaves the context to it.
- Under truststore 24.1 leaves out the roots that it carries: requests 2.32 no longer loads
  them, and 24.2 is the first to do so itself.
- Before 25.2 truststore does not reach proxied connections (pip issue 13288): a CA file is all
  there is, and without one the roots that pip carries or, since requests 2.32 in 24.1,
  OpenSSL's defaults.
- A proxy's own certificate is judged by a CA file alone or else by the roots that pip carries, from
  24.1 (requests 2.32) to 25.2 by OpenSSL's defaults instead. From 26.2 truststore reaches there,
  too; from 26.3 not where a CA file is set.
"""

from dataclasses import replace

from pipsafe.causes.case import HIDING_VARIABLES
from pipsafe.pip_settings import pip_tls
from pipsafe.pip_settings.config_paths import TargetFacts
from pipsafe.pip_settings.pip_config import Setting, in_variable
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes.asked import Trust
from pipsafe.trust import system_store


def uses_truststore(around: Surroundings) -> bool:
    """Whether what the system trusts counts for this pip."""
    return pip_tls.uses_truststore(around.target, around.settings)


def present(around: Surroundings) -> Trust:
    """With the settings as they are."""
    verify = around.settings.verify
    return _with_file(around, verify.value if verify else None)


def without_settings(around: Surroundings) -> Trust:
    """Without any CA setting: one may hide another."""
    return _with_file(around, None)


def _with_file(around: Surroundings, path: str | None) -> Trust:
    target = around.target
    truststore = uses_truststore(around)
    adds = truststore and target.pip_version >= (24, 2)
    strict = not truststore and target.pip_version >= (26, 1) and target.python_version >= (3, 13)
    trust = Trust(truststore=truststore, file=path, carried=adds or path is None, strict=strict)
    return applied(trust, target)


def applied(trust: Trust, target: TargetFacts) -> Trust:
    """The trust as this pip makes it, behind a proxy too."""
    version = target.pip_version
    if trust.truststore and (24, 1) <= version < (24, 2):
        trust = replace(trust, carried=False)
    return replace(trust, through_proxy=_through_proxy(trust, version), at_proxy=_at_proxy(trust, target))


def _through_proxy(trust: Trust, version: tuple[int, ...]) -> Trust | None:
    """What holds for an origin behind a proxy, where that is another trust."""
    if not trust.truststore or version >= (25, 2):
        return None
    if trust.file is not None:
        return Trust(file=trust.file, carried=False)
    return Trust() if version < (24, 1) else Trust(carried=False, openssl_defaults=True)


def _at_proxy(trust: Trust, target: TargetFacts) -> Trust:
    """What judges the certificate of a proxy that is spoken to over TLS: from 20.3 on there are such."""
    version = target.pip_version
    if trust.truststore and ((version >= (26, 3) and trust.file is None) or (26, 2) <= version < (26, 3)):
        return replace(trust, through_proxy=None, at_proxy=None)
    strict = version >= (26, 1) and target.python_version >= (3, 13)
    if trust.file is not None:
        return Trust(file=trust.file, carried=False, strict=strict)
    if (24, 1) <= version < (25, 3):
        return Trust(carried=False, openssl_defaults=True, strict=strict)
    return Trust(strict=strict)


def files(trust: Trust, carried: str | None) -> tuple[str, ...]:
    """The files whose roots that trust counts. ``carried``: the one that pip carries."""
    found = (
        trust.file,
        carried if trust.carried else None,
        system_store.path() if trust.truststore else None,
    )
    return tuple(path for path in found if path is not None)


def blamed_setting(around: Surroundings) -> Setting | None:
    """The CA setting to blame, if any: what pip was told, else what hides the system store."""
    verify, environ = around.settings.verify, around.situation.environ
    if verify is not None and verify.value in around.situation.bundles:
        return None  # of a round before: nobody set it
    if verify is not None or not uses_truststore(around) or system_store.judged_by_the_system():
        return verify
    for name in HIDING_VARIABLES:
        if environ.get(name):
            return Setting(name, environ[name], in_variable(name))
    return None
