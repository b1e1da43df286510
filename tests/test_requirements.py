from __future__ import annotations

import codecs
import os
import random
from pathlib import Path

import pytest

from pipsafe.pip_settings import command_line, requirements, settings
from pipsafe.pip_settings.pip_config import Setting
from pipsafe.pip_settings.requirements import Requirements, url_of
from pipsafe.pip_settings.settings import TargetFacts
from tests.pip_answers import Case, answers, pip_version

GIVEN = "requirements file given to pip"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def read(folder: Path, text: str, **environ: str) -> Requirements:
    """What a file with *text* says."""
    write(folder / "r.txt", text)
    return requirements.read(["r.txt"], cwd=str(folder), supplied={}, environ=environ)


def said(found: Requirements) -> list[tuple[str, str, str]]:
    """Name, value and line."""
    return [
        (setting.name, setting.value, setting.set_in.rpartition(" ")[2])
        for setting in (*found.settings, *found.urls)
    ]


# --- as pip itself answers -----------------------------------------------------------------------------

_LINES = (
    "pkg", "pkg==1.0 # c", "# comment", "", "name @ https://d.example/a.whl", "git+https://g.example/r@v#egg=x",
    "name[x] @ https://d2.example/a.whl ; python_version > '3'", "-e git+https://g2.example/r#egg=y",
    "--editable=git+https://g3.example/r#egg=z", "-i https://a.example", "--index-url=https://b.example",
    "--index https://c.example", "--extra-index-url https://e.example", "-f links",
    "--find-links=https://f.example", "--extra https://h.example --extra-index-url=https://i.example",
    "-f one -f two", "--trusted-host t.example",
    "--pre", "-r b.txt", "-c c.txt", "-r sub/b.txt", "--requirement ../d.txt", "pkg \\",
    "--hash=sha256:abc \\", "-i ${URL}", "--extra-index-url https://${USER_}:${PASS}@v.example/s", "-i 'https://q.example'",
    "--extra-index-url https://${lower}@w.example/", "https://x.example/p.whl # note", "./local",
    "https://x.example/p.whl#sha256=1", "--only-binary :all:", "-i https://a.example --extra-index-url https://j.example",
    "  -i https://k.example  # x", "# c \\", "--prefer-binary", "\tpkg", "-i https://l.example -i https://m.example",
)  # fmt: skip
_TYPED = (
    "",
    "-c sub/c.txt",
    "-r d.txt",
    "-i https://n.example",
    "--no-index",
    "--extra-index-url https://o.example",
)


def _files(choose: random.Random, folder: Path) -> None:
    for name in ("a.txt", "sub/b.txt", "sub/c.txt", "d.txt"):
        text = choose.choice(["\n", "\r\n"]).join(choose.choices(_LINES, k=choose.randint(0, 4)))
        write(folder / name, "").write_bytes(text.encode(choose.choice(["utf-8", "utf-8-sig", "utf-16"])))


def test_files_say_what_pip_reads_in_them(tmp_path: Path) -> None:
    choose = random.Random(22)
    accepted = 0
    for number in range(10):
        folder = tmp_path / str(number)
        _files(choose, folder)
        environ = {
            "HOME": str(folder),
            "URL": "https://v.example",
            "PASS": "p",
            "PIP_CONFIG_FILE": os.devnull,
        }
        cases = [
            Case(f"install -r a.txt {typed}".split(), environ, str(folder), files=True) for typed in _TYPED
        ]
        for case, answer in zip(cases, answers(cases, folder), strict=True):
            if "error" not in answer:
                accepted += 1
                _compare(case, answer["files"], folder)
    assert accepted > 20


