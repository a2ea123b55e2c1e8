"""A job on an engine: its containers as attempts, how far it is, and its steps as a plan says them: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from cloudkit.backends.docker.names import shown
from cloudkit.backends.docker.observe import Observation, Seen
from cloudkit.backends.jobs import Attempt, job_actions, run_of
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.run import Outcome, Run

__all__ = ["Detail", "attempts_of", "job_steps", "last_failed", "run_seen", "under_way"]

Detail = Callable[[Seen], Mapping[str, Any]]
"""Asks the engine about a container in full; empty where it is gone."""


def attempts_of(replicas: Sequence[Seen], detail: Detail) -> tuple[Attempt, ...]:
    """Return the replicas of a job as its next step sees them, in the order of their numbers.

    Args:
        replicas: What the engine lists.
        detail: Asked for those that did not start, and for the last that failed.
    """
    found = [_attempt(one, detail) for one in sorted(replicas, key=_number)]
    failed = [index for index, one in enumerate(found) if one.phase == "failed"]
    if failed:
        last, seen = found[failed[-1]], {one.id: one for one in replicas}
        ended = _moment(detail(seen[last.id]).get("State", {}).get("FinishedAt"))
        found[failed[-1]] = Attempt(
            id=last.id, revision=last.revision, number=last.number, phase="failed", began=last.began, ended=ended
        )
    return tuple(found)


def run_seen(spec: AppSpec, revision: int, seen: Observation, attempts: Sequence[Attempt], now: float) -> Run:
    """Return how far a job is."""
    mine = [one for one in attempts if one.revision == revision]
    since = seen.record.created if seen.record and seen.record.revision == revision else 0.0
    return run_of(spec.job, mine, now, since=since)


def last_failed(attempts: Sequence[Attempt], revision: int) -> Attempt | None:
    """Return the replica of a revision that was the last to fail."""
    return next((one for one in reversed(attempts) if one.phase == "failed" and one.revision == revision), None)


def under_way(attempts: Sequence[Attempt]) -> list[str]:
    """Return those that a stop ends, by identifier: what they did is lost, so that they begin anew."""
    return [one.id for one in attempts if one.phase in {"active", "fresh"}]


def job_steps(
    namespace: str, wanted: AppSpec, revision: int, *, seen: Observation, attempts: Sequence[Attempt], now: float
) -> Iterator[Action]:
    """Return the steps of a job's replicas."""
    names = {one.id: shown(namespace, one.name) for one in seen.replicas}
    if wanted.stopped:
        for id in under_way(attempts):
            yield Action(kind=ActionKind.REMOVE, object="replica", name=names[id])
        return
    run = run_seen(wanted, revision, seen, attempts, now)
    named = [(names[one.id], one) for one in attempts]
    yield from job_actions(wanted, revision, named, run, again=run.outcome is Outcome.FAILED)


def _attempt(seen: Seen, detail: Detail) -> Attempt:
    phase: Literal["fresh", "active", "done", "failed"] = "active"
    if seen.state == "created":
        phase = "failed" if (detail(seen).get("State") or {}).get("Error") else "fresh"
    elif not seen.alive:
        phase = "done" if seen.exit_code == 0 else "failed"
    began = None if phase == "fresh" else seen.created
    return Attempt(id=seen.id, revision=seen.revision, number=seen.ordinal, phase=phase, began=began)


def _number(seen: Seen) -> tuple[int, int]:
    return seen.revision, -1 if seen.ordinal is None else seen.ordinal


def _moment(text: object) -> float | None:
    """Read the engine's time, whose year 1 means never."""
    if not isinstance(text, str) or not text or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text).timestamp()
