"""Each delivery acted on once, however often it comes: a retry of Slack's, or a replay of somebody else's."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

__all__ = ["Once"]

KEPT = 900.0  # seconds that one is remembered at the least, three times as long as a signature is good for


class Once:
    """Remembers deliveries.

    Args:
        clock: Seconds.

    >>> once = Once()
    >>> once.first("Ev1"), once.first("Ev1"), once.first("Ev2")
    (True, False, True)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._seen, self._before = set[int](), set[int]()  # by their hashes, which take little room
        self._turned = clock()
        self._lock = Lock()

    def first(self, delivery: str) -> bool:
        """Return True for a delivery that has not been seen; one without a name is always the first."""
        if not delivery:
            return True
        name = hash(delivery)
        with self._lock:
            if self.clock() - self._turned > KEPT:
                self._seen, self._before, self._turned = set(), self._seen, self.clock()
            if name in self._seen or name in self._before:
                return False
            self._seen.add(name)
            return True
