"""What a pod, and what the cluster told of it, say: pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from cloudkit.backends.kubernetes.appcontainer import container_name
from cloudkit.backends.kubernetes.causes.facts import PodFacts, Told
from cloudkit.backends.kubernetes.causes.quantities import amount
from cloudkit.backends.kubernetes.happening import Happening
from cloudkit.backends.kubernetes.objects import Container, ContainerStatus, Pod, Terminated

__all__ = ["container_of", "is_ready", "last_life", "pod_facts", "requests_of", "told_at"]

_BARE_BACK_OFF = re.compile(r'^(?:Back-off pulling image "[^"]*")?$')
_REFUSED_TO_START = frozenset({"StartError", "ContainerCannotRun"})
_RESTARTING = "CrashLoopBackOff"
_EMPTY = ContainerStatus(name="")
_SECOND = timedelta(seconds=1)  # what the cluster's times are cut to


def is_ready(pod: Pod) -> bool:
    """True while a pod takes requests."""
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions)


def container_of(pod: Pod) -> ContainerStatus:
    """Return the container that a pod waits for: one that comes before the app, the app, or one beside it."""
    before = (one for one in pod.status.init_container_statuses if not _is_over(one))
    app = container_name(pod)
    beside = sorted(pod.status.container_statuses, key=lambda one: (one.ready, one.name != app))
    return next(iter((*before, *beside)), _EMPTY)


def _is_over(status: ContainerStatus) -> bool:
    """True for a container that has done its part before the app, or that runs beside it."""
    ended = status.state.terminated
    return ended.exit_code == 0 if ended is not None else bool(status.started)


def last_life(status: ContainerStatus) -> Terminated | None:
    """Return how a container ended last; None while it never has."""
    return status.state.terminated or status.last_state.terminated


def pod_facts(pod: Pod, happenings: Sequence[Happening], *, now: datetime, platform: str = "") -> PodFacts:
    """Return what is known of a pod from its own description and from what was told of it.

    Args:
        pod: The pod.
        happenings: The events that are about it.
        now: The time, by this machine's clock; nothing certain follows from it.
        platform: What its node is, such as ``linux/amd64``.
    """
    status = container_of(pod)
    told = tuple(_told(pod, status, happenings))
    waiting, error = _obstacle(pod, status, told)
    life = last_life(status)
    node = pod.spec.node_name
    running = status.state.running
    refused = life is not None and life.reason in _REFUSED_TO_START
    return PodFacts(
        name=pod.metadata.name,
        status=_status(pod, status),
        exit_code=life.exit_code if life is not None and not refused else None,
        out_of_memory=life is not None and life.reason == "OOMKilled",
        error=error,
        restarts=status.restart_count,
        age=_seconds(running.started_at if running else None, now),
        host=f"node {node}" if node else "its node",
        space=f"kubectl describe node {node}" if node else "kubectl describe nodes",
        engine_platform=platform,
        namespace=pod.metadata.namespace,
        node=node,
        waiting=waiting,
        ended=pod.status.reason if pod.status.phase == "Failed" else "",
        unplaced="" if node else _unplaced(pod),
        unseen=_unseen(pod, now),
        told=told,
        requests=requests_of(pod),
        selector=pod.spec.node_selector,
        claims=tuple(one.persistent_volume_claim.claim_name for one in pod.spec.volumes if one.persistent_volume_claim),
    )


def _status(pod: Pod, status: ContainerStatus) -> str:
    """Return the word that a container's life is told by, as engines put it."""
    life = last_life(status)
    if status.state.running is not None:
        return "running"
    waiting = status.state.waiting
    ended = status.state.terminated is not None or (waiting is not None and waiting.reason == _RESTARTING)
    if life is None or not ended or life.reason in _REFUSED_TO_START:
        return "created"
    return "exited" if pod.status.phase in {"Failed", "Succeeded"} else "restarting"


def _obstacle(pod: Pod, status: ContainerStatus, told: Sequence[Told]) -> tuple[str, str]:
    """Return why a container does not run: in one word, and in the words of the node or of the cluster."""
    if pod.status.phase == "Failed" and pod.status.reason:
        return "", pod.status.message
    if not pod.spec.node_name:
        return "", _unplaced(pod)
    life, waiting = last_life(status), status.state.waiting
    if life is not None and life.reason in _REFUSED_TO_START and status.state.running is None:
        return "StartError", life.message
    if waiting is None or waiting.reason in {_RESTARTING, "ContainerCreating", "PodInitializing"}:
        return "", ""
    if not _BARE_BACK_OFF.match(waiting.message):
        return waiting.reason, waiting.message
    failed = [one.message for one in told if one.reason in {"Failed", "InspectFailed"} and ":" in one.message]
    return waiting.reason, failed[-1] if failed else waiting.message


def _unplaced(pod: Pod) -> str:
    placed = next((one for one in pod.status.conditions if one.type == "PodScheduled"), None)
    return placed.message if placed is not None and placed.status != "True" else ""


def _unseen(pod: Pod, now: datetime) -> float | None:
    seen = any(one.type == "PodScheduled" for one in pod.status.conditions)
    return None if seen or pod.spec.node_name else _seconds(pod.metadata.creation_timestamp, now)


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0


def told_at(happening: Happening) -> datetime | None:
    """Return when something was told last."""
    series = happening.series.last_observed_time if happening.series else None
    at = series or happening.last_timestamp or happening.event_time or happening.first_timestamp
    return at or happening.metadata.creation_timestamp


def _told(pod: Pod, status: ContainerStatus, happenings: Sequence[Happening]) -> Iterator[Told]:
    """Yield what was told of a pod's present life, or of its last one while it has none, oldest first."""
    running, life = status.state.running, last_life(status)
    since = running.started_at if running else (life.started_at if life else None)
    start = since or pod.status.start_time or pod.metadata.creation_timestamp
    dated = [(at, one) for one in happenings if (at := told_at(one)) is not None and _concerns(one, status)]
    for at, one in sorted(dated, key=lambda pair: pair[0]):
        if since is None or at >= since - _SECOND * (running is None):
            count = one.series.count if one.series else one.count
            yield Told(reason=one.reason, message=one.message, count=count or 1, age=_seconds(start, at))


def _concerns(happening: Happening, status: ContainerStatus) -> bool:
    """True when something was told of the whole pod, or of this container of it."""
    field = happening.involved_object.field_path
    return "{" not in field or field.endswith(f"{{{status.name}}}")


def requests_of(pod: Pod) -> dict[str, Decimal]:
    """Return what a pod asks of a node: its containers together, or the largest of those before them."""
    together: dict[str, Decimal] = {}
    for container in pod.spec.containers:
        for resource, value in _requested(container).items():
            together[resource] = together.get(resource, Decimal()) + amount(value)
    for container in pod.spec.init_containers:
        for resource, value in _requested(container).items():
            together[resource] = max(together.get(resource, Decimal()), amount(value))
    return together


def _requested(container: Container) -> Mapping[str, str]:
    requests: Mapping[str, str] = container.resources.get("requests") or {}
    return requests
