"""What every object begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudkit.backends.kubernetes.labels import COMPONENT, MANAGED_BY, NAME, OWNER, Component, identity, version_of
from cloudkit.model.app import AppSpec

__all__ = ["heading", "own_labels", "selector"]


def heading(version: str, kind: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without its content.

    >>> heading("v1", "Secret", {"name": "web-env-1"})
    {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'web-env-1'}}
    """
    return {"apiVersion": version, "kind": kind, "metadata": dict(metadata)}


def own_labels(spec: AppSpec) -> dict[str, str]:
    """Return the labels of an app's objects: the spec's own, and those that say whose they are."""
    return {**spec.labels, **identity(Component.REPLICA, spec.name, version=version_of(spec))}


def selector(app: str) -> dict[str, str]:
    """Return the labels that an app's pods are found by; they never change, as a Deployment's selector cannot.

    >>> selector("web")["app.kubernetes.io/name"]
    'web'
    """
    return {MANAGED_BY: OWNER, COMPONENT: Component.REPLICA.value, NAME: app}
