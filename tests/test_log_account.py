"""`pipsafe explain --log`: reading a saved log in whatever encoding, and telling of it."""

from __future__ import annotations

import codecs
import json
import os
import random
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipsafe import __version__
from pipsafe.language import catalogues
from pipsafe.language.reader import LANGUAGES
from pipsafe.logs import own_words
from pipsafe.messages import cause_words, log_account, run_words, terminal
from pipsafe.messages.terminal import Line
from pipsafe.pip_settings import default_index
from pipsafe.statements import log_file, saved_log
from pipsafe.statements.saved_log import LogFailure, LogFindings
from tests.lab.run import Run, clean_environment, run
from tests.lab.terminal import Step, run_on_pty

LOGS = Path(__file__).parent / "logs"

REASON = (
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
    "unable to get local issuer certificate (_ssl.c:1006)'))"
)
REFUSED = f"""\
Looking in indexes: https://index.example/simple
WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection \
broken by '{REASON}': /simple/orders/
Could not fetch URL https://index.example/simple/orders/: There was a problem confirming the ssl \
certificate: HTTPSConnectionPool(host='index.example', port=443): Max retries exceeded with url: \
/simple/orders/ (Caused by {REASON}) - skipping
ERROR: Could not find a version that satisfies the requirement orders (from versions: none)
ERROR: No matching distribution found for orders
"""
WENT_WELL = """\
Collecting orders
  Downloading orders-1.0-py3-none-any.whl (1.2 kB)
Installing collected packages: orders
Successfully installed orders-1.0
"""

LOOK = "A log has words, not certificates: `pipsafe doctor{}`"

# The fields of a failure in the report of a run, and what only a log has.
FIELDS = [
    *("leg", "origin", "cause", "causes", "verify_code", "message", "inspector", "chain", "verdicts"),
    *("setting", "explanation", "advice", "possible", "tool", "line"),
]


def explain_log(tmp_path: Path, *arguments: str, stdin: bytes | None = None) -> Run:
    """A true run of the command."""
    environment = clean_environment(tmp_path / "home")
    return run([sys.executable, "-m", "pipsafe", "explain", *arguments], environment, stdin=stdin)


def written(tmp_path: Path, contents: bytes) -> str:
    path = tmp_path / "pip.log"
    path.write_bytes(contents)
    return str(path)


# Encodings


@pytest.mark.parametrize(
    "contents",
    [
        REFUSED.encode(),
        codecs.BOM_UTF8 + REFUSED.encode(),
        codecs.BOM_UTF16_LE + REFUSED.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + REFUSED.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + REFUSED.encode("utf-32-le"),
        REFUSED.encode("utf-16-le"),
        REFUSED.encode("utf-16-be"),
        REFUSED.encode("cp1252"),
    ],
    ids=["utf-8", "mark", "PowerShell", "big-endian", "utf-32", "unmarked", "unmarked-be", "code-page"],
)
def test_encodings(contents: bytes) -> None:
    assert log_file.decoded(contents) == REFUSED


def test_a_stray_byte_spoils_nothing_else() -> None:
    contents = "Zertifikat: größer ✓ ".encode() + "größer\n".encode("cp1252") + b"\x81\x8d" + " ✓".encode()

    assert log_file.decoded(contents).startswith("Zertifikat: größer ✓ größer\n")
    assert log_file.decoded(contents).endswith(" ✓")


@given(st.binary(max_size=200))
def test_any_bytes_become_text(contents: bytes) -> None:
    assert isinstance(log_file.decoded(contents), str)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=200))
def test_utf_8_is_read_as_it_is(text: str) -> None:
    assert log_file.decoded(text.encode()) == text


# The command


def test_refused(tmp_path: Path) -> None:
    done = explain_log(tmp_path, "--log", written(tmp_path, REFUSED.encode()))
    said = done.stdout.decode()

    assert done.exit_code == 1
    assert not done.stderr
    assert "pip failed at https://index.example:443: unable to get local issuer certificate" in said
    assert re.search(r"^× lines? \d", said, re.MULTILINE)
    assert "hint: A log has words, not certificates: `pipsafe doctor https://index.example:443`" in said
    assert re.search(r"^hint: `pipsafe explain (?:[a-z0-9-]+|CAUSE)` says more", said, re.MULTILINE)
    assert "trusted-host" not in said


def test_powershell(tmp_path: Path) -> None:
    path = written(tmp_path, codecs.BOM_UTF16_LE + REFUSED.replace("\n", "\r\n").encode("utf-16-le"))

    assert explain_log(tmp_path, "--log", path).exit_code == 1


