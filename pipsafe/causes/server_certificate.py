"""Causes that lie in the certificates that the server presents, whoever trusts their CA."""

from collections.abc import Collection
from datetime import timedelta

from pipsafe.causes import codes
from pipsafe.causes.case import Case
from pipsafe.causes.connection import weak_reason
from pipsafe.causes.words import listed, names_in, quoted, said, whose
from pipsafe.language.text import Text, counted, joined, text
from pipsafe.observations.clock import Skew, in_words


def clock_skew(case: Case) -> str | None:
    """This machine's clock is wrong, and at the right time the dates would do."""
    skew = case.skew
    if skew is None or not case.codes() & (codes.EXPIRED | codes.NOT_YET_VALID):
        return None
    # For translators: what stands between two clauses
    grounds = joined(skew.rests_on, text("; "))
    tell = _as_hosts_say if skew.by else _as_is_proved
    return tell(skew, time=in_words(skew.seconds), grounds=grounds)


def _as_is_proved(skew: Skew, *, time: Text, grounds: Text) -> Text:
    """A clock that is wrong by what is installed here."""
    if skew.seconds > 0:
        if skew.at_least:
            return text(
                "This machine's clock is at least {time} ahead: {grounds}.", time=time, grounds=grounds
            )
        return text("This machine's clock is {time} ahead: {grounds}.", time=time, grounds=grounds)
    if skew.at_least:
        return text("This machine's clock is at least {time} behind: {grounds}.", time=time, grounds=grounds)
    return text("This machine's clock is {time} behind: {grounds}.", time=time, grounds=grounds)


def _as_hosts_say(skew: Skew, *, time: Text, grounds: Text) -> Text:
    """A clock that is wrong by what the network alone says."""
    number, hosts = len(skew.by), listed(skew.by)
    if skew.seconds > 0:
        if skew.at_least:
            # For translators: {hosts} is a list
            return counted(
                "By what {hosts} says over plain HTTP, "
                "this machine's clock is at least {time} ahead: {grounds}.",
                "By what {hosts} say over plain HTTP, "
                "this machine's clock is at least {time} ahead: {grounds}.",
                number,
                hosts=hosts,
                time=time,
                grounds=grounds,
            )
        # For translators: {hosts} is a list
        return counted(
            "By what {hosts} says over plain HTTP, this machine's clock is {time} ahead: {grounds}.",
            "By what {hosts} say over plain HTTP, this machine's clock is {time} ahead: {grounds}.",
            number,
            hosts=hosts,
            time=time,
            grounds=grounds,
        )
    if skew.at_least:
        # For translators: {hosts} is a list
        return counted(
            "By what {hosts} says over plain HTTP, "
            "this machine's clock is at least {time} behind: {grounds}.",
            "By what {hosts} say over plain HTTP, this machine's clock is at least {time} behind: {grounds}.",
            number,
            hosts=hosts,
            time=time,
            grounds=grounds,
        )
    # For translators: {hosts} is a list
    return counted(
        "By what {hosts} says over plain HTTP, this machine's clock is {time} behind: {grounds}.",
        "By what {hosts} say over plain HTTP, this machine's clock is {time} behind: {grounds}.",
        number,
        hosts=hosts,
        time=time,
        grounds=grounds,
    )


def expired(case: Case) -> str | None:
    """A certificate that the chain needs is too old."""
    if not _is_out_of_time(case, codes.EXPIRED) or _explained_by_the_clock(case):
        return None
    late = [certificate for certificate in case.survey.chain if case.now > certificate.not_after]
    if not late:
        return text("A certificate that the chain of {origin} needs has expired.", origin=case.origin)
    which = late[0]
    if _said_to_be_ahead(case):
        return text(
            "{the_certificate} was valid until {time:%Y-%m-%d %H:%M} UTC. "
            "If this machine's date and time are right by a watch, the certificate has expired.",
            the_certificate=whose(case, which),
            time=which.not_after,
        )
    return text(
        "{the_certificate} expired on {time:%Y-%m-%d %H:%M} UTC.",
        the_certificate=whose(case, which),
        time=which.not_after,
    )


def not_yet_valid(case: Case) -> str | None:
    """A certificate that the chain needs is too new."""
    if not _is_out_of_time(case, codes.NOT_YET_VALID) or _explained_by_the_clock(case):
        return None
    early = [certificate for certificate in case.survey.chain if case.now < certificate.not_before]
    if not early:
        return text("A certificate that the chain of {origin} needs is not valid yet.", origin=case.origin)
    which = early[0]
    return text(
        "{the_certificate} is valid only from {time:%Y-%m-%d %H:%M} UTC.",
        the_certificate=whose(case, which),
        time=which.not_before,
    )


