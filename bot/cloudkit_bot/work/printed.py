"""What apps print while work goes on, asked for now and then: a stream that is followed ends with its next line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cloudkit.backends.protocol import Backend
from cloudkit.errors import CloudkitError
from cloudkit.model.log import LogLine, LogQuery

__all__ = ["Printed"]

TAIL = 100  # lines of a replica that one look takes at the most
LATE = timedelta(seconds=10)  # a line may be seen so much later than one that is younger


@dataclass(slots=True)
class Reached:
    """How far a replica's lines were seen: up to a time, and how many of that very time."""

    time: datetime
    count: int = 0


@dataclass(slots=True)
class Printed:
    """The lines of some apps, each once.

    Args:
        backend: Where the apps run.
        apps: Their names; one that is not there yet, or no more, prints nothing.
    """

    backend: Backend
    apps: list[str]
    _reached: dict[tuple[str, str], Reached] = field(default_factory=dict, init=False)

    def begin(self) -> None:
        """Take what is there by now as seen."""
        for app in tuple(self.apps):
            self._mark(app)

    def add(self, app: str) -> None:
        """Look at one app more, from now on."""
        if app not in self.apps:
            self._mark(app)
            self.apps.append(app)

    def fresh(self) -> list[LogLine]:
        """Return what has come since the last look."""
        found = []
        for app in tuple(self.apps):
            again = {name: reached.count for (one, name), reached in self._reached.items() if one == app}
            times = [reached.time for (one, _), reached in self._reached.items() if one == app]
            since = max(times) - LATE if times else None
            found += [line for line in self._look(app, LogQuery(tail=TAIL, since=since)) if self._new(app, line, again)]
        return found

    def _mark(self, app: str) -> None:
        for line in self._look(app, LogQuery(tail=1)):
            self._new(app, line, {})

    def _look(self, app: str, query: LogQuery) -> Iterator[LogLine]:
        try:
            yield from self.backend.logs(app, query)
        except CloudkitError:  # it is not there, or cannot be asked now; the work itself says what matters
            return

    def _new(self, app: str, line: LogLine, again: dict[str, int]) -> bool:
        """Tell whether a line was not seen before; of several of one time those that come first were."""
        reached = self._reached.setdefault((app, line.replica), Reached(line.time))
        if line.time < reached.time:
            return False
        if line.time > reached.time:
            reached.time, reached.count = line.time, 0
            again[line.replica] = 0
        elif again.get(line.replica, 0) > 0:
            again[line.replica] -= 1
            return False
        reached.count += 1
        return True
