"""What happened and what was printed, in order, and a way to wait for more."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cloudkit.backends.memory.clock import Clock
from cloudkit.model.log import Event, LogLine

__all__ = ["AppKey", "Entry", "Journal"]

AppKey = tuple[str, str]  # namespace and name
LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One event or line, with its place in the order of all."""

    number: int
    app: AppKey
    content: Event | LogLine


class Journal:
    """All events and lines of a world, the oldest forgotten."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.changed = threading.Condition(clock.lock)
        self._entries: deque[Entry] = deque(maxlen=LIMIT)
        self._numbers = itertools.count(1)

    def happened(self, app: AppKey, thing: str, action: str, message: str = "") -> None:
        """Note an event."""
        self._add(app, Event(time=self.clock.now, app=app[1], object=thing, action=action, message=message))

    def printed(self, app: AppKey, replica: str, text: str, stream: Literal["stdout", "stderr"]) -> None:
        """Note a line that a replica printed."""
        for line in text.splitlines():
            self._add(app, LogLine(time=self.clock.now, replica=replica, text=line, stream=stream))

    def after(self, number: int) -> Iterator[Entry]:
        """Return what came after entry ``number``, in order."""
        with self.clock.lock:
            return iter([entry for entry in self._entries if entry.number > number])

    @property
    def last(self) -> int:
        """The newest entry's number; 0 before the first."""
        return self._entries[-1].number if self._entries else 0

    def wake(self) -> None:
        """Let those who wait look again."""
        with self.changed:
            self.changed.notify_all()

    def _add(self, app: AppKey, content: Event | LogLine) -> None:
        with self.changed:
            self._entries.append(Entry(next(self._numbers), app, content))
            self.changed.notify_all()
