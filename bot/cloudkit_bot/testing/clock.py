"""The time that a stand-in goes by: the machine's, or one that a test moves."""

from __future__ import annotations

import time
from threading import Lock
from typing import Protocol

__all__ = ["Clock", "HandClock", "machine_clock"]


class Clock(Protocol):
    """Tells seconds since the epoch."""

    def __call__(self) -> float:
        """Return the time."""
        ...


machine_clock: Clock = time.time


class HandClock:
    """A clock that goes on when it is told to.

    >>> clock = HandClock(100.0)
    >>> clock.advance(5)
    >>> clock()
    105.0
    """

    def __init__(self, now: float | None = None) -> None:
        self._now = time.time() if now is None else now
        self._lock = Lock()

    def __call__(self) -> float:
        """Return the time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += seconds
