"""The runs of a schedule, read from the labels of what the engine holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cloudkit.backends.crons import CronRun
from cloudkit.backends.docker.jobs import Detail, attempts_of
from cloudkit.backends.docker.records import read_record
from cloudkit.backends.jobs import run_of
from cloudkit.model.job import Job

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.backends.docker.observe import Observation, Seen

__all__ = ["jobs_of", "runs_seen"]


def jobs_of(api: APIClient, seen: Observation) -> dict[int, Job]:
    """Return how the runs of each revision come to their end, of those that have a replica."""
    wanted = {one.revision for one in seen.replicas}
    return {one.revision: read_record(api, one).spec.job for one in seen.records if one.revision in wanted}


def runs_seen(seen: Observation, jobs: Mapping[int, Job], detail: Detail, now: float) -> list[CronRun]:
    """Return the runs that are there, in the order in which they began: pure.

    Args:
        seen: What the engine lists.
        jobs: How the runs of each revision come to their end; of one that is forgotten, as where nothing is said.
        detail: Asked for replicas that did not start, and for the last that failed.
        now: The present moment, in seconds since the epoch.
    """
    grouped: dict[str, list[Seen]] = defaultdict(list)
    for one in seen.replicas:
        grouped[one.run].append(one)
    found = []
    for key, replicas in grouped.items():
        revision, attempts = replicas[0].revision, attempts_of(replicas, detail)
        run = run_of(jobs.get(revision, Job()), attempts, now)
        found.append(CronRun(key=key, revision=revision, attempts=attempts, run=run))
    return sorted(found, key=lambda one: one.due)
