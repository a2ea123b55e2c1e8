"""The Secret by which nodes pull an app's image, and the pods that name it: pure.

It is the only Secret of an app that changes, as credentials are renewed: it is no part of `manifests`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from cloudkit.backends.kubernetes.labels import PULL
from cloudkit.backends.kubernetes.manifests.heading import heading
from cloudkit.model.secret import Secret

__all__ = ["FIELD", "pull_name", "pull_object", "pulled"]

FIELD = ".dockerconfigjson"


def pull_name(owner: str) -> str:
    """Return the name of the Secret that an app's, or a task's, image is pulled by.

    >>> pull_name("web")
    'web-pull'
    """
    return f"{owner}-pull"


def pulled(workload: Mapping[str, Any], registry: str) -> dict[str, Any]:
    """Return an object that makes pods, such as a Deployment or a CronJob, whose pods are pulled by its pull secret.

    Args:
        workload: The object.
        registry: What the pull secret is for; empty leaves the object as it is.
    """
    if not registry:
        return dict(workload)
    spec, name = workload["spec"], pull_name(workload["metadata"]["name"])
    if "jobTemplate" in spec:
        job = spec["jobTemplate"]
        return {**workload, "spec": {**spec, "jobTemplate": {**job, "spec": _pulled(job["spec"], registry, name)}}}
    return {**workload, "spec": _pulled(spec, registry, name)}


def pull_object(
    owner: str, entries: Mapping[str, Secret], *, namespace: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return the pull secret of an app or a task.

    Args:
        owner: The app or task.
        entries: ``name:password`` in base64, by what docker's configuration calls a registry.
        namespace: The Kubernetes namespace.
        labels: Whose it is.
    """
    auths = {key: {"auth": entry.reveal()} for key, entry in sorted(entries.items())}
    config = json.dumps({"auths": auths}, sort_keys=True)
    body = heading("v1", "Secret", {"name": pull_name(owner), "namespace": namespace, "labels": dict(labels)})
    return body | {
        "type": "kubernetes.io/dockerconfigjson",
        "data": {FIELD: b64encode(config.encode()).decode()},
    }


def _pulled(spec: Mapping[str, Any], registry: str, name: str) -> dict[str, Any]:
    """Return what has a pod template, with the Secret that its pods are pulled by."""
    template = spec["template"]
    metadata = template["metadata"]
    noted = {**metadata, "annotations": {**metadata.get("annotations", {}), PULL: registry}}
    pod = {**template["spec"], "imagePullSecrets": [{"name": name}]}
    return {**spec, "template": {**template, "metadata": noted, "spec": pod}}
