"""Causes that lie in what this machine, or this pip, trusts; also who made what the server presents."""

from pipsafe.causes import codes, maker
from pipsafe.causes.case import HIDING_VARIABLES, Case
from pipsafe.causes.connection import os_trust_unavailable
from pipsafe.causes.server_certificate import presents_what_is_in_time, self_signed_server
from pipsafe.causes.words import issuer, quoted, setting_as_subject
from pipsafe.language.text import Text, enumerated, sentences, text
from pipsafe.observations.inspectors import recognise
from pipsafe.observations.provenance import INSPECTION


def bad_ca_setting(case: Case) -> str | None:
    """A setting names a file that is of no use, or that lacks what it stands in for."""
    setting = case.setting
    if setting is None:
        return None
    where = setting_as_subject(setting)
    if case.setting_problem:
        # For translators: {problem} is a predicate whose subject is the file, as "does not exist"; a colon
        # before it lets it stand alone
        return text(
            "{the_setting} names {file}, which {problem}.",
            the_setting=where,
            file=setting.value,
            problem=case.setting_problem,
        )
    if setting.name in HIDING_VARIABLES:
        if not case.accepts("system"):
            return None
        return text(
            "{the_setting} names {file} and so hides the system store, "
            "which has the root that {origin} needs.",
            the_setting=where,
            file=setting.value,
            origin=case.origin,
        )
    if not case.accepts("pip-without-setting"):
        return None
    return text(
        "{the_setting} names {file}, which lacks the root that {origin} needs; "
        "without that setting pip accepts the server.",
        the_setting=where,
        file=setting.value,
        origin=case.origin,
    )


def missing_roots(case: Case) -> str | None:
    """pip has nothing to compare with."""
    if case.pip_roots or case.setting is not None:
        return None
    return text("This pip has no list of roots at all: the file that should hold it is missing or empty.")


def outdated_roots(case: Case) -> str | None:
    """Today's public roots would do."""
    if not case.accepts("certifi") or case.accepts("pip-without-setting") or not case.pip_roots:
        return None
    refusal = case.judgement
    for_its_roots = refusal.code is None or refusal.code in codes.UNKNOWN_ISSUER | codes.EXPIRED
    if refusal.kind != "certificate" or not for_its_roots or os_trust_unavailable(case):
        return None
    return text(
        "Today's public roots (certifi) accept {origin}, the roots that this pip carries do not: "
        "they are outdated.",
        origin=case.origin,
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
    return text(
        "{origin} leaves out a certificate that it has to send, {missing}: with it the chain "
        "ends in {root}, which is trusted here.",
        origin=case.origin,
        missing=enumerated(quoted(item) for item in done.intermediates),
        root=quoted(done.anchor),
    )


def tls_inspection(case: Case) -> str | None:
    """Somebody on the way opens the connection."""
    if not _has_a_private_issuer(case) or maker.of(case).maker != INSPECTION:
        return None
    product = recognise(case.survey.chain)
    if case.is_default_index or product is None:
        # For translators: stands before a semicolon
        ground = text(
            "{origin} is a public host, yet no public root accepts its certificate", origin=case.origin
        )
    else:
        # For translators: stands before a semicolon
        ground = text("The certificate of {origin} is made by an inspection product", origin=case.origin)
    return text(
        "{ground}; {made_by}. The connection is opened and read on its way (TLS inspection).",
        ground=ground,
        made_by=_made_by(case, product),
    )


def _made_by(case: Case, product: str | None) -> Text:
    """Who is named as the issuer, and how much that is worth, as a clause."""
    named = issuer(case)
    if maker.is_forged(case):
        # For translators: stands behind a semicolon; "it" is the certificate, {signer} a subject
        return text(
            "it names {issuer}, and {signer} did not sign it", issuer=named, signer=maker.signer(case)
        )
    if product:
        # For translators: stands behind a semicolon; "its" is the certificate's, {product} a product's name
        return text("its issuer, {issuer}, is {product}'s", issuer=named, product=product)
    if case.top is not None and case.top.is_self_issued:
        # For translators: stands behind a semicolon; "its" is the certificate's
        return text("its issuer is {issuer}", issuer=named)
    # For translators: stands behind a semicolon; "it" is the certificate
    return text("the issuer that it names is {issuer}", issuer=named)


def private_ca(case: Case) -> str | None:
    """A CA of somebody's own."""
    if not _has_a_private_issuer(case) or maker.of(case).maker == INSPECTION:
        return None
    top = case.top
    if maker.is_forged(case):
        # For translators: {issuer} is a name, {signer} a subject
        return text(
            "The certificate of {origin} is from a CA that nobody here knows: it names {issuer}, "
            "and {signer} did not sign it.",
            origin=case.origin,
            issuer=issuer(case),
            signer=maker.signer(case),
        )
    if top is None:
        found = text(
            "{origin} has a certificate from a private CA, an unknown CA, that no public root list has.",
            origin=case.origin,
        )
        return sentences(found, _namesake(case))
    if not top.is_self_issued and case.completed_by is None:
        found = text(
            "The certificate of {origin} is issued by {issuer}, which no public list of CAs "
            "has: a private CA, or the server leaves out a certificate between its own and the root.",
            origin=case.origin,
            issuer=issuer(case),
        )
        return sentences(found, *_marks(case), _namesake(case))
    found = text(
        "{origin} has a certificate from a private CA, {issuer}, that no public root list has.",
        origin=case.origin,
        issuer=issuer(case),
    )
    return sentences(found, _namesake(case))


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
    return text("A CA of that name is trusted here, but it has another key: it is not the one that signed.")


def _marks(case: Case) -> tuple[str, ...]:
    """What the marks of a public CA are worth, as sentences."""
    if maker.is_forged(case) or not maker.bears_public_marks(case):
        return ()
    return (maker.WRITTEN_BY_ANYBODY, _not_fetched(case))


def _not_fetched(case: Case) -> str:
    """Why the missing certificate could not be had, as a sentence; "" if nothing was tried."""
    if case.completion is None or not case.completion.refused:
        return ""
    # For translators: "it" is the missing certificate; {reason} is a sentence with its full stop
    return text("It could not be fetched: {reason}", reason=case.completion.refused[0])
