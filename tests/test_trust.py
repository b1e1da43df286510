"""Which anchors on this machine may end a refused chain: every rule, and the same file where it holds."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pipsafe import denied, ownership
from pipsafe.certificate import Certificate, parse
from pipsafe.sources import Source
from pipsafe.trust import Search, in_working_folder, search
from tests.certificates import key_usage, make, name, oid, pem, tlv
from tests.lab.authority import EXPIRED, NOT_YET_VALID, Authority, Chain, Leaf, der_of, self_signed

NOW = datetime.now(timezone.utc)
SERVER_AUTH = oid("1.3.6.1.5.5.7.3.1")

ROOT = Authority("Example Corporate Root")
ISSUING = ROOT.intermediate("Example Issuing CA")


def seen(leaf: Leaf) -> tuple[Certificate, ...]:
    return tuple(parse(der_of(certificate)) for certificate in leaf.presented)


CHAIN = seen(ROOT.leaf())


@dataclass(frozen=True, slots=True)
class Machine:
    """A home, a project's folder in it, and a folder that an administrator has."""

    home: Path
    project: Path
    corp: Path

    def file(self, *parts: bytes, name: str = "ca.pem", folder: Path | None = None) -> str:
        path = (folder or self.corp) / name
        path.write_bytes(b"".join(parts))
        return str(path)

    def search(
        self,
        *sources: Source | str,
        chains: Sequence[Sequence[Certificate]] = (CHAIN,),
        folder: Path | None = None,
        now: datetime = NOW,
    ) -> Search:
        """Search as from the project's folder. A path alone is a configured source."""
        given = [
            Source("configured", "GIT_SSL_CAINFO", item) if isinstance(item, str) else item
            for item in sources
        ]
        return search(given, chains, folder=str(folder or self.project), home=str(self.home), now=now)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Folders that nobody else can write, which pytest's own are not asked to be."""
    home, corp = tmp_path / "home", tmp_path / "corp"
    project = home / "project"
    for folder in (home, corp, project):
        folder.mkdir(mode=0o755, exist_ok=True)
        folder.chmod(0o755)
    complaint = ownership.others_can_write(str(corp), foreign_owner_allowed=False)
    if complaint:
        pytest.skip(f"no folder here that is this user's alone: {complaint}")
    return Machine(home, project, corp)


def anchors(found: Search) -> list[str]:
    return [candidate.anchor.sha256 for candidate in found.candidates]


def reasons(found: Search) -> str:
    return "\n".join(item.reason for item in found.passed_over)


def rejected_pem(der: bytes) -> bytes:
    """A TRUSTED CERTIFICATE that is rejected for TLS servers."""
    body = base64.encodebytes(der + tlv(0x30, tlv(0xA0, SERVER_AUTH)))
    return b"-----BEGIN TRUSTED CERTIFICATE-----\n" + body + b"-----END TRUSTED CERTIFICATE-----\n"


# What is found


@pytest.mark.parametrize("tier", ["system", "public", "configured", "explicit"])
def test_the_root_is_found(machine: Machine, tier: str) -> None:
    source = Source(tier, "the name", machine.file(ROOT.pem))

    found = machine.search(source)

    assert anchors(found) == [ROOT.sha256]
    assert found.candidates[0].source == source
    assert found.candidates[0].intermediates == ()
    assert found.passed_over == ()
    assert [(store.source, store.certificates, store.problems) for store in found.stores] == [(source, 1, ())]


def test_only_the_root_that_is_wanted(machine: Machine) -> None:
    others = b"".join(Authority(f"Other {number}").pem for number in range(3))

    found = machine.search(machine.file(others, ROOT.pem))

    assert anchors(found) == [ROOT.sha256]
    assert found.stores[0].certificates == 4


def test_nothing_fits(machine: Machine) -> None:
    found = machine.search(machine.file(Authority("Other").pem))

    assert not found.candidates
    assert not found.passed_over


