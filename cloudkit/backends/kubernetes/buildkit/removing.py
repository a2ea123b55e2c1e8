"""Take the cluster's BuildKit away, with its cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.buildkit.manifest import BUILDER
from cloudkit.backends.kubernetes.buildkit.standing import builder_there
from cloudkit.backends.kubernetes.labels import COMPONENT, Component
from cloudkit.backends.kubernetes.manifests.pulling import pull_name
from cloudkit.backends.kubernetes.paths import object_path

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["remove_builder"]


def remove_builder(client: Client) -> None:
    """Delete the Deployment and its pull secret; none there is no error, and somebody else's of that name is left."""
    there = builder_there(client)
    if there is None or there.metadata.labels.get(COMPONENT) != Component.BUILDER:
        return
    client.delete(object_path("deployments", client.namespace, BUILDER), uid=there.metadata.uid)
    client.delete(object_path("secrets", client.namespace, pull_name(BUILDER)))
