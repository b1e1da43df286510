"""Pieces of the launcher, called one by one: where a stop, an answer or a strange pip meets them."""

from __future__ import annotations

import io
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from pipsafe.target_side import frames, modules, runner, watch
from tests.drop_in import FakePip, package_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and descriptors are other things there")

BUILD = ["python", "pip", "install", "--ignore-installed", "--no-user", "--prefix", "/tmp/overlay"]
"""As pip runs the pip that fetches build dependencies."""


class Scene:
    """A launcher's state, whose copy is read here and whose answers are given here."""

    def __init__(self, *, strict: bool = False) -> None:
        self.sent, copy = os.pipe()
        answers, self.answer = os.pipe()
        self.copy = runner.Copy(copy)
        self.state = runner.State(self.copy, answers, "strict" if strict else "", frames)
        self._all = [self.sent, copy, answers, self.answer]

    def tell(self, answer: bytes) -> None:
        if answer:
            os.write(self.answer, answer)
        else:
            self.close(self.answer)

    def told(self) -> list[tuple[bytes, str]]:
        """Tag and words of the frames so far."""
        os.set_blocking(self.sent, False)
        data, found = os.read(self.sent, 1 << 16), []
        while data:
            end = 5 + int.from_bytes(data[1:5], "big")
            found.append((data[:1], data[5:end].decode()))
            data = data[end:]
        return found

    def close(self, *descriptors: int) -> None:
        for descriptor in descriptors or tuple(self._all):
            os.close(descriptor)
            self._all.remove(descriptor)


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.close()


@pytest.fixture
def strict() -> Iterator[Scene]:
    made = Scene(strict=True)
    yield made
    made.close()


# Streams


def test_what_a_stopped_pip_says_is_not_shown(scene: Scene) -> None:
    """But for the cursor, which it took away and gives back."""
    stream = io.StringIO()
    tee = runner.Tee(stream, b"o", scene.state)
    assert tee.write("before\n") == 7
    scene.state.stopped = 1.0
    words = f"ERROR: Operation cancelled by user\n{runner.SHOW_CURSOR}"
    assert tee.write(words) == len(words)
    tee.writelines(["more", "words"])
    assert stream.getvalue() == f"before\n{runner.SHOW_CURSOR}"
    assert scene.told() == [(b"o", "before\n")]


def test_all_else_is_the_streams_own(scene: Scene) -> None:
    stream = io.StringIO("one\ntwo\n")
    tee = runner.Tee(stream, b"o", scene.state)
    assert list(tee) == ["one\n", "two\n"]
    assert repr(tee) == repr(stream)
    assert tee.getvalue() == "one\ntwo\n"


# A stop

CALLS = """
import sys
def call_subprocess(cmd, proc):
    return inner()
def inner():
    return sys._getframe()
"""


def frame_in(module: str, command: object = None, process: object = None) -> FrameType:
    """The innermost of some calls, below one in this module."""
    namespace: dict[str, Any] = {"__name__": module}
    exec(CALLS, namespace)
    frame = namespace["call_subprocess"](command, process)
    assert isinstance(frame, FrameType)
    return frame


def test_a_stop(scene: Scene) -> None:
    state = scene.state
    assert state.stop(frame_in("pip._internal.cli.main"))
    assert state.stopped
    assert not state.stop(frame_in("pip._internal.cli.main"))  # too soon for another
    state.stopped -= runner.SECONDS_BEFORE_ANOTHER_STOP
    assert state.stop(frame_in("pip._internal.cli.main"))
    state.installing = True
    state.stopped = 0.0
    assert not state.stop(frame_in("pip._internal.cli.main"))


@pytest.mark.parametrize("module", ["subprocess", frames.SUBPROCESS_MODULE])
def test_no_stop_while_a_build_runs(scene: Scene, module: str) -> None:
    assert not scene.state.stop(frame_in(module, ["python", "setup.py", "bdist_wheel"]))
    assert not scene.state.stopped


