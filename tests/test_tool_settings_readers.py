"""Readers of configuration formats: beside the tools whose formats these are, and over any text at all."""

from __future__ import annotations

import configparser
import importlib
import json
import os
import random
import re
import shutil
import socket
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipsafe.tool_settings import (
    apt_conf,
    config_text,
    expansion,
    git_config,
    ini_file,
    json_text,
    npmrc,
    one_line,
    toml_lines,
    yaml_lines,
)
from pipsafe.tool_settings.entry import Entry
from pipsafe.tool_settings.found import sources
from pipsafe.tool_settings.tools import TOOLS
from tests.yardstick import takes_at_most

Reader = Callable[[str], Iterator[Entry]]

READERS: Mapping[str, Reader] = {
    "apt": apt_conf.read,
    "git": git_config.read,
    "ini": ini_file.read,
    "json": json_text.read,
    "npmrc": npmrc.read,
    "curl": one_line.curl,
    "wget": one_line.wget,
    "yarn": one_line.yarn,
    "hex": one_line.hex_terms,
    "properties": one_line.properties,
    "jvm": one_line.jvm_options,
    "toml": toml_lines.read,
    "yaml": yaml_lines.read,
}

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def run(
    *command: str, environ: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    given_environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(environ or {})}
    return subprocess.run(
        command, env=given_environ, input=stdin, capture_output=True, text=True, check=False, timeout=60
    )


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} here")
    return path


# Any text


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(
    contents=st.binary(max_size=300)
    | st.text(alphabet=string.ascii_letters[:6] + " \t\r\n:=.,;#/*-_\"'\\{}[]$%&|>!<@~0", max_size=200).map(
        str.encode
    )
)
@QUICK
def test_no_reader_raises(reader: Reader, contents: bytes) -> None:
    text = config_text.decoded(contents)
    lines = len(re.split(r"\r\n|\r|\n", text))

    for entry in reader(text):
        assert 1 <= entry.line <= lines
        assert all(isinstance(part, str) for part in entry.key)