def hostname_mismatch(case: Case) -> str | None:
    """The certificate is another host's."""
    if not case.codes() & codes.WRONG_NAME:
        return None
    # For translators: {names} is a list of hosts, or "no host", or something like "2 names that are no host
    # names"; put a colon before it if it would have to be declined
    return text(
        "The certificate that {origin} presents is not for {host}: it names {names}.",
        origin=case.origin,
        host=case.origin.host,
        names=names_in(case.leaf),
    )


def revoked(case: Case) -> str | None:
    """Its CA has taken it back."""
    if not case.codes() & codes.REVOKED:
        return None
    if case.leaf is None:
        return text(
            "The certificate of {origin} or one above it has been revoked by the CA that issued it.",
            origin=case.origin,
        )
    return text(
        "The certificate of {origin}, {name}, or one above it has been revoked by the CA that issued it.",
        origin=case.origin,
        name=quoted(case.leaf),
    )


def distrusted(case: Case) -> str | None:
    """Somebody here, or the CA itself, says that it is not to be trusted for this."""
    if case.denied is not None:
        return text(
            "The chain of {origin} comes from a CA that is not to be trusted: {reason}.",
            origin=case.origin,
            reason=case.denied,
        )
    found = case.codes()
    if found & codes.REJECTED:
        return text(
            "This machine's settings reject a certificate in the chain of {origin}: "
            "whoever keeps its CAs has marked it as not to be trusted ({reason}).",
            origin=case.origin,
            reason=_message(case, codes.REJECTED),
        )
    if codes.TRUSTED_FOR_OTHERS in found:
        return text(
            "The root of {origin} is kept on this machine for other purposes, and not trusted for "
            "TLS servers.",
            origin=case.origin,
        )
    if found & codes.OUT_OF_BOUNDS:
        return text(
            "A CA in the chain of {origin} limits itself to other names (name constraints): "
            "it may not vouch for {host}.",
            origin=case.origin,
            host=case.origin.host,
        )
    return None


def weak_crypto(case: Case) -> str | None:
    """A key or a digest that does not count any more."""
    verdict = case.of_kind("protocol")
    told = verdict.message if verdict is not None and weak_reason(verdict.message) else None
    if not case.codes() & codes.WEAK and told is None:
        return None
    return text(
        "The key or the signature of a certificate of {origin} is too weak for this Python's OpenSSL "
        "({reason}).",
        origin=case.origin,
        reason=told or _message(case, codes.WEAK),
    )


def strict_x509(case: Case) -> str | None:
    """Refused for its form alone."""
    lenient = case.survey.unmasked.get("lenient")
    if lenient is None or not lenient.accepted or case.pip.code not in codes.STRICT:
        return None
    return text(
        "A certificate of {origin} is not made as RFC 5280 has it ({reason}). Python 3.13 "
        "and newer are strict about that; without that strictness this pip would accept the server.",
        origin=case.origin,
        reason=said(case.pip),
    )


def self_signed_server(case: Case) -> str | None:
    """Nobody vouches for it but itself."""
    leaf = case.leaf
    alone = leaf is not None and len(case.survey.chain) == 1 and leaf.is_self_issued and case.survey.whole
    if leaf is None or not alone or case.judgement.code != codes.SELF_SIGNED_LEAF or case.portal:
        return None
    return text(
        "{origin} presents one certificate, {name}, that it signed itself: nobody else vouches for it.",
        origin=case.origin,
        name=quoted(leaf),
    )


def presents_what_is_in_time(case: Case) -> bool:
    """Whether the dates of what the server presents are in order."""
    alone = case.survey.unmasked.get("time")
    return alone is not None and alone.accepted


def _is_out_of_time(case: Case, wanted: Collection[int]) -> bool:
    """Whether what the server presents is, and not merely an anchor that some store holds."""
    accepted = any(verdict.accepted for verdict in case.survey.verdicts.values())
    return not presents_what_is_in_time(case) and not accepted and not case.codes().isdisjoint(wanted)


def _explained_by_the_clock(case: Case) -> bool:
    """Whether every certificate presented is in time by the right clock."""
    if case.skew is None or not case.survey.chain or _said_to_be_ahead(case):
        return False
    right = case.now - timedelta(seconds=case.skew.seconds)
    if case.skew.at_least:
        # It is behind, and only that is sure: what is too old stays so.
        return not any(case.now > item.not_after for item in case.survey.chain)
    return all(item.not_before <= right <= item.not_after for item in case.survey.chain)


def _said_to_be_ahead(case: Case) -> bool:
    """Nothing but the network can say that the clock is ahead: who holds an expired certificate would."""
    return case.skew is not None and case.skew.seconds > 0


def _message(case: Case, wanted: Collection[int]) -> str:
    verdicts = [*case.survey.verdicts.values(), *case.survey.unmasked.values()]
    return next(said(verdict) for verdict in verdicts if verdict.code in wanted)
