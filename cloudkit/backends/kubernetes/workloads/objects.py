"""The fields that tell how a workload of any kind is, read from the API server's bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from cloudkit.backends.kubernetes.objects import Condition, Metadata, PodTemplate

__all__ = ["KINDS", "Running", "RunningSpec", "RunningStatus", "Spoken"]


class Spoken(Struct, frozen=True):
    """How a kind is called: by people, and by the API server in an owner reference."""

    word: str
    kind: str


KINDS: Mapping[str, Spoken] = {
    "deployments": Spoken("deployment", "Deployment"),
    "replicasets": Spoken("replicaset", "ReplicaSet"),
    "replicationcontrollers": Spoken("rc", "ReplicationController"),
    "statefulsets": Spoken("statefulset", "StatefulSet"),
    "daemonsets": Spoken("daemonset", "DaemonSet"),
    "jobs": Spoken("job", "Job"),
    "cronjobs": Spoken("cronjob", "CronJob"),
}
"""All that makes pods, by collection."""


class JobTemplateSpec(Struct, frozen=True):
    """What each job of a cron job runs."""

    template: PodTemplate = PodTemplate()


class JobTemplate(Struct, frozen=True):
    """What each job of a cron job is made from."""

    spec: JobTemplateSpec = JobTemplateSpec()


class RunningSpec(Struct, frozen=True, rename="camel"):
    """What was asked for; each kind has some of it."""

    replicas: int | None = None
    completions: int | None = None
    parallelism: int | None = None
    suspend: bool = False
    schedule: str = ""
    template: PodTemplate | None = None
    job_template: JobTemplate = JobTemplate()


class RunningStatus(Struct, frozen=True, rename="camel"):
    """What its controller says; each kind has some of it."""

    ready_replicas: int = 0
    number_ready: int = 0
    desired_number_scheduled: int = 0
    succeeded: int = 0
    ready: int | None = None
    active: Any = None  # a number for a job, its jobs for a cron job
    conditions: tuple[Condition, ...] | None = None


class Running(Struct, frozen=True):
    """A workload of any kind but a pod."""

    metadata: Metadata
    spec: RunningSpec = RunningSpec()
    status: RunningStatus = RunningStatus()
