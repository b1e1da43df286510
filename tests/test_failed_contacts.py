"""Which servers pip would ask, and which of those that are refused its words speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

import pytest

from pipsafe.attempts.attempt import Hello
from pipsafe.attempts.situation import Situation
from pipsafe.causes.case import Case, Cause, Diagnosis
from pipsafe.observations.provenance import Provenance
from pipsafe.origin import Origin
from pipsafe.pip_settings import command_line, settings
from pipsafe.pip_settings.config_paths import TargetFacts
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.requirements import Requirements
from pipsafe.pip_settings.settings import Contact
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.probes import contacts
from pipsafe.probes.answered import Survey, Verdict
from pipsafe.statements.evidence import Evidence, Kind

NOW = datetime.now(timezone.utc)
INDEX, SECOND = Origin("https", "index.example", 443), Origin("https", "second.example", 443)
FILES, GIT = Origin("https", "files.example", 8443), Origin("https", "git.example", 443)
PROXY = Origin("https", "proxy.example", 3128)

DEFAULT = "https://index.example/simple"
AT_INDEX = Contact(INDEX, "index", DEFAULT)
AT_SECOND = Contact(SECOND, "index", "https://second.example/other/")
AT_FILES = Contact(FILES, "file", "https://files.example:8443/speck-1.0.tar.gz")
AT_GIT = Contact(GIT, "vcs", "git+https://git.example/speck")
AT_PROXY = Contact(PROXY, "proxy", "https://proxy.example:3128")

MOST = 256
"""Servers looked at in one run."""


def around(
    arguments: str = "install speck",
    *needs: Setting,
    pip: tuple[int, ...] = (26, 3),
    **environ: str,
) -> Surroundings:
    """What a pip goes by that reads no configuration file."""
    line = command_line.parse(arguments.split(), pip)
    target = TargetFacts("/venv", "/home/u", "linux", (3, 11), pip)
    environ = {"PIP_CONFIG_FILE": "/dev/null", **environ}
    hello = Hello(
        b"\0".join([b"/venv/bin/python", b"3.11", b"26.3", b"/pip", b"/venv", b"linux", b"cpython"])
    )
    situation = Situation("python", hello, "script", tuple(arguments.split()), environ, (), {})
    found = settings.read(line, environ, target)
    return Surroundings(situation, line, found, Requirements(settings=needs), target)


def said(
    where: Origin | None = None,
    *,
    url: str | None = None,
    path: str | None = None,
    leg: str = "index",
    inner: bool = False,
    kind: Kind = Kind.CERTIFICATE,
) -> Evidence:
    return Evidence(kind, "unable to get local issuer certificate", leg, url, where, path, inner)


def hosts(found: Sequence[Contact]) -> list[str]:
    return [contact.origin.host for contact in found]


def in_file(name: str, value: str) -> Setting:
    return Setting(name, value, "/srv/project/requirements.txt, line 1")


# --- whom pip is configured for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "needs", "expected"),
    [
        ("install speck", (), [AT_INDEX]),
        ("install -i https://second.example/other/ speck", (), [AT_SECOND]),
        ("install --extra-index-url https://second.example/other/ speck", (), [AT_INDEX, AT_SECOND]),
        ("install speck", (in_file("extra-index-url", AT_SECOND.url),), [AT_INDEX, AT_SECOND]),
        (f"install --no-index {AT_FILES.url}", (), [AT_FILES]),
        (f"install --no-index {AT_GIT.url}", (), [AT_GIT]),
        ("install --trusted-host index.example speck", (), [AT_INDEX]),
        ("install -i http://index.example/simple speck", (), []),
        ("list", (), []),
    ],
)
def test_whom_pip_is_configured_for(
    arguments: str, needs: tuple[Setting, ...], expected: list[Contact]
) -> None:
    assert contacts.configured(around(arguments, *needs), DEFAULT) == tuple(expected)


def test_a_list_of_servers_without_end_is_cut_short() -> None:
    many = [in_file("extra-index-url", f"https://{number}.example/") for number in range(MOST + 10)]

    found = contacts.configured(around("install speck", *many), DEFAULT)

    assert hosts(found) == ["index.example", *(f"{number}.example" for number in range(MOST - 1))]


# --- whom pip verifies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "in_a_file", "is_verified"),
    [
        ("", "", True),
        ("files.example", "", False),
        ("FILES.example", "", False),
        ("files.example:8443", "", False),
        ("files.example:443", "", True),
        ("example", "", True),
        ("index.example", "", True),
        ("", "files.example", False),
        ("", "Files.Example:8443", False),
        ("index.example", "files.example", False),
        ("files.example", "index.example", False),
    ],
)
def test_a_trusted_host_is_not_asked(typed: str, in_a_file: str, is_verified: bool) -> None:  # noqa: FBT001
    needs = [in_file("trusted-host", in_a_file)] if in_a_file else []
    trusting = around(f"install --trusted-host {typed} speck" if typed else "install speck", *needs)

    assert contacts.verified(trusting, [AT_FILES]) == ((AT_FILES,) if is_verified else ())


def test_only_the_trusted_host_is_left_out() -> None:
    trusting = around("install --trusted-host second.example speck")

    assert contacts.verified(trusting, [AT_INDEX, AT_SECOND, AT_FILES]) == (AT_INDEX, AT_FILES)


# --- whom to look at -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([], [AT_INDEX, AT_SECOND]),
        # What pip named comes first.
        ([said(SECOND)], [AT_SECOND, AT_INDEX]),
        ([said(INDEX), said(SECOND)], [AT_INDEX, AT_SECOND]),
        # And what it came to by itself is looked at as well.
        (
            [said(FILES, leg="file", url="https://files.example:8443/speck-1.0.tar.gz")],
            [AT_FILES, AT_INDEX, AT_SECOND],
        ),
        (
            [said(FILES, leg="file")],
            [Contact(FILES, "file", "https://files.example:8443"), AT_INDEX, AT_SECOND],
        ),
        # A URL alone names its server, though not as one that was refused.
        ([said(url=AT_FILES.url, leg="file")], [AT_INDEX, AT_SECOND, AT_FILES]),
        # A redirect led from one server to another.
        (
            [said(FILES, url="https://gone.example/x", leg="file")],
            [Contact(FILES, "file", "https://gone.example/x"), AT_INDEX, AT_SECOND],
        ),
        # How pip is configured says more of a server than its words.
        ([said(INDEX, leg="file", url="https://index.example/x.whl")], [AT_INDEX, AT_SECOND]),
        # What a build prints leads to no connection; nor does what goes without TLS.
        ([said(FILES, inner=True)], [AT_INDEX, AT_SECOND]),
        ([said(url=AT_FILES.url, inner=True)], [AT_INDEX, AT_SECOND]),
        ([said(Origin("http", "files.example", 80))], [AT_INDEX, AT_SECOND]),
        ([said(path="/simple/speck/")], [AT_INDEX, AT_SECOND]),
        ([said(url="file:///etc/passwd")], [AT_INDEX, AT_SECOND]),
        ([said(GIT, inner=True), said(FILES, url=AT_FILES.url, leg="file")], [AT_FILES, AT_INDEX, AT_SECOND]),
    ],
)
def test_whom_to_look_at(evidence: list[Evidence], expected: list[Contact]) -> None:
    configured = around(f"install --extra-index-url {AT_SECOND.url} speck")

    assert contacts.of(configured, evidence, DEFAULT) == tuple(expected)


def test_what_pip_named_is_not_looked_at_if_pip_trusts_the_host() -> None:
    trusting = around("install --trusted-host files.example speck")

    assert contacts.of(trusting, [said(FILES)], DEFAULT) == (AT_INDEX,)


def test_what_pip_named_is_looked_at_however_many_servers_there_are() -> None:
    many = [in_file("extra-index-url", f"https://{number}.example/") for number in range(MOST + 10)]

    found = contacts.of(around("install speck", *many), [said(FILES)], DEFAULT)

    assert len(found) == MOST
    assert hosts(found)[:3] == ["files.example", "index.example", "0.example"]


# --- proxies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxy", "pip", "added"),
    [
        ("", (26, 3), ()),
        ("https://proxy.example:3128", (26, 3), (AT_PROXY,)),
        ("https://user:secret@proxy.example:3128", (26, 3), (AT_PROXY,)),
        ("http://proxy.example:3128", (26, 3), ()),
        ("proxy.example:3128", (26, 3), ()),
        # Pips before 20.3 speak plainly with every proxy.
        ("https://proxy.example:3128", (20, 2, 4), ()),
    ],
)
def test_a_proxy_that_is_spoken_to_over_tls_is_looked_at(
    proxy: str, pip: tuple[int, ...], added: tuple[Contact, ...]
) -> None:
    through = around("install speck", pip=pip, https_proxy=proxy)

    found = contacts.with_proxies(through, iter([AT_INDEX, AT_FILES]))

    assert found == (AT_INDEX, AT_FILES, *added)


def test_only_what_goes_through_a_proxy_leads_to_it() -> None:
    past_it = around("install speck", https_proxy=AT_PROXY.url, no_proxy="index.example")

    assert contacts.with_proxies(past_it, [AT_INDEX]) == (AT_INDEX,)
    assert contacts.with_proxies(past_it, [AT_INDEX, AT_FILES]) == (AT_INDEX, AT_FILES, AT_PROXY)


# --- legs, and the default index -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "legs", "expected"),
    [
        (AT_INDEX, (), "index"),
        (AT_INDEX, ("index",), "index"),
        (AT_INDEX, ("build-dependency",), "build-dependency"),
        (AT_INDEX, ("build-dependency", "build-dependency"), "build-dependency"),
        (AT_INDEX, ("index", "build-dependency"), "index"),
        (AT_FILES, ("build-dependency",), "file"),
        (AT_GIT, ("vcs",), "vcs"),
    ],
)
def test_the_leg_that_failed(contact: Contact, legs: tuple[str, ...], expected: str) -> None:
    assert contacts.leg(contact, [said(INDEX, leg=leg) for leg in legs]) == expected


@pytest.mark.parametrize(
    ("contact", "evidence", "arguments", "expected"),
    [
        (AT_INDEX, [], "install speck", True),
        (AT_INDEX, [], f"install --extra-index-url {AT_SECOND.url} speck", True),
        (AT_SECOND, [said(SECOND)], "install speck", False),
        # The host that the pages of the default index name.
        (AT_FILES, [said(FILES)], "install speck", True),
        (AT_FILES, [said(INDEX), said(FILES)], "install speck", True),
        (AT_FILES, [], "install speck", False),
        (AT_FILES, [said(INDEX)], "install speck", False),
        (AT_FILES, [said(FILES, inner=True)], "install speck", False),
        # Another index may have named it.
        (AT_FILES, [said(FILES)], f"install --extra-index-url {AT_SECOND.url} speck", False),
        (AT_FILES, [said(FILES)], f"install -i {AT_SECOND.url} speck", False),
        (AT_FILES, [said(FILES)], "install --no-index speck", False),
        (AT_FILES._replace(leg="find-links"), [said(FILES)], "install speck", False),
    ],
)
def test_what_the_default_index_led_to(
    contact: Contact,
    evidence: list[Evidence],
    arguments: str,
    expected: bool,  # noqa: FBT001
) -> None:
    assert contacts.is_default(contact, around(arguments), evidence, DEFAULT) is expected


def test_what_a_requirements_file_adds_may_have_led_there() -> None:
    configured = around("install speck", in_file("extra-index-url", AT_SECOND.url))

    assert not contacts.is_default(AT_FILES, configured, [said(FILES)], DEFAULT)


def test_a_pip_whose_default_index_is_not_known() -> None:
    assert not contacts.is_default(AT_INDEX, around(), [said(INDEX)], None)
    assert not contacts.is_default(AT_FILES, around(), [said(FILES)], None)


# --- what failed -----------------------------------------------------------------------------------------


def verdict(kind: str) -> Verdict:
    return Verdict(accepted=kind == "accepted", code=20, message="", kind=kind)


def looked_at(contact: Contact, cause: str | None, kind: str = "certificate") -> Diagnosis:
    """The diagnosis of a server; `kind` is that of pip's verdict. No cause: it is healthy."""
    survey = Survey(contact.origin, (), True, None, {"pip": verdict(kind if cause else "accepted")}, {})
    case = Case(
        contact.origin, contact.leg, survey, None, False, None, None, 140, NOW, Provenance("private-ca")
    )
    return Diagnosis(case, (Cause(cause, cause, True),) if cause else (), None)