HOSTILE = (
    *(
        '"',
        "'",
        "[",
        "{",
        "(",
        "\\",
        '\\"',
        "/*",
        "//",
        "#",
        "a",
        "a=",
        "a: ",
        "- ",
        "  ",
        "\t",
        "\n",
        "=",
        ":",
    ),
    *(
        '"a',
        "[a",
        "{a:",
        "a.",
        '""',
        "'''",
        '"""',
        ", ",
        "],",
        "$",
        "${",
        "%",
        "<<",
        "-Djavax.net.ssl.trustStore=",
    ),
    *(
        '"\\"',
        "'' ",
        "a:b",
        "a #",
        ' "',
        '{"a":',
        "[[a]]",
        "a={",
        "a=[",
        "]",
        "}",
        "a\\\n",
        "{a,",
        "a b ",
        "a:: ",
    ),
)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_reader_is_slow(reader: Reader) -> None:
    """What takes a time that grows with the square of a file would take minutes of the largest one."""
    slow = []
    for unit in HOSTILE:
        for start in ("", "a = ", '"'):
            text = start + unit * (6_000 // len(unit))
            begun = time.process_time()
            for _ in reader(text):
                pass
            if (seconds := time.process_time() - begun) > 0.15:
                slow.append((start, unit, seconds))

    assert slow == []


@given(
    contents=st.binary(max_size=400),
    place=st.sampled_from([".gitconfig", ".npmrc", ".condarc", ".yarnrc.yml"]),
)
@QUICK
def test_any_bytes_in_a_users_file(tmp_path: Path, contents: bytes, place: str) -> None:
    (tmp_path / place).write_bytes(contents)
    found = sources(
        {}, home=str(tmp_path), platform="linux", root=str(tmp_path / "root"), folder="/nonexistent"
    )

    assert all(os.path.isabs(source.path) for source in found.sources)  # noqa: PTH117 - text


@given(value=st.text(max_size=60), platform=st.sampled_from(["linux", "win32"]))
@QUICK
def test_no_expansion_raises(value: str, platform: str) -> None:
    around = expansion.Surroundings({"A": "/a"}, "/home/u", platform)
    rules = (
        *(expansion.as_it_stands, expansion.tilde, expansion.npm, expansion.pnpm, expansion.berry),
        *(expansion.variables, expansion.composer, expansion.editor),
    )
    for rule in rules:
        path = expansion.path(rule(value, around), "/home/u/x", around)
        assert path is None or around.paths.isabs(path)


# git


def gits_own(path: Path) -> list[tuple[str, str]] | None:
    """What git reads, without the names that have no value; None if it finds fault."""
    done = run(tool("git"), "config", "--file", str(path), "--list", "-z")
    if done.returncode:
        return None
    pairs = [item.partition("\n") for item in done.stdout.split("\0")[:-1]]
    return [(key, value) for key, sign, value in pairs if sign]


def gits_key(entry: Entry) -> str:
    return ".".join(entry.key)


GIT_PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "[http]",
                "[HTTP]\n",
                "[http.Old]\n",
                '[http "https://G.example/"]\n',
                '[http  "a\\"b\\\\c"]',
                '["x"]',
            ),
            *(
                "sslCAInfo = /corp/ca.pem\n",
                "  sslcainfo=/a b/c.pem  \n",
                "sslCAInfo\n",
                "sslCAInfo =\n",
                "x = # c\n",
            ),
            *(
                '\tx = " /a ; b " ; c\n',
                'x = a"b c"d\n',
                "x = a\\\n  b\n",
                'x = a\\tb\\nc\\\\d\\"\n',
                'x = "a\\\nb"\n',
            ),
            *(
                "# comment\n",
                "; [http] x = y\n",
                "\n",
                "  ",
                "\r\n",
                "x = y\r\n",
                "x=y ; z",
                "x-1 = 2\n",
                "x = a  b\n",
            ),
            *(
                "x = 'a;b'\n",
                "x = \\q\n",
                'x = "a\n',
                "1x = y\n",
                "x y = z\n",
                "[a b]\n",
                "é = x\n",
                "x = é\n",
            ),
        ]
    ),
    max_size=12,
)


@given(pieces=GIT_PIECES)
@example(pieces=['[http]\nx = "a" b ; c\n'])
@example(pieces=["[http]\nx = a\\"])
@example(pieces=['[http]\nx = " a "  \n'])
@settings(QUICK, max_examples=80)
def test_as_git_reads(tmp_path: Path, pieces: list[str]) -> None:
    path = tmp_path / "config"
    path.write_bytes("".join(pieces).encode())
    expected = gits_own(path)
    found = [(gits_key(entry), entry.value) for entry in git_config.read("".join(pieces))]

    if expected is not None:
        assert found == expected


@given(
    value=st.text(alphabet=st.sampled_from("ab/ ;#\"\\tn'=[]~$\n"), max_size=20),
    end=st.sampled_from(["\n", "", " \n", "\r\n"]),
)
@settings(QUICK, max_examples=80)
def test_a_value_as_git_reads_it(tmp_path: Path, value: str, end: str) -> None:
    path = tmp_path / "config"
    text = f"[a]\nx = {value}{end}"
    path.write_bytes(text.encode())
    expected = gits_own(path)

    if expected is not None:
        assert [(gits_key(entry), entry.value) for entry in git_config.read(text)] == expected


def test_the_lines_are_gits(tmp_path: Path) -> None:
    text = '# c\n[http]\n\n  x = a\\\n  b\n[http "y"] z = "1"\nq\nw = 2\n'
    found = [(gits_key(entry), entry.line) for entry in git_config.read(text)]
    (tmp_path / "config").write_text(text, encoding="utf-8")

    assert found == [("http.x", 4), ("http.y.z", 6), ("http.y.w", 8)]


