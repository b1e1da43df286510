"""Changes to pip.conf that leave every other byte as it is, and the way back; what stands above a setting."""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipsafe.own_options import UsageError
from pipsafe.persist import (
    bundle,
    conf_text,
    edits,
    layers,
    note,
    places,
    request,
    splice,
    staleness,
    writing,
)
from pipsafe.persist.conf_text import ConfText, Unreadable, Unwritable
from pipsafe.persist.note import Damaged, KeptAnchor, Note, digest
from pipsafe.persist.places import ScopePlace
from pipsafe.persist.splice import Splice
from pipsafe.persist.writing import Batch, CannotWrite
from pipsafe.pip_settings.config_paths import TargetFacts
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.trust import ca_file, system_store
from tests.checkups import looked_at
from tests.lab.authority import Authority
from tests.lab.run import clean_environment
from tests.machine import AS_ROOT

PATH = "/home/someone/.config/pipsafe/ca-bundle.pem"
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
EARLIER = NOW - timedelta(days=1)


def parsed(data: bytes, encoding: str = "utf-8") -> ConfText:
    return conf_text.parse(data, encoding)


def with_cert(data: bytes, value: str = PATH, encoding: str = "utf-8") -> bytes:
    """The file with `cert`; that the way back leads to the same bytes is asserted."""
    changes = conf_text.setting(parsed(data, encoding), "cert", value)
    after = splice.applied(data, changes)
    assert splice.unmade(after, changes) == data
    return after


def read_by_pip(data: bytes, encoding: str = "utf-8") -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n"))
    return parser


CERT = f"cert = {PATH}".encode()

LAID_OUT = [
    pytest.param(b"", b"[global]" + b"%s" + CERT + b"%s", id="empty"),
    pytest.param(b"[global]\n", b"[global]\n" + CERT + b"\n", id="header"),
    pytest.param(b"[global]", b"[global]\n" + CERT, id="header-without-line-end"),
    pytest.param(
        b"# a\n[global]\nretries = 1\n# b\n\n[install]\nuser = no\n",
        b"# a\n[global]\nretries = 1\n" + CERT + b"\n# b\n\n[install]\nuser = no\n",
        id="comments-and-order",
    ),
    pytest.param(
        b"[global]\r\nretries = 1\r\n[x]\r\n",
        b"[global]\r\nretries = 1\r\n" + CERT + b"\r\n[x]\r\n",
        id="crlf",
    ),
    pytest.param(b"[global]\rretries = 1\r", b"[global]\rretries = 1\r" + CERT + b"\r", id="cr"),
    pytest.param(
        b"[global]\n   retries = 1\n", b"[global]\n   retries = 1\n   " + CERT + b"\n", id="indented"
    ),
    pytest.param(
        b"[global]\nfind-links =\n  one\n# between\n  two\n\ntimeout: 3",
        b"[global]\nfind-links =\n  one\n# between\n  two\n\ntimeout: 3\n" + CERT,
        id="long-value-and-no-line-end",
    ),
    pytest.param(b"[install]\nuser=1", b"[install]\nuser=1\n\n[global]\n" + CERT + b"\n", id="no-global"),
    pytest.param(
        b"[global]\nCert: /old.pem\nretries = 1\n",
        b"[global]\n" + CERT + b"\nretries = 1\n",
        id="replaced",
    ),
    pytest.param(
        b"[global]\n  cert =\n     /old.pem\n  # why\n  retries = 1\n",
        b"[global]\n  " + CERT + b"\n  # why\n  retries = 1\n",
        id="replaced-over-lines",
    ),
]


