"""Which anchors on this machine may end a refused chain: every rule, and the same file where it holds."""

from __future__ import annotations

import itertools
import os
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pipsafe.origin import Origin
from pipsafe.trust import anchors as anchors_module
from pipsafe.trust import denied, shelf
from pipsafe.trust.anchors import MOST_CANDIDATES, Candidate, Search, among
from pipsafe.trust.ca_file import CaFile
from pipsafe.trust.sources import Source
from pipsafe.trust.stock import Reading, WorkingFolder
from pipsafe.x509.certificate import parse
from tests.certificates import key_usage, make, name, pem, raw, raw_name, tlv
from tests.lab.authority import EXPIRED, NOT_YET_VALID, Authority, Chain, Validity, self_signed
from tests.machine import (
    NOW,
    Machine,
    anchors,
    configured,
    made,
    needs_root,
    provisioned,
    reasons,
    rejected_pem,
    seen,
)
from tests.yardstick import takes_at_most

ROOT = Authority("Example Corporate Root")
ISSUING = ROOT.intermediate("Example Issuing CA")


CHAIN = seen(ROOT.leaf())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return made(tmp_path, CHAIN)


# What is found


@pytest.mark.parametrize(
    "tier", ["system", "public", "configured", "explicit", pytest.param("provisioned", marks=needs_root)]
)
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


def test_intermediate_and_root_in_files_of_their_own(machine: Machine) -> None:
    leaf_only = seen(ISSUING.leaf(chain=Chain.LEAF_ONLY))
    root, middle = machine.file(ROOT.pem, name="root.pem"), machine.file(ISSUING.pem, name="middle.pem")

    for order in ((root, middle), (middle, root)):
        found = machine.search(*order, chains=[leaf_only])

        (candidate,) = found.candidates
        assert (candidate.anchor.sha256, candidate.source.path) == (ROOT.sha256, root)
        assert [item.sha256 for item in candidate.intermediates] == [ISSUING.sha256]
        assert found.passed_over == ()


def test_an_intermediate_that_another_server_sends(machine: Machine) -> None:
    """It is needed where it is not sent, and not where it is."""
    chains = [seen(ISSUING.leaf()), seen(ISSUING.leaf(chain=Chain.LEAF_ONLY))]

    found = machine.search(machine.file(ISSUING.pem, ROOT.pem), chains=chains)

    assert [len(candidate.intermediates) for candidate in found.candidates] == [0, 1]


def test_an_intermediate_in_the_place_of_one_that_is_sent(machine: Machine) -> None:
    """The server's has expired, say: both ways are to be tried."""
    renewed = Authority(ISSUING.name, organization=ISSUING.organization, key=ISSUING.key, parent=ROOT)

    found = machine.search(machine.file(renewed.pem, ROOT.pem), chains=[seen(ISSUING.leaf())])

    assert anchors(found) == [ROOT.sha256] * 2
    assert [[one.sha256 for one in item.intermediates] for item in found.candidates] == [[], [renewed.sha256]]


def test_no_intermediate_of_another_branch(machine: Machine) -> None:
    leaf_only = seen(ISSUING.leaf(chain=Chain.LEAF_ONLY))
    other = ROOT.intermediate("Example Other CA")

    (candidate,) = machine.search(
        machine.file(other.pem, ISSUING.pem, ROOT.pem), chains=[leaf_only]
    ).candidates

    assert [item.sha256 for item in candidate.intermediates] == [ISSUING.sha256]


def test_an_expired_intermediate_is_of_no_use(machine: Machine) -> None:
    old = ROOT.intermediate("Example Issuing CA", validity=EXPIRED)
    leaf_only = seen(old.leaf(chain=Chain.LEAF_ONLY))

    found = machine.search(machine.file(old.pem, ROOT.pem), chains=[leaf_only])

    assert found.candidates == ()
    assert "an intermediate, and not valid now" in reasons(found)


def test_a_root_that_signs_its_own_next_key(machine: Machine) -> None:
    """The new key's certificate by the old key (RFC 4210 4.4) is an intermediate of its own name."""
    new = Authority(ROOT.name, organization=ROOT.organization, parent=ROOT)

    found = machine.search(machine.file(new.pem, ROOT.pem), chains=[seen(new.leaf(chain=Chain.LEAF_ONLY))])

    assert [(item.anchor.sha256, len(item.intermediates)) for item in found.candidates] == [
        (ROOT.sha256, 0),
        (ROOT.sha256, 1),
    ]


