"""Which proxy: the same answer as requests gives, in the copy that this interpreter's pip carries."""

from __future__ import annotations

import base64
import importlib
import itertools
import os
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipsafe import origin
from pipsafe.origin import Origin
from pipsafe.pip_settings import proxy
from pipsafe.pip_settings.proxy import Proxy, choose, parse

INDEX = Origin("https", "index.example", 443)
ONE, TWO = "http://one.example:3128", "http://two.example:3128"


@pytest.fixture
def requests_utils() -> Any:
    pytest.importorskip("pip")
    return importlib.import_module("pip._vendor.requests.utils")


def of_requests(utils: Any, url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy that requests takes for the URL, in an environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        for name, value in environ.items():
            patch.setenv(name, value)
        chosen = utils.select_proxy(url, utils.get_environ_proxies(url))
    assert chosen is None or isinstance(chosen, str)
    return chosen


def agrees(utils: Any, url: str, environ: Mapping[str, str]) -> None:
    where = origin.parse(url)
    assert where is not None
    expected = of_requests(utils, url, environ)

    chosen = choose(where, None, overrides=False, trust_env=True, environ=environ)

    assert chosen == (parse(expected) if expected else None), (url, environ, expected)


URLS = (
    "https://index.example/simple/",
    "https://index.example:8443/simple/",
    "http://index.example/simple/",
    "https://deep.index.example/",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/",
    "https://10.1.2.3/",
    "https://[::1]/",
    "https://[::1]:8443/",
    "https://[2001:db8::7]/",
)
EXCEPTIONS = (
    "",
    "*",
    "index.example,*",
    "index.example",
    ".index.example",
    "INDEX.example",
    "example",
    "index.example:443",
    "index.example:8443",
    "other.example, index.example",
    "other.example , ,deep.index.example",
    "localhost",
    "127.0.0.1",
    "127.0.0.1:8443",
    "127.0.0.0/8",
    "10.0.0.0/8,127.0.0.1",
    "10.1.2.3/32",
    "10.1.2.3/0",
    "10.1.2.3/33",
    "0.0.1",
    "::1",
    "[::1]",
    "::1/128",
    "[::1]:8443",
    "2001:db8::/32",
)


@pytest.mark.parametrize("exception", EXCEPTIONS)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_exceptions(requests_utils: Any, variable: str, exception: str) -> None:
    for url in URLS:
        agrees(requests_utils, url, {"https_proxy": ONE, "http_proxy": TWO, variable: exception})


def _takes_whole_labels() -> bool:
    """Whether this requests, 2.33 or later, has exceptions begin at a dot, one of their own or not."""
    version = importlib.import_module("pip._vendor.requests").__version__
    return tuple(int(part) for part in version.split(".")[:2]) >= (2, 33)


@pytest.mark.parametrize("exception", ["index.example", "ndex.example", ".index.example:8443", "1"])
def test_exceptions_end_at_a_dot(requests_utils: Any, exception: str) -> None:
    """requests 2.33 and later; before that, any ending of a name was one."""
    if not _takes_whole_labels():
        pytest.skip("an older requests sees it otherwise")
    for url in (*URLS, "https://myindex.example/"):
        agrees(requests_utils, url, {"https_proxy": ONE, "NO_PROXY": exception})


VARIABLES = (
    "https_proxy",
    "HTTPS_PROXY",
    "Https_Proxy",
    "http_proxy",
    "HTTP_PROXY",
    "all_proxy",
    "ALL_PROXY",
)


@pytest.mark.skipif(os.name == "nt", reason="variables have no case there")
@pytest.mark.parametrize(
    "names", [*itertools.combinations(VARIABLES, 1), *itertools.combinations(VARIABLES, 2)], ids="+".join
)
def test_variables(requests_utils: Any, names: tuple[str, ...]) -> None:
    for values in itertools.product((ONE, TWO, ""), repeat=len(names)):
        for url in URLS[:3]:
            agrees(requests_utils, url, dict(zip(names, values, strict=True)))


def test_both_exceptions(requests_utils: Any) -> None:
    for lower, upper in itertools.product(("", "index.example", "*"), repeat=2):
        agrees(requests_utils, URLS[0], {"https_proxy": ONE, "no_proxy": lower, "NO_PROXY": upper})


def test_a_cgi_script_takes_no_http_proxy(requests_utils: Any) -> None:
    for url in URLS[:3]:
        agrees(requests_utils, url, {"HTTP_PROXY": ONE, "REQUEST_METHOD": "GET"})
        agrees(requests_utils, url, {"http_proxy": ONE, "REQUEST_METHOD": "GET"})


WORDS = st.lists(st.sampled_from([*EXCEPTIONS, " ", "."]), max_size=3).map(",".join)


@pytest.mark.skipif(os.name == "nt", reason="variables have no case there")
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(URLS),
    st.dictionaries(st.sampled_from(VARIABLES), st.sampled_from([ONE, TWO, ""]), max_size=4),
    st.dictionaries(st.sampled_from(["no_proxy", "NO_PROXY"]), WORDS),
)
def test_any_environment(url: str, proxies: dict[str, str], exceptions: dict[str, str]) -> None:
    utils = pytest.importorskip("pip._vendor.requests.utils")
    # An empty no_proxy keeps urllib, which takes a dot away, from NO_PROXY, and requests looks there.
    only_requests_looks = exceptions.get("no_proxy") == "" and ",." in f",{exceptions.get('NO_PROXY', '')}"
    assume(_takes_whole_labels() or not only_requests_looks)

    agrees(utils, url, proxies | exceptions)


