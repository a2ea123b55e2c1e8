"""Go on with the lines of replicas as they come, across restarts and rolls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

from cloudkit.backends.replicalogs.merge import Merge
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.errors import NotFoundError
from cloudkit.model.log import LogLine, LogQuery

__all__ = ["LOOK", "Follow", "Reader"]

LOOK = 0.5
"""Seconds between two looks at which replicas there are."""
FAREWELL = 3.0
"""Seconds that a thread gets to end once its connection is cut."""


class Reader(Protocol):
    """A thread that reads one replica, over as many lives as it has, into a source of the merge."""

    def start(self) -> None:
        """Begin."""
        ...

    def finish(self) -> None:
        """Wait for no further life; a replica that still runs is let go."""
        ...

    def stop(self) -> None:
        """End at once."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        ...


class Follow:
    """One following of an app: a thread for each replica, a merge that bounds what waits, and a look for new ones.

    Args:
        replicas: Says which replicas there are; ``NotFoundError`` from it ends the following.
        reader: Makes what reads a replica, from a position, into the merge.
        query: Which lines.
        grain: The nanoseconds to which the engine cuts the time that a reading begins at.
    """

    def __init__(
        self,
        replicas: Callable[[], Sequence[Target]],
        reader: Callable[[Target, Position, Merge], Reader],
        query: LogQuery,
        *,
        grain: int = 1,
    ) -> None:
        self._replicas = replicas
        self._reader = reader
        self._query = query
        self._grain = grain
        self._merge = Merge()
        self._readers: dict[str, Reader] = {}
        self._last = False  # True once nothing new can join

    def lines(self, targets: Sequence[Target]) -> Generator[LogLine, None, None]:
        """Yield lines until the app is gone, ``until`` has passed, or the iterator is closed."""
        try:
            self._join(targets, tail=self._query.tail)
            looked = monotonic()
            while not (self._last and self._merge.empty):
                if monotonic() - looked >= LOOK:
                    self._look()
                    looked = monotonic()
                for record in self._merge.take(LOOK):
                    yield record.line
        finally:
            self._close()

    def _join(self, targets: Sequence[Target], *, tail: int | None) -> None:
        """Start to read those that are not read yet."""
        for target in targets:
            if target.id not in self._readers:
                position = Position(self._query, tail=tail, grain=self._grain)
                self._readers[target.id] = reader = self._reader(target, position, self._merge)
                reader.start()

    def _look(self) -> None:
        """See who has joined; one that joins later is read from its beginning."""
        if self._last:
            return
        try:
            self._join(self._replicas(), tail=None)
        except NotFoundError:
            self._last = True
        if self._query.until is not None and datetime.now(UTC) > self._query.until.astimezone(UTC):
            self._last = True
        if self._last:
            for reader in self._readers.values():
                reader.finish()

    def _close(self) -> None:
        self._merge.close()
        for reader in self._readers.values():
            reader.stop()
        for reader in self._readers.values():
            reader.join(FAREWELL)
