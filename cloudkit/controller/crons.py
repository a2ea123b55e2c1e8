"""The schedules of a namespace: each is looked after when it is due, and when one of its runs has moved."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from cloudkit.backends.healing import Healer
from cloudkit.model.state import AppState

__all__ = ["Crons"]

OFTEN, SELDOM = 1.0, 10.0  # seconds between two looks while a run goes on, which may be to be tried again, and else


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of a schedule when it was last looked after."""

    shape: object
    again: float
    due: float


class Crons:
    """Looks after schedules.

    Args:
        healer: The backend, in the controller's hands.
        tell: Told of what was done: an app, a thing, an action, a message.
    """

    def __init__(self, healer: Healer, tell: Callable[[str, str, str, str], None]) -> None:
        self._healer = healer
        self._tell = tell
        self._known: dict[str, Known] = {}

    def forget(self, there: set[str]) -> None:
        """Keep what is known of the apps that are there."""
        self._known = {name: known for name, known in self._known.items() if name in there}

    def due(self, state: AppState) -> bool:
        """Tell whether a schedule is to be looked after now, and take note that it is."""
        now, last = self._healer.seconds, self._known.get(state.name)
        shape = (state.generation, frozenset((one.id, one.phase) for one in state.replicas))
        if last is not None and last.shape == shape and now < min(last.again, last.due):
            return False
        running = state.run is not None and not state.run.over
        self._known[state.name] = Known(shape, now + (OFTEN if running else SELDOM), self._ahead(state, now))
        return True

    def next(self) -> float:
        """Return when the next schedule is due, by the healer's clock."""
        return min((min(one.due, one.again) for one in self._known.values()), default=math.inf)

    def tend(self, name: str) -> None:
        """Do what a schedule asks for now."""
        for words in self._healer.tend(name):
            self._tell(name, "app", "begins", words)

    def _ahead(self, state: AppState, now: float) -> float:
        if state.next_run is None:
            return math.inf
        return now + max(0.0, (state.next_run - self._healer.now).total_seconds())
