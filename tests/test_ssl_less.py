"""Pythons without a working ssl module: the prober runs there all the same, and says how they were built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipsafe.probes.probe import Prober
from tests.lab.run import run, run_pip
from tests.lab.ssl_less import with_lost_library, without_ssl
from tests.lab.targets import python_for, target
from tests.probing import NO_TRUST, at

MAKERS: Mapping[str, tuple[Callable[..., Path], str]] = {
    "never built": (without_ssl, "No module named '_ssl'"),
    "library lost": (
        with_lost_library,
        "libssl.so.9: cannot open shared object file: No such file or directory",
    ),
}


@pytest.mark.parametrize("name", MAKERS)
def test_every_question_is_answered(name: str, env: dict[str, str]) -> None:
    make, words = MAKERS[name]
    python = make()
    with Prober(str(python), env, seconds=20) as prober:
        facts = prober.facts("")
        (survey, other) = prober.survey([at(1), at(2)], {"pip": NO_TRUST, "system": NO_TRUST}, seconds=1)
        (row, _) = prober.trial([at(1), at(2)], [(), ()], seconds=1)
        (proof,) = prober.prove([at(1)], NO_TRUST, {"SSL_CERT_FILE": None}, seconds=1)
    assert survey.error is not None
    assert survey.chain == ()
    assert (other.origin.port, other.verdicts) == (2, survey.verdicts)
    for verdict in (*survey.verdicts.values(), survey.error, *row, proof):
        assert (verdict.accepted, verdict.kind, verdict.message) == (False, "ssl-missing", words)
    assert len(row) == len(survey.verdicts) == 2
    assert facts.openssl is None
    assert not facts.truststore
    assert facts.build["ssl_error"] == words


def test_how_it_was_built(env: dict[str, str]) -> None:
    python = without_ssl()
    with Prober(str(python), env, seconds=20) as prober:
        build = prober.facts("").build
    done = run([python, "-c", "import sysconfig; print(sysconfig.get_config_var('CONFIG_ARGS'))"], env)
    assert build["executable"] == str(python)
    assert build["prefix"] == build["base_prefix"] == str(python.parents[1])
    assert build["config_args"] == done.text.strip()
    assert build["is_conda"] is None
    assert {"version", "platform", "os_id", "openssl_libs", "openssl_includes"} <= set(build)


def test_a_virtual_environment_on_it_is_conda(env: dict[str, str], tmp_path: Path) -> None:
    """What counts is the Python below it."""
    base = tmp_path / "conda"
    python = without_ssl()
    (base / "bin").mkdir(parents=True)
    (base / "conda-meta").mkdir()
    (base / "lib").symlink_to(python.parents[1] / "lib")
    copy = base / "bin" / python.name
    copy.write_bytes(python.read_bytes())
    copy.chmod(0o755)
    venv = tmp_path / "venv"
    assert run([copy, "-m", "venv", "--without-pip", venv], env).exit_code == 0
    with Prober(str(venv / "bin" / "python"), env, seconds=20) as prober:
        build = prober.facts("").build
    assert build["is_conda"] == "yes"
    assert (build["prefix"], build["base_prefix"]) == (str(venv), str(base))


# What pip says there, by which pipsafe is led to look.
SAID: Mapping[str, tuple[str, ...]] = {
    "20.3.4": ("the ssl module in Python is not available", "the SSL module is not available"),
    "23.2.1": ("the ssl module in Python is not available", "the SSL module is not available"),
    "26.3": (
        "the ssl module in Python is not available",
        "The 'ssl' module is unavailable but required for HTTPS URLs",
    ),
}


@pytest.mark.e2e
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("pip", SAID)
def test_what_pip_says(pip: str, name: str, env: dict[str, str]) -> None:
    """The words of real pips, and that the prober finds that pip's parts without ssl."""
    make, _ = MAKERS[name]
    chosen = target(pip, make(python_for(pip)))
    index = ["--index-url", "https://localhost:1/simple/", "--retries", "0"]
    done = run_pip(chosen, ["install", *index, "speck"], env)
    assert done.exit_code == 1
    for words in SAID[pip]:
        assert words in done.text
    with Prober(str(chosen.python), env, seconds=20) as prober:
        facts = prober.facts(str(chosen.site_packages))
    assert facts.default_index is not None
    assert facts.certifi == str(chosen.certifi_bundle)
    assert facts.build["base_prefix"] == str(make(python_for(pip)).parents[1])
