"""Why a pod is on no node, in words that name the resource, how many nodes, and what the largest has free."""

from __future__ import annotations

from decimal import Decimal

import pytest
from unit.backends.kubernetes.causes.patients import app, cause_of, pod

from cloudkit.backends.kubernetes.causes import NodeFacts
from cloudkit.backends.kubernetes.causes.placing import hurdles
from cloudkit.model.cause import CauseCode
from cloudkit.model.resources import Resources

END = " no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
GIB = Decimal(2**30)


def unplaced(message: str, **spec: object) -> object:
    """Return a pod that the scheduler could not place."""
    placed = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return pod(node="", conditions=[placed], spec=spec)


def asking(**requests: str) -> list[dict[str, object]]:
    """Return a container that asks for so much."""
    return [{"name": "app", "resources": {"requests": requests}}]


def node(name: str, cpu: int, memory: int, *, used: int = 0, **more: object) -> NodeFacts:
    """Return a node with so many cores and GiB."""
    has = {"cpu": Decimal(cpu), "memory": memory * GIB}
    taken = {"cpu": Decimal(used) / 1000}
    return NodeFacts(name=name, allocatable=has, used=taken, **more)  # type: ignore[arg-type]  # a table's row


def test_too_little_of_a_resource_everywhere_is_certain() -> None:
    """No node could ever have so much, whatever runs on it."""
    one = unplaced("0/2 nodes are available: 2 Insufficient memory." + END, containers=asking(memory="512Gi"))
    nodes = (node("node1", 2, 24), node("node2", 2, 8))

    cause = cause_of(one, nodes=nodes, spec=app(resources=Resources(memory="512Gi")))

    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, True)
    assert "2 of 2 nodes have too little memory" in cause.summary
    assert "it asks for 512Gi and the largest node has 24Gi free of 24Gi" in cause.summary
    assert cause.fix.endswith("--memory 24576Mi")


def test_too_little_that_is_left_may_pass() -> None:
    """Another pod may end."""
    one = unplaced("0/2 nodes are available: 2 Insufficient cpu." + END, containers=asking(cpu="1500m"))
    nodes = (node("node1", 2, 24, used=1200), node("node2", 2, 24, used=700))

    cause = cause_of(one, nodes=nodes)

    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, False)
    assert "the largest node has 1.3 cores free of 2 cores" in cause.summary
    assert "free: node2 1.3 cores, node1 0.8 cores" in cause.evidence
    assert cause.fix.endswith("--cpu 1300m")


def test_nodes_that_may_not_be_seen_are_left_out() -> None:
    """The scheduler's words are enough for a cause."""
    one = unplaced("0/2 nodes are available: 2 Insufficient cpu." + END, containers=asking(cpu="64"))

    cause = cause_of(one)

    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, False)
    assert cause.fix


def test_a_device_that_no_node_has_is_certain() -> None:
    """A resource that a node does not list is none at all."""
    one = unplaced(
        "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.", containers=asking(**{"nvidia.com/gpu": "1"})
    )

    cause = cause_of(one, nodes=(node("node1", 2, 24),))

    assert cause.certain
    assert "1 of 1 node has too little nvidia.com/gpu; it asks for 1 and the largest node has 0" in cause.summary