@pytest.mark.parametrize("chain", Chain)
def test_however_much_is_presented(machine: Machine, chain: Chain) -> None:
    found = machine.search(machine.file(ROOT.pem, ISSUING.pem), chains=[seen(ISSUING.leaf(chain=chain))])

    assert anchors(found) == [ROOT.sha256]


def test_a_root_for_each_chain(machine: Machine) -> None:
    other = Authority("Other Root")
    paths = machine.file(ROOT.pem, name="one.pem"), machine.file(other.pem, name="two.pem")

    found = machine.search(*paths, chains=[CHAIN, seen(other.leaf())])

    assert anchors(found) == [ROOT.sha256, other.sha256]


def test_the_order_is_that_of_the_sources(machine: Machine) -> None:
    first, second = ROOT.namesake(), ROOT.namesake()
    one, two = machine.file(first.pem, name="z.pem"), machine.file(second.pem, name="a.pem")

    assert anchors(machine.search(one, two)) == [first.sha256, second.sha256]
    assert anchors(machine.search(two, one)) == [second.sha256, first.sha256]


def test_each_anchor_once_by_its_first_source(machine: Machine) -> None:
    sources = [
        Source("explicit", "--pipsafe-ca", machine.file(ROOT.pem, name="one.pem")),
        Source("system", "the system store", machine.file(ROOT.pem, ROOT.pem, name="two.pem")),
    ]

    found = machine.search(*sources)

    assert [candidate.source for candidate in found.candidates] == sources[:1]


def test_namesakes_are_all_candidates(machine: Machine) -> None:
    """Only a handshake can tell them apart."""
    namesakes = [ROOT.namesake(), ROOT, ROOT.namesake(same_key_identifier=True)]

    found = machine.search(machine.file(*(authority.pem for authority in namesakes)))

    assert anchors(found) == [authority.sha256 for authority in namesakes]


def test_a_folder_of_certificates(machine: Machine) -> None:
    machine.file(Authority("Other").pem, name="other.pem")
    machine.file(ROOT.pem, name="0a1b2c3d.0")

    assert anchors(machine.search(str(machine.corp))) == [ROOT.sha256]


# Intermediates


def test_an_intermediate_that_the_server_leaves_out(machine: Machine) -> None:
    leaf_only = seen(ISSUING.leaf(chain=Chain.LEAF_ONLY))

    (candidate,) = machine.search(machine.file(ISSUING.pem, ROOT.pem), chains=[leaf_only]).candidates

    assert candidate.anchor.sha256 == ROOT.sha256
    assert [item.sha256 for item in candidate.intermediates] == [ISSUING.sha256]


def test_an_intermediate_that_the_server_sends_is_not_taken_along(machine: Machine) -> None:
    (candidate,) = machine.search(
        machine.file(ISSUING.pem, ROOT.pem), chains=[seen(ISSUING.leaf())]
    ).candidates

    assert candidate.anchor.sha256 == ROOT.sha256
    assert candidate.intermediates == ()


def test_two_intermediates(machine: Machine) -> None:
    deeper = ISSUING.intermediate("Example Deeper CA")
    leaf_only = seen(deeper.leaf(chain=Chain.LEAF_ONLY))

    (candidate,) = machine.search(
        machine.file(ROOT.pem, ISSUING.pem, deeper.pem), chains=[leaf_only]
    ).candidates

    assert {item.sha256 for item in candidate.intermediates} == {ISSUING.sha256, deeper.sha256}


@pytest.mark.parametrize("chain", Chain)
def test_an_intermediate_alone_is_no_anchor(machine: Machine, chain: Chain) -> None:
    found = machine.search(machine.file(ISSUING.pem), chains=[seen(ISSUING.leaf(chain=chain))])

    assert found.candidates == ()
    assert "Example Issuing CA: an intermediate, and its root is not there" in reasons(found)


