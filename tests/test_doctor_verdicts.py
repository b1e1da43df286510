"""What doctor says of servers not reached, not verified or opened on the way, and of CAs that wait."""

from __future__ import annotations

import base64
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipsafe.causes.case import Diagnosis
from pipsafe.checkup import cure, document, grid, page, ticket, waiting
from pipsafe.checkup.result import Result
from pipsafe.checkup.waiting import Waiting
from pipsafe.diagnosis import diagnose
from pipsafe.findings import Remedy
from pipsafe.observations.provenance import INSPECTION, PRIVATE_CA, PUBLIC_CA, Provenance
from pipsafe.origin import Origin
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.settings import Contact
from pipsafe.probes.answered import Verdict
from pipsafe.probes.asked import Trust
from pipsafe.remedy import Plan
from pipsafe.trust import public_roots, system_store
from pipsafe.trust.anchors import Candidate, Search, Store
from pipsafe.trust.sources import Source
from pipsafe.x509.certificate import parse
from tests.certificates import make
from tests.checkups import (
    ACCEPTED,
    FILES,
    INDEX,
    PUBLIC,
    ROOT,
    UNKNOWN,
    diagnosed,
    looked_at,
    note_of,
    refused,
    result_of,
)
from tests.lab.authority import Authority
from tests.test_terminal import to_pipe

ANCHOR = parse(ROOT.der)
OTHER = Authority("Other Root")
TOOL = Source("configured", "NODE_EXTRA_CA_CERTS", "/corp/node.pem")
SYSTEM = Source("system", "the system store", "/etc/ssl/certs/ca-certificates.crt")


def _text(result: Result) -> str:
    return to_pipe(*page.lines(result))


def _failed(kind: str, message: str, place: Origin = INDEX) -> Diagnosis:
    """One origin at which every connection ends so."""
    verdict = Verdict(accepted=False, code=None, message=message, kind=kind)
    return diagnosed(place, chain=(), pip=verdict, certifi=verdict, system=verdict)


# Not reached

UNREACHED = [
    ("unreachable", "Name or service not known", None),
    ("unreachable", "Connection refused", None),
    ("protocol", "WRONG_VERSION_NUMBER", None),
    ("proxy", "407 Proxy Authentication Required", "http://proxy.example:3128"),
    ("proxy-tls", "does not speak TLS", "https://proxy.example:3128"),
]


@pytest.mark.parametrize(("kind", "message", "proxy"), UNREACHED)
def test_who_is_not_reached_is_not_refused(
    kind: str, message: str, proxy: str | None, env: dict[str, str]
) -> None:
    failed = diagnose(replace(_failed(kind, message).case, proxy=proxy))
    result = result_of(looked_at(env), failed)
    text = _text(result)
    assert f"): not reached: {message}" in text
    assert text.splitlines()[-1] == "× Not in order: the server is not reached."
    assert "refuse" not in text.replace("Connection refused", "")
    assert grid.lines(result) == []
    note = note_of(result)
    assert note.startswith("## Servers cannot be reached over TLS\n")
    assert message in note
    for words in ("Verdicts", "refuse", "certifi", "Turning verification off"):
        assert words not in note.replace("Connection refused", "")


def test_refused_and_not_reached_are_counted_apart(env: dict[str, str]) -> None:
    result = result_of(looked_at(env), refused(), _failed("unreachable", "timed out", FILES))
    assert _text(result).splitlines()[-1] == (
        "× Not in order: 1 of 2 servers refused; 1 of 2 servers not reached."
    )
    assert [row.text.split()[0] for row in grid.lines(result)[1:-1]] == ["index.example"]
    note = note_of(result)
    assert note.startswith("## TLS verification fails\n")
    assert note.count("Verdicts:") == 1


def test_one_store_whose_connection_broke(env: dict[str, str]) -> None:
    late = Verdict(accepted=False, code=None, message="timed out", kind="unreachable")
    result = result_of(looked_at(env), diagnosed(pip=UNKNOWN, certifi=UNKNOWN, system=late))
    assert grid.lines(result)[1].text.split() == ["index.example", "no", "(20)", "no", "(20)", "-"]
    assert "operating system" not in note_of(result)


# Not verified


def test_a_server_that_is_not_verified_is_not_accepted(env: dict[str, str]) -> None:
    around = looked_at({**env, "PIP_TRUSTED_HOST": "index.example"})
    rows = grid.lines(result_of(around, diagnosed(), diagnosed(FILES)))
    assert rows[1].text.split() == ["index.example", "unverified", "yes", "yes"]
    assert rows[2].text.split() == ["files.example:8443", "yes", "yes", "yes"]
    unreached = _text(result_of(around, _failed("unreachable", "timed out")))
    assert "Without that setting pip would not reach it either:" in unreached


