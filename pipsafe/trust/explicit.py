"""CA files that the user names on purpose, checked before pip starts."""

import os
from datetime import datetime, timezone

from pipsafe.own_options import UsageError
from pipsafe.trust import ca_file, ownership
from pipsafe.x509.certificate import MalformedCertificate, anchor_problem, is_only_a_server, parse


def check_ca(path: str, named_by: str) -> None:
    """Raises UsageError, with the reason, unless ``path`` holds a CA certificate that may be trusted."""
    expanded = os.path.abspath(os.path.expanduser(path))
    complaint = _complaint(expanded) if os.path.exists(expanded) else None
    if complaint:
        raise UsageError(f"{named_by} names {path!r}, which others could have changed: {complaint}.")
    read = ca_file.read(expanded, refusal=_complaint)
    if not read.certificates:
        raise UsageError(
            f"{named_by} names {path!r}, which {read.problems[0] if read.problems else 'is empty'}."
        )
    problems = [_problem(der) for der in read.certificates]
    if None not in problems:
        raise UsageError(f"{named_by} names {path!r}, which holds no CA that can be trusted: {problems[0]}.")


def _complaint(path: str) -> str | None:
    return ownership.others_can_write(path, foreign_owner_allowed=True)


def _problem(der: bytes) -> str | None:
    """Why it is of no use; None if it is a CA, or a server's own self-signed certificate."""
    try:
        certificate = parse(der)
    except MalformedCertificate as error:
        return f"a damaged certificate ({error})"
    now = datetime.now(timezone.utc)
    problem = anchor_problem(certificate, now)
    if problem is None:
        return None
    alone = is_only_a_server(certificate) and certificate.not_before <= now <= certificate.not_after
    return None if problem == "not a CA" and alone else f"{certificate.label} is {problem}"
