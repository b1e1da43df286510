"""For which servers a setting counts that names a host."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipsafe.origin import Origin
from pipsafe.trust.host_scope import covers, naming


@pytest.mark.parametrize(
    ("pattern", "host", "port", "expected"),
    [
        ("git.example", "git.example", 443, True),
        ("git.example", "git.example", 8443, True),
        ("GIT.Example.", "git.example", 443, True),
        ("git.example:443", "git.example", 443, True),
        ("git.example:443", "git.example", 8443, False),
        ("git.example:8443", "git.example", 443, False),
        ("git.example:8443", "git.example", 8443, True),
        ("git.example", "other.example", 443, False),
        ("git.example", "a.git.example", 443, False),
        ("git.example", "git.example.com", 443, False),
        ("git.example", "notgit.example", 443, False),
        ("*.example", "git.example", 443, True),
        ("*.example", "a.git.example", 443, False),
        ("*.example", "example", 443, False),
        ("*.*.example", "a.git.example", 443, True),
        ("a.*.example", "a.git.example", 443, True),
        ("a.*.example", "b.git.example", 443, False),
        ("*.example:8443", "git.example", 8443, True),
        ("*.example:8443", "git.example", 443, False),
        ("*it.example", "git.example", 443, False),
        ("*", "localhost", 443, True),
        ("*", "git.example", 443, False),
        # A proxy's name is as it was typed.
        ("git.example", "git.example.", 443, True),
        ("git.example.", "git.example.", 443, True),
        ("10.0.0.1", "10.0.0.1", 443, True),
        ("*.0.0.1", "10.0.0.1", 443, False),
        ("*.*.*.*", "10.0.0.1", 443, False),
        ("[::1]:5000", "::1", 5000, True),
        ("[::1]:5000", "::1", 443, False),
        ("[::1]", "::1", 5000, True),
        ("::1", "::1", 443, True),
        ("0:0:0:0:0:0:0:1", "::1", 443, True),
        ("bücher.example", "xn--bcher-kva.example", 443, True),
        ("", "git.example", 443, False),
        (".", "git.example", 443, False),
        (":443", "git.example", 443, False),
        ("git.example/", "git.example", 443, False),
        ("git.example/x", "git.example", 443, False),
        ("user@git.example", "git.example", 443, False),
        ("https://git.example", "git.example", 443, False),
        ("git.example:https", "git.example", 443, False),
        ("git.example:0", "git.example", 443, False),
        ("git.example:99999", "git.example", 443, False),
        ("git.example ", "git.example", 443, False),
    ],
)
def test_table(pattern: str, host: str, port: int, expected: bool) -> None:  # noqa: FBT001
    assert covers(pattern, Origin("https", host, port)) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://git.example/x", "git.example:443"),
        ("https://GIT.example:8443", "git.example:8443"),
        ("https://user:secret@git.example/", "git.example:443"),
        ("https://10.0.0.1/", "10.0.0.1:443"),
        ("https://[::1]/", "[::1]:443"),
        ("https://[::1]:5000/", "[::1]:5000"),
        ("http://git.example/", None),
        ("http://git.example:443/", None),
        ("file:///etc/passwd", None),
        ("git.example", None),
        ("", None),
        # A variable that nobody has replaced.
        ("https://$HOST/x", None),
        ("https://git.$DOMAIN/x", None),
        ("https://git.example/$NAME", "git.example:443"),
    ],
)
def test_the_pattern_for_the_server_of_a_url(url: str, expected: str | None) -> None:
    assert naming(url) == expected


@pytest.mark.parametrize("host", ["git.example", "10.0.0.1", "::1"])
def test_that_pattern_covers_this_server_on_this_port_alone(host: str) -> None:
    origin = Origin("https", host, 8443)
    pattern = naming(f"{origin}/x")

    assert pattern is not None
    assert covers(pattern, origin)
    assert not covers(pattern, Origin("https", host, 443))


@given(st.text(max_size=40), st.sampled_from(["git.example", "::1", "10.0.0.1", ""]))
def test_it_never_raises(pattern: str, host: str) -> None:
    assert covers(pattern, Origin("https", host, 443)) in (True, False)


@given(st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5}){0,3}", fullmatch=True), st.integers(1, 65535))
def test_a_host_is_covered_by_itself(host: str, port: int) -> None:
    origin = Origin("https", host, port)

    assert covers(host, origin)
    assert covers(f"{host}:{port}", origin)
    assert not covers(f"{host}:{port}", Origin("https", host, port % 65535 + 1))
    assert not covers(f"x{host}", origin)