def test_standard_input(tmp_path: Path) -> None:
    refused = explain_log(tmp_path, "--log", "-", stdin=REFUSED.encode())
    went_well = explain_log(tmp_path, "--log=-", stdin=WENT_WELL.encode())

    assert (refused.exit_code, went_well.exit_code) == (1, 0)
    assert went_well.stdout.decode().startswith("pipsafe: standard input shows no TLS failure.")
    assert not refused.stderr + went_well.stderr


@pytest.mark.parametrize(
    ("contents", "words"),
    [(b"", "It is empty."), (b" \r\n\n", "It is empty."), (WENT_WELL.encode(), "went well")],
)
def test_no_failure(contents: bytes, words: str, tmp_path: Path) -> None:
    done = explain_log(tmp_path, "--log", written(tmp_path, contents))

    assert done.exit_code == 0
    assert "shows no TLS failure." in done.stdout.decode()
    assert words in done.stdout.decode()


@pytest.mark.parametrize("arguments", [("--json", "--log"), ("--log",)], ids=["before", "behind"])
def test_json(arguments: tuple[str, ...], tmp_path: Path) -> None:
    path = written(tmp_path, REFUSED.encode())
    done = explain_log(tmp_path, *arguments, path, *(["--json"] if len(arguments) == 1 else []))
    report = json.loads(done.stdout)

    assert done.exit_code == 1
    assert not done.stderr
    assert list(report) == ["schema", "pipsafe", "failures", "outcome", "unreached", "warnings"]
    assert (report["schema"], report["pipsafe"], report["outcome"]) == (1, __version__, "unremedied")
    for failure in report["failures"]:
        assert list(failure) == FIELDS
        assert (failure["chain"], failure["verdicts"], failure["setting"]) == ([], [], None)
        assert failure["cause"] == failure["causes"][0]
    assert report["failures"][0]["origin"] == "https://index.example:443"


def test_json_of_a_run_that_went_well(tmp_path: Path) -> None:
    done = explain_log(tmp_path, "--log", written(tmp_path, WENT_WELL.encode()), "--json")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["failures"] == []
    assert json.loads(done.stdout)["outcome"] == "passed"
    assert json.loads(done.stdout)["warnings"] == []


def test_what_cannot_be_read(tmp_path: Path) -> None:
    fifo, huge = tmp_path / "fifo", tmp_path / "a huge.log"
    os.mkfifo(fifo)
    with huge.open("wb") as file:
        file.truncate(3 << 30)
    cases = (
        (fifo, "not a regular file; to read from a pipe, name -"),
        (huge, f"`tail -n 5000 {shlex.quote(str(huge))} |"),
        (tmp_path, ""),
    )
    for path, words in cases:
        done = explain_log(tmp_path, "--log", str(path))
        assert done.exit_code == 2
        assert not done.stdout
        assert words in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1
        assert done.seconds < 30


def test_a_log_that_is_typed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipsafe", "explain", "--log", "-"]
    asked = Step(rb"reading the log from this terminal; Ctrl-D ends it\.", b"[no log]\r\x04")
    ended = run_on_pty(command, clean_environment(tmp_path / "home"), steps=[asked])
    interrupted = run_on_pty(
        command, clean_environment(tmp_path / "home"), steps=[Step(asked.expect, b"\x03")]
    )

    assert ended.exit_code == 0
    assert b"standard input shows no TLS failure." in ended.output
    assert interrupted.exit_code == 130
    assert b"Traceback" not in interrupted.output


def test_stdin_without_end(tmp_path: Path) -> None:
    done = explain_log(tmp_path, "--log", "-", stdin=b"x" * (log_file.LARGEST + 1))

    assert done.exit_code == 2
    assert b"more than 64 MB; try `tail -n 5000 FILE | pipsafe explain --log -`." in done.stderr


@pytest.mark.parametrize("path", sorted(LOGS.glob("*.log"))[::9], ids=lambda path: path.name)
def test_recorded_logs_are_told_of(path: Path, tmp_path: Path) -> None:
    done = explain_log(tmp_path, "--log", str(path))
    report = json.loads(explain_log(tmp_path, "--json", "--log", str(path)).stdout)

    assert not done.stderr
    assert done.exit_code == (1 if report["failures"] else 0)
    for failure in report["failures"]:
        assert f"({failure['cause']})" in done.stdout.decode()


# What is no log

STRANGE = "Nothing in it looks like a log of pip, uv, Poetry or conda."

