"""One collection in memory: listed once, then followed by a thread, and never older than what this process knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Condition, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from cloudkit.backends.kubernetes.ending import Ending
from cloudkit.backends.kubernetes.objects import Listing, ListMetadata
from cloudkit.backends.kubernetes.versions import number
from cloudkit.backends.kubernetes.watching import Change, Kept

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["IDLE", "Collection"]

K = TypeVar("K", bound=Kept)
ROUND = 10.0
"""Seconds of one round of the watch: what a connection that has died in silence is late at the most, with its grace."""
IDLE = 300.0
"""Seconds without a question after which it is followed no longer."""


class Collection(Generic[K]):
    """A collection that is followed from its first list on.

    Args:
        client: A connection to the API server.
        path: The collection.
        kind: What its objects are read as.
        labels: A selector.
        clock: The time in seconds.
    """

    def __init__(
        self,
        client: Client,
        path: str,
        kind: type[K],
        *,
        labels: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._versions, self._path, self._clock = client.versions, path, clock
        self._doubts = client.versions.of(path).doubts  # before the list: what comes during it may be missing there
        self.first = client.list(path, kind, labels=labels)
        self._items = {item.metadata.uid: item for item in self.first.items}
        self._sorted: tuple[K, ...] | None = self.first.items
        self._version = number(self.first.metadata.resource_version) or 0
        self._asked = clock()
        self._ending = Ending()
        self._changed = Condition()
        self._live = self._over = False
        changes = client.watch(path, kind, labels=labels, since=self.first, ending=self._ending, heed=self, every=ROUND)
        self._thread = Thread(target=self._follow, args=(changes,), name=f"informer {path}", daemon=True)
        self._thread.start()

    def listing(self, patience: float) -> Listing[K] | None:
        """Return what is there, as a list does; None where only the server can tell.

        Args:
            patience: Seconds that it may take to hear of what this process has done or read.
        """
        with self._changed:
            self._asked = self._clock()
            if not self._changed.wait_for(lambda: self._lost or self._fresh, patience) or self._lost:
                return None
            if self._sorted is None:
                self._sorted = tuple(sorted(self._items.values(), key=lambda item: item.metadata.name))
            return Listing(items=self._sorted, metadata=ListMetadata(resource_version=str(self._version)))

    def end(self) -> None:
        """Follow it no longer; it waits for nothing."""
        self._ending.end()

    def join(self, seconds: float) -> bool:
        """Wait for the end of its thread; False where that waits for a server that does not answer."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def live(self, *, yes: bool) -> None:
        """Hear whether the server is speaking."""
        with self._changed:
            self._live = yes
            self._changed.notify_all()

    def reached(self, version: str) -> None:
        """Hear that all up to a version has been told."""
        with self._changed:
            self._version = number(version) or 0
            self._changed.notify_all()
            idle = self._clock() - self._asked > IDLE
        if idle:
            self._ending.end()

    @property
    def _lost(self) -> bool:
        """True when it cannot become fresh any more."""
        return self._over or self._ending.over or self._versions.of(self._path).doubts != self._doubts

    @property
    def _fresh(self) -> bool:
        return self._live and self._version >= self._versions.of(self._path).newest

    def _follow(self, changes: Iterator[Change[K]]) -> None:
        try:
            with suppress(Exception):  # whatever it is, the next question goes to the server, which says it again
                for change in changes:
                    self._take(change)
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _take(self, change: Change[K]) -> None:
        with self._changed:
            self._sorted = None
            if change.type == "DELETED":
                self._items.pop(change.object.metadata.uid, None)
            else:
                self._items[change.object.metadata.uid] = change.object
