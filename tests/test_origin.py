"""Origins out of URLs of all shapes, and URLs that may be shown."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipsafe.origin import Origin, parse, redact
from tests.yardstick import takes_at_most

ORIGINS = {
    "https://index.example": "https://index.example:443",
    "http://index.example/simple": "http://index.example:80",
    "HTTPS://Index.Example/Simple/": "https://index.example:443",
    "https://index.example:8443/simple": "https://index.example:8443",
    "https://index.example:/simple": "https://index.example:443",
    "https://index.example.:443/": "https://index.example:443",
    "  https://index.example/ \n": "https://index.example:443",
    # The user's part, with an @ of its own.
    "https://user@index.example/": "https://index.example:443",
    "https://user:password@index.example:8443/": "https://index.example:8443",
    "https://user@corp.example:pass@word@index.example/": "https://index.example:443",
    "https://index.example/@files.example/": "https://index.example:443",
    "https://index.example?next=https://user@other.example": "https://index.example:443",
    # What a verifier compares, not what a person types.
    "https://bücher.example/": "https://xn--bcher-kva.example:443",
    "https://BÜCHER.example/": "https://xn--bcher-kva.example:443",
    "https://пример.испытание:8443/": "https://xn--e1afmkfd.xn--80akhbyknj4f:8443",
    "https://xn--bcher-kva.example/": "https://xn--bcher-kva.example:443",
    # Addresses.
    "https://192.0.2.7/": "https://192.0.2.7:443",
    "https://[2001:db8::7]/": "https://[2001:db8::7]:443",
    "https://[2001:DB8::7]:8443/": "https://[2001:db8::7]:8443",
    "https://user:password@[::1]:8443/": "https://[::1]:8443",
    # Of version control.
    "git+https://index.example/repo.git@main#egg=pkg": "https://index.example:443",
    "svn+https://user@index.example/trunk": "https://index.example:443",
    "hg+http://index.example:8080/repo": "http://index.example:8080",
}


@pytest.mark.parametrize("url", ORIGINS)
def test_origin(url: str) -> None:
    assert str(parse(url)) == ORIGINS[url]


def test_parts() -> None:
    assert parse("https://user@[2001:DB8::7]:8443/simple") == Origin("https", "2001:db8::7", 8443)


NONE = (
    *("", "index.example", "//index.example/simple", "/simple/", "https:", "https://", "https:///simple"),
    *("https:index.example", "https://:443/", "https://.", "https://user@/", "https://?x", "https://#x"),
    *(
        "file:///srv/index",
        "ssh://git@index.example/repo",
        "git+ssh://git@index.example/repo",
        "ftp://a.example",
    ),
    *("git@index.example:repo.git", "bzr+lp:project", "C:\\index\\simple", "pkg @ https://index.example/pkg"),
    *("https://index.example:port/", "https://index.example:-1/", "https://index.example:65536/"),
    *("https://index.example:0/", "https://[::1", "https://::1]/", "https://a b.example/"),
    # Another host would be read than is shown.
    *("https://index\n.example/", "https://in\tdex.example/", "https://index.example\x00.other.example/"),
    *("https://index\x1b[31m.example/", "https://index\x85.example/", "https://index.example/\u2028x"),
    *("https://index.example\\@other.example/", "https://<index.example>/", "https://'index.example'/"),
    # An NFKC twin of a slash, a surrogate, a label too long for IDNA.
    *("https://index.example\u2100other.example/", "https://\ud800.example/", f"https://{'ü' * 70}.example/"),
    f"https://{'a' * 300}.example/",
)


@pytest.mark.parametrize("url", NONE)
def test_no_origin(url: str) -> None:
    assert parse(url) is None


@given(st.text() | st.text(alphabet="htps:/@[]%.#?\\\x00 1aü").map("https://".__add__))
def test_never_raises(url: str) -> None:
    found = parse(url)
    redact(url)
    if found is not None:
        assert found.host.isascii()
        assert found.host == found.host.lower()
        assert 0 < found.port < 65536
        assert parse(str(found)) == found


REDACTED = {
    "https://index.example/simple": "https://index.example/simple",
    "https://user@index.example/simple": "https://****@index.example/simple",
    "https://user:s3cret@index.example:8443/simple?x=1#f": "https://****@index.example:8443/simple?x=1#f",
    "https://user@corp.example:s3c@ret@index.example/": "https://****@index.example/",
    "https://user:s3cret@[::1]:8443/": "https://****@[::1]:8443/",
    "git+https://s3cret@index.example/repo.git@main#egg=pkg": "git+https://****@index.example/repo.git@main#egg=pkg",
    "//user:s3cret@index.example/simple": "//****@index.example/simple",
    "http://user:s3cret@proxy.example:3128": "http://****@proxy.example:3128",
    "pkg @ https://user:s3cret@index.example/pkg.whl": "pkg @ https://****@index.example/pkg.whl",
    # Not quoted as it should be.
    "https://user:s3/cret@index.example/": "https://****@index.example/",
    "https://user:s3#cret@index.example/": "https://****@index.example/",
    "https://user:s3?cret@index.example/": "https://****@index.example/",
    # Signed URLs and tokens of forges.
    "https://files.example/a.whl?X-Amz-Signature=s3cret&X-Amz-Expires=60": (
        "https://files.example/a.whl?X-Amz-Signature=****&X-Amz-Expires=60"
    ),
    "https://files.example/a.whl?sv=1&sig=s3cret#sha256=00ff": "https://files.example/a.whl?sv=1&sig=****#sha256=00ff",
    "https://files.example/a.whl?private_token=s3cret": "https://files.example/a.whl?private_token=****",
    "https://files.example/a.whl?access_token=s3cret;x=1": "https://files.example/a.whl?access_token=****;x=1",
    # An @ that is none of a user's.
    "https://index.example:8443/repo.git@v1.0": "https://index.example:8443/repo.git@v1.0",
    "https://index.example?mail=a@b.example": "https://index.example?mail=a@b.example",
    "https://[::1]:8443/@scope/pkg": "https://[::1]:8443/@scope/pkg",
    "/home/user/wheels": "/home/user/wheels",
    "https://[::1": "https://[::1",
    "": "",
}


@pytest.mark.parametrize("url", REDACTED)
def test_redacted(url: str) -> None:
    assert redact(url) == REDACTED[url]
    assert redact(REDACTED[url]) == REDACTED[url], "once is enough"


# A password of digits before a slash cannot be told from a port: `https://host:443/x@y`.
PASSWORDS = st.text(min_size=1, max_size=30).map(lambda text: f"s3cret{text}s3cret")
USERS = st.text(min_size=1, max_size=10).map(lambda text: quote(text, safe=""))
SCHEMES = st.sampled_from(
    ["https://", "http://", "git+https://", "svn+https://", "socks5://", "//", "HTTPS://"]
)
TAILS = st.sampled_from(["", "/", "/simple/", ":8443/simple?x=1", "/repo.git#egg=pkg"])


@given(SCHEMES, USERS, PASSWORDS, TAILS)
@example("https://", "user", "s3cret/s3cret", "/")
@example("https://", "user", "s3cret@s3cret", "/")
@example("https://", "user", "s3cret://s3cret", "/")
def test_no_password_is_left(scheme: str, user: str, password: str, tail: str) -> None:
    written_as = [quote(password, safe="")]
    if not re.search(r"@.*[/?#]", password, re.DOTALL):
        written_as.append(password)  # else it cannot be told from `https://user:password@host/repo@v1`
    for written in written_as:
        shown = redact(f"{scheme}{user}:{written}@index.example{tail}")
        assert "s3cret" not in shown
        assert shown.endswith(f"@index.example{tail}")


@pytest.mark.parametrize("piece", ["?token", "&key", "@", "//", "https://a:b@", "[", "?key=", "ü"])
def test_linear(piece: str) -> None:
    hostile = "https://" + piece * (200_000 // len(piece))
    with takes_at_most(2):
        redact(hostile)
        parse(hostile)


TOKEN = "Zq9XbT4mK7pLw2RsV8yN"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/t/{TOKEN}/simple/", "/t/****/simple/"),
        ("/t/short/simple/", "/t/****/simple/"),
        ("/conda/t/zq-token/simple/?x=1", "/conda/t/****/simple/?x=1"),
        (f"/{TOKEN}/me/", "/****/me/"),
        (f"/basic/{TOKEN.lower()}", "/basic/****"),
        ("/550e8400-e29b-41d4-a716-446655440000/simple/", "/****/simple/"),
        (f"/glpat-{TOKEN}#x", "/****#x"),
    ],
)
def test_tokens_in_the_path(path: str, shown: str) -> None:
    assert redact(f"https://index.example:8443{path}") == f"https://index.example:8443{shown}"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "/simple",
            "/simple/",
            "/api/pypi/team-virtual/simple",
            "/repository/pypi-all-2024/simple/",
        ),
        "/artifactory/api/pypi/platform-team-python3-virtual-repository/simple/",
        "/simple/opentelemetry-instrumentation-urllib3/",
        "/api/v4/projects/1234567890123456789012/packages/pypi/simple",
        "/packages/speck_with_a_long_name2-1.0-py3-none-any.whl",
        "/tt/short/simple/",
        "/simple/?page=2#Zq9XbT4mK7pLw2RsV8yN",
    ],
)
def test_ordinary_paths_are_shown(path: str) -> None:
    assert redact(f"https://index.example{path}") == f"https://index.example{path}"


def test_paths_are_quickly_made_fit() -> None:
    with takes_at_most(1):
        for text in ("/t/" * 100_000, "/" + "a1" * 150_000 + ".", "/" + "a-" * 150_000 + "!", "/a" * 150_000):
            redact("https://index.example" + text)