@pytest.mark.parametrize(("data", "expected"), LAID_OUT)
def test_a_setting_is_put_in(data: bytes, expected: bytes) -> None:
    end = os.linesep.encode()
    after = with_cert(data)
    assert after == (expected % (end, end) if b"%s" in expected else expected)
    assert read_by_pip(after)["global"]["cert"] == PATH
    assert with_cert(after) == after


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "gb18030", "shift_jis", "koi8-r"])
def test_the_encoding_of_the_locale(encoding: str) -> None:
    word = {"gb18030": "证书", "shift_jis": "ソ表十", "koi8-r": "ключ"}.get(encoding, "Schlüssel")
    data = f"# {word}\n[global]\n# {word} [x] = y\nindex-url = https://index.example/{word}\n".encode(
        encoding
    )
    value = f"/home/{word}/ca.pem"
    after = with_cert(data, value, encoding)
    assert read_by_pip(after, encoding)["global"]["cert"] == value
    assert after.startswith(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xef\xbb\xbf[global]\n", "byte order mark"),
        ("[global]\n".encode("utf-16"), "UTF-16"),
        (b"[global]\n# \xff\n", "is not utf-8"),
        (b"cert = 1\n", "no section headers"),
        (b"[global]\ncert = 1\ncert = 2\n", "already exists"),
        (b"[global]\nwhat\n", "parsing errors"),
    ],
)
def test_what_pip_cannot_read_is_left_alone(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        parsed(data)


@pytest.mark.parametrize("value", ["/a\nb", " /a", "/a\x1b[2J", "", "/a\r"])
def test_what_a_file_cannot_hold_is_not_written(value: str) -> None:
    with pytest.raises(Unwritable):
        conf_text.setting(parsed(b""), "cert", value)


def test_a_path_outside_the_encoding_is_not_written() -> None:
    with pytest.raises(Unwritable, match="latin-1"):
        conf_text.setting(parsed(b"", "latin-1"), "cert", "/证书.pem")


@pytest.mark.parametrize(
    "value", ["/with space/ca.pem", "/a#b;c=d:e%f[g]/ca.pem", "/'q\"/$x.pem", "C:\\x\\ca.pem"]
)
def test_odd_paths_are_read_as_they_are(value: str) -> None:
    assert read_by_pip(with_cert(b"[global]\nretries=1", value))["global"]["cert"] == value


_LINES = st.sampled_from(
    (
        *("[global]", "[install]", "# note", "; note", "", "   ", "retries = 1", " timeout: 2", "  more"),
        *("cert = /x", "index-url = https://index.example", "trusted-host =", "\tdeeper", "proxy=", "é = ü"),
        "   [odd]",
    )
)


@given(st.lists(_LINES, max_size=9), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_whatever_the_file_all_else_stays(lines: list[str], end: str, ends: bool) -> None:  # noqa: FBT001
    data = (end.join(lines) + end * ends).encode()
    try:
        text = parsed(data)
    except Unreadable:
        return
    try:
        after = with_cert(data)
    except Unwritable:
        return
    assert conf_text.values(after, "utf-8") == {
        **conf_text.values(text.data, "utf-8"),
        ("global", "cert"): PATH,
    }


@pytest.mark.parametrize(
    ("data", "hosts", "expected"),
    [
        (b"[global]\ntrusted-host = a b\nx = 1\n", {"a"}, b"[global]\ntrusted-host = b\nx = 1\n"),
        (b"[global]\ntrusted-host = a b\nx = 1\n", {"a", "b"}, b"[global]\nx = 1\n"),
        (
            b"[global]\ntrusted-host:\n  a\n  # why b\n  b:8443\nx = 1\n",
            {"a"},
            b"[global]\ntrusted-host: b:8443\n  # why b\nx = 1\n",
        ),
    ],
)
def test_hosts_are_taken_out(data: bytes, hosts: set[str], expected: bytes) -> None:
    changes = conf_text.without_words(parsed(data), "global", "trusted-host", frozenset(hosts))
    assert splice.applied(data, changes) == expected
    assert splice.unmade(expected, changes) == data


def test_an_option_is_taken_out_of_its_section() -> None:
    data = b"[install]\ncert = /missing\n[global]\ncert = /other\n"
    changes = conf_text.removing(parsed(data), "install", "cert")
    assert splice.applied(data, changes) == b"[install]\n[global]\ncert = /other\n"


# The way back


def _changed(path: Path, before: bytes) -> note.Edit:
    """The file after `cert` was put in, and the edit."""
    path.write_bytes(before)
    drafts = edits.Drafts()
    drafts.change(str(path), lambda text: conf_text.setting(text, "cert", PATH))
    (change,) = drafts.changes()
    assert change.after is not None
    path.write_bytes(change.after)
    return change.as_edit(())


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir(mode=0o700)
    return folder


def test_back_byte_for_byte(own: Path) -> None:
    before = b"# mine\r\n[global]\r\nretries = 1"
    edit = _changed(own / "pip.conf", before)
    (change,) = edits.taking_back((edit,))
    assert change.after == before


def test_back_in_a_file_that_was_changed_since(own: Path) -> None:
    path = own / "pip.conf"
    edit = _changed(path, b"[global]\nretries = 1\n")
    path.write_bytes(b"# new\n" + path.read_bytes() + b"timeout = 3\n")
    (change,) = edits.taking_back((edit,))
    assert change.after == b"# new\n[global]\nretries = 1\ntimeout = 3\n"


def test_nothing_to_take_back_where_somebody_did_it(own: Path) -> None:
    path = own / "pip.conf"
    edit = _changed(path, b"[global]\nretries = 1\n")
    path.write_bytes(b"[global]\nretries = 2\n")
    assert edits.taking_back((edit,)) == ()
    path.unlink()
    assert edits.taking_back((edit,)) == ()


def test_what_cannot_be_told_apart_is_left_to_the_user(own: Path) -> None:
    path = own / "pip.conf"
    edit = _changed(path, b"[global]\nretries = 1\n")
    path.write_bytes(path.read_bytes() + b"[install]\n" + CERT + b"\n")
    with pytest.raises(CannotWrite, match="take out by hand: cert = "):
        edits.taking_back((edit,))


def test_several_changes_to_one_file_are_taken_back_in_turn(own: Path) -> None:
    path = own / "pip.conf"
    before = b"[global]\ntrusted-host = a\n"
    first = _changed(path, before)
    drafts = edits.Drafts()
    drafts.change(str(path), lambda text: conf_text.removing(text, "global", "trusted-host"))
    (second,) = drafts.changes()
    assert second.after is not None
    path.write_bytes(second.after)
    (change,) = edits.taking_back((first, second.as_edit(())))
    assert change.after == before


# Writing


def test_a_file_keeps_its_mode_and_a_link_stays_one(own: Path) -> None:
    real, link = own / "real.conf", own / "pip.conf"
    real.write_bytes(b"old")
    real.chmod(0o600)
    link.symlink_to(real)
    writing.replace(str(link), b"new", 0o644)
    assert link.is_symlink()
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"new", 0o600)
    assert sorted(item.name for item in own.iterdir()) == ["pip.conf", "real.conf"]


def test_a_new_file_has_its_mode_whatever_the_umask(own: Path) -> None:
    before = os.umask(0o077)
    try:
        writing.replace(str(own / "a.pem"), b"x", 0o644)
    finally:
        os.umask(before)
    assert (own / "a.pem").stat().st_mode & 0o777 == 0o644


def test_a_read_only_file_is_not_replaced(own: Path) -> None:
    path = own / "pip.conf"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(CannotWrite, match="is read-only"):
        writing.replace(str(path), b"new", 0o644)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("what", ["folder", "planted-link", "new-file"])
def test_nothing_is_written_where_others_can_write(own: Path, what: str) -> None:
    shared = own / "shared"
    shared.mkdir()
    victim = own / "victim"
    victim.write_bytes(b"old")
    path = shared / "pip.conf"
    if what == "folder":
        path.write_bytes(b"old")
    elif what == "planted-link":
        path.symlink_to(victim)
    shared.chmod(0o777)
    with pytest.raises(CannotWrite, match="can be written by everyone"):
        writing.replace(str(path), b"new", 0o644)
    assert victim.read_bytes() == b"old"
    assert [item.name for item in shared.iterdir()] == ([] if what == "new-file" else ["pip.conf"])


@pytest.mark.skipif(not AS_ROOT, reason="only root can give a file away")
def test_a_link_of_somebody_elses_in_a_sticky_folder(own: Path) -> None:
    shared = own / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    victim = own / "victim"
    victim.write_bytes(b"old")
    link = shared / "pip.conf"
    link.symlink_to(victim)
    os.lchown(link, 12345, 12345)
    with pytest.raises(CannotWrite, match="belongs to"):
        writing.replace(str(link), b"new", 0o644)
    assert victim.read_bytes() == b"old"


def test_several_files_or_none(own: Path) -> None:
    (own / "one").write_bytes(b"old")
    batch = Batch()
    made = batch.make_folder(str(own / "a" / "b"), private=True)
    batch.put(str(own / "one"), b"new", 0o644)
    batch.put(str(own / "a" / "b" / "two"), b"new", 0o644)
    assert [Path(path).name for path in made] == ["a", "b"]
    batch.roll_back()
    assert (own / "one").read_bytes() == b"old"
    assert [item.name for item in own.iterdir()] == ["one"]


# What stands above a setting


def _around(home: Path, files: Mapping[str, str], **variables: str) -> tuple[Surroundings, ScopePlace]:
    """A pip whose configuration says this; files are named from its home."""
    environ = clean_environment(home, **{"PIP_CONFIG_FILE": None, **variables})
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    around = looked_at(environ)
    return around, places.of("user", environ, around.target)


USER, SITE = "config/pip/pip.conf", "prefix/pip.conf"


@pytest.mark.skipif(os.name == "nt", reason="the paths of POSIX")
@pytest.mark.parametrize(
    ("files", "variables", "hiding_it"),
    [
        ({}, {}, None),
        ({USER: "[global]\ncert = /x\n"}, {}, None),
        (
            {SITE: "[global]\ncert = /x\n"},
            {},
            "prefix/pip.conf, line 2, [global]) hides it. Take that out first, or",
        ),
        ({SITE: "[global]\ncert =\n"}, {}, None),
        ({USER: "[install]\ncert = /x\n"}, {}, "line 2, [install]"),
        ({".pip/pip.conf": "[global]\ncert = /x\n"}, {}, None),
        ({".pip/pip.conf": "[download]\ncert = /x\n"}, {}, "line 2, [download]"),
        ({}, {"PIP_CERT": "/x"}, "environment variable PIP_CERT"),
        ({}, {"PIP_CERT": ""}, None),
        ({}, {"REQUESTS_CA_BUNDLE": "/x"}, "environment variable REQUESTS_CA_BUNDLE"),
        ({}, {"CURL_CA_BUNDLE": "/x"}, "environment variable CURL_CA_BUNDLE"),
        ({}, {"REQUESTS_CA_BUNDLE": PATH}, None),
        ({}, {"PIP_CONFIG_FILE": os.devnull}, "does not read"),
        ({"own.conf": ""}, {"PIP_CONFIG_FILE": "own.conf"}, "does not read"),
    ],
)
def test_what_hides_a_cert_is_named(
    files: dict[str, str],
    variables: dict[str, str],
    hiding_it: str | None,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(home))
    if variables.get("PIP_CONFIG_FILE") == "own.conf":
        variables = {"PIP_CONFIG_FILE": str(home / "own.conf")}
    around, place = _around(home, files, **variables)
    told = layers.complaint(around, place, "cert", PATH)
    assert (told is None) if hiding_it is None else (told is not None and hiding_it in told), told


def test_a_feature_is_not_hidden_by_a_variable_for_certs(home: Path) -> None:
    around, place = _around(home, {}, REQUESTS_CA_BUNDLE="/x")
    assert layers.complaint(around, place, "use-feature", "truststore") is None


# Where it is


def _facts(platform: str) -> TargetFacts:
    return TargetFacts("/opt/python", "/home/u", platform, (3, 12), (24, 0))


@pytest.mark.parametrize(
    ("platform", "scope", "config", "folder"),
    [
        ("linux", "user", "/home/u/.config/pip/pip.conf", "/home/u/.config/pipsafe"),
        ("linux", "site", "/opt/python/pip.conf", "/opt/python/pipsafe"),
        ("linux", "global", "/etc/pip.conf", "/etc/pipsafe"),
        ("darwin", "user", "/home/u/.config/pip/pip.conf", "/home/u/.config/pipsafe"),
        ("win32", "user", r"C:\R\pip\pip.ini", r"C:\R\pipsafe"),
    ],
)
def test_the_places_of_the_scopes(platform: str, scope: str, config: str, folder: str) -> None:
    place = places.of(scope, {"APPDATA": r"C:\R"} if platform == "win32" else {}, _facts(platform))
    assert (place.config, place.folder) == (config, folder)


# What was asked


def test_words() -> None:
    asked = request.read(["--site", "https://index.example/simple/", "--dry-run", "--proxy", "http://p:1"])
    assert (asked.scope, asked.dry_run, asked.arguments) == (
        "site",
        True,
        ("install", "--proxy", "http://p:1"),
    )
    assert [str(contact.origin) for contact in asked.contacts] == ["https://index.example:443"]
    assert request.read(["--help"]).wants_help


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["--user", "--site"],
            ["--json"],
            ["--cert", "/x"],
            ["--trusted-host", "h"],
            ["--undo", "index.example"],
        ),
        *(["--use-feature", "truststore"], ["--isolated"], ["--undo", "--drop-trusted-host"], ["--what"]),
    ],
)
def test_words_that_make_no_sense(words: list[str]) -> None:
    with pytest.raises(UsageError):
        request.read(words)


