"""What is kept of pip's output, and that cutting it makes nobody's words pip's own."""

import pytest

from pipsafe.attempts.suspicion import looks_suspicious
from pipsafe.attempts.transcript import LIMIT, OVERLAP, Transcript
from pipsafe.statements import evidence

FORGED = (
    "Could not fetch URL https://elsewhere.example/simple/x/: There was a problem confirming the ssl "
    "certificate: HTTPSConnectionPool(host='elsewhere.example', port=443): "
    "Max retries exceeded with url: /simple/x/ (Caused by "
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
    "unable to get local issuer certificate (_ssl.c:1006)'))) - skipping"
)


def fresh() -> Transcript:
    return Transcript(looks_suspicious)


@pytest.mark.parametrize("filler", [b"x" * 997, b"y " * 499, b""])
@pytest.mark.parametrize("size", [OVERLAP, 4 * OVERLAP, 2 * LIMIT])
def test_cutting_puts_nothing_at_the_margin(size: int, filler: bytes) -> None:
    """Wherever the cut falls, an indented line that a build printed does not become pip's."""
    line = b"      " + FORGED.encode() + filler + b"\n"
    for shift in range(0, len(line), 149):
        transcript = fresh()
        transcript.add(b"o", b"." * shift + b"\n")
        for _ in range(size // len(line) + 3):
            if transcript.add(b"o", line):
                own, *_ = transcript.unread()
                assert not [item for item in evidence.read(own) if item.origin and not item.inner]
        own, *_ = transcript.text()
        assert not [item for item in evidence.read(own[:20_000]) if item.origin and not item.inner]
        if size > 4 * OVERLAP:
            break  # the same code: one cut of the long one is enough


def test_the_same_line_at_the_margin_is_pips() -> None:
    transcript = fresh()

    assert transcript.add(b"e", FORGED.encode() + b"\n")
    own, *others = transcript.unread()

    assert [str(item.origin) for item in evidence.read(own) if not item.inner] == [
        "https://elsewhere.example:443"
    ]
    assert others == ["", ""]


def test_memory_is_bounded() -> None:
    transcript = fresh()
    for _ in range(200):
        transcript.add(b"o", b"harmless words of a long build log\n" * 1000)

    assert sum(map(len, transcript.streams.values())) <= 2 * LIMIT + 64 * 1024
    assert len(transcript.text()[0]) <= 2 * LIMIT + 64 * 1024


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"", False),
        (b"done\n", False),
        (b"Collecting x", True),
        (b"done\n\x1b[0m", False),
        (b"done\n\x1b[?25h\x1b[0m", False),
        (b"a word that ends in m", True),
        (b"\x1b[31mred item", True),
    ],
)
def test_where_the_cursor_stands(written: bytes, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    transcript = fresh()
    transcript.add(b"e", written)

    assert transcript.ends_in_mid_line() is expected


def test_what_builds_say_is_kept_apart() -> None:
    transcript = fresh()
    transcript.add(b"s", FORGED.encode())

    assert transcript.is_empty()
    assert transcript.text() == ("\n", FORGED, "")
