"""Read one replica's log as it grows, over as many lives as the replica has."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.operations.replica_log import log_lines, open_log
from cloudkit.backends.docker.operations.streams import Feed
from cloudkit.backends.replicalogs.follow import LOOK
from cloudkit.backends.replicalogs.merge import Merge, Source
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.engine.errors import translate
from cloudkit.errors import CloudkitError, NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["ReplicaReader"]


class ReplicaReader(Thread):
    """Reads one replica into a source of its own."""

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
