"""The settings that doctor tells of: what each does with each pip, who set it, and what is kept secret."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipsafe.checkup import unencrypted, unverified
from pipsafe.checkup.unverified import Unverified, of_origin
from pipsafe.origin import Origin
from pipsafe.own_options import OPTIONS
from pipsafe.pip_settings.settings import Contact
from tests.checkups import DEFAULT_INDEX, ROOT, effects_of, looked_at

PASSWORD = "hunter2"
IGNORED = "is ignored: "


@pytest.fixture
def ca(tmp_path: Path) -> str:
    return str(ROOT.write(tmp_path / "ca.pem"))


def _write(env: Mapping[str, str], text: str, kind: str = "user") -> str:
    """A configuration file in the place of that kind, and its path."""
    home = Path(env["HOME"])
    path = {
        "user": Path(env["XDG_CONFIG_HOME"], "pip", "pip.conf"),
        "legacy": home / ".pip" / "pip.conf",
        "site": home / "prefix" / "pip.conf",
        "global": Path(env["XDG_CONFIG_DIRS"], "pip", "pip.conf"),
        "env": home / "named.conf",
    }[kind]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def with_files(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which pip reads its configuration files."""
    monkeypatch.setenv("HOME", env["HOME"])
    return {name: value for name, value in env.items() if name != "PIP_CONFIG_FILE"}


def _row(
    environ: Mapping[str, str], *words: str, name: str, pip: str = "24.0", python: str = "3.12.3"
) -> str:
    """What one setting does."""
    rows = [item.effect for item in effects_of(environ, *words, pip=pip, python=python) if item.name == name]
    assert len(rows) == 1, rows
    return rows[0]


# What each does


def test_nothing_is_set(with_files: dict[str, str]) -> None:
    environ = {name: value for name, value in with_files.items() if not name.startswith("PIP_")}
    # Nothing hides what this machine's administrator set.
    rows = [row for row in effects_of(environ) if not row.set_in.startswith("/etc/")]
    assert [(row.name, row.value, row.set_in) for row in rows] == [
        ("index-url", DEFAULT_INDEX, "pip's default")
    ]


NO_PROXY_NAMED = "for which the environment names no proxy"
LEFT_OUT = IGNORED + "this pip leaves the environment out"
PROXIES = {"PIP_PROXY": "http://a.example", "https_proxy": "http://b.example"}
BOTH_BUNDLES = {"REQUESTS_CA_BUNDLE": "{ca}", "CURL_CA_BUNDLE": "{ca}"}
BUNDLE_AND_PROXY = {"REQUESTS_CA_BUNDLE": "{ca}", "PIP_PROXY": "http://proxy.example:3128"}
CERT_AND_FEATURE = {"PIP_CERT": "{ca}", "PIP_USE_FEATURE": "truststore"}
BOTH_CASES = {"https_proxy": "http://b.example", "HTTPS_PROXY": "http://c.example"}
WITHOUT_INDEX = {"PIP_INDEX_URL": "https://i.example/", "PIP_NO_INDEX": "1"}

