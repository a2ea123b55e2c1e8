"""The labels and annotations that hold all the state of the Kubernetes backend.

Spec, generation and revision are annotations of a Deployment, StatefulSet or DaemonSet, which its controller copies to
the revision that it keeps; the revision is one of the pod template, too.
"""

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
from cloudkit.model.app import AppSpec

__all__ = [
    "ADOPTION",
    "COMPONENT",
    "CONTAINER",
    "CONTAINER_NAME",
    "FIELD_MANAGER",
    "GENERATION",
    "INSTANCE",
    "LEADS_TO",
    "MANAGED_BY",
    "NAME",
    "OPEN",
    "OWNED",
    "OWNER",
    "PART_OF",
    "PULL",
    "REVISION",
    "SPEC",
    "STOPPED",
    "VERSION",
    "Component",
    "app_selector",
    "identity",
    "version_of",
]

FIELD_MANAGER = OWNER
OWNED = f"{MANAGED_BY}={OWNER}"
PULL = "cloudkit/pull"
"""Annotation of a pod template: the registry that the app's pull secret is for, where its revision has one."""
OPEN = "cloudkit/open"
"""Label of a first record whose name may still be another's; no controller copies it."""
STOPPED = "cloudkit/stopped"
"""Label that no node has: what a stopped daemon asks for."""
CONTAINER = "app"
"""The name of the container that is the app, beside those that admission may add."""
CONTAINER_NAME = "cloudkit/container"
"""Annotation of a pod that was adopted: what its container is called there."""
LEADS_TO = "cloudkit/leads-to"
"""Annotation of somebody else's Service that has an app's name and stays in place of the app's own: that app."""
ADOPTION = "cloudkit/adoption"
"""Annotation of what is written down before a workload is taken over: what it was."""


class Component(StrEnum):
    """What an object of ours is for."""

    REPLICA = "replica"
    TASK = "task"
    VOLUME = "volume"
    BUILDER = "builder"
    ADOPTION = "adoption"


def identity(component: Component, spec_name: str, *, version: str = "") -> dict[str, str]:
    """Return the labels that say whose an object is.

    >>> identity(Component.REPLICA, "web", version="1.2")["app.kubernetes.io/version"]
    '1.2'
    """
    labels = {MANAGED_BY: OWNER, PART_OF: OWNER, COMPONENT: component.value, NAME: spec_name, INSTANCE: spec_name}
    return labels | ({VERSION: version} if version else {})


def app_selector(app: str, component: Component = Component.REPLICA) -> str:
    """Return the label selector that finds an app's objects again.

    >>> app_selector("web")
    'app.kubernetes.io/managed-by=cloudkit,app.kubernetes.io/component=replica,app.kubernetes.io/name=web'
    """
    return f"{OWNED},{COMPONENT}={component},{NAME}={app}"


def version_of(spec: AppSpec) -> str:
    """Return the tag as a label's value; empty where it is none or would be refused."""
    tag = spec.image.tag or ""
    return tag if len(tag) <= 63 and tag[-1:].isalnum() and tag[:1].isalnum() else ""
