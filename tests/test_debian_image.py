"""The image of docs/ci.md, built: its instructions are carried out as they stand there, in a chroot.

Of Dockerfiles only FROM, COPY, ENV and RUN are known here, in the forms that the page uses. The bases have no
ca-certificates.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import pytest

from tests.lab.authority import Authority, Chain
from tests.lab.debian import Debian, layer
from tests.lab.index_server import IndexServer
from tests.lab.packages import wheel
from tests.lab.run import ROOT as CHECKOUT
from tests.lab.run import Run
from tests.lab.targets import pip_wheel
from tests.test_zipapp import build

pytestmark = pytest.mark.debian

ROOT = Authority("Example Corporate Root")
STRANGER = Authority("Example Corporate Root")
"""Has the name, and not the key."""

PAGE = (CHECKOUT / "docs" / "ci.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"(?m)(?:^    .*\n|^\n(?=    ))+", PAGE)
PIN, INDEX, REPORT = "5c1e...40f2", "https://index.example/simple/", "/tmp/pipsafe.json"
"""What stands in the page for one's own, and where it has the report."""

NEWEST = "26.3"


@dataclass(frozen=True, slots=True)
class Instruction:
    word: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """Those of a Dockerfile; a backslash at the end of a line joins it with the next."""
    lines = [line.strip() for line in re.sub(r"\\\n\s*", "", text).splitlines()]
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line]


(RECIPE,) = (instructions(snippet) for snippet in SNIPPETS if "FROM " in snippet)
(BY_FILE,) = (
    instructions(snippet) for snippet in SNIPPETS if snippet.lstrip().startswith("COPY corp-root.pem ")
)
BY_PIN = [item for item in RECIPE if PIN in item.rest]


@dataclass(frozen=True, slots=True)
class Base:
    """What FROM stands for: a release without ca-certificates."""

    suite: str
    pip: str | None = None
    """From PyPI, as the images of Python have it; or the release's own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    stopped: str = "refused"
    """The outcome where an index stays untrusted: by PIPSAFE_STRICT, or as pip itself goes no further."""


NO_TRUST = "CERTIFICATE_VERIFY_FAILED|Could not find a suitable TLS CA certificate bundle"
"""What pip says in them: where its own list of roots is the system's file, that is gone."""

BASES = (
    Base("trixie", NEWEST),
    Base("bookworm", environment={"PIP_BREAK_SYSTEM_PACKAGES": "1"}, stopped="unremedied"),
)


class BuildStopped(Exception):
    """An instruction failed: what it did is the argument."""


@dataclass(slots=True)
class Image:
    """One that is being built, on a layer of its own."""

    base: Base
    layer: Debian
    context: Path
    """The folder that COPY copies from."""
    environment: dict[str, str] = field(default_factory=dict)
    done: list[Instruction] = field(default_factory=list)

    def build(self, recipe: Sequence[Instruction]) -> Run:
        """Carry out the instructions. What the last RUN did; raises BuildStopped if one fails."""
        last: Run | None = None
        for item in recipe:
            match item.word:
                case "FROM":
                    assert item.rest == "python:3.13-slim"  # what the bases stand for
                case "COPY":
                    self.copy(*item.rest.split())
                case "ENV":
                    self.set(item.rest)
                case "RUN":
                    last = self.run(item.rest)
                    if last.exit_code:
                        raise BuildStopped(last)
                case _:
                    raise AssertionError(f"nobody knows {item} here")
            self.done.append(item)
        assert last is not None
        return last

    def copy(self, source: str, target: str) -> None:
        """One file, to a file or into a folder; relative to the root, where no WORKDIR is known."""
        is_folder = target == "." or target.endswith("/")
        place = self.layer.outside(target) / source if is_folder else self.layer.outside(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.context / source, place)
        place.chmod(0o644)

    def set(self, words: str) -> None:
        """All of one ENV see what was set before it."""
        given = (word.partition("=")[::2] for word in shlex.split(words))
        self.environment |= {name: Template(value).substitute(self.environment) for name, value in given}

    def run(self, command: str) -> Run:
        return self.layer.run("sh", "-c", command, env=self.environment, folder="/")

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.layer.outside(REPORT).read_text(encoding="utf-8"))
        return found

    def has(self, project: str) -> bool:
        """Whether the layer brings a distribution."""
        return any(self.layer.outside("/").rglob(f"{project}*.dist-info"))

    def files(self, folder: str = "/") -> list[Path]:
        """What the layer has there that is no folder."""
        top = self.layer.outside("/")
        found = (path for path in self.layer.outside(folder).rglob("*") if not path.is_dir())
        return sorted("/" / path.relative_to(top) for path in found)

    def holding(self, ca: Authority) -> list[Path]:
        """Those of its files that this CA is in."""
        body = ca.pem.splitlines()[1]
        places = ((self.layer.outside(str(path)), path) for path in self.files())
        return [path for place, path in places if place.is_file() and body in place.read_bytes()]


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("one-file") / "pipsafe.pyz")


@pytest.fixture(
    scope="module",
    params=[pytest.param(base, marks=pytest.mark.xdist_group(base.suite), id=base.suite) for base in BASES],
)
def base(request: pytest.FixtureRequest) -> Iterator[tuple[Base, Debian]]:
    chosen: Base = request.param
    with layer(chosen.suite) as found:
        purged = found.run("dpkg", "--purge", "--force-depends", "ca-certificates")
        assert purged.exit_code == 0, purged.text
        assert found.run("test", "-e", "/etc/ssl/certs/ca-certificates.crt").exit_code != 0
        if chosen.pip is not None:
            site = "import sysconfig; print(sysconfig.get_path('purelib'))"
            (place,) = found.run("python3", "-c", site).stdout.decode().split()
            with zipfile.ZipFile(pip_wheel(chosen.pip)) as packed:
                packed.extractall(found.outside(place))
            managed = found.run("sh", "-c", "rm /usr/lib/python3*/EXTERNALLY-MANAGED")
            assert managed.exit_code == 0, managed.text
        yield chosen, found


