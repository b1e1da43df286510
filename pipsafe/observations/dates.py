"""Dates as others write them: servers of HTTP, C compilers, OpenSSL, certifi. None where it is no date."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_DAY_YEAR = re.compile(r"\b([A-Z][a-z]{2}) {1,2}(\d{1,2}),? (\d{4})\b")
_DAY_MONTH_YEAR = re.compile(r"\b(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})\b")
_CALENDAR_VERSION = re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})")


def of_http(value: str) -> datetime | None:
    """One of the forms of RFC 9110 5.6.7."""
    if not value.isascii() or len(value) > 40:
        return None
    from email.utils import parsedate_to_datetime  # takes its time to import

    try:
        found = parsedate_to_datetime(value)
        found = found.replace(tzinfo=found.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return found if 2000 <= found.year <= 2200 else None


def of_build(words: str | None) -> datetime | None:
    """As C compilers and OpenSSL write a date, in English: "Dec  9 2023", "3 Sep 2024"."""
    words = (words or "")[:200]
    if found := _MONTH_DAY_YEAR.search(words):
        return _day(found[3], found[1], found[2])
    if found := _DAY_MONTH_YEAR.search(words):
        return _day(found[3], found[2], found[1])
    return None


def of_version(version: str) -> datetime | None:
    """Of a package whose versions are dates, as "2024.7.4"."""
    found = _CALENDAR_VERSION.match(version)
    return _day(found[1], found[2], found[3]) if found else None


def _day(year: str, month: str, day: str) -> datetime | None:
    try:
        number = int(month) if month.isdigit() else _MONTHS.index(month.lower()) + 1
        found = datetime(int(year), number, int(day), tzinfo=timezone.utc)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None