# Variables ({ca}: a good CA file, {gone}: none), pip and Python, the setting, words in what it does.
EFFECTS: list[tuple[dict[str, str], str, str, str]] = [
    ({"PIP_CERT": "{ca}"}, "23.2.1 3.11", "cert", "in place of the roots that it carries"),
    ({"PIP_CERT": "{ca}"}, "24.2 3.12", "cert", "adds its only certificate to the system store and to"),
    ({"PIP_CERT": "{ca}"}, "26.3 3.9", "cert", "in place of the roots that it carries"),
    (
        {"PIP_CERT": "{ca}", "PIP_USE_FEATURE": "truststore"},
        "24.0 3.12",
        "cert",
        "and the system store, and not",
    ),
    ({"PIP_CERT": "{gone}"}, "24.0 3.12", "cert", "does not exist: no TLS connection of pip can succeed"),
    ({"PIP_CERT": "{ca}", "CURL_CA_BUNDLE": "{ca}"}, "26.3 3.12", "cert", IGNORED + "CURL_CA_BUNDLE wins"),
    ({"REQUESTS_CA_BUNDLE": "{ca}"}, "24.0 3.12", "REQUESTS_CA_BUNDLE", "in place of the roots"),
    (BOTH_BUNDLES, "24.0 3.12", "CURL_CA_BUNDLE", IGNORED + "REQUESTS_CA_BUNDLE wins"),
    (BUNDLE_AND_PROXY, "24.1 3.12", "REQUESTS_CA_BUNDLE", LEFT_OUT),
    (BUNDLE_AND_PROXY, "24.0 3.12", "REQUESTS_CA_BUNDLE", "in place of the roots"),
    ({"SSL_CERT_FILE": "{ca}"}, "24.0 3.12", "SSL_CERT_FILE", "is not read by this pip"),
    ({"SSL_CERT_FILE": "{ca}"}, "24.2 3.12", "SSL_CERT_FILE", "stands in for the system store's file"),
    ({"SSL_CERT_DIR": "/etc"}, "24.2 3.12", "SSL_CERT_DIR", "stands in for the system store's folder"),
    ({"SSL_CERT_DIR": "/etc"}, "24.2 3.9", "SSL_CERT_DIR", "is not read by this pip"),
    ({"PIP_CLIENT_CERT": "/c.pem"}, "24.0 3.12", "client-cert", "is shown to servers"),
    ({"PIP_USE_FEATURE": "truststore"}, "22.0.4 3.10", "use-feature", "is unknown to this pip"),
    ({"PIP_USE_FEATURE": "truststore"}, "22.2 3.9", "use-feature", "it needs Python 3.10"),
    ({"PIP_USE_FEATURE": "truststore"}, "24.0 3.12", "use-feature", "makes pip trust the system store"),
    ({"PIP_USE_FEATURE": "truststore"}, "26.3 3.12", "use-feature", "what this pip does anyway"),
    ({"PIP_USE_DEPRECATED": "legacy-certs"}, "26.3 3.12", "use-deprecated", "leave the system store out"),
    ({"PIP_PROXY": "http://proxy.example"}, "24.0 3.12", "proxy", "is the way to every server"),
    ({"PIP_PROXY": "http://proxy.example"}, "20.3.4 3.9", "proxy", NO_PROXY_NAMED),
    ({"PIP_PROXY": "", "PIP_TIMEOUT": "7"}, "26.3 3.12", "timeout", "seconds"),
    (PROXIES, "24.0 3.12", "https_proxy", IGNORED),
    (PROXIES, "20.3.4 3.9", "https_proxy", "is the way"),
    ({"https_proxy": "http://b.example"}, "26.3 3.12", "https_proxy", "is the way to https servers"),
    (BOTH_CASES, "26.3 3.12", "HTTPS_PROXY", IGNORED),
    ({"no_proxy": "index.example"}, "26.3 3.12", "no_proxy", "without a proxy"),
    ({"PIP_INDEX_URL": "https://i.example/"}, "24.0 3.12", "index-url", "is the index that pip asks"),
    ({"PIP_INDEX_URL": "http://i.example/"}, "24.0 3.12", "index-url", "without TLS"),
    ({"PIP_EXTRA_INDEX_URL": "https://x.example/"}, "24.0 3.12", "extra-index-url", "beside the index"),
    (WITHOUT_INDEX, "24.0 3.12", "index-url", "is not asked: no-index"),
    ({"PIP_NO_INDEX": "1"}, "24.0 3.12", "no-index", "turns every index off"),
    ({"PIP_FIND_LINKS": "/wheels"}, "24.0 3.12", "find-links", "beside the index"),
    ({"PIP_TRUSTED_HOST": "i.example"}, "24.0 3.12", "trusted-host", "turns verification off at i.example"),
    ({"CURL_CA_BUNDLE": ""}, "21.3 3.9", "CURL_CA_BUNDLE", "turns verification off at every server"),
    ({"GIT_SSL_NO_VERIFY": "0"}, "24.0 3.12", "GIT_SSL_NO_VERIFY", "off at every server that git asks"),
    ({"PIP_TIMEOUT": "7"}, "24.0 3.12", "timeout", "seconds"),
    ({"PIP_RETRIES": "0"}, "24.0 3.12", "retries", "tries again"),
    ({"PIP_PYTHON": "/p"}, "24.0 3.12", "PIP_PYTHON", "another Python's pip"),
    ({"PIP_CONFIG_FILE": os.devnull}, "24.0 3.12", "PIP_CONFIG_FILE", "read no configuration file"),
    ({"PIP_CONFIG_FILE": "{gone}"}, "24.0 3.12", "PIP_CONFIG_FILE", "cannot read"),
    ({"OPENSSL_CONF": "/o"}, "24.0 3.12", "OPENSSL_CONF", "OpenSSL"),
]


@pytest.mark.parametrize(
    ("variables", "versions", "name", "words"),
    EFFECTS,
    ids=[f"{row[2]} {row[1]} {row[3]}" for row in EFFECTS],
)
def test_what_a_setting_does(
    variables: Mapping[str, str], versions: str, name: str, words: str, ca: str, env: dict[str, str]
) -> None:
    pip, python = versions.split()
    given = {variable: value.format(ca=ca, gone=f"{ca}.gone") for variable, value in variables.items()}
    assert words in _row({**env, **given}, name=name, pip=pip, python=python)