# Opened on the way


def _opened(
    maker: str,
    *,
    is_default: bool = False,
    setting: Setting | None = None,
    place: Origin = INDEX,
    pip: Verdict = ACCEPTED,
    certifi: Verdict = UNKNOWN,
    system: Verdict = ACCEPTED,
) -> Diagnosis:
    """One origin that no public CA vouches for."""
    case = diagnosed(place, pip=pip, certifi=certifi, system=system).case
    return diagnose(replace(case, provenance=Provenance(maker), is_default_index=is_default, setting=setting))


STORE_ONLY = 'note: Only the system store accepts index.example (CA "Example Corporate Root"): this network'
CERT = Setting("cert", "/corp/ca.pem", "command line")


@pytest.mark.parametrize(
    ("opened", "words"),
    [
        (_opened(INSPECTION), STORE_ONLY),
        (_opened(PRIVATE_CA, is_default=True), STORE_ONLY),
        (_opened(PRIVATE_CA), None),
        (_opened(PUBLIC_CA, is_default=True), None),
        (_opened(INSPECTION, certifi=ACCEPTED), None),
        (_opened(INSPECTION, certifi=replace(UNKNOWN, code=62)), None),
        (_opened(INSPECTION, certifi=replace(UNKNOWN, kind="unreachable")), None),
        (
            _opened(INSPECTION, system=UNKNOWN),
            "note: Only the list of CAs that this pip carries accepts index",
        ),
        (
            _opened(INSPECTION, setting=CERT, system=UNKNOWN),
            "Only what the option --cert names accepts index",
        ),
        (
            _opened(INSPECTION, setting=CERT),
            "Only the system store and what the option --cert names accept index.example",
        ),
    ],
)
def test_a_network_that_inspects(opened: Diagnosis, words: str | None, env: dict[str, str]) -> None:
    result = result_of(looked_at(env), opened)
    assert result.exit_code == 0
    assert ("inspects TLS" in _text(result)) is (words is not None)
    assert (words or "") in _text(result)


def test_one_note_for_all_servers_and_none_beside_a_diagnosis(env: dict[str, str]) -> None:
    both = (_opened(INSPECTION), _opened(INSPECTION, place=FILES))
    assert _text(result_of(looked_at(env), *both)).count("inspects TLS") == 1
    assert "accepts index.example, files.example (CA" in _text(result_of(looked_at(env), *both))
    inspected = _opened(INSPECTION, place=FILES, pip=UNKNOWN, system=UNKNOWN)
    assert inspected.has("tls-inspection")
    text = _text(result_of(looked_at(env), both[0], inspected))
    assert "inspects TLS" not in text
    assert text.count("TLS inspection") == 1


def test_numbers_are_explained_where_there_are_any(env: dict[str, str]) -> None:
    legends = [grid.lines(result_of(looked_at(env), item))[2].text for item in (refused(), diagnosed())]
    assert [legend.endswith("numbers are OpenSSL's verify codes") for legend in legends] == [True, False]


def test_a_certifi_that_is_no_public_list_is_left_out(env: dict[str, str]) -> None:
    result = result_of(looked_at(env), refused(), certifi="")
    head, row, legend = (line.text for line in grid.lines(result))
    assert (head.split(), row.split()) == (
        ["Accepted", "by", "pip", "system"],
        ["index.example", "no", "(20)", "no", "(20)"],
    )
    assert "certifi:" not in legend
    assert "(certifi)" not in note_of(result)
    assert f"certifi: {PUBLIC};" in grid.lines(result_of(looked_at(env), refused()))[2].text


# What there is to do


@pytest.mark.parametrize(
    ("pip", "words", "proxy", "who"),
    [
        ("24.0", (), None, "pip 24.2 or newer on Python 3.10 or newer trusts it"),
        ("24.0", (), "http://p.example:80", "pip 25.2 or newer on Python 3.10 or newer trusts it"),
        ("24.3", (), "http://p.example:80", "pip 25.2 or newer on Python 3.10 or newer trusts it"),
        (
            "26.3",
            ("--use-deprecated", "legacy-certs"),
            None,
            "without --use-deprecated=legacy-certs this pip",
        ),
    ],
)
def test_a_ca_that_the_system_store_has_is_not_asked_for(
    pip: str, words: tuple[str, ...], proxy: str | None, who: str, env: dict[str, str]
) -> None:
    item = diagnosed(pip=UNKNOWN, certifi=UNKNOWN, proxy=proxy)
    result = result_of(looked_at(env, *words, pip=pip), item)
    (told,) = document.build(result)["origins"][0]["advice"]
    assert told.startswith("The system store accepts this server already: `pipsafe`")
    assert f"and {who} " in told
    assert told in _text(result)


