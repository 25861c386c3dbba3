"""Parse dates and date expressions of settings, and write instants."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EXPRESSION = re.compile(r"(now|today|yesterday|tomorrow)((?:[+-]\d+[mhdw])*)")
_STEP = re.compile(r"([+-]\d+)([mhdw])")


def is_expression(text: str) -> bool:
    """Whether a text is a date expression such as `today-7d` or `now-90m`."""
    return _EXPRESSION.fullmatch(text) is not None


def is_naive(text: str) -> bool:
    """Whether a text is a date with a time, and without an offset."""
    with suppress(ValueError):
        return len(text) > len("2026-01-31") and datetime.fromisoformat(text).tzinfo is None
    return False


def moment(text: str, now: datetime) -> datetime:
    """Parse a date or a date expression; days begin at midnight UTC.

    Raises:
        ValueError: It is neither.
    """
    try:
        found = _EXPRESSION.fullmatch(text)
        return _of_date(text) if found is None else _of_expression(found[1], found[2], now)
    except OverflowError:
        msg = f"`{text}` lies beyond the calendar"
        raise ValueError(msg) from None


def _of_date(text: str) -> datetime:
    given = datetime.fromisoformat(text)
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def _of_expression(word: str, steps: str, now: datetime) -> datetime:
    start = now if word == "now" else datetime.combine(now.astimezone(UTC), time(), UTC)
    start += timedelta(days={"yesterday": -1, "tomorrow": 1}.get(word, 0))
    for amount, unit in _STEP.findall(steps):
        start += timedelta(**{_UNITS[unit]: int(amount)})
    return start


def utc(value: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffff+00:00`; the last day of the calendar keeps its own offset.

    Raises:
        ValueError: It has no offset.
    """
    if value.tzinfo is None:
        msg = "is a date-time without an offset"
        raise ValueError(msg)
    try:
        return value.astimezone(UTC).isoformat("T", "microseconds")
    except OverflowError:
        return value.isoformat("T", "microseconds")
