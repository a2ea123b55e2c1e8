"""What somebody runs on a cluster without cloudkit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from contract.drivers.driver import PORT
from kubernetes.client.exceptions import ApiException

__all__ = ["end_foreign", "run_foreign"]

LABELS = {"run": "legacy"}


def run_foreign(core: Any, space: str, image: str, *, port: int, keeper: str, env: Mapping[str, str]) -> None:
    """Run two pods and a Service in front of them, and return once both are ready.

    Args:
        core: The Kubernetes project's own client of the core group.
        space: The Kubernetes namespace.
        image: What they run.
        port: The port of the nodes.
        keeper: Who keeps it; empty for nobody.
        env: What the program is told.
    """
    container = {
        "name": "main",
        "image": image,
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "readinessProbe": {"httpGet": {"path": "/", "port": PORT}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 6}}
    kept = {"app.kubernetes.io/managed-by": keeper} if keeper else {}
    meta = {"name": "legacy", "labels": kept}
    core.create_namespaced_replication_controller(
        space, {"metadata": meta, "spec": {"replicas": 2, "selector": LABELS, "template": template}}
    )
    entry = {"port": 80, "targetPort": PORT, "nodePort": port}
    door = {"type": "NodePort", "selector": LABELS, "ports": [entry]}
    core.create_namespaced_service(space, {"metadata": {"name": "door"}, "spec": door})
    for _ in range(300):
        if core.read_namespaced_replication_controller("legacy", space).status.ready_replicas == 2:
            return
        time.sleep(0.2)
    raise AssertionError("the pods that nobody has made by cloudkit did not become ready")


def end_foreign(core: Any, space: str) -> None:
    """Remove what is left of it; what was adopted is an app's."""
    core.delete_namespaced_service("door", space)
    with suppress(ApiException):
        core.delete_namespaced_replication_controller("legacy", space, propagation_policy="Background")
