"""Bring the lines of many threads into one order, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heapreplace
from threading import Condition
from time import monotonic

from cloudkit.backends.replicalogs.stamped import Stamped

__all__ = ["Merge", "Source"]

HOLD = 0.1
"""Seconds that a line waits for older ones of other sources."""
COLD = 2.0
"""Seconds that lines wait for a source that is still connecting."""
ROOM = 1 << 20
"""Bytes that each source may have waiting."""
BATCH = 1000
OVERHEAD = 400
"""Bytes that a line takes beside its text."""
_NONE = float("inf")


class Source:
    """The lines of one replica that wait for their turn, oldest first."""

    def __init__(self, now: float) -> None:
        self.waiting: deque[tuple[Stamped, float]] = deque()
        self.size = 0
        self.ended = False
        self.ready_at = now + COLD  # when the others need not wait for it any more

    @property
    def stamp(self) -> int:
        """When the first of them was written."""
        return self.waiting[0][0].stamp

    @property
    def full(self) -> bool:
        """True when whoever fills it has to wait."""
        return self.size >= ROOM


class Merge:
    """A queue with one reader and a writer for each source.

    Within a source lines keep their order. Between sources they come by time: a line is held back until every other
    source has shown a younger one, or for a tenth of a second.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._changed = Condition()
        self._sources: list[Source] = []
        self._failure: Exception | None = None
        self._closed = False

    def open(self) -> Source:
        """Add a source."""
        source = Source(self._clock())
        with self._changed:
            self._sources.append(source)
        return source

    def connected(self, source: Source) -> None:
        """Say that a source's lines come from now on."""
        with self._changed:
            source.ready_at = self._clock() + HOLD
            self._changed.notify_all()

    def put(self, source: Source, line: Stamped) -> bool:
        """Add a line, waiting while the source is full; False when nobody reads any more."""
        with self._changed:
            while source.full and not self._closed:
                self._changed.wait()
            source.waiting.append((line, self._clock()))
            source.size += len(line.line.text) + OVERHEAD
            if len(source.waiting) == 1:
                self._changed.notify_all()
            return not self._closed

    def end(self, source: Source, failure: Exception | None = None) -> None:
        """Say that a source has no more lines, or failed."""
        with self._changed:
            source.ended = True
            self._failure = self._failure or failure
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of all that wait to add a line."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def empty(self) -> bool:
        """True when every source has ended and every line was taken."""
        with self._changed:
            return not any(source.waiting or not source.ended for source in self._sources)

    def take(self, timeout: float) -> list[Stamped]:
        """Return the next lines, as many as are due; none when none is within that time.

        Raises:
            Exception: What a source failed with, once the lines before it were taken.
        """
        give_up = self._clock() + timeout
        with self._changed:
            while True:
                wait = self._held(self._clock())
                if wait <= 0:
                    return self._due()
                if wait == _NONE and self._failure is not None:
                    raise self._failure
                wait = min(wait, give_up - self._clock())
                if wait <= 0:
                    return []
                self._changed.wait(wait)

    def _held(self, now: float) -> float:
        """Return for how long the oldest line is still held back."""
        self._sources = [source for source in self._sources if source.waiting or not source.ended]
        filled = [source for source in self._sources if source.waiting]
        if not filled:
            return _NONE
        oldest = min(filled, key=lambda source: source.stamp)
        return _until(oldest, self._silent()) - now

    def _silent(self) -> float:
        """Return when those that have shown nothing yet need not be waited for; minus infinity where none is so."""
        return max((source.ready_at for source in self._sources if not source.waiting), default=-_NONE)

    def _due(self) -> list[Stamped]:
        """Take lines while they are due; a batch of them costs one change of threads, and a line a step in a heap."""
        lines, now, silent = list[Stamped](), self._clock(), self._silent()
        order = [(source.stamp, number, source) for number, source in enumerate(self._sources) if source.waiting]
        heapify(order)
        while order and len(lines) < BATCH:
            _, number, source = order[0]
            if _until(source, silent) > now:
                break
            lines.append(self._pop(source))
            if source.waiting:
                heapreplace(order, (source.stamp, number, source))
            else:
                heappop(order)
                silent = silent if source.ended else max(silent, source.ready_at)
        return lines

    def _pop(self, source: Source) -> Stamped:
        full = source.full
        line, _ = source.waiting.popleft()
        source.size -= len(line.line.text) + OVERHEAD
        if full:
            self._changed.notify_all()
        return line


def _until(oldest: Source, silent: float) -> float:
    """Return when the first line of a source is due."""
    if silent == -_NONE:
        return silent
    held_until = silent if oldest.full else oldest.waiting[0][1] + HOLD
    return max(held_until, silent)