def test_the_pip_of_a_build_is_told_to_go(scene: Scene) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        time.sleep(0.3)
        assert not scene.state.stop(frame_in(frames.SUBPROCESS_MODULE, BUILD, child))
        assert scene.state.stopped
        assert child.wait(30) != 0


def test_the_pip_of_a_build_that_is_not_there_yet(scene: Scene) -> None:
    assert not scene.state.stop(frame_in(frames.SUBPROCESS_MODULE, BUILD))
    assert not scene.state.stopped  # pipsafe asks again


def test_a_stop_by_signal(scene: Scene) -> None:
    before = signal.getsignal(signal.SIGUSR1)
    runner.obey_stop_signal(scene.state)
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)  # too soon for another
        scene.state.over()
        signal.raise_signal(signal.SIGUSR1)
        assert signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGUSR1, before)


# A question

PAGE = "Could not fetch URL https://index.example/simple/speck/: SSLError - skipping"


@pytest.mark.parametrize(("answer", "goes_on"), [(b"y", True), (b"n", False), (b"", True)])
def test_a_page_is_left_out(scene: Scene, answer: bytes, goes_on: bool) -> None:  # noqa: FBT001
    scene.tell(answer)
    try:
        scene.state.leave_out(PAGE)
    except KeyboardInterrupt:
        assert not goes_on
    else:
        assert goes_on
    assert bool(scene.state.stopped) is not goes_on
    assert scene.told() == [(b"l", f"{PAGE}\n"), (b"q", "")]


def test_one_question_for_each_server(scene: Scene) -> None:
    scene.tell(b"y")
    scene.state.leave_out(PAGE)
    scene.state.leave_out(PAGE)
    assert [tag for tag, _ in scene.told()] == [b"l", b"q", b"l"]


def test_a_page_is_left_out_in_another_thread(scene: Scene) -> None:
    """The main thread is told by a signal; this one waits for that, and goes on if it never comes."""
    scene.tell(b"n")
    thread = threading.Thread(target=scene.state.leave_out, args=(PAGE,))
    begin = time.monotonic()
    thread.start()
    thread.join(30)
    assert time.monotonic() - begin >= runner.SECONDS_BEFORE_ANOTHER_STOP
    assert not scene.state.stopped


@pytest.mark.parametrize(("answer", "may"), [(b"y", True), (b"n", False), (b"", False)])
def test_strict_asks_before_it_installs(strict: Scene, answer: bytes, may: bool) -> None:  # noqa: FBT001
    """Without an answer pipsafe is gone, and with it whoever could have vouched for the servers."""
    strict.tell(answer)
    assert strict.state.may_install() is may
    assert strict.told() == [(b"q", "")]


def test_nobody_to_ask() -> None:
    with open(os.devnull, "wb") as stream:  # noqa: PTH123
        state = runner.State(runner.Copy(stream.fileno()), None, "strict", frames)
        assert state.may_install()


# The pip that is there


@pytest.mark.parametrize(
    ("pip", "tag", "words"),
    [
        (None, b"n", "pip"),
        ("9.0.3", b"n", "pip 9.0.3"),
        ("19.3", b"h", "19.3"),
        ("26.4.dev0", b"h", "26.4.dev0"),
    ],
)
def test_which_pip_there_is(
    scene: Scene, pip: str | None, tag: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = None
    if pip is not None:
        module = ModuleType("pip")
        module.__dict__.update(__version__=pip, __file__="/example/pip/__init__.py")
    monkeypatch.setitem(sys.modules, "pip", module)  # None: as if it were not installed
    assert runner.greet(scene.copy) is (tag == b"h")
    ((sent, payload),) = scene.told()
    assert sent == tag
    assert payload.split("\0")[0] == sys.executable
    assert words in payload


def test_a_first_place_that_may_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), "/example"])
    runner.keep_first_place()
    assert sys.path == [str(tmp_path), "/example"]
    monkeypatch.chdir(tmp_path)
    runner.keep_first_place()
    assert sys.path == [str(tmp_path), str(tmp_path), "/example"]
    tmp_path.rmdir()
    runner.keep_first_place()
    assert sys.path == [str(tmp_path), str(tmp_path), "/example"]


