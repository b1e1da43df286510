"""What the words of verifiers mean, whoever prints them, in every language that could be found.

Numbers and texts of OpenSSL: crypto/x509/x509_txt.c of 1.0.2 to 3.6, those whose number never moved
(the others have none here). Windows: winerror.h and winhttp's error list; its words in other
languages as logs and Microsoft's translated documentation quote them beside the number. macOS:
Security's SecTrust strings and SecBase.h. rustls: src/error.rs, whose words uv and cargo print.
Node: the codes of lib/internal/tls and of OpenSSL, as npm prints them. Go: crypto/x509/verify.go.
Java: sun.security.validator. wget: src/openssl.c and src/gnutls.c.

Patterns are for text without blanks (pipsafe/statements/printed.py), and ignore case.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipsafe.causes import codes

ISSUER = "issuer"
"""Nobody known has issued it: a CA, or the server itself."""
ISSUING_CA = "issuing-ca"
"""The same, and OpenSSL says that it was a CA."""
ROOT_SENT = "root-sent"
"""The same, and the server sent the root."""
REVOCATION_UNKNOWN = "revocation-unknown"
"""Whether it was revoked could not be asked."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What words mean."""

    what: str
    """A cause, or one of the names above."""
    code: int | None
    """OpenSSL's number."""
    start: int
    end: int
    """Where the words stand in the text that was searched."""


OPENSSL: Mapping[int, str] = {
    2: "unable to get issuer certificate",
    3: "unable to get certificate CRL",
    7: "certificate signature failure",
    9: "certificate is not yet valid or the system clock is incorrect|certificate is not yet valid",
    10: "certificate has expired",
    12: "CRL has expired",
    18: "self[- ]?signed certificate",
    19: "self[- ]?signed certificate in (?:certificate )?chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate|unable to verify leaf signature",
    22: "certificate chain too long",
    23: "certificate revoked",
    25: "path length constraint exceeded",
    26: "uns(?:upported|uitable) certificate purpose",
    27: "certificate not trusted",
    28: "certificate rejected",
    32: "key usage does not include certificate signing",
    34: "unhandled critical extension",
    37: "invalid non-CA certificate",
    47: "permitted subtree violation",
    48: "excluded subtree violation",
    62: "hostname mismatch",
    64: "IP address mismatch",
    66: "EE certificate key too weak",
    67: "CA certificate key too weak",
    68: "CA signature digest algorithm too weak",
    80: "path length invalid for non-CA cert",
    81: "path length given without key usage keyCertSign",
    82: "key usage keyCertSign invalid for non-CA cert",
    83: "issuer name empty",
    84: "subject name empty",
    85: "missing authority key identifier",
    86: "missing subject key identifier",
    87: "empty subject alternative name extension",
    88: "subject empty and subject alt name extension not critical",
    89: "basic constraints of CA cert not marked critical",
    90: "authority key identifier marked critical",
    91: "subject key identifier marked critical",
    92: "CA cert does not include key usage extension",
    93: "using cert extension requires at least X509v3",
}

NODE: Mapping[str, int] = {
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY": 20,
    "UNABLE_TO_GET_ISSUER_CERT": 2,
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE": 21,
    "SELF_SIGNED_CERT_IN_CHAIN": 19,
    "DEPTH_ZERO_SELF_SIGNED_CERT": 18,
    "CERT_HAS_EXPIRED": 10,
    "CERT_NOT_YET_VALID": 9,
    "CERT_REVOKED": 23,
    "CERT_UNTRUSTED": 27,
    "CERT_REJECTED": 28,
    "CERT_SIGNATURE_FAILURE": 7,
    "ERR_TLS_CERT_ALTNAME_INVALID": 62,
    "HOSTNAME_MISMATCH": 62,
}

