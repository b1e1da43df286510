"""Who can write a path: real files, links and modes; other users' files where the tests run as root."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipsafe.trust import ownership, ownership_windows
from tests.lab import user_mount

if sys.platform == "win32":
    pytest.skip("POSIX modes", allow_module_level=True)

import grp
import pwd

from pipsafe.trust import ownership_posix

AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="needs root, to make files of other users")

SOMEBODY, NOBODY = 12345, 65534
"""Users that are neither root nor the user; the first has no name."""


def complaint(path: Path | str, *, foreign_owner_allowed: bool = False) -> str | None:
    return ownership.others_can_write(str(path), foreign_owner_allowed=foreign_owner_allowed)


@contextlib.contextmanager
def user(uid: int) -> Iterator[None]:
    """Acts as another user for the time being."""
    was = os.geteuid()
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder that every user may enter and only its owner may write, below a sticky one as /tmp is."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def ca(base: Path) -> Path:
    """A file in two folders, all in order."""
    path = base / "outer" / "inner" / "ca.pem"
    path.parent.mkdir(parents=True)
    for each in (base / "outer", path.parent):
        each.chmod(0o755)
    path.touch()
    path.chmod(0o644)
    return path


def test_file_in_order(ca: Path) -> None:
    assert complaint(ca) is None
    assert complaint(ca, foreign_owner_allowed=True) is None


def test_everyone_can_write_the_file(ca: Path) -> None:
    ca.chmod(0o666)
    assert complaint(ca) == f"{ca} can be written by everyone"
    assert complaint(ca, foreign_owner_allowed=True) == f"{ca} can be written by everyone"


@pytest.mark.parametrize("depth", [0, 1])
def test_everyone_can_write_a_folder_above(ca: Path, depth: int) -> None:
    folder = ca.parents[depth]
    folder.chmod(0o777)
    assert complaint(ca) == f"{folder} can be written by everyone"
    assert complaint(ca, foreign_owner_allowed=True) == f"{folder} can be written by everyone"


def test_sticky_bit_of_a_file_means_nothing(ca: Path) -> None:
    ca.chmod(0o1666)
    assert complaint(ca) == f"{ca} can be written by everyone"


def test_sticky_folder_with_an_entry_of_the_user(ca: Path) -> None:
    ca.parent.chmod(0o1777)
    assert complaint(ca) is None


@needs_root
@pytest.mark.parametrize("depth", [0, 1])
def test_sticky_folder_with_an_entry_of_another(ca: Path, depth: int) -> None:
    """Whoever owns an entry of such a folder put it there; that it may have a foreign owner is no excuse."""
    ca.parents[depth].chmod(0o1777)
    entry = (ca, ca.parent)[depth]
    os.chown(entry, SOMEBODY, SOMEBODY)
    expected = f"{entry} belongs to the user {SOMEBODY}, in a folder that others can write"
    assert complaint(ca) == expected
    assert complaint(ca, foreign_owner_allowed=True) == expected


@needs_root
def test_sticky_folder_of_a_group(ca: Path) -> None:
    os.chown(ca.parent, 0, SOMEBODY)
    ca.parent.chmod(0o1775)
    assert complaint(ca) is None
    os.chown(ca, SOMEBODY, 0)
    assert complaint(ca, foreign_owner_allowed=True) is not None


@needs_root
def test_foreign_owner(ca: Path) -> None:
    name = pwd.getpwuid(NOBODY).pw_name
    os.chown(ca, NOBODY, 0)
    assert complaint(ca) == f"{ca} belongs to the user {name}"
    assert complaint(ca, foreign_owner_allowed=True) is None
    os.chown(ca.parent, SOMEBODY, 0)
    assert complaint(ca) == f"{ca.parent} belongs to the user {SOMEBODY}"
    assert complaint(ca, foreign_owner_allowed=True) is None


@needs_root
def test_group(ca: Path) -> None:
    daemon = grp.getgrnam("daemon").gr_gid
    os.chown(ca, 0, daemon)
    assert complaint(ca) is None
    ca.chmod(0o664)
    assert complaint(ca) == f"{ca} can be written by the group daemon"
    os.chown(ca, 0, SOMEBODY)
    assert complaint(ca, foreign_owner_allowed=True) == f"{ca} can be written by the group {SOMEBODY}"
    os.chown(ca, 0, 0)
    assert complaint(ca) is None


@needs_root
def test_group_of_a_folder(ca: Path) -> None:
    os.chown(ca.parent, 0, SOMEBODY)
    ca.parent.chmod(0o2775)
    assert complaint(ca) == f"{ca.parent} can be written by the group {SOMEBODY}"


def private_user() -> pwd.struct_passwd:
    """A user with a private group; Debian's daemon is one."""
    for entry in pwd.getpwall():
        with contextlib.suppress(KeyError):
            group = grp.getgrgid(entry.pw_gid)
            sharers = [each for each in pwd.getpwall() if each.pw_gid == entry.pw_gid]
            if entry.pw_uid and group.gr_name == entry.pw_name and not group.gr_mem and len(sharers) == 1:
                return entry
    pytest.skip("no user with a private group here")


