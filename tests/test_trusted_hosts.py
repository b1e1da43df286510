"""Whether a `trusted-host` may be named somewhere: asked on every run, so it only looks for the word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipsafe.pip_settings.trusted_hosts import NETWORK_COMMANDS, may_be_named

INSTALL = ("install", "x")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Each configuration file that a run here may read, none of them there yet."""
    home, prefix = tmp_path / "home", tmp_path / "prefix"
    monkeypatch.setenv("HOME", str(home))
    paths = {
        "user": home / ".config" / "pip" / "pip.conf",
        "legacy": home / ".pip" / "pip.conf",
        "site": prefix / "pip.conf",
        "xdg": tmp_path / "xdg" / "pip" / "pip.conf",
        "named": tmp_path / "named.conf",
    }
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    return paths


def asked(places: dict[str, Path], arguments: tuple[str, ...] = INSTALL, **environ: str) -> bool:
    return may_be_named(arguments, environ, str(places["site"].parent))


@pytest.fixture(autouse=True)
def nothing_here() -> None:
    if may_be_named(INSTALL, {}, "/nonexistent"):
        pytest.skip("this machine's own configuration names one")


@pytest.mark.parametrize("command", NETWORK_COMMANDS)
@pytest.mark.parametrize(
    "words", [("--trusted-host", "h.example"), ("--trusted-host=h.example",), ("--trusted", "h")]
)
def test_typed(places: dict[str, Path], command: str, words: tuple[str, ...]) -> None:
    assert asked(places, (command, *words, "x"))
    assert asked(places, (*words, command, "x"))
    assert not asked(places, (command, "x"))


def test_a_command_that_stays_here(places: dict[str, Path]) -> None:
    assert not asked(places, ("list",), PIP_TRUSTED_HOST="h.example")


def test_in_the_environment(places: dict[str, Path]) -> None:
    assert asked(places, PIP_TRUSTED_HOST="h.example")
    assert not asked(places, PIP_TRUSTED_HOST="")


@pytest.mark.skipif(os.name == "nt", reason="other places there")
@pytest.mark.parametrize("place", ["user", "legacy", "site", "xdg", "named"])
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[global]\ntrusted-host = h.example\n", True),
        ("[install]\nTrusted_Host=h.example\n", True),
        ("[global]\nindex-url = https://index.example/simple\n", False),
        ("", False),
    ],
)
def test_in_a_file(places: dict[str, Path], place: str, text: str, named: bool) -> None:  # noqa: FBT001
    places[place].write_text(text, encoding="utf-8")
    environ = {"PIP_CONFIG_FILE": str(places["named"]), "XDG_CONFIG_DIRS": str(places["xdg"].parents[1])}

    assert asked(places, INSTALL, **environ) is named


@pytest.mark.skipif(os.name == "nt", reason="other places there")
def test_by_xdg(places: dict[str, Path]) -> None:
    places["user"].write_text("[global]\ntrusted-host = h.example\n", encoding="utf-8")

    assert asked(places, XDG_CONFIG_HOME=str(places["user"].parents[1]))
    assert not asked(places, XDG_CONFIG_HOME=str(places["named"].parent / "elsewhere"))


def test_files_switched_off(places: dict[str, Path]) -> None:
    places["user"].write_text("[global]\ntrusted-host = h.example\n", encoding="utf-8")

    assert not asked(places, PIP_CONFIG_FILE=os.devnull)


@pytest.mark.skipif(os.name == "nt", reason="no FIFO there")
def test_what_is_no_file_is_not_waited_for(places: dict[str, Path]) -> None:
    places["user"].mkdir()
    os.mkfifo(places["legacy"])
    places["site"].symlink_to(places["site"])

    assert not asked(places)
