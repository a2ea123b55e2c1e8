"""Look at apps again and again: their replicas, what those use, and what happened meanwhile."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from cloudkit.backends.protocol import Backend
from cloudkit.errors import CloudkitError, NotFoundError
from cloudkit.model.checks import check_integer, check_number
from cloudkit.model.glance import Glance
from cloudkit.model.log import Event, LogQuery
from cloudkit.model.state import AppState
from cloudkit.model.task import Usage

__all__ = ["watched"]

SHORTEST, LONGEST = 0.1, 3600.0  # seconds between two looks
BEFORE = timedelta(minutes=10)  # of what has happened before the first look
LATELY = 8  # events that are shown
AT_ONCE = 8  # apps that are measured at the same time
MOST_LOOKS = 1_000_000


def watched(
    backend: Backend,
    name: str | None,
    *,
    interval: float,
    looks: int | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Glance]:
    """Yield looks at one app, or at all; ends when the one app is gone.

    Args:
        backend: Where they are.
        name: The app; None for all.
        interval: Seconds between two looks.
        looks: How many; None goes on.
        sleep: Waits so many seconds.

    Raises:
        NotFoundError: There is no such app.
    """
    check_number("interval", interval, SHORTEST, LONGEST)
    check_integer("count", looks, 1, MOST_LOOKS, optional=True)
    watch = Watch(backend, name)
    first = watch.look()

    def going_on() -> Iterator[Glance]:
        yield first
        for number in count(1):
            if number == looks:
                return
            sleep(interval)
            try:
                yield watch.look()
            except NotFoundError:
                return

    return going_on()


@dataclass
class Watch:
    """What one watch has seen so far.

    Args:
        backend: Where the apps are.
        name: The app; None for all.
    """

    backend: Backend
    name: str | None
    _events: deque[Event] = field(default_factory=lambda: deque(maxlen=LATELY))
    _since: datetime | None = None

    def look(self) -> Glance:
        """Look once."""
        apps = (self.backend.get(self.name),) if self.name is not None else self.backend.apps()
        seen = max((app.observed_at for app in apps), default=datetime.now(UTC))
        self._hear(seen)
        return Glance(apps=apps, usages=self._used(apps), events=tuple(self._events), observed_at=seen)

    def _used(self, apps: Sequence[AppState]) -> tuple[Usage, ...]:
        """Measure the apps, several at a time; one that cannot be measured uses nothing that is known."""
        names = [app.name for app in apps if app.replicas]
        if not names:
            return ()
        with ThreadPoolExecutor(min(AT_ONCE, len(names)), thread_name_prefix="cloudkit-watch") as pool:
            return tuple(usage for usages in pool.map(self._measured, names) for usage in usages)

    def _measured(self, name: str) -> tuple[Usage, ...]:
        with suppress(CloudkitError):
            return self.backend.stats(name)
        return ()

    def _hear(self, now: datetime) -> None:
        """Add what has happened since the last look."""
        since = self._since or now - BEFORE
        known = set(self._events)
        with suppress(CloudkitError):
            for event in self.backend.events(self.name, LogQuery(since=since)):
                if event not in known:
                    self._events.append(event)
        if self._events:
            self._since = self._events[-1].time
