"""Saved logs read offline: what real tools wrote, whatever kept it, and what only looks alike."""

# ruff: noqa: E501 what others say is as long as it is

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipsafe import diagnosis
from pipsafe.logs import sentences, verifier_words
from pipsafe.logs.verifier_words import meaning_in
from pipsafe.statements import saved_log
from pipsafe.statements.saved_log import LogFailure, LogFindings
from tests import log_scores
from tests.log_scores import LOGS, UNREACHABLE, causes, findings, label, names, text_of, verdict
from tests.yardstick import takes_at_most

PIPS = ("9.0.3", "10.0.1", "19.3.1", "20.3.4", "22.3.1", "23.2.1", "24.0", "24.2", "25.3", "26.3")
NAMES = names()
OF_TLS = [name for name in NAMES if label(name).is_of_tls]
NEGATIVE = [name for name in NAMES if not label(name).is_of_tls and label(name).words != "forged"]
FORGED = [name for name in NAMES if label(name).words == "forged"]

RETRY = "WARNING: Retrying (Retry(total={}, connect=None, read=None, redirect=None, status=None)) after connection broken by "
REFUSED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {} (_ssl.c:1006)"
LOCAL_ISSUER = "unable to get local issuer certificate"


def fetching(reason: str, url: str = "https://index.example/simple/x/") -> str:
    return (
        f"Could not fetch URL {url}: There was a problem confirming the ssl certificate: {REFUSED.format(reason)} - skipping\n"
        "ERROR: No matching distribution found for x\n"
    )


def only(text: str) -> LogFailure:
    (failure,) = saved_log.read(text).failures
    return failure


# Recorded


@pytest.mark.parametrize("name", OF_TLS)
def test_a_failure_is_found_and_not_called_what_it_is_not(name: str) -> None:
    known = label(name)
    assert verdict(name) in (("right",) if known.words == "all" else ("right", "unknown", "wrong"))
    if known.words == "some":
        assert causes(name) <= {known.truth, "unknown", *known.may}
    assert findings(name).outcome == "unremedied"


@pytest.mark.parametrize("name", NEGATIVE)
def test_no_failure_is_found_where_none_is_told(name: str) -> None:
    assert findings(name).failures == ()
    assert findings(name).outcome in ("failed", "passed")
    if label(name).truth is None:
        assert (findings(name).outcome == "passed") == _went_well(name)


def _went_well(name: str) -> bool:
    """By how its case is called, or by what it says."""
    said = text_of(name)
    bad = (
        "Could not find",
        "no such option",
        "Traceback",
        "\nERROR: ",
        "✘",
        "npm error",
        "×",
        "fatal:",
        "Could not install",
        "\nerror: ",
    )
    if "needs-old" in said and "Successfully installed" in said:
        return True  # old pips install what does not fit together
    return not (
        said.startswith("ERROR: ")
        or any(words in said for words in bad)
        or "No matching distribution" in said
    )


@pytest.mark.parametrize("name", [name for name in NAMES if label(name).truth == UNREACHABLE])
def test_what_was_not_reached_is_told_beside(name: str) -> None:
    if label(name).words != "none":
        assert {item.cause for item in findings(name).unreached} == {UNREACHABLE}


@pytest.mark.parametrize("name", FORGED)
def test_a_build_is_not_taken_for_pip(name: str) -> None:
    assert {item.leg for item in findings(name).failures} <= {"build-backend"}
    assert all("can print anything" in item.explanation for item in findings(name).failures)


def test_every_label_is_of_a_log() -> None:
    assert [
        pattern for pattern in log_scores.patterns() if not any(fnmatch(name, pattern) for name in NAMES)
    ] == []


def test_the_corpus_is_balanced() -> None:
    of_pip = [[name for name in chosen if name.startswith("pip/")] for chosen in (OF_TLS, NEGATIVE)]
    failures, others = map(len, of_pip)
    assert 0.9 < others / failures < 1.1
    assert {re.search(r"-pip([\d.]+\d)", name)[1] for name in NAMES if name.startswith("pip/")} == set(PIPS)  # type: ignore[index]