@pytest.mark.parametrize(
    ("reason", "words", "code"),
    [
        ("2 node(s) had untolerated taint {team: shop}", "are tainted team=shop", CauseCode.UNSCHEDULABLE),
        ("2 node(s) had untolerated taint(s)", "are tainted", CauseCode.UNSCHEDULABLE),
        ("2 node(s) didn't match Pod's node affinity/selector", "lack the labels", CauseCode.UNSCHEDULABLE),
        ("2 node(s) didn't match pod anti-affinity rules", "run a pod that it keeps away", CauseCode.UNSCHEDULABLE),
        ("2 node(s) were unschedulable", "are cordoned", CauseCode.UNSCHEDULABLE),
        ("2 Too many pods", "hold as many pods as they may", CauseCode.UNSCHEDULABLE),
        ("2 node(s) didn't have free ports for the requested pod ports", "host port taken", CauseCode.UNSCHEDULABLE),
        ("2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }", "are not ready", CauseCode.NODE_LOST),
        ("2 node(s) had untolerated taint {node.kubernetes.io/unreachable: }", "do not answer", CauseCode.NODE_LOST),
        ("2 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }", "full disk", CauseCode.DISK_FULL),
        ("2 node(s) had volume node affinity conflict", "volume node affinity", CauseCode.VOLUME_UNBOUND),
        ("2 node(s) had a new reason", "do not take it (had a new reason)", CauseCode.UNSCHEDULABLE),
    ],
)
def test_what_keeps_it_from_nodes_is_put_in_words(reason: str, words: str, code: CauseCode) -> None:
    """None of it is certain: nodes come, and people mend them."""
    cause = cause_of(unplaced(f"0/2 nodes are available: {reason}." + END))

    assert (cause.code, cause.certain) == (code, False)
    assert "2 of 2 nodes" in cause.summary
    assert words in cause.summary


def test_several_reasons_are_all_told() -> None:
    """Each with its number of nodes."""
    tainted = "1 node(s) had untolerated taint {a.b/c: d}"
    message = f"0/3 nodes are available: 1 Insufficient cpu, {tainted}, 1 node(s) were unschedulable."

    cause = cause_of(unplaced(message))

    assert "1 of 3 nodes has too little cpu, 1 of 3 nodes is tainted a.b/c=d, 1 of 3 nodes is cordoned" in cause.summary


def test_the_node_to_mend_is_named() -> None:
    """The cordoned one, the tainted one, the labels that are asked for."""
    cordoned = cause_of(
        unplaced("0/2 nodes are available: 2 node(s) were unschedulable."),
        nodes=(node("node1", 2, 8), node("node2", 2, 8, cordoned=True)),
    )
    tainted = cause_of(
        unplaced("0/1 nodes are available: 1 node(s) had untolerated taint {team: shop}."),
        nodes=(node("node1", 2, 8, taints={"team": ""}),),
    )
    unlabelled = cause_of(
        unplaced(
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
            nodeSelector={"disk": "ssd"},
        ),
        nodes=(node("node1", 2, 8),),
    )

    assert cordoned.fix == "kubectl uncordon node2"
    assert tainted.fix == "kubectl taint node node1 team-"
    assert unlabelled.fix == "kubectl label node node1 disk=ssd"


def test_a_pod_that_no_scheduler_has_looked_at_is_told_after_a_while() -> None:
    """It was accepted and is not acted on."""
    cause = cause_of(pod(node=""))

    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, False)
    assert "no scheduler has looked at it for 60 s" in cause.summary


@pytest.mark.parametrize(
    "message", ["", "0/", "0/x nodes are available: ", "nodes are available: 1", "a, 1 b. preemption"]
)
def test_words_of_another_shape_have_no_hurdles(message: str) -> None:
    """Another scheduler may say what it likes."""
    assert hurdles(message)[1] == ()


def test_a_taint_that_the_scheduler_does_not_name_is_read_from_the_nodes() -> None:
    """Schedulers from 1.34 on say no more than that there is one."""
    message = "0/3 nodes are available: 2 node(s) had untolerated taint(s), 1 node(s) were unschedulable."
    nodes = (
        node("node1", 2, 8, cordoned=True, taints={"node.kubernetes.io/unschedulable": ""}),
        node("node2", 2, 8, taints={"team": "shop"}),
        node("node3", 2, 8, taints={"node.kubernetes.io/not-ready": ""}),
    )

    cause = cause_of(unplaced(message), nodes=nodes)

    assert "1 of 3 nodes is tainted team=shop, 1 of 3 nodes is not ready, 1 of 3 nodes is cordoned" in cause.summary


def test_a_node_that_takes_none_is_not_the_largest() -> None:
    """What a cordoned or tainted node has free is no help."""
    words = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable."
    nodes = (node("node1", 4, 8, cordoned=True), node("node2", 2, 8))

    cause = cause_of(unplaced(words, containers=asking(cpu="3")), nodes=nodes)

    assert "the largest node has 2 cores free of 2 cores" in cause.summary
    assert not cause.certain
