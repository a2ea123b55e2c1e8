"""When a schedule is due: the fields as cron and a cluster read them, in the schedule's time zone.

Source: crontab(5) of Debian for the hours that a change of daylight saving time skips or repeats: what is due at an
hour of the day begins once, right after the gap, or at the first of the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloudkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from cloudkit.model.job import Schedule

__all__ = ["check_schedule", "due_after", "last_due"]

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ONLY_HERE = frozenset("L#W")  # of single fields: what a cluster has not got
_DAYS = frozenset({"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"})


def check_schedule(schedule: Schedule) -> None:
    """Raise ``UsageError`` where a schedule is never due, or names a time zone that there is not.

    >>> from cloudkit.model.job import Schedule
    >>> check_schedule(Schedule(cron="0 0 30 2 *"))
    Traceback (most recent call last):
    cloudkit.errors.UsageError: schedule '0 0 30 2 *' is never due: Bad day-of-month
      try: five fields such as '*/5 * * * *', or @daily
    """
    _zone(schedule)
    try:
        due = next(_times(schedule, datetime(2026, 1, 1, tzinfo=UTC)), None)
    except ValueError as error:
        raise _never(schedule, str(error)) from error
    if due is None:
        raise _never(schedule, "no day of any year fits")


def due_after(schedule: Schedule, moment: datetime) -> datetime | None:
    """Return when a schedule is next due, in UTC; None where it never is.

    >>> from cloudkit.model.job import Schedule
    >>> str(due_after(Schedule(cron="30 2 * * *", timezone="Europe/Berlin"), datetime(2026, 1, 1, tzinfo=UTC)))
    '2026-01-01 01:30:00+00:00'
    """
    return next(_times(schedule, moment), None)


def last_due(schedule: Schedule, after: datetime, until: datetime) -> datetime | None:
    """Return the last time that a schedule was due after a moment, and not after another; None where it was not."""
    last = None
    for due in _times(schedule, after):
        if due > until:
            break
        last = due
    return last


def _times(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield when it is due, in UTC and in order, each later than ``after``.

    Raises:
        ValueError: It says no times.
    """
    from cronsim import CronSim, CronSimError

    try:
        times = CronSim(_fields(schedule.cron), after.astimezone(_zone(schedule)))
    except CronSimError as error:
        raise ValueError(str(error)) from error
    last = after
    for due in times:
        moment = due.astimezone(UTC)
        if moment > last:
            yield moment
            last = moment


def _fields(cron: str) -> str:
    """Return five fields in the library's words; those that only it knows are refused.

    >>> _fields("@hourly"), _fields("0 0 ? * mon")
    ('0 * * * *', '0 0 * * MON')
    """
    fields = _NAMED.get(cron, cron).upper().replace("?", "*").split()
    for field in fields[2::2]:
        if any(letter in _ONLY_HERE for letter in _without_days(field)):
            message = f"{field.lower()!r} is no field of a cluster's schedule"
            raise ValueError(message)
    return " ".join(fields)


def _without_days(field: str) -> str:
    for day in _DAYS:
        field = field.replace(day, "")
    return field


def _zone(schedule: Schedule) -> ZoneInfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(schedule.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"there is no time zone {schedule.timezone!r}"
        raise UsageError(message, hint="an IANA name such as UTC or Europe/Berlin") from error


def _never(schedule: Schedule, why: str) -> UsageError:
    message = f"schedule {schedule.cron!r} is never due: {why}"
    return UsageError(message, hint="five fields such as '*/5 * * * *', or @daily")