def test_logs_name_no_machine_and_no_secret() -> None:
    for name in NAMES:
        assert not re.search(r"/root|/tmp/(?!pip-|tmp)|localhost|geheim|wrong-word", text_of(name)), name


def test_labels_are_causes() -> None:
    data = json.loads((LOGS / "labels.json").read_text(encoding="utf-8"))
    assert set(data["truth"]) - {"none"} <= set(diagnosis.CAUSES)


# What keeps logs, and what it makes of their lines

SAMPLES = (
    "pip/unknown-issuer-retries-pip20.3.4.log",
    "pip/direct-file-pip26.3.log",
    "pip/build-dependency-pip24.0-v.log",
    "pip/setting-gone-pip24.2.log",
    "pip/wrong-host-pip20.3.4.log",
    "tools/uv-expired.log",
    "tools/cargo-expired.log",
    "reported/mamba-root-sent.log",
    "pip/ok-namesakes-pip26.3-v.log",
)

KEEPERS: Mapping[str, Callable[[str], str]] = {
    "github": lambda line: f"2026-11-21T05:14:47.1234567Z {line}",
    "github by gh": lambda line: f"test (3.12)\tInstall dependencies\t2026-11-21T05:14:47.1234567Z {line}",
    "gitlab": lambda line: f"2026-11-21T05:14:47.123456Z 01E {line}",
    "azure": lambda line: f"2026-11-21T05:14:47.1234567Z ##[error]{line}",
    "jenkins": lambda line: f"[2026-11-21T05:14:47.123Z] {line}",
    "jenkins without dates": lambda line: f"05:14:47  {line}" if line.strip() else line,
    "teamcity": lambda line: f"[05:14:47]W:\t [Step 1/2] {line}",
    "buildkit": lambda line: f"#12 3.456 {line}",
    "buildkit's summary": lambda line: f"3.456 {line}",
    "compose": lambda line: f"web-1  | {line}",
    "cri": lambda line: f"2026-11-21T05:14:47.123456789Z stderr F {line}",
    "cloud build": lambda line: f'Step #0 - "install": {line}',
    "terraform": lambda line: f"null_resource.app (local-exec): {line}",
    "packer": lambda line: f"==> amazon-ebs: {line}",
    "syslog": lambda line: f"Nov 21 05:14:47 host app[123]: {line}",
    "logger": lambda line: f"2026-11-21 05:14:47,123 - installer - ERROR - {line}",
    "compose within github": lambda line: f"2026-11-21T05:14:47.1234567Z #9 12.34 {line}",
    "colour": lambda line: f"\x1b[31m{line}\x1b[0m",
    "carriage return": lambda line: f"{line}\r",
    "nulls": lambda line: "".join(f"{character}\x00" for character in line),
}


def _summary(found: LogFindings) -> list[tuple[object, ...]]:
    return [(item.leg, item.origin, item.cause, item.verify_code, item.message) for item in found.failures]


