"""Anchors that lie ready and are not merged: what is found, and whether their command was run."""

from __future__ import annotations

import os
import shlex
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from pipsafe.stores import anchor_folders, blocklists
from pipsafe.trust import ca_file, source_readers
from pipsafe.trust.sources import Source
from tests.certificates import make, name, pem

ONE, TWO, THREE = make(name("One")), make(name("Two")), make(name("Three"))
LOCAL = "usr/local/share/ca-certificates"


def put(root: Path, path: str, content: bytes = b"") -> Path:
    """A file below `root`, with the folders above it."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def found(root: Path, platform: str = "linux") -> dict[str, Source]:
    """The sources of a machine, by their path below its root."""
    return {
        os.path.relpath(source.path, root): source for source in anchor_folders.sources(platform, str(root))
    }


@pytest.mark.parametrize(
    ("path", "program", "merge"),
    [
        (f"{LOCAL}/corp.crt", "usr/sbin/update-ca-certificates", "update-ca-certificates"),
        (f"{LOCAL}/a/b/corp.crt", "usr/sbin/update-ca-certificates", "update-ca-certificates"),
        ("etc/pki/ca-trust/source/anchors/corp", "usr/bin/update-ca-trust", "update-ca-trust"),
        ("usr/share/pki/ca-trust-source/anchors/corp.der", "usr/bin/update-ca-trust", "update-ca-trust"),
        ("etc/pki/trust/anchors/corp.pem", "usr/sbin/update-ca-certificates", "update-ca-certificates"),
        ("usr/share/pki/trust/anchors/corp.pem", "usr/sbin/update-ca-certificates", "update-ca-certificates"),
        ("etc/ca-certificates/trust-source/anchors/corp.crt", "usr/bin/trust", "trust extract-compat"),
    ],
)
def test_places(tmp_path: Path, path: str, program: str, merge: str) -> None:
    put(tmp_path, path, pem(ONE))
    put(tmp_path, program)

    (source,) = anchor_folders.sources("linux", str(tmp_path))

    assert (source.tier, source.kind, source.path) == ("provisioned", "file", str(tmp_path / path))
    assert source.merge == merge
    assert anchor_folders.sources("darwin", str(tmp_path)) == ()
    assert anchor_folders.sources("win32", str(tmp_path)) == ()


def test_freebsd(tmp_path: Path) -> None:
    for name_ in ("corp.pem", "corp.crl", "notes.txt", "ca-root-nss.crt"):
        put(tmp_path, f"usr/local/share/certs/{name_}")
    put(tmp_path, "usr/sbin/certctl")

    sources = found(tmp_path, "freebsd14")

    assert [(path, item.merge) for path, item in sources.items()] == [
        ("usr/local/share/certs/corp.pem", "certctl rehash")
    ]
    assert found(tmp_path) == {}


@pytest.mark.parametrize(
    "path",
    [
        "etc/pki/ca-trust/source/README",
        "etc/pki/ca-trust/source/anchors/README",
        "etc/pki/ca-trust/source/anchors/.hidden",
        "etc/pki/ca-trust/source/anchors/below/corp.pem",  # p11-kit looks no deeper
        "etc/pki/ca-trust/source/corp.pem",  # no anchor, for p11-kit: nothing says so
        "etc/pki/ca-trust/source/blocklist/corp.pem",
        f"{LOCAL}/README",
        f"{LOCAL}/corp.key",
        "usr/share/ca-certificates/mozilla/Some_CA.crt",  # an administrator may have deselected it
    ],
)
def test_what_is_no_anchor(tmp_path: Path, path: str) -> None:
    put(tmp_path, path, pem(ONE))

    assert found(tmp_path) == {}


def test_names_that_the_command_ignores(tmp_path: Path) -> None:
    put(tmp_path, "usr/sbin/update-ca-certificates")
    put(tmp_path, f"{LOCAL}/b corp.pem", pem(ONE))
    put(tmp_path, f"{LOCAL}/c.der", TWO)
    put(tmp_path, f"{LOCAL}/d.crt", THREE)
    sources = found(tmp_path)
    folder = tmp_path / LOCAL

    assert "ignores names that do not end in .crt" in sources[f"{LOCAL}/b corp.pem"].name
    assert sources[f"{LOCAL}/b corp.pem"].merge == (
        f"mv '{folder}/b corp.pem' '{folder}/b corp.crt' && update-ca-certificates"
    )
    assert sources[f"{LOCAL}/c.der"].merge == (
        f"openssl x509 -inform der -in {folder}/c.der -out {folder}/c.crt && update-ca-certificates"
    )
    assert "PEM and not DER" in sources[f"{LOCAL}/d.crt"].name


def test_a_link_that_makes_the_name_right(tmp_path: Path) -> None:
    """As the client of Cloudflare does it: managed-warp.crt leads to managed-warp.pem beside it."""
    target = put(tmp_path, f"{LOCAL}/managed-warp.pem", pem(ONE))
    target.with_suffix(".crt").symlink_to(target)

    assert list(found(tmp_path)) == [f"{LOCAL}/managed-warp.crt"]


@pytest.mark.parametrize(
    ("mark", "merge"),
    [
        ("etc/debian_version", "apt-get install ca-certificates"),
        ("etc/alpine-release", "apk add ca-certificates"),
        ("etc/other-release", None),
    ],
)
def test_where_the_command_is_missing(tmp_path: Path, mark: str, merge: str | None) -> None:
    put(tmp_path, f"{LOCAL}/corp.crt", pem(ONE))
    put(tmp_path, mark)

    assert [source.merge for source in anchor_folders.sources("linux", str(tmp_path))] == [merge]


def test_no_end_of_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / LOCAL
    put(tmp_path, f"{LOCAL}/x/a.crt")
    (folder / "x/loop").symlink_to(folder)
    (folder / "gone.crt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "fifo.crt")
    for number in range(300):
        (folder / f"{number:03}.crt").touch()

    sources = anchor_folders.sources("linux", str(tmp_path))

    assert len(sources) == 200
    assert [source.path for source in sources[:2]] == [f"{folder}/000.crt", f"{folder}/001.crt"]


def test_a_folder_in_itself(tmp_path: Path) -> None:
    folder = put(tmp_path, f"{LOCAL}/x/a.crt").parent
    for number in range(9):
        (folder / f"loop{number}").symlink_to(tmp_path / LOCAL)

    assert list(found(tmp_path)) == [f"{LOCAL}/x/a.crt"]


def test_what_trust_anchor_stored(tmp_path: Path) -> None:
    text = b"[p11-kit-object-v1]\ntrusted: true\n\n" + pem(ONE)
    put(tmp_path, "etc/ca-certificates/trust-source/one.p11-kit", text)

    (source,) = anchor_folders.sources("linux", str(tmp_path))

    assert source.kind == "p11-kit"
    assert source_readers.read(source, None).certificates == (ONE,)


# Debian's own command


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A Debian in a folder: one public root chosen, one deselected, and an empty store."""
    program = shutil.which("update-ca-certificates", path="/usr/sbin:/usr/bin")
    if program is None or b"--certsconf" not in Path(program).read_bytes() or not shutil.which("openssl"):
        pytest.skip("no update-ca-certificates of Debian here")
    put(tmp_path, "usr/sbin/update-ca-certificates")
    put(tmp_path, "usr/share/ca-certificates/mozilla/Chosen.crt", pem(ONE))
    put(tmp_path, "usr/share/ca-certificates/mozilla/Not Chosen.crt", pem(TWO))
    put(tmp_path, "etc/ca-certificates.conf", b"# chosen\nmozilla/Chosen.crt\n!mozilla/Not Chosen.crt\n")
    for folder in (LOCAL, "etc/ssl/certs", "hooks"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def update(machine: Path) -> tuple[bytes, ...]:
    """Run the real command on the machine in the folder; what its bundle then holds."""
    options = {
        "--certsconf": "etc/ca-certificates.conf",
        "--certsdir": "usr/share/ca-certificates",
        "--localcertsdir": LOCAL,
        "--etccertsdir": "etc/ssl/certs",
        "--hooksdir": "hooks",
    }
    arguments = [item for option, path in options.items() for item in (option, str(machine / path))]
    subprocess.run(
        ["/usr/sbin/update-ca-certificates", *arguments],
        check=True,
        capture_output=True,
        timeout=60,
        env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "TMPDIR": str(machine)},
    )
    return ca_file.read(str(machine / "etc/ssl/certs/ca-certificates.crt")).certificates


