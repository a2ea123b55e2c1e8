"""What stands around a workload and belongs to others: Services that lead to it stay, what would fight is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from cloudkit.backends.kubernetes.manifests.heading import own_labels
from cloudkit.backends.kubernetes.objects import Metadata
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import AccessError, ConflictError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.adopting.candidate import Origin
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec

__all__ = ["Leading", "leading_services", "numbers_of", "refuse_around"]


class _Entry(Struct, frozen=True, rename="camel"):
    port: int
    target_port: int | str = 0
    protocol: str = "TCP"


class _Reached(Struct, frozen=True, rename="camel"):
    type: str = "ClusterIP"
    cluster_ip: str = field(default="", name="clusterIP")
    selector: Mapping[str, str] | None = None
    ports: tuple[_Entry, ...] = ()


class Leading(Struct, frozen=True):
    """A Service, as far as it says where it leads."""

    metadata: Metadata
    spec: _Reached = _Reached()

    def leads_to(self, labels: Mapping[str, str]) -> bool:
        """Tell whether it leads to pods of these labels."""
        return bool(self.spec.selector) and (self.spec.selector or {}).items() <= labels.items()

    def __str__(self) -> str:
        return ", ".join(f"{one.port} -> {one.target_port or one.port}" for one in self.spec.ports)


class _Named(Struct, frozen=True):
    kind: str = ""
    name: str = ""


class _Scaling(Struct, frozen=True, rename="camel"):
    scale_target_ref: _Named = _Named()


class _Autoscaler(Struct, frozen=True):
    metadata: Metadata
    spec: _Scaling = _Scaling()


class _Chosen(Struct, frozen=True, rename="camel"):
    match_labels: Mapping[str, str] = {}
    match_expressions: Any = None

    def includes(self, labels: Mapping[str, str]) -> bool:
        """Tell whether it is sure to choose pods of these labels."""
        return not self.match_expressions and bool(self.match_labels) and self.match_labels.items() <= labels.items()


class _Guarded(Struct, frozen=True):
    selector: _Chosen = _Chosen()


class _Budget(Struct, frozen=True):
    metadata: Metadata
    spec: _Guarded = _Guarded()


@dataclass(frozen=True, slots=True)
class _Around:
    client: Client

    def all(self, resource: str, kind: type[Any]) -> Iterable[Any]:
        try:
            return self.client.list(object_path(resource, self.client.namespace), kind).items
        except AccessError:  # who may not look is told by the cluster's own refusal
            return ()


def leading_services(client: Client, labels: Mapping[str, str]) -> tuple[Leading, ...]:
    """Return the Services that lead to pods of these labels."""
    listed = client.list(object_path("services", client.namespace), Leading).items
    return tuple(one for one in listed if one.leads_to(labels))


def numbers_of(services: Iterable[Leading]) -> tuple[int, ...]:
    """Return the ports of pods that Services find by number."""
    entries = [one for service in services for one in service.spec.ports if one.protocol == "TCP"]
    targets = [one.target_port or one.port for one in entries]
    return tuple(sorted({one for one in targets if isinstance(one, int)}))


def refuse_around(client: Client, origin: Origin, labels: Mapping[str, str], spec: AppSpec) -> None:
    """Raise where something of somebody else's would lose the pods, or would fight over them.

    Args:
        client: A connection to the API server.
        origin: What is adopted.
        labels: The labels that its pods have.
        spec: What it becomes.

    Raises:
        ConflictError: The error names it and what helps.
    """
    later = own_labels(spec)
    for service in leading_services(client, labels):
        if not service.leads_to(later):
            message = f"the Service {service.metadata.name!r} would not find the pods of app {spec.name!r} any more"
            chosen = ", ".join(f"{key}={value}" for key, value in (service.spec.selector or {}).items())
            raise ConflictError(message, hint=f"let it select by labels of your own, not {chosen}; or another name")
    around, where = _Around(client), f"-n {client.namespace}"
    for one in around.all("horizontalpodautoscalers", _Autoscaler):
        target = one.spec.scale_target_ref
        if (target.kind, target.name) == (origin.kind, origin.name):
            message = f"{origin} is scaled by the HorizontalPodAutoscaler {one.metadata.name!r}"
            hint = f"kubectl delete hpa {one.metadata.name} {where}; and autoscale the app afterwards"
            raise ConflictError(message, hint=hint)
    for one in around.all("poddisruptionbudgets", _Budget):
        if one.spec.selector.includes(labels):
            message = f"the PodDisruptionBudget {one.metadata.name!r} guards {origin}, and an app has one of its own"
            raise ConflictError(message, hint=f"kubectl delete pdb {one.metadata.name} {where}")
