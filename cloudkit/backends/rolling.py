"""What every roll says and judges alike, whatever the engine: how long it may take, and in which words it fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import Phase, Progress

if TYPE_CHECKING:
    from cloudkit.model.app import AppSpec
    from cloudkit.model.plan import Plan

__all__ = [
    "NotReady",
    "allowance",
    "failed",
    "late_cause",
    "never_ready",
    "outdated_plan",
    "remaining",
    "step_told",
    "superseded",
    "suspicion",
]


class NotReady(Exception):  # noqa: N818  # not an error that a caller sees: the backend turns it into one
    """The roll has failed, for this cause."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.summary)
        self.cause = cause


def allowance(spec: AppSpec) -> float:
    """Return the seconds without progress after which a roll has failed: the start-up probe's, else the deadline."""
    startup = spec.startup
    if startup is None:
        return spec.rollout.deadline
    return startup.initial_delay + startup.failure_threshold * max(startup.period, startup.timeout)


def remaining(timeout: float | None, begun: float) -> float | None:
    """Return the seconds that are left of a time that was given; None where none was.

    Args:
        timeout: The time that was given.
        begun: When it began, as ``time.monotonic`` tells it.

    >>> remaining(None, 0.0), remaining(5.0, time.monotonic() - 60)
    (None, 0.0)
    """
    return None if timeout is None else max(0.0, timeout - (time.monotonic() - begun))


def late_cause(spec: AppSpec, waiting: int, why: str) -> Cause:
    """Return the cause of a roll that took too long, where no other is known."""
    return Cause(
        code=CauseCode.DEADLINE,
        summary=f"{waiting} of {spec.replicas} replicas of {spec.name!r} were not ready in time",
        evidence=(why,),
        fix=f"cloudkit logs {spec.name}",
    )


def step_told(name: str, *, ready: int, wanted: int, old: int, settled: bool) -> Progress:
    """Return what is told of how far a roll is.

    Args:
        name: The app.
        ready: How many replicas of the new revision take requests.
        wanted: How many are wanted.
        old: How many of other revisions are left.
        settled: True at the end.
    """
    return Progress(
        phase=Phase.ROLL,
        item=name,
        message=f"{ready}/{wanted} ready" + (f", {old} of an older revision" if old else ""),
        current=min(ready, wanted),
        total=wanted,
        unit="replicas",
        done=settled,
    )


def suspicion(spec: AppSpec, cause: Cause) -> Progress:
    """Return what is told of a cause that waiting may yet mend."""
    message = f"{cause.summary}; waiting for at most {allowance(spec):g} s"
    return Progress(phase=Phase.NOTICE, item=spec.name, message=message)


def outdated_plan(plan: Plan, generation: int) -> ConflictError:
    """Return the error of a plan that was made from another generation than the present one."""
    message = (
        f"app {plan.app!r} was changed by someone else: the plan was made from generation {plan.generation}, "
        f"it is at {generation} now"
    )
    return ConflictError(message, hint="make the plan again, from what is there now")


def superseded(name: str, generation: int) -> ConflictError:
    """Return the error of a roll that is no longer wanted."""
    message = f"app {name!r} was changed by someone else while it rolled (generation {generation})"
    return ConflictError(message, hint=f"cloudkit status {name}")


def never_ready(name: str, cause: Cause) -> RolloutError:
    """Return the error of an app that has nothing to go back to."""
    return RolloutError(f"app {name!r} did not become ready: {cause.summary}", cause=cause)


def failed(name: str, revision: int, cause: Cause, outcome: str) -> RolloutError:
    """Return the error of a revision that was given up.

    Args:
        name: The app.
        revision: What did not become ready.
        cause: Why.
        outcome: What came of going back, in words.
    """
    message = f"revision {revision} of {name!r} did not become ready: {cause.summary}; {outcome}"
    return RolloutError(message, cause=cause)
