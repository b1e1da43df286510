"""The page of each cause: what it means, how pipsafe knows, the safe cure, why the bypass is none.

The texts lie in `explanations/`, one Markdown file for each cause. They are read as data of the package, so
a zip will do.
"""

import pkgutil
from collections.abc import Mapping

from pipsafe.language.text import Text, text

GROUPS: Mapping[Text, tuple[str, ...]] = {
    text("What this machine trusts"): (
        "tls-inspection",
        "private-ca",
        "outdated-roots",
        "missing-roots",
        "bad-ca-setting",
        "os-trust-unavailable",
    ),
    text("What the server presents"): (
        "incomplete-chain",
        "self-signed-server",
        "expired",
        "not-yet-valid",
        "hostname-mismatch",
        "revoked",
        "distrusted",
        "weak-crypto",
        "strict-x509",
    ),
    text("The way to the server"): (
        "unreachable",
        "proxy-problem",
        "captive-portal",
        "tls-protocol",
        "client-cert-required",
    ),
    text("This machine"): ("clock-skew", "ssl-module-missing"),
    text("Anything else"): ("unknown",),
}
"""Heading to causes, as people look for them."""

CAUSES = tuple(name for names in GROUPS.values() for name in names)

SAYS_MORE = text("`pipsafe explain {cause}` says more.")
"""Ends what is said of a cause."""


def page(cause: str) -> str:
    """The Markdown of a cause's page. Raises KeyError if there is no such cause."""
    if cause not in CAUSES:
        raise KeyError(cause)
    data = pkgutil.get_data("pipsafe", f"explanations/{cause}.md")
    assert data is not None, "the loader of this package can read its data"
    return data.decode("utf-8").replace("\r\n", "\n")


def meaning(cause: str) -> str:
    """The cause in one sentence, which its page begins with."""
    _, _, rest = page(cause).partition("\n\n")
    return " ".join(rest.partition("\n\n")[0].split())
