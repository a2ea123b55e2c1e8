"""By which host names an app is reached, through the cluster's ingress controller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels
from cloudkit.model.app import AppSpec

__all__ = ["route"]


def route(spec: AppSpec, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield the Ingress of an app that has host names, to its first port for HTTP; its class is the cluster's default.

    Source: https://kubernetes.io/docs/concepts/services-networking/ingress/
    """
    port = next((one for one in spec.ports if one.protocol == "http"), None)
    if not spec.hosts or port is None:
        return
    metadata = {"name": spec.name, "namespace": namespace, "labels": own_labels(spec)}
    backend = {"service": {"name": spec.name, "port": {"number": port.number}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    rules = [{"host": host, "http": {"paths": paths}} for host in spec.hosts]
    yield heading("networking.k8s.io/v1", "Ingress", metadata) | {"spec": {"rules": rules}}
