"""A wrong clock is believed by independent evidence only, and never because somebody on the way says so."""

from __future__ import annotations

import platform
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import certifi
import pytest

from pipsafe.observations import clock, releases
from pipsafe.observations.clock import (
    Observation,
    from_answer,
    from_builds,
    from_chains,
    in_words,
    judge,
)
from pipsafe.observations.plain_http import Answer, get
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import Authority, Validity, der_of
from tests.lab.index_server import IndexServer
from tests.lab.raw_server import RawServer, saying

TRUE = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def says(host: str, time: datetime) -> Observation:
    """What a host says the time is."""
    answer = Answer(200, {"date": format_datetime(time, usegmt=True)}, b"", time)
    found = from_answer(answer, host)
    assert found is not None
    return found


def built(day: datetime) -> Observation:
    return Observation("build", "this Python was built then", day, None, "python")


def hold(start: datetime, stop: datetime) -> Observation:
    return Observation("certificates", "the certificates of 2 servers hold then", start, stop)


ONE, OTHER = says("index.example", TRUE), says("files.example", TRUE + 20 * timedelta(seconds=1))
OLD_BUILD, NEW_BUILD = built(TRUE - 300 * DAY), built(TRUE - 2 * DAY)
LEAVES = hold(TRUE - 30 * DAY, TRUE + 60 * DAY)

# What is seen, how far this machine's clock is off, and what is to be found: exactly, at least, or nothing.
ROWS: list[tuple[str, Sequence[Observation], timedelta, str]] = [
    ("two hosts, behind", (ONE, OTHER), -400 * DAY, "exact"),
    ("two hosts, ahead", (ONE, OTHER), 400 * DAY, "exact"),
    ("two hosts, ten minutes", (ONE, OTHER), 10 * MINUTE, "exact"),
    ("two hosts, three minutes", (ONE, OTHER), 3 * MINUTE, "none"),
    ("two hosts, right", (ONE, OTHER), 0 * DAY, "none"),
    ("one host, ahead", (ONE,), 400 * DAY, "none"),
    ("one host, behind", (ONE,), -400 * DAY, "none"),
    ("one host twice", (ONE, says("index.example", TRUE)), 400 * DAY, "none"),
    ("one host and an old build, ahead", (ONE, OLD_BUILD), 400 * DAY, "none"),
    ("one host and certificates, ahead", (ONE, LEAVES), 400 * DAY, "exact"),
    ("one host and certificates, behind", (ONE, LEAVES), -400 * DAY, "exact"),
    ("certificates alone", (LEAVES,), 400 * DAY, "none"),
    ("a build alone", (NEW_BUILD,), -400 * DAY, "least"),
    ("a build alone, ahead", (NEW_BUILD,), 400 * DAY, "none"),
    ("a build, and one host", (NEW_BUILD, ONE), -400 * DAY, "exact"),
    ("a build, and certificates", (OLD_BUILD, LEAVES), -400 * DAY, "least"),
    ("nothing", (), 400 * DAY, "none"),
    ("hosts that disagree", (ONE, says("files.example", TRUE + DAY)), -400 * DAY, "none"),
    ("hosts on both sides", (ONE, says("files.example", TRUE - 900 * DAY)), -400 * DAY, "none"),
]