# Intermediates that were fetched


LEAF_ONLY = seen(ISSUING.leaf(chain=Chain.LEAF_ONLY))


def test_an_intermediate_from_elsewhere(machine: Machine) -> None:
    path = machine.file(ROOT.pem)
    assert machine.search(path, chains=[LEAF_ONLY]).candidates == ()

    (candidate,) = machine.search(path, chains=[LEAF_ONLY], between=[ISSUING]).candidates

    assert candidate.anchor.sha256 == ROOT.sha256
    assert [item.sha256 for item in candidate.intermediates] == [ISSUING.sha256]


NOT_FROM_ELSEWHERE = {
    "the root itself": [ISSUING, ROOT],
    "a root of the issuing CA's name": [Authority(ISSUING.name, organization=ISSUING.organization)],
    "what has expired": [ROOT.intermediate("Example Issuing CA", validity=EXPIRED)],
}


@pytest.mark.parametrize("what", NOT_FROM_ELSEWHERE)
def test_what_comes_from_elsewhere_is_no_anchor(machine: Machine, what: str) -> None:
    other = machine.file(Authority("Other").pem)

    found = machine.search(other, chains=[LEAF_ONLY], between=NOT_FROM_ELSEWHERE[what])

    assert found.candidates == ()


def test_what_has_expired_elsewhere_is_not_taken_along(machine: Machine) -> None:
    expired = NOT_FROM_ELSEWHERE["what has expired"]

    assert machine.search(machine.file(ROOT.pem), chains=[LEAF_ONLY], between=expired).candidates == ()


def test_an_intermediate_that_was_taken_back(machine: Machine) -> None:
    path = machine.file(ROOT.pem)

    found = machine.search(path, chains=[LEAF_ONLY], between=[ISSUING], revoked=[ISSUING])

    assert found.candidates == ()


# In several goes


def test_further_sources_are_read_later(machine: Machine) -> None:
    """The first ones are not read again: the file is gone by then."""
    path = machine.file(ISSUING.pem, name="middle.pem")
    first = machine.read(path)
    assert among(first, [LEAF_ONLY], now=NOW).candidates == ()
    Path(path).unlink()

    more = machine.read(machine.file(ROOT.pem, name="root.pem"))

    assert anchors(among((*first, *more), [LEAF_ONLY], now=NOW)) == [ROOT.sha256]
    assert [item.source.path for item in among((*first, *more), [LEAF_ONLY], now=NOW).stores] == [
        path,
        more[0].source.path,
    ]


def test_what_is_read_later_can_take_back(machine: Machine) -> None:
    first = machine.read(machine.file(ROOT.pem, name="good.pem"))
    assert anchors(among(first, [CHAIN], now=NOW)) == [ROOT.sha256]

    more = machine.read(machine.file(rejected_pem(ROOT.der), name="marked.pem"))

    assert among((*first, *more), [CHAIN], now=NOW).candidates == ()


# Several names of one file


def test_a_file_by_its_first_name(machine: Machine) -> None:
    path = machine.file(ROOT.pem)
    link = machine.corp / "link.pem"
    link.symlink_to(path)
    system = Source("system", "the system store", path)

    found = machine.search(system, str(link), path, path)

    assert [store.source for store in found.stores] == [system]
    assert [candidate.source for candidate in found.candidates] == [system]


def test_a_file_by_a_bad_name_and_a_good_one(machine: Machine) -> None:
    """A link may lie where it is not trusted, and the file itself where it is."""
    path = machine.file(ROOT.pem)
    link = machine.project / "link.pem"
    link.symlink_to(path)

    found = machine.search(str(link), path)

    assert [store.source.path for store in found.stores] == [str(link), path]
    assert [candidate.source.path for candidate in found.candidates] == [path]


def test_a_bad_name_twice_is_told_once(machine: Machine) -> None:
    missing = str(machine.corp / "missing.pem")

    found = machine.search(missing, Source("configured", "another variable", missing))

    assert [item.reason for item in found.passed_over] == ["does not exist"]


def test_a_file_for_one_server_and_for_all(machine: Machine) -> None:
    path = machine.file(ROOT.pem)
    for_one, for_all = configured(path, "a.example"), configured(path)

    found = machine.search(for_one, for_all)

    assert [candidate.source for candidate in found.candidates] == [for_one, for_all]


