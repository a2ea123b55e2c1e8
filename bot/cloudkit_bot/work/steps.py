"""The steps of long work, from its plan and from what it tells while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.progress import Phase, Progress

__all__ = ["Step", "Steps"]

Status = Literal["pending", "in_progress", "complete", "error"]
ARRIVING = frozenset({ActionKind.CREATE, ActionKind.START, ActionKind.REPLACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step, and where it stands."""

    title: str
    status: Status = "pending"
    detail: str = ""


class Steps:
    """What is to be done, what is being done, and what is done.

    A plan's steps are done in its order. A roll tells how many replicas are ready; a step that brings a replica is
    complete when one more is ready than before, and so is what stands before it.

    Args:
        plans: What is to be done.
    """

    def __init__(self, plans: Sequence[Plan] = ()) -> None:
        self._plans = list(plans)
        self._reached = [-1] * len(plans)  # the last step of each plan that is complete
        self._other: dict[tuple[Phase, str], Step] = {}
        self._over: Status | None = None
        self.message = ""

    def hear(self, event: Progress) -> None:
        """Take what long work tells."""
        if event.phase is Phase.NOTICE:
            self.message = event.message
            return
        for index, plan in enumerate(self._plans):
            if event.phase is Phase.ROLL and event.item == plan.app:
                self._reached[index] = max(self._reached[index], reached(plan.actions, event))
                self.message = event.message
                return
        self._other[event.phase, event.item] = told(event)

    def end(self, *, ok: bool) -> None:
        """Take that all is over."""
        self._over = "complete" if ok else "error"

    def rows(self) -> list[Step]:
        """Return the steps as they stand: what no plan has said, then the plans' own."""
        return [*map(self._ended, self._other.values()), *self._planned()]

    def _ended(self, step: Step) -> Step:
        return replace(step, status=self._over) if self._over and step.status != "complete" else step

    def _planned(self) -> list[Step]:
        rows = []
        running = True
        for plan, last in zip(self._plans, self._reached, strict=True):
            for index, action in enumerate(plan.actions):
                done = index <= last or self._over == "complete"
                status: Status = "complete" if done else (self._over or "in_progress") if running else "pending"
                running = running and done
                rows.append(Step(title=str(action), status=status))
        return rows


def reached(actions: Sequence[Action], event: Progress) -> int:
    """Return the last action that is complete, from how many replicas are ready; -1 where none is."""
    arrivals = [index for index, action in enumerate(actions) if action.object == "replica" and action.kind in ARRIVING]
    if event.done:
        return len(actions) - 1
    if not arrivals:
        return -1
    arrived = min(len(arrivals), max(0, (event.current or 0) - ((event.total or 0) - len(arrivals))))
    return arrivals[arrived - 1] if arrived else arrivals[0] - 1


def told(event: Progress) -> Step:
    """A step that the work itself has named."""
    counted = f"{event.current}/{event.total} {event.unit}" if event.total else ""
    detail = event.message or counted
    return Step(
        title=f"{event.phase.value} {event.item}",
        status="complete" if event.done else "in_progress",
        detail=detail,
    )