@pytest.mark.parametrize(("seen", "off", "found"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_convinces(seen: Sequence[Observation], off: timedelta, found: str) -> None:
    skew = judge(seen, TRUE + off)

    if found == "none":
        assert skew is None
        return
    assert skew is not None
    assert skew.at_least is (found == "least")
    if skew.at_least:
        assert 0 < abs(skew.seconds) <= abs(off.total_seconds())
        assert (skew.seconds > 0) is (off > timedelta(0))
    else:
        assert skew.seconds == pytest.approx(off.total_seconds(), abs=60)
    assert set(skew.rests_on) <= {item.words for item in seen}
    assert skew.rests_on


# Forgeries: the clock is right, and somebody holds a certificate that has expired.


FORGED = [
    ("one", (says("index.example", TRUE - 400 * DAY),)),
    ("one against one", (says("index.example", TRUE - 400 * DAY), OTHER)),
    (
        "two, and one that is not theirs",
        (says("a.example", TRUE - 9 * DAY), says("b.example", TRUE - 9 * DAY), ONE),
    ),
    (
        "two, from before something here was made",
        (says("a.example", TRUE - 400 * DAY), says("b.example", TRUE - 400 * DAY), NEW_BUILD),
    ),
    (
        "two and certificates, from before something here was made",
        (
            says("a.example", TRUE - 400 * DAY),
            says("b.example", TRUE - 400 * DAY),
            hold(TRUE - 500 * DAY, TRUE - 390 * DAY),
            NEW_BUILD,
        ),
    ),
]


@pytest.mark.parametrize("seen", [row[1] for row in FORGED], ids=[row[0] for row in FORGED])
def test_forgeries(seen: Sequence[Observation]) -> None:
    assert judge(seen, TRUE) is None


def test_a_forgery_does_not_hide_a_build() -> None:
    """The clock is behind; somebody says that it is even later back."""
    seen = (NEW_BUILD, says("a.example", TRUE - 900 * DAY), says("b.example", TRUE - 900 * DAY))

    skew = judge(seen, TRUE - 400 * DAY)

    assert skew is not None
    assert skew.seconds < 0
    assert skew.rests_on == (NEW_BUILD.words,)


# Observations: of answers


def test_a_real_answer() -> None:
    with IndexServer() as server:
        answer = get(server.url("/"), proxy=None, seconds=5, most_bytes=100)
    found = from_answer(answer, "localhost")

    assert found is not None
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest <= datetime.now(timezone.utc) <= found.latest
    assert found.words.startswith("localhost says that it is 2")
    assert (
        judge([found, says("other.example", datetime.now(timezone.utc))], datetime.now(timezone.utc)) is None
    )


def test_two_real_answers_of_another_time() -> None:
    """Behind by two years and forty days."""
    date = format_datetime(datetime.now(timezone.utc) + 770 * DAY, usegmt=True).encode()
    with RawServer(saying(b"HTTP/1.1 403 No\r\nDate: " + date + b"\r\n\r\n")) as server:
        answer = get(server.url(), proxy=None, seconds=5, most_bytes=100)
    seen = [from_answer(answer, host) for host in ("a.example", "b.example")]

    skew = judge([item for item in seen if item], datetime.now(timezone.utc))

    assert skew is not None
    assert in_words(skew.seconds) in ("2 years and 40 days", "2 years and 39 days")
    assert skew.seconds < 0


DATES = [
    ("Mon, 15 Jun 2026 12:00:00 GMT", TRUE),
    ("Monday, 15-Jun-26 12:00:00 GMT", TRUE),
    ("Mon Jun 15 12:00:00 2026", TRUE),
    ("Mon, 15 Jun 2026 14:00:00 +0200", TRUE),
    ("", None),
    ("now", None),
    ("Mon, 99 Jun 2026 12:00:00 GMT", None),
    ("Mon, 15 Jun 1926 12:00:00 GMT", None),
    ("Mon, 15 Jun 9999 23:59:59 -2359", None),
    ("Mon, 15 Jun 2026 12:00:00 +99999999", None),
    ("Mon, 15 Jun 2026 12:00:00 GMT" + " " * 5000, None),
    ("1" * 40, None),
    ("Mön, 15 Jun 2026 12:00:00 GMT", None),
]


@pytest.mark.parametrize(("text", "time"), DATES)
def test_dates(text: str, time: datetime | None) -> None:
    found = from_answer(Answer(200, {"date": text}, b"", TRUE), "a.example")

    middle = None
    if found is not None and found.earliest is not None and found.latest is not None:
        middle = found.earliest + (found.latest - found.earliest) / 2
    assert middle == time


AGES = [
    ("3600", timedelta(hours=1)),
    ("0", timedelta(0)),
    ("-5", timedelta(0)),
    ("x", timedelta(0)),
    ("٣", timedelta(0)),
]


@pytest.mark.parametrize(("age", "added"), AGES)
def test_an_answer_out_of_a_cache(age: str, added: timedelta) -> None:
    headers = {"date": format_datetime(TRUE, usegmt=True), "age": age}
    found = from_answer(Answer(200, headers, b"", TRUE), "a.example")

    assert found is not None
    assert found.earliest == TRUE + added - clock.SLACK


@pytest.mark.parametrize("age", ["99999999", "9" * 400])
def test_an_answer_that_is_too_old_says_nothing(age: str) -> None:
    headers = {"date": format_datetime(TRUE, usegmt=True), "age": age}
    found = from_answer(Answer(200, headers, b"", TRUE), "a.example")

    assert found is None or found.earliest == TRUE - clock.SLACK


# Of certificates

ROOT = Authority()


def leaf(start: datetime, stop: datetime) -> tuple[Certificate, ...]:
    """The chain of one server."""
    return (parse(der_of(ROOT.leaf(validity=Validity(start, stop)).certificate)),)


GOOD, GOOD_TOO = leaf(TRUE - 30 * DAY, TRUE + 60 * DAY), leaf(TRUE - 9 * DAY, TRUE + 81 * DAY)
OLD = leaf(TRUE - 200 * DAY, TRUE - 100 * DAY)


def test_all_certificates_have_expired() -> None:
    (found,) = from_chains([GOOD, GOOD_TOO], TRUE + 400 * DAY)

    assert (found.earliest, found.latest) == (TRUE - 9 * DAY, TRUE + 60 * DAY)
    assert found.words == (
        "the certificates of 2 servers all have expired, and all hold from 2026-06-06 to 2026-08-14"
    )


def test_no_certificate_is_valid_yet() -> None:
    (found,) = from_chains([GOOD, GOOD_TOO], TRUE - 400 * DAY)

    assert "are not valid yet" in found.words


NO_WITNESSES: list[tuple[str, list[tuple[Certificate, ...]], timedelta]] = [
    ("one server", [GOOD], 400 * DAY),
    ("one certificate on two servers", [GOOD, GOOD], 400 * DAY),
    ("one holds", [GOOD, OLD], 0 * DAY),
    ("all hold", [GOOD, GOOD_TOO], 0 * DAY),
    ("one too old, one too new", [OLD, GOOD], -60 * DAY),
    ("never valid at one time", [GOOD, OLD], 400 * DAY),
    ("none", [(), ()], 400 * DAY),
]


@pytest.mark.parametrize(
    ("chains", "off"), [row[1:] for row in NO_WITNESSES], ids=[row[0] for row in NO_WITNESSES]
)
def test_certificates_that_say_nothing(chains: list[tuple[Certificate, ...]], off: timedelta) -> None:
    assert from_chains(chains, TRUE + off) == ()


def test_one_key_is_one_witness() -> None:
    """An interceptor whose copies have all expired, over the one key that it has."""
    key = ROOT.leaf().key
    old = Validity(TRUE - 200 * DAY, TRUE - 100 * DAY)
    chains = [(parse(der_of(ROOT.leaf([host], validity=old, key=key).certificate)),) for host in ("a", "b")]

    assert from_chains(chains, TRUE) == ()


# Of builds

BUILDS = [
    ("Dec  9 2023 01:00:00", "2023-12-09"),
    ("Mar 25 2025, 10:51:29", "2025-03-25"),
    ("Feb 30 2025 01:00:00", None),
    ("", None),
    (None, None),
    ("default, unknown", None),
    ("Jan  1 1970", None),
    ("x" * 100000, None),
]


@pytest.mark.parametrize(("text", "day"), BUILDS)
def test_python_builds(text: str | None, day: str | None) -> None:
    found = from_builds(text)

    assert [item.words for item in found] == ([f"this Python was built on {day}"] if day else [])


OPENSSLS = [
    ("OpenSSL 3.0.15 3 Sep 2024", "2024-09-03"),
    ("OpenSSL 1.1.1w  11 Sep 2023", "2023-09-11"),
    ("OpenSSL 1.0.2k-fips  26 Jan 2017", "2017-01-26"),
    ("LibreSSL 2.8.3", None),
    ("BoringSSL", None),
]


@pytest.mark.parametrize(("text", "day"), OPENSSLS)
def test_openssl_releases(text: str, day: str | None) -> None:
    found = from_builds(openssl=text)

    assert [item.words for item in found] == ([f"this OpenSSL was released on {day}"] if day else [])


VERSIONS = [("2025.10.5", "2025-10-05"), ("2024.07.04", "2024-07-04"), ("2025.13.1", None), ("1.0", None)]


@pytest.mark.parametrize(("version", "day"), VERSIONS)
def test_certifi_versions(version: str, day: str | None) -> None:
    found = from_builds(certifi_versions=[version])

    words = f"a list of roots on this machine was released on {day}"
    assert [item.words for item in found] == ([words] if day else [])


PIPS = [
    ("26.3", 2026),
    ("20.3.4", 2020),
    ("9.0.3", None),
    ("10.0.1", None),
    ("25.0.dev0", None),
    ("24.1b2", None),
]


@pytest.mark.parametrize(("version", "year"), PIPS)
def test_pip_releases(version: str, year: int | None) -> None:
    assert [item.words for item in from_builds(pip_version=version)] == (
        [f"this pip was released in {year}"] if year else []
    )


def test_this_machine_was_made_before_now() -> None:
    """The real thing: every date that is read here is past, so none convinces."""
    import pip

    versions = [releases.certifi_version(certifi.where())]
    found = from_builds(
        platform.python_build()[1],
        openssl=ssl.OPENSSL_VERSION,
        certifi_versions=[version for version in versions if version],
        pip_version=pip.__version__,
    )

    assert len(found) >= 2  # not every Python and OpenSSL is dated; certifi and pip are
    assert judge(found, datetime.now(timezone.utc)) is None
    behind = judge(found, datetime(2015, 1, 1, tzinfo=timezone.utc))
    assert behind is not None
    assert behind.seconds < 0
    assert behind.at_least


def test_the_version_of_a_certifi(tmp_path: Path) -> None:
    roots = tmp_path / "cacert.pem"
    assert releases.certifi_version(None) is None
    assert releases.certifi_version(str(roots)) is None
    for text, version in [
        ('__version__ = "2025.10.05"\n', "2025.10.05"),
        ("x = 1\n__version__ = '2024.7.4'\n", "2024.7.4"),
        ('__version__ = "1.0"', None),
        ("#" * 5000 + '\n__version__ = "2025.10.05"', None),
    ]:
        (tmp_path / "__init__.py").write_text(text, encoding="utf-8")
        assert releases.certifi_version(str(roots)) == version


# Words

LENGTHS = [
    (2 * 365 * 86400 + 40 * 86400 + 5000, "2 years and 40 days"),
    (-365 * 86400, "1 year"),
    (365 * 86400 + 3600, "1 year"),
    (86400 + 3600, "1 day and 1 hour"),
    (3 * 3600 + 59, "3 hours"),
    (630, "10 minutes and 30 seconds"),
    (1, "1 second"),
    (0, "0 seconds"),
]


@pytest.mark.parametrize(("seconds", "words"), LENGTHS)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
