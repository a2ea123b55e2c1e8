"""Go on with the lines of replicas as they come, across restarts and rolls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.operations.merge import Merge, Source
from cloudkit.backends.docker.operations.replica_log import Position, Target, log_lines, open_log
from cloudkit.backends.docker.operations.streams import Feed
from cloudkit.engine.errors import translate
from cloudkit.errors import CloudkitError, NotFoundError
from cloudkit.model.log import LogLine, LogQuery

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Follow"]

LOOK = 0.5
"""Seconds between two looks at which replicas there are, and at one that has ended."""
FAREWELL = 3.0
"""Seconds that a thread gets to end once its connection is cut."""


class Follow:
    """One following of an app: a thread for each replica, a merge that bounds what waits, and a look for new ones."""

    def __init__(self, api: APIClient, replicas: Callable[[], Sequence[Target]], query: LogQuery) -> None:
        self._api = api
        self._replicas = replicas
        self._query = query
        self._merge = Merge()
        self._readers: dict[str, _Reader] = {}
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
                reader = _Reader(self._api, target, Position(self._query, tail=tail), self._merge)
                self._readers[target.id] = reader
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


class _Reader(Thread):
    """Reads one replica, over as many lives as it has."""

    def __init__(self, api: APIClient, target: Target, position: Position, merge: Merge) -> None:
        super().__init__(name=f"cloudkit-log-{target.name}", daemon=True)
        self._api = api
        self._target = target
        self._position = position
        self._merge = merge
        self._source: Source = merge.open()
        self._feed: Feed | None = None
        self._ending = Event()  # no further life is waited for
        self._stopped = False

    def run(self) -> None:
        """Read until the replica is gone; hand a failure to whoever takes the lines."""
        failure: Exception | None = None
        try:
            with translate(f"follow the log of {self._target.name}"):
                self._lives()
        except NotFoundError:
            pass  # it was removed, which ends its log
        except CloudkitError as error:
            failure = None if self._stopped else error
        finally:
            self._merge.end(self._source, failure)

    def _lives(self) -> None:
        life = ""
        while not self._ending.is_set():
            attributes = self._api.inspect_container(self._target.id)
            state: Mapping[str, Any] = attributes["State"]
            if state["StartedAt"] != life or state["Running"]:
                life = state["StartedAt"]
                self._read(terminal=bool(attributes["Config"]["Tty"]))
            self._ending.wait(LOOK if not state["Running"] else LOOK / 10)

    def _read(self, *, terminal: bool) -> None:
        """Read until the engine ends it: the replica stopped, was removed, or the connection broke."""
        with open_log(self._api, self._target, self._position, follow=True) as feed:
            self._feed = feed
            self._merge.connected(self._source)
            if self._ending.is_set():
                return
            for record in log_lines(feed, self._target, terminal=terminal):
                if self._position.admit(record) and not self._merge.put(self._source, record):
                    return

    def finish(self) -> None:
        """Wait for no further life; a replica that still runs is let go."""
        self._ending.set()
        if (feed := self._feed) is not None:
            feed.close()

    def stop(self) -> None:
        """End at once."""
        self._stopped = True
        self.finish()
