"""Go on where a broken or ended reading of a log stopped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cloudkit.backends.replicalogs.stamped import Stamped
from cloudkit.backends.replicalogs.stamps import nanoseconds
from cloudkit.model.log import LogQuery

__all__ = ["SLACK", "Position", "Start"]

SLACK = 20_000_000
"""Nanoseconds by which records may stand in another order than their stamps say: two streams write at once."""
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Start:
    """Where a reading begins.

    Args:
        since: Nanoseconds; None is the beginning.
        tail: How many of the last lines; None is all.
    """

    since: int | None
    tail: int | None


@dataclass(slots=True)
class Position:
    """How far a log was read, so that reading again neither loses nor doubles a line.

    Args:
        query: What is wanted.
        tail: The last lines that are wanted at the first reading; None is all.
        grain: The nanoseconds to which the engine cuts the time that a reading begins at.
    """

    query: LogQuery
    tail: int | None = None
    grain: int = 1
    _latest: int | None = None
    _room: int = REMEMBERED
    _oldest: int = 0
    _floor: int = 0  # what is older was read before, or is not wanted
    _seen: Counter[tuple[int, str]] = field(default_factory=Counter)
    _again: Counter[tuple[int, str]] = field(default_factory=Counter)

    def begin(self) -> Start:
        """Return where the next reading begins, and expect what was seen to come again."""
        since = None if self.query.since is None else nanoseconds(self.query.since)
        tail = self.tail if self._latest is None else None
        if self._latest is not None:
            since = max(self._latest - SLACK, self._oldest)
            self._again = Counter({key: count for key, count in self._seen.items() if key[0] >= since})
        self._floor = since or 0
        return Start(None if since is None else since - since % self.grain, tail)

    def admit(self, record: Stamped) -> bool:
        """Remember a line; False when it was seen before."""
        if record.stamp < self._floor:
            return False
        key = (record.stamp, record.line.stream)
        if self._again.get(key, 0) > 0:
            self._again[key] -= 1
            return False
        if self._latest is None:
            self._latest = self._oldest = record.stamp
        self._latest = max(self._latest, record.stamp)
        self._seen[key] += 1
        if len(self._seen) > self._room:
            horizon = self._latest - SLACK
            self._seen = Counter({key: count for key, count in self._seen.items() if key[0] >= horizon})
            self._room = max(REMEMBERED, 2 * len(self._seen))  # twice, so that each line pays for one look at most
        return True