def healthy(contact: Contact) -> Diagnosis:
    return looked_at(contact, None)


def refused(contact: Contact) -> Diagnosis:
    return looked_at(contact, "private-ca")


def gone(contact: Contact) -> Diagnosis:
    return looked_at(contact, "unreachable", "unreachable")


def behind_proxy(contact: Contact) -> Diagnosis:
    """Its proxy's own certificate is refused."""
    return looked_at(contact, "proxy-problem", "proxy-certificate")


EXTRA = Contact(Origin("https", "extra.example", 443), "find-links", "https://extra.example/links")
BUILD = Contact(Origin("https", "build.example", 443), "build-dependency", "https://build.example/simple")


class Row(NamedTuple):
    """What was found at each server, what pip said, and the servers that failed now and that would later."""

    found: tuple[Diagnosis, ...]
    evidence: tuple[Evidence, ...]
    now: tuple[Contact, ...] = ()
    later: tuple[Contact, ...] = ()


FAILED: Mapping[str, Row] = {
    "nothing is looked at": Row((), (said(INDEX),)),
    "all is well": Row((healthy(AT_INDEX), healthy(AT_FILES)), (said(INDEX),)),
    "what is named": Row((refused(AT_INDEX), healthy(AT_FILES)), (said(INDEX),), (AT_INDEX,)),
    "what is named, not what is well": Row(
        (healthy(AT_INDEX), refused(AT_FILES)), (said(INDEX), said(FILES)), (AT_FILES,)
    ),
    "all that is named": Row(
        (refused(AT_INDEX), refused(AT_FILES)), (said(FILES), said(INDEX)), (AT_INDEX, AT_FILES)
    ),
    "all, where nothing is named": Row((refused(AT_INDEX), refused(AT_FILES)), (), (AT_INDEX, AT_FILES)),
    "all, where nothing that is refused is named": Row(
        (refused(AT_INDEX), healthy(AT_FILES)), (said(FILES), said()), (AT_INDEX,)
    ),
    # pip asks these one after the other for any name.
    "the next index comes later": Row(
        (refused(AT_INDEX), refused(AT_SECOND)), (said(INDEX),), (AT_INDEX,), (AT_SECOND,)
    ),
    "and so do links and the indexes of builds": Row(
        (refused(AT_INDEX), refused(EXTRA), refused(BUILD)), (said(INDEX),), (AT_INDEX,), (EXTRA, BUILD)
    ),
    "an index comes after links": Row(
        (refused(AT_INDEX), refused(EXTRA)), (said(EXTRA.origin),), (EXTRA,), (AT_INDEX,)
    ),
    "and after an index of a build": Row(
        (refused(AT_INDEX), refused(BUILD)), (said(BUILD.origin),), (BUILD,), (AT_INDEX,)
    ),
    "what is well does not come later": Row(
        (refused(AT_INDEX), healthy(AT_SECOND)), (said(INDEX),), (AT_INDEX,)
    ),
    "nor does a file": Row((refused(AT_INDEX), refused(AT_FILES)), (said(INDEX),), (AT_INDEX,)),
    "nor anything after a file": Row((refused(AT_INDEX), refused(AT_FILES)), (said(FILES),), (AT_FILES,)),
    "a file and an index are named": Row(
        (refused(AT_SECOND), refused(AT_INDEX), refused(AT_FILES)),
        (said(FILES), said(INDEX)),
        (AT_INDEX, AT_FILES),
        (AT_SECOND,),
    ),
    # No connection is no failure of TLS, unless pip says so of this very server.
    "unreachable, and not named": Row((gone(AT_INDEX),), ()),
    "unreachable, and named": Row((gone(AT_INDEX), gone(AT_SECOND)), (said(INDEX),), (AT_INDEX,)),
    "unreachable beside what is refused": Row((gone(AT_INDEX), refused(AT_SECOND)), (), (AT_SECOND,)),
    "unreachable and named beside what is refused": Row(
        (gone(AT_INDEX), refused(AT_SECOND)), (said(INDEX),), (AT_SECOND,)
    ),
    "unreachable does not come later": Row((refused(AT_INDEX), gone(AT_SECOND)), (said(INDEX),), (AT_INDEX,)),
    # git may accept what pip does not.
    "a repository that is not named": Row((refused(AT_GIT),), ()),
    "a repository that is named": Row((refused(AT_GIT), refused(AT_FILES)), (said(GIT),), (AT_GIT,)),
    "a repository beside what is refused": Row((refused(AT_GIT), refused(AT_INDEX)), (), (AT_INDEX,)),
    # Where pip gives the request's path only.
    "by its path": Row(
        (refused(AT_SECOND), refused(AT_FILES), refused(AT_INDEX)),
        (said(path="/simple/speck/"),),
        (AT_INDEX,),
        (AT_SECOND,),
    ),
    "by one of several paths": Row(
        (refused(AT_INDEX), refused(AT_FILES)),
        (said(path="/elsewhere/"), said(path="/speck-1.0.tar.gz?x=y"), said(path="")),
        (AT_FILES,),
    ),
    "by a path that no server has": Row(
        (refused(AT_SECOND), refused(AT_INDEX)), (said(path="/elsewhere/"),), (AT_SECOND, AT_INDEX)
    ),
    "by name and by path": Row(
        (refused(AT_INDEX), refused(AT_FILES)),
        (said(FILES), said(path="/simple/speck/")),
        (AT_INDEX, AT_FILES),
    ),
    # A proxy that is spoken to over TLS.
    "the proxy's own certificate": Row(
        (behind_proxy(AT_INDEX), refused(AT_PROXY)), (said(INDEX),), (AT_PROXY,)
    ),
    "the same, where nothing is named": Row(
        (behind_proxy(AT_INDEX), behind_proxy(AT_FILES), refused(AT_PROXY)), (), (AT_PROXY,)
    ),
    "and a server to which it does not stand in the way": Row(
        (behind_proxy(AT_INDEX), refused(AT_FILES), refused(AT_PROXY)),
        (said(INDEX), said(FILES)),
        (AT_PROXY, AT_FILES),
    ),
    "the same, and nothing is named": Row(
        (refused(AT_FILES), behind_proxy(AT_INDEX), refused(AT_PROXY)), (), (AT_PROXY, AT_FILES)
    ),
    "a proxy that pip goes through all the same": Row(
        (refused(AT_INDEX), refused(AT_PROXY)), (said(INDEX),), (AT_INDEX,)
    ),
    "the same where nothing is named": Row((refused(AT_INDEX), refused(AT_PROXY)), (), (AT_INDEX,)),
    "a proxy that is well": Row((refused(AT_INDEX), healthy(AT_PROXY)), (said(INDEX),), (AT_INDEX,)),
    "a proxy alone": Row((healthy(AT_INDEX), refused(AT_PROXY)), ()),
    "a proxy is told of once": Row(
        (behind_proxy(AT_INDEX), refused(AT_PROXY)), (said(INDEX), said(PROXY)), (AT_PROXY,)
    ),
}

