"""The StatefulSet of a stateful app: replicas that keep their names and their volumes, one after the other."""

from __future__ import annotations

from typing import Any

from cloudkit.backends.kubernetes.manifests.claims import claim_templates
from cloudkit.backends.kubernetes.manifests.pod import pod_template
from cloudkit.backends.kubernetes.manifests.record import record
from cloudkit.backends.kubernetes.manifests.ways import Ways
from cloudkit.model.app import AppSpec

__all__ = ["stateful_set"]


def stateful_set(spec: AppSpec, *, namespace: str, revision: int, generation: int, ways: Ways) -> dict[str, Any]:
    """Return an app's StatefulSet. A stopped app has no replica; how many it had stays in its spec.

    Replica 0 of ``db`` is the pod ``db-0``, reached as ``db-0.db`` by the app's headless Service.
    """
    templates = list(claim_templates(spec))
    content: dict[str, Any] = {
        "replicas": 0 if spec.stopped else spec.replicas,
        "serviceName": spec.name,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "template": pod_template(spec, revision=revision, ways=ways),
        **({"volumeClaimTemplates": templates} if templates else {}),
    }
    return record(spec, namespace=namespace, revision=revision, generation=generation, content=content)
