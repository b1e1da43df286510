"""Where nothing may be trusted, pip's failure stands: nothing is sent, nothing installed, the cause is named.

Each row is a server and what this machine has been told to trust. Its twin is the same with the right CA in a
safe place: it is rescued, so that what refuses is the fault of the row and nothing else.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.drop_in import what_lasts
from tests.lab.authority import (
    EXPIRED,
    NOT_YET_VALID,
    VALID,
    Authority,
    Chain,
    Leaf,
    pem_of,
    self_signed,
)
from tests.lab.index_server import IndexServer
from tests.lab.outside import OUTSIDE
from tests.lab.packages import wheel
from tests.lab.run import Run, clean_environment, run_pip, run_pipsafe
from tests.lab.system_store import system_store
from tests.lab.targets import Target
from tests.processes import ProcessWatch

pytestmark = pytest.mark.e2e

# An old and a new one; `test_causes` has every cause with four, and `PIPSAFE_FULL_MATRIX` all of it.
PIPS = ("20.3.4", "23.2.1", "24.0", "26.3") if OUTSIDE.get("PIPSAFE_FULL_MATRIX") else ("20.3.4", "26.3")
PRESENTED_ROOT = Authority("Example Expired Root", validity=EXPIRED)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a row sets up."""

    leaf: Leaf
    """What the server presents."""
    trusted: Mapping[str, str] = field(default_factory=dict)
    """Variables that name CA files."""
    store: bytes | None = None
    """What is added to the system store, PEM."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a row may write."""

    root: Authority
    safe: Path
    """A folder that only this user can write."""
    project: Path
    """The working folder."""

    def file(self, content: bytes, name: str = "ca.pem") -> str:
        path = self.safe / name
        path.write_bytes(content)
        return str(path)

    def knowing(self, leaf: Leaf, content: bytes | None = None) -> Scene:
        """The server, with a CA file (the right one if not given) that another tool was told of."""
        return Scene(leaf, {"NODE_EXTRA_CA_CERTS": self.file(self.root.pem if content is None else content)})


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that has to be refused."""

    name: str
    scene: Callable[[Stage], Scene]
    causes: tuple[str, ...]
    words: tuple[str, ...] = ()
    """What the user has to read, beside the causes."""


def _unsafe_file(stage: Stage) -> Scene:
    path = stage.file(stage.root.pem)
    Path(path).chmod(0o666)
    return Scene(stage.root.leaf(), {"NODE_EXTRA_CA_CERTS": path})


def _unsafe_folder(stage: Stage) -> Scene:
    folder = stage.safe / "anybody"
    folder.mkdir()
    folder.chmod(0o777)
    return Scene(stage.root.leaf(), {"NODE_EXTRA_CA_CERTS": str(stage.root.write(folder / "ca.pem"))})


def _unsafe_link(stage: Stage) -> Scene:
    folder = stage.safe / "anybody"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "link.pem").symlink_to(stage.file(stage.root.pem))
    return Scene(stage.root.leaf(), {"NODE_EXTRA_CA_CERTS": str(folder / "link.pem")})


def _in_project(stage: Stage) -> Scene:
    path = stage.root.write(stage.project / "ca.pem")
    return Scene(stage.root.leaf(), {"NODE_EXTRA_CA_CERTS": str(path)})


def _relative(stage: Stage) -> Scene:
    stage.root.write(stage.project / "ca.pem")
    return Scene(stage.root.leaf(), {"NODE_EXTRA_CA_CERTS": "ca.pem"})


def _no_ca(root: Authority) -> bytes:
    """A certificate with the root's name and key that may not sign."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(root.subject)
        .issuer_name(root.subject)
        .public_key(root.key.public_key())
        .serial_number(7)
        .not_valid_before(VALID.not_before)
        .not_valid_after(VALID.not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    return pem_of(builder.sign(root.key, hashes.SHA256()))


def _behind_intermediate(stage: Stage) -> Scene:
    middle = stage.root.intermediate()
    return stage.knowing(middle.leaf(), middle.pem)


WRONG_HOST = ("files.example",)
"""Names that do not lead here."""

ROWS = (
    Row("unknown CA", lambda s: Scene(s.root.leaf()), ("private-ca",)),
    Row("unknown CA, root presented", lambda s: Scene(s.root.leaf(chain=Chain.WITH_ROOT)), ("private-ca",)),
    Row("other CA", lambda s: s.knowing(s.root.leaf(), Authority("Other").pem), ("private-ca",)),
    Row("namesake", lambda s: s.knowing(s.root.leaf(), s.root.namesake().pem), ("private-ca",)),
    Row(
        "namesake with the same key identifier",
        lambda s: s.knowing(s.root.leaf(), s.root.namesake(same_key_identifier=True).pem),
        ("private-ca",),
    ),
    Row(
        "namesake that pip itself was told of",
        lambda s: Scene(s.root.leaf(), {"PIP_CERT": s.file(s.root.namesake(same_key_identifier=True).pem)}),
        ("private-ca",),
        ("did not sign",),
    ),
    Row(
        "namesake in the system store",
        lambda s: Scene(s.root.leaf(), store=s.root.namesake(same_key_identifier=True).pem),
        ("private-ca",),
        ("did not sign",),
    ),
    Row("expired", lambda s: s.knowing(s.root.leaf(validity=EXPIRED)), ("expired", "private-ca")),
    Row(
        "expired, and pip knows the CA",
        lambda s: Scene(s.root.leaf(validity=EXPIRED), {"PIP_CERT": s.file(s.root.pem)}),
        ("expired",),
    ),
    Row(
        "expired, masked by an unknown CA",
        lambda s: Scene(s.root.leaf(validity=EXPIRED)),
        ("expired", "private-ca"),
    ),
    Row(
        "expired root",
        lambda s: s.knowing(PRESENTED_ROOT.leaf(chain=Chain.WITH_ROOT), PRESENTED_ROOT.pem),
        ("expired", "private-ca"),
    ),
    Row(
        "expired root that pip knows",
        lambda s: Scene(PRESENTED_ROOT.leaf(), {"PIP_CERT": s.file(PRESENTED_ROOT.pem)}),
        # What the server presents is in time, so another issue of that CA may cure it.
        ("private-ca",),
        ("expired",),
    ),
    Row(
        "not yet valid",
        lambda s: s.knowing(s.root.leaf(validity=NOT_YET_VALID)),
        ("not-yet-valid", "private-ca"),
    ),
    Row("wrong host", lambda s: s.knowing(s.root.leaf(WRONG_HOST)), ("hostname-mismatch", "private-ca")),
    Row(
        "wrong host, and pip knows the CA",
        lambda s: Scene(s.root.leaf(WRONG_HOST), {"PIP_CERT": s.file(s.root.pem)}),
        ("hostname-mismatch",),
        ("files.example",),
    ),
    Row(
        "wrong host, masked by an unknown CA",
        lambda s: Scene(s.root.leaf(WRONG_HOST)),
        ("hostname-mismatch", "private-ca"),
    ),
    Row(
        "expired and wrong host",
        lambda s: s.knowing(s.root.leaf(WRONG_HOST, validity=EXPIRED)),
        ("expired", "hostname-mismatch", "private-ca"),
    ),
    Row(
        "expired and wrong host, and pip knows the CA",
        lambda s: Scene(s.root.leaf(WRONG_HOST, validity=EXPIRED), {"PIP_CERT": s.file(s.root.pem)}),
        ("expired", "hostname-mismatch"),
    ),
    Row("self-signed server", lambda s: s.knowing(self_signed()), ("self-signed-server",)),
    Row(
        "self-signed server that is a CA", lambda s: s.knowing(self_signed(ca=True)), ("self-signed-server",)
    ),
    Row(
        "self-signed server, expired, wrong host",
        lambda s: s.knowing(self_signed(WRONG_HOST, validity=EXPIRED)),
        ("expired", "hostname-mismatch", "self-signed-server"),
    ),
    Row("file that others can write", _unsafe_file, ("private-ca",), ("can be written by everyone",)),
    Row("folder that others can write", _unsafe_folder, ("private-ca",), ("can be written by everyone",)),
    Row("link that others can move", _unsafe_link, ("private-ca",), ("can be written by everyone",)),
    Row("in the working folder", _in_project, ("private-ca",), ("working folder",)),
    Row("relative to the working folder", _relative, ("private-ca",), ("working folder",)),
    Row("no CA", lambda s: s.knowing(s.root.leaf(), _no_ca(s.root)), ("private-ca",), ("not a CA",)),
    Row(
        "the server's own certificate",
        lambda s: s.knowing(leaf := s.root.leaf(), leaf.pem),
        ("private-ca",),
    ),
    Row("only the intermediate", _behind_intermediate, ("private-ca",), ("its root is not there",)),
    Row(
        "the CA, but an expired issue of it",
        lambda s: s.knowing(s.root.leaf(), s.root.reissued(validity=EXPIRED).pem),
        ("private-ca",),
        ("expired",),
    ),
)

LONG = frozenset({"unknown CA", "namesake", "expired, masked by an unknown CA", "in the working folder"})
"""Rows that are also run with pip's five retries, in which the examination happens while pip goes on."""


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], authority.leaf()) as running:
        yield running


