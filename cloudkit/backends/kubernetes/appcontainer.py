"""Which container of a pod is the app: ours is called alike in each, that of an adopted pod as it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.labels import CONTAINER, CONTAINER_NAME

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.objects import Container, ContainerStatus, Pod

__all__ = ["app_container", "app_status", "container_name"]


def container_name(pod: Pod) -> str:
    """Return what the container that is the app is called in a pod.

    >>> from cloudkit.backends.kubernetes.objects import Metadata, Pod
    >>> container_name(Pod(metadata=Metadata(annotations={CONTAINER_NAME: "nginx"})))
    'nginx'
    """
    return pod.metadata.annotations.get(CONTAINER_NAME, CONTAINER)


def app_container(pod: Pod) -> Container | None:
    """Return what was asked for of the container that is the app."""
    name = container_name(pod)
    return next((one for one in pod.spec.containers if one.name == name), None)


def app_status(pod: Pod) -> ContainerStatus | None:
    """Return what the node says of the container that is the app; None before it says anything."""
    name = container_name(pod)
    return next((one for one in pod.status.container_statuses if one.name == name), None)
