"""What is known of an app on a cluster that is not ready, before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cloudkit.backends.causes.life import Life

__all__ = ["ClaimFacts", "Facts", "NodeFacts", "PodFacts", "Told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that the cluster told of a pod.

    Args:
        reason: In one word, such as ``FailedMount``.
        message: In its own words.
        count: How often.
        age: Seconds from the start of the pod's container, or else of the pod, until it was told last; the cluster's
            own clock at both ends.
    """

    reason: str
    message: str
    count: int = 1
    age: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PodFacts(Life):
    """One pod that is not ready; ``error`` holds the words of why its container waits or was not started.

    Args:
        namespace: Its Kubernetes namespace.
        node: The node that it is on; empty while it has none.
        waiting: Why its container does not run, in one word, such as ``ErrImagePull``.
        ended: Why the cluster itself ended it, in one word, such as ``Evicted``; empty where it did not.
        unplaced: Why it is on no node, in the scheduler's words.
        unseen: Seconds that no scheduler has looked at it; None where one has.
        told: What the cluster told of it, oldest first.
        requests: What it asks for, by resource, the parts of a core or bytes.
        selector: The labels that its node must have.
        claims: The storage that it mounts.
        absent: The ConfigMaps and Secrets, as ``secret/name``, that its words miss and that are not there now either.
    """

    namespace: str = ""
    node: str = ""
    waiting: str = ""
    ended: str = ""
    unplaced: str = ""
    unseen: float | None = None
    told: tuple[Told, ...] = ()
    requests: Mapping[str, Decimal] = field(default_factory=dict)
    selector: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()

    @property
    def described(self) -> str:
        """The command that shows all that is known of it."""
        return f"kubectl describe pod {self.name} -n {self.namespace}"

    def last(self, *reasons: str) -> Told | None:
        """Return what was told last for one of these reasons."""
        return next((one for one in reversed(self.told) if one.reason in reasons), None)

    def failed_probe(self, *kinds: str) -> Told | None:
        """Return what was told last of a probe of these kinds, such as ``Readiness``, or else of any."""
        told = [one for one in self.told if one.reason == "Unhealthy"]
        return next((one for one in reversed(told) if one.message.startswith(kinds)), told[-1] if told else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """One node.

    Args:
        name: Its name.
        trouble: Why it is not ready; empty when it is.
        cordoned: True when it takes no more pods.
        taints: What keeps pods from it: values by keys.
        allocatable: What it has for pods, by resource.
        used: What the pods on it ask for; None where that could not be asked.
    """

    name: str
    trouble: str = ""
    cordoned: bool = False
    taints: Mapping[str, str] = field(default_factory=dict)
    allocatable: Mapping[str, Decimal] = field(default_factory=dict)
    used: Mapping[str, Decimal] | None = None

    def free(self, resource: str) -> Decimal:
        """Return what is left of a resource; all of it where what is used is not known."""
        whole = self.allocatable.get(resource, Decimal())
        return whole - (self.used or {}).get(resource, Decimal())


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """A claim for storage that is not bound.

    Args:
        name: Its name.
        phase: ``Pending``, ``Lost``, or empty when there is no such claim.
        storage_class: The class that it asks for.
        size: How much it asks for.
        message: Why it waits, in the cluster's words.
    """

    name: str
    phase: str = ""
    storage_class: str = ""
    size: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one revision of an app.

    Args:
        namespace: Its Kubernetes namespace.
        pods: Its pods that are not ready, the first few of them.
        ready: How many are.
        admitted: How many nodes admit a daemon; None for what is no daemon, and until that is known.
        refused: Why the cluster makes no more pods of it, in its own words.
        unheard: Seconds that no controller has acted on the last change; None where one has.
        paused: True when somebody has paused its rollout.
        overdue: True when the rollout is past its deadline.
        nodes: The cluster's nodes: all where a pod fits on none, else those that its pods are on.
        claims: The claims of its pods that are not bound.
    """

    namespace: str
    pods: tuple[PodFacts, ...] = ()
    ready: int = 0
    admitted: int | None = None
    refused: str = ""
    unheard: float | None = None
    paused: bool = False
    overdue: bool = False
    nodes: tuple[NodeFacts, ...] = ()
    claims: tuple[ClaimFacts, ...] = ()

    def node(self, name: str) -> NodeFacts | None:
        """Return a node by its name."""
        return next((one for one in self.nodes if one.name == name), None)