# One server only


def test_a_source_that_counts_for_one_server(machine: Machine) -> None:
    source = configured(machine.file(ROOT.pem), host="registry.example:5000")

    (candidate,) = machine.search(source).candidates

    assert candidate.counts_for(Origin("https", "registry.example", 5000))
    assert not candidate.counts_for(Origin("https", "registry.example", 443))
    assert not candidate.counts_for(Origin("https", "index.example", 5000))


def test_a_source_that_counts_for_all(machine: Machine) -> None:
    (candidate,) = machine.search(machine.file(ROOT.pem)).candidates

    assert candidate.counts_for(Origin("https", "index.example", 443))


def test_an_anchor_by_each_server_that_it_counts_for(machine: Machine) -> None:
    one, two = machine.file(ROOT.pem, name="one.pem"), machine.file(ROOT.pem, name="two.pem")
    for_a, for_b, for_all = configured(one, "a.example"), configured(two, "b.example"), configured(two)

    def lenders(*sources: Source) -> list[Source]:
        return [candidate.source for candidate in machine.search(*sources).candidates]

    assert lenders(for_a, for_b, for_all) == [for_a, for_b, for_all]
    assert lenders(for_a, configured(two, "a.example")) == [for_a]
    assert lenders(for_all, for_a) == [for_all]


# More than can be tried


def test_namesakes_do_not_keep_the_right_one_out(machine: Machine) -> None:
    crowd = machine.file(*(ROOT.namesake().pem for _ in range(60)), name="crowd.pem")
    good = machine.file(ROOT.pem, name="good.pem")

    found = machine.search(crowd, good)

    assert len(found.candidates) == MOST_CANDIDATES
    assert found.candidates[-1].anchor.sha256 == ROOT.sha256
    assert f"{61 - MOST_CANDIDATES} more CAs of that name are not tried" in reasons(found)


def test_thousands_of_one_name_are_not_all_parsed(machine: Machine) -> None:
    subject = parse(ROOT.der).subject_der
    serials = (tlv(0x02, number.to_bytes(3, "big")) for number in range(0x10000, 0x11388))
    crowd = machine.file(
        *(pem(raw(subject=subject, issuer=subject, serial=serial)) for serial in serials), name="crowd.pem"
    )
    good = machine.file(ROOT.pem, name="good.pem")

    found = machine.search(crowd, good)

    assert ROOT.sha256 in anchors(found)
    (told,) = [item.reason for item in found.passed_over if "are not tried" in item.reason]
    assert int(told.split()[0]) < 600


def test_a_tower_of_names_takes_little_time(machine: Machine) -> None:
    """Sixty storeys of namesakes, intermediates and roots: nothing is gone through again and again."""
    names = [raw_name(("2.5.4.3", 0x0C, f"Storey {number}".encode())) for number in range(60)]
    serials = [tlv(0x02, number.to_bytes(2, "big")) for number in range(0x1000, 0x1020)]
    storeys = [
        pem(raw(subject=lower, issuer=issuer, serial=serial))
        for lower, upper in itertools.pairwise(names)
        for issuer in (lower, upper)
        for serial in serials
    ]
    leaf = parse(raw(subject=raw_name(("2.5.4.3", 0x0C, b"leaf")), issuer=names[0], extensions=None))
    path = machine.file(*storeys)

    with takes_at_most(3):
        found = machine.search(path, chains=[[leaf]], now=datetime(2025, 6, 1, tzinfo=timezone.utc))

    assert len(found.candidates) == MOST_CANDIDATES
    assert all(len(candidate.intermediates) <= 10 for candidate in found.candidates)


def test_reasons_are_bounded(machine: Machine) -> None:
    spans = [Validity(EXPIRED.not_before, EXPIRED.not_after - timedelta(days=number)) for number in range(9)]
    old = machine.file(*(ROOT.reissued(validity=span).pem for span in spans))

    found = machine.search(old)

    assert len(found.passed_over) == 6
    assert found.passed_over[-1].reason == "4 more certificates are of no use"


# What a CA says itself


def test_limits_of_a_candidate(machine: Machine) -> None:
    limited = make(
        ROOT.subject,
        extensions=[
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (x509.NameConstraints([x509.DNSName("corp.example")], None), True),
        ],
    )
    now = datetime(2025, 6, 1, 12, tzinfo=timezone.utc)

    (candidate,) = machine.search(machine.file(pem(limited)), now=now).candidates

    assert candidate.limits == ("may only vouch for names in corp.example", "allows no CA below itself")
    assert Candidate(parse(ROOT.der), candidate.source).limits == ()


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