def _compare(case: Case, theirs: dict[str, list[str]], folder: Path) -> None:
    known = TargetFacts(str(folder), str(folder), "linux", (3, 11), pip_version())
    found = settings.read(command_line.parse(case.argv), case.environ, known)
    ours = requirements.read(
        found.constraint_files + found.requirement_files, cwd=str(folder), supplied={}, environ=case.environ
    )
    indexes = [setting.value for setting in settings.index_urls(found, ours, "default")]
    assert indexes == [url if ".example" in url else "default" for url in theirs["index_urls"]]
    # pip reads a file as often as it is named, this module once.
    urls = {setting.value for setting in ours.urls}
    assert urls == {url for text in theirs["requirements"] if (url := url_of(text))}
    for name, known_to_pip in (("find-links", "find_links"), ("trusted-host", "trusted_hosts")):
        assert {setting.value for setting in ours.of(name)} == set(theirs[known_to_pip])


# --- lines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("pkg==1 --hash=sha256:00\n# -i https://c.example\n", []),
        ("-i https://a.example/s # why", [("index-url", "https://a.example/s", "1")]),
        ("--index-url=https://a.example", [("index-url", "https://a.example", "1")]),
        ("\n--index https://a.example", [("index-url", "https://a.example", "2")]),
        ("--pypi-url 'https://a.example'", [("index-url", "https://a.example", "1")]),
        (
            "-i \\\nhttps://a.example\n-f b",
            [("index-url", "https://a.example", "1"), ("find-links", "b", "3")],
        ),
        ("--no-index\n--trusted-host h:1", [("no-index", "1", "1"), ("trusted-host", "h:1", "2")]),
        ("--extra-index-url x --no-index", [("no-index", "1", "1"), ("extra-index-url", "x", "1")]),
        ("-i a -i b", [("index-url", "b", "1")]),
        ("-f a -f b", [("find-links", "a", "1")]),
        ("pkg -i https://a.example", []),
        (
            "-e git+https://a.example/r -i https://b.example",
            [("requirement", "git+https://a.example/r", "1")],
        ),
        ("x@https://a.example/x.whl", [("requirement", "https://a.example/x.whl", "1")]),
        ("x @ git+https://a.example/r@v1 ; a", [("requirement", "git+https://a.example/r@v1", "1")]),
        ("-r https://a.example/r.txt", [("requirement-file", "https://a.example/r.txt", "1")]),
        ("-i ${A}/${B}/${c}", [("index-url", "https://a.example/${B}/${c}", "1")]),
        ("--cert /ca.pem --proxy p", []),
    ],
)
def test_lines(text: str, expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert said(read(tmp_path, text, A="https://a.example")) == expected


def test_a_line_that_pip_would_refuse_is_a_problem(tmp_path: Path) -> None:
    found = read(tmp_path, "-i 'https://a.example\n-f b")
    assert said(found) == [("find-links", "b", "2")]
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example/x.whl#egg=x", "https://a.example/x.whl#egg=x"),
        ("a_b.c-d[e, f]@ https://a.example/x ; os_name == 'nt'", "https://a.example/x"),
        ("HG+HTTPS://a.example", "HG+HTTPS://a.example"),
        ("x==1", None),
        ("./a@b", None),
        ("x @ ./a", None),
        (r"C:\a", None),
        ("git@a.example:r.git", None),
        ("", None),
    ],
)
def test_url_of(text: str, expected: str | None) -> None:
    assert url_of(text) == expected


# --- files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "contents",
    [
        codecs.BOM_UTF8 + b"-f \xc3\xa9",
        codecs.BOM_UTF16_LE + "-f é".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "-f é".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "-f é".encode("utf-32-le"),
        b"\n# -*- coding: latin-1 -*-\n-f \xe9",
        b"# vim: coding=cp1252\n-f \xe9",
        b"-f \xc3\xa9",
        b"# coding: no-such-one\n-f \xc3\xa9",
    ],
)
def test_encodings(contents: bytes) -> None:
    found = requirements.read(["-"], cwd="/", supplied={"-": contents})
    assert [setting.value for setting in found.settings] == ["é"]


@pytest.mark.parametrize(
    "contents", [b"\xff\xfe\xff", b"\x00\x01", b"-i \xe9\n", bytes(range(256)), b"\\\n" * 9]
)
def test_any_bytes_can_be_read(contents: bytes) -> None:
    assert requirements.read(["x"], cwd="/", supplied={"x": contents}).files == ("x",)


