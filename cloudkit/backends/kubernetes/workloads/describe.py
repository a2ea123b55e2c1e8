"""One row for a workload of any kind: how many are ready, whose it is, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from cloudkit.backends.kubernetes.objects import Condition, ContainerStatus, Pod, PodSpec
from cloudkit.backends.kubernetes.workloads.objects import Running, Spoken
from cloudkit.backends.kubernetes.workloads.owners import owner_of
from cloudkit.model.workload import Workload

__all__ = ["describe", "describe_pod", "told_of"]

_WRONG = frozenset({("Failed", "True"), ("ReplicaFailure", "True"), ("Progressing", "False")})
_QUIET = frozenset({"ContainerCreating", "PodInitializing"})


def describe(spoken: Spoken, one: Running, pods: Sequence[Pod], *, now: datetime) -> Workload:
    """Return the row of an object that makes pods.

    Args:
        spoken: Its kind.
        one: The object.
        pods: Those that it has made.
        now: When it was seen.
    """
    ready, wanted = _counted(spoken, one)
    template = one.spec.template or one.spec.job_template.spec.template
    held = "suspended" if one.spec.suspend else ""
    return Workload(
        kind=spoken.word,
        name=one.metadata.name,
        namespace=one.metadata.namespace,
        ready=ready,
        wanted=wanted,
        images=_images(template.spec),
        owner=owner_of(one.metadata),
        created_at=one.metadata.creation_timestamp,
        message=held or (told_of(pods, one.status.conditions or ()) if ready < wanted else ""),
        observed_at=now,
    )


def describe_pod(pod: Pod, *, now: datetime) -> Workload:
    """Return the row of a pod that nothing listed has made."""
    ended = pod.status.phase == "Succeeded"
    ready = ended or any((one.type, one.status) == ("Ready", "True") for one in pod.status.conditions)
    return Workload(
        kind="pod",
        name=pod.metadata.name,
        namespace=pod.metadata.namespace,
        ready=int(ready),
        wanted=1,
        images=_images(pod.spec),
        owner=owner_of(pod.metadata),
        created_at=pod.metadata.creation_timestamp,
        message="" if ready else _wrong_pod(pod),
        observed_at=now,
    )


def _counted(spoken: Spoken, one: Running) -> tuple[int, int]:
    """Return how many are ready and wanted: pods, or for jobs those that have ended well, too."""
    spec, status = one.spec, one.status
    if spoken.word == "daemonset":
        return status.number_ready, status.desired_number_scheduled
    if spoken.word == "job":
        wanted = spec.completions if spec.completions is not None else spec.parallelism
        return status.succeeded + (status.ready or 0), 1 if wanted is None else wanted
    if spoken.word == "cronjob":
        jobs = len(status.active or ())
        return jobs, jobs
    return status.ready_replicas, 1 if spec.replicas is None else spec.replicas


def told_of(pods: Iterable[Pod], conditions: Iterable[Condition]) -> str:
    """Return what a pod suffers from, as that is nearest to the cause; else what the controller says."""
    said = [text for pod in pods if (text := _wrong_pod(pod))]
    said += [_joined(one.reason, one.message) for one in conditions if (one.type, one.status) in _WRONG]
    return said[0] if said else ""


def _wrong_pod(pod: Pod) -> str:
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    words = [text for one in statuses if (text := _wrong_container(one))]
    words += [
        _joined(one.reason, one.message)
        for one in pod.status.conditions
        if (one.type, one.status) == ("PodScheduled", "False")
    ]
    words += [_joined(pod.status.reason, pod.status.message)] if pod.status.phase == "Failed" else []
    return next(filter(None, words), "")


def _wrong_container(status: ContainerStatus) -> str:
    waiting, ended = status.state.waiting, status.state.terminated
    if waiting is not None and waiting.reason not in _QUIET:
        return _joined(waiting.reason, waiting.message)
    if ended is not None and ended.exit_code:
        return _joined(ended.reason, f"exit code {ended.exit_code}")
    return ""


def _joined(reason: str, message: str) -> str:
    return ": ".join(filter(None, (reason, " ".join(message.split()))))


def _images(spec: PodSpec) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.image for one in spec.containers))
