"""Each delivery acted on once, however often it comes: a retry of Slack's, or a replay of somebody else's."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

__all__ = ["Once"]

KEPT = 900.0  # seconds, three times as long as a signature is good for


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
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def first(self, delivery: str) -> bool:
        """Return True for a delivery that has not been seen; one without a name is always the first."""
        if not delivery:
            return True
        with self._lock:
            now = self.clock()
            while self._seen and now - next(iter(self._seen.values())) > KEPT:
                self._seen.popitem(last=False)
            if delivery in self._seen:
                return False
            self._seen[delivery] = now
            return True