SYSTEM: Mapping[int, str] = {
    # CERT_E_UNTRUSTEDCA, CERT_E_UNTRUSTEDTESTROOT, SEC_E_UNTRUSTED_ROOT
    **dict.fromkeys((0x800B0112, 0x800B010D, 0x80090325), ISSUER),
    # SEC_E_CERT_EXPIRED, SEC_E_WRONG_PRINCIPAL, CERT_E_INVALID_NAME
    0x80090328: "expired",
    0x80090322: "hostname-mismatch",
    0x800B0114: "distrusted",
    # CRYPT_E_NO_REVOCATION_CHECK, CRYPT_E_REVOCATION_OFFLINE, CERT_E_REVOCATION_FAILURE
    **dict.fromkeys((0x80092012, 0x80092013, 0x800B010E), REVOCATION_UNKNOWN),
    # SEC_E_ILLEGAL_MESSAGE, SEC_E_ALGORITHM_MISMATCH, SEC_E_INVALID_TOKEN
    **dict.fromkeys((0x80090326, 0x80090331, 0x80090308), "tls-protocol"),
    # errSecInternalComponent and its like: nobody could be asked.
    **dict.fromkeys((-26276, -25291, -25294, -25308), "os-trust-unavailable"),
}
"""What causes.codes does not have."""

