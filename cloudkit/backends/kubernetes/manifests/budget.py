"""How many replicas a drained node may take away at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels, selector
from cloudkit.model.app import AppSpec

__all__ = ["budget"]


def budget(spec: AppSpec, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield a PodDisruptionBudget where there may be two replicas or more; a single one would keep its node for ever.

    A replica that is not ready may always be evicted, so that a broken app never blocks a node's drain.
    """
    most = spec.autoscale.max if spec.autoscale else spec.replicas
    if most < 2 or spec.stopped:
        return
    metadata = {"name": spec.name, "namespace": namespace, "labels": own_labels(spec)}
    yield heading("policy/v1", "PodDisruptionBudget", metadata) | {
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector(spec.name)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        }
    }
