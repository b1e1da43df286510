"""What holds for every test: a clean environment, and no way off this machine unless marked `network`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from ipaddress import ip_address
from pathlib import Path

import hypothesis
import pytest

from tests import shown, thinning
from tests.lab import debian
from tests.lab.authority import Authority
from tests.lab.outside import OUTSIDE
from tests.lab.run import TRUST_VARIABLES, clean_environment
from tests.lab.targets import Target, target

_MARKERS = (
    "e2e: drives real pips of many versions against loopback servers; its pips come from PyPI once",
    "network: leaves this machine",
    "slow: takes more than a few seconds",
)


class OutsideReachedError(AssertionError):
    """A test that is not marked `network` tried to leave this machine."""


_attempts: list[str] | None = None
"""Where the running test tried to go, while that is forbidden."""


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: it sees every socket of this process, also those of code that catches exceptions."""
    if _attempts is None or not event.startswith("socket."):
        return
    match event, arguments:
        case ("socket.connect" | "socket.sendto", (_, (host, *_))) | ("socket.getaddrinfo", (host, *_)):
            if not _is_here(host):
                _attempts.append(f"{event} {host!r}")
                raise OutsideReachedError(_attempts[-1])
        case _:
            pass


def _is_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in ("", "localhost") or not isinstance(name, str):
        return True
    try:
        return ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


# Chance is for who runs tests by hand and for the fuzzer; CI finds in a change what is of that change.
hypothesis.settings.register_profile("steady", derandomize=True)
if OUTSIDE.get("PIPSAFE_TEST_STEADY"):
    hypothesis.settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    sys.addaudithook(_watch)
    # Who runs these in the background of a script, or under nohup, has them ignore signals. What a test
    # runs would inherit that, and it is to be told how it meets signals.
    for name in ("SIGHUP", "SIGINT", "SIGQUIT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


def pytest_sessionfinish() -> None:
    debian.remove_copies()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = thinning.to_leave_out(config, items)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    shown.write(item, report)
    return report


@pytest.fixture(autouse=True)
def stay_here(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Refuse this process every connection off loopback, and fail the test that tried one."""
    global _attempts  # noqa: PLW0603 an audit hook cannot be taken away again, only told
    attempts: list[str] = []
    if request.node.get_closest_marker("network"):
        yield attempts
        return
    _attempts = attempts
    try:
        yield attempts
    finally:
        _attempts = None
    assert not attempts, attempts


@pytest.fixture(autouse=True)
def clean_variables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every setting of pip, of a CA and of a proxy out of `os.environ`, unless marked `network`."""
    if request.node.get_closest_marker("network"):
        return
    for name in tuple(os.environ):
        if TRUST_VARIABLES.fullmatch(name):
            monkeypatch.delenv(name)


@pytest.fixture
def outside_environment() -> dict[str, str]:
    """The environment that the tests were started in, which reaches the network."""
    return dict(OUTSIDE)


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The root that the test's servers are certified by, which nothing trusts by itself."""
    return Authority()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder of one test."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    """The clean environment below `home`."""
    return clean_environment(home)


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[str], Target]:
    """Makes a private copy of the target with a given pip."""

    def make(pip_version: str) -> Target:
        return target(pip_version).fresh(tmp_path / "targets")

    return make