@needs_root
def test_private_group(ca: Path) -> None:
    them = private_user()
    for path in (ca, ca.parent, ca.parents[1], ca.parents[2]):
        os.chown(path, them.pw_uid, them.pw_gid)
        path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o020)
    with user(them.pw_uid):
        assert complaint(ca) is None
    with user(SOMEBODY):  # for whom it is another's
        assert complaint(ca) is not None
    assert complaint(ca, foreign_owner_allowed=True) is not None


@needs_root
def test_group_named_like_another_user_is_not_private(ca: Path) -> None:
    them = private_user()
    os.chown(ca, 0, them.pw_gid)
    ca.chmod(0o664)
    with user(SOMEBODY):
        assert complaint(ca) == f"{ca} can be written by the group {them.pw_name}"


@needs_root
def test_own_files_of_a_user_without_a_name(ca: Path) -> None:
    """As containers run them."""
    os.chown(ca, SOMEBODY, SOMEBODY)
    with user(SOMEBODY):
        assert complaint(ca) is None
        ca.chmod(0o664)
        assert complaint(ca) == f"{ca} can be written by the group {SOMEBODY}"


def test_link_is_followed(ca: Path, base: Path) -> None:
    link = base / "link.pem"
    link.symlink_to(ca)
    assert complaint(link) is None
    ca.parent.chmod(0o777)
    assert complaint(link) == f"{ca.parent} can be written by everyone"


def test_folder_of_a_link_counts(ca: Path, base: Path) -> None:
    """Others can put another link in its place, although what it leads to is in order."""
    open_folder = base / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    (open_folder / "link.pem").symlink_to(ca)
    assert complaint(open_folder / "link.pem") == f"{open_folder} can be written by everyone"
    (base / "far.pem").symlink_to("open/link.pem")
    assert complaint(base / "far.pem") == f"{open_folder} can be written by everyone"


@pytest.mark.usefixtures("ca")
def test_link_to_a_folder_on_the_way(base: Path) -> None:
    (base / "way").symlink_to("outer/../outer")
    assert complaint(base / "way" / "inner" / "ca.pem") is None
    (base / "outer").chmod(0o777)
    assert complaint(base / "way" / "inner" / "ca.pem") == f"{base}/outer can be written by everyone"


@needs_root
def test_link_of_another_in_a_sticky_folder(ca: Path, base: Path) -> None:
    shared = base / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    link = shared / "link.pem"
    link.symlink_to(ca)
    assert complaint(link) is None
    os.lchown(link, SOMEBODY, SOMEBODY)
    expected = f"{link} belongs to the user {SOMEBODY}, in a folder that others can write"
    assert complaint(link, foreign_owner_allowed=True) == expected


