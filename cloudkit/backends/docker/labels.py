"""The labels and names that hold all the state of the Docker backend."""

from __future__ import annotations

from enum import StrEnum

from cloudkit.backends.labels import (
    COMPONENT,
    GENERATION,
    INSTANCE,
    MANAGED_BY,
    NAME,
    OWNER,
    PART_OF,
    REVISION,
    SPEC,
    VERSION,
)

__all__ = [
    "COMPONENT",
    "GENERATION",
    "HOLDER",
    "IMAGE",
    "INSTANCE",
    "MANAGED_BY",
    "NAME",
    "NAMESPACE",
    "ORDINAL",
    "OWNER",
    "PART_OF",
    "REVISION",
    "RUN",
    "SPEC",
    "VERSION",
    "Component",
    "identity",
    "selector",
]

NAMESPACE = "cloudkit/namespace"
IMAGE = "cloudkit/image"
HOLDER = "cloudkit/holder"
RUN = "cloudkit/run"
ORDINAL = "cloudkit/ordinal"


class Component(StrEnum):
    """What an object of ours is for."""

    REPLICA = "replica"
    BALANCER = "balancer"
    RECORD = "record"  # a container that never starts: one generation of an app's spec
    TASK = "task"
    CONTROLLER = "controller"  # runs while somebody heals the namespace
    NETWORK = "network"
    VOLUME = "volume"
    FILES = "files"  # of a revision: volumes, and the containers that fill them


def identity(namespace: str, component: Component, app: str = "") -> dict[str, str]:
    """Return the labels that say whose an object is.

    >>> identity("cloudkit", Component.REPLICA, "web")["app.kubernetes.io/component"]
    'replica'
    """
    labels = {MANAGED_BY: OWNER, PART_OF: namespace, NAMESPACE: namespace, COMPONENT: component.value}
    return labels | ({NAME: app, INSTANCE: f"{namespace}.{app}"} if app else {})


def selector(namespace: str, component: Component | None = None, app: str | None = None) -> list[str]:
    """Return the label filters that find such objects again.

    >>> selector("cloudkit", app="web")[-1]
    'app.kubernetes.io/name=web'
    """
    wanted = {MANAGED_BY: OWNER, NAMESPACE: namespace, COMPONENT: component and component.value, NAME: app}
    return [f"{key}={value}" for key, value in wanted.items() if value]
