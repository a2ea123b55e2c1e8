"""Figures as people read them."""

from __future__ import annotations

from datetime import datetime

__all__ = ["age", "moment", "shortly", "size"]

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SPANS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


def size(count: int) -> str:
    """Return bytes in the largest unit that leaves a number above 1.

    >>> size(512), size(1536), size(10 * 1024**3)
    ('512 B', '1.5 KiB', '10 GiB')
    """
    value, unit = float(count), 0
    while abs(value) >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f}".removesuffix(".0") + f" {_UNITS[unit]}"


def age(then: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in its largest unit.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    >>> age(noon - timedelta(minutes=90), noon), age(None, noon)
    ('1h', '-')
    """
    if then is None:
        return "-"
    seconds = max(0, int((now - then).total_seconds()))
    return next((f"{seconds // span}{unit}" for unit, span in _SPANS if seconds >= span), "0s")


def moment(time: datetime | None) -> str:
    """Return a date and a time of day where the reader is.

    >>> moment(datetime(2026, 1, 2, 3, 4, 5).astimezone())
    '2026-01-02 03:04:05'
    """
    return "-" if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def shortly(time: datetime, now: datetime | None = None) -> str:
    """Return a time of day where it is of today, else a date with it.

    >>> noon = datetime(2026, 1, 2, 12).astimezone()
    >>> shortly(noon, noon), shortly(datetime(2026, 1, 1, 12).astimezone(), noon)
    ('12:00:00', '2026-01-01 12:00')
    """
    there, here = time.astimezone(), (now or datetime.now().astimezone())
    return there.strftime("%H:%M:%S" if there.date() == here.date() else "%Y-%m-%d %H:%M")