@pytest.fixture
def stage(authority: Authority, tmp_path: Path) -> Stage:
    folders = tmp_path / "safe", tmp_path / "project"
    for folder in folders:
        folder.mkdir()
    return Stage(authority, *folders)


@pytest.mark.shows("attacks", "certificates that nothing may cure, and CAs that do not count: refused")
@pytest.mark.parametrize("pip", PIPS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_is_refused(
    row: Row, pip: str, server: IndexServer, stage: Stage, fresh: Callable[[str], Target], tmp_path: Path
) -> None:
    _refuse(row, fresh(pip), server, stage, tmp_path, ["--retries", "0"])
    _twin(fresh(pip), server, stage, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("pip", PIPS)
@pytest.mark.parametrize("row", [row for row in ROWS if row.name in LONG], ids=lambda row: row.name)
def test_is_refused_in_retries(
    row: Row, pip: str, server: IndexServer, stage: Stage, fresh: Callable[[str], Target], tmp_path: Path
) -> None:
    _refuse(row, fresh(pip), server, stage, tmp_path, [])


def _refuse(
    row: Row, target: Target, server: IndexServer, stage: Stage, tmp_path: Path, flags: list[str]
) -> None:
    scene = row.scene(stage)
    server.certificates = scene.leaf
    command = ["install", *flags, "--index-url", server.index_url, "speck"]
    home = tmp_path / "home"
    env = clean_environment(home, **scene.trusted)
    prefix = system_store(tmp_path, scene.store) if scene.store else ()
    by_pip: list[Run] = []
    alone = threading.Thread(
        target=lambda: by_pip.append(run_pip(target, command, env, cwd=stage.project, prefix=prefix))
    )
    alone.start()
    with ProcessWatch(home) as watch:
        got = run_pipsafe(target, command, env, cwd=stage.project, prefix=prefix)
        alone.join()
    server.settle()
    assert not target.installed("speck")
    assert server.requests == []
    assert len(server.connections) > 1, "nobody came"
    assert not any("trusted" in word for words in watch.commands for word in words)
    assert sys.platform != "linux" or any("install" in words for words in watch.commands)
    _check_streams(by_pip[0], got)
    _check_report(row, got)
    for words in row.words:
        assert words in got.stderr.decode(), got.text


def _check_streams(expected: Run, got: Run) -> None:
    """pip's own, then on stderr what pipsafe adds."""
    assert got.exit_code == expected.exit_code != 0
    assert what_lasts(got.stdout) == what_lasts(expected.stdout)
    ours, theirs = what_lasts(got.stderr), what_lasts(expected.stderr)
    assert ours.startswith(theirs)
    assert ours.removeprefix(theirs).startswith(b"pipsafe: ")


def _check_report(row: Row, got: Run) -> None:
    report = got.report
    assert report is not None
    assert (report["outcome"], report["remedy"], report["exit_code"]) == ("unremedied", None, got.exit_code)
    assert len(report["attempts"]) == 1
    assert not report["attempts"][0]["stopped_early"]
    (failure,) = report["failures"]
    assert failure["causes"] == list(row.causes), failure
    assert failure["cause"] == row.causes[0]
    assert failure["advice"]
    assert failure["chain"][0]["sha256"]
    assert {verdict["store"] for verdict in failure["verdicts"]} >= {"pip", "system"}
    assert not any(verdict["accepted"] for verdict in failure["verdicts"])


def _twin(target: Target, server: IndexServer, stage: Stage, tmp_path: Path) -> None:
    """The same server with nothing wrong, the CA being where it may be taken from."""
    server.certificates = stage.root.leaf()
    path = stage.file(stage.root.pem, "right.pem")
    env = clean_environment(tmp_path / "home", NODE_EXTRA_CA_CERTS=path)
    command = ["install", "--retries", "0", "--index-url", server.index_url, "speck"]
    got = run_pipsafe(target, command, env, cwd=stage.project)
    assert got.report is not None
    assert got.report["outcome"] == "rescued", got.text
    assert target.installed("speck")
