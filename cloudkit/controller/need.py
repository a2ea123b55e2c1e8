"""What is to be done for an app, from what was seen of it: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.state import AppState, ReplicaPhase

__all__ = ["Case", "described", "needed"]

LOST = 1.0  # seconds that an app which was whole must lack something, as a restart by hand takes a moment
ABANDONED = 10.0  # seconds without a step after which a change that is under way has lost whoever made it
STEADY = 60.0  # seconds as wanted after which earlier failures count no more
AGAIN, AGAIN_FAILED, LONGEST = (
    1.0,
    10.0,
    300.0,
)  # seconds before the next attempt, doubled with each


def needed(plan: Plan, state: AppState) -> tuple[Action, ...]:
    """Return the steps of a plan that a controller takes.

    What is not to be restarted stays ended: somebody may want to look at it.
    """
    there = {one.name for one in state.replicas} if state.spec.restart_policy == "never" else set[str]()
    actions = tuple(one for one in plan.actions if not (one.kind is ActionKind.START and one.name in there))
    return actions or tuple(_set_aside(state))


def _set_aside(state: AppState) -> Iterator[Action]:
    """Find what somebody took out of the balancing who then ended: only a roll puts it back."""
    for one in state.replicas:
        if one.phase is ReplicaPhase.DRAINING and one.revision == state.revision and not state.spec.stopped:
            yield Action(kind=ActionKind.UPDATE, object="balancer", name=one.name)


def described(actions: Collection[Action], condemned: Collection[str] = ()) -> str:
    """Return steps in words, such as ``start replica``, equal ones counted.

    >>> described([Action(kind=ActionKind.START, object="replica")] * 2)
    '2 x start replica'
    """
    counted = Counter(f"{one.kind} {one.object}" for one in actions)
    words = [what if count == 1 else f"{count} x {what}" for what, count in counted.items()]
    return ", ".join(words) + (f", as {' and '.join(condemned)} failed" if condemned else "")


@dataclass(slots=True)
class Case:
    """What a controller remembers of one app.

    Args:
        whole: The generation at which it was last as wanted; 0 where it has not been seen so.
        since: When it began to lack something, or when a change that is under way made its last step; None where
            nothing is to be done.
        steady: Since when it is as wanted; None while it is not.
        attempts: How often it was healed without having been steady since.
        rests: When it may be healed again.
        healing: True while it is being healed.
        failed: True when the last attempt failed.
        told: What was last told of it, so that it is told once.
        condemned: The replicas to replace, by identifier, each with its name.
    """

    whole: int = 0
    since: float | None = None
    steady: float | None = None
    attempts: int = 0
    rests: float = 0.0
    healing: bool = False
    failed: bool = False
    told: str = ""
    condemned: dict[str, str] = field(default_factory=dict)
    _step: tuple[object, ...] = ()

    def look(self, state: AppState, now: float) -> bool:
        """Take note of how an app is; True when it is to be found out what it lacks."""
        there = {one.id for one in state.replicas}
        self.condemned = {id: name for id, name in self.condemned.items() if id in there}
        if self.condemned or not state.settled:
            self.steady = None
            return True
        self.whole, self.since = state.generation, None
        self.steady = now if self.steady is None else self.steady
        if now - self.steady >= STEADY:
            self.attempts, self.told = 0, ""
        return False

    def lacks(self, state: AppState, actions: Collection[Action], now: float) -> None:
        """Take note of what is to be done for it."""
        step = (state.generation, frozenset(one.id for one in state.replicas))
        moved = self.whole != state.generation and step != self._step
        self._step = step
        if not actions:
            self.since = None
        elif self.since is None or moved:
            self.since = now

    def due(self, state: AppState, now: float) -> bool:
        """True when it is time to act: nobody else is at work on it, and the last attempt is long enough ago."""
        patience = LOST if self.whole == state.generation else ABANDONED
        return self.lacking(now) and self.since is not None and now - self.since >= patience

    def lacking(self, now: float) -> bool:
        """True while something is to be done for it soon."""
        return not self.healing and self.since is not None and now >= self.rests

    def unfinished(self, now: float) -> bool:
        """True while something is to be done for it that has not failed lately."""
        return self.healing or (self.since is not None and (now >= self.rests or not self.failed))

    def begun(self) -> None:
        """Take note that it is being healed."""
        self.healing, self.attempts = True, self.attempts + 1

    def ended(self, now: float, *, failed: bool) -> None:
        """Take note that an attempt has ended; each further one waits twice as long."""
        first = AGAIN_FAILED if failed else AGAIN
        self.healing, self.failed, self.since = False, failed, None
        self.rests = now + min(LONGEST, first * 2.0 ** min(self.attempts - 1, 20))

    def news(self, what: str) -> bool:
        """True when this has not been told of it last: a cause by its code, as its words count restarts."""
        new, self.told = what != self.told, what
        return new