@pytest.mark.parametrize("keeper", KEEPERS)
@pytest.mark.parametrize("name", SAMPLES)
def test_who_keeps_a_log_changes_nothing(name: str, keeper: str) -> None:
    kept = "\n".join(map(KEEPERS[keeper], text_of(name).split("\n")))
    assert _summary(saved_log.read(kept)) == _summary(findings(name))
    assert [item.line for item in saved_log.read(kept).failures] == [
        item.line for item in findings(name).failures
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_what_stands_around_a_log_changes_its_lines_only(name: str) -> None:
    around = f"Run ./install.sh\nenv:\n  CI: true\n\n{text_of(name)}\nPost job cleanup.\n"
    assert _summary(saved_log.read(around)) == _summary(findings(name))
    assert [item.line - 4 for item in saved_log.read(around).failures] == [
        item.line for item in findings(name).failures
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", [name for name in SAMPLES if "namesakes" not in name])
def test_a_narrow_console_hides_no_failure(name: str, width: int) -> None:
    lines = text_of(name).split("\n")
    broken = "\n".join(line[at : at + width] for line in lines for at in range(0, max(len(line), 1), width))
    found, whole = saved_log.read(broken), findings(name)
    assert {item.cause for item in found.failures} == {item.cause for item in whole.failures}


def test_one_string_may_hold_all_of_it() -> None:
    """As Ansible shows what failed, and as a line of JSON has it."""
    said = json.dumps(text_of("pip/unknown-issuer-retries-pip20.3.4.log"))
    found = saved_log.read(f'PLAY [all]\nfatal: [host]: FAILED! => {{"changed": false, "msg": {said}}}\n')
    assert _summary(found) == _summary(findings("pip/unknown-issuer-retries-pip20.3.4.log"))
    assert [item.line for item in found.failures] == [2]


def test_powershell_wraps_what_goes_to_stderr() -> None:
    reason = REFUSED.format("certificate has expired")
    text = (
        f"pip : {RETRY.format(4)}'SSLError(SSLCertVerificationError(1, '{reason}'))': /simple/x/\r\n"
        "At line:1 char:1\r\n+ pip install x\r\n    + CategoryInfo          : NotSpecified: (WARNING: Retryi...:String) []\r\n"
    )
    assert only(text).cause == "expired"


# Where it failed


def test_the_only_index_is_where_a_path_leads() -> None:
    retry = f"{RETRY.format(0)}'SSLError(SSLCertVerificationError(1, '{REFUSED.format('certificate has expired')}'))': /simple/x/\n"
    one = "Looking in indexes: https://index.example:8443/simple\n"
    two = "Looking in indexes: https://index.example:8443/simple, https://mirror.example/simple\n"
    assert only(one + retry).origin == "https://index.example:8443"
    assert only(two + retry).origin is None
    assert only(retry).origin is None


@pytest.mark.parametrize(
    ("host", "reason", "cause"),
    [
        ("index.internal", LOCAL_ISSUER, "private-ca"),
        ("nexus", LOCAL_ISSUER, "private-ca"),
        ("10.1.2.3", "self-signed certificate in certificate chain", "private-ca"),
        ("index.example", LOCAL_ISSUER, "unknown"),
        ("index.internal", "certificate has expired", "expired"),
    ],
)
def test_a_host_that_is_no_public_one_tells(host: str, reason: str, cause: str) -> None:
    url = f"https://{host}:8443/simple/x/"
    text = f"Looking in indexes: https://{host}:8443/simple\n" + fetching(reason, url)
    assert only(text).cause == cause


def test_rustls_does_not_tell_a_ca_from_a_server() -> None:
    """It says the same of a server that signed its certificate itself, wherever that stands."""
    (failure,) = findings("tools/uv-unknown.log").failures
    assert (failure.origin, failure.cause) == ("https://index.internal:8443", "unknown")
    assert {"private-ca", "self-signed-server"} <= set(failure.possible)


def test_the_default_index_is_public() -> None:
    reason = "self-signed certificate in certificate chain"
    asked = "$ python -m pip install x\n"
    assert only(asked + fetching(reason)).cause == "tls-inspection"
    assert (
        only(asked + "Looking in indexes: https://index.example/simple\n" + fetching(reason)).cause
        == "unknown"
    )
    assert only("ERROR: x\n" + fetching(reason)).cause == "unknown", (
        "a part of a log may lack what pip says first"
    )
    assert only(asked + fetching(LOCAL_ISSUER)).possible[0] == "tls-inspection"


@pytest.mark.parametrize("name", [name for name in NAMES if "git-pip" in name or "pip/git-expired" in name])
def test_git_is_named(name: str) -> None:
    assert {(item.tool, item.leg) for item in findings(name).failures} == {("git", "vcs")}


# What did no harm


def test_what_went_well_in_the_end_is_no_failure() -> None:
    eof = "'SSLError(SSLEOFError(8, '[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1006)'))': /simple/x/\n"
    assert saved_log.read(RETRY.format(4) + eof + "Successfully installed x-1.0\n") == LogFindings(
        (), "passed"
    )
    ended = (
        "".join(RETRY.format(left) + eof for left in (4, 3, 2, 1, 0))
        + "ERROR: No matching distribution found for x\n"
    )
    assert {item.cause for item in saved_log.read(ended).failures} == {"tls-protocol"}


def test_an_index_that_was_skipped_is_a_failure() -> None:
    found = saved_log.read(
        fetching("certificate has expired").split("ERROR")[0] + "Successfully installed x-1.0\n"
    )
    assert found.outcome == "unremedied"


def test_the_look_for_a_newer_pip_is_nobodys_concern() -> None:
    retry = f"{RETRY.format(0)}'SSLError(SSLCertVerificationError(1, '{REFUSED.format(LOCAL_ISSUER)}'))': /simple/pip/\n"
    assert saved_log.read("Requirement already satisfied: x\n" + retry) == LogFindings((), "passed")


def test_a_build_that_coped_is_no_failure() -> None:
    build = "Building wheels for collected packages: x\n  Running command Building wheel for x\n  curl: (60) SSL certificate problem: certificate has expired\n"
    assert saved_log.read(build + "Successfully installed x-1.0\n").failures == ()
    assert {item.leg for item in saved_log.read(build + "ERROR: Failed building wheel for x\n").failures} == {
        "build-backend"
    }


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/etc/corp/ca.pem", "bad-ca-setting"),
        ("/usr/lib/python3/site-packages/pip/_vendor/certifi/cacert.pem", "missing-roots"),
        ("C:\\Users\\jane\\AppData\\Local\\Temp\\_MEI1\\certifi\\cacert.pem", "missing-roots"),
    ],
)
def test_whose_file_is_gone(path: str, cause: str) -> None:
    text = f"ERROR: Could not install packages due to an OSError: Could not find a suitable TLS CA certificate bundle, invalid path: {path}\n"
    assert only(text).cause == cause
    assert path in only(text).explanation


