"""CA files that the user names on purpose, checked before pip starts."""

import os
from datetime import datetime, timezone

from pipsafe.language.text import of_error, text
from pipsafe.own_options import UsageError
from pipsafe.trust import ca_file, ownership
from pipsafe.x509.certificate import MalformedCertificate, anchor_problem, is_only_a_server, parse


def check_ca(path: str, named_by: str) -> None:
    """Raises UsageError, with the reason, unless ``path`` holds a CA certificate that may be trusted."""
    expanded = os.path.abspath(os.path.expanduser(path))
    complaint = _complaint(expanded) if os.path.exists(expanded) else None
    if complaint:
        template = text("{option} names {path!r}, which others could have changed: {reason}.")
        raise UsageError(template.filled(option=named_by, path=path, reason=complaint))
    read = ca_file.read(expanded, refusal=_complaint)
    if not read.certificates:
        problem = read.problems[0] if read.problems else text("is empty")
        # For translators: {problem} is a clause, "holds no certificate" say; put it after a colon if need be.
        template = text("{option} names {path!r}, which {problem}.")
        raise UsageError(template.filled(option=named_by, path=path, problem=problem))
    problems = [_problem(der) for der in read.certificates]
    if None not in problems:
        template = text("{option} names {path!r}, which holds no CA that can be trusted: {reason}.")
        raise UsageError(template.filled(option=named_by, path=path, reason=problems[0]))


def _complaint(path: str) -> str | None:
    return ownership.others_can_write(path, foreign_owner_allowed=True)


def _problem(der: bytes) -> str | None:
    """Why it is of no use; None if it is a CA, or a server's own self-signed certificate."""
    try:
        certificate = parse(der)
    except MalformedCertificate as error:
        return text("a damaged certificate ({reason})", reason=of_error(error))
    now = datetime.now(timezone.utc)
    problem = anchor_problem(certificate, now)
    if problem is None:
        return None
    alone = is_only_a_server(certificate) and certificate.not_before <= now <= certificate.not_after
    if problem == "not a CA" and alone:
        return None
    # For translators: {problem} is "not a CA" or another clause; put it after a colon if need be.
    return text("{certificate} is {problem}", certificate=certificate.label, problem=problem)
