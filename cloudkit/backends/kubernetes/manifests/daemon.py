"""The DaemonSet of a daemon: one replica on each node that its placement admits."""

from __future__ import annotations

from typing import Any

from cloudkit.backends.kubernetes.labels import STOPPED
from cloudkit.backends.kubernetes.manifests.pod import pod_template
from cloudkit.backends.kubernetes.manifests.record import record
from cloudkit.backends.kubernetes.manifests.ways import Ways
from cloudkit.model.app import AppSpec

__all__ = ["daemon_set"]


def daemon_set(spec: AppSpec, *, namespace: str, revision: int, generation: int, ways: Ways) -> dict[str, Any]:
    """Return an app's DaemonSet. A stopped one asks for nodes that there are none of, as it has no number of its own.

    Where replicas may surge, the new one of a node is ready before the old one goes; a DaemonSet does either that or
    has some nodes without one, never both.
    """
    template = pod_template(spec, revision=revision, ways=ways)
    if spec.stopped:
        template["spec"]["nodeSelector"] = {STOPPED: "true"}
    rollout = spec.rollout
    surge = {"maxSurge": rollout.max_surge, "maxUnavailable": 0}
    missing = {"maxSurge": 0, "maxUnavailable": rollout.max_unavailable}
    content = {
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": surge if rollout.max_surge else missing},
        "template": template,
    }
    return record(spec, namespace=namespace, revision=revision, generation=generation, content=content)
