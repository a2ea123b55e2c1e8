"""Say how the cluster's BuildKit is: not made yet, ready, or why it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.buildkit.manifest import BUILDER
from cloudkit.backends.kubernetes.buildkit.standing import builder_there, pods_there
from cloudkit.backends.kubernetes.labels import COMPONENT, Component
from cloudkit.backends.kubernetes.operations.forward import is_ready
from cloudkit.backends.kubernetes.workloads.describe import told_of
from cloudkit.model.check import Check

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["examine_builder"]


def examine_builder(client: Client) -> Check:
    """Look at the Deployment and its pods; a builder that nothing has needed yet is well."""
    there = builder_there(client)
    where = f"in namespace {client.namespace}"
    if there is None:
        return Check(name="builder", ok=True, detail=f"a BuildKit {where}, which the first build makes")
    if there.metadata.labels.get(COMPONENT) != Component.BUILDER:
        detail = f"the Deployment {BUILDER!r} {where} is somebody else's"
        fix = f"kubectl get deployment {BUILDER} -n {client.namespace}"
        return Check(name="builder", ok=False, detail=detail, fix=fix)
    pods = pods_there(client)
    ready = next((one for one in pods if is_ready(one)), None)
    if ready is not None:
        image = ready.spec.containers[0].image.partition("@")[0]
        return Check(name="builder", ok=True, detail=f"{image} {where}; cloudkit remove-builder ends it")
    why = told_of(pods, there.status.conditions) or "it is starting"
    fix = f"kubectl describe deployment {BUILDER} -n {client.namespace}; cloudkit remove-builder"
    return Check(name="builder", ok=False, detail=f"not ready {where}: {why}", fix=fix)
