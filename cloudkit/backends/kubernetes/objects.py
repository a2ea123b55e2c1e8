"""The few fields of Kubernetes' objects that are read, decoded straight from the API server's bytes.

A list of 2,000 pods is megabytes of JSON; naming only what is used spares most of the work, as msgspec skips the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

__all__ = [
    "Address",
    "Claim",
    "Condition",
    "Container",
    "ContainerState",
    "ContainerStatus",
    "ControllerRevision",
    "KeptRevision",
    "Listing",
    "Metadata",
    "Node",
    "NodeStatus",
    "Owner",
    "Pod",
    "PodSpec",
    "PodStatus",
    "PodTemplate",
    "Sealed",
    "Service",
    "ServicePort",
    "Taint",
    "Terminated",
    "Waiting",
    "Workload",
    "WorkloadStatus",
]

T = TypeVar("T")


class _Object(Struct, frozen=True, rename="camel", gc=False):
    """What they have in common: camel case on the wire, and no change once read."""


class Owner(_Object, frozen=True):
    """Who made an object, and removes it."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class Metadata(_Object, frozen=True):
    """Every object's."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    owner_references: tuple[Owner, ...] = ()
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None


class Condition(_Object, frozen=True):
    """One thing that holds of an object, or does not."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class Waiting(_Object, frozen=True):
    """Why a container does not run yet."""

    reason: str = ""
    message: str = ""


class Running(_Object, frozen=True):
    """Since when it runs."""

    started_at: datetime | None = None


class Terminated(_Object, frozen=True):
    """How it ended."""

    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ContainerState(_Object, frozen=True):
    """One of the three is there."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(_Object, frozen=True):
    """What the node says of a container."""

    name: str
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: str = ""
    image_id: str = field(default="", name="imageID")
    container_id: str = field(default="", name="containerID")
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class ContainerPort(_Object, frozen=True):
    """A port that a container listens on."""

    container_port: int
    name: str = ""


class Container(_Object, frozen=True):
    """A container of a pod, as it was asked for."""

    name: str
    image: str = ""
    ports: tuple[ContainerPort, ...] = ()
    resources: Mapping[str, Any] = {}


class ClaimName(_Object, frozen=True):
    """Which claim a volume is."""

    claim_name: str = ""


class Volume(_Object, frozen=True):
    """A volume of a pod, as far as it is a claim."""

    name: str = ""
    persistent_volume_claim: ClaimName | None = None


class PodSpec(_Object, frozen=True):
    """What was asked for."""

    node_name: str = ""
    restart_policy: str = ""
    termination_grace_period_seconds: int = 0
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    node_selector: Mapping[str, str] = {}
    volumes: tuple[Volume, ...] = ()


class PodStatus(_Object, frozen=True):
    """What is seen."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    pod_ip: str = field(default="", name="podIP")
    host_ip: str = field(default="", name="hostIP")
    start_time: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(_Object, frozen=True):
    """A pod."""

    metadata: Metadata
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class PodTemplate(_Object, frozen=True):
    """What pods are made from."""

    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()


class WorkloadSpec(_Object, frozen=True):
    """How many, and from what."""

    replicas: int = 1
    paused: bool = False
    template: PodTemplate = PodTemplate()


class WorkloadStatus(_Object, frozen=True):
    """How far the controller has come; a DaemonSet's says for how many nodes, too."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    desired_number_scheduled: int = 0
    conditions: tuple[Condition, ...] = ()


class Workload(_Object, frozen=True):
    """What makes an app's pods, and is its record; one of another kind is read in the same form."""

    metadata: Metadata
    kind: str = "Deployment"
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()


class KeptRevision(_Object, frozen=True):
    """One kept revision: a ReplicaSet of a Deployment, or what another kind keeps, in the same form."""

    metadata: Metadata
    kind: str = "ReplicaSet"
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()


class Templated(_Object, frozen=True):
    """What pods of a revision were made from."""

    template: PodTemplate = PodTemplate()


class Snapshot(_Object, frozen=True):
    """What a controller has kept of its owner."""

    spec: Templated = Templated()


class ControllerRevision(_Object, frozen=True):
    """One revision of a StatefulSet or a DaemonSet."""

    metadata: Metadata
    data: Snapshot = Snapshot()

    @property
    def kept(self) -> KeptRevision:
        """The same in the form that all have, which has no pods of its own."""
        spec = WorkloadSpec(replicas=0, template=self.data.spec.template)
        return KeptRevision(metadata=self.metadata, kind="ControllerRevision", spec=spec)


class ServicePort(_Object, frozen=True):
    """A port of a Service."""

    port: int
    name: str = ""
    node_port: int = 0
    target_port: int | str = 0


class ServiceSpec(_Object, frozen=True):
    """How a Service is reached."""

    type: str = "ClusterIP"
    cluster_ip: str = field(default="", name="clusterIP")
    ports: tuple[ServicePort, ...] = ()


class Ingress(_Object, frozen=True):
    """Where a load balancer is."""

    ip: str = ""
    hostname: str = ""


class LoadBalancer(_Object, frozen=True):
    """What a cloud put in front of a Service."""

    ingress: tuple[Ingress, ...] = ()


class ServiceStatus(_Object, frozen=True):
    """What is seen of a Service."""

    load_balancer: LoadBalancer = LoadBalancer()


class Service(_Object, frozen=True):
    """A Service."""

    metadata: Metadata
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


class Address(_Object, frozen=True):
    """One address of a node."""

    type: str
    address: str


class Taint(_Object, frozen=True):
    """What keeps pods from a node."""

    key: str
    effect: str
    value: str = ""


class NodeSpec(_Object, frozen=True):
    """Whether a node takes pods."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeStatus(_Object, frozen=True):
    """What is seen of a node."""

    addresses: tuple[Address, ...] = ()
    conditions: tuple[Condition, ...] = ()
    allocatable: Mapping[str, str] = {}


class Node(_Object, frozen=True):
    """A node."""

    metadata: Metadata
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class Requested(_Object, frozen=True):
    """How much was asked for."""

    requests: Mapping[str, str] = {}


class ClaimSpec(_Object, frozen=True):
    """What storage was asked for."""

    storage_class_name: str = ""
    access_modes: tuple[str, ...] = ()
    volume_name: str = ""
    resources: Requested = Requested()


class ClaimStatus(_Object, frozen=True):
    """``Pending``, ``Bound`` or ``Lost``."""

    phase: str = ""


class Claim(_Object, frozen=True):
    """A PersistentVolumeClaim."""

    metadata: Metadata
    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


class ListMetadata(_Object, frozen=True):
    """Where a list was taken, and how to go on with it."""

    resource_version: str = ""
    continue_: str = field(default="", name="continue")


class Sealed(_Object, frozen=True):
    """A Secret of Kubernetes, under a name of its own as cloudkit has a ``Secret``, too: its data in base64."""

    metadata: Metadata
    data: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"Sealed({self.metadata.name!r})"


class Listing(Struct, Generic[T], frozen=True):
    """A list of objects, as of one version of the store."""

    items: tuple[T, ...] = ()
    metadata: ListMetadata = ListMetadata()
