from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipsafe.pip_settings import command_line, settings
from pipsafe.pip_settings.requirements import Requirements
from pipsafe.pip_settings.settings import Setting, Settings, TargetFacts
from tests.pip_answers import Case, answers, pip_version

LATEST = (26, 3)
DEFAULT_INDEX = "https://default.example/simple"


def facts(folder: Path, version: tuple[int, ...] = LATEST, platform: str = "linux") -> TargetFacts:
    return TargetFacts(str(folder / "prefix"), str(folder / "home"), platform, (3, 11), version)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def read(
    folder: Path,
    argv: str = "install",
    version: tuple[int, ...] = LATEST,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings with no configuration but what is in *folder*.

    As on macOS, since elsewhere pip reads /etc/pip.conf, which this machine may have."""
    line = command_line.parse(argv.split(), version)
    paths = {"XDG_DATA_DIRS": str(folder / "global")}
    return settings.read(line, paths | dict(environ or {}), facts(folder, version, "darwin"))


# --- as pip itself answers -----------------------------------------------------------------------------

_FILES = ("global/pip", "home/.pip", "home/.config/pip", "prefix", "env")
_URLS = tuple(f"https://u:p@{name}.example/simple" for name in "abcdef")
_VALUES: dict[str, tuple[str, ...]] = {
    "index-url": _URLS,
    "index_url": _URLS,
    "pypi-url": _URLS,
    "INDEX-URL": _URLS,
    "extra-index-url": (" ".join(_URLS[:2]), "\n   ".join(_URLS[2:])),
    "find-links": ("links", " ".join(_URLS)),
    "no-index": ("1", "no", "TRUE"),
    "cert": ("/a.pem", "b.pem", "~/c.pem"),
    "cer": ("/never",),
    "client-cert": ("/d.pem", "~"),
    "proxy": ("http://p.example:1", "http://u:p@q.example"),
    "no-proxy-env": ("1", "0"),
    "trusted-host": ("t.example", "t.example v.example"),
    "timeout": ("3", "7.5"),
    "default-timeout": ("4",),
    "retries": ("0", "2"),
    "requirement": ("r.txt s.txt",),
    "constraint": ("c.txt",),
    "use-feature": ("fast-deps",),
    "isolated": ("1",),
}
_TYPED = (
    "--cert t.pem", "--cert=", "--proxy http://r.example", "--proxy=", "-i https://g.example", "--no-index",
    "--extra-index-url https://h.example", "-f k", "--trusted-host w.example", "--timeout 9", "--retries 1",
    "-r u.txt", "-c d.txt", "--isolated", "--isol", "-q", "pkg", "--no-proxy-env", "--client-cert e.pem",
)  # fmt: skip
_NAMES = {
    "find_links": "find_links", "no_index": "no_index", "cert": "cert", "client_cert": "client_cert",
    "trusted_hosts": "trusted_hosts", "timeout": "timeout", "retries": "retries",
    "extra_index_urls": "extra_index_urls", "requirements": "requirement_files",
    "constraints": "constraint_files",
}  # fmt: skip
"""pip's name of an option and ours."""


def _value(choose: random.Random, name: str) -> str:
    return "" if choose.random() < 0.1 else choose.choice(_VALUES[name])


def _configuration(choose: random.Random) -> str:
    lines = []
    for section in choose.sample(["global", "install", "download", "DEFAULT"], choose.randint(1, 3)):
        names = choose.sample(sorted(_VALUES), choose.randint(0, 4))
        # Two spellings of one name in one section are an error to newer pips.
        once = {name.lower().replace("_", "-"): name for name in names}.values()
        lines += [f"[{section}]", *(f"{name} {choose.choice('=:')} {_value(choose, name)}" for name in once)]
    return "\n".join(lines)


def _environment(choose: random.Random, folder: Path) -> dict[str, str]:
    environ = {"HOME": str(folder / "home"), "XDG_CONFIG_DIRS": str(folder / "global")}
    for name in choose.sample(sorted(_VALUES), choose.randint(0, 3)):
        environ["PIP_" + name.upper().replace("-", "_")] = _value(choose, name)
    for name, values in {
        "PIP_CONFIG_FILE": (str(folder / "env/pip.conf"), "env/pip.conf", os.devnull, "", "/nowhere"),
        "REQUESTS_CA_BUNDLE": ("", "/requests.pem"),
        "CURL_CA_BUNDLE": ("", "/curl.pem"),
        "https_proxy": ("http://env.example:1",),
    }.items():
        if choose.random() < 0.3:
            environ[name] = choose.choice(values)
    return environ


def _cases(choose: random.Random, folder: Path) -> list[Case]:
    for name in _FILES:
        if choose.random() < 0.5:
            write(folder / name / "pip.conf", _configuration(choose))
    cases = []
    for _ in range(50):
        typed = " ".join(choose.sample(_TYPED, choose.randint(0, 3)))
        command = choose.choice(["install", "install", "download", "wheel"])
        environ = _environment(choose, folder)
        cases.append(Case(f"{command} {typed}".split(), environ, str(folder / "prefix")))
    return cases


def _plain(value: object) -> object:
    match value:
        case Setting():
            return value.value
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _effective_proxy(found: Settings, environ: Mapping[str, str]) -> str | None:
    named = environ.get("https_proxy") if found.trust_env else None
    given = None if found.proxy is None else found.proxy.value
    first, second = (given, named) if found.proxy_overrides_environment else (named, given)
    return second if first is None else first or None


def _compare(case: Case, answer: dict[str, Any], found: Settings) -> None:
    options: dict[str, Any] = answer["options"]
    for theirs, ours in _NAMES.items():
        said = options[theirs] if options[theirs] != "" else None
        assert (theirs, _plain(getattr(found, ours))) == (theirs, said)
    if found.index_url is None:
        assert options["index_url"] not in _URLS
    else:
        assert options["index_url"] == found.index_url.value
    assert found.trust_env == answer["trust_env"]
    assert _effective_proxy(found, case.environ) == answer["proxy"]
    if found.unverified is not None:
        assert answer["verify"] == ""
    else:
        assert _plain(found.verify) == (None if answer["verify"] is True else answer["verify"])


@pytest.mark.skipif(sys.platform != "linux", reason="the scenarios set pip's folders by XDG variables")
@pytest.mark.parametrize("seed", range(8))
def test_settings_are_those_that_pip_works_under(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cases = _cases(random.Random(seed), tmp_path)
    said = answers(cases, tmp_path)
    assert sum("error" not in answer for answer in said) > 20
    for case, answer in zip(cases, said, strict=True):
        if "error" in answer:
            continue
        line = command_line.parse(case.argv, pip_version())
        known = facts(tmp_path, pip_version())
        paths = settings.config_paths(case.environ, known, isolated=line.isolated)
        assert [path for _, path in paths] == answer["paths"]
        _compare(case, answer, settings.read(line, case.environ, known))


# --- what each setting says of itself ------------------------------------------------------------------


def test_a_setting_names_the_line_that_sets_it(tmp_path: Path) -> None:
    path = write(
        tmp_path / "global/pip/pip.conf",
        "# by the administrator\r\n[global]\r\n\r\nindex-url = https://a.example\r\n"
        "extra-index-url =\r\n    https://b.example\r\n    https://c.example:1/x\r\n"
        "; more\r\ncert: /ca.pem\r\n",
    )
    found = read(tmp_path)
    assert found.index_url == Setting("index-url", "https://a.example", f"{path}, line 4, [global]")
    assert found.extra_index_urls == (
        Setting("extra-index-url", "https://b.example", f"{path}, line 5, [global]"),
        Setting("extra-index-url", "https://c.example:1/x", f"{path}, line 5, [global]"),
    )
    assert found.verify == Setting("cert", "/ca.pem", f"{path}, line 9, [global]")
    assert found.config_files == (str(path),)


def test_a_default_section_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "home/.pip/pip.conf", "[DEFAULT]\nCert=/a.pem\n[install]\n")
    assert read(tmp_path).cert == Setting("cert", "/a.pem", f"{path}, line 2, [DEFAULT]")
    assert read(tmp_path, "download").cert is None


def test_the_order_of_who_wins(tmp_path: Path) -> None:
    places = ["global/pip", "home/.pip", "home/.config/pip", "prefix", "env"]
    environ = {}
    for place in places:
        write(tmp_path / place / "pip.conf", f"[global]\ncert = /{place}.pem\n")
        if place == "env":
            environ["PIP_CONFIG_FILE"] = str(tmp_path / "env/pip.conf")
        assert _plain(read(tmp_path, environ=environ).cert) == f"/{place}.pem"
    write(tmp_path / "global/pip/pip.conf", "[install]\ncert = /command.pem\n")
    assert _plain(read(tmp_path, environ=environ).cert) == "/command.pem"
    environ["PIP_CERT"] = "/variable.pem"
    assert read(tmp_path, environ=environ).cert == Setting(
        "cert", "/variable.pem", "environment variable PIP_CERT"
    )
    typed = read(tmp_path, "install --cert /typed.pem", environ=environ)
    assert typed.verify == Setting("cert", "/typed.pem", "command line")
    environ |= {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "/curl.pem"}
    typed = read(tmp_path, "install --cert /typed.pem", environ=environ)
    assert typed.verify == Setting("CURL_CA_BUNDLE", "/curl.pem", "environment variable CURL_CA_BUNDLE")


def test_isolated_leaves_the_global_and_the_site_file(tmp_path: Path) -> None:
    for place in ("global/pip", "home/.pip"):
        write(tmp_path / place / "pip.conf", f"[global]\ncert = /{place}.pem\n")
    found = read(
        tmp_path,
        "install --isolated",
        environ={"PIP_CERT": "/variable.pem", "REQUESTS_CA_BUNDLE": "/requests.pem"},
    )
    assert found.isolated
    assert _plain(found.cert) == "/global/pip.pem"
    assert _plain(found.verify) == "/requests.pem"


@pytest.mark.parametrize(
    ("version", "argv", "environ", "trust_env", "proxy"),
    [
        ((20, 3, 4), "install --proxy http://p.example", {}, True, "http://p.example"),
        ((24, 0), "install --proxy http://p.example", {}, True, "http://p.example"),
        ((24, 1), "install --proxy http://p.example", {}, False, "http://p.example"),
        ((24, 1), "install", {"PIP_PROXY": "http://p.example"}, False, "http://p.example"),
        ((24, 1), "install --proxy=", {}, True, None),
        ((26, 2), "install --proxy=", {}, False, ""),
        ((26, 2), "install", {"PIP_PROXY": ""}, True, None),
        ((26, 2), "install --no-proxy-env", {}, False, None),
        ((26, 2), "install", {"PIP_NO_PROXY_ENV": "1"}, False, None),
        ((26, 1), "install", {"PIP_NO_PROXY_ENV": "1"}, True, None),
    ],
)
def test_a_proxy_may_end_trust_in_the_environment(
    version: tuple[int, ...],
    argv: str,
    environ: dict[str, str],
    trust_env: bool,  # noqa: FBT001
    proxy: str | None,
    tmp_path: Path,
) -> None:
    found = read(tmp_path, argv, version, {"REQUESTS_CA_BUNDLE": "/r.pem", "NO_PROXY": "n.example"} | environ)
    assert (found.trust_env, _plain(found.proxy)) == (trust_env, proxy)
    assert (found.verify is not None) == (found.no_proxy is not None) == trust_env
    assert found.proxy_overrides_environment == (version >= (22, 1))


@pytest.mark.parametrize(
    ("version", "environ", "off"),
    [
        ((20, 3, 4), {"CURL_CA_BUNDLE": ""}, True),
        ((22, 1), {"CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": ""}, True),
        ((22, 2), {"CURL_CA_BUNDLE": ""}, False),
        ((20, 3, 4), {"CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "/r.pem"}, False),
        ((20, 3, 4), {"REQUESTS_CA_BUNDLE": ""}, False),
        ((20, 3, 4), {}, False),
    ],
)
def test_an_empty_variable_turns_verification_off_in_old_pips(
    version: tuple[int, ...],
    environ: dict[str, str],
    off: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    assert (read(tmp_path, version=version, environ=environ).unverified is not None) == off


def test_values_that_pip_would_refuse_are_listed(tmp_path: Path) -> None:
    found = read(tmp_path, "install --timeout soon", environ={"PIP_NO_INDEX": "maybe", "PIP_RETRIES": "1.5"})
    assert (found.timeout, found.retries, found.no_index) == (15.0, 5, False)
    assert len(found.problems) == 3


@pytest.mark.parametrize(
    "contents", [b"cert = /a.pem\n", b"[global\ncert = /a.pem", b"[global]\n\xff\xfe = 1\n", b"\0"]
)
def test_a_broken_file_is_a_problem_and_no_more(contents: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "global/pip/pip.conf", "")
    path.write_bytes(contents)
    write(tmp_path / "home/.pip/pip.conf", "[global]\ncert = /good.pem\n")
    found = read(tmp_path)
    assert _plain(found.cert) == "/good.pem"
    assert [str(path) in problem for problem in found.problems] == [True]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_file_that_is_no_regular_file_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "global/pip").mkdir(parents=True)
    os.mkfifo(tmp_path / "global/pip/pip.conf")
    (tmp_path / "home/.pip/pip.conf").mkdir(parents=True)
    found = read(tmp_path)
    assert found.config_files == ()
    assert len(found.problems) == 2


# --- where pip looks, on other systems and in other versions --------------------------------------------

_HOME = "/home/me"
_TAIL = [f"{_HOME}/.pip/pip.conf", f"{_HOME}/.config/pip/pip.conf", "/venv/pip.conf"]


@pytest.mark.parametrize(
    ("version", "environ", "expected"),
    [
        (LATEST, {}, ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", *_TAIL]),
        (
            LATEST,
            {"XDG_CONFIG_DIRS": "/a: /b :c"},
            ["/a/pip/pip.conf", "/b/pip/pip.conf", "/etc/pip.conf", *_TAIL],
        ),
        (LATEST, {"XDG_CONFIG_DIRS": "a"}, ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", *_TAIL]),
        ((26, 2), {"XDG_CONFIG_DIRS": "a::"}, ["a/pip/pip.conf", "/etc/pip.conf", *_TAIL]),
        ((25, 3), {"XDG_CONFIG_DIRS": "~/a:"}, ["~/a/pip/pip.conf", "pip/pip.conf", "/etc/pip.conf", *_TAIL]),
        ((23, 2), {"XDG_CONFIG_DIRS": "~/a"}, [f"{_HOME}/a/pip/pip.conf", "/etc/pip.conf", *_TAIL]),
        ((20, 3), {"XDG_CONFIG_DIRS": "/a/:"}, ["/a/pip/pip.conf", "/etc/pip.conf", *_TAIL]),
        ((20, 3), {"XDG_CONFIG_DIRS": ":"}, ["pip.conf", "/etc/pip.conf", *_TAIL]),
        ((19, 3), {"XDG_CONFIG_DIRS": ""}, ["/etc/pip.conf", *_TAIL]),
        (LATEST, {"PIP_CONFIG_FILE": "/dev/null"}, []),
        (LATEST, {"PIP_CONFIG_FILE": "/no"}, ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", *_TAIL, "/no"]),
        (LATEST, {"PIP_CONFIG_FILE": "/"}, ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", _TAIL[2], "/"]),
    ],
)
def test_paths_on_linux(version: tuple[int, ...], environ: dict[str, str], expected: list[str]) -> None:
    known = TargetFacts("/venv", _HOME, "linux", (3, 11), version)
    assert [path for _, path in settings.config_paths(environ, known)] == expected


@pytest.mark.parametrize(
    ("version", "value", "expected"),
    [
        (LATEST, "/x", "/x/pip"),
        (LATEST, "x", f"{_HOME}/.config/pip"),
        ((26, 2), " /x ", "/x/pip"),
        ((25, 3), " ", f"{_HOME}/.config/pip"),
        ((25, 3), "x", "x/pip"),
        ((20, 3), "", "pip"),
    ],
)
def test_the_user_folder_on_linux(version: tuple[int, ...], value: str, expected: str) -> None:
    known = TargetFacts("/venv", _HOME, "linux", (3, 11), version)
    paths = settings.config_paths({"XDG_CONFIG_HOME": value}, known)
    assert [path for kind, path in paths if kind == "user"][1] == f"{expected}/pip.conf"


_LIBRARY = "/Library/Application Support/pip/pip.conf"
_BREW = "/opt/homebrew/opt/python@3.13/Frameworks/Python.framework/Versions/3.13"


@pytest.mark.parametrize(
    ("version", "prefix", "environ", "expected"),
    [
        ((20, 3), _BREW, {}, [_LIBRARY]),
        ((24, 0), _BREW, {}, [_LIBRARY]),
        ((24, 2), _BREW, {}, [f"/opt/homebrew/share/pip:{_LIBRARY}"]),
        ((25, 1), _BREW, {}, ["/opt/homebrew/share/pip/pip.conf", _LIBRARY]),
        ((25, 3), "/usr/local/opt/python@3/x", {}, ["/usr/local/share/pip/pip.conf", _LIBRARY]),
        (LATEST, _BREW, {}, ["/opt/homebrew/share/pip/pip.conf", _LIBRARY]),
        (LATEST, "/usr/local/opt/python@3/x", {}, [_LIBRARY]),
        (
            LATEST,
            "/venv",
            {"XDG_DATA_DIRS": "/a:/b", "XDG_CONFIG_DIRS": "/c"},
            ["/a/pip/pip.conf", "/b/pip/pip.conf"],
        ),
        ((25, 3), "/venv", {"XDG_DATA_DIRS": "/a:/b", "XDG_CONFIG_DIRS": "/c"}, [_LIBRARY]),
    ],
)
def test_global_paths_on_macos(
    version: tuple[int, ...], prefix: str, environ: dict[str, str], expected: list[str]
) -> None:
    known = TargetFacts(prefix, "/Users/me", "darwin", (3, 13), version)
    assert [path for kind, path in settings.config_paths(environ, known) if kind == "global"] == expected


def test_user_paths_on_macos(tmp_path: Path) -> None:
    known = TargetFacts("/venv", str(tmp_path), "darwin", (3, 13), LATEST)

    def user(**environ: str) -> list[str]:
        paths = settings.config_paths(environ, known)
        return [path.removeprefix(f"{tmp_path}/") for kind, path in paths if kind == "user"]

    assert user(XDG_CONFIG_HOME="/x") == [".pip/pip.conf", ".config/pip/pip.conf"]
    (tmp_path / "Library/Application Support/pip").mkdir(parents=True)
    assert user() == [".pip/pip.conf", "Library/Application Support/pip/pip.conf"]
    (tmp_path / "data/pip").mkdir(parents=True)
    assert user(XDG_DATA_HOME=str(tmp_path / "data")) == [".pip/pip.conf", "data/pip/pip.conf"]


@pytest.mark.parametrize(
    ("version", "environ", "expected"),
    [
        (
            LATEST,
            {"PROGRAMDATA": r"D:\Data", "APPDATA": r"C:\Users\me\AppData\Roaming"},
            [r"D:\Data\pip\pip.ini", r"C:\Users\me\AppData\Roaming\pip\pip.ini"],
        ),
        (LATEST, {}, [r"C:\ProgramData\pip\pip.ini", r"C:\Users\me\AppData\Roaming\pip\pip.ini"]),
        (
            LATEST,
            {"WIN_PD_OVERRIDE_APPDATA": r"E:\App"},
            [r"C:\ProgramData\pip\pip.ini", r"E:\App\pip\pip.ini"],
        ),
        (
            (24, 0),
            {"WIN_PD_OVERRIDE_APPDATA": r"E:\App"},
            [r"C:\ProgramData\pip\pip.ini", r"C:\Users\me\AppData\Roaming\pip\pip.ini"],
        ),
    ],
)
def test_paths_on_windows(version: tuple[int, ...], environ: dict[str, str], expected: list[str]) -> None:
    known = TargetFacts(r"C:\venv", r"C:\Users\me", "win32", (3, 13), version)
    globally, roaming = expected
    assert settings.config_paths(environ, known) == (
        ("global", globally),
        ("user", r"C:\Users\me\pip\pip.ini"),
        ("user", roaming),
        ("site", r"C:\venv\pip.ini"),
    )
    assert settings.config_paths({"PIP_CONFIG_FILE": "nul"}, known) == ()


# --- whom pip may talk to ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ("install x", ["index https://default.example:443"]),
        ("install -i https://a.example:8443/s x", ["index https://a.example:8443"]),
        ("install -i http://a.example/s x", []),
        (
            "install --extra-index-url https://b.example -f https://c.example/l -f ./links x",
            [
                "index https://default.example:443",
                "index https://b.example:443",
                "find-links https://c.example:443",
            ],
        ),
        ("install --no-index -f https://c.example x", ["find-links https://c.example:443"]),
        (
            "install --no-index https://d.example/x.whl git+https://e.example/r git+ssh://f.example/r",
            ["file https://d.example:443", "vcs https://e.example:443"],
        ),
        ("install --no-index -e git+https://e.example/r#egg=x ./y", ["vcs https://e.example:443"]),
        ("install -i https://a.example/s https://u:p@a.example/x.whl", ["index https://a.example:443"]),
        ("list", []),
        ("list --outdated", ["index https://default.example:443"]),
        ("uninstall https://d.example/x.whl", []),
        ("freeze", []),
        ("--version", []),
        ("search -i https://g.example/rpc x", ["index https://g.example:443"]),
        ("index versions x", ["index https://default.example:443"]),
    ],
)
def test_origins(argv: str, expected: list[str], tmp_path: Path) -> None:
    line = command_line.parse(argv.split(), LATEST)
    found = settings.origins(read(tmp_path, argv), Requirements(), line, DEFAULT_INDEX)
    assert [f"{contact.leg} {contact.origin}" for contact in found] == expected


def test_a_requirement_is_read_whole_from_one_argument(tmp_path: Path) -> None:
    line = command_line.parse(
        ["install", "--no-index", "x[y] @ https://d.example/x.whl ; python_version > '3'"]
    )
    found = settings.origins(read(tmp_path, "install --no-index"), Requirements(), line, DEFAULT_INDEX)
    assert [contact.url for contact in found] == ["https://d.example/x.whl"]


@pytest.mark.parametrize(
    ("argv", "lines", "expected"),
    [
        ("install", [], [DEFAULT_INDEX]),
        ("install", [("index-url", "a")], ["a"]),
        ("install", [("extra-index-url", "b")], [DEFAULT_INDEX, "b"]),
        ("install --extra-index-url c", [("index-url", "a"), ("extra-index-url", "b")], ["a", "b"]),
        ("install", [("no-index", "1"), ("index-url", "a")], []),
        ("install --no-index", [("extra-index-url", "a")], []),
    ],
)
def test_requirements_files_change_the_indexes(
    argv: str, lines: list[tuple[str, str]], expected: list[str], tmp_path: Path
) -> None:
    said = Requirements(settings=tuple(Setting(name, value, "r.txt, line 1") for name, value in lines))
    found = settings.index_urls(read(tmp_path, argv), said, DEFAULT_INDEX)
    assert [setting.value for setting in found] == expected


def test_no_index_lasts_from_a_certain_pip_on(tmp_path: Path) -> None:
    said = Requirements(settings=(Setting("index-url", "a", "r.txt, line 1"),))
    found = [
        settings.index_urls(read(tmp_path, "install --no-index", version), said, DEFAULT_INDEX)
        for version in ((22, 2), (22, 3))
    ]
    assert found == [said.settings, ()]


def test_a_requirements_file_on_the_network_is_an_origin_for_every_command(tmp_path: Path) -> None:
    remote = Requirements(urls=(Setting("requirement-file", "https://r.example/r.txt", "command line"),))
    line = command_line.parse(["uninstall", "-r", "https://r.example/r.txt"])
    found = settings.origins(read(tmp_path, "uninstall"), remote, line, DEFAULT_INDEX)
    assert [(contact.leg, contact.origin.host) for contact in found] == [("file", "r.example")]