def test_a_bad_setting_explains_the_rest() -> None:
    assert causes("tools/uv-setting-gone.log") == {"bad-ca-setting"}
    assert "/etc/corp/gone.pem" in findings("tools/uv-setting-gone.log").failures[0].explanation


# What is told


def test_what_is_told_can_be_shown() -> None:
    for name in NAMES:
        for item in (*findings(name).failures, *findings(name).unreached):
            assert item.explanation.endswith("."), name
            assert item.explanation.isprintable(), name
            assert "{" not in item.explanation, name
            assert item.message.isprintable(), name
            assert len(item.message) <= saved_log.LONGEST_MESSAGE, name
            assert item.cause in diagnosis.CAUSES, name
            assert item.cause in item.causes, name
            assert set(item.possible) <= set(diagnosis.CAUSES), name
            assert bool(item.possible) <= (item.cause == "unknown"), name
            assert 1 <= item.line <= text_of(name).count("\n") + 1, name


def test_every_cause_has_its_sentence() -> None:
    told = {what for what, _, _ in verifier_words.ROWS} - {
        "issuer",
        "issuing-ca",
        "root-sent",
        "revocation-unknown",
        "unknown",
    }
    assert told <= set(sentences.SHOWN)
    assert set(sentences.SHOWN) <= set(diagnosis.CAUSES)


