"""What nodes and claims say: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from cloudkit.backends.kubernetes.causes.facts import ClaimFacts, NodeFacts
from cloudkit.backends.kubernetes.causes.podfacts import requests_of, told_at
from cloudkit.backends.kubernetes.causes.quantities import amount
from cloudkit.backends.kubernetes.happening import Happening
from cloudkit.backends.kubernetes.objects import Claim, Node, Pod

__all__ = ["claim_facts", "node_facts", "platform_of", "used_by"]

_ENDED = frozenset({"Succeeded", "Failed"})


def node_facts(node: Node, used: dict[str, dict[str, Decimal]] | None) -> NodeFacts:
    """Return what is known of a node.

    Args:
        node: The node.
        used: What the pods on each node ask for, by its name; None where that could not be asked.
    """
    name = node.metadata.name
    return NodeFacts(
        name=name,
        trouble=_trouble(node),
        cordoned=node.spec.unschedulable,
        taints={one.key: one.value for one in node.spec.taints if one.effect != "PreferNoSchedule"},
        allocatable={resource: amount(value) for resource, value in node.status.allocatable.items()},
        used=None if used is None else used.get(name, {}),
    )


def _trouble(node: Node) -> str:
    ready = next((one for one in node.status.conditions if one.type == "Ready"), None)
    if ready is None:
        return "it has never said that it is ready"
    return "" if ready.status == "True" else f"{ready.reason}: {ready.message}"


def platform_of(node: Node) -> str:
    """Return what a node is, such as ``linux/amd64``; empty where it does not say."""
    system, machine = (node.metadata.labels.get(f"kubernetes.io/{one}", "") for one in ("os", "arch"))
    return f"{system}/{machine}" if system and machine else ""


def used_by(pods: Iterable[Pod]) -> dict[str, dict[str, Decimal]]:
    """Return what pods ask for, by node; one that has ended asks for nothing."""
    used: dict[str, dict[str, Decimal]] = {}
    for pod in pods:
        if pod.spec.node_name and pod.status.phase not in _ENDED:
            mine = used.setdefault(pod.spec.node_name, {"pods": Decimal()})
            for resource, value in {**requests_of(pod), "pods": Decimal(1)}.items():
                mine[resource] = mine.get(resource, Decimal()) + value
    return used


def claim_facts(name: str, claim: Claim | None, happenings: Sequence[Happening]) -> ClaimFacts | None:
    """Return what is known of a claim; None when it is bound."""
    if claim is None:
        return ClaimFacts(name=name)
    if claim.status.phase == "Bound":
        return None
    told = sorted((at, one.message) for one in happenings if (at := told_at(one)) is not None)
    return ClaimFacts(
        name=name,
        phase=claim.status.phase or "Pending",
        storage_class=claim.spec.storage_class_name,
        size=claim.spec.resources.requests.get("storage", ""),
        message=told[-1][1] if told else "",
    )