@pytest.mark.parametrize(
    ("url", "is_read"),
    [
        ("https://git.example/x", True),
        ("https://git.example:443/", True),
        ("https://git.example:8443/", False),
        ("https://a.git.example/", False),
        ("https://a.wild.example/", True),
        ("https://a.b.wild.example/", False),
        ("https://wild.example/", False),
        ("https://other.example:8443/x", True),
        ("https://other.example/", False),
    ],
)
def test_a_scope_is_gits(tmp_path: Path, url: str, is_read: bool) -> None:  # noqa: FBT001
    """The server that git takes a CA for is the one that it counts for here."""
    from pipsafe import origin
    from pipsafe.trust import host_scope

    config = tmp_path / ".gitconfig"
    scopes = ("https://git.example/", "https://*.wild.example", "https://other.example:8443")
    config.write_text(
        "".join(f'[http "{scope}"]\nsslCAInfo = /ca.pem\n' for scope in scopes), encoding="utf-8"
    )
    environ = {"GIT_CONFIG_GLOBAL": str(config), "GIT_CONFIG_NOSYSTEM": "1"}
    done = run(tool("git"), "config", "--get-urlmatch", "http.sslCAInfo", url, environ=environ)
    found = sources(environ, home=str(tmp_path), platform="linux", root=str(tmp_path), folder="/nonexistent")
    place = origin.parse(url)

    assert place is not None
    assert done.stdout.strip() == ("/ca.pem" if is_read else "")
    assert (
        any(item.host is not None and host_scope.covers(item.host, place) for item in found.sources)
        is is_read
    )