# pip's own setting


@pytest.mark.parametrize(
    ("given_url", "overrides", "trust_env", "environ", "expected"),
    [
        (ONE, True, True, {}, ONE),
        (ONE, False, True, {}, ONE),
        (ONE, True, True, {"https_proxy": TWO}, ONE),
        (ONE, False, True, {"https_proxy": TWO}, TWO),
        (ONE, False, False, {"https_proxy": TWO}, ONE),
        (ONE, False, True, {"https_proxy": TWO, "no_proxy": "index.example"}, ONE),
        (ONE, True, True, {"no_proxy": "index.example"}, ONE),
        ("", True, True, {"https_proxy": TWO}, None),
        ("", False, True, {"https_proxy": TWO}, TWO),
        (None, True, True, {"https_proxy": TWO}, TWO),
        (None, True, False, {"https_proxy": TWO}, None),
        (None, False, True, {}, None),
    ],
)
def test_pips_own_setting(
    given_url: str | None,
    overrides: bool,  # noqa: FBT001
    trust_env: bool,  # noqa: FBT001
    environ: Mapping[str, str],
    expected: str | None,
) -> None:
    chosen = choose(INDEX, given_url, overrides=overrides, trust_env=trust_env, environ=environ)

    assert chosen == (expected and parse(expected))


@pytest.mark.parametrize(
    ("environ", "given", "expected"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://p:1"}, None, "http://p:1"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"}, None, "http://low:1"),
        ({"ALL_PROXY": "http://p:1"}, None, "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, None, None),
        ({"HTTPS_PROXY": "p:1"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "index.example"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ndex.example"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a, index.example ,b"}, None, None),
        # As requests has it: a port that the URL does not name is not compared.
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "index.example:443"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "index.example:444"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://q:2", "http://q:2"),
    ],
)
def test_choice_by_variables(environ: dict[str, str], given: str | None, expected: str | None) -> None:
    chosen = choose(INDEX, given, overrides=True, trust_env=True, environ=environ)
    assert (None if chosen is None else str(chosen)) == expected


# Proxy URLs


@pytest.mark.parametrize(
    ("url", "expected", "shown"),
    [
        ("http://p.example:3128", ("http", "p.example", 3128), "http://p.example:3128"),
        ("http://p.example", ("http", "p.example", 80), "http://p.example:80"),
        ("https://p.example/", ("https", "p.example", 443), "https://p.example:443"),
        ("p.example:3128", ("http", "p.example", 3128), "http://p.example:3128"),
        ("p.example", ("http", "p.example", 80), "http://p.example:80"),
        ("P.Example:3128", ("http", "p.example", 3128), "http://p.example:3128"),
        ("127.0.0.1:3128", ("http", "127.0.0.1", 3128), "http://127.0.0.1:3128"),
        ("http://[::1]:3128", ("http", "::1", 3128), "http://[::1]:3128"),
        ("[::1]:3128", ("http", "::1", 3128), "http://[::1]:3128"),
        ("HTTP://p.example:3128", ("http", "p.example", 3128), "http://p.example:3128"),
        ("socks5://p.example", ("socks5", "p.example", 1080), "socks5://p.example:1080"),
        ("user:secret@p.example:3128", ("http", "p.example", 3128), "http://p.example:3128"),
    ],
)
def test_parse(url: str, expected: tuple[str, str, int], shown: str) -> None:
    parsed = parse(url)

    assert parsed is not None
    assert (parsed.scheme, parsed.host, parsed.port) == expected
    assert str(parsed) == shown


@pytest.mark.parametrize(
    "url", ["", "http://", "http://p.example:port", "http://[::1", "://", "http://:3128"]
)
def test_no_proxy_url(url: str) -> None:
    assert parse(url) is None


@given(st.text())
def test_parse_never_raises(url: str) -> None:
    parse(url)


CREDENTIALS = (
    "user:secret",
    "us%40er:p%3Aa%2Fs%23s",
    "user:",
    ":secret",
    "user",
    "us%C3%A9r:secret",
    "user:a%20b",
    "user:a+b",
    "domain%5Cuser:secret",
)


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_credentials(credentials: str) -> None:
    pytest.importorskip("pip")
    url = f"http://{credentials}@p.example:3128"
    adapter = importlib.import_module("pip._vendor.requests.adapters").HTTPAdapter()

    parsed = parse(url)

    assert parsed is not None
    assert parsed.authorization == adapter.proxy_headers(url).get("Proxy-Authorization")
    assert "secret" not in str(parsed)


def test_credentials_are_decoded() -> None:
    proxy = parse("http://us%3Aer:p%40ss@proxy.example:3128")
    assert proxy is not None
    assert proxy.authorization == "Basic " + base64.b64encode(b"us:er:p@ss").decode()
    assert "p@ss" not in str(proxy)


def test_a_name_that_latin_1_has_not() -> None:
    parsed = parse("http://us%E2%82%ACer:secret@p.example")

    assert parsed == Proxy("http", "p.example", 80, "Basic dXPigqxlcjpzZWNyZXQ=")


def test_a_proxy_is_told_without_its_secret() -> None:
    chosen = choose(
        INDEX,
        None,
        overrides=False,
        trust_env=True,
        environ={"https_proxy": "http://user:secret@p.example:1"},
    )

    assert chosen is not None
    assert chosen.authorization is not None
    assert str(chosen) == "http://p.example:1"


def test_the_module_reads_only_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", ONE)

    assert proxy.choose(INDEX, None, overrides=False, trust_env=True, environ={}) is None