# What, and how it is said. A language has its two letters before its words.
SAID: tuple[tuple[str, int | None, str], ...] = (
    # rustls
    ("hostname-mismatch", None, r"certificatenotvalidforname|NotValidForName"),
    ("expired", None, r"invalidpeercertificate:(?:certificate)?expired"),
    ("not-yet-valid", None, r"invalidpeercertificate:(?:certificate)?(?:NotValidYet|notvalidyet)"),
    ("revoked", None, r"invalidpeercertificate:(?:certificate)?revoked"),
    ("weak-crypto", None, r"invalidpeercertificate:UnsupportedSignatureAlgorithm\w*"),
    ("strict-x509", None, r"UnsupportedCertVersion"),
    ("self-signed-server", None, r"CaUsedAsEndEntity"),
    (ISSUER, None, r"UnknownIssuer|invalidpeercertificate:BadSignature"),
    # OpenSSL's and rustls' alerts: the server's words about the client.
    (
        "client-cert-required",
        None,
        r"alert(?::|number\d+)?(?:certificaterequired|badcertificate|unknownca\b)",
    ),
    (
        "client-cert-required",
        None,
        r"alert(?:no|unsupported|unknown)certificate|alertunknownca|alertaccessdenied",
    ),
    # Windows
    ("hostname-mismatch", None, r"certificate'sCNnamedoesnotmatch|targetprincipalnameisincorrect"),
    ("hostname-mismatch", None, r"CN-NamedesZertifikats"),  # de
    ("hostname-mismatch", None, r"CN-имясертификата"),  # ru
    ("hostname-mismatch", None, r"nom(?:de)?(?:CN|nomcommun)d[eu]certificatnecorrespondpas"),  # fr
    ("hostname-mismatch", None, r"憑證CN名稱不符合"),  # zh
    ("revoked", None, r"certificatewasexplicitlyrevoked|certificateisrevoked|certificatehasbeenrevoked"),
    ("distrusted", None, r"explicitlymarkedasuntrusted|explicitlydistrusted"),
    ("distrusted", None, r"explizitalsnichtvertrauenswürdiggekennzeichnet"),  # de
    ("distrusted", None, r"explicitementmarquécommenonapprouvé"),  # fr
    ("expired", None, r"notwithinitsvalidityperiodwhenverifying|receivedcertificatehasexpired"),
    ("expired", None, r"Zertifikatistabgelaufen"),  # de
    ("expired", None, r"сертификатсистекшимсрокомдействия|Истек/ненаступилсрокдействия"),  # ru
    ("expired", None, r"收到的证书已过期|证书不在有效期内"),  # zh
    ("expired", None, r"certificatorichiestononrientranelperiododivalidità"),  # it
    (ISSUER, None, r"terminatedinarootcertificatewhichisn(?:o|')t(?:trusted)?"),
    (ISSUER, None, r"certificatechaincouldnotbebuilttoatrustedroot|issuedbyanauthoritythatisnottrusted"),
    (ISSUER, None, r"endetejedochmiteinemStammzertifikat|nichtvertrauenswürdigenZertifizierungsstelle"),  # de
    (ISSUER, None, r"terminéeparuncertificatracine|émiseparuneautorité(?:qui)?n(?:['’]est|on)"),  # fr
    (ISSUER, None, r"certificado(?:de)?raízquenoesdeconfianza|entidadenlaquenoseconfía"),  # es
    (ISSUER, None, r"certificatoradicenon(?:considerato|è)?"),  # it
    (ISSUER, None, r"certificadoraizquenãoéconfiável"),  # pt
    (ISSUER, None, r"прерванана\w*корневомсертификате|центромсертификации,неимеющимдоверия"),  # ru
    (ISSUER, None, r"信頼していないルート証明書|信頼されていない機関によって発行"),  # ja
    (ISSUER, None, r"不受信任提供程序信任的根证书|不受信任的颁发机构颁发"),  # zh
    (ISSUER, None, r"certyfikaciegłównym,któryniejestzaufany"),  # pl
    (ISSUER, None, r"신뢰하지않는루트인증서|신뢰할수없는루트인증서"),  # ko
    (REVOCATION_UNKNOWN, None, r"revocationfunctionwasunabletocheck|CRYPT_E_NO_REVOCATION_CHECK"),
    (REVOCATION_UNKNOWN, None, r"CRYPT_E_REVOCATION_OFFLINE|Sperrfunktionkonnte"),  # de
    (REVOCATION_UNKNOWN, None, r"fonctionderévocationn['’]apaspu"),  # fr
    (REVOCATION_UNKNOWN, None, r"funciónderevocaciónno"),  # es
    (REVOCATION_UNKNOWN, None, r"funzionedirevocanon"),  # it
    (REVOCATION_UNKNOWN, None, r"funçãoderevogaçãonão"),  # pt
    (REVOCATION_UNKNOWN, None, r"Функцияотзыванесмогла"),  # ru
    (REVOCATION_UNKNOWN, None, r"失効の関数は失効を確認できません"),  # ja
    (REVOCATION_UNKNOWN, None, r"吊销功能无法检查"),  # zh
    (REVOCATION_UNKNOWN, None, r"파기여부를검사하지못했습니다"),  # ko
    (REVOCATION_UNKNOWN, None, r"Funkcjaodwołanianiemożesprawdzić"),  # pl
    # schannel, as libcurl names its trust status
    ("expired", None, r"CERT_TRUST_IS_NOT_TIME_VALID"),
    ("revoked", None, r"CERT_TRUST_IS_REVOKED"),
    (REVOCATION_UNKNOWN, None, r"CERT_TRUST_REVOCATION_STATUS_UNKNOWN"),
    (ISSUER, None, r"CERT_TRUST_IS_(?:UNTRUSTED_ROOT|PARTIAL_CHAIN)"),
    # macOS
    ("expired", None, r"[”\"]certificateisexpired"),
    ("strict-x509", None, r"certificateisnotstandardscompliant"),
    ("hostname-mismatch", None, r"certificatenamedoesnotmatchinput"),
    (ISSUER, None, r"[”\"]certificateisnottrusted"),
    # Go
    (
        "hostname-mismatch",
        None,
        r"x509:certificateisvalidfor|doesn'tcontainanyIPSANs|x509:certificateisnotvalidforany",
    ),
    ("not-yet-valid", None, r"x509:certificatehasexpiredorisnotyetvalid:currenttime\S{1,40}isbefore"),
    ("expired", None, r"x509:certificatehasexpiredorisnotyetvalid"),
    (ISSUER, None, r"x509:certificatesignedbyunknownauthority"),
    # Java
    ("hostname-mismatch", None, r"Nosubjectalternative(?:DNS|IP)?(?:names?|address)"),
    ("expired", None, r"CertificateExpiredException|timestampcheckfailed"),
    ("not-yet-valid", None, r"CertificateNotYetValidException"),
    (ISSUER, None, r"PKIXpathbuildingfailed|unabletofindvalidcertificationpath"),
    # wget
    ("hostname-mismatch", None, r"doesn'tmatchrequestedhostname|nocertificatesubjectalternativenamematches"),
    ("hostname-mismatch", None, r"certificate'sownerdoesnotmatchhostname"),
    ("expired", None, r"Issuedcertificatehasexpired|Thecertificatehasexpired"),
    ("not-yet-valid", None, r"Issuedcertificatenotyetvalid|isnotyetactivated|hasnotyetbeenactivated"),
    ("self-signed-server", 18, r"Self-?signedcertificateencountered"),
    (ISSUING_CA, 20, r"Unabletolocallyverifytheissuer'sauthority"),
    (ISSUER, None, r"doesn'thaveaknownissuer"),
    # curl on GnuTLS or NSS, and mbedTLS
    (
        "hostname-mismatch",
        None,
        r"certificatesubjectname\S{0,255}doesnotmatchtarget|namematchestargethostname",
    ),
    (ISSUER, None, r"PeercertificatecannotbeauthenticatedwithgivenCA|Peer'sCertificateissuerisnotrecognized"),
)