@pytest.mark.parametrize("style", ["module", "script"])
def test_how_pip_believes_it_was_started(
    tmp_path: Path, style: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakePip(tmp_path / "fake", "import sys; print(__name__, sys.argv)")
    monkeypatch.setattr(sys, "path", [str(fake.folder), *sys.path])
    monkeypatch.setattr(sys, "argv", ["launcher.py", "list"])
    for name in [name for name in sys.modules if name == "pip" or name.startswith("pip.")]:
        monkeypatch.delitem(sys.modules, name)
    runner.run_pip(style)
    name, argv = capsys.readouterr().out.split(maxsplit=1)
    first = (
        fake.folder / "pip" / "__main__.py" if style == "module" else Path(sys.executable).with_name("pip")
    )
    assert (name, argv) == ("__main__", f"{[str(first), 'list']}\n")
    for name in [name for name in sys.modules if name == "pip" or name.startswith("pip.")]:
        monkeypatch.delitem(sys.modules, name)


# What pip does not say


def requirement(**content: object) -> ModuleType:
    made = ModuleType("requirement")
    made.__dict__.update(content)
    return made


class Loader:
    """Puts a module together of what it is given; not every loader has room for a wrapper."""

    def __init__(self, content: Mapping[str, object]) -> None:
        self.content = content

    def create_module(self, _: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.update(self.content)


class Cramped(Loader):
    __slots__ = ("content",)

    def __setattr__(self, name: str, value: object) -> None:
        if name != "content":
            raise AttributeError(name)
        super().__setattr__(name, value)


class Finder:
    def __init__(self, name: str, loader: Loader) -> None:
        self.name, self.loader = name, loader

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(name, self.loader) if name == self.name else None  # type: ignore[arg-type]


class Log:
    """A logger that remembers."""

    def __init__(self) -> None:
        self.logged: list[tuple[str, str, tuple[object, ...]]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda message, *arguments: self.logged.append((level, message, arguments))


def loaded(
    scene: Scene, name: str, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> tuple[ModuleType, watch.Watch]:
    """The module, as pip would get it from this loader, under watch."""
    watching = watch.Watch(scene.state)
    monkeypatch.setattr(sys, "meta_path", [watching, Finder(name, loader)])
    spec = watching.find_spec(name)
    assert spec is not None
    module = ModuleType(name)
    spec.loader.exec_module(module)
    return module, watching


def test_a_module_that_nobody_finds(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    watching = watch.Watch(scene.state)
    monkeypatch.setattr(sys, "meta_path", [watching])
    assert watching.find_spec("json") is None
    assert watching.find_spec(watch.INSTALL_MODULE) is None


def test_it_goes_when_all_is_watched(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    watching = watch.Watch(scene.state)
    monkeypatch.setattr(sys, "meta_path", [watching])
    for name in list(watching.wraps):
        watching.find_spec(name)
    assert sys.meta_path == []


@pytest.mark.parametrize(
    "name", [watch.INSTALL_MODULE, frames.SUBPROCESS_MODULE, *watch.COLLECTOR_MODULES], ids=str
)
@pytest.mark.parametrize("kind", [Loader, Cramped])
def test_a_pip_of_another_make(
    scene: Scene, name: str, kind: type[Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the names that are wrapped, or with a loader that takes no wrapper: it goes unwatched."""
    module, _ = loaded(scene, name, kind({"other": 1}), monkeypatch)
    assert module.__dict__["other"] == 1
    assert set(module.__dict__) & {"install_given_reqs", "logger", "subprocess_logger"} == set()


def install_given_reqs(requirements: list[object]) -> str:
    return f"installed {len(requirements)}"


def test_the_moment_pip_installs(strict: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = Loader({"install_given_reqs": install_given_reqs})
    module, _ = loaded(strict, watch.INSTALL_MODULE, loader, monkeypatch)
    install = module.__dict__["install_given_reqs"]
    assert install([]) == "installed 0"  # all is there already
    strict.tell(b"n")
    with pytest.raises(KeyboardInterrupt):
        install([requirement(name="speck")])
    strict.tell(b"y")
    strict.state.left_out = {"https://index.example"}
    assert install([requirement(name="speck"), object()]) == "installed 2"
    assert strict.state.installing
    assert strict.told() == [(b"q", ""), (b"q", ""), (b"i", "speck")]


def test_strict_asks_before_a_build(strict: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log()
    loader = Loader({"subprocess_logger": log})
    module, _ = loaded(strict, frames.SUBPROCESS_MODULE, loader, monkeypatch)
    logger = module.__dict__["subprocess_logger"]
    strict.tell(b"y")
    logger.debug(watch.BEFORE_CHILD, "python setup.py egg_info")
    strict.tell(b"n")
    with pytest.raises(KeyboardInterrupt):
        logger.info(watch.BEFORE_CHILD, "python setup.py bdist_wheel")
    logger.warning("a line of the build's own")
    assert [level for level, *_ in log.logged] == ["debug", "warning"]


def test_words_that_do_not_fit_their_arguments(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is logged is passed on; logging tells by itself of what does not fit."""
    log = Log()
    name = watch.COLLECTOR_MODULES[0]
    module, watching = loaded(scene, name, Loader({"logger": log}), monkeypatch)
    assert set(watch.COLLECTOR_MODULES).isdisjoint(watching.wraps)
    logger = module.__dict__["logger"]
    too_many = "%s and %s - skipping"
    logger.debug(too_many, "SSLError")
    logger.debug(object())
    logger.critical("SSLError - skipping")
    assert len(log.logged) == 3
    scene.tell(b"y")
    logger.info("Could not fetch URL %s: %s - skipping", "https://index.example/", "SSLError\nof two lines")
    words = "Could not fetch URL https://index.example/: SSLError of two lines - skipping\n"
    assert scene.told() == [(b"l", words), (b"q", "")]


# Out of a zip


def test_the_launcher_is_given_its_sources() -> None:
    sources = {"runner.py": "def main(part): print(part('frames').WORD)", "frames.py": "WORD = 'sent'"}
    path = package_folder() / "target_side" / "launcher.py"
    given = runpy.run_path(str(path), {"read_source": sources.__getitem__})
    assert given["part"]("frames").WORD == "sent"
    assert given["code_of"]("runner").co_filename == "runner.py"


WANTED = {"prober.py": "from pipsafe.target_side import other", "other.py": "WORD = 'there'"}


@pytest.mark.parametrize("packed", [False, True])
def test_the_prober_has_its_parts_and_no_others(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001
    folder = tmp_path / "a b" / "pipsafe.pyz" / "pipsafe" / "target_side"
    if packed:
        (tmp_path / "a b").mkdir()
        with zipfile.ZipFile(tmp_path / "a b" / "pipsafe.pyz", "w") as archive:
            for name, source in WANTED.items():
                archive.writestr(f"pipsafe/target_side/{name}", source)
    else:
        folder.mkdir(parents=True)
        for name, source in WANTED.items():
            (folder / name).write_text(source)
    finder = modules.Finder(str(folder))
    assert finder.find_spec("json") is None
    for name in ("pipsafe", modules.PACKAGE):
        package = finder.find_spec(name)
        assert package is not None
        assert package.submodule_search_locations == []
    spec = finder.find_spec(f"{modules.PACKAGE}.other")
    assert spec is not None
    assert spec.loader is not None
    module = ModuleType(spec.name)
    spec.loader.exec_module(module)
    assert module.__dict__["WORD"] == "there"
    assert "import other" in finder.loader("prober").get_source("prober")
