"""The rules of how a pip speaks TLS and whom it trusts, as real pips behave (see test_pip_verdicts.py)."""

from __future__ import annotations

import pytest

from pipsafe.pip_settings import command_line, pip_tls, pip_trust, settings
from pipsafe.pip_settings.config_paths import TargetFacts
from pipsafe.pip_settings.settings import Settings
from pipsafe.probes.asked import Trust

FILE = "/corp/ca.pem"
CARRIED, DEFAULTS = Trust(), Trust(carried=False, openssl_defaults=True)
FILE_ALONE = Trust(file=FILE, carried=False)


def _target(pip: tuple[int, ...], python: tuple[int, ...] = (3, 11)) -> TargetFacts:
    return TargetFacts("/venv", "/home/me", "linux", python, pip)


def _settings(target: TargetFacts, *arguments: str) -> Settings:
    line = command_line.parse(("download", *arguments, "speck"), target.pip_version)
    return settings.read(line, {"PIP_CONFIG_FILE": "/dev/null"}, target)


# Version -> what judges a TLS proxy without a CA file, and with one. None: the very trust.
AT_PROXY = (
    ((20, 3, 4), False, CARRIED, FILE_ALONE),
    ((24, 0), True, CARRIED, FILE_ALONE),
    ((24, 1, 2), True, DEFAULTS, FILE_ALONE),
    ((24, 2), True, DEFAULTS, FILE_ALONE),
    ((25, 2), True, DEFAULTS, FILE_ALONE),
    ((25, 2), False, DEFAULTS, FILE_ALONE),
    ((25, 3), True, CARRIED, FILE_ALONE),
    ((26, 1), True, CARRIED, FILE_ALONE),
    ((26, 2), False, CARRIED, FILE_ALONE),
    ((26, 2), True, None, None),
    ((26, 3), True, None, FILE_ALONE),
)


@pytest.mark.parametrize(("version", "truststore", "without", "given"), AT_PROXY)
def test_what_judges_a_tls_proxy(
    version: tuple[int, ...],
    truststore: bool,  # noqa: FBT001
    without: Trust | None,
    given: Trust | None,
) -> None:
    for trust, expected in (
        (Trust(truststore=truststore), without),
        (Trust(truststore=truststore, file=FILE), given),
    ):
        applied = pip_trust.applied(trust, _target(version))
        assert applied.at_proxy == (trust if expected is None else expected)


@pytest.mark.parametrize(
    ("version", "python", "strict"),
    [((26, 1), (3, 13), True), ((26, 1), (3, 12), False), ((26, 0), (3, 13), False)],
)
def test_strict_with_a_tls_proxy(
    version: tuple[int, ...],
    python: tuple[int, ...],
    strict: bool,  # noqa: FBT001
) -> None:
    applied = pip_trust.applied(Trust(truststore=True, file=FILE), _target(version, python))
    assert applied.at_proxy is not None
    assert applied.at_proxy.strict is strict


def test_applied_anew() -> None:
    """What a trust was with another file counts no more."""
    before = pip_trust.applied(Trust(truststore=True), _target((24, 2)))
    after = pip_trust.applied(Trust(truststore=True, file=FILE), _target((24, 2)))
    assert before.through_proxy == DEFAULTS
    assert pip_trust.applied(before, _target((26, 2))).through_proxy is None
    assert after.through_proxy == FILE_ALONE


@pytest.mark.parametrize(
    ("version", "arguments", "named"),
    [
        ((23, 2), (), True),
        ((24, 0), ("--use-feature", "truststore"), False),
        ((24, 2), (), False),
        ((24, 2), ("--use-deprecated", "legacy-certs"), True),
        ((26, 1), (), False),
        ((26, 1), ("--use-deprecated", "legacy-certs"), False),
    ],
)
def test_ciphers(version: tuple[int, ...], arguments: tuple[str, ...], named: bool) -> None:  # noqa: FBT001
    target = _target(version)
    expected = pip_tls.URLLIB3_CIPHERS if named else None
    assert pip_tls.ciphers(target, _settings(target, *arguments)) == expected


def test_tls_with_proxies() -> None:
    assert pip_tls.speaks_plainly_with_proxies(_target((20, 2, 4)))
    assert not pip_tls.speaks_plainly_with_proxies(_target((20, 3)))