def test_files_include_others_beside_themselves(tmp_path: Path) -> None:
    write(tmp_path / "a/one.txt", "-r b/two.txt\n-c ../three.txt\n-r https://r.example/four.txt")
    write(tmp_path / "a/b/two.txt", "-i https://two.example\n-r two.txt")
    write(tmp_path / "three.txt", "x @ https://three.example/x.whl\n-r missing.txt")
    found = requirements.read(["a/one.txt"], cwd=str(tmp_path), supplied={})
    assert [setting.value for setting in (*found.settings, *found.urls)] == [
        "https://two.example",
        "https://three.example/x.whl",
        "https://r.example/four.txt",
    ]
    assert [Path(path).name for path in found.files] == ["one.txt", "two.txt", "three.txt"]
    assert [Path(problem.partition(":")[0]).name for problem in found.problems] == ["missing.txt"]


def test_a_file_url_is_a_file(tmp_path: Path) -> None:
    write(tmp_path / "a b.txt", "-r c.txt")
    write(tmp_path / "c.txt", "-i https://a.example")
    found = requirements.read([(tmp_path / "a b.txt").as_uri()], cwd="/", supplied={})
    assert [setting.value for setting in found.of("index-url")] == ["https://a.example"]


def test_a_remote_file_is_named_and_not_fetched() -> None:
    found = requirements.read(["https://r.example/r.txt"], cwd="/", supplied={})
    assert found == Requirements(urls=(Setting("requirement-file", "https://r.example/r.txt", GIVEN),))


def test_supplied_contents_are_used_wherever_the_path_is_named(tmp_path: Path) -> None:
    write(tmp_path / "r.txt", "-r /dev/stdin")
    supplied = {"/dev/stdin": b"-i https://a.example", "/dev/fd/63": b"-f https://b.example"}
    found = requirements.read(["r.txt", "/dev/fd/63"], cwd=str(tmp_path), supplied=supplied)
    assert [setting.value for setting in found.settings] == ["https://a.example", "https://b.example"]
    assert found.settings[0].set_in == "/dev/stdin, line 1"


@pytest.mark.parametrize("name", ["pylock.toml", "pylock.dev.toml", "pylock.toml[extra]"])
def test_a_lock_file_names_urls(name: str, tmp_path: Path) -> None:
    write(
        tmp_path / name.partition("[")[0],
        'lock-version = "1.0"\n[[packages]]\nname = "x"\nindex = "https://i.example/simple"\n'
        'wheels = [{name = "x.whl", url = "https://f.example/x.whl", hashes = {sha256 = "00"}}]\n'
        "[packages.archive]\nurl = 'https://g.example/x.zip'\n",
    )
    found = requirements.read([name], cwd=str(tmp_path), supplied={})
    assert [setting.value for setting in found.urls] == [
        "https://i.example/simple",
        "https://f.example/x.whl",
        "https://g.example/x.zip",
    ]


# --- bounds --------------------------------------------------------------------------------------------


def test_depth_number_and_size_are_bounded(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path / f"deep{number}.txt", f"-r deep{number + 1}.txt")
    found = requirements.read(["deep0.txt"], cwd=str(tmp_path), supplied={})
    assert (len(found.files), len(found.problems)) == (requirements.DEPTH_LIMIT + 1, 1)

    supplied = {str(number): b"" for number in range(300)}
    found = requirements.read(list(supplied), cwd="/", supplied=supplied)
    assert (len(found.files), len(found.problems)) == (requirements.FILE_LIMIT, 100)

    (tmp_path / "large.txt").write_bytes(b"#" * (requirements.SIZE_LIMIT + 1))
    found = requirements.read(["large.txt"], cwd=str(tmp_path), supplied={})
    assert (found.files, len(found.problems)) == ((), 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_what_is_no_regular_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    found = requirements.read(["fifo", ".", "/dev/zero", "a\0b"], cwd=str(tmp_path), supplied={})
    assert (found.files, len(found.problems)) == ((), 4)