EVERYBODY = (AT_INDEX, AT_SECOND, AT_FILES, AT_GIT, AT_PROXY, EXTRA, BUILD)


@pytest.mark.parametrize("name", FAILED)
def test_which_servers_failed(name: str) -> None:
    row = FAILED[name]

    now, later = contacts.failed(EVERYBODY, row.found, row.evidence)

    assert [item.case.origin for item in now] == [contact.origin for contact in row.now]
    assert [item.case.origin for item in later] == [contact.origin for contact in row.later]


@pytest.mark.parametrize(
    ("url", "path", "is_below"),
    [
        ("https://index.example/simple", "/simple/speck/", True),
        ("https://index.example/simple/", "/simple/speck/", True),
        ("https://index.example/simple/", "/simple", True),
        ("https://index.example/simple", "/other/speck/", False),
        ("https://index.example/simple", "/", False),
        ("https://index.example/a/b", "/a/c/speck/", False),
        ("https://index.example", "/speck/", True),
        ("https://index.example/", "/speck/", True),
        # A cache that has the URL of what it caches in its own.
        ("https://index.example/https://far.example/simple", "/https://far.example/simple/speck/", True),
        ("https://index.example/https://far.example/simple", "/simple/speck/", False),
    ],
)
def test_a_path_leads_to_what_it_lies_below(url: str, path: str, is_below: bool) -> None:  # noqa: FBT001
    asked = Contact(INDEX, "index", url)

    now, _ = contacts.failed([asked, AT_FILES], [refused(asked), refused(AT_FILES)], [said(path=path)])

    assert [item.case.origin for item in now] == ([INDEX] if is_below else [INDEX, FILES])


