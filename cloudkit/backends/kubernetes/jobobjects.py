"""Jobs and CronJobs, as far as they are read: one run of work that ends, and what runs are made from."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from cloudkit.backends.kubernetes.objects import (
    Condition,
    Metadata,
    PodTemplate,
    Workload,
    WorkloadSpec,
    WorkloadStatus,
)

__all__ = ["CronJob", "Job", "JobSpec", "JobStatus", "is_made_by"]


class _Object(Struct, frozen=True, rename="camel", gc=False):
    """Camel case on the wire, and no change once read."""


class JobSpec(_Object, frozen=True):
    """How a run comes to its end."""

    completions: int | None = None
    parallelism: int | None = None
    backoff_limit: int = 6
    active_deadline_seconds: int | None = None
    suspend: bool = False
    template: PodTemplate = PodTemplate()


class JobStatus(_Object, frozen=True):
    """How far a run is; its numbers stay though its pods are removed."""

    active: int = 0
    succeeded: int = 0
    failed: int = 0
    start_time: datetime | None = None
    conditions: tuple[Condition, ...] = ()


class Job(_Object, frozen=True):
    """One run."""

    metadata: Metadata
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


class JobTemplate(_Object, frozen=True):
    """What runs are made from."""

    spec: JobSpec = JobSpec()


class CronJobSpec(_Object, frozen=True):
    """When runs begin, and what they are made from."""

    job_template: JobTemplate = JobTemplate()


class CronJob(_Object, frozen=True):
    """The record of a job or a cron: nothing of it runs by itself but by its schedule."""

    metadata: Metadata
    spec: CronJobSpec = CronJobSpec()

    @property
    def owner(self) -> Workload:
        """The same in the form of every owner; it has no count of replicas, and waits for no controller."""
        spec = WorkloadSpec(template=self.spec.job_template.spec.template)
        status = WorkloadStatus(observed_generation=self.metadata.generation)
        return Workload(metadata=self.metadata, kind="CronJob", spec=spec, status=status)


def is_made_by(metadata: Metadata, uid: str) -> bool:
    """Tell whether an object belongs to another, so that it goes with it."""
    return any(owner.uid == uid for owner in metadata.owner_references)
