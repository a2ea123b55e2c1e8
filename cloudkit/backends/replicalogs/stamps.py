"""Times as engines stamp their lines with, which have nanoseconds where Python's have microseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

__all__ = ["moment", "nanoseconds", "parse_stamp", "seconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)\Z")


def parse_stamp(text: bytes) -> int | None:
    """Read a time of RFC 3339 as nanoseconds since the epoch; None when it is none.

    >>> parse_stamp(b"1970-01-01T00:00:01.000000002Z")
    1000000002
    """
    match = _STAMP.match(text)
    if match is None:
        return None
    second = _second(match[1] + match[3])
    return None if second is None else second + int((match[2] or b"").ljust(9, b"0"))


@lru_cache(maxsize=256)
def _second(text: bytes) -> int | None:
    """Read a time of whole seconds; thousands of lines have the same."""
    try:
        return nanoseconds(datetime.fromisoformat(text.decode()))
    except ValueError:
        return None


def nanoseconds(at: datetime) -> int:
    """Return a time as nanoseconds since the epoch; a time without zone is local, as Python has it."""
    return (at.astimezone(UTC) - _EPOCH) // _MICROSECOND * 1000


def moment(stamp: int) -> datetime:
    """Return nanoseconds since the epoch as a time in UTC, cut to microseconds.

    >>> moment(1_000_000_002).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(microseconds=stamp // 1000)


def seconds(stamp: int) -> str:
    """Return a time as the engine's ``since`` and ``until`` take it: seconds and nanoseconds.

    >>> seconds(1_000_000_002)
    '1.000000002'
    """
    return f"{stamp // 10**9}.{stamp % 10**9:09}"
