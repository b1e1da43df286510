"""What pip reads: requirements from stdin and from process substitution, and answers from a pipe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipsafe.attempts.captured_streams import capture
from tests.drop_in import FakePip, as_script, bash, differences, place
from tests.lab.packages import wheel
from tests.lab.run import Run, run
from tests.lab.targets import Target, target

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX streams")

READING = """
import sys
for word in (word.partition("=")[2] or word for word in sys.argv[1:]):
    if word.startswith("/"):
        with open(word) as stream:
            print(word[:9], repr(stream.read()))
print(repr(sys.stdin.read()))
"""

MOTE, SPECK = wheel("mote"), wheel("speck")
PIPS = ("20.3.4", "24.0", "26.3")


def both(fake: FakePip, words: str, env: dict[str, str], *, stdin: bytes | None = None) -> tuple[Run, Run]:
    """A line of bash whose `PIP` is pip, and then pipsafe."""
    shell = bash()
    if shell is None:
        pytest.skip("no bash")
    direct, got = (
        run([shell, "-c", words.replace("PIP", '"$@"'), "bash", *command], fake.environment(env), stdin=stdin)
        for command in (fake.direct(), as_script())
    )
    return direct, got


@pytest.mark.parametrize(
    "words",
    [
        "PIP list",
        "PIP install -r /dev/stdin",
        "PIP install -r/dev/stdin -r /dev/stdin",
        "PIP install --requirement=/dev/stdin",
        "PIP install -r /dev/fd/0",
        "PIP install -r /proc/self/fd/0",
        "PIP install -r <(echo one) -c <(echo two; echo three)",
        "PIP install -r <(printf '') -r /dev/stdin",
        "PIP install -r /dev/fd/7 7< <(echo seven)",
        "PIP install -r /dev/fd/3 3< <(echo three)",
        "PIP install -r /dev/stdin <<< 'a here string'",
        "PIP install -r /dev/null",
    ],
)
def test_streams_reach_pip(tmp_path: Path, env: dict[str, str], words: str) -> None:
    if "/proc" in words and not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    direct, got = both(FakePip(tmp_path / "fake", READING), words, env, stdin=b"a line\nand another\n")
    assert differences(direct, got) == []
    assert direct.exit_code == 0, direct.text


def test_much_from_a_pipe(tmp_path: Path, env: dict[str, str]) -> None:
    """More than a pipe holds."""
    lines = b"".join(b"project-%d==1.0\n" % number for number in range(50_000))
    direct, got = both(FakePip(tmp_path / "fake", READING), "PIP install -r /dev/stdin", env, stdin=lines)
    assert differences(direct, got) == []
    assert len(got.stdout) > len(lines)


def test_a_stream_that_is_not_open(tmp_path: Path, env: dict[str, str]) -> None:
    fake = FakePip(tmp_path / "fake", "import os\ntry:\n open('/dev/fd/55')\nexcept OSError as e: print(e)")
    direct, got = both(fake, "PIP install -r /dev/fd/55", env)
    assert differences(direct, got) == []


def test_a_file_in_place_of_stdin_is_left_alone(tmp_path: Path) -> None:
    """pip can read it again by itself."""
    path = tmp_path / "requirements.txt"
    path.write_text("mote\n", encoding="ascii")
    with path.open("rb") as stream:
        captured = capture(["install", "-r", f"/dev/fd/{stream.fileno()}"])
    assert captured.replacing == {}


def test_a_pipe_is_kept_for_a_retry() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"mote\n")
    os.close(writing)
    captured = capture(["install", "-r", f"/dev/fd/{reading}", f"-r/dev/fd/{reading}"])
    (copy,) = captured.replacing.values()
    try:
        for _ in range(2):
            assert Path(f"/dev/fd/{copy}").read_bytes() == b"mote\n"
            captured.rewind()
        assert captured.contents[f"/dev/fd/{reading}"] == b"mote\n"
    finally:
        os.close(copy)
        os.close(reading)


# Real pips


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for `--find-links`."""
    folder = tmp_path_factory.mktemp("links")
    for package in (MOTE, SPECK):
        (folder / package.filename).write_bytes(package.data)
    return folder


def compare(
    place_of_pip: Target, words: str, env: dict[str, str], *, stdin: bytes | None = None
) -> tuple[Run, Run]:
    shell = bash()
    if shell is None:
        pytest.skip("no bash")
    runs = []
    for command in ((str(place_of_pip.pip),), as_script()):
        place_of_pip.remove("mote", "speck")
        if "uninstall" in words:
            place(place_of_pip, MOTE)
        full = {**env, "PIPSAFE_PYTHON": str(place_of_pip.python)}
        runs.append(run([shell, "-c", words.replace("PIP", '"$@"'), "bash", *command], full, stdin=stdin))
    return runs[0], runs[1]


@pytest.fixture(scope="module", params=PIPS)
def private(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """A target of the module's own."""
    return target(request.param).fresh(tmp_path_factory.mktemp("targets"))


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("PIP install -r /dev/stdin", ("mote",)),
        ("PIP install -r <(echo speck) -r /dev/stdin", ("mote", "speck")),
        ("PIP install -r <(echo speck; echo mote) < /dev/null", ("mote", "speck")),
        ("PIP install -r -", ()),
        ("PIP install -c <(echo 'mote>1') -r /dev/stdin", ()),
    ],
)
def test_requirements_from_a_stream(
    private: Target, links: Path, env: dict[str, str], words: str, there: tuple[str, ...]
) -> None:
    env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}
    direct, got = compare(private, words, env, stdin=b"mote\n")
    assert differences(direct, got) == []
    assert [name for name in ("mote", "speck") if private.installed(name)] == sorted(there), got.text


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("answer", "there"), [(b"y\n", False), (b"n\n", True), (b"what\nY\n", False), (b"", True)]
)
def test_answers_from_a_pipe(private: Target, env: dict[str, str], answer: bytes, there: bool) -> None:  # noqa: FBT001
    direct, got = compare(private, "PIP uninstall mote", env, stdin=answer)
    assert differences(direct, got) == []
    assert private.installed("mote") == there
