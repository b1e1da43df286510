"""How well saved logs are read: what was found, and named, over all logs of `tests/logs`.

``python -m tests.log_scores`` prints it. `tests/logs/labels.json` says what each log is a log of, and what
its words allow: that is known from how it was recorded, not from the log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from pipsafe.statements import saved_log
from pipsafe.statements.saved_log import LogFindings

LOGS = Path(__file__).parent / "logs"
UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a log."""

    truth: str | None
    """The cause of the failure; None if TLS did not fail."""
    words: str
    """all: they single out that cause; some: they leave it open; none: they do not speak of it; forged: they
    look like pip's, and are a build's."""
    may: frozenset[str]
    """Causes that it is fair to name where the words leave it open, besides the true one."""

    @property
    def is_of_tls(self) -> bool:
        """Whether it is a log of a TLS failure that its words speak of."""
        return self.truth not in (None, UNREACHABLE) and self.words not in ("none", "forged")


@cache
def _labels() -> tuple[tuple[tuple[str, str | None], ...], tuple[tuple[str, str, frozenset[str]], ...]]:
    data = json.loads((LOGS / "labels.json").read_text(encoding="utf-8"))
    truths = tuple((pattern, cause) for cause, patterns in data["truth"].items() for pattern in patterns)
    words = tuple(
        (pattern, row["words"], frozenset(row.get("may", ())))
        for row in data["words"]
        for pattern in row["logs"]
    )
    return tuple((pattern, None if cause == "none" else cause) for pattern, cause in truths), words


def names() -> list[str]:
    """Every log, by its path below `tests/logs`."""
    return sorted(path.relative_to(LOGS).as_posix() for path in LOGS.rglob("*.log"))


def patterns() -> list[str]:
    """All that labels speak of."""
    truths, words = _labels()
    return [*(pattern for pattern, _ in truths), *(pattern for pattern, _, _ in words)]


def label(name: str) -> Label:
    """The label of a log: in each table the longest pattern that matches. KeyError if there is none."""
    truths, words = _labels()
    found = [(len(pattern), cause) for pattern, cause in truths if fnmatch(name, pattern)]
    if not found:
        raise KeyError(name)
    told = [(len(pattern), said, may) for pattern, said, may in words if fnmatch(name, pattern)]
    _, said, may = max(told, default=(0, "all", frozenset()), key=lambda row: row[0])
    return Label(max(found, key=lambda row: row[0])[1], said, may)


def text_of(name: str) -> str:
    return (LOGS / name).read_bytes().decode("utf-8", "replace")


@cache
def findings(name: str) -> LogFindings:
    return saved_log.read(text_of(name))


def causes(name: str) -> frozenset[str]:
    """What the log is read as."""
    return frozenset(item.cause for item in findings(name).failures)


def verdict(name: str) -> str:
    """right | unknown | wrong | missed | false alarm | silent, of one log."""
    known, read = label(name), causes(name)
    if not known.is_of_tls:
        return "false alarm" if read else "silent"
    if not read:
        return "missed"
    if known.truth in read and read <= {known.truth, "unknown"}:
        return "right"
    return "unknown" if read == {"unknown"} else "wrong"


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts of logs."""

    allowed: Counter[str]
    """Verdicts where the words allow to name the cause."""
    open_: Counter[str]
    """Verdicts where they do not."""
    negatives: Counter[str]

    @property
    def positives(self) -> int:
        return self.allowed.total() + self.open_.total()

    @property
    def found(self) -> int:
        return self.positives - self.allowed["missed"] - self.open_["missed"]


def scores(logs: Iterable[str]) -> Scores:
    """Over these logs."""
    result = Scores(Counter(), Counter(), Counter())
    for name in logs:
        known = label(name)
        if known.words == "forged":
            continue
        kind = (
            result.negatives
            if not known.is_of_tls
            else result.allowed
            if known.words == "all"
            else result.open_
        )
        kind[verdict(name)] += 1
    return result


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({100 * part / whole:.1f} %)" if whole else "")


def _print_scores(logs: list[str]) -> None:
    counted = scores(logs)
    alarms, named = counted.negatives["false alarm"], counted.allowed["right"] + counted.allowed["wrong"]
    rows = (
        ("TLS failures found (recall)", _share(counted.found, counted.positives)),
        ("found, and there were (precision)", _share(counted.found, counted.found + alarms)),
        ("false alarms", _share(alarms, counted.negatives.total())),
        (
            "cause named, where the words allow it (recall)",
            _share(counted.allowed["right"], counted.allowed.total()),
        ),
        ("cause named, and right (precision)", _share(counted.allowed["right"], named)),
        ("where the words leave it open: right", _share(counted.open_["right"], counted.open_.total())),
        ("                               unknown", _share(counted.open_["unknown"], counted.open_.total())),
        ("                               another", _share(counted.open_["wrong"], counted.open_.total())),
    )
    for title, value in rows:
        print(f"  {title:<48}{value}")


def _print_causes(logs: list[str]) -> None:
    by_cause: dict[str, Counter[str]] = {}
    for name in logs:
        known = label(name)
        if known.is_of_tls:
            by_cause.setdefault(known.truth or "", Counter())[verdict(name)] += 1
    print(f"\n  {'cause':<24}{'logs':>6}{'right':>7}{'unknown':>9}{'other':>7}{'missed':>8}")
    for cause, counted in sorted(by_cause.items()):
        cells = (counted["right"], counted["unknown"], counted["wrong"], counted["missed"])
        print(
            f"  {cause:<24}{counted.total():>6}"
            + "".join(f"{n:>{w}}" for n, w in zip(cells, (7, 9, 7, 8), strict=True))
        )


def main() -> None:
    logs = names()
    for title, pattern in (
        ("all logs", "*"),
        ("pip's", "pip/*"),
        ("other tools'", "tools/*"),
        ("reported", "reported/*"),
    ):
        chosen = [name for name in logs if fnmatch(name, pattern)]
        negative = sum(not label(name).is_of_tls for name in chosen)
        print(f"{title}: {len(chosen)}, {negative} of them without a TLS failure that is spoken of")
        if chosen:
            _print_scores(chosen)
    _print_causes(logs)


if __name__ == "__main__":
    main()