def test_an_empty_bundle_variable_does_nothing_in_later_pips(env: dict[str, str]) -> None:
    rows = effects_of({**env, "CURL_CA_BUNDLE": ""}, pip="22.2")
    assert [row for row in rows if row.name == "CURL_CA_BUNDLE"] == []


def test_a_typed_option_and_its_place(env: dict[str, str], ca: str) -> None:
    rows = effects_of({**env, "PIP_CERT": "/x"}, "--cert", ca)
    assert [(row.value, row.set_in) for row in rows if row.name == "cert"] == [(ca, "command line")]


def test_a_file_and_its_line(with_files: dict[str, str], ca: str) -> None:
    path = _write(with_files, f"[global]\ntimeout = 7\ncert = {ca}\n")
    rows = effects_of(with_files)
    assert [row.set_in for row in rows if row.name == "cert"] == [f"{path}, line 3, [global]"]


def test_requirement_files(env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(
        "--index-url https://other.example/simple/\n--find-links https://l.example/\nx\n", encoding="utf-8"
    )
    rows = effects_of({**env, "PIP_INDEX_URL": "https://i.example/"}, "-r", str(path))
    told = {(row.name, row.value): (row.set_in, row.effect) for row in rows}
    assert (
        told["index-url", "https://i.example/"][1] == "is not asked: a requirements file names another index"
    )
    assert told["find-links", "https://l.example/"][0] == f"{path}, line 2"


# pipsafe's own


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PIPSAFE_STRICT", "1", "stops a run"),
        ("PIPSAFE_STRICT", "off", "is off"),
        ("PIPSAFE_REPORT", "/r.json", "writes its report"),
        ("PIPSAFE_STRIKT", "1", "no such variable; PIPSAFE_STRICT may be meant"),
        ("PIPSAFE_NORESCUE", "1", "PIPSAFE_NO_RESCUE may be meant"),
        ("PIP_SAFE_CA", "/c", "PIPSAFE_CA may be meant"),
        ("pipsafe_ca", "/c", "PIPSAFE_CA may be meant"),
        ("PIPSAFE_FROBNICATE", "1", "no such variable"),
        ("PIPSAFE_LANG", "de", "is the language"),
        ("PIPSAFE_LANG", "xx", "has no effect: pipsafe speaks en, fr, de, ru, zh_CN"),
        ("PIPSAFE_LNG", "de", "PIPSAFE_LANG may be meant"),
    ],
)
def test_own_variables(env: dict[str, str], variable: str, value: str, words: str) -> None:
    assert words in _row({**env, variable: value}, name=variable)


def test_every_option_of_our_own_is_described() -> None:
    from pipsafe.checkup.own_settings import EFFECTS

    assert set(EFFECTS) == set(OPTIONS)


def test_a_typed_option_of_our_own(env: dict[str, str]) -> None:
    rows = {row.name: row for row in effects_of({**env, "PIPSAFE_CA": "/a"}, "--pipsafe-ca", "/b")}
    assert (rows["--pipsafe-ca"].value, rows["--pipsafe-ca"].set_in) == ("/b", "command line")
    assert rows["PIPSAFE_CA"].effect == "is ignored: --pipsafe-ca is typed"


# Secrets


def test_no_credentials(env: dict[str, str]) -> None:
    url = f"https://me:{PASSWORD}@i.example/simple/"
    given = {
        **env,
        "PIP_INDEX_URL": url,
        "PIP_EXTRA_INDEX_URL": f"{url} https://me:pass/{PASSWORD}@x.example/",
        "PIP_FIND_LINKS": f"https://l.example/?token={PASSWORD}",
        "PIP_PROXY": f"me:{PASSWORD}@proxy.example:3128",
        "https_proxy": f"http://me:{PASSWORD}@proxy.example:3128",
        "PIPSAFE_INDEX": url,
    }
    told = json.dumps(
        [(row.name, row.value, row.set_in, row.effect) for row in effects_of(given, pip="24.0")]
    )
    assert PASSWORD not in told
    for word in ("i.example", "x.example", "l.example", "http://****@proxy.example:3128"):
        assert word in told


# trusted-host, wherever it hides


def test_trusted_hosts_wherever_they_hide(with_files: dict[str, str], tmp_path: Path) -> None:
    site = _write(with_files, "[global]\ntrusted-host = a.example\n    b.example\n", "site")
    user = _write(with_files, "[install]\nTrusted_Host = c.example\n[download]\ntrusted-host: d.example\n")
    inner = tmp_path / "inner.txt"
    inner.write_text("--trusted-host e.example\n", encoding="utf-8")
    outer = tmp_path / "outer.txt"
    outer.write_text("x\n-r inner.txt\n--trusted-host=f.example:8443\n", encoding="utf-8")
    found = unverified.find(looked_at(with_files, "-r", str(outer)))
    assert {(item.host, item.set_in, item.in_force) for item in found} == {
        ("a.example", f"{site}, line 2, [global]", True),
        ("b.example", f"{site}, line 2, [global]", True),
        ("c.example", f"{user}, line 2, [install]", True),
        ("d.example", f"{user}, line 4, [download]", True),
        ("e.example", f"{inner}, line 1", True),
        ("f.example:8443", f"{outer}, line 3", True),
    }