NO_LOGS = {
    "README": b"# orders\n\nOrders goods.\n\n    pip install orders\n\nUsage:\n\n    error: no\n",
    "shadow": b"root:*:19000:0:99999:7:::\nuser:$6$abcdef:19001:0:99999:7:::\n",
    "certificate": b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUBN==\n-----END CERTIFICATE-----\n",
    "bytes": random.Random(7).randbytes(20_000),
    "traceback": b'Traceback (most recent call last):\n  File "app.py", line 3\nZeroDivisionError: zero\n',
}


@pytest.mark.parametrize("name", NO_LOGS)
def test_what_is_no_log_is_not_called_one_that_went_well(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, NO_LOGS[name])
    done = explain_log(tmp_path, "--log", path)
    report = json.loads(explain_log(tmp_path, "--log", path, "--json").stdout)

    assert done.exit_code == 0
    assert done.stdout.decode() == f"pipsafe: {path} shows no TLS failure. {STRANGE}\n"
    assert (report["outcome"], report["warnings"]) == ("passed", [STRANGE])
    assert not saved_log.read(log_file.decoded(NO_LOGS[name])).is_of_kin


# What pipsafe cured

FIRST_TRY = REFUSED.replace("index.example", "index.internal")
CURED = """\
pipsafe: the server's certificate comes from a CA that is not trusted here (private-ca)
\u00d7 https://index.internal was not accepted. pip saw: certificate verify failed (verify code 20)
\u2570\u2500> The certificate of https://index.internal is issued by "Example Corporate Root".
note: The CA "Example Corporate Root" is in NODE_EXTRA_CA_CERTS (/etc/corp/node.pem) and accepts the server.
"""
RESCUED = FIRST_TRY + CURED + WENT_WELL + "pipsafe: pip succeeded with that. Verification stayed on.\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rescue_is_known_in_every_language(language: str) -> None:
    """The log was saved by somebody who reads another language than who asks what it shows."""
    look = catalogues.look(language)
    cause = cause_words.headline(cause_words.HEADLINES["private-ca"], "private-ca")
    refused = run_words.NOT_ACCEPTED.filled(origin="https://index.internal:443", words="unable to get issuer")
    told = [Line("pipsafe:", cause), Line("×", refused)]
    rows = "".join(f"{terminal.in_a_row(line, look)}\n" for line in told)
    ended = terminal.in_a_row(Line("pipsafe:", run_words.SUCCEEDED), look)
    found = saved_log.read(f"{FIRST_TRY}{rows}{WENT_WELL}{ended}\n")

    (rescue,) = found.rescues
    assert rescue.causes == ("private-ca",)
    assert [str(origin) for origin in rescue.origins] == ["https://index.internal:443"]
    assert (found.failures, found.outcome) == ((), "passed")


def test_an_annotation_below_the_last_words() -> None:
    """It tells the cause once more, for the CI system."""
    said = (
        "::notice title=pip needed pipsafe's rescue::the server's certificate is not trusted (private-ca)\n"
    )

    assert (saved_log.read(RESCUED + said).failures, len(saved_log.read(RESCUED + said).rescues)) == ((), 1)