@pytest.fixture
def server() -> Iterator[IndexServer]:
    # A pin is a fingerprint: the certificate itself has to come from somewhere.
    with IndexServer([wheel("orders", "1.0")], ROOT.leaf(chain=Chain.WITH_ROOT)) as running:
        yield running


@pytest.fixture
def image(
    base: tuple[Base, Debian],
    pyz: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> Iterator[Image]:
    """One of which nothing is built yet."""
    chosen, below = base
    with layer(chosen.suite, *below.layers[:1]) as top:
        (tmp_path / "requirements.txt").write_text("orders\n", encoding="utf-8")
        shutil.copy(pyz, tmp_path / "pipsafe.pyz")
        record_property("column", top.column())
        # pip waits between its tries.
        environment = {**top.environment(PIP_RETRIES="0"), **chosen.environment}
        yield Image(chosen, top, tmp_path, environment)


def recipe(image: Image, server: IndexServer, ca: Authority, *, by_file: bool = False) -> list[Instruction]:
    """The page's, with this CA and this index in the place of the examples."""
    (image.context / "corp-root.pem").write_bytes(ca.pem)
    chosen: list[Instruction] = []
    for item in RECIPE:
        chosen += BY_FILE if by_file and item in BY_PIN else [item]
    own = {PIN: ca.sha256, INDEX: server.index_url}
    return [Instruction(item.word, replaced(item.rest, own)) for item in chosen]


def replaced(text: str, by: Mapping[str, str]) -> str:
    for old, new in by.items():
        text = text.replace(old, new)
    return text


BY = pytest.mark.parametrize("by_file", [False, True], ids=["pin", "file"])


def test_what_the_page_has() -> None:
    """What the others rest on."""
    assert [item.word for item in RECIPE].count("FROM") == 1
    assert RECIPE[-1] == Instruction("RUN", "pip install -r requirements.txt")
    assert len(BY_PIN) == 1
    assert [item.word for item in BY_FILE] == ["COPY", "ENV"]
    text = " ".join(item.rest for item in RECIPE)
    assert all(word in text for word in (PIN, INDEX, REPORT, "PIPSAFE_STRICT=1"))


@pytest.mark.shows("places", "the image of docs/ci.md, from a base without ca-certificates")
@BY
def test_the_image(image: Image, server: IndexServer, *, by_file: bool) -> None:
    written = recipe(image, server, ROOT, by_file=by_file)
    *before, install = written
    # Without what makes pip pipsafe, the last instruction fails.
    plain = [item for item in before if "pipsafe" not in item.rest.lower()]
    with pytest.raises(BuildStopped, match=NO_TRUST):
        image.build([*plain, install])
    server.settle()
    assert server.requests == []

    done = image.build(written)

    server.settle()
    assert server.paths == ["/simple/orders/", "/files/orders-1.0-py3-none-any.whl"]
    assert image.has("orders")
    assert b"Successfully installed orders-1.0" in done.stdout
    report = image.report()
    assert (report["outcome"], report["exit_code"]) == ("rescued", 0)
    assert [item["sha256"] for item in report["remedy"]["anchors"]] == [ROOT.sha256]
    assert report["remedy"]["source"]["tier"] == "explicit"
    # What a rescue leaves in the layer.
    assert image.files("/tmp") == [Path(REPORT)]
    assert image.holding(ROOT) == ([Path("/etc/corp-root.pem")] if by_file else [])


@pytest.mark.shows("places", "the image of docs/ci.md, with another CA: the build stops")
@BY
def test_another_ca(image: Image, server: IndexServer, *, by_file: bool) -> None:
    with pytest.raises(BuildStopped) as stopped:
        image.build(recipe(image, server, STRANGER, by_file=by_file))

    done: Run = stopped.value.args[0]
    server.settle()
    assert server.requests == []
    assert image.done[-1].word == "COPY"  # the RUN before the end
    assert not image.has("orders")
    report = image.report()
    assert (report["outcome"], report["exit_code"], done.exit_code) == (image.base.stopped, 1, 1), done.text
    assert image.files("/tmp") == [Path(REPORT)]


@pytest.mark.shows(
    "places", "the image of docs/ci.md, one index more that nothing vouches for: the build stops"
)
def test_one_index_more(image: Image, server: IndexServer) -> None:
    *before, install = recipe(image, server, ROOT)
    with IndexServer([wheel("orders", "9.0")], STRANGER.leaf(chain=Chain.WITH_ROOT)) as other:
        more = Instruction("ENV", f"PIP_EXTRA_INDEX_URL={other.index_url}")
        with pytest.raises(BuildStopped) as stopped:
            image.build([*before, more, install])

        done: Run = stopped.value.args[0]
        other.settle()
        assert other.requests == []
        assert not image.has("orders")
        report = image.report()
        assert (report["outcome"], report["exit_code"], done.exit_code) == (image.base.stopped, 1, 1), (
            done.text
        )
        assert f"https://localhost:{other.port}" in [item["origin"] for item in report["failures"]]

        if image.base.stopped != "refused":
            return
        # It is the page's PIPSAFE_STRICT that stops it.
        del image.environment["PIPSAFE_STRICT"]
        image.build([install])
        other.settle()
        assert other.requests == []
        assert image.has("orders-1.0")
        assert image.report()["skipped"] == [f"https://localhost:{other.port}"]