@pytest.mark.usefixtures("ca")
def test_dots_do_not_hide_a_folder(base: Path) -> None:
    open_folder = base / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    assert complaint(f"{open_folder}/../outer/./inner//ca.pem") == f"{open_folder} can be written by everyone"


def test_relative_path(ca: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ca.parent)
    assert complaint("ca.pem") is None
    ca.parent.chmod(0o777)
    assert complaint("ca.pem") == f"{ca.parent} can be written by everyone"


def test_what_cannot_be_examined_is_not_trusted(ca: Path, base: Path) -> None:
    (base / "loop").symlink_to("loop")
    (base / "ping").symlink_to("pong")
    (base / "pong").symlink_to("ping")
    for path in (base / "loop", base / "ping", base / "missing.pem", ca / "below", "a\0b"):
        assert "cannot be examined" in (complaint(path) or "")
    for number in range(60):
        (base / f"chain{number}").symlink_to(f"chain{number + 1}")
    (base / "chain60").symlink_to(ca)
    assert "cannot be examined" in (complaint(base / "chain0") or "")
    assert complaint(base / "chain30") is None


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's access control lists")
def test_access_control_list(ca: Path) -> None:
    """ACL version 2: owner rw, user SOMEBODY rw, group r, mask rw, others r (linux/posix_acl_xattr.h)."""
    entries = ((1, 6, -1), (2, 6, SOMEBODY), (4, 4, -1), (16, 6, -1), (32, 4, -1))
    packed = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little")
        + permissions.to_bytes(2, "little")
        + (who & 0xFFFFFFFF).to_bytes(4, "little")
        for tag, permissions, who in entries
    )
    try:
        os.setxattr(ca, "system.posix_acl_access", packed)
    except OSError as error:
        pytest.skip(f"no access control lists on this file system: {error}")
    found = complaint(ca, foreign_owner_allowed=True)
    if ca.stat().st_gid in {0, *ownership_posix._private_groups(os.geteuid())}:
        assert found == f"{ca} can be written by others, by its access control list"
    else:  # the group comes first: its bits show the list's mask
        assert found is not None


ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from pipsafe.trust import ownership
print(ownership.others_can_write(sys.argv[2], foreign_owner_allowed=sys.argv[3] == "True"))
"""


@pytest.mark.parametrize(
    ("mode", "uid", "foreign_owner_allowed", "expected"),
    [
        (0o755, SOMEBODY, False, f"belongs to the user {SOMEBODY}"),
        (0o755, SOMEBODY, True, None),
        (0o1777, SOMEBODY, True, f"belongs to the user {SOMEBODY}, in a folder that others can write"),
        (0o1777, 0, True, None),
    ],
)
def test_file_system_that_a_user_has_mounted(
    base: Path,
    mode: int,
    uid: int,
    foreign_owner_allowed: bool,  # noqa: FBT001
    expected: str | None,
) -> None:
    """It says that all of it is root's."""
    (base / "contents").write_text("a CA file")
    shared = base / "shared"
    mount = shared / "a mount\\"
    mount.mkdir(parents=True)
    shared.chmod(mode)
    seen = user_mount.prefix(mount, uid=uid, contents=base / "contents")
    package = str(Path(ownership.__file__).parents[1])
    command = (*seen, sys.executable, "-c", ASK, package, f"{mount}/ca.pem", str(foreign_owner_allowed))
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == str(expected and f"{mount} {expected}")


def test_folders_are_looked_at_once(ca: Path) -> None:
    known: ownership.Known = {}
    assert ownership.others_can_write(str(ca), foreign_owner_allowed=True, known=known) is None
    assert str(ca.parent) in known
    assert str(ca) not in known
    ca.chmod(0o666)
    assert ownership.others_can_write(str(ca), foreign_owner_allowed=True, known=known)


def test_paths_of_the_system() -> None:
    assert complaint("/etc/passwd") is None
    assert ownership.belongs_to_root("/etc/passwd")


