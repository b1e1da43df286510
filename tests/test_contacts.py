"""Which servers are looked at: pages that lead elsewhere, and what words of pip's children come to."""

from __future__ import annotations

import pytest

from pipsafe import origin
from pipsafe.findings import ChildFailure
from pipsafe.origin import Origin
from pipsafe.pip_settings.settings import Contact
from pipsafe.probes import contacts
from pipsafe.statements.evidence import Evidence, Kind

INDEX, FILES = Origin("https", "index.example", 443), Origin("https", "files.example", 8443)
UNKNOWN_CA = "unable to get local issuer certificate"


def said(
    where: Origin | None = None,
    *,
    leg: str = "build-backend",
    inner: bool = True,
    speaker: str = "python",
    message: str = UNKNOWN_CA,
    kind: Kind = Kind.CERTIFICATE,
) -> Evidence:
    return Evidence(kind, message, leg, None, where, None, inner, speaker=speaker)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://files.example:8443/x", "https://files.example:8443/x"),
        ("//files.example/x", "https://files.example/x"),
        ("/other/", "https://index.example/other/"),
        ("../mote/?a=b", "https://index.example/simple/mote/?a=b"),
        ("http://files.example/x", None),
        ("file:///etc/passwd", None),
        ("https://[", None),
        ("https://a b/", None),
        ("", None),
        (None, None),
    ],
)
def test_where_a_page_sends_its_readers(location: str | None, expected: str | None) -> None:
    page = Contact(INDEX, "index", "https://index.example/simple/speck/")
    led = contacts.sent_on(page, location)
    assert (led and led.url) == expected
    if led is not None:
        assert led.origin == origin.parse(led.url)
        assert led.leg == "index"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://index.example", "/"),
        ("https://index.example/simple/speck/", "/simple/speck/"),
        ("https://index.example/a?b=c#d", "/a?b=c"),
        ("https://index.example/a?to=https://files.example/b", "/a?to=https://files.example/b"),
    ],
)
def test_what_a_server_is_asked_for(url: str, path: str) -> None:
    assert contacts.path_of(Contact(INDEX, "index", url)) == path


@pytest.mark.parametrize(
    ("evidence", "refused", "expected"),
    [
        ([], (), []),
        ([said()], (), [("build-backend", None, False)]),
        ([said(FILES)], (), [("build-backend", FILES, False)]),
        ([said(INDEX)], (), [("build-backend", INDEX, True)]),
        ([said(FILES), said()], (), [("build-backend", FILES, False)]),
        ([said(FILES, leg="vcs", speaker="git")], (), [("vcs", FILES, False)]),
        # A build within a build.
        ([said(leg="build-dependency")], (), [("build-backend", None, False)]),
        ([said(leg="build-dependency", speaker="pip")], (), [("build-dependency", None, False)]),
        # What pip is refused by explains what its children say of it, or of no server.
        ([said(FILES)], (FILES,), []),
        ([said(leg="build-dependency", speaker="pip")], (FILES,), []),
        ([said(), said(FILES, leg="index", inner=False)], (FILES,), []),
        ([said()], (FILES,), [("build-backend", None, False)]),
        ([said(leg="build-dependency")], (FILES,), [("build-backend", None, False)]),
        # And what it explains hides nothing else.
        ([said(FILES), said(INDEX)], (FILES,), [("build-backend", INDEX, True)]),
        (
            [said(leg="build-dependency", speaker="pip"), said(INDEX)],
            (FILES,),
            [("build-backend", INDEX, True)],
        ),
        # pip's own words are no child's, and a name that can be no host's is none.
        ([said(FILES, inner=False)], (), []),
        ([said(FILES, inner=False), said(INDEX)], (), [("build-backend", INDEX, True)]),
        ([said(Origin("https", "evil`id`", 443))], (), [("build-backend", None, False)]),
        ([said(Origin("https", "-x.example", 443))], (), [("build-backend", None, False)]),
        ([said(Origin("http", "files.example", 80))], (), [("build-backend", None, False)]),
    ],
)
def test_what_children_were_refused(
    evidence: list[Evidence], refused: tuple[Origin, ...], expected: list[tuple[str, Origin | None, bool]]
) -> None:
    assert contacts.of_children(evidence, [INDEX], refused) == tuple(ChildFailure(*row) for row in expected)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (said(), True),
        (said(message=""), True),
        (said(message="self-signed certificate in certificate chain"), True),
        (said(message="self-signed certificate"), False),
        (said(message="certificate has expired"), False),
        (said(message="certificate is not yet valid"), False),
        (said(kind=Kind.HOSTNAME), False),
        (said(kind=Kind.PROTOCOL), False),
        (said(kind=Kind.CA_FILE), True),
        (said(inner=False), False),
    ],
)
def test_what_trust_could_cure_in_children(item: Evidence, expected: bool) -> None:  # noqa: FBT001
    assert contacts.may_be_cured_in_children([item]) == expected
