"""pipsafe's own options: what is taken, what is pip's, and that bad input ends before pip starts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipsafe.own_options import UsageError, split
from tests.drop_in import as_script, marking_python, package_folder
from tests.lab.authority import EXPIRED, Authority, key_pem_of
from tests.lab.run import run

DIGITS = "0123456789abcdef" * 4
COLONS = ":".join(DIGITS.upper()[at : at + 2] for at in range(0, 64, 2))
OTHER = "f" * 64

TAKEN = [
    ([], {}, []),
    (["install", "x"], {}, ["install", "x"]),
    (["--pipsafe-strict", "install", "x"], {"strict": True}, ["install", "x"]),
    (["install", "--pipsafe-quiet", "x"], {"quiet": True}, ["install", "x"]),
    (["install", "x", "--pipsafe-no-rescue"], {"no_rescue": True}, ["install", "x"]),
    (["--pipsafe-python", "/p", "list"], {"python": "/p"}, ["list"]),
    (["--pipsafe-python=/p", "list"], {"python": "/p"}, ["list"]),
    (["--pipsafe-python=/a=b"], {"python": "/a=b"}, []),
    (["--pipsafe-report", "-r", "list"], {"report": "-r"}, ["list"]),
    (["--pipsafe-ca", "a", "--pipsafe-ca=b"], {"ca": ["a", "b"]}, []),
    (["--pipsafe-pin", COLONS, "list"], {"pins": [DIGITS]}, ["list"]),
    (["--pipsafe-pin=" + DIGITS.upper(), "--pipsafe-pin", OTHER], {"pins": [DIGITS, OTHER]}, []),
    (["--pipsafe-pin", f"SHA256:{DIGITS}, {OTHER}"], {"pins": [DIGITS, OTHER]}, []),
    (["--", "--pipsafe-strict"], {}, ["--", "--pipsafe-strict"]),
    (["--pipsafe-strict", "--", "--pipsafe-frob"], {"strict": True}, ["--", "--pipsafe-frob"]),
    # Not ours: pip says what it thinks of them.
    (["--pipsafe"], {}, ["--pipsafe"]),
    (["-pipsafe-strict"], {}, ["-pipsafe-strict"]),
    (["install", "pipsafe", "--PIPSAFE-x"], {}, ["install", "pipsafe", "--PIPSAFE-x"]),
]


def set_of(options: object) -> dict[str, object]:
    names = ("python", "report", "strict", "quiet", "no_rescue", "ca", "pins")
    values = {name: getattr(options, name) for name in names}
    values["ca"] = [path for path, _ in values["ca"]]
    values["pins"] = [digits for digits, _ in values["pins"]]
    return {name: value for name, value in values.items() if value}


@pytest.mark.parametrize(("arguments", "taken", "rest"), TAKEN)
def test_own_options_are_taken_out(arguments: list[str], taken: dict[str, object], rest: list[str]) -> None:
    options, given = split(arguments, {})
    assert (set_of(options), given) == (taken, rest)


@pytest.mark.parametrize(
    ("variables", "taken"),
    [
        ({"PIPSAFE_PYTHON": "/p"}, {"python": "/p"}),
        ({"PIPSAFE_PYTHON": ""}, {}),
        ({"PIPSAFE_STRICT": "1"}, {"strict": True}),
        ({"PIPSAFE_STRICT": "yes", "PIPSAFE_QUIET": "TRUE"}, {"strict": True, "quiet": True}),
        *(({"PIPSAFE_NO_RESCUE": word}, {}) for word in ("", "0", "no", "No", "false", "OFF")),
        ({"PIPSAFE_NO_RESCUE": "on"}, {"no_rescue": True}),
        ({"PIPSAFE_CA": os.pathsep.join(["a", "b", ""])}, {"ca": ["a", "b"]}),
        ({"PIPSAFE_REPORT": "f"}, {"report": "f"}),
        ({"PIPSAFE_PIN": COLONS}, {"pins": [DIGITS]}),
        ({"PIPSAFE_PIN": f"{DIGITS}\n{OTHER}\n"}, {"pins": [DIGITS, OTHER]}),
        ({"PIPSAFE_PIN": " "}, {}),
    ],
)
def test_variables_stand_for_options(variables: dict[str, str], taken: dict[str, object]) -> None:
    assert set_of(split([], variables)[0]) == taken


def test_what_is_typed_goes_before_the_variable() -> None:
    variables = {"PIPSAFE_PYTHON": "/a", "PIPSAFE_CA": "a", "PIPSAFE_REPORT": "a", "PIPSAFE_PIN": DIGITS}
    typed = ["--pipsafe-python=/b", "--pipsafe-ca=b", "--pipsafe-report=b", f"--pipsafe-pin={OTHER}"]
    options, _ = split(typed, variables)
    assert set_of(options) == {"python": "/b", "ca": ["b"], "report": "b", "pins": [OTHER]}
    assert (options.python_set_by, options.ca) == ("--pipsafe-python", [("b", "--pipsafe-ca")])


def test_what_set_it_is_remembered() -> None:
    options, _ = split([], {"PIPSAFE_PYTHON": "/a", "PIPSAFE_CA": "a"})
    assert (options.python_set_by, options.ca) == ("PIPSAFE_PYTHON", [("a", "PIPSAFE_CA")])


BAD_WORDS = [
    (["--pipsafe-frob"], "there is no option --pipsafe-frob"),
    (["--pipsafe-"], "there is no option --pipsafe-"),
    (["--pipsafe-pythn=/p"], "there is no option --pipsafe-pythn"),
    (["--pipsafe-python"], "--pipsafe-python needs a value"),
    (["--pipsafe-python="], "--pipsafe-python needs a value"),
    (["install", "--pipsafe-ca"], "--pipsafe-ca needs a value"),
    (["--pipsafe-pin", "="], "SHA-256 fingerprint"),
    (["--pipsafe-pin", DIGITS[1:]], "64 hexadecimal digits"),
    (["--pipsafe-pin", DIGITS + "0"], "64 hexadecimal digits"),
    (["--pipsafe-pin", "g" + DIGITS[1:]], "64 hexadecimal digits"),
    (["--pipsafe-pin", f"{DIGITS},sha1:{OTHER}"], "64 hexadecimal digits"),
    (["--pipsafe-strict=1"], "--pipsafe-strict takes no value"),
    (["--pipsafe-quiet="], "--pipsafe-quiet takes no value"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD_WORDS)
def test_what_cannot_be_meant_is_refused(arguments: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        split(arguments, {})


Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, env: dict[str, str]) -> Refused:
    """Runs pipsafe, demands that it ends with code 2 before its Python starts, and returns its one line."""
    marker = tmp_path / "marker"
    python = marking_python(tmp_path / "fake" / "bin", marker)

    def run_it(*arguments: str, **variables: str) -> str:
        done = run(as_script(arguments), {**env, "PIPSAFE_PYTHON": str(python), **variables})
        assert (done.exit_code, done.stdout, marker.exists()) == (2, b"", False), done.text
        line = done.stderr.decode()
        assert line.startswith("pipsafe: ")
        assert line.count("\n") == 1
        return line

    return run_it


def test_the_fake_python_would_tell(tmp_path: Path, env: dict[str, str]) -> None:
    """The tests below prove something only if a Python that is started leaves its mark."""
    marker = tmp_path / "marker"
    env["PIPSAFE_PYTHON"] = str(marking_python(tmp_path, marker))
    done = run(as_script(["list"]), env)
    assert marker.exists()
    assert done.exit_code == 2
    assert "did not answer as a Python does" in done.text


@pytest.mark.parametrize(("arguments", "words"), BAD_WORDS)
def test_a_bad_word_ends_it_before_pip(refused: Refused, arguments: list[str], words: str) -> None:
    assert words in refused(*arguments)


def test_a_ca_that_is_missing(refused: Refused, tmp_path: Path) -> None:
    line = refused("--pipsafe-ca", str(tmp_path / "none.pem"), "list")
    assert "none.pem" in line
    assert "--pipsafe-ca" in line


def test_a_ca_named_by_the_variable(refused: Refused, tmp_path: Path) -> None:
    assert "PIPSAFE_CA names" in refused("list", PIPSAFE_CA=str(tmp_path / "none.pem"))


def test_one_of_two_cas_is_missing(refused: Refused, tmp_path: Path, authority: Authority) -> None:
    good = authority.write(tmp_path / "good.pem")
    assert "none.pem" in refused(f"--pipsafe-ca={good}", f"--pipsafe-ca={tmp_path / 'none.pem'}")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_ca_that_may_not_be_read(refused: Refused, tmp_path: Path, authority: Authority) -> None:
    path = authority.write(tmp_path / "secret.pem")
    path.chmod(0)
    assert "secret.pem" in refused("--pipsafe-ca", str(path))


def contents() -> dict[str, bytes]:
    authority = Authority("Some CA")
    intermediate = authority.intermediate()
    return {
        "empty": b"",
        "text": b"hello\n",
        "binary": bytes(range(256)),
        "key only": key_pem_of(authority.key),
        "cut off": authority.pem[: len(authority.pem) // 2],
        "garbage in the block": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "an intermediate only": intermediate.pem,
        "a server's": authority.leaf().pem,
        "expired": Authority("Old CA", validity=EXPIRED).pem,
    }


@pytest.mark.parametrize("name", list(contents()))
def test_a_file_without_a_ca(refused: Refused, tmp_path: Path, name: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(contents()[name])
    assert "ca.pem" in refused("--pipsafe-ca", str(path), "list")


def test_a_fifo_in_place_of_a_ca_does_not_hang(refused: Refused, tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("no FIFOs")
    os.mkfifo(tmp_path / "ca.pem")
    assert "ca.pem" in refused("--pipsafe-ca", str(tmp_path / "ca.pem"), "list")


def test_a_report_that_cannot_be_written(refused: Refused, tmp_path: Path) -> None:
    assert "missing" in refused("--pipsafe-report", str(tmp_path / "missing" / "report.json"), "list")


def test_words_are_said_on_stderr_or_not_at_all(env: dict[str, str]) -> None:
    """With stderr closed, an error of pipsafe's must not land in what somebody pipes on."""
    if os.name == "nt":
        pytest.skip("no sh")
    done = run(["sh", "-c", 'exec "$@" 2>&-', "sh", *as_script(["--pipsafe-frob"])], env)
    assert (done.exit_code, done.stdout) == (2, b"")


def test_the_package_under_test_is_there() -> None:
    assert (package_folder() / "cli.py").exists()
