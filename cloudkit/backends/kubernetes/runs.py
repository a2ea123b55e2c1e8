"""Runs of work that ends, as Jobs tell of them: which one counts, how far it is, and what an app is by it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from cloudkit.backends.crons import next_run
from cloudkit.backends.kubernetes.jobobjects import Job, is_made_by
from cloudkit.backends.kubernetes.labels import GENERATION
from cloudkit.backends.kubernetes.manifests.run import run_name
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.records import Record
from cloudkit.backends.kubernetes.state import replica_of
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.job import Job as Wanted
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.run import Outcome, Run
from cloudkit.model.state import AppState

__all__ = ["counted_job", "ended_state", "fits", "is_run_as_wanted", "run_actions", "run_of_job", "run_spec"]

_OUTCOMES = {"Complete": Outcome.SUCCEEDED, "Failed": Outcome.FAILED}
_LATE = "DeadlineExceeded"
_OLDEST = datetime.min.replace(tzinfo=UTC)


def counted_job(record: Record, jobs: Iterable[Job]) -> Job | None:
    """Return the run that an app is judged by: a job's own, or the last of a cron; None before the first."""
    living = [one for one in jobs if one.metadata.deletion_timestamp is None]
    if record.spec.kind == "job":
        name = run_name(record.spec.name, record.revision)
        return next((one for one in living if one.metadata.name == name), None)
    return max(living, key=lambda one: one.metadata.creation_timestamp or _OLDEST, default=None)


def run_of_job(job: Job) -> Run:
    """Return how far a run is, from what the cluster has counted.

    Replicas that its time limit has ended are not among those that failed.
    """
    outcome, reason = _outcome(job)
    retries, failed = job.spec.backoff_limit, job.status.failed
    if outcome is Outcome.FAILED:
        failed = min(failed, retries) if reason == _LATE else max(failed, retries + 1)
    return Run(
        completed=job.status.succeeded,
        failed=failed,
        retries=retries,
        outcome=outcome,
        begun_at=job.status.start_time,
    )


def run_spec(spec: AppSpec, job: Job) -> AppSpec:
    """Return a spec that comes to its end as a run does which was begun before it."""
    wanted = Wanted(
        completions=job.spec.completions or 1,
        parallelism=max(1, job.spec.parallelism or 1),
        retries=job.spec.backoff_limit,
        time_limit=job.spec.active_deadline_seconds,
    )
    return spec.replace(job=wanted, stopped=False)


def ended_state(record: Record, pods: Iterable[Pod], jobs: Iterable[Job], *, cause: Cause | None = None) -> AppState:
    """Return the state of a job or a cron.

    Args:
        record: What is wanted.
        pods: The app's pods.
        jobs: The app's Jobs.
        cause: Why it has failed, or may, where that is known.
    """
    spec, job, now = record.spec, counted_job(record, jobs), datetime.now(UTC)
    run = run_of_job(job) if job else None
    replicas = sorted((replica_of(spec, one) for one in pods), key=lambda one: (not one.ready, one.name))
    return AppState(
        spec=spec,
        generation=record.generation,
        revision=record.revision,
        replicas=tuple(replicas),
        cause=cause,
        wanted=spec.job.completions if spec.kind == "job" else None,
        run=run or (Run(retries=spec.job.retries) if spec.kind == "job" else None),
        next_run=next_run(spec, now),
        observed_at=now,
    )


def fits(job: Job, spec: AppSpec, generation: int) -> bool:
    """Tell whether a run is as one generation wants it; one that is over stays as it is."""
    if job.metadata.annotations.get(GENERATION) != str(generation):
        return False
    as_wanted = (job.spec.suspend, job.spec.parallelism) == (spec.stopped, spec.job.parallelism)
    return as_wanted or run_of_job(job).over


def is_run_as_wanted(record: Record, pods: Iterable[Pod], jobs: Iterable[Job]) -> bool:
    """Tell whether nothing is to be done for an app, and nothing to be waited for."""
    there = tuple(jobs)
    if record.spec.kind == "job":
        job = counted_job(record, there)
        if job is None:
            return record.spec.stopped and not there
        if len(there) > 1 or not fits(job, record.spec, record.generation):
            return False
    return ended_state(record, pods, there).settled


def run_actions(wanted: AppSpec, revision: int, jobs: Sequence[Job], pods: Iterable[Pod]) -> Iterator[Action]:
    """Yield the steps of a job's run, every replica taken for one that ends well.

    Args:
        wanted: What is wanted.
        revision: Its revision.
        jobs: The app's Jobs.
        pods: The app's pods; one that ends anyway is none of the steps.
    """
    name = run_name(wanted.name, revision)
    staying = next((one for one in jobs if one.metadata.name == name and not _leaves(one)), None)
    again = staying is not None and not wanted.stopped and run_of_job(staying).outcome is Outcome.FAILED
    kept = {staying.metadata.uid} if staying is not None and not again else set[str]()
    for job in jobs:
        if job.metadata.uid not in kept and not _leaves(job):
            yield Action(kind=ActionKind.REMOVE, object="job", name=job.metadata.name)
    ending = wanted.stopped and staying is not None and not staying.spec.suspend and not run_of_job(staying).over
    for pod in sorted(pods, key=lambda one: one.metadata.name):
        mine = any(is_made_by(pod.metadata, uid) for uid in kept)
        if pod.metadata.deletion_timestamp is None and (not mine or (ending and not _over(pod))):
            yield Action(kind=ActionKind.REMOVE, object="replica", name=pod.metadata.name)
    if not wanted.stopped:
        yield from _starts(wanted, revision, name, staying if kept else None)


def _starts(wanted: AppSpec, revision: int, name: str, job: Job | None) -> Iterator[Action]:
    """Yield the replicas that are to run; once its Job runs, the cluster starts them without being told."""
    if job is None:
        yield Action(kind=ActionKind.CREATE, object="job", name=name)
    elif not job.spec.suspend or run_of_job(job).over:
        if job.spec.parallelism != wanted.job.parallelism and not run_of_job(job).over:
            detail = "spec.parallelism changed by another hand"
            yield Action(kind=ActionKind.UPDATE, object="job", name=name, detail=detail)
        return
    done = job.status.succeeded if job else 0
    for _ in range(max(0, wanted.job.completions - done)):
        yield Action(kind=ActionKind.START, object="replica", detail=f"revision {revision}")


def _outcome(job: Job) -> tuple[Outcome, str]:
    for one in job.status.conditions:
        if one.type in _OUTCOMES and one.status == "True":
            return _OUTCOMES[one.type], one.reason
    return Outcome.RUNNING, ""


def _leaves(job: Job) -> bool:
    return job.metadata.deletion_timestamp is not None


def _over(pod: Pod) -> bool:
    return pod.status.phase in {"Succeeded", "Failed"}
