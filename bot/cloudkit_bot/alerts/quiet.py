"""Hours in which nobody is to be woken for what can wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloudkit.errors import ConfigError

__all__ = ["Quiet", "zone"]


def zone(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        ConfigError: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"there is no time zone {name!r}", hint="an IANA name such as UTC or Europe/Berlin"
        ) from error


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of each day, across midnight where they end earlier than they begin; none where both are the same.

    Args:
        begin: When they begin.
        end: When they end.
        zone: Whose time of day that is.
    """

    begin: time
    end: time
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, zone: ZoneInfo) -> Quiet:
        """Read hours such as ``22:00-07:00``; an empty text is none.

        Raises:
            ConfigError: It is no such text.
        """
        try:
            begin, end = (time.fromisoformat(part.strip()) for part in (text or "00:00-00:00").split("-"))
        except ValueError as error:
            raise ConfigError(f"quiet hours are {text!r}; allowed is 22:00-07:00") from error
        return cls(begin, end, zone)

    def until(self, now: float) -> float:
        """Return when the quiet hours end that are now, in seconds since the epoch; 0 where there are none now.

        >>> night = Quiet.read("22:00-07:00", ZoneInfo("UTC"))
        >>> moment = datetime(2026, 1, 31, 23, 30, tzinfo=UTC).timestamp()
        >>> str(datetime.fromtimestamp(night.until(moment), UTC)), night.until(moment + 12 * 3600)
        ('2026-02-01 07:00:00+00:00', 0.0)
        """
        local = datetime.fromtimestamp(now, UTC).astimezone(self.zone)
        for days in (-1, 0):
            day = local.date() + timedelta(days=days)
            begin = datetime.combine(day, self.begin, self.zone)
            end = datetime.combine(day + timedelta(days=self.end < self.begin), self.end, self.zone)
            if begin <= local < end:
                return end.timestamp()
        return 0.0