# The note, and what has become stale


def _noted(own: Path, **changes: object) -> tuple[ScopePlace, Note, Authority]:
    """What persist would have left for a CA in a file, and the CA."""
    authority = Authority("Example Corporate Root")
    source = authority.write(own / "corp.pem")
    place = ScopePlace("user", str(own / "pip" / "pip.conf"), str(own / "pipsafe"))
    Path(place.folder).mkdir(mode=0o700)
    Path(place.bundle).write_bytes(authority.pem)
    anchor = KeptAnchor(
        authority.sha256,
        "Example Corporate Root",
        (NOW + timedelta(days=300)).isoformat(),
        "configured",
        "NODE_EXTRA_CA_CERTS",
        str(source),
        "file",
    )
    kept = Note(
        cure="bundle",
        edits=(note.Edit("/x", True, (), "a", "b", (Splice(0, b"", b"caf\xe9\n"),)),),
        anchors=(replace(anchor, **changes),),  # type: ignore[arg-type]
        roots_version="9999.1.1",
        files={places.BUNDLE: digest(authority.pem)},
        made=NOW.isoformat(),
    )
    Path(place.note).write_bytes(note.write(kept))
    Path(place.note).chmod(0o600)
    return place, kept, authority


def _complaints(place: ScopePlace) -> str:
    found = staleness.look(place, None, NOW)
    assert found is not None
    return "\n".join(found.complaints)


