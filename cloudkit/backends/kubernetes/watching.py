"""Follow what happens to a collection: over ends, cuts and half-open connections, with no change lost.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

import msgspec

from cloudkit.backends.kubernetes.decode import decoded
from cloudkit.backends.kubernetes.ending import Ending
from cloudkit.backends.kubernetes.lines import lines
from cloudkit.backends.kubernetes.objects import Listing, Metadata
from cloudkit.backends.kubernetes.refusal import RefusedError, refusal_of
from cloudkit.errors import BackendError

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["Change", "Heed", "Kept", "Watch"]

ROUND = 30.0
"""Seconds after which the server ends a watch, having said how far it is; then the next one begins."""
GRACE = 5.0
"""Seconds that the end of a round may be late, before the connection counts as dead."""
OUTAGE = 60.0
"""Seconds that an API server may be away in the middle of a watch, as when it is restarted."""
AGAIN = 1.0
"""Seconds between two rounds, where one has failed at once."""


class Kept(Protocol):
    """Any object that an API server keeps."""

    @property
    def metadata(self) -> Metadata:
        """Its name and version."""
        ...


K = TypeVar("K", bound=Kept)


class Heed(Protocol):
    """Hears how a watch fares, beside its changes."""

    def live(self, *, yes: bool) -> None:
        """Hear whether a round goes on now."""
        ...

    def reached(self, version: str) -> None:
        """Hear that whatever happened up to a version has been told, and taken."""
        ...


@dataclass(frozen=True, slots=True)
class Change(Generic[K]):
    """What happened to one object.

    Args:
        type: What it was.
        object: The object, as it is after it; as it was last, when it was deleted.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: K


class _Line(msgspec.Struct, frozen=True):
    """One event on the wire."""

    type: str
    object: msgspec.Raw


class _Mark(msgspec.Struct, frozen=True):
    """All that a bookmark holds."""

    metadata: Metadata


class _Told(msgspec.Struct, frozen=True):
    """What an event of type ERROR holds: a ``Status``."""

    code: int = 500


class Watch(Generic[K]):
    """One watch of a collection.

    Args:
        kind: What its objects are read as.
        version: From where on; empty begins with all that is there.
        known: What was there at that version, so that a later list shows what has gone since.
        relist: Returns all that is there.
        reopen: Opens one round: from a version on, for so many seconds, with so many between two signs of life.
        timeout: Seconds until it ends; None never ends.
        ending: Ends it from another thread.
        heed: Hears how it fares.
        every: Seconds of a round.
        clock: The time in seconds.
    """

    def __init__(
        self,
        kind: type[K],
        *,
        version: str,
        relist: Callable[[], Listing[K]],
        reopen: Callable[[str, float, float], BaseHTTPResponse],
        timeout: float | None,
        known: Iterable[K] = (),
        ending: Ending | None = None,
        heed: Heed | None = None,
        every: float = ROUND,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kind = kind
        self._version = version
        self._relist = relist
        self._reopen = reopen
        self._ending = ending or Ending()
        self._heed = heed
        self._every = every
        self._clock = clock
        self._ends = None if timeout is None else clock() + timeout
        self._well = clock() if version else None
        self._known = {item.metadata.uid: item for item in known}

    def changes(self) -> Iterator[Change[K]]:
        """Yield each change, as it comes."""
        while not self._ending.over and self._left() > 0:
            started = self._clock()
            try:
                if not self._version:
                    yield from self._renewed()
                yield from self._round()
            except (BackendError, RefusedError) as error:
                self._endure(error)
            if self._version and self._clock() - started < AGAIN:  # cut at once: not in a spin
                self._ending.pause(min(AGAIN, max(0.0, self._left())))

    def _left(self) -> float:
        return math.inf if self._ends is None else self._ends - self._clock()

    def _endure(self, error: Exception) -> None:
        """Go on after a failure that is likely to pass; raise any other, and one that lasts."""
        refusal = refusal_of(error)
        if refusal and refusal.status == 410:
            self._version = ""
            return
        if self._left() <= 0:
            return
        if self._well is None or self._clock() - self._well > OUTAGE:
            raise error
        if refusal and refusal.status < 500 and refusal.status != 429:
            raise error
        self._ending.pause(min(AGAIN, max(0.0, self._left())))

    def _renewed(self) -> Iterator[Change[K]]:
        """Read all that is there, and tell how it differs from what was told before."""
        listing = self._relist()
        self._well = self._clock()
        self._version = listing.metadata.resource_version
        present = {item.metadata.uid: item for item in listing.items}
        for uid in [uid for uid in self._known if uid not in present]:
            yield Change("DELETED", self._known.pop(uid))
        for uid, item in present.items():
            before = self._known.get(uid)
            self._known[uid] = item
            if before is None:
                yield Change("ADDED", item)
            elif before.metadata.resource_version != item.metadata.resource_version:
                yield Change("MODIFIED", item)
        self._reached()

    def _reached(self) -> None:
        if self._heed is not None:
            self._heed.reached(self._version)

    def _live(self, *, yes: bool) -> None:
        if self._heed is not None:
            self._heed.live(yes=yes)

    def _round(self) -> Iterator[Change[K]]:
        """Follow until the server ends the round, the connection dies, or the version is too old to go on with."""
        from urllib3.exceptions import HTTPError

        left = max(self._left(), 0.05)
        response = self._reopen(self._version, min(self._every, left), min(self._every + GRACE, left))
        self._well = self._clock()
        self._live(yes=True)
        try:
            with self._ending.holding(response), suppress(HTTPError, OSError):
                for line in lines(response):
                    yield from self._read(line)
                    if self._left() <= 0:
                        return
        finally:
            self._live(yes=False)
            self._well = self._clock()  # it lasted until now: only from here on is the server away
            response.close()

    def _read(self, line: bytes) -> Iterator[Change[K]]:
        event = decoded(line, _Line)
        if event.type == "ERROR":
            raise RefusedError(decoded(event.object, _Told).code, bytes(event.object))
        if event.type == "BOOKMARK":
            self._version = decoded(event.object, _Mark).metadata.resource_version
            self._reached()
            return
        item = decoded(event.object, self._kind)
        self._version = item.metadata.resource_version
        if event.type == "DELETED":
            self._known.pop(item.metadata.uid, None)
            yield Change("DELETED", item)
        else:
            self._known[item.metadata.uid] = item
            yield Change("ADDED" if event.type == "ADDED" else "MODIFIED", item)
        self._reached()