SECRETS = (
    (
        "Could not fetch URL https://jane:geheim@index.example/simple/x/: There was a problem confirming the ssl certificate: HTTPSConnectionPool(host='index.example', port=443): "
        "Max retries exceeded with url: /simple/x/?token=geheim (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)'))) - skipping\n"
    ),
    "error: Failed to fetch: `https://jane:geheim@index.example/simple/x/`\n  Caused by: error sending request for url (https://jane:geheim@index.example/simple/x/)\n  Caused by: invalid peer certificate: UnknownIssuer\n",
    "fatal: unable to access 'https://jane:geheim@git.example/r.git/': SSL certificate problem: certificate has expired\n",
    "fatal: unable to access 'https://jane:geheim@git.example/r.git/': Could not resolve proxy: http://jane:geheim@proxy.example:3128/\n",
    "ProxyError: HTTPSConnectionPool(host='h', port=443): Max retries exceeded with url: /x (Caused by ProxyError('Cannot connect to proxy http://jane:geheim@proxy.example.', OSError('Tunnel connection failed: 407 https://jane:geheim@x')))\n",
    "CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://conda.example/t/geheim-token/x?password=geheim>\nSSLError(1, 'https://jane:geheim@conda.example/ certificate has expired')\n",
    *(
        f"curl: (60) SSL certificate problem: {'x' * length} https://jane:geheim@index.example/\n"
        for length in range(230, 300, 3)
    ),
    *(
        f"  Caused by: invalid peer certificate: {'x' * length} https://jane:geheim@index.example/\n"
        for length in range(220, 300, 3)
    ),
    "warning: Invalid `SSL_CERT_FILE`. Path does not exist: https://jane:geheim@x/ca.pem. No default certificates will be trusted.\n",
)


@pytest.mark.parametrize("text", SECRETS, ids=range(len(SECRETS)))
def test_secrets_stay_in_the_log(text: str) -> None:
    found = saved_log.read(text)
    assert found.failures or found.unreached
    assert "geheim" not in repr(found).replace("/t/geheim-token", "")


# Words


@pytest.mark.parametrize("code", verifier_words.OPENSSL)
def test_openssls_words_have_their_number(code: int) -> None:
    for text in re.split(r"\|(?![^(]*\))", verifier_words.OPENSSL[code]):
        plain = (
            text.replace("(?:upported|uitable)", "upported")
            .replace("(?:certificate )?", "certificate ")
            .replace("[- ]?", "-")
        )
        for spelling in (plain, plain.replace("self-signed", "self signed")):
            meaning = meaning_in("".join(f"certificate verify failed: {spelling} (_ssl.c:1)".split()))
            assert meaning is not None
            assert meaning.code == code


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("Certificate chain policy error 0x800b0109 [0]", "issuer"),
        ("Unbekannter Fehler (os error -2146762481)", "hostname-mismatch"),
        (
            "schannel: next InitializeSecurityContext failed: Unknown error (0x80092013) - 失効サーバーがオフラインのため、失効の関数は失効を確認できませんでした。",
            "revocation-unknown",
        ),
        (
            "Die Zertifikatkette wurde von einer nicht vertrauenswürdigen Zertifizierungsstelle ausgestellt.",
            "issuer",
        ),
        ("La cadena de certificación fue emitida por una entidad en la que no se confía.", "issuer"),
        ("この証明書チェーンは、信頼されていない機関によって発行されました。", "issuer"),
        (
            "Uma cadeia de certificados foi processada, mas encerrada em um certificado raiz que não é confiável para o provedor de confiança.",
            "issuer",
        ),
        (
            "Catena di certificati elaborata, ma terminata in un certificato radice non considerato attendibile dal provider di attendibilità.",
            "issuer",
        ),
        (
            "Łańcuch certyfikatów przetworzony, ale zakończony w certyfikacie głównym, który nie jest zaufany przez dostawcę zaufania.",
            "issuer",
        ),
        ("证书链是由不受信任的颁发机构颁发的。", "issuer"),
        ("收到的证书已过期", "expired"),
        ("Das empfangene Zertifikat ist abgelaufen.", "expired"),
        ("CN-имя сертификата не совпадает с полученным значением.", "hostname-mismatch"),
        (
            "Das Zertifikat wurde vom Benutzer explizit als nicht vertrauenswürdig gekennzeichnet.",
            "distrusted",
        ),
        ("Le certificat a été explicitement marqué comme non approuvé par l’utilisateur.", "distrusted"),
        ("A função de revogação não pode verificar a revogação do certificado.", "revocation-unknown"),
        ("Funkcja odwołania nie może sprawdzić odwołania certyfikatu", "revocation-unknown"),
        (
            "La funzione di revoca non è stata in grado di controllare la revoca del certificato.",
            "revocation-unknown",
        ),
        ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", "self-signed-server"),
        (
            "x509: certificate has expired or is not yet valid: current time 2026-01-02T03:04:05Z is before 2026-02-02T00:00:00Z",
            "not-yet-valid",
        ),
        (
            "x509: certificate has expired or is not yet valid: current time 2026-01-02T03:04:05Z is after 2025-02-02T00:00:00Z",
            "expired",
        ),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "issuer"),
        ("PKIX path building failed: unable to find valid certification path to requested target", "issuer"),
        ("[SSL: DH_KEY_TOO_SMALL] dh key too small (_ssl.c:1006)", "weak-crypto"),
        ("[SSL: CA_MD_TOO_WEAK] ca md too weak", "weak-crypto"),
        ("OSStatus -26276", "os-trust-unavailable"),
        ("OSStatus -67818", "expired"),
        ("a description of certificates", None),
    ],
)
def test_words_of_many_languages(said: str, what: str | None) -> None:
    meaning = meaning_in("".join(said.split()))
    assert (meaning.what if meaning else None) == what


