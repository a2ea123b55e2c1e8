"""A pool of connections to an API server, opened by credentials that are renewed when they ran out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.access import Access
from cloudkit.backends.kubernetes.forking import in_child
from cloudkit.config.cluster import Cluster

if TYPE_CHECKING:
    from urllib3 import PoolManager

__all__ = ["Connection", "Door"]


@dataclass(frozen=True, eq=False)
class Door:
    """Open connections and the credentials that opened them.

    Args:
        access: The address, the certificates, the proxy, and who one is.
        pool: What keeps the connections.
    """

    access: Access
    pool: PoolManager

    def close(self) -> None:
        """Let go of the connections."""
        self.pool.clear()


class Connection:
    """The way to one API server. Threads share it.

    Args:
        cluster: Where it is.
        unlock: Reads the credentials anew, and opens a pool of connections with them.
        clock: The time in seconds since the epoch.
    """

    def __init__(self, cluster: Cluster, unlock: Callable[[], Door], clock: Callable[[], float]) -> None:
        self.cluster = cluster
        self._unlock = unlock
        self._clock = clock
        self._lock = Lock()
        self._door: Door | None = None
        self._parents: Door | None = None
        in_child(self._forked)

    def _forked(self) -> None:
        """Open connections anew; the parent's are neither used nor closed, as it goes on with them."""
        self._lock, self._parents, self._door = Lock(), self._door, None

    def door(self) -> Door:
        """Return the open connections, with credentials that have not run out."""
        with self._lock:
            door = self._door
            if door is None or (door.access.expires is not None and door.access.expires <= self._clock()):
                self._door = door = self._unlock()
            return door

    def renew(self, refused: Door) -> Door:
        """Return other credentials than those that were refused: once for all threads that met the refusal."""
        with self._lock:
            if self._door is None or self._door is refused:
                self._door = self._unlock()
            return self._door

    def close(self) -> None:
        """Let go of the connections; calling it twice is no error, and a later call opens them anew."""
        with self._lock:
            door, self._door = self._door, None
        if door:
            door.close()
