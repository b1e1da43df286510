"""Why TLS failed at an origin: a pure judgement over what was seen, in rows.

The words of pip only pointed here; what decides is the survey: the chain as presented, the
verdict of each store, and the verdicts with the chain's own top as if trusted, which bring
out what an unknown CA hides. Every cause says what it rests on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipsafe.certificate import Certificate
from pipsafe.evidence import Evidence
from pipsafe.inspectors import recognise
from pipsafe.origin import Origin
from pipsafe.pip_config import Setting
from pipsafe.probe import Survey, Verdict

# OpenSSL's X509_V_ERR_* (include/openssl/x509_vfy.h); numbers that never moved.
EXPIRED_CODES = (10,)
NOT_YET_VALID_CODES = (9,)
NAME_CODES = (62, 64)
SELF_SIGNED_LEAF_CODE = 18
UNKNOWN_ISSUER_CODES = (2, 18, 19, 20, 21)
# X509_V_ERR_CERT_SIGNATURE_FAILURE: the issuer that was found by name has another key.
NAMESAKE_CODE = 7

# With truststore on Linux these stand in for the system's own paths.
HIDING_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one origin."""

    origin: Origin
    leg: str
    survey: Survey
    evidence: Evidence | None
    """pip's words about it, if it is they that led here."""
    is_default_index: bool
    """Whether pip itself names this origin as its default index, or words about that index led to it."""
    setting: Setting | None
    """The CA setting that is in force for pip, if there is one."""
    setting_problem: str | None
    """What is wrong with the file that it names; None if it can be read."""
    pip_roots: int
    """How many roots pip has without that setting."""
    now: datetime

    @property
    def pip(self) -> Verdict:
        return self.survey.verdicts["pip"]

    def accepts(self, store: str) -> bool:
        verdict = self.survey.verdicts.get(store)
        return verdict is not None and verdict.accepted

    @property
    def leaf(self) -> Certificate | None:
        return self.survey.chain[0] if self.survey.chain else None

    @property
    def top(self) -> Certificate | None:
        return self.survey.chain[-1] if self.survey.chain else None

    def codes(self) -> set[int]:
        """Verify codes of every pass, the unmasking ones included."""
        verdicts = [*self.survey.verdicts.values(), *self.survey.unmasked.values()]
        return {verdict.code for verdict in verdicts if verdict.code}


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause and what it rests on."""

    name: str
    explanation: str
    """One or two sentences that stand alone."""
    curable: bool
    """Whether trust that exists already may cure it."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The causes found at one origin, the incurable first."""

    case: Case
    causes: tuple[Cause, ...]
    inspector: str | None

    @property
    def decisive(self) -> Cause:
        return self.causes[0]

    @property
    def is_healthy(self) -> bool:
        return not self.causes

    @property
    def is_curable(self) -> bool:
        return all(cause.curable for cause in self.causes)


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
        found = [Cause("unknown", f"{case.origin}: {case.pip.message}. No known cause explains it.", False)]
    return Diagnosis(case, tuple(found), recognise(case.survey.chain))


# The rows. Each judge returns the explanation, or None if its cause does not apply.


def _unreachable(case: Case) -> str | None:
    kinds = {verdict.kind for verdict in case.survey.verdicts.values()}
    if kinds & {"accepted", "certificate", "protocol"} or "unreachable" not in kinds:
        return None
    message = next(v.message for v in case.survey.verdicts.values() if v.kind == "unreachable")
    return f"No connection to {case.origin} could be made: {message}."


def _expired(case: Case) -> str | None:
    if not _is_out_of_time(case, EXPIRED_CODES):
        return None
    late = [certificate for certificate in case.survey.chain if case.now > certificate.not_after]
    if not late:
        return f"A certificate that the chain of {case.origin} needs has expired."
    which = late[0]
    return f"{_whose(case, which)} expired on {which.not_after:%Y-%m-%d %H:%M} UTC."


def _not_yet_valid(case: Case) -> str | None:
    if not _is_out_of_time(case, NOT_YET_VALID_CODES):
        return None
    early = [certificate for certificate in case.survey.chain if case.now < certificate.not_before]
    if not early:
        return f"A certificate that the chain of {case.origin} needs is not valid yet."
    which = early[0]
    return f"{_whose(case, which)} is valid only from {which.not_before:%Y-%m-%d %H:%M} UTC."


def _hostname_mismatch(case: Case) -> str | None:
    if not case.codes().intersection(NAME_CODES):
        return None
    leaf = case.leaf
    names = (*leaf.dns_names, *leaf.ip_addresses) if leaf else ()
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return (
        f"The certificate that {case.origin} presents is not for {case.origin.host}: "
        f"it names {shown or 'no host'}."
    )


def _self_signed_server(case: Case) -> str | None:
    leaf = case.leaf
    alone = leaf is not None and len(case.survey.chain) == 1 and leaf.is_self_issued and case.survey.whole
    if leaf is None or not alone or _judgement(case).code != SELF_SIGNED_LEAF_CODE:
        return None
    return (
        f"{case.origin} presents one certificate, {_quoted(leaf)}, that it signed itself: "
        "nobody else vouches for it."
    )


def _bad_ca_setting(case: Case) -> str | None:
    setting = case.setting
    if setting is None:
        return None
    where = _capital(setting_words(setting))
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


