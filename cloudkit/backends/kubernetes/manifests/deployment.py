"""The Deployment of a service or a worker: how its replicas are replaced."""

from __future__ import annotations

import math
from typing import Any

from cloudkit.backends.kubernetes.manifests.pod import pod_template
from cloudkit.backends.kubernetes.manifests.record import record
from cloudkit.backends.kubernetes.manifests.ways import Ways
from cloudkit.backends.rolling import allowance
from cloudkit.model.app import AppSpec

__all__ = ["deployment"]

LONGEST_DEADLINE = 2**31 - 1


def deployment(spec: AppSpec, *, namespace: str, revision: int, generation: int, ways: Ways) -> dict[str, Any]:
    """Return an app's Deployment. A stopped app has no replica; how many it had stays in its spec."""
    rolling = {"maxSurge": spec.rollout.max_surge, "maxUnavailable": spec.rollout.max_unavailable}
    content = {
        "replicas": 0 if spec.stopped else spec.replicas,
        "progressDeadlineSeconds": min(math.ceil(allowance(spec)), LONGEST_DEADLINE),
        "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
        "template": pod_template(spec, revision=revision, ways=ways),
    }
    return record(spec, namespace=namespace, revision=revision, generation=generation, content=content)