@pytest.mark.parametrize(
    "tier", ["system", "public", "configured", "explicit", pytest.param("provisioned", marks=needs_root)]
)
def test_what_was_taken_back_counts_nowhere(machine: Machine, tier: str) -> None:
    source = Source(tier, "it", machine.file(ROOT.pem))

    found = machine.search(source, revoked=[ROOT])

    assert found.candidates == ()
    assert reasons(found) == "Example Corporate Root: distrusted in blocklist/"
    assert anchors(machine.search(source, revoked=[Authority("Other")])) == [ROOT.sha256]


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
        found = machine.search(*order)
        assert found.candidates == ()
        assert {item.source.path for item in found.passed_over} == {good, marked}
        assert f"GIT_SSL_CAINFO ({marked}) marks it as not to be trusted" in reasons(found)


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


@pytest.mark.parametrize(
    "tier", ["system", "configured", "explicit", pytest.param("provisioned", marks=needs_root)]
)
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


@needs_root
@pytest.mark.parametrize(
    ("tier", "used"),
    [("system", False), ("provisioned", False), ("configured", True), ("explicit", True)],
)
def test_a_file_of_another_user(machine: Machine, tier: str, used: bool) -> None:  # noqa: FBT001
    """CI systems mount configured files so."""
    path = machine.file(ROOT.pem)
    os.chown(path, 12345, 12345)

    assert bool(machine.search(Source(tier, "it", path)).candidates) is used


