"""Causes that lie in what this machine, or this pip, trusts; also who made what the server presents."""

from pipsafe.causes import codes, maker
from pipsafe.causes.case import HIDING_VARIABLES, Case
from pipsafe.causes.connection import os_trust_unavailable
from pipsafe.causes.server_certificate import presents_what_is_in_time, self_signed_server
from pipsafe.causes.words import capital, issuer, quoted, setting_words
from pipsafe.observations.inspectors import recognise
from pipsafe.observations.provenance import INSPECTION


def bad_ca_setting(case: Case) -> str | None:
    """A setting names a file that is of no use, or that lacks what it stands in for."""
    setting = case.setting
    if setting is None:
        return None
    where = capital(setting_words(setting))
    if case.setting_problem:
        return f"{where} names {setting.value}, which {case.setting_problem}."
    hidden = setting.name in HIDING_VARIABLES
    if case.accepts("system" if hidden else "pip-without-setting"):
        if hidden:
            return (
                f"{where} names {setting.value} and so hides the system store, "
                f"which has the root that {case.origin} needs."
            )
        return (
            f"{where} names {setting.value}, which lacks the root that {case.origin} needs; "
            "without that setting pip accepts the server."
        )
    return None


def missing_roots(case: Case) -> str | None:
    """pip has nothing to compare with."""
    if case.pip_roots or case.setting is not None:
        return None
    return "This pip has no list of roots at all: the file that should hold it is missing or empty."


def outdated_roots(case: Case) -> str | None:
    """Today's public roots would do."""
    if not case.accepts("certifi") or case.accepts("pip-without-setting") or not case.pip_roots:
        return None
    refusal = case.judgement
    for_its_roots = refusal.code is None or refusal.code in codes.UNKNOWN_ISSUER | codes.EXPIRED
    if refusal.kind != "certificate" or not for_its_roots or os_trust_unavailable(case):
        return None
    return (
        f"Today's public roots (certifi) accept {case.origin}, the roots that this pip carries do not: "
        "they are outdated."
    )


def incomplete_chain(case: Case) -> str | None:
    """The server leaves out what stands between its certificate and a root that is trusted here.

    Only a handshake shows that: the name of a public CA, and its marks, can be written by anybody.
    """
    if not _refused_for_its_issuer(case) or case.portal:
        return None
    top = case.top
    if top is None or top.is_self_issued or not case.survey.whole:
        return None
    done = case.completed_by
    if done is None:
        return None
    missing = ", ".join(quoted(item) for item in done.intermediates)
    return (
        f"{case.origin} leaves out a certificate that it has to send, {missing}: with it the chain "
        f"ends in {quoted(done.anchor)}, which is trusted here."
    )


def tls_inspection(case: Case) -> str | None:
    """Somebody on the way opens the connection."""
    if not _has_a_private_issuer(case) or maker.of(case).maker != INSPECTION:
        return None
    product = recognise(case.survey.chain)
    ground = (
        f"{case.origin} is a public host, yet no public root accepts its certificate"
        if case.is_default_index or product is None
        else f"The certificate of {case.origin} is made by an inspection product"
    )
    by = _made_by(case, product)
    return f"{ground}; {by}. The connection is opened and read on its way (TLS inspection)."


def _made_by(case: Case, product: str | None) -> str:
    """Who is named as the issuer, and how much that is worth, as a clause."""
    if maker.is_forged(case):
        return f"it names {issuer(case)}, and {maker.signer(case)} did not sign it"
    if product:
        return f"its issuer, {issuer(case)}, is {product}'s"
    is_root = case.top is not None and case.top.is_self_issued
    return f"its issuer is {issuer(case)}" if is_root else f"the issuer that it names is {issuer(case)}"


def private_ca(case: Case) -> str | None:
    """A CA of somebody's own."""
    if not _has_a_private_issuer(case) or maker.of(case).maker == INSPECTION:
        return None
    top = case.top
    if maker.is_forged(case):
        return (
            f"The certificate of {case.origin} is from a CA that nobody here knows: it names {issuer(case)}, "
            f"and {maker.signer(case)} did not sign it."
        )
    if top is not None and not top.is_self_issued and case.completed_by is None:
        return (
            f"The certificate of {case.origin} is issued by {issuer(case)}, which no public list of CAs "
            "has: a private CA, or the server leaves out a certificate between its own and the root."
            + _marks(case)
            + _namesake(case)
        )
    return (
        f"{case.origin} has a certificate from a private CA, {issuer(case)}, that no public root list has."
        + _namesake(case)
    )


def _has_a_private_issuer(case: Case) -> bool:
    """Refused for its issuer, which is a CA, and for more than a certificate that was left out."""
    if not _refused_for_its_issuer(case) or self_signed_server(case) is not None or case.portal:
        return False
    if incomplete_chain(case) is None:
        return True
    return case.completed_by is not None and not case.root_is_trusted


def _refused_for_its_issuer(case: Case) -> bool:
    """Refused for its issuer by pip, and by the public roots that were asked."""
    public = case.survey.verdicts.get("certifi")
    if public is None or public.kind != "certificate":
        return False
    # What pip finds fault with now: a setting in force may well hold the right CA.
    verdict = case.judgement if case.pip.kind == "setting" else case.pip
    if verdict.kind != "certificate":
        return False
    out_of_time = verdict.code in codes.EXPIRED | codes.NOT_YET_VALID
    has_old_anchor = out_of_time and presents_what_is_in_time(case)
    unknown = verdict.code is None or verdict.code in codes.UNKNOWN_ISSUER or verdict.code == codes.NAMESAKE
    return unknown or has_old_anchor


def _namesake(case: Case) -> str:
    """A sentence on a root of the issuer's name that is trusted and is not the issuer."""
    if not any(verdict.code == codes.NAMESAKE for verdict in case.survey.verdicts.values()):
        return ""
    return " A CA of that name is trusted here, but it has another key: it is not the one that signed."


def _marks(case: Case) -> str:
    """What the marks of a public CA are worth, as sentences to append."""
    if maker.is_forged(case) or not maker.bears_public_marks(case):
        return ""
    return f" {maker.WRITTEN_BY_ANYBODY}{_not_fetched(case)}"


def _not_fetched(case: Case) -> str:
    """Why the missing certificate could not be had, as a sentence to append."""
    if case.completion is None:
        return ""
    if case.completion.refused:
        return f" It could not be fetched: {case.completion.refused[0]}"
    return ""