def test_belongs_to_root(ca: Path, base: Path) -> None:
    assert ownership.belongs_to_root(str(ca)) is AS_ROOT
    assert not ownership.belongs_to_root(str(base / "missing"))
    assert not ownership.belongs_to_root("a\0b")
    (base / "link").symlink_to("/etc/passwd")
    assert ownership.belongs_to_root(str(base / "link"))
    if AS_ROOT:
        os.chown(ca, SOMEBODY, 0)
        (base / "link2").symlink_to(ca)
        assert not ownership.belongs_to_root(str(base / "link2"))


def test_inside(ca: Path, base: Path) -> None:
    outer, elsewhere = base / "outer", base / "elsewhere"
    elsewhere.mkdir()
    assert ownership.inside(str(outer), str(ca))
    assert ownership.inside(str(outer), str(outer))
    assert ownership.inside(str(outer), f"{elsewhere}/../outer/missing")
    assert not ownership.inside(str(outer), f"{outer}-2/ca.pem")
    assert not ownership.inside(str(elsewhere), str(ca))
    assert not ownership.inside(str(outer), str(base))
    assert ownership.inside("/", str(ca))


def test_inside_by_links(ca: Path, base: Path) -> None:
    project, elsewhere = base / "project", base / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    (project / "out.pem").symlink_to(ca)
    (project / "own.pem").touch()
    (elsewhere / "in.pem").symlink_to(project / "own.pem")
    (elsewhere / "through.pem").symlink_to("../project/out.pem")
    (base / "alias").symlink_to("project")
    assert ownership.inside(str(project), str(project / "out.pem"))
    assert ownership.inside(str(project), str(elsewhere / "in.pem"))
    assert ownership.inside(str(project), str(elsewhere / "through.pem"))
    assert ownership.inside(str(base / "alias"), str(project / "own.pem"))
    assert ownership.inside(str(project), str(base / "alias" / "own.pem"))
    assert not ownership.inside(str(elsewhere), str(project / "out.pem"))
    (elsewhere / "loop").symlink_to("loop")
    assert not ownership.inside(str(project), str(elsewhere / "loop"))


def test_inside_a_relative_folder(ca: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(base / "outer")
    assert ownership.inside(".", str(ca))
    assert ownership.inside(".", "inner/ca.pem")
    assert not ownership.inside("inner", str(base))


def test_private_group_is_of_the_user_that_runs() -> None:
    groups = ownership_posix._private_groups(os.geteuid())
    assert all(grp.getgrgid(gid).gr_name == pwd.getpwuid(os.geteuid()).pw_name for gid in groups)


WINDOWS = {
    "PUBLIC": r"C:\Users\Public",
    "SystemRoot": r"C:\Windows",
    "SystemDrive": "C:",
    "ProgramData": r"C:\ProgramData",
    "ProgramFiles": r"C:\Program Files",
}


@pytest.mark.parametrize(
    ("path", "shared", "administrators"),
    [
        (r"C:\Users\Public\wsl-root-certs\ca.pem", r"C:\Users\Public", None),
        (r"c:/users/PUBLIC/ca.pem", r"C:\Users\Public", None),
        (r"C:\Users\me\..\Public\ca.pem", r"C:\Users\Public", None),
        (r"C:\Users\Publican\ca.pem", None, None),
        (r"C:\Users\me\ca.pem", None, None),
        (r"C:\Windows\Temp\ca.pem", r"C:\Windows\Temp", r"C:\Windows"),
        (r"C:\temp\ca.pem", r"C:\Temp", None),
        (r"C:\ProgramData\Netskope\STAgent\data\nscacert.pem", None, r"C:\ProgramData"),
        (r"C:\Program Files\Zscaler\ca.pem", None, r"C:\Program Files"),
        (r"C:\Program Files (x86)\Zscaler\ca.pem", None, None),
    ],
)
def test_windows_folders_by_name(path: str, shared: str | None, administrators: str | None) -> None:
    assert ownership_windows.shared_folder(path, WINDOWS) == shared
    assert ownership_windows.administrators_folder(path, WINDOWS) == administrators