def test_a_ca_that_is_at_hand_is_not_asked_for(env: dict[str, str]) -> None:
    merged = replace(TOOL, merge="update-ca-certificates")
    pin = Source("explicit", "PIPSAFE_PIN", "", kind="pin")
    for source, words in (
        (TOOL, 'The CA "Example Corporate Root" is in NODE_EXTRA_CA_CERTS (/corp/node.pem) and accepts'),
        (merged, "`update-ca-certificates`, run as root"),
        (pin, "is the one that PIPSAFE_PIN names and accepts"),
    ):
        found = {str(INDEX): (Candidate(ANCHOR, source),)}
        (told,) = cure.of(result_of(looked_at(env), refused(), accepted=found), refused())
        assert words in told
        assert "Ask whoever" not in told
    (asked,) = cure.of(result_of(looked_at(env), refused()), refused())
    assert asked.startswith("Ask whoever")


def test_each_fingerprint_stands_below_its_request(env: dict[str, str]) -> None:
    other = parse(OTHER.der)
    accepted = {str(INDEX): (Candidate(ANCHOR, TOOL),), str(FILES): (Candidate(other, TOOL),)}
    result = result_of(looked_at(env), refused(), refused(FILES), accepted=accepted)
    asked = note_of(result).partition("### What is asked for\n\n")[2].splitlines()
    rows = [row for row in asked if row and not row.startswith("```")]
    assert rows[:-1] == [
        f"- {ticket.CONFIRM}",
        "https://index.example:443",
        f"{ANCHOR.subject}, SHA-256 {ANCHOR.sha256}",
        f"- {ticket.CONFIRM}",
        "https://files.example:8443",
        f"{other.subject}, SHA-256 {other.sha256}",
    ]


def test_the_same_request_for_two_servers_is_made_once(env: dict[str, str]) -> None:
    text = note_of(result_of(looked_at(env), refused(), refused(FILES)))
    assert text.count("- Please send the root CA") == 1
    assert "\nhttps://index.example:443\nhttps://files.example:8443\n" in text


# Servers that were typed


def test_typed_servers_are_called_so(env: dict[str, str]) -> None:
    typed = [Contact(INDEX, "index", str(INDEX))]
    text = _text(result_of(looked_at(env), refused(), typed=typed))
    assert "https://index.example:443 (named here): refused" in text
    assert "package index" not in text
    proxied = _text(result_of(looked_at(env), diagnosed(leg="proxy"), typed=typed))
    assert "https://index.example:443 (proxy): accepted" in proxied


def test_what_stands_below_a_heading_is_indented_alike(env: dict[str, str]) -> None:
    around = looked_at({**env, "PIP_TRUSTED_HOST": "a.example"})
    rows = _text(result_of(around, refused(), search=Search(stores=(Store(SYSTEM, 140, ()),)))).splitlines()
    for heading in ("Where trust was looked for:", "Verification is turned off by:", "Settings in force"):
        below = next(rows[at + 1] for at, row in enumerate(rows) if row.startswith(heading))
        assert len(below) - len(below.lstrip()) == 2, below


def test_no_verification_is_claimed_where_there_is_none(env: dict[str, str]) -> None:
    around = looked_at({**env, "PIP_INDEX_URL": "http://localhost:3141/"})
    result = result_of(around)
    assert result.exit_code == 0
    assert "This pip verifies" not in _text(result)
    assert "nobody but this machine itself" in _text(result)


# CAs that wait


def _machine(root: Path, *, command: bool = True) -> Path:
    """A Debian with three local anchors, and a blocklist for none of them."""
    folder = root / "usr/local/share/ca-certificates"
    folder.mkdir(parents=True)
    (folder / "corp.crt").write_bytes(ROOT.pem)
    (folder / "other.crt").write_bytes(OTHER.pem)
    leaf = make(extensions=())
    (folder / "server.crt").write_bytes(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(leaf) + b"-----END CERTIFICATE-----\n"
    )
    if command:
        (root / "usr/sbin").mkdir(parents=True)
        (root / "usr/sbin/update-ca-certificates").touch()
    return folder


def test_cas_that_wait(tmp_path: Path, env: dict[str, str]) -> None:
    folder = _machine(tmp_path)
    found = waiting.beside({OTHER.der}, "linux", str(tmp_path))
    (sentence,) = (item.sentence for item in found)
    assert sentence == (
        f'The CA "Example Corporate Root" waits in {folder / "corp.crt"} and is not in the system store yet: '
        "`update-ca-certificates`, as root, merges it."
    )
    assert waiting.beside({OTHER.der, ROOT.der}, "linux", str(tmp_path)) == ()
    assert waiting.beside((), "darwin", str(tmp_path)) == ()
    result = result_of(looked_at(env), diagnosed(), waiting=found)
    assert f"hint: {found[0].sentence}" in _text(result)
    assert document.build(result)["warnings"] == [found[0].sentence]
    assert result.exit_code == 0


