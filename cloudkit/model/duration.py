"""Spans and points of time as people write them at a prompt."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from cloudkit.model.refusal import refusal

__all__ = ["moment", "seconds"]

LONGEST = 10 * 365 * 86_400.0  # seconds
_TEXT_LIMIT = 40
_EARLIEST, _LATEST = 1970, 2200
_SPAN = re.compile(
    r"(?:(?P<d>\d{1,6}+)d)?(?:(?P<h>\d{1,6}+)h)?(?:(?P<m>\d{1,6}+)m(?!s))?"
    r"(?:(?P<s>\d{1,9}+(?:\.\d{1,9}+)?)s)?(?:(?P<ms>\d{1,9}+)ms)?",
    re.ASCII,
)
_BARE = re.compile(r"\d{1,9}+(?:\.\d{1,9}+)?", re.ASCII)
_CLOCK = re.compile(r"(?:(today|yesterday) )?([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_AGO = " ago"
_UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(field: str, value: object) -> float:
    """Read a span of time, in seconds.

    Args:
        field: What it is for, for the error.
        value: A number of seconds, or ``10m``, ``1h30m``, ``1d``, ``1.5s``, ``250ms``: units from long to short.

    >>> seconds("deadline", "1h30m"), seconds("deadline", "2.5")
    (5400.0, 2.5)
    """
    span = _span(value)
    if span is None or not 0 <= span <= LONGEST:
        raise refusal(field, value, "seconds, or a span such as 250ms, 90s, 10m, 1h30m or 1d, at most 3650d")
    return span


def moment(field: str, value: str | datetime, *, now: datetime | None = None) -> datetime:
    """Read a point in time: ``10m`` is ten minutes ago, ``14:05`` the last time it was, else ISO 8601.

    ``10m ago``, ``today 9:00``, ``yesterday 9:00`` and ``now`` are read, too.

    Args:
        field: What it is for, for the error.
        value: A span before now, a time of day, a date, or a date and time; local time where it names no zone.
        now: The present, with its zone; the clock's where None.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    >>> str(moment("since", "10m", now=noon)), str(moment("since", "14:05", now=noon))
    ('2026-01-02 11:50:00+00:00', '2026-01-01 14:05:00+00:00')
    >>> str(moment("since", "1h ago", now=noon)), str(moment("since", "yesterday 9:00", now=noon))
    ('2026-01-02 11:00:00+00:00', '2026-01-01 09:00:00+00:00')
    """
    present = now or datetime.now().astimezone()
    found = value if isinstance(value, datetime) else _moment(value, present)
    if found is None or not _EARLIEST <= found.year <= _LATEST:
        allowed = (
            "a span such as 10m or 1h ago, a time such as 14:05 or yesterday 9:00, now, "
            "or a date and time such as 2026-01-31T14:05:00+01:00"
        )
        raise refusal(field, value, f"{allowed}, from {_EARLIEST} to {_LATEST}")
    return found if found.tzinfo else found.astimezone()


def _span(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(min(value, LONGEST + 1))
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT_LIMIT:
        return None
    if _BARE.fullmatch(value):
        return float(value)
    match = _SPAN.fullmatch(value)
    return sum(float(match[unit]) * size for unit, size in _UNITS.items() if match[unit]) if match else None


def _moment(value: object, now: datetime) -> datetime | None:
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT_LIMIT:
        return None
    if value == "now":
        return now
    if clock := _CLOCK.fullmatch(value):
        return _on_the_clock(clock, now)
    length = value.removesuffix(_AGO)
    span = None if _BARE.fullmatch(length) else _span(length)
    if span is not None:
        return now - timedelta(seconds=span) if span <= LONGEST else None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _on_the_clock(clock: re.Match[str], now: datetime) -> datetime:
    """Return a time of the day that is named, or the last time that it was."""
    day, *parts = clock.groups()
    hour, minute, second = (int(part or 0) for part in parts)
    today = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
    return today - timedelta(days=1) if day == "yesterday" or (day is None and today > now) else today