# --- pages that may lead to others -----------------------------------------------------------------------

SPECK = "https://index.example/simple/speck/"
BESIDE = Contact(Origin("https", "beside.example", 443), "find-links", "https://beside.example/simple/")


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([], []),
        ([said(url=SPECK)], [Contact(INDEX, "index", SPECK)]),
        ([said(url=SPECK), said(url=SPECK, leg="file")], [Contact(INDEX, "index", SPECK)]),
        ([said(url=SPECK, kind=Kind.CA_FILE)], [Contact(INDEX, "index", SPECK)]),
        ([said(url=SPECK, kind=Kind.PROTOCOL)], []),
        ([said(url=SPECK, inner=True)], []),
        ([said(url=SPECK.replace("simple", "****"))], []),
        ([said(url="https://nobody.example/simple/")], []),
        ([said(url=AT_SECOND.url)], []),
        ([said()], []),
        ([said(path="")], []),
        # Any of them may be meant.
        (
            [said(path="/simple/speck/")],
            [
                Contact(INDEX, "index", "https://index.example:443/simple/speck/"),
                Contact(BESIDE.origin, "find-links", "https://beside.example:443/simple/speck/"),
            ],
        ),
        ([said(path="/elsewhere/speck/")], []),
        ([said(path="/other/speck/")], []),
        ([said(path="/simple/****/speck/")], []),
        # A build's words lead nowhere, and hide nothing of pip's.
        ([said(url=SPECK, inner=True), said(url=SPECK)], [Contact(INDEX, "index", SPECK)]),
        ([said(url="https://****@index.example/"), said(url=SPECK)], [Contact(INDEX, "index", SPECK)]),
    ],
)
def test_pages_that_may_lead_to_others(evidence: list[Evidence], expected: list[Contact]) -> None:
    asked = (AT_INDEX, AT_SECOND, BESIDE)
    found = [healthy(AT_INDEX), refused(AT_SECOND), healthy(BESIDE)]

    assert contacts.pages(asked, found, evidence) == tuple(expected)


def test_no_more_pages_than_can_be_asked_for() -> None:
    many = [said(url=f"{SPECK}{number}") for number in range(10)]

    found = contacts.pages([AT_INDEX], [healthy(AT_INDEX)], many)

    assert [page.url for page in found] == [f"{SPECK}{number}" for number in range(8)]
