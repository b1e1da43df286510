"""Networks that open TLS connections to servers that this pip accepts: another pip may well not."""

from collections.abc import Sequence

from pipsafe.causes import codes
from pipsafe.causes.case import Case, Diagnosis
from pipsafe.causes.words import issuer, setting_words
from pipsafe.language.text import Text, text
from pipsafe.messages import several
from pipsafe.observations import provenance
from pipsafe.trust import public_roots

MOST_HOSTS = 3
"""Hosts named in one sentence."""

# For translators: {ca} is the name of a CA.
BY_STORE = text("Only the system store accepts {hosts} (CA {ca}): this network inspects TLS.")
# For translators: {setting} is what names a CA file, such as "the environment variable PIP_CERT".
BY_SETTING = text("Only what {setting} names accepts {hosts} (CA {ca}): this network inspects TLS.")
BY_BOTH = text(
    "Only the system store and what {setting} names accept {hosts} (CA {ca}): this network inspects TLS."
)
BY_LIST = text(
    "Only the list of CAs that this pip carries accepts {hosts} (CA {ca}): this network inspects TLS."
)


def find(diagnoses: Sequence[Diagnosis]) -> tuple[str, ...]:
    """Sentences, one for each CA. None where a refused server is diagnosed so: that says it already."""
    if any(item.has("tls-inspection") for item in diagnoses):
        return ()
    hosts: dict[tuple[Text, str, str], list[str]] = {}
    for item in diagnoses:
        if item.is_healthy and _is_inspected(item.case):
            found, setting = _holders(item.case)
            hosts.setdefault((found, setting, issuer(item.case)), []).append(item.case.origin.host)
    return tuple(
        found.filled(setting=setting, hosts=several.listed(list(dict.fromkeys(names)), MOST_HOSTS), ca=ca)
        for (found, setting, ca), names in hosts.items()
    )


def _is_inspected(case: Case) -> bool:
    """No public CA vouches for it, and it is a public host, or its certificate is a copy made on the way."""
    public = case.survey.verdicts.get("certifi")
    if public is None or public.kind != "certificate" or public.code not in codes.UNKNOWN_ISSUER:
        return False
    maker = case.provenance.maker
    return maker == provenance.INSPECTION or (case.is_default_index and maker != provenance.PUBLIC_CA)


def _holders(case: Case) -> tuple[Text, str]:
    """The sentence on what accepts it, and the setting that it speaks of, or ""."""
    setting = case.setting
    is_needed = setting is not None and not case.accepts("pip-without-setting")
    if setting is not None and is_needed and not public_roots.is_of_the_system(setting.value):
        return (BY_BOTH if case.accepts("system") else BY_SETTING), setting_words(setting)
    return (BY_STORE if case.accepts("system") else BY_LIST), ""
