"""A clock that moves when it is told to, and runs what is due on its way."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

__all__ = ["EPOCH", "Clock", "Timer"]

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(order=True, slots=True)
class Timer:
    """Something due at a moment; ``background`` ones never count as something to wait for."""

    due: float
    order: int
    call: Callable[[], None] = field(compare=False)
    background: bool = field(default=False, compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Never run it; cancelling twice is no error."""
        self.cancelled = True


class Clock:
    """Virtual time, in seconds since it began; it stands still unless somebody waits or advances it.

    >>> clock = Clock()
    >>> _ = clock.after(5, lambda: print("due at", clock.seconds))
    >>> clock.advance(60)
    due at 5.0
    >>> clock.now.isoformat()
    '2026-01-01T00:01:00+00:00'
    """

    def __init__(self, start: datetime = EPOCH) -> None:
        self.lock = threading.RLock()
        self.seconds = 0.0
        self._start = start
        self._timers: list[Timer] = []
        self._order = itertools.count()

    @property
    def now(self) -> datetime:
        """The present moment, in UTC."""
        return self._start + timedelta(seconds=round(self.seconds, 6))

    def after(self, delay: float, call: Callable[[], None], *, background: bool = False) -> Timer:
        """Run ``call`` once, ``delay`` seconds from now; it runs inside whatever moves the clock then."""
        with self.lock:
            timer = Timer(self.seconds + max(0.0, delay), next(self._order), call, background)
            heapq.heappush(self._timers, timer)
            return timer

    def advance(self, seconds: float) -> None:
        """Move ahead, running on the way what is due, in order."""
        with self.lock:
            self._reach(self.seconds + seconds)

    def step(self, limit: float) -> None:
        """Move to the next thing that is due, at most ``limit`` seconds."""
        with self.lock:
            timer = self._next(background=True)
            self._reach(min(timer.due, self.seconds + limit) if timer else self.seconds + limit)

    def skip(self) -> bool:
        """Move to the next thing due that is no background; False when there is none."""
        with self.lock:
            timer = self._next(background=False)
            if timer is not None:
                self._reach(timer.due)
            return timer is not None

    @property
    def busy(self) -> bool:
        """True while anything is due that is no background."""
        with self.lock:
            return self._next(background=False) is not None

    def _next(self, *, background: bool) -> Timer | None:
        waiting = (one for one in self._timers if not one.cancelled and (background or not one.background))
        return min(waiting, default=None)

    def _reach(self, moment: float) -> None:
        while self._timers and self._timers[0].due <= moment:
            timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                self.seconds = max(self.seconds, timer.due)
                timer.call()
        self.seconds = max(self.seconds, moment)