def test_where_nothing_merges(tmp_path: Path) -> None:
    folder = _machine(tmp_path, command=False)
    found = waiting.beside({OTHER.der}, "linux", str(tmp_path))
    assert [item.sentence for item in found] == [
        f'The CA "Example Corporate Root" waits in {folder / "corp.crt"} and is not in the system store yet.'
    ]


def test_what_is_distrusted_does_not_wait(tmp_path: Path) -> None:
    anchors = tmp_path / "etc/pki/ca-trust/source/anchors"
    blocked = tmp_path / "etc/pki/ca-trust/source/blocklist"
    for folder in (anchors, blocked):
        folder.mkdir(parents=True)
        (folder / "corp.pem").write_bytes(ROOT.pem)
    (anchors / "other.pem").write_bytes(OTHER.pem)
    assert [item.name for item in waiting.beside((), "linux", str(tmp_path))] == ["Other Root"]


def test_what_the_remedy_says_already_is_said_once(env: dict[str, str]) -> None:
    source = Source("provisioned", "the anchors", "/anchors/corp.crt", merge="update-ca-certificates")
    plan = Plan(
        "bundle", (ANCHOR,), (), source, Trust(file="x"), {}, base="present", anchor_sources=(source,)
    )
    other = Waiting("Other Root", replace(source, path="/anchors/other.crt"))
    result = result_of(
        looked_at(env),
        refused(),
        remedy=Remedy(plan, {}, ("install",), None),
        waiting=[Waiting("Example Corporate Root", source), other],
    )
    text = _text(result)
    assert "waits in /anchors/corp.crt" not in text
    assert other.sentence in text


# The public list


def _site(folder: Path, owner: str, file: str, contents: bytes, recorded: bytes | None) -> Path:
    """A site-packages with a list of CAs, and what its installer wrote down of it."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)
    if recorded is not None:
        info = folder / f"{owner}-1.dist-info"
        info.mkdir()
        digest = base64.urlsafe_b64encode(hashlib.sha256(recorded).digest()).rstrip(b"=").decode()
        (info / "RECORD").write_text(f"{file},sha256={digest},{len(recorded)}\n", encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "store.crt"
    path.write_bytes(ROOT.pem + OTHER.pem)
    monkeypatch.setattr(system_store, "MERGED_BUNDLES", (str(path),))
    return path


def _own(monkeypatch: pytest.MonkeyPatch, site: Path) -> None:
    (site / "certifi" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "certifi", raising=False)


@pytest.mark.parametrize("is_link", [True, False])
def test_a_certifi_that_is_the_systems_own_list(
    *, is_link: bool, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = _site(tmp_path / "own", "certifi", "certifi/cacert.pem", store.read_bytes(), None)
    if is_link:
        own.unlink()
        own.symlink_to(store)
    _own(monkeypatch, tmp_path / "own")
    assert public_roots.path() == str(own)
    assert public_roots.is_of_the_system(str(own))
    carried = _site(tmp_path / "pip", "pip", "pip/_vendor/certifi/cacert.pem", OTHER.pem, OTHER.pem)
    assert public_roots.choose(str(carried)) == (str(carried), None)
    assert public_roots.described(str(carried)) == "the public CAs that this pip carries"
    # Where pip carries that list as well, there is no other.
    assert public_roots.choose(str(store)) == (str(own), None)
    assert public_roots.described(str(store)) == ""
    assert public_roots.described(None) == ""


def test_a_system_store_that_is_a_copy_of_certifi(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = _site(tmp_path / "own", "certifi", "certifi/cacert.pem", store.read_bytes(), store.read_bytes())
    _own(monkeypatch, tmp_path / "own")
    assert not public_roots.is_of_the_system(str(own))
    assert public_roots.choose("/nowhere.pem") == (str(own), None)
    assert public_roots.described(None) == PUBLIC


@pytest.mark.usefixtures("store")
def test_an_edited_certifi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _site(tmp_path / "own", "certifi", "certifi/cacert.pem", ROOT.pem, OTHER.pem)
    _own(monkeypatch, tmp_path / "own")
    carried = _site(tmp_path / "pip", "pip", "pip/_vendor/certifi/cacert.pem", OTHER.pem, OTHER.pem)
    assert public_roots.choose(str(carried)) == (str(carried), str(own))
    assert public_roots.choose(None) == (str(own), None)
    assert public_roots.described(None) == ""
