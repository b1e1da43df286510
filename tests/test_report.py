"""The JSON report: its fields and their types, and how it comes to lie where it was asked for."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from pipsafe import __version__
from pipsafe.attempts.attempt import Attempt, Hello
from pipsafe.causes.case import Case, Diagnosis
from pipsafe.diagnosis import diagnose
from pipsafe.findings import Findings, Remedy
from pipsafe.messages import report, report_file
from pipsafe.observations.provenance import Provenance
from pipsafe.origin import Origin
from pipsafe.own_options import UsageError
from pipsafe.pip_settings import command_line
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.probes.answered import Survey, Verdict
from pipsafe.probes.asked import Trust
from pipsafe.remedy import Plan
from pipsafe.trust.anchors import Candidate, Search
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import parse
from tests.lab.authority import Authority, Chain, der_of

ROOT = Authority("Example Corporate Root")
ORIGIN = Origin("https", "index.example", 443)
CHAIN = tuple(parse(der_of(item)) for item in ROOT.leaf(("index.example",), chain=Chain.WITH_ROOT).presented)
SELF_SIGNED_ABOVE = Verdict(
    accepted=False, code=19, message="self-signed certificate in certificate chain", kind="certificate"
)
ACCEPTED = Verdict(accepted=True, code=0, message="", kind="accepted")
NO_FILE = Verdict(accepted=False, code=None, message="no such file: /corp/gone.pem", kind="setting")
GONE = Verdict(accepted=False, code=None, message="Connection refused", kind="unreachable")
SETTING = Setting("REQUESTS_CA_BUNDLE", "/corp/gone.pem", "environment variable REQUESTS_CA_BUNDLE")
GIT = Source("configured", "GIT_SSL_CAINFO", "/corp/git.pem")
OTHER = Source("configured", "PIP_CERT", "/corp/other.pem")
SYSTEM = Source("system", "the system store", "/etc/ssl/certs/ca-certificates.crt")

# The fields and what may stand in them: a tuple of types, a list of one shape, or a mapping.
TEXT, NUMBER, FLAG, NONE = (str,), (int,), (bool,), type(None)
SHA256, MOMENT = re.compile(r"[0-9a-f]{64}"), re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CERTIFICATE = {
    "subject": TEXT,
    "issuer": TEXT,
    "not_before": MOMENT,
    "not_after": MOMENT,
    "sha256": SHA256,
    "is_ca": FLAG,
}
FAILURE: Mapping[str, Any] = {
    "leg": TEXT,
    "origin": re.compile(r"https?://[^/@]+:\d+"),
    "cause": TEXT,
    "causes": [TEXT],
    "verify_code": (int, NONE),
    "message": TEXT,
    "inspector": (str, NONE),
    "chain": [CERTIFICATE],
    "verdicts": [{"store": TEXT, "accepted": FLAG, "verify_code": (int, NONE), "message": (None, TEXT)}],
    "setting": (None, {"name": TEXT, "value": TEXT, "set_in": TEXT}),
    "explanation": TEXT,
    "reasons": [TEXT],
    "advice": [TEXT],
}
SOURCE = {"tier": TEXT, "name": TEXT, "path": (str, NONE)}
REMEDY: Mapping[str, Any] = {
    "kind": re.compile("system-store|certifi|bundle|pin|completed-chain|drop-setting"),
    "anchors": [{"subject": TEXT, "sha256": SHA256, "not_after": MOMENT, "source": (None, SOURCE)}],
    "source": (None, SOURCE),
    "intermediates": [{"subject": TEXT, "sha256": SHA256, "not_after": MOMENT}],
    "environment": {"*": (str, NONE)},
}
REPORT: Mapping[str, Any] = {
    "schema": NUMBER,
    "pipsafe": TEXT,
    "command": [TEXT],
    "target": {
        "python": TEXT,
        "python_version": TEXT,
        "pip_version": TEXT,
        "openssl": (str, NONE),
        "platform": TEXT,
    },
    "outcome": TEXT,
    "exit_code": NUMBER,
    "failures": [FAILURE],
    "remedy": (None, REMEDY),
    "attempts": [{"exit_code": NUMBER, "seconds": (int, float), "stopped_early": FLAG}],
    "skipped": [TEXT],
    "warnings": [TEXT],
}


def conforms(value: object, shape: Any, where: str = "report") -> None:
    """Assert that the value has the shape, naming the place where it has not."""
    if isinstance(shape, re.Pattern):
        assert isinstance(value, str), (where, value)
        assert shape.fullmatch(value), (where, value)
    elif isinstance(shape, Mapping):
        assert isinstance(value, dict), (where, value)
        assert "*" in shape or list(value) == list(shape), (where, list(value))
        for name, item in value.items():
            conforms(item, shape.get("*", shape.get(name)), f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), (where, value)
        for number, item in enumerate(value):
            conforms(item, shape[0], f"{where}[{number}]")
    elif None in shape:
        if value is not None:
            conforms(value, shape[1], where)
    else:
        assert isinstance(value, shape), (where, value)
        assert not isinstance(value, bool) or bool in shape, (where, value)


def diagnosed(**verdicts: Verdict) -> Diagnosis:
    survey = Survey(ORIGIN, CHAIN, True, None, verdicts, {"time": ACCEPTED, "name": ACCEPTED})
    return diagnose(
        Case(
            ORIGIN,
            "index",
            survey,
            None,
            False,
            None,
            None,
            140,
            datetime.now(timezone.utc),
            Provenance("private-ca"),
        )
    )


PRIVATE = diagnosed(pip=SELF_SIGNED_ABOVE, certifi=SELF_SIGNED_ABOVE, system=ACCEPTED)
ANCHOR = parse(ROOT.der)
NAMESAKE = parse(ROOT.namesake().der)
CANDIDATES = Candidate(ANCHOR, SYSTEM), Candidate(ANCHOR, GIT), Candidate(NAMESAKE, OTHER)
FINDINGS = Findings(
    diagnoses=(PRIVATE,),
    search=Search(candidates=CANDIDATES),
    accepted={str(ORIGIN): (CANDIDATES[0], CANDIDATES[1])},
)
PLAN = Plan("bundle", (ANCHOR,), (), GIT, Trust(file="<bundle>"), {"PIP_CERT": "<bundle>"}, base="present")
CURE = Remedy(
    PLAN,
    {"PIP_CERT": "/tmp/pipsafe-1/ca.pem", "SSL_CERT_FILE": None},
    ("install", "x"),
    "/tmp/pipsafe-1/ca.pem",
)
HELLO = Hello(
    b"\0".join([b"/venv/bin/python", b"3.11.7", b"23.2.1", b"/venv/lib", b"/venv", b"linux", b"cpython"])
)


def ended() -> Attempt:
    attempt = Attempt()
    attempt.exit_code, attempt.seconds, attempt.stopped = 1, 2.34567, True
    return attempt


def whole(
    failures: Sequence[dict[str, Any]] = (),
    remedy: Remedy | None = None,
    command: Sequence[str] = ("install", "x"),
) -> dict[str, Any]:
    return report.whole(
        command=list(command),
        target=report.target(HELLO, "OpenSSL 3.0.1"),
        outcome="rescued",
        exit_code=0,
        failures=list(failures),
        remedy=report.remedy([remedy] if remedy else []),
        attempts=[report.attempt(ended())],
        skipped=[],
        warnings=[],
    )


def written(path: Path, value: dict[str, Any]) -> Any:
    report_file.write(str(path), value)
    return json.loads(path.read_bytes())


# Fields


def test_a_report_without_a_failure(tmp_path: Path) -> None:
    read = written(tmp_path / "report.json", whole())

    conforms(read, REPORT)
    assert read["schema"] == 1
    assert read["pipsafe"] == __version__
    assert read["remedy"] is None
    assert read["attempts"] == [{"exit_code": 1, "seconds": 2.346, "stopped_early": True}]
    assert read["target"]["pip_version"] == "23.2.1"


def test_a_report_of_a_rescue(tmp_path: Path) -> None:
    failure = report.failure(PRIVATE, FINDINGS, ("Ask.",))

    read = written(tmp_path / "report.json", whole([failure], CURE))

    conforms(read, REPORT)
    (told,) = read["failures"]
    assert told["origin"] == "https://index.example:443"
    assert (told["cause"], told["causes"]) == ("private-ca", ["private-ca"])
    assert (told["verify_code"], told["message"]) == (19, SELF_SIGNED_ABOVE.message)
    assert [item["is_ca"] for item in told["chain"]] == [False, True]
    assert told["chain"][-1]["sha256"] == ROOT.sha256
    assert told["setting"] is None
    assert told["explanation"] == PRIVATE.decisive.explanation
    assert read["remedy"]["anchors"][0]["sha256"] == ROOT.sha256
    assert read["remedy"]["source"] == {
        "tier": "configured",
        "name": "GIT_SSL_CAINFO",
        "path": "/corp/git.pem",
    }
    assert read["remedy"]["environment"] == {"PIP_CERT": "/tmp/pipsafe-1/ca.pem", "SSL_CERT_FILE": None}


def test_the_verdicts_of_stores_and_files() -> None:
    verdicts = report.failure(PRIVATE, FINDINGS, ())["verdicts"]

    assert {row["store"]: row["accepted"] for row in verdicts} == {
        "pip": False,
        "certifi": False,
        "system": True,
        "/corp/git.pem": True,
        "/corp/other.pem": False,
    }


def test_a_setting_at_fault_is_named() -> None:
    case = replace(
        diagnosed(pip=NO_FILE, certifi=ACCEPTED).case, setting=SETTING, setting_problem="does not exist"
    )

    told = report.failure(diagnose(case), Findings(), ())

    conforms(told, FAILURE, "failure")
    assert told["setting"] == {"name": SETTING.name, "value": SETTING.value, "set_in": SETTING.set_in}
    assert told["verify_code"] is None


def test_a_sound_setting_is_not_blamed() -> None:
    case = replace(PRIVATE.case, setting=SETTING)

    assert report.failure(diagnose(case), Findings(), ())["setting"] is None


def test_an_origin_that_cannot_be_reached() -> None:
    told = report.failure(diagnosed(pip=GONE, system=GONE), Findings(), ())

    conforms(told, FAILURE, "failure")
    assert (told["cause"], told["verify_code"]) == ("unreachable", None)


def test_a_remedy_without_a_source() -> None:
    plan = Plan("drop-setting", (), (), None, Trust(), {"PIP_CERT": None})

    told = report.remedy([Remedy(plan, {"PIP_CERT": None}, ("install", "x"), None)])

    conforms(told, REMEDY, "remedy")
    assert told == {
        "kind": "drop-setting",
        "anchors": [],
        "source": None,
        "intermediates": [],
        "environment": {"PIP_CERT": None},
    }


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (datetime(2025, 6, 1, 12, 0, 5, tzinfo=timezone.utc), "2025-06-01T12:00:05Z"),
        (datetime(1, 1, 1, tzinfo=timezone.utc), "0001-01-01T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc), "9999-12-31T23:59:59Z"),
    ],
)
def test_times(when: datetime, told: str) -> None:
    assert report.moment(when) == told


# Secrets


def test_no_credentials(tmp_path: Path) -> None:
    command = [
        *(
            "install",
            "--index-url",
            "https://user:s3cret@index.example/simple",
            "-ihttps://u:s3cret@i.example",
        ),
        *(
            "--extra-index-url=https://__token__:s3cret@index.example/simple",
            "--proxy",
            "user:s3cret@proxy.example:3128",
        ),
        *("--proxy=http://user:s3cret@proxy.example", "-f", "https://user:s3cret@index.example/links"),
        *("x @ https://user:s3cret@files.example/x.whl", "git+https://s3cret@git.example/x.git@main"),
    ]
    path = tmp_path / "report.json"

    report_file.write(str(path), whole(command=command_line.redact(command)))

    text = path.read_text(encoding="utf-8")
    assert "s3cret" not in text
    assert "index.example" in text


# The file


def test_a_new_report(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    before = os.umask(0o027)
    try:
        report_file.write(str(path), whole())
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes().endswith(b"}\n")
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_an_old_report_gives_way(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("x" * 100_000, encoding="utf-8")

    conforms(written(path, whole()), REPORT)


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious, path = tmp_path / "precious", tmp_path / "report.json"
    precious.write_text("precious", encoding="utf-8")
    path.symlink_to(precious)

    report_file.write(str(path), whole())

    assert precious.read_text(encoding="utf-8") == "precious"
    assert not path.is_symlink()


def test_nothing_is_left_of_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")

    with pytest.raises(TypeError):
        report_file.write(str(path), {"command": [object()]})

    assert path.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        report_file.write(str(tmp_path / "gone" / "report.json"), whole())


def test_a_relative_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report_file.check_place("report.json")

    report_file.write("report.json", whole())

    conforms(json.loads((tmp_path / "report.json").read_bytes()), REPORT)


@pytest.mark.parametrize(
    "hostile", ["caf\udce9", "\x1b[2J", "\x9b2J", "a\u202eb", "line\nfeed", '"', "\\", "\x00", "日本"]
)
def test_words_that_are_odd(tmp_path: Path, hostile: str) -> None:
    """An argument may hold any byte; a report is a JSON text that a terminal can bear."""
    path = tmp_path / "report.json"

    read = written(path, whole(command=["install", hostile]))

    assert read["command"] == ["install", hostile]
    text = path.read_bytes().decode("ascii")
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("gone/report.json", "does not exist"),
        (".", "is no ordinary file"),
        ("file/report.json", "does not exist"),
    ],
)
def test_places_that_cannot_be_written(tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match=words):
        report_file.check_place(str(tmp_path / place))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(UsageError, match="cannot be written"):
        report_file.check_place(str(tmp_path / "report.json"))


def test_a_place_that_can_be_written(tmp_path: Path) -> None:
    report_file.check_place(str(tmp_path / "report.json"))

    assert [item.name for item in tmp_path.iterdir()] == []