@needs_root
def test_a_provisioned_file_of_the_user_himself() -> None:
    """Nobody named it, so it has to be the administrator's."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are root's alone
        path = ROOT.write(Path(folder) / "ca.pem")
        for place in (Path(folder), path):
            os.chown(place, 12345, 12345)
        os.seteuid(12345)
        try:
            machine = Machine(Path(folder), Path(folder) / "project", Path(folder), CHAIN)
            found = machine.search(provisioned(str(path)))
            assert anchors(machine.search(Source("system", "it", str(path)))) == [ROOT.sha256]
        finally:
            os.seteuid(0)

    assert found.candidates == ()
    assert f"is not used: {path} does not belong to root" in reasons(found)


@needs_root
def test_a_developers_own_ca_is_not_provisioned(machine: Machine) -> None:
    key = machine.file(ROOT.key_pem, name="rootCA-key.pem")
    path = machine.file(ROOT.pem, name="rootCA.pem")

    found = machine.search(provisioned(path))

    assert found.candidates == ()
    assert reasons(found) == f"is not used: the private key of this CA lies beside it ({key})"
    for tier in ("configured", "explicit"):
        assert anchors(machine.search(Source(tier, "it", path))) == [ROOT.sha256]
        assert anchors(machine.search(provisioned(path), Source(tier, "it", path))) == [ROOT.sha256]
    Path(key).unlink()
    assert anchors(machine.search(provisioned(path))) == [ROOT.sha256]


@needs_root
def test_a_key_in_the_file_itself_is_not_provisioned_either(machine: Machine) -> None:
    path = machine.file(ROOT.pem, ROOT.key_pem)

    found = machine.search(provisioned(path))

    assert found.candidates == ()
    assert reasons(found) == "Example Corporate Root: its private key lies in the same file"
    assert anchors(machine.search(provisioned(path), path)) == [ROOT.sha256]


@needs_root
def test_a_key_in_one_file_of_a_provisioned_folder(machine: Machine) -> None:
    other = Authority("Other Root")
    machine.file(ROOT.pem, ROOT.key_pem, name="keyed.pem")
    machine.file(other.pem, name="other.pem")

    found = machine.search(provisioned(str(machine.corp)), chains=[CHAIN, seen(other.leaf())])

    assert anchors(found) == [other.sha256]
    assert "its private key lies in the same file" in reasons(found)


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
        ("/home/u/ca.pem", "/home", False),  # the home in the project: what is in it is the user's
        ("/home/u/.ssl/ca.pem", "/home", False),
        ("/home/ca.pem", "/home", True),
        ("/home/u/../ca.pem", "/home", True),
        ("/home/u-2/ca.pem", "/home", True),
        ("/home", "/home", True),
        ("/etc/ssl/ca.pem", "/", False),
        ("ca.pem", "/", True),
        ("../ca.pem", "/home/u/project", True),
    ],
)
def test_where_the_project_is(path: str, folder: str, is_projects: bool) -> None:  # noqa: FBT001
    assert WorkingFolder(folder, "/home/u").holds(path) is is_projects


@pytest.mark.parametrize("below", ["", "sub", "ci/home", "ci/home/work"])
def test_a_home_in_a_clone(tmp_path: Path, below: str) -> None:
    """As CI services have it: what lies in the home is the user's, all else the project's."""
    clone, home, corp = tmp_path / "clone", tmp_path / "clone" / "ci" / "home", tmp_path / "corp"
    for folder in (clone / ".git", clone / "sub", home / "work", corp):
        folder.mkdir(parents=True)
    for place in (clone, clone / "ci", home, home / "work", corp):
        (place / "ca.pem").write_bytes(ROOT.pem)
    links = {"in": clone / "ca.pem", "out": corp / "ca.pem", "up": clone, "dots": Path("..")}
    for link, target in links.items():
        (home / link).symlink_to(target)
    project = WorkingFolder(str(clone / below), str(home))

    held = [clone, clone / "ca.pem", clone / "ci", clone / "ci/ca.pem", home / "in", home / "up"]
    held += [home / "up" / "ca.pem", home / "dots", home / ".." / "ca.pem"]
    free = [home, home / "ca.pem", home / "absent.pem", home / "out", corp / "ca.pem", tmp_path]
    (held if below.endswith("work") else free).append(home / "work" / "ca.pem")
    assert [path for path in held if not project.holds(str(path))] == []
    assert [path for path in free if project.holds(str(path))] == []


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


def test_names_are_compared_as_openssl_does(machine: Machine) -> None:
    """Case and the kind of string do not count, the letters do."""
    respelt = make(name("EXAMPLE corporate Root", organization_name="Example Org"))
    another = make(name("Example Corporate Boot", organization_name="Example Org"))
    now = datetime(2025, 6, 1, 12, tzinfo=timezone.utc)

    found = machine.search(machine.file(pem(respelt), pem(another)), now=now)

    assert anchors(found) == [parse(respelt).sha256]


@pytest.mark.parametrize(
    ("seconds_after", "last", "is_used"),
    [(-1, False, False), (0, False, True), (0, True, True), (1, True, False)],
)
def test_an_intermediate_counts_from_its_first_second_to_its_last(
    machine: Machine,
    seconds_after: int,
    last: bool,  # noqa: FBT001
    is_used: bool,  # noqa: FBT001
) -> None:
    brief = Validity(NOW - timedelta(days=9), NOW + timedelta(days=9))
    between = ROOT.intermediate("Brief CA", validity=brief)
    (presented,) = seen(between.leaf(chain=Chain.LEAF_ONLY))
    own = parse(between.der)
    now = (own.not_after if last else own.not_before) + timedelta(seconds=seconds_after)

    found = machine.search(machine.file(between.pem, ROOT.pem), chains=[(presented,)], now=now)

    assert anchors(found) == ([ROOT.sha256] if is_used else [])
    told = f"{own.label}: an intermediate, and not valid now"
    assert (told in [item.reason for item in found.passed_over]) is not is_used


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (denied.PUBLIC_KEYS, "its private key is public ({})"),
        (denied.VENDOR_TEST_KEYS, "a vendor's test CA ({})"),
    ],
)
def test_why_a_known_key_is_denied(keys: dict[str, str], words: str) -> None:
    for key, ca in keys.items():
        assert denied.denial(key, ()) == words.format(ca)


def test_a_self_signed_server_that_presents_more_is_not_trusted_as_just_that(machine: Machine) -> None:
    own = self_signed()

    found = machine.search(machine.file(own.pem), chains=[(*seen(own), parse(ROOT.der))])

    assert found.candidates == ()


@pytest.mark.parametrize(
    ("more", "told"),
    [(1, "1 more CA of that name is not tried"), (2, "2 more CAs of that name are not tried")],
)
def test_how_many_namesakes_are_not_tried(machine: Machine, more: int, told: str) -> None:
    namesakes = machine.file(*(ROOT.namesake().pem for _ in range(MOST_CANDIDATES + more)))

    assert [item.reason for item in machine.search(namesakes).passed_over] == [told]


# Bounds


def test_a_servers_own_certificate_is_told_of_once(machine: Machine) -> None:
    """It is no CA, and is trusted as just that: nothing is wrong with it."""
    own = self_signed()

    found = machine.search(machine.file(own.pem), chains=[seen(own)])

    assert anchors(found) == [own.sha256]
    assert not found.passed_over


def test_none_keeps_the_others_out(machine: Machine) -> None:
    """Of two files full of CAs of that name, half of each is tried."""
    sources = [
        Source("configured", f"file {number}", machine.file(*namesakes(20), name=f"{number}.pem"))
        for number in range(2)
    ]

    found = machine.search(*sources)

    tried = [candidate.source for candidate in found.candidates]
    assert [tried.count(source) for source in sources] == [MOST_CANDIDATES // 2] * 2
    assert [item.reason for item in found.passed_over] == ["8 more CAs of that name are not tried"] * 2


def namesakes(number: int, authority: Authority = ROOT) -> list[bytes]:
    return [authority.namesake().pem for _ in range(number)]


@pytest.mark.parametrize(
    ("number", "more"),
    [
        (5, None),
        (6, "1 more certificate is of no use"),
        (7, "2 more certificates are of no use"),
    ],
)
def test_of_many_that_are_of_no_use_some_are_told(machine: Machine, number: int, more: str | None) -> None:
    ends = (EXPIRED.not_after - timedelta(days=day) for day in range(number))
    late = [ROOT.reissued(validity=Validity(EXPIRED.not_before, end)).pem for end in ends]
    source = Source("configured", "the name", machine.file(*late))

    found = machine.search(source)

    assert not found.candidates
    assert {item.source for item in found.passed_over} == {source}
    told = [item.reason for item in found.passed_over]
    assert len(told) == (5 if more is None else 6)
    assert told[5:] == ([] if more is None else [more])


def test_every_certificate_of_a_name_above(machine: Machine) -> None:
    other = ROOT.namesake()
    path = machine.file(ISSUING.pem, other.pem, ROOT.pem)

    found = machine.search(path, chains=[seen(ISSUING.leaf(chain=Chain.LEAF_ONLY))])

    assert set(anchors(found)) == {other.sha256, ROOT.sha256}


def test_no_more_is_parsed_than_the_bound(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all names together, those that are sought first."""
    monkeypatch.setattr(shelf, "_MOST_PARSED", 3)
    second, third = Authority("Second Root"), Authority("Third Root")
    parts = [ROOT.pem, *namesakes(1), second.pem, *namesakes(2, second), third.pem]

    found = machine.search(
        machine.file(*parts), chains=[CHAIN, *(seen(root.leaf()) for root in (second, third))]
    )

    assert [candidate.anchor.subject for candidate in found.candidates] == [
        parse(ROOT.der).subject,
        parse(ROOT.der).subject,
        parse(second.der).subject,
    ]


