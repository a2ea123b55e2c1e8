"""Read one replica's log, and go on where a broken or ended reading stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.operations.frames import demultiplex, whole
from cloudkit.backends.docker.operations.loglines import Stamped, read_lines
from cloudkit.backends.docker.operations.stamps import nanoseconds, seconds
from cloudkit.backends.docker.operations.streams import Feed, open_feed
from cloudkit.model.log import LogQuery

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Position", "Target", "log_lines", "open_log"]

SLACK = 20_000_000
"""Nanoseconds by which records may stand in another order than their stamps say: two streams write at once."""
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Target:
    """A container that is to be read: the engine's identifier, and its name as people see it."""

    id: str
    name: str


@dataclass(slots=True)
class Position:
    """How far a log was read, so that reading again neither loses nor doubles a line.

    Args:
        query: What is wanted.
        tail: The last lines that are wanted at the first reading; None is all.
    """

    query: LogQuery
    tail: int | None = None
    _latest: int | None = None
    _room: int = REMEMBERED
    _oldest: int = 0
    _seen: Counter[tuple[int, str]] = field(default_factory=Counter)
    _again: Counter[tuple[int, str]] = field(default_factory=Counter)

    def parameters(self, *, follow: bool) -> dict[str, Any]:
        """Return what to ask the engine for, and expect what was seen to come again."""
        words: dict[str, Any] = {"stdout": 1, "stderr": 1, "timestamps": 1, "follow": int(follow)}
        if self.query.until is not None:
            words["until"] = seconds(nanoseconds(self.query.until))
        since = None if self.query.since is None else nanoseconds(self.query.since)
        if self._latest is not None:
            since = max(self._latest - SLACK, self._oldest)
            self._again = Counter({key: count for key, count in self._seen.items() if key[0] >= since})
        elif self.tail is not None:
            words["tail"] = str(self.tail)
        if since is not None:
            words["since"] = seconds(since)
        return words

    def admit(self, record: Stamped) -> bool:
        """Remember a line; False when it was seen before."""
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


def open_log(api: APIClient, target: Target, position: Position, *, follow: bool) -> Feed:
    """Ask the engine for a replica's log from a position on."""
    return open_feed(api, "containers", target.id, "logs", params=position.parameters(follow=follow))


def log_lines(feed: Feed, target: Target, *, terminal: bool) -> Iterator[Stamped]:
    """Yield the lines of an opened log."""
    pieces = whole(feed) if terminal else demultiplex(feed)
    return read_lines(pieces, target.name, framed=not terminal)
