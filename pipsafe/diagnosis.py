"""Why TLS failed at an origin: a pure judgement over what was seen, in rows.

The words of pip only pointed here; what decides is the survey: the chain as presented, the
verdict of each store, and the verdicts with the chain's own top as if trusted, which bring
out what an unknown CA hides. Every cause says what it rests on.
"""

from collections.abc import Callable, Sequence

from pipsafe.causes import anchors, connection, maker, server_certificate
from pipsafe.causes.case import Case, Cause, Diagnosis
from pipsafe.causes.words import said
from pipsafe.language.text import text
from pipsafe.observations.inspectors import recognise

Judge = Callable[[Case], str | None]
"""Returns the explanation, or None if its cause does not apply."""

# Cause, whether existing trust may cure it, judge. The incurable come first.
ROWS: Sequence[tuple[str, bool, Judge]] = (
    ("ssl-module-missing", False, connection.ssl_module_missing),
    ("unreachable", False, connection.unreachable),
    ("proxy-problem", False, connection.proxy_refuses),
    ("captive-portal", False, connection.captive_portal),
    ("tls-protocol", False, connection.tls_protocol),
    ("client-cert-required", False, connection.client_cert_required),
    ("clock-skew", False, server_certificate.clock_skew),
    ("revoked", False, server_certificate.revoked),
    ("distrusted", False, server_certificate.distrusted),
    ("expired", False, server_certificate.expired),
    ("not-yet-valid", False, server_certificate.not_yet_valid),
    ("hostname-mismatch", False, server_certificate.hostname_mismatch),
    ("weak-crypto", False, server_certificate.weak_crypto),
    ("strict-x509", False, server_certificate.strict_x509),
    ("proxy-problem", True, connection.proxy_certificate),
    ("self-signed-server", True, server_certificate.self_signed_server),
    ("bad-ca-setting", True, anchors.bad_ca_setting),
    ("os-trust-unavailable", True, connection.os_trust_unavailable),
    ("missing-roots", True, anchors.missing_roots),
    ("outdated-roots", True, anchors.outdated_roots),
    ("incomplete-chain", True, anchors.incomplete_chain),
    ("tls-inspection", True, anchors.tls_inspection),
    ("private-ca", True, anchors.private_ca),
)

CAUSES = tuple(dict.fromkeys((*(name for name, _, _ in ROWS), "unknown")))

# Causes between which OpenSSL's words do not tell.
BY_PROVENANCE = frozenset(("tls-inspection", "private-ca", "incomplete-chain"))


def diagnose(case: Case) -> Diagnosis:
    """Every row that applies; "unknown" if pip is refused and none does."""
    if case.pip.accepted:
        return Diagnosis(case, (), None)
    found = [
        Cause(name, explanation, curable)
        for name, curable, judge in ROWS
        if (explanation := judge(case)) is not None
    ]
    if not found:
        explanation = text(
            "{origin}: {reason}. No known cause explains it.", origin=case.origin, reason=said(case.pip)
        )
        found = [Cause("unknown", explanation, False)]
    judged = any(cause.name in BY_PROVENANCE for cause in found)
    reasons = maker.of(case).reasons if judged else ()
    return Diagnosis(case, tuple(found), recognise(case.survey.chain), reasons)