@pytest.mark.parametrize(("most", "reached"), [(2, False), (3, False), (4, True)])
def test_no_more_names_are_sought_than_the_bound(
    machine: Machine,
    most: int,
    reached: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four names stand above a server whose issuer's issuer's issuer is below the root."""
    monkeypatch.setattr(anchors_module, "_MOST_NAMES", most)
    upper = ROOT.intermediate("Upper")
    middle = upper.intermediate("Middle")
    lower = middle.intermediate("Lower")
    path = machine.file(ROOT.pem, upper.pem, middle.pem, lower.pem)

    found = machine.search(path, chains=[seen(lower.leaf(chain=Chain.LEAF_ONLY))])

    assert anchors(found) == ([ROOT.sha256] if reached else [])


def test_a_file_of_none_but_distrusted_ones(machine: Machine) -> None:
    source = Source("configured", "the name", machine.file(rejected_pem(Authority("Other").der)))

    (over,) = machine.search(source).passed_over

    assert over.source == source
    assert over.reason == "certificate 1 is marked as not trusted for TLS servers"


def test_a_reading_without_a_word() -> None:
    """Every reader says why it holds nothing; one that did not would leave its source untold of."""
    source = configured("/example/ca.pem")
    reading = Reading(source, CaFile(source.path, (), (), key_inside=False))

    (over,) = among([reading], [CHAIN], now=NOW).passed_over

    assert (over.source, over.reason) == (source, "holds no certificate")
