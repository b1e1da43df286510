"""Logs without what is of this machine, or of chance."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Patterns and what stands in for them, in this order.
CHANCE = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\bat 0x[0-9a-f]{6,16}", "at 0x7f0000000000"),
        (r"/tmp/[\w./-]*?(pip-[a-z-]+?|build-env|tmp)[-_]?[a-z0-9_]{8}\b", r"/tmp/\1-xxxxxxxx"),
        (
            r"(pip-(?:req|build|install|download|unpack|wheel|ephem|record|modern|standalone|metadata|target)[a-z-]*?-)[a-z0-9_]{8}\b",
            r"\1xxxxxxxx",
        ),
        (r"\b(after) \d+ ms", r"\1 3 ms"),
        (r"\d+(?:\.\d+)? ?([kMG]?B)/s", r"1.0 \1/s"),
        (r"(eta|ETA) (?:-?\d+:\d\d:\d\d|--:--:--|-:--:--)", r"\1 0:00:01"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3,4}", "2026-01-02T03:04:05,678"),
        (r"'(notAfter|notBefore)': '[^']*'", r"'\1': 'Jan  2 03:04:05 2026 GMT'"),
        (r"'serialNumber': '[0-9A-F]*'", "'serialNumber': '01'"),
        (r"(?<=sha256[=:])[0-9a-f]{64}", "0" * 64),
        (r"\b[0-9a-f]{64}\b", "0" * 64),
        (r"\brun-[a-z0-9_]{8}\b", "run-xxxxxxxx"),
        (r"_[0-9a-f]{32}\b", "_" + "0" * 32),
        (r"/wheels/\w\w/\w\w/\w\w/\w{20,}", "/wheels/xx/xx/xx/xx"),
        (r"--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--", "--2026-01-02 03:04:05--"),
        (r"\d{4}-\d\d-\d\dT\d\d[_:]\d\d[_:]\d\d[_.]\d{3}Z", "2026-01-02T03_04_05_678Z"),
        (r"\b[0-9A-F]{12}0000:error:", "000000000000:error:"),
        (r"verification time \d+ \(UNIX\)", "verification time 1767323045 (UNIX)"),
        (r"(not valid (?:after|before)) \d+ \(\d+ seconds", r"\1 1767323000 (45 seconds"),
        (r"\b(?:in|after) \d+(?:\.\d+)?(ms|s)\b", r"in 1\1"),
        (r"Python/\d+\.\d+\.\d+\+?", "Python/3"),
    )
)


def neutral(text: str, roots: Mapping[str, str], hosts: Mapping[int, str]) -> str:
    """With neutral folders, hosts and ports, and without what changes from run to run.

    `roots` are folders and what they are to be called; `hosts` ports of loopback and their new `host:port`.
    """
    for folder in sorted(roots, key=len, reverse=True):
        text = text.replace(folder, roots[folder])
    text = re.sub(r"/usr/lib/python\d(?:\.\d+)?/", "/usr/lib/python3/", text)
    text = re.sub(r"/home/user/tmp\b", "/tmp", text)
    for port, name in hosts.items():
        host, _, number = name.partition(":")
        text = re.sub(
            rf"\b(?:localhost|127\.0\.0\.1)((?:'|\")?,? ?(?:port[= ]|:)){port}\b",
            rf"{host}\g<1>{number}",
            text,
        )
        text = re.sub(rf"\b(?:localhost|127\.0\.0\.1):{port}\b", name, text)
    text = re.sub(r"(\(')?\b127\.0\.0\.1(\|:|', )\d{5}\b", r"\g<1>127.0.0.1\g<2>8443", text)
    text = re.sub(r"(https://[\w.]+):443/", r"\1/", text)
    # pip's own default index, where a help text or a warning names it.
    text = re.sub(
        r"https://(?![\w.]*\b(?:example|internal|localhost)\b)[\w.]+/simple\b",
        "https://index.example/simple",
        text,
    )
    text = re.sub(r"/[\w/.-]*/\.pyenv/versions/[\d.]+", "/usr", text)
    text = "\n".join(_with_hosts(line, text) for line in text.split("\n"))
    for pattern, instead in CHANCE:
        text = pattern.sub(instead, text)
    return text


NEUTRAL_HOST = re.compile(r"\b(?:index|mirror|downloads)\.(?:example|internal)\b")


def _with_hosts(line: str, text: str) -> str:
    """A line that names the host without its port: it is the one that the line names besides, if any."""
    if "localhost" not in line:
        return line
    found = NEUTRAL_HOST.search(line) or NEUTRAL_HOST.search(text)
    return re.sub(r"\blocalhost\b", found[0] if found else "index.example", line)


def without_chance(text: str, pip: str) -> str:
    """What two runs have to differ in to be worth keeping both."""
    text = text.replace(pip, "PIP")
    text = re.sub(r"_ssl\.c:\d+", "_ssl.c:N", text)
    text = re.sub(r'(File ".*?", line )\d+', r"\1N", text)
    text = re.sub(r"cp3\d+|py3\d?|python ?3[.\d]*|Python 3[.\d]*", "PYTHON", text)
    return re.sub(r"(?m)^\S*Deprecation.*$", "", text)