def test_a_trusted_host_in_each_scope_of_configuration(with_files: dict[str, str]) -> None:
    paths = {
        kind: _write(with_files, f"[global]\ntrusted-host = {kind}.example\n", kind)
        for kind in ("global", "legacy", "user", "site")
    }
    found = unverified.find(looked_at(with_files))
    # A list in one file hides those of the files before it.
    assert {(item.host, item.in_force) for item in found} == {
        ("global.example", False),
        ("legacy.example", False),
        ("user.example", False),
        ("site.example", True),
    }
    assert all(paths[item.host.partition(".")[0]] in item.set_in for item in found)


def test_files_that_pip_config_file_turns_off_are_dormant(with_files: dict[str, str]) -> None:
    _write(with_files, "[global]\ntrusted-host = a.example\n")
    named = _write(with_files, "[global]\ntrusted-host = b.example\n", "env")
    for path, in_force in ((os.devnull, set[str]()), (named, {"b.example"})):
        found = unverified.find(looked_at({**with_files, "PIP_CONFIG_FILE": path}))
        assert {item.host for item in found if item.in_force} == in_force
        assert "a.example" in {item.host for item in found}


def test_a_trusted_host_by_variable_and_typed(env: dict[str, str]) -> None:
    by_variable = {**env, "PIP_TRUSTED_HOST": "a.example b.example"}
    found = unverified.find(looked_at(by_variable))
    assert [(item.host, item.set_in, item.in_force) for item in found] == [
        ("a.example", "environment variable PIP_TRUSTED_HOST", True),
        ("b.example", "environment variable PIP_TRUSTED_HOST", True),
    ]
    typed = unverified.find(looked_at(env, "--trusted-host", "c.example"))
    assert [(item.host, item.set_in) for item in typed] == [("c.example", "command line")]
    assert [item.in_force for item in unverified.find(looked_at(by_variable, "--isolated"))] == [False, False]


@pytest.mark.parametrize(
    ("host", "place", "opens"),
    [
        ("i.example", Origin("https", "i.example", 443), True),
        ("I.Example", Origin("https", "i.example", 8443), True),
        ("i.example:8443", Origin("https", "i.example", 8443), True),
        ("i.example:8443", Origin("https", "i.example", 443), False),
        ("[::1]:8443", Origin("https", "::1", 8443), True),
        ("example", Origin("https", "i.example", 443), False),
        ("*", Origin("https", "i.example", 443), True),
    ],
)
def test_what_a_trusted_host_opens(host: str, place: Origin, opens: bool) -> None:  # noqa: FBT001 - a table
    assert (of_origin((Unverified(host, "x", in_force=True),), place) is not None) is opens
    assert of_origin((Unverified(host, "x", in_force=False),), place) is None
    assert of_origin((Unverified("*", "x", in_force=True, by_git=True),), place) is None


# Without TLS


def test_places_without_tls(env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("--find-links http://l.example/\nx @ http://me:pw@f.example/x.whl\n", encoding="utf-8")
    given = {
        **env,
        "PIP_INDEX_URL": "http://i.example/simple/",
        "PIP_EXTRA_INDEX_URL": "http://localhost:3141/ http://[::1]:3141/ http://t.example/ https://s.example/",
        "PIP_TRUSTED_HOST": "t.example",
    }
    around = looked_at(given, "-r", str(path))
    found = unencrypted.find(around, DEFAULT_INDEX, unverified.find(around), ())
    told = {str(item.origin): (item.is_here, item.is_used) for item in found}
    assert told == {
        "http://i.example:80": (False, False),
        "http://localhost:3141": (True, True),
        "http://[::1]:3141": (True, True),
        "http://t.example:80": (False, True),
        "http://l.example:80": (False, False),
        "http://f.example:80": (False, False),
    }
    assert all("pw" not in item.named_by for item in found)


def test_servers_that_were_named_are_the_only_ones(env: dict[str, str]) -> None:
    around = looked_at({**env, "PIP_INDEX_URL": "http://i.example/"})
    typed = Contact(Origin("http", "n.example", 80), "index", "http://n.example/")
    found = unencrypted.find(around, DEFAULT_INDEX, (), [typed])
    assert [str(item.origin) for item in found] == ["http://n.example:80"]
