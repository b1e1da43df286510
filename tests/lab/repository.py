"""A git repository that pip can install from."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from .packages import sdist
from .run import clean_environment, run


def bare_repository(folder: Path) -> Path:
    """A bare repository `speck.git` in the folder, one commit: a project whose backend is in the tree.

    It can be served as files. Skips the test where there is no git.
    """
    env = clean_environment(folder / "home")
    git = shutil.which("git", path=env["PATH"])
    if git is None:
        pytest.skip("no git")
    work, bare = folder / "work", folder / "speck.git"
    with tarfile.open(fileobj=io.BytesIO(sdist("speck", build_requires=()).data)) as archive:
        for member in archive.getmembers():
            path = work / member.name.partition("/")[2]
            path.parent.mkdir(exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            path.write_bytes(content.read())
    author = ("-c", "user.name=Example", "-c", "user.email=someone@index.example")
    for words in (
        ("init", "--quiet", str(work)),
        ("-C", str(work), "add", "."),
        ("-C", str(work), *author, "commit", "--quiet", "-m", "One"),
        ("clone", "--quiet", "--bare", str(work), str(bare)),
        ("-C", str(bare), "repack", "-a", "-d", "-q"),
        ("-C", str(bare), "update-server-info"),
    ):
        done = run([git, *words], env)
        assert done.exit_code == 0, done.text
    return bare
