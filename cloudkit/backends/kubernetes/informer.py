"""Answer lists from memory in a session that looks again and again; a first look asks the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cloudkit.backends.kubernetes.collection import IDLE, Collection
from cloudkit.backends.kubernetes.forking import in_child
from cloudkit.backends.kubernetes.watching import Kept

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.objects import Listing

__all__ = ["Informer", "Lists"]

K = TypeVar("K", bound=Kept)
SOON = 60.0
"""Seconds within which a second look begins the memory."""
PATIENCE = 0.5
"""Seconds that the memory may lag behind what this process knows, before the server is asked instead."""
FAREWELL = 3.0
"""Seconds that all its threads get to end."""


class Lists(Protocol):
    """What lists a collection of one namespace: the API server, or a memory of it."""

    @property
    def namespace(self) -> str:
        """The Kubernetes namespace."""
        ...

    def list(self, path: str, kind: type[K], *, labels: str = "") -> Listing[K]:
        """Return all objects of a collection."""
        ...


@dataclass(slots=True)
class _Slot:
    """Where one collection is kept; one thread at a time begins it."""

    lock: Lock = field(default_factory=Lock)
    held: Collection[Any] | None = None


class Informer:
    """Follows what was listed, and answers the next list of it.

    Args:
        client: A connection to the API server.
        clock: The time in seconds.
    """

    def __init__(self, client: Client, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._begin()
        in_child(self._begin)  # what its parent follows is followed by nobody there

    def _begin(self) -> None:
        self._looked: float | None = None
        self._lock = Lock()
        self._slots: dict[tuple[str, type[Any], str], _Slot] = {}
        self._ending: list[Collection[Any]] = []

    @property
    def namespace(self) -> str:
        """The Kubernetes namespace."""
        return self._client.namespace

    def lists(self) -> Lists:
        """Return what answers one look: the server at first, the memory from a second look soon after."""
        now, before = self._clock(), self._looked
        self._looked = now
        if before is not None and now - before < (IDLE if self._slots else SOON):
            return self
        self._end()
        return self._client

    def list(self, path: str, kind: type[K], *, labels: str = "") -> Listing[K]:
        """Return all objects of a collection, from memory where that knows all that this process does."""
        with self._lock:
            slot = self._slots.setdefault((path, kind, labels), _Slot())
        with slot.lock:
            found = slot.held.listing(PATIENCE) if slot.held is not None else None
            return self._anew(slot, path, kind, labels) if found is None else found

    def close(self) -> None:
        """Follow nothing any more; calling it twice is no error, and a later look begins anew."""
        self._looked = None
        self._end()
        ends = self._clock() + FAREWELL
        with self._lock:
            self._ending = [one for one in self._ending if not one.join(ends - self._clock())]

    def _anew(self, slot: _Slot, path: str, kind: type[K], labels: str) -> Listing[K]:
        """Ask the server, and follow from there."""
        self._let_go(slot)
        self._client.versions.heeded = True
        slot.held = made = Collection(self._client, path, kind, labels=labels, clock=self._clock)
        return made.first

    def _end(self) -> None:
        with self._lock:
            slots, self._slots = list(self._slots.values()), {}
        for slot in slots:
            with slot.lock:
                self._let_go(slot)

    def _let_go(self, slot: _Slot) -> None:
        if slot.held is not None:
            slot.held.end()
            with self._lock:
                self._ending = [*(one for one in self._ending if not one.join(0)), slot.held]
            slot.held = None