# Keys and digests below a security level, at libssl: no words of a verifier, so without a number.
WEAK = r"key_?too_?(?:small|weak)|md_?too_?weak"


def _meaning_of(code: int) -> str:
    rows = (
        ("self-signed-server", {codes.SELF_SIGNED_LEAF}),
        (ROOT_SENT, {19}),
        (ISSUING_CA, {2, 20, 21, codes.NAMESAKE}),
        (ISSUER, codes.UNKNOWN_ISSUER),
        ("expired", codes.EXPIRED),
        ("not-yet-valid", codes.NOT_YET_VALID),
        ("hostname-mismatch", codes.WRONG_NAME),
        ("revoked", codes.REVOKED),
        ("distrusted", codes.REJECTED | codes.OUT_OF_BOUNDS | {codes.TRUSTED_FOR_OTHERS}),
        ("weak-crypto", codes.WEAK),
        ("strict-x509", codes.STRICT),
    )
    return next((what for what, numbers in rows if code in numbers), "unknown")


def _compiled() -> tuple[tuple[str, int | None, re.Pattern[str]], ...]:
    # The longer text first: one may begin as another does.
    texts = sorted(OPENSSL.items(), key=lambda row: len(row[1]), reverse=True)
    spoken = [(_meaning_of(code), code, text.replace(" ", "")) for code, text in texts]
    named = [(_meaning_of(code), code, name) for name, code in NODE.items()]
    rows = (*SAID, *spoken, *named, ("weak-crypto", None, WEAK))
    return tuple((what, code, re.compile(pattern, re.IGNORECASE)) for what, code, pattern in rows)


ROWS = _compiled()
NUMBER = re.compile(
    r"0x(?P<hex>8[0-9a-f]{7})\b|(?:oserror|OSStatus|\()(?P<decimal>-\d{5,10})\b", re.IGNORECASE
)


def meaning_in(text: str) -> Meaning | None:
    """What a text without blanks says of a certificate; the first row that matches decides."""
    return _number_in(text) or next(
        (
            Meaning(what, code, found.start(), found.end())
            for what, code, pattern in ROWS
            if (found := pattern.search(text))
        ),
        None,
    )


def _number_in(text: str) -> Meaning | None:
    for found in NUMBER.finditer(text):
        number = int(found["hex"], 16) if found["hex"] else int(found["decimal"])
        for candidate in (number, number & 0xFFFFFFFF):
            what = SYSTEM.get(candidate) or _meaning_of(candidate)
            if what != "unknown":
                return Meaning(what, None, *found.span())
    return None
