"""The number of replicas of those apps that follow their load: measured, and changed when it is time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cloudkit.backends.healing import Healer
from cloudkit.controller.scaling import Recommendations, proposed
from cloudkit.errors import CloudkitError, ConflictError, NotFoundError
from cloudkit.model.progress import silent
from cloudkit.model.state import AppState

__all__ = ["Scaler"]

PERIOD = 15.0  # seconds between two measurements, as a cluster has it


class Scaler:
    """Looks at the load of apps and changes how many replicas they have.

    Args:
        healer: Measures and acts.
        tell: Hears of each change: the app, the object, what happened, in which words.
    """

    def __init__(self, healer: Healer, tell: Callable[[str, str, str, str], None]) -> None:
        self._healer = healer
        self._tell = tell
        self._states: tuple[AppState, ...] = ()
        self._lately: dict[str, Recommendations] = {}
        self._trouble: dict[str, str] = {}
        self._due_at = healer.seconds

    def watch(self, states: Sequence[AppState]) -> None:
        """Follow the load of these from now on, and of no others."""
        self._states = tuple(one for one in states if one.spec.autoscale is not None and not one.spec.stopped)
        self._lately = {one.name: self._lately.get(one.name) or Recommendations() for one in self._states}

    def next(self) -> float:
        """Return when the next measurement is due."""
        return self._due_at if self._states else float("inf")

    def due(self) -> Iterator[AppState]:
        """Yield the apps that are to be measured now."""
        if self._healer.seconds >= self.next():
            self._due_at = self._healer.seconds + PERIOD
            yield from self._states

    def scale(self, name: str) -> None:
        """Measure an app, and change how many replicas it has; who changes it at the same time is right."""
        try:
            self._follow(self._healer.get(name))
            self._trouble.pop(name, None)
        except (ConflictError, NotFoundError):
            pass
        except CloudkitError as error:
            if self._trouble.get(name) != error.summary:
                self._trouble[name] = error.summary
                self._tell(name, "app", "failed", "; ".join(filter(None, (error.summary, error.hint))))

    def _follow(self, state: AppState) -> None:
        spec, lately = state.spec, self._lately.get(state.name)
        ready = {one.name for one in state.replicas if one.ready and one.revision == state.revision}
        if lately is None or spec.autoscale is None or spec.stopped or not ready:
            return
        usages = [one for one in self._healer.stats(state.name) if one.replica in ready]
        proposal = proposed(spec, spec.replicas, usages)
        wanted = lately.settle(spec, spec.replicas, proposal, self._healer.seconds)
        plan = self._healer.plan(spec.replace(replicas=wanted))
        if wanted != spec.replicas and plan.generation == state.generation:
            self._tell(state.name, "app", "scales", f"{spec.replicas} -> {wanted} replicas")
            self._healer.apply(plan, wait=False, listener=silent)