def _missing_roots(case: Case) -> str | None:
    if case.pip_roots or case.setting is not None:
        return None
    return "This pip has no list of roots at all: the file that should hold it is missing or empty."


def _outdated_roots(case: Case) -> str | None:
    if not case.accepts("certifi") or case.accepts("pip-without-setting") or not case.pip_roots:
        return None
    return (
        f"Today's public roots (certifi) accept {case.origin}, the roots that this pip carries do not: "
        "they are outdated."
    )


def _tls_inspection(case: Case) -> str | None:
    if not _refused_for_its_issuer(case) or _is_self_signed_alone(case):
        return None
    product = recognise(case.survey.chain)
    if not case.is_default_index and product is None:
        return None
    ground = (
        f"{case.origin} is a public host, yet no public root accepts its certificate"
        if case.is_default_index
        else f"The certificate of {case.origin} is made by an inspection product"
    )
    by = f"; its issuer, {_issuer(case)}, is {product}'s" if product else f"; its issuer is {_issuer(case)}"
    return f"{ground}{by}. The connection is opened and read on its way (TLS inspection)."


def _private_ca(case: Case) -> str | None:
    if not _refused_for_its_issuer(case) or _is_self_signed_alone(case):
        return None
    if case.is_default_index or recognise(case.survey.chain) is not None:
        return None
    top = case.top
    if top is not None and not top.is_self_issued:
        return (
            f"The certificate of {case.origin} is issued by {_issuer(case)}, which no public list of CAs "
            "has: a private CA, or the server leaves out a certificate between its own and the root."
            + _namesake(case)
        )
    return (
        f"{case.origin} has a certificate from a private CA, {_issuer(case)}, that no public root list has."
        + _namesake(case)
    )


Judge = Callable[[Case], str | None]

# Cause, whether existing trust may cure it, judge. The incurable come first.
ROWS: Sequence[tuple[str, bool, Judge]] = (
    ("unreachable", False, _unreachable),
    ("expired", False, _expired),
    ("not-yet-valid", False, _not_yet_valid),
    ("hostname-mismatch", False, _hostname_mismatch),
    ("self-signed-server", True, _self_signed_server),
    ("bad-ca-setting", True, _bad_ca_setting),
    ("missing-roots", True, _missing_roots),
    ("outdated-roots", True, _outdated_roots),
    ("tls-inspection", True, _tls_inspection),
    ("private-ca", True, _private_ca),
)

CAUSES = (*(name for name, _, _ in ROWS), "unknown")


# Words and facts that several rows use.


def _some_store_accepts(case: Case) -> bool:
    return any(verdict.accepted for verdict in case.survey.verdicts.values())


def _is_out_of_time(case: Case, codes: Sequence[int]) -> bool:
    """Whether what the server presents is, and not merely an anchor that some store holds."""
    return (
        not _presents_what_is_in_time(case)
        and not _some_store_accepts(case)
        and bool(case.codes().intersection(codes))
    )


def _presents_what_is_in_time(case: Case) -> bool:
    alone = case.survey.unmasked.get("time")
    return alone is not None and alone.accepted


def _judgement(case: Case) -> Verdict:
    """What pip's roots say where no setting is in their way, else what other roots say."""
    stores = ("pip-without-setting", "pip", "certifi", "system")
    verdicts = [case.survey.verdicts[name] for name in stores if name in case.survey.verdicts]
    return next((verdict for verdict in verdicts if verdict.kind != "setting"), case.pip)


def _refused_for_its_issuer(case: Case) -> bool:
    """Refused for its issuer by pip, and by the public roots that were asked."""
    public = case.survey.verdicts.get("certifi")
    if public is None or public.kind != "certificate":
        return False
    # What pip finds fault with now: a setting in force may well hold the right CA.
    verdict = case.pip if case.pip.kind == "certificate" else _judgement(case)
    if verdict.kind != "certificate":
        return False
    has_old_anchor = verdict.code in (*EXPIRED_CODES, *NOT_YET_VALID_CODES) and _presents_what_is_in_time(
        case
    )
    return verdict.code is None or verdict.code in (*UNKNOWN_ISSUER_CODES, NAMESAKE_CODE) or has_old_anchor


def _namesake(case: Case) -> str:
    """A sentence on a root of the issuer's name that is trusted and is not the issuer."""
    if not any(verdict.code == NAMESAKE_CODE for verdict in case.survey.verdicts.values()):
        return ""
    return " A CA of that name is trusted here, but it has another key: it is not the one that signed."


def _is_self_signed_alone(case: Case) -> bool:
    return _self_signed_server(case) is not None


def _whose(case: Case, certificate: Certificate) -> str:
    if certificate is case.leaf:
        return f"The certificate of {case.origin}, {_quoted(certificate)},"
    return f"The CA certificate {_quoted(certificate)} in the chain of {case.origin}"


def _issuer(case: Case) -> str:
    top = case.top
    if top is None:
        return "an unknown CA"
    return _quoted(top) if top.is_self_issued else f'"{top.issuer_common_name or top.issuer}"'


def _quoted(certificate: Certificate) -> str:
    return f'"{certificate.label}"'


def setting_words(setting: Setting) -> str:
    """A setting as people speak of it: "the environment variable X", "cert (/etc/pip.conf, line 3)"."""
    if setting.set_in.startswith("environment variable"):
        return f"the {setting.set_in}"
    return f"{setting.name} ({setting.set_in})"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