# Hostile text


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    saved_log.read(text)


PIECES = [
    *(
        "\n",
        "  ",
        "\r",
        "\x1b[",
        "\x00",
        "│",
        "\\n",
        "\\",
        '"',
        "\ud800",
        "https://u:p@",
        "https://[",
        "(",
        "'",
    ),
    *(
        RETRY.format(1),
        "'SSLError(",
        "': /simple/x/",
        "Could not fetch URL ",
        " - skipping",
        "There was a problem confirming the ssl certificate: ",
    ),
    *(
        "HTTPSConnectionPool(host='",
        "HTTPSConnection(host='h', port=99999999): ",
        "Looking in indexes: ",
        "[9 lines of output]\n",
        "[stderr]\n",
    ),
    *(
        "cause: ",
        "Caused by: ",
        "invalid peer certificate: ",
        "UnknownIssuer",
        "certificate has expired",
        "OSStatus -",
        "0x800b0109",
        "(os error -2146762487)",
    ),
    *(
        "All attempts to connect to ",
        " failed.",
        "npm error code ",
        "curl: (60) ",
        "Download error (60) ",
        "CondaHTTPError: ",
        "Connecting to ",
        "... failed: ",
    ),
    *(
        "2026-11-21T05:14:47Z ",
        "#1 2.3 ",
        "web-1 | ",
        "##[error]",
        "warning: Invalid `SSL_CERT_FILE`. Path does not exist: ",
    ),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_mix_of_words(pieces: list[str]) -> None:
    found = saved_log.read("".join(pieces))
    assert len(found.failures) <= saved_log.MOST
    for item in (*found.failures, *found.unreached):
        assert item.message.isprintable()
        assert item.explanation.isprintable()
        assert "u:p@" not in repr(item)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 20_000), st.integers(0, 20_000))
def test_any_part_of_a_log(name: str, begin: int, length: int) -> None:
    saved_log.read(text_of(name)[begin : begin + length])


@pytest.mark.parametrize("piece", PIECES, ids=range(len(PIECES)))
def test_hostile_megabytes(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    with takes_at_most(5):
        found = saved_log.read(text)
    assert len(repr(found)) < 1_000_000


@pytest.mark.parametrize("pattern", ["pip/ok-*-v.log", "pip/*-v.log"])
def test_five_megabytes_are_read_at_once(pattern: str) -> None:
    once = "".join(text_of(name) for name in NAMES if fnmatch(name, pattern))
    text = (once * (5_000_000 // len(once) + 1))[:5_000_000]
    with takes_at_most(4):
        saved_log.read(text)