def test_the_same_files_as_git(tmp_path: Path) -> None:
    """Includes, in what order and with what in them, but for what stands under a condition."""
    home = tmp_path / "home"
    (home / ".config/git").mkdir(parents=True)
    entry = "[http]\nsslCAInfo = /{}.pem\n"
    (home / ".config/git/config").write_text(
        entry.format("xdg") + "[include]\npath = more\n", encoding="utf-8"
    )
    (home / ".config/git/more").write_text(entry.format("more"), encoding="utf-8")
    (home / ".gitconfig").write_text(
        "[include]\npath = ~/a\npath = nowhere\n" + entry.format("home"), encoding="utf-8"
    )
    (home / "a").write_text(entry.format("a") + "[include]\npath = .config/git/more\n", encoding="utf-8")
    environ = {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
    done = run(
        tool("git"), "config", "--global", "--includes", "--get-all", "http.sslCAInfo", environ=environ
    )
    alone = run(
        *(tool("git"), "config", "--file", str(home / ".config/git/config"), "--includes"),
        *("--get-all", "http.sslCAInfo"),
        environ=environ,
    )
    found = sources(environ, home=str(home), platform="linux", root=str(tmp_path), folder="/nonexistent")

    assert {item.path for item in found.sources} == {*done.stdout.split(), *alone.stdout.split()}
    assert len(found.sources) == 4


# npm


NPMS_OWN = """
const ini = require(process.argv[1] + '/ini')
const parse = require(process.argv[1] + '/@npmcli/config/lib/parse-field.js')
const replace = require(process.argv[1] + '/@npmcli/config/lib/env-replace.js')
const types = {cafile: [require(process.argv[1] + '/@npmcli/config/lib/type-defs.js').path.type]}
const opts = {platform: 'linux', types, home: '/home/u', env: {A: '/a', B: ''}}
const texts = JSON.parse(require('fs').readFileSync(0))
process.stdout.write(JSON.stringify(texts.map(text => {
  const value = ini.parse(text).cafile
  return typeof value === 'string' ? [value, parse(value, 'cafile', opts)] : null
})))
"""


@cache
def npms_modules() -> str | None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    modules = Path(npm).resolve().parents[1] / "node_modules"
    return str(modules) if (modules / "ini").is_dir() and (modules / "@npmcli/config").is_dir() else None


NPM_VALUES = (
    *(
        '"/corp/ca.pem"',
        "'/corp/ca.pem'",
        "/corp/ca.pem ; ours",
        "${A}/ca.pem",
        "${B}x",
        "\\${A}",
        "~/ca",
        "~u/x",
    ),
    *(
        "${NOT_SET}",
        "${NOT_SET?}/ca.pem",
        '"a\\nb"',
        "'a\\nb'",
        "a\\nb",
        "null",
        "true",
        '"',
        "''",
        "[x]",
        "'\"x\"'",
    ),
)


def test_as_npm_reads() -> None:
    modules = npms_modules()
    if modules is None:
        pytest.skip("no npm here")
    chance = random.Random(3)  # one process for all values, so nothing to make smaller
    alphabet = "abA/ ;#\"\\'=${}?~[]n"
    values = [
        *NPM_VALUES,
        *("".join(chance.choices(alphabet, k=chance.randint(0, 16))) for _ in range(3_000)),
    ]
    texts = [f"a=b\ncafile = {value}\n" for value in values]
    done = run(tool("node"), "-e", NPMS_OWN, modules, stdin=json.dumps(texts))
    around = expansion.Surroundings({"A": "/a", "B": ""}, "/home/u", "linux")

    for text, expected in zip(texts, json.loads(done.stdout), strict=True):
        found = [entry.value for entry in npmrc.read(text) if entry.key == ("cafile",)]
        if expected is not None:
            value, path = expected
            assert found == [value]
            ours = expansion.path(expansion.npm(value, around), None, around)
            assert ours is None or os.path.normpath(f"/{ours.lstrip('/')}") == path, value


@pytest.mark.parametrize("value", ['"/corp/ca.pem"', "~/ca.pem", "${CORP}/ca.pem"])
def test_as_npm_answers(tmp_path: Path, value: str) -> None:
    (tmp_path / ".npmrc").write_text(f"cafile={value}\n", encoding="utf-8")
    environ = {"HOME": str(tmp_path), "CORP": "/corp"}
    done = run(tool("npm"), "config", "get", "cafile", environ=environ)
    [source] = sources(
        environ, home=str(tmp_path), platform="linux", root=str(tmp_path), folder="/nonexistent"
    ).sources

    assert done.stdout.strip() == source.path


# Python's own readers


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with 3.11")
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *(
                    "[http]\n",
                    "[a.b]\n",
                    '[a."b c"]\n',
                    "[[c]]\n",
                    "[ d . 'e' ]\n",
                    "# c\n",
                    "\n",
                    "  ",
                    "\t\n",
                ),
                *(
                    '{} = "/corp/ca.pem"\n',
                    "{} = '/corp/\\ca.pem' # c\n",
                    '{} = "a\\"b\\\\c\\u00e9\\t"\n',
                    "{} = 1\n",
                ),
                *(
                    "{}.x = 'y'\n",
                    '"{}" = "z"\n',
                    "{} = true\n",
                    "{} = 1979-05-27 07:32:00\n",
                    "{} = [1, 2]\n",
                ),
                *(
                    '{} = ["a", "b", # c\n "d",\n]\n',
                    '{} = {{ a = "b", c.d = "e" }}\n',
                    "{} = []\n",
                    "{} = {{}}\n",
                ),
                *(
                    '{} = """\nx = "y"\n"""\n',
                    "{} = '''a'b''c'''\n",
                    '{} = """a\\"""b""""\n',
                    "{} = -1.5e3\n",
                ),
                *(
                    '{} = [{{a = "b"}}, {{c = ["d"]}}]\n',
                    "{} = 07:32:00\n",
                    "{} = x\n",
                    '{} = "a\nb"\n',
                    "= 1\n",
                ),
            ]
        ),
        max_size=10,
    )
)
@QUICK
def test_as_tomllib_reads(pieces: list[str]) -> None:
    tomllib = importlib.import_module("tomllib")  # by name, as it is not there for every type checker
    text = "".join(piece.format(f"k{number}") for number, piece in enumerate(pieces))
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return

    assert sorted((entry.key, entry.value) for entry in toml_lines.read(text)) == sorted(
        short_strings(expected)
    )


