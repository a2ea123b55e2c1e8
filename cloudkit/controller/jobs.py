"""The jobs that nobody waits for: what is to be started next is started, as others end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cloudkit.backends.healing import Healer
from cloudkit.controller.need import described
from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.progress import silent
from cloudkit.model.state import AppState, ReplicaPhase

__all__ = ["Jobs", "startable"]

LOST = 1.0  # seconds that a job must lack something, as whoever waits for it acts within a moment
_ENDED = frozenset({ReplicaPhase.COMPLETED, ReplicaPhase.CRASHED, ReplicaPhase.STOPPED})


class Jobs:
    """Carries jobs on, step by step; a replica's number keeps it from being made twice.

    Args:
        healer: The backend, in the controller's hands.
        tell: Told of what was done: an app, a thing, an action, a message.
    """

    def __init__(self, healer: Healer, tell: Callable[[str, str, str, str], None]) -> None:
        self._healer = healer
        self._tell = tell
        self._since: dict[str, float] = {}

    @property
    def lacking(self) -> bool:
        """True while something is to be started soon."""
        return bool(self._since)

    def forget(self, there: set[str]) -> None:
        """Keep what is known of the apps that are there."""
        self._since = {name: since for name, since in self._since.items() if name in there}

    def due(self, state: AppState) -> Plan | None:
        """Return what is to be done for a job now; None where nothing is, or others may be about to."""
        now, plan = self._healer.seconds, None
        if not state.settled:
            plan = self._healer.plan(state.spec)
        if plan is None or plan.generation != state.generation or not startable(plan, state):
            self._since.pop(state.name, None)
            return None
        since = self._since.setdefault(state.name, now)
        return plan if now - since >= LOST else None

    def advance(self, plan: Plan, state: AppState) -> None:
        """Do what can be done now, and leave the rest for when others have ended."""
        after = self._healer.apply(plan, wait=False, listener=silent)
        self._since.pop(state.name, None)
        if after is not None and _starts(after) != _starts(state):
            self._tell(state.name, "app", "heals", described(startable(plan, state)))
            self._tell(state.name, "app", "healed", str(after))


def _starts(state: AppState) -> set[tuple[str, datetime | None]]:
    return {(one.id, one.started_at) for one in state.replicas}


def startable(plan: Plan, state: AppState) -> tuple[Action, ...]:
    """Return the steps of a job's plan that can be done now: a start needs room beside those that run.

    A job that has ended stays so: that it failed is no reason to run it again.
    """
    if state.settled:
        return ()
    running = sum(one.phase not in _ENDED and one.revision == state.revision for one in state.replicas)
    room = max(0, state.spec.job.parallelism - running)
    there = {one.name for one in state.replicas}
    starts = [one for one in plan.actions if one.kind is ActionKind.START and one.name not in there][:room]
    return tuple(one for one in plan.actions if one.kind is not ActionKind.START or one.name in there or one in starts)