def test_a_note_is_read_as_it_was_written(own: Path) -> None:
    place, kept, _ = _noted(own)
    assert note.read(place.note) == kept
    assert _complaints(place) == ""


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2}', "\x00", "[" * 100_000])
def test_a_damaged_note_is_told_of(own: Path, text: str) -> None:
    place, _, _ = _noted(own)
    Path(place.note).write_text(text, encoding="utf-8")
    with pytest.raises(Damaged):
        note.read(place.note)
    assert "of no use" in _complaints(place)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"9999.1.1"', '"x"'), ("+00:00", ""), ('"kind": "file"', '"what": 1'), ('"at": 0', '"at": "z"')],
)
def test_a_note_with_a_wrong_value_is_told_of(own: Path, old: str, new: str) -> None:
    place, _, _ = _noted(own)
    text = Path(place.note).read_text(encoding="ascii")
    assert old in text
    Path(place.note).write_text(text.replace(old, new), encoding="ascii")
    with pytest.raises(Damaged, match="is damaged"):
        note.read(place.note)


def test_a_note_that_others_can_write_does_not_count(own: Path) -> None:
    place, _, _ = _noted(own)
    Path(place.note).chmod(0o666)
    with pytest.raises(Damaged, match="can be written by everyone"):
        note.read(place.note)


