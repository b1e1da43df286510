from __future__ import annotations

import random

import pytest

from pipsafe.pip_settings import command_line, pip_options
from pipsafe.pip_settings.command_line import CommandLine
from tests.pip_answers import Case, answers, commands, pip_version


def test_the_table_of_options_is_that_of_this_pip() -> None:
    def rows(options: dict[str, bool], command: str) -> set[tuple[str, str, bool]]:
        return {(command, name, takes_value) for name, takes_value in options.items()}

    for command, theirs in commands().items():
        ours = pip_options.spellings(command, pip_version())
        read = {name: option.takes_value for name, option in ours.items()}
        assert rows(read, command) ^ rows(theirs, command) == set()


def test_every_command_of_this_pip_is_known() -> None:
    assert set(commands()) <= pip_options.COMMANDS


_GENERAL = (
    "-q", "-qqv", "--timeout=9", "--timeo|4", "--cert|a.pem", "--cert=b.pem", "--proxy=", "--prox|http://p.example",
    "--log|install", "--isolated", "--isol",
)  # fmt: skip
_ANY = (
    *_GENERAL, "pkg", "./path", "-", "-r|r.txt", "-rr.txt", "-c|-c", "-i|https://a.example",
    "-qihttps://b.example", "--", "--index|https://c.example", "--index-u=https://d.example", "--extra|https://e.example",
    "-f|links", "-o", "-qf", "-e|git+https://f.example/r", "-U", "--pre", "--no-i", "--target|t", "-d|dest",
    "-t|--no-index", "--user", "--require-v", "--re", "--trusted=h.example", "name @ https://g.example/x.whl",
    "--use-pep517", "--platform|p", "--cert", "-x", "--pre=1", "",
)  # fmt: skip


def _random_lines(count: int) -> list[list[str]]:
    """Command lines of which pip accepts a good part; the same in every run."""
    choose = random.Random(20)
    names = ["install"] * 4 + sorted(pip_options.COMMANDS - {"help"})
    lines = []
    for _ in range(count):
        before = choose.choices(_GENERAL, k=choose.randint(0, 1))
        after = choose.choices(_ANY, k=choose.randint(0, 4))
        lines.append("|".join([*before, choose.choice(names), *after]).split("|"))
    return lines


def test_command_and_arguments_are_those_that_pip_reads() -> None:
    lines = _random_lines(600)
    said = answers([Case(line) for line in lines])
    accepted = [(line, answer) for line, answer in zip(lines, said, strict=True) if "error" not in answer]
    assert len(accepted) > 100
    for line, answer in accepted:
        read = command_line.parse(line, pip_version())
        assert (line, read.command, list(read.arguments)) == (line, answer["command"], answer["arguments"])


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], CommandLine(None, (), ())),
        (["--version"], CommandLine(None, (("version", None),), ())),
        (["instal", "x"], CommandLine(None, (), ("x",))),
        (["install", "x"], CommandLine("install", (), ("x",))),
        (["--cert", "a", "install", "x"], CommandLine("install", (("cert", "a"),), ("x",))),
        (["list", "-vi", "u"], CommandLine("list", (("verbose", None), ("index-url", "u")), ())),
        (["install", "--pypi-url=u"], CommandLine("install", (("index-url", "u"),), ())),
        (["install", "--index=u"], CommandLine("install", (("index-url", "u"),), ())),
        (["install", "--", "--cert", "x"], CommandLine("install", (), ("--cert", "x"))),
        (["list", "-e", "x"], CommandLine("list", (("editable", None),), ("x",))),
        (["show", "-f", "x"], CommandLine("show", (("files", None),), ("x",))),
        (["install", "-r", "--isolated"], CommandLine("install", (("requirement", "--isolated"),), (), True)),
        (["install", "--isol"], CommandLine("install", (("isolated", None),), (), False)),
        (["install", "--cert"], CommandLine("install", (), ())),
        (["install", "--nonsense", "--no-index=1", "-Z"], CommandLine("install", (), ())),
        (["install", "--=x", "--t", "x"], CommandLine("install", (), ("x",))),
    ],
)  # fmt: skip
def test_parse(argv: list[str], expected: CommandLine) -> None:
    assert command_line.parse(argv, (26, 3)) == expected


@pytest.mark.parametrize(
    ("version", "name", "expected"),
    [
        ((19, 3, 1), "--prog", "progress-bar"),
        ((24, 0), "--use-f", "use-feature"),
        ((19, 3, 1), "--use-f", None),
        ((20, 3, 4), "--build", "build"),
        ((25, 3), "--build", "build-constraint"),
        ((24, 0), "--build", None),
        ((26, 3), "--no-pr", "no-proxy-env"),
        (None, "--cer", "cert"),
    ],
)
def test_abbreviations_follow_the_version(
    version: tuple[int, ...] | None, name: str, expected: str | None
) -> None:
    options = command_line.parse(["install", name, "x"], version).options
    assert [option for option, _ in options] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["install", "--cert", "old", "x"], ["install", "--cert", "new", "x"]),
        (["--cert=old", "install", "--cer", "old"], ["--cert=new", "install", "--cer", "new"]),
        (["install", "-r", "--cert", "old"], ["install", "-r", "--cert", "old"]),
        (["install", "--", "--cert", "old"], ["install", "--", "--cert", "old"]),
        (["install", "--cert", "install"], ["install", "--cert", "new"]),
        (["install", "--client-cert", "old"], ["install", "--client-cert", "old"]),
        (["install", "--cert"], ["install", "--cert"]),
        (["--cert", "old"], ["--cert", "new"]),
    ],
)
def test_replace_option(argv: list[str], expected: list[str]) -> None:
    assert command_line.replace_option(argv, "cert", "new") == tuple(expected)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:{}@a.example/simple",
        "--index-url=https://{}@a.example/simple",
        "-ihttps://user:{}@a.example:8443",
        "git+https://user:{}@a.example/r.git@main#egg=x",
        "name @ https://user:{}@a.example/x.whl ; python_version > '3'",
        "https://user:{}@a.example https://other:{}@b.example",
        "https://user:{}/more@a.example/",
        "https://user:{} more@a.example/",
        "https://user:{}@more@a.example/",
        "https://user%40corp:{}@a.example/",
        "HTTPS://user:{}@A.example",
    ],
)
def test_redact_hides_credentials_in_urls(text: str) -> None:
    shown = command_line.redact(["install", text.format("s3cret", "s3cret")])
    assert not any(part in shown[1] for part in ("s3cret", "more"))
    assert "a.example" in shown[1].lower()


@pytest.mark.parametrize(
    "argv",
    [
        ["--proxy", "user:s3cret@p.example:3128", "install", "x"],
        ["install", "--proxy=user:s3cret@p.example:3128"],
        ["install", "--prox", "http://user:s3c@ret@p.example"],
    ],
)
def test_redact_hides_credentials_of_a_proxy(argv: list[str]) -> None:
    shown = " ".join(command_line.redact(argv))
    assert "p.example" in shown
    assert "s3c" not in shown


@pytest.mark.parametrize(
    "argv",
    [
        ["install", "pkg==1.0", "-r", "a@b.txt", "name@./local"],
        ["install", "https://a.example:8443/x@1/y.whl", "git+https://a.example/r@v1#egg=x"],
        ["install", "https://[::1]:8443/a@b"],
        [],
    ],
)
def test_redact_leaves_the_rest(argv: list[str]) -> None:
    assert command_line.redact(argv) == tuple(argv)
