"""What lets a cluster choose the number of an app's replicas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels
from cloudkit.backends.kubernetes.owners import owner_kind
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.quantity import memory_bytes

__all__ = ["autoscaler"]


def autoscaler(spec: AppSpec, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield a HorizontalPodAutoscaler for an app that follows its load.

    It lets an app of no replica be, so that one that is stopped stays so.

    Source: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
    """
    if spec.autoscale is None:
        return
    metadata = {"name": spec.name, "namespace": namespace, "labels": own_labels(spec)}
    yield heading("autoscaling/v2", "HorizontalPodAutoscaler", metadata) | {
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": owner_kind(spec), "name": spec.name},
            "minReplicas": spec.autoscale.min,
            "maxReplicas": spec.autoscale.max,
            "metrics": list(_metrics(spec.autoscale)),
        }
    }


def _metrics(autoscale: Autoscale) -> Iterator[dict[str, Any]]:
    if autoscale.cpu is not None:
        yield _metric("cpu", {"type": "Utilization", "averageUtilization": autoscale.cpu})
    if autoscale.memory is not None:
        yield _metric("memory", {"type": "AverageValue", "averageValue": str(memory_bytes(autoscale.memory))})


def _metric(name: str, target: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Resource", "resource": {"name": name, "target": target}}