def test_a_rescued_run_is_no_failure(tmp_path: Path) -> None:
    path = written(tmp_path, RESCUED.encode())
    done = explain_log(tmp_path, "--log", path)
    report = json.loads(explain_log(tmp_path, "--log", path, "--json").stdout)
    (warning,) = report["warnings"]

    assert done.exit_code == 0
    assert warning == (
        "pipsafe rescued a run, which had failed because of this: the server's certificate comes from a CA "
        "that is not trusted here (private-ca). Verification stayed on, and pip succeeded with that."
    )
    assert (report["outcome"], report["failures"], report["unreached"]) == ("passed", [], [])
    assert done.stdout.decode().splitlines() == [
        f"pipsafe: {path} shows no TLS failure but what is cured. What it ran went well.",
        f"note: {warning}",
        "hint: `pipsafe explain private-ca` says more.",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_pipsafe_are_those_of_its_own_account(language: str) -> None:
    """Else a change of wording would make failures of rescues."""
    from pipsafe.messages import wording
    from pipsafe.messages.advice import Driven

    driven = Driven(pip_version=(24, 0), python_version=(3, 12), command="pipsafe", upgrades_pip=False)
    look = catalogues.look(language)
    told = [*wording.success([], [], driven, []), *wording.retry_failed()]
    rows = ["".join(terminal.in_a_row(line, look).split()) for line in told]
    ends = [own_words.ends_pattern().match(row) for row in rows]

    assert [bool(end["succeeded"]) for end in ends if end] == [True, False]


def test_a_failure_after_a_rescue_or_elsewhere_is_one() -> None:
    elsewhere = REFUSED.replace("index.example", "other.internal")

    assert [item.origin for item in saved_log.read(RESCUED + REFUSED).failures] == [
        "https://index.example:443"
    ]
    assert [item.origin for item in saved_log.read(elsewhere + RESCUED).failures] == [
        "https://other.internal:443"
    ]
    assert saved_log.read(RESCUED + RESCUED).failures == ()
    assert saved_log.read(RESCUED).outcome == "passed"


def test_a_cured_run_that_failed_otherwise() -> None:
    ended = "pipsafe: TLS is cured for this run; pip failed for another reason, see above.\n"
    found = saved_log.read(FIRST_TRY + CURED + "ERROR: No matching distribution found for orders\n" + ended)

    assert (found.failures, found.outcome) == ((), "failed")
    assert [(item.causes, item.has_succeeded) for item in found.rescues] == [(("private-ca",), False)]


def test_a_build_cannot_call_itself_rescued() -> None:
    said = "".join(f"      {row}\n" for row in (CURED + "pipsafe: pip succeeded with that.").splitlines())
    begun = "  error: subprocess-exited-with-error\n  \u2570\u2500> [6 lines of output]\n"
    build = f"{begun}{said}      [end of output]\n"

    assert saved_log.read(FIRST_TRY + build).rescues == ()
    assert saved_log.read(FIRST_TRY + build).failures


# Whose index it is

ROOT_SENT = REASON.replace(
    "unable to get local issuer certificate", "self-signed certificate in certificate chain"
)


def tried(retries: int, *, first: int | None = None) -> str:
    """What pip says of its default index with so many --retries."""
    begun = retries - 1 if first is None else first
    rows = "".join(
        f"WARNING: Retrying (Retry(total={left}, connect=None, read=None, redirect=None, status=None)) after "
        f"connection broken by '{ROOT_SENT}': /simple/orders/\n"
        for left in range(begun, -1, -1)
    )
    return (
        rows
        + REFUSED.replace(REASON, ROOT_SENT)[REFUSED.replace(REASON, ROOT_SENT).index("Could not fetch") :]
    )


@pytest.mark.parametrize("retries", range(7))
def test_how_often_pip_tries_does_not_change_the_cause(retries: int) -> None:
    assert [item.cause for item in saved_log.read(tried(retries)).failures] == ["tls-inspection"]


def test_a_log_that_begins_in_the_middle() -> None:
    """More tries are left later than at first: pip has said something before."""
    later = tried(5).replace("/simple/orders/", "/simple/goods/")

    assert {item.cause for item in saved_log.read(tried(5, first=1) + later).failures} == {"unknown"}


OF_UV = """\
Using CPython 3.11.7 interpreter at: /usr/bin/python
error: Failed to fetch: https://index.example/simple/orders/
  cause: error sending request for url (https://index.example/simple/orders/)
  cause: client error (Connect)
  cause: invalid peer certificate: UnknownIssuer
"""


def test_the_default_index_of_uv_is_that_of_pip() -> None:
    (known,) = saved_log.read(OF_UV, default_index="https://index.example/simple").failures
    (other,) = saved_log.read(OF_UV, default_index="https://elsewhere.example/simple").failures

    assert (known.cause, known.tool) == ("unknown", "uv")
    assert (
        known.possible
        == saved_log.read("$ pip install orders\n" + REFUSED.partition("\n")[2]).failures[0].possible
    )
    assert {"private-ca", "self-signed-server"}.isdisjoint(known.possible)
    assert "private-ca" in other.possible


def test_the_pip_beside_this_one_knows_the_default_index() -> None:
    from pip._internal.models.index import PyPI

    assert default_index.url() == PyPI.simple_url


# What is said


def failure(
    cause: str = "private-ca",
    *,
    origin: str | None = "https://index.example:443",
    line: int = 3,
    causes: Sequence[str] = (),
    message: str = "unable to get local issuer certificate",
    code: int | None = 20,
    tool: str = "pip",
    possible: Sequence[str] = (),
) -> LogFailure:
    return LogFailure(
        leg="index",
        origin=origin,
        cause=cause,
        causes=tuple(causes) or (cause,),
        verify_code=code,
        message=message,
        line=line,
        tool=tool,
        explanation=f"It was {cause}.",
        possible=tuple(possible),
    )


def told(
    *failures: LogFailure, outcome: str = "unremedied", unreached: Sequence[LogFailure] = ()
) -> list[str]:
    found = log_account.lines(LogFindings(failures, outcome, tuple(unreached)), "pip.log", is_empty=False)
    return [text(line) for line in found]


def text(line: Line) -> str:
    return f"{line.lead} {line.text}"


def test_one_failure() -> None:
    first, second, third, *hints = told(failure())

    assert first == "pipsafe: the server's certificate comes from a CA that is not trusted here (private-ca)"
    assert second == (
        "× line 3: pip failed at https://index.example:443: unable to get local issuer certificate "
        "(verify code 20)"
    )
    assert third == "╰─> It was private-ca."
    assert hints == [
        f"hint: {cause_words.ADVICE['private-ca']}",
        f"hint: {LOOK.format(' https://index.example:443')} looks at the server itself.",
        "hint: `pipsafe explain private-ca` says more.",
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([3], "line 3"),
        ([3, 3], "line 3"),
        ([3, 9], "lines 3 and 9"),
        ([3, 9, 12], "lines 3, 9 and 12"),
        ([1, 2, 3, 4, 5], "lines 1, 2, 3, 4 and 5"),
        (list(range(1, 10)), "lines 1, 2, 3, 4, 5 and 4 more"),
    ],
)
def test_the_same_failure_again(lines: list[int], said: str) -> None:
    rows = told(*(failure(line=line) for line in lines))

    assert next(row for row in rows if row.startswith("×")).startswith(f"× {said}: pip")
    assert len([row for row in rows if row.startswith("×")]) == 1


