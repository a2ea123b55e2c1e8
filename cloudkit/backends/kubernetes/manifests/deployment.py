"""An app's Deployment: the record of what is wanted, and how its replicas are replaced."""

from __future__ import annotations

import math
from typing import Any

from cloudkit.backends.kubernetes.labels import GENERATION, REVISION, SPEC
from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels, selector
from cloudkit.backends.kubernetes.manifests.pod import pod_template
from cloudkit.backends.kubernetes.manifests.ways import Ways
from cloudkit.backends.rolling import allowance
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import canonical, encode

__all__ = ["HISTORY", "deployment"]

HISTORY = 10  # revisions that can come back
LONGEST_DEADLINE = 2**31 - 1


def deployment(spec: AppSpec, *, namespace: str, revision: int, generation: int, ways: Ways) -> dict[str, Any]:
    """Return an app's Deployment. A stopped app has no replica; how many it had stays in its spec."""
    metadata = {
        "name": spec.name,
        "namespace": namespace,
        "labels": own_labels(spec),
        "annotations": {
            SPEC: canonical(encode(spec)),
            GENERATION: str(generation),
            REVISION: str(revision),
        },
    }
    return heading("apps/v1", "Deployment", metadata) | {
        "spec": {
            "replicas": 0 if spec.stopped else spec.replicas,
            "selector": {"matchLabels": selector(spec.name)},
            "revisionHistoryLimit": HISTORY,
            "progressDeadlineSeconds": min(math.ceil(allowance(spec)), LONGEST_DEADLINE),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {
                    "maxSurge": spec.rollout.max_surge,
                    "maxUnavailable": spec.rollout.max_unavailable,
                },
            },
            "template": pod_template(spec, revision=revision, ways=ways),
        }
    }
