"""What is seen of an app, made from its record, pods and Services: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from cloudkit.backends.kinds import in_order
from cloudkit.backends.kubernetes.appcontainer import app_container, app_status
from cloudkit.backends.kubernetes.labels import REVISION
from cloudkit.backends.kubernetes.manifests.service import published_name
from cloudkit.backends.kubernetes.objects import Condition, ContainerStatus, Node, Pod, Service, ServicePort
from cloudkit.backends.kubernetes.records import Record
from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.reference import Reference
from cloudkit.model.state import AppState, Replica, ReplicaPhase

__all__ = ["app_state", "live_pods", "pod_revision", "published_url", "replica_of", "replica_phase"]

_ENDED = frozenset({"Succeeded", "Failed"})
_BACKING_OFF = "CrashLoopBackOff"
_QUIET = frozenset({ReplicaPhase.READY, ReplicaPhase.DRAINING, ReplicaPhase.COMPLETED})


def app_state(
    record: Record,
    pods: Iterable[Pod],
    services: Iterable[Service] = (),
    nodes: Iterable[Node] = (),
    *,
    cause: Cause | None = None,
) -> AppState:
    """Return an app's state.

    Args:
        record: What is wanted.
        pods: The app's pods.
        services: The app's Services.
        nodes: The nodes, for the address of a published port; none where they may not be read.
        cause: Why it is not ready, where that is known.
    """
    replicas = [replica_of(record.spec, one) for one in live_pods(record, pods)]
    return AppState(
        spec=record.spec,
        generation=record.generation,
        revision=record.revision,
        replicas=tuple(sorted(replicas, key=lambda one: (not one.ready, in_order(record.spec.name, one.name)))),
        url=published_url(record.spec, services, nodes),
        cause=cause,
        wanted=record.nodes,
        observed_at=datetime.now(UTC),
    )


def live_pods(record: Record, pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """Return the pods that count as replicas: an evicted one stays listed, but not once another took its place."""
    everything = tuple(pods)
    living = tuple(one for one in everything if one.status.phase not in _ENDED)
    current = sum(pod_revision(one) == record.revision and not _leaves(one) for one in living)
    wanted = 0 if record.spec.stopped else record.nodes or record.spec.replicas
    return living if current >= wanted else everything


def published_url(spec: AppSpec, services: Iterable[Service], nodes: Iterable[Node]) -> str:
    """Return where the app's first published port is reached, else its first host name.

    It is empty while the app is private or has no address yet.
    """
    port = next((one for one in spec.ports if one.publish is not None), None)
    if port is None and spec.hosts and not spec.stopped:
        return f"http://{spec.hosts[0]}"
    service = next((one for one in services if one.metadata.name == published_name(spec.name)), None)
    if port is None or service is None or spec.stopped:
        return ""
    entry = next((one for one in service.spec.ports if one.port == (port.publish or port.number)), None)
    place = _place(service, entry, nodes) if entry else ""
    return f"{'http' if port.protocol == 'http' else 'tcp'}://{place}" if place else ""


def pod_revision(pod: Pod) -> int:
    """Return the revision that a pod was made from; 0 for one that is not ours."""
    text = pod.metadata.annotations.get(REVISION, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def replica_phase(pod: Pod) -> ReplicaPhase:
    """Return where a pod stands."""
    if _leaves(pod):
        return ReplicaPhase.DRAINING
    status = app_status(pod)
    if pod.status.phase == "Succeeded" and pod.spec.restart_policy == "Never":
        return ReplicaPhase.COMPLETED
    if pod.status.phase in _ENDED or (status and _crashed(status)):
        return ReplicaPhase.CRASHED
    if status is None or status.state.running is None:
        return ReplicaPhase.PENDING
    ready = next((one for one in pod.status.conditions if one.type == "Ready"), None)
    if ready is not None and ready.status == "True":
        return ReplicaPhase.READY
    return ReplicaPhase.UNREADY if _was_ready(ready, status) else ReplicaPhase.STARTING


def _place(service: Service, entry: ServicePort, nodes: Iterable[Node]) -> str:
    """Return a load balancer's address with its port, else a node's."""
    for ingress in service.status.load_balancer.ingress:
        if ingress.ip or ingress.hostname:
            return _joined(ingress.ip or ingress.hostname, entry.port)
    address = _node_address(sorted(nodes, key=lambda one: one.metadata.name))
    return _joined(address, entry.node_port) if address and entry.node_port else ""


def _joined(address: str, port: int) -> str:
    return f"{f'[{address}]' if ':' in address else address}:{port}"


def _node_address(nodes: Sequence[Node]) -> str:
    """Return the address of the first node that is ready, as its peers reach it."""
    for node in nodes:
        if any(one.type == "Ready" and one.status == "True" for one in node.status.conditions):
            for address in node.status.addresses:
                if address.type == "InternalIP":
                    return address.address
    return ""


def replica_of(spec: AppSpec, pod: Pod) -> Replica:
    """Return a pod as a replica."""
    status = app_status(pod)
    running = status.state.running if status else None
    ended = (status.state.terminated or status.last_state.terminated) if status else None
    phase = replica_phase(pod)
    return Replica(
        name=pod.metadata.name,
        id=pod.metadata.uid,
        revision=pod_revision(pod),
        phase=phase,
        image=_image(spec, pod),
        address=pod.status.pod_ip,
        node=pod.spec.node_name,
        restarts=status.restart_count if status else 0,
        exit_code=ended.exit_code if ended else None,
        started_at=running.started_at if running else ended.started_at if ended else None,
        message="" if phase in _QUIET else _message(pod, status),
    )


def _image(spec: AppSpec, pod: Pod) -> Reference:
    """Return what a pod was asked to run; the spec's image where that is no reference."""
    container = app_container(pod)
    try:
        return _parsed(container.image if container else "")
    except UsageError:
        return spec.image


@lru_cache(256)
def _parsed(text: str) -> Reference:
    """Return a reference that is read once: an app's replicas have one image."""
    return Reference.parse(text)


def _message(pod: Pod, status: ContainerStatus | None) -> str:
    """Return the cluster's own words on why a pod is not ready."""
    if status and status.state.waiting:
        return status.state.waiting.reason
    if status and status.state.terminated:
        return status.state.terminated.reason
    scheduled = next((one for one in pod.status.conditions if one.type == "PodScheduled"), None)
    unscheduled = scheduled.reason if scheduled and scheduled.status != "True" else ""
    return pod.status.reason or unscheduled


def _leaves(pod: Pod) -> bool:
    return pod.metadata.deletion_timestamp is not None


def _crashed(status: ContainerStatus) -> bool:
    waiting = status.state.waiting
    return status.state.terminated is not None or (waiting is not None and waiting.reason == _BACKING_OFF)


def _was_ready(ready: Condition | None, status: ContainerStatus) -> bool:
    """True when a pod stopped being ready after its container had started: it was ready before."""
    started = status.state.running.started_at if status.state.running else None
    changed = ready.last_transition_time if ready else None
    return started is not None and changed is not None and changed > started
