"""Look at work that runs to its end: how far it is, why it has failed, when it is next due."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cloudkit.backends.crons import latest, next_run
from cloudkit.backends.docker.jobs import Detail, attempts_of, last_failed, run_seen
from cloudkit.backends.docker.runs import jobs_of, runs_seen
from cloudkit.backends.docker.state import app_state
from cloudkit.backends.jobs import Attempt, job_cause
from cloudkit.model.run import Outcome, Run

if TYPE_CHECKING:
    from cloudkit.backends.docker.look import Look
    from cloudkit.backends.docker.observe import Observation
    from cloudkit.backends.docker.records import Record
    from cloudkit.model.app import AppSpec
    from cloudkit.model.cause import Cause
    from cloudkit.model.state import AppState

__all__ = ["run_cause", "run_state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The run that an app is judged by: a job's, or the last of a cron; None before the first."""

    run: Run | None
    attempts: Sequence[Attempt] = ()
    revision: int = 0


def run_state(look: Look, record: Record, seen: Observation) -> AppState:
    """Return what is seen of a job or a cron."""
    up, draining = look.fronts.serving(record.spec, seen)
    details: Mapping[str, Mapping[str, Any]] = look.details(seen.replicas)
    judged = _judged(look, record.spec, record.revision, seen, lambda one: details.get(one.id, {}))
    return app_state(
        look.namespace, record, seen, up=up, draining=draining, details=details,
        cause=_cause(look, record.spec, judged), run=judged.run, next_run=next_run(record.spec, datetime.now(UTC)),
    )  # fmt: skip


def run_cause(look: Look, spec: AppSpec, revision: int, seen: Observation) -> Cause | None:
    """Return why a job, or the last run of a cron, has failed, or may."""
    return _cause(look, spec, _judged(look, spec, revision, seen, look.detail))


def _judged(look: Look, spec: AppSpec, revision: int, seen: Observation, detail: Detail) -> Judged:
    if spec.kind == "job":
        attempts = attempts_of(seen.replicas, detail)
        return Judged(run=run_seen(spec, revision, seen, attempts, time.time()), attempts=attempts, revision=revision)
    last = latest(runs_seen(seen, jobs_of(look.engine.api, seen), detail, time.time()))
    return Judged(run=last.run, attempts=last.attempts, revision=last.revision) if last else Judged(run=None)


def _cause(look: Look, spec: AppSpec, judged: Judged) -> Cause | None:
    """Return the cause of the last replica that failed; a cron's is told once its run has failed."""
    run, last = judged.run, last_failed(judged.attempts, judged.revision)
    stopped = spec.stopped and spec.kind == "job"
    if run is None or stopped or run.outcome is Outcome.SUCCEEDED:
        return None
    if spec.kind == "cron" and not run.over:
        return None
    return job_cause(spec, run, look.cause(spec, [look.inspected(last.id)]) if last else None)