def short_strings(value: object, key: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """What the reader tells: all strings but those in three quotes, of which the pieces have these."""
    if isinstance(value, str) and value not in ('x = "y"\n', "a'b''c", 'a"""b"'):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from short_strings(item, (*key, toml_lines.ITEM))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from short_strings(item, (*key, name))


@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *(
                    "[core]\n",
                    "[Profile x]\n",
                    "# c\n",
                    "; c\n",
                    "\n",
                    "  # c\n",
                    "{} = /corp/ca.pem\n",
                    "{}: x = y\n",
                ),
                *(
                    "{}=a ; b # c\n",
                    "  {} = y\n",
                    "{} =\n  a = b\n  c = d\n",
                    "{} =\n",
                    "    more\n",
                    "K{}=Z\r\n",
                ),
            ]
        ),
        max_size=10,
    )
)
@QUICK
def test_as_configparser_reads(pieces: list[str]) -> None:
    text = "[first]\n" + "".join(piece.format(f"k{number}") for number, piece in enumerate(pieces))
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    expected = {
        (section, option): value.replace("\n\n", "\n").rstrip("\n")
        for section in parser.sections()
        for option, value in parser.items(section)
    }

    assert {entry.key: entry.value for entry in ini_file.read(text.replace("\r\n", "\n"))} == {
        key: re.sub(r"\n+", "\n", value) for key, value in expected.items()
    }


def test_where_toml_stands() -> None:
    text = '# c\n[a]\nb = "c"\nd = """\n\n"""\ne = [\n"f",\n{g = "h"}]\n\ni.j = "k"\n'

    assert [(entry.value, entry.line) for entry in toml_lines.read(text)] == [
        ("c", 3),
        ("f", 8),
        ("h", 9),
        ("k", 11),
    ]


def test_where_an_ini_stands() -> None:
    assert [entry.line for entry in ini_file.read("[a]\n\nb = c\n  d\n# e\nf = g\n")] == [3, 6]


# apt, cargo, curl


APT = """\
Acquire::https::CaInfo "/a b.pem";
ACQUIRE::https::corp.example::CaInfo "/c.pem"; // comment "x";
/* Acquire::https::CaInfo "/no.pem";
*/ # another
Acquire { https { CAInfo::corp2.example "/d.pem"; apt.example { CaInfo "/e.pem"; }; }; };
Acquire::https::"quoted.example"::CaInfo /plain.pem;
Acquire::http::Proxy "http://x//y";
Acquire::https { CaInfo "/f.pem"
};
DPkg::Pre-Invoke { "a"; "b;}"; };
Acquire::https::last::CaInfo "/g.pem";
"""


def test_as_apt_reads(tmp_path: Path) -> None:
    path = tmp_path / "apt.conf"
    path.write_text(APT, encoding="utf-8")
    done = run(tool("apt-config"), "dump", environ={"APT_CONFIG": str(path)})
    lines = [
        re.fullmatch(r'(\S*cainfo\S*) "(.*)";', line, re.IGNORECASE) for line in done.stdout.splitlines()
    ]
    expected = {(tuple(line[1].lower().split("::")), line[2]) for line in lines if line}
    # apt keeps the last value of a name, and a name below another one is not the less there.
    found = {entry.key: entry.value for entry in apt_conf.read(APT) if "cainfo" in entry.key}

    assert set(found.items()) == expected
    assert len(expected) == 6


