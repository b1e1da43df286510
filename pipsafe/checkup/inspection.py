"""Networks that open TLS connections to servers that this pip accepts: another pip may well not."""

from collections.abc import Sequence

from pipsafe.causes import codes
from pipsafe.causes.case import Case, Diagnosis
from pipsafe.causes.words import issuer, setting_words
from pipsafe.observations import provenance
from pipsafe.trust import public_roots, system_store

MOST_HOSTS = 3
"""Hosts named in one sentence."""


def find(diagnoses: Sequence[Diagnosis]) -> tuple[str, ...]:
    """Sentences, one for each CA. None where a refused server is diagnosed so: that says it already."""
    if any(item.has("tls-inspection") for item in diagnoses):
        return ()
    hosts: dict[tuple[str, str], list[str]] = {}
    for item in diagnoses:
        if item.is_healthy and _is_inspected(item.case):
            hosts.setdefault((_holders(item.case), issuer(item.case)), []).append(item.case.origin.host)
    return tuple(
        f"Only {holders} {_listed(names)} (CA {ca}): this network inspects TLS."
        for (holders, ca), names in hosts.items()
    )


def _is_inspected(case: Case) -> bool:
    """No public CA vouches for it, and it is a public host, or its certificate is a copy made on the way."""
    public = case.survey.verdicts.get("certifi")
    if public is None or public.kind != "certificate" or public.code not in codes.UNKNOWN_ISSUER:
        return False
    maker = case.provenance.maker
    return maker == provenance.INSPECTION or (case.is_default_index and maker != provenance.PUBLIC_CA)


def _holders(case: Case) -> str:
    """What accepts it, and the verb."""
    found = [system_store.NAME] if case.accepts("system") else []
    setting = case.setting
    is_needed = setting is not None and not case.accepts("pip-without-setting")
    if setting is not None and is_needed and not public_roots.is_of_the_system(setting.value):
        found.append(f"what {setting_words(setting)} names")
    if not found:
        return "the list of CAs that this pip carries accepts"
    return " and ".join(found) + (" accepts" if len(found) == 1 else " accept")


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    more = len(names) - MOST_HOSTS
    return ", ".join(names[:MOST_HOSTS]) + (f" and {more} more" if more > 0 else "")
