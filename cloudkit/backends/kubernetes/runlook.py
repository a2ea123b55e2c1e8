"""Look at work that runs to its end: what has come of it, and why it has failed or does not begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.jobs import job_cause
from cloudkit.backends.kubernetes.lost import lost_cause
from cloudkit.backends.kubernetes.runs import counted_job, ended_state, run_of_job, run_spec
from cloudkit.model.run import Outcome

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.jobobjects import Job
    from cloudkit.backends.kubernetes.observe import Observation
    from cloudkit.backends.kubernetes.records import Record
    from cloudkit.model.app import AppSpec
    from cloudkit.model.cause import Cause
    from cloudkit.model.state import AppState

__all__ = ["record_cause", "run_cause", "run_state", "stuck_cause"]


def run_state(client: Client, record: Record, seen: Observation) -> AppState:
    """Return what is seen of a job or a cron, with the cause where something of it has failed."""
    return ended_state(record, seen.pods, seen.jobs, cause=_known_cause(client, record, seen))


def record_cause(client: Client, record: Record, seen: Observation) -> Cause | None:
    """Return why a job, or the last run of a cron, has failed, may fail or does not begin; None where all is well."""
    job = counted_job(record, seen.jobs)
    if job is None or (record.spec.stopped and record.spec.kind == "job"):
        return lost_cause(record.spec)
    found = run_cause(client, record.spec, job)
    return found if found is not None or run_of_job(job).over else stuck_cause(client, record.spec, job)


def run_cause(client: Client, spec: AppSpec, job: Job) -> Cause | None:
    """Return why a run has failed, or may; None while none of its replicas has."""
    run = run_of_job(job)
    if run.outcome is Outcome.SUCCEEDED or not (run.over or run.failed):
        return None
    from cloudkit.backends.kubernetes.causes import find_run_cause

    asked = run_spec(spec, job)
    return job_cause(asked, run, find_run_cause(client, asked, job, waiting=False))


def stuck_cause(client: Client, spec: AppSpec, job: Job) -> Cause | None:
    """Return why a run does not begin, or does not go on; None where nothing keeps it from that."""
    from cloudkit.backends.kubernetes.causes import find_run_cause

    return find_run_cause(client, run_spec(spec, job), job, waiting=True)


def _known_cause(client: Client, record: Record, seen: Observation) -> Cause | None:
    """Return the cause of what has failed, asked for nothing that has not; a cron's once its run is over."""
    job = counted_job(record, seen.jobs)
    lost = lost_cause(record.spec)
    if lost is not None or job is None or (record.spec.stopped and record.spec.kind == "job"):
        return lost
    over = run_of_job(job).over
    return run_cause(client, record.spec, job) if over or record.spec.kind == "job" else None