@pytest.mark.parametrize(
    "content",
    [
        "[http]\ncainfo = '/corp/ca.pem'\n",
        'http.cainfo = "/corp/ca.pem" # c\n',
        'http = { cainfo = "/corp/ca.pem", debug = true }\n',
        "[http]\n'cainfo' = '/corp/ca.pem'\n[build]\nrustflags = [\"a\",\n'b']\n",
    ],
)
def test_as_cargo_answers(tmp_path: Path, content: str) -> None:
    (tmp_path / "cargo").mkdir()
    (tmp_path / "cargo/config.toml").write_text(content, encoding="utf-8")
    environ = {
        "HOME": os.environ.get("HOME", ""),
        "CARGO_HOME": str(tmp_path / "cargo"),
        "RUSTC_BOOTSTRAP": "1",
    }
    if "RUSTUP_HOME" in os.environ:
        environ["RUSTUP_HOME"] = os.environ["RUSTUP_HOME"]
    done = run(
        *(tool("cargo"), "-Z", "unstable-options", "config", "get", "http.cainfo", "--format", "json-value"),
        environ=environ,
    )
    if done.returncode:
        pytest.skip("this cargo does not tell its configuration")
    [source] = sources(
        {"CARGO_HOME": str(tmp_path / "cargo")},
        home=str(tmp_path / "home"),
        platform="linux",
        root=str(tmp_path),
        folder="/nonexistent",
    ).sources

    assert json.loads(done.stdout) == source.path


@pytest.mark.parametrize(
    "line",
    [
        "cacert = {}",
        "cacert={}",
        "cacert:{}",
        "cacert {}",
        "cacert : {}",
        '  cacert = "{}"',
        '--cacert "{}"',
        "--cacert {} # ours",
        "\tcacert\t{}",
        'cacert = "{}" ours',
        'cacert = "{}',
        'cacert = "\\{}"',
        "cacert == {}",
    ],
)
def test_as_curl_reads(tmp_path: Path, line: str) -> None:
    """curl names the file that it cannot open."""
    missing = tmp_path / "missing ca.pem" if '"' in line else tmp_path / "missing.pem"
    text = line.format(missing) + "\n"
    (tmp_path / "curlrc").write_text(text, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        done = run(tool("curl"), "-q", "-sS", "-m", "5", "-K", str(tmp_path / "curlrc"), url)
    said = re.search(r"(?:certificate file:|CAfile:) (.*?)(?: CRLfile|$)", done.stderr, re.MULTILINE)
    if said is None:
        pytest.skip(f"this curl says something else: {done.stderr}")

    assert [entry.value for entry in one_line.curl(text) if entry.key == ("cacert",)] == [said[1].strip()]


# YAML


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssl_verify: /a\n", {"ssl_verify": "/a"}),
        ("ssl_verify : '/a''b' # c\n", {"ssl_verify": "/a'b"}),
        ('ssl_verify: "/a\\tb\\u00e9\\x41"\n', {"ssl_verify": "/a\tbéA"}),
        ("ssl_verify: /a#b #c\n", {"ssl_verify": "/a#b"}),
        ("ssl_verify:\n  /a\n", {"ssl_verify": "/a"}),
        ("ssl_verify: /a\n  b\n", {"ssl_verify": "/a b"}),
        ("ssl_verify: C:\\a\\b\n", {"ssl_verify": "C:\\a\\b"}),
        (":ssl_ca_cert: /a\n", {":ssl_ca_cert": "/a"}),
        ("a:\n  b: 1\n  c:\n    d: x\ne: y\n", {"a.b": "1", "a.c.d": "x", "e": "y"}),
        ("a:\n- b: 1\n  c: 2\n- d\ne: y\n", {"a.[].b": "1", "a.[].c": "2", "e": "y"}),
        ("a:\n  - b: 1\n    c: 2\ne: y\n", {"a.[].b": "1", "a.[].c": "2", "e": "y"}),
        ("a: {b: x, 'c': \"y, z\"}\nd: e\n", {"a.b": "x", "a.c": "y, z", "d": "e"}),
        ("a: |\n  b: c\n\n  d\ne: f\n", {"e": "f"}),
        ("a: >-\n  b: c\ne: f\n", {"e": "f"}),
        ("a: [b, c]\ne: f\n", {"e": "f"}),
        ("a: [b,\n  c: d]\ne: f\n", {"e": "f"}),
        ("a: &x b\nc: *x\nd: !t e\n", {}),
        ("---\na: b\n...\n", {"a": "b"}),
        ("%YAML 1.1\n--- # c\na: b\n", {"a": "b"}),
        ('"a b": c\n', {"a b": "c"}),
        ("a:b\n", {}),
        ("a: b\nc: 'd\ne: f\n  '\ng: h\n", {"a": "b"}),
        ("a:\nb: c\n", {"b": "c"}),
        ("a: ''\nb: \"\"\n", {"a": "", "b": ""}),
    ],
)
def test_yaml(text: str, expected: dict[str, str]) -> None:
    assert {".".join(entry.key): entry.value for entry in yaml_lines.read(text)} == expected


