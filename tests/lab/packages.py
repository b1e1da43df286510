"""Tiny wheels and source distributions, made in memory, that need nothing from outside."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """One file of an index."""

    project: str
    """The normalised name, as in the index path."""
    version: str
    filename: str
    data: bytes
    requires_python: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


_WHEEL = b"Wheel-Version: 1.0\nGenerator: lab\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_WHEN = (2020, 1, 1, 0, 0, 0)


def wheel(
    name: str,
    version: str = "1.0",
    *,
    requires: Iterable[str] = (),
    files: Mapping[str, bytes] | None = None,
    padding: int = 0,
    requires_python: str | None = None,
) -> Package:
    """A pure wheel with one module `name`; `padding` bytes of ballast make a long download."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
    metadata += [f"Requires-Dist: {requirement}\n" for requirement in requires]
    if requires_python is not None:
        metadata.append(f"Requires-Python: {requires_python}\n")
    members = {f"{module}.py": f"VERSION = {version!r}\n".encode(), **(files or {})}
    if padding:
        members[f"{module}.ballast"] = bytes(padding)
    members[f"{info}/METADATA"] = "".join(metadata).encode()
    members[f"{info}/WHEEL"] = _WHEEL
    members[f"{info}/RECORD"] = _record(members, f"{info}/RECORD")
    project, filename = name.replace("_", "-").lower(), f"{module}-{version}-py3-none-any.whl"
    return Package(project, version, filename, _zip(members), requires_python)


def sdist(
    name: str,
    version: str = "1.0",
    *,
    build_requires: Iterable[str] = ("tinybuild",),
    says: Iterable[str] = (),
    fails: bool = False,
    downloads: str | None = None,
    runs: Iterable[Sequence[str]] = (),
) -> Package:
    """A source distribution that `tinybuild` (see `BACKEND`) builds, fetched as a build dependency.

    The build prints the lines of `says` on stderr, then fetches the URL `downloads` with `urllib`, then runs
    each command of `runs`, and fails if one of these does, or if `fails`.  With `build_requires=()` the
    backend is in the tree (needs pip 20.0), and no index is asked.
    """
    needs = tuple(build_requires)
    root = f"{name}-{version}"
    build = f"[build-system]\nrequires = {json.dumps(needs)}\nbuild-backend = 'tinybuild'\n"
    plan = {"name": name, "version": version, "says": tuple(says), "fails": fails, "downloads": downloads}
    plan["runs"] = [list(command) for command in runs]
    members = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        "pyproject.toml": (build if needs else build + "backend-path = ['.']\n").encode(),
        "plan.json": json.dumps(plan).encode(),
        # A pip that reads no pyproject.toml must not find an installable project by accident.
        "setup.py": b"raise SystemExit('to be built by tinybuild only')\n",
    }
    if not needs:
        members["tinybuild.py"] = _BACKEND_SOURCE
    data = _tar({f"{root}/{path}": content for path, content in members.items()})
    return Package(name.replace("_", "-").lower(), version, f"{root}.tar.gz", data)


def many_versions(name: str, count: int = 500) -> tuple[Package, ...]:
    """Wheels of `count` versions, so that the project's page has that many links."""
    return tuple(wheel(name, f"1.{number}") for number in range(count))


_BACKEND_SOURCE = b'''\
"""A PEP 517 backend of one screen: it builds what plan.json says."""
import hashlib, base64, json, os, subprocess, sys, zipfile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open("plan.json") as stream:
        plan = json.load(stream)
    for line in plan["says"]:
        sys.stderr.write(line + "\\n")
    sys.stderr.flush()
    if plan["downloads"]:
        from urllib.request import urlopen
        with urlopen(plan["downloads"], timeout=20) as answer:
            answer.read()
    for command in plan["runs"]:
        subprocess.check_call(command)
    if plan["fails"]:
        sys.exit(1)
    return _write(wheel_directory, plan["name"].replace("-", "_"), plan["name"], plan["version"])


def _write(folder, module, name, version):
    info = "%s-%s.dist-info" % (module, version)
    members = {
        module + ".py": "VERSION = %r\\n" % version,
        info + "/METADATA": "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" % (name, version),
        info + "/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = ["%s,sha256=%s,%d\\n" % (path, _digest(text), len(text)) for path, text in members.items()]
    members[info + "/RECORD"] = "".join(record) + info + "/RECORD,,\\n"
    filename = "%s-%s-py3-none-any.whl" % (module, version)
    with zipfile.ZipFile(os.path.join(folder, filename), "w") as archive:
        for path, text in members.items():
            archive.writestr(path, text)
    return filename


def _digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
'''


def _record(members: Mapping[str, bytes], own: str) -> bytes:
    rows = [f"{path},sha256={_digest(content)},{len(content)}\n" for path, content in members.items()]
    return ("".join(rows) + f"{own},,\n").encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _zip(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    # Stored, not deflated: ballast of zero bytes must stay as long as it is.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path, content in members.items():
            entry = zipfile.ZipInfo(path, _WHEN)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()


def _tar(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, content in members.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


BACKEND = wheel("tinybuild", "1.0", files={"tinybuild.py": _BACKEND_SOURCE})
"""The build dependency of every `sdist`; an index that serves one has to serve this as well."""