def waiting(machine: Path, merged: tuple[bytes, ...]) -> list[str]:
    """Names of the anchors that are not merged."""
    sources = anchor_folders.sources("linux", str(machine))
    return [Path(source.path).name for source in anchor_folders.waiting(sources, merged)]


def test_before_and_after_the_real_command(machine: Path) -> None:
    before = update(machine)
    put(machine, f"{LOCAL}/corp.crt", pem(THREE))

    assert before == (ONE,)
    assert waiting(machine, before) == ["corp.crt"]

    after = update(machine)

    assert set(after) == {ONE, THREE}
    assert waiting(machine, after) == []


@pytest.mark.parametrize(("file", "content"), [("c.pem", pem(THREE)), ("c.cer", THREE), ("c.crt", THREE)])
def test_what_the_real_command_ignores_and_the_advice_for_it(
    machine: Path, file: str, content: bytes
) -> None:
    place = put(machine, f"{LOCAL}/{file}", content)
    ignored = update(machine)

    assert ignored == (ONE,)
    assert waiting(machine, ignored) == [file]

    (source,) = anchor_folders.sources("linux", str(machine))
    assert source.merge is not None
    advised, _, merge = source.merge.partition(" && ")
    subprocess.run(shlex.split(advised), check=True, timeout=30)

    assert merge == "update-ca-certificates"
    assert set(update(machine)) == {ONE, THREE}
    assert place.parent.joinpath("c.crt").read_text() == ssl.DER_cert_to_PEM_cert(THREE)


def test_the_real_command_leaves_out_what_is_denied(machine: Path) -> None:
    merged = update(machine)
    denied = blocklists.denied("linux", str(machine))

    assert TWO not in merged
    assert set(denied.certificates.values()) == {f"distrusted in {machine}/etc/ca-certificates.conf, line 3"}

    put(machine, f"{LOCAL}/own copy.crt", pem(TWO))

    assert TWO in update(machine)
    assert blocklists.denied("linux", str(machine)).certificates == {}
