"""Networks as labels of pods, and a policy that admits pods of the same networks alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels, selector
from cloudkit.model.app import AppSpec

__all__ = ["SHARED", "network_labels", "policy"]

SHARED = "default"
"""The network of the apps that name none."""


def network_labels(networks: tuple[str, ...]) -> dict[str, str]:
    """Return the labels that say which networks a pod is on.

    >>> network_labels(("private",)), network_labels(())
    ({'network.cloudkit/private': 'true'}, {'network.cloudkit/default': 'true'})
    """
    return {f"network.cloudkit/{network}": "true" for network in networks or (SHARED,)}


def policy(spec: AppSpec, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield the NetworkPolicy of an app that is on networks of its own: its peers and its published ports get in.

    An app on the shared network alone has none, so that it is reached as any pod is.
    """
    if set(spec.networks) <= {SHARED}:
        return
    peers = [{"podSelector": {"matchLabels": network_labels((one,))}} for one in spec.networks]
    ingress: list[dict[str, Any]] = [{"from": peers}]
    published = [{"port": port.number, "protocol": "TCP"} for port in spec.ports if port.publish is not None]
    if published:
        ingress.append({"ports": published})
    metadata = {"name": spec.name, "namespace": namespace, "labels": own_labels(spec)}
    yield heading("networking.k8s.io/v1", "NetworkPolicy", metadata) | {
        "spec": {
            "podSelector": {"matchLabels": selector(spec.name)},
            "policyTypes": ["Ingress"],
            "ingress": ingress,
        }
    }