def test_certificates_that_issue_each_other_end_the_search(machine: Machine) -> None:
    one, two = Authority("One"), Authority("Two")
    crossed = [
        Authority("One", parent=two, key=one.key),
        Authority("Two", parent=one, key=two.key),
    ]

    found = machine.search(machine.file(*(authority.pem for authority in crossed)), chains=[seen(one.leaf())])

    assert found.candidates == ()


# What is no anchor


SERVER = self_signed(("Example Corporate Root",))
NO_CA = make(ROOT.subject, extensions=[(x509.BasicConstraints(ca=False, path_length=None), True)])
MAY_NOT_SIGN = make(
    ROOT.subject,
    extensions=[(x509.BasicConstraints(ca=True, path_length=None), True), (key_usage(sign=False), True)],
)
UNFIT = {
    "expired": (ROOT.reissued(validity=EXPIRED).pem, "expired on"),
    "not yet valid": (ROOT.reissued(validity=NOT_YET_VALID).pem, "not valid before"),
    "no CA": (pem(NO_CA), "not a CA"),
    "may not sign": (pem(MAY_NOT_SIGN), "does not allow signing"),
    "no extensions": (pem(make(ROOT.subject, extensions=[])), "not a CA"),
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_what_is_no_anchor(machine: Machine, unfit: str) -> None:
    contents, reason = UNFIT[unfit]
    # Those that were made for a day in 2025 are judged there.
    made_then = unfit in ("no CA", "may not sign", "no extensions")
    now = datetime(2025, 6, 1, 12, tzinfo=timezone.utc) if made_then else NOW

    found = machine.search(machine.file(contents), now=now)

    assert found.candidates == ()
    assert reason in reasons(found)


@pytest.mark.parametrize("unfit", ["expired", "not yet valid"])
def test_beside_what_is_no_anchor(machine: Machine, unfit: str) -> None:
    contents, reason = UNFIT[unfit]

    found = machine.search(machine.file(contents, ROOT.pem))

    assert anchors(found) == [ROOT.sha256]
    assert reason in reasons(found)


def test_an_interceptors_ca_for_bad_certificates(machine: Machine) -> None:
    untrusted = Authority("Example Untrusted CA")
    chains = [seen(untrusted.leaf())]

    found = machine.search(machine.file(untrusted.pem), chains=chains)

    assert found.candidates == ()
    assert "an interceptor's CA for bad certificates" in reasons(found)


def test_a_key_that_anybody_can_download(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test has no certificate of theirs, and adds a key of its own to the list, as data."""
    (key,) = {parse(ROOT.der).spki_sha256}
    path = machine.file(ROOT.pem)
    assert anchors(machine.search(path)) == [ROOT.sha256]
    monkeypatch.setitem(denied.PUBLIC_KEYS, key, "Example")

    found = machine.search(path)

    assert found.candidates == ()
    assert "its private key is public (Example)" in reasons(found)


# A server's own certificate


def test_a_self_signed_server_that_is_here_already(machine: Machine) -> None:
    leaf = self_signed()

    (candidate,) = machine.search(machine.file(ROOT.pem, leaf.pem), chains=[seen(leaf)]).candidates

    assert candidate.anchor.sha256 == leaf.sha256


def test_another_self_signed_server_of_that_name(machine: Machine) -> None:
    found = machine.search(machine.file(self_signed().pem), chains=[seen(self_signed())])

    assert found.candidates == ()
    assert "not a CA" in reasons(found)


def test_an_expired_self_signed_server(machine: Machine) -> None:
    leaf = self_signed(validity=EXPIRED)

    assert machine.search(machine.file(leaf.pem), chains=[seen(leaf)]).candidates == ()


def test_what_the_network_offers_is_no_anchor(machine: Machine) -> None:
    with_root = seen(ROOT.leaf(chain=Chain.WITH_ROOT))

    found = machine.search(machine.file(Authority("Other").pem), chains=[with_root, seen(self_signed())])

    assert found.candidates == ()


# Marks of distrust


def test_what_one_file_rejects_no_other_lends(machine: Machine) -> None:
    good = machine.file(ROOT.pem, name="good.pem")
    marked = machine.file(rejected_pem(ROOT.der), Authority("Other").pem, name="marked.pem")
    assert anchors(machine.search(good)) == [ROOT.sha256]

    for order in ((good, marked), (marked, good)):
        assert machine.search(*order).candidates == ()


def test_what_a_file_rejects_that_holds_nothing_else(machine: Machine) -> None:
    good = machine.file(ROOT.pem, name="good.pem")
    marked = machine.file(rejected_pem(ROOT.der), name="marked.pem")

    found = machine.search(good, marked)

    assert found.candidates == ()
    assert "marked as not trusted for TLS servers" in reasons(found)


# Private keys


def test_a_private_key_in_the_file_is_not_copied(machine: Machine) -> None:
    found = machine.search(machine.file(ROOT.key_pem, ROOT.pem))

    (candidate,) = found.candidates
    secret = ROOT.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert secret not in candidate.anchor.der
    assert candidate.anchor.der == ROOT.der
    assert "PRIVATE KEY" not in repr(found)


def test_a_developers_own_ca_counts_when_it_was_configured(machine: Machine) -> None:
    """A key beside the certificate, as mkcert has it: somebody gave this file to a tool on purpose."""
    machine.file(ROOT.key_pem, name="rootCA-key.pem")

    assert anchors(machine.search(machine.file(ROOT.pem, name="rootCA.pem"))) == [ROOT.sha256]


# Who may have written it


def loose(path: str, mode: int) -> str:
    Path(path).chmod(mode)
    return path


@pytest.mark.parametrize("tier", ["system", "configured", "explicit"])
def test_a_file_that_others_can_write(machine: Machine, tier: str) -> None:
    path = machine.file(ROOT.pem)
    assert anchors(machine.search(Source(tier, "it", path))) == [ROOT.sha256]

    found = machine.search(Source(tier, "it", loose(path, 0o666)))

    assert found.candidates == ()
    assert f"is not used: {path} can be written by everyone" in reasons(found)


def test_a_folder_that_others_can_write(machine: Machine) -> None:
    path = machine.file(ROOT.pem)
    machine.corp.chmod(0o777)

    found = machine.search(path)

    assert found.candidates == ()
    assert f"{machine.corp} can be written by everyone" in reasons(found)


def test_a_sticky_folder_is_fine(machine: Machine) -> None:
    path = machine.file(ROOT.pem)
    machine.corp.chmod(0o1777)

    assert anchors(machine.search(path)) == [ROOT.sha256]


def test_a_link_to_a_file_that_others_can_write(machine: Machine) -> None:
    link = machine.home / "link.pem"
    link.symlink_to(loose(machine.file(ROOT.pem), 0o666))

    assert machine.search(str(link)).candidates == ()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize(("tier", "used"), [("system", False), ("configured", True), ("explicit", True)])
def test_a_file_of_another_user(machine: Machine, tier: str, used: bool) -> None:  # noqa: FBT001
    """CI systems mount configured files so."""
    path = machine.file(ROOT.pem)
    os.chown(path, 12345, 12345)

    assert bool(machine.search(Source(tier, "it", path)).candidates) is used


# The working folder


def test_a_file_of_the_project(machine: Machine) -> None:
    path = machine.file(ROOT.pem, folder=machine.project)

    found = machine.search(path)

    assert found.candidates == ()
    assert "it lies in the working folder" in reasons(found)
    assert anchors(machine.search(path, folder=machine.corp)) == [ROOT.sha256]


@pytest.mark.parametrize("tier", ["system", "explicit"])
def test_a_file_of_the_project_that_was_not_found_by_a_variable(machine: Machine, tier: str) -> None:
    path = machine.file(ROOT.pem, folder=machine.project)

    assert anchors(machine.search(Source(tier, "it", path))) == [ROOT.sha256]


def test_a_link_into_the_project(machine: Machine) -> None:
    link = machine.corp / "link.pem"
    link.symlink_to(machine.file(ROOT.pem, folder=machine.project))

    assert machine.search(str(link)).candidates == ()


def test_a_link_out_of_the_project(machine: Machine) -> None:
    link = machine.project / "link.pem"
    link.symlink_to(machine.file(ROOT.pem))

    assert machine.search(str(link)).candidates == ()


def test_a_folder_of_certificates_in_the_project(machine: Machine) -> None:
    certificates = machine.project / "certificates"
    certificates.mkdir()
    machine.file(ROOT.pem, folder=certificates)

    assert machine.search(str(certificates)).candidates == ()


def test_working_in_the_home_folder(machine: Machine) -> None:
    path = machine.file(ROOT.pem, folder=machine.home)

    assert anchors(machine.search(path, folder=machine.home)) == [ROOT.sha256]
    assert anchors(machine.search(path, folder=machine.home.parent)) == [ROOT.sha256]


def test_a_relative_path(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.file(ROOT.pem)
    monkeypatch.chdir(machine.corp)

    assert machine.search("ca.pem").candidates == ()
    assert machine.search("ca.pem", folder=machine.home).candidates == ()


@pytest.mark.parametrize(
    ("path", "folder", "is_projects"),
    [
        ("/corp/ca.pem", "/home/u/project", False),
        ("/home/u/project/ca.pem", "/home/u/project", True),
        ("/home/u/project/../ca.pem", "/home/u/project", False),
        ("/corp/../home/u/project/ca.pem", "/home/u/project", True),
        ("/home/u/project-2/ca.pem", "/home/u/project", False),
        ("/home/u/ca.pem", "/home/u", False),
        ("/home/u/ca.pem", "/home", False),
        ("/etc/ssl/ca.pem", "/", False),
        ("ca.pem", "/", True),
        ("../ca.pem", "/home/u/project", True),
    ],
)
def test_where_the_project_is(path: str, folder: str, is_projects: bool) -> None:  # noqa: FBT001
    assert in_working_folder(path, folder, "/home/u") is is_projects


# Files that are of no use


def test_broken_files_are_listed(machine: Machine) -> None:
    fifo = machine.corp / "fifo"
    os.mkfifo(fifo)
    broken = {
        machine.file(b"", name="empty.pem"): "is empty",
        machine.file(b"no certificate", name="text.pem"): "holds no certificate",
        machine.file(ROOT.pem[:200], name="cut.pem"): "certificate 1 is damaged",
        str(machine.corp / "gone.pem"): "does not exist",
        str(fifo): "is a FIFO",
        "/dev/zero": "is not used: /dev/zero can be written by everyone",
    }
    good = machine.file(ROOT.pem, name="good.pem")

    found = machine.search(*broken, good)

    assert anchors(found) == [ROOT.sha256]
    assert {item.source.path: item.reason for item in found.passed_over} == broken
    assert [store.source.path for store in found.stores] == [*broken, good]


def test_damage_beside_a_good_certificate(machine: Machine) -> None:
    found = machine.search(machine.file(ROOT.pem[:200], b"\n", ROOT.pem))

    assert anchors(found) == [ROOT.sha256]
    assert found.stores[0].problems == ("certificate 1 is damaged",)


def test_a_certificate_that_cannot_be_parsed(machine: Machine) -> None:
    """It has the wanted name where a name belongs, and no more sense than that."""
    mangled = bytearray(make(ROOT.subject))
    place = bytes(mangled).rindex(b"\x01\x01\xff")
    mangled[place] = 0x1F

    assert machine.search(machine.file(pem(bytes(mangled)))).candidates == ()


def test_no_sources(machine: Machine) -> None:
    assert machine.search() == Search()


def test_names_are_compared_byte_by_byte(machine: Machine) -> None:
    near = make(name("example corporate root", organization_name="Example Org"))

    assert machine.search(machine.file(pem(near))).candidates == ()
