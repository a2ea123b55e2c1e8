"""What is seen of an app on a cluster, from its pods, Services and nodes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from unit.backends.kubernetes.causes.patients import app
from unit.backends.kubernetes.served import BEGAN, node, pod, served

from cloudkit.backends.kubernetes.labels import CONTAINER
from cloudkit.backends.kubernetes.objects import Ingress, LoadBalancer, Node, Pod, Service, ServiceStatus
from cloudkit.backends.kubernetes.state import app_state, published_url, replica_phase
from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port
from cloudkit.model.state import ReplicaPhase

STARTED = (BEGAN - timedelta(seconds=60)).isoformat()
LATER = BEGAN.isoformat()


def status(state: dict[str, Any], **words: Any) -> dict[str, Any]:
    """The status of a pod whose container is in that state."""
    return {"containerStatuses": [{"name": CONTAINER, "state": state, **words}]}


def unready(changed: str) -> dict[str, Any]:
    """The status of a pod that runs and is not ready since then."""
    ready = {"type": "Ready", "status": "False", "lastTransitionTime": changed}
    return {"conditions": [ready], **status({"running": {"startedAt": STARTED}})}


@pytest.mark.parametrize(
    ("seen", "phase"),
    [
        (pod("a"), ReplicaPhase.READY),
        (pod("a", status=unready(STARTED)), ReplicaPhase.STARTING),
        (pod("a", status=unready(LATER)), ReplicaPhase.UNREADY),
        (pod("a", metadata={"deletionTimestamp": LATER}), ReplicaPhase.DRAINING),
        (pod("a", status={"phase": "Pending", "containerStatuses": []}), ReplicaPhase.PENDING),
        (pod("a", status=status({"waiting": {"reason": "ImagePullBackOff"}})), ReplicaPhase.PENDING),
        (pod("a", status=status({"waiting": {"reason": "CrashLoopBackOff"}})), ReplicaPhase.CRASHED),
        (pod("a", status=status({"terminated": {"exitCode": 1}})), ReplicaPhase.CRASHED),
        (pod("a", status={"phase": "Failed", "reason": "Evicted"}), ReplicaPhase.CRASHED),
    ],
)
def test_a_pods_phase_is_read_from_its_container(seen: Pod, phase: ReplicaPhase) -> None:
    """The words are the same as on an engine."""
    assert replica_phase(seen) is phase


def test_a_replica_says_what_its_pod_says() -> None:
    """Its last exit code comes from the container that ended before."""
    crashed = pod(
        "web-a",
        2,
        status=status(
            {"waiting": {"reason": "CrashLoopBackOff"}},
            restartCount=3,
            lastState={"terminated": {"exitCode": 137, "startedAt": STARTED}},
        ),
    )

    (replica,) = app_state(served(app(replicas=1)).record, [crashed]).replicas

    assert (replica.name, replica.id, replica.revision, replica.address) == ("web-a", "uid-web-a", 2, "10.0.0.7")
    assert (replica.restarts, replica.exit_code, replica.message) == (3, 137, "CrashLoopBackOff")
    assert str(replica.image) == "registry.example/web:1"
    assert replica.started_at == BEGAN - timedelta(seconds=60)


def test_ready_replicas_come_first() -> None:
    """Then by name."""
    pods = [pod("web-a", ready=False), pod("web-c"), pod("web-b")]

    state = app_state(served(app(replicas=3)).record, pods)

    assert [one.name for one in state.replicas] == ["web-b", "web-c", "web-a"]
    assert (state.ready, state.settled) == (2, False)


def test_an_evicted_pod_counts_until_another_took_its_place() -> None:
    """It stays listed on the cluster for long."""
    record = served(app(replicas=1)).record
    evicted = pod("web-a", status={"phase": "Failed"})

    assert [one.name for one in app_state(record, [evicted]).replicas] == ["web-a"]
    assert app_state(record, [evicted, pod("web-b")]).settled


def test_a_stopped_app_without_pods_is_settled() -> None:
    """And has no url."""
    there = served(app(replicas=2, stopped=True, ports=(Port(number=80, publish=30080),)))

    state = app_state(there.record, [], there.services, [node("n1", "192.0.2.1")])

    assert (state.settled, state.url) == (True, "")


def _balanced(services: tuple[Service, ...], ingress: Ingress) -> tuple[Service, ...]:
    told = ServiceStatus(load_balancer=LoadBalancer(ingress=(ingress,)))
    return tuple(msgspec.structs.replace(one, status=told) for one in services)


NODES = (node("n3", "192.0.2.3"), node("n1", "192.0.2.1", ready=False), node("n2", "192.0.2.2"))


@pytest.mark.parametrize(
    ("port", "nodes", "url"),
    [
        (Port(number=80, publish=30080), NODES, "http://192.0.2.2:30080"),
        (Port(number=80, publish=30080, protocol="tcp"), NODES, "tcp://192.0.2.2:30080"),
        (Port(number=80, publish=30080), (node("n", "2001:db8::1"),), "http://[2001:db8::1]:30080"),
        (Port(number=80, publish=30080), (), ""),
        (Port(number=80, publish=0), NODES, ""),
        (Port(number=80), NODES, ""),
    ],
)
def test_a_published_app_is_reached_at_the_first_ready_node(port: Port, nodes: tuple[Node, ...], url: str) -> None:
    """By the node port; empty while the cluster has chosen none."""
    there = served(app(ports=(port,)))

    assert published_url(there.record.spec, there.services, nodes) == url


@pytest.mark.parametrize(
    ("ingress", "url"),
    [
        (Ingress(ip="198.51.100.7"), "http://198.51.100.7:8080"),
        (Ingress(hostname="lb.example"), "http://lb.example:8080"),
        (Ingress(), ""),
    ],
)
def test_a_load_balancer_is_reached_at_its_own_address(ingress: Ingress, url: str) -> None:
    """With the port that was asked for."""
    spec: AppSpec = app(ports=(Port(number=80, publish=8080, host="0.0.0.0"),))
    services = _balanced(served(spec).services, ingress)

    assert published_url(spec, services, NODES) == url
