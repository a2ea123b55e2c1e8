"""The Deployment of a BuildKit without root: pure.

Source: https://github.com/moby/buildkit/blob/master/docs/rootless.md
"""

from __future__ import annotations

import zlib
from typing import Any

from cloudkit.backends.kubernetes.labels import (
    COMPONENT,
    CONTAINER,
    MANAGED_BY,
    NAME,
    OWNER,
    REVISION,
    Component,
    identity,
)
from cloudkit.backends.kubernetes.manifests.heading import heading
from cloudkit.backends.kubernetes.manifests.pulling import pulled

__all__ = ["BUILDER", "DEFAULT_IMAGE", "USER", "builder_deployment", "revision_of"]

BUILDER = "cloudkit-builder"
DEFAULT_IMAGE = "docker.io/moby/buildkit:v0.33.0-rootless"
USER = 1000
"""The user of every image of BuildKit without root."""
_FOLDER = "/home/user/.local/share/buildkit"
_LABELS = {MANAGED_BY: OWNER, COMPONENT: Component.BUILDER.value, NAME: BUILDER}


def builder_deployment(image: str, *, namespace: str, registry: str = "") -> dict[str, Any]:
    """Return the Deployment that runs BuildKit: one pod without root, without a port, with a cache.

    A user who is not root makes mounts in a user namespace of its own, which the default seccomp and AppArmor profiles
    do not let it; and a pod's own processes are hidden from one that would have its own ``/proc``.

    Args:
        image: What runs.
        namespace: The Kubernetes namespace.
        registry: What its pull secret is for; empty for none.
    """
    labels = identity(Component.BUILDER, BUILDER)
    body = heading("apps/v1", "Deployment", {"name": BUILDER, "namespace": namespace, "labels": labels})
    template = {"metadata": {"labels": labels, "annotations": {REVISION: str(revision_of(image))}}, "spec": _pod(image)}
    spec = {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": _LABELS},
        "template": template,
    }
    return pulled(body | {"spec": spec}, registry)


def revision_of(image: str) -> int:
    """Return the number that tells pods of one image from those of another."""
    return zlib.crc32(image.encode())


def _pod(image: str) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,  # what is built is no part of the cluster
        "enableServiceLinks": False,
        "securityContext": {"fsGroup": USER},
        "containers": [
            {
                "name": CONTAINER,
                "image": image,
                "args": ["--oci-worker-no-process-sandbox"],
                "readinessProbe": {
                    "exec": {"command": ["buildctl", "debug", "workers"]},
                    "periodSeconds": 2,
                    "timeoutSeconds": 10,
                },
                "securityContext": {
                    "runAsUser": USER,
                    "runAsGroup": USER,
                    "runAsNonRoot": True,
                    "seccompProfile": {"type": "Unconfined"},
                    "appArmorProfile": {"type": "Unconfined"},
                },
                "volumeMounts": [{"name": "cache", "mountPath": _FOLDER}],
            }
        ],
        "volumes": [{"name": "cache", "emptyDir": {}}],
    }