@pytest.mark.parametrize(
    ("end", "told"), [(NOW + timedelta(days=20), "expires on 2026-03-21"), (EARLIER, "expired on 2026-02-28")]
)
def test_an_anchor_near_its_end(own: Path, end: datetime, told: str) -> None:
    place, _, _ = _noted(own, not_after=end.isoformat())
    assert told in _complaints(place)


def test_a_source_that_no_longer_holds_the_anchor(own: Path) -> None:
    place, _, _ = _noted(own)
    Authority("Another Root").write(own / "corp.pem")
    assert "is no longer in" in _complaints(place)


def test_a_source_that_others_can_write_by_now(own: Path) -> None:
    place, _, _ = _noted(own)
    (own / "corp.pem").chmod(0o666)
    assert "is no longer in" in _complaints(place)


def test_a_bundle_that_was_changed_or_is_gone(own: Path) -> None:
    place, _, _ = _noted(own)
    Path(place.bundle).write_bytes(b"other")
    assert "was changed since" in _complaints(place)
    Path(place.bundle).unlink()
    assert "is gone" in _complaints(place)


def test_public_roots_that_are_older(own: Path) -> None:
    place, kept, _ = _noted(own)
    older = {**json.loads(note.write(kept)), "roots_version": "2020.1.1"}
    Path(place.note).write_text(json.dumps(older), encoding="ascii")
    assert "public roots that are older than today's" in _complaints(place)


def test_what_lies_beneath_a_setting(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    files = {".pip/pip.conf": "[global]\ncert = /beneath\n", USER: "[global]\ncert = /missing\n"}
    around, _ = _around(home, files)
    assert around.settings.cert is not None
    found = layers.beneath(around, around.settings.cert)
    assert found is not None
    assert found.value == "/beneath"


def test_roots_that_the_system_has_got_since(own: Path) -> None:
    place, kept, authority = _noted(own)
    store = system_store.path()
    if system_store.judged_by_the_system() or store is None:
        pytest.skip("no system store that is a file")
    known = (authority.der, *ca_file.read(store).certificates)
    for certificates, told in ((known, ""), (known[:-1], "lacks, for `pipsafe env`, 1 of the CAs")):
        data = bundle.pem(certificates)
        Path(place.tools_bundle).write_bytes(data)
        files = {**kept.files, places.TOOLS_BUNDLE: digest(data)}
        Path(place.note).write_bytes(note.write(replace(kept, files=files)))
        assert _complaints(place).startswith(told)
        assert bool(_complaints(place)) == bool(told)
