"""How a pip speaks TLS, by its version and settings, apart from whom it trusts.

Sources: pip's `_internal/cli/index_command.py` (before 24.1 `req_command.py`), and urllib3's
`util/ssl_.py` and `connection.py` as pip vendors them, 19.3 to 26.3. Where truststore is used its
context leaves the ciphers to Python; urllib3 2 (from pip 26.1 on) does so, too.
"""

from pipsafe.pip_settings.config_paths import TargetFacts
from pipsafe.pip_settings.settings import Settings

URLLIB3_CIPHERS = (
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDH+AESGCM:DH+AESGCM:ECDH+AES:DH+AES:"
    "RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!MD5:!DSS"
)
"""What urllib3 1 names in every context of its own."""

# First pips to behave so.
TLS_WITH_PROXIES = (20, 3)
TRUSTSTORE_AS_A_FEATURE = (22, 2)
TRUSTSTORE = (24, 2)
URLLIB3_2 = (26, 1)


def uses_truststore(target: TargetFacts, settings: Settings) -> bool:
    """Whether what the system trusts counts for this pip."""
    if target.python_version < (3, 10) or settings.legacy_certs:
        return False
    asked = "truststore" in settings.use_features
    return target.pip_version >= TRUSTSTORE or (target.pip_version >= TRUSTSTORE_AS_A_FEATURE and asked)


def ciphers(target: TargetFacts, settings: Settings) -> str | None:
    """The ciphers that this pip names by itself, as OpenSSL reads them."""
    if target.pip_version >= URLLIB3_2 or uses_truststore(target, settings):
        return None
    return URLLIB3_CIPHERS


def speaks_plainly_with_proxies(target: TargetFacts) -> bool:
    """Whether `https://` in a proxy's URL means nothing to this pip."""
    return target.pip_version < TLS_WITH_PROXIES
