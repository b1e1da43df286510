"""A login page of the network is told from servers that send visitors elsewhere; in doubt it is none."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pipsafe.observations import portal
from pipsafe.observations.plain_http import Answer, get
from pipsafe.origin import Origin
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.authority import Authority, der_of
from tests.lab.index_server import Answer as Page
from tests.lab.index_server import IndexServer, redirect
from tests.yardstick import takes_at_most

NOW = datetime(2026, 6, 15, tzinfo=timezone.utc)
INDEX = Origin("https", "index.example", 443)
PRIVATE = Origin("https", "index.corp.internal", 443)
ROOT = Authority()


def leaf(*names: str) -> Certificate:
    return parse(der_of(ROOT.leaf(names).certificate))


OWN, PORTALS, OTHERS = leaf("index.example"), leaf("login.hotel.example"), leaf("unrelated.example")


def sent(status: int, location: str) -> Answer:
    return Answer(status, {"location": location}, b"", NOW)


def page(body: str, kind: str = "text/html") -> Answer:
    return Answer(200, {"content-type": kind}, body.encode(), NOW)


REFRESH = '<html><meta http-equiv="refresh" content="0; url={}"></html>'

PORTAL_ANSWERS: list[tuple[str, Answer, Certificate | None]] = [
    ("511", Answer(511, {}, b"log in", NOW), None),
    ("511 before another host's", Answer(511, {}, b"", NOW), OTHERS),
    (
        "its certificate and the way back",
        sent(302, "https://login.hotel.example/?u=http://index.example/"),
        PORTALS,
    ),
    ("its certificate, in plain", sent(302, "http://login.hotel.example/start"), PORTALS),
    ("its certificate, and a word", sent(303, "https://login.hotel.example/portal/"), PORTALS),
    ("a private address", sent(302, "http://192.168.1.1/login"), None),
    ("a private address, over TLS", sent(307, "https://10.0.0.1:8443/guest/?mac=00:11"), OTHERS),
    ("a private name", sent(302, "http://gateway.lan/"), None),
    ("a hotspot", sent(302, "http://hotspot.cafe.example/?dst=http%3A%2F%2Findex.example%2F"), None),
    ("a firewall", sent(303, "http://fw.school.example:1000/fgtauth?0a1b2c"), OTHERS),
    ("a page that leads on", page(REFRESH.format("http://wifi.train.example/")), None),
    ("a script that leads on", page('<script>location.href="http://portal.cafe.example/x"</script>'), None),
    ("without a scheme", sent(302, "//hotspot.cafe.example/login.html"), None),
]


@pytest.mark.parametrize(
    ("answer", "presented"), [row[1:] for row in PORTAL_ANSWERS], ids=[row[0] for row in PORTAL_ANSWERS]
)
def test_portals(answer: Answer, presented: Certificate | None) -> None:
    found = portal.judge(INDEX, answer, presented)

    assert found is not None
    assert "login" in found
    for secret in ("mac=", "00:11", "?", "0a1b2c"):
        assert secret not in found


HEALTHY: list[tuple[str, Origin, Answer | None, Certificate | None]] = [
    ("no answer", INDEX, None, None),
    ("to https", INDEX, sent(301, "https://index.example/"), OTHERS),
    ("to https, for now", INDEX, sent(302, "https://index.example/"), None),
    ("to www", INDEX, sent(302, "https://www.index.example/"), None),
    ("to a sibling", INDEX, sent(302, "http://login.index.example/?next=http://index.example/"), None),
    ("to the parent", Origin("https", "files.index.example", 443), sent(302, "http://index.example/"), None),
    ("a relative path", INDEX, sent(302, "/portal/login.html"), None),
    ("no location", INDEX, Answer(302, {}, b"", NOW), None),
    ("to an app", INDEX, sent(302, "itms://portal.example/"), None),
    ("the new domain", INDEX, sent(301, "https://packages.example/"), leaf("packages.example")),
    ("the new domain, for now", INDEX, sent(302, "https://packages.example/"), leaf("packages.example")),
    ("a login of its own", INDEX, sent(302, "https://sso.idp.example/?rd=http://index.example/"), OWN),
    ("single sign-on", PRIVATE, sent(302, "https://login.idp.example/?rd=http://index.corp.internal/"), None),
    ("inside, to inside", PRIVATE, sent(302, "http://nexus.other.internal/"), None),
    ("parked", INDEX, sent(302, "http://ww1.parking.example/?d=index.example"), None),
    ("only TLS here", INDEX, Answer(403, {}, b"SSL is required", NOW), None),
    ("a page", INDEX, page("<html>Welcome. <a href='http://portal.example/'>portal</a></html>"), None),
    ("a page that leads to TLS", INDEX, page(REFRESH.format("https://index.example/")), None),
    ("no page", INDEX, page(REFRESH.format("http://wifi.train.example/"), "application/json"), None),
    ("its own certificate", INDEX, sent(302, "http://hotspot.cafe.example/login.html"), OWN),
    ("511, and a certificate for it", INDEX, Answer(511, {}, b"log in", NOW), OWN),
    ("an error", INDEX, Answer(503, {"location": "http://wifi.train.example/"}, b"", NOW), None),
]


@pytest.mark.parametrize(
    ("origin", "answer", "presented"), [row[1:] for row in HEALTHY], ids=[row[0] for row in HEALTHY]
)
def test_no_portals(origin: Origin, answer: Answer | None, presented: Certificate | None) -> None:
    assert portal.judge(origin, answer, presented) is None


HOSTILE = [
    "http://[", "http://]/", "http://a:99999/", "http://\x1b[31m/", "//", "http://", "http://" + "a" * 9000,
    "http://hotspot\\@index.example/", "http:// hotspot/",
]  # fmt: skip


@pytest.mark.parametrize("location", HOSTILE)
def test_locations_that_are_none(location: str) -> None:
    assert portal.judge(INDEX, sent(302, location), None) is None


SLOW = ["<meta " * 3000, "<meta http-equiv=refresh " * 700, "location=" * 2000, "<" * 16000, "\x80" * 16000]


@pytest.mark.parametrize("body", SLOW, ids=range(len(SLOW)))
def test_a_hostile_page_costs_little(body: str) -> None:
    with takes_at_most(0.5):
        assert portal.judge(INDEX, page(body * 3), None) is None


def test_words() -> None:
    """The host that it leads to and nothing else: what follows may tell who sits here."""
    found = portal.judge(
        INDEX, sent(302, "http://login.hotel.example/?room=12&u=http://index.example/"), PORTALS
    )

    assert found == (
        "Not index.example answers, but the login page of the network (captive portal): a plain request is "
        "sent on to login.hotel.example, whose certificate is presented in its place. Log in with a browser, "
        "then try again."
    )


def test_a_real_portal() -> None:
    """Everything that is asked is sent to one page."""
    with IndexServer(answers={"/": redirect("http://192.168.77.1/hotspot/login?id=1")}) as server:
        answer = get(server.url("/"), proxy=None, seconds=5, most_bytes=1000)

    assert portal.judge(INDEX, answer, None) is not None


def test_a_real_server() -> None:
    with IndexServer(
        answers={"/": Page(200, b"<html>packages</html>", {"Content-Type": "text/html"})}
    ) as server:
        answer = get(server.url("/"), proxy=None, seconds=5, most_bytes=1000)

    assert portal.judge(INDEX, answer, None) is None