def test_different_failures() -> None:
    rows = told(
        failure(),
        failure("expired", message="certificate has expired", code=10, line=7),
        failure(origin="https://files.example:443", line=8),
        failure(tool="uv", code=None, line=9),
        failure("unknown", origin=None, message="", code=None, line=11, tool="conda"),
    )

    assert len([row for row in rows if row.startswith("×")]) == 5
    assert "× line 9: uv failed at https://index.example:443: unable to get local issuer certificate" in rows
    assert "× line 11: conda failed" in rows
    assert rows[-1] == "hint: `pipsafe explain CAUSE` says more of private-ca, expired and unknown."
    assert f"hint: {LOOK.format('')} looks at the servers themselves." in rows
    assert not [row for row in rows if "note below" in row]


def test_what_hides_behind_it() -> None:
    rows = told(failure("expired", causes=("expired", "private-ca")))

    assert "│ also: the server's certificate comes from a CA that is not trusted here (private-ca)" in rows


def test_what_the_words_leave_open() -> None:
    rows = told(failure("unknown", possible=("private-ca", "tls-inspection")))

    assert rows[0] == "pipsafe: TLS failed, and the words of a log leave open why (unknown)"
    assert rows[-1] == "hint: `pipsafe explain CAUSE` says more of private-ca and tls-inspection."
    assert len([row for row in rows if "explain" in row]) == 1


def test_what_was_not_reached() -> None:
    silent = failure("unreachable", message="Connection refused", code=None, line=4)
    rows = told(outcome="failed", unreached=[silent])

    assert rows[0] == (
        "pipsafe: pip.log shows no TLS failure. But connections failed before TLS had a part in it."
    )
    assert (
        rows[1] == "note: line 4: pip failed at https://index.example:443: Connection refused (unreachable)"
    )
    assert rows[-1] == "hint: `pipsafe explain unreachable` says more."
    assert rows[1] in told(failure(), unreached=[silent])


def test_very_many() -> None:
    rows = told(*(failure(origin=f"https://a{number}.example:443", line=number) for number in range(1, 1001)))

    assert "note: 980 more like these; `--json` has them all." in rows
    assert len(rows) < 80


@pytest.mark.parametrize(
    ("outcome", "words"), [("passed", "What it ran went well."), ("failed", "failed for another reason")]
)
def test_nothing_found(outcome: str, words: str) -> None:
    (row,) = told(outcome=outcome)

    assert row.startswith("pipsafe: pip.log shows no TLS failure. ")
    assert words in row


def test_hostile_words(tmp_path: Path) -> None:
    """What a log says cannot steer the terminal it is told on."""
    hostile = REFUSED.replace("unable to get", "\x1b]0;owned\x07 \x9b31m \u202e unable to get")
    done = explain_log(tmp_path, "--log", written(tmp_path, hostile.encode()))
    strange = {character for character in done.stdout.decode() if not character.isprintable()}

    assert done.exit_code == 1
    assert strange == {"\n"}