def test_where_yaml_stands() -> None:
    text = "# c\na: b\n\nc:\n  d: e\n  f:\n    g\n"

    assert [(entry.key, entry.line) for entry in yaml_lines.read(text)] == [
        (("a",), 2),
        (("c", "d"), 5),
        (("c", "f"), 6),
    ]


# JSON


def test_json_with_comments() -> None:
    text = '{\n// c\n"a": {"b": "/x//y", /* d\n */ "c": ["z"],\n},\n"b": "q", "n": 1,\n}'

    assert list(json_text.read(text)) == [Entry(("a", "b"), "/x//y", 3), Entry(("b",), "q", 6)]


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, '{"a":' * 200_000, "null", '"x"', "{'a': 1}"])
def test_json_of_no_use(text: str) -> None:
    assert [entry for entry in json_text.read(text) if entry.key] == []


# Without end


SECONDS_OF_A_BOMB = 1.0
"""Three times of what the slowest takes; what is quadratic takes minutes."""


LONG = 1 << 20
BOMBS = {
    "blanks": "a" + " " * LONG + "b",
    "blanks and a colon": "a" + " " * LONG + "b:",
    "blanks after a key": "a: {b:" + " " * LONG + "[}",
    "words": "a " * (LONG // 2),
    "one word": "a" * LONG,
    "colons": "a" + ":b" * (LONG // 2),
    "quotation marks": '"' * LONG,
    "apostrophes": "a: '" + "''" * (LONG // 2),
    "backslashes": "\\" * LONG,
    "escapes": "[http]\na = " + "x\\t" * (LONG // 3),
    "pieces": 'a"b"' + '"b"' * (LONG // 3) + ' "c";',
    "a long table": "[" + "a." * (LONG // 4) + "a]\n" + 'b="c"\n' * (LONG // 16),
    "a long block": "a::" * (LONG // 6) + "a {" + 'b "c";\n' * (LONG // 16) + "}",
    "digits": '{"a": ' + "9" * LONG + "}",
    "digits in quotes": "a='" + "9" * LONG + "'",
    "brackets": "[" * LONG,
    "lists": "- " * (LONG // 2),
    "options": '-Djavax.net.ssl.trustStore="' * (LONG // 28),
    "comments": "/*" * (LONG // 2),
    "commas": "," * LONG,
}
EVERY_READER = tuple(dict.fromkeys((*(tool.read for tool in TOOLS), one_line.jvm_options)))


@pytest.mark.parametrize("read", EVERY_READER, ids=lambda read: f"{read.__module__}.{read.__name__}")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_mebibyte_takes_no_time(read: Reader, bomb: str) -> None:
    with takes_at_most(SECONDS_OF_A_BOMB):
        for _ in read(BOMBS[bomb][:LONG]):
            pass
